// SPDX-License-Identifier: BSD-2-Clause
/* Every verdict, in the order in which they are decided. */
#include "judge_lab.h"

struct row {
	const char *client, *server;
	uint8_t proto;
	uint16_t port;
	const char *app;
	enum flow_state state;
	const char *verdict;
};

static void check(const char *site, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct lab l = lab_open(site);

		lab_conv(&l, rows[i].client, rows[i].server, rows[i].proto, rows[i].port,
			 rows[i].app, rows[i].state);
		lab_judge(&l);
		if (strcmp(lab_verdict(&l, rows[i].port), rows[i].verdict) != 0)
			fail_msg("%s -> %s:%u %s: %s, not %s", rows[i].client, rows[i].server,
				 rows[i].port, rows[i].app ? rows[i].app : "-",
				 lab_verdict(&l, rows[i].port), rows[i].verdict);
		lab_close(&l);
	}
}

#define SPLIT "deployment: {topology: split}\n" SITE_HOSTS
#define EST   STATE_ESTABLISHED

static void test_verdicts(void **state)
{
	static const struct row rows[] = {
		{CRM01, SQL01, TCP, 1433, "tds", EST, "documented"},
		{CRM01, SQL01, TCP, 1433, NULL, EST, "documented"},
		{CRM01, SQL01, TCP, 1433, NULL, STATE_NO_ANSWER, "documented"},
		{USER, CRM01, TCP, 443, "tls", EST, "documented"},
		{USER, CRM01, TCP, 443, "ssh", EST, "unexpected-protocol"},
		{USER, CRM01, TCP, 443, "http", EST, "unexpected-protocol"},
		{USER, CRM01, TCP, 80, "tls", EST, "unexpected-protocol"},
		{USER, CRM01, TCP, 443, "ssh", STATE_MID_STREAM, "documented"},
		{CRM01, SQL01, TCP, 22, "ssh", EST, "unexpected-port"},
		{CRM01, SQL01, TCP, 22, NULL, STATE_REFUSED, "unexpected-port"},
		{CRM01, SQL01, TCP, 51434, "tds", EST, "moved-service"},
		{CRM01, SQL01, TCP, 1533, "tds", EST, "moved-service"},
		{SQL01, CRM01, TCP, 1433, "tds", EST, "unexpected-direction"},
		{USER, SQL01, TCP, 445, "smb2", EST, "unexpected-pair"},
		{CRM01, "10.99.9.9", TCP, 8089, NULL, EST, "unexpected-endpoint"},
		{"10.99.9.9", CRM01, TCP, 8089, NULL, EST, "unexpected-endpoint"},
		{CRM01, SQL01, UDP, 1434, "ssrp", EST, "setup-only"},
		{CRM01, DC01, TCP, 49667, NULL, EST, "rpc-unexplained"},
		{CRM01, SQL01, TCP, 49900, NULL, EST, "rpc-unexplained"},
		{CRM01, SQL01, TCP, 20000, NULL, EST, "unexpected-port"},
		{USER, "10.30.1.6", TCP, 445, "smb2", EST, "out-of-scope"},
		{USER, "93.184.216.34", TCP, 443, "tls", EST, "out-of-scope"},
		{USER, EXCH, TCP, 443, "tls", EST, "documented"},
		{"10.88.1.1", EXCH, TCP, 443, "tls", EST, "out-of-scope"},
		{USER, DC01, TCP, 389, "ldap", EST, "documented"},
		{DC01, DC02, TCP, 389, "ldap", EST, "out-of-scope"},
		{DC01, "9.9.9.9", UDP, 53, "dns", EST, "out-of-scope"},
		{DC01, DC02, UDP, 53, "dns", EST, "out-of-scope"},
	};

	(void)state;
	check(SPLIT, rows, sizeof rows / sizeof rows[0]);
}

static void test_ignored_host(void **state)
{
	static const struct row rows[] = {
		{CRM01, "10.99.0.7", TCP, 9999, NULL, EST, "out-of-scope"},
		{"10.99.0.7", CRM01, TCP, 22, "ssh", EST, "out-of-scope"},
	};

	(void)state;
	check(SPLIT "  - {name: backup, role: ignore, cidr: 10.99.0.0/24, why: \"CHG-88\"}\n", rows,
	      2);
}

