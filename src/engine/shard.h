/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shard - what becomes of packets behind the decoder: flows, recognition of their first bytes, what
 * readers find in them, and the conversations that they fold into.
 *
 * Nothing in here allocates per packet; a flow that shows payload gets a recognition from a pool.
 * A run has one, or several that share its packets: then all packets between two addresses are of
 * one of them, and so is every conversation.
 */
#ifndef SPAN_ENGINE_SHARD_H
#define SPAN_ENGINE_SHARD_H

#include "engine/engine.h"
#include "findings/gaps.h"
#include "findings/timeline.h"
#include "flow/split.h"

struct flow_spare;
struct learn;
struct packet;
struct shard;

/* With the run's settings. no: from 0 on, among those of the run. timeline and gaps: the run's, for
 * the only shard that there is, which then counts into the run's inputs, too, and has its tap;
 * NULL: it keeps its own. NULL without memory. */
struct shard *shard_new(struct span_audit *a, unsigned no, struct timeline *timeline,
			struct gaps *gaps);
struct shard *shard_free(struct shard *sh);
/* Packets in their order, whose bytes all live until it returns. 0 or negative errno. */
int shard_packets(struct shard *sh, const struct packet *p, size_t n);
/* What comes now is of the hour that begins then: see hot_tap.crossed. */
void shard_mark(struct shard *sh, int64_t hour_ns);
/* For who shares packets out between several, see flow/split.h. */
void shard_turn(struct shard *sh, int64_t ts_ns);
/* What it took of what it may have, at most; shed: something found no room. */
struct shard_need {
	struct flow_need flow;
	struct conv_need conv;
	size_t learn;
	bool shed;
};
struct shard_need shard_need(const struct shard *sh);
void shard_need_add(struct shard_need *sum, const struct shard_need *n);
/* True when one shard for all packets would not have had to do without anything, either. */
bool shard_need_fits(const struct shard *sh, const struct shard_need *sum);
/* Moves what `from` came to into `to`, once the flows of both have ended. 0 or negative errno, of
 * which -EAGAIN is what shard_need_fits() would say, when all is done. */
int shard_join(struct shard *to, struct shard *from);
/* Gives the run what a shard that is not the only one keeps of its own. 0 or negative errno. */
int shard_settle(struct shard *sh, struct timeline *timeline, struct gaps *gaps);
/* Hands out every flow, as at the end of the input, whose last packet had that time. */
int shard_end_flows(struct shard *sh, int64_t now_ns);
/* What is left out from now on; see live_shed.c. */
void shard_spare(struct shard *sh, const struct flow_spare *flows, bool names);
/* Lets go of figures of hours before that one, that are not the run's. */
void shard_timeline_cut(struct shard *sh, int64_t before_ns);
/* Adds its figures. */
void shard_coverage(const struct shard *sh, struct coverage *sum);
uint64_t shard_evicted(const struct shard *sh); /* flows whose conversation found no room */

/* Lent; convs until it is replaced. */
struct shard_tables {
	struct flow_table *flows;
	struct conv_table *convs;
	struct learn *learn;
	struct cards *cards;
	struct bank *bank;
};
struct shard_tables shard_tables(struct shard *sh);
/* An empty table with the settings of a run's, and memory of that bank (NULL: the system's); NULL
 * without memory. */
struct conv_table *shard_convs_new(struct span_audit *a, struct bank *bank);
/* Takes it in the place of its own, whose evicted flows stay counted. */
void shard_convs_replace(struct shard *sh, struct conv_table *t);

#endif
