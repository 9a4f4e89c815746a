/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk - inventory_find() of many addresses that ascend by their bytes: a step instead of a search.
 */
#ifndef SPAN_ROLES_WALK_H
#define SPAN_ROLES_WALK_H

#include "roles/inventory.h"

struct walk_span { /* from here to the next one, addresses have this host or network */
	struct addr from;
	const struct host *host; /* NULL: none */
};

struct walk {
	struct walk_span *span;
	size_t n, at;
};

/* Of an inventory that is closed, and does not change while it is walked. False without memory.
 * walk_done() in either case. */
bool walk_make(struct walk *w, const struct inventory *v);
void walk_done(struct walk *w);
/* As inventory_find(). No address may be smaller than the one before. */
const struct host *walk_find(struct walk *w, const struct addr *a);

#endif
