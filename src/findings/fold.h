/* SPDX-License-Identifier: BSD-2-Clause */
/* fold - many clients of one network as one row. */
#ifndef SPAN_FINDINGS_FOLD_H
#define SPAN_FINDINGS_FOLD_H

#include "findings/work.h"

struct fold {
	uint32_t first; /* the item that the row stands at */
	size_t n;
	struct conv *sum; /* in the result's arena */
};

struct fold_list { /* sorted by first */
	VEC(struct fold) v;
};

/* Marks the folded items. */
bool fold_make(struct work *w, struct fold_list *l);

#endif
