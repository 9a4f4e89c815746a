// SPDX-License-Identifier: BSD-2-Clause
/*
 * stream - the bytes of each side in the order of their sequence numbers, each once (RFC 9293
 * 3.4), for the flows that have a reader.
 *
 * What comes in order goes to the reader straight from the packet. What comes early is held: the
 * first copy of a byte wins, and what was handed on is never taken back, so bytes in front of the
 * first payload of a flow whose start was not captured are dropped when they come late. A tail
 * that the snap length took away is a piece without bytes.
 *
 * A hole is given up, and told as missing bytes, when
 *
 *   - more than HELD_BYTES or HELD_PIECES wait behind it,
 *   - the peer has acknowledged all of it, so that the sensor missed it or will see it very late,
 *     and PATIENCE_NS have passed since something behind it was seen,
 *   - there is no room to hold more (flow_stats.streams_cut), or
 *   - the flow ends.
 *
 * A number can be forged, so one that lies far ahead of what is known and of what the peer has
 * acknowledged is believed only when the next segment continues it: a capture that pauses, and goes
 * on in one direction alone, shows that.
 *
 * All of it follows from the packets of the flow alone, but for the room.
 */
#include "flow/stream.h"

#include <stdlib.h>

enum {
	HELD_BYTES = 64 << 10,
	HELD_PIECES = 64,
	AHEAD = 1 << 20,  /* sequence numbers: what a sender may well be ahead of its peer */
	HEAP_CHARGE = 16, /* what the heap needs for itself, at most */
};
#define PATIENCE_NS NS_PER_S

struct held {
	struct held *next;
	uint32_t seq, n;
	bool missing; /* n bytes that were sent and are known never to come */
	struct evidence at;
	uint8_t b[];
};

struct range { /* consecutive bytes of one side */
	uint32_t seq, n;
	const uint8_t *p; /* NULL: missing */
	struct evidence at;
};

static struct evidence evidence_of(const struct packet *p)
{
	return (struct evidence){p->ts_ns, p->input, p->number};
}

unsigned stream_first(const struct rec *r)
{
	int client = r->flags & F_UDP ? -1 : tcp_client(r->flags);

	return client >= 0 ? (unsigned)client : first_side(r);
}

/* Held pieces */

static size_t held_charge(const struct held *h)
{
	return sizeof *h + (h->missing ? 0 : h->n) + HEAP_CHARGE;
}

static void held_free(struct flow_table *t, struct held *h)
{
	size_t n = held_charge(h);

	t->streams_memory -= n;
	t->stats.memory -= n;
	free(h);
}

/* NULL when there is no room. */
static struct held *held_new(struct flow_table *t, const struct range *x)
{
	struct held one = {.seq = x->seq, .n = x->n, .missing = !x->p, .at = x->at};
	size_t n = held_charge(&one);

	if (t->streams_memory + n > t->streams_max || t->stats.memory + n > t->max_memory)
		return NULL;

	struct held *h = malloc(sizeof *h + (x->p ? x->n : 0));

	if (!h)
		return NULL;
	*h = one;
	if (x->p)
		memcpy(h->b, x->p, x->n);
	t->streams_memory += n;
	if (t->streams_memory > t->streams_most)
		t->streams_most = t->streams_memory;
	t->stats.memory += n;
	if (t->stats.memory > t->stats.memory_max)
		t->stats.memory_max = t->stats.memory;
	return h;
}

/* Takes the first piece off the list; the caller frees it. */
static struct held *held_pop(struct stream_side *s)
{
	struct held *h = s->held;

	s->held = h->next;
	s->n--;
	s->bytes -= h->missing ? 0 : h->n;
	return h;
}

static void held_drop(struct flow_table *t, struct stream_side *s)
{
	while (s->held)
		held_free(t, held_pop(s));
}

/* The reader */

static void tell(const struct flow_table *t, struct stream *st, const struct flow_bytes *b)
{
	if (st->reader && t->ops.bytes && !t->ops.bytes(t->user, st->reader, st->app, b))
		st->reader = NULL;
}

