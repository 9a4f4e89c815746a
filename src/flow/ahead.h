/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahead - what the packets of a batch will touch, brought into the cache before they are worked on.
 * Private to this folder.
 */
#ifndef SPAN_FLOW_AHEAD_H
#define SPAN_FLOW_AHEAD_H

#include "flow/record.h"

struct ahead {             /* of one packet */
	struct key key;    /* zero when it is no segment */
	uint32_t number;   /* probably its flow's; 0 when there is none yet, or it is no segment */
	unsigned kind;     /* steady_kind() */
	struct rec *rec;   /* of the number */
	struct cold *cold; /* of rec; line 0 when it has none yet */
	const struct index_slot *home;
};

static inline bool ahead_is_segment(const struct packet *p)
{
	return p->proto == IPPROTO_NR_TCP || p->proto == IPPROTO_NR_UDP;
}

static inline uint16_t ahead_vlan(const struct flow_table *t, const struct packet *p)
{
	return t->vlan_key ? p->vlan : 0;
}

static inline void ahead_key(const struct flow_table *t, const struct packet *p, struct key *ret)
{
	key_make(ret, &p->src, p->sport, &p->dst, p->dport, p->proto == IPPROTO_NR_UDP,
		 ahead_vlan(t, p), &t->key);
}

/* Of n packets, FLOW_BATCH at most; there is a slab of lines. Only hints, but for keys: an earlier
 * packet of the batch may end a flow, whose record may become another's. */
void ahead_look(struct flow_table *t, const struct packet *p, size_t n, struct ahead *ret);

#endif
