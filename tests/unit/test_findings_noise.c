// SPDX-License-Identifier: BSD-2-Clause
/* What a normal night holds, and what must not be made of it. */
#include "judge_lab.h"

#define EST   STATE_ESTABLISHED
#define SPLIT "deployment: {topology: split}\n" SITE_HOSTS

static size_t deviations(const struct lab *l)
{
	size_t n = 0;

	for (int k = KIND_SETUP_ONLY; k <= KIND_LAST_VERDICT; k++)
		n += lab_count(l, (enum kind)k);
	return n + lab_count(l, KIND_SCAN) + lab_count(l, KIND_BLOCKED) +
	       lab_count(l, KIND_CONTRADICTION);
}

static void test_combined_hosts(void **state)
{
	struct lab l = lab_open("hosts:\n"
				"  - {name: all, role: [crm-web, sql], addr: 10.20.1.11}\n"
				"  - {name: dc01, role: gc, addr: 10.20.3.30}\n");

	(void)state;
	lab_conv(&l, "10.20.1.11", DC01, TCP, 445, "smb2", EST);
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 445), "documented");
	assert_string_equal(lab_result_word(lab_rule(&l, "S2-SQL-04")->result), "not-judged");
	assert_true(has_text(lab_rule(&l, "S2-SQL-04")->reason, "same host"));
	lab_close(&l);
}

static void test_undeclared_clients(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;

	(void)state;
	lab_conv(&l, "10.77.1.5", CRM01, TCP, 443, "tls", EST);
	lab_conv(&l, "10.77.1.6", VIP, TCP, 443, "tls", EST);
	lab_conv(&l, "10.77.1.6", DC01, TCP, 389, "ldap", EST);
	lab_conv(&l, "10.77.2.7", CRM01, TCP, 443, "tls", EST);
	/* These two do more, or less, than a client does. */
	lab_conv(&l, "10.78.1.1", CRM01, TCP, 443, "tls", EST);
	lab_conv(&l, "10.78.1.1", SQL01, TCP, 1433, "tds", EST);
	lab_conv(&l, "10.78.1.2", CRM01, TCP, 443, NULL, STATE_NO_ANSWER);
	lab_judge(&l);
	assert_int_equal(deviations(&l), 3);
	for (size_t i = 0; i < l.n; i++)
		if (l.c[i].client.b[13] == 77)
			assert_int_equal(l.r->verdict_of[i], KIND_DOCUMENTED);
	f = lab_find(&l, KIND_ADVICE, 0);
	size_t nets = 0;

	for (size_t i = 0; i < l.r->n_findings; i++) {
		f = &l.r->findings[i];
		if (f->kind != KIND_ADVICE || !has_text(f->advice, "networks:"))
			continue;
		nets++;
		assert_int_equal(f->severity, SEV_INFO);
		assert_int_equal(f->folded, nets == 1 ? 2 : 1);
		assert_string_equal(f->client.network, nets == 1 ? "10.77.1.0/24" : "10.77.2.0/24");
		assert_true(has_text(f->advice, f->client.network));
	}
	assert_int_equal(nets, 2);
	lab_close(&l);
}

static void test_guess_is_graded(void **state)
{
	struct lab l = lab_open(SPLIT);
	bool found = false;

	(void)state;
	lab_conv(&l, "10.77.1.5", CRM01, TCP, 443, "tls", EST);
	lab_judge(&l);
	for (size_t i = 0; i < l.r->n_roles; i++) {
		struct addr a = A("10.77.1.5");

		if (!addr_equal(&l.r->roles[i].address, &a))
			continue;
		found = true;
		assert_int_equal(l.r->roles[i].grade, 'C');
		assert_int_equal(l.r->roles[i].roles, ROLE_BIT(ROLE_CRM_CLIENT));
	}
	assert_true(found);
	lab_close(&l);
}

