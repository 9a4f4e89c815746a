/* SPDX-License-Identifier: BSD-2-Clause */
/* reader_check - what holds for every file: shared by the targets of the two formats. */
#ifndef SPAN_TESTS_READER_CHECK_H
#define SPAN_TESTS_READER_CHECK_H

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "capfile.h"
#include "capture/codec.h"
#include "capture/keep.h"
#include "capture/reader.h"

static inline void check(bool good)
{
	if (!good)
		abort();
}

static inline uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *byte = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ byte[i]) * 1099511628211u;
	return h;
}

static inline void check_extras(const struct source *s)
{
	check(s->names.n <= SOURCE_NAMES);
	for (size_t i = 0; i < s->names.n; i++)
		check(memchr(s->names.v[i].name, 0, sizeof s->names.v[i].name) &&
		      s->names.v[i].name[0]);
	for (size_t i = 0; i < s->losses.n; i++)
		check(memchr(s->losses.v[i].name, 0, sizeof s->losses.v[i].name) != NULL);
	check(memchr(s->note, 0, sizeof s->note) && memchr(s->why, 0, sizeof s->why));
}

/* A sum of all that was handed out, the end included; `step` bytes come at a time. */
static inline uint64_t read_through(const uint8_t *p, size_t n, const char *format,
				    const char *filter, size_t step)
{
	static struct {
		const uint8_t *p;
		uint32_t len;
		uint64_t sum;
	} held[KEEP_FRAMES];
	struct errors errs = {0};
	bool usage = false;
	struct input in = cap_input(p, n, step, false);
	struct source *s = reader_open(&in, format, "f", &(struct source_options){.filter = filter},
				       &errs, &usage);
	uint64_t sum = 1469598103934665603u, frames = 0;
	uint32_t number = 0;
	struct batch b;

	if (!s) {
		check(errs.n == 1 && errs.e[0].what && errs.e[0].hint);
		sum = mix(sum, errs.e[0].what, strlen(errs.e[0].what));
		errors_done(&errs);
		return sum;
	}
	check(errs.n == 0);
	for (;;) {
		check(s->end == SOURCE_MORE);
		check(s->ops->next(s, &b) == 0 && b.n <= BATCH_FRAMES);
		if (b.n == 0)
			break;
		for (size_t i = 0; i < b.n; i++) {
			const struct frame *f = &b.f[i];
			uint64_t own = mix(1469598103934665603u, f->p, f->len);

			check(f->number > number && f->len <= FRAME_MAX && f->wire_len >= f->len);
			check(f->ts_ns != TIME_NONE);
			number = f->number;
			held[frames % KEEP_FRAMES].p = f->p;
			held[frames % KEEP_FRAMES].len = f->len;
			held[frames++ % KEEP_FRAMES].sum = own;
			sum = mix(sum, &own, sizeof own);
			sum = mix(sum, &f->ts_ns, sizeof f->ts_ns);
			sum = mix(sum, &f->number, sizeof f->number);
			sum = mix(sum, &f->wire_len, sizeof f->wire_len);
			sum = mix(sum, &f->linktype, sizeof f->linktype);
			sum = mix(sum, &f->filtered, sizeof f->filtered);
		}
		/* Those that may go with the next batch. */
		for (uint64_t i = frames; i < frames + BATCH_FRAMES; i++)
			if (i >= KEEP_FRAMES)
				check(mix(1469598103934665603u, held[i % KEEP_FRAMES].p,
					  held[i % KEEP_FRAMES].len) == held[i % KEEP_FRAMES].sum);
		check_extras(s);
	}
	check(s->end == SOURCE_WHOLE || s->end == SOURCE_CUT || s->end == SOURCE_DAMAGED);
	check((s->why[0] != 0) == (s->end != SOURCE_WHOLE));
	check_extras(s);
	sum = mix(sum, &s->end, sizeof s->end);
	sum = mix(sum, s->why, strlen(s->why));
	sum = mix(sum, s->note, strlen(s->note));
	sum = mix(sum, &s->snaplen, sizeof s->snaplen);
	check(s->ops->next(s, &b) == 0 && b.n == 0);
	s->ops->close(s);
	return sum;
}

/* The first byte: how the file comes (and whether it is filtered); the rest is the file. What comes
 * out must not depend on the pieces it came in. */
static inline void check_reader(uint8_t how, const uint8_t *p, size_t n, const char *format)
{
	const char *filter = how & 0x80 ? "ip and not port 443" : NULL;
	size_t step = how & 0x7f;

	if (n > CODEC_BUFFER)
		return;

	uint64_t whole = read_through(p, n, format, filter, 0);

	if (step)
		check(read_through(p, n, format, filter, step) == whole);
}

#endif
