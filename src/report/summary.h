/* SPDX-License-Identifier: BSD-2-Clause */
/* summary - what was read, judged and lost, in a line each: the same in every format for people. */
#ifndef SPAN_REPORT_SUMMARY_H
#define SPAN_REPORT_SUMMARY_H

#include "findings/result.h"

/* A word and a line; both valid during the call. Names from outside are harmless in it. */
typedef void (*summary_fn)(void *user, const char *label, const char *line);

/* In the order of the report. `comma` stands between thousands. False without memory. */
bool summary_of(const struct result *r, const char *comma, summary_fn tell, void *user);

#endif
