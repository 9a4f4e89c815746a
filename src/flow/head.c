// SPDX-License-Identifier: BSD-2-Clause
/*
 * head - the first payload bytes of each side, in order, until the owner has seen enough.
 *
 * TCP: a window of HEAD_BYTES over the sequence numbers of a side, with a bit for each byte that is
 * there: what comes out of order waits, what comes again is not looked at twice (the first copy
 * wins), and what never comes ends the bytes. Most flows are known by their first segment, so that
 * is shown from the packet itself and copied only when the owner wants more.
 *
 * UDP: each datagram of a side, up to DATAGRAMS. One in fragments is shown twice: its first
 * fragment, because the others may never come, and the whole. It is kept when the owner wants to
 * see it again with what the other side says.
 *
 * Who is shown first bytes is also asked for a reader of all bytes. What it is told begins with
 * what is kept here, so nothing is let go of before the last time that it is asked.
 */
#include "flow/record.h"
#include "flow/stream.h"

enum {
	DATAGRAMS = 8,
	/* A side that has sent this much and is not known yet will not be known by the rest. */
	GIVE_UP = 64 << 10,
	SYN_BYTE = 1,
};

/* The packet in hand, and what its side's window held before it. */
struct hand {
	const struct packet *p; /* NULL: the flow is over */
	unsigned from;
	bool window;          /* there was one */
	uint32_t n;           /* as in struct head */
	const uint64_t *have; /* the same; NULL: nothing behind n */
};

static void release(struct flow_table *t, struct rec *r, struct rest *e)
{
	for (unsigned i = 0; i < 2; i++) {
		head_put(t, e->head[i]);
		e->head[i] = 0;
	}
	r->flags |= F_HEAD_OFF;
}

/* Bytes that a side is known to have sent from `base` on. */
static uint32_t sent(const struct rec *r, const struct cold *c, unsigned side, uint32_t base)
{
	int32_t n = (int32_t)(c->next[side] - base);

	return r->flags & BIT(F_SEQ, side) && n > 0 ? (uint32_t)n : 0;
}

/* What is kept of both sides, as the owner of the table is shown it. */
static struct flow_heads kept(const struct flow_table *t, const struct rec *r, const struct cold *c,
			      bool final)
{
	const struct rest *e = rest_at(t, c);
	struct flow_heads h = {
		.port = {r->port[0], r->port[1]},
		.proto = r->flags & F_UDP ? IPPROTO_NR_UDP : IPPROTO_NR_TCP,
		.final = final,
	};

	for (unsigned i = 0; i < 2; i++) {
		const struct head *s = head_at(t, e->head[i]);

		h.same[i] = !(e->moved >> i & 1);
		if (!s)
			continue;
		h.p[i] = s->b;
		h.n[i] = s->n;
		h.whole_start[i] = s->whole;
		h.cut[i] = s->cut;
		if (r->flags & F_UDP)
			continue;

		/* A hole may still be filled, until the end; beyond the window or the snap length
		 * nothing will come. */
		bool lasting = final || s->n == HEAD_BYTES || r->flags & F_SNAPPED0 << i;

		h.cut[i] = lasting && sent(r, c, i, s->base) > s->n;
	}
	return h;
}

static void give_window(struct flow_table *t, const struct cold *c, unsigned side,
			const struct hand *hand)
{
	const struct head *s = head_at(t, rest_at(t, c)->head[side]);
	bool own = side == hand->from;

	if (!s || (own && !hand->window))
		return;

	struct stream_window w = {
		.base = s->base,
		.whole = s->whole,
		.n = own ? hand->n : s->n,
		.have = own         ? hand->have
			: s->sparse ? s->have
				    : NULL,
		.b = s->b,
		.at = s->at,
	};

	stream_take_window(t, c, side, &w);
}

/* Does the flow get a reader? It is told what the windows hold, then the packet in hand: so bytes
 * are shown by the packet that carried them, as far as that is still known. */
