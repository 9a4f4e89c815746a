// SPDX-License-Identifier: BSD-2-Clause
/* An answer that is kept is the one that the question would have. */
#include "findings/work.h"
#include "judge_lab.h"
#include "rng.h"

#define PICK(seed, v) ((v)[rng(seed) % N_ELEMENTS(v)])

/* Any question, of few enough parts that most come again, and differ in one part from another. */
static struct ask any(uint64_t *seed, const struct site *s)
{
	static const uint16_t ports[] = {53,   80,   123,  135,   389,   443,  445,
					 1433, 1434, 5353, 49160, 50001, 5022, 8080};
	static const uint16_t clients[] = {0, 53, 135, 443, 1433, 50123};
	static const char *const apps[] = {"http",   "tls", "ldap",          "tds",
					   "dcerpc", "dns", "dcerpc-mapper", "smb"};
	static const uint32_t notes[] = {0,
					 0,
					 APP_NOTE_CLEAR_LOGIN,
					 APP_NOTE_SMB1_SERVER,
					 APP_NOTE_STARTTLS,
					 APP_NOTE_RPC_REPLICATES,
					 APP_NOTE_NTP_CONTROL};
	size_t n = inventory_count(s->inventory);
	uint64_t r = rng(seed);
	struct ask q = {
		.proto = r & 1 ? TCP : UDP,
		.port = PICK(seed, ports),
		.client_port = PICK(seed, clients),
		.confidence = r & 2 ? 100 : 20,
		.notes = PICK(seed, notes),
		.app = r & 4 ? app_by_name(PICK(seed, apps)) : APP_NONE,
		.sure = r & 8,
		.established = r & 0x10,
		.payload = r & 0x20,
		.in_setup = r & 0x40,
		.group = !(r & 0xf00),
		.group_sends = r & 0x1000,
		.mid_stream = r & 0x2000,
		.early = r & 0x4000,
		.dialled_mapper = r & 0x8000,
		.mapper_just_before = r & 0x10000,
		.mapper_sealed = r & 0x20000,
		.mapper_unread = r & 0x40000,
		.called_back = !(r & 0x380000),
		.snapped = r & 0x400000,
		.imagined = r & 0x800000,
		.sql_port = r & 0x3000000 ? 0 : 1433,
	};
	struct end *end[2] = {&q.client, &q.server};

	for (int i = 0; i < 2; i++) {
		const struct host *h =
			rng(seed) % 4 ? inventory_at(s->inventory, rng(seed) % n) : NULL;

		*end[i] = (struct end){.roles = h ? h->roles : 0, .host = h};
	}
	q.client_public = !q.client.host && r & 0x10000000;
	q.server_public = !q.server.host && r & 0x20000000;
	q.client_linked = !q.client.host && r & 0x40000000;
	q.server_linked = !q.server.host && r & 0x80000000;
	q.same_host = q.client.host && q.client.host == q.server.host;
	return q;
}

/* Changes one thing of a question. */
static void change(uint64_t *seed, const struct site *s, struct ask *q)
{
	struct ask other = any(seed, s);

	switch (rng(seed) % 14) {
	case 0:
		q->client = other.client;
		break;
	case 1:
		q->server = other.server;
		break;
	case 2:
		q->port = other.port;
		break;
	case 3:
		q->client_port = other.client_port;
		break;
	case 4:
		q->confidence = other.confidence;
		break;
	case 5:
		q->notes = other.notes;
		break;
	case 6:
		q->app = other.app;
		break;
	case 7:
		q->sure = !q->sure;
		break;
	case 8:
		q->established = !q->established;
		break;
	case 9:
		q->payload = !q->payload;
		break;
	case 10:
		q->sql_port = other.sql_port;
		break;
	case 11:
		q->group = !q->group;
		break;
	case 12:
		q->proto = other.proto;
		break;
	default:
		q->in_setup = !q->in_setup;
		q->mapper_just_before = !q->mapper_just_before;
		q->mapper_sealed = !q->mapper_sealed;
		break;
	}
}

static void the_same(void **state)
{
	struct lab l = lab_open(SITE_HOSTS "deployment: {auth: ifd}\n");
	struct answers *a = answers_new(l.site, l.m);
	uint64_t seed = 3;
	unsigned verdicts = 0;

	assert_non_null(a);
	for (unsigned i = 0; i < 15000; i++) {
		struct ask q = any(&seed, l.site);

		for (unsigned k = 0; k < 12; k++) {
			const struct answer *one;
			struct ruling r;

			ask_decide(l.site, l.m, &q, &r);
			one = answers_decide(a, l.site, l.m, &q);
			assert_int_equal(one->r.verdict, r.verdict);
			assert_int_equal(one->r.why, r.why);
			assert_ptr_equal(one->r.rule, r.rule);
			assert_int_equal(one->r.app, r.app);
			assert_int_equal(one->r.iface, r.iface);
			assert_int_equal(one->r.reversed, r.reversed);
			verdicts |= 1U << r.verdict;
			/* Asked again, and with the difference of one part. */
			if (k & 1)
				change(&seed, l.site, &q);
		}
	}
	/* Questions were of all sorts. */
	assert_true(__builtin_popcount(verdicts) >= 8);
	answers_free(a);
	lab_close(&l);
}

