/* SPDX-License-Identifier: BSD-2-Clause */
/* view - what a demand comes to: met, violated, or honestly not judged. */
#ifndef SPAN_FINDINGS_VIEW_H
#define SPAN_FINDINGS_VIEW_H

#include "findings/demand.h"

bool units_judge(struct work *w);
bool rule_rows_make(struct work *w);

#endif
