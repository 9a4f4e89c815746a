// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fragments of four datagrams, in any order, with any lies, against a model that keeps who wrote
 * each byte. Six bytes of input make a fragment:
 *
 *   datagram(2) more(1) repeat(1) snap(1) short offset(1) odd length(1) spare(1)
 *   offset(16) in units of eight | length(8), in units of eight unless odd | time step(4)
 * release(1) other bytes(3) | which fragment is repeated, or how much the snap length leaves
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rd.h"
#include "base/time.h"
#include "decode/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { RAW = 101, KEYS = 4, STEPS = 400, ROOM = 65536, TOTAL = 65535 };

static const struct kind {
	bool v6;
	uint8_t proto;
	uint8_t before; /* what counts towards the limit besides the data */
	uint8_t header; /* of the transport */
	int64_t limit_ns;
} kinds[KEYS] = {
	{false, 17, 20, 8, 30 * NS_PER_S},
	{true, 17, 0, 8, 60 * NS_PER_S},
	{false, 6, 20, 20, 30 * NS_PER_S}, /* the identification of the first, and no UDP */
	{true, 17, 8, 8, 60 * NS_PER_S},
};

struct piece {
	uint32_t key, offset, wire, captured, version;
	bool more;
};

enum state { UNUSED, OPEN, DONE, DEAD };

struct model {
	enum state state;
	int64_t ts_ns;
	uint8_t b[ROOM];
	uint16_t owner[ROOM]; /* number of the piece, from 1 on */
	struct piece piece[STEPS];
	uint16_t n;
	bool has_total, empty_last, has_first;
	uint32_t reach, total, have, early;
};

struct run {
	struct decoder *d;
	struct model m[KEYS];
	uint64_t begun, whole, late, overlap, orphans;
	int64_t ts_ns;
	uint32_t frames;
};

static void check(bool good)
{
	if (!good)
		abort();
}

static uint8_t byte_at(const struct piece *p, uint32_t at)
{
	static const uint8_t tcp[20] = {0, 9, 0, 88, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 0x10};
	static const uint8_t udp[8] = {0, 9, 0, 88};

	if (at < kinds[p->key].header)
		return kinds[p->key].proto == 6 ? tcp[at] : udp[at];
	return (uint8_t)(at * 7 + at / 251 + p->version * 31);
}

static size_t headers(const struct piece *p, uint8_t *b)
{
	const struct kind *k = &kinds[p->key];
	uint32_t flags = p->offset / 8;

	if (!k->v6) {
		uint32_t total = 20 + p->wire;
		const uint8_t v4[20] = {0x45,
					0,
					(uint8_t)(total >> 8),
					(uint8_t)total,
					0,
					7,
					(uint8_t)(flags >> 8 | (p->more ? 0x20 : 0)),
					(uint8_t)flags,
					64,
					k->proto,
					0,
					0,
					10,
					0,
					0,
					1,
					10,
					0,
					0,
					2};

		memcpy(b, v4, sizeof v4);
		return sizeof v4;
	}

	uint32_t length = k->before + 8 + p->wire;
	size_t n = 40;

	memset(b, 0, 56);
	b[0] = 0x60;
	b[4] = (uint8_t)(length >> 8);
	b[5] = (uint8_t)length;
	b[6] = k->before ? 0 : 44;
	b[8] = 0xfd;
	b[23] = 1;
	b[24] = 0xfd;
	b[39] = 2;
	if (k->before) {
		b[n] = 44; /* hop-by-hop options, padded */
		b[n + 2] = 1;
		b[n + 3] = 4;
		n += 8;
	}
	b[n] = k->proto;
	b[n + 2] = (uint8_t)(flags >> 5);
	b[n + 3] = (uint8_t)(flags << 3 | p->more);
	b[n + 7] = (uint8_t)(7 + k->before);
	return n + 8;
}

/* Two equal fragments. */
static bool same(const struct piece *a, const struct piece *b)
{
	if (a->offset != b->offset || a->wire != b->wire)
		return false;
	for (uint32_t i = 0; i < a->wire; i++)
		if (byte_at(a, a->offset + i) != byte_at(b, a->offset + i))
			return false;
	return true;
}

/* What an open datagram makes of a good fragment. */
static void put(struct run *r, struct model *m, const struct piece *p, bool *ret_copy)
{
	uint32_t end = p->offset + p->wire;
	bool touched = false, seen = false, wrong = false;

	for (uint32_t i = 0; i < m->n; i++) {
		seen |= same(&m->piece[i], p);
		wrong |= !p->more && m->piece[i].offset + m->piece[i].wire > end;
	}
	for (uint32_t i = p->offset; i < end; i++)
		touched |= m->owner[i] != 0;
	if (m->has_total)
		wrong |= p->more ? end > m->total || (end == m->total && !m->empty_last)
				 : end != m->total;
	if (!wrong && (p->wire ? seen : m->has_total) && (p->more || m->has_total)) {
		*ret_copy = true;
		return;
	}
	if (wrong || touched) {
		m->state = DEAD;
		r->overlap++;
		return;
	}
	m->piece[m->n++] = *p;
	for (uint32_t i = p->offset; i < end; i++) {
		m->owner[i] = m->n;
		m->b[i] = byte_at(p, i);
	}
	m->have += p->wire;
	m->reach = end > m->reach ? end : m->reach;
	if (!p->more && !m->has_total) {
		m->has_total = true;
		m->total = end;
		m->empty_last = p->wire == 0;
	}
	if (m->has_total && m->have == m->total) {
		m->state = DONE;
		r->whole++;
	}
}

