// SPDX-License-Identifier: BSD-2-Clause
/* Datagrams cut into fragments, and what becomes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "build.h"
#include "decode/decode.h"

enum { RAW = 101, ROOM = 70000, MAX_PIECES = 16 };

/* An IP packet. */
struct datagram {
	bool v6;
	uint32_t id;
	bool hop; /* IPv6: with hop-by-hop options, which stay in front of the fragment header */
	size_t head, n;
	uint8_t b[ROOM];
};

static uint8_t content(size_t i)
{
	return (uint8_t)(i * 7 + i / 256);
}

static void make(struct datagram *g, bool v6, uint8_t proto, size_t payload)
{
	static uint8_t bytes[ROOM], frame[ROOM];
	const struct build b = {
		.src = v6 ? "fd00::1" : "10.0.0.1",
		.dst = v6 ? "fd00::2" : "10.0.0.2",
		.sport = 999,
		.dport = 88,
		.proto = proto,
		.flags = TCP_ACK,
		.seq = 0xfffffff0,
		.ack = 77,
		.payload = bytes,
		.n = payload,
	};

	for (size_t i = 0; i < payload; i++)
		bytes[i] = content(i);
	*g = (struct datagram){.v6 = v6, .id = 7, .head = v6 ? 40 : 20};
	g->n = build_frame(&b, frame, sizeof frame) - 14;
	memcpy(g->b, frame + 14, g->n);
}

