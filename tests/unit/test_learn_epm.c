// SPDX-License-Identifier: BSD-2-Clause
/* Answers of the endpoint mapper: as Windows and Samba write them, as nobody should, and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "build.h"
#include "learn/epm.h"
#include "recognise/rpc_iface.h"

#define DRSUAPI  "e3514235-4b06-11d1-ab04-00c04fc2dcd2"
#define NETLOGON "12345678-1234-abcd-ef00-01234567cffb"

static const uint32_t NOT_REGISTERED = 0x16c9a0d6;

/* What the sink was told. */
struct heard {
	struct granted g[EPM_TOWERS_MAX];
	size_t n;
};

static void hear(void *user, const struct granted *g)
{
	struct heard *h = user;

	assert_true(h->n < EPM_TOWERS_MAX);
	assert_true(memchr(g->name, 0, sizeof g->name) != NULL);
	assert_true((g->port != 0) == (g->proto == GRANTED_TCP || g->proto == GRANTED_UDP ||
				       g->proto == GRANTED_HTTP));
	h->g[h->n++] = *g;
}

/* A writer of stubs. */
struct writer {
	uint8_t p[STUB_MAX];
	size_t n;
	bool little, wide;
};

static void put(struct writer *w, uint64_t v, size_t n)
{
	while (w->n % n)
		w->p[w->n++] = 0xaa; /* padding may be anything */
	for (size_t i = 0; i < n; i++)
		w->p[w->n++] = (uint8_t)(v >> 8 * (w->little ? i : n - 1 - i));
}

static void put_count(struct writer *w, uint64_t v)
{
	put(w, v, w->wide ? 8 : 4);
}

static void put_bytes(struct writer *w, const void *p, size_t n)
{
	memcpy(w->p + w->n, p, n);
	w->n += n;
}

/* One tower to be written. */
struct spec {
	const char *uuid; /* NULL: a null pointer in its place */
	uint8_t rpc;      /* 0: 0x0b */
	uint8_t id;       /* floor 4 */
	uint16_t port;
	const char *text;    /* instead of a port */
	uint32_t address;    /* floor 5 */
	const char *netbios; /* instead of an address */
	bool no_address;     /* four floors */
	uint16_t minor;
	const char *note; /* annotation in lookup */
	uint32_t ref;     /* 0: its own */
};

static size_t le16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	return 2;
}

static size_t put_floor(uint8_t *p, const void *lhs, size_t n_lhs, const void *rhs, size_t n_rhs)
{
	size_t n = le16(p, (unsigned)n_lhs);

	memcpy(p + n, lhs, n_lhs);
	n += n_lhs;
	n += le16(p + n, (unsigned)n_rhs);
	memcpy(p + n, rhs, n_rhs);
	return n + n_rhs;
}

