// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "flow/record.h"
#include "flow_lab.h"

enum { STREAM = 3000, PIECES = 400 };

static uint64_t rng_next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static uint32_t rng_below(uint64_t *s, uint32_t n)
{
	return (uint32_t)(rng_next(s) >> 32) % n;
}

struct wire { /* one connection 10.0.0.1:1111 -> 10.0.0.2:80 */
	struct lab *lab;
	uint32_t isn[2];
	int64_t ts_ns;
	uint32_t snap; /* 0: whole packets */
};

static void send_bytes(struct wire *w, int side, uint8_t flags, uint32_t seq, uint32_t ack,
		       const uint8_t *bytes, size_t n)
{
	struct build b = {
		.src = side ? "10.0.0.2" : "10.0.0.1",
		.dst = side ? "10.0.0.1" : "10.0.0.2",
		.sport = side ? 80 : 1111,
		.dport = side ? 1111 : 80,
		.proto = IPPROTO_NR_TCP,
		.flags = flags,
		.seq = seq,
		.ack = ack,
		.payload = bytes,
		.n = n,
	};
	struct packet p = build_packet(&b, w->ts_ns += 1000, 0);
	/* An exact copy: the sanitizer sees who reads past it. */
	uint8_t *copy = malloc(n + 1);

	if (!copy)
		abort();
	if (n)
		memcpy(copy + 1, bytes, n);
	p.payload = n ? copy + 1 : NULL;
	if (w->snap && p.payload_len > w->snap) {
		p.payload_len = w->snap;
		p.payload_cut = true;
	}
	assert_int_equal(lab_give(w->lab, &p), 0);
	free(copy);
}

static void open_wire(struct wire *w)
{
	send_bytes(w, 0, TCP_SYN, w->isn[0], 0, NULL, 0);
	send_bytes(w, 1, TCP_SYN | TCP_ACK, w->isn[1], w->isn[0] + 1, NULL, 0);
	send_bytes(w, 0, TCP_ACK, w->isn[0] + 1, w->isn[1] + 1, NULL, 0);
}

/* A piece of the stream at an offset, from one side. */
static void send_piece(struct wire *w, int side, const uint8_t *stream, uint32_t at, uint32_t n)
{
	send_bytes(w, side, TCP_ACK, w->isn[side] + 1 + at, w->isn[!side] + 1, stream + at, n);
}

struct piece {
	uint32_t at, n;
	int side;
};

/* Any cut of two streams into segments, in any order, with repeats and overlaps, gives the same
 * first bytes. */
static void test_any_order(void **state)
{
	uint8_t stream[2][STREAM];
	uint64_t seed = 88172645463325252;

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct wire w = {.lab = lab_new(NULL), .ts_ns = NS_PER_S};
		struct piece piece[PIECES];
		uint32_t n = 0;
		uint32_t total[2];

		for (int side = 0; side < 2; side++) {
			w.isn[side] = round % 3 ? (uint32_t)rng_next(&seed) : 0xfffffe00;
			for (int i = 0; i < STREAM; i++)
				stream[side][i] = (uint8_t)rng_next(&seed);
			total[side] = 1 + rng_below(&seed, STREAM);
			for (uint32_t at = 0; at < total[side];) {
				uint32_t len = 1 + rng_below(&seed, round % 2 ? 40 : 1460);

				if (len > total[side] - at)
					len = total[side] - at;
				piece[n++] = (struct piece){at, len, side};
				at += len;
			}
		}
		for (uint32_t extra = n / 3; extra && n < PIECES; extra--) {
			int side = (int)rng_below(&seed, 2);
			uint32_t at = rng_below(&seed, total[side]);

			piece[n++] =
				(struct piece){at, 1 + rng_below(&seed, total[side] - at), side};
		}
		for (uint32_t i = n; i > 1; i--) {
			uint32_t j = rng_below(&seed, i);
			struct piece t = piece[i - 1];

			piece[i - 1] = piece[j];
			piece[j] = t;
		}
		open_wire(&w);
		for (uint32_t i = 0; i < n; i++)
			send_piece(&w, piece[i].side, stream[piece[i].side], piece[i].at,
				   piece[i].n);
		lab_end(w.lab);
		assert_int_equal(w.lab->n, 1);

		const struct lab_flow *f = &w.lab->f[0];

		assert_true(f->seen.final);
		for (int side = 0; side < 2; side++) {
			size_t want = total[side] < HEAD_BYTES ? total[side] : HEAD_BYTES;

			assert_int_equal(f->seen.n[side], want);
			assert_memory_equal(f->seen.b[side], stream[side], want);
			assert_true(f->seen.whole[side]);
			assert_int_equal(f->seen.cut[side], total[side] > HEAD_BYTES);
			/* An estimate: no more holes are remembered than real reordering makes. */
			assert_true(f->d.unseen[side] < total[side]);
		}
		lab_free(w.lab);
	}
}

