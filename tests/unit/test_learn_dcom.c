// SPDX-License-Identifier: BSD-2-Clause
/* Answers of the object resolver and of activation: whole, cut, bent and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "build.h"
#include "learn/dcom.h"
#include "recognise/rpc_iface.h"

#define OBJECT_EXPORTER "99fcfec4-5260-101b-bbcb-00aa0021347a"
#define SCM_ACTIVATOR   "000001a0-0000-0000-c000-000000000046"
#define ACTIVATION      "4d9f4ab8-7d1c-11cf-861e-0020af6e7c57"
#define PROPERTIES_OUT  "00000339-0000-0000-c000-000000000046"
#define SCM_REPLY_INFO  "000001b6-0000-0000-c000-000000000046"
#define ANY_IID         "00000143-0000-0000-c000-000000000046"

enum { HEARD_MAX = 512 };

struct heard {
	struct granted g[HEARD_MAX];
	size_t n;
};

static void hear(void *user, const struct granted *g)
{
	struct heard *h = user;

	assert_true(h->n < HEARD_MAX);
	assert_true(g->proto == (g->port ? GRANTED_TCP : GRANTED_NONE));
	assert_true(g->how == GRANT_OXID || g->how == GRANT_ACTIVATION);
	assert_true(g->port || g->has_alias || g->name[0]);
	assert_false(g->has_iface);
	if (g->has_alias)
		assert_false(addr_is_unspecified(&g->alias));
	assert_non_null(memchr(g->name, 0, sizeof g->name));
	for (const char *c = g->name; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
	h->g[h->n++] = *g;
}

/* ---- a writer of answers */

struct writer {
	uint8_t p[STUB_MAX];
	size_t n, base;
	bool little, wide;
};

static void put(struct writer *w, uint64_t v, size_t n)
{
	while ((w->n - w->base) % n)
		w->p[w->n++] = 0xbf; /* padding may be anything */
	for (size_t i = 0; i < n; i++)
		w->p[w->n++] = (uint8_t)(v >> 8 * (w->little ? i : n - 1 - i));
}

static void put_word(struct writer *w, uint64_t v)
{
	put(w, v, w->wide ? 8 : 4);
}

static void put_guid(struct writer *w, const char *text)
{
	uint8_t u[16];

	assert_true(rpc_uuid_parse(text, u));
	put(w, (uint64_t)u[0] << 24 | (uint64_t)u[1] << 16 | (uint64_t)u[2] << 8 | u[3], 4);
	put(w, (uint64_t)u[4] << 8 | u[5], 2);
	put(w, (uint64_t)u[6] << 8 | u[7], 2);
	memcpy(w->p + w->n, u + 8, 8);
	w->n += 8;
}

struct spec {
	uint16_t tower;
	const char *text;
};

static const struct spec usual[] = {
	{0x0f, "\\\\SQL01[\\PIPE\\atsvc]"},
	{7, "SQL01[49670]"},
	{7, "10.0.0.5[49670]"},
	{7, "fe80::5[49670]"},
	{0, NULL},
};
static const struct spec addresses[] = {{7, "SQL01"}, {7, "10.0.0.5"}, {7, "2001:db8::5"}, {0}};

static void put_array(struct writer *w, const struct spec *s)
{
	struct writer a = {.little = w->little};

	for (; s->tower; s++) {
		put(&a, s->tower, 2);
		for (const char *c = s->text; *c; c++)
			put(&a, (uint8_t)*c, 2);
		put(&a, 0, 2);
	}
	put(&a, 0, 2);

	size_t security = a.n / 2;

	put(&a, 9, 2); /* SPNEGO */
	put(&a, 0xffff, 2);
	put(&a, 0, 2);
	put(&a, 0, 2);
	put_word(w, a.n / 2);
	put(w, a.n / 2, 2);
	put(w, security, 2);
	memcpy(w->p + w->n, a.p, a.n);
	w->n += a.n;
}

static void put_ipid_hint(struct writer *w)
{
	put_guid(w, "00008000-0f4c-0000-9a62-2e3f6c1d7a55");
	put(w, 5, 4);
}

