// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bytes as a line of packets between few ends, so that they meet in the same flows, through a small
 * flow table and into conversations. Twice, with two secrets, once by the long way and once by
 * the straight one, and twice with lone attempts as records of their own, one by one and in
 * batches: nothing may differ.
 *
 * A packet is 16 bytes: what it is, who sends it, times, numbers (next_packet() has the bits). What
 * is left behind the last one says by its length how: whether VLANs are told apart, and whether
 * copies are taken out first. Some flows get a reader, some of them late, which holds what it is
 * told against what a stream is.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/time.h"
#include "flow/conv.h"
#include "flow/dup.h"
#include "same_conv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define CHECK(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

struct recognition {
	unsigned calls;
	uint8_t salt; /* of the first byte seen: an owner that differs from flow to flow */
	bool over;
	bool without[2]; /* it was said that this datagram is not needed */
	size_t n[2];     /* what was shown last */
	uint8_t shown[2][HEAD_BYTES];
};

struct learn_flow {
	bool udp;
	struct {
		uint64_t told, bytes;
		bool start;
	} side[2];
};

enum { BY_VLAN = 1, NO_COPIES = 2, PACKET_BYTES = 16, PAYLOAD = 64, BATCH = 48 };
enum { ATTEMPTS = 1, LONG_WAY = 2, BATCHES = 4 }; /* how it is run */

struct world {
	unsigned how;
	struct packet batch[BATCH];
	uint8_t payload_of[BATCH][PAYLOAD];
	size_t n_batch;
	struct flow_table *t;
	struct conv_table *c;
	uint64_t flows, packets, sum;
	uint64_t given, in, bytes_in, bytes_out;
	uint64_t sights, copies, sum_copies;
	uint64_t payload; /* bytes that packets showed */
	uint64_t readers, read;
};

static void hold_same(const struct flow_heads *h, struct recognition *app)
{
	for (int i = 0; i < 2; i++) {
		CHECK(!h->same[i] || h->n[i] != app->n[i] || !h->n[i] ||
		      memcmp(h->p[i], app->shown[i], h->n[i]) == 0);
		app->n[i] = h->n[i];
		if (h->n[i])
			memcpy(app->shown[i], h->p[i], h->n[i]);
	}
}

/* Does without some datagrams, which must not come back. */
static bool drop(const struct flow_heads *h, struct recognition *app)
{
	bool without = h->proto == IPPROTO_NR_UDP && app->calls % 3 == app->salt % 3u;

	for (int i = 0; i < 2; i++) {
		CHECK(!app->without[i] || !h->same[i] || !h->n[i]);
		if (!h->same[i])
			app->without[i] = without;
	}
	return without;
}

static enum flow_want on_head(void *user, const struct flow_heads *h, struct recognition **app)
{
	struct world *w = user;
	unsigned last = 0;

	for (int i = 0; i < 2; i++) {
		CHECK(h->n[i] <= HEAD_BYTES);
		for (size_t j = 0; j < h->n[i]; j++) /* the sanitizer sees every byte of it */
			last = last * 33 + h->p[i][j];
	}
	if (!*app)
		*app = calloc(1, sizeof **app);
	CHECK(*app && !(*app)->over);
	hold_same(h, *app);
	if (!(*app)->calls++)
		(*app)->salt = (uint8_t)last;
	w->sum = w->sum * 31 + last + h->cut[0] + h->cut[1] + h->whole_start[0] + h->final;
	(*app)->over = h->final || (*app)->calls > (*app)->salt % 16u;
	if ((*app)->over)
		return FLOW_ENOUGH;
	return drop(h, *app) ? FLOW_MORE_WITHOUT : FLOW_MORE;
}

static int on_client_side(void *user, const struct recognition *app,
			  const struct learn_flow *reader)
{
	(void)reader;
	(void)user;
	CHECK(app || reader);
	return app ? app->salt % 3 - 1 : -1;
}

static struct learn_flow *on_stream(void *user, const struct flow_heads *h, struct recognition *app)
{
	struct world *w = user;

	/* At once, after some questions, never. */
	if (app ? app->salt % 4 == 3 || app->calls <= app->salt / 32u : h->port[0] & 1)
		return NULL;

	struct learn_flow *f = calloc(1, sizeof *f);

	CHECK(f);
	f->udp = h->proto == IPPROTO_NR_UDP;
	w->readers++;
	return f;
}

