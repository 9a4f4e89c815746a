// SPDX-License-Identifier: BSD-2-Clause
/*
 * conv - the table of conversations, and the direction of flows that show none themselves.
 *
 * Directed flows go straight into their conversation. The others wait as if their first sender were
 * the client, one entry for each (first sender, other end) with both ports, until every flow is
 * known: only then can it be said which end is a server elsewhere, or shared by many.
 */
#include "flow/conv.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/vec.h"
#include "flow/conv_merge.h"

enum { FIRST_SLOTS = 64, HOSTS_MAX = 1 << 20 };
#define DEFAULT_CONVERSATIONS ((size_t)2000000)

/* The tag is 32 bits of the hash: what differs in it need not be looked at, and growing needs no
 * look at any conversation. */
struct conv_slot {
	uint32_t at; /* index + 1; 0: free */
	uint32_t tag;
};

struct set { /* of conversations, by key */
	VEC(struct conv);
	struct conv_slot *slot;
	size_t slots;
};

struct endpoint {
	struct addr addr;
	uint16_t port;
	uint16_t vlan; /* here and in what follows: 0 where it is no part of the key */
	uint8_t proto;
	bool used;
	bool server;    /* of a flow with DIR_SYN or DIR_MESSAGE */
	uint32_t peers; /* undirected 5-tuples that it is an end of */
};

struct conv_table {
	struct hash_key key;
	struct conv_options o;
	struct set convs, waiting;
	struct conv_rows rows;
	struct conv_host *host; /* by address; ttl_min 0: free */
	size_t n_host, hosts;
	struct endpoint *end;
	size_t ends;
	uint64_t evicted;
};

struct conv_table *conv_table_new(const struct conv_options *o)
{
	struct conv_table *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->o = *o;
	t->key = o->key ? *o->key : hash_key_random();
	if (!t->o.max_conversations)
		t->o.max_conversations = DEFAULT_CONVERSATIONS;
	return t;
}

static void set_done(struct set *s)
{
	free(s->v);
	free(s->slot);
	*s = (struct set){0};
}

struct conv_table *conv_table_free(struct conv_table *t)
{
	if (!t)
		return NULL;
	set_done(&t->convs);
	set_done(&t->waiting);
	arena_done(&t->rows.arena);
	free(t->host);
	free(t->end);
	free(t);
	return NULL;
}

uint64_t conv_table_evicted(const struct conv_table *t)
{
	return t->evicted;
}

/* Sets by key. An entry that waits is also told apart by its client's port; for the others that is
 * left out of the key (cport is -1). */
struct conv_key {
	const struct addr *client, *server;
	uint16_t port;
	uint8_t proto;
	int32_t cport;
	uint16_t vlan;
};

static uint16_t key_vlan(const struct conv_table *t, uint16_t vlan)
{
	return t->o.vlan_key ? vlan : 0;
}

static uint64_t hash_of(const struct conv_table *t, const struct conv_key *k)
{
	uint64_t w[6];

	memcpy(w, k->client->b, 16);
	memcpy(w + 2, k->server->b, 16);
	w[4] = (uint64_t)(uint32_t)k->cport << 32 | (uint64_t)k->port << 16 | k->proto;
	w[5] = k->vlan;
	return siphash13_words(w, 6, &t->key);
}

static struct conv_key key_of_conv(const struct conv_table *t, const struct conv *c)
{
	return (struct conv_key){&c->client, &c->server, c->port,
				 c->proto,   -1,         key_vlan(t, c->vlan)};
}

static bool same(const struct conv_table *t, const struct conv *c, const struct conv_key *k)
{
	return c->port == k->port && c->proto == k->proto && addr_equal(&c->client, k->client) &&
	       addr_equal(&c->server, k->server) && key_vlan(t, c->vlan) == k->vlan &&
	       (k->cport < 0 || c->client_port_min == k->cport);
}

static struct conv_slot *set_slot(const struct conv_table *t, const struct set *s,
				  const struct conv_key *k, uint32_t tag)
{
	for (size_t i = tag;; i++) {
		struct conv_slot *slot = &s->slot[i & (s->slots - 1)];

		if (!slot->at)
			return slot;
		assert(s->v); /* what a slot names is there */
		if (slot->tag == tag && same(t, &s->v[slot->at - 1], k))
			return slot;
	}
}

