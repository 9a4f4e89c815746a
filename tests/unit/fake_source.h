/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source whose frames, batch sizes and errors a test chooses. It keeps the bytes of exactly
 * KEEP_FRAMES frames and frees the others, so that AddressSanitizer sees who relies on more.
 */
#ifndef TEST_FAKE_SOURCE_H
#define TEST_FAKE_SOURCE_H

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "capture/source.h"

enum { FAKE_MARK = 16 }; /* bytes of a frame: its number and tag, again and again */

struct fake {
	struct source s;
	const int64_t *ts;
	size_t n, at, kept;
	uint32_t tag;    /* of the source, in the bytes */
	unsigned batch;  /* frames at a time; 0: a size by chance each time */
	uint64_t chance; /* seed of that */
	size_t fail_at;  /* the call that comes there fails; 0 never */
	int error;
	uint8_t **bytes;
	unsigned *closed; /* counts up; NULL fine */
};

static inline uint32_t fake_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(*seed >> 32);
}

static inline void fake_mark(uint8_t mark[FAKE_MARK], uint32_t number, uint32_t tag)
{
	for (size_t i = 0; i < FAKE_MARK; i += 8) {
		memcpy(mark + i, &number, 4);
		memcpy(mark + i + 4, &tag, 4);
	}
}

/* A frame's bytes are still there, and they are its own. */
static inline bool fake_intact(const struct frame *f, uint32_t tag)
{
	uint8_t mark[FAKE_MARK];

	fake_mark(mark, f->number, tag);
	return f->len == FAKE_MARK && memcmp(f->p, mark, FAKE_MARK) == 0;
}

static inline int fake_next(struct source *s, struct batch *b)
{
	struct fake *f = (struct fake *)s;
	size_t want = f->batch ? f->batch : 1 + fake_random(&f->chance) % BATCH_FRAMES;

	b->n = 0;
	if (f->fail_at && f->at >= f->fail_at)
		return f->error;
	for (; b->n < want && f->at < f->n; f->at++) {
		uint8_t *p = malloc(FAKE_MARK);

		if (!p)
			abort();
		fake_mark(p, (uint32_t)f->at + 1, f->tag);
		f->bytes[f->at] = p;
		b->f[b->n++] = (struct frame){
			.ts_ns = f->ts[f->at],
			.p = p,
			.len = FAKE_MARK,
			.wire_len = FAKE_MARK,
			.number = (uint32_t)f->at + 1,
			.linktype = 1,
		};
	}
	while (f->at - f->kept > KEEP_FRAMES) {
		free(f->bytes[f->kept]);
		f->bytes[f->kept++] = NULL;
	}
	if (b->n == 0)
		s->end = SOURCE_WHOLE;
	return 0;
}

static inline void fake_close(struct source *s)
{
	struct fake *f = (struct fake *)s;

	for (size_t i = f->kept; i < f->at; i++)
		free(f->bytes[i]);
	if (f->closed)
		++*f->closed;
	free(f->bytes);
	free(f);
}

/* ts stays the caller's. */
static inline struct fake *fake_new(const int64_t *ts, size_t n, uint32_t tag, unsigned batch)
{
	static const struct source_ops ops = {
		.name = "fake", .next = fake_next, .close = fake_close};
	struct fake *f = calloc(1, sizeof *f);

	if (!f)
		abort();
	f->bytes = calloc(n + 1, sizeof *f->bytes);
	if (!f->bytes)
		abort();
	f->s.ops = &ops;
	f->ts = ts;
	f->n = n;
	f->tag = tag;
	f->batch = batch;
	f->chance = batch + n;
	return f;
}

#endif
