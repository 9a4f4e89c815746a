// SPDX-License-Identifier: BSD-2-Clause
/* Grants: which conversations they explain, how sure that is, and what could not be reached. */
#include "judge_lab.h"
#include "recognise/rpc_iface.h"

#define EST   STATE_ESTABLISHED
#define SPLIT "deployment: {topology: split}\n" SITE_HOSTS
#define FIXED "deployment: {topology: split, rpc: 50000-50100}\n" SITE_HOSTS
#define NO    STATE_NO_ANSWER

enum { GRANTS = 512, PORT = 49667 };

/* Grants of one test, in the order in which they were told. */
struct told {
	struct grant g[GRANTS];
	size_t n;
};

static struct grant *tell(struct told *t, const char *client, const char *server,
			  enum grant_how how, const char *iface, uint16_t port, int64_t at_s)
{
	struct grant *g = &t->g[t->n++];

	assert_true(t->n <= GRANTS);
	*g = (struct grant){
		.server = A(server),
		.client = A(client),
		.g = {.how = how, .proto = GRANTED_TCP, .port = port},
		.first = {T(at_s), 0, (uint32_t)t->n},
		.last_ns = T(at_s),
		.n = 1,
	};
	if (iface) {
		const struct rpc_iface_row *row = rpc_iface_by_name(iface);

		assert_non_null(row);
		g->g.has_iface = true;
		memcpy(g->g.uuid, row->uuid, sizeof g->g.uuid);
		g->g.major = row->major;
		g->g.minor = row->minor;
	}
	return g;
}

static int told_order(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;
	int d = addr_compare(&x->server, &y->server);

	if (!d)
		d = (int)x->g.proto - (int)y->g.proto;
	if (!d)
		d = (int)x->g.port - (int)y->g.port;
	return d ? d : x->first.ts_ns < y->first.ts_ns ? -1 : 1;
}

static void judge_told(struct lab *l, struct told *t)
{
	qsort(t->g, t->n, sizeof *t->g, told_order);
	l->in.grants = t->g;
	l->in.n_grants = t->n;
	lab_judge(l);
}

static struct conv *bound(struct conv *c, const char *iface)
{
	const struct rpc_iface_row *row = rpc_iface_by_name(iface);

	assert_non_null(row);
	c->app[0].app = app_by_name("dcerpc");
	c->app[0].conf = APP_SURE;
	c->payload[0] = c->payload[1] = 100;
	memcpy(c->more->iface[c->more->n_iface++].uuid, row->uuid, 16);
	return c;
}

static const struct rpc_row *row_at(const struct lab *l, uint16_t port)
{
	for (size_t i = 0; i < l->r->n_rpc; i++)
		if (l->r->rpc[i].port == port)
			return &l->r->rpc[i];
	return NULL;
}

static struct conv *failed(struct lab *l, const char *client, const char *server, uint16_t port,
			   enum flow_state state)
{
	struct conv *c = lab_conv(l, client, server, TCP, port, NULL, state);

	c->n_app = 0;
	return c;
}

