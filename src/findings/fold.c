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

/* What rows that fold share, in numbers; and the item. */
static struct radix_key key_of(const struct item *it, const struct net *net, size_t number)
{
	return (struct radix_key){
		.hi = (uint64_t)net->number << 32 | it->server,
		.lo = (uint64_t)net->bits << 56 | (uint64_t)it->proto << 48 |
		      (uint64_t)it->port << 32 | (uint64_t)it->r.verdict << 16 |
		      (uint64_t)it->state,
		.number = (uint32_t)number,
	};
}

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
		app_sum(into, &c->app[i]);
}

/* A conversation that others can be added to: its figures are its own. NULL without memory. */
static struct conv *sum_of(struct arena *a, const struct conv *c)
{
	struct conv *sum = arena_alloc(a, sizeof *sum);
	struct conv_app *app = arena_alloc(a, CONV_APPS * sizeof *app);
	struct conv_fail *fail = arena_alloc(a, sizeof *fail);
	struct conv_more *more = arena_alloc(a, sizeof *more);

	if (!sum || !app || !fail || !more)
		return NULL;
	if (c->n_app)
		memcpy(app, c->app, c->n_app * sizeof *app);
	*fail = *conv_fail(c);
	*more = *conv_more(c);
	*sum = *c;
	sum->app = app;
	sum->fail = fail;
	sum->more = more;
	return sum;
}

static bool fold_run(struct work *w, struct fold_list *l, const struct radix_key *v, size_t n)
{
	struct fold f = {.first = v[0].number, .number = (uint32_t)l->v.n, .n = n};

	if (!l->of)
		l->of = calloc(w->n, sizeof *l->of);
	if (!l->of)
		return false;
	for (size_t i = 0; i < n; i++) {
		w->item[v[i].number].folded = true;
		l->of[v[i].number] = f.number + 1;
	}
	return vec_push(&l->v, f);
}

/* Rows of protocols lie anywhere: they are asked for before they are needed. */
static void sum_ahead(const struct work *w, size_t i)
{
	enum { AHEAD = 12 };
	const struct item *it = i + AHEAD < w->n ? &w->item[i + AHEAD] : NULL;

	if (it && it->folded && it->conv)
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

static int by_first(const void *a, const void *b)
{
	const struct fold *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
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

/* Items that may fold, by what they share. False without memory. */
static bool folds_make(struct work *w, struct fold_list *l, const struct net *net, size_t may)
{
	struct radix_key *key = malloc(2 * may * sizeof *key), *v;
	bool ok = key;
	size_t n = 0;

	for (size_t i = 0; ok && i < w->n; i++)
		if (may_fold(w, &w->item[i]))
			key[n++] = key_of(&w->item[i], &net[w->item[i].client], i);
	v = ok ? radix_sort(key, key + n, n) : NULL;
	for (size_t i = 0, k; ok && i < n; i = k) {
		for (k = i + 1; k < n && v[k].hi == v[i].hi && v[k].lo == v[i].lo; k++)
			;
		if (k - i > FOLD_CLIENTS)
			ok = fold_run(w, l, &v[i], k - i);
	}
	free(key);
	return ok;
}

bool fold_make(struct work *w, struct fold_list *l)
{
	struct net *net = calloc(w->n_party + 1, sizeof *net);
	size_t may = net ? networks_number(w, net) : SIZE_MAX;
	bool ok = may != SIZE_MAX;

	/* So few are shown one by one, whoever they are. */
	if (ok && may > FOLD_CLIENTS)
		ok = folds_make(w, l, net, may);
	if (l->v.n) {
		qsort(l->v.v, l->v.n, sizeof *l->v.v, by_first);
		l->sum = calloc(l->v.n, sizeof *l->sum);
		ok = ok && l->sum;
	}
	free(net);
	return ok;
}