static bool on_bytes(void *user, struct learn_flow *f, struct recognition *app,
		     const struct flow_bytes *b)
{
	struct world *w = user;
	unsigned last = 0;

	CHECK(b->side < 2);
	CHECK(b->p ? b->n > 0 : !b->start && !b->cut);
	CHECK(b->at.number <= w->given && (!b->p || b->at.number >= 1));
	/* A start is the first of its side, and comes once. */
	CHECK(!b->start || f->udp || !f->side[b->side].told);
	CHECK(f->udp ? b->start == !!b->p : !b->cut);
	/* A hole ends where a packet or an acknowledgement said, which is believed within a window.
	 */
	CHECK(b->p || b->n <= (UINT64_C(1) << 31));
	for (uint64_t i = 0; b->p && i < b->n; i++) /* the sanitizer sees every byte of it */
		last = last * 33 + b->p[i];
	f->side[b->side].told++;
	f->side[b->side].start |= b->start;
	f->side[b->side].bytes += b->p ? b->n : 0;
	w->read += b->p ? b->n : 0;
	w->sum = w->sum * 31 + last + b->n * 7 + b->at.number + b->start;
	/* Some have enough: that follows from what they were told alone. */
	if (last % 8 != 7 || f->side[b->side].told < 3)
		return true;
	free(f);
	return false;
}

static void on_done(void *user, const struct flow_done *d)
{
	struct world *w = user;
	struct conv_facts f = {.app = d->app ? d->app->salt : 0};

	CHECK(d->state < STATE_N && d->reason < DIR_N);
	CHECK(d->directed == (d->reason <= DIR_MESSAGE));
	CHECK(d->first_ns <= d->last_ns);
	CHECK(d->tunnel < TUNNEL_N && d->vlan <= 1);
	CHECK(d->n_ev >= 1 && d->n_ev <= EVIDENCE_N);
	for (unsigned i = 0; i < d->n_ev; i++) {
		CHECK(d->ev[i].number >= 1 && d->ev[i].number <= w->given);
		CHECK(i == 0 || d->ev[i].ts_ns >= d->ev[i - 1].ts_ns);
	}
	CHECK(d->packets[0] + d->packets[1] > 0);
	CHECK((d->refuser != REFUSER_NONE) ==
	      (d->state == STATE_REFUSED || d->state == STATE_REJECTED));
	CHECK(!d->rst_after_accept || !d->rst_after_data);
	/* A hole is at most a window, and a packet shows at most one a side. */
	for (int i = 0; i < 2; i++)
		CHECK(d->unseen[i] <= (d->packets[0] + d->packets[1]) << 30);
	if (d->state == STATE_NO_ANSWER)
		CHECK(d->packets[0] > 0);
	if (d->proto == IPPROTO_NR_UDP && d->state == STATE_ESTABLISHED)
		CHECK(d->packets[0] && (d->packets[1] || addr_equal(&d->addr[0], &d->addr[1])));
	w->flows++;
	w->packets += d->packets[0] + d->packets[1];
	w->bytes_out += d->bytes[0] + d->bytes[1];
	w->sum = w->sum * 31 + (uint64_t)d->state * 7 + d->packets[0] + d->port[0] * 3u +
		 d->unseen[0] + d->unseen[1] * 5 + (uint64_t)d->first_ns + d->ev[0].number;
	if (d->reader) {
		/* No byte more often than it was captured: fragments, as themselves and in what
		 * they make, twice. */
		CHECK(d->reader->side[0].bytes + d->reader->side[1].bytes <= w->payload);
		f.bind = &d->ev[0];
	}
	CHECK(conv_table_add(w->c, d, &f) == 0);
	free(d->app);
	free(d->reader);
}

/* As the flow that it is would be told. */
static void on_attempt(void *user, const struct flow_attempt *a)
{
	struct world *w = user;

	CHECK(a->tunnel < TUNNEL_N && a->vlan <= 1 && a->ns == a->ev.ts_ns);
	CHECK(a->ev.number >= 1 && a->ev.number <= w->given);
	w->flows++;
	w->packets++;
	w->bytes_out += a->bytes;
	w->sum = w->sum * 31 + STATE_NO_ANSWER * UINT64_C(7) + 1 + a->port[0] * 3u +
		 (uint64_t)a->ns + a->ev.number;
	CHECK(conv_table_attempt(w->c, a) == 0);
}

