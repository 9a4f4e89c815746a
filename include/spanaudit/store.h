/* SPDX-License-Identifier: BSD-2-Clause */
/* store - what audits saw, kept hour by hour, to be judged again. */
#ifndef SPANAUDIT_STORE_H
#define SPANAUDIT_STORE_H

#include <spanaudit/audit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Before span_audit_run(): what it reads goes into this store too, which is made when there is
 * none. What comes out is the same without it. Where the store cannot be used, or its disk is full,
 * the run goes on, its result has a caveat, and span_audit_run() returns SPAN_INPUT. */
int span_audit_store(struct span_audit *a, const char *path);

/* In the place of span_audit_run(): judges what the store has by the rules, site and waivers that
 * were set, of the hours that begin within the time that span_audit_day(), span_audit_between() or
 * the next say, else all of it. The same views and formats follow. SPAN_USAGE, SPAN_INPUT (there is
 * no store, or it is damaged), negative errno; then there is no result. */
int span_audit_judge_store(struct span_audit *a, const char *path);
/* "24h": from so long ago until now, by span_audit_now(). */
int span_audit_since(struct span_audit *a, const char *duration);

/* Stores on their own. What is wrong is said on err. 0, SPAN_USAGE, SPAN_INPUT, negative errno. */
/* Makes an empty one; SPAN_USAGE when there is a file. */
int span_store_init(const char *path, FILE *err);
/* In words: size, hours, captures, runs. */
int span_store_status(const char *path, FILE *f, FILE *err);
/* Deletes the oldest hours, and says on f what it deleted. */
struct span_store_limits {
	unsigned keep_days; /* before now; 0: any age */
	uint64_t max_bytes; /* 0: any size */
	const char *now;    /* RFC 3339 with offset; NULL: the clock's */
	/* The same for what is remembered of reports, and for the ledger of captures whose hours
	 * are gone; 0: all of it stays. */
	unsigned keep_reports, keep_ledger;
};
int span_store_gc(const char *path, const struct span_store_limits *l, FILE *f, FILE *err);
/* Every row as a line of JSON. */
int span_store_export(const char *path, FILE *f, FILE *err);

#ifdef __cplusplus
}
#endif
#endif
