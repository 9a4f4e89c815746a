// SPDX-License-Identifier: BSD-2-Clause
/* Certificates in the handshake: their names, records in any pieces, and when there is enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/rd.h"
#include "learn/learn.h"
#include "learn/x509.h"
#include "recognise/recognise.h"

enum { ROOM = 40000 };

struct text {
	uint8_t p[ROOM];
	size_t n;
};

static void put(struct text *t, const void *p, size_t n)
{
	assert_true(n <= sizeof t->p - t->n);
	memcpy(t->p + t->n, p, n);
	t->n += n;
}

static void byte(struct text *t, unsigned v)
{
	uint8_t b = (uint8_t)v;

	put(t, &b, 1);
}

/* What was put since `from` becomes an element, or a message behind its length. */
static void wrap(struct text *t, size_t from, const uint8_t *head, size_t n)
{
	assert_true(n <= sizeof t->p - t->n);
	memmove(t->p + from + n, t->p + from, t->n - from);
	memcpy(t->p + from, head, n);
	t->n += n;
}

static void der(struct text *t, size_t from, unsigned tag)
{
	size_t n = t->n - from;
	uint8_t head[5] = {(uint8_t)tag};

	if (n < 0x80) {
		head[1] = (uint8_t)n;
		wrap(t, from, head, 2);
	} else {
		head[1] = 0x82;
		head[2] = (uint8_t)(n >> 8);
		head[3] = (uint8_t)n;
		wrap(t, from, head, 4);
	}
}

static void leaf(struct text *t, unsigned tag, const void *p, size_t n)
{
	size_t from = t->n;

	put(t, p, n);
	der(t, from, tag);
}

struct cert {
	const char *label;
	const char *alt[11]; /* "@x": another kind of name */
	const char *cn[3];
	unsigned cn_tag; /* 0: UTF8String */
	bool v1;         /* no version, no extensions */
	bool critical;
	size_t pad; /* bytes of its key */
	const char *want[9];
};

static void name(struct text *t, const char *const cn[3], unsigned tag)
{
	size_t all = t->n;

	for (unsigned i = 0; i < 3 && cn[i]; i++) {
		size_t set = t->n, pair = t->n;

		/* An organisation, which is no host's name, then the common name. */
		leaf(t, 0x06, "\x55\x04\x0a", 3);
		leaf(t, 0x0c, "corp", 4);
		der(t, pair, 0x30);
		der(t, set, 0x31);
		set = pair = t->n;
		leaf(t, 0x06, "\x55\x04\x03", 3);
		if (tag == 0x1e) {
			size_t text = t->n;

			for (const char *c = cn[i]; *c; c++) {
				byte(t, 0);
				byte(t, (uint8_t)*c);
			}
			der(t, text, tag);
		} else {
			leaf(t, tag ? tag : 0x0c, cn[i], strlen(cn[i]));
		}
		der(t, pair, 0x30);
		der(t, set, 0x31);
	}
	der(t, all, 0x30);
}

static void certificate(struct text *t, const struct cert *c)
{
	static const char *const issuer[3] = {"ca.corp.example"};
	static uint8_t key[ROOM];
	size_t all = t->n, from;

	if (!c->v1)
		put(t, "\xa0\x03\x02\x01\x02", 5);
	leaf(t, 0x02, "\x01\x02\x03", 3);
	leaf(t, 0x30, "\x06\x01\x2a", 3);
	name(t, issuer, 0);
	leaf(t, 0x30, "\x17\x00\x17\x00", 4);
	name(t, c->cn, c->cn_tag);
	leaf(t, 0x30, key, c->pad + 8);
	if (!c->v1) {
		size_t ext = t->n, one, value, list;

		one = t->n;
		leaf(t, 0x06, "\x55\x1d\x0f", 3); /* keyUsage */
		leaf(t, 0x01, "\xff", 1);
		leaf(t, 0x04, "\x03\x02\x05\xa0", 4);
		der(t, one, 0x30);
		if (c->alt[0]) {
			one = t->n;
			leaf(t, 0x06, "\x55\x1d\x11", 3);
			if (c->critical)
				leaf(t, 0x01, "\xff", 1);
			value = list = t->n;
			for (unsigned i = 0; i < 11 && c->alt[i]; i++)
				if (c->alt[i][0] == '@')
					leaf(t, 0x81, c->alt[i], strlen(c->alt[i]));
				else
					leaf(t, 0x82, c->alt[i], strlen(c->alt[i]));
			der(t, list, 0x30);
			der(t, value, 0x04);
			der(t, one, 0x30);
		}
		der(t, ext, 0x30);
		der(t, ext, 0xa3);
	}
	der(t, all, 0x30); /* tbsCertificate */
	from = t->n;
	leaf(t, 0x30, "\x06\x01\x2a", 3);
	leaf(t, 0x03, "\x00\x01", 2);
	(void)from;
	der(t, all, 0x30);
}

