/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * key - the 5-tuple of a flow, symmetric: both directions of a flow have one key.
 *
 * The lower endpoint (address, then port) is side 0. An IPv4 key is two words, each of an address,
 * its port, and either the VLAN, where VLANs are told apart, or the kind; an IPv6 key five. So
 * nothing undefined is ever hashed or compared.
 *
 * The hash is NH (Black et al., UMAC, CRYPTO 1999; RFC 4418 5.2) with 64-bit words: sums of
 * products of words, each with a secret of its own. A packet's price is one product, an IPv6
 * packet's three, a third of what SipHash-1-3 asks for; and who cannot see a hash cannot aim at it.
 */
#ifndef SPAN_FLOW_KEY_H
#define SPAN_FLOW_KEY_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/cpu.h"
#include "base/siphash.h"

/* Of a run: made of its hash key, never shown. */
struct key_secret {
	uint64_t word[6], fold[2];
};

enum { KEY_UDP = 1, KEY_V6 = 2 };

struct key {
	uint64_t hash;
	/* As a record begins (record.h). */
	uint32_t a[2]; /* the addresses, unless KEY_V6 */
	uint16_t port[2];
	uint32_t kind;
	const struct addr *addr[2]; /* of what the key was made of; with KEY_V6 */
	uint16_t vlan;              /* 0 where it does not count */
	uint8_t from;               /* the side that `src` is */
};

static inline void key_secret_make(struct key_secret *ret, const struct hash_key *key)
{
	uint64_t i = 0;

	for (; i < 6; i++)
		ret->word[i] = siphash13_words(&i, 1, key);
	for (; i < 8; i++)
		ret->fold[i - 6] = siphash13_words(&i, 1, key);
}

static inline unsigned __int128 key_pair(const struct key_secret *s, unsigned i, uint64_t a,
					 uint64_t b)
{
	return (unsigned __int128)(a + s->word[i]) * (b + s->word[i + 1]);
}

/* Two sums of different words agree with a probability of 2^-64 for who does not know the secret. A
 * second product makes of one what every bit of the index may be taken from. */
static inline uint64_t key_fold(const struct key_secret *s, unsigned __int128 sum)
{
	unsigned __int128 x = (unsigned __int128)((uint64_t)sum ^ s->fold[0]) *
			      ((uint64_t)(sum >> 64) ^ s->fold[1]);

	return (uint64_t)x ^ (uint64_t)(x >> 64);
}

static inline uint64_t key_half(const struct addr *a, unsigned half)
{
	uint64_t x;

	memcpy(&x, a->b + (size_t)8 * half, sizeof x);
	return be64toh(x);
}

/* The order of two addresses, and their words by it. */
static inline int key_order(const struct addr *x, const struct addr *y)
{
	uint64_t a = key_half(x, 0), b = key_half(y, 0);

	if (a == b) {
		a = key_half(x, 1);
		b = key_half(y, 1);
	}
	return (a > b) - (a < b);
}

/* Address and port are one number, so that one comparison says which end is the lower one. */
static inline void key_make_v4(struct key *k, uint32_t src, uint16_t sport, uint32_t dst,
			       uint16_t dport, const struct key_secret *secret)
{
	uint64_t s = (uint64_t)src << 16 | sport, d = (uint64_t)dst << 16 | dport;
	uint64_t low = s < d ? s : d, high = s < d ? d : s;

	/* A packet to itself (same address, same port) has only one side. */
	k->from = s > d;
	k->a[0] = (uint32_t)(low >> 16);
	k->a[1] = (uint32_t)(high >> 16);
	k->port[0] = (uint16_t)low;
	k->port[1] = (uint16_t)high;
	k->hash = key_fold(secret, key_pair(secret, 0, low | (uint64_t)k->vlan << 48,
					    high | (uint64_t)k->kind << 48));
}

static inline void key_make_v6(struct key *k, const struct addr *src, uint16_t sport,
			       const struct addr *dst, uint16_t dport,
			       const struct key_secret *secret)
{
	int order = key_order(src, dst);
	unsigned __int128 sum;
	uint64_t rest;

	k->kind |= KEY_V6;
	k->from = order > 0 || (order == 0 && sport > dport);
	k->addr[0] = k->from ? dst : src;
	k->addr[1] = k->from ? src : dst;
	k->a[0] = k->a[1] = 0;
	k->port[0] = k->from ? dport : sport;
	k->port[1] = k->from ? sport : dport;
	rest = (uint64_t)k->port[0] << 48 | (uint64_t)k->port[1] << 32 | (uint64_t)k->vlan << 16 |
	       k->kind;
	sum = key_pair(secret, 0, key_half(k->addr[0], 0), key_half(k->addr[0], 1));
	sum += key_pair(secret, 2, key_half(k->addr[1], 0), key_half(k->addr[1], 1));
	sum += key_pair(secret, 4, rest, 0);
	k->hash = key_fold(secret, sum);
}

/* In place: a key that is copied while it is still being written waits for its own stores. */
static inline void key_make(struct key *k, const struct addr *src, uint16_t sport,
			    const struct addr *dst, uint16_t dport, bool udp, uint16_t vlan,
			    const struct key_secret *secret)
{
	k->kind = udp ? KEY_UDP : 0;
	k->vlan = vlan;
	if (likely(addr_are_v4(src, dst)))
		key_make_v4(k, addr_to_v4(src), sport, addr_to_v4(dst), dport, secret);
	else
		key_make_v6(k, src, sport, dst, dport, secret);
}

#endif
