// SPDX-License-Identifier: BSD-2-Clause
/* What rules come to: met, violated, unused, not judged; and the findings of absence. */
#include "judge_lab.h"

#define EST STATE_ESTABLISHED

/* One crm-web and one SQL Server: S2-SQL-04 (tcp 1433) is the demand under test. */
#define PAIR                                                   \
	"hosts:\n"                                             \
	"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n" \
	"  - {name: sql01, role: sql, addr: 10.20.2.20}\n"
#define RULE "S2-SQL-04"

static void expect(const struct lab *l, const char *rule, const char *word, const char *reason)
{
	const struct rule_row *row = lab_rule(l, rule);

	if (strcmp(lab_result_word(row->result), word) != 0)
		fail_msg("%s is %s (%s), not %s", rule, lab_result_word(row->result),
			 row->reason ? row->reason : "-", word);
	if (reason && !has_text(row->reason, reason))
		fail_msg("%s: reason '%s' does not say '%s'", rule, row->reason ? row->reason : "-",
			 reason);
}

/* Something else between the two, so that both are in view. */
static void in_view(struct lab *l)
{
	lab_conv(l, CRM01, SQL01, TCP, 445, "smb2", EST);
}

static void test_state_decides(void **state)
{
	static const struct {
		enum flow_state state;
		const char *word, *text;
	} rows[] = {
		{STATE_ESTABLISHED, "met", NULL},
		{STATE_MID_STREAM, "met", NULL},
		{STATE_ONE_WAY, "not-judged", NULL},
		{STATE_NO_ANSWER, "violated", "no answer"},
		{STATE_REFUSED, "violated", "refused (RST)"},
		{STATE_REJECTED, "violated", "rejected by"},
		{STATE_HALF_OPEN, "violated", "never completed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(PAIR);
		const struct finding *f;

		lab_conv(&l, CRM01, SQL01, TCP, 1433,
			 rows[i].state <= STATE_MID_STREAM ? "tds" : NULL, rows[i].state);
		lab_judge(&l);
		expect(&l, RULE, rows[i].word, NULL);
		f = lab_find(&l, KIND_MISSING, 1433);
		assert_int_equal(f != NULL, rows[i].text != NULL);
		if (f) {
			assert_int_equal(f->severity, SEV_HIGH);
			assert_true(has_text(f->why, rows[i].text));
			assert_true(f->has_state);
			assert_int_equal(f->state, rows[i].state);
			assert_int_equal(f->n_ev, 1);
			assert_null(lab_find(&l, KIND_BLOCKED, 1433));
		}
		lab_close(&l);
	}
}

static void test_never_tried(void **state)
{
	struct lab l = lab_open(PAIR);
	const struct finding *f;

	(void)state;
	in_view(&l);
	lab_judge(&l);
	expect(&l, RULE, "violated", "crm01: never tried");
	f = lab_find(&l, KIND_MISSING, 1433);
	assert_non_null(f);
	assert_int_equal(f->severity, SEV_MEDIUM);
	assert_false(f->has_state);
	assert_string_equal(f->client.host, "crm01");
	assert_string_equal(f->server.host, "sql01");
	assert_string_equal(f->group, "sql");
	lab_close(&l);
}

/* Whose demand at whom, beside the rule; a host asks nothing of itself. */
static void expect_unjudged(const struct lab *l, const char *reason)
{
	size_t n = 0;

	for (size_t i = 0; i < l->r->n_unjudged; i++) {
		const struct unjudged_row *u = &l->r->unjudged[i];

		assert_true(u->demands >= 1);
		if (i)
			assert_true(u[-1].client_roles < u->client_roles ||
				    (u[-1].client_roles == u->client_roles &&
				     u[-1].server_roles < u->server_roles));
		if (!roles_has(u->client_roles, ROLE_CRM_WEB) ||
		    u->server_roles != ROLE_BIT(ROLE_SQL))
			continue;
		assert_non_null(strstr(u->reason, reason));
		n++;
	}
	assert_int_equal(n, strcmp(reason, "same host") != 0);
}

static void test_not_judged(void **state)
{
	static const struct {
		const char *body, *reason;
		int64_t hours;
		uint64_t unseen;
		bool quiet; /* nothing else between the two */
	} rows[] = {
		{PAIR, "window shorter than judge-after", 2, 0, false},
		{PAIR, "loss above the limit", 25, 5000, false},
		{"hosts:\n  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n",
		 "no host has the role sql", 25, 0, true},
		{PAIR, "not in view: no packet of crm01", 25, 0, true},
		{"hosts:\n  - {name: all, role: [crm-web, sql], addr: 10.20.1.11}\n", "same host",
		 25, 0, true},
		{"sensors:\n  - {name: s1, sees: [dc]}\n" PAIR, "no sensor sees", 25, 0, false},
		{"sensors:\n  - {name: s1, sees: [sql], both-directions: false}\n" PAIR,
		 "one-way mirror", 25, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(rows[i].body);

		if (!rows[i].quiet)
			in_view(&l);
		l.input.last_ns = T0 + rows[i].hours * HOUR;
		l.in.coverage.tcp_unseen_bytes = rows[i].unseen;
		l.in.coverage.tcp_bytes = 100000;
		lab_judge(&l);
		expect(&l, RULE, "not-judged", rows[i].reason);
		assert_null(lab_find(&l, KIND_MISSING, 1433));
		expect_unjudged(&l, rows[i].reason);
		lab_close(&l);
	}
}

/* What makes silence tell: packets of both ends, or a sensor at one of them. */
static void test_why_silence_tells(void **state)
{
	static const struct {
		const char *sensors;
		bool server_seen;
		const char *why;
	} rows[] = {
		{"", true, "though both ends were in view."},
		{"sensors:\n  - {name: s1, sees: [crm-web]}\n", true,
		 "though both ends were in view."},
		{"sensors:\n  - {name: s1, sees: [crm-web]}\n", false,
		 "though the sensor s1 sees crm01 and would have shown it (no packet of any sql "
		 "was captured)."},
		{"sensors:\n  - {name: s0, sees: [dc]}\n  - {name: s2, sees: [sql]}\n", false,
		 "though the sensor s2 sees sql and would have shown it (no packet of any sql "
		 "was captured)."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char body[600];
		struct lab l;
		const struct finding *f;

		snprintf(body, sizeof body, "%s%s", rows[i].sensors,
			 PAIR "  - {name: dc01, role: gc, addr: 10.20.3.30}\n");
		l = lab_open(body);
		lab_conv(&l, CRM01, DC01, UDP, 53, "dns", STATE_ESTABLISHED);
		if (rows[i].server_seen)
			lab_conv(&l, SQL01, DC01, UDP, 53, "dns", STATE_ESTABLISHED);
		lab_judge(&l);
		f = lab_find(&l, KIND_MISSING, 1433);
		assert_non_null(f);
		if (!has_text(f->why, rows[i].why))
			fail_msg("row %zu: %s", i, f->why);
		lab_close(&l);
	}
}

/* Something else answers on the port: its packets are the evidence. */
static void test_wrong_protocol_has_evidence(void **state)
{
	struct lab l = lab_open(PAIR);
	const struct finding *f;
	uint32_t number;

	(void)state;
	number = lab_conv(&l, CRM01, SQL01, TCP, 1433, "ssh", STATE_ESTABLISHED)
			 ->app[0]
			 .ev[0]
			 .number;
	lab_judge(&l);
	f = lab_find(&l, KIND_MISSING, 1433);
	assert_non_null(f);
	assert_true(has_text(f->why, "but with SSH"));
	assert_int_equal(f->n_ev, 1);
	assert_int_equal(f->ev[0].number, number);
	lab_close(&l);
}

static void test_switched_off(void **state)
{
	struct lab l = lab_open("deployment: {topology: full}\n" SITE_HOSTS
				"  - {name: sbx, role: crm-sandbox, cidr: 10.20.8.0/24}\n");

	(void)state;
	in_view(&l);
	lab_judge(&l);
	expect(&l, "S2-SBX-02", "not-judged", "switched off");
	expect(&l, "S1-CLM-01", "not-judged", "auth: iwa");
	lab_close(&l);
}

/* The window is about what was never tried; what failed is judged at once. */
static void test_failure_needs_no_window(void **state)
{
	struct lab l = lab_open(PAIR);

	(void)state;
	l.input.last_ns = T0 + 2 * HOUR;
	lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, STATE_REFUSED);
	lab_judge(&l);
	expect(&l, RULE, "violated", "tried and failed");
	lab_close(&l);
}

static void test_lone_attempt_at_the_end(void **state)
{
	struct lab l = lab_open(PAIR);
	struct conv *c = lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, STATE_NO_ANSWER);

	(void)state;
	l.input.last_ns = T0 + 2 * HOUR;
	c->fail->tries = 1;
	c->last_ns = c->fail->last_ns = l.input.last_ns - 2 * NS_PER_S;
	lab_judge(&l);
	expect(&l, RULE, "not-judged", NULL);
	assert_null(lab_find(&l, KIND_MISSING, 1433));
	l.c[0].last_ns = l.c[0].fail->last_ns = l.input.last_ns - 4 * NS_PER_S;
	lab_judge(&l);
	expect(&l, RULE, "violated", NULL);
	lab_close(&l);
}

static void test_judge_after_by_service(void **state)
{
	struct lab l = lab_open("limits: {judge-after: 24h, judge-after-for: {tds: 1h}}\n" PAIR);

	(void)state;
	l.input.last_ns = T0 + 2 * HOUR;
	in_view(&l);
	lab_judge(&l);
	expect(&l, RULE, "violated", "never tried");
	lab_close(&l);
}

static void test_loss_hides_silence_not_refusal(void **state)
{
	static const struct {
		enum flow_state state;
		const char *word;
	} rows[] = {{STATE_NO_ANSWER, "not-judged"}, {STATE_REFUSED, "violated"}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lab l = lab_open(PAIR);

		l.in.coverage.tcp_unseen_bytes = 5000;
		l.in.coverage.tcp_bytes = 100000;
		lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, rows[i].state);
		lab_judge(&l);
		expect(&l, RULE, rows[i].word, NULL);
		lab_close(&l);
	}
}

