/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * told - the findings that a live run has told of, so that the next one does not tell them as new.
 *
 * The table is made when it is first needed: a store without it has told nothing.
 */
#ifndef SPAN_STORE_TOLD_H
#define SPAN_STORE_TOLD_H

#include "store/store.h"

struct store_told_row {
	char id[16]; /* "F-" and 12 hex digits, as in struct finding; zero behind them */
	uint64_t digest;
	int64_t last_ns; /* when it was seen last; TIME_NONE: what it says is that nothing was */
	uint8_t kind, severity; /* enum kind, enum severity */
	/* What it rests on was lost with a run that was interrupted: that it is not found any more
	 * says nothing. */
	bool lost;
};

/* These and no others, in one transaction. 0 or negative errno. */
int store_put_told(struct store *s, const struct store_told_row *rows, size_t n);
/* All of them by id, to be freed; lost where run `now` came after one that was interrupted and that
 * had not yet written the time that they were seen last. 0, -EINVAL for a damaged store, or another
 * negative errno. */
int store_get_told(struct store *s, int64_t now, struct store_told_row **ret, size_t *ret_n);

#endif
