// SPDX-License-Identifier: BSD-2-Clause
/* Questions to the matrix of both papers, under all deployments that change an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/out.h"
#include "matrix/matrix.h"
#include "recognise/recognise.h"
#include "site/site.h"

enum { TCP = 6, UDP = 17 };

static char *rules_dir(void)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	char *z = NULL;

	assert_int_not_equal(asprintf(&z, "%s/rules", root ? root : "."), -1);
	return z;
}

static void no_errors(struct errors *errs)
{
	struct out o = {0};

	errors_format(errs, "test", &o);
	if (errs->n)
		fail_msg("%s", out_str(&o));
	out_done(&o);
	errors_done(errs);
}

static struct matrix *load(const struct site *site, struct errors *errs)
{
	char *dir = rules_dir();
	const char *const dirs[] = {dir, NULL};
	struct matrix *m = matrix_load(site->rules, site->n_rules, dirs, site, errs);

	free(dir);
	return m;
}

/* A site and its matrix, from the inside of a site file. */
struct world {
	struct site *site;
	struct matrix *m;
};

static struct world world(const char *body)
{
	char src[2048];
	struct errors errs = {0};
	struct world w;

	snprintf(src, sizeof src, "spanaudit: site/1\nname: test\n%s\n", body);
	w.site = site_parse("site.yaml", src, strlen(src), &errs);
	errs.n = errs.n_errors ? errs.n : 0; /* warnings are the site's matter */
	no_errors(&errs);
	w.m = load(w.site, &errs);
	no_errors(&errs);
	assert_non_null(w.m);
	return w;
}

static void world_done(struct world *w)
{
	matrix_free(w->m);
	site_free(w->site);
}

static struct end end(const char *role)
{
	if (!*role)
		return (struct end){.roles = 0};

	enum role r = role_by_name(role);

	assert_int_not_equal(r, ROLE_N);
	return (struct end){.roles = roles_implied(ROLE_BIT(r), false, false)};
}

static struct end host(const struct world *w, const char *name)
{
	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (strcmp(h->name, name) == 0)
			return (struct end){.roles = h->roles, .host = h};
	}
	fail_msg("no host %s", name);
	return (struct end){0};
}

static bool allowed(struct matrix *m, struct end c, struct end s, uint8_t proto, uint16_t port)
{
	const struct rule *const *rules;
	size_t n = matrix_allowing(m, &c, &s, proto, port, &rules);

	for (size_t i = 0; i < n; i++)
		if (!rules[i]->rpc)
			return true;
	return false;
}

/* "S1-ALL-01 S2-REF-11": the ids that allow it, in order. */
static const char *ids(struct matrix *m, struct end c, struct end s, uint8_t proto, uint16_t port,
		       char buf[256])
{
	const struct rule *const *rules;
	size_t n = matrix_allowing(m, &c, &s, proto, port, &rules), k = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n; i++)
		k += (size_t)snprintf(buf + k, 256 - k, "%s%s", i ? " " : "", rules[i]->id);
	return buf;
}

