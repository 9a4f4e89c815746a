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

static bool attempt_to_group(void *user, const struct attempt *a)
{
	const struct work *w = user;

	return w->party[a->server_no].group;
}

/* Whoever is declared a scanner does nothing else. */
static void all_of(struct work *w, const struct scan_client *c)
{
	for (size_t i = c->from; i < c->from + c->n; i++) {
		const struct conv *v = &w->in->convs[i];

		w->scan[i] = !conv_group(w, v) && empty_handed(v);
	}
	for (size_t i = c->attempt; i < c->attempt + c->n_attempt; i++)
		w->scan_attempt[i] = !attempt_to_group(w, &w->in->attempts[i]);
}

static bool one_client(struct work *w, const struct conv_list *l, const struct scan_client *c)
{
	const struct scan_skip skip = {to_group, attempt_to_group, w};
	struct party *p = &w->party[c->no];
	int scans;

	if (roles_has(p->roles, ROLE_SCANNER)) {
		all_of(w, c);
		return true;
	}
	if (c->n + c->n_attempt <= SCAN_TARGETS)
		return true;
	scans = scan_find(l, c, &skip, w->scan, w->scan_attempt);
	p->scanner = scans > 0;
	for (size_t i = c->from; scans > 0 && i < c->from + c->n; i++)
		w->scan[i] = w->scan[i] && empty_handed(&l->v[i]);
	return scans >= 0;
}

bool scans_mark(struct work *w)
{
	const struct judge_input *in = w->in;
	const struct conv_list l = {in->convs, in->n_convs, in->attempts, in->n_attempts, in->ends};
	struct scan_client c = {0};

	w->scan = calloc(l.n + 1, sizeof *w->scan);
	w->scan_attempt = calloc(l.n_attempt + 1, sizeof *w->scan_attempt);
	if (!w->scan || !w->scan_attempt)
		return false;
	while (scan_client_next(&l, &c))
		if (!one_client(w, &l, &c))
			return false;
	return true;
}
