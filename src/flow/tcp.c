// SPDX-License-Identifier: BSD-2-Clause
/*
 * tcp - the facts that one segment adds to a flow (RFC 9293).
 *
 * Sequence numbers are compared by their signed difference (RFC 9293 3.4). A forger can put any
 * number into a segment, so what a number proves is bounded by how far it lies from a known one.
 */
#include <errno.h>

#include "flow/record.h"
#include "flow/stream.h"

enum {
	ACK_SYN_MAX = 1 << 26, /* how much may be acknowledged while the handshake is being read */
	ACCEPT_SEGMENTS = 3,
};
/* SYN repeats and retries after a RST of one client are one attempt this long. */
#define ATTEMPT_NS (25 * NS_PER_S)
/* Segments of one handshake can be captured in the wrong order this far apart. */
#define REORDER_NS NS_PER_S

int tcp_client(uint32_t flags)
{
	switch (flags & BOTH(F_SYN)) {
	case F_SYN:
		return 0;
	case F_SYN << 1:
		return 1;
	case BOTH(F_SYN): /* simultaneous open (RFC 9293 3.5): who was first */
		return (flags & F_SYNFIRST1) != 0;
	}
	switch (flags & BOTH(F_SYNACK)) {
	case F_SYNACK:
		return 1;
	case F_SYNACK << 1:
		return 0;
	case BOTH(F_SYNACK):
		return !(flags & F_SYNFIRST1);
	}
	return -1;
}

bool tcp_closed(uint32_t flags)
{
	if (flags & F_RST_END || (flags & BOTH(F_FIN)) == BOTH(F_FIN))
		return true;
	/* One direction visible: its FIN is all that will ever be seen of the end. */
	return (flags & F_FIN && !(flags & BIT(F_SEEN, 1))) ||
	       (flags & BIT(F_FIN, 1) && !(flags & F_SEEN));
}

static bool within(const struct rec *r, const struct packet *p, int64_t ns)
{
	int64_t apart;

	if (__builtin_sub_overflow(p->ts_ns, r->first_ns, &apart))
		return false;
	return apart <= ns && apart >= -ns;
}

/* The initial sequence number of a side: the real one, or what its first segment suggests. */
static bool isn_of(const struct flow_table *t, const struct rec *r, unsigned side, uint32_t *ret)
{
	const struct cold *c = cold_at(t, r);

	if (c) {
		if (!(r->flags & (BIT(F_ISN, side) | BIT(F_SEQ, side))))
			return false;
		*ret = rest_at(t, c)->isn[side];
		return true;
	}
	if (first_side(r) != side)
		return false;
	*ret = r->flags & BIT(F_SYN, side) ? r->seq : r->seq - 1;
	return true;
}

bool tcp_begins(const struct flow_table *t, const struct rec *r, unsigned from,
		const struct packet *p)
{
	uint32_t isn;

	if (!(p->tcp_flags & TCP_SYN) || p->tcp_flags & TCP_RST || p->later_fragment)
		return false;

	bool handshake = r->flags & (BOTH(F_SYN) | BOTH(F_SYNACK));

	/* A retransmission; or the capture had a later segment of the same start first. */
	if (isn_of(t, r, from, &isn) && isn == p->seq)
		return !handshake && !within(r, p, REORDER_NS);
	if (p->tcp_flags & TCP_ACK && isn_of(t, r, !from, &isn) && isn + 1 == p->ack)
		return !handshake && !within(r, p, REORDER_NS);
	/* Not yet open: tries of one attempt (each may have a number of its own), SYN cookies, and
	 * simultaneous open. */
	if (handshake && !(r->flags & F_OPEN))
		return !within(r, p, ATTEMPT_NS);
	return true;
}

static int refused(struct flow_table *t, struct cold *c, unsigned from, const struct packet *p)
{
	if (c->refusal)
		return 0;

	uint32_t line = line_get(t);

	if (!line)
		return -ENOMEM;
	c->refusal = line;
	*refusal_at(t, c) = (struct refusal){
		.by = p->src,
		.ts_ns = p->ts_ns,
		.link = links_number(&t->links, p),
		.quoted = !from,
		.rst = true,
		.odd = p->seq != 0,
		.ttl = p->ttl,
	};
	return 0;
}

/* A RST answers the SYN when it acknowledges it (RFC 9293 3.10.7.3): the SYN alone, or the data
 * that came with it too. */
static bool answers_syn(const struct rest *e, const struct cold *c, unsigned client,
			const struct packet *p)
{
	int32_t past = seq_diff(p->ack, e->isn[client] + 1);

	return p->tcp_flags & TCP_ACK && past >= 0 &&
	       past <= seq_diff(c->next[client], e->isn[client] + 1);
}