/* Who was told, when, from where. The conversation is CRM01's with DC01 at 3600. */
static void test_ties(void **state)
{
	static const struct {
		const char *client, *server, *alias;
		int64_t at_s, last_s;
		bool assumed;
		const char *tie;
	} rows[] = {
		{CRM01, DC01, NULL, 3500, 3500, false, "same-client"},
		{"2001:db8:20:1::11", DC01, NULL, 3500, 3500, false, "same-client"},
		{CRM02, DC01, NULL, 3500, 3500, false, "other-client"},
		{CRM01, DC01, NULL, 3700, 3700, false, "later"},
		{CRM02, DC01, NULL, 3700, 3700, false, "later"},
		{CRM01, "2001:db8:20:3::30", NULL, 3500, 3500, false, "other-address"},
		{CRM01, "10.99.0.1", DC01, 3500, 3500, false, "alias"},
		{CRM01, DC01, "10.99.0.1", 3500, 3500, false, "same-client"},
		{CRM01, DC01, NULL, 3600 - 86401, 3600 - 86401, false, "expired"},
		{CRM01, DC01, NULL, 3600 - 86401, 3500, false, "same-client"},
		{CRM01, DC01, NULL, 3500, 3500, true, "assumed"},
		{CRM01, "10.99.0.1", NULL, 3500, 3500, false, NULL},
		{CRM01, DC02, NULL, 3500, 3500, false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};
		struct grant *g = tell(&t, rows[i].client, rows[i].server, GRANT_EPM, "netlogon",
				       PORT, rows[i].at_s);
		const struct rpc_row *row;

		g->last_ns = T(rows[i].last_s);
		g->assumed = rows[i].assumed;
		if (rows[i].alias) {
			g->g.has_alias = true;
			g->g.alias = A(rows[i].alias);
		}
		lab_conv(&l, CRM01, DC01, TCP, PORT, NULL, EST);
		judge_told(&l, &t);
		for (row = l.r->rpc; row < l.r->rpc + l.r->n_rpc && !row->has_state; row++)
			;
		assert_true(row < l.r->rpc + l.r->n_rpc);
		if (!rows[i].tie) {
			assert_null(row->how);
			assert_null(row->tie);
			assert_string_equal(lab_verdict(&l, PORT), "rpc-unexplained");
		} else {
			if (!row->tie || strcmp(row->tie, rows[i].tie) != 0)
				fail_msg("row %zu: %s", i, row->tie ? row->tie : "none");
			assert_string_equal(row->how, "epm");
			assert_int_equal(row->granted_by.number, 1);
			assert_int_equal(row->used_by.number, 10);
			assert_int_equal(row->n_iface, 1);
			assert_non_null(row->why);
			assert_string_equal(lab_verdict(&l, PORT), "documented-dynamic");
			for (size_t k = 0; k < l.r->n_findings; k++)
				assert_int_not_equal(l.r->findings[k].port, PORT);
		}
		lab_close(&l);
	}
}

/* The best answer tells; what is there, the client's own answer says. */
static void test_best_answer(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct told t = {.n = 0};
	const struct addr crm01 = A(CRM01);
	const struct rpc_row *row;

	(void)state;
	tell(&t, CRM02, DC01, GRANT_EPM, "lsarpc", PORT, 100);
	tell(&t, CRM01, DC01, GRANT_EPM, "netlogon", PORT, 3500);
	tell(&t, CRM01, "10.99.0.1", GRANT_EPM, "samr", PORT, 50);
	tell(&t, SCANNER, DC01, GRANT_EPM_LOOKUP, "spoolss", PORT, 60);
	lab_conv(&l, CRM01, DC01, TCP, PORT, NULL, EST);
	lab_conv(&l, SQL01, DC01, TCP, PORT, NULL, EST);
	judge_told(&l, &t);
	assert_string_equal(lab_verdict(&l, PORT), "documented-dynamic");
	for (size_t i = 0; i < l.r->n_rpc; i++) {
		row = &l.r->rpc[i];
		if (!row->has_state)
			continue;
		if (addr_equal(&row->client.address, &crm01)) {
			assert_string_equal(row->tie, "same-client");
			assert_int_equal(row->granted_by.ts_ns, T(3500));
			assert_int_equal(row->n_iface, 1);
		} else {
			/* What others asked for by name, without what was only listed. */
			assert_string_equal(row->tie, "other-client");
			assert_int_equal(row->n_iface, 2);
		}
	}
	lab_close(&l);
}

