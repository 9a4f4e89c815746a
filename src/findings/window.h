/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * window - the time really observed: from the first packet to the last, without the pauses.
 *
 * A sensor that sees no packet at all for longer than WINDOW_PAUSE was not looking. The spans are
 * what is left when such pauses are cut out of the sorted times of all packets, so the order of
 * packets, and which file they came from, cannot be seen in them.
 */
#ifndef SPAN_FINDINGS_WINDOW_H
#define SPAN_FINDINGS_WINDOW_H

#include "base/time.h"
#include "base/vec.h"

#define WINDOW_PAUSE (3600 * NS_PER_S)
/* More pauses than this are a forged or damaged capture; what lies beyond does not count as
 * observed, which only makes fewer absences judgeable. */
enum { WINDOW_SPANS = 4096 };

struct window_span {
	int64_t from_ns, to_ns; /* of its first and last packet */
};

struct window {
	VEC(struct window_span) spans; /* ascending, more than WINDOW_PAUSE apart */
	size_t at;                     /* the span that the newest packet fell into */
};

void window_done(struct window *w);
/* A packet was seen at ts_ns. 0, or -ENOMEM. */
int window_add(struct window *w, int64_t ts_ns);
/* Packets were seen from one time to the other, without such a pause between; as a span of another
 * window. */
int window_add_span(struct window *w, int64_t from_ns, int64_t to_ns);
/* What was seen before that time is no part of it any more. */
void window_cut(struct window *w, int64_t before_ns);
/* The sum of the spans. */
int64_t window_observed(const struct window *w);

#endif
