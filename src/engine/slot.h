/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slot - a flow's recognition, as the flow table carries it, and where these come from.
 *
 * A line each, and what few flows have of names apart. Flows to which nobody has anything to say,
 * and which are many where anybody's traffic is seen, share one, which says that and is never
 * written to.
 */
#ifndef SPAN_ENGINE_SLOT_H
#define SPAN_ENGINE_SLOT_H

#include "base/bulk.h"
#include "base/cpu.h"
#include "recognise/recognise.h"

struct slot_names {
	struct slot_names *next_free;
	uint8_t n_iface;
	char name[FACT_NAME];
	struct fact_iface iface[FACT_IFACES];
};

struct slot {
	union {
		struct recognise_memo memo;
		struct slot *next_free;
	};
	uint16_t app;
	int8_t client_side;
	bool more;
	uint8_t conf;
	bool unread; /* no learner wants such a flow, as it is known now */
	bool shared; /* by flows: not to be written to */
	uint32_t notes, signs, asked, read;
	struct slot_names *names; /* NULL: none */
};
_Static_assert(sizeof(struct slot) == CACHELINE, "one line");

struct slot_slab;
struct slot_names_slab;

enum { SLOTS_SHARED = 3 }; /* by sides (bits) to which all said no, less one */

struct slots {
	struct bank *bank;       /* NULL: the system's memory */
	struct slot_slab *slabs; /* the newest first */
	size_t n_slabs;
	struct slot *free;              /* those that were handed out before */
	struct slot *fresh, *fresh_end; /* of the newest slab, those that never were */
	struct slot_names_slab *names_slabs;
	struct slot_names *free_names;
	struct slot shared[2][SLOTS_SHARED]; /* [1]: UDP */
};

void slots_init(struct slots *s, struct bank *bank);
/* No flow has one any more: all goes to the bank. */
void slots_drop(struct slots *s);
/* NULL without memory. */
struct slot *slot_get(struct slots *s);
struct slot_names *slot_names_get(struct slots *s);
/* One that may be written to, of the same content; NULL without memory. */
struct slot *slot_own(struct slots *s, struct slot *from);
/* NULL and shared ones are fine. */
void slot_put(struct slots *s, struct slot *one);
/* The one of all flows to whose sides (bits, not 0) all have said no for good, that no learner
 * wants. */
static inline struct slot *slot_shared(struct slots *s, unsigned sides, uint8_t proto)
{
	return &s->shared[proto == PROTO_UDP][sides - 1];
}

#endif
