// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"
#include "build.h"
#include "screen/filter.h"
#include "recognise/recognise.h"

static struct conv conv;
static struct conv_app app;
static struct host sql_host = {.name = "sql01", .roles = ROLE_BIT(ROLE_SQL)};

static struct filter_row a_row(void)
{
	app = (struct conv_app){.app = app_by_name("tds"), .flows = 7};
	conv = (struct conv){
		.client = A("10.20.1.11"),
		.server = A("10.20.2.20"),
		.port = 1433,
		.proto = IPPROTO_NR_TCP,
		.state = STATE_REFUSED,
		.flows = 7,
		.packets = {10, 5},
		.first_ns = 0,
		.last_ns = 7200 * NS_PER_S,
		.n_app = 1,
		.app = &app,
	};
	return (struct filter_row){
		.conv = &conv,
		.server = &sql_host,
		.server_roles = sql_host.roles,
		.client_roles = ROLE_BIT(ROLE_CRM_WEB),
		.verdict = KIND_DOCUMENTED,
	};
}

static void terms_and_words(void **state)
{
	static const struct {
		const char *text;
		bool pass;
	} rows[] = {
		{"", true},
		{"  ", true},
		{"role=sql", true},
		{"role=dc", false},
		{"role=crm-any", true},
		{"port=1433", true},
		{"port=1400-1500", true},
		{"port=80", false},
		{"proto=udp", false},
		{"state=refused", true},
		{"net=10.0.0.0/8", true},
		{"net=192.168.0.0/16", false},
		{"seen>1h", true},
		{"seen<1h", false},
		{"flows=7 packets>14", true},
		{"flows=7 and packets>15", false},
		{"app=tds", true},
		{"app=none", false},
		{"verdict=documented", true},
		{"server=sql01", true},
		{"client=sql01", false},
		{"host=10.20.1.11", true},
		{"client=crm-web server=sql", true},
		{"not role=sql", false},
		{"not not role=sql", true},
		{"role=dc or port=1433", true},
		/* `and` binds closer than `or` */
		{"port=1433 or port=80 and role=dc", true},
		{"(port=1433 or port=80) and role=dc", false},
		{"not (port=80 or port=443) role=sql", true},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct filter_row row = a_row();
		struct arena arena = {0};
		struct errors errs = {0};
		struct filter *f = filter_parse(rows[i].text, &arena, &errs);

		assert_non_null(f);
		if (filter_pass(f, &row) != rows[i].pass)
			fail_msg("'%s'", rows[i].text);
		arena_done(&arena);
		errors_done(&errs);
	}
}

static void mistakes_show_their_place(void **state)
{
	static const struct {
		const char *text;
		unsigned column;
	} rows[] = {
		{"port", 1},         {"port=", 1},         {"role=sql prot=6", 10},
		{"port=99999", 1},   {"(port=80", 9},      {"port=80)", 8},
		{"state=open", 1},   {"role=sql and", 13}, {"not", 4},
		{"role=admiral", 1}, {"role>sql", 1},      {"net=10.0.0.1/8", 1},
		{"seen>soon", 1},    {"verdict=maybe", 1}, {"app=gopher", 1},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct arena arena = {0};
		struct errors errs = {0};

		if (filter_parse(rows[i].text, &arena, &errs))
			fail_msg("'%s' was taken", rows[i].text);
		assert_int_equal(errs.n, 1);
		assert_int_equal(errs.e[0].column, rows[i].column);
		assert_non_null(errs.e[0].hint);
		arena_done(&arena);
		errors_done(&errs);
	}

	char deep[200];
	struct arena arena = {0};
	struct errors errs = {0};

	memset(deep, '(', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	assert_null(filter_parse(deep, &arena, &errs));
	errors_done(&errs);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms_and_words),
		cmocka_unit_test(mistakes_show_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