static size_t uuid_floor(uint8_t *p, const char *text, uint16_t major, uint16_t minor)
{
	static const uint8_t from[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t uuid[16], lhs[19] = {0x0d}, rhs[2];

	assert_true(rpc_uuid_parse(text, uuid));
	for (int i = 0; i < 16; i++)
		lhs[1 + i] = uuid[from[i]];
	le16(lhs + 17, major);
	le16(rhs, minor);
	return put_floor(p, lhs, sizeof lhs, rhs, sizeof rhs);
}

static size_t tower(const struct spec *s, uint8_t *p)
{
	const uint8_t rpc = s->rpc ? s->rpc : 0x0b, zero[2] = {0};
	const uint8_t port[2] = {(uint8_t)(s->port >> 8), (uint8_t)s->port};
	const uint8_t ip[4] = {(uint8_t)(s->address >> 24), (uint8_t)(s->address >> 16),
			       (uint8_t)(s->address >> 8), (uint8_t)s->address};
	size_t n = le16(p, s->no_address ? 4 : 5);

	n += uuid_floor(p + n, s->uuid, 4, s->minor);
	n += uuid_floor(p + n, "8a885d04-1ceb-11c9-9fe8-08002b104860", 2, 0);
	n += put_floor(p + n, &rpc, 1, zero, 2);
	n += s->text ? put_floor(p + n, &s->id, 1, s->text, strlen(s->text) + 1)
		     : put_floor(p + n, &s->id, 1, port, 2);
	if (s->no_address)
		return n;
	return n + (s->netbios ? put_floor(p + n, "\x11", 1, s->netbios, strlen(s->netbios) + 1)
			       : put_floor(p + n, "\x09", 1, ip, 4));
}

/* The answer to a question for `max` towers. */
static void write_answer(struct writer *w, unsigned opnum, size_t max, const struct spec *t,
			 size_t n, uint32_t status)
{
	static const uint8_t handle[20] = {[4] = 9};

	put_bytes(w, handle, sizeof handle);
	put(w, n, 4);
	put_count(w, max);
	put_count(w, 0);
	put_count(w, n);
	for (size_t i = 0; i < n; i++) {
		const uint32_t ref = t[i].ref ? t[i].ref : 3 + (uint32_t)i;

		if (opnum == EPM_LOOKUP) {
			const char *note = t[i].note ? t[i].note : "";

			put(w, 0x01020304, w->wide ? 8 : 4);
			w->n -= w->wide ? 8 : 4;
			put_bytes(w, "0123456789abcdef", 16);
			put_count(w, t[i].uuid ? ref : 0);
			put_count(w, 0);
			put_count(w, strlen(note) + 1);
			put_bytes(w, note, strlen(note) + 1);
		} else {
			put_count(w, t[i].uuid ? ref : 0);
		}
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t octets[512];
		bool first = true;

		if (!t[i].uuid)
			continue;
		for (size_t k = 0; k < i && t[i].ref == 0x1001; k++)
			first &= t[k].ref != t[i].ref;
		if (!first) /* 0x1001: an alias of the one before */
			continue;

		const size_t size = tower(&t[i], octets);

		put_count(w, size);
		put(w, size, 4);
		put_bytes(w, octets, size);
	}
	put(w, status, 4);
}

static struct stub stub_of(const struct writer *w, uint16_t opnum)
{
	struct stub s = {
		.major = 3,
		.opnum = opnum,
		.syntax = w->wide ? RPC_NDR64 : RPC_NDR,
		.little = w->little,
		.p = w->p,
		.n = w->n,
	};

	memcpy(s.uuid, epm_uuid, sizeof s.uuid);
	return s;
}

static enum epm_result read_stub(const struct stub *s, struct heard *h)
{
	/* Exactly as long as it is, so that a sanitizer sees a read beyond. */
	uint8_t *exact = malloc(s->n ? s->n : 1);
	struct stub copy = *s;

	assert_non_null(exact);
	memcpy(exact, s->p, s->n);
	copy.p = exact;
	h->n = 0;

	const enum epm_result r = epm_read(&copy, hear, h);

	assert_true(r == EPM_OK || (r == EPM_PARTIAL && h->n) || !h->n);
	free(exact);
	return r;
}

static void assert_iface(const struct granted *g, const char *uuid, unsigned major)
{
	char text[RPC_UUID_TEXT];

	assert_true(g->has_iface);
	assert_string_equal(rpc_uuid_format(g->uuid, text), uuid);
	assert_int_equal(g->major, major);
}

/* ---- as hosts write them ---- */

static const char map_ndr[] =
	"0000000000000000000000000000000000000000 01000000 04000000 00000000 01000000 03000000"
	"4b000000 4b000000 0500 1300 0d354251e3064bd111ab0400c04fc2dcd20400 0200 0000"
	"1300 0d045d888aeb1cc9119fe808002b1048600200 0200 0000 0100 0b 0200 0000"
	"0100 07 0200 c203 0100 09 0400 0a000005 00 00000000";
static const char map_ndr64[] =
	"0000000000000000000000000000000000000000 01000000 0400000000000000 0000000000000000"
	"0100000000000000 0300000000000000 4b00000000000000 4b000000"
	"0500 1300 0d354251e3064bd111ab0400c04fc2dcd20400 0200 0000"
	"1300 0d045d888aeb1cc9119fe808002b1048600200 0200 0000 0100 0b 0200 0000"
	"0100 07 0200 c203 0100 09 0400 0a000005 00 00000000";

static void one_tower_in_either_layout(void **state)
{
	static const char *const text[] = {map_ndr, map_ndr64};

	for (int i = 0; i < 2; i++)
		for (int assumed = 0; assumed < 2; assumed++) {
			struct writer w = {.little = true, .wide = i};
			struct heard h;

			w.n = unhex(text[i], w.p, sizeof w.p);

			struct stub s = stub_of(&w, EPM_MAP);

			s.assumed = assumed;
			assert_int_equal(read_stub(&s, &h), EPM_OK);
			assert_int_equal(h.n, 1);
			assert_iface(&h.g[0], DRSUAPI, 4);
			assert_int_equal(h.g[0].how, GRANT_EPM);
			assert_int_equal(h.g[0].proto, GRANTED_TCP);
			assert_int_equal(h.g[0].port, 49667);
			assert_true(h.g[0].has_alias);

			struct addr a = A("10.0.0.5");

			assert_true(addr_equal(&h.g[0].alias, &a));
			assert_string_equal(h.g[0].name, "");
		}
}

/* All the ends that a service can have, in every layout and order. */
static const struct spec many[] = {
	{.uuid = DRSUAPI, .id = 0x07, .port = 49667, .address = 0x0a000005, .note = "MS NT"},
	{.uuid = NULL, .note = "nobody"},
	{.uuid = NETLOGON, .id = 0x07, .port = 135, .minor = 7},
	{.uuid = NETLOGON, .rpc = 0x0a, .id = 0x08, .port = 1025, .address = 0x0a000006},
	{.uuid = DRSUAPI, .id = 0x1f, .port = 593, .address = 0x0a000005},
	{.uuid = DRSUAPI, .id = 0x0f, .text = "\\pipe\\lsass", .netbios = "\\\\DC01"},
	{.uuid = DRSUAPI, .id = 0x10, .text = "\\PIPE\\protected_storage", .netbios = "\\\\DC01"},
	{.uuid = DRSUAPI, .rpc = 0x0c, .id = 0x10, .text = "NTDS_LPC", .no_address = true},
	{.uuid = DRSUAPI, .id = 0x07, .port = 0, .address = 0x0a000005},
	{.uuid = DRSUAPI, .id = 0x05, .port = 77, .address = 0x0a000005},
};
static const struct {
	enum granted_proto proto;
	uint16_t port;
	const char *name;
} many_said[] = {
	{GRANTED_TCP, 49667, ""},
	{GRANTED_TCP, 135, ""},
	{GRANTED_UDP, 1025, ""},
	{GRANTED_HTTP, 593, ""},
	{GRANTED_PIPE, 0, "\\pipe\\lsass"},
	{GRANTED_PIPE, 0, "\\PIPE\\protected_storage"},
	{GRANTED_NONE, 0, "NTDS_LPC"},
	{GRANTED_NONE, 0, ""},
	{GRANTED_NONE, 0, ""},
};

static void assert_many(const struct heard *h, unsigned opnum)
{
	assert_int_equal(h->n, N_ELEMENTS(many_said));
	for (size_t i = 0; i < h->n; i++) {
		assert_int_equal(h->g[i].proto, many_said[i].proto);
		assert_int_equal(h->g[i].port, many_said[i].port);
		assert_string_equal(h->g[i].name, many_said[i].name);
		assert_int_equal(h->g[i].how, opnum == EPM_MAP ? GRANT_EPM : GRANT_EPM_LOOKUP);
	}
	assert_iface(&h->g[1], NETLOGON, 4);
	assert_int_equal(h->g[1].minor, 7);
	assert_false(h->g[1].has_alias); /* 0.0.0.0: what IPv6 looks like, MS-RPCE 2.1.1.1 */
	assert_true(h->g[2].has_alias);
}

static void every_end_of_a_service(void **state)
{
	for (unsigned i = 0; i < 16; i++) {
		static struct writer w;
		static struct heard h;
		const unsigned opnum = i & 1 ? EPM_LOOKUP : EPM_MAP;

		w = (struct writer){.little = i & 2, .wide = i & 4};
		write_answer(&w, opnum, 500, many, N_ELEMENTS(many), 0);

		struct stub s = stub_of(&w, (uint16_t)opnum);

		s.assumed = i & 8;
		assert_int_equal(read_stub(&s, &h), EPM_OK);
		assert_many(&h, opnum);
	}
}

static void nothing_is_registered(void **state)
{
	for (unsigned i = 0; i < 8; i++) {
		static struct writer w;
		static struct heard h;
		const unsigned opnum = i & 1 ? EPM_LOOKUP : EPM_MAP;

		w = (struct writer){.little = i & 2, .wide = i & 4};
		write_answer(&w, opnum, 4, NULL, 0, NOT_REGISTERED);

		struct stub s = stub_of(&w, (uint16_t)opnum);

		assert_int_equal(read_stub(&s, &h), EPM_NOT_REGISTERED);
		s.assumed = true;
		assert_int_equal(read_stub(&s, &h), EPM_NOT_REGISTERED);
	}
}

/* Any other status without a tower says nothing, and from a stranger nothing at all. */
static void other_statuses(void **state)
{
	struct writer w = {.little = true};
	struct heard h;

	write_answer(&w, EPM_MAP, 4, NULL, 0, 5);

	struct stub s = stub_of(&w, EPM_MAP);

	assert_int_equal(read_stub(&s, &h), EPM_OK);
	s.assumed = true;
	assert_int_equal(read_stub(&s, &h), EPM_BAD);

	w = (struct writer){.little = true};
	write_answer(&w, EPM_MAP, 4, many, 1, 5);
	s = stub_of(&w, EPM_MAP);
	assert_int_equal(read_stub(&s, &h), EPM_OK);
	assert_int_equal(h.n, 1);
	s.assumed = true;
	assert_int_equal(read_stub(&s, &h), EPM_BAD);
}

/* ---- pointers ---- */

static void the_same_pointer_twice(void **state)
{
	struct spec t[3] = {many[0], many[2], many[3]};

	for (unsigned i = 0; i < 4; i++) {
		static struct writer w;
		static struct heard h;
		const bool alias = i & 2;

		for (int k = 0; k < 3; k++) /* 0x1001 is written once, 0x20000 each time */
			t[k].ref = alias ? 0x1001 : 0x20000;
		w = (struct writer){.little = true, .wide = i & 1};
		write_answer(&w, EPM_MAP, 4, t, 3, 0);

		struct stub s = stub_of(&w, EPM_MAP);

		assert_int_equal(read_stub(&s, &h), EPM_OK);
		assert_int_equal(h.n, alias ? 1 : 3);
		assert_int_equal(h.g[0].port, 49667);
		s.assumed = true;
		assert_int_equal(read_stub(&s, &h), EPM_OK);
	}
}

static void more_towers_than_are_read(void **state)
{
	static struct spec t[EPM_TOWERS_MAX + 1];
	static struct writer w;
	static struct heard h;

	for (size_t i = 0; i < N_ELEMENTS(t); i++) {
		t[i] = many[0];
		t[i].port = (uint16_t)(1000 + i);
	}
	w = (struct writer){.little = true};
	write_answer(&w, EPM_MAP, 1000, t, EPM_TOWERS_MAX, 0);

	struct stub s = stub_of(&w, EPM_MAP);

	assert_int_equal(read_stub(&s, &h), EPM_OK);
	assert_int_equal(h.n, EPM_TOWERS_MAX);
	assert_int_equal(h.g[EPM_TOWERS_MAX - 1].port, 1000 + EPM_TOWERS_MAX - 1);

	w = (struct writer){.little = true};
	write_answer(&w, EPM_MAP, 1000, t, N_ELEMENTS(t), 0);
	s = stub_of(&w, EPM_MAP);
	assert_int_equal(read_stub(&s, &h), EPM_OK);
	assert_int_equal(h.n, EPM_TOWERS_MAX);
	s.assumed = true;
	assert_int_equal(read_stub(&s, &h), EPM_BAD);

	/* The same many, but found by their form. */
	s.assumed = false;
	w.p[20] ^= 0xff;
	assert_int_equal(read_stub(&s, &h), EPM_PARTIAL);
	assert_int_equal(h.n, EPM_TOWERS_MAX);
}

/* ---- what does not fit ---- */

static void every_truncation(void **state)
{
	for (unsigned i = 0; i < 8; i++) {
		static struct writer w;
		static struct heard h;
		const unsigned opnum = i & 1 ? EPM_LOOKUP : EPM_MAP;

		w = (struct writer){.little = i & 2, .wide = i & 4};
		write_answer(&w, opnum, 500, many, N_ELEMENTS(many), 0);
		for (size_t n = 0, last = 0; n < w.n; n++) {
			struct stub s = stub_of(&w, (uint16_t)opnum);

			s.n = n;
			s.cut = true;

			const enum epm_result r = read_stub(&s, &h);

			assert_true(r == EPM_PARTIAL || r == EPM_BAD);
			assert_true(h.n >= last);
			last = h.n;
			/* What is found in a part is in the whole: towers of five floors. */
			for (size_t k = 0, at = 0; k < h.n; k++, at++) {
				while (at < N_ELEMENTS(many_said) &&
				       (many_said[at].proto != h.g[k].proto ||
					many_said[at].port != h.g[k].port))
					at++;
				assert_true(at < N_ELEMENTS(many_said));
			}
			s.assumed = true;
			assert_int_equal(read_stub(&s, &h), EPM_BAD);
			assert_int_equal(h.n, 0);
		}
	}
}

static void a_byte_more_is_no_answer_from_a_stranger(void **state)
{
	struct writer w = {.little = true};
	struct heard h;

	write_answer(&w, EPM_MAP, 4, many, 1, 0);
	w.p[w.n++] = 0;

	struct stub s = stub_of(&w, EPM_MAP);

	assert_int_equal(read_stub(&s, &h), EPM_OK);
	s.assumed = true;
	assert_int_equal(read_stub(&s, &h), EPM_BAD);
	s.n--;
	assert_int_equal(read_stub(&s, &h), EPM_OK);
	s.cut = true;
	assert_int_equal(read_stub(&s, &h), EPM_BAD);
}

/* More octets than floors, which a server that answers may send, and a stranger may not. */
static void a_tower_with_something_behind_it(void **state)
{
	struct writer w = {.little = true};
	struct heard h;
	uint8_t octets[512];
	const size_t size = tower(&many[0], octets);

	write_answer(&w, EPM_MAP, 4, NULL, 0, 0);
	w.p[20] = w.p[32] = 1;
	w.n -= 4;
	put(&w, 3, 4);
	put(&w, size + 1, 4);
	put(&w, size + 1, 4);
	put_bytes(&w, octets, size + 1);
	put(&w, 0, 4);

	struct stub s = stub_of(&w, EPM_MAP);

	assert_int_equal(read_stub(&s, &h), EPM_PARTIAL);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.g[0].port, 49667);
	s.assumed = true;
	assert_int_equal(read_stub(&s, &h), EPM_BAD);
}

