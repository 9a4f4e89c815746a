/* SPDX-License-Identifier: BSD-2-Clause */
/* hot_tables - what a run fills, for who puts rows into it beside the loop per packet. */
#ifndef SPAN_ENGINE_HOT_TABLES_H
#define SPAN_ENGINE_HOT_TABLES_H

#include "engine/engine.h"

struct learn;

/* Lent. Of several shards, which are put together in the end, those of the first. */
struct hot_tables {
	struct learn *learn;
	struct cards *cards;
	struct window *window;
	struct timeline *timeline;
	struct blind_set *blind;
};
struct hot_tables hot_tables(struct hot *h);
/* An empty one with the settings of the run's; NULL without memory. */
struct conv_table *hot_convs_new(const struct hot *h);
/* Lent until it is replaced: the one for what passes between two addresses, and that of a shard. */
struct conv_table *hot_convs_of(struct hot *h, const struct addr *x, const struct addr *y);
unsigned hot_shards(const struct hot *h);
struct conv_table *hot_convs_at(struct hot *h, unsigned i);
/* Takes it in the place of that, whose evicted flows stay counted. */
void hot_convs_replace(struct hot *h, unsigned i, struct conv_table *t);
void hot_timeline_cut(struct hot *h, int64_t before_ns);

#endif
