// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "build.h"
#include "findings/blind.h"

static struct addr nth(uint32_t n)
{
	return addr_v4(UINT32_C(0x0a000000) + n);
}

static void both_ways_are_one(void **state)
{
	struct blind_set s = {0};
	struct addr a = A("10.0.0.1"), b = A("10.0.0.2"), c = A("2001:db8::1");

	(void)state;
	assert_int_equal(blind_add(&s, &b, &a), 0);
	assert_int_equal(blind_add(&s, &a, &b), 0);
	assert_int_equal(blind_add(&s, &c, &a), 0);
	assert_int_equal(s.pairs.n, 2);
	assert_false(s.more);
	for (size_t i = 0; i < s.pairs.n; i++)
		assert_true(addr_compare(&s.pairs.v[i].a, &s.pairs.v[i].b) < 0);
	blind_done(&s);
}

/* Up, down and mixed: the smallest stay, and that there were more is said. */
static void bounded_whatever_the_order(void **state)
{
	enum { MORE = 500 };
	static const uint32_t step[] = {1, BLIND_PAIRS + MORE - 1, 1237}; /* prime to the count */
	struct addr peer = A("10.255.0.1");

	(void)state;
	for (size_t k = 0; k < sizeof step / sizeof step[0]; k++) {
		struct blind_set s = {0};
		uint32_t n = 0;

		for (uint32_t i = 0; i < BLIND_PAIRS + MORE; i++) {
			struct addr a = nth(n);

			assert_int_equal(blind_add(&s, &a, &peer), 0);
			assert_int_equal(s.more, i >= BLIND_PAIRS);
			n = (n + step[k]) % (BLIND_PAIRS + MORE);
		}
		assert_int_equal(s.pairs.n, BLIND_PAIRS);
		for (uint32_t i = 0; i < BLIND_PAIRS; i++) {
			struct addr a = nth(i);

			assert_true(addr_equal(&s.pairs.v[i].a, &a));
			assert_true(addr_equal(&s.pairs.v[i].b, &peer));
		}
		blind_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_are_one),
		cmocka_unit_test(bounded_whatever_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
