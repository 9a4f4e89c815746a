// SPDX-License-Identifier: BSD-2-Clause
/*
 * Grants by the address where they hold. An answer holds at the address that gave it, at the one
 * that it names, and, more weakly, at every other address of the same host of the site file.
 */
#include "findings/grant.h"

#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "findings/work.h"

/* Servers keep their ports until they start again; domain controllers do so within weeks, but what
 * an answer says is taken for old after a day. */
#define GRANT_LIFE_NS (INT64_C(24) * 3600 * NS_PER_S)

struct entry {
	struct addr at;
	uint16_t port;
	uint8_t proto;
	bool alias; /* the answer names this address; another one gave it */
	const struct grant *g;
};

struct ifaces {
	struct rpc_iface v[CONV_IFACES];
	uint8_t n;
};

struct group { /* entries of one address, protocol, port */
	size_t from, to;
	bool alias;
	bool plain; /* an answer without an interface */
	bool used;
	/* By whether their bind was seen: the earliest, and the one that was told last. */
	const struct grant *first[2], *fresh[2];
	struct ifaces asked, listed;
};

struct grant_index {
	const struct work *w;
	VEC(struct entry) entries;
	VEC(struct group) groups;
};

const char *rpc_tie_name(enum rpc_tie t)
{
	static const char *const names[RPC_TIE_N] = {
		[RPC_TIE_SAME_CLIENT] = "same-client",
		[RPC_TIE_OTHER_CLIENT] = "other-client",
		[RPC_TIE_LATER] = "later",
		[RPC_TIE_OTHER_ADDRESS] = "other-address",
		[RPC_TIE_ALIAS] = "alias",
		[RPC_TIE_EXPIRED] = "expired",
		[RPC_TIE_ASSUMED] = "assumed",
	};

	return t < RPC_TIE_N ? names[t] : NULL;
}

uint8_t grant_transport(const struct granted *g)
{
	if (!g->port)
		return 0;
	switch (g->proto) {
	case GRANTED_TCP:
	case GRANTED_HTTP:
		return IPPROTO_NR_TCP;
	case GRANTED_UDP:
		return IPPROTO_NR_UDP;
	case GRANTED_NONE:
	case GRANTED_PIPE:
		break;
	}
	return 0;
}

bool grant_of_rpc(const struct grant *g)
{
	return g->g.how <= GRANT_ACTIVATION && grant_transport(&g->g);
}

/* ------------------------------------------------------------------ order */

static int place_order(const struct entry *x, const struct entry *y)
{
	int d = memcmp(&x->at, &y->at, sizeof x->at);

	if (!d)
		d = (int)x->proto - (int)y->proto;
	if (!d)
		d = (int)x->port - (int)y->port;
	return d ? d : (int)x->alias - (int)y->alias;
}

static int grant_order(const struct grant *x, const struct grant *y)
{
	int d;

	if (evidence_before(&x->first, &y->first))
		return -1;
	if (evidence_before(&y->first, &x->first))
		return 1;
	d = (int)x->g.how - (int)y->g.how;
	if (!d)
		d = memcmp(x->g.uuid, y->g.uuid, sizeof x->g.uuid);
	return d ? d : (x > y) - (x < y);
}

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int d = place_order(x, y);

	if (!d)
		d = memcmp(&x->g->client, &y->g->client, sizeof x->g->client);
	return d ? d : grant_order(x->g, y->g);
}

/* ------------------------------------------------------------------ interfaces */

static int iface_order(const struct rpc_iface *x, const struct rpc_iface *y)
{
	int d = memcmp(x->uuid, y->uuid, sizeof x->uuid);

	if (!d)
		d = (int)x->major - (int)y->major;
	return d ? d : (int)x->minor - (int)y->minor;
}

/* The smallest, each once: which ones are kept does not depend on who asked first. */
static void iface_add(struct ifaces *s, const struct granted *g)
{
	struct rpc_iface one = {.major = g->major, .minor = g->minor};
	unsigned at = 0;

	memcpy(one.uuid, g->uuid, sizeof one.uuid);
	while (at < s->n && iface_order(&s->v[at], &one) < 0)
		at++;
	if (at == CONV_IFACES || (at < s->n && !iface_order(&s->v[at], &one)))
		return;
	if (s->n < CONV_IFACES)
		s->n++;
	memmove(&s->v[at + 1], &s->v[at], (s->n - at - 1U) * sizeof *s->v);
	s->v[at] = one;
}

static void offers(const struct grant *g, struct ifaces *asked, struct ifaces *listed, bool *plain)
{
	if (!g->g.has_iface)
		*plain = true;
	else
		iface_add(g->g.how == GRANT_EPM_LOOKUP ? listed : asked, &g->g);
}