static void put_version(struct writer *w)
{
	put(w, 5, 2);
	put(w, 7, 2);
}

static void put_orpcthat(struct writer *w, bool extents)
{
	put(w, 0, 4);
	put_word(w, extents ? 0x20000 : 0);
	if (!extents)
		return;
	put(w, 1, 4);
	put(w, 0, 4);
	put_word(w, 0x20004);
	put_word(w, 2); /* an even number of pointers */
	put_word(w, 0x20008);
	put_word(w, 0);
	put_word(w, 8);
	put_guid(w, ANY_IID);
	put(w, 5, 4);
	memcpy(w->p + w->n, "abcde\0\0\0", 8);
	w->n += 8;
}

static void put_type_header(struct writer *w)
{
	w->p[w->n++] = 1;
	w->p[w->n++] = w->little ? 0x10 : 0;
	put(w, 8, 2);
	put(w, 0xcccccccc, 4);
	put(w, 0, 4); /* the length that is announced is not relied upon */
	put(w, 0, 4);
}

static void put_reply(struct writer *w, const struct spec *s, bool reserved)
{
	put_type_header(w);
	w->base = w->n;
	put(w, reserved ? 0x20000 : 0, 4);
	put(w, 0x20004, 4);
	if (reserved)
		put(w, 0, 4);
	put(w, 0x1122334455667788, 8);
	put(w, 0x20008, 4);
	put_ipid_hint(w);
	put_version(w);
	put_array(w, s);
	while ((w->n - w->base) % 8)
		w->p[w->n++] = 0;
}

/* OBJREF_CUSTOM with two properties, the reply of the SCM second; its counts are at *ret_counts. */
static size_t objref(uint8_t *p, const struct spec *s, bool little)
{
	struct writer reply = {.little = little}, w = {.little = true};

	put_reply(&reply, s, true);
	memcpy(w.p, "MEOW", 4);
	w.n = 4;
	put(&w, 4, 4);
	put_guid(&w, "000001a3-0000-0000-c000-000000000046");
	put_guid(&w, PROPERTIES_OUT);
	put(&w, 0, 4);
	put(&w, 0, 4);
	put(&w, 0, 4); /* size */
	put(&w, 0, 4);

	size_t header = w.n;

	w.base = w.n;
	w.little = little;
	put_type_header(&w);
	put(&w, 0, 4);

	size_t header_size = w.n;

	put(&w, 0, 4);
	put(&w, 0, 4);
	put(&w, 2, 4);
	put(&w, 2, 4);
	put_guid(&w, ANY_IID);
	put(&w, 0x20000, 4);
	put(&w, 0x20004, 4);
	put(&w, 0, 4);
	put(&w, 2, 4);
	put_guid(&w, PROPERTIES_OUT);
	put_guid(&w, SCM_REPLY_INFO);
	put(&w, 2, 4);
	put(&w, 24, 4);
	put(&w, reply.n, 4);
	while ((w.n - w.base) % 8)
		w.p[w.n++] = 0;

	size_t end = w.n;

	w.n = header_size;
	put(&w, end - header, 4);
	w.n = end;
	memset(w.p + w.n, 0x11, 24);
	w.n += 24;
	memcpy(w.p + w.n, reply.p, reply.n);
	w.n += reply.n;
	memcpy(p, w.p, w.n);
	return w.n;
}

struct answer {
	const char *uuid;
	uint16_t opnum;
	const struct spec *bindings; /* NULL: a null pointer */
	bool extents;
};

static const struct answer answers[] = {
	{OBJECT_EXPORTER, 0, usual},     {OBJECT_EXPORTER, 4, usual},
	{OBJECT_EXPORTER, 5, addresses}, {SCM_ACTIVATOR, 3, usual},
	{SCM_ACTIVATOR, 4, usual, true}, {ACTIVATION, 0, usual},
	{ACTIVATION, 0, usual, true},
};

static void put_interface(struct writer *w)
{
	put_word(w, 5);
	put(w, 5, 4);
	memcpy(w->p + w->n, "MEOW!", 5);
	w->n += 5;
}

