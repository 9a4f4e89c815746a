// SPDX-License-Identifier: BSD-2-Clause
/* Which addresses are one host, and which only look like it. */
#include "infer_lab.h"

#define V4     "10.20.1.11"
#define V6     "2001:db8:20:1::11"
#define LOCAL  "fe80::250:56ff:fe00:1"
#define OTHER4 "10.20.1.12"
#define OTHER6 "2001:db8:20:1::12"
#define MAC    "00:50:56:00:00:01"
#define MAC2   "00:50:56:00:00:02"

static struct lab open_all(void)
{
	static const char *const all[] = {V4, V6, LOCAL, OTHER4, OTHER6};
	struct lab l = lab_open();

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		bool v6 = strchr(all[i], ':') != NULL;

		lab_conv(&l, v6 ? "2001:db8::99" : "10.9.0.99", all[i], TCP, 445, "smb2");
	}
	return l;
}

static void check(struct lab *l, const char *a, const char *b, bool same, const char *why)
{
	struct addr x = A(b);
	const struct infer_host *h;

	lab_infer(l);
	if (lab_same(l, a, b) != same)
		fail_msg("%s and %s are %s one host", a, b, same ? "not" : "taken for");
	h = infer_find(l->f, &x);
	if (same && why)
		assert_string_equal(infer_tie(h, &x)->why, why);
}

static void test_nothing_ties(void **state)
{
	struct lab l = open_all();

	(void)state;
	check(&l, V4, V6, false, NULL);
	check(&l, V6, LOCAL, false, NULL);
	lab_close(&l);
}

static void test_card(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_card(&l, MAC, V6);
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, LOCAL);
	lab_card(&l, MAC2, OTHER4);
	check(&l, V4, V6, true, "one network card (00:50:56:00:00:01)");
	check(&l, V4, LOCAL, true, "one network card (00:50:56:00:00:01)");
	assert_false(lab_same(&l, V4, OTHER4));
	assert_false(lab_same(&l, V4, OTHER6));
	lab_close(&l);
}

/* The card of a router carries what others send. */
static void test_router(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	lab_card(&l, MAC, OTHER4);
	check(&l, V4, V6, false, NULL);
	check(&l, V4, OTHER4, false, NULL);
	lab_close(&l);
}

/* Many networks of IPv6 behind one card. */
static void test_router_v6(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	lab_card(&l, MAC, "2001:db8:1::5");
	lab_card(&l, MAC, "2001:db8:2::5");
	check(&l, V4, V6, false, NULL);
	lab_close(&l);
}

static void test_shared_cards(void **state)
{
	static const char *const macs[] = {"00:00:5e:00:01:07", "00:00:0c:07:ac:07",
					   "02:bf:0a:14:01:0b", "01:00:5e:7f:01:0b",
					   "00:00:00:00:00:00"};

	(void)state;
	for (size_t i = 0; i < sizeof macs / sizeof *macs; i++) {
		struct lab l = open_all();

		lab_card(&l, macs[i], V4);
		lab_card(&l, macs[i], V6);
		check(&l, V4, V6, false, NULL);
		lab_close(&l);
	}
}

/* The address of a cluster is on the card of one of its hosts, now. */
static void test_cluster(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	l.cluster[l.n_cluster++] = (struct cluster_host){.cluster = A(V4), .id = 1};
	check(&l, V4, V6, false, NULL);
	lab_close(&l);
}

static void test_many_addresses(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	l.card[0].many = true;
	check(&l, V4, V6, false, NULL);
	lab_close(&l);
}

static void test_dns(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_sight(&l, SIGHT_DNS_ADDRESS, V4, "10.1.1.1", "sql01.corp.example", NULL);
	lab_sight(&l, SIGHT_DNS_ADDRESS, V6, "10.1.1.1", "sql01.corp.example", NULL);
	check(&l, V4, V6, true, "one name in DNS (sql01.corp.example)");
	lab_close(&l);
}

static void test_names_of_services(void **state)
{
	static const struct {
		const char *name, *domain;
	} rows[] = {
		{"corp.example", "corp.example"},
		{"gc._msdcs.corp.example", "corp.example"},
		{"_kerberos.corp.example", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lab l = open_all();

		lab_sight(&l, SIGHT_DNS_ADDRESS, V4, "10.1.1.1", rows[i].name, NULL);
		lab_sight(&l, SIGHT_DNS_ADDRESS, V6, "10.1.1.1", rows[i].name, NULL);
		if (rows[i].domain)
			lab_sight(&l, SIGHT_NTLM_NAME, OTHER4, NULL, "pc1.corp.example",
				  rows[i].domain);
		check(&l, V4, V6, false, NULL);
		lab_close(&l);
	}
}

static void test_round_robin(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_sight(&l, SIGHT_DNS_ADDRESS, V4, "10.1.1.1", "crm.corp.example", NULL);
	lab_sight(&l, SIGHT_DNS_ADDRESS, OTHER4, "10.1.1.1", "crm.corp.example", NULL);
	lab_sight(&l, SIGHT_DNS_ADDRESS, V6, "10.1.1.1", "crm.corp.example", NULL);
	check(&l, V4, V6, false, NULL);
	check(&l, V4, OTHER4, false, NULL);
	lab_close(&l);
}

static void test_self(void **state)
{
	static const enum sighting_kind kinds[] = {SIGHT_NTLM_NAME, SIGHT_NETLOGON};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lab l = open_all();

		lab_sight(&l, kinds[i], V4, NULL, "dc01.corp.example", "corp.example");
		lab_sight(&l, kinds[i], V6, NULL, "dc01.corp.example", "corp.example");
		lab_sight(&l, kinds[i], OTHER4, NULL, "dc02.corp.example", "corp.example");
		check(&l, V4, V6, true, "both call themselves dc01.corp.example");
		assert_false(lab_same(&l, V4, OTHER4));
		lab_close(&l);
	}
}