static bool next_packet(struct rd *r, uint8_t payload[PAYLOAD], int64_t *ts_ns, struct packet *ret)
{
	uint8_t kind = rd_u8(r), who = rd_u8(r), flags = rd_u8(r), len = rd_u8(r);
	int16_t step = (int16_t)rd_be16(r);
	uint8_t scale = rd_u8(r), more = rd_u8(r);
	uint32_t seq = rd_be32(r), ack = rd_be32(r);

	if (rd_short(r))
		return false;
	/* Steps of nanoseconds to hours, sometimes back. */
	*ts_ns += step * (scale & 1 ? NS_PER_S : scale & 2 ? NS_PER_US : NS_PER_S / 1000);

	uint32_t wire = len & 63;
	struct packet p = {
		.ts_ns = *ts_ns,
		.wire_len = 40 + wire,
		.proto = kind & 1 ? IPPROTO_NR_TCP : IPPROTO_NR_UDP,
		.tcp_flags = flags & 0x1f,
		.seq = seq,
		.ack = ack,
		.ttl = 60 + (more & 3),
		.vlan = more >> 2 & 1,
		.input = more >> 3 & 1,
		.payload = payload,
		.payload_wire = wire,
		.payload_len = wire > 20 && more & 16 ? 20 : wire,
		.fragment = kind & 2,
		.later_fragment = (kind & 6) == 6,
		.src = addr_v4(0x0a000000 + (who & 1)),
		.dst = addr_v4(who & 64 ? 0xe0000001 : 0x0a000000u + (who >> 1 & 1)),
		.sport = who >> 2 & 3,
		.dport = who >> 4 & 3,
		.tunnel = kind & 8 ? TUNNEL_VXLAN : TUNNEL_NONE,
		.tunnel_id = kind & 8 ? seq & 3 : 0,
		.has_ip_id = flags & 0x20,
		.ip_id = flags & 0x20 ? seq & 0xff : 0,
		.ip_len = 40 + wire,
		.transport = payload,
		.transport_len = len & 127 ? 64 : wire,
	};

	if (more & 32) /* a stream that goes on for longer than any head buffer */
		p.payload_wire += 2000, p.payload_cut = true;
	if (kind & 0x40 && p.fragment) { /* the last that was missing */
		p.whole = payload;
		p.whole_len = 64;
		p.whole_seq = seq - (p.later_fragment ? more & 31 : 0);
	}
	if (who & 128)
		p.src.b[0] = p.dst.b[0] = 0x20;
	memset(payload, (int)(seq ^ len), 64);
	payload[0] = more;
	if ((kind & 0x30) == 0x30) {
		p.icmp_has_inner = true;
		p.inner_proto = p.proto;
		p.inner_src = p.src;
		p.inner_dst = p.dst;
		p.inner_sport = p.sport;
		p.inner_dport = p.dport;
		p.icmp_class = (enum icmp_class)(flags % (ICMP_OTHER + 1));
		p.proto = IPPROTO_NR_ICMP;
		if (more & 64)
			p.src = p.dst;
	}
	*ret = p;
	return true;
}

static void give_batch(struct world *w)
{
	CHECK(flow_table_packets(w->t, w->batch, w->n_batch) == 0);
	w->n_batch = 0;
}

/* Payload is where it is until the next packet is read. */
static void keep(struct world *w, const struct packet *q)
{
	uint8_t *b = w->payload_of[w->n_batch];
	struct packet *k = &w->batch[w->n_batch++];

	*k = *q;
	memcpy(b, q->payload, PAYLOAD);
	k->payload = k->transport = b;
	if (k->whole)
		k->whole = b;
	if (w->n_batch == BATCH)
		give_batch(w);
}

/* Counts q among what the table must tell of, and gives it. */
static void give(struct world *w, const struct packet *q, bool batches)
{
	if (q->proto != IPPROTO_NR_ICMP) {
		w->in++;
		w->bytes_in += q->wire_len;
		w->payload += q->payload_len + (q->whole ? q->whole_len : 0);
	}
	if (batches)
		keep(w, q);
	else
		CHECK(flow_table_packet(w->t, q) == 0);
}

/* A packet, and for some of them what a mirror makes of it: a second sight of it. */
static void see(struct world *w, struct dup_table *dup, struct packet *q, bool twice, bool batches)
{
	for (int i = 0; i <= twice; i++) {
		bool copy = dup && dup_table_is_copy(dup, q);

		w->copies += copy;
		w->sights++;
		w->sum_copies = w->sum_copies * 31 + copy;
		if (!copy)
			give(w, q, batches);
		q->ttl--;
		q->vlan ^= !(w->how & BY_VLAN);
	}
}