/* One hit meets all rows of a group, in both packs; a miss is one finding. */
static void test_groups(void **state)
{
	struct lab l = lab_open(SITE_HOSTS);

	(void)state;
	lab_conv(&l, CRM01, DC01, TCP, 88, "kerberos", EST);
	lab_judge(&l);
	expect(&l, "S2-IWA-08", "not-judged", NULL); /* crm-client was not in view */
	assert_null(lab_find(&l, KIND_MISSING, 88));
	lab_conv(&l, USER, DC01, TCP, 88, "kerberos", EST);
	lab_conv(&l, SQL01, DC01, UDP, 88, "kerberos", EST);
	lab_conv(&l, CRM02, DC01, UDP, 88, "kerberos", EST);
	lab_judge(&l);
	expect(&l, "S2-IWA-08", "met", NULL);
	expect(&l, "S1-IWA-09", "met", NULL);
	lab_close(&l);

	l = lab_open(SITE_HOSTS);
	lab_conv(&l, CRM01, DC01, TCP, 88, NULL, STATE_NO_ANSWER);
	lab_conv(&l, CRM01, DC01, UDP, 88, NULL, STATE_NO_ANSWER);
	lab_judge(&l);
	for (size_t i = 0, n = 0; i < l.r->n_findings; i++) {
		const struct finding *f = &l.r->findings[i];

		if (f->kind == KIND_MISSING && f->group && !strcmp(f->group, "kerberos")) {
			assert_int_equal(n++, 0);
			assert_int_equal(f->folded, 2);
			assert_int_equal(f->tries, 2);
		}
	}
	lab_close(&l);
}

