/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream - the bytes of an input, a stretch at a time, in buffers that are kept for their frames.
 *
 * Records are parsed where read() put them: only what is left of a record at the end of a buffer
 * is copied, to the begin of the next one. read() into such buffers was measured against mmap():
 * see bench_reader. A file that shrinks while it is read just ends.
 */
#ifndef SPAN_CAPTURE_STREAM_H
#define SPAN_CAPTURE_STREAM_H

#include "capture/input.h"
#include "capture/keep.h"

struct stream {
	struct input *in;
	struct keep keep;
	const uint8_t *p, *end; /* read and not yet taken */
};

static inline size_t stream_left(const struct stream *s)
{
	return (size_t)(s->end - s->p);
}

/* One read() behind the bytes that are left, which may move (frames that were put do not). `want`
 * is how many the record needs in one stretch, at most; memory grows as bytes arrive, not by that
 * claim. 1: there are more; 0: the end; or negative errno as of input_read(). */
int stream_more(struct stream *s, size_t want);
void stream_done(struct stream *s);

#endif