/* The last answers of a lookup have entries, and that there are no more. */
static void entries_and_no_more(void **state)
{
	static struct writer w;
	static struct heard h;

	w = (struct writer){.little = true};
	write_answer(&w, EPM_LOOKUP, 4, many, 3, NOT_REGISTERED);

	struct stub s = stub_of(&w, EPM_LOOKUP);

	assert_int_equal(read_stub(&s, &h), EPM_OK);
	assert_int_equal(h.n, 2);
}

/* A guess at layout, order or opnum that is wrong must not find anything. */
static void wrong_guesses_find_nothing(void **state)
{
	for (unsigned i = 0; i < 64; i++) {
		static struct writer w;
		static struct heard h;
		const unsigned opnum = i & 1 ? EPM_LOOKUP : EPM_MAP;
		const unsigned guess = i >> 3;

		if (guess == (i & 7))
			continue;
		w = (struct writer){.little = i & 2, .wide = i & 4};
		write_answer(&w, opnum, 4, many, 3, 0);

		struct stub s = stub_of(&w, guess & 1 ? EPM_LOOKUP : EPM_MAP);

		s.little = guess & 2;
		s.syntax = guess & 4 ? RPC_NDR64 : RPC_NDR;
		s.assumed = true;
		assert_int_equal(read_stub(&s, &h), EPM_BAD);
		s.assumed = false; /* but its towers are still seen for what they are */
		assert_int_equal(read_stub(&s, &h), EPM_PARTIAL);
		assert_int_equal(h.n, 2);
		assert_int_equal(h.g[0].port, 49667);
		assert_int_equal(h.g[1].port, 135);
	}
}

