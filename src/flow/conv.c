// SPDX-License-Identifier: BSD-2-Clause
/*
 * conv - the table of conversations.
 *
 * Directed flows go straight into their conversation. The others wait as if their first sender were
 * the client, one entry for each (first sender, other end) with both ports, until every flow is
 * known (conv_direction.c).
 */
#include "flow/conv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"
#include "flow/conv_table.h"

enum { FIRST_SLOTS = 64 };
#define DEFAULT_CONVERSATIONS ((size_t)2000000)

struct conv_table *conv_table_new(const struct conv_options *o)
{
	struct conv_table *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->o = *o;
	t->rows.arena = &t->arena;
	t->key = t->addrs.key = o->key ? *o->key : hash_key_random();
	t->addrs.bank = t->arena.bank = o->bank;
	if (!t->o.max_conversations)
		t->o.max_conversations = DEFAULT_CONVERSATIONS;
	return t;
}

static void set_done(struct conv_set *s, struct bank *bank)
{
	bulk_done(&s->convs, bank);
	free(s->slot);
	*s = (struct conv_set){0};
}

struct conv_table *conv_table_free(struct conv_table *t)
{
	if (!t)
		return NULL;
	set_done(&t->convs, t->o.bank);
	set_done(&t->waiting, t->o.bank);
	bulk_done(&t->attempts.bulk, t->o.bank);
	arena_done(&t->arena);
	end_table_done(&t->addrs);
	bulk_done(&t->addr, t->o.bank);
	bulk_done(&t->endpoints, t->o.bank);
	free(t->flows);
	free(t);
	return NULL;
}

uint64_t conv_table_evicted(const struct conv_table *t)
{
	return t->evicted;
}

uint32_t conv_key_tag(const struct conv_table *t, const struct conv_key *k)
{
	uint64_t w[2] = {
		(uint64_t)k->client << 32 | k->server,
		(uint64_t)(uint32_t)k->cport << 32 | (uint64_t)k->port << 8 | k->proto,
	};

	return (uint32_t)siphash13_words(w, 2, &t->key);
}

static bool same(const struct conv *c, const struct conv_key *k)
{
	return c->client_no == k->client && c->server_no == k->server && c->port == k->port &&
	       c->proto == k->proto && (k->cport < 0 || c->client_port_min == k->cport);
}

static struct conv_slot *set_slot(const struct conv_set *s, const struct conv_key *k, uint32_t tag)
{
	for (size_t i = tag;; i++) {
		struct conv_slot *slot = &s->slot[i & (s->slots - 1)];

		if (!slot->at)
			return slot;
		assert(s->v); /* what a slot names is there */
		if (slot->tag == tag && same(&s->v[slot->at - 1], k))
			return slot;
	}
}

const struct conv *conv_set_find(const struct conv_set *s, const struct conv_key *k, uint32_t tag)
{
	const struct conv_slot *slot = s->slots ? set_slot(s, k, tag) : NULL;

	return slot && slot->at ? &s->v[slot->at - 1] : NULL;
}

static bool set_grow(struct conv_set *s)
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

void conv_set_fetch_slot(const struct conv_set *s, uint32_t tag)
{
	if (s->slots)
		prefetch(&s->slot[tag & (s->slots - 1)]);
}

void conv_set_fetch(const struct conv_set *s, uint32_t tag)
{
	const struct conv_slot *slot = s->slots ? &s->slot[tag & (s->slots - 1)] : NULL;

	if (!slot || !slot->at || slot->tag != tag)
		return;
	for (size_t at = 0; at < sizeof *s->v; at += CACHELINE)
		prefetch((const char *)&s->v[slot->at - 1] + at);
}

struct conv *conv_set_get(struct conv_table *t, struct conv_set *s, const struct conv_key *k,
			  bool may_make, int *ret_err)
{
	return conv_set_get_tagged(t, s, k, conv_key_tag(t, k), may_make, ret_err);
}

bool conv_set_room(struct conv_table *t, struct conv_set *s)
{
	if (!bulk_room(&s->convs, t->o.bank, (s->n + 1) * sizeof *s->v))
		return false;
	s->v = s->convs.v;
	return true;
}

void conv_set_cut(struct conv_table *t, struct conv_set *s, size_t n)
{
	bulk_cut(&s->convs, t->o.bank, n * sizeof *s->v);
	s->v = s->convs.v;
	s->n = n;
}