/* A table: */
/* clang-format off */
static const struct cert certs[] = {
	{"names", {"crm.corp.example", "CRM01.Corp.Example.", "*.crm.example"}, {"other.example"},
	 .want = {"*.crm.example", "crm.corp.example", "crm01.corp.example"}},
	{"a common name", {0}, {"crm.corp.example"}, .want = {"crm.corp.example"}},
	{"the last one", {0}, {"corp.example", "crm01"}, .want = {"crm01"}},
	{"of two octets each", {0}, {"crm01"}, .cn_tag = 0x1e, .want = {"crm01"}},
	{"printable", {0}, {"crm01"}, .cn_tag = 0x13, .want = {"crm01"}},
	{"of version 1", {0}, {"crm01"}, .v1 = true, .want = {"crm01"}},
	{"critical", {"a.example"}, {0}, .critical = true, .want = {"a.example"}},
	{"mail and a host", {"@anna", "a.example"}, {"b.example"}, .want = {"a.example"}},
	{"mail alone", {"@anna"}, {"b.example"}, .want = {"b.example"}},
	{"a person", {0}, {"Anna Example"}, .want = {0}},
	{"a product", {0}, {"SQL_Self(Signed)"}, .want = {0}},
	{"a star that stands for all", {"*", "a*.example"}, {0}, .want = {0}},
	{"nothing", {0}, {0}, .want = {0}},
	{"more than are told", {"j.example", "i.example", "h.example", "g.example", "f.example",
	 "e.example", "d.example", "c.example", "b.example", "a.example"}, {0},
	 .want = {"c.example", "d.example", "e.example", "f.example", "g.example", "h.example",
	 "i.example", "j.example"}},
	{"with a long key", {"a.example"}, {0}, .pad = 9000, .want = {"a.example"}},
};
/* clang-format on */

static void names(void **state)
{
	static struct text t;

	for (size_t i = 0; i < N_ELEMENTS(certs); i++) {
		char got[X509_NAMES][SIGHTING_NAME];
		unsigned n, want = 0;

		t.n = 0;
		certificate(&t, &certs[i]);
		n = x509_names(rd_over(t.p, t.n), got);
		while (want < 8 && certs[i].want[want])
			want++;
		if (n != want)
			fail_msg("%s: %u names", certs[i].label, n);
		for (unsigned k = 0; k < want; k++) {
			bool found = false;

			for (unsigned j = 0; j < n; j++)
				found |= !strcmp(got[j], certs[i].want[k]);
			if (!found)
				fail_msg("%s: no %s", certs[i].label, certs[i].want[k]);
		}
		/* Cut anywhere it is no certificate. */
		for (size_t k = 0; k<t.n; k += t.n> 1000 ? 97 : 1) {
			uint8_t *p = malloc(k ? k : 1);

			assert_non_null(p);
			memcpy(p, t.p, k);
			assert_int_equal(x509_names(rd_over(p, k), got), 0);
			free(p);
		}
	}
}

/* Handshakes */

enum { V12 = 0, V13 = 1 };