static void hand_on(struct flow_table *t, struct stream *st, unsigned side, const uint8_t *p,
		    uint32_t n, const struct evidence *at)
{
	struct stream_side *s = &st->side[side];
	const struct flow_bytes b = {
		.side = side,
		.p = p,
		.n = n,
		.start = p && s->whole && !s->begun,
		.at = *at,
	};

	s->begun = true;
	s->next += n;
	if (seq_diff(s->next, s->acked) > 0)
		s->acked = s->next;
	tell(t, st, &b);
}

/* Hands on what is held and in order now. */
static void drain(struct flow_table *t, struct stream *st, unsigned side)
{
	struct stream_side *s = &st->side[side];

	while (s->held && s->held->seq == s->next) {
		struct held *h = held_pop(s);

		hand_on(t, st, side, h->missing ? NULL : h->b, h->n, &h->at);
		held_free(t, h);
	}
}

/* Gives up the first hole, or the part of it before `until`; `at` shows that there is one. */
static void give_up(struct flow_table *t, struct stream *st, unsigned side, uint32_t until,
		    const struct evidence *at)
{
	struct stream_side *s = &st->side[side];
	const struct held *h = s->held;
	bool to_held = h && seq_diff(h->seq, until) <= 0;
	struct evidence shown = to_held ? h->at : *at;

	hand_on(t, st, side, NULL, (to_held ? h->seq : until) - s->next, &shown);
	drain(t, st, side);
}

static void flush(struct flow_table *t, struct stream *st, unsigned side)
{
	const struct stream_side *s = &st->side[side];

	while (s->held)
		give_up(t, st, side, s->held->seq, &s->held->at);
}

/* Payload */

static bool holds(const struct stream_side *s, const struct range *x)
{
	return s->n < HELD_PIECES && s->bytes + (x->p ? x->n : 0) <= HELD_BYTES;
}

