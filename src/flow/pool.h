/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool - memory of one size in slabs that never move, named by number.
 *
 * Everything of a flow but its head buffers is made of 64-byte lines from one pool, so that the
 * end of any flow makes room for anything. Number 0 is nothing.
 */
#ifndef SPAN_FLOW_POOL_H
#define SPAN_FLOW_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

struct pool {
	uint8_t **slab;
	size_t n_slab, cap_slab;
	size_t size;    /* of one piece, a multiple of CACHELINE */
	size_t clear;   /* bytes of a piece that are zeroed when it is handed out */
	unsigned shift; /* log2 of pieces in a slab */
	uint32_t free;  /* list through the first word of free pieces */
	uint32_t fresh; /* the next number never handed out */
	size_t used;
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
/* One more slab; false when there is no memory or no number left. */
bool pool_grow(struct pool *p);
/* A piece whose first bytes, p->clear of them, are zero; the pool must be ready. */
uint32_t pool_get(struct pool *p);
void pool_put(struct pool *p, uint32_t i);

#endif