static struct conv *set_find(const struct conv_table *t, const struct set *s,
			     const struct conv_key *k)
{
	const struct conv_slot *slot = s->slots ? set_slot(t, s, k, (uint32_t)hash_of(t, k)) : NULL;

	return slot && slot->at ? &s->v[slot->at - 1] : NULL;
}

static bool set_grow(struct set *s)
{
	size_t slots = s->slots ? s->slots * 2 : FIRST_SLOTS;
	struct conv_slot *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	for (size_t i = 0; i < s->slots; i++) {
		size_t to = s->slot[i].tag;

		if (!s->slot[i].at)
			continue;
		while (slot[to & (slots - 1)].at)
			to++;
		slot[to & (slots - 1)] = s->slot[i];
	}
	free(s->slot);
	s->slot = slot;
	s->slots = slots;
	return true;
}

/* The entry of a key, made when `may_make`. NULL with *ret_err 0 when it may not be made. */
static struct conv *set_get(struct conv_table *t, struct set *s, const struct conv_key *k,
			    bool may_make, int *ret_err)
{
	uint32_t tag = (uint32_t)hash_of(t, k);
	struct conv_slot *slot = s->slots ? set_slot(t, s, k, tag) : NULL;
	struct conv *c;

	*ret_err = 0;
	if (slot && slot->at)
		return &s->v[slot->at - 1];
	if (!may_make)
		return NULL;
	if ((s->n + 1) * 4 > s->slots * 3) {
		if (!set_grow(s)) {
			*ret_err = -ENOMEM;
			return NULL;
		}
		slot = set_slot(t, s, k, tag);
	}
	if (!vec_grow(s)) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	assert(s->v && slot);
	c = &s->v[s->n];
	conv_init(c, k->client, k->server, k->port, k->proto);
	if (t->o.vlan_key)
		c->vlan = k->vlan;
	if (k->cport >= 0)
		c->client_port_min = c->client_port_max = (uint16_t)k->cport;
	*slot = (struct conv_slot){(uint32_t)++s->n, tag};
	return c;
}

/* Hosts' hop limits */

static struct conv_host *host_slot(const struct conv_table *t, const struct addr *a, uint16_t vlan)
{
	uint64_t w[3];

	memcpy(w, a->b, 16);
	w[2] = vlan;
	for (uint64_t i = siphash13_words(w, 3, &t->key);; i++) {
		struct conv_host *h = &t->host[i & (t->hosts - 1)];

		if (!h->ttl_min || (h->vlan == vlan && addr_equal(&h->addr, a)))
			return h;
	}
}