static void put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Bytes [from, to) of what the datagram's IP header carries; beyond its end, zeros. */
static size_t cut(const struct datagram *g, size_t from, size_t to, bool more, uint8_t *ret)
{
	size_t n = g->head, body = to - from;

	memcpy(ret, g->b, g->head);
	if (g->v6) {
		uint8_t proto = ret[6];

		ret[6] = g->hop ? 0 : 44;
		if (g->hop) {
			memcpy(ret + n, "\x2c\x00\x01\x04\x00\x00\x00\x00", 8);
			n += 8;
		}
		memset(ret + n, 0, 8);
		ret[n] = proto;
		put16(ret + n + 2, from | more);
		put16(ret + n + 6, g->id);
		n += 8;
		put16(ret + 4, n - 40 + body);
	} else {
		put16(ret + 2, n + body);
		put16(ret + 4, g->id);
		put16(ret + 6, from / 8 | (more ? 0x2000 : 0));
		put16(ret + 10, 0);

		uint32_t sum = 0;

		for (size_t i = 0; i < 20; i += 2)
			sum += (uint32_t)ret[i] << 8 | ret[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		put16(ret + 10, (uint16_t) ~(sum + (sum >> 16)));
	}
	memset(ret + n, 0, body);
	if (g->head + from < g->n) {
		size_t there = g->n - g->head - from;

		memcpy(ret + n, g->b + g->head + from, body < there ? body : there);
	}
	return n + body;
}

static enum decode_skip give_cut(struct decoder *d, const uint8_t *p, size_t n, size_t snap,
				 int64_t ts_ns, struct packet *k)
{
	size_t captured = snap && snap < n ? snap : n;
	uint8_t *frame = malloc(captured ? captured : 1); /* a read past it is seen */
	enum decode_skip skip;

	memcpy(frame, p, captured);
	memset(k, 0xee, sizeof *k);
	skip = decode_frame(d, RAW, frame, (uint32_t)captured, (uint32_t)n, ts_ns, 1, k);
	free(frame);
	return skip;
}

static enum decode_skip give(struct decoder *d, const struct datagram *g, size_t from, size_t to,
			     struct packet *k)
{
	static uint8_t b[ROOM + 100];
	size_t n = cut(g, from, to, to < g->n - g->head, b);

	return give_cut(d, b, n, 0, NS_PER_S, k);
}

static void assert_balance(const struct decoder *d)
{
	const struct decode_stats *s = decoder_stats(d);
	uint64_t sum = 0;

	for (size_t i = 0; i < DECODE_N; i++)
		sum += s->by[i];
	assert_int_equal(s->read, sum);
}

static void assert_fates(struct decoder *d, unsigned whole, unsigned late, unsigned overlap,
			 unsigned shed)
{
	const struct decode_stats *s = decoder_stats(d);

	decoder_end(d);
	assert_int_equal(s->fragments.whole, whole);
	assert_int_equal(s->fragments.late, late);
	assert_int_equal(s->fragments.overlap, overlap);
	assert_int_equal(s->fragments.shed, shed);
	assert_balance(d);
}

static bool next_order(unsigned *order, unsigned n)
{
	for (unsigned i = n - 1; i > 0; i--) {
		if (order[i - 1] > order[i])
			continue;

		unsigned j = n - 1, t;

		while (order[j] < order[i - 1])
			j--;
		t = order[i - 1], order[i - 1] = order[j], order[j] = t;
		for (unsigned a = i, b = n - 1; a < b; a++, b--)
			t = order[a], order[a] = order[b], order[b] = t;
		return true;
	}
	return false;
}

static const struct kind {
	bool v6, hop;
	uint8_t proto;
} kinds[] = {{false, false, 17},
	     {false, false, 6},
	     {true, false, 17},
	     {true, false, 6},
	     {true, true, 17}};

/* Four fragments in each order, once and with a copy of each at once or at the end. */
static void in_every_order(void **state)
{
	static struct datagram g;
	enum { N = 4, PAYLOAD = 5000 };

	for (size_t i = 0; i < N_ELEMENTS(kinds) * 3; i++) {
		const struct kind *kind = &kinds[i / 3];
		unsigned order[N] = {0, 1, 2, 3}, copies = i % 3;
		size_t header = kind->proto == 6 ? 20 : 8;
		size_t at[N + 1] = {0, 1480, 2960, 3200, header + PAYLOAD};

		make(&g, kind->v6, kind->proto, PAYLOAD);
		g.hop = kind->hop;
		do {
			struct decoder *d = decoder_new();
			const struct decode_stats *s = decoder_stats(d);
			uint64_t packets = 0, payload = 0, wholes = 0, wire = 0, sent = 0;

			for (unsigned j = 0; j < N * (1 + (copies != 0)); j++) {
				unsigned f = order[copies == 1 ? j / 2 : j % N];
				bool copy = copies == 1 ? j % 2 : j >= N;
				struct packet k;
				enum decode_skip skip = give(d, &g, at[f], at[f + 1], &k);

				if (!copy)
					sent += (kind->v6 ? 48 : 20) + kind->hop * 8 + at[f + 1] -
						at[f];
				if (skip != DECODE_OK) {
					assert_int_equal(skip, SKIP_FRAG_ORPHAN);
					continue;
				}
				assert_int_equal(k.sport, 999);
				assert_int_equal(k.dport, 88);
				assert_int_equal(k.proto, kind->proto);
				assert_int_equal(k.later_fragment, f != 0);
				assert_int_equal(k.frag_offset, at[f] / 8);
				if (kind->proto == 6 && f) {
					assert_true(k.has_seq);
					assert_int_equal(k.seq,
							 (uint32_t)(0xfffffff0 + at[f] - header));
					assert_int_equal(k.ack, 77);
				}
				wholes += k.whole != NULL;
				if (k.whole) {
					assert_int_equal(k.whole_len, PAYLOAD);
					assert_memory_equal(k.whole, g.b + g.head + header,
							    PAYLOAD);
					assert_int_equal(k.whole_seq,
							 kind->proto == 6 ? 0xfffffff0 : 0);
				}
				if (copy) /* which the owner of a table of copies leaves out */
					continue;
				packets += 1 + k.early.n;
				payload += k.payload_wire + (k.early.n ? k.early.payload : 0);
				wire += k.wire_len + (k.early.n ? k.early.wire : 0);
			}
			assert_int_equal(wholes, 1);
			assert_int_equal(packets, N);
			assert_int_equal(payload, PAYLOAD);
			assert_int_equal(wire, sent);
			assert_int_equal(s->note[NOTE_FRAGMENT], s->by[DECODE_OK]);
			assert_int_equal(s->note[NOTE_BAD_CHECKSUM], 0);
			assert_fates(d, 1, 0, 0, 0);
			decoder_free(d);
		} while (next_order(order, N));
	}
}

static void what_came_early_is_told_with_the_first(void **state)
{
	static struct datagram g;
	struct decoder *d = decoder_new();
	const struct decode_stats *s = decoder_stats(d);
	uint8_t b[4000];
	struct packet k;

	make(&g, false, 6, 2000);
	for (unsigned i = 2; i > 0; i--) {
		size_t n = cut(&g, i * 800, i == 2 ? 2020 : i * 800 + 800, i < 2, b);

		assert_int_equal(give_cut(d, b, n, 0, i * 1000, &k), SKIP_FRAG_ORPHAN);
	}
	assert_int_equal(s->by[SKIP_FRAG_ORPHAN], 2);
	assert_int_equal(s->by[DECODE_OK], 0);

	size_t n = cut(&g, 0, 800, true, b);

	assert_int_equal(give_cut(d, b, n, 0, 5000, &k), DECODE_OK);
	assert_int_equal(s->by[SKIP_FRAG_ORPHAN], 0);
	assert_int_equal(s->by[DECODE_OK], 3);
	assert_int_equal(k.early.n, 2);
	assert_int_equal(k.early.ts_ns, 1000);
	assert_int_equal(k.early.wire, 40 + 1220);
	assert_int_equal(k.early.payload, 1220);
	assert_int_equal(k.early.reach, 2000);
	assert_int_equal(k.whole_len, 2000);
	/* Once only. */
	assert_int_equal(give_cut(d, b, n, 0, 5000, &k), DECODE_OK);
	assert_int_equal(k.early.n, 0);
	assert_null(k.whole);
	decoder_free(d);

	/* A protocol without flows. */
	d = decoder_new();
	s = decoder_stats(d);
	g.b[9] = 47;
	g.b[20] = 0x80; /* a GRE that nothing is known of */
	assert_int_equal(give(d, &g, 800, 2020, &k), SKIP_FRAG_ORPHAN);
	g.b[9] = 1;
	assert_int_equal(give(d, &g, 800, 2020, &k), SKIP_FRAG_ORPHAN);
	assert_int_equal(give(d, &g, 0, 800, &k), DECODE_OK);
	assert_int_equal(k.early.n, 0);
	assert_int_equal(s->by[DECODE_OK], 2);
	assert_int_equal(s->early_other, 1);
	assert_int_equal(s->by[SKIP_FRAG_ORPHAN], 1);
	assert_balance(d);
	decoder_free(d);
}

/* Fragments as VERSION FROM - TO in units of eight bytes, "." behind the last of a datagram, "+N"
 * for N bytes more. A version that is no "a" has other bytes. */
static const struct overlap {
	const char *pieces;
	unsigned whole, late, overlap;
} overlaps[] = {
	{"a0-3 a3-6.", 1, 0, 0},
	{"a0-3 a3-6+5.", 1, 0, 0},
	{"a3-6+5. a0-3", 1, 0, 0},
	{"a0-3 a4-6.", 0, 1, 0},
	{"a0-3 a3-6", 0, 1, 0},
	/* Copies, anywhere. */
	{"a0-3 a0-3 a3-6 a3-6 a6-7. a6-7.", 1, 0, 0},
	{"a6-7. a6-7. a3-6 a0-3 a0-3 a3-6", 1, 0, 0},
	{"a6-7+3. a6-7+3. a0-6", 1, 0, 0},
	/* Shankar and Paxson's cases: the later one wholly, partly, in front, behind, inside. */
	{"a0-3 b0-3 a3-6.", 0, 0, 1},
	{"a0-3 b2-5 a5-6.", 0, 0, 1},
	{"a0-1 a3-6 b2-4 a6-7.", 0, 0, 1},
	{"a0-6 b2-4 a6-7.", 0, 0, 1},
	{"a0-1 a2-4 b1-6 a6-7.", 0, 0, 1},
	{"a0-2 a2-4 b0-4 a4-5.", 0, 0, 1},
	{"a0-4 b0-2 a4-5.", 0, 0, 1},
	{"a0-4 b2-4 a4-5.", 0, 0, 1},
	/* The same with the bytes of the first: still no copy of a fragment. */
	{"a0-3 a2-5 a5-6.", 0, 0, 1},
	{"a0-6 a2-4 a6-7.", 0, 0, 1},
	{"a0-2 a2-4 a0-4 a4-5.", 0, 0, 1},
	{"a0-4 a0-2 a4-5.", 0, 0, 1},
	{"a0-4 a2-4 a4-5.", 0, 0, 1},
	/* Two ends. */
	{"a0-3 a3-5. a5-6.", 1, 1, 0}, /* the third begins another: the first two were whole */
	{"a0-3 a4-5. a5-6.", 0, 0, 1},
	{"a0-3 a4-7. a4-5.", 0, 0, 1},
	{"a0-3 a6-7. a7-9", 0, 0, 1},
	{"a0-3 a7-9 a5-6.", 0, 0, 1},
	{"a4-6 a4-6. a0-4", 0, 0, 1},
	{"a4-6. a4-6 a0-4", 0, 0, 1},
	/* What still comes of a datagram that was dropped is dropped too. */
	{"a0-3 b2-5 a3-6. a0-3 a3-6.", 0, 0, 1},
	/* The last is empty. */
	{"a0-3 a3-3.", 1, 0, 0},
	{"a3-3. a0-3", 1, 0, 0},
	{"a3-3. a3-3. a0-3", 1, 0, 0},
	{"a3-3. a0-4", 0, 0, 1},
	/* No datagram can have these: a length of no whole units, no length, an end past 65,535. */
	{"a0-3 a3-4+1 a4-6. a3-4", 1, 0, 0},
	{"a0-3 a1-1 a3-6.", 1, 0, 0},
	{"a0-3 a8000-8192. a3-6.", 1, 0, 0},
	{"a0-3 a8191-8300. a3-6.", 1, 0, 0},
	/* The number comes round again. */
	{"a0-3 a3-6. b0-3 b3-6.", 2, 0, 0},
	{"a0-3 a3-6. b3-6. b0-3", 2, 0, 0},
	{"a0-3 a3-6. a0-3 a3-6.", 1, 0, 0},
	{"a0-3 a3-6. b0-3 a3-6.", 2, 0, 0},
	{"a0-3 a3-6. a0-3 b3-6.", 1, 1, 0},
};

static void overlapping(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(overlaps) * 2; i++) {
		const struct overlap *o = &overlaps[i / 2];
		struct decoder *d = decoder_new();
		static struct datagram g;
		static uint8_t b[ROOM + 100];
		int used;

		make(&g, i % 2, 17, 60000);
		for (const char *z = o->pieces; *z; z += used + (z[used] == ' ')) {
			unsigned from, to, odd = 0;
			char version;
			struct packet k;

			if (sscanf(z, "%c%u-%u%n", &version, &from, &to, &used) != 3)
				fail_msg("%s", z);
			if (z[used] == '+') {
				odd = (unsigned)(z[used + 1] - '0');
				used += 2;
			}

			bool last = z[used] == '.';
			size_t n = cut(&g, from * 8, to * 8 + odd, !last, b);

			used += last;
			if (version != 'a' && to > from)
				b[n - 1] ^= 0x55;
			give_cut(d, b, n, 0, NS_PER_S, &k);
		}
		decoder_end(d);

		const struct decode_stats *s = decoder_stats(d);

		if (s->fragments.whole != o->whole || s->fragments.late != o->late ||
		    s->fragments.overlap != o->overlap || s->fragments.shed)
			fail_msg("%s: %u whole %u late %u overlap %u shed", o->pieces,
				 (unsigned)s->fragments.whole, (unsigned)s->fragments.late,
				 (unsigned)s->fragments.overlap, (unsigned)s->fragments.shed);
		assert_balance(d);
		decoder_free(d);
	}
}