static void test_groups(void **state)
{
	static const struct {
		const char *to;
		uint16_t port;
		const char *app;
		uint32_t notes;
		const char *verdict;
	} rows[] = {
		{"255.255.255.255", 137, "nbns", 0, "documented"},
		{"10.20.1.255", 138, "nbdgm", 0, "documented"},  /* an undeclared network's */
		{"10.30.255.255", 137, "nbns", 0, "documented"}, /* of a declared one */
		{"255.255.255.255", 67, NULL, 0, "tolerated"},
		{"224.0.0.252", 5355, NULL, 0, "tolerated"},
		{"224.0.0.251", 5353, NULL, 0, "tolerated"},
		{"239.255.255.250", 1900, NULL, 0, "tolerated"},
		{"239.255.255.250", 3702, NULL, 0, "tolerated"},
		{"ff02::1:2", 547, NULL, 0, "tolerated"},
		{"224.0.1.1", 123, "ntp", APP_NOTE_NTP_BROADCAST, "tolerated"},
		{"255.255.255.255", 1434, "ssrp", APP_NOTE_SSRP_BROADCAST, "setup-only"},
		{"239.1.2.3", 9999, NULL, 0, "unexpected-endpoint"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct conv *c = lab_conv(&l, CRM01, rows[i].to, UDP, rows[i].port, rows[i].app,
					  STATE_NO_ANSWER);

		c->group = strncmp(rows[i].to, "10.", 3) != 0;
		c->app[0].notes = rows[i].notes;
		lab_judge(&l);
		if (strcmp(lab_verdict(&l, rows[i].port), rows[i].verdict) != 0)
			fail_msg("%s:%u is %s", rows[i].to, rows[i].port,
				 lab_verdict(&l, rows[i].port));
		if (!strcmp(rows[i].verdict, "unexpected-endpoint"))
			assert_int_equal(lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 9999)->severity,
					 SEV_INFO);
		assert_int_equal(lab_count(&l, KIND_BLOCKED), 0);
		lab_close(&l);
	}
}

static void test_group_folds_to_host_and_port(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, CRM01, "239.1.2.3", UDP, 9999, NULL, STATE_NO_ANSWER)->group = true;
	lab_conv(&l, CRM01, "239.1.2.4", UDP, 9999, NULL, STATE_NO_ANSWER)->group = true;
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_ENDPOINT), 1);
	lab_close(&l);
}

/* An answer to a broadcast belongs to it, whichever way round it was taken for. */
static void test_unicast_answers(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, CRM01, "239.255.255.250", UDP, 1900, NULL, STATE_NO_ANSWER);

	(void)state;
	c->group = true;
	c->client_port_min = c->client_port_max = 50123;
	c = lab_conv(&l, "10.99.9.9", CRM01, UDP, 50123, NULL, STATE_NO_ANSWER);
	c->client_port_min = c->client_port_max = 1900;
	c = lab_conv(&l, CRM01, "10.99.9.8", UDP, 1900, NULL, STATE_ONE_WAY);
	c->packets[0] = 0;
	c->client_port_min = c->client_port_max = 50123;
	/* Too late to be one. */
	c = lab_conv(&l, "10.99.9.7", CRM01, UDP, 50123, NULL, STATE_NO_ANSWER);
	c->client_port_min = c->client_port_max = 1900;
	c->first_ns = T(3670);
	c->last_ns = T(3671);
	lab_judge(&l);
	assert_int_equal(l.r->n_verdict[KIND_TOLERATED], 3);
	assert_int_equal(l.r->n_verdict[KIND_UNEXPECTED_ENDPOINT], 1);
	lab_close(&l);
}

/* Datagrams in the name of a group, as a flood with random senders has them, are no call that
 * strangers could be answering. */
static void test_group_as_sender(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, CRM01, "239.1.2.3", UDP, 50123, NULL, STATE_ONE_WAY);

	(void)state;
	c->group = true;
	c->packets[0] = 0;
	c->client_port_min = c->client_port_max = 53;
	c = lab_conv(&l, "10.99.9.9", CRM01, UDP, 53, NULL, STATE_NO_ANSWER);
	c->client_port_min = c->client_port_max = 50123;
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 50123), "tolerated");
	assert_string_equal(lab_verdict(&l, 53), "unexpected-endpoint");
	assert_null(strstr(lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 53)->why, "group"));
	lab_close(&l);
}

static void test_netbios_both_ways(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, CRM01, SQL01, UDP, 138, "nbdgm", STATE_NO_ANSWER);
	lab_conv(&l, SQL01, CRM01, UDP, 138, "nbdgm", STATE_NO_ANSWER);
	lab_judge(&l);
	assert_int_equal(l.r->n_verdict[KIND_DOCUMENTED] + l.r->n_verdict[KIND_SETUP_ONLY], 2);
	assert_int_equal(lab_count(&l, KIND_BLOCKED), 0);
	lab_close(&l);
}

