/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keep - what a run reads goes into a store beside, hour by hour.
 *
 * Packets belong to the hour that they were sent in, so neither the end of a flow nor the split of
 * files shows. Hours are kept in tables of their own and written, as one segment, when the next
 * hour begins. A flow that ends later makes one more row of each of its hours (keep_parts.h).
 * Nothing in here changes what a run comes to.
 *
 * What is in the store already is judged with the rest and not stored again: the others go through
 * a second loop then, alone, as if they had been the run's only inputs.
 */
#ifndef SPAN_ENGINE_KEEP_H
#define SPAN_ENGINE_KEEP_H

#include "engine/engine.h"

struct keep;
/* Behind inputs_open(), before hot_new(). 0; SPAN_INPUT when nothing can be stored, with words;
 * negative errno. */
int keep_begin(struct span_audit *a);
/* Takes the packets of a batch in hot_batch()'s place. */
int keep_batch(struct keep *k, const struct batch *b);
/* Behind hot_finish(). 0, SPAN_INPUT, negative errno. */
int keep_end(struct span_audit *a);
/* Behind the judge: what the store remembers of earlier reports of the site goes into the result.
 * The store is closed then. 0 or -ENOMEM. */
int keep_past(struct span_audit *a);
/* What went wrong with storing, a sentence for the report; NULL. */
const char *keep_caveat(const struct keep *k);
struct keep *keep_free(struct keep *k);

#endif
