// SPDX-License-Identifier: BSD-2-Clause
/* What is left out when the processor does not keep up: from the fill of the ring to a level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "engine/live_shed.h"

enum { LOOKS = 12 };

/* Looks, `step` milliseconds apart, and the level behind each; both 0: no more. */
static const struct row {
	const char *name;
	int step;
	unsigned from;
	unsigned fill[LOOKS], level[LOOKS];
} rows[] = {
	{"a quiet ring", 20, 0, {1, 10, 100, 199, 150}, {0, 0, 0, 0, 0}},
	{"one level at a time, however full it is",
	 20,
	 0,
	 {1000, 1000, 1000, 1000, 1000, 1000, 1000},
	 {1, 2, 3, 4, 5, 5, 5}},
	{"each at its own fill",
	 20,
	 0,
	 {199, 200, 399, 400, 549, 550, 699, 700, 849, 850, 999},
	 {0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}},
	{"what holds it at a level keeps it there",
	 20,
	 2,
	 {390, 201, 399, 210, 200, 399},
	 {2, 2, 2, 2, 2, 2}},
	{"half of where it began is low enough, after half a second",
	 100,
	 2,
	 {199, 150, 100, 0, 0, 0, 99, 99, 0, 0, 1},
	 {2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 0}},
	{"and not before: what comes again begins the time anew",
	 100,
	 2,
	 {0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0},
	 {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1}},
	{"a moment in which nothing was taken", 20, 0, {600, 300, 50, 0, 0}, {1, 1, 1, 1, 1}},
	{"back up from where it is", 500, 3, {0, 0, 0, 800, 800}, {3, 2, 1, 2, 3}},
};

static void test_levels(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct row *r = &rows[i];
		struct shed s = {.level = r->from};
		int64_t now = NS_PER_S;

		for (size_t k = 0; k < LOOKS && (r->fill[k] || r->level[k]); k++) {
			unsigned before = s.level;
			bool other = shed_look(&s, r->fill[k], now);

			if (s.level != r->level[k])
				fail_msg("%s: level %u at look %zu, wanted %u", r->name, s.level, k,
					 r->level[k]);
			assert_int_equal(other, s.level != before);
			assert_int_equal(s.fill, r->fill[k]);
			now += r->step * (NS_PER_S / 1000);
		}
	}
}

/* In the order that the manual gives: what is of least use goes first, and nothing comes back at a
 * higher level. */
static void test_order(void **state)
{
	struct flow_spare before = shed_flows(0);

	(void)state;
	assert_false(before.heads || before.shift || shed_names(0));
	assert_true(shed_flows(1).heads && shed_names(1) && !shed_flows(1).shift);
	for (unsigned level = 1; level <= SHED_MOST; level++) {
		struct flow_spare now = shed_flows(level);

		assert_true(now.heads >= before.heads && now.shift >= before.shift);
		assert_true(now.shift <= FLOW_SPARE_SHIFT_MOST && now.shift == level - 1);
		before = now;
	}
}

static void test_words(void **state)
{
	static const char *const want[] = {"nothing is left out", "names not read", "one of 2 is",
					   "one of 4 is",         "one of 8 is",    "one of 16 is"};

	(void)state;
	for (unsigned level = 0; level <= SHED_MOST; level++) {
		struct out o = {0};

		shed_words(level, &o);
		assert_non_null(strstr(out_str(&o), want[level]));
		out_done(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
