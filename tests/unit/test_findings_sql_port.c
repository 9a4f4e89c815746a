// SPDX-License-Identifier: BSD-2-Clause
/* Ports of SQL Server instances that SQL Browser told. */
#include "judge_lab.h"

#define EST      STATE_ESTABLISHED
#define SQL2A    "10.20.2.21"
#define SQL2B    "10.20.2.22"
#define SQL6     "2001:db8:20:2::21"
#define DEPLOYED "deployment: {topology: split, auth: claims}\n" SITE_HOSTS
/* A server of two addresses and both families, and one whose port the site file names. */
#define TWO                                                                            \
	"deployment: {topology: split}\n"                                              \
	"hosts:\n"                                                                     \
	"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"                         \
	"  - {name: sql02, role: sql, addr: [10.20.2.21, 10.20.2.22, \"" SQL6 "\"]}\n" \
	"  - {name: sql03, role: sql, addr: 10.20.2.23, ports: {sql: 51433}}\n"

enum { GRANTS = 64, DAY = 24 * 3600 };

struct told {
	struct grant g[GRANTS];
	size_t n;
};

static struct grant *tell(struct told *t, const char *server, const char *instance, uint16_t port,
			  int64_t at_s)
{
	struct grant *g = &t->g[t->n++];

	assert_true(t->n <= GRANTS);
	*g = (struct grant){
		.server = A(server),
		.client = A(CRM02),
		.g = {.how = GRANT_SQL_BROWSER, .proto = GRANTED_TCP, .port = port},
		.first = {.ts_ns = T(at_s), .number = (uint32_t)t->n},
		.last_ns = T(at_s),
		.n = 1,
	};
	snprintf(g->g.name, sizeof g->g.name, "%s", instance);
	return g;
}

static void judge_told(struct lab *l, const struct told *t)
{
	l->in.grants = t->g;
	l->in.n_grants = t->n;
	lab_judge(l);
}

static void test_verdicts(void **state)
{
	static const struct {
		const char *client, *server;
		uint16_t port;
		const char *app;
		enum flow_state state;
		const char *verdict;
	} rows[] = {
		{CRM01, SQL01, 49733, "tds", EST, "documented"},
		{CRM02, SQL01, 49733, "tds", EST, "documented"},
		{CRM01, SQL01, 49733, "tls-tds8", EST, "documented"},
		{CRM01, SQL01, 49733, NULL, EST, "documented"},
		{CRM01, SQL01, 49733, NULL, STATE_NO_ANSWER, "documented"},
		{CRM01, SQL01, 1433, "tds", EST, "documented"},
		{CRM01, SQL01, 49733, "http", EST, "unexpected-protocol"},
		{USER, SQL01, 49733, "tds", EST, "unexpected-pair"},
		{USER, SQL01, 49733, NULL, EST, "unexpected-pair"},
		/* nobody told these */
		{CRM01, SQL01, 49734, "tds", EST, "moved-service"},
		{CRM01, DC01, 49733, "http", EST, "unexpected-port"},
		{SQL01, CRM01, 49733, "http", EST, "unexpected-port"},
		/* the administrator's */
		{CRM01, SQL01, 49800, "tds", EST, "moved-service"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(DEPLOYED);
		struct told t = {0};

		tell(&t, SQL01, "CRM", 49733, 3000);
		tell(&t, SQL01, "CRM", 49800, 3000)->g.how = GRANT_SQL_DAC;
		lab_conv(&l, rows[i].client, rows[i].server, TCP, rows[i].port, rows[i].app,
			 rows[i].state);
		judge_told(&l, &t);
		if (strcmp(lab_verdict(&l, rows[i].port), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, rows[i].port));
		/* It is SQL Server's port, whatever is wrong there: no row of dynamic RPC. */
		if (rows[i].port == 49733 && !strcmp(rows[i].server, SQL01))
			assert_int_equal(l.r->n_rpc, 0);
		lab_close(&l);
	}
}

static void test_without_answer_it_moved(void **state)
{
	struct lab l = lab_open(DEPLOYED);

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 49733, "tds", EST);
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 49733), "moved-service");
	lab_close(&l);
}