/* The bind decides over the grant; of granted ones, one that is allowed is enough. */
static void test_interfaces(void **state)
{
	static const struct {
		const char *client, *server, *granted[2], *bind, *verdict;
	} rows[] = {
		{CRM01, DC01, {"netlogon"}, NULL, "documented-dynamic"},
		{CRM01, DC01, {"netlogon"}, "lsarpc", "documented-dynamic"},
		{CRM01, DC01, {"netlogon"}, "spoolss", "unexpected-protocol"},
		{CRM01, DC01, {"spoolss"}, NULL, "unexpected-protocol"},
		{CRM01, DC01, {"spoolss", "netlogon"}, NULL, "documented-dynamic"},
		{CRM01, DC01, {"spoolss"}, "netlogon", "documented-dynamic"},
		{CRM01, SQL01, {"winreg"}, NULL, "documented-dynamic"},
		{CRM01, SQL01, {"spoolss"}, NULL, "unexpected-protocol"},
		{USER, CRM01, {"svcctl"}, NULL, "unexpected-protocol"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};
		struct conv *c = lab_conv(&l, rows[i].client, rows[i].server, TCP, PORT, NULL, EST);

		for (int k = 0; k < 2 && rows[i].granted[k]; k++)
			tell(&t, rows[i].client, rows[i].server, GRANT_EPM, rows[i].granted[k],
			     PORT, 3500);
		if (rows[i].bind)
			bound(c, rows[i].bind);
		judge_told(&l, &t);
		if (strcmp(lab_verdict(&l, PORT), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, PORT));
		if (!strcmp(rows[i].verdict, "unexpected-protocol")) {
			const struct finding *f = lab_find(&l, KIND_UNEXPECTED_PROTOCOL, PORT);
			const char *name = rows[i].bind ? rows[i].bind : rows[i].granted[0];

			assert_string_equal(f->interface, name);
			assert_true(has_text(f->why, name));
			assert_true(has_text(f->why, "in packet 1, 2024-05-01"));
		}
		lab_close(&l);
	}
}

/* Ports outside the range: of old servers, fixed by hand, against the site's will. */
static void test_ports(void **state)
{
	static const struct {
		const char *site, *server;
		uint16_t port;
		bool granted, bound;
		const char *verdict;
	} rows[] = {
		{SPLIT, DC01, 1026, true, false, "documented-dynamic"},
		{SPLIT, DC01, 1026, false, true, "documented-dynamic"},
		{SPLIT, SQL01, 1025, false, true, "documented-dynamic"},
		{SPLIT, SQL01, 1025, false, false, "unexpected-port"},
		{SPLIT, DC01, 38901, true, false, "documented-dynamic"},
		{SPLIT, DC01, 38901, true, true, "documented-dynamic"},
		{SPLIT, DC01, 38901, false, true, "unexpected-port"},
		{FIXED, DC01, 50010, true, false, "documented-dynamic"},
		{FIXED, DC01, 49667, true, false, "rpc-out-of-range"},
		{FIXED, DC01, 49667, false, true, "rpc-out-of-range"},
		{FIXED, DC01, 38901, true, false, "rpc-out-of-range"},
		{FIXED, DC01, 1026, false, true, "rpc-out-of-range"},
		{FIXED, SQL01, 49667, true, true, "rpc-out-of-range"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(rows[i].site);
		struct told t = {.n = 0};
		struct conv *c = lab_conv(&l, CRM01, rows[i].server, TCP, rows[i].port, NULL, EST);
		bool sql = !strcmp(rows[i].server, SQL01);

		if (rows[i].granted)
			tell(&t, CRM01, rows[i].server, GRANT_EPM, sql ? "winreg" : "netlogon",
			     rows[i].port, 3500);
		if (rows[i].bound)
			bound(c, sql ? "winreg" : "netlogon");
		judge_told(&l, &t);
		if (strcmp(lab_verdict(&l, rows[i].port), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, rows[i].port));
		if (!strcmp(rows[i].verdict, "documented-dynamic") && !sql)
			assert_string_equal(
				lab_result_word(lab_rule(&l, rows[i].port < 5001 ? "S1-IWA-11"
										 : "S1-IWA-10")
							->result),
				"met");
		lab_close(&l);
	}
}

/* What has a documented service, or surely speaks something else, is not made RPC by a grant. */
static void test_not_rpc(void **state)
{
	static const struct {
		uint16_t port;
		const char *app, *verdict;
	} rows[] = {
		{443, "tls", "documented"},
		{443, NULL, "documented"},
		{50022, "ssh", "unexpected-port"},
		{1433, "tds", "unexpected-port"}, /* crm01 is no sql */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};
		struct grant *g = tell(&t, USER, CRM01, GRANT_EPM, "netlogon", rows[i].port, 3500);

		g->g.proto = GRANTED_HTTP;
		lab_conv(&l, USER, CRM01, TCP, rows[i].port, rows[i].app, EST);
		judge_told(&l, &t);
		if (strcmp(lab_verdict(&l, rows[i].port), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, rows[i].port));
		assert_int_equal(l.r->n_rpc, 0);
		lab_close(&l);
	}
}

