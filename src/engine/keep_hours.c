// SPDX-License-Identifier: BSD-2-Clause
#include "engine/keep_hours.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "learn/learn.h"

/* Beyond it hours are written before they are over. */
static const size_t FULL = (size_t)256 << 20;
static const size_t FACTS = (size_t)64 << 20; /* of grants and of sightings of one hour */

struct hour {
	int64_t at;
	struct conv_table *convs;
	struct grants *grants;
	struct sightings *sightings;
	struct cards *cards;
	struct blind_set blind;
	int64_t from_ns, to_ns; /* of its packets; TIME_NONE none */
	struct coverage figures;
};

struct hours {
	struct hot_tap tap;
	struct learn_tap learn;
	struct hash_key key;
	bool has_key, vlan_key;
	VEC(struct hour *) v; /* ascending; few at a time */
	size_t at;            /* the one asked for last */
	int err;
};

static struct hour *hour_free(struct hour *h)
{
	if (!h)
		return NULL;
	conv_table_free(h->convs);
	grants_free(h->grants);
	sightings_free(h->sightings);
	cards_free(h->cards);
	blind_done(&h->blind);
	free(h);
	return NULL;
}

static struct hour *hour_new(const struct hours *hs, int64_t at)
{
	const struct hash_key *key = hs->has_key ? &hs->key : NULL;
	struct hour *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->at = at;
	h->from_ns = h->to_ns = TIME_NONE;
	h->convs = conv_table_new(&(struct conv_options){
		.key = key, .max_conversations = SIZE_MAX / 2, .vlan_key = hs->vlan_key});
	h->grants = grants_new(key, FACTS);
	h->sightings = sightings_new(key, FACTS);
	h->cards = cards_new(key, FACTS);
	if (!h->convs || !h->grants || !h->sightings || !h->cards)
		return hour_free(h);
	return h;
}

/* The tables of an hour, NULL without memory, which is then told. */
static struct hour *hour_of(struct hours *hs, int64_t at)
{
	struct hour *h;
	size_t i = hs->v.n;

	if (hs->at < hs->v.n && hs->v.v[hs->at]->at == at)
		return hs->v.v[hs->at];
	while (i && hs->v.v[i - 1]->at > at)
		i--;
	if (i && hs->v.v[i - 1]->at == at) {
		hs->at = i - 1;
		return hs->v.v[i - 1];
	}
	h = hour_new(hs, at);
	if (!h || !vec_grow(&hs->v)) {
		hs->err = -ENOMEM;
		return hour_free(h);
	}
	memmove(&hs->v.v[i + 1], &hs->v.v[i], (hs->v.n - i) * sizeof *hs->v.v);
	hs->v.v[i] = h;
	hs->v.n++;
	hs->at = i;
	return h;
}

/* ------------------------------------------------------------------ what is heard */

static void count_flow(struct coverage *c, const struct flow_done *d)
{
	c->tcp_flows++;
	if (d->state == STATE_ONE_WAY) {
		c->one_way_flows++;
		return;
	}
	c->tcp_unseen_bytes += d->unseen[0] + d->unseen[1];
	c->tcp_bytes += d->payload[0] + d->payload[1];
}

