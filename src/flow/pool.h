/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool - memory of one size in slabs that never move, named by number.
 *
 * Everything of a flow but its head buffers is made of 64-byte lines from one pool, so that the
 * end of any flow makes room for anything. Number 0 is nothing: nobody has it, and it stays zero.
 *
 * Free pieces are listed in free pieces: one holds the numbers of up to FREE_MAX others. So what
 * will be handed out soon is known, and is fetched ahead, without a walk from piece to piece.
 */
#ifndef SPAN_FLOW_POOL_H
#define SPAN_FLOW_POOL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bulk.h"
#include "base/cpu.h"

enum { FREE_MAX = 14, FREE_AHEAD = 6 };

struct pool_free {
	uint32_t next; /* another such piece; 0 none */
	uint32_t n;
	uint32_t piece[FREE_MAX];
};
static_assert(sizeof(struct pool_free) == CACHELINE, "fits into the smallest piece");

struct pool {
	uint8_t **slab;
	size_t n_slab, cap_slab;
	size_t size;    /* of one piece, a multiple of CACHELINE */
	size_t clear;   /* bytes of a piece that are zeroed when it is handed out: CACHELINE, or
			 * fewer */
	unsigned shift; /* log2 of pieces in a slab */
	uint32_t free;  /* a piece with numbers of others */
	uint32_t fresh; /* the next number never handed out */
	size_t used;
	uint8_t **chunk; /* of HUGE_PAGE bytes, which later slabs are cut from */
	size_t n_chunk, cap_chunk, chunk_used;
	uint32_t *left; /* while it winds up: pieces of each chunk that somebody has, or will have,
			 * behind those of the slabs before all chunks; NULL otherwise */
	size_t gone;    /* pieces that nobody has and nobody will: they count as used */
	unsigned part_shift; /* log2 of the pieces of a chunk */
	struct bank *bank;   /* where chunks come from and go to; NULL: the system */
};

static inline void pool_init(struct pool *p, size_t size, size_t clear, unsigned shift)
{
	*p = (struct pool){.size = size, .clear = clear, .shift = shift, .fresh = 1};
}

static inline void *pool_at(const struct pool *p, uint32_t i)
{
	return p->slab[i >> p->shift] + (i & ((1u << p->shift) - 1)) * p->size;
}

/* True when the next pool_get() needs no new slab. */
static inline bool pool_ready(const struct pool *p)
{
	return p->free || p->fresh >> p->shift < p->n_slab;
}

/* How many pieces need no new slab. */
static inline size_t pool_left(const struct pool *p)
{
	size_t all = p->n_slab << p->shift; /* with number 0, which is never handed out */

	return all ? all - 1 - p->used : 0;
}

static inline size_t pool_slab_bytes(const struct pool *p)
{
	return p->size << p->shift;
}

void pool_done(struct pool *p);
/* Gives back the memory of a pool of which nobody has a piece; it is as new. */
void pool_drop(struct pool *p);
/* Until pool_drop() what is put back is not handed out again, but for the pieces of the first
 * slabs: each chunk's memory is given back with its last piece. A hint. */
void pool_wind_up(struct pool *p);
/* pool_put() of such a piece. */
void pool_give_back(struct pool *p, uint32_t i);
/* One more slab; false when there is no memory or no number left. */
bool pool_grow(struct pool *p);
/* A free piece that lists no others any more. */
uint32_t pool_get_list(struct pool *p);

/* A piece whose first bytes, p->clear of them, are zero; the pool must be ready. */
static inline uint32_t pool_get(struct pool *p)
{
	uint32_t i;

	if (likely(p->free)) {
		struct pool_free *f = pool_at(p, p->free);

		if (likely(f->n)) {
			i = f->piece[--f->n];
			if (f->n >= FREE_AHEAD)
				prefetch(pool_at(p, f->piece[f->n - FREE_AHEAD]));
			else if (f->next)
				prefetch(pool_at(p, f->next));
		} else {
			i = pool_get_list(p);
		}
	} else {
		i = p->fresh++;
	}

	void *at = pool_at(p, i);

	if (p->clear == CACHELINE)
		memset(at, 0, CACHELINE);
	else
		memset(at, 0, p->clear);
	p->used++;
	return i;
}

static inline void pool_put(struct pool *p, uint32_t i)
{
	struct pool_free *f;

	if (!i)
		return;
	if (unlikely(p->left) && i >> p->part_shift) {
		pool_give_back(p, i);
		return;
	}
	p->used--;
	f = p->free ? pool_at(p, p->free) : NULL;
	if (f && f->n < FREE_MAX) {
		f->piece[f->n++] = i;
		return;
	}
	f = pool_at(p, i);
	f->next = p->free;
	f->n = 0;
	p->free = i;
}

#endif
