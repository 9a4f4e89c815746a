/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keep_parts - what flows that go on for more than an hour were given in each. Private to keep.
 *
 * The first part of a flow is told as a flow that began there, the others as flows that the capture
 * met in their middle: each with what was sent in its hour and with what is known of the whole. Who
 * reads them needs the hour of the part before: where that is there too, a part brings its packets,
 * and counts as no flow.
 *
 * What is known of a flow grows, so parts are told when it is over. Of one that goes on for long
 * all but the newest few are told before, by what is known then: a connection may last for months.
 */
#ifndef SPAN_ENGINE_KEEP_PARTS_H
#define SPAN_ENGINE_KEEP_PARTS_H

#include "flow/conv.h"

/* before: the hour of the part before, TIME_NONE for the first. began: that of the first. */
typedef void (*parts_fn)(void *user, int64_t began, int64_t before, const struct flow_done *part);

struct parts;
/* keep: how many parts of a flow wait for its end; one, when half of max_memory is taken (bytes; 0:
 * 128 MiB). */
struct parts *parts_new(unsigned keep, size_t max_memory);
struct parts *parts_free(struct parts *p);
/* The flow goes on with the packet `next` of another hour; d is what there was before it. False
 * without room: then the rest of it belongs to the hour that it is in. */
bool parts_cross(struct parts *p, const struct flow_done *d, const struct evidence *next,
		 parts_fn fn, void *user);
/* The flow is over. False when it has one part only, which is d itself. */
bool parts_end(struct parts *p, const struct flow_done *d, parts_fn fn, void *user);
uint64_t parts_shed(const struct parts *p); /* how often there was no room */

#endif
