// SPDX-License-Identifier: BSD-2-Clause
/*
 * unjudged - between which roles demands could not be judged: what a map of roles must not show as
 * silence.
 *
 * A row of a rule says that one of its demands was not judged; this says whose. Demands of hosts
 * with the same roles are one row, whose reason is that of the first.
 */
#include "findings/view.h"

#include <stdlib.h>

static int by_roles(const void *a, const void *b)
{
	const struct unjudged_row *x = a, *y = b;

	if (x->client_roles != y->client_roles)
		return x->client_roles < y->client_roles ? -1 : 1;
	if (x->server_roles != y->server_roles)
		return x->server_roles < y->server_roles ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* One row of each pair of roles; sorted. */
static size_t join(struct unjudged_row *v, size_t n)
{
	size_t k = 0;

	if (n)
		qsort(v, n, sizeof *v, by_roles);
	for (size_t i = 1; i < n; i++) {
		if (v[i].client_roles == v[k].client_roles &&
		    v[i].server_roles == v[k].server_roles)
			v[k].demands += v[i].demands;
		else
			v[++k] = v[i];
	}
	return n ? k + 1 : 0;
}

bool unjudged_make(struct work *w)
{
	struct demand_set *d = w->demands;
	VEC(struct unjudged_row) rows = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < d->n_asker * d->n_need; i++) {
		const struct unit *u = &d->unit[i];

		if (u->demanded && u->result == UNIT_UNJUDGED)
			ok = vec_push(&rows, ((struct unjudged_row){
						     .client_roles = d->asker[i / d->n_need].roles,
						     .server_roles = d->need[i % d->n_need].to_set,
						     .reason = u->reason,
						     .demands = 1,
						     .order = i,
					     }));
	}
	if (ok) {
		size_t n = join(rows.v, rows.n);

		w->r->unjudged = arena_alloc(w->a, (n + 1) * sizeof *rows.v);
		ok = w->r->unjudged != NULL;
		for (size_t i = 0; ok && i < n; i++)
			w->r->unjudged[w->r->n_unjudged++] = rows.v[i];
	}
	vec_done(&rows);
	return ok;
}