/* Writes the answer; *s is over w. */
static void write_answer(struct writer *w, const struct answer *a, struct stub *s)
{
	uint8_t blob[8192];

	w->n = 0;
	*s = (struct stub){.opnum = a->opnum,
			   .syntax = w->wide ? RPC_NDR64 : RPC_NDR,
			   .little = w->little,
			   .p = w->p};
	assert_true(rpc_uuid_parse(a->uuid, s->uuid));
	if (!strcmp(a->uuid, OBJECT_EXPORTER)) {
		if (a->opnum == 5)
			put_version(w);
		put_word(w, a->bindings ? 0x20000 : 0);
		if (a->bindings)
			put_array(w, a->bindings);
		if (a->opnum == 5)
			put(w, 0, 4);
		else
			put_ipid_hint(w);
		if (a->opnum == 4)
			put_version(w);
		put(w, a->bindings ? 0 : 1753, 4);
	} else if (!strcmp(a->uuid, SCM_ACTIVATOR)) {
		put_orpcthat(w, a->extents);
		put_word(w, a->bindings ? 0x20000 : 0);
		if (a->bindings) {
			size_t n = objref(blob, a->bindings, w->little);

			put_word(w, n);
			put(w, n, 4);
			memcpy(w->p + w->n, blob, n);
			w->n += n;
		}
		put(w, 0, 4);
	} else {
		put_orpcthat(w, a->extents);
		put(w, 0x1122334455667788, 8);
		put_word(w, a->bindings ? 0x20000 : 0);
		if (a->bindings)
			put_array(w, a->bindings);
		put_ipid_hint(w);
		put_version(w);
		put(w, 0, 4);
		put_word(w, 3);
		put_word(w, 0x20010);
		put_word(w, 0);
		put_word(w, 0x20014);
		put_interface(w);
		put_interface(w);
		put_word(w, 3);
		for (int i = 0; i < 4; i++)
			put(w, 0, 4);
	}
	s->n = w->n;
}

/* dcom_read() over a copy whose end is the end of memory. */
static bool read_exact(const struct stub *from, struct heard *ret)
{
	uint8_t *p = malloc(from->n ? from->n : 1);
	struct stub s = *from;
	bool r;

	assert_non_null(p);
	memcpy(p, from->p, from->n);
	s.p = p;
	ret->n = 0;
	r = dcom_read(&s, hear, ret);
	free(p);
	return r;
}

static void is_usual(const struct heard *h, enum grant_how how)
{
	struct addr v4 = A("10.0.0.5"), v6 = A("fe80::5");

	assert_int_equal(h->n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(h->g[i].how, how);
		assert_int_equal(h->g[i].proto, GRANTED_TCP);
		assert_int_equal(h->g[i].port, 49670);
		assert_int_equal(h->g[i].has_alias, i > 0);
		assert_string_equal(h->g[i].name, i ? "" : "SQL01");
	}
	assert_true(addr_equal(&h->g[1].alias, &v4));
	assert_true(addr_equal(&h->g[2].alias, &v6));
}

static void is_addresses(const struct heard *h)
{
	struct addr v4 = A("10.0.0.5"), v6 = A("2001:db8::5");

	assert_int_equal(h->n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(h->g[i].proto, GRANTED_NONE);
		assert_int_equal(h->g[i].port, 0);
	}
	assert_string_equal(h->g[0].name, "SQL01");
	assert_true(addr_equal(&h->g[1].alias, &v4));
	assert_true(addr_equal(&h->g[2].alias, &v6));
}

/* ---- tests */

/* ResolveOxid2 */
static const char recorded[] =
	"000002002700000027002000"
	"0700530051004c00300031005b00340039003600370030005d000000"
	"0700310030002e0030002e0030002e0035005b00340039003600370030005d0000000000"
	"0900ffff00001000ffff00000000"
	"0000"
	"008000004c0f00009a622e3f6c1d7a55050000000500070000000000";

