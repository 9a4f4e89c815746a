// SPDX-License-Identifier: BSD-2-Clause
/* hot_rows - rows of a store into the tables of a run, and conversations that it may forget. */
#include <errno.h>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/hot_tables.h"
#include "learn/learn.h"
#include "store/store.h"

void coverage_add(struct coverage *to, const struct coverage *c)
{
	const uint64_t *from = (const uint64_t *)(const void *)c;
	uint64_t *sum = (uint64_t *)(void *)to;

	for (size_t i = 0; i < coverage_counters(); i++)
		sum[i] += from[i];
}

static int put_conv(void *user, const struct conv *c, bool waiting)
{
	struct hot *h = user;

	return conv_table_put(hot_convs_of(h, &c->client, &c->server), c, waiting);
}

static int put_host(void *user, const struct conv_host *x)
{
	struct hot *h = user;

	return conv_table_put_host(hot_convs_at(h, 0), x);
}

static int put_grant(void *user, const struct grant *g)
{
	struct hot *h = user;

	learn_put_grant(hot_tables(h).learn, g);
	return 0;
}

static int put_sighting(void *user, const struct sighting *s)
{
	struct hot *h = user;

	learn_put_sighting(hot_tables(h).learn, s);
	return 0;
}

static int put_card(void *user, const struct card *c)
{
	struct hot *h = user;

	cards_put(hot_tables(h).cards, c);
	return 0;
}

static int put_cluster(void *user, const struct cluster_host *c)
{
	struct hot *h = user;

	cards_put_cluster(hot_tables(h).cards, c);
	return 0;
}

static int put_blind(void *user, const struct blind_pair *p)
{
	struct hot *h = user;

	return blind_add(hot_tables(h).blind, &p->a, &p->b);
}

static int put_seen(void *user, int64_t from_ns, int64_t to_ns)
{
	struct hot *h = user;

	return window_add_span(hot_tables(h).window, from_ns, to_ns);
}

static int put_figures(void *user, int64_t hour, const struct timeline_step *s)
{
	struct hot *h = user;

	timeline_add(hot_tables(h).timeline, hour * NS_PER_S, s);
	return 0;
}

/* Names of captures are not kept: what is seen names hosts. */
static int put_name(void *user, const struct addr *a, const char *name)
{
	(void)user;
	(void)a;
	(void)name;
	return 0;
}

void hot_sink(struct hot *h, struct store_sink *ret)
{
	*ret = (struct store_sink){.conv = put_conv,
				   .host = put_host,
				   .grant = put_grant,
				   .sighting = put_sighting,
				   .card = put_card,
				   .cluster = put_cluster,
				   .blind = put_blind,
				   .seen = put_seen,
				   .figures = put_figures,
				   .name = put_name,
				   .user = h};
}

struct forgetting {
	struct conv_table *to;
	int64_t before_ns;
	size_t gone;
};

static int keep_conv(void *user, const struct conv *c, bool waiting)
{
	struct forgetting *f = user;

	if (c->last_ns < f->before_ns) {
		f->gone++;
		return 0;
	}
	return conv_table_put(f->to, c, waiting);
}

static int keep_host(void *user, const struct conv_host *x)
{
	struct forgetting *f = user;

	return conv_table_put_host(f->to, x);
}

static int count_old(void *user, const struct conv *c, bool waiting)
{
	struct forgetting *f = user;

	(void)waiting;
	f->gone += c->last_ns < f->before_ns;
	return 0;
}

/* Of one shard. */
static int forget(struct hot *h, unsigned i, int64_t before_ns, size_t *ret_gone)
{
	struct forgetting f = {.before_ns = before_ns};
	struct conv_table *old = hot_convs_at(h, i);
	int r = conv_table_each(old, count_old, &f);

	if (r || !f.gone)
		return r;
	f.gone = 0;
	f.to = hot_convs_new(h);
	r = f.to ? conv_table_each(old, keep_conv, &f) : -ENOMEM;
	r = r ? r : conv_table_each_host(old, keep_host, &f);
	if (r < 0) {
		conv_table_free(f.to);
		return r;
	}
	hot_convs_replace(h, i, f.to);
	*ret_gone += f.gone;
	return 0;
}

int hot_forget(struct hot *h, int64_t before_ns, size_t *ret_gone)
{
	int r = 0;

	*ret_gone = 0;
	hot_rest(h);
	window_cut(hot_tables(h).window, before_ns);
	hot_timeline_cut(h, before_ns);
	for (unsigned i = 0; i < hot_shards(h) && r == 0; i++)
		r = forget(h, i, before_ns, ret_gone);
	return r;
}