static int on_rst(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
		  const struct packet *p)
{
	struct rest *e = rest_at(t, c);
	int client = tcp_client(r->flags);

	r->flags |= BIT(F_RST, from);
	if (r->flags & F_OPEN || client < 0) {
		/* Heard as an accepted connection that was shut at once: the server's doing only;
		 * a probe that resets what it opened says nothing about the server. */
		if (!(r->flags & F_RST_END) && r->flags & F_OPEN && (int)from != client &&
		    !(r->flags & BIT(F_DATA, from)) && c->since <= ACCEPT_SEGMENTS)
			r->flags |= F_RST_ACCEPT;
		r->flags |= F_RST_END;
		return 0;
	}
	if ((int)from == client || !(r->flags & BIT(F_SYN, client)) ||
	    !answers_syn(e, c, (unsigned)client, p))
		return 0;
	return refused(t, c, from, p);
}

static void learn_isn(struct flow_table *t, struct rec *r, struct cold *c, unsigned side,
		      uint32_t isn)
{
	struct rest *e = rest_at(t, c);

	if (r->flags & BIT(F_ISN, side) && e->isn[side] == isn)
		return;
	/* A retry with another number: what the first one said is void. */
	if (r->flags & BIT(F_ISN, side))
		r->flags &= ~BIT(F_SEQ, side);
	e->isn[side] = isn;
	r->flags |= BIT(F_ISN, side);
	if (!(r->flags & BIT(F_SEQ, side)) || seq_diff(isn + 1, c->next[side]) > 0) {
		c->next[side] = isn + 1;
		r->flags |= BIT(F_SEQ, side);
	}
	head_rebase(t, e, side, isn + 1);
	stream_rebase(t, r, c, side, isn + 1);
}

static void on_syn(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
		   const struct packet *p)
{
	bool first = !(r->flags & (BOTH(F_SYN) | BOTH(F_SYNACK)));

	if (p->tcp_flags & TCP_ACK) {
		learn_isn(t, r, c, from, p->seq);
		/* The SYN was not captured, or comes later: its number is in the answer. */
		if (!(r->flags & BIT(F_ISN, !from)))
			learn_isn(t, r, c, !from, p->ack - 1);
		r->flags |= BIT(F_SYNACK, from);
		if (first && from)
			r->flags |= F_SYNFIRST1;
		return;
	}
	learn_isn(t, r, c, from, p->seq);
	if (!(r->flags & BOTH(F_SYN)))
		r->flags = from ? r->flags | F_SYNFIRST1 : r->flags & ~(uint32_t)F_SYNFIRST1;
	r->flags |= BIT(F_SYN, from);
}

/* What a segment outside SYN and RST says about the handshake. */
static void on_ack(struct rec *r, const struct rest *e, unsigned from, const struct packet *p)
{
	bool known = r->flags & BIT(F_ISN, !from);
	int32_t past = seq_diff(p->ack, e->isn[!from] + 1);

	if (!(p->tcp_flags & TCP_ACK) || (known && (past < 0 || past > ACK_SYN_MAX)))
		return;
	r->flags |= BIT(F_ACKED, from);
	if (p->payload_wire || p->tcp_flags & TCP_FIN || (known && past > 0))
		r->flags |= BIT(F_BEYOND, from);
}

static bool opened(uint32_t flags)
{
	int client = tcp_client(flags);

	if (client < 0 || (flags & BOTH(F_SEEN)) != BOTH(F_SEEN))
		return false;

	unsigned server = !client;

	/* The third segment; the SYN-ACK itself may be missing from the capture. */
	if (flags & BIT(F_ACKED, client) && flags & (BIT(F_SYNACK, server) | BIT(F_ACKED, server)))
		return true;
	/* The third segment is missing, but the server acts on it. */
	return flags & BIT(F_SYN, client) && flags & BIT(F_BEYOND, server);
}

/* Who sees one direction alone misses all of the other, and that is not loss. */
static void tell_gap(const struct flow_table *t, const struct rec *r, int64_t ts_ns, int64_t bytes)
{
	if (t->ops.gap && (r->flags & BOTH(F_SEEN)) == BOTH(F_SEEN))
		t->ops.gap(t->user, ts_ns, bytes);
}

/* Bytes [from, to) of a side were sent and are not in the capture, so far. */
static int missing(struct flow_table *t, const struct rec *r, struct cold *c, unsigned side,
		   uint32_t from, uint32_t to, int64_t ts_ns)
{
	/* One number alone is that of a FIN that was not captured (RFC 9293 3.4), or the one that
	 * a keep-alive steps back when the capture begins with it (3.8.4). */
	if (to - from == 1)
		return 0;

	struct loss *l = loss_make(t, c);

	if (!l)
		return -ENOMEM;
	if (!l->holes)
		l->holes = line_get(t);
	if (!l->holes)
		return -ENOMEM;
	l->unseen[side] += to - from;
	tell_gap(t, r, ts_ns, to - from);

	struct hole *h = holes_at(t, l)->of[side];

	/* Newest first; what falls off the end stays counted. */
	for (unsigned i = HOLES - 1; i > 0; i--)
		h[i] = h[i - 1];
	h[0] = (struct hole){from, to};
	return 0;
}