static void a_recorded_form(void **state)
{
	uint8_t p[256];
	struct stub s = {.opnum = 4, .little = true, .p = p, .n = unhex(recorded, p, sizeof p)};
	struct addr v4 = A("10.0.0.5");
	struct heard h;

	assert_true(rpc_uuid_parse(OBJECT_EXPORTER, s.uuid));
	for (int assumed = 0; assumed < 2; assumed++) {
		s.assumed = assumed;
		assert_true(read_exact(&s, &h));
		assert_int_equal(h.n, 2);
		assert_int_equal(h.g[0].port, 49670);
		assert_string_equal(h.g[0].name, "SQL01");
		assert_int_equal(h.g[1].port, 49670);
		assert_true(h.g[1].has_alias && addr_equal(&h.g[1].alias, &v4));
	}
}

/* Nobody saw the bind: the answer itself says what it answers, and fits one operation alone. */
static void guesses(void **state)
{
	uint8_t p[256], exporter[16], other[16] = {1};
	struct stub s = {.little = true, .p = p, .n = unhex(recorded, p, sizeof p)};
	struct heard h = {0};

	assert_true(rpc_uuid_parse(OBJECT_EXPORTER, exporter));
	assert_true(dcom_guess(&s, NULL, -1, hear, &h));
	assert_int_equal(h.n, 2);
	assert_int_equal(h.g[0].how, GRANT_OXID);
	h.n = 0;
	assert_true(dcom_guess(&s, exporter, 4, hear, &h));
	assert_int_equal(h.n, 2);
	h.n = 0;
	assert_false(dcom_guess(&s, other, -1, hear, &h));
	assert_false(dcom_guess(&s, exporter, 0, hear, &h));
	assert_false(dcom_guess(&s, NULL, 3, hear, &h));
	s.n--;
	assert_false(dcom_guess(&s, NULL, -1, hear, &h));
	assert_int_equal(h.n, 0);
	for (uint16_t i = 0; i < 9; i++)
		assert_int_equal(dcom_opnum(i), i == 0 || (i >= 3 && i <= 5));
}

static void every_answer(void **state)
{
	struct writer w = {0};
	struct heard h;
	struct stub s;

	for (int layout = 0; layout < 4; layout++) {
		w.little = layout & 1;
		w.wide = layout & 2;
		for (size_t i = 0; i < N_ELEMENTS(answers); i++) {
			const struct answer *a = &answers[i];

			write_answer(&w, a, &s);
			assert_true(dcom_answers(s.uuid, s.opnum));
			for (int assumed = 0; assumed < 2; assumed++) {
				s.assumed = assumed;
				assert_true(read_exact(&s, &h));
				if (a->bindings == addresses)
					is_addresses(&h);
				else
					is_usual(&h, strcmp(a->uuid, OBJECT_EXPORTER)
							     ? GRANT_ACTIVATION
							     : GRANT_OXID);
			}

			/* One octet too many fits no layout. */
			w.p[s.n++] = 0;
			assert_false(read_exact(&s, &h));
			assert_int_equal(h.n, 0);
			s.assumed = false;
			assert_true(read_exact(&s, &h));
		}
	}
}

static void nothing_to_tell(void **state)
{
	static const struct answer none[] = {
		{OBJECT_EXPORTER, 0}, {OBJECT_EXPORTER, 4}, {OBJECT_EXPORTER, 5},
		{SCM_ACTIVATOR, 3},   {SCM_ACTIVATOR, 4},   {ACTIVATION, 0},
	};
	static const struct answer other[] = {
		{OBJECT_EXPORTER, 1},
		{OBJECT_EXPORTER, 3},
		{SCM_ACTIVATOR, 5},
		{ACTIVATION, 4},
	};
	struct writer w = {.little = true};
	struct heard h;
	struct stub s;

	for (size_t i = 0; i < N_ELEMENTS(none); i++) {
		write_answer(&w, &none[i], &s);
		assert_true(read_exact(&s, &h)); /* the answer is "no" */
		assert_int_equal(h.n, 0);
		s.assumed = true; /* which proves nothing */
		assert_false(read_exact(&s, &h));
	}
	for (size_t i = 0; i < N_ELEMENTS(other); i++) {
		write_answer(&w, &other[i], &s);
		assert_false(dcom_answers(s.uuid, s.opnum));
		assert_false(read_exact(&s, &h));
		assert_int_equal(h.n, 0);
	}
}

