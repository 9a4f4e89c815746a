/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge - the frames of several sources in the order of their times, as if they were one capture.
 *
 * Only what overlaps is open at once: a source is opened when the time of its first frame is
 * reached, so a rotated set of any length costs one descriptor at a time. Frames of equal time come
 * in the order of the sources. frame.input says which source a frame is of.
 */
#ifndef SPAN_CAPTURE_MERGE_H
#define SPAN_CAPTURE_MERGE_H

#include "capture/order.h"

struct merge_ops {
	/* Opens source i. NULL: it cannot be opened (any more); the others go on. */
	struct order *(*open)(void *user, uint32_t i);
	/* Source i has ended and is about to be closed; its end, why, losses, names are there. */
	void (*ended)(void *user, uint32_t i, const struct order *o);
};

struct merge;
/* first_ns[i]: the time of the first frame that order_next() gives of source i; TIME_NONE for one
 * that cannot be known before (a pipe) or that has no frame: opened at once. Ascending, copied.
 * NULL without memory. */
struct merge *merge_new(const int64_t *first_ns, size_t n, const struct merge_ops *ops, void *user);
/* Fills *b; n is 0 only when all sources have ended. Frames stay valid until the next call. 0, or
 * negative errno. */
int merge_next(struct merge *m, struct batch *b);
/* Closes what is open, without ended(). NULL is fine; returns NULL. */
struct merge *merge_free(struct merge *m);

#endif