static void take(struct grant_hit *h, const struct ifaces *s, bool listed)
{
	memcpy(h->iface, s->v, sizeof h->iface);
	h->n_iface = s->n;
	h->listed = listed;
}

/* What was asked for by name is what the port is for; a list of all that there is comes last. */
static void take_best(struct grant_hit *h, const struct ifaces *asked, const struct ifaces *listed,
		      bool plain)
{
	if (asked->n)
		take(h, asked, false);
	else if (!plain)
		take(h, listed, true);
}

/* ------------------------------------------------------------------ the index */

static bool entry_add(struct grant_index *x, const struct addr *at, const struct grant *g,
		      bool alias)
{
	return vec_push(&x->entries, ((struct entry){.at = *at,
						     .port = g->g.port,
						     .proto = grant_transport(&g->g),
						     .alias = alias,
						     .g = g}));
}

static void group_take(struct group *r, const struct grant *g)
{
	const struct grant **first = &r->first[g->assumed], **fresh = &r->fresh[g->assumed];

	if (!*first || grant_order(g, *first) < 0)
		*first = g;
	if (!*fresh || g->last_ns > (*fresh)->last_ns ||
	    (g->last_ns == (*fresh)->last_ns && grant_order(g, *fresh) < 0))
		*fresh = g;
	offers(g, &r->asked, &r->listed, &r->plain);
}

static bool groups_make(struct grant_index *x)
{
	for (size_t i = 0, k; i < x->entries.n; i = k) {
		struct group r = {.from = i, .alias = x->entries.v[i].alias};

		for (k = i; k < x->entries.n && !place_order(&x->entries.v[i], &x->entries.v[k]);
		     k++)
			group_take(&r, x->entries.v[k].g);
		r.to = k;
		if (!vec_push(&x->groups, r))
			return false;
	}
	return true;
}

struct grant_index *grant_index_new(const struct work *w)
{
	struct grant_index *x = calloc(1, sizeof *x);
	bool ok = x != NULL;

	if (!x)
		return NULL;
	x->w = w;
	for (size_t i = 0; ok && i < w->in->n_grants; i++) {
		const struct grant *g = &w->in->grants[i];

		if (!grant_of_rpc(g))
			continue;
		ok = entry_add(x, &g->server, g, false);
		if (ok && g->g.has_alias && !addr_equal(&g->g.alias, &g->server) &&
		    !addr_is_loopback(&g->g.alias) && !addr_is_multicast(&g->g.alias))
			ok = entry_add(x, &g->g.alias, g, true);
	}
	if (ok && x->entries.n)
		qsort(x->entries.v, x->entries.n, sizeof *x->entries.v, entry_order);
	if (!ok || !groups_make(x))
		return grant_index_free(x);
	return x;
}

struct grant_index *grant_index_free(struct grant_index *x)
{
	if (x) {
		vec_done(&x->entries);
		vec_done(&x->groups);
		free(x);
	}
	return NULL;
}

