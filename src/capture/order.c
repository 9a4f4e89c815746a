// SPDX-License-Identifier: BSD-2-Clause
/*
 * The window is a ring of keys sorted by (time, arrival); the frames themselves stay in slots. When
 * it is full, each frame that comes takes the slot of the one that leaves, so a sorted file costs
 * one comparison and two copies of a struct frame, and no byte of a packet is touched.
 *
 * A frame whose time is ahead of the others' (a clock that was set back) stays in the window while
 * any number of frames pass. Only such a one outlives what the source keeps, and its bytes are
 * copied before that.
 */
#include "capture/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"

enum { RING = ORDER_WINDOW - 1 };
_Static_assert((ORDER_WINDOW & RING) == 0, "the ring needs a power of two");
/* A held frame that more frames than this have followed may be overwritten by the next batch. */
enum { SAFE_AGE = KEEP_FRAMES - BATCH_FRAMES };
_Static_assert((int)SAFE_AGE >= (int)ORDER_WINDOW, "a sorted file must never need a copy");

/* 2100-01-01T00:00:00Z */
static const int64_t far_future = INT64_C(4102444800) * NS_PER_S;

struct key {
	int64_t ts_ns;
	uint32_t slot;
};

struct slot {
	struct frame f;
	uint8_t *copy; /* f.p, when it is ours; else NULL */
	uint64_t arrival;
};

struct order {
	struct source *source;
	bool at_end;
	bool dated; /* a frame with a time was there */
	bool mixed; /* the window may not be in the order of arrival */
	uint32_t head, n;
	struct key keys[ORDER_WINDOW];
	struct slot slots[ORDER_WINDOW];
	uint64_t arrivals;
	uint64_t oldest; /* no frame of the window that is not copied arrived before */
	int64_t before_ns;
	int64_t out_ns; /* greatest time handed out; TIME_NONE before the first */
	uint8_t *gone[BATCH_FRAMES];
	size_t n_gone; /* copies that the caller has until the next call */
	struct order_stats stats;
	struct batch in;
};

struct order *order_new(struct source *s)
{
	struct order *o = calloc(1, sizeof *o);

	if (!o) {
		source_close(s);
		return NULL;
	}
	o->source = s;
	o->out_ns = TIME_NONE;
	o->stats.first_ns = o->stats.last_ns = TIME_NONE;
	return o;
}

static void free_gone(struct order *o)
{
	while (o->n_gone)
		free(o->gone[--o->n_gone]);
}

struct order *order_close(struct order *o)
{
	if (!o)
		return NULL;
	free_gone(o);
	for (uint32_t i = 0; i < o->n; i++)
		free(o->slots[o->keys[(o->head + i) & RING].slot].copy);
	source_close(o->source);
	free(o);
	return NULL;
}

const struct order_stats *order_stats(const struct order *o)
{
	return &o->stats;
}

const struct source *order_source(const struct order *o)
{
	return o->source;
}

static void late(struct order *o, const struct frame *f)
{
	struct order_stats *st = &o->stats;
	int64_t step;

	st->late++;
	if (f->ts_ns < st->first_ns)
		st->first_ns = f->ts_ns;
	if (__builtin_sub_overflow(o->before_ns, f->ts_ns, &step))
		step = INT64_MAX;
	if (step > st->step_ns) {
		st->step_ns = step;
		st->step_at = f->number;
	}
}

static void count(struct order *o, const struct frame *f)
{
	struct order_stats *st = &o->stats;

	if (unlikely(f->ts_ns < 0))
		st->before_1970++;
	else if (unlikely(f->ts_ns >= far_future))
		st->far_future++;
	if (unlikely(o->arrivals == 0))
		st->first_ns = f->ts_ns;
	if (likely(f->ts_ns >= st->last_ns))
		st->last_ns = f->ts_ns;
	else
		late(o, f);
	o->before_ns = f->ts_ns;
}

static void out(struct order *o, const struct frame *f, struct batch *b)
{
	if (likely(f->ts_ns >= o->out_ns))
		o->out_ns = f->ts_ns;
	else
		o->stats.beyond++;
	b->f[b->n++] = *f;
}

