/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hints - what such a picture usually means: causes that administrators know, tied to what the
 * capture shows of them.
 *
 * A hint changes no verdict and no severity. It stands with the finding that it explains; where
 * there is none, it is a finding of kind advice and severity info.
 */
#ifndef SPAN_FINDINGS_HINTS_H
#define SPAN_FINDINGS_HINTS_H

#include <stddef.h>

struct hint_row {
	const char *code; /* "RPC-EPM-BLOCKED" */
	const char *when; /* what must be seen: a clause */
	const char *says; /* sentences: what it usually means, and what to do */
};

/* In the order of their subjects; NULL past the end. */
const struct hint_row *hint_at(size_t i);

/* A hint of one finding. */
struct hint {
	const struct hint_row *row;
	const char *because; /* what was seen of it here: a clause */
	const struct hint *next;
};

#endif