static void test_udp(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct told t = {.n = 0};

	(void)state;
	tell(&t, CRM01, SQL01, GRANT_EPM, "winreg", 49800, 3500)->g.proto = GRANTED_UDP;
	tell(&t, CRM01, SQL01, GRANT_EPM, "winreg", 49801, 3500);
	lab_conv(&l, CRM01, SQL01, UDP, 49800, "dcerpc-cl", EST);
	lab_conv(&l, CRM01, SQL01, UDP, 49801, "dcerpc-cl", EST);
	judge_told(&l, &t);
	assert_string_equal(lab_verdict(&l, 49800), "documented-dynamic");
	assert_string_equal(lab_verdict(&l, 49801), "unexpected-port");
	assert_int_equal(row_at(&l, 49800)->proto, UDP);
	lab_close(&l);
}

/* An object's port has no interface: the pair may use objects, or not. */
static void test_objects(void **state)
{
	static const struct {
		const char *client, *server;
		enum grant_how how;
		const char *bind, *verdict;
	} rows[] = {
		{CRM01, SQL01, GRANT_ACTIVATION, NULL, "documented-dynamic"},
		{CRM01, SQL01, GRANT_OXID, "IRemUnknown2", "documented-dynamic"},
		{CRM01, SQL01, GRANT_OXID, "spoolss", "unexpected-protocol"},
		{MON, CRM01, GRANT_ACTIVATION, NULL, "documented-dynamic"},
		{MON, CRM01, GRANT_ACTIVATION, "IWbemServices", "documented-dynamic"},
		{USER, CRM01, GRANT_ACTIVATION, NULL, "unexpected-protocol"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};
		struct conv *c =
			lab_conv(&l, rows[i].client, rows[i].server, TCP, 49900, NULL, EST);

		tell(&t, rows[i].client, rows[i].server, rows[i].how, NULL, 49900, 3500);
		if (rows[i].bind)
			bound(c, rows[i].bind);
		judge_told(&l, &t);
		if (strcmp(lab_verdict(&l, 49900), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, 49900));
		assert_string_equal(row_at(&l, 49900)->how, grant_how_name(rows[i].how));
		if (!strcmp(rows[i].verdict, "unexpected-protocol") && !rows[i].bind)
			assert_true(has_text(lab_find(&l, KIND_UNEXPECTED_PROTOCOL, 49900)->why,
					     "given an object (DCOM) of crm01"));
		lab_close(&l);
	}
}

/* An object that was given makes the pair one that speaks DCOM, in both directions. */
static void test_call_backs(void **state)
{
	static const struct {
		const char *caller, *called;
		int64_t back_s;
		const char *bind, *verdict;
	} rows[] = {
		{CRM01, SQL01, 3900, NULL, "documented-dynamic"},
		{CRM01, SQL01, 9000, NULL, "rpc-unexplained"},
		{CRM01, SQL01, 3900, "svcctl", "unexpected-protocol"},
		{USER, CRM01, 3900, NULL, "rpc-unexplained"},
		{USER, CRM01, 3900, "IRemUnknown2", "unexpected-direction"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};
		struct conv *c =
			lab_conv(&l, rows[i].caller, rows[i].called, TCP, 135, "dcerpc-epm", EST);

		tell(&t, rows[i].caller, rows[i].called, GRANT_ACTIVATION, NULL, 49900, 3600);
		c = lab_conv(&l, rows[i].called, rows[i].caller, TCP, 50123, NULL, EST);
		c->first_ns = T(rows[i].back_s);
		c->last_ns = T(rows[i].back_s + 10);
		if (rows[i].bind)
			bound(c, rows[i].bind);
		judge_told(&l, &t);
		if (strcmp(lab_verdict(&l, 50123), rows[i].verdict) != 0)
			fail_msg("row %zu: %s", i, lab_verdict(&l, 50123));
		for (size_t k = 0; k < l.r->n_findings; k++)
			if (l.r->findings[k].port == 50123 && !strcmp(rows[i].caller, USER)) {
				assert_int_equal(l.r->findings[k].severity, SEV_LOW);
				assert_true(has_text(l.r->findings[k].why, "Call-back"));
			}
		lab_close(&l);
	}
}