/* Counts that promise more than there is, or contradict each other. */
static void hostile_counts(void **state)
{
	static const struct {
		size_t at; /* in map_ndr */
		uint32_t v;
	} row[] = {
		{20, 0},          {20, 2},          {20, UINT32_MAX}, {24, 0},
		{28, 1},          {28, UINT32_MAX}, {32, 0},          {32, 2},
		{32, UINT32_MAX}, {36, 0},          {40, 0},          {40, 0x4a},
		{40, UINT32_MAX}, {44, 0},          {44, 0x4c},       {44, UINT32_MAX},
	};

	for (size_t i = 0; i < N_ELEMENTS(row); i++) {
		struct writer w = {.little = true};
		struct heard h;

		w.n = unhex(map_ndr, w.p, sizeof w.p);
		for (int k = 0; k < 4; k++)
			w.p[row[i].at + (size_t)k] = (uint8_t)(row[i].v >> 8 * k);

		struct stub s = stub_of(&w, EPM_MAP);
		const enum epm_result r = read_stub(&s, &h);

		/* Pointer null: no tower, and bytes that nobody promised. */
		assert_int_equal(r, row[i].at == 36 ? EPM_OK : EPM_PARTIAL);
		assert_int_equal(h.n, r == EPM_PARTIAL);
		s.assumed = true;
		assert_int_equal(read_stub(&s, &h), EPM_BAD);
	}
}