/* The first copy wins, as a receiver that has delivered it cannot take it back. */
static void test_overlap(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
	const uint8_t *first = (const uint8_t *)"..CDEF....", *second = (const uint8_t *)"abxxxxgh";

	(void)state;
	open_wire(&w);
	send_piece(&w, 0, first, 2, 4);
	send_piece(&w, 0, second, 0, 8);
	lab_end(w.lab);
	assert_int_equal(w.lab->f[0].seen.n[0], 8);
	assert_memory_equal(w.lab->f[0].seen.b[0], "abCDEFgh", 8);
	lab_free(w.lab);
}

static void test_gap(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"0123456789";

	(void)state;
	open_wire(&w);
	send_piece(&w, 0, s, 0, 4);
	assert_false(w.lab->f[0].seen.cut[0]);
	send_piece(&w, 0, s, 6, 4);
	lab_end(w.lab);
	assert_int_equal(w.lab->f[0].seen.n[0], 4);
	assert_true(w.lab->f[0].seen.cut[0]);
	lab_free(w.lab);
}

static void test_snap_length(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}, .snap = 6};
	const uint8_t *s = (const uint8_t *)"0123456789";

	(void)state;
	open_wire(&w);
	send_piece(&w, 0, s, 0, 10);
	w.snap = 0;
	send_bytes(&w, 1, TCP_ACK, 201, 111, s, 3); /* all ten were received: none is lost */
	lab_end(w.lab);

	const struct lab_flow *f = &w.lab->f[0];

	assert_int_equal(f->seen.n[0], 6);
	assert_true(f->seen.cut[0]);
	assert_int_equal(f->seen.n[1], 3);
	assert_false(f->seen.cut[1]);
	assert_int_equal(f->d.unseen[0], 0);
	assert_int_equal(f->d.payload[0], 10);
	lab_free(w.lab);
}

static void test_mid_stream(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"0123456789";

	(void)state;
	send_piece(&w, 1, s, 5, 3); /* begins at the first payload seen */
	send_piece(&w, 1, s, 8, 2);
	lab_end(w.lab);
	assert_int_equal(w.lab->f[0].seen.n[1], 5);
	assert_memory_equal(w.lab->f[0].seen.b[1], "56789", 5);
	assert_false(w.lab->f[0].seen.whole[1]);
	lab_free(w.lab);
}

/* The SYN, the SYN-ACK that names the client's number, and data before either: the window moves to
 * where the stream begins. */