static void test_replication(void **state)
{
	static const struct {
		const char *client, *verdict;
	} rows[] = {
		{CRM01, "advice"},
		{DC02, "out-of-scope"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};
		struct conv *c =
			bound(lab_conv(&l, rows[i].client, DC01, TCP, PORT, NULL, EST), "drsuapi");

		c->app[0].notes = APP_NOTE_RPC_REPLICATES;
		judge_told(&l, &t);
		assert_string_equal(lab_verdict(&l, PORT), rows[i].verdict);
		assert_int_equal(l.r->n_rpc, 1);
		if (!i) {
			const struct finding *f = lab_find(&l, KIND_ADVICE, PORT);

			assert_int_equal(f->severity, SEV_HIGH);
			assert_string_equal(f->interface, "drsuapi");
			assert_true(has_text(f->why, "GetNCChanges"));
			assert_string_equal(lab_result_word(lab_rule(&l, "S1-IWA-10")->result),
					    "met");
		}
		lab_close(&l);
	}
}

/* ------------------------------------------------------------------ rpc-blocked */

static void test_blocked(void **state)
{
	static const enum flow_state states[] = {STATE_NO_ANSWER, STATE_REFUSED, STATE_REJECTED,
						 STATE_HALF_OPEN};
	char id[16] = "";

	(void)state;
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};
		const struct finding *f;

		tell(&t, CRM01, DC01, GRANT_EPM, "netlogon", (uint16_t)(PORT + i), 3500);
		failed(&l, CRM01, DC01, (uint16_t)(PORT + i), states[i]);
		judge_told(&l, &t);
		f = lab_find(&l, KIND_RPC_BLOCKED, 0);
		assert_non_null(f);
		assert_int_equal(f->severity, SEV_HIGH);
		assert_string_equal(f->interface, "netlogon");
		assert_true(has_text(f->why, "netlogon"));
		assert_true(has_text(f->why, "in packet 1, 2024-05-01"));
		assert_non_null(f->advice);
		assert_true(has_text(f->tshark, "tcp.port==135"));
		/* The grant, and the attempt. */
		assert_int_equal(f->n_ev, 2);
		assert_int_equal(f->ev[0].number, 1);
		assert_int_equal(f->ev[1].number, 10);
		assert_int_equal(f->state, states[i]);
		assert_int_equal(lab_count(&l, KIND_RPC_BLOCKED), 1);
		assert_int_equal(lab_count(&l, KIND_BLOCKED), 0);
		assert_string_equal(lab_verdict(&l, (uint16_t)(PORT + i)), "documented-dynamic");
		assert_string_equal(lab_result_word(lab_rule(&l, "S1-IWA-10")->result), "violated");
		assert_string_equal(lab_result_word(lab_rule(&l, "S2-REF-10")->result), "violated");
		/* The number of the port is no part of the fact. */
		if (i)
			assert_string_equal(f->id, id);
		memcpy(id, f->id, sizeof id);
		lab_close(&l);
	}
}

