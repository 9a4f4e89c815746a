// SPDX-License-Identifier: BSD-2-Clause
/* What the matrix says of traffic that no rule allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/out.h"
#include "matrix/matrix.h"
#include "recognise/recognise.h"
#include "site/site.h"

enum { TCP = 6, UDP = 17 };

static const char *const both[] = {"crm-2011", "dynamics-365"};

static struct matrix *load(const struct site *site, const char *const *names, size_t n)
{
	const char *root = getenv("SPANAUDIT_TEST_SOURCE_ROOT");
	struct errors errs = {0};
	struct out o = {0};
	char *dir = NULL;

	assert_int_not_equal(asprintf(&dir, "%s/rules", root ? root : "."), -1);

	const char *const dirs[] = {dir, NULL};
	struct matrix *m = matrix_load(names, n, dirs, site, &errs);

	errors_format(&errs, "test", &o);
	if (!m)
		fail_msg("%s", out_str(&o));
	out_done(&o);
	errors_done(&errs);
	free(dir);
	return m;
}

static struct end end(const char *role)
{
	if (!*role)
		return (struct end){.roles = 0};
	assert_int_not_equal(role_by_name(role), ROLE_N);
	return (struct end){.roles = roles_implied(ROLE_BIT(role_by_name(role)), false, false)};
}

static const char *id(const struct rule *r)
{
	return r ? r->id : "-";
}

static void nearest(void **state)
{
	static const struct {
		const char *client, *server;
		uint8_t proto;
		uint16_t port;
		enum site_auth auth;
		const char *rule, *why;
	} rows[] = {
		{"crm-web", "sql", TCP, 10000, AUTH_IWA, "S1-CMP-02", "same roles, but port 1433"},
		{"sql", "crm-web", TCP, 1433, AUTH_IWA, "S1-CMP-02",
		 "the other way round: crm-any calls sql"},
		{"crm-web", "sql", UDP, 1433, AUTH_IWA, "S1-CMP-02",
		 "same roles and port, but over tcp"},
		{"ssrs", "dc", TCP, 123, AUTH_IWA, "S1-ALL-06",
		 "same roles and port, but over udp"},
		{"crm-router", "sql", TCP, 1433, AUTH_IWA, "S1-CMP-02",
		 "same service, but from crm-any"},
		{"monitor", "crm-web", TCP, 139, AUTH_IWA, "-", NULL}, /* allowed: S1-CMP-15 */
		{"scanner", "crm-web", TCP, 139, AUTH_IWA, "S2-SQL-02",
		 "same service, but between crm-any and sql"},
		{"crm-client", "sql", TCP, 1433, AUTH_CLAIMS, "S1-CMP-09",
		 "users sign in with claims (auth is not iwa)"},
		{"crm-web", "crm-sandbox", TCP, 808, AUTH_IWA, "S1-SBX-02",
		 "the deployment has full servers (topology: full), which run the sandbox "
		 "themselves"},
		{"crm-web", "dc", TCP, 1434, AUTH_IWA, "-", NULL}, /* old dynamic RPC, S1-IWA-11 */
		{"crm-client", "crm-web", TCP, 8080, AUTH_IWA, "S1-CMP-10",
		 "same roles, but ports 80,5555"},
		{"", "crm-web", TCP, 443, AUTH_IWA, "S1-CMP-06",
		 "same service, but from crm-router"},
		{"", "crm-web", TCP, 22, AUTH_IWA, "-", NULL},
		{"scanner", "", TCP, 22, AUTH_IWA, "-", NULL},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct site *site = site_new();

		site->auth = rows[i].auth;

		struct matrix *m = load(site, both, 2);
		struct end c = end(rows[i].client), s = end(rows[i].server);
		const char *why = NULL, *again = NULL;
		const struct rule *r = matrix_nearest(m, &c, &s, rows[i].proto, rows[i].port, &why);
		bool allowed = matrix_allowing(m, &c, &s, rows[i].proto, rows[i].port, NULL);

		if (!allowed) {
			if (strcmp(id(r), rows[i].rule) != 0 ||
			    strcmp(why ? why : "", rows[i].why ? rows[i].why : "") != 0)
				print_message("%s -> %s:%u: %s, %s\n", rows[i].client,
					      rows[i].server, rows[i].port, id(r), why);
			assert_string_equal(id(r), rows[i].rule);
			if (rows[i].why)
				assert_string_equal(why, rows[i].why);
			else
				assert_null(why);
		}
		/* The second answer is remembered. */
		assert_ptr_equal(matrix_nearest(m, &c, &s, rows[i].proto, rows[i].port, &again), r);
		assert_ptr_equal(again, why);
		matrix_free(m);
		site_free(site);
	}
}

