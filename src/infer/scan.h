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
typedef bool (*scan_skip_fn)(void *user, const struct conv *c);
/* Of the n conversations of one client, sets mark[i] of all that stand in a window that is a scan;
 * those that `skip` names take no part. 1: there is such a window, 0: none, -ENOMEM. */
int scan_find(const struct conv *v, size_t n, scan_skip_fn skip, void *user, uint8_t *mark);

#endif