static void host_and_port(void **state)
{
	static const struct {
		const char *text;
		uint16_t tower, port; /* 0: no grant */
		const char *alias, *name;
	} rows[] = {
		{"SQL01[49670]", 7, 49670, NULL, "SQL01"},
		{"sql01.corp.example[1]", 7, 1, NULL, "sql01.corp.example"},
		{"10.0.0.5[65535]", 7, 65535, "10.0.0.5", ""},
		{"fe80::5[49670]", 7, 49670, "fe80::5", ""},
		{"[fe80::5][49670]", 7, 49670, "fe80::5", ""},
		{"[2001:db8::5%12][49670]", 7, 49670, "2001:db8::5", ""},
		{"fe80::5%eth0[49670]", 7, 49670, "fe80::5", ""},
		{"0.0.0.0[49670]", 7, 49670, NULL, ""},
		{"::[49670]", 7, 49670, NULL, ""},
		{"[49670]", 7, 49670, NULL, ""},
		{"SQL01[00135]", 7, 135, NULL, "SQL01"},
		{"SQL\x01\x02[49670]", 7, 49670, NULL, "SQL??"},
		{"SQL01", 7},
		{"SQL01[]", 7},
		{"[fe80::5]", 7},
		{"SQL01[0]", 7},
		{"SQL01[65536]", 7},
		{"SQL01[049670]", 7},
		{"SQL01[4967a]", 7},
		{"SQL01[49670", 7},
		{"SQL01[49670]x", 7},
		{"SQL01[-1]", 7},
		{"SQL01[49670]", 8},        /* ncadg_ip_udp */
		{"\\\\SQL01[49670]", 0x0f}, /* ncacn_np */
		{"SQL01[49670]", 0x1f},     /* ncacn_http */
	};
	struct writer w = {.little = true};
	struct heard h;
	struct stub s;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct spec one[] = {{rows[i].tower, rows[i].text}, {0}};
		struct answer a = {OBJECT_EXPORTER, 4, one};

		write_answer(&w, &a, &s);
		assert_true(read_exact(&s, &h));
		if (!rows[i].port) {
			assert_int_equal(h.n, 0);
			continue;
		}
		assert_int_equal(h.n, 1);
		assert_int_equal(h.g[0].port, rows[i].port);
		assert_string_equal(h.g[0].name, rows[i].name);
		assert_int_equal(h.g[0].has_alias, rows[i].alias != NULL);
		if (rows[i].alias) {
			struct addr want = A(rows[i].alias);

			assert_true(addr_equal(&h.g[0].alias, &want));
		}
	}
}

/* ServerAlive2 must not give endpoints: what looks like one is none. */
static void no_ports_in_server_alive2(void **state)
{
	static const struct spec odd[] = {{7, "SQL01[49670]"}, {7, "0.0.0.0"}, {7, "[135]"}, {0}};
	struct answer a = {OBJECT_EXPORTER, 5, odd};
	struct writer w = {.little = true};
	struct heard h;
	struct stub s;

	write_answer(&w, &a, &s);
	assert_true(read_exact(&s, &h));
	assert_int_equal(h.n, 1);
	assert_int_equal(h.g[0].proto, GRANTED_NONE);
	assert_string_equal(h.g[0].name, "SQL01");
}

static void long_names(void **state)
{
	static char text[400];
	struct spec one[] = {{7, text}, {0}};
	struct answer a = {OBJECT_EXPORTER, 4, one};
	struct writer w = {.little = true};
	struct heard h;
	struct stub s;

	for (size_t n = 1; n < 300; n++) {
		memset(text, 'x', n);
		memcpy(text + n, "[49670]", 8);
		write_answer(&w, &a, &s);
		assert_true(read_exact(&s, &h));
		if (n > 256)
			assert_int_equal(h.n, 0);
		else {
			assert_int_equal(h.n, 1);
			assert_int_equal(strlen(h.g[0].name),
					 n < GRANTED_NAME - 1 ? n : GRANTED_NAME - 1);
		}
	}
}