/* Both ports high and nobody knows who called: the better of both ways counts, and what is left is
 * one finding of the pair. */
static void test_undirected(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, SQL01, CRM01, TCP, 50000, "tds", STATE_MID_STREAM);

	(void)state;
	c->reason = DIR_FIRST;
	c->client_port_min = c->client_port_max = 1433;
	for (uint16_t i = 0; i < 4; i++) {
		c = lab_conv(&l, CRM01, CRM02, TCP, (uint16_t)(20000 + i), NULL, STATE_MID_STREAM);
		c->reason = DIR_FIRST;
		c->client_port_min = c->client_port_max = (uint16_t)(30000 + i);
	}
	c = lab_conv(&l, CRM02, CRM01, TCP, 21000, NULL, STATE_MID_STREAM);
	c->reason = DIR_FIRST;
	c->client_port_min = c->client_port_max = 31000;
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 50000), "documented");
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_PORT), 1);
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PORT, 0)->severity, SEV_LOW);
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PORT, 0)->folded, 5);
	lab_close(&l);
}

static void test_low_confidence_is_no_direction(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, SQL01, CRM01, TCP, 1433, NULL, STATE_MID_STREAM);

	(void)state;
	c->reason = DIR_FIRST;
	c->client_port_min = 40000; /* several: cannot be turned round */
	lab_judge(&l);
	assert_string_not_equal(lab_verdict(&l, 1433), "unexpected-direction");
	lab_close(&l);
}

static void test_load_balancer(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, USER, VIP, TCP, 443, "tls", EST);
	lab_conv(&l, VIP, CRM01, TCP, 80, "http", EST);
	lab_conv(&l, VIP, CRM01, TCP, 443, NULL, EST); /* a probe */
	lab_conv(&l, MON, CRM01, TCP, 443, NULL, EST); /* another */
	lab_judge(&l);
	assert_int_equal(deviations(&l), 0);
	assert_int_equal(l.r->n_verdict[KIND_TOLERATED], 1);
	assert_string_equal(lab_result_word(lab_rule(&l, "S2-WEB-01")->result), "met");
	lab_close(&l);

	/* The probe alone meets nothing. */
	l = lab_open(SPLIT);
	lab_conv(&l, VIP, CRM01, TCP, 443, NULL, EST);
	lab_conv(&l, USER, DC01, TCP, 389, "ldap", EST);
	lab_judge(&l);
	assert_string_not_equal(lab_result_word(lab_rule(&l, "S1-CMP-11")->result), "met");
	assert_int_equal(lab_rule(&l, "S1-CMP-11")->conversations, 0);
	lab_close(&l);
}

static void test_several_dcs(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *host = i ? CRM02 : CRM01;

		lab_conv(&l, host, DC01, TCP, 389, "ldap", EST);
		lab_conv(&l, host, DC01, TCP, 88, "kerberos", EST);
		lab_conv(&l, host, DC02, TCP, 389, NULL, STATE_NO_ANSWER);
		lab_conv(&l, host, DC02, TCP, 88, NULL, STATE_NO_ANSWER);
	}
	lab_judge(&l);
	assert_null(lab_find(&l, KIND_MISSING, 389));
	assert_int_equal(lab_count(&l, KIND_BLOCKED), 1);
	f = lab_find(&l, KIND_BLOCKED, 0);
	assert_int_equal(f->severity, SEV_LOW);
	assert_string_equal(f->server.host, "dc02");
	assert_true(has_text(f->why, "subnet 10.20.3.0/24"));
	assert_int_equal(f->folded, 4);
	lab_close(&l);

	/* A DC that answers one thing and not another is a matter of that service. */
	l = lab_open(SPLIT);
	lab_conv(&l, CRM01, DC01, TCP, 88, "kerberos", EST);
	lab_conv(&l, CRM01, DC02, TCP, 88, NULL, STATE_NO_ANSWER);
	lab_conv(&l, CRM01, DC02, TCP, 389, "ldap", EST);
	lab_judge(&l);
	f = lab_find(&l, KIND_BLOCKED, 88);
	assert_non_null(f);
	assert_string_equal(f->group, "kerberos");
	lab_close(&l);
}