/* The largest there is, in the smallest pieces, forwards and backwards. */
static void tiny_fragments(void **state)
{
	enum { PAYLOAD = 65535 - 20 - 8, UNITS = (PAYLOAD + 8 + 7) / 8 };
	static struct datagram g;

	make(&g, false, 17, PAYLOAD);
	for (unsigned way = 0; way < 2; way++) {
		struct decoder *d = decoder_new();
		unsigned wholes = 0;

		for (unsigned i = 0; i < UNITS; i++) {
			size_t at = (way ? UNITS - 1 - i : i) * 8;
			size_t end = at + 8 < PAYLOAD + 8 ? at + 8 : PAYLOAD + 8;
			struct packet k;

			if (give(d, &g, at, end, &k) != DECODE_OK || !k.whole)
				continue;
			wholes++;
			assert_int_equal(i, UNITS - 1);
			assert_int_equal(k.whole_len, PAYLOAD);
			assert_memory_equal(k.whole, g.b + 28, PAYLOAD);
		}
		assert_int_equal(wholes, 1);
		assert_int_equal(decoder_stats(d)->by[DECODE_OK], UNITS);
		assert_fates(d, 1, 0, 0, 0);
		decoder_free(d);
	}
}

/* The snap length takes bytes that nobody can put back; another copy of the fragment can. */
static void snapped(void **state)
{
	static struct datagram g;
	struct decoder *d = decoder_new();
	uint8_t b[2000];
	struct packet k;

	make(&g, false, 17, 1592);

	size_t n = cut(&g, 800, 1600, false, b);

	assert_int_equal(give(d, &g, 0, 800, &k), DECODE_OK);
	assert_int_equal(give_cut(d, b, n, 100, 0, &k), DECODE_OK);
	assert_true(k.payload_cut);
	assert_int_equal(k.payload_wire, 800);
	assert_int_equal(k.payload_len, 80);
	assert_null(k.whole);
	assert_int_equal(give_cut(d, b, n, 0, 0, &k), DECODE_OK);
	assert_int_equal(k.whole_len, 1592);
	/* A cut copy of what is whole changes nothing. */
	assert_int_equal(give_cut(d, b, n, 100, 0, &k), DECODE_OK);
	assert_fates(d, 1, 0, 0, 0);
	decoder_free(d);

	d = decoder_new();
	assert_int_equal(give(d, &g, 0, 800, &k), DECODE_OK);
	assert_int_equal(give_cut(d, b, n, 100, 0, &k), DECODE_OK);
	assert_fates(d, 0, 1, 0, 0);
	decoder_free(d);
}