static void directions(void **state)
{
	static const struct {
		const char *client, *server;
		uint8_t proto;
		uint16_t port;
		const char *rule;
	} rows[] = {
		{"sql", "crm-web", TCP, 1433, "S1-CMP-02"},
		{"crm-web", "sql", TCP, 1433, "-"}, /* this is the way */
		{"sql", "crm-web", TCP, 135, "-"},  /* both ways are */
		{"crm-web", "crm-client", TCP, 443, "S1-CMP-11"},
		{"dns", "crm-web", UDP, 53, "S1-ALL-01"},
		{"dc", "crm-web", TCP, 49667, "-"}, /* dynamic RPC is nobody's port */
		{"sql", "crm-web", TCP, 10000, "-"},
		{"", "crm-web", TCP, 80, "-"},
	};
	struct site *site = site_new();
	struct matrix *m = load(site, both, 2);

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct end c = end(rows[i].client), s = end(rows[i].server);

		assert_string_equal(id(matrix_reversed(m, &c, &s, rows[i].proto, rows[i].port)),
				    rows[i].rule);
	}
	matrix_free(m);
	site_free(site);
}

/* Which pairs of hosts outside the deployment the audit looks at. */
static void connected_roles(void **state)
{
	static const struct {
		const char *a, *b;
		bool connected;
	} rows[] = {
		{"crm-client", "dc", true},
		{"adfs", "dc", true},
		{"crm-client", "exchange", true},
		{"crm-client", "dns", true},
		{"crm-client", "adfs", true},
		{"dc", "dc", false},
		{"exchange", "dc", false},
		{"dc", "dns", false},
		{"dc", "ntp", false},
		{"exchange", "mail", false},
		{"crm-client", "mail", false},
		{"crm-client", "crm-client", false},
		{"crm-client", "admin", false},
		{"monitor", "dc", false},
		{"backup", "exchange", false},
		{"scanner", "dc", false},
		{"exchange", "exchange", false},
		{"adfs-proxy", "dc", false},
		{"crm-web", "sql", true},
		{"crm-web", "ssrs", true},
		{"crm-client", "ssrs", false},
		{"crm-router", "mail", true},
		{"", "crm-web", false},
		{"", "", false},
	};
	struct site *site = site_new();
	struct matrix *m = load(site, both, 2), *later = load(site, both + 1, 1);
	struct end client = end("crm-client"), dc = end("dc"), sql = end("sql"), adfs = end("adfs");

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct end a = end(rows[i].a), b = end(rows[i].b);

		if (matrix_connects(m, &a, &b) != rows[i].connected ||
		    matrix_connects(m, &b, &a) != rows[i].connected)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
	assert_true(matrix_connects(later, &client, &dc));
	assert_true(matrix_connects(later, &adfs, &dc));
	assert_false(matrix_connects(later, &client, &adfs));
	assert_true(matrix_connects(m, &client, &sql));
	site->auth = AUTH_CLAIMS;
	assert_false(matrix_connects(m, &client, &sql));
	matrix_free(m);
	matrix_free(later);
	site_free(site);
}

