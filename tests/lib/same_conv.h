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

/* Copied by bytes, padding too: equal conversations are equal bytes. */
static inline bool same_fail(const struct conv_fail *a, const struct conv_fail *b)
{
	struct conv_fail x, y;

	if (!a || !b)
		return a == b;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	x.minutes = y.minutes = NULL;
	if (!x.refusal != !y.refusal)
		return false;
	x.refusal = y.refusal = NULL;
	return !memcmp(&x, &y, sizeof x) &&
	       same_rows(a->minutes, b->minutes, a->n_minutes, sizeof *a->minutes) &&
	       same_rows(a->refusal, b->refusal, a->refusal != NULL, sizeof *a->refusal);
}

static inline bool same_more(const struct conv_more *a, const struct conv_more *b)
{
	struct conv_more x, y;

	if (!a || !b)
		return a == b;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	x.name = y.name = NULL;
	x.iface = y.iface = NULL;
	x.pipe = y.pipe = NULL;
	return !memcmp(&x, &y, sizeof x) &&
	       same_rows(a->name, b->name, a->n_name, sizeof *a->name) &&
	       same_rows(a->iface, b->iface, a->n_iface, sizeof *a->iface) &&
	       same_rows(a->pipe, b->pipe, a->n_pipe, sizeof *a->pipe);
}

static inline bool same_conv(const struct conv *a, const struct conv *b)
{
	struct conv x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	if (!a->alone && !b->alone)
		x.app = y.app = NULL;
	x.fail = y.fail = NULL;
	x.more = y.more = NULL;
	return !memcmp(&x, &y, sizeof x) &&
	       (a->alone || same_rows(a->app, b->app, a->n_app, sizeof *a->app)) &&
	       same_fail(a->fail, b->fail) && same_more(a->more, b->more);
}

#endif
