/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keep - memory of borrowed frames, which stays for as long as source.h promises.
 *
 * A line of buffers, the newest of which is filled. Each knows the last frame in it, so the oldest
 * is taken again as soon as KEEP_FRAMES more have been handed out: small frames turn over two or
 * three buffers that stay in the cache, and large ones get as many as they need.
 */
#ifndef SPAN_CAPTURE_KEEP_H
#define SPAN_CAPTURE_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No frame is handed out longer than this, whatever its record says: 65535 bytes of IP and all
 * headers before them fit four times, it is the largest snap length that programs write, and
 * KEEP_FRAMES of them bound the memory of a source. */
enum { FRAME_MAX = 262144 };

struct keep_buffer {
	struct keep_buffer *next; /* the next newer one */
	uint8_t *mem;
	size_t cap;
	uint64_t last; /* ordinal of the last frame in it */
};

struct keep {
	struct keep_buffer *oldest, *newest;
	struct keep_buffer *spare; /* without frames, the one that had any last first */
	unsigned n_spare;
	size_t used;     /* of the newest, by keep_room() */
	uint64_t put;    /* frames put into buffers */
	uint64_t handed; /* of these, handed out */
};

/* At the begin of a batch: what was put before has been handed out. */
static inline void keep_begin(struct keep *k)
{
	k->handed = k->put;
}

/* n frames in the newest buffer. */
static inline void keep_put(struct keep *k, size_t n)
{
	k->put += n;
	k->newest->last = k->put;
}

/* A buffer of at least cap bytes becomes the newest; it may be the oldest that nobody borrows from
 * any more. NULL without memory. */
struct keep_buffer *keep_next(struct keep *k, size_t cap);
/* Room for n bytes in the newest buffer, or in one that becomes it. NULL without memory. */
uint8_t *keep_room(struct keep *k, size_t n);
void keep_done(struct keep *k);

#endif
