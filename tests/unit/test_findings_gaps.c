// SPDX-License-Identifier: BSD-2-Clause
/* Minutes in which bytes went missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "findings/gaps.h"

#define T0 (INT64_C(1714521600) * NS_PER_S) /* begins a minute */
#define S  NS_PER_S

static void test_minutes(void **state)
{
	static const struct {
		int64_t ts, bytes;
	} told[] = {
		{T0 + 130 * S, 5}, {T0, 7}, {T0 + 59 * S, 1}, {T0 + 60 * S, 2}, {T0 + 61 * S, -2}};
	struct gaps g = {0};

	(void)state;
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		assert_int_equal(gaps_add(&g, told[i].ts, told[i].bytes), 0);
	assert_int_equal(g.seconds, 60);
	assert_int_equal(g.minutes.n, 3);
	assert_int_equal(g.minutes.v[0].at, T0 / S / 60);
	assert_int_equal(g.minutes.v[0].bytes, 8);
	assert_int_equal(g.minutes.v[1].bytes, 0);
	assert_int_equal(g.minutes.v[2].at, T0 / S / 60 + 2);
	assert_int_equal(g.minutes.v[2].bytes, 5);
	gaps_done(&g);
}

/* Before 1970 minutes begin where they would have begun. */
static void test_early(void **state)
{
	struct gaps g = {0};

	(void)state;
	assert_int_equal(gaps_add(&g, -1, 1), 0);
	assert_int_equal(gaps_add(&g, 0, 1), 0);
	assert_int_equal(gaps_add(&g, INT64_MIN, 1), 0);
	assert_int_equal(gaps_add(&g, INT64_MAX, INT64_MAX), 0);
	assert_int_equal(gaps_add(&g, INT64_MAX, INT64_MAX), 0);
	assert_int_equal(g.minutes.n, 4);
	assert_int_equal(g.minutes.v[1].at, -1);
	assert_int_equal(g.minutes.v[2].at, 0);
	assert_true(g.minutes.v[3].bytes == INT64_MAX);
	gaps_done(&g);
}

/* Too many of them become longer, and are the same whatever their order. */
static void test_wide(void **state)
{
	enum { N = GAPS_MINUTES * 3 };
	struct gaps up = {0}, down = {0};
	int64_t sum = 0;

	(void)state;
	for (int i = 0; i < N; i++) {
		assert_int_equal(gaps_add(&up, T0 + i * 60 * S, i % 7), 0);
		assert_int_equal(gaps_add(&down, T0 + (N - 1 - i) * 60 * S, (N - 1 - i) % 7), 0);
	}
	assert_int_equal(up.seconds, 240);
	assert_int_equal(down.seconds, up.seconds);
	assert_int_equal(down.minutes.n, up.minutes.n);
	assert_true(up.minutes.n <= GAPS_MINUTES);
	for (size_t i = 0; i < up.minutes.n; i++) {
		assert_int_equal(up.minutes.v[i].at, down.minutes.v[i].at);
		assert_int_equal(up.minutes.v[i].bytes, down.minutes.v[i].bytes);
		sum += up.minutes.v[i].bytes;
	}
	for (int i = 0; i < N; i++)
		sum -= i % 7;
	assert_int_equal(sum, 0);
	gaps_done(&up);
	gaps_done(&down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minutes),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