static void which_rules_allow(void **state)
{
	static const struct {
		const char *client, *server;
		uint8_t proto;
		uint16_t port;
		const char *ids;
	} rows[] = {
		{"crm-web", "sql", TCP, 1433, "S2-SQL-04 S1-CMP-02 S1-SQL-04"},
		{"sql", "crm-web", TCP, 1433, ""},
		{"crm-sandbox", "sql", TCP, 1433, "S2-SQL-04 S1-CMP-02 S1-SQL-04"},
		{"crm-router", "sql", TCP, 1433, ""},
		{"crm-client", "sql", TCP, 1433, "S1-CMP-09"},
		{"ssrs", "sql", TCP, 1433, "S2-SQL-11 S1-SQL-11"},
		{"crm-client", "crm-web", TCP, 443, "S2-WEB-05 S1-CMP-11 S1-WEB-05 S1-CLM-01"},
		{"crm-client", "crm-full", TCP, 80,
		 "S2-WEB-01 S2-WEB-02 S1-CMP-10 S1-WEB-01 S1-WEB-02 S1-MAIL-06"},
		/* Both defaults of the site's HTTP port, whichever a row prints. */
		{"crm-client", "crm-web", TCP, 5555,
		 "S2-WEB-01 S2-WEB-02 S1-CMP-10 S1-WEB-01 S1-WEB-02 S1-MAIL-06"},
		{"crm-router", "crm-web", TCP, 5555, "S1-CMP-05"},
		{"crm-web", "ssrs", TCP, 5555, ""},
		{"crm-client", "crm-async", TCP, 80, ""},
		/* Both ways where the paper does not say who calls whom. */
		{"crm-full", "sql", TCP, 135, "S2-WEB-03 S2-SQL-01 S1-ALL-07 S1-WEB-03 S1-SQL-01"},
		{"sql", "crm-full", TCP, 135, "S2-WEB-03 S2-SQL-01 S1-ALL-07 S1-WEB-03 S1-SQL-01"},
		{"crm-client", "sql", TCP, 135, ""},
		{"crm-client", "sql", TCP, 139, "S1-CMP-15"},
		{"crm-client", "crm-web", UDP, 137, "S1-CMP-16"},
		{"dc", "crm-web", UDP, 123, ""},
		{"crm-async", "dc", UDP, 123, "S2-REF-18 S1-ALL-06"},
		{"crm-web", "dc", UDP, 53, "S2-REF-11 S1-ALL-01 S1-CMP-13"},
		{"crm-client", "dns", UDP, 53, "S2-REF-11 S1-CMP-13"},
		{"crm-client", "gc", TCP, 3268, "S2-IWA-06 S1-IWA-06 S1-IWA-11"},
		/* Not every DC is a catalogue: this is a port like others of old RPC. */
		{"crm-client", "dc", TCP, 3268, "S1-IWA-11"},
		{"admin", "sql", TCP, 3389, "S1-ALL-09"},
		{"admin", "sql", UDP, 3389, "S1-ALL-10"},
		{"monitor", "sql", TCP, 3389, ""},
		{"crm-client", "exchange", TCP, 135, "S1-CMP-18"},
		{"crm-router", "exchange", TCP, 110, "S1-MAIL-01"},
		{"crm-router", "mail", TCP, 443, ""},
		{"crm-web", "dc", TCP, 49667, "S2-REF-10 S1-IWA-10"},
		{"crm-web", "dc", TCP, 1026, "S1-IWA-11"},
		{"crm-web", "sql", TCP, 49667, ""},
		{"dc", "dc", TCP, 5722, "S2-REF-16"},
		{"scanner", "crm-web", TCP, 80, ""},
		{"ignore", "crm-web", TCP, 80, ""},
		{"", "crm-web", TCP, 80, ""},
		{"crm-web", "", TCP, 1433, ""},
		{"crm-web", "sql", UDP, 1433, ""},
		{"crm-web", "sql", 50, 0, ""},
		{"admin", "sql", UDP, 1434, "S2-SQL-10 S1-SQL-10"},
		{"crm-client", "sql", UDP, 1434, ""},
		{"crm-client", "adfs", TCP, 443, "S1-CLM-02"},
		{"crm-web", "adfs", TCP, 443, "S1-CLM-04"},
		{"adfs", "crm-web", TCP, 443, "S1-CLM-05"},
	};
	struct world w = world("");
	char buf[256];

	for (unsigned round = 0; round < 2; round++) /* the second comes out of the memo */
		for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
			const char *z = ids(w.m, end(rows[i].client), end(rows[i].server),
					    rows[i].proto, rows[i].port, buf);

			if (strcmp(z, rows[i].ids) != 0)
				fail_msg("%s -> %s:%u: want '%s', have '%s'", rows[i].client,
					 rows[i].server, rows[i].port, rows[i].ids, z);
		}
	world_done(&w);
}

