// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which datagram makes room when the oldest one is still being put together: the oldest one of the
 * sender that has most of such, down to what the next sender has. Where nobody has many more than
 * others it is the oldest one all the same.
 *
 * Who that is is found by passing over all of them, and holds for a sixteenth of the places or
 * pages, or is not asked again before as many as half of the places were lost otherwise.
 */
#include "decode/frag.h"

enum {
	PAID = 16,  /* this part of what there is */
	SHARE = 32, /* who has no more than this part does not pay */
};

/* What a datagram would pay. */
static uint32_t has(const struct frag_entry *old, bool pages)
{
	if (old->state != FRAG_OPEN)
		return 0;
	return pages ? frag_bytes_pages(&old->bytes) : 1;
}

/* False when nobody has many more than others. */
static bool find(struct frag_table *t, bool pages)
{
	struct frag_crowd *c = &t->crowd[pages];
	uint32_t all = pages ? (uint32_t)FRAG_SLAB * FRAG_SLABS : FRAG_MAX;

	c->due = all / PAID;
	c->at = t->oldest;
	most_begin(&c->most, &t->secret);
	for (uint16_t i = t->oldest; i; i = t->slot[i - 1].newer) {
		uint32_t n = has(&t->slot[i - 1], pages);

		if (n)
			most_see(&c->most, &t->slot[i - 1].key.src, n);
	}
	return most_share(&c->most, c->due, all / SHARE);
}

/* The next one that pays *ret_n; NULL when there is none. */
static struct frag_entry *payer(struct frag_table *t, const struct frag_entry *e, bool pages,
				uint32_t *ret_n)
{
	struct frag_crowd *c = &t->crowd[pages];

	for (; c->at; c->at = t->slot[c->at - 1].newer) {
		struct frag_entry *old = &t->slot[c->at - 1];

		/* Not who the room is for. */
		*ret_n = old == e ? 0 : has(old, pages);
		if (*ret_n && most_pays(&c->most, &old->key.src, *ret_n))
			return old;
	}
	return NULL;
}

bool frag_crowd_out(struct frag_table *t, const struct frag_entry *e, bool pages, int64_t ts_ns)
{
	struct frag_crowd *c = &t->crowd[pages];
	struct frag_entry *old = NULL;
	uint32_t n = 0;

	if (c->calm) {
		c->calm--;
		return false;
	}
	if (c->due || find(t, pages))
		old = payer(t, e, pages, &n);
	if (!old) {
		c->due = 0;
		c->calm = FRAG_MAX / 2;
		return false;
	}
	c->due -= n < c->due ? n : c->due;
	if (!frag_expired(old, ts_ns))
		t->stats->fragments.crowded++;
	if (pages)
		frag_give_up(t, old,
			     frag_expired(old, ts_ns) ? &t->stats->fragments.late
						      : &t->stats->fragments.shed);
	else
		frag_leave(t, old, ts_ns);
	return true;
}
