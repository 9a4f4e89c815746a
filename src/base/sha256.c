// SPDX-License-Identifier: BSD-2-Clause
#include "base/sha256.h"

#include <endian.h>
#include <sha2.h>
#include <string.h>

void sha256_begin(struct sha256 *s)
{
	/* FIPS 180-4 5.3.3 */
	static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	memcpy(s->state, first, sizeof first);
	s->bytes = 0;
}

static void blocks(struct sha256 *s, const uint8_t *p, size_t n)
{
	if (sha256_x86_here()) {
		sha256_x86_blocks(s->state, p, n);
		return;
	}
	for (; n; n--, p += SHA256_BLOCK)
		SHA256Transform(s->state, p);
}

void sha256_add(struct sha256 *s, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t left = s->bytes % SHA256_BLOCK;

	s->bytes += n;
	if (left) {
		size_t more = n < SHA256_BLOCK - left ? n : SHA256_BLOCK - left;

		memcpy(s->rest + left, p, more);
		if (left + more < SHA256_BLOCK)
			return;
		blocks(s, s->rest, 1);
		p += more;
		n -= more;
	}
	if (n >= SHA256_BLOCK)
		blocks(s, p, n / SHA256_BLOCK);
	if (n % SHA256_BLOCK)
		memcpy(s->rest, p + (n - n % SHA256_BLOCK), n % SHA256_BLOCK);
}

void sha256_end(struct sha256 *s, uint8_t ret[SHA256_BYTES])
{
	/* FIPS 180-4 5.1.1: a one bit, zeros, and the length in bits up to a whole block. */
	uint8_t end[2 * SHA256_BLOCK] = {0};
	size_t n = s->bytes % SHA256_BLOCK;
	size_t whole = n + 9 > SHA256_BLOCK ? 2 : 1;
	uint64_t bits = htobe64(s->bytes * 8);

	memcpy(end, s->rest, n);
	end[n] = 0x80;
	memcpy(end + whole * SHA256_BLOCK - sizeof bits, &bits, sizeof bits);
	blocks(s, end, whole);
	for (size_t i = 0; i < 8; i++) {
		uint32_t word = htobe32(s->state[i]);

		memcpy(ret + i * sizeof word, &word, sizeof word);
	}
}

void sha256_hex(const uint8_t digest[SHA256_BYTES], char ret[SHA256_HEX])
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		ret[2 * i] = digit[digest[i] >> 4];
		ret[2 * i + 1] = digit[digest[i] & 15];
	}
	ret[SHA256_HEX - 1] = '\0';
}
