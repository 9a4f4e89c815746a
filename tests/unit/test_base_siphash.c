// SPDX-License-Identifier: BSD-2-Clause
/* The words variant against a plain SipHash-1-3 written byte by byte from the paper's section 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/siphash.h"

static uint64_t rot(uint64_t x, unsigned b)
{
	return (x << b) | (x >> (64 - b));
}

static void one_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rot(v[1], 13) ^ v[0];
	v[3] = rot(v[3], 16) ^ v[2];
	v[0] = rot(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rot(v[1], 17) ^ v[2];
	v[3] = rot(v[3], 21) ^ v[0];
	v[2] = rot(v[2], 32);
}

static uint64_t plain(const uint8_t *p, size_t n, uint64_t k0, uint64_t k1, unsigned c, unsigned d)
{
	static const char constant[] = "somepseudorandomlygeneratedbytes";
	uint64_t v[4];

	for (int i = 0; i < 4; i++) {
		v[i] = i % 2 ? k1 : k0;
		for (int b = 0; b < 8; b++)
			v[i] ^= (uint64_t)(uint8_t)constant[i * 8 + b] << (56 - 8 * b);
	}
	for (size_t at = 0; at <= n; at += 8) {
		uint64_t m = 0;

		for (unsigned b = 0; b < 8 && at + b < n; b++)
			m |= (uint64_t)p[at + b] << 8 * b;
		if (at + 8 > n)
			m |= (uint64_t)(n & 0xff) << 56;
		v[3] ^= m;
		for (unsigned i = 0; i < c; i++)
			one_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (unsigned i = 0; i < d; i++)
		one_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void the_plain_one_is_siphash(void **state)
{
	/* The paper's appendix A: SipHash-2-4, key 00..0f, message 00..0e. */
	uint8_t message[15];

	for (uint8_t i = 0; i < sizeof message; i++)
		message[i] = i;
	assert_true(plain(message, sizeof message, UINT64_C(0x0706050403020100),
			  UINT64_C(0x0f0e0d0c0b0a0908), 2, 4) == UINT64_C(0xa129ca6149be45e5));
}

static void words_agree_with_bytes(void **state)
{
	uint64_t words[6];
	uint8_t bytes[sizeof words];
	struct hash_key k = {UINT64_C(0x1122334455667788), UINT64_C(0x99aabbccddeeff00)};

	for (size_t i = 0; i < 6; i++)
		words[i] = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
	memcpy(bytes, words, sizeof words);
	for (size_t n = 0; n <= 6; n++)
		assert_true(siphash13_words(words, n, &k) == plain(bytes, n * 8, k.k0, k.k1, 1, 3));
}

static void secrets_differ(void **state)
{
	struct hash_key a = hash_key_random(), b = hash_key_random();

	assert_true(a.k0 != b.k0 || a.k1 != b.k1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plain_one_is_siphash),
		cmocka_unit_test(words_agree_with_bytes),
		cmocka_unit_test(secrets_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
