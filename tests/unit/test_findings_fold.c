// SPDX-License-Identifier: BSD-2-Clause
/* Scans, folding, stable ids, the balance of figures. */
#include "judge_lab.h"

#define EST   STATE_ESTABLISHED
#define SPLIT "deployment: {topology: split}\n" SITE_HOSTS

static void attempts(struct lab *l, const char *client, unsigned n, int64_t over_s,
		     enum flow_state state)
{
	for (unsigned i = 0; i < n; i++) {
		struct conv *c = lab_conv(l, client, i & 1 ? CRM01 : SQL01, TCP,
					  (uint16_t)(2000 + i), NULL, state);

		c->first_ns = T(3600) + (int64_t)i * over_s * NS_PER_S / n;
		c->last_ns = c->first_ns;
	}
}

static void test_scan(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;

	(void)state;
	attempts(&l, MON, 60, 300, STATE_REFUSED);
	lab_conv(&l, MON, CRM01, TCP, 22, "ssh", EST)->first_ns = T(3605);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_SCAN), 1);
	f = lab_find(&l, KIND_SCAN, 0);
	assert_int_equal(f->severity, SEV_MEDIUM);
	assert_int_equal(f->folded, 60);
	assert_int_equal(l.r->n_folded, 60);
	/* What the scanner really talked is no part of its scan. */
	assert_int_equal(l.r->n_convs, 1);
	assert_non_null(lab_find(&l, KIND_UNEXPECTED_PORT, 22));
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_PORT), 1);
	lab_close(&l);
}

static void test_what_is_no_scan(void **state)
{
	static const struct {
		unsigned failed, good;
		int64_t over_s;
	} rows[] = {
		{50, 0, 300},  /* not more than 50 */
		{60, 0, 6000}, /* too slow */
		{60, 20, 300}, /* three quarters failed */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);

		attempts(&l, MON, rows[i].failed, rows[i].over_s, STATE_NO_ANSWER);
		for (unsigned k = 0; k < rows[i].good; k++)
			lab_conv(&l, MON, CRM02, TCP, (uint16_t)(3000 + k), "http", EST);
		/* Long before, so that the count alone is not what saves it. */
		lab_conv(&l, MON, CRM02, TCP, 4000, NULL, STATE_NO_ANSWER)->first_ns = T(0);
		lab_judge(&l);
		assert_int_equal(lab_count(&l, KIND_SCAN), 0);
		lab_close(&l);
	}
}

static void test_declared_scanner(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	attempts(&l, SCANNER, 5, 300, STATE_NO_ANSWER);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_SCAN), 1);
	assert_int_equal(lab_find(&l, KIND_SCAN, 0)->severity, SEV_INFO);
	lab_close(&l);
}

/* A scan that runs over a required port neither meets nor violates the rule. */
static void test_scan_meets_and_violates_nothing(void **state)
{
	struct lab l = lab_open("hosts:\n"
				"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
				"  - {name: sql01, role: sql, addr: 10.20.2.20}\n");

	(void)state;
	for (uint16_t p = 1400; p < 1460; p++)
		lab_conv(&l, CRM01, SQL01, TCP, p, NULL, STATE_REFUSED);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_SCAN), 1);
	assert_int_equal(lab_find(&l, KIND_SCAN, 0)->folded, 60);
	assert_true(has_text(lab_rule(&l, "S2-SQL-04")->reason, "never tried"));
	lab_close(&l);
}

static void clients(struct lab *l, unsigned n, const char *prefix)
{
	for (unsigned i = 0; i < n; i++) {
		char a[32];

		snprintf(a, sizeof a, "%s%u.%u", prefix, i / 200, i % 200 + 1);
		lab_conv(l, a, CRM01, TCP, 443, "tls", EST);
	}
}

static void test_clients_fold(void **state)
{
	static const struct {
		unsigned n;
		size_t rows;
		uint64_t folded;
	} rows[] = {{256, 256, 0}, {257, 1, 256}, {1000, 1, 999}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);

		clients(&l, rows[i].n, "10.30.");
		lab_judge(&l);
		assert_int_equal(l.r->n_convs, rows[i].rows);
		assert_int_equal(l.r->n_folded, rows[i].folded);
		assert_int_equal(l.r->n_conversations, rows[i].n);
		if (rows[i].folded) {
			assert_int_equal(l.r->convs[0].folded, rows[i].n);
			assert_string_equal(l.r->convs[0].client.network, "10.30.0.0/16");
			assert_false(l.r->convs[0].client.has_address);
			assert_int_equal(l.r->convs[0].conv->flows, rows[i].n);
			assert_int_equal(l.r->convs[0].conv->packets[0], 5 * rows[i].n);
		}
		lab_close(&l);
	}
}