static void checksum_of_the_whole(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		static struct datagram g;
		struct decoder *d = decoder_new();
		struct packet k;

		make(&g, kinds[i].v6, kinds[i].proto, 3000);
		g.b[2000] ^= 1;
		for (unsigned copy = 0; copy < 2; copy++) {
			give(d, &g, 0, 1480, &k);
			give(d, &g, 1480, 2960, &k);
			give(d, &g, 2960, g.n - g.head, &k);
		}
		assert_int_equal(decoder_stats(d)->note[NOTE_BAD_CHECKSUM], 1);
		decoder_free(d);
	}
}

static void atomic_fragments(void **state)
{
	static struct datagram g;
	struct decoder *d = decoder_new();
	uint8_t b[2000];
	struct packet k;

	make(&g, true, 17, 1592);
	assert_int_equal(give(d, &g, 0, 800, &k), DECODE_OK);

	/* RFC 6946 4: on its own, also in the middle of one with the same number. */
	size_t n = cut(&g, 0, 400, false, b);

	assert_int_equal(give_cut(d, b, n, 0, 0, &k), DECODE_OK);
	assert_false(k.fragment);
	assert_true(k.has_ip_id);
	assert_null(k.whole);
	assert_int_equal(give(d, &g, 800, 1600, &k), DECODE_OK);
	assert_int_equal(k.whole_len, 1592);
	assert_fates(d, 1, 0, 0, 0);
	decoder_free(d);
}

