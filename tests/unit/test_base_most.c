// SPDX-License-Identifier: BSD-2-Clause
/* Who has most pays, down to the next one, and nobody else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/most.h"
#include "build.h"
#include "rng.h"

enum { WHO = 3000, PIECES = 60000 };

/* Everybody has one, some many; in an order that does not follow from that. */
static size_t pieces(uint64_t seed, uint32_t *ret)
{
	size_t n = 0;

	for (uint32_t i = 0; i < WHO; i++)
		ret[n++] = i;
	for (uint32_t heavy = 0; heavy < 20; heavy++)
		for (uint32_t k = 0; k < 100 * heavy; k++)
			ret[n++] = heavy * 7;
	for (size_t i = n; i-- > 1;) {
		size_t k = rng(&seed) % (i + 1);
		uint32_t x = ret[i];

		ret[i] = ret[k];
		ret[k] = x;
	}
	return n;
}

static void see(struct most *m, uint32_t who)
{
	struct addr a = addr_v4(who);

	most_see(m, &a, 1);
}

static void look(struct most *m, const uint32_t *who, size_t n, uint64_t secret)
{
	const struct hash_key key = {secret, ~secret};

	most_begin(m, &key);
	for (size_t i = 0; i < n; i++)
		see(m, who[i]);
}

/* What each of them has to give, as it would be found by counting all. */
static void should_pay(const uint32_t *who, size_t n, uint64_t want, uint64_t few, uint32_t *ret)
{
	uint32_t *has = calloc(WHO, sizeof *has);

	assert_non_null(has);
	for (size_t i = 0; i < n; i++)
		has[who[i]]++;
	memset(ret, 0, WHO * sizeof *ret);
	for (uint64_t paid = 0; paid < want; paid++) {
		uint32_t most = 0;

		for (uint32_t i = 0; i < WHO; i++)
			if (has[i] > has[most])
				most = i;
		if (has[most] <= few)
			break;
		has[most]--;
		ret[most]++;
	}
	free(has);
}

static void test_pays(void **state)
{
	static const struct {
		uint64_t want, few;
	} rows[] = {{1, 300}, {500, 300}, {5000, 300}, {9000, 300}, {1000000, 300}, {10, 1950}};
	struct most *m = malloc(sizeof *m);
	uint32_t *who = calloc(PIECES, sizeof *who), *want = calloc(WHO, sizeof *want);

	assert_true(m && who && want);
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		for (uint64_t seed = 1; seed < 4; seed++) {
			size_t n = pieces(seed, who);
			uint32_t *paid = calloc(WHO, sizeof *paid);
			uint64_t sum = 0, all = 0, few_less = n / MOST_WHO + 1;
			bool any;

			assert_non_null(paid);
			look(m, who, n, seed * 77);
			should_pay(who, n, rows[r].want, rows[r].few, want);
			any = most_share(m, rows[r].want, rows[r].few);
			for (size_t i = 0; any && i < n; i++) {
				struct addr a = addr_v4(who[i]);

				paid[who[i]] += most_pays(m, &a, 1);
			}
			for (uint32_t i = 0; i < WHO; i++) {
				sum += paid[i];
				all += want[i];
				assert_true(paid[i] <= want[i] + few_less &&
					    want[i] <= paid[i] + few_less);
			}
			assert_int_equal(any, all > 0);
			assert_true(sum + 20 * few_less >= all);
			free(paid);
		}
	free(want);
	free(who);
	free(m);
}

/* Whoever has more than one MOST_WHO-th is found, however many others come between. */
static void test_found(void **state)
{
	struct most *m = malloc(sizeof *m);
	struct addr flood = A("2001:db8::1");
	const struct hash_key key = {1, 2};

	assert_non_null(m);
	most_begin(m, &key);
	for (uint32_t i = 0; i < 200 * MOST_WHO; i++) {
		struct addr other = addr_v4(0x0a000000 + i);

		most_see(m, i % (MOST_WHO - 2) ? &other : &flood, 3);
	}
	assert_true(most_share(m, 1, 1));
	assert_true(most_pays(m, &flood, 1));
	free(m);
}

static void test_nobody(void **state)
{
	struct most *m = malloc(sizeof *m);
	const struct hash_key key = {1, 2};

	assert_non_null(m);
	most_begin(m, &key);
	assert_false(most_share(m, 10, 0));
	for (uint32_t i = 0; i < 100000; i++)
		see(m, i);
	assert_false(most_share(m, 10, 1));
	free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pays),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
