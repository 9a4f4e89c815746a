/* SPDX-License-Identifier: BSD-2-Clause */
/* tally - rows of conversations, and the balance of all figures. */
#ifndef SPAN_FINDINGS_TALLY_H
#define SPAN_FINDINGS_TALLY_H

#include "findings/fold.h"

bool rows_make(struct work *w, struct fold_list *l);

#endif