static void skip(struct range *x, uint32_t n)
{
	x->seq += n;
	x->n -= n;
	if (x->p)
		x->p += n;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Takes what is new of *all: in order to the reader, else into the list. */
static void put(struct flow_table *t, struct stream *st, unsigned side, const struct range *all)
{
	struct stream_side *s = &st->side[side];
	struct range x = *all;
	struct held **link = &s->held; /* nothing of x lies before it */

	while (x.n) {
		int32_t off = seq_diff(x.seq, s->next);

		if (off < 0) {
			skip(&x, min_u32(x.n, 0u - (uint32_t)off));
			continue;
		}
		if (off == 0) {
			uint32_t n = s->held ? min_u32(x.n, s->held->seq - x.seq) : x.n;

			hand_on(t, st, side, x.p, n, &x.at);
			skip(&x, n);
			drain(t, st, side);
			link = &s->held;
			continue;
		}
		while (*link && seq_diff((*link)->seq + (*link)->n, x.seq) <= 0)
			link = &(*link)->next;
		if (*link && seq_diff((*link)->seq, x.seq) <= 0) {
			skip(&x, min_u32(x.n, (*link)->seq + (*link)->n - x.seq));
			continue;
		}

		struct range part = x;

		if (*link)
			part.n = min_u32(x.n, (*link)->seq - x.seq);

		bool fits = holds(s, &part);
		struct held *h = fits ? held_new(t, &part) : NULL;

		if (!h) {
			if (fits) {
				t->stats.streams_cut += !s->cut && !st->side[!side].cut;
				s->cut = true;
			}
			give_up(t, st, side, x.seq, &x.at);
			link = &s->held;
			continue;
		}
		h->next = *link;
		*link = h;
		s->n++;
		s->bytes += part.p ? part.n : 0;
		skip(&x, part.n);
	}
}

/* What follows is not the continuation of what the reader has, and nobody knows how far from it. */
static void jump(struct flow_table *t, struct stream *st, unsigned side, uint32_t to,
		 const struct evidence *at)
{
	struct stream_side *s = &st->side[side];

	if (s->begun)
		hand_on(t, st, side, NULL, 0, at);
	s->next = s->acked = to;
}

/* False for n bytes at seq that are most likely no part of this stream. */
static bool believed(struct flow_table *t, struct stream *st, unsigned side, uint32_t seq,
		     uint32_t n, const struct evidence *at)
{
	struct stream_side *s = &st->side[side];
	int32_t off = seq_diff(seq, s->next);
	bool near = off <= 0 ? off >= -SEQ_WINDOW : seq_diff(seq, s->acked) <= AHEAD;
	bool again = s->astray && s->stray == seq;

	s->astray = !near && !again;
	s->stray = seq + n;
	if (near || !again)
		return near;
	flush(t, st, side);
	off = seq_diff(seq, s->next);
	if (off > 0)
		hand_on(t, st, side, NULL, (uint32_t)off, at);
	else
		jump(t, st, side, seq, at);
	return true;
}

static void know(struct stream_side *s, uint32_t base, bool whole)
{
	s->next = s->acked = base;
	s->known = true;
	s->whole = whole;
}

static void take_payload(struct flow_table *t, const struct rec *r, const struct cold *c,
			 struct stream *st, unsigned from, const struct packet *p)
{
	struct stream_side *s = &st->side[from];
	struct range x = {
		.seq = p->whole ? p->whole_seq : p->seq + ((p->tcp_flags & TCP_SYN) != 0),
		.n = p->whole ? p->whole_len : p->payload_len,
		.p = p->whole ? p->whole : p->payload,
		.at = evidence_of(p),
	};
	uint32_t cut = !p->whole && p->payload_wire > x.n ? p->payload_wire - x.n : 0;

	if (p->tcp_flags & TCP_RST || (p->later_fragment && !p->whole))
		return;
	cut = min_u32(cut, AHEAD);
	if (!x.n && !cut)
		return;
	if (!s->known) {
		bool whole = r->flags & BIT(F_ISN, from);

		know(s, whole ? rest_at(t, c)->isn[from] + 1 : x.seq, whole);
	}
	if (!believed(t, st, from, x.seq, x.n + cut, &x.at))
		return;

	struct range tail = {.seq = x.seq + x.n, .n = cut, .at = x.at};

	put(t, st, from, &x);
	if (cut)
		put(t, st, from, &tail);
}

static void take_ack(struct stream_side *s, uint32_t ack)
{
	if (s->known && seq_diff(ack, s->acked) > 0 && seq_diff(ack, s->next) <= SEQ_WINDOW)
		s->acked = ack;
}

/* When the first hole of s, which has one, was first seen: everything that is held lies behind it.
 */
static int64_t hole_since(const struct stream_side *s)
{
	int64_t since = INT64_MAX;

	for (const struct held *h = s->held; h; h = h->next)
		if (h->at.ts_ns < since)
			since = h->at.ts_ns;
	return since;
}

static void lose_patience(struct flow_table *t, struct stream *st, unsigned side, int64_t now_ns)
{
	const struct stream_side *s = &st->side[side];
	int64_t waited;

	while (s->held && seq_diff(s->acked, s->held->seq) >= 0) {
		if (!__builtin_sub_overflow(now_ns, hole_since(s), &waited) &&
		    waited <= PATIENCE_NS)
			return;
		give_up(t, st, side, s->held->seq, &s->held->at);
	}
}

static void take_datagram(struct flow_table *t, struct stream *st, unsigned from,
			  const struct packet *p)
{
	struct flow_bytes b = {
		.side = from,
		.p = p->whole ? p->whole : p->payload,
		.n = p->whole ? p->whole_len : p->payload_len,
		.start = true,
		.cut = !p->whole && (p->payload_len < p->payload_wire || p->fragment),
		.at = evidence_of(p),
	};

	if (!p->whole && (p->later_fragment || !p->payload_wire))
		return;
	if (!b.n) {
		b.p = NULL;
		b.n = p->payload_wire;
		b.start = b.cut = false;
	}
	tell(t, st, &b);
}

/* Nobody reads any more: what is held goes, and with it the line, unless a reader would be asked
 * for again. */
static void let_go(struct flow_table *t, struct rec *r, const struct cold *c, struct stream *st)
{
	struct rest *e = rest_at(t, c);
	struct recognition *app = st->app;

	for (unsigned i = 0; i < 2; i++)
		held_drop(t, &st->side[i]);
	if (!(r->flags & F_HEAD_OFF))
		return;
	pool_put(&t->lines, e->stream);
	e->app = app;
	r->flags &= ~(uint32_t)F_STREAM;
}

void stream_packet(struct flow_table *t, struct rec *r, const struct cold *c, unsigned from,
		   const struct packet *p)
{
	struct stream *st = stream_of(t, c);

	if (!st->reader) {
		let_go(t, r, c, st);
		return;
	}

	if (r->flags & F_UDP) {
		take_datagram(t, st, from, p);
		return;
	}
	take_payload(t, r, c, st, from, p);
	if (p->tcp_flags & TCP_ACK && !(p->tcp_flags & TCP_RST) && !p->later_fragment)
		take_ack(&st->side[!from], p->ack);
	for (unsigned i = 0; i < 2; i++)
		lose_patience(t, st, i, p->ts_ns);
}

/* Begin and end */

bool stream_room(struct flow_table *t)
{
	return lines_ready(t, 1);
}

void stream_open(struct flow_table *t, struct rec *r, struct cold *c, struct learn_flow *reader)
{
	struct rest *e = rest_at(t, c);
	uint32_t line = line_get(t);
	struct stream *st = line_at(t, line);

	t->stats.streams++;
	st->reader = reader;
	st->app = e->app;
	e->stream = line;
	r->flags |= F_STREAM;
	for (unsigned i = 0; i < 2; i++)
		if (!(r->flags & F_UDP) && r->flags & BIT(F_ISN, i))
			know(&st->side[i], e->isn[i] + 1, true);
}

void stream_take_window(struct flow_table *t, const struct cold *c, unsigned side,
			const struct stream_window *w)
{
	struct stream *st = stream_of(t, c);

	know(&st->side[side], w->base, w->whole);
	put(t, st, side, &(struct range){.seq = w->base, .n = w->n, .p = w->b, .at = w->at});
	for (uint32_t i = w->n, n; w->have && i < HEAD_BYTES; i += n ? n : 1) {
		for (n = 0; i + n < HEAD_BYTES && w->have[(i + n) / 64] >> (i + n) % 64 & 1;)
			n++;
		put(t, st, side,
		    &(struct range){.seq = w->base + i, .n = n, .p = w->b + i, .at = w->at});
	}
}

void stream_rebase(struct flow_table *t, const struct rec *r, const struct cold *c, unsigned side,
		   uint32_t base)
{
	struct stream *st = stream_at(t, r, c);

	if (!st)
		return;

	struct stream_side *s = &st->side[side];
	int32_t off = seq_diff(base, s->next);

	/* The SYN comes behind the data that it begins: what the reader has stays true. */
	if (s->known && !s->whole && off <= 0 && off >= -SEQ_WINDOW)
		return;
	/* Else this is the first that is known of the side, or a try with another number, and what
	 * was held belongs to the one before. */
	held_drop(t, s);
	s->astray = false;
	if (s->known && s->begun)
		jump(t, st, side, base, &(struct evidence){0});
	else
		know(s, base, true);
}

/* What the peer has and the capture has not. One number alone may be that of a FIN that was not
 * captured (RFC 9293 3.4). */
static void trailing_gap(struct flow_table *t, const struct rec *r, struct stream *st,
			 unsigned side)
{
	const struct stream_side *s = &st->side[side];
	int32_t n = seq_diff(s->acked, s->next);
	bool fin = r->flags & BIT(F_FIN, side);

	n -= fin;
	if (s->known && n > !fin)
		hand_on(t, st, side, NULL, (uint32_t)n, &(struct evidence){0});
}

void stream_end(struct flow_table *t, const struct rec *r, const struct cold *c)
{
	struct stream *st = stream_at(t, r, c);

	if (!st || r->flags & F_UDP)
		return;
	if (!st->reader) {
		stream_drop(t, r, c);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		unsigned side = stream_first(r) ^ i;

		flush(t, st, side);
		trailing_gap(t, r, st, side);
	}
}

void stream_drop(struct flow_table *t, const struct rec *r, const struct cold *c)
{
	struct stream *st = stream_at(t, r, c);

	for (unsigned i = 0; st && i < 2; i++)
		held_drop(t, &st->side[i]);
}
