// SPDX-License-Identifier: BSD-2-Clause
#include "engine/keep_hours.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/hot_tables.h"
#include "engine/keep_parts.h"
#include "learn/learn.h"

/* Beyond it hours are written before they are over. */
static const size_t FULL = (size_t)256 << 20;
static const size_t FACTS = (size_t)64 << 20; /* of grants and of sightings of one hour */

/* Of flows whose packets before were of that hour. */
struct later {
	int64_t before;
	struct conv_table *convs;
};

struct hour {
	int64_t at;
	struct conv_table *convs;
	VEC(struct later) later;
	struct grants *grants;
	struct sightings *sightings;
	struct cards *cards;
	struct blind_set blind;
	int64_t from_ns, to_ns; /* of its packets; TIME_NONE none */
	struct coverage figures;
	struct store_moved moved;
};

struct hours {
	pthread_mutex_t
		lock; /* of all below but what never changes: shards tell, each by a thread */
	struct hot_tap tap;
	struct learn_tap learn;
	struct hash_key key;
	bool has_key, vlan_key;
	struct parts *parts;  /* of flows that go on */
	unsigned keep;        /* of each, until it is over */
	VEC(struct hour *) v; /* ascending; few at a time */
	size_t at;            /* the one asked for last */
	int err;
	bool closed;
};

static struct hour *hour_free(struct hour *h)
{
	if (!h)
		return NULL;
	conv_table_free(h->convs);
	for (size_t i = 0; i < h->later.n; i++)
		conv_table_free(h->later.v[i].convs);
	vec_done(&h->later);
	grants_free(h->grants);
	sightings_free(h->sightings);
	cards_free(h->cards);
	blind_done(&h->blind);
	free(h);
	return NULL;
}

static struct conv_table *convs_new(const struct hours *hs)
{
	return conv_table_new(&(struct conv_options){.key = hs->has_key ? &hs->key : NULL,
						     .max_conversations = SIZE_MAX / 2,
						     .vlan_key = hs->vlan_key});
}

static struct hour *hour_new(const struct hours *hs, int64_t at)
{
	const struct hash_key *key = hs->has_key ? &hs->key : NULL;
	struct hour *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->at = at;
	h->from_ns = h->to_ns = TIME_NONE;
	h->convs = convs_new(hs);
	h->grants = grants_new(key, FACTS);
	h->sightings = sightings_new(key, FACTS);
	h->cards = cards_new(key, FACTS);
	if (!h->convs || !h->grants || !h->sightings || !h->cards)
		return hour_free(h);
	return h;
}

/* The tables of an hour, NULL without memory, which is then told, and when none are wanted. */
static struct hour *hour_of(struct hours *hs, int64_t at)
{
	struct hour *h;
	size_t i = hs->v.n;

	if (hs->closed)
		return NULL;
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
	c->one_way_flows += d->state == STATE_ONE_WAY;
}

/* A mirror that copies one direction loses nothing. */
static void count_bytes(struct coverage *c, const struct flow_done *d)
{
	c->tcp_unseen_bytes += d->unseen[0] + d->unseen[1];
	c->tcp_bytes += d->payload[0] + d->payload[1];
}

static void put_flow(struct hours *hs, struct hour *h, struct conv_table *t,
		     const struct flow_done *d, const struct conv_facts *f)
{
	if (!t || conv_table_add(t, d, f) < 0) {
		hs->err = -ENOMEM;
		return;
	}
	for (unsigned i = 0; i < 2; i++)
		cards_add(h->cards, d->mac[i], d->mac_vlan[i], &d->addr[i], d->first_ns);
}

static struct conv_table *later_of(const struct hours *hs, struct hour *h, int64_t before)
{
	struct later one = {.before = before};

	for (size_t i = 0; i < h->later.n; i++)
		if (h->later.v[i].before == before)
			return h->later.v[i].convs;
	one.convs = convs_new(hs);
	if (!one.convs || !vec_push(&h->later, one))
		return conv_table_free(one.convs);
	return one.convs;
}

/* A flow, or a part of one, as it is told. */
struct piece {
	struct hours *hs;
	const struct conv_facts *f;
	bool one_way; /* the flow of which it is a part */
};

/* The timeline has the bytes of a connection at its first packet. */
static void move_bytes(struct hours *hs, struct hour *h, int64_t began, const struct flow_done *d)
{
	uint64_t bytes = d->payload[0] + d->payload[1], unseen = d->unseen[0] + d->unseen[1];
	struct hour *first;

	/* Hours of long ago are written, and stay as they are. */
	if ((!bytes && !unseen) || h->at - began > (int64_t)hs->keep * STORE_HOUR)
		return;
	first = hour_of(hs, began);
	if (!first)
		return;
	h->moved.bytes_back += bytes;
	h->moved.unseen_back += unseen;
	first->moved.bytes_here += bytes;
	first->moved.unseen_here += unseen;
}

