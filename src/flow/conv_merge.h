/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conv_merge - what goes into one conversation, in any order. Private to this folder.
 *
 * Each step is a sum, a minimum, a maximum or the k smallest of a set: commutative and associative,
 * so that it cannot be seen in which order flows ended.
 */
#ifndef SPAN_FLOW_CONV_MERGE_H
#define SPAN_FLOW_CONV_MERGE_H

#include "base/arena.h"
#include "flow/conv.h"

/* Where rows are kept. What a conversation grew out of stays there to the end. */
struct conv_rows {
	struct arena *arena;
	size_t bytes;
};

/* An empty conversation, ready for conv_flow() and conv_merge(). */
void conv_init(struct conv *c, const struct addr *client, const struct addr *server, uint16_t port,
	       uint8_t proto);
/* -ENOMEM leaves the conversation whole, without a part of what was to go in. */
int conv_flow(struct conv_rows *rows, struct conv *c, const struct flow_done *d,
	      const struct conv_facts *f);
/* Of what was put in without its flows: see conv_table_put(). */
void conv_complete(struct conv *c);
int conv_merge(struct conv_rows *rows, struct conv *c, const struct conv *b);
/* Copies the rows of a conversation that nothing more goes into. False without memory. */
bool conv_rows_move(struct arena *to, struct conv *c);
/* Would the flow make the conversation's rows more? */
bool conv_flow_grows(const struct conv *c, const struct flow_done *d, const struct conv_facts *f);
/* Client becomes server. What seemed a failed attempt is then one side of something else. */
void conv_flip(struct conv *c);
/* The same for one flow. */
struct flow_done flow_flip(const struct flow_done *d);
int64_t conv_minute_of(int64_t ns); /* see conv_minute */
/* The earliest packet that the conversation can show. */
struct evidence conv_earliest(const struct conv *c);
int evidence_compare(const struct evidence *a, const struct evidence *b);

#endif