static void test_each_host_is_asked(void **state)
{
	struct lab l = lab_open("hosts:\n"
				"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
				"  - {name: crm02, role: crm-web, addr: 10.20.1.12}\n"
				"  - {name: sql01, role: sql, addr: 10.20.2.20}\n");

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);
	lab_conv(&l, CRM02, SQL01, TCP, 445, "smb2", EST);
	lab_judge(&l);
	expect(&l, RULE, "violated", "crm02: never tried");
	assert_int_equal(lab_count(&l, KIND_MISSING), 1);
	assert_string_equal(lab_find(&l, KIND_MISSING, 1433)->client.host, "crm02");
	lab_close(&l);
}

static void test_clients_are_asked_once(void **state)
{
	struct lab l = lab_open(SITE_HOSTS);

	(void)state;
	lab_conv(&l, USER, CRM01, TCP, 443, "tls", EST);
	lab_conv(&l, "10.30.2.2", CRM01, TCP, 80, NULL, STATE_REFUSED);
	lab_conv(&l, "10.30.2.3", CRM01, TCP, 80, NULL, STATE_REFUSED);
	lab_judge(&l);
	expect(&l, "S2-WEB-01", "met", NULL);
	assert_null(lab_find(&l, KIND_MISSING, 80));
	/* The clients that failed are one finding of their network. */
	assert_int_equal(lab_count(&l, KIND_BLOCKED), 1);
	assert_int_equal(lab_find(&l, KIND_BLOCKED, 80)->folded, 2);
	assert_string_equal(lab_find(&l, KIND_BLOCKED, 80)->client.network, "10.30.0.0/16");
	lab_close(&l);
}

