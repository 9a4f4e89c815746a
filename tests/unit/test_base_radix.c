/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorted by radix is sorted as qsort() would, and equal keys keep their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/radix.h"

static int by_key(const void *a, const void *b)
{
	const struct radix_key *x = a, *y = b;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return *seed ^ *seed >> 29;
}

static void sorts(size_t n, uint64_t hi_mask, uint64_t lo_mask)
{
	struct radix_key *v = malloc((3 * n + 1) * sizeof *v), *want = v + 2 * n, *got;
	uint64_t seed = n + 1;

	assert_non_null(v);
	for (size_t i = 0; i < n; i++)
		want[i] = v[i] = (struct radix_key){next(&seed) & hi_mask, next(&seed) & lo_mask,
						    (uint32_t)i};
	if (n)
		qsort(want, n, sizeof *want, by_key);
	got = radix_sort(v, v + n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i].number, want[i].number);
	free(v);
}

static void test_as_qsort(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 255, 256, 4096, 4097, 60000};
	static const uint64_t masks[][2] = {
		{0, 0},
		{0, 0xff},
		{0xff00, 0},
		{7, 7},
		{UINT64_MAX, 0},
		{UINT64_MAX, UINT64_MAX},
		{1ULL << 63, 1},
		{0, 0xff00ff00ff00ff00},
		{1ULL << 40, 0x70000ULL << 20},
	};

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
			sorts(sizes[s], masks[m][0], masks[m][1]);
}

static int by_word(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* What is below the key are numbers that ascend, so the order of words is that of a stable sort. */
static void test_words(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 24, 25, 255, 4096, 4097, 60000};
	static const uint32_t masks[] = {0,          1,     0xff,     0xff00,
					 0x80000001, 0x1ff, 0xffffff, UINT32_MAX};

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (size_t m = 0; m < sizeof masks / sizeof *masks; m++) {
			size_t n = sizes[s];
			uint64_t *v = malloc((3 * n + 1) * sizeof *v), *want = v + 2 * n;
			uint64_t seed = n + 1;

			assert_non_null(v);
			for (size_t i = 0; i < n; i++)
				want[i] = v[i] = (next(&seed) & masks[m]) << 32 | i;
			if (n)
				qsort(want, n, sizeof *want, by_word);
			radix_sort_words(v, v + n, n);
			if (n)
				assert_memory_equal(v, want, n * sizeof *v);
			free(v);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_qsort),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
