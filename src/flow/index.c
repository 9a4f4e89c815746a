// SPDX-License-Identifier: BSD-2-Clause
#include "flow/index.h"

#include <stdlib.h>

#include "base/huge.h"

enum { FIRST_SHIFT = 4, PROBE_MAX = 64 };
/* Blocks of this size and above are by huge pages. */
#define HUGE_BLOCK ((size_t)2 * HUGE_PAGE)

static size_t block_bytes(unsigned shift)
{
	return (sizeof(struct index_slot) * INDEX_SEGMENTS) << shift;
}

static void block_free(struct index_block *b, unsigned shift, struct bank *bank)
{
	/* Where not all segments have come there is memory that nobody has touched. */
	if (block_bytes(shift) >= HUGE_BLOCK)
		bank_put_all(b->came == INDEX_SEGMENTS ? bank : NULL, b->v, block_bytes(shift));
	else
		free(b->v);
	*b = (struct index_block){0};
}

void index_done(struct index *x, struct bank *bank)
{
	for (unsigned i = 0; i < INDEX_BLOCKS; i++)
		block_free(&x->block[i], i, bank);
	*x = (struct index){0};
}

/* The place of a segment in the block of its new size; all free. NULL without memory. */
static struct index_slot *place(struct index *x, size_t i, unsigned shift)
{
	struct index_block *b = &x->block[shift];

	if (!b->v)
		b->v = block_bytes(shift) >= HUGE_BLOCK ? huge_get(block_bytes(shift))
							: calloc(1, block_bytes(shift));
	if (!b->v)
		return NULL;
	b->users++;
	b->came++;
	/* A page that is read first is faulted in twice. */
	b->v[i << shift] = (struct index_slot){0};
	return b->v + (i << shift);
}

/* Puts an entry in; returns how far from its home it came to stand. */
static uint32_t settle(struct index_slot *v, uint32_t mask, struct index_slot e)
{
	uint32_t far = 0;

	while (v[(e.tag + far) & mask].rec)
		far++;
	v[(e.tag + far) & mask] = e;
	return far;
}

static bool grow(struct index *x, struct index_segment *s)
{
	unsigned old = s->v ? (unsigned)__builtin_ctz(s->mask + 1) : 0;
	unsigned shift = s->v ? old + 1 : FIRST_SHIFT;
	struct index_slot *v = shift < INDEX_BLOCKS ? place(x, (size_t)(s - x->seg), shift) : NULL;
	uint32_t mask = (uint32_t)(((uint64_t)1 << shift) - 1);

	if (!v)
		return false;
	for (uint32_t i = 0; s->v && i <= s->mask; i++)
		if (s->v[i].rec)
			settle(v, mask, s->v[i]);
	if (s->v && --x->block[old].users == 0)
		block_free(&x->block[old], old, NULL); /* nobody may want it for long */
	s->v = v;
	s->mask = mask;
	return true;
}

bool index_put(struct index *x, uint64_t hash, uint32_t rec)
{
	struct index_segment *s = index_segment(x, hash);

	/* Three quarters; one slot always stays free, which is what ends a search. */
	if (!s->v || (uint64_t)s->n * 4 >= ((uint64_t)s->mask + 1) * 3)
		if (!grow(x, s) && (!s->v || s->n >= s->mask))
			return false;

	uint32_t far = settle(s->v, s->mask, (struct index_slot){(uint32_t)hash, rec});

	s->n++;
	/* The probe bound. Below one eighth a cluster is 32-bit collisions, and room cannot part
	 * equal tags; a failed growth leaves a longer search, no wrong one. */
	if (far >= PROBE_MAX && (uint64_t)s->n * 8 >= s->mask)
		(void)grow(x, s);
	return true;
}

void index_remove(struct index *x, uint64_t hash, uint32_t rec)
{
	struct index_segment *s = index_segment(x, hash);
	uint32_t hole = (uint32_t)hash & s->mask;

	while (s->v[hole].rec != rec)
		hole = (hole + 1) & s->mask;
	for (uint32_t i = hole;;) {
		i = (i + 1) & s->mask;

		struct index_slot e = s->v[i];

		if (!e.rec)
			break;
		/* e may move into the hole unless its home lies behind it, cyclically. */
		if (((i - e.tag) & s->mask) < ((i - hole) & s->mask))
			continue;
		s->v[hole] = e;
		hole = i;
	}
	s->v[hole] = (struct index_slot){0};
	s->n--;
}
