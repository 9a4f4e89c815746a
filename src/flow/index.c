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

static void block_free(struct index *x, unsigned shift, struct bank *bank)
{
	struct index_slot *v = x->block[shift];

	/* Where not all segments have come there is memory that nobody has touched. */
	if (block_bytes(shift) >= HUGE_BLOCK)
		bank_put_all(x->came[shift] == INDEX_SEGMENTS ? bank : NULL, v, block_bytes(shift));
	else
		free(v);
	x->block[shift] = NULL;
	x->users[shift] = x->came[shift] = 0;
}

void index_init(struct index *x)
{
	*x = (struct index){0};
	x->block[0] = x->none;
}

void index_done(struct index *x, struct bank *bank)
{
	for (unsigned i = 1; i < INDEX_BLOCKS; i++)
		block_free(x, i, bank);
	index_init(x);
}

/* The place of segment i in the block of its new size; all free. NULL without memory. */
static struct index_slot *place(struct index *x, unsigned i, unsigned shift)
{
	struct index_slot **v = &x->block[shift];

	if (!*v)
		*v = block_bytes(shift) >= HUGE_BLOCK ? huge_get(block_bytes(shift))
						      : calloc(1, block_bytes(shift));
	if (!*v)
		return NULL;
	x->users[shift]++;
	x->came[shift]++;

	struct index_slot *ret = *v + ((size_t)i << shift);

	/* A page that is read first is faulted in twice. */
	*ret = (struct index_slot){0};
	return ret;
}

/* Puts an entry in; returns how far from its home it came to stand. */
static uint32_t settle(struct index_slot *v, unsigned shift, struct index_slot e)
{
	uint32_t home = index_home_of(e.tag, shift), mask = (UINT32_C(1) << shift) - 1;
	uint32_t far = 0;

	while (v[(home + far) & mask].rec)
		far++;
	v[(home + far) & mask] = e;
	return far;
}

static bool grow(struct index *x, unsigned i)
{
	unsigned old = x->shift[i], shift = old ? old + 1 : FIRST_SHIFT;
	const struct index_slot *from = x->block[old] + ((size_t)i << old);
	struct index_slot *v = shift < INDEX_BLOCKS ? place(x, i, shift) : NULL;

	if (!v)
		return false;
	for (size_t k = 0; k >> old == 0; k++)
		if (from[k].rec)
			settle(v, shift, from[k]);
	if (old && --x->users[old] == 0)
		block_free(x, old, NULL); /* nobody may want it for long */
	x->shift[i] = (uint8_t)shift;
	return true;
}

static struct index_slot *slots_of(const struct index *x, unsigned i)
{
	return x->block[x->shift[i]] + ((size_t)i << x->shift[i]);
}

bool index_put(struct index *x, uint64_t hash, uint32_t rec)
{
	unsigned i = index_segment(hash);
	uint64_t slots = UINT64_C(1) << x->shift[i];

	/* Three quarters; one slot always stays free, which is what ends a search. */
	if (slots == 1 || (uint64_t)x->n[i] * 4 >= slots * 3)
		if (!grow(x, i) && x->n[i] + 1 >= slots)
			return false;

	uint32_t far =
		settle(slots_of(x, i), x->shift[i], (struct index_slot){index_tag(hash), rec});

	x->n[i]++;
	/* The probe bound. Below one eighth a cluster is 32-bit collisions, and room cannot part
	 * equal tags; a failed growth leaves a longer search, no wrong one. */
	if (far >= PROBE_MAX && (uint64_t)x->n[i] * 8 >= UINT64_C(1) << x->shift[i])
		(void)grow(x, i);
	return true;
}

void index_remove(struct index *x, uint64_t hash, uint32_t rec)
{
	unsigned seg = index_segment(hash), shift = x->shift[seg];
	struct index_slot *v = slots_of(x, seg);
	uint32_t mask = (UINT32_C(1) << shift) - 1;
	uint32_t hole = index_home_of(index_tag(hash), shift);

	while (v[hole].rec != rec)
		hole = (hole + 1) & mask;
	for (uint32_t i = hole;;) {
		i = (i + 1) & mask;

		struct index_slot e = v[i];

		if (!e.rec)
			break;
		/* e may move into the hole unless its home lies behind it, cyclically. */
		if (((i - index_home_of(e.tag, shift)) & mask) < ((i - hole) & mask))
			continue;
		v[hole] = e;
		hole = i;
	}
	v[hole] = (struct index_slot){0};
	x->n[seg]--;
}