static void test_broken_since(void **state)
{
	struct lab l = lab_open(PAIR);
	struct conv *c = lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);
	const struct finding *f;

	(void)state;
	c->fail->n = 3;
	c->fail->tries = 9;
	c->by_state[STATE_NO_ANSWER] = 3;
	c->flows = 4;
	c->ok_last_ns = T(3600);
	c->fail->first_ns = T(7200);
	c->fail->last_ns = c->last_ns = T(7290);
	conv_fail(c)->minutes[0] =
		(struct conv_minute){T(7260) / (60 * NS_PER_S), T(7260), T(7290), 2};
	conv_fail(c)->minutes[1] =
		(struct conv_minute){T(7200) / (60 * NS_PER_S), T(7200), T(7200), 1};
	c->fail->n_minutes = 2;
	c->fail->ev[0] = (struct evidence){T(7200), 0, 99};
	c->fail->n_ev = 1;
	lab_judge(&l);
	expect(&l, RULE, "violated", NULL);
	f = lab_find(&l, KIND_MISSING, 1433);
	assert_non_null(f);
	assert_true(has_text(f->why, "has failed since 2024-05-01 02:00:00 UTC"));
	/* Fifty seconds are a hiccup, and so are two failures. */
	l.c[0].fail->minutes[0].last_ns = l.c[0].fail->last_ns = T(7250);
	conv_fail(&l.c[0])->minutes[0].first_ns = T(7240);
	lab_judge(&l);
	expect(&l, RULE, "met", NULL);
	l.c[0].fail->minutes[0].last_ns = l.c[0].fail->last_ns = T(7290);
	conv_fail(&l.c[0])->minutes[0].n = 1;
	lab_judge(&l);
	expect(&l, RULE, "met", NULL);
	/* A success behind them ends it. */
	conv_fail(&l.c[0])->minutes[0].n = 2;
	l.c[0].ok_last_ns = T(7300);
	lab_judge(&l);
	expect(&l, RULE, "met", NULL);
	lab_close(&l);
}

static void test_wrong_protocol_meets_nothing(void **state)
{
	struct lab l = lab_open(PAIR);

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 1433, "ssh", EST);
	lab_judge(&l);
	expect(&l, RULE, "violated", NULL);
	assert_true(has_text(lab_find(&l, KIND_MISSING, 1433)->why, "but with"));
	lab_close(&l);
}

