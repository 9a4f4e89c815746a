/* SPDX-License-Identifier: BSD-2-Clause */
/* fold - many clients of one network as one row. */
#ifndef SPAN_FINDINGS_FOLD_H
#define SPAN_FINDINGS_FOLD_H

#include "findings/work.h"

struct fold {
	uint32_t first; /* the item that the row stands at */
	size_t n;
};

struct fold_list {          /* zero at first */
	VEC(struct fold) v; /* by first; their order is their number */
	uint32_t *of;       /* by item: number of its fold + 1; NULL: nothing folds */
	struct conv **sum;  /* by number */
};

/* Marks the folded items. False without memory. */
bool fold_make(struct work *w, struct fold_list *l);
/* Adds an item that is folded to the sum of its row; all of them, in their order. The sum is the
 * result's. NULL without memory. */
struct conv *fold_sum(struct work *w, struct fold_list *l, size_t item);
void fold_done(struct fold_list *l);

#endif