static void offer(struct flow_table *t, struct rec *r, struct cold *c, struct flow_heads *h,
		  const struct hand *hand)
{
	if (!t->ops.stream || !hand->p || r->flags & F_STREAM || !stream_room(t))
		return;

	rec_addr(t, r, h->addr);

	struct learn_flow *reader = t->ops.stream(t->user, h, *app_at(t, r, c));

	if (!reader)
		return;
	stream_open(t, r, c, reader);
	if (!(r->flags & F_UDP)) {
		unsigned first = stream_first(r);

		give_window(t, c, first, hand);
		give_window(t, c, !first, hand);
	}
	stream_packet(t, r, c, hand->from, hand->p);
}

/* Asks the owner; its "enough" ends everything. */
static enum flow_want ask(struct flow_table *t, struct rec *r, struct cold *c, struct flow_heads *h,
			  const struct hand *hand)
{
	struct rest *e = rest_at(t, c);

	r->flags |= F_HEAD_ASKED;
	e->moved = 0;

	enum flow_want want = t->ops.head ? t->ops.head(t->user, h, app_at(t, r, c)) : FLOW_ENOUGH;

	if (h->final)
		want = FLOW_ENOUGH;
	offer(t, r, c, h, hand);
	if (want == FLOW_ENOUGH)
		release(t, r, e);
	return want;
}

static void last_call(struct flow_table *t, struct rec *r, struct cold *c, const struct hand *hand)
{
	struct rest *e = rest_at(t, c);

	if (r->flags & F_HEAD_OFF)
		return;
	if (!(r->flags & F_HEAD_ASKED) && !e->head[0] && !e->head[1])
		return;

	struct flow_heads h = kept(t, r, c, true);

	ask(t, r, c, &h, hand);
}

void head_final(struct flow_table *t, struct rec *r, struct cold *c)
{
	last_call(t, r, c, &(struct hand){.p = NULL});
}

/* Nothing new to show; but a reader would want what the window has no room for. */
static void early_bytes(struct flow_table *t, struct rec *r, struct cold *c,
			const struct hand *hand)
{
	if (!t->ops.stream || r->flags & F_STREAM)
		return;

	struct flow_heads h = kept(t, r, c, false);

	offer(t, r, c, &h, hand);
}

/* With room for n bytes. */
static struct head *make(struct flow_table *t, struct rest *e, const struct hand *hand, size_t n)
{
	unsigned side = hand->from;

	if (e->head[side] & HEAD_IS_SHORT && n > HEAD_SHORT) {
		head_put(t, e->head[side]);
		e->head[side] = 0;
	}
	if (e->head[side])
		return head_at(t, e->head[side]);
	if (unlikely(t->spare.heads))
		return NULL;
	e->head[side] = head_get(t, n);

	struct head *s = head_at(t, e->head[side]);

	if (s)
		s->at = (struct evidence){hand->p->ts_ns, hand->p->input, hand->p->number};
	return s;
}

/* A window with room for all bytes that it may have, and what is there so far. NULL: no room. */
static struct head *widen(struct flow_table *t, struct rest *e, unsigned side)
{
	const struct head *s = head_at(t, e->head[side]);
	uint32_t i = head_get(t, HEAD_BYTES);

	if (!i)
		return NULL;
	memcpy(head_at(t, i), s, offsetof(struct head, b) + s->n);
	head_put(t, e->head[side]);
	e->head[side] = i;
	return head_at(t, i);
}

/* A window that n bytes in order fit into. */
static struct head *window(struct flow_table *t, struct rest *e, const struct hand *hand, size_t n)
{
	uint32_t i = e->head[hand->from];

	if (i & HEAD_IS_SHORT && n > HEAD_SHORT)
		return widen(t, e, hand->from);
	return i ? head_at(t, i) : make(t, e, hand, n);
}

/* No room for more, or no time: the owner gets what there is, for the last time. */
static COLD void shed(struct flow_table *t, struct rec *r, struct cold *c, struct flow_heads *h,
		      const struct hand *hand)
{
	if (t->spare.heads)
		t->stats.heads_spared++;
	else
		t->stats.heads_shed++;
	h->final = true;
	ask(t, r, c, h, hand);
}

