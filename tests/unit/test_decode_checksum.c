// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "decode/layer.h"

static void the_example_of_rfc_1071(void **state)
{
	/* Section 3: the sum of these is ddf2, so that word's complement completes them. */
	static const uint8_t words[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0x22, 0x0d};

	assert_true(checksum_good(checksum_add(0, words, sizeof words)));
	assert_false(checksum_good(checksum_add(0, words, sizeof words - 1)));
	assert_false(checksum_good(0));
}

/* Slow and plainly right: 16 bits at a time, carries at once. */
static uint16_t plain(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static void agrees_with_the_plain_sum_at_every_length_and_alignment(void **state)
{
	uint32_t x = 12345;

	for (size_t n = 0; n < 300; n++) {
		for (size_t shift = 0; shift < 8; shift++) {
			uint8_t *p = malloc(n + shift + 1), last[2];

			for (size_t i = 0; i < n + shift; i++)
				p[i] = (uint8_t)((x = x * 1664525 + 1013904223) >>
						 (n % 3 ? 24 : 31));

			uint16_t rest = (uint16_t)~plain(p + shift, n);

			last[0] = (uint8_t)(rest >> 8), last[1] = (uint8_t)rest;

			uint64_t sum = checksum_add(checksum_add(0, last, 2), p + shift, n);

			assert_true(checksum_good(sum));
			last[1] ^= 1;
			assert_false(checksum_good(
				checksum_add(checksum_add(0, last, 2), p + shift, n)));
			free(p);
		}
	}
}

/* By folding, as RFC 1071 4.1 has it. */
static bool folds_to_ones(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum == 0xffff;
}

static void good_is_what_folds_to_ones(void **state)
{
	static const uint64_t odd[] = {0,          1,          0xfffe,     0xffff,        0x10000,
				       0xfffe0001, 0xffffffff, UINT64_MAX, UINT64_MAX - 1};
	uint64_t x = 1;

	for (size_t i = 0; i < N_ELEMENTS(odd); i++)
		assert_int_equal(checksum_good(odd[i]), folds_to_ones(odd[i]));
	for (unsigned i = 0; i < 100000; i++) {
		x = x * 6364136223846793005 + 1442695040888963407;

		uint64_t multiple = (x >> 16) * 0xffff;

		for (uint64_t near = multiple - 2; near != multiple + 3; near++)
			assert_int_equal(checksum_good(near), folds_to_ones(near));
		assert_int_equal(checksum_good(x), folds_to_ones(x));
	}
}

static void no_carry_is_lost(void **state)
{
	size_t n = 1 << 18;
	uint8_t *p = malloc(n);

	memset(p, 0xff, n);
	assert_true(checksum_good(checksum_add(0, p, n)));
	p[n - 1] = 0xfe;
	assert_false(checksum_good(checksum_add(0, p, n)));
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_1071),
		cmocka_unit_test(agrees_with_the_plain_sum_at_every_length_and_alignment),
		cmocka_unit_test(good_is_what_folds_to_ones),
		cmocka_unit_test(no_carry_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
