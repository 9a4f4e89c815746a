// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bounds the result: clients of one network that share server, port, verdict and state become one
 * row once they are more than FOLD_CLIENTS. The row's conversation is their sum.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/radix.h"
#include "findings/fold.h"

static struct prefix network_of(const struct party *p)
{
	if (p->host && p->host->is_network && p->host->net)
		return *p->host->net;
	return prefix_of(&p->addr, 24, 64);
}

const char *fold_network(struct work *w, const struct party *p)
{
	struct prefix net = network_of(p);
	char text[ADDR_TEXT];

	/* Neighbours are mostly of one network. */
	if (!w->net_text || memcmp(&net, &w->net, sizeof net) != 0) {
		w->net = net;
		w->net_text = arena_strdup(w->a, prefix_format(&net, text));
	}
	return w->net_text;
}

struct net { /* of a party that is a client of something that may fold */
	uint32_t number;
	uint8_t bits;
	bool used;
};

/* What rows that fold share, in numbers. */
struct share {
	uint64_t hi, lo;
};

static struct share share_of(const struct item *it, const struct net *net)
{
	return (struct share){
		.hi = (uint64_t)net->number << 32 | it->server,
		.lo = (uint64_t)net->bits << 56 | (uint64_t)it->proto << 48 |
		      (uint64_t)it->port << 32 | (uint64_t)it->r.verdict << 16 |
		      (uint64_t)it->state,
	};
}

struct group {
	struct share s;
	size_t n;
	uint32_t fold; /* its number + 1; 0: none yet */
};

enum { FIRST_SLOTS = 256, RECENT_BITS = 8 };

struct groups {
	struct hash_key key;
	VEC(struct group) v;
	uint32_t *slot; /* number + 1; 0: free */
	size_t slots;
	uint32_t recent[1 << RECENT_BITS]; /* the same, of what was met a short while ago */
};

static bool may_fold(const struct work *w, const struct item *it)
{
	const struct host *h = w->party[it->client].host;

	return it->scope && !it->scan && !it->group && (!h || h->is_network);
}

static void app_sum(struct conv *into, const struct conv_app *a)
{
	struct conv_app *to = NULL;

	into->recognised |= a->app != APP_NONE;
	into->notes |= a->notes;
	for (unsigned i = 0; i < into->n_app && !to; i++)
		if (into->app[i].app == a->app)
			to = &into->app[i];
	if (!to && into->n_app < CONV_APPS) { /* there is room: see fold_run() */
		into->app[into->n_app++] = *a;
		return;
	}
	if (!to)
		to = &into->app[CONV_APPS - 1];
	to->flows += a->flows;
	to->notes |= a->notes;
	to->conf = a->conf > to->conf ? a->conf : to->conf;
	for (int s = 0; s < STATE_N; s++)
		to->by_state[s] += a->by_state[s];
	for (int s = 0; s < 2; s++)
		to->payload[s] += a->payload[s];
}

void conv_sum(struct conv *into, const struct conv *c)
{
	const struct conv_more *m = conv_more(c);
	struct conv_app room;

	into->flows += c->flows;
	into->fail->n += conv_fail(c)->n;
	into->fail->tries += conv_fail(c)->tries;
	into->more->rst_after_accept += m->rst_after_accept;
	into->more->rst_after_data += m->rst_after_data;
	for (int s = 0; s < STATE_N; s++)
		into->by_state[s] += c->by_state[s];
	for (int s = 0; s < 2; s++) {
		into->packets[s] += c->packets[s];
		into->bytes[s] += c->bytes[s];
		into->payload[s] += c->payload[s];
		into->more->unseen[s] += m->unseen[s];
	}
	if (c->first_ns < into->first_ns)
		into->first_ns = c->first_ns;
	if (c->last_ns > into->last_ns)
		into->last_ns = c->last_ns;
	if (c->ok_last_ns > into->ok_last_ns)
		into->ok_last_ns = c->ok_last_ns;
	if (c->reason < into->reason)
		into->reason = c->reason;
	if (c->client_port_min < into->client_port_min)
		into->client_port_min = c->client_port_min;
	if (c->client_port_max > into->client_port_max)
		into->client_port_max = c->client_port_max;
	for (unsigned i = 0; i < c->n_app; i++)
		app_sum(into, conv_app(c, i, &room));
}

/* A conversation that others can be added to: its figures are its own. NULL without memory. */
static struct conv *sum_of(struct arena *a, const struct conv *c)
{
	struct conv *sum = arena_alloc(a, sizeof *sum);
	struct conv_app *app = arena_alloc(a, CONV_APPS * sizeof *app);
	struct conv_fail *fail = arena_alloc(a, sizeof *fail);
	struct conv_more *more = arena_alloc(a, sizeof *more);
	struct conv_app room;

	if (!sum || !app || !fail || !more)
		return NULL;
	for (unsigned i = 0; i < c->n_app; i++)
		app[i] = *conv_app(c, i, &room);
	*fail = *conv_fail(c);
	*more = *conv_more(c);
	*sum = *c;
	sum->app = app;
	sum->alone = false;
	sum->fail = fail;
	sum->more = more;
	return sum;
}

/* Rows of protocols lie anywhere: they are asked for before they are needed. */
static void sum_ahead(const struct work *w, size_t i)
{
	enum { AHEAD = 12 };
	const struct item *it = i + AHEAD < w->n ? &w->item[i + AHEAD] : NULL;

	if (it && it->folded && it->conv && !it->conv->alone)
		prefetch(it->conv->app);
}

struct conv *fold_sum(struct work *w, struct fold_list *l, size_t item)
{
	struct conv **sum = &l->sum[l->of[item] - 1];