/* When it is not: told to others, told later, reached elsewhere, or nothing proves it. */
static void test_not_blocked(void **state)
{
	static const struct {
		const char *client;  /* who was told */
		int64_t at_s;        /* when */
		const char *reached; /* CRM01 reached it there, on another port; NULL */
		const char *as;      /* what was reached */
		bool lossy;          /* the capture lost packets */
		enum kind kind;      /* what there is instead; KIND_N nothing */
		const char *rule;    /* S1-IWA-10 */
	} rows[] = {
		{CRM02, 3500, NULL, NULL, false, KIND_BLOCKED, "unused"},
		{CRM01, 3700, NULL, NULL, false, KIND_BLOCKED, "unused"},
		{CRM01, 3500, DC01, "netlogon", false, KIND_BLOCKED, "met"},
		{CRM01, 3500, DC02, "netlogon", false, KIND_BLOCKED, "met"},
		{CRM01, 3500, DC02, "lsarpc", false, KIND_RPC_BLOCKED, "violated"},
		{CRM01, 3500, NULL, NULL, true, KIND_N, "not-judged"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};

		tell(&t, rows[i].client, DC01, GRANT_EPM, "netlogon", PORT, rows[i].at_s);
		failed(&l, CRM01, DC01, PORT, STATE_NO_ANSWER);
		if (rows[i].reached) {
			tell(&t, CRM01, rows[i].reached, GRANT_EPM, rows[i].as, 50001, 3500);
			lab_conv(&l, CRM01, rows[i].reached, TCP, 50001, NULL, EST);
		}
		if (rows[i].lossy) {
			l.in.coverage.tcp_bytes = 1000;
			l.in.coverage.tcp_unseen_bytes = 1000;
		}
		judge_told(&l, &t);
		if ((lab_count(&l, KIND_BLOCKED) == 1) != (rows[i].kind == KIND_BLOCKED) ||
		    (lab_count(&l, KIND_RPC_BLOCKED) == 1) != (rows[i].kind == KIND_RPC_BLOCKED)) {
			lab_dump(&l);
			fail_msg("row %zu", i);
		}
		if (strcmp(lab_result_word(lab_rule(&l, "S1-IWA-10")->result), rows[i].rule) != 0)
			fail_msg("row %zu: %s", i,
				 lab_result_word(lab_rule(&l, "S1-IWA-10")->result));
		lab_close(&l);
	}
}

/* Two addresses of one host are one fact, and both are counted; what failed otherwise is told. */
static void blocked_twice(bool alike)
{
	struct lab l = lab_open(SPLIT);
	struct told t = {.n = 0};
	const struct finding *f;

	tell(&t, CRM01, DC01, GRANT_EPM, "netlogon", PORT, 3500);
	tell(&t, "2001:db8:20:1::11", "2001:db8:20:3::30", GRANT_EPM, "netlogon", PORT, 3550);
	failed(&l, CRM01, DC01, PORT, STATE_NO_ANSWER);
	failed(&l, "2001:db8:20:1::11", "2001:db8:20:3::30", PORT,
	       alike ? STATE_NO_ANSWER : STATE_REJECTED)
		->first_ns = T(3700);
	judge_told(&l, &t);
	assert_int_equal(lab_count(&l, KIND_RPC_BLOCKED), 1);
	f = lab_find(&l, KIND_RPC_BLOCKED, PORT);
	assert_int_equal(f->folded, 2);
	assert_int_equal(f->state, STATE_NO_ANSWER);
	assert_false(f->client.has_address);
	assert_string_equal(f->client.host, "crm01");
	assert_true(has_text(f->why, alike ? "The same failed in 1 more conversation."
					   : "1 more conversation failed as well, not all alike; "
					     "between 2001:db8:20:1::11 and "
					     "2001:db8:20:3::30, 49667/tcp: "));
	assert_int_equal(has_text(f->advice, "Between 2001:db8:20:1::11 and"), 0);
	assert_int_equal(has_text(f->why, "rejected by"), !alike);
	assert_string_equal(f->tshark, "tcp.port==135 || tcp.port==49667");
	lab_close(&l);
}

static void test_blocked_twice(void **state)
{
	(void)state;
	blocked_twice(true);
	blocked_twice(false);
}

