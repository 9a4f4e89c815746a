// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "infer/scan.h"
#include "rng.h"

enum { MOST = 160 };

struct act { /* a conversation or an attempt, by time */
	int64_t ns;
	bool failed;
	uint8_t *mark;
};

static bool skip_conv(void *user, const struct conv *c)
{
	return c->group;
}

static bool skip_attempt(void *user, const struct attempt *a)
{
	return a->unproven;
}

/* Windows as the header has them, each looked at by itself. */
static int by_definition(const struct act *v, size_t n)
{
	int any = 0;

	for (size_t right = 0; right < n; right++) {
		size_t left = 0, bad = 0;

		while (v[right].ns - v[left].ns > SCAN_WINDOW_NS)
			left++;
		for (size_t i = left; i <= right; i++)
			bad += v[i].failed;
		if (right - left + 1 <= SCAN_TARGETS ||
		    bad * 100 < (right - left + 1) * SCAN_FAILED)
			continue;
		for (size_t i = left; i <= right; i++)
			*v[i].mark = 1;
		any = 1;
	}
	return any;
}

static int by_time(const void *a, const void *b)
{
	const struct act *x = a, *y = b;

	return (x->ns > y->ns) - (x->ns < y->ns);
}

/* Many clients: few and many acts, at once and over an hour, nearly none and all in vain. Times
 * differ, so that their order is one. */
static void windows(void **state)
{
	static struct conv conv[MOST];
	static struct attempt attempt[MOST];
	uint64_t seed = 7;
	unsigned found = 0, none = 0;

	for (unsigned round = 0; round < 3000; round++) {
		uint8_t mark[2 * MOST] = {0}, want[2 * MOST] = {0};
		size_t most = 1 + rng(&seed) % MOST, n = 0;
		int64_t minutes = 1 + (int64_t)(rng(&seed) % 40), span = minutes * 60 * NS_PER_S;
		unsigned failing = rng(&seed) % 3 ? 70 + rng(&seed) % 32 : rng(&seed) % 101;
		unsigned left_out = rng(&seed) % 2 ? 10 : 0;
		struct scan_client c = {.n = 1 + most / 2, .n_attempt = most - most / 2};
		const struct conv_list l = {
			.v = conv, .n = c.n, .attempt = attempt, .n_attempt = c.n_attempt};
		const struct scan_skip skip = {skip_conv, skip_attempt, NULL};
		struct act act[2 * MOST];
		int r, expected;

		if (c.n > MOST)
			c.n = MOST;
		for (size_t i = 0; i < c.n + c.n_attempt; i++) {
			bool apart = i >= c.n, out = rng(&seed) % 100 < left_out;
			int64_t ns = (int64_t)(rng(&seed) % (uint64_t)span);
			bool failed = apart || rng(&seed) % 100 < failing;

			if (apart)
				attempt[i - c.n] = (struct attempt){
					.ns = ns, .unproven = out, .before = (uint32_t)(c.n / 2)};
			else
				conv[i] = (struct conv){.first_ns = ns,
							.group = out,
							.state = failed ? STATE_REFUSED
									: STATE_ESTABLISHED};
			if (!out)
				act[n++] = (struct act){ns, failed, &want[i]};
		}
		if (n)
			qsort(act, n, sizeof *act, by_time);
		expected = by_definition(act, n);
		r = scan_find(&l, &c, &skip, mark, mark + c.n);
		assert_int_equal(r, expected);
		assert_memory_equal(mark, want, sizeof mark);
		found += r == 1;
		none += r == 0;
	}
	/* Both happened. */
	assert_true(found > 300 && none > 300);
}

/* The limits themselves, which the rest stands on. */
static void limits(void **state)
{
	static struct conv conv[MOST];
	uint8_t mark[MOST] = {0};
	const struct scan_skip all = {0};
	struct scan_client c = {.n = SCAN_TARGETS};
	const struct conv_list l = {.v = conv, .n = MOST};

	for (size_t i = 0; i < MOST; i++)
		conv[i] = (struct conv){.state = STATE_REFUSED, .first_ns = (int64_t)i};
	assert_int_equal(scan_find(&l, &c, &all, mark, mark), 0);
	c.n++;
	assert_int_equal(scan_find(&l, &c, &all, mark, mark), 1);
	conv[0].first_ns = -SCAN_WINDOW_NS + SCAN_TARGETS; /* just within */
	assert_int_equal(scan_find(&l, &c, &all, mark, mark), 1);
	conv[0].first_ns--;
	assert_int_equal(scan_find(&l, &c, &all, mark, mark), 0);
	/* 51 of which 41 failed are 80.4 per cent, 40 are 78.4. */
	conv[0].first_ns = 0;
	for (size_t i = 0; i < 10; i++)
		conv[i].state = STATE_ESTABLISHED;
	assert_int_equal(scan_find(&l, &c, &all, mark, mark), 1);
	conv[10].state = STATE_ESTABLISHED;
	assert_int_equal(scan_find(&l, &c, &all, mark, mark), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