static uint64_t run(const uint8_t *p, size_t n, uint64_t secret, unsigned way,
		    struct conv_table **ret_convs)
{
	const struct flow_ops ops = {.head = on_head,
				     .stream = on_stream,
				     .bytes = on_bytes,
				     .client_side = on_client_side,
				     .done = on_done,
				     .attempt = way & ATTEMPTS ? on_attempt : NULL};
	struct hash_key key = {secret, secret * 3};
	struct world w = {.how = n % PACKET_BYTES};
	struct rd r = rd_over(p, n);
	struct packet q;
	uint8_t payload[PAYLOAD];
	int64_t ts_ns = 0;
	struct dup_table *dup = w.how & NO_COPIES ? dup_table_new(&key) : NULL;

	w.t = flow_table_new(&(struct flow_options){.key = &key,
						    .max_memory = 400 << 10,
						    .long_way = way & LONG_WAY,
						    .vlan_key = w.how & BY_VLAN},
			     &ops, &w);
	w.c = conv_table_new(&(struct conv_options){.key = &key, .vlan_key = w.how & BY_VLAN});
	CHECK(w.t && w.c && (dup || !(w.how & NO_COPIES)));
	if (dup)
		dup_table_vlan_key(dup, w.how & BY_VLAN);
	while (next_packet(&r, payload, &ts_ns, &q)) {
		q.number = (uint32_t)++w.given;
		see(&w, dup, &q, dup && q.has_ip_id && q.seq & 0x100, way & BATCHES);
	}
	give_batch(&w);
	flow_table_end(w.t, ts_ns);

	const struct flow_stats *s = flow_table_stats(w.t);

	CHECK(s->packets == w.in && w.packets == w.in && w.bytes_out == w.bytes_in);
	if (dup) {
		const struct dup_stats *ds = dup_table_stats(dup);

		CHECK(ds->packets == w.sights && ds->copies == w.copies);
		CHECK(ds->routed <= ds->copies && ds->other_input <= ds->copies);
		w.sum += w.sum_copies + ds->routed * 3 + ds->other_input * 5 + ds->crowded * 7;
	}
	dup_table_free(dup);
	CHECK(s->done == s->flows && s->done == w.flows && s->live == 0);
	CHECK(s->expired + s->evicted <= s->done && s->memory <= 400 << 10);
	CHECK(s->streams == w.readers && s->streams_cut <= s->streams && w.read <= w.payload);
	w.sum += s->memory_max + s->heads_shed + s->icmp_matched + s->streams * 3 + s->streams_cut;
	flow_table_free(w.t);
	*ret_convs = w.c;
	return w.sum;
}

/* A list where attempts stand apart has the same conversations, in the same order. */
static void hold_apart(struct conv_table *t, const struct conv *want, size_t n)
{
	struct conv_list l;
	struct attempt_conv made = {0};
	size_t i = 0, k = 0;

	CHECK(conv_table_finish_apart(t, &l) == 0 && l.n + l.n_attempt == n);
	for (size_t at = 0; at < n; at++) {
		const struct conv *c;

		if (k < l.n_attempt && l.attempt[k].before <= i)
			c = conv_of_attempt(&l.ends, &l.attempt[k++], &made);
		else
			c = &l.v[i++];
		CHECK(same_conv(c, &want[at]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct conv_table *a, *b, *small, *apart;
	const struct conv *ca, *cb, *cs;
	size_t na, nb, ns;

	uint64_t sum = run(p, n, 1, 0, &a);

	CHECK(sum == run(p, n, 0xdecafbad, LONG_WAY, &b));
	CHECK(sum == run(p, n, 1, ATTEMPTS | BATCHES, &small));
	CHECK(sum == run(p, n, 2, ATTEMPTS, &apart));
	CHECK(conv_table_finish(a, &ca, &na, NULL) == 0 &&
	      conv_table_finish(b, &cb, &nb, NULL) == 0 &&
	      conv_table_finish(small, &cs, &ns, NULL) == 0);
	CHECK(na == nb && na == ns);
	for (size_t i = 0; i < na; i++)
		CHECK(same_conv(&ca[i], &cb[i]) && same_conv(&ca[i], &cs[i]));
	hold_apart(apart, ca, na);
	conv_table_free(a);
	conv_table_free(b);
	conv_table_free(small);
	conv_table_free(apart);
	return 0;
}
