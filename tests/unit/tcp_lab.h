/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tcp_lab - conversations of two TCP hosts with losses, as a sensor between them sees them.
 *
 * Each host sends segments of MSS bytes with a window, acknowledges every second one or after
 * 40 ms, at once when a segment is out of order, resends after duplicate acknowledgements (1 or 3),
 * a tail loss probe (2 ms at least) or 200 ms, its SYN after 1 s. Times are nanoseconds; a seed
 * decides everything.
 */
#ifndef SPAN_TESTS_TCP_LAB_H
#define SPAN_TESTS_TCP_LAB_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "decode/packet.h"

enum {
	TCP_LAB_MSS = 1000,
	TCP_LAB_SEGS = 96,
	TCP_LAB_MAX = 4096, /* packets */
	TCP_LAB_BYTES = 64,
	TCP_LAB_FLIGHT = 512,
};
#define TCP_LAB_US INT64_C(1000)

struct tcp_lab_seen { /* a packet as the sensor has it */
	struct packet p;
	uint8_t b[TCP_LAB_BYTES];
	uint32_t index; /* of the original */
	bool captured;  /* tcp_lab_options.miss */
};

struct tcp_lab_options {
	uint64_t seed;
	double before, after; /* loss on the way to the sensor, and behind it */
	double miss[2];       /* what the sensor does not capture of each side's packets */
	bool ids, stamps, v6, rack;
	uint16_t port; /* the client's */
	int64_t start_ns;
};

struct tcp_lab {
	struct tcp_lab_seen seen[TCP_LAB_MAX]; /* by time */
	size_t n;
	uint32_t segs[2];
	uint32_t isn[2];
	uint64_t payload[2]; /* bytes sent by each side, without what was sent again */
};

static inline uint32_t tcp_lab_rng(uint64_t *s)
{
	*s = *s * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(*s >> 33);
}

static inline bool tcp_lab_chance(uint64_t *s, double p)
{
	return (double)tcp_lab_rng(s) < p * 2147483648.0;
}

struct tcp_lab_fly {
	int64_t at;
	bool to; /* host */
	uint32_t seq, ack;
	uint16_t len;
	uint8_t flags;
	bool holes; /* the sender has data beyond what it acknowledges: its SACK option */
};

struct tcp_lab_host {
	uint32_t iss, irs, una, next, max; /* next to send, highest sent; segment numbers */
	uint32_t have;                     /* in order */
	bool got[TCP_LAB_SEGS + 2];
	bool synced, go, fin_ok, probed;
	bool holes; /* has data beyond what is in order */
	uint32_t dups, unacked, resent_at, id;
	int64_t timer, delack;
	int64_t last_out;
};

struct tcp_lab_world {
	struct tcp_lab *lab;
	const struct tcp_lab_options *o;
	uint64_t seed;
	struct tcp_lab_host h[2];
	struct tcp_lab_fly fly[TCP_LAB_FLIGHT];
	size_t n_fly;
	int64_t now;
};

static inline uint32_t tcp_lab_seq(const struct tcp_lab_world *w, unsigned side, uint32_t seg)
{
	uint32_t n = w->lab->segs[side];

	return w->h[side].iss + 1 + (seg <= n ? seg * TCP_LAB_MSS : n * TCP_LAB_MSS + 1);
}

static inline void tcp_lab_put32(uint8_t *b, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		b[i] = (uint8_t)(v >> (24 - 8 * i));
}

