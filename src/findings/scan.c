// SPDX-License-Identifier: BSD-2-Clause
/*
 * Scans: one client, many distinct (host, port) within ten minutes, nearly all failed. What belongs
 * to one is evidence of nothing else: it meets, violates and infers nothing. An exchange with
 * payload stays what it is, also when a scanner has it.
 */
#include <stdlib.h>

#include "findings/work.h"

/* Nothing was exchanged but the attempt. */
static bool empty_handed(const struct conv *c)
{
	return scan_failed(c) || (!c->payload[0] && !c->payload[1]);
}

static bool to_group(void *user, const struct conv *c)
{
	return conv_group(user, c);
}

static bool one_client(struct work *w, size_t from, size_t to)
{
	const struct conv *v = &w->in->convs[from];
	struct party *p = &w->party[v->client_no];
	uint8_t *mark = &w->scan[from];
	int scans = 0;

	if (roles_has(p->roles, ROLE_SCANNER)) {
		for (size_t i = 0; i < to - from; i++)
			mark[i] = !conv_group(w, &v[i]) && empty_handed(&v[i]);
		return true;
	}
	if (to - from <= SCAN_TARGETS)
		return true;
	scans = scan_find(v, to - from, to_group, w, mark);
	p->scanner = scans > 0;
	for (size_t i = 0; scans > 0 && i < to - from; i++)
		mark[i] = mark[i] && empty_handed(&v[i]);
	return scans >= 0;
}

bool scans_mark(struct work *w)
{
	const struct conv *v = w->in->convs;
	size_t n = w->in->n_convs;

	w->scan = calloc(n + 1, sizeof *w->scan);
	if (!w->scan)
		return false;
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && v[k].client_no == v[i].client_no; k++)
			;
		if (!one_client(w, i, k))
			return false;
	}
	return true;
}