/* A load balancer stands for the front ends, and towards them for the clients. */
static void load_balancers(void **state)
{
	static const struct {
		const char *client, *server;
		uint16_t port;
		bool allowed;
	} rows[] = {
		{"crm-client", "nlb", 80, true},  {"crm-client", "nlb", 5555, true},
		{"crm-client", "nlb", 443, true}, {"crm-client", "nlb", 1433, false},
		{"crm-router", "nlb", 80, true},  {"adfs", "nlb", 443, true},
		{"crm-web", "nlb", 443, true}, /* AD FS metadata through its balancer */
		{"sql", "nlb", 443, false},       {"nlb", "crm-web", 80, true},
		{"nlb", "crm-full", 443, true},   {"nlb", "adfs", 443, true},
		{"nlb", "sql", 1433, false},      {"nlb", "crm-web", 808, false},
		{"nlb", "crm-async", 80, false},  {"nlb", "nlb", 80, false},
		{"nlb", "exchange", 443, false},  {"crm-sandbox", "nlb", 808, false},
	};
	struct world w = world("deployment: {topology: split}");

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (allowed(w.m, end(rows[i].client), end(rows[i].server), TCP, rows[i].port) !=
		    rows[i].allowed)
			fail_msg("%s -> %s:%u", rows[i].client, rows[i].server, rows[i].port);
	world_done(&w);
}

/* What a deployment switches off even of what is allowed. */
static void deployments_that_forbid(void **state)
{
	static const struct {
		const char *site, *client, *server;
		uint16_t port;
		bool allowed;
	} rows[] = {
		{"deployment: {auth: iwa}", "crm-client", "sql", 1433, true},
		{"deployment: {auth: claims}", "crm-client", "sql", 1433, false},
		{"deployment: {auth: ifd}", "crm-client", "sql", 1433, false},
		{"deployment: {auth: claims}", "crm-web", "sql", 1433, true},
		{"deployment: {auth: iwa}", "crm-client", "crm-web", 443, true},
		{"deployment: {auth: iwa}", "crm-client", "adfs", 443, true},

		{"deployment: {topology: split}", "crm-async", "crm-sandbox", 808, true},
		{"deployment: {topology: split}", "crm-web", "crm-sandbox", 808, true},
		{"deployment: {topology: split}", "crm-sandbox", "crm-web", 808, true},
		{"deployment: {topology: full}", "crm-async", "crm-sandbox", 808, false},
		{"deployment: {topology: full}", "crm-web", "crm-sandbox", 808, false},
		{"deployment: {topology: full}", "crm-sandbox", "crm-web", 808, false},
		{"deployment: {topology: full}", "crm-full", "crm-web", 808, false},
		{"deployment: {topology: full}", "crm-full", "crm-full", 808, true},
		{"deployment: {topology: full}", "ssrs", "crm-full", 808, true},
		{"deployment: {topology: full}", "ssrs", "crm-orgws", 808, true},
		{"deployment: {topology: full}", "ssrs", "crm-web", 808, true},
		{"deployment: {topology: split}", "ssrs", "crm-sandbox", 808, false},

		/* Rows of the web application allow in both topologies. */
		{"deployment: {topology: split}", "crm-client", "crm-web", 5555, true},
		{"deployment: {topology: split}", "crm-full", "dc", 445, true},

		{"deployment: {mail: router}", "crm-router", "mail", 25, true},
		{"deployment: {mail: none}", "crm-router", "mail", 25, true},
		{"deployment: {mail: router}", "crm-email", "mail", 25, false},
		{"deployment: {mail: server-side-sync}", "crm-email", "mail", 25, true},
		{"deployment: {mail: server-side-sync}", "crm-full", "exchange", 443, true},
		{"deployment: {mail: server-side-sync}", "crm-email", "crm-web", 80, false},
		{"deployment: {mail: [router, server-side-sync]}", "crm-email", "exchange", 110,
		 true},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct world w = world(rows[i].site);

		if (allowed(w.m, end(rows[i].client), end(rows[i].server), TCP, rows[i].port) !=
		    rows[i].allowed)
			fail_msg("%s: %s -> %s:%u", rows[i].site, rows[i].client, rows[i].server,
				 rows[i].port);
		world_done(&w);
	}
}