static bool has(const struct head *s, uint32_t i)
{
	return i < s->n || (s->sparse && s->have[i / 64] >> i % 64 & 1);
}

/* From now on with a map. */
static COLD void scatter(struct head *s)
{
	uint32_t n = s->n;

	memset(s->have, 0, sizeof s->have);
	memset(s->have, 0xff, n / 64 * sizeof s->have[0]);
	if (n % 64)
		s->have[n / 64] = (UINT64_C(1) << n % 64) - 1;
	s->sparse = true;
}

static bool keep_by_map(struct head *s, uint32_t off, const uint8_t *p, uint32_t n)
{
	uint16_t before = s->n;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t bit = UINT64_C(1) << (off + i) % 64;
		uint64_t *word = &s->have[(off + i) / 64];

		if (!(*word & bit)) {
			*word |= bit;
			s->b[off + i] = p[i];
		}
	}
	while (s->n < HEAD_BYTES && s->have[s->n / 64] >> s->n % 64 & 1)
		s->n++;
	return s->n > before;
}

/* Keeps bytes [off, off + n) of the window, those that are not there yet. Returns true when the
 * bytes in order became more. */
static bool keep(struct head *s, uint32_t off, const uint8_t *p, uint32_t n)
{
	uint32_t known = s->n - off;

	if (off > s->n && !s->sparse)
		scatter(s);
	if (s->sparse)
		return keep_by_map(s, off, p, n);
	if (known >= n)
		return false;
	memcpy(s->b + s->n, p + known, n - known);
	s->n = (uint16_t)(off + n);
	return true;
}

void head_rebase(struct flow_table *t, struct rest *e, unsigned side, uint32_t base)
{
	struct head *s = head_at(t, e->head[side]);

	if (!s || (s->whole && s->base == base))
		return;

	int32_t by = (int32_t)(s->base - base);
	bool kept = !s->whole && by >= 0 && by < HEAD_BYTES;

	e->moved |= (uint8_t)(1U << side);
	if (e->head[side] & HEAD_IS_SHORT) {
		struct head *wide = kept && by > 0 ? widen(t, e, side) : NULL;

		if (!wide) {
			t->stats.heads_shed += kept && by > 0;
			s->n = kept && by == 0 ? s->n : 0;
			s->base = base;
			s->whole = true;
			return;
		}
		s = wide;
	}

	struct head moved = {.base = base, .whole = true, .at = s->at};

	/* Far from the start, or of another start: those bytes are not the first. */
	for (uint32_t i = 0; kept && i + (uint32_t)by < HEAD_BYTES; i++)
		if (has(s, i))
			keep(&moved, i + (uint32_t)by, &s->b[i], 1);
	*s = moved;
}

/* Everything of both windows is there, or one side went on for so long that the rest cannot help.
 */
static bool over(const struct flow_table *t, const struct rec *r, const struct cold *c)
{
	const struct rest *e = rest_at(t, c);
	unsigned full = 0;

	for (unsigned i = 0; i < 2; i++) {
		const struct head *s = head_at(t, e->head[i]);

		if (!s)
			continue;
		full += s->n == HEAD_BYTES;
		if (sent(r, c, i, s->base) > GIVE_UP)
			return true;
	}
	return full == 2;
}

