/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * split - several flow tables that share the packets of one stream and are together as one.
 *
 * All packets between two addresses belong to one table, so flows, errors about them and
 * conversations are never split. What a table does beside that follows from time and from room:
 *
 *   time   A table ends what is idle when a packet shows that a new second has begun, any packet
 *          of those that it is given. Whoever deals out packets keeps the clock that one table for
 *          all of them would have, and turns all tables by it.
 *   room   Limits are of all tables together. What they took at most is added up; when that is more
 *          than one may take, one table might have closed or left out what these have not. Who
 *          cannot begin again then deals out room instead: limits can be moved while tables are
 *          at work.
 */
#ifndef SPAN_FLOW_SPLIT_H
#define SPAN_FLOW_SPLIT_H

#include "base/siphash.h"
#include "base/time.h"
#include "flow/conv.h"
#include "flow/flow.h"

/* The secret that packets are dealt out by. It cannot be seen in a result. */
struct split {
	uint64_t secret[3];
	int64_t tick_ns; /* the clock: where its second begins */
};
void split_init(struct split *s, const struct hash_key *key);

static inline bool split_is_segment(const struct packet *p)
{
	return p->proto == IPPROTO_NR_TCP || p->proto == IPPROTO_NR_UDP;
}

static inline bool split_is_error(const struct packet *p)
{
	return (p->proto == IPPROTO_NR_ICMP || p->proto == IPPROTO_NR_ICMP6) &&
	       p->icmp_class != ICMP_NOT_ERROR && p->icmp_has_inner &&
	       (p->inner_proto == IPPROTO_NR_TCP || p->inner_proto == IPPROTO_NR_UDP);
}

/* A flow table does something with it. */
static inline bool split_concerns(const struct packet *p)
{
	return split_is_segment(p) || split_is_error(p);
}

static inline uint64_t split_mix(const struct split *s, const struct addr *a)
{
	uint64_t w[2];
	unsigned __int128 x;

	memcpy(w, a->b, sizeof w);
	x = (unsigned __int128)(w[0] ^ s->secret[0]) * (w[1] ^ s->secret[1]);
	return (uint64_t)x ^ (uint64_t)(x >> 64);
}

/* Which of n tables has what passes between two addresses. */
static inline unsigned split_of_pair(const struct split *s, const struct addr *a,
				     const struct addr *b, unsigned n)
{
	uint64_t x = split_mix(s, a) + split_mix(s, b);
	unsigned __int128 y = (unsigned __int128)x * s->secret[2];

	x = (uint64_t)y ^ (uint64_t)(y >> 64);
	return (unsigned)((x >> 32) * n >> 32);
}

/* Which of n tables a packet belongs to that one is concerned with. */
static inline unsigned split_of(const struct split *s, const struct packet *p, unsigned n)
{
	return split_is_segment(p) ? split_of_pair(s, &p->src, &p->dst, n)
				   : split_of_pair(s, &p->inner_src, &p->inner_dst, n);
}

/* True when all tables are to be turned before they are given a packet of that time. */
bool split_turns(struct split *s, int64_t ts_ns);
void flow_table_turn(struct flow_table *t, int64_t ts_ns);

struct flow_need { /* the most that there was of each, in bytes */
	size_t records, heads, short_heads, streams;
	bool vague; /* of some place where packets were seen not everything is known: links.h */
};
/* Adds what a table needs. */
void flow_table_need(const struct flow_table *t, struct flow_need *sum);
/* True when one table with the limits of this one could have had all of that. */
bool flow_need_fits(const struct flow_table *t, const struct flow_need *sum);

/* Has `to` know where packets of `from` were seen, too; false when one table for both would have
 * been vague. */
bool flow_table_places(struct flow_table *to, const struct flow_table *from);

/* Limits, or what is taken now, in bytes: of everything, and of that for heads and for streams. */
struct flow_room {
	size_t memory, heads, streams;
};
void flow_table_room(const struct flow_table *t, struct flow_room *ret_most,
		     struct flow_room *ret_taken);
void flow_table_limit(struct flow_table *t, const struct flow_room *most);

struct conv_need {
	size_t n, memory;
};
void conv_table_need(const struct conv_table *t, struct conv_need *sum);
bool conv_need_fits(const struct conv_table *t, const struct conv_need *sum);
/* What it may have, and what that is from now on; memory 0: any. */
struct conv_need conv_table_most(const struct conv_table *t);
void conv_table_limit(struct conv_table *t, const struct conv_need *most);
/* Moves all of `from` into `to`, whose conversations are others; before either is finished. It is
 * then as if `to` had been given all flows of both, and `from` is of no use any more. 0 or
 * -ENOMEM, which leaves neither of use. */
int conv_table_absorb(struct conv_table *to, struct conv_table *from);

#endif
