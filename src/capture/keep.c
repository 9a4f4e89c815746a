// SPDX-License-Identifier: BSD-2-Clause
#include "capture/keep.h"

#include <stdlib.h>

#include "capture/source.h"

enum {
	PAGE = 4096,
	ROOM = 1 << 17, /* a buffer of keep_room(), unless one frame needs more */
	SPARES = 8,
	SPARE_MAX = 2 * ROOM, /* larger ones go at once */
};

static struct keep_buffer *buffer_new(size_t cap)
{
	struct keep_buffer *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	b->cap = (cap + PAGE - 1) & ~(size_t)(PAGE - 1);
	b->mem = aligned_alloc(PAGE, b->cap);
	if (b->mem)
		return b;
	free(b);
	return NULL;
}

static void buffer_free(struct keep_buffer *b)
{
	free(b->mem);
	free(b);
}

/* Frames of all sizes need now more buffers, now fewer, and a system clears what it gives. */
static void spare(struct keep *k, struct keep_buffer *b)
{
	if (k->n_spare == SPARES || b->cap > SPARE_MAX) {
		buffer_free(b);
		return;
	}
	b->next = k->spare;
	k->spare = b;
	k->n_spare++;
}

static struct keep_buffer *spare_take(struct keep *k)
{
	struct keep_buffer *b = k->spare;

	if (b) {
		k->spare = b->next;
		k->n_spare--;
	}
	return b;
}

static bool fits(const struct keep_buffer *b, size_t cap)
{
	/* Neither too small, nor one that was made for a single large frame. */
	return b->cap >= cap && b->cap <= 4 * cap;
}

static bool is_free(const struct keep *k, const struct keep_buffer *b)
{
	return b->last == 0 || k->handed >= b->last + KEEP_FRAMES;
}

struct keep_buffer *keep_next(struct keep *k, size_t cap)
{
	struct keep_buffer *b = k->oldest;

	/* The newest holds what is about to be moved out of it. */
	if (b && b != k->newest && is_free(k, b)) {
		k->oldest = b->next;
	} else {
		b = spare_take(k);
	}
	if (b && !fits(b, cap)) {
		buffer_free(b);
		b = NULL;
	}
	/* What a burst of large frames needed is given back. */
	while (k->oldest && k->oldest != k->newest && is_free(k, k->oldest)) {
		struct keep_buffer *old = k->oldest;

		k->oldest = old->next;
		spare(k, old);
	}
	if (!b)
		b = buffer_new(cap);
	if (!b)
		return NULL;
	b->next = NULL;
	b->last = 0;
	if (k->newest && k->oldest)
		k->newest->next = b;
	else
		k->oldest = b;
	k->newest = b;
	k->used = 0;
	return b;
}

uint8_t *keep_room(struct keep *k, size_t n)
{
	if (!k->newest || k->newest->cap - k->used < n) {
		if (!keep_next(k, n > ROOM ? n : ROOM))
			return NULL;
	}

	uint8_t *p = k->newest->mem + k->used;

	k->used += n;
	return p;
}

void keep_done(struct keep *k)
{
	while (k->oldest) {
		struct keep_buffer *b = k->oldest;

		k->oldest = b->next;
		buffer_free(b);
	}
	for (struct keep_buffer *b; (b = spare_take(k));)
		buffer_free(b);
	*k = (struct keep){0};
}