static void on_flow(void *user, const struct flow_done *d, const struct conv_facts *f)
{
	struct hours *hs = user;
	struct hour *h = hour_of(hs, store_hour(d->first_ns));

	if (!h || conv_table_add(h->convs, d, f) < 0) {
		hs->err = -ENOMEM;
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		cards_add(h->cards, d->mac[i], d->mac_vlan[i], &d->addr[i], d->first_ns);
	if (d->proto == IPPROTO_NR_TCP)
		count_flow(&h->figures, d);
}

static void on_heartbeat(void *user, const struct heartbeat *beat, int64_t ts_ns)
{
	struct hour *h = hour_of(user, store_hour(ts_ns));

	if (h)
		cards_heartbeat(h->cards, beat, ts_ns);
}

static void on_blind(void *user, const struct addr *x, const struct addr *y, int64_t ts_ns)
{
	struct hours *hs = user;
	struct hour *h = hour_of(hs, store_hour(ts_ns));

	if (h && blind_add(&h->blind, x, y) < 0)
		hs->err = -ENOMEM;
}

static void on_granted(void *user, const struct grant *g)
{
	struct hour *h = hour_of(user, store_hour(g->first.ts_ns));

	if (h && !grants_put(h->grants, g))
		h->figures.grants_shed++;
}

static void on_sighted(void *user, const struct sighting *s, const struct evidence *at)
{
	struct hour *h = hour_of(user, store_hour(at->ts_ns));

	if (h && !sightings_add(h->sightings, s, at))
		h->figures.sightings_shed++;
}

struct hours *hours_new(const struct span_audit *a)
{
	struct hours *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->vlan_key = a->vlan_key;
	h->has_key = a->has_key;
	h->key = a->key;
	h->learn = (struct learn_tap){.granted = on_granted, .sighted = on_sighted, .user = h};
	h->tap = (struct hot_tap){.flow = on_flow,
				  .heartbeat = on_heartbeat,
				  .blind = on_blind,
				  .learn = &h->learn,
				  .user = h};
	return h;
}

struct hours *hours_split(struct hours *h)
{
	struct hours *part = calloc(1, sizeof *part);

	if (!part)
		return NULL;
	part->v.v = h->v.v;
	part->v.n = h->v.n;
	part->v.cap = h->v.cap;
	part->err = h->err;
	h->v.v = NULL;
	h->v.n = h->v.cap = 0;
	h->at = 0;
	return part;
}

void hours_reset(struct hours *h)
{
	while (h->v.n)
		hour_free(h->v.v[--h->v.n]);
}

struct hours *hours_free(struct hours *h)
{
	if (!h)
		return NULL;
	hours_reset(h);
	vec_done(&h->v);
	free(h);
	return NULL;
}

const struct hot_tap *hours_tap(const struct hours *h)
{
	return &h->tap;
}

int hours_seen(struct hours *hs, int64_t hour, const struct batch *b)
{
	struct hour *h = hour_of(hs, hour);

	for (size_t i = 0; h && i < b->n; i++) {
		int64_t ns = b->f[i].ts_ns;

		if (h->from_ns == TIME_NONE || ns < h->from_ns)
			h->from_ns = ns;
		if (h->to_ns == TIME_NONE || ns > h->to_ns)
			h->to_ns = ns;
	}
	return hs->err;
}

/* A coverage is counters and, behind them, what the judge says: the counters alone. Those of flows
 * are counted with each flow, in its own hour; those of rows with the rows. */
static void difference(struct coverage *d, const struct coverage *before,
		       const struct coverage *now)
{
	const size_t n = coverage_counters();
	const uint64_t *x = (const uint64_t *)(const void *)before;
	const uint64_t *y = (const uint64_t *)(const void *)now;
	struct coverage was = *d;
	uint64_t *to = (uint64_t *)(void *)d;

	for (size_t i = 0; i < n; i++)
		to[i] += y[i] - x[i];
	d->tcp_flows = was.tcp_flows;
	d->one_way_flows = was.one_way_flows;
	d->tcp_unseen_bytes = was.tcp_unseen_bytes;
	d->tcp_bytes = was.tcp_bytes;
	d->grants_shed = was.grants_shed;
	d->sightings_shed = was.sightings_shed;
	d->cards_shed = was.cards_shed;
}

int hours_count(struct hours *hs, int64_t hour, const struct coverage *before,
		const struct coverage *now)
{
	struct hour *h = hour_of(hs, hour);

	if (h)
		difference(&h->figures, before, now);
	return hs->err;
}

bool hours_full(const struct hours *hs)
{
	size_t n = 0;

	for (size_t i = 0; i < hs->v.n; i++)
		n += conv_table_memory(hs->v.v[i]->convs);
	return n > FULL;
}

/* ------------------------------------------------------------------ what is written */

struct writing {
	struct store *s;
	int64_t hour;
};

static int write_conv(void *user, const struct conv *c, bool waiting)
{
	struct writing *w = user;

	return store_put_conv(w->s, w->hour, c, waiting);
}

static int write_host(void *user, const struct conv_host *h)
{
	struct writing *w = user;

	return store_put_host(w->s, w->hour, h);
}

static int write_facts(struct hour *h, struct store *s)
{
	const struct grant *g;
	const struct sighting *x;
	size_t n;
	int r = grants_sorted(h->grants, &g, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = store_put_grant(s, h->at, &g[i]);
	r = r ? r : sightings_sorted(h->sightings, &x, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = store_put_sighting(s, h->at, &x[i]);
	return r;
}

static int write_cards(struct hour *h, struct store *s)
{
	size_t n;
	const struct card *c = cards_sorted(h->cards, &n);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = store_put_card(s, h->at, &c[i]);

	const struct cluster_host *x = cards_clusters(h->cards, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = store_put_cluster(s, h->at, &x[i]);
	for (size_t i = 0; r == 0 && i < h->blind.pairs.n; i++)
		r = store_put_blind(s, h->at, &h->blind.pairs.v[i]);
	return r;
}

static int write_hour(struct hour *h, struct store *s)
{
	struct writing w = {s, h->at};
	int r = 0;

	if (h->from_ns != TIME_NONE)
		r = store_put_seen(s, h->at, h->from_ns, h->to_ns);
	r = r ? r : conv_table_each(h->convs, write_conv, &w);
	r = r ? r : conv_table_each_host(h->convs, write_host, &w);
	r = r ? r : write_facts(h, s);
	r = r ? r : write_cards(h, s);
	h->figures.cards_shed += cards_shed(h->cards);
	return r ? r : store_put_figures(s, h->at, &h->figures);
}

int hours_write(struct hours *hs, struct store *s)
{
	int r = hs->err;

	for (size_t i = 0; r == 0 && i < hs->v.n; i++)
		r = write_hour(hs->v.v[i], s);
	return r;
}
