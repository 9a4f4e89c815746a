// SPDX-License-Identifier: BSD-2-Clause
#include "flow/links.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/cpu.h"

enum {
	FIRST_SLOTS = 64,
	/* How many numbers may be given out for what is known this well. VLANs have 12 bits (IEEE
	 * 802.1Q 9.6), so the last part has room for each of them. */
	MAX_ID = 0x8000,
	MAX_MAC = 0xe000,
	MAX_TUNNEL = 0xefff,
	MAX_VLAN = 0xffff,
};

#define VLAN_BITS UINT64_C(0xffff)
#define KIND_BITS (UINT64_C(0xffffffff) << 32)

void links_done(struct links *l)
{
	free(l->link);
	free(l->slot);
	*l = (struct links){0};
}

static bool same(const struct link *a, const struct link *b)
{
	return a->pair == b->pair && a->tunnel == b->tunnel;
}

/* By two secrets, a product: places are few, and what makes them is hard to aim. */
static uint32_t hash_of(const struct links *l, const struct link *k)
{
	unsigned __int128 x =
		(unsigned __int128)(k->pair ^ l->secret[0]) * ((k->tunnel ^ l->secret[1]) | 1);

	return (uint32_t)((uint64_t)x ^ (uint64_t)(x >> 64));
}

static uint16_t *find(const struct links *l, const struct link *k)
{
	for (uint32_t i = hash_of(l, k);; i++) {
		uint16_t *s = &l->slot[i & (l->slots - 1)];

		if (!*s || same(&l->link[*s], k))
			return s;
	}
}

static COLD bool grow(struct links *l)
{
	uint32_t slots = l->slots ? l->slots * 2 : FIRST_SLOTS;
	struct link *link = realloc(l->link, slots / 2 * sizeof *link);

	if (!link)
		return false;
	l->link = link;

	uint16_t *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	free(l->slot);
	l->slot = slot;
	l->slots = slots;
	for (uint32_t i = 1; i <= l->n; i++)
		*find(l, &l->link[i]) = (uint16_t)i;
	return true;
}

/* Given a number when there is one below max. */
static uint16_t number_of(struct links *l, const struct link *k, uint32_t max)
{
	/* Numbers below half of the slots: number 0 is unused, so link[] has room for them all. */
	if (l->n + 1 >= l->slots / 2 && l->n < MAX_VLAN && !grow(l))
		return 0;

	uint16_t *s = find(l, k);

	if (*s || l->n >= max)
		return *s;
	l->link[++l->n] = *k;
	*s = (uint16_t)l->n;
	return *s;
}

static COLD uint16_t less_exact(struct links *l, struct link k)
{
	uint16_t n;

	if (k.tunnel & ~KIND_BITS) {
		k.tunnel &= KIND_BITS;
		n = number_of(l, &k, MAX_MAC);
		if (n)
			return n;
	}
	k.pair &= VLAN_BITS;
	n = number_of(l, &k, MAX_TUNNEL);
	if (n)
		return n;
	k.tunnel = 0;
	return k.pair ? number_of(l, &k, MAX_VLAN) : 0;
}

static struct link link_of(const struct packet *p)
{
	struct link k = {p->vlan, (uint64_t)p->tunnel << 32 | p->tunnel_id};

	for (int i = 0; i < 6; i++)
		k.pair |= (uint64_t)p->src_mac[i] << (56 - 8 * i);
	return k;
}

void links_secret(struct links *l, const struct hash_key *key)
{
	for (uint64_t i = 0; i < N_ELEMENTS(l->secret); i++)
		l->secret[i] = siphash13_words(&i, 1, key);
}

uint32_t links_fetch(const struct links *l, const struct packet *p)
{
	struct link k = link_of(p);

	if (!l->slots || same(&k, &l->last_link))
		return LINKS_FETCHED;

	uint32_t i = hash_of(l, &k) & (l->slots - 1);

	prefetch(&l->slot[i]);
	return i;
}

void links_fetch_more(const struct links *l, uint32_t at)
{
	if (at != LINKS_FETCHED)
		prefetch(&l->link[l->slot[at]]);
}

uint16_t links_number(struct links *l, const struct packet *p)
{
	struct link k = link_of(p);

	if (!k.pair && !k.tunnel)
		return 0;
	if (same(&k, &l->last_link))
		return l->last;

	uint16_t n = number_of(l, &k, k.tunnel & ~KIND_BITS ? MAX_ID : MAX_MAC);

	if (unlikely(!n))
		n = less_exact(l, k);
	l->last_link = k;
	l->last = n;
	return n;
}

void links_mac(const struct links *l, uint16_t number, uint8_t ret_mac[6])
{
	uint64_t pair = number ? l->link[number].pair : 0;

	for (int i = 0; i < 6; i++)
		ret_mac[i] = (uint8_t)(pair >> (56 - 8 * i));
}

uint16_t links_vlan(const struct links *l, uint16_t number)
{
	return number ? (uint16_t)l->link[number].pair : 0;
}

uint8_t links_tunnel(const struct links *l, uint16_t number, uint32_t *ret_id)
{
	uint64_t tunnel = number ? l->link[number].tunnel : 0;

	*ret_id = (uint32_t)tunnel;
	return (uint8_t)(tunnel >> 32);
}
