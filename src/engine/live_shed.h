/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_shed - what a live run leaves out when the processor does not keep up with the packets.
 *
 *   0  nothing
 *   1  first bytes of flows are not kept, so that a protocol is looked for in one packet, and
 *      streams that tell no more than names of hosts are not read
 *   2  ... and of new flows one of 2 is followed; then of 4, 8, 16 (5)
 *
 * How far the run is behind shows in the kernel's ring: how much of it is filled. Each level begins
 * at a fill of its own, one level at a time, and ends when it is below half of that for a while.
 * All that is left out is counted (struct coverage, shed_*) and told.
 */
#ifndef SPAN_ENGINE_LIVE_SHED_H
#define SPAN_ENGINE_LIVE_SHED_H

#include "base/out.h"
#include "flow/flow.h"

enum { SHED_MOST = 5, SHED_FULL = 1000 };

/* All zero: nothing is left out. Times are of a monotonic clock. */
struct shed {
	unsigned level;
	unsigned fill;   /* of the ring, per mille, at the last look */
	int64_t calm_ns; /* since when the fill is low enough for the next lower one; 0: it is not
			  */
};

/* The level that follows, with the ring that full (per mille). True when it is another one. */
bool shed_look(struct shed *s, unsigned fill, int64_t now_ns);
/* How many looks a second are of use. */
extern const int64_t shed_every_ns;
struct flow_spare shed_flows(unsigned level);
bool shed_names(unsigned level);
/* What is left out, as a clause. */
void shed_words(unsigned level, struct out *o);

struct span_audit;
/* Looks, when it is time, goes by what it comes to, and tells of it. */
void live_shed_turn(struct span_audit *a, int64_t now_ns);
/* The run is over: what was begun to be told is told to its end. */
void live_shed_end(struct span_audit *a);
/* As an object. */
void live_shed_json(const struct span_audit *a, struct out *o);

#endif
