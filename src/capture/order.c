// SPDX-License-Identifier: BSD-2-Clause
/*
 * The window is a row of frames sorted by (time, arrival), in a place twice as long in which it
 * moves on. A batch that comes in the order of its times, behind all that came before, is put
 * behind the row, and as many frames are taken from its front: nearly all batches of all files.
 * Whatever else comes is put in its place frame by frame. No byte of a packet is touched.
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

enum { ROOM = 2 * ORDER_WINDOW };
/* A held frame that more frames than this have followed may be overwritten by the next batch. */
enum { SAFE_AGE = KEEP_FRAMES - BATCH_FRAMES };
_Static_assert((int)SAFE_AGE >= (int)ORDER_WINDOW, "a sorted file must never need a copy");

/* 2100-01-01T00:00:00Z */
static const int64_t far_future = INT64_C(4102444800) * NS_PER_S;

struct order {
	struct source *source;
	bool at_end;
	bool dated; /* a frame with a time was there */
	bool mixed; /* the window may not be those that arrived last, in that order */
	uint32_t head, n;
	struct frame row[ROOM]; /* of which n from head on are the window */
	uint64_t arrivals;
	uint64_t oldest; /* while mixed: no frame of the window that is not copied arrived before */
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

static struct frame *window(struct order *o)
{
	return &o->row[o->head];
}

/* The bytes of a frame, when they are ours. */
static uint8_t *copy_of(const struct frame *f)
{
	uint8_t *p = NULL;

	if (f->copied)
		memcpy(&p, &f->p, sizeof p);
	return p;
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
	for (struct frame *f = window(o); f < window(o) + o->n; f++)
		free(copy_of(f));
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

/* The earliest frame leaves. */
static void pop(struct order *o, struct batch *b)
{
	struct frame *f = window(o);

	if (unlikely(f->copied))
		o->gone[o->n_gone++] = copy_of(f);
	f->copied = false;
	out(o, f, b);
	o->head++;
	o->n--;
}

/* Room for more behind the window. */
static void make_room(struct order *o, size_t more)
{
	if (likely(o->head + o->n + more <= ROOM))
		return;
	memmove(o->row, window(o), o->n * sizeof o->row[0]);
	o->head = 0;
}

/* The frames that came before the first one with a time are held yet, unless they are more than the
 * window. */
static void date_first(struct order *o, int64_t ts_ns)
{
	for (uint32_t i = 0; i < o->n; i++)
		window(o)[i].ts_ns = ts_ns;
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

/* From here on each frame is told when it came. */
static void mix(struct order *o)
{
	uint32_t first = (uint32_t)o->arrivals - o->n;

	if (o->mixed)
		return;
	o->mixed = true;
	o->oldest = o->arrivals - o->n;
	for (uint32_t i = 0; i < o->n; i++)
		window(o)[i].arrival = first + i;
}

/* Behind those that are not later: equal times stay in the order of arrival. */
static void insert(struct order *o, const struct frame *f)
{
	struct frame *to = window(o) + o->n, *v = window(o);
	size_t after;

	while (to > v && to[-1].ts_ns > f->ts_ns)
		to--;
	after = (size_t)(v + o->n - to);
	if (unlikely(after)) {
		mix(o);
		memmove(to + 1, to, after * sizeof *to);
	}
	*to = *f;
	to->arrival = (uint32_t)o->arrivals++;
	o->n++;
}

static void push(struct order *o, struct frame *f, struct batch *b)
{
	if (unlikely(f->ts_ns == 0))
		date(o, f);
	else if (unlikely(!o->dated))
		date_first(o, f->ts_ns);
	count(o, f);
	if (likely(o->n == ORDER_WINDOW)) {
		if (unlikely(f->ts_ns < window(o)->ts_ns)) {
			mix(o);
			o->arrivals++;
			out(o, f, b);
			return;
		}
		pop(o, b);
	}
	make_room(o, 1);
	insert(o, f);
}

/* Of the batch that came: no time falls, and none is odd by itself. */
static bool in_turn(const struct order *o)
{
	const struct frame *f = o->in.f;
	size_t n = o->in.n;
	bool falls = false;

	if (o->mixed || !o->dated || f[0].ts_ns <= 0 || f[0].ts_ns < o->stats.last_ns)
		return false;
	for (size_t i = 1; i < n; i++)
		falls |= f[i].ts_ns < f[i - 1].ts_ns;
	return !falls && f[n - 1].ts_ns < far_future;
}

/* It goes behind the window, and as many as the window is too long by leave. False: that would not
 * be the same as one by one. */
static bool pass(struct order *o, struct batch *b)
{
	size_t n = o->in.n, leave = o->n + n > ORDER_WINDOW ? o->n + n - ORDER_WINDOW : 0;
	const struct frame *first = window(o);

	if (!n || !in_turn(o) || (leave && first->ts_ns < o->out_ns))
		return false;
	if (leave)
		o->out_ns = first[leave - 1].ts_ns;
	memcpy(b->f, first, leave * sizeof *first);
	b->n = leave;
	o->head += (uint32_t)leave;
	o->n -= (uint32_t)leave;
	make_room(o, n);
	memcpy(window(o) + o->n, o->in.f, n * sizeof *first);
	o->n += (uint32_t)n;
	o->arrivals += n;
	o->stats.last_ns = o->before_ns = o->in.f[n - 1].ts_ns;
	return true;
}

static int copy_bytes(struct frame *f)
{
	/* One byte at least, so that they can be given back. */
	uint8_t *copy = malloc(f->len ? f->len : 1);

	if (!copy)
		return -ENOMEM;
	if (f->len)
		memcpy(copy, f->p, f->len);
	f->p = copy;
	f->copied = true;
	return 0;
}

/* Before the source is asked again: nothing that is held may be overwritten by its next batch. */
static int secure(struct order *o)
{
	uint64_t before = o->arrivals > SAFE_AGE ? o->arrivals - SAFE_AGE : 0;
	uint32_t now = (uint32_t)o->arrivals;

	if (likely(!o->mixed) || o->oldest >= before)
		return 0;
	o->oldest = o->arrivals;
	o->mixed = false;
	for (uint32_t i = 0; i < o->n; i++) {
		struct frame *f = window(o) + i;
		uint32_t age = now - f->arrival;

		o->mixed |= f->copied || age != o->n - i;
		if (f->copied)
			continue;
		if (age > SAFE_AGE) {
			if (copy_bytes(f) < 0)
				return -ENOMEM;
			o->mixed = true;
		} else if (o->arrivals - age < o->oldest) {
			o->oldest = o->arrivals - age;
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
		if (likely(pass(o, b)))
			continue;
		for (size_t i = 0; i < o->in.n; i++)
			push(o, &o->in.f[i], b);
	}
	while (o->at_end && o->n && b->n < BATCH_FRAMES)
		pop(o, b);
	return 0;
}
