// SPDX-License-Identifier: BSD-2-Clause
/* Each line of the table of severities. */
#include "judge_lab.h"

#define EST   STATE_ESTABLISHED
#define SPLIT "deployment: {topology: split}\n" SITE_HOSTS

static void test_table(void **state)
{
	static const struct {
		const char *client, *server;
		uint8_t proto;
		uint16_t port;
		const char *app;
		enum flow_state state;
		enum kind kind;
		enum severity severity;
	} rows[] = {
		/* critical: the Internet in a core host */
		{"93.184.216.34", SQL01, TCP, 1433, "tds", EST, KIND_UNEXPECTED_ENDPOINT,
		 SEV_CRITICAL},
		{"93.184.216.34", CRM01, TCP, 3389, NULL, STATE_MID_STREAM,
		 KIND_UNEXPECTED_ENDPOINT, SEV_CRITICAL},
		/* high */
		{USER, SQL01, TCP, 445, "smb2", EST, KIND_UNEXPECTED_PAIR, SEV_HIGH},
		{CRM01, SQL01, TCP, 22, "ssh", EST, KIND_UNEXPECTED_PORT, SEV_HIGH},
		{CRM01, SQL01, TCP, 5900, "vnc", EST, KIND_UNEXPECTED_PORT, SEV_HIGH},
		{CRM01, SQL01, TCP, 23, "telnet", EST, KIND_UNEXPECTED_PORT, SEV_HIGH},
		{CRM01, SQL01, TCP, 21, "ftp", EST, KIND_UNEXPECTED_PORT, SEV_HIGH},
		{USER, CRM01, TCP, 443, "ssh", EST, KIND_UNEXPECTED_PROTOCOL, SEV_HIGH},
		/* medium */
		{CRM01, SQL01, TCP, 8080, "http", EST, KIND_UNEXPECTED_PORT, SEV_MEDIUM},
		{CRM01, SQL01, TCP, 22, NULL, EST, KIND_UNEXPECTED_PORT, SEV_MEDIUM},
		{SQL01, CRM01, TCP, 1433, "tds", EST, KIND_UNEXPECTED_DIRECTION, SEV_MEDIUM},
		{CRM01, "10.99.9.9", TCP, 8080, "http", EST, KIND_UNEXPECTED_ENDPOINT, SEV_MEDIUM},
		{USER, CRM01, TCP, 443, "http", EST, KIND_UNEXPECTED_PROTOCOL, SEV_MEDIUM},
		{USER, CRM01, TCP, 80, "tls", EST, KIND_UNEXPECTED_PROTOCOL, SEV_MEDIUM},
		{CRM01, SQL01, TCP, 51433, "tds", EST, KIND_MOVED_SERVICE, SEV_MEDIUM},
		{CRM01, DC01, TCP, 49667, NULL, EST, KIND_RPC_UNEXPLAINED, SEV_MEDIUM},
		/* low: setup, and what was never established */
		{CRM01, SQL01, UDP, 1434, "ssrp", EST, KIND_SETUP_ONLY, SEV_LOW},
		{USER, SQL01, TCP, 445, NULL, STATE_NO_ANSWER, KIND_UNEXPECTED_PAIR, SEV_LOW},
		{CRM01, SQL01, TCP, 22, NULL, STATE_REFUSED, KIND_UNEXPECTED_PORT, SEV_LOW},
		{CRM01, SQL01, TCP, 22, NULL, STATE_ONE_WAY, KIND_UNEXPECTED_PORT, SEV_LOW},
		{SQL01, CRM01, TCP, 1433, NULL, STATE_HALF_OPEN, KIND_UNEXPECTED_DIRECTION,
		 SEV_LOW},
		{CRM01, "10.99.9.9", TCP, 8080, NULL, STATE_REJECTED, KIND_UNEXPECTED_ENDPOINT,
		 SEV_LOW},
		/* egress */
		{CRM01, "13.1.1.1", TCP, 443, "tls", EST, KIND_UNEXPECTED_ENDPOINT, SEV_LOW},
		{CRM01, "13.1.1.1", TCP, 25, NULL, EST, KIND_UNEXPECTED_ENDPOINT, SEV_MEDIUM},
		{CRM01, "13.1.1.1", TCP, 25, "smtp", EST, KIND_UNEXPECTED_ENDPOINT, SEV_HIGH},
		{CRM01, "13.1.1.1", TCP, 443, "ssh", EST, KIND_UNEXPECTED_ENDPOINT, SEV_HIGH},
		{CRM01, "13.1.1.1", TCP, 25, NULL, STATE_NO_ANSWER, KIND_UNEXPECTED_ENDPOINT,
		 SEV_LOW},
		{CRM01, "9.9.9.9", UDP, 123, "ntp", EST, KIND_UNEXPECTED_ENDPOINT, SEV_MEDIUM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		const struct finding *f;

		lab_conv(&l, rows[i].client, rows[i].server, rows[i].proto, rows[i].port,
			 rows[i].app, rows[i].state);
		lab_judge(&l);
		f = lab_find(&l, rows[i].kind, rows[i].port);
		if (!f || f->severity != rows[i].severity)
			fail_msg("row %zu (%s -> %s:%u): %s, severity %d", i, rows[i].client,
				 rows[i].server, rows[i].port, lab_verdict(&l, rows[i].port),
				 f ? (int)f->severity : -1);
		lab_close(&l);
	}
}

static void test_guesses_are_low(void **state)
{
	static const struct {
		enum dir_reason reason;
		enum severity severity;
	} rows[] = {
		{DIR_SYN, SEV_HIGH},  {DIR_MESSAGE, SEV_HIGH}, {DIR_LEARNED, SEV_HIGH},
		{DIR_PORT, SEV_HIGH}, {DIR_FAN_IN, SEV_LOW},   {DIR_FIRST, SEV_LOW},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);

		lab_conv(&l, USER, SQL01, TCP, 445, "smb2", EST)->reason = rows[i].reason;
		lab_judge(&l);
		assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PAIR, 445)->severity,
				 rows[i].severity);
		assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PAIR, 445)->confidence,
				 dir_confidence(rows[i].reason));
		lab_close(&l);
	}
}