/* All bytes of an answer in turn to several values: nothing is read beyond, and from a stranger
 * nothing is believed that is not whole. */
static void every_byte_changed(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		static struct writer w;
		static struct heard h;
		const unsigned opnum = i & 1 ? EPM_LOOKUP : EPM_MAP;

		w = (struct writer){.little = true, .wide = i & 2};
		write_answer(&w, opnum, 4, many, 3, 0);
		for (size_t at = 0; at < w.n; at++)
			for (unsigned v = 0; v < 5; v++) {
				static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
				const uint8_t was = w.p[at];
				struct stub s = stub_of(&w, (uint16_t)opnum);

				w.p[at] = values[v];
				(void)read_stub(&s, &h);
				s.assumed = true;

				const enum epm_result r = read_stub(&s, &h);

				assert_true(r == EPM_BAD || r == EPM_OK);
				assert_true(r == EPM_BAD || h.n == 2);
				w.p[at] = was;
			}
	}
}

static void an_annotation_that_is_too_long(void **state)
{
	static struct writer w;
	static struct heard h;
	struct spec t = many[0];
	char note[66];

	memset(note, 'x', sizeof note);
	note[63] = '\0';
	t.note = note;
	w = (struct writer){.little = true};
	write_answer(&w, EPM_LOOKUP, 4, &t, 1, 0);

	struct stub s = stub_of(&w, EPM_LOOKUP);

	s.assumed = true;
	assert_int_equal(read_stub(&s, &h), EPM_OK);
	note[63] = 'x';
	note[64] = '\0';
	w = (struct writer){.little = true};
	write_answer(&w, EPM_LOOKUP, 4, &t, 1, 0);
	s = stub_of(&w, EPM_LOOKUP);
	assert_int_equal(read_stub(&s, &h), EPM_PARTIAL);
	assert_int_equal(h.n, 1);
}