/* The conversation is at 3600 to 3660 s. */
static void test_a_day(void **state)
{
	static const struct {
		int64_t first_s, last_s;
		bool holds;
	} rows[] = {
		{3600, 3600, true},
		{3600 - DAY, 3600 - DAY, true},
		{3599 - DAY, 3599 - DAY, false},
		{3599 - DAY, 3600 - DAY, true}, /* told again */
		{3660 + DAY, 3660 + DAY, true},
		{3661 + DAY, 3661 + DAY, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(DEPLOYED);
		struct told t = {0};

		tell(&t, SQL01, "CRM", 49733, rows[i].first_s)->last_ns = T(rows[i].last_s);
		lab_conv(&l, CRM01, SQL01, TCP, 49733, "tds", EST);
		judge_told(&l, &t);
		if (!strcmp(lab_verdict(&l, 49733), "documented") != rows[i].holds)
			fail_msg("row %zu: %s", i, lab_verdict(&l, 49733));
		lab_close(&l);
	}
}

static void test_one_host(void **state)
{
	static const struct {
		const char *told, *dialled, *app, *verdict;
	} rows[] = {
		{SQL2A, SQL2A, "tds", "documented"},
		{SQL2A, SQL2B, "tds", "documented"},
		{SQL6, SQL2A, "tds", "documented"},
		{SQL2B, SQL6, "tds", "documented"},
		/* another host's port; what that one is, its TDS alone shows */
		{SQL2A, SQL01, "tds", "moved-service"},
		{SQL2A, SQL01, NULL, "unexpected-endpoint"},
		/* the site file decides */
		{"10.20.2.23", "10.20.2.23", "tds", "moved-service"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(TWO);
		struct told t = {0};

		tell(&t, rows[i].told, "CRM", 49733, 3000);
		lab_conv(&l, CRM01, rows[i].dialled, TCP, 49733, rows[i].app, EST);
		judge_told(&l, &t);
		if (strcmp(lab_verdict(&l, 49733), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, 49733));
		lab_close(&l);
	}
}

static void test_demand(void **state)
{
	static const enum flow_state states[] = {EST, STATE_NO_ANSWER, STATE_REFUSED};

	(void)state;
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		struct lab l = lab_open(DEPLOYED);
		bool good = states[i] == EST;
		struct told t = {0};
		const struct finding *f;

		tell(&t, SQL01, "CRM", 49733, 3000)->first.number = 77;
		lab_conv(&l, CRM01, SQL01, TCP, 49733, good ? "tds" : NULL, states[i]);
		lab_conv(&l, CRM02, SQL01, TCP, 49733, "tds", EST);
		judge_told(&l, &t);
		assert_int_equal(lab_rule(&l, "S1-SQL-04")->result,
				 good ? RULE_MET : RULE_VIOLATED);
		assert_int_equal(lab_rule(&l, "S1-SQL-04")->conversations, 2);
		f = lab_find(&l, KIND_MISSING, 49733);
		assert_int_equal(f != NULL, !good);
		if (f) {
			assert_true(has_text(f->why, "Tried on 49733/tcp at sql01"));
			assert_true(has_text(f->why, "SQL Browser told this port of the instance "
						     "CRM"));
			assert_int_equal(f->severity, SEV_HIGH);
			assert_int_equal(f->ev[0].number, 77); /* the answer */
			assert_true(f->n_ev > 1);              /* and the attempt */
		}
		lab_close(&l);
	}
}

static void test_documented_port_counts_once(void **state)
{
	struct lab l = lab_open(DEPLOYED);
	struct told t = {0};

	(void)state;
	tell(&t, SQL01, "MSSQLSERVER", 1433, 3000);
	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);
	judge_told(&l, &t);
	assert_int_equal(lab_rule(&l, "S1-SQL-04")->conversations, 1);
	lab_close(&l);
}