static void services(void **state)
{
	static const struct {
		const char *server;
		uint8_t proto;
		uint16_t port;
		const char *rule;
	} rows[] = {
		{"sql", TCP, 1433, "S1-CMP-02"},
		{"sql", UDP, 1434, "S1-SQL-10"},
		{"crm-web", TCP, 443, "S1-CMP-06"},
		{"ssrs", TCP, 80, "S1-CMP-03"},
		{"crm-web", TCP, 1433, "-"},
		{"crm-web", TCP, 3389, "S1-ALL-09"},
		{"crm-web", TCP, 135, "S1-ALL-07"},
		{"dc", TCP, 88, "S1-IWA-09"},
		{"dc", TCP, 49667, "-"},
		{"crm-client", TCP, 80, "-"},
		{"crm-sandbox", TCP, 808, "-"},
		{"", TCP, 80, "-"},
	};
	struct site *site = site_new();
	struct matrix *m = load(site, both, 2);
	struct end box = end("crm-sandbox");

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct end s = end(rows[i].server);

		assert_string_equal(id(matrix_service_at(m, &s, rows[i].proto, rows[i].port)),
				    rows[i].rule);
	}
	site->topology = TOPOLOGY_SPLIT;
	assert_string_equal(id(matrix_service_at(m, &box, TCP, 808)), "S1-SBX-01");
	matrix_free(m);
	site_free(site);
}

static void moved(void **state)
{
	static const struct {
		const char *client, *server, *app, *rule;
		uint8_t proto;
	} rows[] = {
		{"crm-web", "sql", "tds", "S1-CMP-02", TCP},
		{"crm-web", "sql", "tls-tds8", "S1-CMP-02", TCP},
		{"crm-web", "sql", "tls", "-", TCP}, /* a second choice that proves nothing */
		{"crm-web", "sql", "http", "-", TCP},
		{"crm-web", "sql", "tds", "-", UDP},
		{"crm-client", "crm-web", "http", "S1-CMP-10", TCP},
		{"crm-client", "crm-web", "tls", "S1-CMP-11", TCP},
		{"crm-client", "ssrs", "http", "-", TCP},
		{"admin", "crm-web", "rdp", "S1-ALL-09", TCP},
		{"crm-web", "dc", "ldap", "S1-IWA-01", TCP},
		{"crm-full", "dc", "ssrp", "-",
		 UDP}, /* UDP 445 takes anything, and is no service */
		{"crm-web", "dc", "dcerpc", "-", TCP},            /* the RPC verdicts' matter */
		{"crm-async", "crm-sandbox", "mc-nmf", "-", TCP}, /* off in a full-server site */
		{"ssrs", "crm-web", "mc-nmf", "-", TCP},          /* not in this paper */
	};
	struct site *site = site_new();
	struct matrix *m = load(site, both, 1);
	struct end web = end("crm-web"), sql = end("sql");

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct end c = end(rows[i].client), s = end(rows[i].server);
		const struct rule *r =
			matrix_moved(m, &c, &s, rows[i].proto, app_by_name(rows[i].app));

		if (strcmp(id(r), rows[i].rule) != 0)
			fail_msg("%s -> %s %s: %s", rows[i].client, rows[i].server, rows[i].app,
				 id(r));
	}
	assert_null(matrix_moved(m, &web, &sql, TCP, APP_NONE));
	matrix_free(m);
	site_free(site);
}

static void expected_applications(void **state)
{
	struct site *site = site_new();
	struct matrix *m = load(site, both, 2);
	const struct rule *sql = matrix_rule_by_id(m, "S1-CMP-02");
	const struct rule *none = matrix_rule_by_id(m, "S1-WEB-10");
	const struct rule *ref = matrix_rule_by_id(m, "S1-CMP-01");
	const struct rule *tls = matrix_rule_by_id(m, "S1-CMP-11");

	assert_true(rule_expects(sql, app_by_name("tds")));
	assert_true(rule_expects(sql, app_by_name("tls-tds8")));
	assert_false(rule_expects(sql, app_by_name("http")));
	assert_true(rule_expects(sql, APP_NONE));
	assert_true(rule_expects(none, APP_NONE));
	assert_true(rule_expects(none, app_by_name("smb2")));
	assert_true(rule_expects(ref, app_by_name("http")));
	assert_true(rule_expects(tls, app_by_name("tls-tds8")));
	matrix_free(m);
	site_free(site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest),         cmocka_unit_test(directions),
		cmocka_unit_test(connected_roles), cmocka_unit_test(services),
		cmocka_unit_test(moved),           cmocka_unit_test(expected_applications),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
