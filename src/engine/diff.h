/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff - two results side by side. diff.c finds what changed, diff_write.c says it.
 *
 * A finding is the same when its id is: ids hold the fact and nothing that changes from day to day.
 */
#ifndef SPAN_ENGINE_DIFF_H
#define SPAN_ENGINE_DIFF_H

#include <spanaudit/diff.h>

#include "base/out.h"
#include "report/result_read.h"

/* In the order in which they are told. */
enum diff_class {
	DIFF_NEW,
	DIFF_WORSE,
	DIFF_NEW_WAIVED, /* new, and a waiver covers it */
	DIFF_CHANGED,
	DIFF_NOT_SEEN, /* not in the new result, which does not show that it ended */
	DIFF_GONE,
	DIFF_STILL,
	DIFF_CLASS_N,
};
const char *diff_class_name(enum diff_class c); /* "new" "worse" ... */

/* Bits of diff_row.changes. */
enum diff_change {
	CHANGE_SEVERITY,
	CHANGE_STATE,
	CHANGE_WAIVER,
	CHANGE_KIND,
	CHANGE_RULE,
	CHANGE_SERVICE,
	CHANGE_WHY,
	CHANGE_N,
};

struct diff_row {
	enum diff_class class;
	const struct read_finding *was, *is; /* at least one */
	uint32_t changes;                    /* 1 << enum diff_change, when both */
	uint32_t worse;                      /* those of them that make it worse */
	const char *reason;                  /* of DIFF_NOT_SEEN: a clause */
};

struct diff_rule {
	const struct read_rule *was, *is; /* at least one; the other pack may lack the rule */
	unsigned rank;                    /* 0: became violated, 1: no longer met, 2: the rest */
};

enum diff_figure {
	FIGURE_KERNEL,
	FIGURE_INTERFACE,
	FIGURE_GAP,
	FIGURE_ONE_WAY,
	FIGURE_SKIPPED,
	FIGURE_EVICTED,
	FIGURE_N,
};

/* Why two runs do not compare: what, and what to do. */
struct diff_refusal {
	const char *what, *hint;
};

struct diff {
	struct arena arena;
	struct read_result was, is;
	const char *path[2]; /* borrowed */
	bool same_packets;   /* judged twice by different rules: what is not found is not there */
	struct diff_refusal *refusals;
	size_t n_refusals;
	bool swapped;          /* the old one began after the new one */
	struct diff_row *rows; /* by class, then severity (worst first), then id */
	size_t n_rows, n[DIFF_CLASS_N];
	const struct read_rule **is_rules; /* the new ones, by id */
	struct diff_rule *rules;           /* by rank, then pack and id */
	size_t n_rules, n_rules_worse;
	bool figure_worse[FIGURE_N];
	const char **caveats; /* of the new one alone */
	size_t n_caveats;
	bool coverage_worse;
};

/* was and is are read already. 0 or -ENOMEM; diff_done() either way. */
int diff_make(struct diff *d);
void diff_done(struct diff *d);
/* In parts per million, but FIGURE_EVICTED, a count. */
uint64_t diff_figure(const struct read_result *r, enum diff_figure f);

int diff_text(const struct diff *d, const struct span_diff_options *opt, struct out *o);
int diff_json(const struct diff *d, const struct span_diff_options *opt, struct out *o);

/* Their parts about findings and rules, for who writes more around them. */
struct page;
struct jsonw;
void diff_text_changes(const struct page *p, const struct diff *d, bool all);
void diff_json_changes(struct jsonw *w, const struct diff *d);

#endif
