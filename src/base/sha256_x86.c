// SPDX-License-Identifier: BSD-2-Clause
/*
 * SHA-256 by the SHA instructions of x86-64 (Intel SDM volume 2: SHA256RNDS2, SHA256MSG1,
 * SHA256MSG2), an order of magnitude faster than any that does without. Other processors have none
 * of it here, and libmd does the work.
 */
#include "base/sha256.h"

#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)

#include <immintrin.h>
#include <sys/platform/x86.h>

enum { ROUNDS_EACH = 4, STEPS = 16 };

/* FIPS 180-4 4.2.2 */
static const uint32_t round_k[STEPS * ROUNDS_EACH] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* What the C library asked when the program began: cpuid itself ends up in the hypervisor of a
 * virtual machine, and takes longer than a digest. */
bool sha256_x86_here(void)
{
	return x86_cpu_active(x86_cpu_SHA) && x86_cpu_active(x86_cpu_SSE4_1) &&
	       x86_cpu_active(x86_cpu_SSSE3);
}

__attribute__((target("sha,sse4.1,ssse3"))) void sha256_x86_blocks(uint32_t state[8],
								   const uint8_t *p, size_t blocks)
{
	/* Words are big-endian in a message. */
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i *io = (__m128i *)(void *)state;
	__m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128(io), 0xb1);
	__m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(io + 1), 0x1b);
	/* The instructions want the words a b e f in one register and c d g h in the other. */
	__m128i abef = _mm_alignr_epi8(abcd, efgh, 8);
	__m128i cdgh = _mm_blend_epi16(efgh, abcd, 0xf0);

	for (; blocks; blocks--, p += SHA256_BLOCK) {
		__m128i abef_before = abef, cdgh_before = cdgh, w[STEPS];

#pragma GCC unroll 16
		for (size_t i = 0; i < STEPS; i++) {
			if (i < 4) {
				w[i] = _mm_shuffle_epi8(
					_mm_loadu_si128((const __m128i *)(const void *)p + i),
					swap);
			} else {
				w[i] = _mm_add_epi32(_mm_sha256msg1_epu32(w[i - 4], w[i - 3]),
						     _mm_alignr_epi8(w[i - 1], w[i - 2], 4));
				w[i] = _mm_sha256msg2_epu32(w[i], w[i - 1]);
			}

			__m128i k = _mm_add_epi32(
				w[i],
				_mm_loadu_si128((const __m128i *)(const void *)(round_k +
										ROUNDS_EACH * i)));

			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}

	__m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);

	_mm_storeu_si128(io, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128(io + 1, _mm_alignr_epi8(dchg, feba, 8));
}

#else

bool sha256_x86_here(void)
{
	return false;
}

void sha256_x86_blocks(uint32_t state[8], const uint8_t *p, size_t blocks)
{
	(void)state;
	(void)p;
	(void)blocks;
}

#endif
