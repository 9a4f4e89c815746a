/* SPDX-License-Identifier: BSD-2-Clause */
/* admin - what a store has, as a whole; making it smaller; its rows for other programs. */
#ifndef SPAN_STORE_ADMIN_H
#define SPAN_STORE_ADMIN_H

#include "store/store.h"

struct store_run_row {
	int64_t id, began_ns, ended_ns; /* ended_ns: TIME_NONE when it did not */
	const char *state;              /* "open" "done" "interrupted" "replaced" */
	const char *files;              /* as given, ", " between */
	uint64_t segments, packets;
};

struct store_summary {
	struct arena arena;
	uint64_t bytes, free_bytes; /* of the file; of those, unused */
	uint64_t segments, conversations, grants, sightings, inputs;
	struct store_spans hours; /* that packets were seen in, joined, ascending */
	VEC(struct store_run_row)
	runs; /* ascending: those that are not whole, and the newest one */
	uint64_t n_runs;
	bool storing; /* a run is at it now: the newest open one */
};

/* 0 or negative errno, with store_why(). */
int store_summary(struct store *s, struct store_summary *ret);
void store_summary_done(struct store_summary *p);

struct store_gone { /* what was deleted */
	uint64_t hours, conversations, rows;
	uint64_t reports, captures; /* reports forgotten; captures of the ledger */
	int64_t before;             /* hours before this one, in seconds since 1970 */
	uint64_t bytes_before, bytes_after;
};
/* Deletes hours before that one, then the oldest days until the rest takes at most max_bytes (0:
 * any size). The ledger stays: what was deleted is not stored again. */
int store_gc(struct store *s, int64_t before, uint64_t max_bytes, struct store_gone *ret);

/* The file becomes as small as it can; as store_gc() ends. */
int store_shrink(struct store *s, struct store_gone *ret);
/* Forgets reports about times that ended before that one, with what they said of findings and
 * rules. */
int store_gc_reports(struct store *s, int64_t before_ns, struct store_gone *ret);
/* Forgets captures of runs that ended before that, of which no hour is left: given again, they are
 * stored again. */
int store_gc_ledger(struct store *s, int64_t before_ns, struct store_gone *ret);

/* Every row of every table as one line of JSON: {"table": ..., column: value ...}; octets in
 * hexadecimal. `put` takes each line. */
int store_export(struct store *s, int (*put)(void *user, const struct out *line), void *user);

#endif
