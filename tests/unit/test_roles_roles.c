// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/out.h"
#include "roles/roles.h"

/* "a b c" to a set; a name that is no role fails the test. */
static roleset set_of(const char *text)
{
	roleset s = 0;
	char name[32];

	while (*text) {
		size_t n = strcspn(text, " ");

		assert_true(n < sizeof name);
		memcpy(name, text, n);
		name[n] = '\0';
		if (role_by_name(name) == ROLE_N)
			fail_msg("no role: '%s'", name);
		s |= ROLE_BIT(role_by_name(name));
		text += n + (text[n] == ' ');
	}
	return s;
}

static void check_set(const char *what, roleset got, const char *want)
{
	struct out o = {0};

	if (got == set_of(want))
		return;
	roles_print(got, &o);
	fail_msg("%s: got %s; want %s", what, out_str(&o), want);
}

static void names(void **state)
{
	static const char all[] =
		"crm-full crm-web crm-orgws crm-async crm-email crm-sandbox crm-deploy crm-router "
		"sql ssrs dc gc dns ntp exchange mail adfs adfs-proxy nlb crm-client admin monitor "
		"backup scanner ignore";
	const char *const *list = role_names();
	size_t n = 0;

	assert_int_equal(set_of(all), (1U << ROLE_N) - 1);
	for (; list[n]; n++) {
		assert_int_equal(role_by_name(list[n]), n);
		assert_string_equal(role_name((enum role)n), list[n]);
		assert_true(strlen(role_help((enum role)n)) > 5);
	}
	assert_int_equal(n, ROLE_N);
	assert_int_equal(role_by_name("crm-any"), ROLE_N);
	assert_int_equal(role_by_name("SQL"), ROLE_N);
	assert_int_equal(role_by_name(""), ROLE_N);
	assert_string_equal(role_name(ROLE_N), "unknown");
	assert_int_equal(role_tier(ROLE_SSRS), TIER_CORE);
	assert_int_equal(role_tier(ROLE_DC), TIER_SHARED);
	assert_int_equal(role_tier(ROLE_NLB), TIER_SHARED);
	assert_int_equal(role_tier(ROLE_CRM_CLIENT), TIER_OUTER);
	check_set(
		"core", roles_core(),
		"crm-full crm-web crm-orgws crm-async crm-email crm-sandbox crm-deploy crm-router "
		"sql ssrs");
	for (unsigned r = 0; r < ROLE_N; r++)
		assert_int_equal(roles_has(roles_core(), (enum role)r),
				 role_tier((enum role)r) == TIER_CORE);
}

#define CRM_ANY    "crm-full crm-web crm-orgws crm-async crm-email crm-sandbox crm-deploy"
#define ANY_SERVER CRM_ANY " crm-router sql ssrs dc gc dns ntp exchange mail adfs adfs-proxy"

static void ends(void **state)
{
	static const struct {
		const char *name, *set;
	} rows[] = {
		{"crm-any", CRM_ANY},
		{"crm-setup", CRM_ANY " admin"},
		{"any-server", ANY_SERVER},
		{"any-member", ANY_SERVER " crm-client admin monitor backup"},
		{"sql", "sql"},
		{"crm-full", "crm-full"},
		{"crm-web", "crm-web crm-full"},
		{"crm-orgws", "crm-orgws crm-full"},
		{"crm-async", "crm-async crm-full"},
		{"crm-email", "crm-email crm-full"},
		{"crm-sandbox", "crm-sandbox crm-full"},
		{"crm-deploy", "crm-deploy crm-full"},
		{"crm-router", "crm-router"},
		{"dc", "dc gc"},
		{"gc", "gc"},
		{"ntp", "ntp dc gc"},
		{"dns", "dns"}, /* a dc is one at some sites only */
		{"mail", "mail exchange"},
		{"exchange", "exchange"},
		{"nlb", "nlb"},
		{"ignore", "ignore"},
		{"crm", ""},
		{"", ""},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_set(rows[i].name, role_end_set(rows[i].name), rows[i].set);
	for (unsigned g = 0; g < GROUP_N; g++)
		assert_int_equal(role_group_by_name(role_group_name((enum role_group)g)), g);
	assert_int_equal(role_group_by_name("sql"), GROUP_N);
}

static void implications(void **state)
{
	static const struct {
		const char *declared;
		bool orgws, dns; /* listed by a host of the site */
		const char *roles;
	} rows[] = {
		{"", false, false, ""},
		{"sql", false, false, "sql"},
		{"crm-full", true, true, CRM_ANY},
		{"crm-full sql", false, false, CRM_ANY " sql"},
		{"crm-web", false, false, "crm-web crm-orgws"},
		{"crm-web", true, false, "crm-web"},
		{"crm-web crm-orgws", true, false, "crm-web crm-orgws"},
		{"crm-async", false, false, "crm-async"},
		{"dc", false, false, "dc ntp dns"},
		{"dc", false, true, "dc ntp"},
		{"dc dns", false, true, "dc dns ntp"},
		{"gc", false, false, "gc dc ntp dns"},
		{"gc", false, true, "gc dc ntp"},
		{"exchange", false, false, "exchange mail"},
		{"mail", false, false, "mail"},
		{"ntp", false, false, "ntp"},
		{"dns", false, true, "dns"},
		{"ignore", false, false, "ignore"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_set(rows[i].declared,
			  roles_implied(set_of(rows[i].declared), rows[i].orgws, rows[i].dns),
			  rows[i].roles);
}

/* Whoever implies a role always is in the set that a rule's end of that name stands for. */
static void ends_agree_with_implications(void **state)
{
	for (unsigned a = 0; a < ROLE_N; a++)
		for (unsigned b = 0; b < ROLE_N; b++) {
			bool implied =
				roles_has(roles_implied(ROLE_BIT(a), true, true), (enum role)b);
			bool in_set =
				roles_has(role_end_set(role_name((enum role)b)), (enum role)a);

			if (implied != in_set)
				fail_msg("%s and %s disagree", role_name((enum role)a),
					 role_name((enum role)b));
		}
}

static void printed(void **state)
{
	struct out o = {0};

	roles_print(0, &o);
	out_char(&o, '|');
	roles_print(ROLE_BIT(ROLE_SQL) | ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_IGNORE), &o);
	assert_string_equal(out_str(&o), "no role|crm-web, sql, ignore");
	out_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),        cmocka_unit_test(ends),
		cmocka_unit_test(implications), cmocka_unit_test(ends_agree_with_implications),
		cmocka_unit_test(printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
