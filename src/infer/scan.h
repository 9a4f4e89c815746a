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
/* `by_time`: the conversations of one client by their first packet, none with a group address.
 * Sets mark[i] of all that stand in a window that is a scan, and tells whether there was one. */
bool scan_windows(const struct conv *const *by_time, size_t n, uint8_t *mark);

#endif