static void test_v6_refused_while_v4_works(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, CRM01, DC01, TCP, 389, "ldap", EST);
	lab_conv(&l, "2001:db8:20:1::11", "2001:db8:20:3::30", TCP, 389, NULL, STATE_REFUSED);
	lab_judge(&l);
	assert_null(lab_find(&l, KIND_MISSING, 389));
	assert_non_null(lab_find(&l, KIND_BLOCKED, 389));
	assert_int_equal(lab_find(&l, KIND_BLOCKED, 389)->severity, SEV_LOW);
	lab_close(&l);
}

static void test_undeclared_v6_address_of_the_link(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, "2001:db8:20:1:dead:beef:1:2", SQL01, TCP, 1433, "tds", EST);
	lab_conv(&l, "2001:db8:20:1:dead:beef:1:2", SQL01, TCP, 445, "smb2", EST);
	lab_conv(&l, CRM01, "fe80::99", TCP, 445, "smb2", EST);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_ENDPOINT), 2); /* one for each address */
	for (size_t i = 0; i < l.r->n_findings; i++)
		if (l.r->findings[i].kind == KIND_UNEXPECTED_ENDPOINT)
			assert_int_equal(l.r->findings[i].severity, SEV_INFO);
	lab_close(&l);
}

static void test_name_and_time_servers(void **state)
{
	struct lab l = lab_open("hosts:\n"
				"  - {name: crm01, role: crm-web, addr: 10.20.1.11}\n"
				"  - {name: crm02, role: crm-async, addr: 10.20.1.12}\n"
				"  - {name: ns, role: dns, addr: 10.20.3.33}\n");
	const struct finding *f;

	(void)state;
	lab_conv(&l, CRM01, "10.20.3.53", UDP, 53, "dns", EST);
	lab_conv(&l, CRM02, "10.20.3.53", UDP, 53, "dns", EST);
	lab_conv(&l, CRM01, "9.9.9.9", UDP, 53, "dns", EST);
	lab_judge(&l);
	assert_string_equal(lab_result_word(lab_rule(&l, "S1-ALL-01")->result), "met");
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_ENDPOINT), 2);
	for (size_t i = 0; i < l.r->n_findings; i++) {
		f = &l.r->findings[i];
		if (f->kind != KIND_UNEXPECTED_ENDPOINT)
			continue;
		if (addr_is_public(&f->server.address)) {
			assert_int_equal(f->severity, SEV_MEDIUM);
			continue;
		}
		assert_int_equal(f->severity, SEV_LOW);
		assert_int_equal(f->folded, 2);
		assert_true(has_text(f->advice, "role: [dns], addr: \"10.20.3.53\""));
	}
	lab_close(&l);
}

static void test_egress(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;
	struct conv *c;

	(void)state;
	for (int i = 0; i < 5; i++) {
		char a[32];

		snprintf(a, sizeof a, "13.107.4.%d", i + 1);
		c = lab_conv(&l, CRM01, a, TCP, 443, "tls", EST);
		snprintf(conv_more(c)->name[0], sizeof conv_more(c)->name[0], "update.example.com");
		c->more->n_name = 1;
	}
	lab_conv(&l, CRM01, "13.107.9.9", TCP, 22, "ssh", EST);
	lab_judge(&l);
	f = lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 443);
	assert_non_null(f);
	assert_int_equal(f->severity, SEV_LOW);
	assert_int_equal(f->folded, 5);
	assert_true(has_text(f->why, "5 addresses"));
	assert_true(has_text(f->why, "update.example.com"));
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 22)->severity, SEV_HIGH);
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_ENDPOINT), 2);
	lab_close(&l);
}

/* The names of all addresses, in order, each once; a host with two addresses does not double the
 * other end. */
static void test_egress_names(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;

	(void)state;
	for (int i = 9; i >= 0; i--) {
		char a[32];
		struct conv *c;

		snprintf(a, sizeof a, "13.107.4.%d", i + 1);
		c = lab_conv(&l, CRM01, a, TCP, 443, "tls", EST);
		snprintf(conv_more(c)->name[0], sizeof conv_more(c)->name[0], "common.example.com");
		snprintf(conv_more(c)->name[1], sizeof conv_more(c)->name[1], "fe%d.example.com",
			 i);
		c->more->n_name = 2;
	}
	lab_judge(&l);
	f = lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 443);
	assert_non_null(f);
	assert_true(has_text(f->why, "(10 addresses). Names seen: common.example.com, "
				     "fe0.example.com, fe1.example.com, fe2.example.com, "
				     "fe3.example.com, fe4.example.com, fe5.example.com, "
				     "fe6.example.com and 3 more."));
	assert_true(has_text(f->advice, "names: [\"common.example.com\", \"fe0.example.com\", "));
	assert_true(has_text(f->advice, "\"fe6.example.com\"], why"));
	lab_close(&l);
}