struct conv *conv_set_place(struct conv_table *t, struct conv_set *s, const struct conv_key *k,
			    uint32_t tag, bool may_make, bool *ret_new, int *ret_err)
{
	struct conv_slot *slot = s->slots ? set_slot(s, k, tag) : NULL;

	*ret_err = 0;
	*ret_new = false;
	if (slot && slot->at)
		return &s->v[slot->at - 1];
	if (!may_make)
		return NULL;
	if ((s->n + 1) * 4 > s->slots * 3) {
		if (!set_grow(s)) {
			*ret_err = -ENOMEM;
			return NULL;
		}
		slot = set_slot(s, k, tag);
	}
	if (!conv_set_room(t, s)) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	assert(s->v && slot);
	*ret_new = true;
	*slot = (struct conv_slot){(uint32_t)++s->n, tag};
	return &s->v[s->n - 1];
}

struct conv *conv_set_get_tagged(struct conv_table *t, struct conv_set *s, const struct conv_key *k,
				 uint32_t tag, bool may_make, int *ret_err)
{
	bool is_new;
	struct conv *c = conv_set_place(t, s, k, tag, may_make, &is_new, ret_err);

	if (!is_new)
		return c;
	conv_init(c, &t->addrs.v[k->client].addr, &t->addrs.v[k->server].addr, k->port, k->proto);
	c->client_no = k->client;
	c->server_no = k->server;
	if (t->o.vlan_key)
		c->vlan = t->addrs.v[k->client].vlan;
	if (k->cport >= 0)
		c->client_port_min = c->client_port_max = (uint16_t)k->cport;
	return c;
}

/* A RST in the server's name whose hop limit or MAC address none of the server's own packets has
 * comes from a device on the path. */
static void name_refuser(const struct conv_table *t, struct conv *c)
{
	struct conv_refusal *r = c->fail ? c->fail->refusal : NULL;
	const struct conv_host *e;

	if (!r || r->icmp_class != ICMP_NOT_ERROR || !addr_equal(&r->by, &c->server))
		return;
	e = &t->addrs.v[c->server_no];
	if (!e->ttl_min)
		return;
	if (!c->server_ttl)
		c->server_ttl = e->ttl_min;
	if (e->n_mac)
		memcpy(r->server_mac, e->mac[0], sizeof r->server_mac);
	if (r->ttl < e->ttl_min || r->ttl > e->ttl_max)
		r->signs |= REFUSAL_TTL;
	if (!end_has_mac(e, r->mac))
		r->signs |= REFUSAL_MAC;
	if (r->signs & (REFUSAL_TTL | REFUSAL_MAC))
		r->who = REFUSER_OTHER;
}

/* Flows */

static bool is_group(const struct addr *a)
{
	return addr_is_multicast(a) || addr_is_broadcast(a);
}

bool conv_table_has_room(const struct conv_table *t)
{
	return t->convs.n + t->waiting.n + t->attempts.n < t->o.max_conversations &&
	       (!t->o.max_memory || conv_table_memory(t) < t->o.max_memory);
}

int conv_put_flow(struct conv_table *t, struct conv *c, const struct conv_key *k,
		  const struct flow_done *d, const struct conv_facts *f, bool group)
{
	int err;

	c->group = group;
	err = conv_flow(&t->rows, c, d, f);
	end_look(&t->addrs.v[k->client], d->client_ttl, d->client_ttl, d->mac[0]);
	end_look(&t->addrs.v[k->server], d->server_ttl, d->server_ttl, d->mac[1]);
	return err;
}

int conv_add_now(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f,
		 bool directed, bool group)
{
	struct conv_set *s = directed ? &t->convs : &t->waiting;
	uint16_t vlan = conv_key_vlan(t, d->vlan);
	bool room = conv_table_has_room(t);
	struct conv_key k = {
		.client = end_number(&t->addrs, &d->addr[0], vlan, room),
		.server = end_number(&t->addrs, &d->addr[1], vlan, room),
		.port = d->port[1],
		.proto = d->proto,
		.cport = directed ? -1 : d->port[0],
	};
	bool known = k.client != END_NONE && k.server != END_NONE;
	int err = room && !known ? -ENOMEM : 0;
	struct conv *c = known ? conv_set_get(t, s, &k, room, &err) : NULL;

	if (!c || (t->o.max_memory && !room && conv_flow_grows(c, d, f))) {
		t->evicted += err == 0;
		return err;
	}
	return conv_put_flow(t, c, &k, d, f, group);
}

static int add(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f,
	       bool directed, bool group)
{
	int err;

	if (conv_line_takes(t, f))
		return conv_line_put(t, d, f, directed, group);
	err = conv_line_flush(t);
	return err ? err : conv_add_now(t, d, f, directed, group);
}