static inline void tcp_lab_emit(struct tcp_lab_world *w, unsigned side, uint32_t seq, uint8_t flags,
				uint16_t len)
{
	const struct tcp_lab_options *o = w->o;
	struct tcp_lab *l = w->lab;
	struct tcp_lab_host *h = &w->h[side];
	uint32_t ack = h->synced ? tcp_lab_seq(w, !side, h->have) : 0;
	int64_t at = w->now + 2 * TCP_LAB_US + tcp_lab_rng(&w->seed) % (5 * TCP_LAB_US);

	if (flags & TCP_ACK) {
		h->unacked = 0;
		h->delack = INT64_MAX;
	}
	if (at <= h->last_out)
		at = h->last_out + 700;
	h->last_out = at;
	h->id++;
	if (tcp_lab_chance(&w->seed, o->before) || l->n == TCP_LAB_MAX ||
	    w->n_fly == TCP_LAB_FLIGHT)
		return;

	int64_t sensor = at + 20 * TCP_LAB_US;
	struct tcp_lab_seen *s = &l->seen[l->n++];
	struct addr a[2] = {addr_v4(0x0a000001), addr_v4(0x0a000002)};
	unsigned header = o->stamps ? 32 : 20;

	if (o->v6)
		a[0].b[0] = a[1].b[0] = 0x20;
	*s = (struct tcp_lab_seen){
		.p = {.ts_ns = sensor,
		      .src = a[side],
		      .dst = a[!side],
		      .sport = side ? 443 : o->port,
		      .dport = side ? o->port : 443,
		      .proto = IPPROTO_NR_TCP,
		      .ttl = side ? 128 : 64,
		      .tcp_flags = flags,
		      .seq = seq,
		      .ack = ack,
		      .has_ip_id = o->ids && (uint16_t)h->id,
		      .ip_id = o->ids ? (uint16_t)h->id : 0,
		      .ip_len = 20u + header + len,
		      .wire_len = 34u + header + len,
		      .payload_wire = len,
		      .transport_len = header + len < TCP_LAB_BYTES ? header + len : TCP_LAB_BYTES},
		.index = (uint32_t)l->n - 1,
		.captured = !tcp_lab_chance(&w->seed, o->miss[side]),
	};
	s->b[0] = (uint8_t)(s->p.sport >> 8);
	s->b[1] = (uint8_t)s->p.sport;
	s->b[2] = (uint8_t)(s->p.dport >> 8);
	s->b[3] = (uint8_t)s->p.dport;
	tcp_lab_put32(s->b + 4, seq);
	tcp_lab_put32(s->b + 8, ack);
	s->b[12] = (uint8_t)(header << 2);
	s->b[13] = flags;
	s->b[14] = 0xff;
	if (o->stamps) { /* RFC 7323 3.2, in milliseconds */
		tcp_lab_put32(s->b + 20, 0x0101080a);
		tcp_lab_put32(s->b + 24, (uint32_t)(w->now / 1000000));
		tcp_lab_put32(s->b + 28, (uint32_t)(w->now / 1000000));
	}
	if (tcp_lab_chance(&w->seed, o->after))
		return;
	w->fly[w->n_fly++] = (struct tcp_lab_fly){
		sensor + 20 * TCP_LAB_US, !side, seq, ack, len, flags, h->holes};
}

static inline void tcp_lab_segment(struct tcp_lab_world *w, unsigned side, uint32_t seg)
{
	bool fin = seg == w->lab->segs[side];

	tcp_lab_emit(w, side, tcp_lab_seq(w, side, seg), TCP_ACK | (fin ? TCP_FIN : TCP_PSH),
		     fin ? 0 : TCP_LAB_MSS);
}

/* Sends what the window of 10 segments lets through. */
static inline void tcp_lab_push(struct tcp_lab_world *w, unsigned side)
{
	struct tcp_lab_host *h = &w->h[side];
	uint32_t end = w->lab->segs[side] + h->fin_ok;

	if (!h->go)
		return;
	while (h->next < end && h->next < h->una + 10) {
		tcp_lab_segment(w, side, h->next++);
		h->timer = w->now + 2000 * TCP_LAB_US;
		h->probed = false;
	}
	if (h->next > h->max)
		h->max = h->next;
}

static inline void tcp_lab_advance(struct tcp_lab_world *w, unsigned side)
{
	struct tcp_lab_host *h = &w->h[side];

	/* The client asks, the server answers when it has all, then both end. */
	if (side == 1 && h->have >= w->lab->segs[0])
		h->go = true;
	if (side == 0 && h->have >= w->lab->segs[1] && h->una >= w->lab->segs[0])
		h->fin_ok = true;
	if (side == 1 && h->have > w->lab->segs[0])
		h->fin_ok = true;
	tcp_lab_push(w, side);
}