/* It worked, and then the port was closed: the mapper still hands it out. */
static void test_blocked_since(void **state)
{
	for (int again = 0; again < 2; again++) {
		struct lab l = lab_open(SPLIT);
		struct told t = {.n = 0};
		struct conv *c = lab_conv(&l, CRM01, DC01, TCP, PORT, NULL, EST);

		(void)state;
		tell(&t, CRM01, DC01, GRANT_EPM, "netlogon", PORT, 3500)->last_ns =
			T(again ? 7300 : 3500);
		c->by_state[STATE_NO_ANSWER] = 4;
		c->fail->n = c->fail->tries = 4;
		c->flows = 5;
		c->fail->n_minutes = 2;
		c->fail->first_ns = T(7200);
		c->fail->last_ns = c->last_ns = T(7320);
		conv_fail(c)->minutes[0] =
			(struct conv_minute){T(7320) / (60 * NS_PER_S), T(7320), T(7320), 2};
		conv_fail(c)->minutes[1] =
			(struct conv_minute){T(7200) / (60 * NS_PER_S), T(7200), T(7200), 2};
		c->fail->ev[0] = (struct evidence){T(7200), 0, 77};
		c->fail->n_ev = 1;
		judge_told(&l, &t);
		assert_int_equal(lab_count(&l, KIND_RPC_BLOCKED), again);
		assert_int_equal(lab_count(&l, KIND_BLOCKED), !again);
		if (again)
			assert_true(has_text(lab_find(&l, KIND_RPC_BLOCKED, PORT)->why,
					     "has failed since"));
		lab_close(&l);
	}
}

/* Without a rule the default policy allows it, and the fact is the same. */
static void test_blocked_elsewhere(void **state)
{
	struct lab l = lab_open(FIXED);
	struct told t = {.n = 0};

	(void)state;
	tell(&t, CRM01, SQL01, GRANT_EPM, "IXnRemote", 50010, 3500);
	failed(&l, CRM01, SQL01, 50010, STATE_NO_ANSWER);
	tell(&t, CRM01, SQL01, GRANT_ACTIVATION, NULL, 50011, 3500);
	failed(&l, CRM01, SQL01, 50011, STATE_REFUSED);
	tell(&t, CRM01, SQL01, GRANT_EPM, "spoolss", 50012, 3500);
	failed(&l, CRM01, SQL01, 50012, STATE_REFUSED);
	tell(&t, CRM02, SQL01, GRANT_EPM, "winreg", 49700, 3500);
	failed(&l, CRM02, SQL01, 49700, STATE_NO_ANSWER);
	judge_told(&l, &t);
	assert_string_equal(lab_find(&l, KIND_RPC_BLOCKED, 50010)->interface, "IXnRemote");
	assert_null(lab_find(&l, KIND_RPC_BLOCKED, 50011)->interface);
	assert_true(has_text(lab_find(&l, KIND_RPC_BLOCKED, 50011)->why, "DCOM"));
	/* Not one that the roles may use: the attempt is the finding. */
	assert_null(lab_find(&l, KIND_RPC_BLOCKED, 50012));
	assert_int_equal(lab_find(&l, KIND_UNEXPECTED_PROTOCOL, 50012)->severity, SEV_LOW);
	/* The server is outside the range that the firewall opens. */
	assert_true(has_text(lab_find(&l, KIND_RPC_BLOCKED, 49700)->advice, "site file"));
	assert_non_null(lab_find(&l, KIND_RPC_OUT_OF_RANGE, 49700));
	lab_close(&l);
}

/* ------------------------------------------------------------------ unused grants */

static void test_unused(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct told t = {.n = 0};
	const struct rpc_row *row;

	(void)state;
	tell(&t, CRM01, DC01, GRANT_EPM, "netlogon", PORT, 100);
	tell(&t, CRM01, DC01, GRANT_EPM, "netlogon", PORT + 1, 100);
	tell(&t, CRM01, DC01, GRANT_EPM, "lsarpc", PORT + 2, 100);
	tell(&t, CRM02, DC01, GRANT_EPM, "samr", PORT + 3, 100);       /* used by crm01 */
	tell(&t, "10.66.0.1", DC01, GRANT_EPM, "samr", PORT + 4, 100); /* no host of ours */
	tell(&t, CRM01, SQL01, GRANT_SQL_BROWSER, NULL, 50999, 100);   /* no RPC */
	lab_conv(&l, CRM01, DC01, TCP, PORT + 2, NULL, EST);
	lab_conv(&l, CRM01, DC01, TCP, PORT + 3, NULL, EST);
	judge_told(&l, &t);
	assert_int_equal(l.r->n_rpc, 3);
	row = row_at(&l, PORT);
	assert_false(row->has_state);
	assert_false(row->has_verdict);
	assert_string_equal(row->how, "epm");
	assert_int_equal(row->more, 1);
	assert_string_equal(row->client.host, "crm01");
	assert_string_equal(row->server.host, "dc01");
	lab_close(&l);
}

