// SPDX-License-Identifier: BSD-2-Clause
#include "engine/slot.h"

#include <stdlib.h>

#include "base/huge.h"

enum { SMALL_SLAB = 16 << 10, SMALL_SLABS = 64, NAMES_SLAB = 64 };

/* The first ones are small, those of many flows huge pages: which flow comes next is anybody's
 * guess. */
struct slot_slab {
	struct slot_slab *before;
	size_t bytes;
	struct slot s[] __attribute__((aligned(CACHELINE)));
};
_Static_assert(sizeof(struct slot_slab) == CACHELINE, "one line before the slots");

struct slot_names_slab {
	struct slot_names_slab *before;
	struct slot_names s[NAMES_SLAB];
};

static const struct slot nothing = {.app = APP_NONE, .client_side = -1, .conf = APP_UNSURE};

void slots_init(struct slots *s, struct bank *bank)
{
	*s = (struct slots){.bank = bank};
	for (int udp = 0; udp < 2; udp++)
		for (unsigned sides = 1; sides <= SLOTS_SHARED; sides++) {
			struct slot *one = &s->shared[udp][sides - 1];

			*one = nothing;
			one->unread = one->shared = true;
			recognise_all_no(&one->memo, sides, udp ? PROTO_UDP : PROTO_TCP);
		}
}

static bool slab_add(struct slots *s)
{
	size_t bytes = s->n_slabs < SMALL_SLABS ? SMALL_SLAB : HUGE_PAGE;
	struct slot_slab *n =
		bytes == HUGE_PAGE ? bank_get(s->bank) : aligned_alloc(CACHELINE, bytes);

	if (!n)
		return false;
	n->before = s->slabs;
	n->bytes = bytes;
	s->slabs = n;
	s->n_slabs++;
	s->fresh = n->s;
	s->fresh_end = n->s + bytes / sizeof *n->s - 1;
	return true;
}

struct slot *slot_get(struct slots *s)
{
	struct slot *one = s->free;

	if (one) {
		s->free = one->next_free;
		if (s->free)
			prefetch(s->free);
	} else {
		if (s->fresh == s->fresh_end && !slab_add(s))
			return NULL;
		one = s->fresh++;
	}
	*one = nothing;
	return one;
}

struct slot *slot_own(struct slots *s, struct slot *from)
{
	struct slot *one = from->shared ? slot_get(s) : from;

	if (one && one != from) {
		*one = *from;
		one->shared = false;
	}
	return one;
}

void slot_put(struct slots *s, struct slot *one)
{
	if (!one || one->shared)
		return;
	if (one->names) {
		one->names->next_free = s->free_names;
		s->free_names = one->names;
	}
	one->next_free = s->free;
	s->free = one;
}

struct slot_names *slot_names_get(struct slots *s)
{
	struct slot_names *n;

	if (!s->free_names) {
		struct slot_names_slab *slab = malloc(sizeof *slab);

		if (!slab)
			return NULL;
		slab->before = s->names_slabs;
		s->names_slabs = slab;
		for (size_t i = 0; i < NAMES_SLAB; i++) {
			slab->s[i].next_free = s->free_names;
			s->free_names = &slab->s[i];
		}
	}
	n = s->free_names;
	s->free_names = n->next_free;
	n->name[0] = '\0';
	return n;
}

void slots_drop(struct slots *s)
{
	while (s->slabs) {
		struct slot_slab *slab = s->slabs;

		s->slabs = slab->before;
		if (slab->bytes == HUGE_PAGE)
			bank_put(s->bank, slab);
		else
			free(slab);
	}
	s->n_slabs = 0;
	s->fresh = s->fresh_end = NULL;
	while (s->names_slabs) {
		struct slot_names_slab *slab = s->names_slabs;

		s->names_slabs = slab->before;
		free(slab);
	}
	s->free = NULL;
	s->free_names = NULL;
}
