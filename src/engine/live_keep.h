/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_keep - a live run and its store.
 *
 * What the store has of the newest hours is taken into memory at the start, so that what was
 * learned before a restart (grants, roles, conversations) counts after it. What comes in is written
 * when an hour is over, when it is asked for, and at the end. Writing waits for a disk, so a child
 * does it, on a copy of what is there (fork); its parent keeps what was to be written until that
 * has gone well. Conversations that were seen last before the window are then forgotten: the store
 * has them.
 */
#ifndef SPAN_ENGINE_LIVE_KEEP_H
#define SPAN_ENGINE_LIVE_KEEP_H

#include "engine/engine.h"

struct live_keep;
/* Behind the making of a->inputs, before hot_new(). Adds the inputs of earlier runs to a->inputs.
 * 0, SPAN_INPUT or SPAN_USAGE with words kept, negative errno. */
int live_keep_open(struct span_audit *a);
/* Behind hot_new(): what the store has. 0, SPAN_INPUT, negative errno. */
int live_keep_load(struct span_audit *a);
/* Gives what was made to who the process is going to be. */
void live_keep_give(const struct live_keep *k, uid_t uid, gid_t gid);
/* As that user: 0, or SPAN_INPUT with words kept when it may not write there. */
int live_keep_check(struct span_audit *a);
/* Takes the packets of a batch in hot_batch()'s place. 0 or negative errno. */
int live_keep_batch(struct span_audit *a, const struct batch *b);
/* Begins to write when it is time, and looks after who writes. */
void live_keep_turn(struct span_audit *a);
/* Begins to write now. False: somebody is at it. */
bool live_keep_flush(struct span_audit *a);
/* Behind hot_finish(): writes the rest. What goes wrong is told and becomes a caveat. 0,
 * SPAN_INPUT, negative errno. */
int live_keep_end(struct span_audit *a);
/* What earlier runs lost, added. */
void live_keep_drops(const struct live_keep *k, uint64_t *kernel, uint64_t *card);
/* Figures of what was loaded, added to those of the run. */
void live_keep_figures(const struct live_keep *k, struct coverage *c);
int64_t live_keep_window_ns(const struct live_keep *k);
/* The number of this run in its store. */
int64_t live_keep_run(const struct live_keep *k);
void live_keep_json(const struct live_keep *k, struct out *o);
struct live_keep *live_keep_free(struct live_keep *k);

#endif
