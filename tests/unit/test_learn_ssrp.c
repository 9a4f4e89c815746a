// SPDX-License-Identifier: BSD-2-Clause
/* Answers of SQL Browser, and the learner that reads them. */
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
#include "learn/learn.h"
#include "learn/ssrp.h"
#include "recognise/recognise.h"

#define CRM                                                                               \
	"ServerName;SQL01;InstanceName;CRM;IsClustered;No;Version;13.0.5026.0;tcp;49733;" \
	"np;\\\\SQL01\\pipe\\MSSQL$CRM\\sql\\query;;"
#define DEFAULT                                                                         \
	"ServerName;SQL01;InstanceName;MSSQLSERVER;IsClustered;No;Version;13.0.5026.0;" \
	"np;\\\\SQL01\\pipe\\sql\\query;tcp;1433;;"

struct heard {
	struct granted g[SSRP_RECORDS_MAX];
	size_t n;
};

static void hear(void *user, const struct granted *g)
{
	struct heard *h = user;

	assert_true(h->n < SSRP_RECORDS_MAX);
	assert_int_equal(g->proto, GRANTED_TCP);
	assert_int_not_equal(g->port, 0);
	assert_non_null(memchr(g->name, 0, sizeof g->name));
	for (const char *c = g->name; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
	h->g[h->n++] = *g;
}

/* An answer of that text, announced as `more` octets longer than it is. */
static size_t answer(uint8_t *p, const char *text, size_t more)
{
	size_t n = strlen(text);

	p[0] = 5;
	p[1] = (uint8_t)(n + more);
	p[2] = (uint8_t)((n + more) >> 8);
	memcpy(p + 3, text, n);
	return n + 3;
}

static bool read_exact(const uint8_t *from, size_t n, struct heard *ret)
{
	uint8_t *p = malloc(n ? n : 1);
	bool r;

	assert_non_null(p);
	memcpy(p, from, n);
	ret->n = 0;
	r = ssrp_read(p, n, hear, ret);
	free(p);
	return r;
}

static void texts(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		struct {
			const char *name;
			uint16_t port;
		} want[3];
	} rows[] = {
		{CRM, true, {{"CRM", 49733}}},
		{DEFAULT, true, {{"MSSQLSERVER", 1433}}},
		{DEFAULT CRM, true, {{"MSSQLSERVER", 1433}, {"CRM", 49733}}},
		/* without TCP: an answer, and no port */
		{"ServerName;A;InstanceName;B;IsClustered;No;Version;9.0;np;\\\\A\\pipe;;", true},
		{"ServerName;A;InstanceName;B;;", true},
		/* keys in any order and case; values that look like keys */
		{"servername;A;TCP;50000;version;9;INSTANCENAME;B;;", true, {{"B", 50000}}},
		{"ServerName;tcp;InstanceName;tcp;tcp;7;;", true, {{"tcp", 7}}},
		{"ServerName;A;InstanceName;B;via;tcp,1:1433;rpc;tcp;tcp;8;;", true, {{"B", 8}}},
		/* a record without an end does not spoil the next */
		{"ServerName;A;InstanceName;B;tcp;7;ServerName;A;InstanceName;C;tcp;8;;",
		 true,
		 {{"C", 8}}},
		{"ServerName;A;InstanceName;B;tcp;;;" CRM, true, {{"CRM", 49733}}},
		{"ServerName;A;InstanceName;B\x80 C;tcp;9;;", true, {{"B? C", 9}}},
		/* ports that are none */
		{"ServerName;A;InstanceName;B;tcp;0;;", true},
		{"ServerName;A;InstanceName;B;tcp;65536;;", true},
		{"ServerName;A;InstanceName;B;tcp;123456;;", true},
		{"ServerName;A;InstanceName;B;tcp;-1;;", true},
		{"ServerName;A;InstanceName;B;tcp; 1433;;", true},
		{"ServerName;A;InstanceName;B;tcp;1433x;;", true},
		{"ServerName;A;InstanceName;B;tcp;65535;;", true, {{"B", 65535}}},
		/* no answers */
		{"", false},
		{"ServerName", false},
		{"ServerName;A", false},
		{"ServerName;A;InstanceName;B;tcp;1433;", false},
		{"ServerName;A;tcp;1433;;", false},
		{"InstanceName;B;ServerName;A;tcp;1433;;", false},
		{";;;;;;;;", false},
		{"HTTP/1.1 200 OK", false},
	};
	static uint8_t p[1024];
	struct heard h;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		bool ok = read_exact(p, answer(p, rows[i].text, 0), &h);
		size_t n = 0;

		assert_int_equal(ok, rows[i].ok);
		for (; n < 3 && rows[i].want[n].port; n++) {
			assert_true(n < h.n);
			assert_int_equal(h.g[n].how, GRANT_SQL_BROWSER);
			assert_int_equal(h.g[n].port, rows[i].want[n].port);
			assert_string_equal(h.g[n].name, rows[i].want[n].name);
			assert_false(h.g[n].has_iface || h.g[n].has_alias);
		}
		assert_int_equal(h.n, n);
	}
}