static void test_advice(void **state)
{
	static const struct {
		struct {
			const char *server, *instance;
			uint16_t port;
		} told[6];
		size_t advice;
		const char *text;
	} rows[] = {
		{{{SQL01, "CRM", 49733}, {SQL01, "CRM", 49733}}, 0, NULL},
		{{{SQL01, "CRM", 49733}, {SQL01, "BI", 49734}}, 0, NULL},
		{{{SQL01, "CRM", 49733}, {DC01, "CRM", 49734}}, 0, NULL},
		/* not a SQL Server of the deployment */
		{{{DC01, "CRM", 49733}, {DC01, "CRM", 49734}}, 0, NULL},
		{{{"192.0.2.7", "CRM", 49733}, {"192.0.2.7", "CRM", 49734}}, 0, NULL},
		{{{SQL01, "CRM", 49733}, {SQL01, "crm", 50112}}, 1, "49733"},
		{{{SQL01, "CRM", 49733}, {SQL01, "CRM", 50112}, {SQL01, "CRM", 49733}}, 1, "50112"},
		{{{SQL01, "CRM", 1},
		  {SQL01, "CRM", 2},
		  {SQL01, "CRM", 3},
		  {SQL01, "CRM", 4},
		  {SQL01, "CRM", 5},
		  {SQL01, "CRM", 6}},
		 1,
		 " and 2 more"},
		{{{SQL01, "CRM", 1}, {SQL01, "CRM", 2}, {SQL01, "BI", 3}, {SQL01, "BI", 4}},
		 2,
		 "BI"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(DEPLOYED);
		struct told t = {0};
		size_t n = 0;
		bool text = false;

		for (size_t k = 0; k < 6 && rows[i].told[k].server; k++)
			tell(&t, rows[i].told[k].server, rows[i].told[k].instance,
			     rows[i].told[k].port, 3000 + (int64_t)k * 600);
		lab_conv(&l, CRM02, SQL01, UDP, 1434, "ssrp", EST);
		lab_conv(&l, CRM02, DC01, UDP, 1434, "ssrp", EST);
		lab_conv(&l, CRM02, "192.0.2.7", UDP, 1434, "ssrp", EST);
		judge_told(&l, &t);
		for (size_t k = 0; k < l.r->n_findings; k++) {
			const struct finding *f = &l.r->findings[k];

			if (f->kind != KIND_ADVICE || !has_text(f->why, "SQL Browser on"))
				continue;
			n++;
			assert_int_equal(f->severity, SEV_INFO);
			assert_true(has_text(f->advice, "fixed port"));
			assert_true(f->n_ev >= 2);
			text |= has_text(f->why, rows[i].text);
		}
		if (n != rows[i].advice || text != (n > 0))
			fail_msg("row %zu: %zu", i, n);
		lab_close(&l);
	}
}

/* A later answer that ended early must not hide an earlier one that went on. */
static void test_long_answers(void **state)
{
	static const struct {
		int64_t at_days;
		const char *verdict;
	} rows[] = {{1, "documented"},  {3, "documented"},     {10, "documented"},
		    {20, "documented"}, {22, "moved-service"}, {40, "documented"}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(DEPLOYED);
		struct told t = {0};
		struct conv *c;

		tell(&t, SQL01, "CRM", 49733, DAY)->last_ns = T(20 * DAY - 3600);
		tell(&t, SQL01, "CRM", 49733, 2 * DAY);
		tell(&t, SQL01, "CRM", 49733, 40 * DAY);
		c = lab_conv(&l, CRM01, SQL01, TCP, 49733, "tds", EST);
		c->first_ns = c->last_ns = T(rows[i].at_days * DAY);
		judge_told(&l, &t);
		if (strcmp(lab_verdict(&l, 49733), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, 49733));
		lab_close(&l);
	}
}

/* The dedicated administrator connection is no moved instance. */
static void test_administrators(void **state)
{
	(void)state;
	for (int dac = 0; dac < 2; dac++) {
		struct lab l = lab_open(DEPLOYED);
		struct told t = {0};
		size_t n = 0;

		if (dac)
			tell(&t, SQL01, "", 49800, 3000)->g.how = GRANT_SQL_DAC;
		lab_conv(&l, CRM01, SQL01, TCP, 49800, "tds", EST);
		judge_told(&l, &t);
		for (size_t k = 0; k < l.r->n_findings; k++) {
			const struct finding *f = &l.r->findings[k];

			if (f->kind != KIND_MOVED_SERVICE)
				continue;
			n++;
			assert_int_equal(has_text(f->advice, "(DAC)"), dac);
			assert_int_equal(has_text(f->advice, "ports: {sql: 49800}"), !dac);
		}
		assert_int_equal(n, 1);
		lab_close(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_without_answer_it_moved),
		cmocka_unit_test(test_a_day),
		cmocka_unit_test(test_one_host),
		cmocka_unit_test(test_demand),
		cmocka_unit_test(test_documented_port_counts_once),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_long_answers),
		cmocka_unit_test(test_administrators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
