/* SPDX-License-Identifier: BSD-2-Clause */
/* same_conv - are two conversations the same, with their rows? */
#ifndef SPAN_TEST_SAME_CONV_H
#define SPAN_TEST_SAME_CONV_H

#include <string.h>

#include "flow/conv.h"

static inline bool same_rows(const void *a, const void *b, size_t n, size_t size)
{
	return !n || memcmp(a, b, n * size) == 0;
}

static inline bool same_conv(const struct conv *a, const struct conv *b)
{
	struct conv x, y;

	/* Copied by bytes, padding too: equal conversations are equal bytes. */
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	x.app = y.app = NULL;
	x.minutes = y.minutes = NULL;
	x.name = y.name = NULL;
	x.iface = y.iface = NULL;
	x.pipe = y.pipe = NULL;
	return !memcmp(&x, &y, sizeof x) && same_rows(a->app, b->app, a->n_app, sizeof *a->app) &&
	       same_rows(a->minutes, b->minutes, a->n_minutes, sizeof *a->minutes) &&
	       same_rows(a->name, b->name, a->n_name, sizeof *a->name) &&
	       same_rows(a->iface, b->iface, a->n_iface, sizeof *a->iface) &&
	       same_rows(a->pipe, b->pipe, a->n_pipe, sizeof *a->pipe);
}

#endif