/* RFC 8200 4.1: a header of a kind comes once. What a second one says is known only when the
 * datagram is whole, unless it says nothing. */
static void a_fragment_in_a_fragment(void **state)
{
	static const struct {
		uint8_t low;
		enum decode_skip skip;
	} rows[] = {{0, DECODE_OK}, {1, SKIP_EXT_BAD}, {8, SKIP_EXT_BAD}};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		static struct datagram g;
		struct decoder *d = decoder_new();
		uint8_t b[2000], *f = b + 48;
		struct packet k;

		make(&g, true, 17, 800);

		size_t n = cut(&g, 0, 400, true, b);

		memmove(f + 8, f, n - 48);
		memset(f, 0, 8);
		f[0] = 17;
		f[3] = rows[i].low;
		b[40] = 44;
		put16(b + 4, n - 40 + 8);
		assert_int_equal(give_cut(d, b, n + 8, 0, 0, &k), rows[i].skip);
		if (rows[i].skip == DECODE_OK)
			assert_true(k.fragment);
		assert_balance(d);
		decoder_free(d);
	}
}

/* A datagram of n bytes that a number tells from others. */
static void numbered(struct datagram *g, unsigned i, size_t n)
{
	make(g, false, 17, n - 8);
	g->b[12] = (uint8_t)(i >> 8);
	g->b[13] = (uint8_t)i;
}

static void memory_is_bounded_and_the_oldest_goes(void **state)
{
	/* 16 MiB hold 282 of 29 pages each. */
	enum { MANY = 400, SIZE = 60000, FIT = 8192 / 29 };
	static struct datagram g;

	for (unsigned run = 0; run < 2; run++) {
		struct decoder *d = decoder_new();
		struct packet k;

		for (unsigned i = 0; i < MANY; i++) {
			numbered(&g, i, SIZE);
			assert_int_equal(give(d, &g, 0, SIZE - 800, &k), DECODE_OK);
		}
		assert_int_equal(decoder_stats(d)->fragments.shed, MANY - FIT);
		for (unsigned i = 0; i < MANY; i++) {
			numbered(&g, i, SIZE);
			assert_int_equal(give(d, &g, SIZE - 800, SIZE, &k), DECODE_OK);
			assert_int_equal(k.whole != NULL, i >= MANY - FIT);
			decoder_release(d);
		}
		assert_fates(d, FIT, 0, 0, MANY - FIT);
		decoder_free(d);
	}
}