/* A scanner that lists all servers makes a row for each, not one for each service. */
static void test_lists_are_folded(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct told t = {.n = 0};

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		const struct rpc_iface_row *f = rpc_iface_at(i);

		tell(&t, SCANNER, CRM01, GRANT_EPM_LOOKUP, f->name, (uint16_t)(49700 + i), 100);
		tell(&t, SCANNER, SQL01, GRANT_EPM_LOOKUP, f->name, (uint16_t)(49700 + i), 100);
	}
	judge_told(&l, &t);
	assert_int_equal(l.r->n_rpc, 2);
	assert_int_equal(l.r->rpc[0].more, 59);
	assert_int_equal(l.r->rpc[0].n_iface, CONV_IFACES);
	assert_int_equal(lab_count(&l, KIND_SCAN) + lab_count(&l, KIND_RPC_BLOCKED), 0);
	lab_close(&l);
}

/* Hundreds of clients of one network are one row, as they are in the table of conversations. */
static void test_clients_are_folded(void **state)
{
	struct lab l = lab_open(SPLIT);
	struct told t = {.n = 0};
	char addr[32];

	(void)state;
	tell(&t, "10.30.9.9", DC01, GRANT_EPM, "netlogon", PORT, 3500);
	for (int i = 0; i < 300; i++) {
		snprintf(addr, sizeof addr, "10.30.%d.%d", i / 200, 1 + i % 200);
		lab_conv(&l, addr, DC01, TCP, PORT, NULL, EST);
	}
	judge_told(&l, &t);
	assert_int_equal(l.r->n_rpc, 1);
	assert_int_equal(l.r->rpc[0].folded, 300);
	assert_false(l.r->rpc[0].client.has_address);
	assert_string_equal(l.r->rpc[0].client.network, "10.30.0.0/16");
	lab_close(&l);
}

/* ------------------------------------------------------------------ what could not be read */

static void test_caveats(void **state)
{
	struct lab l = lab_open(SPLIT);
	size_t found = 0;

	(void)state;
	l.in.coverage.answers_sealed = 3;
	l.in.coverage.answers_bad = 1;
	l.in.coverage.learn_refused = 2;
	l.in.coverage.grants_shed = 4;
	l.in.coverage.sightings_shed = 5;
	l.in.coverage.cards_shed = 1;
	lab_conv(&l, CRM01, DC01, TCP, 389, "ldap", EST);
	lab_judge(&l);
	for (size_t i = 0; i < l.r->coverage.n_caveats; i++) {
		const char *z = l.r->coverage.caveats[i];

		found += has_text(z, "3 answers of") || has_text(z, "1 answer of") ||
			 has_text(z, "2 RPC streams were") || has_text(z, "4 grants were") ||
			 has_text(z, "5 things told of hosts") ||
			 has_text(z, "1 sight of network cards");
	}
	assert_int_equal(found, 6);
	assert_false(l.r->coverage.inconclusive);
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_best_answer),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_not_rpc),
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_call_backs),
		cmocka_unit_test(test_replication),
		cmocka_unit_test(test_blocked),
		cmocka_unit_test(test_not_blocked),
		cmocka_unit_test(test_blocked_twice),
		cmocka_unit_test(test_blocked_since),
		cmocka_unit_test(test_blocked_elsewhere),
		cmocka_unit_test(test_unused),
		cmocka_unit_test(test_lists_are_folded),
		cmocka_unit_test(test_clients_are_folded),
		cmocka_unit_test(test_caveats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