/* A client that is only taken for one: what it does elsewhere is no certain offence. */
static void test_guessed_role_is_low(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, "10.77.1.5", CRM01, TCP, 443, "tls", EST);
	lab_conv(&l, "10.77.1.5", DC01, TCP, 8443, "tls", EST);
	lab_judge(&l);
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PORT, 8443)->severity, SEV_LOW);
	assert_true(has_text(lab_find(&l, KIND_UNEXPECTED_PORT, 8443)->why, "guess"));
	lab_close(&l);
}

static void test_missing(void **state)
{
	static const struct {
		bool tried;
		enum severity severity;
	} rows[] = {{true, SEV_HIGH}, {false, SEV_MEDIUM}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lab l = lab_open("hosts:\n"
					"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
					"  - {name: sql01, role: sql, addr: 10.20.2.20}\n");

		lab_conv(&l, CRM01, SQL01, TCP, rows[i].tried ? 1433 : 445, NULL,
			 rows[i].tried ? STATE_NO_ANSWER : EST);
		lab_judge(&l);
		assert_int_equal(lab_find(&l, KIND_MISSING, 1433)->severity, rows[i].severity);
		lab_close(&l);
	}
}

static void test_site_decides(void **state)
{
	struct lab l = lab_open("overrides:\n  - {rule: S2-WEB-05, severity: critical, reason: "
				"\"tunnels\"}\n" SPLIT);

	(void)state;
	lab_conv(&l, USER, CRM01, TCP, 443, "http", EST);
	lab_judge(&l);
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PROTOCOL, 443)->severity, SEV_CRITICAL);
	lab_close(&l);
}

