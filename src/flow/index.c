// SPDX-License-Identifier: BSD-2-Clause
#include "flow/index.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 16, PROBE_MAX = 64 };

void index_done(struct index *x)
{
	for (size_t i = 0; i < INDEX_SEGMENTS; i++)
		free(x->seg[i].v);
	*x = (struct index){0};
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

static bool grow(struct index_segment *s)
{
	uint32_t slots = s->v ? (s->mask + 1) * 2 : FIRST_SLOTS;
	struct index_slot *v = slots ? calloc(slots, sizeof *v) : NULL;

	if (!v)
		return false;
	for (uint32_t i = 0; s->v && i <= s->mask; i++)
		if (s->v[i].rec)
			settle(v, slots - 1, s->v[i]);
	free(s->v);
	s->v = v;
	s->mask = slots - 1;
	return true;
}

bool index_put(struct index *x, uint64_t hash, uint32_t rec)
{
	struct index_segment *s = index_segment(x, hash);

	/* Three quarters; one slot always stays free, which is what ends a search. */
	if (!s->v || (uint64_t)s->n * 4 >= ((uint64_t)s->mask + 1) * 3)
		if (!grow(s) && (!s->v || s->n >= s->mask))
			return false;

	uint32_t far = settle(s->v, s->mask, (struct index_slot){(uint32_t)hash, rec});

	s->n++;
	/* The probe bound. Below one eighth a cluster is 32-bit collisions, and room cannot part
	 * equal tags; a failed growth leaves a longer search, no wrong one. */
	if (far >= PROBE_MAX && (uint64_t)s->n * 8 >= s->mask)
		(void)grow(s);
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
