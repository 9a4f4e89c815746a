// SPDX-License-Identifier: BSD-2-Clause
/*
 * Scans: one client, many distinct (host, port) within ten minutes, nearly all failed. What belongs
 * to one is evidence of nothing else: it meets, violates and infers nothing. An exchange with
 * payload stays what it is, also when a scanner has it.
 */
#include <stdlib.h>

#include "base/proto.h"
#include "findings/work.h"

static bool failed(const struct conv *c)
{
	if (c->state < STATE_HALF_OPEN)
		return false;
	for (unsigned i = 0; i < c->n_app; i++)
		if (c->app[i].notes & APP_NOTE_UNANSWERED_KIND)
			return false;
	return true;
}

/* Nothing was exchanged but the attempt. */
static bool empty_handed(const struct conv *c)
{
	return failed(c) || (!c->payload[0] && !c->payload[1]);
}

static int by_time(const void *a, const void *b)
{
	const struct item *const *x = a, *const *y = b;

	if ((*x)->c->first_ns != (*y)->c->first_ns)
		return (*x)->c->first_ns < (*y)->c->first_ns ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* Slides a window over the attempts in order of time; all of a window that is a scan are marked. */
static void mark_windows(struct work *w, struct item **v, size_t n)
{
	size_t left = 0, marked = 0, bad = 0;

	for (size_t right = 0; right < n; right++) {
		bad += failed(v[right]->c);
		while (v[right]->c->first_ns - v[left]->c->first_ns > SCAN_WINDOW_NS)
			bad -= failed(v[left++]->c);

		size_t in = right - left + 1;

		if (in <= SCAN_TARGETS || bad * 100 < in * SCAN_FAILED)
			continue;
		for (size_t i = marked > left ? marked : left; i <= right; i++) {
			v[i]->scan = empty_handed(v[i]->c);
			w->party[v[i]->client].scanner = true;
		}
		marked = right + 1;
	}
}

static bool one_client(struct work *w, size_t from, size_t to)
{
	struct item **v;
	size_t n = 0;

	if (roles_has(w->party[w->item[from].client].roles, ROLE_SCANNER)) {
		for (size_t i = from; i < to; i++)
			w->item[i].scan = !w->item[i].group && empty_handed(w->item[i].c);
		return true;
	}
	if (to - from <= SCAN_TARGETS)
		return true;
	v = malloc((to - from) * sizeof *v);
	if (!v)
		return false;
	for (size_t i = from; i < to; i++)
		if (!w->item[i].group)
			v[n++] = &w->item[i];
	qsort(v, n, sizeof(struct item *), by_time);
	mark_windows(w, v, n);
	free(v);
	return true;
}

bool scans_mark(struct work *w)
{
	for (size_t i = 0, k; i < w->n; i = k) {
		for (k = i + 1; k < w->n && w->item[k].client == w->item[i].client; k++)
			;
		if (!one_client(w, i, k))
			return false;
	}
	return true;
}