/* The variant table: which rules a deployment demands, and of whom. */
static void demands(void **state)
{
#define B(r) ROLE_BIT(ROLE_##r)
	const roleset servers = roles_core() | B(ADFS);
	const struct {
		const char *site, *rule;
		bool demanded;
		roleset of;
	} rows[] = {
		{"", "S1-ALL-01", true, servers},
		{"", "S1-CMP-02", true, B(CRM_FULL) | B(CRM_WEB) | B(CRM_ORGWS) | B(CRM_ASYNC)},
		{"", "S2-SQL-04", true, B(CRM_FULL) | B(CRM_WEB) | B(CRM_ORGWS) | B(CRM_ASYNC)},
		{"", "S1-SQL-11", true, B(SSRS)},
		{"", "S1-SQL-03", true, B(SQL)},
		{"", "S1-WEB-06", true, B(CRM_FULL)},
		{"deployment: {topology: split}", "S1-WEB-06", false, 0},
		{"deployment: {topology: split}", "S1-SBX-01", true, B(CRM_ASYNC) | B(CRM_FULL)},
		{"", "S1-SBX-01", false, 0},
		{"", "S2-SBX-03", false, 0},
		{"", "S2-ORG-01", true, B(SSRS)},
		{"", "S1-IWA-01", true, servers | B(CRM_CLIENT)},
		{"deployment: {auth: claims}", "S1-IWA-01", true, servers},
		{"deployment: {auth: ifd}", "S2-IWA-01", true, servers},
		{"", "S1-CMP-12", true, B(CRM_CLIENT)},
		{"deployment: {auth: claims}", "S1-CMP-12", false, 0},
		{"deployment: {auth: claims}", "S1-CMP-09", false, 0},
		{"deployment: {auth: claims}", "S2-REF-11", true, servers | B(CRM_CLIENT)},
		{"", "S1-IWA-12", false, 0},
		{"", "S1-IWA-13", false, 0},
		{"", "S1-IWA-14", false, 0},
		{"", "S2-REF-16", false, 0},
		{"", "S1-CLM-01", false, 0},
		{"deployment: {auth: claims}", "S1-CLM-01", true, B(CRM_CLIENT)},
		{"deployment: {auth: ifd}", "S1-CLM-01", true, B(CRM_CLIENT)},
		{"deployment: {auth: ifd}", "S1-CLM-03", true, B(ADFS)},
		{"", "S1-CMP-05", false, 0},
		{"deployment: {mail: router}", "S1-CMP-05", true, B(CRM_ROUTER)},
		{"deployment: {mail: router}", "S1-MAIL-01", true, B(CRM_ROUTER)},
		{"deployment: {mail: server-side-sync}", "S1-CMP-05", false, 0},
		{"deployment: {mail: server-side-sync}", "S1-MAIL-01", true, B(CRM_EMAIL)},
		{"deployment: {mail: [router, server-side-sync]}", "S1-MAIL-05", true,
		 B(CRM_EMAIL) | B(CRM_ROUTER)},
		{"", "S1-MAIL-06", false, 0},
		{"deployment: {mail: outlook}", "S1-MAIL-06", true, B(CRM_CLIENT)},
		{"", "S2-SQL-10", false, 0},
		{"", "S1-SQL-10", true, 0},
	};
#undef B

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct world w = world(rows[i].site);
		const struct rule *r = matrix_rule_by_id(w.m, rows[i].rule);
		const char *why = NULL;

		if (rule_demanded(w.m, r, &why) != rows[i].demanded)
			fail_msg("%s: %s", rows[i].site, rows[i].rule);
		assert_true((why == NULL) == rows[i].demanded);
		if (rows[i].of || !rows[i].demanded) {
			roleset have = rule_demanded_of(w.m, r);

			if (have != rows[i].of)
				fail_msg("%s: %s falls on %#x, not %#x", rows[i].site, rows[i].rule,
					 have, rows[i].of);
		}
		world_done(&w);
	}
}

