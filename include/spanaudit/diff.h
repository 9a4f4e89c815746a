/* SPDX-License-Identifier: BSD-2-Clause */
/* diff - what changed between two result documents. */
#ifndef SPANAUDIT_DIFF_H
#define SPANAUDIT_DIFF_H

#include <spanaudit/audit.h>

#ifdef __cplusplus
extern "C" {
#endif

enum span_diff_outcome {
	SPAN_DIFF_NOTHING_NEW = 0,
	SPAN_DIFF_WORSE = 1, /* findings are new, or got worse */
	/* SPAN_INPUT: a document cannot be read, or is none */
	SPAN_DIFF_INCOMPARABLE = 4, /* and it was not forced, or cannot be */
};

struct span_diff_options {
	bool force; /* compare also what differs in site, rule packs or window */
	bool all;   /* list everything that is the same, too */
	bool json;  /* schema spanaudit-diff/1, else text */
	enum span_colour colour;
	unsigned width; /* columns of the text, 0: 80 */
};

/* Compares two results that span_audit_write() wrote as "json", the older one first. The comparison
 * goes to f; what is wrong with the documents, or makes them incomparable, to err in words. An
 * outcome, SPAN_INPUT, or a negative errno (out of memory, write error). `opt` NULL: all zero. */
int span_diff(const char *old_path, const char *new_path, const struct span_diff_options *opt,
	      FILE *f, FILE *err);

#ifdef __cplusplus
}
#endif
#endif
