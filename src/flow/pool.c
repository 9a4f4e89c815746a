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
		bank_put(p->bank, p->chunk[i]);
	free(p->slab);
	free(p->chunk);
	free(p->left);
	*p = (struct pool){0};
}

static_assert((size_t)SMALL == HUGE_PAGE, "slabs of their own are as much as a chunk");

/* Room to count one more chunk, of which nobody has put anything back. */
static bool left_grow(struct pool *p)
{
	uint32_t *left = realloc(p->left, (p->n_chunk + 2) * sizeof *left);

	if (!left)
		return false;
	left[p->n_chunk + 1] = HUGE_PAGE / (uint32_t)p->size;
	p->left = left;
	return true;
}

/* A free piece is off the list: it is lost with its chunk, or stands on the list anew. */
static void sort_out(struct pool *p, uint32_t i, uint32_t *left)
{
	uint32_t part = i >> p->part_shift;

	p->used++;
	if (part) {
		p->gone++;
		left[part]--;
	} else {
		pool_put(p, i);
	}
}

void pool_wind_up(struct pool *p)
{
	uint32_t pieces = HUGE_PAGE / (uint32_t)p->size, *left;

	if (!p->n_chunk || p->left || (pieces & (pieces - 1)))
		return;
	left = malloc((p->n_chunk + 1) * sizeof *left);
	if (!left)
		return;
	for (size_t i = 0; i <= p->n_chunk; i++)
		left[i] = pieces;
	p->part_shift = (unsigned)__builtin_ctz(pieces);
	for (uint32_t i = p->free, next = p->free = 0; i; i = next) {
		const struct pool_free f = *(const struct pool_free *)pool_at(p, i);

		next = f.next;
		for (uint32_t k = 0; k < f.n; k++)
			sort_out(p, f.piece[k], left);
		sort_out(p, i, left);
	}
	p->left = left;
}

void pool_give_back(struct pool *p, uint32_t i)
{
	size_t part = i >> p->part_shift;

	p->gone++;
	if (--p->left[part])
		return;
	bank_put(p->bank, p->chunk[part - 1]);
	p->chunk[part - 1] = NULL;
}

void pool_drop(struct pool *p)
{
	size_t size = p->size, clear = p->clear;
	unsigned shift = p->shift;
	struct bank *bank = p->bank;

	if (p->used != p->gone)
		return;
	pool_done(p);
	pool_init(p, size, clear, shift);
	p->bank = bank;
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
		uint8_t *chunk = NULL;

		if (room(&p->chunk, p->n_chunk, &p->cap_chunk) && (!p->left || left_grow(p)))
			chunk = bank_get(p->bank);
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
	if (!p->n_slab)
		memset(s, 0, p->size); /* number 0 */
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