/* Ports that the site has put elsewhere replace the documented ones. */
static void moved_ports(void **state)
{
	static const char body[] =
		"ports: {crm-http: [8080, 8081], crm-https: 8443, sandbox: 8808, sql: 51433,\n"
		"        ssrs-http: 8082, ssrs-https: 8444, adfs-https: 444, rdp: 33890}\n"
		"deployment: {topology: split}\n"
		"hosts:\n"
		"  - {name: web, role: crm-web, addr: 10.0.0.1}\n"
		"  - {name: web2, role: crm-web, addr: 10.0.0.2, ports: {crm-http: 9090}}\n"
		"  - {name: db, role: sql, addr: 10.0.0.3}\n"
		"  - {name: db2, role: sql, addr: 10.0.0.4, ports: {sql: [1500, 1600-1610]}}\n"
		"  - {name: rep, role: ssrs, addr: 10.0.0.5}\n"
		"  - {name: sts, role: adfs, addr: 10.0.0.6}\n"
		"  - {name: box, role: crm-sandbox, addr: 10.0.0.7}\n"
		"  - {name: vip, role: nlb, addr: 10.0.0.8, ports: {crm-https: 10443}}\n"
		"networks:\n"
		"  - {name: users, role: crm-client, cidr: 10.1.0.0/16}\n"
		"  - {name: ops, role: admin, cidr: 10.2.0.0/16}\n";
	static const struct {
		const char *client, *server;
		uint16_t port;
		bool allowed;
	} rows[] = {
		{"users", "web", 8080, true},  {"users", "web", 8081, true},
		{"users", "web", 80, false},   {"users", "web", 5555, false},
		{"users", "web", 8443, true},  {"users", "web", 443, false},
		{"users", "web2", 9090, true}, {"users", "web2", 8080, false},
		{"users", "web2", 8443, true}, {"web", "db", 51433, true},
		{"web", "db", 1433, false},    {"web", "db2", 51433, false},
		{"web", "db2", 1500, true},    {"web", "db2", 1605, true},
		{"web", "db2", 1611, false},   {"web", "rep", 8082, true},
		{"web", "rep", 80, false},     {"web", "rep", 8444, true},
		{"users", "sts", 444, true},   {"users", "sts", 443, false},
		{"web", "box", 8808, true},    {"web", "box", 808, false},
		{"box", "web", 8808, true},    {"rep", "web", 8808, true},
		{"ops", "db", 33890, true},    {"ops", "db", 3389, false},
		{"users", "vip", 10443, true}, {"users", "vip", 8443, false},
		{"users", "vip", 8080, true},  {"users", "vip", 444, true},
	};
	struct world w = world(body);

	for (unsigned round = 0; round < 2; round++)
		for (size_t i = 0; i < N_ELEMENTS(rows); i++)
			if (allowed(w.m, host(&w, rows[i].client), host(&w, rows[i].server), TCP,
				    rows[i].port) != rows[i].allowed)
				fail_msg("%s -> %s:%u", rows[i].client, rows[i].server,
					 rows[i].port);

	const struct rule *sql = matrix_rule_by_id(w.m, "S1-SQL-04");
	struct end db = host(&w, "db"), db2 = host(&w, "db2"), web = host(&w, "web");
	struct port_list here = rule_ports(w.m, sql, db.host),
			 there = rule_ports(w.m, sql, db2.host);
	char buf[RULE_PORTS_TEXT];
	const char *why = "";

	assert_string_equal(port_list_format(&here, buf), "51433");
	assert_string_equal(port_list_format(&there, buf), "1500,1600-1610");
	assert_string_equal(port_list_format(&sql->ports, buf), "1433");

	/* 1433 is seen where the site says 51433. */
	assert_non_null(matrix_nearest(w.m, &web, &db, TCP, 1433, &why));
	assert_string_equal(why, "default port still in use: the site file says port 51433");
	assert_non_null(matrix_nearest(w.m, &web, &db2, TCP, 1433, &why));
	assert_string_equal(why,
			    "default port still in use: the site file says ports 1500,1600-1610");

	/* All places of a service are known to be servers' ports. */
	assert_true(matrix_known_port(w.m, TCP, 1433));
	assert_true(matrix_known_port(w.m, TCP, 51433));
	assert_true(matrix_known_port(w.m, TCP, 1605));
	assert_true(matrix_known_port(w.m, TCP, 9090));
	assert_true(matrix_known_port(w.m, TCP, 10443));
	assert_false(matrix_known_port(w.m, UDP, 51433));
	world_done(&w);
}