/* Data that was taken for lost and comes late: retransmitted, or captured behind its
 * acknowledgement. False when this is none. */
static bool fill(struct flow_table *t, const struct rec *r, const struct cold *c, unsigned side,
		 uint32_t from, uint32_t to, int64_t ts_ns)
{
	struct loss *l = loss_at(t, c);
	struct holes *all = l ? holes_at(t, l) : NULL;
	bool filled = false;

	for (unsigned i = 0; all && i < HOLES; i++) {
		struct hole *h = &all->of[side][i];
		uint32_t a = seq_diff(from, h->from) > 0 ? from : h->from;
		uint32_t b = seq_diff(to, h->to) < 0 ? to : h->to;

		if (seq_diff(b, a) <= 0)
			continue;
		l->unseen[side] -= b - a;
		tell_gap(t, r, ts_ns, -(int64_t)(b - a));
		filled = true;
		/* A piece out of the middle: what is left below it stays counted. */
		if (b == h->to && a != h->from)
			h->to = a;
		else
			h->from = b;
	}
	return filled;
}

/* The peer acknowledged bytes of `side` up to `ack`: what of them was never captured? */
static int acked(struct flow_table *t, struct rec *r, struct cold *c, unsigned side, uint32_t ack,
		 int64_t ts_ns)
{
	if (!(r->flags & BIT(F_SEQ, side))) {
		c->next[side] = ack;
		rest_at(t, c)->isn[side] = ack - 1;
		r->flags |= BIT(F_SEQ, side);
		return 0;
	}

	uint32_t end = c->next[side] + ((r->flags & BIT(F_FIN, side)) != 0);
	int32_t ahead = seq_diff(ack, end);

	if (ahead <= 0 || ahead > SEQ_WINDOW)
		return 0;
	c->next[side] = ack;
	return missing(t, r, c, side, end, ack, ts_ns);
}

static int on_data(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
		   const struct packet *p)
{
	struct rest *e = rest_at(t, c);
	uint32_t seq = p->seq + ((p->tcp_flags & TCP_SYN) != 0);
	uint32_t n = p->payload_wire;

	/* With fragments that came before their first one: what is missing in between is on its
	 * way. */
	if (p->early.n && p->early.reach > n)
		n = p->early.reach;

	uint32_t end = seq + n;

	if (!(r->flags & BIT(F_SEQ, from))) {
		e->isn[from] = seq - 1;
		c->next[from] = seq;
		r->flags |= BIT(F_SEQ, from);
		/* One byte before anything else may be a keep-alive (RFC 9293 3.8.4). */
		if (n == 1) {
			c->next[from] = end;
			return 0;
		}
	}
	if (!n) {
		/* It carries what will be sent next (RFC 9293 3.10.7.4): how far the stream is. */
		uint32_t known = c->next[from];
		int32_t more = seq_diff(seq, known);

		if (more <= 1 || more > SEQ_WINDOW)
			return 0;
		c->next[from] = seq;
		return missing(t, r, c, from, known, seq, p->ts_ns);
	}
	if (c->loss && fill(t, r, c, from, seq, end, p->ts_ns))
		r->flags |= BIT(F_DATA, from);

	uint32_t was = c->next[from];
	int32_t ahead = seq_diff(end, was);

	if (ahead <= 0 || ahead > SEQ_WINDOW)
		return 0;
	c->next[from] = end;
	r->flags |= BIT(F_DATA, from);
	/* It skips bytes: on their way by another path, lost before the sensor, or by it. */
	return seq_diff(seq, was) > 0 ? missing(t, r, c, from, was, seq, p->ts_ns) : 0;
}

int tcp_packet(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
	       const struct packet *p)
{
	struct rest *e = rest_at(t, c);
	bool was_open = r->flags & F_OPEN;
	int err = 0;

	if (p->later_fragment) /* no header: only bytes, whose place the first fragment told */
		return p->has_seq ? on_data(t, r, c, from, p) : 0;
	if (was_open && c->since < UINT8_MAX)
		c->since++;
	if (p->tcp_flags & TCP_RST)
		return on_rst(t, r, c, from, p);
	if (!e->ttl[from])
		e->ttl[from] = p->ttl;
	if (p->tcp_flags & TCP_SYN) {
		if (!(p->tcp_flags & TCP_ACK) && c->tries < UINT16_MAX)
			c->tries++;
		on_syn(t, r, c, from, p);
	} else {
		on_ack(r, e, from, p);
	}
	err = on_data(t, r, c, from, p);
	if (p->tcp_flags & TCP_FIN)
		r->flags |= BIT(F_FIN, from);
	if (err == 0 && p->tcp_flags & TCP_ACK)
		err = acked(t, r, c, !from, p->ack, p->ts_ns);
	if (!was_open && opened(r->flags))
		r->flags |= F_OPEN;
	return err;
}
