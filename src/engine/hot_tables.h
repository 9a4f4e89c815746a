/* SPDX-License-Identifier: BSD-2-Clause */
/* hot_tables - what a run fills, for who puts rows into it beside the loop per packet. */
#ifndef SPAN_ENGINE_HOT_TABLES_H
#define SPAN_ENGINE_HOT_TABLES_H

#include "engine/engine.h"

struct learn;

/* Lent; convs until it is replaced. */
struct hot_tables {
	struct conv_table *convs;
	struct learn *learn;
	struct cards *cards;
	struct window *window;
	struct timeline *timeline;
	struct blind_set *blind;
};
struct hot_tables hot_tables(struct hot *h);
/* An empty one with the settings of the run's; NULL without memory. */
struct conv_table *hot_convs_new(const struct hot *h);
/* Takes it in the place of the run's, whose evicted flows stay counted. */
void hot_convs_replace(struct hot *h, struct conv_table *t);

#endif
