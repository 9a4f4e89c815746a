// SPDX-License-Identifier: BSD-2-Clause
/* SHA-256 is libmd's, however the text comes in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sha2.h>

#include "base/cpu.h"
#include "base/sha256.h"

enum { LONG = 400 };

static void fill(uint8_t b[LONG])
{
	for (size_t i = 0; i < LONG; i++)
		b[i] = (uint8_t)(i * 167 + i / 251);
}

/* FIPS 180-4: the digest of "abc" is that of the standard's example. */
static void known(void **state)
{
	struct sha256 s;
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_HEX];

	sha256_begin(&s);
	sha256_add(&s, "abc", 3);
	sha256_end(&s, digest);
	sha256_hex(digest, hex);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void in_pieces(void **state)
{
	static const size_t pieces[] = {1, 7, 55, 63, 64, 65, 128, LONG};
	uint8_t b[LONG], want[SHA256_BYTES], digest[SHA256_BYTES];

	fill(b);
	for (size_t n = 0; n <= LONG; n++)
		for (size_t i = 0; i < N_ELEMENTS(pieces); i++) {
			SHA2_CTX md;
			struct sha256 s;

			SHA256Init(&md);
			SHA256Update(&md, b, n);
			SHA256Final(want, &md);
			sha256_begin(&s);
			for (size_t at = 0; at < n; at += pieces[i])
				sha256_add(&s, b + at, n - at < pieces[i] ? n - at : pieces[i]);
			sha256_end(&s, digest);
			assert_memory_equal(digest, want, sizeof want);
		}
}

/* Both ways to work on a block. */
static void by_instructions(void **state)
{
	uint8_t b[LONG];
	uint32_t one[8] = {1, 2, 3, 4, 5, 6, 7, 8}, other[8];

	if (!sha256_x86_here())
		skip();
	fill(b);
	memcpy(other, one, sizeof other);
	sha256_x86_blocks(one, b, LONG / SHA256_BLOCK);
	for (size_t i = 0; i < LONG / SHA256_BLOCK; i++)
		SHA256Transform(other, b + i * SHA256_BLOCK);
	assert_memory_equal(one, other, sizeof one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(by_instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
