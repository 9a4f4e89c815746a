// SPDX-License-Identifier: BSD-2-Clause
#include "flow/pool.h"

#include <stdlib.h>

#include "base/huge.h"

/* Slabs of their own, of a pool that stays small: this many bytes. */
enum { SMALL = HUGE_PAGE };

void pool_done(struct pool *p)
{
	for (size_t i = 0; i < p->n_slab && (i + 1) * pool_slab_bytes(p) <= SMALL; i++)
		free(p->slab[i]);
	for (size_t i = 0; i < p->n_chunk; i++)
		huge_put(p->chunk[i], HUGE_PAGE);
	free(p->slab);
	free(p->chunk);
	*p = (struct pool){0};
}

void pool_drop(struct pool *p)
{
	size_t size = p->size, clear = p->clear;
	unsigned shift = p->shift;

	if (p->used)
		return;
	pool_done(p);
	pool_init(p, size, clear, shift);
}

/* Room for one more in a list of pieces of memory. */
static bool room(uint8_t ***v, size_t n, size_t *cap)
{
	if (n < *cap)
		return true;

	size_t more = *cap ? *cap * 2 : 16;
	uint8_t **grown = realloc(*v, more * sizeof *grown);

	if (!grown)
		return false;
	*v = grown;
	*cap = more;
	return true;
}

static uint8_t *cut(struct pool *p)
{
	size_t n = pool_slab_bytes(p);

	if (!p->n_chunk || p->chunk_used + n > HUGE_PAGE) {
		uint8_t *chunk =
			room(&p->chunk, p->n_chunk, &p->cap_chunk) ? huge_get(HUGE_PAGE) : NULL;

		if (!chunk)
			return NULL;
		p->chunk[p->n_chunk++] = chunk;
		p->chunk_used = 0;
	}
	p->chunk_used += n;
	return p->chunk[p->n_chunk - 1] + p->chunk_used - n;
}

bool pool_grow(struct pool *p)
{
	if ((p->n_slab + 1) << p->shift > UINT32_MAX || !room(&p->slab, p->n_slab, &p->cap_slab))
		return false;

	size_t n = pool_slab_bytes(p);
	uint8_t *s = (p->n_slab + 1) * n <= SMALL ? aligned_alloc(CACHELINE, n) : cut(p);

	if (!s)
		return false;
	p->slab[p->n_slab++] = s;
	return true;
}

uint32_t pool_get_list(struct pool *p)
{
	uint32_t i = p->free;
	struct pool_free *f = pool_at(p, i);

	p->free = f->next;
	if (p->free) {
		f = pool_at(p, p->free);
		for (unsigned k = 0; k < FREE_AHEAD && k < f->n; k++)
			prefetch(pool_at(p, f->piece[f->n - 1 - k]));
	}
	return i;
}
