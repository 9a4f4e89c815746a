// SPDX-License-Identifier: BSD-2-Clause
/* Arrays that hand their memory on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bulk.h"
#include "base/huge.h"

enum { ROW = 40, BIG = 12 * HUGE_PAGE };

static size_t blocks(struct bank *b)
{
	struct bank all = {0};
	size_t n = 0;

	for (void *p; b->first; n++) {
		p = bank_get(b);
		bank_put(&all, p);
	}
	*b = all;
	return n;
}

static void put(uint8_t *v, size_t i)
{
	memset(v + i * ROW, (int)(i % 251), ROW);
	memcpy(v + i * ROW, &i, sizeof i);
}

static void has(const uint8_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t there;

		memcpy(&there, v + i * ROW, sizeof there);
		if (there != i || v[i * ROW + ROW - 1] != i % 251)
			fail_msg("row %zu of %zu", i, n);
	}
}

/* Rows stay what they are, from the first to those of many blocks, wherever these come from. */
static void grows(struct bank *b)
{
	struct bulk a = {0};
	size_t n = 0;

	for (; n < BIG / ROW; n++) {
		if (n == 3 || n == 5000 || n == 200000)
			has(a.v, n);
		assert_true(bulk_room(&a, b, (n + 1) * ROW));
		put(a.v, n);
	}
	has(a.v, n);
	bulk_cut(&a, b, n / 2 * ROW);
	has(a.v, n / 2);
	for (n /= 2; n < BIG / ROW; n++) {
		assert_true(bulk_room(&a, b, (n + 1) * ROW));
		put(a.v, n);
	}
	has(a.v, n);
	bulk_done(&a, b);
	assert_null(a.v);
	assert_int_equal(a.ready, 0);
}

static void test_grows(void **state)
{
	(void)state;
	grows(NULL);
}

static void test_grows_by_bank(void **state)
{
	struct bank b = {0};

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		void *block = huge_get(HUGE_PAGE);

		assert_non_null(block);
		memset(block, 0xff, HUGE_PAGE);
		bank_put(&b, block);
	}
	grows(&b);
	/* All that the array had, and nothing twice. */
	assert_in_range(blocks(&b), BIG / HUGE_PAGE, BIG / HUGE_PAGE + 1);
	grows(&b);
	assert_in_range(blocks(&b), BIG / HUGE_PAGE, BIG / HUGE_PAGE + 1);
	bank_done(&b);
	assert_null(b.first);
}

/* What one array needs no more is what another one gets, while both are there. */
static void test_hands_on(void **state)
{
	struct bank b = {0};
	struct bulk from = {0}, to = {0};

	(void)state;
	assert_true(bulk_room(&from, &b, BIG));
	assert_true(bulk_room(&to, &b, BIG / 2));
	memset(from.v, 1, BIG);
	memset(to.v, 2, BIG / 2);
	for (size_t left = BIG; left; left -= HUGE_PAGE) {
		bulk_cut(&from, &b, left - HUGE_PAGE);
		assert_int_equal(blocks(&b), 1);
		assert_true(bulk_room(&to, &b, to.ready + HUGE_PAGE));
		assert_null(b.first);
		memset((uint8_t *)to.v + to.ready - HUGE_PAGE, 2, HUGE_PAGE);
		for (size_t i = 0; i + HUGE_PAGE < left; i += 4096)
			assert_int_equal(((uint8_t *)from.v)[i], 1);
		for (size_t i = 0; i < to.ready; i += 4096)
			assert_int_equal(((uint8_t *)to.v)[i], 2);
	}
	assert_null(from.v);
	bulk_done(&from, &b);
	bulk_done(&to, &b);
	bank_done(&b);
}

/* A piece of many blocks; and one bank's become another's. */
static void test_whole_pieces(void **state)
{
	struct bank a = {0}, b = {0};
	void *p = huge_get(3 * (size_t)HUGE_PAGE);

	(void)state;
	assert_non_null(p);
	bank_put_all(&a, p, 3 * (size_t)HUGE_PAGE);
	bank_put(&b, bank_get(NULL));
	bank_join(&b, &a);
	assert_null(a.first);
	assert_int_equal(blocks(&b), 4);
	bank_put(NULL, bank_get(&b));
	assert_int_equal(blocks(&b), 3);
	bank_keep(&b, 3 * (size_t)HUGE_PAGE + 1);
	assert_int_equal(blocks(&b), 3);
	bank_keep(&b, HUGE_PAGE + 1);
	assert_int_equal(blocks(&b), 2);
	bank_keep(&b, 0);
	assert_null(b.first);
	bank_keep(NULL, 1);
	bank_done(&b);
	bank_done(NULL);
	bank_put(&b, NULL);
	assert_null(b.first);
}

static void test_too_much(void **state)
{
	struct bulk a = {0};

	(void)state;
	assert_false(bulk_room(&a, NULL, SIZE_MAX - 5));
	bulk_done(&a, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),    cmocka_unit_test(test_grows_by_bank),
		cmocka_unit_test(test_hands_on), cmocka_unit_test(test_whole_pieces),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
