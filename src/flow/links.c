// SPDX-License-Identifier: BSD-2-Clause
#include "flow/links.h"

#include <stdbool.h>
#include <stdlib.h>

enum { FIRST_SLOTS = 64 };

/* How many numbers may be given out for what is known this well: half of all for everything, so
 * much less than all for what has no MAC address, or no tunnel. VLANs have 12 bits (IEEE 802.1Q
 * 9.6), so the last part has room for each of them. */
static uint32_t most_id(const struct links *l)
{
	return 1U << (l->bits - 1);
}

static uint32_t most_mac(const struct links *l)
{
	return 7U << (l->bits - 3);
}

static uint32_t most_tunnel(const struct links *l)
{
	return (15U << (l->bits - 4)) - 1;
}

static uint32_t most_vlan(const struct links *l)
{
	return (1U << l->bits) - 1;
}

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

/* A slot has the number, and above it bits of the hash: what differs in them need not be looked at,
 * which matters where every card is a new one. */
#define NUMBER_BITS ((UINT32_C(1) << LINK_BITS) - 1)

static uint32_t *find(const struct links *l, const struct link *k, uint32_t hash)
{
	uint32_t tag = hash & ~NUMBER_BITS;

	for (uint32_t i = hash;; i++) {
		uint32_t *s = &l->slot[i & (l->slots - 1)];

		if (!*s || ((*s & ~NUMBER_BITS) == tag && same(&l->link[*s & NUMBER_BITS], k)))
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

	uint32_t *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	free(l->slot);
	l->slot = slot;
	l->slots = slots;
	for (uint32_t i = 1; i <= l->n; i++) {
		uint32_t hash = hash_of(l, &l->link[i]);

		*find(l, &l->link[i], hash) = i | (hash & ~NUMBER_BITS);
	}
	return true;
}

/* Given a number when there is one below max. */
static uint32_t number_of(struct links *l, const struct link *k, uint32_t max)
{
	/* Numbers below half of the slots: number 0 is unused, so link[] has room for them all. */
	if (l->n + 1 >= l->slots / 2 && l->n < most_vlan(l) && !grow(l))
		return 0;

	uint32_t hash = hash_of(l, k);
	uint32_t *s = find(l, k, hash);

	if (*s || l->n >= max)
		return *s & NUMBER_BITS;
	l->link[++l->n] = *k;
	l->ids |= (k->tunnel & ~KIND_BITS) != 0;
	*s = l->n | (hash & ~NUMBER_BITS);
	return l->n;
}

static COLD uint32_t less_exact(struct links *l, struct link k)
{
	uint32_t n;

	if (k.tunnel & ~KIND_BITS) {
		k.tunnel &= KIND_BITS;
		n = number_of(l, &k, most_mac(l));
		if (n)
			return n;
	}
	k.pair &= VLAN_BITS;
	n = number_of(l, &k, most_tunnel(l));
	if (n)
		return n;
	k.tunnel = 0;
	return k.pair ? number_of(l, &k, most_vlan(l)) : 0;
}

static struct link link_of(const struct packet *p)
{
	struct link k = {p->vlan, (uint64_t)p->tunnel << 32 | p->tunnel_id};

	for (int i = 0; i < 6; i++)
		k.pair |= (uint64_t)p->src_mac[i] << (56 - 8 * i);
	return k;
}

void links_init(struct links *l, const struct hash_key *key, size_t max_memory)
{
	enum { FEWEST_BITS = 16 };

	l->bits = LINK_BITS;
	while (l->bits > FEWEST_BITS &&
	       (sizeof *l->link + 2 * sizeof *l->slot) << l->bits > max_memory)
		l->bits--;
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
		prefetch(&l->link[l->slot[at] & NUMBER_BITS]);
}

uint32_t links_number(struct links *l, const struct packet *p)
{
	struct link k = link_of(p);

	if (!k.pair && !k.tunnel)
		return 0;
	if (same(&k, &l->last_link))
		return l->last;

	uint32_t n = number_of(l, &k, k.tunnel & ~KIND_BITS ? most_id(l) : most_mac(l));

	if (unlikely(!n))
		n = less_exact(l, k);
	l->last_link = k;
	l->last = n;
	return n;
}

void links_mac(const struct links *l, uint32_t number, uint8_t ret_mac[6])
{
	uint64_t pair = number ? l->link[number].pair : 0;

	for (int i = 0; i < 6; i++)
		ret_mac[i] = (uint8_t)(pair >> (56 - 8 * i));
}

bool links_exact(const struct links *l)
{
	return l->n < (l->ids ? most_id(l) : most_mac(l));
}

bool links_absorb(struct links *l, const struct links *from)
{
	for (uint32_t i = 1; i <= from->n && links_exact(l); i++)
		if (!number_of(l, &from->link[i], most_mac(l)))
			return false;
	return links_exact(l);
}

uint16_t links_vlan(const struct links *l, uint32_t number)
{
	return number ? (uint16_t)l->link[number].pair : 0;
}

uint8_t links_tunnel(const struct links *l, uint32_t number, uint32_t *ret_id)
{
	uint64_t tunnel = number ? l->link[number].tunnel : 0;

	*ret_id = (uint32_t)tunnel;
	return (uint8_t)(tunnel >> 32);
}
