/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * index - from a hash to a record number: open addressing with linear probing.
 *
 * A slot is a tag (32 bits of the hash) and a record number; 0 is free. The top byte of the hash
 * picks one of 256 segments, and each segment doubles alone when it fills up: no step rehashes more
 * than 1/256 of the flows, and none touches a record, because the home of an entry follows from its
 * tag. Removal shifts the followers back, so there are no tombstones.
 *
 * Segments of one size lie side by side in a block, which is made when the first of them comes to
 * that size and goes when the last has left it: so they can have huge pages.
 */
#ifndef SPAN_FLOW_INDEX_H
#define SPAN_FLOW_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bulk.h"
#include "base/cpu.h"

enum { INDEX_SEGMENTS = 256, INDEX_BLOCKS = 32 };

struct index_slot {
	uint32_t tag;
	uint32_t rec;
};

struct index_segment {
	struct index_slot *v; /* NULL until the first entry */
	uint32_t mask, n;
};

struct index_block {
	struct index_slot *v; /* NULL: nobody is in it */
	unsigned users, came; /* segments that are in it, that ever were */
};

struct index {
	struct index_segment seg[INDEX_SEGMENTS];
	struct index_block block[INDEX_BLOCKS]; /* by log2 of the slots of one segment */
};
static inline struct index_segment *index_segment(struct index *x, uint64_t hash)
{
	return &x->seg[hash >> 56];
}

/* Where a search begins; NULL: nothing is there. Fetched. */
static inline const struct index_slot *index_home(struct index *x, uint64_t hash)
{
	const struct index_segment *s = index_segment(x, hash);
	const struct index_slot *home = s->v ? &s->v[(uint32_t)hash & s->mask] : NULL;

	if (likely(home != NULL))
		prefetch(home);
	return home;
}

/* Walks the records whose tag fits: start with *at = 0 and call until it returns 0. */
static inline uint32_t index_next(struct index *x, uint64_t hash, uint32_t *at)
{
	const struct index_segment *s = index_segment(x, hash);
	uint32_t tag = (uint32_t)hash;

	if (!s->v)
		return 0;
	for (;;) {
		const struct index_slot *e = &s->v[(tag + (*at)++) & s->mask];

		if (!e->rec || e->tag == tag)
			return e->rec;
	}
}

static inline void index_prefetch(struct index *x, uint64_t hash)
{
	(void)index_home(x, hash);
}

/* The first of those, for who has had its home, before anything was put in or removed. */
static inline uint32_t index_first(struct index *x, uint64_t hash, const struct index_slot *home)
{
	uint32_t at = 0;

	if (likely(home && (home->tag == (uint32_t)hash || !home->rec)))
		return home->rec;
	return home ? index_next(x, hash, &at) : 0;
}

/* What is large goes to the bank (NULL: to the system). */
void index_done(struct index *x, struct bank *bank);
/* False when there is no memory. The entry must not be there yet. */
bool index_put(struct index *x, uint64_t hash, uint32_t rec);
void index_remove(struct index *x, uint64_t hash, uint32_t rec);

#endif