static struct group *group_at(const struct grant_index *x, const struct addr *at, uint8_t proto,
			      uint16_t port, bool alias)
{
	const struct entry key = {.at = *at, .port = port, .proto = proto, .alias = alias};
	size_t lo = 0, hi = x->groups.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = place_order(&x->entries.v[x->groups.v[mid].from], &key);

		if (!d)
			return &x->groups.v[mid];
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Where the entries of this client begin. */
static size_t client_first(const struct grant_index *x, const struct group *r,
			   const struct addr *client)
{
	size_t lo = r->from, hi = r->to;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (memcmp(&x->entries.v[mid].g->client, client, sizeof *client) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ------------------------------------------------------------------ the best answer */

struct place {
	bool alias, other; /* other: another address of the server's host */
};

static enum rpc_tie tie_of(const struct grant *g, const struct conv *c, bool told, struct place p)
{
	if (g->assumed)
		return RPC_TIE_ASSUMED;
	if (c->first_ns - g->last_ns > GRANT_LIFE_NS)
		return RPC_TIE_EXPIRED;
	if (p.alias)
		return RPC_TIE_ALIAS;
	if (p.other)
		return RPC_TIE_OTHER_ADDRESS;
	if (g->first.ts_ns > c->first_ns)
		return RPC_TIE_LATER;
	return told ? RPC_TIE_SAME_CLIENT : RPC_TIE_OTHER_CLIENT;
}

/* True when it is better than what there was. */
static bool offer(struct grant_hit *h, const struct grant *g, const struct conv *c, bool told,
		  struct place p)
{
	enum rpc_tie tie = tie_of(g, c, told, p);

	if (h->g && (h->tie < tie || (h->tie == tie && grant_order(h->g, g) <= 0)))
		return false;
	h->g = g;
	h->tie = tie;
	return true;
}

static void look_told(const struct grant_index *x, const struct group *r, const struct conv *c,
		      const struct addr *client, struct place p, struct grant_hit *h)
{
	struct ifaces asked = {0}, listed = {0};
	bool plain = false, better = false;

	for (size_t i = client_first(x, r, client);
	     i < r->to && addr_equal(&x->entries.v[i].g->client, client); i++) {
		better |= offer(h, x->entries.v[i].g, c, true, p);
		offers(x->entries.v[i].g, &asked, &listed, &plain);
	}
	if (better) {
		h->n_iface = 0;
		take_best(h, &asked, &listed, plain);
	}
}

static void look_all(const struct group *r, const struct conv *c, struct place p,
		     struct grant_hit *h)
{
	bool better = false;

	for (int k = 0; k < 2; k++) {
		if (r->first[k])
			better |= offer(h, r->first[k], c, false, p);
		if (r->fresh[k])
			better |= offer(h, r->fresh[k], c, false, p);
	}
	if (better) {
		h->n_iface = 0;
		take_best(h, &r->asked, &r->listed, r->plain);
	}
}

static const struct host *host_of(const struct grant_index *x, const struct addr *a)
{
	const struct host *h = inventory_find(x->w->site->inventory, a);

	return h && !h->is_network ? h : NULL;
}

typedef void (*group_fn)(const struct grant_index *x, struct group *r, const struct conv *c,
			 struct place p, void *user);

static void each_group(const struct grant_index *x, const struct conv *c, group_fn fn, void *user)
{
	const struct host *server;

	if (!x || !x->groups.n)
		return;
	for (int alias = 0; alias < 2; alias++) {
		struct group *r = group_at(x, &c->server, c->proto, c->port, alias);

		if (r)
			fn(x, r, c, (struct place){.alias = alias}, user);
	}
	server = host_of(x, &c->server);
	for (size_t i = 0; server && i < server->n_addr; i++) {
		struct group *r = addr_equal(&server->addr[i], &c->server)
					  ? NULL
					  : group_at(x, &server->addr[i], c->proto, c->port, false);

		if (r)
			fn(x, r, c, (struct place){.other = true}, user);
	}
}

struct finder {
	const struct host *client;
	struct grant_hit own, any;
};

static void find_in(const struct grant_index *x, struct group *r, const struct conv *c,
		    struct place p, void *user)
{
	struct finder *f = user;

	look_told(x, r, c, &c->client, p, &f->own);
	for (size_t i = 0; f->client && i < f->client->n_addr; i++)
		if (!addr_equal(&f->client->addr[i], &c->client))
			look_told(x, r, c, &f->client->addr[i], p, &f->own);
	look_all(r, c, p, &f->any);
}

bool grant_find(const struct grant_index *x, const struct conv *c, struct grant_hit *ret)
{
	struct finder f = {0};

	*ret = (struct grant_hit){0};
	if (!x || !x->groups.n)
		return false;
	f.client = host_of(x, &c->client);
	each_group(x, c, find_in, &f);
	if (!f.any.g)
		return false;
	*ret = f.own.g ? f.own : f.any;
	ret->own = f.own.g;
	/* What another was told before may be the better reason; what it is for, the client knows
	 * best. */
	if (f.own.g && f.any.tie < f.own.tie) {
		ret->g = f.any.g;
		ret->tie = f.any.tie;
	}
	return true;
}

static void note_group(const struct grant_index *x, struct group *r, const struct conv *c,
		       struct place p, void *user)
{
	bool *there = user;

	(void)x;
	(void)r;
	(void)c;
	(void)p;
	*there = true;
}

bool grant_of_port(const struct grant_index *x, const struct addr *server, uint8_t proto,
		   uint16_t port)
{
	bool there = false;

	/* Only then there is a conversation to make up for the question. */
	if (x && x->groups.n) {
		const struct conv c = {.server = *server, .proto = proto, .port = port};

		each_group(x, &c, note_group, &there);
	}
	return there;
}

/* ------------------------------------------------------------------ use */

static void use_in(const struct grant_index *x, struct group *r, const struct conv *c,
		   struct place p, void *user)
{
	(void)x;
	(void)c;
	(void)p;
	(void)user;
	r->used = true;
}

void grant_use(struct grant_index *x, const struct conv *c)
{
	each_group(x, c, use_in, NULL);
}

bool grant_unused(const struct grant_index *x, const struct grant *g)
{
	const struct group *r = group_at(x, &g->server, grant_transport(&g->g), g->g.port, false);

	if (r && r->used)
		return false;
	r = g->g.has_alias ? group_at(x, &g->g.alias, grant_transport(&g->g), g->g.port, true)
			   : NULL;
	return !r || !r->used;
}
