/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blind - pairs of hosts that exchange IPsec ESP (RFC 4303): whatever they say to each other in it
 * makes no conversation. AH (RFC 4302) signs and hides nothing, so what it carries is judged.
 *
 * The set keeps the smallest pairs, so neither the order of packets nor their files show in it.
 */
#ifndef SPAN_FINDINGS_BLIND_H
#define SPAN_FINDINGS_BLIND_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/vec.h"

enum { BLIND_PAIRS = 4096 };

struct blind_pair {
	struct addr a, b; /* a is the smaller, as addr_compare() says */
};

struct blind_set {
	VEC(struct blind_pair) pairs; /* ascending, each once */
	bool more;                    /* there were others than fit */
};

void blind_done(struct blind_set *s);
/* ESP went between these two, either way. 0, or -ENOMEM. */
int blind_add(struct blind_set *s, const struct addr *x, const struct addr *y);

#endif
