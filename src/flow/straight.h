/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * straight - the commonest packet of a known flow, at one look.
 *
 * Most packets of a flow tell nothing but that it goes on: more bytes in their turn, or an
 * acknowledgement of what was seen, behind an open handshake, with the first bytes looked at and
 * all evidence taken. What such a packet may change is counters, the time and a sequence number; it
 * touches the record and the first line of its cold half. Where the flow has a reader, that one is
 * given the packet behind it. Everything else goes the long way (table.c, tcp.c), which would do
 * the same with this one: tests hold both against each other.
 *
 * Whether a flow has come so far is a bit for each side and kind of packet, said anew behind each
 * packet that went the long way. A packet on the straight way changes nothing that a bit depends
 * on, and nothing else does either until the next on the long way.
 */
#ifndef SPAN_FLOW_STRAIGHT_H
#define SPAN_FLOW_STRAIGHT_H

#include "flow/record.h"

/* In cold.steady, for a packet of that side with payload, or without. */
static inline unsigned steady_bit(unsigned side, bool payload)
{
	return 1u << (2 * side + payload);
}

/* A segment without SYN cannot complete the handshake any more, nor begin one. */
static inline bool handshake_told(uint32_t flags)
{
	return flags & F_OPEN || !(flags & (BOTH(F_SYN) | BOTH(F_SYNACK)));
}

/* What on_ack() and on_data() of tcp.c would still find to say of an acknowledgement. */
static inline bool tcp_told(uint32_t flags, unsigned side, bool payload)
{
	uint32_t need = BIT(F_ACKED, side) | BOTH(F_SEQ);

	if (payload || flags & BIT(F_ISN, !side))
		need |= BIT(F_BEYOND, side);
	if (payload)
		need |= BIT(F_DATA, side);
	return (flags & need) == need && handshake_told(flags);
}

static inline unsigned steady_side(const struct rec *r, const struct rest *e, unsigned side)
{
	bool quiet = r->flags & F_HEAD_OFF;
	unsigned ret = 0;

	if (!(r->flags & BIT(F_SEEN, side)) || !e->ttl[side])
		return 0;
	if (side != first_side(r) && !e->answer.rank)
		return 0;
	if (r->flags & F_UDP || tcp_told(r->flags, side, false))
		ret |= steady_bit(side, false);
	if (quiet && e->extra.rank && (r->flags & F_UDP || tcp_told(r->flags, side, true)))
		ret |= steady_bit(side, true);
	return ret;
}

/* Behind a packet that went the long way. */
static inline uint8_t steady_of(const struct rec *r, const struct rest *e)
{
	return (uint8_t)(steady_side(r, e, 0) | steady_side(r, e, 1));
}

/* Sequence numbers that tell of no gap, and of no byte that was thought lost. */
static inline bool in_turn(const struct rec *r, const struct cold *c, unsigned from,
			   const struct packet *p)
{
	uint32_t peer = c->next[!from] + ((r->flags & BIT(F_FIN, !from)) != 0);
	int32_t begin = seq_diff(p->seq, c->next[from]);
	int32_t end = seq_diff(p->seq + p->payload_wire, c->next[from]);

	if ((p->tcp_flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK ||
	    seq_diff(p->ack, peer) > 0)
		return false;
	if (!p->payload_wire)
		return begin <= 1;
	return !c->loss && begin <= 0 && end <= SEQ_WINDOW;
}

/* Of a flow's record and its cold half, if it has one. False: it is nothing for the straight way,
 * and nothing was changed. */
static inline bool straight(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
			    const struct packet *p)
{
	if (!c || !(c->steady & steady_bit(from, p->payload_wire)) || p->ts_ns < r->first_ns)
		return false;
	/* The owner wants to hear of the first one behind its mark. */
	if (r->last_ns < t->mark_ns)
		return false;
	if (p->fragment || p->whole || p->early.n || c->packets[from] == UINT32_MAX)
		return false;
	if (!(r->flags & F_UDP)) {
		uint32_t end = p->seq + p->payload_wire;

		if (!in_turn(r, c, from, p))
			return false;
		if (p->payload_wire && seq_diff(end, c->next[from]) > 0)
			c->next[from] = end;
		c->since += r->flags & F_OPEN && c->since < UINT8_MAX;
	}
	c->packets[from]++;
	c->bytes[from] += p->wire_len;
	c->payload[from] += p->payload_wire;
	if (p->ts_ns > r->last_ns)
		r->last_ns = p->ts_ns;
	t->stats.packets++;
	return true;
}

#endif
