/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timeline - figures by the hour, or by longer steps where 32 hours are not enough (flow/busy.h).
 *
 * Packets count in the step that they were captured in; bytes of TCP connections in that of the
 * connection's first packet, and a conversation in each in which a connection of it began. Sums, so
 * the parts in which a capture is read, or stored and read back, cannot be seen.
 */
#ifndef SPAN_FINDINGS_TIMELINE_H
#define SPAN_FINDINGS_TIMELINE_H

#include "flow/busy.h"

struct timeline_step {
	uint64_t packets;
	uint64_t tcp_bytes, tcp_unseen_bytes; /* as in struct coverage */
	uint64_t conversations, deviating;    /* in scope; of them, to be looked at */
};

struct timeline {
	int32_t at;    /* number of the first step */
	unsigned n;    /* steps, none left out between the first and the last; 0: no packet */
	unsigned kind; /* of step */
	struct timeline_step step[BUSY_STEPS];
};

/* The figures are of a moment. */
void timeline_add(struct timeline *t, int64_t ns, const struct timeline_step *s);
/* Adds all of another one. */
void timeline_merge(struct timeline *t, const struct timeline *from);
/* Forgets the steps that are over before that. */
void timeline_cut(struct timeline *t, int64_t before_ns);
/* A conversation: one in each of its steps, of those that there are. */
void timeline_conv(struct timeline *t, const struct busy *b, unsigned deviating);

#endif