static void known_ports(void **state)
{
	static const uint16_t tcp[] = {80,   443,  5555, 808, 1433, 135, 139, 445,  389, 636,
				       3268, 3269, 88,   464, 25,   110, 53,  3389, 9389};
	static const uint16_t udp[] = {53,  137, 138,  123,  389,  135, 88,
				       464, 500, 4500, 1434, 3389, 445};
	struct world w = world("");

	for (size_t i = 0; i < N_ELEMENTS(tcp); i++)
		assert_true(matrix_known_port(w.m, TCP, tcp[i]));
	for (size_t i = 0; i < N_ELEMENTS(udp); i++)
		assert_true(matrix_known_port(w.m, UDP, udp[i]));
	/* Dynamic ports and the first port of old Windows are anybody's. */
	assert_false(matrix_known_port(w.m, TCP, 49667));
	assert_false(matrix_known_port(w.m, TCP, 1026));
	assert_false(matrix_known_port(w.m, UDP, 1025));
	assert_false(matrix_known_port(w.m, TCP, 22));
	assert_false(matrix_known_port(w.m, UDP, 80));
	assert_false(matrix_known_port(w.m, 47, 80));
	world_done(&w);
}

static void rpc_ranges(void **state)
{
	struct world open = world(""), tight = world("deployment: {rpc: 50000-50100}");
	struct end web = end("crm-web"), dc = end("dc"), client = end("crm-client"),
		   sql = end("sql");
	char buf[256];

	assert_true(matrix_rpc_range(open.m, NULL, 49152));
	assert_true(matrix_rpc_range(open.m, NULL, 65535));
	assert_false(matrix_rpc_range(open.m, NULL, 49151));
	assert_false(matrix_rpc_range(open.m, NULL, 1026));
	assert_true(matrix_rpc_range(tight.m, NULL, 50000));
	assert_true(matrix_rpc_range(tight.m, NULL, 50100));
	assert_false(matrix_rpc_range(tight.m, NULL, 50101));
	assert_false(matrix_rpc_range(tight.m, NULL, 49667));

	assert_string_equal(ids(tight.m, web, dc, TCP, 50001, buf), "S2-REF-10 S1-IWA-10");
	assert_string_equal(ids(tight.m, web, dc, TCP, 49667, buf), "");
	assert_string_equal(ids(tight.m, web, dc, TCP, 1026, buf), "S1-IWA-11");
	assert_string_equal(matrix_rpc(tight.m, &web, &dc)->id, "S2-REF-10");
	assert_string_equal(matrix_rpc(open.m, &client, &dc)->id, "S2-REF-10");
	assert_null(matrix_rpc(open.m, &web, &sql));
	world_done(&open);
	world_done(&tight);
}

/* Answers of the memo are those of the rules, for every pair of roles and ports of all kinds. */
static void memo_is_true(void **state)
{
	static const uint16_t ports[] = {0,    25,   53,   80,    81,    135,   137,   138,  139,
					 389,  443,  445,  464,   807,   808,   809,   1024, 1025,
					 1026, 1432, 1433, 1434,  3268,  3389,  5000,  5001, 5555,
					 5722, 9389, 9999, 49151, 49152, 50000, 51433, 65535};
	static const char body[] =
		"ports: {sql: 51433}\n"
		"deployment: {mail: server-side-sync, rpc: 50000-51000}\n"
		"hosts:\n"
		"  - {name: db, role: sql, addr: 10.0.0.3, ports: {sql: 9999}}\n";
	struct world w = world(body);
	struct end own = host(&w, "db");

	for (unsigned c = 0; c <= ROLE_N; c++) {
		for (unsigned s = 0; s <= ROLE_N; s++) {
			struct end client = c < ROLE_N ? end(role_name((enum role)c)) : own;
			struct end server = s < ROLE_N ? end(role_name((enum role)s)) : own;

			for (size_t p = 0; p < 2 * N_ELEMENTS(ports); p++) {
				const struct rule *const *rules;
				uint16_t port = ports[p / 2];
				uint8_t proto = p % 2 ? UDP : TCP;
				size_t n =
					matrix_allowing(w.m, &client, &server, proto, port, &rules);
				size_t k = 0;

				for (size_t i = 0; i < matrix_n_rules(w.m); i++) {
					const struct rule *r = matrix_rule(w.m, i);

					if (!rule_allows(w.m, r, &client, &server, proto, port))
						continue;
					assert_true(k < n);
					assert_ptr_equal(rules[k], r);
					k++;
				}
				assert_int_equal(k, n);
			}
		}
	}
	world_done(&w);
}