static void whole_ones_give_way_and_wait_for_release(void **state)
{
	enum { MANY = 400, SIZE = 60000, UNRELEASED = (1 << 24) / SIZE };
	static struct datagram g;

	for (unsigned release = 0; release < 2; release++) {
		struct decoder *d = decoder_new();
		unsigned wholes = release ? MANY : UNRELEASED;
		struct packet k;

		for (unsigned i = 0; i < MANY; i++) {
			numbered(&g, i, SIZE);
			assert_int_equal(give(d, &g, 0, SIZE - 800, &k), DECODE_OK);
			assert_int_equal(give(d, &g, SIZE - 800, SIZE, &k), DECODE_OK);
			assert_int_equal(k.whole != NULL, i < wholes);
			if (release)
				decoder_release(d);
		}
		/* The bytes of the oldest are gone: its copies are fragments like others. */
		numbered(&g, 0, SIZE);
		assert_int_equal(give(d, &g, SIZE - 800, SIZE, &k), DECODE_OK);
		assert_null(k.whole);
		assert_fates(d, wholes, 0, 0, MANY - wholes);
		decoder_free(d);
	}
}

/* A sender's own: a number tells its datagrams apart, as long as it has few enough. */
static void of(struct datagram *g, unsigned i, unsigned sender)
{
	g->id = i;
	g->b[12] = 10;
	g->b[13] = (uint8_t)(i >> 16);
	g->b[14] = 1;
	g->b[15] = (uint8_t)sender;
}

/* One sender has all the room, of places or of bytes: it is the sender that pays, and what the
 * others had begun before it becomes whole. */
static void who_has_most_pays(void **state)
{
	enum { HONEST = 100, FLOOD = 9000 };
	static const size_t sizes[] = {64, 60000};
	static struct datagram g;

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct decoder *d = decoder_new();
		size_t n = sizes[s], flood = n > 64 ? FLOOD / 10 : FLOOD;
		struct packet k;

		for (unsigned step = 0; step < 2; step++) {
			for (unsigned i = 0; i < HONEST; i++) {
				numbered(&g, i, 64);
				of(&g, i, 100 + i / 3);
				assert_int_equal(give(d, &g, step ? 32 : 0, step ? 64 : 32, &k),
						 DECODE_OK);
				assert_int_equal(k.whole != NULL, step);
				decoder_release(d);
			}
			for (unsigned i = 0; i < flood; i++) {
				numbered(&g, i + step * FLOOD, n);
				of(&g, i + step * FLOOD, 77);
				assert_int_equal(give(d, &g, 0, n / 16 * 8, &k), DECODE_OK);
			}
		}
		assert_int_equal(decoder_stats(d)->fragments.whole, HONEST);
		assert_true(decoder_stats(d)->fragments.crowded > 0);
		assert_int_equal(decoder_stats(d)->fragments.crowded,
				 decoder_stats(d)->fragments.shed);
		decoder_free(d);
	}
}

static void too_many_open_ones(void **state)
{
	enum { MANY = 5000, KEPT = 4096 };
	static struct datagram g;
	struct decoder *d = decoder_new();
	struct packet k;

	for (unsigned i = 0; i < MANY; i++) {
		numbered(&g, i, 64);
		assert_int_equal(give(d, &g, 0, 32, &k), DECODE_OK);
	}
	assert_int_equal(decoder_stats(d)->fragments.shed, MANY - KEPT);

	/* One that was overdue is late, whoever takes its place. */
	uint8_t b[200];

	numbered(&g, MANY, 64);
	assert_int_equal(give_cut(d, b, cut(&g, 0, 32, true, b), 0, 32 * NS_PER_S, &k), DECODE_OK);
	assert_int_equal(decoder_stats(d)->fragments.late, 1);
	assert_fates(d, 0, KEPT + 1, 0, MANY - KEPT);
	decoder_free(d);
}

/* Tunnels: by what is in front of the inner packet, behind an IPv4 header. */
static const struct wrap {
	uint8_t proto;
	const char *hex;
	enum tunnel tunnel;
	bool v6; /* inner */
} wraps[] = {
	{4, "", TUNNEL_IPIP, false},
	{41, "", TUNNEL_SIXIN4, true},
	{47, "00000800", TUNNEL_GRE, false},
	{17, "270f12b5ffff0000 0800000000000700 020000000002020000000001 0800", TUNNEL_VXLAN,
	 false},
};

