/* SPDX-License-Identifier: BSD-2-Clause */
/* figures - what was read, skipped, lost and learned, each with what it means: the same rows in
 * every format. */
#ifndef SPAN_REPORT_FIGURES_H
#define SPAN_REPORT_FIGURES_H

#include "findings/result.h"

struct figure {
	bool is_share; /* part of whole, in per cent; else part is a count */
	uint64_t part, whole;
	const char *meaning; /* valid during the call */
};
typedef void (*figure_fn)(void *user, const struct figure *f);

/* In the order of the report. */
void figures_of_coverage(const struct coverage *c, figure_fn tell, void *user);

#endif
