// SPDX-License-Identifier: BSD-2-Clause
/*
 * Which datagram a fragment belongs to, and what becomes of it. Read frag.h first.
 *
 * Every datagram that is begun ends as one of four: whole, late, overlap, shed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"
#include "decode/frag.h"

/* RFC 8200 4.5 gives IPv6 60 s from the fragment that arrives first; for IPv4, RFC 791 3.2 proposes
 * 15 s and what hosts use is 30 s. */
#define FRAG_V4_NS (30 * NS_PER_S)
#define FRAG_V6_NS (60 * NS_PER_S)

static uint32_t bucket_of(const struct frag_table *t, const struct frag_key *k)
{
	uint64_t w[5];

	_Static_assert(sizeof *k == sizeof w, "no padding in the key");
	memcpy(w, k, sizeof w);
	return (uint32_t)(siphash13_words(w, N_ELEMENTS(w), &t->secret) % FRAG_MAX);
}

static struct frag_entry *lookup(struct frag_table *t, const struct frag_key *k)
{
	for (uint16_t i = t->bucket[bucket_of(t, k)]; i; i = t->slot[i - 1].next)
		if (memcmp(&t->slot[i - 1].key, k, sizeof *k) == 0)
			return &t->slot[i - 1];
	return NULL;
}

/* Captures merged from several queues are not quite in order: age counts both ways. */
bool frag_expired(const struct frag_entry *e, int64_t ts_ns)
{
	int64_t age, limit = e->key.proto == FRAG_KEY_V6 ? FRAG_V6_NS : FRAG_V4_NS;

	return __builtin_sub_overflow(ts_ns, e->ts_ns, &age) || age > limit || age < -limit;
}

void frag_give_up(struct frag_table *t, struct frag_entry *e, uint64_t *why)
{
	if (e->state == FRAG_OPEN)
		++*why;
	e->state = FRAG_DEAD;
	frag_bytes_drop(&t->pool, &e->bytes);
}

/* In the order of age. */
static void append(struct frag_table *t, struct frag_entry *e, uint16_t self)
{
	struct frag_entry *before = frag_slot(t, t->newest);

	e->older = t->newest;
	if (before)
		before->newer = self;
	else
		t->oldest = self;
	t->newest = self;
	if (!t->full)
		t->full = self;
}

static void unlink_age(struct frag_table *t, const struct frag_entry *e, uint16_t self)
{
	struct frag_entry *older = frag_slot(t, e->older), *newer = frag_slot(t, e->newer);

	if (older)
		older->newer = e->newer;
	else
		t->oldest = e->newer;
	if (newer)
		newer->older = e->older;
	else
		t->newest = e->older;
	if (t->full == self)
		t->full = e->newer;
	for (unsigned i = 0; i < 2; i++)
		if (t->crowd[i].at == self)
			t->crowd[i].at = e->newer;
}

void frag_leave(struct frag_table *t, struct frag_entry *e, int64_t ts_ns)
{
	uint16_t *at = &t->bucket[bucket_of(t, &e->key)];
	uint16_t self = (uint16_t)(e - t->slot + 1);

	frag_give_up(t, e,
		     frag_expired(e, ts_ns) ? &t->stats->fragments.late
					    : &t->stats->fragments.shed);
	while (*at && *at != self)
		at = &t->slot[*at - 1].next;
	if (*at)
		*at = e->next;
	unlink_age(t, e, self);
	e->used = false;
	e->next = t->free;
	t->free = self;
}

/* A slot that nobody has. */
static uint16_t place(struct frag_table *t, int64_t ts_ns)
{
	uint16_t i;

	if (!t->free && t->n_slot < FRAG_MAX)
		return ++t->n_slot;
	if (!t->free) {
		struct frag_entry *old = &t->slot[t->oldest - 1]; /* all are in use */

		if (old->state != FRAG_OPEN || frag_expired(old, ts_ns) ||
		    !frag_crowd_out(t, NULL, false, ts_ns))
			frag_leave(t, old, ts_ns);
	}
	i = t->free;
	t->free = t->slot[i - 1].next;
	return i;
}

static struct frag_entry *begin(struct frag_table *t, const struct frag_key *k, int64_t ts_ns)
{
	uint16_t self = place(t, ts_ns);
	uint16_t *head = &t->bucket[bucket_of(t, k)];
	struct frag_entry *e = &t->slot[self - 1];

