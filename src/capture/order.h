/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * order - the frames of one source in the order of their times.
 *
 * Captures of several queues are not quite in order. Up to ORDER_WINDOW frames are held back, and
 * the earliest of them is handed out when another one comes (equal times in the order of the file).
 * So a file whose frames are displaced by no more than that comes out sorted, whatever the batches
 * it came in; a frame that is later still is handed out as soon as it is the earliest held.
 *
 * Bytes of frames that are held as long as the others stay where the source has them: KEEP_FRAMES
 * covers the window and the batch in hand. Only a frame that many others overtake (it was stamped
 * before a clock went back) is copied, ORDER_WINDOW at most at any time.
 *
 * A frame of time 0 has none (a Simple Packet Block, or a program that did not fill it in): it gets
 * that of the frame before it in the file, the first ones that of the first frame that has one.
 */
#ifndef SPAN_CAPTURE_ORDER_H
#define SPAN_CAPTURE_ORDER_H

#include "capture/source.h"

enum { ORDER_WINDOW = 256 };

/* What the times of a file look like, in the order of the file. */
struct order_stats {
	uint64_t late;    /* frames earlier than one before them */
	uint64_t beyond;  /* of those, the ones that the window could not put in order */
	int64_t step_ns;  /* the largest step back from one frame to the next; 0 none */
	uint32_t step_at; /* packet number behind it */
	uint64_t untimed; /* without a time of their own */
	uint64_t before_1970;
	uint64_t far_future;       /* 2100 or later */
	int64_t first_ns, last_ns; /* least and greatest time; TIME_NONE without frames */
};

struct order;
/* Takes the source, which order_close() closes; NULL without memory (the source is then closed). */
struct order *order_new(struct source *s);
/* As source_next(): fills *b, n is 0 only at the end. The frames stay valid until the next call. */
int order_next(struct order *o, struct batch *b);
const struct order_stats *order_stats(const struct order *o);
const struct source *order_source(const struct order *o);
/* NULL is fine; returns NULL. */
struct order *order_close(struct order *o);

#endif
