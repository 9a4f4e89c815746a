// SPDX-License-Identifier: BSD-2-Clause
#include "capture/stream.h"

#include <errno.h>
#include <string.h>

enum {
	/* Measured: below, system calls show; above, the second-level cache is left. */
	STREAM_BUFFER = 1 << 17,
};

/* Moves what is left into another buffer, in which `want` bytes have room if so many are near. */
static bool move(struct stream *s, size_t want)
{
	size_t left = stream_left(s), cap = STREAM_BUFFER;

	if (want > cap)
		cap = want < 2 * left ? want : 2 * left > cap ? 2 * left : cap;

	struct keep_buffer *b = keep_next(&s->keep, cap);

	if (!b)
		return false;
	if (left)
		memcpy(b->mem, s->p, left);
	s->p = b->mem;
	s->end = b->mem + left;
	return true;
}

int stream_more(struct stream *s, size_t want)
{
	struct keep_buffer *b = s->keep.newest;
	size_t room = b ? (size_t)(b->mem + b->cap - s->end) : 0;

	/* A nearly full buffer is not read into: each read() costs the same. */
	if (!b || room == 0 || (stream_left(s) + room < want && room < STREAM_BUFFER / 8)) {
		if (!move(s, want))
			return -ENOMEM;
		b = s->keep.newest;
		room = (size_t)(b->mem + b->cap - s->end);
	}

	uint8_t *to = b->mem + (b->cap - room);
	ssize_t got = input_read(s->in, to, room);

	if (got > 0)
		s->end += got;
	return got > 0 ? 1 : (int)got;
}

void stream_done(struct stream *s)
{
	keep_done(&s->keep);
	s->p = s->end = NULL;
}
