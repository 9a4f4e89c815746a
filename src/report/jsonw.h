/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jsonw - writes JSON values in order: commas, indentation and nothing else.
 *
 * Members of an object that was opened flat stand on one line; it is for the small objects and the
 * rows of long tables, so that two documents can be compared line by line. Text goes through
 * out_json(); nothing here depends on the locale.
 */
#ifndef SPAN_REPORT_JSONW_H
#define SPAN_REPORT_JSONW_H

#include <inttypes.h>
#include <string.h>

#include "base/out.h"
#include "base/time.h"

struct jsonw {
	struct out *o;
	unsigned depth;
	unsigned flat; /* depth at which one-line writing began, 0: not flat */
	bool more;     /* something stands before in the current object or array */
	bool named;    /* a member name was just written */
};

static inline void jsonw_line(struct jsonw *w)
{
	if (w->flat || !w->depth)
		return;
	out_char(w->o, '\n');
	out_pad(w->o, ' ', (size_t)w->depth * 2);
}

static inline void jsonw_before(struct jsonw *w)
{
	if (w->named) {
		w->named = false;
		return;
	}
	if (w->more)
		out_puts(w->o, w->flat ? ", " : ",");
	jsonw_line(w);
	w->more = true;
}

static inline void jsonw_name(struct jsonw *w, const char *name)
{
	jsonw_before(w);
	out_json(w->o, name, strlen(name));
	out_puts(w->o, ": ");
	w->named = true;
}

static inline void jsonw_open(struct jsonw *w, char bracket, bool flat)
{
	jsonw_before(w);
	out_char(w->o, bracket);
	w->depth++;
	w->more = false;
	if (flat && !w->flat)
		w->flat = w->depth;
}

static inline void jsonw_close(struct jsonw *w, char bracket)
{
	bool was_flat = w->flat;
	bool empty = !w->more;

	if (w->flat == w->depth)
		w->flat = 0;
	w->depth--;
	if (!was_flat && !empty) {
		out_char(w->o, '\n');
		out_pad(w->o, ' ', (size_t)w->depth * 2);
	}
	out_char(w->o, bracket);
	w->more = true;
}

static inline void jsonw_object(struct jsonw *w)
{
	jsonw_open(w, '{', false);
}
static inline void jsonw_object_flat(struct jsonw *w)
{
	jsonw_open(w, '{', true);
}
static inline void jsonw_object_end(struct jsonw *w)
{
	jsonw_close(w, '}');
}
static inline void jsonw_array(struct jsonw *w)
{
	jsonw_open(w, '[', false);
}
static inline void jsonw_array_flat(struct jsonw *w)
{
	jsonw_open(w, '[', true);
}
static inline void jsonw_array_end(struct jsonw *w)
{
	jsonw_close(w, ']');
}

/* Foreign text; NULL writes null. */
static inline void jsonw_text(struct jsonw *w, const char *z)
{
	jsonw_before(w);
	out_json_z(w->o, z);
}

static inline void jsonw_null(struct jsonw *w)
{
	jsonw_text(w, NULL);
}

static inline void jsonw_uint(struct jsonw *w, uint64_t n)
{
	jsonw_before(w);
	out_uint(w->o, n);
}

static inline void jsonw_bool(struct jsonw *w, bool yes)
{
	jsonw_before(w);
	out_puts(w->o, yes ? "true" : "false");
}

/* part / whole with six decimals, rounded down; null when the whole is 0. */
static inline void jsonw_ratio(struct jsonw *w, uint64_t part, uint64_t whole)
{
	/* Below 2^43 the product fits; above it the lost bits are far under the sixth decimal. */
	while (part >> 43) {
		part >>= 1;
		whole >>= 1;
	}
	if (!whole) {
		jsonw_null(w);
		return;
	}

	uint64_t ppm = part * 1000000 / whole;

	jsonw_before(w);
	out_printf(w->o, "%" PRIu64 ".%06" PRIu64, ppm / 1000000, ppm % 1000000);
}

/* RFC 3339, UTC, microseconds; null for TIME_NONE. */
static inline void jsonw_time(struct jsonw *w, int64_t ns)
{
	char buf[TIME_TEXT];

	jsonw_text(w, ns == TIME_NONE ? NULL : time_rfc3339(ns, buf));
}

/* A member that is text; NULL writes null. */
static inline void text_member(struct jsonw *w, const char *name, const char *z)
{
	jsonw_name(w, name);
	jsonw_text(w, z);
}

#endif