static void message(struct text *t, size_t from, unsigned type)
{
	size_t n = t->n - from;
	uint8_t head[4] = {(uint8_t)type, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	wrap(t, from, head, sizeof head);
}

static void hello(struct text *t, unsigned type, int version)
{
	size_t from = t->n;
	uint8_t random[32] = {7};

	put(t, "\x03\x03", 2);
	put(t, random, sizeof random);
	byte(t, 0);
	if (type == 1)
		put(t, "\x00\x02\x00\x2f\x01\x00\x00\x00", 8);
	else if (version == V13)
		put(t, "\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04", 11);
	else
		put(t, "\x00\x2f\x00\x00\x04\x00\x17\x00\x00", 9);
	message(t, from, type);
}

static void list(struct text *t, const struct cert *c)
{
	size_t from = t->n, n;

	certificate(t, c);
	n = t->n - from;
	wrap(t, from, (const uint8_t[]){(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 3);
	put(t, "\x00\x00\x02\x30\x00", 5); /* an issuer's, that is not looked at */
	n = t->n - from;
	wrap(t, from, (const uint8_t[]){(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 3);
	message(t, from, 11);
}

/* Handshake messages as records of up to `most` bytes. */
static void records(struct text *t, const struct text *m, size_t most)
{
	for (size_t at = 0, n; at < m->n; at += n) {
		n = m->n - at < most ? m->n - at : most;
		put(t, (const uint8_t[]){22, 3, 3, (uint8_t)(n >> 8), (uint8_t)n}, 5);
		put(t, m->p + at, n);
	}
}

struct heard {
	struct learn *l;
	struct learn_flow *f;
	bool more;
	uint32_t number;
};

static void listen(struct heard *h)
{
	static const struct hash_key key = {1, 2};
	struct learn_ask q = {.proto = PROTO_TCP,
			      .addr = {addr_v4(0x0a000009), addr_v4(0x0a000005)},
			      .port = {50000, 443},
			      .app = app_by_name("tls")};

	*h = (struct heard){.l = learn_new(&(struct learn_options){.key = &key}), .more = true};
	assert_non_null(h->l);
	h->f = learn_open(h->l, &q);
	assert_non_null(h->f);
}

static void hear(struct heard *h, unsigned side, const uint8_t *p, size_t n, size_t step,
		 bool start)
{
	for (size_t at = 0, k; at < n && h->more; at += k) {
		struct evidence e = {.ts_ns = 1, .number = ++h->number};
		uint8_t *exact;

		k = n - at < step ? n - at : step;
		exact = malloc(k);
		assert_non_null(exact);
		memcpy(exact, p + at, k);
		h->more = learn_bytes(h->f, side, exact, k, start && !at, &e);
		free(exact);
	}
}

static size_t end(struct heard *h, const struct sighting **ret)
{
	struct learn_facts facts;
	size_t n;

	learn_close(h->f, &facts);
	assert_int_equal(learn_stats(h->l)->memory, 0);
	assert_int_equal(learn_sightings(h->l, ret, &n), 0);
	return n;
}

static void flights(void **state)
{
	static const size_t steps[] = {1, 2, 5, 6, 7, 100, 1460, 100000};
	static const size_t sizes[] = {1, 3, 60, 16384};
	static struct text client, said, m;

	m.n = client.n = 0;
	hello(&m, 1, V12);
	records(&client, &m, 16384);
	for (size_t i = 0; i < N_ELEMENTS(certs); i++)
		for (size_t z = 0; z < N_ELEMENTS(sizes); z++)
			for (size_t s = 0; s < N_ELEMENTS(steps); s++) {
				const struct sighting *rows;
				struct heard h;
				size_t n;

				if (certs[i].pad && (sizes[z] < 60 || steps[s] < 100))
					continue;
				m.n = said.n = 0;
				if (i & 1) /* a warning, unrecognized_name */
					put(&said, "\x15\x03\x03\x00\x02\x01\x70", 7);
				hello(&m, 2, V12);
				list(&m, &certs[i]);
				records(&said, &m, sizes[z]);
				put(&said, "\x17\x03\x03\x00\x01\x00", 6);
				listen(&h);
				/* Either may be told of first. */
				if (s & 1) {
					hear(&h, 1, said.p, 3, steps[s], true);
					hear(&h, 0, client.p, client.n, steps[s], true);
					hear(&h, 1, said.p + 3, said.n - 3, steps[s], false);
				} else {
					hear(&h, 0, client.p, client.n, steps[s], true);
					hear(&h, 1, said.p, said.n, steps[s], true);
				}
				assert_false(h.more);
				n = end(&h, &rows);
				for (size_t k = 0; k < n; k++) {
					assert_non_null(certs[i].want[k]);
					assert_string_equal(rows[k].name, certs[i].want[k]);
					assert_int_equal(rows[k].kind, SIGHT_CERTIFICATE);
					assert_int_equal(addr_to_v4(&rows[k].about), 0x0a000005);
					assert_int_equal(rows[k].port, 443);
					assert_int_equal(rows[k].n, 1);
				}
				assert_null(certs[i].want[n]);
				learn_free(h.l);
			}
}

/* Cut at every length: all names or none, and it still waits. */
static void cut(void **state)
{
	static struct text said, m;

	hello(&m, 2, V12);
	list(&m, &certs[0]);
	records(&said, &m, 200);
	for (size_t k = 0; k <= said.n; k++) {
		const struct sighting *rows;
		struct heard h;
		size_t n;

		listen(&h);
		hear(&h, 1, said.p, k, 100000, true);
		n = end(&h, &rows);
		assert_true(n == (h.more ? 0 : 3));
		assert_true(h.more || k + 20 > said.n);
		learn_free(h.l);
	}
}

static void nothing_to_wait_for(void **state)
{
	static struct text said, m, big;
	static const struct cert large = {.alt = {"a.example"}, .pad = 20000};
	static uint8_t bulk[1000] = {23, 3, 3, 3, 0xe3};
	const struct sighting *rows;
	struct heard h;

	for (int what = 0; what < 8; what++) {
		m.n = said.n = big.n = 0;
		listen(&h);
		switch (what) {
		case 0: /* encrypted from here on */
			hello(&m, 2, V13);
			records(&said, &m, 16384);
			hear(&h, 1, said.p, said.n, 1460, true);
			break;
		case 1: /* a session goes on */
			hello(&m, 2, V12);
			records(&said, &m, 16384);
			hear(&h, 1, said.p, said.n, 1460, true);
			assert_true(h.more);
			hear(&h, 1, (const uint8_t *)"\x14\x03\x03\x00\x01\x01", 6, 10, false);
			break;
		case 2: /* refused */
			hear(&h, 1, (const uint8_t *)"\x15\x03\x03\x00\x02\x02\x28", 7, 10, true);
			break;
		case 3: /* no certificate comes (RFC 5246 7.4.3) */
			hello(&m, 2, V12);
			message(&m, m.n, 14);
			records(&said, &m, 16384);
			hear(&h, 1, said.p, said.n, 1460, true);
			break;
		case 4: /* larger than any */
			hello(&m, 2, V12);
			list(&m, &large);
			records(&said, &m, 16384);
			hear(&h, 1, said.p, said.n, 1460, true);
			break;
		case 5: /* bytes are missing */
			hello(&m, 2, V12);
			list(&m, &certs[0]);
			records(&said, &m, 16384);
			hear(&h, 1, said.p, 100, 1460, true);
			assert_true(h.more);
			h.more = learn_gap(h.f, 1, 10);
			break;
		case 6: /* the start was not captured */
			hear(&h, 1, bulk, sizeof bulk, 1460, false);
			break;
		case 7: /* nobody answers the client */
			hello(&m, 1, V12);
			records(&said, &m, 16384);
			hear(&h, 0, said.p, said.n, 1460, true);
			for (int i = 0; i < 60; i++)
				hear(&h, 0, bulk, sizeof bulk, 1460, false);
			assert_true(h.more);
			for (int i = 0; i < 10; i++)
				hear(&h, 0, bulk, sizeof bulk, 1460, false);
			break;
		}
		if (h.more)
			fail_msg("case %d waits", what);
		assert_false(learn_bytes(h.f, 1, bulk, sizeof bulk, false, &(struct evidence){0}));
		assert_int_equal(end(&h, &rows), 0);
		learn_free(h.l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(flights),
		cmocka_unit_test(cut),
		cmocka_unit_test(nothing_to_wait_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
