// SPDX-License-Identifier: BSD-2-Clause
#include "flow/cards.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cpu.h"
#include "base/vec.h"

enum { FIRST_SLOTS = 64, LINE = 32 };

struct sight { /* an address behind a card, as it is told */
	uint64_t place;
	struct addr addr;
	int64_t ns;
	uint32_t tag;
};

struct cards {
	struct hash_key key;
	struct arena arena; /* of addresses: nearly every card has one or two */
	VEC(struct card)
	cards;
	VEC(struct cluster_host) clusters;
	uint32_t *slot; /* index + 1 into cards; open addressing, 0 free; NULL when sorted */
	size_t slots, max;
	uint64_t shed;
	struct {
		uint64_t place;
		uint32_t at;     /* index + 1; 0: none */
	} last[2];               /* asked for */
	struct sight line[LINE]; /* while what they need is fetched */
	unsigned n_line;
};

struct cards *cards_new(const struct hash_key *key, size_t max_memory)
{
	struct cards *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->key = key ? *key : hash_key_random();
	t->max = max_memory / CARD_CHARGE;
	if (t->max > CARDS_MAX)
		t->max = CARDS_MAX;
	return t;
}

struct cards *cards_free(struct cards *t)
{
	if (!t)
		return NULL;
	vec_done(&t->cards);
	vec_done(&t->clusters);
	arena_done(&t->arena);
	free(t->slot);
	free(t);
	return NULL;
}

static uint64_t place_of(const uint8_t mac[6], uint16_t vlan)
{
	uint64_t w = vlan;

	for (int i = 0; i < 6; i++)
		w |= (uint64_t)mac[i] << (56 - 8 * i);
	return w;
}

static uint32_t tag_of(const struct cards *t, uint64_t place)
{
	return (uint32_t)siphash13_words(&place, 1, &t->key);
}

static uint32_t *find(const struct cards *t, uint64_t place, uint32_t tag)
{
	for (uint32_t i = tag;; i++) {
		uint32_t *s = &t->slot[i & (t->slots - 1)];

		if (!*s)
			return s;

		const struct card *c = &t->cards.v[*s - 1];

		if (place_of(c->mac, c->vlan) == place)
			return s;
	}
}

static bool index_again(struct cards *t, size_t slots)
{
	uint32_t *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	free(t->slot);
	t->slot = slot;
	t->slots = slots;
	for (size_t i = 0; i < t->cards.n; i++) {
		assert(t->cards.v); /* as many as n says */

		uint64_t place = place_of(t->cards.v[i].mac, t->cards.v[i].vlan);

		*find(t, place, tag_of(t, place)) = (uint32_t)i + 1;
	}
	return true;
}

static struct card *card_of(struct cards *t, uint64_t place, uint32_t tag)
{
	if (!t->slot && !index_again(t, t->slots ? t->slots : FIRST_SLOTS))
		return NULL;

	uint32_t *s = find(t, place, tag);

	if (*s)
		return &t->cards.v[*s - 1];
	if (t->cards.n >= t->max)
		return NULL;
	if (2 * (t->cards.n + 1) > t->slots) {
		if (!index_again(t, 2 * t->slots))
			return NULL;
		s = find(t, place, tag);
	}

	struct card c = {.vlan = place & 0xffff, .first_ns = INT64_MAX};

	for (int i = 0; i < 6; i++)
		c.mac[i] = (uint8_t)(place >> (56 - 8 * i));
	if (!vec_push(&t->cards, c))
		return NULL;
	*s = (uint32_t)t->cards.n;
	return &t->cards.v[t->cards.n - 1];
}

/* One of the last two; both ends of most flows are often the cards of the flow before. */
static struct card *card_again(const struct cards *t, uint64_t place)
{
	unsigned i = t->last[1].at && t->last[1].place == place;

	return t->last[i].at && t->last[i].place == place ? &t->cards.v[t->last[i].at - 1] : NULL;
}

static void remember(struct cards *t, const struct card *c, uint64_t place)
{
	t->last[1] = t->last[0];
	t->last[0].place = place;
	t->last[0].at = (uint32_t)(c - t->cards.v) + 1;
}

/* Room for one more address, which full rows of a power of two do not have. */
static bool addr_room(struct cards *t, struct card *c)
{
	struct addr *more;

	if (c->n & (c->n - 1u))
		return true;
	more = arena_alloc(&t->arena, (c->n ? 2u * c->n : 1u) * sizeof *more);
	if (!more)
		return false;
	if (c->n)
		memcpy(more, c->addr, c->n * sizeof *more);
	c->addr = more;
	return true;
}

/* False without memory. */
static bool put_addr(struct cards *t, struct card *c, const struct addr *a)
{
	unsigned i = c->n;

	for (unsigned k = 0; k < c->n; k++)
		if (addr_equal(&c->addr[k], a))
			return true;
	while (i && addr_compare(&c->addr[i - 1], a) > 0)
		i--;
	if (c->n == CARD_ADDRS) {
		c->many = true;
		if (i == CARD_ADDRS)
			return true;
		c->n--;
	} else if (!addr_room(t, c)) {
		return false;
	}
	memmove(&c->addr[i + 1], &c->addr[i], (c->n - i) * sizeof *a);
	c->addr[i] = *a;
	c->n++;
	return true;
}

static bool of_somebody(const uint8_t mac[6], const struct addr *a)
{
	static const uint8_t none[6];

	return memcmp(mac, none, sizeof none) != 0 &&
	       !(mac[0] & 1) && /* IEEE 802 8.2.2: a group sends nothing */
	       !addr_is_unspecified(a) && !addr_is_multicast(a) && !addr_is_broadcast(a) &&
	       !addr_is_loopback(a);
}