void head_tcp(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
	      const struct packet *p)
{
	struct rest *e = rest_at(t, c);
	struct head *s = head_at(t, e->head[from]);
	bool syn = p->tcp_flags & TCP_SYN;

	if (p->payload_len < p->payload_wire)
		r->flags |= F_SNAPPED0 << from;
	const uint8_t *bytes = p->whole ? p->whole : p->payload;
	uint32_t n = p->whole ? p->whole_len : p->payload_len;

	if (!n || (p->later_fragment && !p->whole) || p->tcp_flags & TCP_RST)
		return;

	bool whole = r->flags & BIT(F_ISN, from);
	uint32_t seq = p->whole ? p->whole_seq : p->seq + (syn ? SYN_BYTE : 0);
	uint32_t base = s ? s->base : whole ? e->isn[from] + 1 : seq;
	int32_t off = (int32_t)(seq - base);
	uint64_t have[HEAD_BYTES / 64];
	struct hand hand = {.p = p, .from = from};

	if (s && t->ops.stream && !(r->flags & F_STREAM)) {
		hand.window = true;
		hand.n = s->n;
		hand.have = s->sparse ? memcpy(have, s->have, sizeof have) : NULL;
	}

	if (off < 0) { /* begins before the window: a retransmit, or a keep-alive */
		uint32_t before = 0u - (uint32_t)off;

		if (before >= n)
			return;
		bytes += before;
		n -= before;
		off = 0;
	}
	if (off >= HEAD_BYTES) {
		if (over(t, r, c))
			last_call(t, r, c, &hand);
		else
			early_bytes(t, r, c, &hand);
		return;
	}
	if (n > HEAD_BYTES - (uint32_t)off)
		n = HEAD_BYTES - (uint32_t)off;

	uint32_t need = (uint32_t)off <= (s ? s->n : 0) ? (uint32_t)off + n : HEAD_BYTES;
	bool asked = false;

	if (!s && off == 0) {
		struct flow_heads h = kept(t, r, c, false);

		h.p[from] = bytes;
		h.n[from] = n;
		h.same[from] = false;
		h.whole_start[from] = whole;
		h.cut[from] = (n == HEAD_BYTES || r->flags & F_SNAPPED0 << from) &&
			      sent(r, c, from, base) > n;
		if (ask(t, r, c, &h, &hand) == FLOW_ENOUGH)
			return;
		s = window(t, e, &hand, need);
		if (!s) {
			shed(t, r, c, &h, &hand);
			return;
		}
		asked = true;
	} else {
		s = window(t, e, &hand, need);
		if (!s) {
			struct flow_heads h = kept(t, r, c, true);

			shed(t, r, c, &h, &hand);
			return;
		}
	}
	if (!s->n && !(s->sparse && s->have[0])) {
		s->base = base;
		s->whole = whole;
	}

	bool more = keep(s, (uint32_t)off, bytes, n);

	if (over(t, r, c)) {
		last_call(t, r, c, &hand);
	} else if (more && !asked) {
		struct flow_heads h = kept(t, r, c, false);

		ask(t, r, c, &h, &hand);
	} else if (!asked) {
		early_bytes(t, r, c, &hand);
	}
}

void head_udp(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
	      const struct packet *p)
{
	struct rest *e = rest_at(t, c);
	const uint8_t *bytes = p->whole ? p->whole : p->payload;
	uint32_t n = p->whole ? p->whole_len : p->payload_len;
	bool cut = p->whole ? n > HEAD_BYTES : n > HEAD_BYTES || n < p->payload_wire || p->fragment;

	if (!n || (p->later_fragment && !p->whole) || c->turn[from] >= DATAGRAMS)
		return;
	if (n > HEAD_BYTES)
		n = HEAD_BYTES;
	c->turn[from]++;

	bool last = c->turn[0] >= DATAGRAMS && c->turn[1] >= DATAGRAMS;
	struct hand hand = {.p = p, .from = from};
	struct flow_heads h = kept(t, r, c, last);

	h.p[from] = bytes;
	h.n[from] = n;
	h.same[from] = false;
	h.whole_start[from] = true;
	h.cut[from] = cut;

	enum flow_want want = ask(t, r, c, &h, &hand);

	if (want == FLOW_MORE_WITHOUT && e->head[from]) {
		head_put(t, e->head[from]);
		e->head[from] = 0;
	}
	if (want != FLOW_MORE)
		return;

	struct head *s = make(t, e, &hand, n);

	if (!s) {
		shed(t, r, c, &h, &hand);
		return;
	}
	s->whole = true;
	s->cut = cut;
	s->n = (uint16_t)n;
	memcpy(s->b, bytes, n);
}