static void test_start_known_later(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"0123456789";

	(void)state;
	send_piece(&w, 0, s, 4, 6);
	send_bytes(&w, 1, TCP_SYN | TCP_ACK, 200, 101, NULL, 0);
	send_piece(&w, 0, s, 0, 4);
	lab_end(w.lab);
	assert_int_equal(w.lab->n, 1);
	assert_int_equal(w.lab->f[0].seen.n[0], 10);
	assert_memory_equal(w.lab->f[0].seen.b[0], s, 10);
	assert_true(w.lab->f[0].seen.whole[0]);
	lab_free(w.lab);

	w = (struct wire){.lab = lab_new(NULL), .isn = {100, 200}};
	send_piece(&w, 0, s, 0, 4);
	send_bytes(&w, 1, TCP_SYN | TCP_ACK, 200, 101, NULL, 0);
	send_piece(&w, 0, s, 4, 6);
	lab_end(w.lab);
	assert_int_equal(w.lab->n, 1);
	assert_int_equal(w.lab->f[0].seen.n[0], 10);
	assert_true(w.lab->f[0].seen.whole[0]);
	lab_free(w.lab);
}

static void test_fast_open(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"hello world";

	(void)state;
	send_bytes(&w, 0, TCP_SYN, 100, 0, s, 5);
	send_bytes(&w, 1, TCP_SYN | TCP_ACK, 200, 106, NULL, 0);
	send_piece(&w, 0, s, 5, 6);
	lab_end(w.lab);
	assert_int_equal(w.lab->f[0].seen.n[0], 11);
	assert_memory_equal(w.lab->f[0].seen.b[0], s, 11);
	assert_true(w.lab->f[0].seen.whole[0]);
	lab_free(w.lab);
}

static void test_keep_alive(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"hello";

	(void)state;
	open_wire(&w);
	send_bytes(&w, 0, TCP_ACK, 100, 201, (const uint8_t *)"\0", 1); /* RFC 9293 3.8.4 */
	send_piece(&w, 0, s, 0, 5);
	send_bytes(&w, 0, TCP_ACK, 105, 201, (const uint8_t *)"\0", 1);
	lab_end(w.lab);
	assert_int_equal(w.lab->f[0].seen.n[0], 5);
	assert_memory_equal(w.lab->f[0].seen.b[0], s, 5);
	lab_free(w.lab);
}

/* A later fragment carries no header: what looks like one must not be read. */
static void test_fragments(void **state)
{
	struct lab *lab = lab_new(NULL);
	struct build b = {.src = "10.0.0.1",
			  .dst = "10.0.0.2",
			  .sport = 5,
			  .dport = 88,
			  .proto = IPPROTO_NR_UDP,
			  .payload = "first",
			  .n = 5};
	struct packet p = build_packet(&b, 1, 0);

	(void)state;
	p.fragment = true;
	assert_int_equal(lab_give(lab, &p), 0);
	p.later_fragment = true;
	p.payload = (const uint8_t *)"later";
	assert_int_equal(lab_give(lab, &p), 0);
	b.proto = IPPROTO_NR_TCP;
	p = build_packet(&b, 2, 0);
	p.fragment = p.later_fragment = true;
	p.tcp_flags = TCP_SYN; /* whatever a decoder left there */
	assert_int_equal(lab_give(lab, &p), 0);
	lab_end(lab);
	assert_int_equal(lab->n, 2);

	const struct lab_flow *u = &lab->f[lab->f[0].d.proto != IPPROTO_NR_UDP];
	const struct lab_flow *t = &lab->f[lab->f[0].d.proto == IPPROTO_NR_UDP];

	assert_int_equal(u->d.packets[0], 2);
	assert_int_equal(u->d.payload[0], 10);
	assert_int_equal(u->seen.n[0], 5);
	assert_true(u->seen.cut[0]);
	assert_memory_equal(u->seen.b[0], "first", 5);
	assert_false(t->asked);
	assert_false(t->d.directed);
	assert_int_equal(t->d.packets[0], 1);
	lab_free(lab);
}