static void on_part(void *user, int64_t began, int64_t before, const struct flow_done *d)
{
	const struct piece *p = user;
	struct hours *hs = p->hs;
	struct hour *h = hour_of(hs, store_hour(d->first_ns));

	if (!h)
		return;
	if (before == TIME_NONE)
		put_flow(hs, h, h->convs, d, p->f);
	else
		put_flow(hs, h, later_of(hs, h, before), d, p->f);
	if (d->proto != IPPROTO_NR_TCP)
		return;
	if (before == TIME_NONE)
		count_flow(&h->figures, d);
	if (p->one_way)
		return;
	count_bytes(&h->figures, d);
	if (before != TIME_NONE)
		move_bytes(hs, h, began, d);
}

static void flow(struct hours *hs, const struct flow_done *d, const struct conv_facts *f)
{
	struct piece p = {hs, f, d->state == STATE_ONE_WAY};

	if (hs->closed)
		return;
	if (store_hour(d->first_ns) != store_hour(d->last_ns) &&
	    parts_end(hs->parts, d, on_part, &p))
		return;
	on_part(&p, TIME_NONE, TIME_NONE, d);
}

static void on_flow(void *user, const struct flow_done *d, const struct conv_facts *f)
{
	struct hours *hs = user;

	pthread_mutex_lock(&hs->lock);
	flow(hs, d, f);
	pthread_mutex_unlock(&hs->lock);
}

static void on_crossed(void *user, const struct flow_done *d, const struct conv_facts *f,
		       const struct evidence *next)
{
	struct hours *hs = user;
	struct piece p = {hs, f, d->state == STATE_ONE_WAY};

	pthread_mutex_lock(&hs->lock);
	if (!hs->closed)
		(void)parts_cross(hs->parts, d, next, on_part, &p);
	pthread_mutex_unlock(&hs->lock);
}

static void on_heartbeat(void *user, const struct heartbeat *beat, int64_t ts_ns)
{
	struct hours *hs = user;
	struct hour *h;

	pthread_mutex_lock(&hs->lock);
	h = hour_of(hs, store_hour(ts_ns));
	if (h)
		cards_heartbeat(h->cards, beat, ts_ns);
	pthread_mutex_unlock(&hs->lock);
}

static void on_blind(void *user, const struct addr *x, const struct addr *y, int64_t ts_ns)
{
	struct hours *hs = user;
	struct hour *h;

	pthread_mutex_lock(&hs->lock);
	h = hour_of(hs, store_hour(ts_ns));
	if (h && blind_add(&h->blind, x, y) < 0)
		hs->err = -ENOMEM;
	pthread_mutex_unlock(&hs->lock);
}

static void on_granted(void *user, const struct grant *g)
{
	struct hours *hs = user;
	struct hour *h;

	pthread_mutex_lock(&hs->lock);
	h = hour_of(hs, store_hour(g->first.ts_ns));
	if (h && !grants_put(h->grants, g))
		h->figures.grants_shed++;
	pthread_mutex_unlock(&hs->lock);
}

static void on_sighted(void *user, const struct sighting *s, const struct evidence *at)
{
	struct hours *hs = user;
	struct hour *h;

	pthread_mutex_lock(&hs->lock);
	h = hour_of(hs, store_hour(at->ts_ns));
	if (h && !sightings_add(h->sightings, s, at))
		h->figures.sightings_shed++;
	pthread_mutex_unlock(&hs->lock);
}