/* Where an NDR64 structure that ends in an array ends is a matter of opinion. */
static void a_gap_before_the_status(void **state)
{
	struct writer w = {.little = true, .wide = true};
	struct spec t = {.uuid = DRSUAPI, .id = 0x0f, .text = "\\pipe\\ab", .netbios = "A"};
	struct heard h;

	write_answer(&w, EPM_MAP, 4, &t, 1, 0);
	while (w.n % 8) { /* the status is to stand where 8 bytes could not */
		w = (struct writer){.little = true, .wide = true};
		t.text++;
		write_answer(&w, EPM_MAP, 4, &t, 1, 0);
	}
	put_bytes(&w, "\0\0\0\0", 4);

	struct stub s = stub_of(&w, EPM_MAP);

	s.assumed = true;
	assert_int_equal(read_stub(&s, &h), EPM_OK);
	assert_int_equal(h.n, 1);
}

/* ---- towers ---- */

static void towers_cut_and_bent(void **state)
{
	uint8_t p[512];
	struct granted g;

	for (size_t i = 0; i < N_ELEMENTS(many); i++) {
		if (!many[i].uuid)
			continue;

		const size_t n = tower(&many[i], p);

		assert_int_equal(tower_size(p, n), n);
		assert_int_equal(tower_size(p, n + 5), n);
		assert_true(tower_read(p, n, &g));
		assert_true(tower_read(p, n + 5, &g));
		memset(&g, 0x5a, sizeof g);
		for (size_t k = 0; k < n; k++) {
			uint8_t *exact = malloc(k ? k : 1);

			assert_non_null(exact);
			memcpy(exact, p, k);
			assert_false(tower_read(exact, k, &g));
			assert_int_equal(tower_size(exact, k), 0);
			free(exact);
		}
		for (size_t k = 0; k < sizeof g; k++)
			assert_int_equal(((const uint8_t *)&g)[k], 0x5a); /* untouched */
	}
	tower(&many[0], p);
	for (uint8_t floors = 0; floors < 3; floors++) {
		p[0] = floors;
		assert_false(tower_read(p, sizeof p, &g));
	}
	p[0] = 3; /* whom and how, but nowhere */
	assert_true(tower_read(p, sizeof p, &g));
	assert_int_equal(g.proto, GRANTED_NONE);
	assert_int_equal(g.port, 0);
	p[0] = 5;
	p[4] = 0x0e; /* no UUID where the interface is */
	assert_false(tower_read(p, sizeof p, &g));
	p[4] = 0x0d;
	p[29] = 0x0e; /* no UUID where the transfer syntax is */
	assert_false(tower_read(p, sizeof p, &g));
}

