/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * key - the 5-tuple of a flow, symmetric: both directions of a flow have one key.
 *
 * The lower endpoint (address, then port) is side 0. An IPv4 key is two words, an IPv6 key five;
 * every bit of them is written, so nothing undefined is ever hashed or compared. Where VLANs are
 * told apart, the VLAN is part of the last word.
 */
#ifndef SPAN_FLOW_KEY_H
#define SPAN_FLOW_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/siphash.h"

struct key {
	uint64_t hash;
	struct addr addr[2]; /* unless v4 */
	uint32_t a[2];       /* the addresses when v4, else not set */
	uint16_t port[2];
	uint16_t vlan; /* 0 where it does not count */
	bool v4;
	bool udp;
	uint8_t from; /* the side that `src` is */
};

static inline uint64_t key_ports(const struct key *k)
{
	return (uint64_t)k->port[0] << 48 | (uint64_t)k->port[1] << 32 | (uint64_t)k->vlan << 16 |
	       (k->udp ? 2u : 0u) | (k->v4 ? 1u : 0u);
}

/* In place: a key that is copied while it is still being written waits for its own stores. */
static inline void key_make(struct key *k, const struct addr *src, uint16_t sport,
			    const struct addr *dst, uint16_t dport, bool udp, uint16_t vlan,
			    const struct hash_key *secret)
{
	int order;

	k->udp = udp;
	k->vlan = vlan;
	k->v4 = addr_is_v4(src) && addr_is_v4(dst);
	if (k->v4) {
		uint32_t s = addr_to_v4(src), d = addr_to_v4(dst);

		order = (s > d) - (s < d);
		k->a[0] = s < d ? s : d;
		k->a[1] = s < d ? d : s;
	} else {
		order = memcmp(src->b, dst->b, sizeof src->b);
		k->addr[0] = order > 0 ? *dst : *src;
		k->addr[1] = order > 0 ? *src : *dst;
	}
	/* A packet to itself (same address, same port) has only one side. */
	k->from = order > 0 || (order == 0 && sport > dport);
	k->port[0] = k->from ? dport : sport;
	k->port[1] = k->from ? sport : dport;
	if (k->v4) {
		uint64_t w[2] = {(uint64_t)k->a[0] << 32 | k->a[1], key_ports(k)};

		k->hash = siphash13_words(w, 2, secret);
	} else {
		uint64_t w[5];

		memcpy(w, k->addr[0].b, 16);
		memcpy(w + 2, k->addr[1].b, 16);
		w[4] = key_ports(k);
		k->hash = siphash13_words(w, 5, secret);
	}
}

#endif