struct hours *hours_new(const struct span_audit *a, unsigned keep)
{
	struct hours *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	pthread_mutex_init(&h->lock, NULL);
	h->keep = keep;
	h->parts = parts_new(keep, 0);
	if (!h->parts)
		return hours_free(h);
	h->vlan_key = a->vlan_key;
	h->has_key = a->has_key;
	h->key = a->key;
	h->learn = (struct learn_tap){.granted = on_granted, .sighted = on_sighted, .user = h};
	h->tap = (struct hot_tap){.flow = on_flow,
				  .crossed = on_crossed,
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
	pthread_mutex_init(&part->lock, NULL);
	pthread_mutex_lock(&h->lock);
	part->v.v = h->v.v;
	part->v.n = h->v.n;
	part->v.cap = h->v.cap;
	part->err = h->err;
	h->v.v = NULL;
	h->v.n = h->v.cap = 0;
	h->at = 0;
	pthread_mutex_unlock(&h->lock);
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
	parts_free(h->parts);
	vec_done(&h->v);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

void hours_close(struct hours *h)
{
	hours_reset(h);
	h->parts = parts_free(h->parts);
	h->closed = true;
}

uint64_t hours_shed(struct hours *h)
{
	uint64_t n;

	pthread_mutex_lock(&h->lock);
	n = h->parts ? parts_shed(h->parts) : 0;
	pthread_mutex_unlock(&h->lock);
	return n;
}

const struct hot_tap *hours_tap(const struct hours *h)
{
	return &h->tap;
}

int hours_seen(struct hours *hs, int64_t hour, const struct batch *b)
{
	struct hour *h;
	int err;

	pthread_mutex_lock(&hs->lock);
	h = hour_of(hs, hour);
	for (size_t i = 0; h && i < b->n; i++) {
		int64_t ns = b->f[i].ts_ns;

		if (h->from_ns == TIME_NONE || ns < h->from_ns)
			h->from_ns = ns;
		if (h->to_ns == TIME_NONE || ns > h->to_ns)
			h->to_ns = ns;
	}
	err = hs->err;
	pthread_mutex_unlock(&hs->lock);
	return err;
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
	struct hour *h;
	int err;

	pthread_mutex_lock(&hs->lock);
	h = hour_of(hs, hour);
	if (h)
		difference(&h->figures, before, now);
	err = hs->err;
	pthread_mutex_unlock(&hs->lock);
	return err;
}

bool hours_full(struct hours *hs)
{
	size_t n = 0;

	pthread_mutex_lock(&hs->lock);
	for (size_t i = 0; i < hs->v.n; i++) {
		const struct hour *h = hs->v.v[i];

		n += conv_table_memory(h->convs);
		for (size_t k = 0; k < h->later.n; k++)
			n += conv_table_memory(h->later.v[k].convs);
	}
	pthread_mutex_unlock(&hs->lock);
	return n > FULL;
}

/* ------------------------------------------------------------------ what is written */

struct used_port {
	struct addr server;
	uint16_t port;
	uint8_t proto;
};

struct writing {
	struct store *s;
	int64_t hour, before;
	struct hour *h;
	VEC(struct used_port) used; /* by connections that go on */
};

static int write_conv(void *user, const struct conv *c, bool waiting)
{
	struct writing *w = user;

	return store_put_conv(w->s, w->hour, c, waiting);
}

static int write_later(void *user, const struct conv *c, bool waiting)
{
	struct writing *w = user;
	const struct used_port e = {c->server, c->port, c->proto};

	if (!vec_push(&w->used, e))
		return -ENOMEM;
	return store_put_later(w->s, w->hour, w->before, c, waiting);
}

/* One row an address and hour, whose flows stand in several tables. */
static int take_host(void *user, const struct conv_host *h)
{
	struct writing *w = user;

	return conv_table_put_host(w->h->convs, h);
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

static int by_endpoint(const void *x, const void *y)
{
	const struct used_port *a = x, *b = y;
	int d = addr_compare(&a->server, &b->server);

	if (!d)
		d = (int)a->port - (int)b->port;
	return d ? d : (int)a->proto - (int)b->proto;
}

static bool is_used(const struct writing *w, const struct addr *server, const struct granted *g)
{
	const struct used_port e = {*server, g->port,
				    g->proto == GRANTED_UDP ? IPPROTO_NR_UDP : IPPROTO_NR_TCP};

	return bsearch(&e, w->used.v, w->used.n, sizeof e, by_endpoint);
}

/* A grant explains what began after it, also where that goes on for days: it stands in each hour,
 * as said before. */
static int take_grants(struct writing *w, struct hot *hot)
{
	const struct grant *g;
	size_t n;
	int r = w->used.n ? learn_grants(hot_tables(hot).learn, &g, &n) : 0;

	if (r || !w->used.n)
		return r;
	qsort(w->used.v, w->used.n, sizeof *w->used.v, by_endpoint);
	for (size_t i = 0; i < n; i++) {
		struct grant said = g[i];

		if (!said.g.port || store_hour(said.first.ts_ns) >= w->hour ||
		    (!is_used(w, &said.server, &said.g) &&
		     !(said.g.has_alias && is_used(w, &said.g.alias, &said.g))))
			continue;
		said.n = 0;
		if (said.last_ns >= w->hour * NS_PER_S)
			said.last_ns = said.first.ts_ns;
		w->h->figures.grants_shed += !grants_put(w->h->grants, &said);
	}
	return 0;
}

static int write_laters(struct writing *w, struct hot *hot)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->h->later.n; i++) {
		struct later *l = &w->h->later.v[i];

		w->before = l->before;
		r = conv_table_each(l->convs, write_later, w);
		r = r ? r : conv_table_each_host(l->convs, take_host, w);
	}
	r = r ? r : take_grants(w, hot);
	vec_done(&w->used);
	return r;
}

static int write_hour(struct hour *h, struct store *s, struct hot *hot)
{
	struct writing w = {.s = s, .hour = h->at, .h = h};
	int r = 0;

	if (h->from_ns != TIME_NONE)
		r = store_put_seen(s, h->at, h->from_ns, h->to_ns);
	r = r ? r : write_laters(&w, hot);
	r = r ? r : conv_table_each(h->convs, write_conv, &w);
	r = r ? r : conv_table_each_host(h->convs, write_host, &w);
	r = r ? r : write_facts(h, s);
	r = r ? r : write_cards(h, s);
	h->figures.cards_shed += cards_shed(h->cards);
	r = r ? r : store_put_figures(s, h->at, &h->figures);
	return r ? r : store_put_moved(s, h->at, &h->moved);
}

int hours_write(struct hours *hs, struct store *s, struct hot *hot)
{
	int r = hs->err;

	for (size_t i = 0; r == 0 && i < hs->v.n; i++)
		r = write_hour(hs->v.v[i], s, hot);
	return r;
}