static void lengths(void **state)
{
	static uint8_t p[1024];
	static const size_t ends[] = {3 + sizeof DEFAULT - 1, 3 + sizeof DEFAULT CRM - 1};
	size_t n = answer(p, DEFAULT CRM, 0);
	struct heard h;

	assert_int_equal(n, ends[1]);
	/* Cut by the capture: the records that are complete. */
	for (size_t k = 0; k <= n; k++) {
		read_exact(p, k, &h);
		assert_int_equal(h.n, (k >= ends[0]) + (k >= ends[1]));
	}
	assert_true(read_exact(p, ends[0] + 5, &h));
	/* Announced shorter than it is: another protocol. */
	p[1]--;
	assert_false(read_exact(p, n, &h));
	assert_int_equal(h.n, 0);
	/* The length is little-endian. */
	p[1]++;
	uint8_t low = p[1];

	p[1] = p[2];
	p[2] = low;
	read_exact(p, n, &h);
	assert_int_equal(h.n, 2); /* taken for a longer answer, cut */
	for (unsigned type = 0; type < 256; type++) {
		answer(p, DEFAULT, 0);
		p[0] = (uint8_t)type;
		assert_int_equal(read_exact(p, ends[0], &h), type == 5);
	}
}

/* 2.2.5: up to 65535 octets of list; more instances than are read. */
static void long_lists(void **state)
{
	static uint8_t p[65538 + 64];
	struct heard h;
	size_t n = 3;
	unsigned i;

	for (i = 0; n < 65538 - 64; i++)
		n += (size_t)sprintf((char *)p + n, "ServerName;S;InstanceName;I%u;tcp;%u;;", i,
				     i + 1);
	p[0] = 5;
	p[1] = (uint8_t)(n - 3);
	p[2] = (uint8_t)((n - 3) >> 8);
	assert_true(i > SSRP_RECORDS_MAX);
	assert_true(read_exact(p, n, &h));
	assert_int_equal(h.n, SSRP_RECORDS_MAX);
	assert_string_equal(h.g[255].name, "I255");
	assert_int_equal(h.g[255].port, 256);

	memset(p + 3, ';', n - 3);
	assert_false(read_exact(p, n, &h));
	memcpy(p + 3, "ServerName;", 11);
	read_exact(p, n, &h);
	assert_int_equal(h.n, 0);
	memset(p + 3, 'x', n - 3);
	memcpy(p + 3, "ServerName;S;InstanceName;", 26);
	memcpy(p + n - 13, ";tcp;50000;;x", 13);
	p[1] = (uint8_t)(n - 4);
	p[2] = (uint8_t)((n - 4) >> 8);
	assert_true(read_exact(p, n - 1, &h));
	assert_int_equal(h.n, 1);
	assert_int_equal(strlen(h.g[0].name), GRANTED_NAME - 1);
}