/* What a shorter answer tells is what the whole one begins with, and nothing unless it is known to
 * be cut. */
static void every_truncation(void **state)
{
	struct writer w = {0};
	struct heard whole, part;
	struct stub s;

	for (int layout = 0; layout < 4; layout++) {
		w.little = layout & 1;
		w.wide = layout & 2;
		for (size_t i = 0; i < N_ELEMENTS(answers); i++) {
			size_t most = 0;

			write_answer(&w, &answers[i], &s);
			assert_true(read_exact(&s, &whole));
			for (size_t n = 0, full = s.n; n < full; n++) {
				s.n = n;
				s.assumed = true;
				assert_false(read_exact(&s, &part));
				assert_int_equal(part.n, 0);
				s.assumed = false;
				for (int cut = 0; cut < 2; cut++) {
					s.cut = cut;

					bool told = read_exact(&s, &part);

					assert_int_equal(told, part.n > 0);
					assert_true(part.n <= whole.n);
					assert_memory_equal(part.g, whole.g,
							    part.n * sizeof part.g[0]);
					if (!cut)
						assert_true(part.n == 0 || part.n == whole.n);
				}
				assert_true(part.n >= most); /* more octets, not less to tell */
				most = part.n;
				s.cut = false;
			}
			/* The activation BLOB is searched little-endian only. */
			if (answers[i].bindings == usual && w.little)
				assert_int_equal(most, whole.n);
		}
	}
}

static size_t find(const struct stub *s, const void *what, size_t n)
{
	for (size_t i = 0; i + n <= s->n; i++)
		if (!memcmp(s->p + i, what, n))
			return i;
	fail();
	return 0;
}