static void test_declared_egress(void **state)
{
	struct lab l = lab_open("egress:\n  - {from: [crm-any, sql], service: 443/tcp, names: "
				"[\"*.windowsupdate.com\"], why: \"updates\"}\n" SPLIT);
	struct conv *c = lab_conv(&l, CRM01, "13.107.4.1", TCP, 443, "tls", EST);

	(void)state;
	snprintf(conv_more(c)->name[0], sizeof conv_more(c)->name[0], "fe2.WindowsUpdate.com");
	c->more->n_name = 1;
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 443), "tolerated");
	snprintf(conv_more(&l.c[0])->name[0], sizeof conv_more(&l.c[0])->name[0],
		 "evil.example.com");
	lab_judge(&l);
	assert_string_equal(lab_verdict(&l, 443), "unexpected-endpoint");
	lab_close(&l);
}

static void test_public_clients(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;

	(void)state;
	lab_conv(&l, "93.184.216.34", CRM01, TCP, 3389, NULL, STATE_NO_ANSWER);
	lab_conv(&l, "93.184.216.35", CRM01, TCP, 22, NULL, STATE_REFUSED);
	lab_conv(&l, "93.184.216.36", VIP, TCP, 23, NULL, STATE_REFUSED);
	lab_conv(&l, "93.184.216.37", CRM01, TCP, 443, "tls", EST);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_SCAN), 2); /* one for each server */
	f = lab_find(&l, KIND_SCAN, 0);
	assert_int_equal(f->severity, SEV_INFO);
	f = lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 443);
	assert_non_null(f);
	assert_int_equal(f->severity, SEV_CRITICAL);
	lab_close(&l);

	l = lab_open("deployment: {topology: split, auth: ifd}\n" SITE_HOSTS);
	lab_conv(&l, "93.184.216.37", CRM01, TCP, 443, "tls", EST);
	lab_conv(&l, "93.184.216.37", VIP, TCP, 443, "tls", EST);
	lab_conv(&l, "93.184.216.38", SQL01, TCP, 1433, "tds", EST);
	lab_judge(&l);
	assert_int_equal(l.r->n_verdict[KIND_DOCUMENTED], 2);
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 1433)->severity, SEV_CRITICAL);
	lab_close(&l);
}

static void test_peer_of_many(void **state)
{
	struct lab l = lab_open(SPLIT "  - {name: web2, role: crm-web, cidr: 10.20.50.0/24}\n");
	const struct finding *f;

	(void)state;
	lab_conv(&l, CRM01, "10.99.5.5", TCP, 5723, NULL, EST);
	lab_conv(&l, CRM02, "10.99.5.5", TCP, 5723, NULL, EST);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_ENDPOINT), 2);
	lab_conv(&l, SQL01, "10.99.5.5", TCP, 5723, NULL, EST);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_UNEXPECTED_ENDPOINT), 1);
	f = lab_find(&l, KIND_UNEXPECTED_ENDPOINT, 5723);
	assert_true(has_text(f->advice, "role: [monitor], addr: \"10.99.5.5\""));
	assert_int_equal(f->folded, 3);
	lab_close(&l);
}

static void test_sql_cluster(void **state)
{
	static const uint16_t ports[] = {5022, 3343, 445, 135};
	struct lab l = lab_open("hosts:\n"
				"  - {name: sql01, role: sql, addr: 10.20.2.20}\n"
				"  - {name: sql02, role: sql, addr: 10.20.2.21}\n");

	(void)state;
	for (size_t i = 0; i < 4; i++)
		lab_conv(&l, SQL01, "10.20.2.21", TCP, ports[i], NULL, EST);
	lab_judge(&l);
	assert_int_equal(deviations(&l), 0);
	assert_string_equal(lab_verdict(&l, 5022), "tolerated");
	lab_close(&l);
}

