// SPDX-License-Identifier: BSD-2-Clause
/*
 * A heap of the open sources, by the time of the frame that each would give next. A source whose
 * batch is used up is asked again at the beginning of a call only, since that may overwrite what
 * this call has handed out; so a call ends there.
 */
#include "capture/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"

struct open_source {
	struct order *o;
	uint32_t index;
	size_t at; /* next frame of b */
	struct batch b;
};

struct head {
	int64_t ts_ns;
	uint32_t index;
	struct open_source *in;
};

struct merge {
	const struct merge_ops *ops;
	void *user;
	int64_t *first_ns;
	size_t n, next; /* sources, and the first one that was not opened yet */
	struct head *heap;
	size_t n_heap;
	struct open_source *dry; /* its batch is used up; not in the heap */
};

static struct open_source *open_source_free(struct open_source *in)
{
	if (!in)
		return NULL;
	order_close(in->o);
	free(in);
	return NULL;
}

struct merge *merge_new(const int64_t *first_ns, size_t n, const struct merge_ops *ops, void *user)
{
	struct merge *m = calloc(1, sizeof *m);

	if (!m)
		return NULL;
	m->ops = ops;
	m->user = user;
	m->n = n;
	m->first_ns = calloc(n + 1, sizeof *m->first_ns);
	m->heap = calloc(n + 1, sizeof *m->heap);
	if (!m->first_ns || !m->heap)
		return merge_free(m);
	if (n)
		memcpy(m->first_ns, first_ns, n * sizeof *first_ns);
	return m;
}

struct merge *merge_free(struct merge *m)
{
	if (!m)
		return NULL;
	for (size_t i = 0; i < m->n_heap; i++)
		open_source_free(m->heap[i].in);
	open_source_free(m->dry);
	free(m->heap);
	free(m->first_ns);
	free(m);
	return NULL;
}

static bool earlier(const struct head *a, const struct head *b)
{
	return a->ts_ns != b->ts_ns ? a->ts_ns < b->ts_ns : a->index < b->index;
}

/* The first of the heap has changed, or another one was put there. */
static void sift_down(struct merge *m)
{
	struct head h = m->heap[0];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= m->n_heap)
			break;
		if (child + 1 < m->n_heap && earlier(&m->heap[child + 1], &m->heap[child]))
			child++;
		if (!earlier(&m->heap[child], &h))
			break;
		m->heap[at] = m->heap[child];
		at = child;
	}
	m->heap[at] = h;
}

static void heap_add(struct merge *m, struct open_source *in)
{
	struct head h = {.ts_ns = in->b.f[in->at].ts_ns, .index = in->index, .in = in};
	size_t at = m->n_heap++;

	while (at > 0 && earlier(&h, &m->heap[(at - 1) / 2])) {
		m->heap[at] = m->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	m->heap[at] = h;
}

static struct open_source *heap_remove_first(struct merge *m)
{
	struct open_source *in = m->heap[0].in;

	m->heap[0] = m->heap[--m->n_heap];
	if (m->n_heap)
		sift_down(m);
	return in;
}

/* Asks a source that is not in the heap for its next batch and puts it there, or closes it at its
 * end. */
static int refill(struct merge *m, struct open_source *in)
{
	int r = order_next(in->o, &in->b);

	if (r == 0 && in->b.n) {
		for (size_t i = 0; i < in->b.n; i++)
			in->b.f[i].input = in->index;
		in->at = 0;
		heap_add(m, in);
		return 0;
	}
	if (r == 0)
		m->ops->ended(m->user, in->index, in->o);
	open_source_free(in);
	return r;
}

static int open_next(struct merge *m)
{
	uint32_t index = (uint32_t)m->next++;
	struct order *o = m->ops->open(m->user, index);
	struct open_source *in;

	if (!o)
		return 0;
	in = calloc(1, sizeof *in);
	if (!in) {
		order_close(o);
		return -ENOMEM;
	}
	in->o = o;
	in->index = index;
	return refill(m, in);
}

/* Opens the sources that may have a frame before the first of the heap. One that begins at the very
 * time of that frame has a higher index, so its frame comes after. */
static int open_reached(struct merge *m)
{
	int r = 0;

	while (r == 0 && m->next < m->n &&
	       (m->n_heap == 0 || m->first_ns[m->next] == TIME_NONE ||
		m->first_ns[m->next] < m->heap[0].ts_ns))
		r = open_next(m);
	return r;
}

/* Whether all that is left of the only open source's batch comes before the next source begins. */
static bool alone(const struct merge *m)
{
	const struct open_source *in = m->heap[0].in;

	if (m->n_heap > 1)
		return false;
	if (m->next == m->n)
		return true;
	/* Frames that are later than the window allows are anywhere in a batch, so the last one
	 * need not be the greatest. */
	for (size_t i = in->at; i < in->b.n; i++)
		if (in->b.f[i].ts_ns > m->first_ns[m->next])
			return false;
	return true;
}

static void take_batch(struct merge *m, struct batch *b)
{
	struct open_source *in = heap_remove_first(m);
	size_t n = in->b.n - in->at;

	memcpy(b->f, &in->b.f[in->at], n * sizeof b->f[0]);
	b->n = n;
	m->dry = in;
}

/* Nothing else is open, nor will be: its batches pass as they are. */
static int pass_on(struct merge *m, struct batch *b)
{
	struct open_source *in = m->dry;
	int r = order_next(in->o, b);

	if (r == 0 && b->n) {
		/* It is 0 already. */
		for (size_t i = 0; in->index && i < b->n; i++)
			b->f[i].input = in->index;
		return 0;
	}
	b->n = 0;
	m->dry = NULL;
	if (r == 0)
		m->ops->ended(m->user, in->index, in->o);
	open_source_free(in);
	return r;
}

int merge_next(struct merge *m, struct batch *b)
{
	int r = 0;

	if (m->dry && !m->n_heap && m->next == m->n)
		return pass_on(m, b);
	b->n = 0;
	if (m->dry) {
		struct open_source *in = m->dry;

		m->dry = NULL;
		r = refill(m, in);
	}
	if (r == 0)
		r = open_reached(m);
	if (r == 0 && m->n_heap && alone(m)) {
		take_batch(m, b);
		return 0;
	}
	while (r == 0 && m->n_heap && !m->dry && b->n < BATCH_FRAMES) {
		struct open_source *in = m->heap[0].in;

		b->f[b->n++] = in->b.f[in->at++];
		if (in->at == in->b.n) {
			m->dry = heap_remove_first(m);
			break;
		}
		m->heap[0].ts_ns = in->b.f[in->at].ts_ns;
		sift_down(m);
		r = open_reached(m);
	}
	if (r < 0)
		b->n = 0;
	return r;
}