/* A layout that nobody knows: the bindings are found by their form, if their counts agree. */
static void search(void **state)
{
	static const uint8_t first[] = {0x0f, 0, '\\', 0, '\\', 0};
	struct answer a = {SCM_ACTIVATOR, 4, usual};
	static struct writer w = {.little = true}, far;
	struct heard h;
	struct stub s;

	write_answer(&w, &a, &s);
	w.p[find(&s, "MEOW", 4)] = 'm';
	assert_true(read_exact(&s, &h));
	is_usual(&h, GRANT_ACTIVATION);

	s.assumed = true; /* then its form alone is no proof */
	assert_false(read_exact(&s, &h));
	s.assumed = false;

	size_t list = find(&s, first, sizeof first);
	uint8_t *security = w.p + list - 2, *count = w.p + list - 4;

	for (int i = -3; i <= 3; i++) {
		uint8_t was = *security;

		*security = (uint8_t)(was + i);
		/* One word less, and the list has no end; one more, and there is another one. */
		assert_int_equal(read_exact(&s, &h), i == 0);
		*security = was;
	}
	*count = (uint8_t)(*security - 1);
	assert_false(read_exact(&s, &h));
	count[1] = 0xff;
	assert_false(read_exact(&s, &h));

	/* Not at odd offsets, and not beyond what is searched. */
	for (int odd = 0; odd < 2; odd++) {
		for (size_t at = 0; at < 20000; at += 4000) {
			write_answer(&w, &a, &s);
			memset(far.p, 0, sizeof far.p);
			memcpy(far.p + at + (size_t)odd, w.p + list - 4, s.n - list + 4);
			struct stub t = s;

			t.p = far.p;
			t.n = at + 1 + s.n - list + 4;
			assert_int_equal(read_exact(&t, &h), !odd && at < 16384);
		}
	}
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* One octet wrong anywhere, then many. */
static void bent(void **state)
{
	struct writer w = {0};
	struct heard h;
	uint32_t seed = 1;
	struct stub s;

	for (int layout = 0; layout < 4; layout++) {
		w.little = layout & 1;
		w.wide = layout & 2;
		for (size_t i = 0; i < N_ELEMENTS(answers); i++) {
			write_answer(&w, &answers[i], &s);
			for (size_t at = 0; at < s.n; at++) {
				static const uint8_t odd[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
				uint8_t was = w.p[at];

				for (size_t k = 0; k < N_ELEMENTS(odd); k++) {
					w.p[at] = odd[k];
					read_exact(&s, &h);
				}
				w.p[at] = was;
			}
			for (int round = 0; round < 200; round++) {
				write_answer(&w, &answers[i], &s);
				s.cut = round & 1;
				for (int k = 0; k < 8; k++)
					w.p[next(&seed) % s.n] = (uint8_t)next(&seed);
				read_exact(&s, &h);
			}
		}
	}
}

/* An answer made of bindings tells some of them; one made of false beginnings costs little. */
static void crowded(void **state)
{
	static struct writer w = {.little = true};
	struct heard h = {0};
	struct stub s = {.opnum = 4, .little = true, .p = w.p};

	assert_true(rpc_uuid_parse(OBJECT_EXPORTER, s.uuid));
	put(&w, 1, 4);
	put(&w, 0x7fff, 4);
	put(&w, 0x7fff, 2);
	put(&w, 0x7000, 2);
	while (w.n + 12 < sizeof w.p) {
		put(&w, 7, 2);
		for (const char *c = "a[1]"; *c; c++)
			put(&w, (uint8_t)*c, 2);
		put(&w, 0, 2);
	}
	s.n = w.n;
	s.cut = true;
	read_exact(&s, &h);
	assert_true(h.n <= 256);

	w.n = 0;
	while (w.n + 16 < sizeof w.p) {
		put(&w, 0x1fff, 2);
		put(&w, 0x1fff, 2);
		put(&w, 7, 2);
		for (const char *c = "a[1]"; *c; c++)
			put(&w, (uint8_t)*c, 2);
		put(&w, 0, 2);
	}
	assert_false(read_exact(&s, &h));
	assert_int_equal(h.n, 0);

	memset(w.p, 0xff, sizeof w.p);
	s.n = sizeof w.p;
	for (size_t i = 0; i < N_ELEMENTS(answers); i++) {
		assert_true(rpc_uuid_parse(answers[i].uuid, s.uuid));
		s.opnum = answers[i].opnum;
		for (int layout = 0; layout < 4; layout++) {
			s.little = layout & 1;
			s.syntax = layout & 2 ? RPC_NDR64 : RPC_NDR;
			assert_false(read_exact(&s, &h));
		}
	}
}

/* Writes the corpus of the fuzz target into the folder that the environment names. */
static void corpus(void **state)
{
	const char *to = getenv("SPANAUDIT_TEST_CORPUS");
	struct writer w = {0};
	struct stub s;

	if (!to)
		return;
	for (int layout = 0; layout < 4; layout++) {
		w.little = layout & 1;
		w.wide = layout & 2;
		for (size_t i = 0; i < N_ELEMENTS(answers); i++) {
			static const uint8_t op[] = {0, 1, 2, 3, 4, 5, 5};
			char path[512];

			write_answer(&w, &answers[i], &s);
			snprintf(path, sizeof path, "%s/answer-%zu-%s-%s", to, i,
				 w.wide ? "ndr64" : "ndr", w.little ? "little" : "big");

			FILE *f = fopen(path, "wb");

			assert_non_null(f);
			fputc(op[i] << 4 | layout, f);
			fwrite(s.p, 1, s.n, f);
			fclose(f);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_form), cmocka_unit_test(guesses),
		cmocka_unit_test(every_answer),    cmocka_unit_test(nothing_to_tell),
		cmocka_unit_test(host_and_port),   cmocka_unit_test(no_ports_in_server_alive2),
		cmocka_unit_test(long_names),      cmocka_unit_test(every_truncation),
		cmocka_unit_test(search),          cmocka_unit_test(bent),
		cmocka_unit_test(crowded),         cmocka_unit_test(corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