/* The closest entry decides, and a rule's before any of them. */
static void test_site_kinds(void **state)
{
	static const struct {
		const char *site;
		enum severity severity; /* of crm01 -> sql01 8080, unexpected-port */
		const char *why;
	} rows[] = {
		{"", SEV_MEDIUM, NULL},
		{"severities: [{kind: unexpected-port, severity: high, reason: a}]\n", SEV_HIGH,
		 "line 3: a"},
		{"severities: [{kind: unexpected-pair, severity: high, reason: a}]\n", SEV_MEDIUM,
		 NULL},
		/* One end more says more, wherever it stands. */
		{"severities:\n"
		 "  - {kind: unexpected-port, severity: high, reason: a}\n"
		 "  - {kind: unexpected-port, to: sql, severity: low, reason: b}\n",
		 SEV_LOW, "line 5: b"},
		{"severities:\n"
		 "  - {kind: unexpected-port, from: crm-any, to: sql, severity: info, reason: a}\n"
		 "  - {kind: unexpected-port, to: sql, severity: low, reason: b}\n"
		 "  - {kind: unexpected-port, severity: high, reason: c}\n",
		 SEV_INFO, "line 4: a"},
		/* Of two that say as much, the first. */
		{"severities:\n"
		 "  - {kind: unexpected-port, from: crm-web, severity: low, reason: a}\n"
		 "  - {kind: unexpected-port, to: sql, severity: high, reason: b}\n",
		 SEV_LOW, "line 4: a"},
		/* Not these roles. */
		{"severities:\n"
		 "  - {kind: unexpected-port, from: sql, severity: low, reason: a}\n"
		 "  - {kind: unexpected-port, from: crm-web, to: dc, severity: low, reason: b}\n",
		 SEV_MEDIUM, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char body[2048];
		struct lab l;
		const struct finding *f;

		snprintf(body, sizeof body, "%s" SPLIT, rows[i].site);
		l = lab_open(body);
		lab_conv(&l, CRM01, SQL01, TCP, 8080, "http", EST);
		f = lab_judge(&l) ? lab_find(&l, KIND_UNEXPECTED_PORT, 8080) : NULL;
		assert_non_null(f);
		if (f->severity != rows[i].severity)
			fail_msg("row %zu: severity %d", i, (int)f->severity);
		if (!rows[i].why)
			assert_null(f->severity_why);
		else if (!has_text(f->severity_why, rows[i].why))
			fail_msg("row %zu: %s", i, f->severity_why ? f->severity_why : "no reason");
		lab_close(&l);
	}
}

static void test_rule_before_kind(void **state)
{
	static const char *const kinds[] = {
		"severities: [{kind: missing, from: crm-web, to: sql, severity: info, reason: "
		"k}]\n",
		"severities: [{kind: missing, severity: info, reason: k}]\n"};
	static const char over[] = "overrides:\n"
				   "  - {rule: S1-SQL-04, severity: critical, reason: r}\n"
				   "  - {rule: S2-SQL-04, severity: critical, reason: r}\n"
				   "  - {rule: S1-CMP-02, severity: critical, reason: r}\n";

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		char body[2048];
		struct lab l;
		const struct finding *f;

		snprintf(body, sizeof body,
			 "%s%shosts:\n"
			 "  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
			 "  - {name: sql01, role: sql, addr: 10.20.2.20}\n",
			 kinds[i % 2], i < 2 ? over : "");
		l = lab_open(body);
		lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, STATE_NO_ANSWER);
		f = lab_judge(&l) ? lab_find(&l, KIND_MISSING, 1433) : NULL;
		assert_non_null(f);
		assert_int_equal(f->severity, i < 2 ? SEV_CRITICAL : SEV_INFO);
		assert_true(has_text(f->severity_why, i < 2 ? ": r" : ": k"));
		lab_close(&l);
	}
}

/* An attempt that nothing demands is a finding of its rule, too. */
static void test_blocked_by_rule(void **state)
{
	struct lab l = lab_open("overrides:\n"
				"  - {rule: S1-SQL-03b, severity: high, reason: r}\n"
				"  - {rule: S2-SQL-03b, severity: high, reason: r}\n" SPLIT);
	const struct finding *f;

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 445, NULL, STATE_NO_ANSWER);
	f = lab_judge(&l) ? lab_find(&l, KIND_BLOCKED, 445) : NULL;
	if (!f)
		lab_dump(&l);
	assert_non_null(f);
	assert_int_equal(f->severity, SEV_HIGH);
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_guesses_are_low),
		cmocka_unit_test(test_guessed_role_is_low),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_site_decides),
		cmocka_unit_test(test_site_kinds),
		cmocka_unit_test(test_rule_before_kind),
		cmocka_unit_test(test_blocked_by_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