/* A datagram is shown by its first fragment, and by itself when it is whole. */
static void test_whole_datagram(void **state)
{
	static uint8_t bytes[2000];
	static const struct {
		uint32_t whole;
		size_t n;
		bool cut;
	} rows[] = {{400, 400, false},
		    {600, 600, false},
		    {HEAD_BYTES, HEAD_BYTES, false},
		    {2000, HEAD_BYTES, true}};

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 3);
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		bool first_is_last = i % 2;
		struct lab *lab = lab_new(NULL);
		struct build b = {.src = "10.0.0.1",
				  .dst = "10.0.0.2",
				  .sport = 5,
				  .dport = 88,
				  .proto = IPPROTO_NR_UDP,
				  .payload = bytes,
				  .n = 400};
		struct packet p = build_packet(&b, 5, 0);
		uint32_t rest = rows[i / 2].whole - 400;

		p.fragment = true;
		if (first_is_last) {
			p.early = (struct packet_early){
				.n = 2, .wire = 700, .payload = rest, .ts_ns = 3};
		} else {
			assert_int_equal(lab_give(lab, &p), 0);
			p.later_fragment = true;
			p.payload = bytes + 400;
			p.payload_len = p.payload_wire = rest;
		}
		p.whole = bytes;
		p.whole_len = rows[i / 2].whole;
		assert_int_equal(lab_give(lab, &p), 0);
		assert_int_equal(flow_table_stats(lab->t)->packets, first_is_last ? 3 : 2);
		lab_end(lab);
		assert_int_equal(lab->n, 1);

		const struct lab_flow *f = &lab->f[0];

		assert_int_equal(f->seen.n[0], rows[i / 2].n);
		assert_memory_equal(f->seen.b[0], bytes, rows[i / 2].n);
		assert_int_equal(f->seen.cut[0], rows[i / 2].cut);
		assert_int_equal(f->seen.calls, (first_is_last ? 1 : 2) + 1); /* and the last */
		assert_int_equal(f->d.packets[0], first_is_last ? 3 : 2);
		assert_int_equal(f->d.payload[0], rows[i / 2].whole);
		assert_int_equal(f->d.bytes[0], first_is_last ? p.wire_len + 700 : 2 * p.wire_len);
		assert_int_equal(f->d.first_ns, first_is_last ? 3 : 5);
		lab_free(lab);
	}
}

/* Whole segments have their place in the stream, wherever their last fragment came. */
static void test_whole_segment(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"0123456789abcdefghij";
	struct build b = {.src = "10.0.0.1",
			  .dst = "10.0.0.2",
			  .sport = 1111,
			  .dport = 80,
			  .proto = IPPROTO_NR_TCP,
			  .flags = TCP_ACK,
			  .seq = 101,
			  .ack = 201,
			  .payload = s,
			  .n = 8};

	(void)state;
	open_wire(&w);

	struct packet first = build_packet(&b, w.ts_ns, 0), later = first;

	first.fragment = later.fragment = later.later_fragment = true;
	later.payload = s + 8;
	later.payload_len = later.payload_wire = 8;
	later.has_seq = true;
	later.seq = 109;
	later.tcp_flags = 0;
	later.whole = s;
	later.whole_len = 16;
	later.whole_seq = 101;
	assert_int_equal(lab_give(w.lab, &first), 0);
	assert_int_equal(lab_give(w.lab, &later), 0);
	send_piece(&w, 0, s, 16, 4);
	/* All of it once more, in fragments: nothing new was sent. */
	later.whole = NULL;
	assert_int_equal(lab_give(w.lab, &first), 0);
	assert_int_equal(lab_give(w.lab, &later), 0);
	send_bytes(&w, 1, TCP_ACK, 201, 121 + 5, s, 0); /* five bytes that were never seen */
	lab_end(w.lab);
	assert_int_equal(w.lab->f[0].seen.n[0], 20);
	assert_memory_equal(w.lab->f[0].seen.b[0], s, 20);
	assert_int_equal(w.lab->f[0].d.unseen[0], 5);
	assert_int_equal(w.lab->f[0].d.payload[0], 36);
	lab_free(w.lab);
}

/* A segment that was lost and is sent again in fragments, in any order, is no longer missing; and
 * fragments of one that overtake each other leave no hole. */
