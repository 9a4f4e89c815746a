// SPDX-License-Identifier: BSD-2-Clause
/* The addresses at the ends of conversations, and the clients that scan. */
#include <stdlib.h>
#include <string.h>

#include "infer/parts.h"
#include "infer/scan.h"

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static int node_vs(const void *a, const void *b)
{
	return memcmp(a, &((const struct node *)b)->addr, sizeof(struct addr));
}

uint32_t node_of(const struct parts *p, const struct addr *a)
{
	const struct node *n =
		p->n_node ? bsearch(a, p->node, p->n_node, sizeof *p->node, node_vs) : NULL;

	return n ? (uint32_t)(n - p->node) : NOBODY;
}

/* Conversations are sorted by client: a run of them has one. */
static size_t gather(const struct infer_input *in, struct addr *all)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n_convs; i++) {
		if (!i || !addr_equal(&in->convs[i].client, &in->convs[i - 1].client))
			all[n++] = in->convs[i].client;
		all[n++] = in->convs[i].server;
	}
	for (size_t i = 0; i < inventory_count(in->inventory); i++) {
		const struct host *h = inventory_at(in->inventory, i);

		for (size_t k = 0; k < h->n_addr; k++)
			all[n++] = h->addr[k];
	}
	return n;
}

static size_t most_addresses(const struct infer_input *in)
{
	size_t n = 2 * in->n_convs + 1;

	for (size_t i = 0; i < inventory_count(in->inventory); i++)
		n += inventory_at(in->inventory, i)->n_addr;
	return n;
}

static void node_fill(const struct parts *p, struct node *n)
{
	const struct host *h = inventory_find(p->in->inventory, &n->addr);

	n->unicast = !addr_is_multicast(&n->addr) && !addr_is_broadcast(&n->addr) &&
		     !addr_is_unspecified(&n->addr) && !addr_is_loopback(&n->addr);
	n->declared = h && !h->is_network ? h : NULL;
	n->core = h && h->roles & roles_core();
	n->eligible = n->unicast && (h || addr_is_private(&n->addr)) &&
		      !(h && roles_has(h->roles, ROLE_IGNORE));
}

static bool ends_make(struct parts *p)
{
	const struct infer_input *in = p->in;

	p->client = calloc(in->n_convs + 1, sizeof *p->client);
	p->server = calloc(in->n_convs + 1, sizeof *p->server);
	if (!p->client || !p->server)
		return false;
	for (size_t i = 0; i < in->n_convs; i++) {
		const struct conv *c = &in->convs[i];
		bool same = i && addr_equal(&c->client, &in->convs[i - 1].client);

		p->client[i] = same ? p->client[i - 1] : node_of(p, &c->client);
		p->server[i] = same && addr_equal(&c->server, &in->convs[i - 1].server)
				       ? p->server[i - 1]
				       : node_of(p, &c->server);
		p->node[p->client[i]].ends = p->node[p->server[i]].ends = true;
	}
	return true;
}

/* ------------------------------------------------------------------ scans */

static int by_time(const void *a, const void *b)
{
	const struct conv *const *x = a, *const *y = b;

	if ((*x)->first_ns != (*y)->first_ns)
		return (*x)->first_ns < (*y)->first_ns ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* Whoever scans, now and then or always, is evidence of nothing: it dials what is there. */
static bool scan_one(struct parts *p, size_t from, size_t to, const struct conv **v, uint8_t *mark)
{
	const struct host *h = inventory_find(p->in->inventory, &p->in->convs[from].client);
	bool scans = h && roles_has(h->roles, ROLE_SCANNER);
	size_t n = 0;

	if (!scans && to - from > SCAN_TARGETS) {
		for (size_t i = from; i < to; i++)
			if (!p->in->convs[i].group)
				v[n++] = &p->in->convs[i];
		if (n)
			qsort(v, n, sizeof(const struct conv *), by_time);
		scans = scan_windows(v, n, mark);
	}
	if (scans)
		memset(p->scanner + from, 1, to - from);
	return true;
}

static bool scans_make(struct parts *p)
{
	const struct infer_input *in = p->in;
	size_t longest = 0;
	const struct conv **v;
	uint8_t *mark;

	for (size_t i = 0, k; i < in->n_convs; i = k) {
		for (k = i + 1; k < in->n_convs && p->client[k] == p->client[i]; k++)
			;
		longest = k - i > longest ? k - i : longest;
	}
	p->scanner = arena_alloc(p->a, in->n_convs + 1);
	v = calloc(longest + 1, sizeof *v);
	mark = calloc(longest + 1, sizeof *mark);
	for (size_t i = 0, k; p->scanner && v && mark && i < in->n_convs; i = k) {
		for (k = i + 1; k < in->n_convs && p->client[k] == p->client[i]; k++)
			;
		scan_one(p, i, k, v, mark);
	}

	bool ok = p->scanner && v && mark;

	free(v);
	free(mark);
	return ok;
}

bool nodes_make(struct parts *p)
{
	struct addr *all = malloc(most_addresses(p->in) * sizeof *all);
	size_t n, k = 0;

	if (!all)
		return false;
	n = gather(p->in, all);
	if (n)
		qsort(all, n, sizeof *all, by_bytes);
	for (size_t i = 0; i < n; i++)
		if (!k || !addr_equal(&all[i], &all[k - 1]))
			all[k++] = all[i];
	p->node = calloc(k + 1, sizeof *p->node);
	p->n_node = p->node ? k : 0;
	for (size_t i = 0; i < p->n_node; i++) {
		p->node[i].addr = all[i];
		p->node[i].group = (uint32_t)i;
		node_fill(p, &p->node[i]);
	}
	free(all);
	return p->node && ends_make(p) && scans_make(p);
}
