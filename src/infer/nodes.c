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

static size_t declared_addresses(const struct inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inventory_count(inv); i++)
		n += inventory_at(inv, i)->n_addr;
	return n;
}

/* Addresses of declared hosts, sorted; NULL without memory. */
static struct addr *declared_sorted(const struct inventory *inv, size_t *ret_n)
{
	struct addr *v = malloc((declared_addresses(inv) + 1) * sizeof *v);
	size_t n = 0;

	for (size_t i = 0; v && i < inventory_count(inv); i++) {
		const struct host *h = inventory_at(inv, i);

		for (size_t k = 0; k < h->n_addr; k++)
			v[n++] = h->addr[k];
	}
	if (n)
		qsort(v, n, sizeof *v, by_bytes);
	*ret_n = n;
	return v;
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

/* Both lists are sorted: the ends of conversations and the declared addresses become one. */
static bool nodes_merge(struct parts *p, const struct addr *declared, size_t n_declared)
{
	const struct ends *ends = &p->in->ends;
	size_t i = 0, k = 0;

	p->node = calloc(ends->n + n_declared + 1, sizeof *p->node);
	p->node_of_end = malloc((ends->n + 1) * sizeof *p->node_of_end);
	if (!p->node || !p->node_of_end)
		return false;
	while (i < ends->n || k < n_declared) {
		int d = i == ends->n      ? 1
			: k == n_declared ? -1
					  : by_bytes(&ends->addr[i], &declared[k]);
		struct node *n = &p->node[p->n_node];
		const struct addr *a = d <= 0 ? &ends->addr[i] : &declared[k];

		n->addr = *a;
		n->ends = d <= 0;
		n->group = (uint32_t)p->n_node;
		node_fill(p, n);
		while (k < n_declared && addr_equal(&declared[k], a))
			k++;
		if (d <= 0)
			p->node_of_end[i++] = (uint32_t)p->n_node;
		p->n_node++;
	}
	return true;
}

/* ------------------------------------------------------------------ scans */

static bool to_group(void *user, const struct conv *c)
{
	(void)user;
	return c->group;
}

/* Whoever scans, now and then or always, is evidence of nothing: it dials what is there. */
static bool scan_one(struct parts *p, size_t from, size_t to, uint8_t *mark)
{
	const struct conv *v = &p->in->convs[from];
	const struct host *h;
	int scans;

	if (to - from <= SCAN_TARGETS && !p->scanners)
		return true;
	h = inventory_find(p->in->inventory, &v->client);
	scans = h && roles_has(h->roles, ROLE_SCANNER);
	if (!scans && to - from > SCAN_TARGETS)
		scans = scan_find(v, to - from, to_group, NULL, mark);
	if (scans > 0)
		memset(p->scanner + from, 1, to - from);
	return scans >= 0;
}

static bool scans_make(struct parts *p)
{
	const struct infer_input *in = p->in;
	uint8_t *mark = malloc(in->n_convs + 1); /* which ones does not matter here */
	bool ok;

	p->scanners = roles_has(inventory_roles(in->inventory), ROLE_SCANNER);
	p->scanner = arena_alloc(p->a, in->n_convs + 1);
	ok = mark && p->scanner;
	for (size_t i = 0, k; ok && i < in->n_convs; i = k) {
		for (k = i + 1; k < in->n_convs && in->convs[k].client_no == in->convs[i].client_no;
		     k++)
			;
		ok = scan_one(p, i, k, mark);
	}
	free(mark);
	return ok;
}

bool nodes_make(struct parts *p)
{
	size_t n;
	struct addr *declared = declared_sorted(p->in->inventory, &n);
	bool ok = declared && nodes_merge(p, declared, n) && scans_make(p);

	free(declared);
	return ok;
}