static void test_fragments_fill_holes(void **state)
{
	static const uint8_t order[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 2, 0},
					   {2, 1, 0}, {1, 0, 2}, {2, 0, 1}};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof order / sizeof *order; i++) {
		struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
		uint8_t stream[400] = {0};
		struct packet_early early = {0};
		bool lost = i % 2, first = false;

		open_wire(&w);
		if (lost)
			send_piece(&w, 0, stream, 300, 100);
		for (unsigned j = 0; j < 3; j++) {
			uint32_t at = order[i / 2][j] * 100u;
			struct build b = {.src = "10.0.0.1",
					  .dst = "10.0.0.2",
					  .sport = 1111,
					  .dport = 80,
					  .proto = IPPROTO_NR_TCP,
					  .seq = 101 + at,
					  .ack = 201,
					  .payload = stream,
					  .n = 100};
			struct packet p = build_packet(&b, w.ts_ns, 0);

			p.fragment = true;
			if (at && !first) { /* not known yet: told with the first */
				early.n++;
				early.wire += p.wire_len;
				early.payload += 100;
				early.reach = at + 100 > early.reach ? at + 100 : early.reach;
				early.ts_ns = p.ts_ns;
				continue;
			}
			first = true;
			p.later_fragment = p.has_seq = at != 0;
			p.tcp_flags = at ? 0 : TCP_ACK;
			if (!at)
				p.early = early;
			assert_int_equal(lab_give(w.lab, &p), 0);
		}
		if (!lost)
			send_piece(&w, 0, stream, 300, 100);
		send_bytes(&w, 1, TCP_ACK, 201, 101 + 400, stream, 0);
		lab_end(w.lab);
		assert_int_equal(w.lab->f[0].d.unseen[0], 0);
		assert_int_equal(w.lab->f[0].d.packets[0], 2 + 3 + 1);
		assert_int_equal(w.lab->f[0].d.payload[0], 400);
		lab_free(w.lab);
	}
}

/* UDP: the newest datagram of each side, at most eight a side, the last call marked. */
static void test_datagrams(void **state)
{
	struct lab *lab = lab_new(NULL);
	struct build b = {.src = "10.0.0.1",
			  .dst = "10.0.0.2",
			  .sport = 5,
			  .dport = 53,
			  .proto = IPPROTO_NR_UDP,
			  .n = 1};
	struct build r = {.src = "10.0.0.2",
			  .dst = "10.0.0.1",
			  .sport = 53,
			  .dport = 5,
			  .proto = IPPROTO_NR_UDP,
			  .n = 2};
	static const char text[] = "abcdefghijklmnopqrstuvwxyz";

	(void)state;
	for (int i = 0; i < 12; i++) {
		b.payload = text + i;
		r.payload = text + i;

		struct packet p = build_packet(&b, i, 0);

		assert_int_equal(lab_give(lab, &p), 0);
		p = build_packet(&r, i, 0);
		assert_int_equal(lab_give(lab, &p), 0);
	}
	lab_end(lab);

	const struct recognition *s = &lab->f[0].seen;

	assert_int_equal(s->calls, 16);
	assert_true(s->final);
	assert_int_equal(s->n[0], 1);
	assert_int_equal(s->b[0][0], text[7]);
	assert_int_equal(s->n[1], 2);
	assert_int_equal(s->b[1][0], text[7]);
	lab_free(lab);
}

/* An owner that has seen enough is not asked again, and costs no buffer. */
static void give_datagram(struct lab *lab, uint16_t port, const uint8_t *bytes, size_t n,
			  int64_t ts)
{
	struct packet p = build_packet(&(struct build){.src = "10.0.0.1",
						       .dst = "10.0.0.2",
						       .sport = port,
						       .dport = 53,
						       .proto = IPPROTO_NR_UDP,
						       .payload = bytes,
						       .n = n},
				       ts, 0);

	assert_int_equal(lab_give(lab, &p), 0);
}

/* The newest datagram is kept whole, whatever the lengths of those before it, and without harm to
 * what is kept of others. */
