/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-1-3, a keyed hash for tables whose keys an attacker chooses (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012; one compression and three finalisation rounds).
 */
#ifndef SPAN_BASE_SIPHASH_H
#define SPAN_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hash_key {
	uint64_t k0, k1;
};

static inline uint64_t sip_rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

#define SIP_ROUND(v0, v1, v2, v3)                                                                  \
	do {                                                                                       \
		v0 += v1, v1 = sip_rotl(v1, 13), v1 ^= v0, v0 = sip_rotl(v0, 32);                  \
		v2 += v3, v3 = sip_rotl(v3, 16), v3 ^= v2;                                         \
		v0 += v3, v3 = sip_rotl(v3, 21), v3 ^= v0;                                         \
		v2 += v1, v1 = sip_rotl(v1, 17), v1 ^= v2, v2 = sip_rotl(v2, 32);                  \
	} while (0)

/* Hash of n whole 64-bit words: what a padded key is. The length takes part, as in the paper. */
static inline uint64_t siphash13_words(const uint64_t *w, size_t n, const struct hash_key *k)
{
	uint64_t v0 = k->k0 ^ 0x736f6d6570736575, v1 = k->k1 ^ 0x646f72616e646f6d;
	uint64_t v2 = k->k0 ^ 0x6c7967656e657261, v3 = k->k1 ^ 0x7465646279746573;
	uint64_t last = (uint64_t)(n * 8) << 56;

	for (size_t i = 0; i < n; i++) {
		v3 ^= w[i];
		SIP_ROUND(v0, v1, v2, v3);
		v0 ^= w[i];
	}
	v3 ^= last;
	SIP_ROUND(v0, v1, v2, v3);
	v0 ^= last;
	v2 ^= 0xff;
	SIP_ROUND(v0, v1, v2, v3);
	SIP_ROUND(v0, v1, v2, v3);
	SIP_ROUND(v0, v1, v2, v3);
	return v0 ^ v1 ^ v2 ^ v3;
}

/* A secret for one run, from the kernel. Tests pass a fixed key where one is taken instead. */
struct hash_key hash_key_random(void);

#endif