/* The earliest frame leaves; returns its slot. */
static uint32_t pop(struct order *o, struct batch *b)
{
	uint32_t slot = o->keys[o->head].slot;
	struct slot *s = &o->slots[slot];

	out(o, &s->f, b);
	if (unlikely(s->copy != NULL)) {
		o->gone[o->n_gone++] = s->copy;
		s->copy = NULL;
	}
	o->head = (o->head + 1) & RING;
	o->n--;
	return slot;
}

/* The frames that came before the first one with a time are held yet, unless they are more than the
 * window. */
static void date_first(struct order *o, int64_t ts_ns)
{
	for (uint32_t i = 0; i < o->n; i++) {
		struct key *k = &o->keys[(o->head + i) & RING];

		k->ts_ns = ts_ns;
		o->slots[k->slot].f.ts_ns = ts_ns;
	}
	if (o->arrivals)
		o->stats.first_ns = o->stats.last_ns = o->before_ns = ts_ns;
	o->dated = true;
}

static COLD void date(struct order *o, struct frame *f)
{
	o->stats.untimed++;
	if (o->dated)
		f->ts_ns = o->before_ns;
}

static void push(struct order *o, struct frame *f, struct batch *b)
{
	uint32_t slot = o->n;
	uint32_t at = slot;

	if (unlikely(f->ts_ns == 0))
		date(o, f);
	else if (unlikely(!o->dated))
		date_first(o, f->ts_ns);
	count(o, f);
	if (likely(o->n == ORDER_WINDOW)) {
		if (unlikely(f->ts_ns < o->keys[o->head].ts_ns)) {
			o->arrivals++;
			out(o, f, b);
			return;
		}
		slot = pop(o, b);
		at = ORDER_WINDOW - 1;
	}
	o->slots[slot].f = *f;
	o->slots[slot].arrival = o->arrivals++;
	/* Equal times stay in the order of arrival. */
	while (at > 0 && unlikely(o->keys[(o->head + at - 1) & RING].ts_ns > f->ts_ns)) {
		o->keys[(o->head + at) & RING] = o->keys[(o->head + at - 1) & RING];
		o->mixed = true;
		at--;
	}
	o->keys[(o->head + at) & RING] = (struct key){.ts_ns = f->ts_ns, .slot = slot};
	o->n++;
}

static int copy_bytes(struct slot *s)
{
	/* One byte at least, so that copy says whose they are. */
	s->copy = malloc(s->f.len ? s->f.len : 1);
	if (!s->copy)
		return -ENOMEM;
	if (s->f.len)
		memcpy(s->copy, s->f.p, s->f.len);
	s->f.p = s->copy;
	return 0;
}

/* Before the source is asked again: nothing that is held may be overwritten by its next batch. */
static int secure(struct order *o)
{
	uint64_t before;

	if (o->n == 0 || o->arrivals <= SAFE_AGE)
		return 0;
	before = o->arrivals - SAFE_AGE;
	if (o->oldest >= before || (!o->mixed && o->slots[o->keys[o->head].slot].arrival >= before))
		return 0;

	uint64_t last = 0;

	o->oldest = o->arrivals;
	o->mixed = false;
	for (uint32_t i = 0; i < o->n; i++) {
		struct slot *s = &o->slots[o->keys[(o->head + i) & RING].slot];

		o->mixed |= s->arrival < last;
		last = s->arrival;
		if (s->copy)
			continue;
		if (s->arrival < before) {
			if (copy_bytes(s) < 0)
				return -ENOMEM;
		} else if (s->arrival < o->oldest) {
			o->oldest = s->arrival;
		}
	}
	return 0;
}

int order_next(struct order *o, struct batch *b)
{
	b->n = 0;
	free_gone(o);
	while (b->n == 0 && !o->at_end) {
		int r = secure(o);

		if (r == 0)
			r = source_next(o->source, &o->in);
		if (r < 0)
			return r;
		o->at_end = o->in.n == 0;
		for (size_t i = 0; i < o->in.n; i++)
			push(o, &o->in.f[i], b);
	}
	while (o->at_end && o->n && b->n < BATCH_FRAMES)
		(void)pop(o, b);
	return 0;
}