static int hosts_grow(struct conv_table *t)
{
	struct conv_host *old = t->host;
	size_t n = t->hosts;

	t->hosts = n ? n * 2 : FIRST_SLOTS;
	t->host = calloc(t->hosts, sizeof *t->host);
	if (!t->host) {
		t->host = old;
		t->hosts = n;
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		if (old[i].ttl_min)
			*host_slot(t, &old[i].addr, old[i].vlan) = old[i];
	free(old);
	return 0;
}

static const uint8_t no_mac[6];

static void host_mac(struct conv_host *h, const uint8_t mac[6])
{
	unsigned at = 0;
	int d = 1;

	if (!memcmp(mac, no_mac, 6))
		return;
	while (at < h->n_mac && (d = memcmp(h->mac[at], mac, 6)) < 0)
		at++;
	if (at < h->n_mac && !d)
		return;
	h->more_macs |= h->n_mac == CONV_HOST_MACS;
	if (at == CONV_HOST_MACS)
		return;
	if (h->n_mac < CONV_HOST_MACS)
		h->n_mac++;
	for (unsigned i = h->n_mac - 1u; i > at; i--)
		memcpy(h->mac[i], h->mac[i - 1], 6);
	memcpy(h->mac[at], mac, 6);
}

/* The entry of an address, NULL when there is no room for more of them; -ENOMEM in *ret_err. */
static struct conv_host *host_get(struct conv_table *t, const struct addr *a, uint16_t vlan,
				  int *ret_err)
{
	*ret_err = 0;
	if ((t->n_host + 1) * 4 > t->hosts * 3 && t->n_host < HOSTS_MAX && hosts_grow(t) < 0) {
		*ret_err = -ENOMEM;
		return NULL;
	}

	struct conv_host *h = host_slot(t, a, vlan);

	if (!h->ttl_min) {
		if (t->n_host == HOSTS_MAX)
			return NULL;
		t->n_host++;
		*h = (struct conv_host){.addr = *a, .vlan = vlan, .ttl_min = UINT8_MAX};
	}
	return h;
}

static void host_ttl(struct conv_host *h, uint8_t ttl_min, uint8_t ttl_max)
{
	if (ttl_min < h->ttl_min)
		h->ttl_min = ttl_min;
	if (ttl_max > h->ttl_max)
		h->ttl_max = ttl_max;
}

/* How the packets of a host look here: what a RST in its name is held against. */
static int host_seen(struct conv_table *t, const struct addr *a, uint16_t vlan, uint8_t ttl,
		     const uint8_t mac[6])
{
	int err;
	struct conv_host *h = ttl ? host_get(t, a, vlan, &err) : NULL;

	if (!h)
		return ttl ? err : 0;
	host_ttl(h, ttl, ttl);
	host_mac(h, mac);
	return 0;
}

int conv_table_put_host(struct conv_table *t, const struct conv_host *from)
{
	int err;
	struct conv_host *h =
		from->ttl_min ? host_get(t, &from->addr, key_vlan(t, from->vlan), &err) : NULL;

	if (!h)
		return from->ttl_min ? err : 0;
	host_ttl(h, from->ttl_min, from->ttl_max);
	h->more_macs |= from->more_macs;
	for (unsigned i = 0; i < from->n_mac; i++)
		host_mac(h, from->mac[i]);
	return 0;
}

static bool foreign_mac(const struct conv_host *h, const uint8_t mac[6])
{
	if (!memcmp(mac, no_mac, 6) || !h->n_mac || h->more_macs)
		return false;
	for (unsigned i = 0; i < h->n_mac; i++)
		if (!memcmp(h->mac[i], mac, 6))
			return false;
	return true;
}

/* A RST in the server's name whose hop limit or MAC address none of the server's own packets has
 * comes from a device on the path. */
static void name_refuser(const struct conv_table *t, struct conv *c)
{
	if (c->refuser == REFUSER_NONE || c->icmp_class != ICMP_NOT_ERROR || !t->hosts ||
	    !addr_equal(&c->refused_by, &c->server))
		return;

	const struct conv_host *h = host_slot(t, &c->server, key_vlan(t, c->vlan));

	if (!h->ttl_min)
		return;
	if (!c->server_ttl)
		c->server_ttl = h->ttl_min;
	if (h->n_mac)
		memcpy(c->server_mac, h->mac[0], sizeof c->server_mac);
	if (c->refusal_ttl < h->ttl_min || c->refusal_ttl > h->ttl_max)
		c->refusal_signs |= REFUSAL_TTL;
	if (foreign_mac(h, c->refusal_mac))
		c->refusal_signs |= REFUSAL_MAC;
	if (c->refusal_signs & (REFUSAL_TTL | REFUSAL_MAC))
		c->refuser = REFUSER_OTHER;
}

/* Flows */

static bool is_group(const struct addr *a)
{
	return addr_is_multicast(a) || addr_is_broadcast(a);
}

static bool has_room(const struct conv_table *t)
{
	size_t n = t->convs.n + t->waiting.n;

	return n < t->o.max_conversations &&
	       (!t->o.max_memory || n * sizeof(struct conv) + t->rows.bytes < t->o.max_memory);
}

static int add(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f,
	       bool directed, bool group)
{
	struct set *s = directed ? &t->convs : &t->waiting;
	struct conv_key k = {
		&d->addr[0],         &d->addr[1], d->port[1], d->proto, directed ? -1 : d->port[0],
		key_vlan(t, d->vlan)};
	bool room = has_room(t);
	int err;
	struct conv *c = set_get(t, s, &k, room, &err);

	if (!c || (t->o.max_memory && !room && conv_flow_grows(c, d, f))) {
		t->evicted += err == 0;
		return err;
	}
	c->group = group;
	err = conv_flow(&t->rows, c, d, f);
	if (err < 0)
		return err;
	err = host_seen(t, &d->addr[0], k.vlan, d->client_ttl, d->mac[0]);
	return err < 0 ? err : host_seen(t, &d->addr[1], k.vlan, d->server_ttl, d->mac[1]);
}

int conv_table_add(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f)
{
	/* Nobody answers from a group: whoever sends to one asks. */
	if (is_group(&d->addr[1]))
		return add(t, d, f, true, true);
	if (is_group(&d->addr[0])) {
		struct flow_done flipped = flow_flip(d);

		return add(t, &flipped, f, true, true);
	}
	return add(t, d, f, d->directed, false);
}

/* Rows */

static int set_each(const struct set *s, bool waiting,
		    int (*fn)(void *user, const struct conv *c, bool waiting), void *user)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++)
		r = fn(user, &s->v[i], waiting);
	return r;
}

