/* SPDX-License-Identifier: BSD-2-Clause */
/* view - what a demand comes to: met, violated, or honestly not judged. */
#ifndef SPAN_FINDINGS_VIEW_H
#define SPAN_FINDINGS_VIEW_H

#include "findings/demand.h"

bool units_judge(struct work *w);
bool rule_rows_make(struct work *w);
/* Between which roles demands were not judged. */
bool unjudged_make(struct work *w);
/* Why the failure of these conversations proves nothing, as clauses; NULL where it does. */
bool failures_judge(struct work *w, const uint32_t *items, size_t n, const char **ret_why);

#endif
