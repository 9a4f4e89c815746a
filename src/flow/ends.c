// SPDX-License-Identifier: BSD-2-Clause
#include "flow/ends.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/huge.h"
#include "base/radix.h"

enum { FIRST_SLOTS = 64 };

void end_table_done(struct end_table *t)
{
	bulk_done(&t->hosts, t->bank);
	free(t->slot);
	t->v = NULL;
	t->slot = NULL;
	t->n = t->slots = 0;
}

size_t end_table_bytes(const struct end_table *t)
{
	return t->n * (sizeof *t->v + 2 * sizeof *t->slot);
}

static bool slots_grow(struct end_table *t)
{
	size_t slots = t->slots ? t->slots * 2 : FIRST_SLOTS;
	struct end_slot *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	huge_hint(slot, slots * sizeof *slot);
	for (size_t i = 0; i < t->slots; i++) {
		size_t to = t->slot[i].tag;

		if (!t->slot[i].at)
			continue;
		while (slot[to & (slots - 1)].at)
			to++;
		slot[to & (slots - 1)] = t->slot[i];
	}
	free(t->slot);
	t->slot = slot;
	t->slots = slots;
	return true;
}

static bool room(struct end_table *t)
{
	if (!bulk_room(&t->hosts, t->bank, (t->n + 1) * sizeof *t->v))
		return false;
	t->v = t->hosts.v;
	return true;
}

static struct end_slot *slot_of(const struct end_table *t, const struct addr *a, uint16_t vlan,
				uint32_t tag)
{
	for (size_t i = tag;; i++) {
		struct end_slot *s = &t->slot[i & (t->slots - 1)];

		if (!s->at)
			return s;
		if (s->tag == tag && t->v[s->at - 1].vlan == vlan &&
		    addr_equal(&t->v[s->at - 1].addr, a))
			return s;
	}
}

uint32_t end_tag(const struct end_table *t, const struct addr *a, uint16_t vlan)
{
	uint64_t w[3];

	memcpy(w, a->b, sizeof a->b);
	w[2] = vlan;
	return (uint32_t)siphash13_words(w, 3, &t->key);
}

void end_fetch_slot(const struct end_table *t, uint32_t tag)
{
	if (t->slots)
		prefetch(&t->slot[tag & (t->slots - 1)]);
}

void end_fetch(const struct end_table *t, uint32_t tag)
{
	uint32_t at = t->slots ? t->slot[tag & (t->slots - 1)].at : 0;

	if (at)
		prefetch(&t->v[at - 1]);
}

uint32_t end_number(struct end_table *t, const struct addr *a, uint16_t vlan, bool may_make)
{
	return end_number_tagged(t, a, vlan, end_tag(t, a, vlan), may_make);
}

uint32_t end_number_tagged(struct end_table *t, const struct addr *a, uint16_t vlan, uint32_t tag,
			   bool may_make)
{
	struct end_slot *s;

	s = t->slots ? slot_of(t, a, vlan, tag) : NULL;
	if (s && s->at)
		return s->at - 1;
	if (!may_make || t->n >= END_NONE - 1 || !room(t))
		return END_NONE;
	if ((t->n + 1) * 4 > t->slots * 3) {
		if (!slots_grow(t))
			return END_NONE;
		s = slot_of(t, a, vlan, tag);
	}
	assert(s); /* there is always a free one */
	t->v[t->n] = (struct conv_host){.addr = *a, .vlan = vlan};
	*s = (struct end_slot){(uint32_t)++t->n, tag};
	return (uint32_t)t->n - 1;
}

static const uint8_t no_mac[6];

static void put_mac(struct conv_host *e, const uint8_t mac[6])
{
	unsigned at = 0;
	int d = 1;

	if (!memcmp(mac, no_mac, 6))
		return;
	while (at < e->n_mac && (d = memcmp(e->mac[at], mac, 6)) < 0)
		at++;
	if (at < e->n_mac && !d)
		return;
	e->more_macs |= e->n_mac == CONV_HOST_MACS;
	if (at == CONV_HOST_MACS)
		return;
	if (e->n_mac < CONV_HOST_MACS)
		e->n_mac++;
	for (unsigned i = e->n_mac - 1u; i > at; i--)
		memcpy(e->mac[i], e->mac[i - 1], 6);
	memcpy(e->mac[at], mac, 6);
}

void end_look(struct conv_host *e, uint8_t ttl_min, uint8_t ttl_max, const uint8_t mac[6])
{
	if (!ttl_max)
		return;
	if (!e->ttl_min || ttl_min < e->ttl_min)
		e->ttl_min = ttl_min;
	if (ttl_max > e->ttl_max)
		e->ttl_max = ttl_max;
	put_mac(e, mac);
}