static void test_states_fold_apart(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	clients(&l, 300, "10.30.");
	for (unsigned i = 0; i < 10; i++)
		l.c[i].state = STATE_MID_STREAM;
	lab_judge(&l);
	assert_int_equal(l.r->n_convs, 11);
	assert_int_equal(l.r->n_folded, 289);
	lab_close(&l);
}

/* The members of a network are one fact: hundreds of clients make one finding. */
static void test_members_are_one_finding(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		char a[32];

		snprintf(a, sizeof a, "10.30.7.%u", i + 1);
		lab_conv(&l, a, SQL01, TCP, 445, "smb2", EST);
	}
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_PAIR), 1);
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PAIR, 445)->folded, 40);
	assert_int_equal(l.r->n_convs, 40);
	lab_close(&l);
}

/* Hundreds of strangers are one finding too, and so is a host that calls hundreds of them. */
static void test_crowds(void **state)
{
	static const unsigned numbers[] = {256, 257};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lab l = lab_open(SPLIT);

		for (unsigned k = 0; k < numbers[i]; k++) {
			char a[32];

			snprintf(a, sizeof a, "10.99.%u.%u", k / 200, k % 200 + 1);
			lab_conv(&l, CRM01, a, TCP, 7777, NULL, EST);
			lab_conv(&l, a, SQL01, TCP, 7778, NULL, EST);
		}
		lab_judge(&l);
		assert_int_equal(lab_count(&l, KIND_UNEXPECTED_ENDPOINT), i ? 2 : 512);
		if (i)
			assert_int_equal(lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 7777)->folded, 257);
		lab_close(&l);
	}
}

static void id_of(struct lab *l, enum kind kind, char ret[16])
{
	const struct finding *f;

	lab_judge(l);
	f = lab_find(l, kind, 0);
	assert_non_null(f);
	memcpy(ret, f->id, 16);
}

static void test_id_is_stable(void **state)
{
	struct lab l = lab_open(SPLIT);
	char a[16], b[16];
	struct conv *c = lab_conv(&l, CRM01, SQL01, TCP, 22, "ssh", EST);

	(void)state;
	id_of(&l, KIND_UNEXPECTED_PORT, a);
	c->first_ns += HOUR;
	c->last_ns += 2 * HOUR;
	c->flows = 99;
	c->client_port_min = 1111;
	c->client_port_max = 60000;
	c->reason = DIR_PORT;
	c->vlan = 7;
	c->packets[0] = 12345;
	id_of(&l, KIND_UNEXPECTED_PORT, b);
	assert_string_equal(a, b);
	c->state = STATE_REFUSED;
	c->n_app = 0;
	id_of(&l, KIND_UNEXPECTED_PORT, b);
	assert_string_equal(a, b);
	c->port = 23;
	id_of(&l, KIND_UNEXPECTED_PORT, b);
	assert_string_not_equal(a, b);
	lab_close(&l);
}

/* Both addresses of a host are the host; the other member of a network is the network. */
static void test_id_names_the_host(void **state)
{
	struct lab l = lab_open(SPLIT);
	char a[16], b[16];

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 22, "ssh", EST);
	id_of(&l, KIND_UNEXPECTED_PORT, a);
	l.c[0].client = A("2001:db8:20:1::11");
	id_of(&l, KIND_UNEXPECTED_PORT, b);
	assert_string_equal(a, b);
	l.c[0].client = A(USER);
	id_of(&l, KIND_UNEXPECTED_PORT, a);
	l.c[0].client = A("10.30.99.99");
	id_of(&l, KIND_UNEXPECTED_PORT, b);
	assert_string_equal(a, b);
	lab_close(&l);
}

static void test_missing_id_is_stable(void **state)
{
	struct lab l = lab_open("hosts:\n"
				"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
				"  - {name: sql01, role: sql, addr: 10.20.2.20}\n");
	char a[16], b[16];

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 445, "smb2", EST);
	id_of(&l, KIND_MISSING, a); /* never tried */
	lab_conv(&l, CRM01, SQL01, TCP, 1433, NULL, STATE_REFUSED);
	id_of(&l, KIND_MISSING, b); /* tried and failed: the same demand */
	assert_string_equal(a, b);
	lab_close(&l);
}

