/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gaps - the minutes in which bytes of connections went missing: a mirror or a buffer that is too
 * small loses in bursts, a broken one always.
 *
 * Minutes sum up, and when there are too many of them all become twice as long: the order in which
 * gaps are told cannot be seen.
 */
#ifndef SPAN_FINDINGS_GAPS_H
#define SPAN_FINDINGS_GAPS_H

#include "base/time.h"
#include "base/vec.h"

enum { GAPS_MINUTES = 4096 };

struct gap_minute {
	int64_t at;    /* seconds since 1970 by gaps.seconds, rounded down */
	int64_t bytes; /* below zero where more came late than went missing */
};

struct gaps {
	VEC(struct gap_minute) minutes; /* ascending */
	int64_t seconds;                /* how long each is; 0 before the first */
};

void gaps_done(struct gaps *g);
/* 0, or -ENOMEM. */
int gaps_add(struct gaps *g, int64_t ts_ns, int64_t bytes);
/* Adds all of another one, as if its gaps had been told to g. 0, or -ENOMEM. */
int gaps_merge(struct gaps *g, const struct gaps *from);

#endif
