/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cand - what may become a finding: a conversation, and the fact that it shows.
 *
 * A fact is known by its digest, and has a number while there are many candidates of it; equal
 * digests become one finding. So no table and no order of arrival can show.
 */
#ifndef SPAN_FINDINGS_CAND_H
#define SPAN_FINDINGS_CAND_H

#include "findings/work.h"

struct cand {
	uint32_t fact; /* its number; behind cands_sort() its place among all digests */
	uint32_t item;
	uint8_t kind;
	int8_t iface;     /* see rpc_blocked.c */
	uint8_t severity; /* of a verdict: severity_of() the item */
};

struct cand_fact {
	uint8_t digest[FACT_DIGEST];
	uint32_t number;
};

struct cand_recent { /* one that was met a short while ago: most are */
	struct fact f;
	uint32_t number;
	bool used;
};

struct cands { /* zero at first */
	VEC(struct cand);
	VEC(struct cand_fact) facts; /* by number; one fact may have several */
	struct cand_recent recent[256];
};

void cands_done(struct cands *v);
/* `c` with its fact. Items must not descend. False without memory. */
bool cands_add(struct cands *v, const struct fact *f, struct cand c);
/* By digest, then by item. False without memory. */
bool cands_sort(struct cands *v);
/* How many of n, which are sorted, have the fact of the first one. n > 0. */
size_t cands_same(const struct cand *v, size_t n);

/* Of everything in scope that says something. `answered`: hosts by index that answered at all.
 * False without memory. */
bool cands_collect(struct work *w, struct cands *v, const bool *answered);

/* What the verdict says, that it failed, and that it is part of a scan. `silent`: the whole
 * controller is. */
struct fact cand_fact(struct work *w, const struct item *it);
struct fact cand_fact_blocked(struct work *w, const struct item *it, bool silent);
struct fact cand_fact_scan(struct work *w, const struct item *it);
/* Its server is a domain controller that answered nobody. */
bool cand_dc_silent(const struct work *w, const struct item *it, const bool *answered);

#endif