void end_merge(struct conv_host *h, const struct conv_host *from)
{
	end_look(h, from->ttl_min, from->ttl_max, from->mac[0]);
	h->more_macs |= from->more_macs;
	for (unsigned i = 1; i < from->n_mac; i++)
		end_look(h, from->ttl_min, from->ttl_max, from->mac[i]);
}

bool end_has_mac(const struct conv_host *e, const uint8_t mac[6])
{
	if (!memcmp(mac, no_mac, 6) || !e->n_mac || e->more_macs)
		return true;
	for (unsigned i = 0; i < e->n_mac; i++)
		if (!memcmp(mac, e->mac[i], 6))
			return true;
	return false;
}

/* ------------------------------------------------------------------ sorting */

/* IPv4 as words, a third of the memory; all other addresses whole. */
struct sorting {
	struct bank *bank;
	struct bulk fours, sixes;
	size_t n4, n6;
	struct addr *addr;
	uint32_t *place;
	size_t n; /* in addr */
};

static bool key_add(struct sorting *s, const struct addr *a, uint32_t no)
{
	uint64_t w[2];

	if (likely(addr_is_v4(a))) {
		if (!bulk_room(&s->fours, s->bank, (s->n4 + 1) * sizeof(uint64_t)))
			return false;
		((uint64_t *)s->fours.v)[s->n4++] = (uint64_t)addr_to_v4(a) << 32 | no;
		return true;
	}
	if (!bulk_room(&s->sixes, s->bank, (s->n6 + 1) * sizeof(struct radix_key)))
		return false;
	memcpy(w, a->b, sizeof w);
	((struct radix_key *)s->sixes.v)[s->n6++] =
		(struct radix_key){be64toh(w[0]), be64toh(w[1]), no};
	return true;
}

static void put_sorted(struct sorting *s, const struct addr *a, uint32_t no)
{
	if (!s->n || !addr_equal(&s->addr[s->n - 1], a))
		s->addr[s->n++] = *a;
	s->place[no] = (uint32_t)s->n - 1;
}

static struct addr addr_of(const struct radix_key *k)
{
	const uint64_t w[2] = {htobe64(k->hi), htobe64(k->lo)};
	struct addr a;

	memcpy(a.b, w, sizeof a.b);
	return a;
}

static void put_all(struct sorting *s, const uint64_t *four, const struct radix_key *six)
{
	const struct addr first = addr_v4(0);
	size_t i = 0;

	for (; i < s->n6; i++) {
		struct addr a = addr_of(&six[i]);

		if (memcmp(&a, &first, sizeof a) > 0)
			break;
		put_sorted(s, &a, six[i].number);
	}
	for (size_t k = 0; k < s->n4; k++) {
		struct addr a = addr_v4((uint32_t)(four[k] >> 32));

		put_sorted(s, &a, (uint32_t)four[k]);
	}
	for (; i < s->n6; i++) {
		struct addr a = addr_of(&six[i]);

		put_sorted(s, &a, six[i].number);
	}
}

/* Sorts what is in s and makes of it the two arrays. */
static bool sort_all(struct sorting *s, size_t numbers, struct bulk *addr, struct bulk *place)
{
	struct bulk spare = {0};
	struct radix_key *six = s->sixes.v;
	size_t four_bytes = s->n4 * sizeof(uint64_t), six_bytes = s->n6 * sizeof *six;
	bool ok = bulk_room(&spare, s->bank, (four_bytes > six_bytes ? four_bytes : six_bytes) + 1);

	if (ok && s->n4)
		radix_sort_words(s->fours.v, spare.v, s->n4);
	if (ok && s->n6)
		six = radix_sort(six, spare.v, s->n6);
	ok = ok && bulk_room(addr, s->bank, (s->n4 + s->n6 + 1) * sizeof *s->addr) &&
	     bulk_room(place, s->bank, (numbers + 1) * sizeof *s->place);
	if (ok) {
		s->addr = addr->v;
		s->place = place->v;
		put_all(s, s->fours.v, six);
	}
	bulk_done(&spare, s->bank);
	return ok;
}

bool ends_sort(struct end_table *t, struct bulk *ret_addr, size_t *ret_n, struct bulk *ret_place)
{
	struct sorting s = {.bank = t->bank};
	size_t numbers = t->n;
	bool ok = true;

	/* Nothing more is looked up. */
	free(t->slot);
	t->slot = NULL;
	t->slots = 0;
	for (size_t i = 0; ok && i < numbers; i++)
		if (t->v[i].used)
			ok = key_add(&s, &t->v[i].addr, (uint32_t)i);
	bank_done(t->bank); /* what follows needs no more than this table and these keys leave */
	end_table_done(t);
	ok = ok && sort_all(&s, numbers, ret_addr, ret_place);
	bulk_done(&s.fours, s.bank);
	bulk_done(&s.sixes, s.bank);
	*ret_n = s.n;
	return ok;
}
