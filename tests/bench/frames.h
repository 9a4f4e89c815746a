/* SPDX-License-Identifier: BSD-2-Clause */
/* frames - the frames of a capture of gen.h, in memory. */
#ifndef SPAN_TESTS_BENCH_FRAMES_H
#define SPAN_TESTS_BENCH_FRAMES_H

#include <stdlib.h>

#include "gen.h"

struct frames {
	char *bytes; /* of the capture file */
	size_t n_bytes;
	size_t at; /* of the next record */
};

static bool frames_make(struct frames *f, const char *kind, uint64_t packets)
{
	struct gen *g = calloc(1, sizeof *g);
	FILE *out = open_memstream(&f->bytes, &f->n_bytes);
	bool ok = g && out && gen_capture(g, out, kind, packets);

	if (out)
		fclose(out);
	free(g);
	f->at = 24; /* the file's header */
	return ok;
}

/* NULL at the end. */
static const uint8_t *frames_next(struct frames *f, uint32_t *ret_len)
{
	uint32_t head[4];
	const uint8_t *p;

	if (f->at + sizeof head > f->n_bytes)
		return NULL;
	memcpy(head, f->bytes + f->at, sizeof head);
	p = (const uint8_t *)f->bytes + f->at + sizeof head;
	f->at += sizeof head + head[2];
	*ret_len = head[2];
	return p;
}

#endif