static void names_are_made_harmless(void **state)
{
	char text[101];
	struct spec t = {
		.uuid = DRSUAPI, .id = 0x0f, .text = "\\pipe\\a\x1b[31m\xe4\n", .netbios = "X"};
	uint8_t p[512];
	struct granted g;

	assert_true(tower_read(p, tower(&t, p), &g));
	assert_string_equal(g.name, "\\pipe\\a?[31m??");

	memset(text, 'n', 100);
	text[100] = '\0';
	t.text = text;
	assert_true(tower_read(p, tower(&t, p), &g));
	assert_int_equal(strlen(g.name), GRANTED_NAME - 1);

	t.text = "";
	assert_true(tower_read(p, tower(&t, p), &g));
	assert_int_equal(g.proto, GRANTED_PIPE);
	assert_string_equal(g.name, "");
}

/* Sides of a length that their protocol does not have. */
static void sides_of_another_length(void **state)
{
	const struct spec t = {.uuid = DRSUAPI, .id = 0x07, .port = 5000, .address = 0x0a000005};
	uint8_t p[512] = {5, 0}, iface[64], syntax[64];
	uint8_t lhs[20] = {0x0d}, rhs[4] = {0};
	const size_t whole = tower(&t, p), n_iface = uuid_floor(iface, DRSUAPI, 4, 0),
		     n_syntax = uuid_floor(syntax, NETLOGON, 2, 0);
	struct granted g;
	uint8_t q[512] = {5, 0};
	size_t n;

	assert_true(tower_read(p, whole, &g));

	/* An interface with a byte too many, and one without a minor version. */
	n = 2 + put_floor(q + 2, lhs, 20, rhs, 2);
	memcpy(q + n, p + 2 + n_iface, whole - 2 - n_iface);
	assert_false(tower_read(q, n + whole - 2 - n_iface, &g));
	n = 2 + put_floor(q + 2, lhs, 19, rhs, 1);
	memcpy(q + n, p + 2 + n_iface, whole - 2 - n_iface);
	assert_false(tower_read(q, n + whole - 2 - n_iface, &g));

	/* Identifiers of two bytes are other identifiers; an address of three is none. */
	memcpy(q + 2, iface, n_iface);
	memcpy(q + 2 + n_iface, syntax, n_syntax);
	n = 2 + n_iface + n_syntax;
	n += put_floor(q + n, "\x0c\x01", 2, rhs, 2);
	n += put_floor(q + n, "\x07\x01", 2, "\x13\x88", 2);
	n += put_floor(q + n, "\x10", 1, "pipe", 5);
	n += put_floor(q + n, "\x09", 1, "\x0a\x00\x00\x05\x00", 5);
	q[0] = 6;
	assert_true(tower_read(q, n, &g));
	assert_int_equal(g.proto, GRANTED_PIPE);
	assert_int_equal(g.port, 0);
	assert_string_equal(g.name, "pipe");
	assert_false(g.has_alias);
}