static void test_advice_leaves_unused(void **state)
{
	struct lab l = lab_open(SITE_HOSTS);

	(void)state;
	lab_conv(&l, CRM01, DC01, TCP, 389, "ldap", EST);
	lab_judge(&l);
	expect(&l, "S2-IWA-02", "unused", NULL);
	assert_non_null(lab_find(&l, KIND_ADVICE, 389));
	assert_int_equal(lab_find(&l, KIND_ADVICE, 389)->severity, SEV_INFO);
	lab_close(&l);
}

/* What is demanded of a host is not recommended to it as well. */
static void test_demand_is_no_advice(void **state)
{
	struct lab l = lab_open(SITE_HOSTS);

	(void)state;
	lab_conv(&l, SQL01, DC01, TCP, 389, "ldap", EST);
	lab_conv(&l, CRM01, DC01, TCP, 389, "ldap", EST);
	lab_judge(&l);
	assert_string_equal(lab_find(&l, KIND_MISSING, 445)->client.host, "sql01");
	assert_true(has_text(lab_find(&l, KIND_ADVICE, 445)->why, "crm01"));
	assert_false(has_text(lab_find(&l, KIND_ADVICE, 445)->why, "sql01"));
	lab_close(&l);
}

static void test_references(void **state)
{
	struct lab l = lab_open("hosts:\n"
				"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
				"  - {name: dc01, role: gc, addr: 10.20.3.30}\n");

	(void)state;
	lab_conv(&l, CRM01, DC01, TCP, 389, "ldap", EST);
	lab_conv(&l, CRM01, DC01, TCP, 88, "kerberos", EST);
	lab_judge(&l);
	expect(&l, "S1-CMP-01", "violated", "crm01: never tried"); /* 135 */
	lab_conv(&l, CRM01, DC01, TCP, 135, "dcerpc-epm", EST);
	lab_judge(&l);
	expect(&l, "S1-CMP-01", "met", NULL);
	assert_int_equal(lab_rule(&l, "S1-CMP-01")->conversations, 3);
	expect(&l, "S1-CMP-07", "not-judged", NULL); /* no router */
	lab_close(&l);
}

static void test_overrides(void **state)
{
	struct lab l = lab_open(
		"overrides:\n"
		"  - {rule: S2-SQL-04, severity: low, reason: \"reports only\"}\n"
		"  - {rule: S1-CMP-02, when-missing: never, reason: \"reports only\"}\n"
		"  - {rule: S1-SQL-04, when-missing: never, reason: \"reports only\"}\n" PAIR);

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, STATE_REFUSED);
	lab_judge(&l);
	assert_int_equal(lab_find(&l, KIND_MISSING, 1433)->severity, SEV_LOW);
	lab_close(&l);
}

static void blind_pair(struct lab *l, const char *a, const char *b)
{
	struct addr x = A(a), y = A(b);

	assert_int_equal(blind_add(&l->blind, &x, &y), 0);
	l->in.blind = &l->blind;
}

#define BOTH                                                         \
	"hosts:\n"                                                   \
	"  - {name: crm01, role: [crm-web, dc], addr: 10.20.1.11}\n" \
	"  - {name: dc01, role: gc, addr: 10.20.3.30}\n"

