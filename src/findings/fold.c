// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bounds the result: clients of one network that share server, port, verdict and state become one
 * row once they are more than FOLD_CLIENTS. The row's conversation is their sum.
 */
#include <stdlib.h>
#include <string.h>

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

	return arena_strdup(w->a, prefix_format(&net, text));
}

struct key {
	struct prefix net;
	uint32_t item;
};

static int key_order(const void *a, const void *b, void *user)
{
	const struct work *w = user;
	const struct key *x = a, *y = b;
	const struct item *p = &w->item[x->item], *q = &w->item[y->item];
	int d = memcmp(x->net.addr.b, y->net.addr.b, sizeof x->net.addr.b);

	if (!d)
		d = (int)x->net.bits - (int)y->net.bits;
	if (!d && p->server != q->server)
		d = p->server < q->server ? -1 : 1;
	if (!d)
		d = (int)p->c->proto - (int)q->c->proto;
	if (!d)
		d = (int)p->c->port - (int)q->c->port;
	if (!d)
		d = (int)p->r.verdict - (int)q->r.verdict;
	if (!d)
		d = (int)p->c->state - (int)q->c->state;
	return d;
}

static int key_full(const void *a, const void *b, void *user)
{
	const struct key *x = a, *y = b;
	int d = key_order(a, b, user);

	return d ? d : (x->item > y->item) - (x->item < y->item);
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
	into->flows += c->flows;
	into->fails += c->fails;
	into->tries += c->tries;
	into->rst_after_accept += c->rst_after_accept;
	into->rst_after_data += c->rst_after_data;
	for (int s = 0; s < STATE_N; s++)
		into->by_state[s] += c->by_state[s];
	for (int s = 0; s < 2; s++) {
		into->packets[s] += c->packets[s];
		into->bytes[s] += c->bytes[s];
		into->payload[s] += c->payload[s];
		into->unseen[s] += c->unseen[s];
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

static bool fold_run(struct work *w, struct fold_list *l, const struct key *v, size_t n)
{
	struct fold f = {.first = v[0].item, .n = n};
	struct conv *sum = arena_alloc(w->a, sizeof *sum);

	if (!sum)
		return false;
	*sum = *w->item[v[0].item].c;
	sum->app = arena_alloc(w->a, CONV_APPS * sizeof *sum->app);
	if (!sum->app)
		return false;
	if (sum->n_app)
		memcpy(sum->app, w->item[v[0].item].c->app, sum->n_app * sizeof *sum->app);
	w->item[v[0].item].folded = true;
	for (size_t i = 1; i < n; i++) {
		w->item[v[i].item].folded = true;
		conv_sum(sum, w->item[v[i].item].c);
	}
	f.sum = sum;
	return vec_push(&l->v, f);
}

static int by_first(const void *a, const void *b)
{
	const struct fold *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

bool fold_make(struct work *w, struct fold_list *l)
{
	VEC(struct key) v = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < w->n; i++)
		if (may_fold(w, &w->item[i]))
			ok = vec_push(&v, ((struct key){network_of(&w->party[w->item[i].client]),
							(uint32_t)i}));
	if (ok && v.n)
		qsort_r(v.v, v.n, sizeof *v.v, key_full, w);
	for (size_t i = 0, k; ok && i < v.n; i = k) {
		for (k = i + 1; k < v.n && !key_order(&v.v[i], &v.v[k], w); k++)
			;
		if (k - i > FOLD_CLIENTS)
			ok = fold_run(w, l, &v.v[i], k - i);
	}
	if (l->v.n)
		qsort(l->v.v, l->v.n, sizeof *l->v.v, by_first);
	vec_done(&v);
	return ok;
}
