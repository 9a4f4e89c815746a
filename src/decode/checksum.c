// SPDX-License-Identifier: BSD-2-Clause
/*
 * The Internet checksum, RFC 1071.
 *
 * A sum of ones' complement words does not care for their order or width (RFC 1071 2), so words
 * of any width are taken as they lie: neither carries nor swaps until the end.
 */
#include <string.h>

#include "decode/layer.h"

#ifdef __SSE2__ /* every x86-64 */

#include <emmintrin.h>

/* Sums whole blocks of 16 bytes. pmaddwd adds neighbours, but as signed numbers: each is taken less
 * 2^15, which comes back at the end. A lane changes by 2^16 at most in a block, so it holds the sum
 * of LANE_BLOCKS of them. */
enum { BLOCK = 16, LANE_BLOCKS = 16384, WORDS_IN_BLOCK = BLOCK / 2 };

static uint64_t add_blocks(const uint8_t *p, size_t blocks)
{
	const __m128i half = _mm_set1_epi16(INT16_MIN), one = _mm_set1_epi16(1);
	uint64_t sum = (uint64_t)blocks * WORDS_IN_BLOCK << 15;

	while (blocks) {
		size_t n = blocks < LANE_BLOCKS ? blocks : LANE_BLOCKS;
		__m128i lanes = _mm_setzero_si128();
		int32_t lane[4];

		blocks -= n;
#pragma GCC unroll 4
		for (; n; n--, p += BLOCK) {
			__m128i w = _mm_loadu_si128((const __m128i *)(const void *)p);

			lanes = _mm_add_epi32(lanes, _mm_madd_epi16(_mm_xor_si128(w, half), one));
		}
		_mm_storeu_si128((__m128i *)(void *)lane, lanes);
		sum += (uint64_t)((int64_t)lane[0] + lane[1] + lane[2] + lane[3]);
	}
	return sum;
}

#else

enum { BLOCK = 32 };

static uint64_t add_blocks(const uint8_t *p, size_t blocks)
{
	uint64_t low = 0, high = 0;

	for (; blocks; p += BLOCK, blocks--) {
		uint64_t w[4];

		memcpy(w, p, sizeof w);
		low += (w[0] & 0xffffffff) + (w[1] & 0xffffffff) + (w[2] & 0xffffffff) +
		       (w[3] & 0xffffffff);
		high += (w[0] >> 32) + (w[1] >> 32) + (w[2] >> 32) + (w[3] >> 32);
	}
	return low + high;
}

#endif

uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t n)
{
	if (n >= BLOCK) {
		sum += add_blocks(p, n / BLOCK);
		p += n - n % BLOCK;
		n %= BLOCK;
	}
	for (; n >= 4; p += 4, n -= 4) {
		uint32_t w;

		memcpy(&w, p, sizeof w);
		sum += w;
	}
	if (n) {
		uint32_t w = 0; /* an odd end is padded with zero, RFC 1071 1 (4.1) */

		memcpy(&w, p, n);
		sum += w;
	}
	return sum;
}

/* TCP or UDP with its pseudo-header: RFC 9293 3.1, RFC 768, RFC 8200 8.1. */
bool checksum_transport_good(const struct layer *l, const uint8_t *p, size_t n)
{
	const struct packet *k = l->packet;
	const uint8_t rest[8] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
				 (uint8_t)n, [7] = k->proto};
	struct addr src = k->src, dst = k->dst;
	size_t skip = l->v4 ? 12 : 0;
	uint64_t sum = checksum_add(0, rest, sizeof rest);

	/* The VLAN that decode_addr6() wrote was never on the wire. */
	if (!l->v4 && addr_is_link_local(&src))
		src.b[2] = src.b[3] = 0;
	if (!l->v4 && addr_is_link_local(&dst))
		dst.b[2] = dst.b[3] = 0;
	sum = checksum_add(sum, src.b + skip, 16 - skip);
	sum = checksum_add(sum, dst.b + skip, 16 - skip);
	return checksum_good(checksum_add(sum, p, n));
}
