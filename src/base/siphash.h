/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SipHash-1-3, a keyed hash for tables whose keys an attacker chooses (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012; one compression and three finalisation rounds).
 */
#ifndef SPAN_BASE_SIPHASH_H
#define SPAN_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0, k1;
};

static inline uint64_t sip_rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

struct sip_state {
	uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip_state *s)
{
	s->v0 += s->v1, s->v1 = sip_rotl(s->v1, 13), s->v1 ^= s->v0, s->v0 = sip_rotl(s->v0, 32);
	s->v2 += s->v3, s->v3 = sip_rotl(s->v3, 16), s->v3 ^= s->v2;
	s->v0 += s->v3, s->v3 = sip_rotl(s->v3, 21), s->v3 ^= s->v0;
	s->v2 += s->v1, s->v1 = sip_rotl(s->v1, 17), s->v1 ^= s->v2, s->v2 = sip_rotl(s->v2, 32);
}

/* Hash of n whole 64-bit words: what a padded key is. The length takes part, as in the paper. */
static inline uint64_t siphash13_words(const uint64_t *w, size_t n, const struct hash_key *k)
{
	struct sip_state s = {
		.v0 = k->k0 ^ 0x736f6d6570736575,
		.v1 = k->k1 ^ 0x646f72616e646f6d,
		.v2 = k->k0 ^ 0x6c7967656e657261,
		.v3 = k->k1 ^ 0x7465646279746573,
	};
	uint64_t last = (uint64_t)(n * 8) << 56;

	for (size_t i = 0; i < n; i++) {
		s.v3 ^= w[i];
		sip_round(&s);
		s.v0 ^= w[i];
	}
	s.v3 ^= last;
	sip_round(&s);
	s.v0 ^= last;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* A secret for one run, from the kernel. Tests pass a fixed key where one is taken instead. */
struct hash_key hash_key_random(void);

#endif