static void test_ipsec(void **state)
{
	struct lab l = lab_open(PAIR "  - {name: dc01, role: gc, addr: 10.20.3.30}\n"
				     "deployment: {ipsec-dc: true}\n");

	(void)state;
	in_view(&l);
	lab_conv(&l, CRM01, DC01, UDP, 53, "dns", EST);
	lab_judge(&l);
	/* Members are not among those who use it. */
	expect(&l, "S2-IWA-01", "violated", NULL);
	assert_non_null(lab_find(&l, KIND_MISSING, 88));
	lab_close(&l);

	/* A CRM server that is a controller itself: what it needs of another one. */
	for (int in = 0; in < 2; in++) {
		bool asked = false;

		l = lab_open(in ? BOTH "deployment: {ipsec-dc: true}\n" : BOTH);
		lab_conv(&l, CRM01, DC01, UDP, 53, "dns", EST);
		lab_judge(&l);
		for (size_t i = 0; i < l.r->n_findings; i++)
			asked |= has_text(l.r->findings[i].why, "query the global catalogue");
		assert_int_equal(asked, !in);
		lab_close(&l);
	}

	l = lab_open(PAIR);
	lab_conv(&l, CRM01, SQL01, UDP, 500, NULL, EST);
	lab_judge(&l);
	expect(&l, RULE, "not-judged", "IPsec between these hosts");
	lab_close(&l);

	/* ESP alone, keyed before the capture; neither host says anything else. */
	l = lab_open(PAIR);
	blind_pair(&l, SQL01, CRM01);
	lab_judge(&l);
	expect(&l, RULE, "not-judged", "IPsec between these hosts");
	assert_null(lab_find(&l, KIND_MISSING, 1433));
	for (size_t i = 0; i < l.r->n_findings; i++)
		assert_false(has_text(l.r->findings[i].why, "No packet of"));
	lab_close(&l);

	/* A tunnel to a gateway shows that the host is there, and no more. */
	l = lab_open(PAIR);
	blind_pair(&l, CRM01, "10.20.9.9");
	lab_judge(&l);
	expect(&l, RULE, "not-judged", "no packet of crm01 outside IPsec");
	lab_close(&l);

	/* With somebody else it hides nothing here. */
	l = lab_open(PAIR);
	in_view(&l);
	blind_pair(&l, CRM01, "10.20.9.9");
	lab_judge(&l);
	assert_non_null(lab_find(&l, KIND_MISSING, 1433));
	lab_close(&l);

	/* An attempt in the clear that failed is told, and nothing is called missing for it. */
	l = lab_open(PAIR);
	lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, STATE_REFUSED);
	blind_pair(&l, CRM01, SQL01);
	lab_judge(&l);
	expect(&l, RULE, "not-judged", "IPsec between these hosts");
	assert_null(lab_find(&l, KIND_MISSING, 1433));
	assert_non_null(lab_find(&l, KIND_BLOCKED, 1433));
	assert_true(has_text(lab_find(&l, KIND_BLOCKED, 1433)->why, "IPsec hides"));
	lab_close(&l);
}

/* Whoever refused is named, and what an ICMP error says is told in words. */
static void test_who_refused(void **state)
{
	struct lab l = lab_open(PAIR);
	struct conv *c = lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, STATE_REFUSED);

	(void)state;
	c->fail->refusal->who = REFUSER_OTHER;
	c->fail->refusal->ttl = 61;
	c->server_ttl = 127;
	lab_judge(&l);
	assert_true(has_text(
		lab_find(&l, KIND_MISSING, 1433)->why,
		"by a device on the path: TTL 61, where the server's own packets have 127"));
	c = &l.c[0];
	c->state = STATE_REJECTED;
	c->by_state[STATE_REFUSED] = 0;
	c->by_state[STATE_REJECTED] = 1;
	c->fail->refusal->by = A("10.20.0.1");
	c->fail->refusal->icmp_type = 3;
	c->fail->refusal->icmp_code = 13;
	c->fail->refusal->icmp_class = ICMP_PROHIBITED;
	lab_judge(&l);
	assert_true(has_text(lab_find(&l, KIND_MISSING, 1433)->why,
			     "rejected by 10.20.0.1: communication administratively prohibited "
			     "(ICMP type 3 code 13). A filter said no."));
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_decides),
		cmocka_unit_test(test_never_tried),
		cmocka_unit_test(test_not_judged),
		cmocka_unit_test(test_why_silence_tells),
		cmocka_unit_test(test_wrong_protocol_has_evidence),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_failure_needs_no_window),
		cmocka_unit_test(test_lone_attempt_at_the_end),
		cmocka_unit_test(test_judge_after_by_service),
		cmocka_unit_test(test_loss_hides_silence_not_refusal),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_each_host_is_asked),
		cmocka_unit_test(test_clients_are_asked_once),
		cmocka_unit_test(test_broken_since),
		cmocka_unit_test(test_wrong_protocol_meets_nothing),
		cmocka_unit_test(test_advice_leaves_unused),
		cmocka_unit_test(test_demand_is_no_advice),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_ipsec),
		cmocka_unit_test(test_who_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