static void test_unanswered_by_nature(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, CRM01, DC01, UDP, 137, NULL, STATE_NO_ANSWER);
	lab_conv(&l, CRM01, DC01, UDP, 138, NULL, STATE_NO_ANSWER);
	lab_judge(&l);
	assert_int_equal(lab_count(&l, KIND_BLOCKED), 0);
	lab_close(&l);
}

static void test_one_failure_among_successes(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct conv *c = lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);

	(void)state;
	c->flows = 10;
	c->fail->n = 1;
	c->by_state[EST] = 9;
	c->by_state[STATE_NO_ANSWER] = 1;
	conv_fail(c)->minutes[0] =
		(struct conv_minute){T(3900) / (60 * NS_PER_S), T(3900), T(3900), 1};
	c->fail->n_minutes = 1;
	c->fail->last_ns = T(3900);
	lab_judge(&l);
	assert_int_equal(deviations(&l), 0);
	assert_null(lab_find(&l, KIND_MISSING, 1433));
	lab_close(&l);
}

static void test_contradiction(void **state)
{
	struct lab l = lab_open(SPLIT "  - {name: x, role: crm-client, cidr: 10.31.0.0/16}\n");
	const struct finding *f;

	(void)state;
	lab_conv(&l, CRM01, CRM02, TCP, 1433, "tds", EST);
	/* Another program's database is no business of the deployment. */
	lab_conv(&l, USER, EXCH, TCP, 1433, "tds", EST);
	lab_judge(&l);
	f = lab_find(&l, KIND_CONTRADICTION, 0);
	assert_non_null(f);
	assert_int_equal(lab_count(&l, KIND_CONTRADICTION), 1);
	assert_int_equal(f->severity, SEV_HIGH);
	assert_true(has_text(f->advice, "Add sql to the roles of crm02"));
	lab_close(&l);
}

static void test_capture_on_a_host(void **state)
{
	struct lab l = lab_open(SPLIT);

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);
	lab_conv(&l, CRM01, DC01, TCP, 389, "ldap", EST);
	lab_judge(&l);
	assert_true(has_text(lab_rule(&l, "S2-SQL-03")->reason, "never tried"));
	l.in.coverage.notes[NOTE_ABOVE_MTU] = 12;
	lab_judge(&l);
	assert_true(has_text(lab_rule(&l, "S2-SQL-03")->reason, "taken on crm01"));
	lab_close(&l);
}

static void test_unseen_hosts_are_told(void **state)
{
	struct lab l = lab_open(SPLIT);
	const struct finding *f;

	(void)state;
	lab_conv(&l, CRM01, SQL01, TCP, 1433, "tds", EST);
	lab_judge(&l);
	f = lab_find(&l, KIND_VISIBILITY, 0);
	assert_non_null(f);
	assert_int_equal(f->severity, SEV_INFO);
	assert_true(has_text(f->why, "crm02, dc01, dc02, exch01, lb01, mon01, scan01"));
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_combined_hosts),
		cmocka_unit_test(test_undeclared_clients),
		cmocka_unit_test(test_guess_is_graded),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_group_folds_to_host_and_port),
		cmocka_unit_test(test_unicast_answers),
		cmocka_unit_test(test_group_as_sender),
		cmocka_unit_test(test_netbios_both_ways),
		cmocka_unit_test(test_undirected),
		cmocka_unit_test(test_low_confidence_is_no_direction),
		cmocka_unit_test(test_load_balancer),
		cmocka_unit_test(test_several_dcs),
		cmocka_unit_test(test_v6_refused_while_v4_works),
		cmocka_unit_test(test_undeclared_v6_address_of_the_link),
		cmocka_unit_test(test_name_and_time_servers),
		cmocka_unit_test(test_egress),
		cmocka_unit_test(test_egress_names),
		cmocka_unit_test(test_declared_egress),
		cmocka_unit_test(test_public_clients),
		cmocka_unit_test(test_peer_of_many),
		cmocka_unit_test(test_sql_cluster),
		cmocka_unit_test(test_unanswered_by_nature),
		cmocka_unit_test(test_one_failure_among_successes),
		cmocka_unit_test(test_contradiction),
		cmocka_unit_test(test_capture_on_a_host),
		cmocka_unit_test(test_unseen_hosts_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
