/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kinds - every verdict a conversation can come to and every kind of finding, in one table: word,
 * default severity, meaning and remedy. Reports, the manual page and `explain` are made from it.
 */
#ifndef SPAN_FINDINGS_KINDS_H
#define SPAN_FINDINGS_KINDS_H

#include "site/site.h"

/* The order of verdicts is from best to worst: a conversation whose flows differ has the worst. */
enum kind {
	KIND_OUT_OF_SCOPE,
	KIND_DOCUMENTED,
	KIND_DOCUMENTED_DYNAMIC,
	KIND_TOLERATED,
	KIND_ADVICE,
	KIND_SETUP_ONLY,
	KIND_RPC_UNEXPLAINED,
	KIND_RPC_OUT_OF_RANGE,
	KIND_MOVED_SERVICE,
	KIND_UNEXPECTED_DIRECTION,
	KIND_UNEXPECTED_PAIR,
	KIND_UNEXPECTED_PORT,
	KIND_UNEXPECTED_ENDPOINT,
	KIND_UNEXPECTED_PROTOCOL,
	KIND_LAST_VERDICT = KIND_UNEXPECTED_PROTOCOL,
	/* findings that are not a conversation's verdict */
	KIND_MISSING,
	KIND_BLOCKED,
	KIND_RPC_BLOCKED,
	KIND_SCAN,
	KIND_CONTRADICTION,
	KIND_VISIBILITY,
	KIND_N,
};

struct kind_row {
	const char *name;       /* "unexpected-port" */
	enum severity severity; /* default; SEV_NONE: makes no finding */
	const char *meaning;    /* one sentence for people */
	const char *remedy;     /* what to do */
};

const struct kind_row *kind_row(enum kind k);
const char *kind_name(enum kind k);
enum kind kind_by_name(const char *name); /* KIND_N when unknown */

#endif