static void see(struct cards *t, struct card *c, const struct addr *a, int64_t ts_ns)
{
	if (ts_ns < c->first_ns)
		c->first_ns = ts_ns;
	t->shed += !put_addr(t, c, a);
}

static void see_at(struct cards *t, const struct sight *s)
{
	struct card *c = card_again(t, s->place);

	if (!c) {
		c = card_of(t, s->place, s->tag);
		if (unlikely(!c)) {
			t->shed++;
			return;
		}
		remember(t, c, s->place);
	}
	see(t, c, &s->addr, s->ns);
}

/* The card that is first in the place of this tag, which is the one that is meant, mostly. */
static const struct card *guess(const struct cards *t, uint32_t tag)
{
	uint32_t at = t->slot ? t->slot[tag & (t->slots - 1)] : 0;

	return at ? &t->cards.v[at - 1] : NULL;
}

static void settle(struct cards *t)
{
	unsigned n = t->n_line;

	t->n_line = 0;
	for (unsigned i = 0; i < n; i++)
		prefetch(guess(t, t->line[i].tag));
	for (unsigned i = 0; i < n; i++) {
		const struct card *c = guess(t, t->line[i].tag);

		if (c)
			prefetch(c->addr);
	}
	for (unsigned i = 0; i < n; i++)
		see_at(t, &t->line[i]);
}

void cards_add(struct cards *t, const uint8_t mac[6], uint16_t vlan, const struct addr *a,
	       int64_t ts_ns)
{
	uint64_t place = place_of(mac, vlan);
	struct card *c;
	struct sight *s;

	if (!of_somebody(mac, a))
		return;
	c = card_again(t, place);
	if (c) {
		see(t, c, a, ts_ns);
		return;
	}
	s = &t->line[t->n_line++];
	*s = (struct sight){place, *a, ts_ns, tag_of(t, place)};
	if (t->slot)
		prefetch(&t->slot[s->tag & (t->slots - 1)]);
	/* Where a new one might find no room, the order counts. */
	if (t->n_line == LINE || t->cards.n + t->n_line > t->max)
		settle(t);
}

void cards_put(struct cards *t, const struct card *row)
{
	uint64_t place = place_of(row->mac, row->vlan);
	struct card *c;

	settle(t);
	c = row->n ? card_of(t, place, tag_of(t, place)) : NULL;
	if (!c) {
		t->shed += row->n > 0;
		return;
	}
	if (row->first_ns < c->first_ns)
		c->first_ns = row->first_ns;
	c->many |= row->many;
	for (unsigned i = 0; i < row->n; i++)
		t->shed += !put_addr(t, c, &row->addr[i]);
}

static int compare_hosts(const struct cluster_host *a, const struct cluster_host *b)
{
	int order = addr_compare(&a->cluster, &b->cluster);

	if (!order)
		order = addr_compare(&a->host, &b->host);
	return order ? order : (a->id > b->id) - (a->id < b->id);
}

void cards_heartbeat(struct cards *t, const struct heartbeat *h, int64_t ts_ns)
{
	struct cluster_host one = {.cluster = h->cluster,
				   .host = h->host,
				   .id = h->id,
				   .vlan = h->vlan,
				   .heartbeats = 1,
				   .first_ns = ts_ns,
				   .last_ns = ts_ns};

	memcpy(one.mac, h->mac, sizeof one.mac);
	cards_put_cluster(t, &one);
}

void cards_put_cluster(struct cards *t, const struct cluster_host *row)
{
	struct cluster_host *c;
	size_t i = 0;

	/* Kept in order: there are few of them, and each sends one a second. */
	while (i < t->clusters.n && compare_hosts(&t->clusters.v[i], row) < 0)
		i++;
	if (i == t->clusters.n || compare_hosts(&t->clusters.v[i], row)) {
		if (t->clusters.n == CLUSTERS_MAX || !vec_grow(&t->clusters)) {
			t->shed++;
			return;
		}
		memmove(&t->clusters.v[i + 1], &t->clusters.v[i],
			(t->clusters.n - i) * sizeof *row);
		t->clusters.v[i] = *row;
		t->clusters.n++;
		return;
	}
	c = &t->clusters.v[i];
	c->heartbeats += row->heartbeats;
	if (memcmp(row->mac, c->mac, sizeof c->mac) < 0)
		memcpy(c->mac, row->mac, sizeof c->mac);
	if (row->vlan < c->vlan)
		c->vlan = row->vlan;
	if (row->first_ns < c->first_ns)
		c->first_ns = row->first_ns;
	if (row->last_ns > c->last_ns)
		c->last_ns = row->last_ns;
}

static int by_place(const void *a, const void *b)
{
	const struct card *x = a, *y = b;
	uint64_t p = place_of(x->mac, x->vlan), q = place_of(y->mac, y->vlan);

	return (p > q) - (p < q);
}

const struct card *cards_sorted(struct cards *t, size_t *ret_n)
{
	settle(t);
	if (t->cards.n)
		qsort(t->cards.v, t->cards.n, sizeof *t->cards.v, by_place);
	free(t->slot); /* what it points at has moved */
	t->slot = NULL;
	t->last[0].at = t->last[1].at = 0;
	*ret_n = t->cards.n;
	return t->cards.v;
}

const struct cluster_host *cards_clusters(struct cards *t, size_t *ret_n)
{
	*ret_n = t->clusters.n;
	return t->clusters.v;
}

uint64_t cards_shed(const struct cards *t)
{
	return t->shed;
}

size_t cards_most(const struct cards *t)
{
	return t->max;
}

size_t cards_taken(const struct cards *t)
{
	return t->cards.n + t->n_line;
}

void cards_limit(struct cards *t, size_t most)
{
	settle(t);
	t->max = most;
}