static void test_datagram_lengths(void **state)
{
	static const size_t n[] = {1, 96, 97, 96, 128, 3, HEAD_BYTES, 95, HEAD_BYTES + 1};
	static uint8_t bytes[HEAD_BYTES + 20];

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	for (unsigned last = 1; last < sizeof n / sizeof *n; last++) {
		struct lab *lab = lab_new(NULL);
		size_t kept = n[last] < HEAD_BYTES ? n[last] : HEAD_BYTES;
		unsigned from = last > 6 ? last - 6 : 0;

		for (unsigned i = from; i <= last; i++) {
			give_datagram(lab, 5, bytes + i, n[i], i);
			if (i == from)
				give_datagram(lab, 6, bytes + 100, 90, i);
		}
		lab_end(lab);
		for (unsigned i = 0; i < 2; i++) {
			const struct recognition *s = &lab->f[i].seen;
			bool other = lab->f[i].d.port[0] == 6;

			assert_int_equal(s->n[0], other ? 90 : kept);
			assert_int_equal(s->cut[0], !other && n[last] > HEAD_BYTES);
			assert_memory_equal(s->b[0], bytes + (other ? 100 : last), s->n[0]);
		}
		lab_free(lab);
	}
}

/* A flood of short messages takes little memory, and no more than its part of that of heads. */
static void test_short_heads(void **state)
{
	enum { FLOWS = 3000 };

	(void)state;
	for (unsigned tcp = 0; tcp < 2; tcp++) {
		struct lab *lab = lab_new(&(struct flow_options){.max_memory = 8 << 20});
		size_t before = flow_table_stats(lab->t)->memory, taken;

		for (unsigned i = 0; i < FLOWS; i++) {
			struct build b = {.src = "10.0.0.1",
					  .dst = "10.0.0.2",
					  .sport = (uint16_t)(1024 + i),
					  .dport = 53,
					  .proto = tcp ? IPPROTO_NR_TCP : IPPROTO_NR_UDP,
					  .flags = tcp ? TCP_ACK : 0,
					  .payload = "flood",
					  .n = 5};
			struct packet p = build_packet(&b, i, 0);

			assert_int_equal(lab_give(lab, &p), 0);
		}
		taken = flow_table_stats(lab->t)->memory - before;
		assert_int_equal(flow_table_stats(lab->t)->heads_shed, 0);
		assert_true(taken < (size_t)FLOWS * 600);
		lab_free(lab);
	}
}

static void test_enough(void **state)
{
	struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"0123456789";

	(void)state;
	w.lab->enough = 1;
	open_wire(&w);

	size_t before = flow_table_stats(w.lab->t)->memory;

	send_piece(&w, 0, s, 0, 4);
	send_piece(&w, 0, s, 4, 4);
	send_piece(&w, 1, s, 0, 4);
	assert_int_equal(flow_table_stats(w.lab->t)->memory, before);
	lab_end(w.lab);
	assert_int_equal(w.lab->f[0].seen.calls, 1);
	lab_free(w.lab);
}