int conv_table_each(const struct conv_table *t,
		    int (*fn)(void *user, const struct conv *c, bool waiting), void *user)
{
	int r = set_each(&t->convs, false, fn, user);

	return r ? r : set_each(&t->waiting, true, fn, user);
}

int conv_table_each_host(const struct conv_table *t,
			 int (*fn)(void *user, const struct conv_host *h), void *user)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->hosts; i++)
		if (t->host[i].ttl_min)
			r = fn(user, &t->host[i]);
	return r;
}

int conv_table_put(struct conv_table *t, const struct conv *c, bool waiting)
{
	struct conv_key k = {&c->client,
			     &c->server,
			     c->port,
			     c->proto,
			     waiting ? c->client_port_min : -1,
			     key_vlan(t, c->vlan)};
	int err;
	struct conv *to = set_get(t, waiting ? &t->waiting : &t->convs, &k, has_room(t), &err);

	if (!to) {
		t->evicted += err ? 0 : c->flows;
		return err;
	}
	return conv_merge(&t->rows, to, c);
}

size_t conv_table_memory(const struct conv_table *t)
{
	return (t->convs.n + t->waiting.n) * sizeof(struct conv) + t->rows.bytes;
}

/* Directions */

static struct endpoint *end_slot(const struct conv_table *t, const struct addr *a, uint16_t port,
				 uint8_t proto, uint16_t vlan)
{
	uint64_t w[3];

	memcpy(w, a->b, 16);
	w[2] = (uint64_t)vlan << 32 | (uint64_t)port << 8 | proto;
	for (uint64_t i = siphash13_words(w, 3, &t->key);; i++) {
		struct endpoint *e = &t->end[i & (t->ends - 1)];

		if (!e->used || (e->port == port && e->proto == proto && e->vlan == vlan &&
				 addr_equal(&e->addr, a)))
			return e;
	}
}

static void count_peer(struct conv_table *t, const struct addr *a, uint16_t port, uint8_t proto,
		       uint16_t vlan)
{
	struct endpoint *e = end_slot(t, a, port, proto, vlan);

	e->addr = *a;
	e->port = port;
	e->proto = proto;
	e->vlan = vlan;
	e->used = true;
	e->peers++;
}

/* The entry of the same 5-tuple whose first sender was the other end. */
static const struct conv *reverse(const struct conv_table *t, const struct conv *c)
{
	struct conv_key k = {&c->server, &c->client, c->client_port_min,
			     c->proto,   c->port,    key_vlan(t, c->vlan)};
	const struct conv *r = set_find(t, &t->waiting, &k);

	return r != c ? r : NULL;
}

static bool is_lower(const struct conv *c)
{
	int order = addr_compare(&c->client, &c->server);

	return order < 0 || (order == 0 && c->client_port_min < c->port);
}

static int survey(struct conv_table *t)
{
	t->ends = FIRST_SLOTS;
	while (t->ends < t->waiting.n * 3)
		t->ends *= 2;
	t->end = calloc(t->ends, sizeof *t->end);
	if (!t->end)
		return -ENOMEM;
	for (size_t i = 0; i < t->waiting.n; i++) {
		const struct conv *c = &t->waiting.v[i];

		if (!is_lower(c) && reverse(t, c))
			continue;
		count_peer(t, &c->client, c->client_port_min, c->proto, key_vlan(t, c->vlan));
		count_peer(t, &c->server, c->port, c->proto, key_vlan(t, c->vlan));
	}
	for (size_t i = 0; i < t->convs.n; i++) {
		const struct conv *c = &t->convs.v[i];

		if (!c->group && c->reason <= DIR_MESSAGE) {
			struct endpoint *e =
				end_slot(t, &c->server, c->port, c->proto, key_vlan(t, c->vlan));

			e->server = e->used;
		}
	}
	return 0;
}