	sum_ahead(w, item);
	if (*sum)
		conv_sum(*sum, item_shown(w, &w->item[item]));
	else
		*sum = sum_of(w->a, item_conv(w, &w->item[item])); /* shares its rows */
	return *sum;
}

void fold_done(struct fold_list *l)
{
	vec_done(&l->v);
	free(l->of);
	free(l->sum);
	*l = (struct fold_list){0};
}

/* Numbers the networks of the clients of all that may fold, by their first addresses. How many
 * conversations that are; SIZE_MAX without memory. */
static size_t networks_number(const struct work *w, struct net *net)
{
	struct radix_key *key, *sorted;
	size_t may = 0, clients = 0, n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (may_fold(w, &w->item[i])) {
			clients += !net[w->item[i].client].used;
			net[w->item[i].client].used = true;
			may++;
		}
	if (may <= FOLD_CLIENTS)
		return may;
	key = malloc(2 * clients * sizeof *key);
	if (!key)
		return SIZE_MAX;
	for (size_t i = 0; i < w->n_party; i++) {
		struct prefix p;
		uint64_t half[2];

		if (!net[i].used)
			continue;
		p = network_of(&w->party[i]);
		memcpy(half, p.addr.b, sizeof half);
		net[i].bits = p.bits;
		key[n++] = (struct radix_key){half[0], half[1], (uint32_t)i};
	}
	sorted = radix_sort(key, key + n, n);
	for (size_t i = 0, number = 0; i < n; i++) {
		number +=
			i && (sorted[i].hi != sorted[i - 1].hi || sorted[i].lo != sorted[i - 1].lo);
		net[sorted[i].number].number = (uint32_t)number;
	}
	free(key);
	return may;
}

static bool same_share(const struct share *a, const struct share *b)
{
	return a->hi == b->hi && a->lo == b->lo;
}

static uint32_t *slot_of(const struct groups *g, const struct share *s)
{
	const uint64_t w[2] = {s->hi, s->lo};

	for (uint64_t i = siphash13_words(w, 2, &g->key);; i++) {
		uint32_t *slot = &g->slot[i & (g->slots - 1)];

		if (!*slot || same_share(&g->v.v[*slot - 1].s, s))
			return slot;
	}
}

static bool slots_grow(struct groups *g)
{
	size_t slots = g->slots ? 2 * g->slots : FIRST_SLOTS;
	uint32_t *slot = calloc(slots, sizeof *slot);

	if (!slot)
		return false;
	free(g->slot);
	g->slot = slot;
	g->slots = slots;
	for (size_t i = 0; i < g->v.n; i++)
		*slot_of(g, &g->v.v[i].s) = (uint32_t)i + 1;
	return true;
}

/* The group of those that share this; NULL without memory. */
static struct group *group_of(struct groups *g, const struct share *s)
{
	uint64_t mix = (s->hi * 31 ^ s->lo) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t *recent = &g->recent[mix >> (64 - RECENT_BITS)], *slot;

	if (*recent && same_share(&g->v.v[*recent - 1].s, s))
		return &g->v.v[*recent - 1];
	if ((g->v.n + 1) * 2 > g->slots && !slots_grow(g))
		return NULL;
	slot = slot_of(g, s);
	if (!*slot) {
		if (!vec_push(&g->v, ((struct group){.s = *s})))
			return NULL;
		*slot = (uint32_t)g->v.n;
	}
	*recent = *slot;
	return &g->v.v[*slot - 1];
}

/* Each item's group, of those that may fold; 0: it may not. */
static bool groups_make(const struct work *w, struct groups *g, const struct net *net, uint32_t *of)
{
	for (size_t i = 0; i < w->n; i++) {
		struct group *x;
		struct share s;

		if (!may_fold(w, &w->item[i]))
			continue;
		s = share_of(&w->item[i], &net[w->item[i].client]);
		x = group_of(g, &s);
		if (!x)
			return false;
		x->n++;
		of[i] = (uint32_t)(x - g->v.v) + 1;
	}
	return true;
}

/* Groups with more members than a result may have rows of become folds. */
static bool folds_number(struct work *w, struct fold_list *l, struct groups *g)
{
	for (size_t i = 0; i < w->n; i++) {
		struct group *one = l->of[i] ? &g->v.v[l->of[i] - 1] : NULL;

		if (!one)
			continue;
		if (one->n <= FOLD_CLIENTS) {
			l->of[i] = 0;
			continue;
		}
		if (!one->fold) {
			if (!vec_push(&l->v, ((struct fold){(uint32_t)i, one->n})))
				return false;
			one->fold = (uint32_t)l->v.n;
		}
		l->of[i] = one->fold;
		w->item[i].folded = true;
	}
	return true;
}

static bool folds_make(struct work *w, struct fold_list *l, const struct net *net)
{
	struct groups g = {.key = hash_key_random()};
	bool ok;

	l->of = calloc(w->n, sizeof *l->of);
	ok = l->of && groups_make(w, &g, net, l->of) && folds_number(w, l, &g);
	vec_done(&g.v);
	free(g.slot);
	if (ok && l->v.n) {
		l->sum = calloc(l->v.n, sizeof *l->sum);
		ok = l->sum;
	}
	return ok;
}

bool fold_make(struct work *w, struct fold_list *l)
{
	struct net *net = calloc(w->n_party + 1, sizeof *net);
	size_t may = net ? networks_number(w, net) : SIZE_MAX;
	bool ok = may != SIZE_MAX;

	/* So few are shown one by one, whoever they are. */
	if (ok && may > FOLD_CLIENTS)
		ok = folds_make(w, l, net);
	free(net);
	return ok;
}