static void dac(void **state)
{
	static const struct {
		const char *hex;
		const char *name; /* NULL: no request for the administrator's port */
	} asks[] = {
		{"0f 01 43524d 00", "CRM"},
		{"0f 01 80 00", "?"},
		{"0f 01 00", NULL},
		{"0f 01", NULL},
		{"0f 02 43 00", NULL},
		{"0f 01 43524d", NULL},
		{"0f 01 430043 00", NULL},
		{"04 43524d 00", NULL},
		{"", NULL},
	};
	uint8_t p[64], ask[64] = {0x0f, 1};
	char name[GRANTED_NAME];
	struct heard h;

	assert_true(read_exact(p, unhex("05 0600 01 9a05", p, sizeof p), &h));
	assert_int_equal(h.n, 1);
	assert_int_equal(h.g[0].how, GRANT_SQL_DAC);
	assert_int_equal(h.g[0].port, 1434);
	assert_string_equal(h.g[0].name, "");
	assert_false(read_exact(p, unhex("05 0600 02 9a05", p, sizeof p), &h));
	assert_false(read_exact(p, unhex("05 0600 01 0000", p, sizeof p), &h));
	assert_false(read_exact(p, unhex("05 0600 01 9a", p, sizeof p), &h));

	for (size_t i = 0; i < N_ELEMENTS(asks); i++) {
		bool ok = ssrp_asks_dac(p, unhex(asks[i].hex, p, sizeof p), name);

		assert_int_equal(ok, asks[i].name != NULL);
		if (ok)
			assert_string_equal(name, asks[i].name);
	}
	memset(ask + 2, 'x', sizeof ask - 2);
	ask[2 + SSRP_NAME] = 0;
	assert_true(ssrp_asks_dac(ask, 2 + SSRP_NAME + 1, name));
	ask[2 + SSRP_NAME] = 'x';
	ask[2 + SSRP_NAME + 1] = 0;
	assert_false(ssrp_asks_dac(ask, 2 + SSRP_NAME + 2, name));
}

/* ---- the learner */

struct message {
	unsigned side;
	const char *text; /* an answer of it */
	const char *hex;  /* or bytes */
};

struct want {
	const char *name;
	uint16_t port;
	enum grant_how how;
};

static void send_all(struct learn *l, const struct learn_ask *q, const struct message *m,
		     struct learn_facts *ret)
{
	struct learn_flow *f = learn_open(l, q);

	assert_non_null(f);
	for (uint32_t i = 0; m[i].text || m[i].hex; i++) {
		static uint8_t p[1024];
		size_t n = m[i].text ? answer(p, m[i].text, 0) : unhex(m[i].hex, p, sizeof p);
		struct evidence at = {.number = i + 1, .ts_ns = i};

		learn_bytes(f, m[i].side, p, n, true, &at);
	}
	learn_close(f, ret);
}

static void learner(void **state)
{
	static const struct {
		uint16_t client_port, server_port;
		const char *app;
		struct message m[8];
		struct want want[3];
		int client_side;
	} rows[] = {
		{50000,
		 1434,
		 "",
		 {{0, NULL, "04 43524d 00"}, {1, CRM}},
		 {{"CRM", 49733, GRANT_SQL_BROWSER}},
		 0},
		/* to a broadcast the server answers from its own address */
		{50000,
		 1434,
		 "",
		 {{1, DEFAULT CRM}},
		 {{"MSSQLSERVER", 1433, GRANT_SQL_BROWSER}, {"CRM", 49733, GRANT_SQL_BROWSER}},
		 0},
		/* the instance is in the request */
		{50000,
		 1434,
		 "",
		 {{0, NULL, "0f 01 43524d 00"}, {1, NULL, "05 0600 01 9b05"}},
		 {{"CRM", 1435, GRANT_SQL_DAC}},
		 0},
		{50000, 1434, "", {{1, NULL, "05 0600 01 9b05"}}, {{"", 1435, GRANT_SQL_DAC}}, 0},
		{50000,
		 1434,
		 "",
		 {{0, NULL, "0f 01 43524d 00"},
		  {0, NULL, "0f 01 42 00"},
		  {1, NULL, "05 0600 01 9b05"},
		  {1, NULL, "05 0600 01 9c05"}},
		 {{"B", 1435, GRANT_SQL_DAC}, {"", 1436, GRANT_SQL_DAC}},
		 0},
		/* both ends at 1434, and neither */
		{1434,
		 1434,
		 "",
		 {{0, NULL, "0f 01 43 00"}, {1, CRM}},
		 {{"CRM", 49733, GRANT_SQL_BROWSER}},
		 0},
		{50000, 50001, "ssrp", {{1, CRM}}, {{"CRM", 49733, GRANT_SQL_BROWSER}}, 0},
		/* an answer that is sent to the Browser is none */
		{50000, 1434, "", {{0, CRM}}, {{0}}, -1},
		{50000, 1434, "", {{0, NULL, "05 0600 01 9b05"}}, {{0}}, -1},
		{50000, 1434, "", {{1, "x"}, {1, NULL, ""}, {1, NULL, "05"}}, {{0}}, -1},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct learn *l = learn_new(&(struct learn_options){0});
		struct learn_ask q = {
			.proto = PROTO_UDP,
			.addr = {A("10.0.0.9"), A("10.0.0.5")},
			.port = {rows[i].client_port, rows[i].server_port},
			.app = *rows[i].app ? app_by_name(rows[i].app) : APP_NONE,
		};
		struct learn_facts facts;
		const struct grant *g;
		size_t n, k = 0;

		assert_non_null(l);
		send_all(l, &q, rows[i].m, &facts);
		assert_int_equal(facts.client_side, rows[i].client_side);
		assert_int_equal(learn_grants(l, &g, &n), 0);
		for (; k < 3 && rows[i].want[k].port; k++) {
			assert_true(k < n);
			assert_int_equal(g[k].g.how, rows[i].want[k].how);
			assert_int_equal(g[k].g.port, rows[i].want[k].port);
			assert_string_equal(g[k].g.name, rows[i].want[k].name);
			assert_true(addr_equal(&g[k].server, &q.addr[1]));
			assert_true(addr_equal(&g[k].client, &q.addr[0]));
			assert_false(g[k].assumed);
		}
		assert_int_equal(n, k);
		learn_free(l);
	}
}

