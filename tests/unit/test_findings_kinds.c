// SPDX-License-Identifier: BSD-2-Clause
/* The table of kinds, and the names of facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "findings/id.h"
#include "site/words.h"

static void test_words(void **state)
{
	static const char *const words[KIND_N] = {
		"out-of-scope",
		"documented",
		"documented-dynamic",
		"tolerated",
		"advice",
		"setup-only",
		"rpc-unexplained",
		"rpc-out-of-range",
		"moved-service",
		"unexpected-direction",
		"unexpected-pair",
		"unexpected-port",
		"unexpected-endpoint",
		"unexpected-protocol",
		"missing",
		"blocked",
		"rpc-blocked",
		"scan",
		"contradiction",
		"visibility",
	};

	(void)state;
	for (int k = 0; k < KIND_N; k++) {
		assert_string_equal(kind_name((enum kind)k), words[k]);
		assert_int_equal(kind_by_name(words[k]), k);
		assert_non_null(kind_row((enum kind)k)->meaning);
		assert_true(strlen(kind_row((enum kind)k)->remedy) > 5);
	}
	assert_int_equal(kind_by_name("unexpected"), KIND_N);
	assert_null(kind_row(KIND_N));
}

static void test_default_severities(void **state)
{
	static const struct {
		enum kind kind;
		enum severity severity;
	} rows[] = {
		{KIND_OUT_OF_SCOPE, SEV_NONE},
		{KIND_DOCUMENTED, SEV_NONE},
		{KIND_DOCUMENTED_DYNAMIC, SEV_NONE},
		{KIND_TOLERATED, SEV_NONE},
		{KIND_ADVICE, SEV_INFO},
		{KIND_SETUP_ONLY, SEV_LOW},
		{KIND_RPC_UNEXPLAINED, SEV_MEDIUM},
		{KIND_RPC_OUT_OF_RANGE, SEV_MEDIUM},
		{KIND_MOVED_SERVICE, SEV_MEDIUM},
		{KIND_UNEXPECTED_DIRECTION, SEV_MEDIUM},
		{KIND_UNEXPECTED_PAIR, SEV_HIGH},
		{KIND_UNEXPECTED_PORT, SEV_MEDIUM},
		{KIND_UNEXPECTED_ENDPOINT, SEV_MEDIUM},
		{KIND_UNEXPECTED_PROTOCOL, SEV_MEDIUM},
		{KIND_MISSING, SEV_MEDIUM},
		{KIND_BLOCKED, SEV_LOW},
		{KIND_RPC_BLOCKED, SEV_HIGH},
		{KIND_SCAN, SEV_MEDIUM},
		{KIND_CONTRADICTION, SEV_HIGH},
		{KIND_VISIBILITY, SEV_INFO},
	};

	(void)state;
	assert_int_equal(N_ELEMENTS(rows), KIND_N);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		assert_int_equal(kind_row(rows[i].kind)->severity, rows[i].severity);
}

static void id_of(const struct fact *f, char ret[FACT_ID])
{
	uint8_t digest[FACT_DIGEST];

	fact_digest(f, digest);
	fact_id(digest, ret);
}

/* Ids are kept in waivers and old results for years: this one must never change. It is what
 * `printf 'unexpected-port\x1f\x1fcrm01\x1fsql01\x1ftcp\x1f22' | sha256sum` begins with. */
static void test_id_is_sha256_of_the_fact(void **state)
{
	const struct fact f = {KIND_UNEXPECTED_PORT, NULL, "crm01", "sql01", 6, 22, NULL};
	char id[FACT_ID];

	(void)state;
	id_of(&f, id);
	assert_string_equal(id, "F-dc552a4facfd");

	/* A name of 600 times "h". */
	char name[601];
	struct fact long_one = f;

	memset(name, 'h', 600);
	name[600] = '\0';
	long_one.client = name;
	id_of(&long_one, id);
	assert_string_equal(id, "F-08737b0a24e9");
}

static void test_every_part_counts(void **state)
{
	static const struct fact facts[] = {
		{KIND_UNEXPECTED_PORT, NULL, "a", "b", 6, 22, NULL},
		{KIND_UNEXPECTED_PAIR, NULL, "a", "b", 6, 22, NULL},
		{KIND_UNEXPECTED_PORT, "g", "a", "b", 6, 22, NULL},
		{KIND_UNEXPECTED_PORT, NULL, "b", "a", 6, 22, NULL},
		{KIND_UNEXPECTED_PORT, NULL, "a", "c", 6, 22, NULL},
		{KIND_UNEXPECTED_PORT, NULL, "a", "b", 17, 22, NULL},
		{KIND_UNEXPECTED_PORT, NULL, "a", "b", 6, 23, NULL},
		{KIND_UNEXPECTED_PORT, NULL, "a", "b", 6, 22, "dynamic"},
		{KIND_UNEXPECTED_PORT, NULL, "ab", "", 6, 22, NULL},
		{KIND_UNEXPECTED_PORT, NULL,
		 "a\x1f"
		 "b",
		 "", 6, 22, NULL},
	};
	char a[FACT_ID], b[FACT_ID];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(facts); i++)
		for (size_t k = 0; k < i; k++) {
			id_of(&facts[i], a);
			id_of(&facts[k], b);
			assert_string_not_equal(a, b);
		}
}

static void test_a_dynamic_port_is_no_part(void **state)
{
	struct fact f = {KIND_RPC_UNEXPLAINED, NULL, "a", "b", 6, 49667, "dynamic"};
	char a[FACT_ID], b[FACT_ID];

	(void)state;
	id_of(&f, a);
	f.port = 50001;
	id_of(&f, b);
	assert_string_equal(a, b);
}

/* The site file names kinds, and cannot look into this table. */
static void test_words_of_the_site(void **state)
{
	const char *const *z = site_kind_words();

	(void)state;
	for (int k = 0; k < KIND_N; k++) {
		if (kind_row((enum kind)k)->severity == SEV_NONE)
			continue;
		assert_non_null(*z);
		assert_string_equal(*z++, kind_name((enum kind)k));
	}
	assert_null(*z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_of_the_site),
		cmocka_unit_test(test_default_severities),
		cmocka_unit_test(test_id_is_sha256_of_the_fact),
		cmocka_unit_test(test_every_part_counts),
		cmocka_unit_test(test_a_dynamic_port_is_no_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