/* Two transports in one tower: the first is it. */
static void the_first_transport_counts(void **state)
{
	const struct spec t = {.uuid = DRSUAPI, .id = 0x07, .port = 5000, .no_address = true};
	uint8_t p[512];
	size_t n = tower(&t, p);
	struct granted g;

	n += put_floor(p + n, "\x08", 1, "\x17\x70", 2);
	n += put_floor(p + n, "\x0f", 1, "pipe", 5);
	n += put_floor(p + n, "\x09", 1, "\x0a\x00\x00\x07", 4);
	n += put_floor(p + n, "\x09", 1, "\x0a\x00\x00\x08", 4);
	p[0] = 8;
	assert_true(tower_read(p, n, &g));
	assert_int_equal(g.proto, GRANTED_TCP);
	assert_int_equal(g.port, 5000);
	assert_string_equal(g.name, "");

	struct addr a = A("10.0.0.7");

	assert_true(addr_equal(&g.alias, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_tower_in_either_layout),
		cmocka_unit_test(every_end_of_a_service),
		cmocka_unit_test(nothing_is_registered),
		cmocka_unit_test(other_statuses),
		cmocka_unit_test(the_same_pointer_twice),
		cmocka_unit_test(more_towers_than_are_read),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(a_byte_more_is_no_answer_from_a_stranger),
		cmocka_unit_test(a_tower_with_something_behind_it),
		cmocka_unit_test(entries_and_no_more),
		cmocka_unit_test(wrong_guesses_find_nothing),
		cmocka_unit_test(hostile_counts),
		cmocka_unit_test(every_byte_changed),
		cmocka_unit_test(an_annotation_that_is_too_long),
		cmocka_unit_test(a_gap_before_the_status),
		cmocka_unit_test(towers_cut_and_bent),
		cmocka_unit_test(names_are_made_harmless),
		cmocka_unit_test(sides_of_another_length),
		cmocka_unit_test(the_first_transport_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
