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

static struct addr addr_of(const struct radix_key *k)
{
	const uint64_t w[2] = {htobe64(k->hi), htobe64(k->lo)};
	struct addr a;

	memcpy(a.b, w, sizeof a.b);
	return a;
}

bool ends_sort(const struct end_table *t, const bool *used, struct addr **ret_addr, size_t *ret_n,
	       uint32_t **ret_place)
{
	struct bulk keys = {0};
	bool ok = bulk_room(&keys, t->bank, (2 * t->n + 1) * sizeof(struct radix_key));
	struct radix_key *v = keys.v, *sorted;
	struct addr *addr = malloc((t->n + 1) * sizeof *addr);
	uint32_t *place = malloc((t->n + 1) * sizeof *place);
	size_t n = 0, k = 0;

	if (!ok || !addr || !place) {
		bulk_done(&keys, t->bank);
		free(addr);
		free(place);
		return false;
	}
	bank_done(t->bank); /* what follows needs no more than these keys and this table leave */
	huge_hint(addr, t->n * sizeof *addr);
	huge_hint(place, t->n * sizeof *place);
	for (size_t i = 0; i < t->n; i++) {
		uint64_t w[2];

		if (used && !used[i])
			continue;
		memcpy(w, t->v[i].addr.b, sizeof w);
		v[n++] = (struct radix_key){be64toh(w[0]), be64toh(w[1]), (uint32_t)i};
	}
	sorted = radix_sort(v, v + n, n);
	for (size_t i = 0; i < n; i++) {
		if (!i || sorted[i].hi != sorted[i - 1].hi || sorted[i].lo != sorted[i - 1].lo)
			addr[k++] = addr_of(&sorted[i]);
		place[sorted[i].number] = (uint32_t)k - 1;
	}
	bulk_done(&keys, t->bank);
	*ret_addr = addr;
	*ret_n = k;
	*ret_place = place;
	return true;
}