/* Which end of an entry that waits is the client: 0 as it stands, 1 the other. */
static unsigned decide(const struct conv_table *t, const struct conv *c,
		       enum dir_reason *ret_reason)
{
	const struct endpoint *a =
		end_slot(t, &c->client, c->client_port_min, c->proto, key_vlan(t, c->vlan));
	const struct endpoint *b = end_slot(t, &c->server, c->port, c->proto, key_vlan(t, c->vlan));

	*ret_reason = DIR_LEARNED;
	if (a->server != b->server)
		return a->server;

	bool known_a = false, known_b = false;

	if (t->o.known_port) {
		known_a = t->o.known_port(t->o.user, c->proto, c->client_port_min);
		known_b = t->o.known_port(t->o.user, c->proto, c->port);
	}
	*ret_reason = DIR_PORT;
	if (known_a != known_b)
		return known_a;
	*ret_reason = DIR_FAN_IN;
	if ((a->peers == 1) != (b->peers == 1))
		return b->peers == 1;

	const struct conv *r = reverse(t, c);

	*ret_reason = DIR_FIRST;
	if (!r || c->first_ns < r->first_ns)
		return 0;
	if (c->first_ns > r->first_ns)
		return 1;

	struct evidence mine = conv_earliest(c), theirs = conv_earliest(r);

	return evidence_compare(&mine, &theirs) > 0;
}

static int resolve(struct conv_table *t)
{
	for (size_t i = 0; i < t->waiting.n; i++) {
		struct conv c = t->waiting.v[i]; /* its rows are turned with it, where they stand */
		enum dir_reason reason;
		int err;

		if (decide(t, &c, &reason))
			conv_flip(&c);
		c.reason = reason;

		struct conv_key k = key_of_conv(t, &c);
		struct conv *to = set_get(t, &t->convs, &k, true, &err);

		if (to)
			err = conv_merge(&t->rows, to, &c);
		if (err < 0)
			return err;
	}
	return 0;
}

/* addr_compare() by words: a sort of millions asks little else. */
static int addr_order(const struct addr *a, const struct addr *b)
{
	uint64_t x[2], y[2];
	bool v4x, v4y;

	memcpy(x, a->b, sizeof x);
	memcpy(y, b->b, sizeof y);
	if (x[0] == y[0] && x[1] == y[1])
		return 0;
	for (unsigned i = 0; i < 2; i++) {
		x[i] = be64toh(x[i]);
		y[i] = be64toh(y[i]);
	}
	v4x = !x[0] && x[1] >> 32 == 0xffff;
	v4y = !y[0] && y[1] >> 32 == 0xffff;
	if (v4x != v4y)
		return v4x ? -1 : 1;
	if (x[0] != y[0])
		return x[0] < y[0] ? -1 : 1;
	return x[1] < y[1] ? -1 : 1;
}

static int by_key(const void *pa, const void *pb)
{
	const struct conv *a = pa, *b = pb;
	int order = addr_order(&a->client, &b->client);

	if (!order)
		order = addr_order(&a->server, &b->server);
	if (!order)
		order = (a->proto > b->proto) - (a->proto < b->proto);
	if (!order)
		order = (a->port > b->port) - (a->port < b->port);
	return order ? order : (a->vlan > b->vlan) - (a->vlan < b->vlan);
}

int conv_table_finish(struct conv_table *t, const struct conv **ret_convs, size_t *ret_n)
{
	int err = t->waiting.n ? survey(t) : 0;

	if (err == 0)
		err = resolve(t);
	if (err < 0)
		return err;
	set_done(&t->waiting);
	free(t->end);
	t->end = NULL;
	for (size_t i = 0; i < t->convs.n; i++)
		name_refuser(t, &t->convs.v[i]);
	if (t->convs.n)
		qsort(t->convs.v, t->convs.n, sizeof *t->convs.v, by_key);
	/* Their places changed, and nothing more is looked up. */
	free(t->convs.slot);
	t->convs.slot = NULL;
	t->convs.slots = 0;
	*ret_convs = t->convs.v;
	*ret_n = t->convs.n;
	return 0;
}