/* What somebody was told, bound or asked for by name is not kept: it is not in the key. */
static void not_kept(void **state)
{
	struct lab l = lab_open(
		SITE_HOSTS
		"egress:\n"
		"  - {from: [crm-any], service: [443/tcp], names: [\"*.example\"], why: x}\n");
	struct answers *a = answers_new(l.site, l.m);
	const struct host *web = inventory_at(l.site->inventory, 0);
	const char *const good[] = {"www.example"}, *const bad[] = {"www.test"};
	struct ask q = {
		.client = {.roles = web->roles, .host = web},
		.server_public = true,
		.proto = TCP,
		.port = 443,
		.established = true,
		.confidence = 100,
		.names = good,
		.n_names = 1,
	};

	assert_non_null(a);
	assert_int_equal(answers_decide(a, l.site, l.m, &q)->r.verdict, KIND_TOLERATED);
	q.names = bad;
	assert_int_equal(answers_decide(a, l.site, l.m, &q)->r.verdict, KIND_UNEXPECTED_ENDPOINT);
	q.names = good;
	assert_int_equal(answers_decide(a, l.site, l.m, &q)->r.verdict, KIND_TOLERATED);
	answers_free(a);
	lab_close(&l);
}

/* Ports of one class are alike to every question: each port is asked, and has its own answer. */
static void classes_of_ports(void **state)
{
	struct lab l =
		lab_open("hosts:\n"
			 "  - {name: web, role: crm-web, addr: 10.20.1.11}\n"
			 "  - {name: sql, role: sql, addr: 10.20.2.20, ports: {sql: 51033}}\n"
			 "  - {name: dc, role: gc, addr: 10.20.3.30}\n"
			 "  - {name: mon, role: monitor, addr: 10.20.9.90}\n"
			 "deployment: {auth: ifd, rpc: 50000-50099}\n"
			 "egress:\n"
			 "  - {from: [crm-any], service: [8443/tcp, 60123/tcp], why: x}\n");
	static const struct {
		int client, server; /* -1: a public address */
		uint8_t proto;
		bool swapped, payload;
		const char *app;
	} rows[] = {
		{0, 1, TCP, false, true, "tds"}, {0, 1, TCP, true, false, NULL},
		{1, 1, TCP, false, true, NULL},  {0, -1, TCP, false, true, NULL},
		{0, -1, UDP, false, true, NULL}, {-1, 0, TCP, true, true, NULL},
		{3, 1, TCP, false, false, NULL}, {0, 2, TCP, false, true, "dcerpc"},
		{2, 0, TCP, true, true, NULL},   {0, 2, UDP, true, true, "dns"},
	};
	struct answers *a = answers_new(l.site, l.m);
	unsigned differ = 0;

	assert_non_null(a);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct ask q = {
			.proto = rows[i].proto,
			.port = 40000,
			.client_port = 40001,
			.confidence = rows[i].swapped ? 20 : 100,
			.app = rows[i].app ? app_by_name(rows[i].app) : APP_NONE,
			.sure = rows[i].app,
			.established = true,
			.payload = rows[i].payload,
			.client_public = rows[i].client < 0,
			.server_public = rows[i].server < 0,
			.dialled_mapper = true,
		};
		struct ruling before = {.verdict = KIND_N};

		if (rows[i].client >= 0)
			q.client.host = inventory_at(l.site->inventory, (size_t)rows[i].client);
		if (rows[i].server >= 0)
			q.server.host = inventory_at(l.site->inventory, (size_t)rows[i].server);
		q.client.roles = q.client.host ? q.client.host->roles : 0;
		q.server.roles = q.server.host ? q.server.host->roles : 0;
		for (uint32_t port = 1; port <= UINT16_MAX; port++) {
			const struct answer *one;
			struct ruling r;

			/* What is far from everything that has a name is asked for now and then. */
			if (port > 10000 && port % 1000 > 160)
				continue;
			*(rows[i].swapped ? &q.client_port : &q.port) = (uint16_t)port;
			ask_decide(l.site, l.m, &q, &r);
			one = answers_decide(a, l.site, l.m, &q);
			assert_int_equal(one->r.verdict, r.verdict);
			assert_int_equal(one->r.why, r.why);
			assert_ptr_equal(one->r.rule, r.rule);
			assert_int_equal(one->r.reversed, r.reversed);
			differ += r.verdict != before.verdict || r.why != before.why;
			before = r;
		}
	}
	assert_true(differ > 40);
	answers_free(a);
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same),
		cmocka_unit_test(not_kept),
		cmocka_unit_test(classes_of_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