/* The same pointer for the same question, also for ports that no rule tells apart. */
static void memo_is_kept(void **state)
{
	struct world w = world("");
	struct end web = end("crm-web"), dc = end("dc");
	const struct rule *const *first, *const *again;

	assert_int_equal(matrix_allowing(w.m, &web, &dc, TCP, 49667, &first), 2);
	assert_int_equal(matrix_allowing(w.m, &web, &dc, TCP, 49668, &again), 2);
	assert_ptr_equal(first, again);
	world_done(&w);
}

/* An example changes the deployment of the site that the matrix looks at. */
static void deployment_under_way(void **state)
{
	struct world w = world("");
	struct end client = end("crm-client"), sql = end("sql");

	assert_true(allowed(w.m, client, sql, TCP, 1433));
	w.site->auth = AUTH_CLAIMS;
	assert_false(allowed(w.m, client, sql, TCP, 1433));
	w.site->auth = AUTH_IWA;
	assert_true(allowed(w.m, client, sql, TCP, 1433));
	world_done(&w);
}

static void two_matrices_at_once(void **state)
{
	struct world a = world("ports: {sql: 51433}"), b = world("rules: [dynamics-365]");
	struct end web = end("crm-web"), sql = end("sql");

	assert_false(allowed(a.m, web, sql, TCP, 1433));
	assert_true(allowed(b.m, web, sql, TCP, 1433));
	assert_true(allowed(a.m, web, sql, TCP, 51433));
	assert_false(allowed(b.m, web, sql, TCP, 51433));
	assert_int_equal(matrix_n_rules(a.m), 130);
	assert_int_equal(matrix_n_rules(b.m), 47);
	assert_int_equal(matrix_n_packs(a.m), 2);
	assert_int_equal(matrix_n_packs(b.m), 1);
	assert_string_equal(matrix_pack(a.m, 0)->name, "dynamics-365");
	assert_string_equal(matrix_pack(a.m, 1)->name, "crm-2011");
	assert_int_equal(matrix_pack(a.m, 1)->n_rules, 83);
	world_done(&a);
	assert_true(allowed(b.m, web, sql, TCP, 1433));
	world_done(&b);
}

static void overrides(void **state)
{
	struct world w = world("overrides:\n"
			       "  - {rule: S1-CMP-09, need: forbidden, reason: \"no direct SQL\"}\n"
			       "  - {rule: S1-ALL-01, severity: low, when-missing: advise, reason: "
			       "\"hosts file\"}\n");
	const struct rule *r = matrix_rule_by_id(w.m, "S1-ALL-01");
	struct end client = end("crm-client"), web = end("crm-web"), sql = end("sql");
	const char *why = "";

	assert_int_equal(r->severity, SEV_LOW);
	assert_int_equal(r->when_missing, MISSING_ADVISE);
	assert_int_equal(r->need, NEED_REQUIRED);

	assert_false(allowed(w.m, client, sql, TCP, 1433));
	assert_string_equal(matrix_forbidding(w.m, &client, &sql, TCP, 1433)->id, "S1-CMP-09");
	assert_string_equal(matrix_nearest(w.m, &client, &sql, TCP, 1433, &why)->id, "S1-CMP-09");
	assert_string_equal(why, "this rule forbids it");
	assert_null(matrix_forbidding(w.m, &web, &sql, TCP, 1433));
	assert_true(allowed(w.m, web, sql, TCP, 1433));
	world_done(&w);
}

static void expect_load_error(const char *body, const char *const *names, size_t n,
			      const char *const *dirs, const char *want)
{
	char src[1024], text[1024] = "no error";
	struct errors errs = {0};

	snprintf(src, sizeof src, "spanaudit: site/1\n%s\n", body);

	struct site *site = site_parse("site.yaml", src, strlen(src), &errs);

	assert_non_null(site);
	errors_done(&errs);

	struct matrix *m = names ? matrix_load(names, n, dirs, site, &errs) : load(site, &errs);

	assert_null(m);
	if (errs.n)
		snprintf(text, sizeof text, "%s:%u: %s | %s", errs.e[0].file ? errs.e[0].file : "",
			 errs.e[0].line, errs.e[0].what, errs.e[0].hint ? errs.e[0].hint : "");
	assert_string_equal(text, want);
	errors_done(&errs);
	site_free(site);
}