static void wrap(const struct wrap *w, const uint8_t *inner, size_t n, struct datagram *ret)
{
	uint8_t front[64];
	size_t before = unhex(w->hex, front, sizeof front);

	make(ret, false, 17, 0);
	if (w->proto == 17)
		put16(front + 4, before + n);
	ret->b[9] = w->proto;
	memcpy(ret->b + 20, front, before);
	memcpy(ret->b + 20 + before, inner, n);
	ret->n = 20 + before + n;
	put16(ret->b + 2, ret->n);
	ret->b[15] = 99; /* other ends */
	ret->b[19] = 98;
}

static void fragments_inside_a_tunnel(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(wraps); i++) {
		static struct datagram g, outer;
		struct decoder *d = decoder_new();
		uint8_t b[3000];
		struct packet k;

		make(&g, wraps[i].v6, 17, 2000);
		for (int f = 2; f >= 0; f--) {
			size_t end = f == 2 ? 2008 : (size_t)f * 800 + 800;
			size_t n = cut(&g, (size_t)f * 800, end, f < 2, b);

			wrap(&wraps[i], b, n, &outer);

			enum decode_skip skip = give_cut(d, outer.b, outer.n, 0, 0, &k);

			assert_int_equal(skip, f ? SKIP_FRAG_ORPHAN : DECODE_OK);
		}
		assert_int_equal(k.tunnel, wraps[i].tunnel);
		assert_int_equal(k.early.n, 2);
		assert_int_equal(k.whole_len, 2000);
		assert_memory_equal(k.whole, g.b + g.head + 8, 2000);
		assert_int_equal(decoder_stats(d)->note[NOTE_TUNNEL], 3);
		assert_fates(d, 1, 0, 0, 0);
		decoder_free(d);
	}
}

/* The inner packet is told by the first fragment; the rest of it belongs to no flow. */
static void a_tunnel_in_fragments(void **state)
{
	static const unsigned orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}};

	for (size_t i = 0; i < N_ELEMENTS(wraps) * N_ELEMENTS(orders); i++) {
		const struct wrap *w = &wraps[i / N_ELEMENTS(orders)];
		const unsigned *order = orders[i % N_ELEMENTS(orders)];
		static struct datagram g, outer;
		struct decoder *d = decoder_new();
		const struct decode_stats *s = decoder_stats(d);
		bool first = false;
		unsigned later = 0;
		struct packet k;

		make(&g, w->v6, 17, 2000);
		wrap(w, g.b, g.n, &outer);
		for (unsigned j = 0; j < 3; j++) {
			size_t at = order[j] * 800, end = order[j] == 2 ? outer.n - 20 : at + 800;
			enum decode_skip skip = give(d, &outer, at, end, &k);

			first |= at == 0;
			assert_int_equal(skip, first ? DECODE_OK : SKIP_FRAG_ORPHAN);
			assert_balance(d);
			if (skip != DECODE_OK)
				continue;
			assert_null(k.whole);
			assert_int_equal(k.early.n, 0);
			if (at) {
				/* What may make no flow: neither TCP nor UDP. */
				assert_true(k.proto == 44);
				assert_int_equal(k.sport, 0);
				later++;
				continue;
			}
			assert_int_equal(k.tunnel, w->tunnel);
			assert_int_equal(k.dport, 88);
			assert_int_equal(k.payload_wire, 2000);
			assert_true(k.payload_cut);
		}
		assert_int_equal(s->by[DECODE_OK], 3);
		assert_int_equal(s->early_other + later, 2);
		assert_fates(d, 1, 0, 0, 0);
		decoder_free(d);
	}
}

/* The port promised a tunnel, and there was none: a datagram like others. */
static void no_tunnel_in_fragments(void **state)
{
	static struct datagram g;
	struct decoder *d = decoder_new();
	struct packet k;

	make(&g, false, 17, 2000);
	put16(g.b + 22, 4789);
	put16(g.b + 26, 0); /* checksum: none */
	g.b[28] = 0;        /* VXLAN without the flag that it must have */
	assert_int_equal(give(d, &g, 800, 2008, &k), SKIP_FRAG_ORPHAN);
	assert_int_equal(give(d, &g, 0, 800, &k), DECODE_OK);
	assert_int_equal(k.dport, 4789);
	assert_int_equal(k.early.n, 1);
	assert_int_equal(k.whole_len, 2000);
	assert_int_equal(decoder_stats(d)->early_other, 0);
	assert_int_equal(decoder_stats(d)->note[NOTE_BAD_CHECKSUM], 0);
	decoder_free(d);
}