static inline void tcp_lab_arrive(struct tcp_lab_world *w, const struct tcp_lab_fly *f)
{
	unsigned side = f->to;
	struct tcp_lab_host *h = &w->h[side];

	if (f->flags & TCP_SYN) {
		h->synced = true;
		if (side == 1) {
			tcp_lab_emit(w, 1, h->iss, TCP_SYN | TCP_ACK, 0);
		} else {
			h->timer = INT64_MAX;
			tcp_lab_emit(w, 0, h->iss + 1, TCP_ACK, 0);
			h->go = true;
			tcp_lab_push(w, 0);
		}
		return;
	}
	if (!h->synced)
		return;

	/* Its acknowledgement: whole segments, as all of ours are. */
	uint32_t acked = h->una;

	while (acked < h->max && (int32_t)(f->ack - tcp_lab_seq(w, side, acked + 1)) >= 0)
		acked++;
	if (acked > h->una) {
		h->una = acked;
		h->dups = 0;
		if (h->next < acked)
			h->next = acked;
		h->timer = acked < h->max ? w->now + 2000 * TCP_LAB_US : INT64_MAX;
		h->probed = false;
	} else if (!f->len && !(f->flags & TCP_FIN) && h->una < h->max) {
		/* RFC 8985 6: once something sent later has arrived; or RFC 5681 3.2. */
		if (w->o->rack ? f->holes && ++h->dups == 1 : ++h->dups == 3)
			tcp_lab_segment(w, side, h->una);
	}

	if (f->len || f->flags & TCP_FIN) {
		uint32_t seg = (f->seq - tcp_lab_seq(w, !side, 0)) / TCP_LAB_MSS;
		bool order = seg == h->have;

		if (seg <= TCP_LAB_SEGS)
			h->got[seg] = true;
		while (h->got[h->have])
			h->have++;
		h->holes = false;
		for (uint32_t i = h->have; i <= TCP_LAB_SEGS; i++)
			h->holes |= h->got[i];
		if (!order || ++h->unacked >= 2 || f->flags & TCP_FIN)
			tcp_lab_emit(w, side, tcp_lab_seq(w, side, h->next), TCP_ACK, 0);
		else
			h->delack = w->now + 40000 * TCP_LAB_US;
	}
	tcp_lab_advance(w, side);
}

static inline void tcp_lab_timer(struct tcp_lab_world *w, unsigned side)
{
	struct tcp_lab_host *h = &w->h[side];

	if (side == 0 && !h->synced) {
		tcp_lab_emit(w, 0, h->iss, TCP_SYN, 0);
		h->timer = w->now + NS_PER_S;
		return;
	}
	if (h->una == h->max) {
		h->timer = INT64_MAX;
		return;
	}
	tcp_lab_segment(w, side, h->probed ? h->una : h->max - 1); /* RFC 8985 7, then RFC 6298 5 */
	h->timer = w->now + 200000 * TCP_LAB_US;
	h->probed = true;
}

static inline int tcp_lab_by_time(const void *pa, const void *pb)
{
	const struct tcp_lab_seen *a = pa, *b = pb;

	if (a->p.ts_ns != b->p.ts_ns)
		return a->p.ts_ns < b->p.ts_ns ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* The packets of a conversation up to 20 s; to be freed. */
static inline struct tcp_lab *tcp_lab_run(const struct tcp_lab_options *o)
{
	struct tcp_lab_world *w = calloc(1, sizeof *w);
	struct tcp_lab *l = calloc(1, sizeof *l);

	if (!w || !l)
		abort();
	w->lab = l;
	w->o = o;
	w->seed = o->seed * 2654435761u + 12345;
	w->now = o->start_ns;
	for (unsigned i = 0; i < 2; i++) {
		l->segs[i] = 1 + tcp_lab_rng(&w->seed) % (i ? TCP_LAB_SEGS - 1 : 12);
		l->payload[i] = (uint64_t)l->segs[i] * TCP_LAB_MSS;
		w->h[i].iss = tcp_lab_rng(&w->seed) * 2;
		l->isn[i] = w->h[i].iss;
		w->h[i].id = tcp_lab_rng(&w->seed) % 50000; /* and never round to 0 */
		w->h[i].timer = w->h[i].delack = INT64_MAX;
	}
	w->h[0].timer = w->now;
	while (w->now < o->start_ns + 20 * NS_PER_S) {
		size_t first = w->n_fly;
		int64_t at = INT64_MAX;
		int who = -1;

		for (size_t i = 0; i < w->n_fly; i++)
			if (w->fly[i].at < at) {
				at = w->fly[i].at;
				first = i;
			}
		for (int i = 0; i < 2; i++) {
			if (w->h[i].timer < at) {
				at = w->h[i].timer;
				who = i;
			}
			if (w->h[i].delack < at) {
				at = w->h[i].delack;
				who = i + 2;
			}
		}
		if (at == INT64_MAX)
			break;
		w->now = at;
		if (who >= 2) {
			tcp_lab_emit(w, (unsigned)who - 2,
				     tcp_lab_seq(w, (unsigned)who - 2, w->h[who - 2].next), TCP_ACK,
				     0);
		} else if (who >= 0) {
			tcp_lab_timer(w, (unsigned)who);
		} else {
			struct tcp_lab_fly f = w->fly[first];

			w->fly[first] = w->fly[--w->n_fly];
			tcp_lab_arrive(w, &f);
		}
	}
	qsort(l->seen, l->n, sizeof *l->seen, tcp_lab_by_time);
	for (size_t i = 0; i < l->n; i++)
		l->seen[i].p.transport = l->seen[i].b;
	free(w);
	return l;
}

#endif
