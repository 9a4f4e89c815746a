/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spans - sets of addresses as sorted ranges, so that a network without the hosts that have roles
 * of their own can be said exactly.
 */
#ifndef SPAN_ALLOW_SPANS_H
#define SPAN_ALLOW_SPANS_H

#include "base/addr.h"
#include "base/out.h"
#include "base/vec.h"

struct span { /* both ends included, of one family */
	struct addr lo, hi;
};
/* Closed: IPv4 before IPv6, ascending, apart from one another. */
struct spans {
	struct span *v; /* owned: spans_done() */
	size_t n, cap;
};

static inline void spans_done(struct spans *s)
{
	vec_done(s);
}
/* False without memory. The set is open until spans_close(). */
bool spans_add(struct spans *s, const struct addr *lo, const struct addr *hi);
bool spans_add_prefix(struct spans *s, const struct prefix *p);
bool spans_add_all(struct spans *s, const struct spans *more);
/* Sorts, and joins what overlaps or touches. */
void spans_close(struct spans *s);
/* Takes the holes out; both are closed, and stay so. False without memory: *s is as before. */
bool spans_cut(struct spans *s, const struct spans *holes);
/* Adds every address that addr_is_public() calls so. */
bool spans_public(struct spans *s);
bool spans_has(const struct spans *s, const struct addr *a);
/* How many ranges are IPv4; they come first. */
size_t spans_v4(const struct spans *s);

/* "10.0.0.1", "10.0.0.0/24", "10.0.0.4-10.0.0.9": the shortest that says it. */
void span_print(const struct span *s, struct out *o);
/* The range is one address, or exactly this network. *ret_bits is its length as prefix_parse()
 * takes it in text. False when it is neither. */
bool span_is_prefix(const struct span *s, unsigned *ret_bits);

#endif
