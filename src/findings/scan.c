// SPDX-License-Identifier: BSD-2-Clause
/*
 * Scans: one client, many distinct (host, port) within ten minutes, nearly all failed. What belongs
 * to one is evidence of nothing else: it meets, violates and infers nothing. An exchange with
 * payload stays what it is, also when a scanner has it.
 */
#include <stdlib.h>

#include "base/proto.h"
#include "findings/work.h"

/* Nothing was exchanged but the attempt. */
static bool empty_handed(const struct conv *c)
{
	return scan_failed(c) || (!c->payload[0] && !c->payload[1]);
}

static int by_time(const void *a, const void *b)
{
	const struct item *const *x = a, *const *y = b;

	if ((*x)->c->first_ns != (*y)->c->first_ns)
		return (*x)->c->first_ns < (*y)->c->first_ns ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* What stands in a window that is a scan is marked. */
static bool mark_windows(struct work *w, struct item **v, size_t n)
{
	const struct conv **c = malloc((n + 1) * sizeof *c);
	uint8_t *mark = calloc(n + 1, sizeof *mark);
	bool ok = c && mark;

	for (size_t i = 0; ok && i < n; i++)
		c[i] = v[i]->c;
	if (ok && scan_windows(c, n, mark))
		w->party[v[0]->client].scanner = true;
	for (size_t i = 0; ok && i < n; i++)
		v[i]->scan = mark[i] && empty_handed(v[i]->c);
	free(c);
	free(mark);
	return ok;
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

	bool ok = mark_windows(w, v, n);

	free(v);
	return ok;
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
