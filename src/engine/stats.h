/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats - where the processor time of a run went, by stage (--stats).
 *
 * One clock, read where one stage ends and the next begins: once a batch of packets in each stage
 * of the path, never for a packet. What is asked inside the flow table, recognition and readers of
 * streams, comes too often for that: it is timed in one batch of SAMPLE_EACH, and has its share of
 * the flow table's time. Without --stats the pointer is NULL and nothing is read.
 */
#ifndef SPAN_ENGINE_STATS_H
#define SPAN_ENGINE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cpu.h"
#include "base/out.h"

enum stage {
	STAGE_RULES,
	STAGE_OPEN,
	STAGE_READ,
	STAGE_DECODE,
	STAGE_COPIES,
	STAGE_FLOWS,
	STAGE_ENDS,
	STAGE_ROLES,
	STAGE_JUDGE,
	STAGE_REPORT,
	STAGE_N,
};

enum asked { ASKED_RECOGNISE, ASKED_READERS, ASKED_DONE, ASKED_N };

struct stats {
	int64_t mark_ns; /* processor time at the end of the last stage */
	int64_t ns[STAGE_N];
	uint64_t packets, batches;
	bool sample;                         /* of this batch */
	int64_t table_ns, asked_ns[ASKED_N]; /* by the clock on the wall, in the sampled batches */
	uint64_t asked[ASKED_N];             /* in all of them */
};

int64_t stats_clock(void);
int64_t stats_wall(void);
void stats_begin(struct stats *s); /* forgets what was before */
void stats_batch(struct stats *s, uint64_t packets);
void stats_add(struct stats *s, enum stage stage);
void stats_table_add(struct stats *s, enum stage stage, int64_t from_ns);
void stats_asked_add(struct stats *s, enum asked what, int64_t from_ns);
void stats_text(const struct stats *s, struct out *o);

/* What was done since the last stage ended was this one. */
static inline void stats_took(struct stats *s, enum stage stage)
{
	if (unlikely(s != NULL))
		stats_add(s, stage);
}

/* Around a call inside the flow table, and around that itself. */
static inline int64_t stats_from(const struct stats *s)
{
	return unlikely(s != NULL) && s->sample ? stats_wall() : 0;
}

static inline void stats_asked(struct stats *s, enum asked what, int64_t from_ns)
{
	if (unlikely(s != NULL))
		stats_asked_add(s, what, from_ns);
}

#endif