	*e = (struct frag_entry){.key = *k,
				 .serial = t->began++ * FRAG_MAX + self - 1,
				 .ts_ns = ts_ns,
				 .next = *head,
				 .used = true};
	*head = self;
	append(t, e, self);
	return e;
}

/* Takes the bytes of an older datagram than e; false when there is none that has any. */
static COLD bool make_room(struct frag_table *t, const struct frag_entry *e, int64_t ts_ns)
{
	for (; t->full; t->full = t->slot[t->full - 1].newer) {
		struct frag_entry *old = &t->slot[t->full - 1];

		if (old == e)
			return false;
		if (old->state == FRAG_DONE && frag_bytes_drop(&t->pool, &old->bytes))
			return true;
		if (old->state == FRAG_OPEN) {
			if (!frag_expired(old, ts_ns) && frag_crowd_out(t, e, true, ts_ns))
				return true;
			frag_give_up(t, old,
				     frag_expired(old, ts_ns) ? &t->stats->fragments.late
							      : &t->stats->fragments.shed);
			return true;
		}
	}
	return false;
}

/* Has bytes by which a repetition can be told from something new. */
static bool has_bytes(const struct frag_entry *e)
{
	return e->bytes.page[0] != 0;
}

static bool take(struct frag_table *t, struct frag_entry *e, const struct frag_piece *p,
		 int64_t ts_ns, bool *ret_copy)
{
	struct decode_stats *s = t->stats;

	switch (frag_bytes_fit(&t->pool, &e->bytes, p)) {
	case FIT_COPY:
		*ret_copy = true;
		return false;
	case FIT_OVERLAP:
		/* RFC 8200 4.5 (RFC 5722 3): the datagram and all that still comes of it; hosts do
		 * the same in IPv4. */
		frag_give_up(t, e, &s->fragments.overlap);
		return false;
	case FIT_NEW:
		break;
	}
	while (!frag_bytes_put(&t->pool, &e->bytes, p)) {
		if (!make_room(t, e, ts_ns)) {
			frag_give_up(t, e, &s->fragments.shed);
			return false;
		}
	}
	if (!e->bytes.has_total || e->bytes.have != e->bytes.total)
		return false;
	e->state = FRAG_DONE;
	s->fragments.whole++;
	return true;
}

struct frag_ref frag_add(struct frag_table *t, const struct frag_key *k, const struct frag_piece *p,
			 int64_t ts_ns)
{
	struct frag_entry *e = lookup(t, k);
	struct frag_ref ref = {0};

	if (e && frag_expired(e, ts_ns)) {
		frag_leave(t, e, ts_ns);
		e = NULL;
	}
	if (e && e->state == FRAG_DONE) {
		/* Senders number 16 bits full in seconds (RFC 6864 2): another datagram of the same
		 * number, unless it says what the first one said. */
		if (has_bytes(e) ? !frag_bytes_repeats(&t->pool, &e->bytes, p) : p->offset == 0) {
			frag_leave(t, e, ts_ns);
			e = NULL;
		} else {
			ref.copy = true;
		}
	}
	if (!e)
		e = begin(t, k, ts_ns);
	ref.serial = e->serial;
	if (e->state == FRAG_OPEN && frag_piece_good(p))
		ref.completes = take(t, e, p, ts_ns, &ref.copy);
	return ref;
}

struct frag_entry *frag_at(struct frag_table *t, uint64_t serial)
{
	struct frag_entry *e = &t->slot[serial % FRAG_MAX];

	return e->used && e->serial == serial ? e : NULL;
}

uint8_t *frag_whole(struct frag_table *t, uint32_t n)
{
	struct frag_whole *w;

	if (n > FRAG_WHOLE - t->wholes_bytes)
		return NULL;
	w = malloc(sizeof *w + n);
	if (!w)
		return NULL;
	w->n = n;
	w->next = t->wholes;
	t->wholes = w;
	t->wholes_bytes += n;
	return w->b;
}

void frag_release(struct frag_table *t)
{
	while (t->wholes) {
		struct frag_whole *w = t->wholes;

		t->wholes = w->next;
		free(w);
	}
	t->wholes_bytes = 0;
}

void frag_end(struct frag_table *t)
{
	for (uint16_t i = 0; i < t->n_slot; i++)
		if (t->slot[i].used && t->slot[i].state == FRAG_OPEN)
			frag_give_up(t, &t->slot[i], &t->stats->fragments.late);
}

void frag_done(struct frag_table *t)
{
	frag_release(t);
	frag_pool_done(&t->pool);
}