/* Two packs say the same of a pair: which of them is named first is nobody's fact. */
static void test_id_knows_no_order_of_packs(void **state)
{
	static const char *const orders[] = {"rules: [crm-2011, dynamics-365]\n",
					     "rules: [dynamics-365, crm-2011]\n"};
	char id[2][16];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char body[400];
		struct lab l;

		snprintf(body, sizeof body,
			 "%shosts:\n"
			 "  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
			 "  - {name: web, role: nlb, addr: 10.20.1.12}\n"
			 "networks:\n"
			 "  - {name: users, role: crm-client, cidr: 10.30.0.0/16}\n",
			 orders[i]);
		l = lab_open(body);
		lab_conv(&l, USER, CRM01, TCP, 445, "smb2", EST);
		id_of(&l, KIND_MISSING, id[i]);
		assert_int_equal(lab_count(&l, KIND_MISSING), 1);
		lab_close(&l);
	}
	assert_string_equal(id[0], id[1]);
}

static void test_ids_are_unique(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	attempts(&l, MON, 60, 300, STATE_REFUSED);
	clients(&l, 30, "10.30.");
	lab_conv(&l, CRM01, SQL01, TCP, 22, "ssh", EST);
	lab_conv(&l, CRM01, SQL01, TCP, 49800, NULL, EST);
	lab_conv(&l, CRM01, SQL01, UDP, 1434, "ssrp", EST);
	lab_conv(&l, USER, SQL01, TCP, 1433, "tds", EST);
	lab_conv(&l, USER, DC01, TCP, 389, NULL, STATE_REFUSED);
	lab_conv(&l, CRM01, "13.1.1.1", TCP, 443, "tls", EST);
	lab_conv(&l, CRM01, "13.1.1.1", TCP, 25, "smtp", EST);
	lab_judge(&l);
	for (size_t i = 0; i < l.r->n_findings; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(l.r->findings[i].id, l.r->findings[k].id);
	assert_true(l.r->n_findings > 20);
	lab_close(&l);
}

static void test_out_of_scope_is_counted(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, "10.66.1.1", DC01, TCP, 389, "ldap", EST);
	lab_conv(&l, "10.66.1.2", DC01, TCP, 389, "ldap", EST);
	lab_conv(&l, "10.66.1.2", DC01, TCP, 50001, NULL, EST);
	lab_conv(&l, "10.66.1.2", DC01, TCP, 50002, NULL, EST);
	lab_conv(&l, USER, "10.30.4.4", TCP, 445, "smb2", EST);
	l.in.n_evicted = 3;
	lab_judge(&l);
	assert_int_equal(l.r->n_out_of_scope, 5);
	assert_int_equal(l.r->n_scope, 3);
	assert_int_equal(l.r->n_conversations, 8);
	assert_int_equal(l.r->n_convs, 0);
	lab_close(&l);
}

static void test_order(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 22, "ssh", EST);
	lab_conv(&l, CRM01, SQL01, TCP, 5000, NULL, EST);
	lab_conv(&l, CRM01, SQL01, TCP, 5001, NULL, STATE_REFUSED);
	lab_conv(&l, "13.1.1.1", CRM01, TCP, 443, "tls", EST);
	lab_judge(&l);
	for (size_t i = 1; i < l.r->n_findings; i++)
		assert_true(l.r->findings[i].severity <= l.r->findings[i - 1].severity);
	assert_int_equal(l.r->findings[0].severity, SEV_CRITICAL);
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_what_is_no_scan),
		cmocka_unit_test(test_declared_scanner),
		cmocka_unit_test(test_scan_meets_and_violates_nothing),
		cmocka_unit_test(test_clients_fold),
		cmocka_unit_test(test_states_fold_apart),
		cmocka_unit_test(test_members_are_one_finding),
		cmocka_unit_test(test_crowds),
		cmocka_unit_test(test_id_is_stable),
		cmocka_unit_test(test_id_names_the_host),
		cmocka_unit_test(test_missing_id_is_stable),
		cmocka_unit_test(test_id_knows_no_order_of_packs),
		cmocka_unit_test(test_ids_are_unique),
		cmocka_unit_test(test_out_of_scope_is_counted),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
