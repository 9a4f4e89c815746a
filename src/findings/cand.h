/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cand - what may become a finding: a conversation under the digest of the fact that it shows.
 *
 * The fact is made first, as a digest; equal digests are sorted together, and become one finding.
 * So no table and no order of arrival can show.
 */
#ifndef SPAN_FINDINGS_CAND_H
#define SPAN_FINDINGS_CAND_H

#include "findings/work.h"

struct cand {
	uint8_t digest[FACT_DIGEST];
	uint32_t item;
	uint8_t kind;
	int8_t iface;     /* see rpc_blocked.c */
	uint8_t severity; /* of a verdict: severity_of() the item */
};

struct cand_recent { /* one that was met a short while ago: most are */
	struct fact f;
	uint8_t digest[FACT_DIGEST];
	bool used;
};

struct cands {
	VEC(struct cand);
	bool in_order;
	struct cand_recent recent[256];
};

/* By digest, then by item: for qsort(). */
int cand_order(const void *a, const void *b);
/* How many of n, which are in order, have the fact of the first one. n > 0. */
size_t cands_same(const struct cand *v, size_t n);

/* Of everything in scope that says something. `answered`: hosts by index that answered at all.
 * False without memory. */
bool cands_collect(struct work *w, struct cands *v, const bool *answered);

/* By cand_order(), what cands_collect() has put there. */
void cands_sort(struct cands *v);

/* What cands_collect() goes by: the same digest as fact_digest(), of many that repeat. */
void cand_digest(struct cands *v, const struct fact *f, uint8_t ret[FACT_DIGEST]);

/* What the verdict says, that it failed, and that it is part of a scan. `silent`: the whole
 * controller is. */
struct fact cand_fact(struct work *w, const struct item *it);
struct fact cand_fact_blocked(struct work *w, const struct item *it, bool silent);
struct fact cand_fact_scan(struct work *w, const struct item *it);
/* Its server is a domain controller that answered nobody. */
bool cand_dc_silent(const struct work *w, const struct item *it, const bool *answered);

#endif
