// SPDX-License-Identifier: BSD-2-Clause
/*
 * inputs - the files of a run: in which order they are read, and their digests.
 *
 * Files are read in the order of their first packets, so that the order on the command line does
 * not matter. Standard input cannot be looked at twice and is read where it stands.
 */
#include <errno.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "capture/source.h"
#include "engine/engine.h"

/* A digest reads the file once more. Up to this size nobody notices; beyond it is asked for. */
static const off_t digest_below = 64 << 20;

static const char *digest(struct span_audit *a, const char *path)
{
	struct stat st;
	char hex[SHA256_DIGEST_STRING_LENGTH];

	if (!strcmp(path, "-") || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	if (st.st_size > digest_below && !a->digest_all)
		return NULL;
	return SHA256File(path, hex) ? arena_strdup(&a->arena, hex) : NULL;
}

/* The time of the first packet, TIME_NONE without one. */
static int peek(struct span_audit *a, struct result_input *in, bool *ret_usage)
{
	struct batch b;
	struct source *s = source_open(in->path, &(struct source_options){.filter = a->filter},
				       &a->errs, ret_usage);

	if (!s) {
		in->failed = true;
		in->caveat = "it could not be opened";
		return *ret_usage ? SPAN_USAGE : SPAN_INPUT;
	}

	int r = source_next(s, &b);

	if (r == 0 && b.n)
		in->first_ns = b.f[0].ts_ns;
	source_close(s);
	return r;
}

static int by_first(const void *x, const void *y)
{
	const struct result_input *a = x, *b = y;

	if (a->failed != b->failed)
		return a->failed ? 1 : -1;
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	return strcmp(a->path, b->path);
}

int inputs_open(struct span_audit *a)
{
	int worst = 0;
	bool has_stdin = false;

	a->n_inputs = a->files.n;
	a->inputs = arena_alloc(&a->arena, (a->n_inputs + 1) * sizeof *a->inputs);
	if (!a->inputs)
		return -ENOMEM;
	for (size_t i = 0; i < a->n_inputs; i++) {
		struct result_input *in = &a->inputs[i];
		bool usage = false;

		in->path = a->files.v[i];
		in->first_ns = in->last_ns = TIME_NONE;
		if (!strcmp(in->path, "-")) {
			if (has_stdin) {
				struct error *e = errors_add(&a->errs, false,
							     "standard input is named twice");

				error_hint(e, "a stream can be read once only: name '-' once");
				return SPAN_USAGE;
			}
			has_stdin = true;
			continue;
		}

		int r = peek(a, in, &usage);

		if (r < 0 || r == SPAN_USAGE)
			return r;
		if (r)
			worst = r;
		else
			in->sha256 = digest(a, in->path);
	}
	/* TIME_NONE is the smallest: standard input and empty files come first. */
	if (a->n_inputs)
		qsort(a->inputs, a->n_inputs, sizeof *a->inputs, by_first);
	return worst;
}