static bool repeats(const struct model *m, const struct piece *p)
{
	uint32_t end = p->offset + p->wire;

	if (p->more ? end > m->total : end != m->total)
		return false;
	for (uint32_t i = 0; i < p->captured; i++)
		if (m->b[p->offset + i] != byte_at(p, p->offset + i))
			return false;
	return true;
}

/* Returns true when the fragment is the one that was missing. */
static bool arrive(struct run *r, struct model *m, const struct piece *p, bool *ret_copy)
{
	const struct kind *k = &kinds[p->key];
	int64_t age = r->ts_ns - m->ts_ns;

	if (m->state != UNUSED && (age > k->limit_ns || age < -k->limit_ns)) {
		r->late += m->state == OPEN;
		m->state = UNUSED;
	}
	if (m->state == DONE) {
		*ret_copy = repeats(m, p);
		if (!*ret_copy)
			m->state = UNUSED;
	}
	if (m->state == UNUSED) {
		memset(m->owner, 0, m->reach * sizeof *m->owner);
		m->n = 0;
		m->has_total = m->empty_last = m->has_first = false;
		m->reach = m->total = m->have = m->early = 0;
		m->state = OPEN;
		m->ts_ns = r->ts_ns;
		r->begun++;
	}
	if (m->state != OPEN || p->captured < p->wire ||
	    (p->more && (p->wire == 0 || p->wire % 8)) || k->before + p->offset + p->wire > TOTAL)
		return false;
	put(r, m, p, ret_copy);
	return m->state == DONE;
}

static void one(struct run *r, const struct piece *p)
{
	const struct kind *kind = &kinds[p->key];
	struct model *m = &r->m[p->key];
	uint8_t head[64];
	size_t before = headers(p, head);
	uint8_t *frame = malloc(before + p->captured);
	bool tcp = kind->proto == 6, first = p->offset == 0, copy = false;
	struct packet k;

	check(frame != NULL);
	memcpy(frame, head, before);
	for (uint32_t i = 0; i < p->captured; i++)
		frame[before + i] = byte_at(p, p->offset + i);

	bool done = arrive(r, m, p, &copy);
	enum decode_skip skip = decode_frame(r->d, RAW, frame, (uint32_t)before + p->captured,
					     (uint32_t)before + p->wire, r->ts_ns, ++r->frames, &k);
	const struct decode_stats *s = decoder_stats(r->d);
	bool good = first ? p->captured >= (tcp ? 14 : 8) && p->wire >= kind->header : m->has_first;
	uint32_t early = 0;

	if (first) {
		/* Cut inside of its header, it is skipped and tells nothing. */
		m->has_first |= p->captured >= (p->captured < p->wire ? (tcp ? 14 : 8) : 4);
		if (good) {
			early = m->early;
			m->early = 0;
			r->orphans -= early;
		}
		check(good == (skip == DECODE_OK));
	} else if (!m->has_first) {
		check(skip == SKIP_FRAG_ORPHAN);
		r->orphans++;
		m->early += !copy;
	} else {
		check(skip == DECODE_OK && k.later_fragment && k.sport == 9 && k.dport == 88);
		check(k.payload_wire == p->wire && k.payload_len == p->captured);
	}
	if (good) {
		check(k.early.n == early);
		/* A header that is spread over fragments is read when they are put together. */
		check((k.whole != NULL) == (done && m->total >= kind->header));
	}
	if (good && k.whole) {
		check(k.whole_len == m->total - kind->header);
		check(memcmp(k.whole, m->b + kind->header, k.whole_len) == 0);
		check(!tcp || k.whole_seq == 0x01020304);
	}
	check(s->fragments.whole == r->whole && s->fragments.late == r->late);
	check(s->fragments.overlap == r->overlap && s->fragments.shed == 0);
	check(s->by[SKIP_FRAG_ORPHAN] == r->orphans);
	free(frame);
}

static bool next(struct rd *in, const struct piece *before, uint32_t n, struct run *r,
		 struct piece *ret)
{
	static const int16_t steps[] = {0, 0, 0, 0, 0, 0, 0, 1, 2, 10, 29, 31, 61, -1, -20, -40};
	uint8_t what = rd_u8(in);
	uint16_t at = rd_be16(in);
	uint8_t length = rd_u8(in), when = rd_u8(in), which = rd_u8(in);

	if (rd_short(in))
		return false;
	r->ts_ns += steps[when & 15] * NS_PER_S;
	if (when & 16)
		decoder_release(r->d);
	if (what & 8 && n) {
		*ret = before[which % n];
		return true;
	}
	*ret = (struct piece){
		.key = what & 3,
		.offset = (what & 32 ? at & 31u : at & 0x1fffu) * 8,
		.wire = what & 64 ? length : length * UINT32_C(8),
		.version = when >> 5,
		.more = what & 4 || (what & 32 ? at & 31u : at & 0x1fffu) == 0,
	};
	ret->captured = ret->wire;
	if (what & 16 && which < ret->wire)
		ret->captured = which;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct run *r = calloc(1, sizeof *r);
	struct piece *seen = calloc(STEPS, sizeof *seen);
	struct rd in = rd_over(p, n);
	uint32_t steps = 0;
	uint64_t sum = 0;

	check(r && seen);
	r->d = decoder_new();
	check(r->d != NULL);
	while (steps < STEPS && next(&in, seen, steps, r, &seen[steps]))
		one(r, &seen[steps++]);
	decoder_end(r->d);

	const struct decode_stats *s = decoder_stats(r->d);

	for (size_t i = 0; i < DECODE_N; i++)
		sum += s->by[i];
	check(s->read == steps && sum == steps);
	check(r->begun == s->fragments.whole + s->fragments.late + s->fragments.overlap);
	decoder_free(r->d);
	free(seen);
	free(r);
	return 0;
}
