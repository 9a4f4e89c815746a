/* SPDX-License-Identifier: BSD-2-Clause */
/* Pieces of an arena stay what they are, however many there are; and memory in large pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bulk.h"
#include "base/huge.h"

enum { N = 60000, LARGE = 7001 };

/* Every thousandth is larger than a block of a small arena has room for. */
static size_t size_of(size_t i)
{
	return i % 1000 == 999 ? LARGE : 64 + i % 90;
}

static void fill(struct arena *a, unsigned char **v, unsigned char what)
{
	for (size_t i = 0; i < N; i++) {
		size_t n = size_of(i);

		v[i] = arena_alloc(a, n);
		assert_non_null(v[i]);
		assert_int_equal((uintptr_t)v[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < n; k++)
			assert_true(v[i][k] == 0);
		memset(v[i], (int)((what + i) & 0xff), n);
	}
}

static void holds(unsigned char *const *v, unsigned char what)
{
	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < size_of(i); k++)
			assert_true(v[i][k] == ((what + i) & 0xff));
}

static void pieces(void **state)
{
	struct arena a = {0}, b = {0};
	unsigned char **v = calloc(N, sizeof *v), **w = calloc(N, sizeof *w);

	(void)state;
	assert_true(v && w);
	fill(&a, v, 1);
	assert_true(a.bytes > (size_t)2 * HUGE_PAGE); /* or nothing large was met */
	fill(&b, w, 7);
	holds(v, 1);
	arena_join(&a, &b);
	assert_null(b.last);
	assert_non_null(arena_alloc(&b, 1));
	arena_done(&b);
	holds(v, 1);
	holds(w, 7);
	arena_done(&a);
	assert_int_equal(a.bytes, 0);
	free(v);
	free(w);
}

/* What one had before is zero again for the next. */
static void handed_on(void **state)
{
	struct bank bank = {0};
	struct arena a = {.bank = &bank}, b = {.bank = &bank};
	unsigned char **v = calloc(N, sizeof *v);

	(void)state;
	assert_non_null(v);
	fill(&a, v, 1);
	arena_done(&a);
	assert_non_null(bank.first);
	fill(&b, v, 7);
	assert_null(bank.first);
	arena_join(&a, &b);
	holds(v, 7);
	arena_done(&a);
	assert_non_null(bank.first);
	bank_done(&bank);
	free(v);
}

static void large_pieces(void **state)
{
	size_t n = HUGE_PAGE, words = n / sizeof(uint64_t);
	uint64_t *p = huge_get(n), *between;

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < words; i++)
		p[i] = i + 1;
	between = huge_get(n); /* so that it may have to move */
	p = huge_resize(p, n, 4 * n);
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % HUGE_PAGE, 0);
	for (size_t i = 0; i < words; i++)
		assert_true(p[i] == i + 1);
	for (size_t i = words; i < 4 * words; i++)
		assert_true(p[i] == 0);
	p[2 * words - 1] = 9;
	p = huge_resize(p, 4 * n, 2 * n);
	assert_non_null(p);
	assert_true(p[0] == 1 && p[2 * words - 1] == 9);
	huge_put(p, 2 * n);
	huge_put(between, n);
	huge_put(NULL, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pieces), cmocka_unit_test(handed_on),
					   cmocka_unit_test(large_pieces)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