static void test_moved_port_of_the_site(void **state)
{
	static const struct row rows[] = {
		{CRM01, SQL01, TCP, 51433, "tds", EST, "documented"},
		{CRM01, SQL01, TCP, 1433, "tds", EST, "unexpected-port"},
	};
	struct lab l = lab_open("ports: {sql: 51433}\n" SPLIT);
	const struct finding *f;

	(void)state;
	check("ports: {sql: 51433}\n" SPLIT, rows, 2);
	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);
	lab_judge(&l);
	f = lab_find(&l, KIND_UNEXPECTED_PORT, 1433);
	assert_non_null(f);
	assert_true(has_text(f->why, "Default port still in use"));
	lab_close(&l);
}

static void test_moved_service_names_the_line(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 51433, "tds", EST);
	lab_judge(&l);
	f = lab_find(&l, KIND_MOVED_SERVICE, 51433);
	assert_non_null(f);
	assert_true(has_text(f->advice, "- {name: sql01, role: [sql], addr: \"10.20.2.20\", "
					"ports: {sql: 51433}}"));
	assert_int_equal(f->severity, SEV_MEDIUM);
	lab_close(&l);
}

/* An override replaces: what is still served on the old port has to stand in the line too. */
static void test_moved_service_keeps_what_is_in_use(void **state)
{
	static const struct {
		const char *server;
		enum flow_state state;
		const char *ports;
	} rows[] = {
		{SQL01, EST, "ports: {sql: [1433, 51433]}}"},
		{SQL01, STATE_REFUSED, "ports: {sql: 51433}}"},
		{"10.20.2.21", EST, "ports: {sql: 51433}}"}, /* another server's */
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab l = lab_open("deployment: {topology: split}\n"
					"hosts:\n"
					"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
					"  - {name: crm02, role: crm-async, addr: 10.20.1.12}\n"
					"  - {name: sql01, role: sql, addr: 10.20.2.20}\n"
					"  - {name: sql02, role: sql, addr: 10.20.2.21}\n");
		const struct finding *f;

		lab_conv(&l, CRM01, SQL01, TCP, 51433, "tds", EST);
		lab_conv(&l, CRM02, rows[i].server, TCP, 1433, rows[i].state == EST ? "tds" : NULL,
			 rows[i].state);
		lab_judge(&l);
		f = lab_find(&l, KIND_MOVED_SERVICE, 51433);
		assert_non_null(f);
		if (!has_text(f->advice, rows[i].ports))
			fail_msg("row %zu: %s", i, f->advice);
		lab_close(&l);
	}
}

static void test_setup_window(void **state)
{
	static const struct row rows[] = {
		{CRM01, SQL01, UDP, 1434, "ssrp", EST, "documented"},
	};

	(void)state;
	check("deployment: {topology: split, setup: [{from: 2024-05-01T00:00:00Z, "
	      "to: 2024-05-01T03:00:00Z}]}\n" SITE_HOSTS,
	      rows, 1);
	check("deployment: {topology: split, sql: named-dynamic}\n" SITE_HOSTS, rows, 1);
}

/* Nine HTTP and one SSH: the worst flow decides, and the finding is about its packets. */
static void test_worst_flow(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, USER, CRM01, TCP, 80, "http", EST);
	const struct finding *f;

	(void)state;
	c->flows = 10;
	c->app[0].flows = 9;
	c->app[0].by_state[EST] = 9;
	c->app[1] = c->app[0];
	c->app[1].app = app_by_name("ssh");
	c->app[1].flows = 1;
	c->app[1].by_state[EST] = 1;
	c->app[1].ev[0] = (struct evidence){T(4000), 0, 777};
	c->n_app = 2;
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 80), "unexpected-protocol");
	f = lab_find(&l, KIND_UNEXPECTED_PROTOCOL, 80);
	assert_int_equal(f->ev[0].number, 777);
	assert_string_equal(f->protocol, "ssh");
	assert_int_equal(f->severity, SEV_HIGH);
	assert_string_equal(lab_result_word(lab_rule(&l, "S2-WEB-01")->result), "met");
	lab_close(&l);
}

/* A flow of a moved service that never came about does not turn it into something worse. */
static void test_silent_flows_say_nothing(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, CRM01, SQL01, TCP, 1533, "tds", EST);

	(void)state;
	c->app[1] = (struct conv_app){.flows = 1};
	c->app[1].by_state[STATE_REFUSED] = 1;
	c->n_app = 2;
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 1533), "moved-service");
	lab_close(&l);
}

static void test_upgrade_to_tls(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, CRM01, DC01, TCP, 88, "tls", EST);

	(void)state;
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 88), "unexpected-protocol");
	c->app[0].notes = APP_NOTE_STARTTLS;
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 88), "documented");
	lab_close(&l);
}