/* No memory for buffers: the flow is still counted and its first bytes were shown once. */
static void test_shed(void **state)
{
	struct wire w = {.lab = lab_new(&(struct flow_options){.max_memory = 4096}),
			 .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"0123456789";

	(void)state;
	open_wire(&w);
	send_piece(&w, 0, s, 0, 4);
	send_piece(&w, 0, s, 4, 4);
	lab_end(w.lab);
	assert_int_equal(flow_table_stats(w.lab->t)->heads_shed, 1);
	assert_int_equal(w.lab->f[0].seen.n[0], 4);
	assert_true(w.lab->f[0].seen.final);
	assert_int_equal(w.lab->f[0].d.packets[0], 4);
	lab_free(w.lab);
}

/* A short window is not written to beyond its end: its neighbours stay what they were. */
static void test_short_heads_grow(void **state)
{
	static uint8_t bytes[2][HEAD_BYTES];

	(void)state;
	for (size_t i = 0; i < HEAD_BYTES; i++) {
		bytes[0][i] = (uint8_t)(i % 251);
		bytes[1][i] = (uint8_t)(255 - i % 241);
	}
	for (int side = 0; side < 2; side++) {
		struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
		const struct recognition *seen;

		open_wire(&w);
		for (int i = 0; i < 2; i++)
			send_piece(&w, i, bytes[i], 0, HEAD_SHORT - 6);
		/* Behind a hole, into it, and on. */
		send_piece(&w, side, bytes[side], HEAD_SHORT + 4, 300);
		send_piece(&w, side, bytes[side], HEAD_SHORT - 6, 10);
		send_piece(&w, side, bytes[side], HEAD_SHORT + 304, 300);
		lab_end(w.lab);
		seen = &w.lab->f[0].seen;
		assert_int_equal(seen->n[side], HEAD_SHORT + 604);
		assert_memory_equal(seen->b[side], bytes[side], HEAD_SHORT + 604);
		assert_int_equal(seen->n[!side], HEAD_SHORT - 6);
		assert_memory_equal(seen->b[!side], bytes[!side], HEAD_SHORT - 6);
		lab_free(w.lab);
	}
}

/* A short window that should move to where the stream begins, and finds no room to: told, too. */
static void test_shed_start_known_later(void **state)
{
	const size_t lines = lines_charge(), short_heads = (size_t)HEAD_SHORT_SIZE << 7;
	struct wire w = {.lab = lab_new(&(struct flow_options){
				 .max_memory = lines + short_heads + HEAD_BYTES,
			 }),
			 .isn = {100, 200}};
	const uint8_t *s = (const uint8_t *)"0123456789";

	(void)state;
	send_piece(&w, 0, s, 4, 4);
	assert_int_equal(flow_table_stats(w.lab->t)->heads_shed, 0);
	send_bytes(&w, 1, TCP_SYN | TCP_ACK, 200, 101, NULL, 0);
	assert_int_equal(flow_table_stats(w.lab->t)->heads_shed, 1);
	send_piece(&w, 0, s, 0, 2);
	lab_end(w.lab);
	assert_int_equal(w.lab->f[0].seen.n[0], 2);
	assert_memory_equal(w.lab->f[0].seen.b[0], s, 2);
	assert_true(w.lab->f[0].seen.whole[0]);
	lab_free(w.lab);
}

/* A retry with another number begins another stream: the old one's early data is not its start. */
static void test_retry_with_data(void **state)
{
	static const char *const second[] = {"new!", "new"}; /* longer, and no longer */

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct wire w = {.lab = lab_new(NULL), .isn = {100, 200}};
		const uint8_t *bytes = (const uint8_t *)second[i];
		uint32_t n = (uint32_t)strlen(second[i]);

		send_bytes(&w, 0, TCP_SYN, 100, 0, (const uint8_t *)"old", 3);
		send_bytes(&w, 1, TCP_RST | TCP_ACK, 0, 104, NULL, 0);
		w.isn[0] = 9000;
		open_wire(&w);
		send_piece(&w, 0, bytes, 0, n);
		lab_end(w.lab);
		assert_int_equal(w.lab->n, 1);
		assert_int_equal(w.lab->f[0].seen.n[0], n);
		assert_memory_equal(w.lab->f[0].seen.b[0], bytes, n);
		lab_free(w.lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_snap_length),
		cmocka_unit_test(test_mid_stream),
		cmocka_unit_test(test_start_known_later),
		cmocka_unit_test(test_fast_open),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_whole_datagram),
		cmocka_unit_test(test_whole_segment),
		cmocka_unit_test(test_fragments_fill_holes),
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_datagram_lengths),
		cmocka_unit_test(test_short_heads),
		cmocka_unit_test(test_shed),
		cmocka_unit_test(test_short_heads_grow),
		cmocka_unit_test(test_shed_start_known_later),
		cmocka_unit_test(test_retry_with_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
