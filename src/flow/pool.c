// SPDX-License-Identifier: BSD-2-Clause
#include "flow/pool.h"

#include <stdlib.h>
#include <string.h>

void pool_done(struct pool *p)
{
	for (size_t i = 0; i < p->n_slab; i++)
		free(p->slab[i]);
	free(p->slab);
	*p = (struct pool){0};
}

bool pool_grow(struct pool *p)
{
	if (p->n_slab == p->cap_slab) {
		size_t cap = p->cap_slab ? p->cap_slab * 2 : 16;
		uint8_t **slab = realloc(p->slab, cap * sizeof *slab);

		if (!slab)
			return false;
		p->slab = slab;
		p->cap_slab = cap;
	}
	if ((p->n_slab + 1) << p->shift > UINT32_MAX)
		return false;

	uint8_t *s = aligned_alloc(CACHELINE, pool_slab_bytes(p));

	if (!s)
		return false;
	p->slab[p->n_slab++] = s;
	return true;
}

uint32_t pool_get(struct pool *p)
{
	uint32_t i = p->free;
	void *at;

	if (i) {
		at = pool_at(p, i);
		memcpy(&p->free, at, sizeof p->free);
	} else {
		i = p->fresh++;
		at = pool_at(p, i);
	}
	memset(at, 0, p->clear);
	p->used++;
	return i;
}

void pool_put(struct pool *p, uint32_t i)
{
	if (!i)
		return;
	memcpy(pool_at(p, i), &p->free, sizeof p->free);
	p->free = i;
	p->used--;
}
