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
 * that size and goes when the last has left it: so they can have huge pages. The home of an entry
 * is the tag's top bits: behind those that pick the segment, so that a block is one array to who
 * looks for a home, and what is asked for it are the sizes, a few lines of memory.
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

struct index {
	uint8_t shift[INDEX_SEGMENTS]; /* log2 of the slots of each; 0 before its first entry */
	/* The block of all segments of one size, by its log2; NULL: nobody is in it. */
	struct index_slot *block[INDEX_BLOCKS];
	unsigned users[INDEX_BLOCKS], came[INDEX_BLOCKS]; /* segments in it now, and ever */
	uint32_t n[INDEX_SEGMENTS];
	struct index_slot none[INDEX_SEGMENTS]; /* free ones, of those that have no entry yet */
};

static inline unsigned index_segment(uint64_t hash)
{
	return (unsigned)(hash >> 56);
}

static inline uint32_t index_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 24);
}

/* In a segment of that size. */
static inline uint32_t index_home_of(uint32_t tag, unsigned shift)
{
	return (uint32_t)((uint64_t)tag >> (32 - shift));
}

/* Where a search begins. Fetched. */
static inline const struct index_slot *index_home(const struct index *x, uint64_t hash)
{
	unsigned shift = x->shift[index_segment(hash)];
	const struct index_slot *home = x->block[shift] + (hash >> (56 - shift));

	prefetch(home);
	return home;
}

static inline void index_prefetch(const struct index *x, uint64_t hash)
{
	(void)index_home(x, hash);
}

/* Walks the records whose tag fits: start with *at = 0 and call until it returns 0. */
static inline uint32_t index_next(const struct index *x, uint64_t hash, uint32_t *at)
{
	unsigned i = index_segment(hash), shift = x->shift[i];
	const struct index_slot *v = x->block[shift] + ((size_t)i << shift);
	uint32_t mask = (UINT32_C(1) << shift) - 1, tag = index_tag(hash);
	uint32_t home = index_home_of(tag, shift);

	for (;;) {
		const struct index_slot *e = &v[(home + (*at)++) & mask];

		if (!e->rec || e->tag == tag)
			return e->rec;
	}
}

/* The first of those, for who has had its home, before anything was put in or removed. */
static inline uint32_t index_first(const struct index *x, uint64_t hash,
				   const struct index_slot *home)
{
	uint32_t at = 1;

	if (home->tag == index_tag(hash) || !home->rec)
		return home->rec;
	return index_next(x, hash, &at);
}

/* Before anything else. It stays where it is. */
void index_init(struct index *x);
/* As new. What is large goes to the bank (NULL: to the system). */
void index_done(struct index *x, struct bank *bank);
/* False when there is no memory. The entry must not be there yet. */
bool index_put(struct index *x, uint64_t hash, uint32_t rec);
void index_remove(struct index *x, uint64_t hash, uint32_t rec);

#endif