/* Inside was an IPv6 header, and nothing good behind it: of what was read of it nothing stays. */
static void no_good_tunnel_in_fragments(void **state)
{
	static struct datagram g;
	static uint8_t frame[3000], payload[1000];
	struct decoder *d = decoder_new();
	struct packet k;

	unhex("0800000000000700 020000000002020000000001 86dd 60000000000c2c40"
	      "fd000000000000000000000000000001 fd000000000000000000000000000002"
	      "0600000100000009 00010002",
	      payload, sizeof payload);

	const struct build b = {.src = "10.0.0.1",
				.dst = "10.0.0.2",
				.sport = 999,
				.dport = 4789,
				.proto = 17,
				.payload = payload,
				.n = sizeof payload};

	g = (struct datagram){.id = 7, .head = 20};
	g.n = build_frame(&b, frame, sizeof frame) - 14;
	memcpy(g.b, frame + 14, g.n);
	assert_int_equal(give(d, &g, 0, 800, &k), DECODE_OK);
	assert_int_equal(k.dport, 4789);
	assert_int_equal(give(d, &g, 800, 1008, &k), DECODE_OK);
	assert_int_equal(k.dport, 4789);
	assert_int_equal(k.whole_len, sizeof payload);
	assert_int_equal(decoder_stats(d)->note[NOTE_BAD_CHECKSUM], 0);
	assert_fates(d, 1, 1, 0, 0); /* the inner one, too */
	decoder_free(d);
}

static void largest(void **state)
{
	static const struct {
		bool v6, hop;
		unsigned end;
		bool good;
	} rows[] = {
		{false, false, 65535 - 20, true}, {false, false, 65535 - 19, false},
		{true, false, 65535, true},       {true, false, 65536, false},
		{true, true, 65535 - 8, true},    {true, true, 65535 - 7, false},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		static struct datagram g;
		static uint8_t b[ROOM + 100];
		struct decoder *d = decoder_new();
		struct packet k;

		make(&g, rows[i].v6, 17, 100);
		g.hop = rows[i].hop;
		give_cut(d, b, cut(&g, 0, 64000, true, b), 0, 0, &k);
		give_cut(d, b, cut(&g, 64000, rows[i].end, false, b), 0, 0, &k);
		assert_fates(d, rows[i].good, !rows[i].good, 0, 0);
		decoder_free(d);
	}
}

/* The length of UDP is below that of IP: what is behind is no payload and not summed up. */
static void udp_length(void **state)
{
	static const struct {
		unsigned length, whole;
	} rows[] = {{1008, 1000}, {0, 1600}, {1609, 1600}, {7, 1600}};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		static struct datagram g;
		struct decoder *d = decoder_new();
		enum decode_skip first = rows[i].length == 7 ? SKIP_TRANSPORT_BAD : DECODE_OK;
		struct packet k;

		make(&g, false, 17, 1000);
		g.n += 600;
		put16(g.b + 24, rows[i].length);
		assert_int_equal(give(d, &g, 0, 800, &k), first);
		assert_int_equal(give(d, &g, 800, 1608, &k), DECODE_OK);
		assert_int_equal(k.whole_len, rows[i].whole);
		assert_int_equal(decoder_stats(d)->note[NOTE_BAD_CHECKSUM], i != 0);
		decoder_free(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_every_order),
		cmocka_unit_test(what_came_early_is_told_with_the_first),
		cmocka_unit_test(overlapping),
		cmocka_unit_test(tiny_fragments),
		cmocka_unit_test(snapped),
		cmocka_unit_test(checksum_of_the_whole),
		cmocka_unit_test(atomic_fragments),
		cmocka_unit_test(a_fragment_in_a_fragment),
		cmocka_unit_test(memory_is_bounded_and_the_oldest_goes),
		cmocka_unit_test(whole_ones_give_way_and_wait_for_release),
		cmocka_unit_test(who_has_most_pays),
		cmocka_unit_test(too_many_open_ones),
		cmocka_unit_test(fragments_inside_a_tunnel),
		cmocka_unit_test(a_tunnel_in_fragments),
		cmocka_unit_test(no_tunnel_in_fragments),
		cmocka_unit_test(no_good_tunnel_in_fragments),
		cmocka_unit_test(largest),
		cmocka_unit_test(udp_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