static void not_wanted(void **state)
{
	struct learn *l = learn_new(&(struct learn_options){0});
	struct learn_ask q = {.proto = PROTO_UDP, .port = {50000, 53}};

	assert_null(learn_open(l, &q));
	q.proto = PROTO_TCP;
	q.port[1] = SSRP_PORT; /* TCP 1434 is the administrator's connection */
	q.port[0] = 53;
	struct learn_flow *f = learn_open(l, &q);

	if (f) { /* by another learner, which makes nothing of it */
		struct learn_facts facts;

		learn_close(f, &facts);
	}
	learn_free(l);
}

/* The worm of 2003: one datagram of 376 octets, of which 04 is the first. */
static void worm(void **state)
{
	struct learn *l = learn_new(&(struct learn_options){0});
	struct learn_ask q = {.proto = PROTO_UDP, .port = {4020, SSRP_PORT}};
	struct learn_flow *f = learn_open(l, &q);
	const struct learn_stats *s = learn_stats(l);
	struct learn_facts facts;
	const struct grant *g;
	uint8_t p[376];
	size_t n;

	memset(p, 1, sizeof p);
	p[0] = 4;
	assert_non_null(f);
	learn_bytes(f, 0, p, sizeof p, true, &(struct evidence){0});
	learn_close(f, &facts);
	assert_int_equal(facts.client_side, -1);
	assert_int_equal(learn_grants(l, &g, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(s->answers, 0);
	assert_int_equal(s->memory, 0);
	learn_free(l);
}

static void memory(void **state)
{
	struct learn *l = learn_new(&(struct learn_options){.max_memory = 4096});
	struct learn_ask q = {.proto = PROTO_UDP, .port = {4020, SSRP_PORT}};
	const struct learn_stats *s = learn_stats(l);
	struct learn_flow *f[64];
	struct learn_facts facts;
	size_t n = 0;

	while (n < N_ELEMENTS(f) && (f[n] = learn_open(l, &q)))
		n++;
	assert_true(n > 0 && n < N_ELEMENTS(f));
	assert_true(s->memory_max <= 4096);
	while (n)
		learn_close(f[--n], &facts);
	assert_int_equal(s->memory, 0);
	learn_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts), cmocka_unit_test(lengths), cmocka_unit_test(long_lists),
		cmocka_unit_test(dac),   cmocka_unit_test(learner), cmocka_unit_test(not_wanted),
		cmocka_unit_test(worm),  cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
