/* SPDX-License-Identifier: BSD-2-Clause */
/* keep_hours - the tables of the hours that are not written yet. Private to keep. */
#ifndef SPAN_ENGINE_KEEP_HOURS_H
#define SPAN_ENGINE_KEEP_HOURS_H

#include "engine/engine.h"
#include "store/store.h"

/* What it hears of it may hear from several threads at once. What they say adds up, in any order.
 */
struct hours;
/* keep: of a flow that goes on, how many hours wait for its end before they are told. */
struct hours *hours_new(const struct span_audit *a, unsigned keep);
struct hours *hours_free(struct hours *h);
const struct hot_tap *hours_tap(const struct hours *h);
/* Packets of one hour are about to be read. 0 or -ENOMEM, also for what the tap could not keep. */
int hours_seen(struct hours *h, int64_t hour, const struct batch *b);
/* Figures went from `before` to `now` with packets of that hour. */
int hours_count(struct hours *h, int64_t hour, const struct coverage *before,
		const struct coverage *now);
bool hours_full(struct hours *h);
/* Into the open segment; hot: the loop that h listens to. 0 or negative errno. */
int hours_write(struct hours *h, struct store *s, struct hot *hot);
/* What h has so far, on its own; h goes on empty. NULL without memory. */
struct hours *hours_split(struct hours *h);
void hours_reset(struct hours *h);
/* Storing is over: what comes is let go. */
void hours_close(struct hours *h);
/* How often a connection went on and there was no room to tell its hours apart. */
uint64_t hours_shed(struct hours *h);

#endif
