/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan - clients that try everything: more than SCAN_TARGETS distinct (host, port) within
 * SCAN_WINDOW_NS, of which at least SCAN_FAILED per cent failed.
 */
#ifndef SPAN_INFER_SCAN_H
#define SPAN_INFER_SCAN_H

#include "base/time.h"
#include "flow/conv.h"

enum { SCAN_TARGETS = 50, SCAN_FAILED = 80 };
#define SCAN_WINDOW_NS (INT64_C(600) * NS_PER_S)

/* The attempt failed, as far as an answer could be expected. */
bool scan_failed(const struct conv *c);

/* What one client did: conversations, and attempts that stand apart. */
struct scan_client {
	uint32_t no;
	size_t from, n; /* of conv_list.v */
	size_t attempt, n_attempt;
};
/* The next one behind *c, which is zero at first; false when there is none. */
bool scan_client_next(const struct conv_list *l, struct scan_client *c);

/* What takes no part; NULL: all do. */
struct scan_skip {
	bool (*conv)(void *user, const struct conv *c);
	bool (*attempt)(void *user, const struct attempt *a);
	void *user;
};
/* Marks all of the client that stands in a window that is a scan: mark[i] of l->v[i], and
 * mark_attempt[i] of l->attempt[i]. 1: there is such a window, 0: none, -ENOMEM. */
int scan_find(const struct conv_list *l, const struct scan_client *c, const struct scan_skip *skip,
	      uint8_t *mark, uint8_t *mark_attempt);

#endif
