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

/* Kinds of packets, a bit of cold.steady each: the side, and whether there is payload. */
enum { STEADY_PAYLOAD = 2 };

static inline unsigned steady_kind(unsigned side, bool payload)
{
	return side + (payload ? STEADY_PAYLOAD : 0);
}

/* A segment without SYN cannot complete the handshake any more, nor begin one. */
static inline bool handshake_told(uint32_t flags)
{
	return flags & F_OPEN || !(flags & (BOTH(F_SYN) | BOTH(F_SYNACK)));
}

/* Behind a packet that went the long way. Of both sides at once: sets of sides are two bits. */
static inline uint8_t steady_of(const struct rec *r, const struct rest *e)
{
	uint32_t f = r->flags;
	unsigned idle = f / F_SEEN & ((e->ttl[0] != 0) | (e->ttl[1] != 0) << 1), data;

	if (!e->answer.rank)
		idle &= 1u << first_side(r);
	data = idle;
	if (!(f & F_UDP)) {
		/* What on_ack() and on_data() of tcp.c would still find to say. */
		unsigned peer_isn = (f / BIT(F_ISN, 1) & 1) + 2 * (f / F_ISN & 1);

		if ((f & BOTH(F_SEQ)) != BOTH(F_SEQ) || !handshake_told(f))
			return 0;
		idle &= f / F_ACKED;
		data = idle & f / F_BEYOND & f / F_DATA;
		idle &= f / F_BEYOND | ~peer_isn;
	}
	if (!(f & F_HEAD_OFF) || !e->extra.rank)
		data = 0;
	return (uint8_t)((idle & 3) | (data & 3) << STEADY_PAYLOAD);
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

/* Of a flow's record and its cold half (line 0 when it has none), for a packet that is not before
 * the newest of the flow. False: it is nothing for the straight way, and nothing was changed. */
static inline bool straight(struct flow_table *t, struct rec *r, struct cold *c, unsigned kind,
			    const struct packet *p)
{
	unsigned from = kind % STEADY_PAYLOAD;

	if (!(c->steady >> kind & 1))
		return false;
	/* The owner wants to hear of the first one behind its mark. */
	if (unlikely(r->last_ns < t->mark_ns))
		return false;
	if (unlikely(p->fragment || c->packets[from] == UINT32_MAX))
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
	r->last_ns = p->ts_ns;
	t->stats.packets++;
	return true;
}

#endif
