// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rd.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};

static void reads_in_both_orders(void **state)
{
	struct rd r = rd_over(bytes, sizeof bytes);

	assert_int_equal(rd_be16(&r), 0x0102);
	assert_int_equal(rd_le16(&r), 0x0403);
	assert_int_equal(rd_be32(&r), 0x05060708);
	assert_false(rd_short(&r));
	assert_int_equal(rd_left(&r), 0);

	r = rd_over(bytes, sizeof bytes);
	assert_true(rd_le64(&r) == UINT64_C(0x0807060504030201));
	r = rd_over(bytes, sizeof bytes);
	assert_int_equal(rd_be24(&r), 0x010203);
	assert_int_equal(rd_u32(&r, true), 0x07060504);
}

static void a_short_read_stays_short(void **state)
{
	struct rd r = rd_over(bytes, 3);

	assert_int_equal(rd_be32(&r), 0);
	assert_true(rd_short(&r));
	/* Three bytes were there, but after a short read nothing is handed out any more. */
	assert_int_equal(rd_u8(&r), 0);
	assert_null(rd_take(&r, 0));
}

static void sub_readers_are_bounded(void **state)
{
	struct rd r = rd_over(bytes, sizeof bytes);
	struct rd s = rd_sub(&r, 2);

	assert_int_equal(rd_be16(&s), 0x0102);
	assert_int_equal(rd_u8(&s), 0);
	assert_true(rd_short(&s));
	assert_false(rd_short(&r));
	assert_int_equal(rd_u8(&r), 3);

	s = rd_sub(&r, 100);
	assert_true(rd_short(&s));
	assert_true(rd_short(&r));
}

static void text_is_taken_only_when_it_matches(void **state)
{
	struct rd r = rd_over((const uint8_t *)"GET /", 5);

	assert_false(rd_is(&r, "POST", 4));
	assert_int_equal(rd_left(&r), 5);
	assert_true(rd_is(&r, "GET ", 4));
	assert_false(rd_is(&r, "/index", 6));
	assert_int_equal(rd_u8(&r), '/');
}

static void seeks_stop_at_the_end(void **state)
{
	static const uint8_t fives[] = {5, 1, 5, 2, 5};
	struct rd r = rd_over(fives, 4);

	assert_true(rd_seek(&r, 5));
	assert_int_equal(rd_left(&r), 4); /* the one in hand counts */
	rd_skip(&r, 1);
	assert_true(rd_seek(&r, 5));
	assert_int_equal(rd_left(&r), 2);
	rd_skip(&r, 1);
	assert_false(rd_seek(&r, 5)); /* the last one is out of bounds */
	assert_int_equal(rd_left(&r), 0);
	assert_false(rd_short(&r));
	assert_false(rd_seek(&r, 5));
}

static void nothing_to_read(void **state)
{
	struct rd r = rd_over(NULL, 0);

	assert_false(rd_seek(&r, 0));
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(rd_u8(&r), 0);
	assert_true(rd_short(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_in_both_orders),
		cmocka_unit_test(a_short_read_stays_short),
		cmocka_unit_test(sub_readers_are_bounded),
		cmocka_unit_test(text_is_taken_only_when_it_matches),
		cmocka_unit_test(seeks_stop_at_the_end),
		cmocka_unit_test(nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
