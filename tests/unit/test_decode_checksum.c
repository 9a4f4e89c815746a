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
		cmocka_unit_test(no_carry_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