int conv_table_settle(struct conv_table *t)
{
	int err = attempts_flush(t); /* some of which are taken for flows */

	return err ? err : conv_line_flush(t);
}

int conv_table_add(struct conv_table *t, const struct flow_done *d, const struct conv_facts *f)
{
	int err = attempts_make_room(t);

	if (err)
		return err;
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

static int set_each(const struct conv_set *s, bool waiting,
		    int (*fn)(void *user, const struct conv *c, bool waiting), void *user)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++)
		r = fn(user, &s->v[i], waiting);
	return r;
}

int conv_table_each(struct conv_table *t, int (*fn)(void *user, const struct conv *c, bool waiting),
		    void *user)
{
	int r = conv_table_settle(t);

	r = r ? r : set_each(&t->convs, false, fn, user);
	r = r ? r : set_each(&t->waiting, true, fn, user);
	return r ? r : attempts_each(t, fn, user);
}

int conv_table_each_host(struct conv_table *t, int (*fn)(void *user, const struct conv_host *h),
			 void *user)
{
	int r = conv_table_settle(t);

	for (size_t i = 0; r == 0 && i < t->addrs.n; i++)
		if (t->addrs.v[i].ttl_min)
			r = fn(user, &t->addrs.v[i]);
	return r;
}

int conv_table_put(struct conv_table *t, const struct conv *c, bool waiting)
{
	struct conv_set *s = waiting ? &t->waiting : &t->convs;
	uint16_t vlan = conv_key_vlan(t, c->vlan);
	int err = conv_line_flush(t);
	bool room = conv_table_has_room(t);
	struct conv_key k = {
		.client = end_number(&t->addrs, &c->client, vlan, room),
		.server = end_number(&t->addrs, &c->server, vlan, room),
		.port = c->port,
		.proto = c->proto,
		.cport = waiting ? c->client_port_min : -1,
	};
	bool known = k.client != END_NONE && k.server != END_NONE;
	struct conv *to;

	if (err)
		return err;
	err = room && !known ? -ENOMEM : 0;
	to = known ? conv_set_get(t, s, &k, room, &err) : NULL;
	if (!to) {
		t->evicted += err ? 0 : c->flows;
		return err;
	}
	return conv_merge(&t->rows, to, c);
}

int conv_table_put_host(struct conv_table *t, const struct conv_host *from)
{
	uint16_t vlan = conv_key_vlan(t, from->vlan);
	int err = conv_line_flush(t);
	bool room = conv_table_has_room(t);
	uint32_t no = end_number(&t->addrs, &from->addr, vlan, room);
	struct conv_host *h = no != END_NONE ? &t->addrs.v[no] : NULL;

	if (!h)
		return !err && room ? -ENOMEM : err;
	end_merge(h, from);
	return err;
}

size_t conv_table_memory(const struct conv_table *t)
{
	return (t->convs.n + t->waiting.n) * sizeof(struct conv) + t->rows.bytes +
	       (t->attempts.n + t->n_line) * ATTEMPT_CHARGE + (size_t)t->n_flow * FLOW_CHARGE +
	       end_table_bytes(&t->addrs);
}

static int put_in_order(struct conv_table *t, bool apart, struct ends *ret_ends)
{
	int err = conv_table_settle(t);

	if (err == 0 && t->waiting.n)
		err = conv_table_directions(t);
	if (err < 0)
		return err;
	set_done(&t->waiting, t->o.bank);
	for (size_t i = 0; i < t->convs.n; i++) {
		conv_complete(&t->convs.v[i]);
		name_refuser(t, &t->convs.v[i]);
	}
	/* Their places change, and nothing more is looked up. */
	free(t->convs.slot);
	t->convs.slot = NULL;
	t->convs.slots = 0;
	return conv_table_sort(t, apart, ret_ends);
}

static int finish(struct conv_table *t, bool apart, struct ends *ret_ends)
{
	int err = put_in_order(t, apart, ret_ends);

	if (!apart)
		bank_done(t->o.bank);
	return err;
}

int conv_table_finish(struct conv_table *t, const struct conv **ret_convs, size_t *ret_n,
		      struct ends *ret_ends)
{
	int err = finish(t, false, ret_ends);

	if (err < 0)
		return err;
	*ret_convs = t->convs.v;
	*ret_n = t->convs.n;
	return 0;
}

int conv_table_finish_apart(struct conv_table *t, struct conv_list *ret)
{
	int err = finish(t, true, &ret->ends);

	if (err < 0)
		return err;
	ret->v = t->convs.v;
	ret->n = t->convs.n;
	ret->attempt = t->attempts.v;
	ret->n_attempt = t->attempts.n;
	return 0;
}