static void loading_errors(void **state)
{
	static const char *const none[] = {NULL};
	static const char *const wrong[] = {"crm-2012"}, *const missing[] = {"./nowhere/x.yaml"};
	static const char *const twice[] = {"crm-2011", "crm-2011"};
	char *dir = rules_dir(), *want = NULL;
	const char *const dirs[] = {dir, NULL};

	expect_load_error("overrides:\n  - {rule: S1-CMP-99, need: optional, reason: x}", NULL, 0,
			  NULL,
			  "site.yaml:3: no rule 'S1-CMP-99' in the packs in use (did you mean "
			  "'S1-CMP-09'?) | `spanaudit rules list` shows the ids; packs are named "
			  "under 'rules:'");

	assert_int_not_equal(asprintf(&want,
				      ":0: there is no rule pack 'crm-2012' (did you mean "
				      "'crm-2011'?) | there are crm-2011, crm-2013, dynamics-365, "
				      "windows-tolerated in %s; a pack elsewhere is named by its "
				      "path, or its folder by "
				      "--rules-dir or SPANAUDIT_RULES_PATH",
				      dir),
			     -1);
	expect_load_error("", wrong, 1, dirs, want);
	free(want);
	expect_load_error("", wrong, 1, none,
			  ":0: there is no rule pack 'crm-2012' | no rule pack was found in any "
			  "directory; name one by its path, or their folder by --rules-dir or "
			  "SPANAUDIT_RULES_PATH");
	expect_load_error("", missing, 1, dirs,
			  ":0: cannot read './nowhere/x.yaml': there is no such file | check the "
			  "spelling and the current directory");
	assert_int_not_equal(
		asprintf(&want,
			 ":0: rule pack 'crm-2011' is named twice: %s/crm-2011.yaml and "
			 "%s/crm-2011.yaml | name each pack once",
			 dir, dir),
		-1);
	expect_load_error("", twice, 2, dirs, want);
	free(want);
	free(dir);
}

/* A pack by its path, and an id that another pack has too. */
static void packs_by_path(void **state)
{
	static const char src[] =
		"spanaudit: rules/1\nname: own\nsources: {p: {title: t}}\nrules:\n"
		"  - {id: %s, title: backup, from: backup, to: sql, service: {proto: tcp, port: "
		"10000}, app: \"-\", source: {paper: p}, why: w}\n";
	char path[] = "/tmp/spanaudit-pack-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	char *dir = rules_dir();
	const char *const dirs[] = {dir, NULL};
	const char *names[] = {"dynamics-365", path};
	struct errors errs = {0};
	struct site *site = site_new();

	assert_true(fd >= 0);
	dprintf(fd, src, "OWN-1");

	struct matrix *m = matrix_load(names, 2, dirs, site, &errs);

	no_errors(&errs);
	assert_int_equal(matrix_n_rules(m), 48);
	assert_true(allowed(m, end("backup"), end("sql"), TCP, 10000));
	assert_string_equal(matrix_pack(m, 1)->path, path);
	assert_true(matrix_known_port(m, TCP, 10000));
	matrix_free(m);

	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
	dprintf(fd, src, "S2-SQL-04");
	assert_null(matrix_load(names, 2, dirs, site, &errs));
	assert_int_equal(errs.n_errors, 1);
	assert_non_null(strstr(errs.e[0].what, "rule 'S2-SQL-04' is also in "));
	assert_string_equal(errs.e[0].file, path);
	assert_int_equal(errs.e[0].line, 5);
	errors_done(&errs);
	close(fd);
	unlink(path);
	site_free(site);
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_rules_allow),
		cmocka_unit_test(load_balancers),
		cmocka_unit_test(deployments_that_forbid),
		cmocka_unit_test(demands),
		cmocka_unit_test(moved_ports),
		cmocka_unit_test(known_ports),
		cmocka_unit_test(rpc_ranges),
		cmocka_unit_test(memo_is_true),
		cmocka_unit_test(memo_is_kept),
		cmocka_unit_test(deployment_under_way),
		cmocka_unit_test(two_matrices_at_once),
		cmocka_unit_test(overrides),
		cmocka_unit_test(loading_errors),
		cmocka_unit_test(packs_by_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