static void test_advice(void **state)
{
	static const struct {
		const char *server, *app;
		uint16_t port;
		uint32_t notes;
		enum severity severity;
		const char *text;
	} rows[] = {
		{DC01, "ldap", 389, APP_NOTE_CLEAR_LOGIN, SEV_MEDIUM, "simple bind"},
		{DC01, "smb1", 445, APP_NOTE_SMB1_SERVER, SEV_LOW, "SMB 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		const struct finding *f;

		lab_conv(&l, CRM01, rows[i].server, TCP, rows[i].port, rows[i].app, EST)
			->app[0]
			.notes = rows[i].notes;
		lab_judge(&l);
		assert_string_equal(lab_verdict(&l, rows[i].port), "advice");
		f = lab_find(&l, KIND_ADVICE, rows[i].port);
		assert_non_null(f);
		assert_int_equal(f->severity, rows[i].severity);
		assert_true(has_text(f->why, rows[i].text));
		lab_close(&l);
	}
}

static void test_clear_web(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;

	(void)state;
	lab_conv(&l, USER, CRM01, TCP, 80, "http", EST);
	lab_conv(&l, "10.30.1.6", CRM01, TCP, 80, "http", EST);
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 80), "advice");
	f = lab_find(&l, KIND_ADVICE, 80);
	assert_non_null(f);
	assert_int_equal(f->severity, SEV_INFO);
	assert_int_equal(f->folded, 2); /* one for the server, whoever its clients are */
	assert_string_equal(f->client.network, "10.30.0.0/16");
	/* Where HTTPS is in use, some HTTP beside it is the papers' own arrangement. */
	lab_conv(&l, "10.30.1.7", CRM01, TCP, 443, "tls", EST);
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 80), "documented");
	assert_null(lab_find(&l, KIND_ADVICE, 80));
	lab_close(&l);
}

static void test_forbidden(void **state)
{
	static const struct row rows[] = {{CRM01, SQL01, TCP, 139, NULL, EST, "unexpected-port"}};
	static const struct row over[] = {{CRM01, SQL01, TCP, 445, "smb2", EST, "unexpected-port"}};

	(void)state;
	check("deployment: {topology: split, netbios: forbidden}\n" SITE_HOSTS, rows, 1);
	check("overrides:\n  - {rule: S1-SQL-03b, need: forbidden, reason: \"pipes are "
	      "off\"}\n" SPLIT,
	      over, 1);
}

static void test_questions(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct judge_answer a;
	struct judge_question q = {
		.client.roles = ROLE_BIT(ROLE_CRM_WEB),
		.server.roles = ROLE_BIT(ROLE_SQL),
		.proto = TCP,
		.client_port = 50000,
		.port = 1433,
		.state = EST,
	};

	(void)state;
	judge_one(l.site, l.m, &q, &a);
	assert_int_equal(a.verdict, KIND_DOCUMENTED);
	assert_non_null(a.rule);
	assert_null(a.nearest);
	q.port = 22;
	judge_one(l.site, l.m, &q, &a);
	assert_int_equal(a.verdict, KIND_UNEXPECTED_PORT);
	assert_null(a.rule);
	assert_non_null(a.nearest);
	assert_true(has_text(a.why_not, "1433"));
	q.port = 51433;
	q.app = app_by_name("tds");
	judge_one(l.site, l.m, &q, &a);
	assert_int_equal(a.verdict, KIND_MOVED_SERVICE);
	assert_true(has_text(a.why_not, "another port"));
	q = (struct judge_question){.client.roles = ROLE_BIT(ROLE_CRM_WEB),
				    .client_addr = A(CRM01),
				    .server_addr = A("8.8.8.8"),
				    .proto = TCP,
				    .port = 443,
				    .state = EST};
	judge_one(l.site, l.m, &q, &a);
	assert_int_equal(a.verdict, KIND_UNEXPECTED_ENDPOINT);
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_ignored_host),
		cmocka_unit_test(test_moved_port_of_the_site),
		cmocka_unit_test(test_moved_service_names_the_line),
		cmocka_unit_test(test_moved_service_keeps_what_is_in_use),
		cmocka_unit_test(test_setup_window),
		cmocka_unit_test(test_worst_flow),
		cmocka_unit_test(test_silent_flows_say_nothing),
		cmocka_unit_test(test_upgrade_to_tls),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_clear_web),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