/* Two names on one card; a card against DNS; a host with two names. */
static void test_contradictions(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	lab_sight(&l, SIGHT_NTLM_NAME, V4, NULL, "sql01.corp.example", "corp.example");
	lab_sight(&l, SIGHT_NTLM_NAME, V6, NULL, "sql02.corp.example", "corp.example");
	check(&l, V4, V6, false, NULL);
	lab_close(&l);

	l = open_all();
	lab_sight(&l, SIGHT_NTLM_NAME, V4, NULL, "sql01.corp.example", "corp.example");
	lab_sight(&l, SIGHT_NTLM_NAME, V4, NULL, "sql02.corp.example", "corp.example");
	lab_sight(&l, SIGHT_NTLM_NAME, V6, NULL, "sql01.corp.example", "corp.example");
	check(&l, V4, V6, false, NULL);
	lab_close(&l);

	l = open_all();
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	lab_card(&l, MAC2, OTHER4);
	lab_card(&l, MAC2, V6);
	check(&l, V4, V6, false, NULL);
	check(&l, OTHER4, V6, false, NULL);
	lab_close(&l);
}

/* A short name is the same as the full one that begins with it. */
static void test_short_names(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	lab_sight(&l, SIGHT_NBNS_NAME, V4, NULL, "SQL01", NULL)->code = 0x20;
	lab_sight(&l, SIGHT_NTLM_NAME, V6, NULL, "sql01.corp.example", "corp.example");
	check(&l, V4, V6, true, NULL);
	lab_close(&l);
}

/* A declared host gets more addresses; two of them never become one. */
static void test_declared(void **state)
{
	struct lab l = open_all();
	struct addr a = A(V6), b = A(V4);
	struct host *h = lab_host(&l, "sql01", ROLE_BIT(ROLE_SQL), V4, NULL);
	const struct infer_host *got;

	(void)state;
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	lab_infer(&l);
	got = infer_find(l.f, &a);
	assert_ptr_equal(got->declared, h);
	assert_true(addr_equal(&got->addr[0].addr, &b));
	lab_close(&l);

	l = open_all();
	lab_host(&l, "sql01", ROLE_BIT(ROLE_SQL), V4, NULL);
	lab_host(&l, "sql02", ROLE_BIT(ROLE_SQL), V6, NULL);
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	check(&l, V4, V6, false, NULL);
	lab_close(&l);

	l = open_all();
	lab_host(&l, "sql01", ROLE_BIT(ROLE_SQL), V4, V6);
	check(&l, V4, V6, true, NULL);
	lab_close(&l);
}

/* Whose roles the addresses of one host share. */
static void test_roles_are_shared(void **state)
{
	struct lab l = open_all();

	(void)state;
	lab_card(&l, MAC, V4);
	lab_card(&l, MAC, V6);
	lab_conv(&l, "2001:db8::98", V6, TCP, 1433, "tds");
	lab_infer(&l);
	assert_int_equal(lab_grade(&l, V4, ROLE_SQL), 'A');
	assert_int_equal(lab_grade(&l, OTHER4, ROLE_SQL), '-');
	lab_close(&l);
}

/* The order of cards and sightings changes nothing. */
static void test_order(void **state)
{
	static const char *const cards[][2] = {
		{MAC, V4}, {MAC, V6}, {MAC, LOCAL}, {MAC2, OTHER4}, {MAC2, OTHER6}};

	(void)state;
	for (unsigned turn = 0; turn < 10; turn++) {
		struct lab l = open_all();

		for (unsigned i = 0; i < 5; i++) {
			unsigned at = (i * (turn % 2 ? 2 : 3) + turn) % 5;

			lab_card(&l, cards[at][0], cards[at][1]);
		}
		check(&l, V4, V6, true, NULL);
		check(&l, V4, LOCAL, true, NULL);
		check(&l, OTHER4, OTHER6, true, NULL);
		assert_false(lab_same(&l, V4, OTHER4));
		lab_close(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_ties),
		cmocka_unit_test(test_card),
		cmocka_unit_test(test_router),
		cmocka_unit_test(test_router_v6),
		cmocka_unit_test(test_shared_cards),
		cmocka_unit_test(test_cluster),
		cmocka_unit_test(test_many_addresses),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_names_of_services),
		cmocka_unit_test(test_round_robin),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_short_names),
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_roles_are_shared),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
