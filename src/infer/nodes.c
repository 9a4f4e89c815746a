// SPDX-License-Identifier: BSD-2-Clause
/* The addresses at the ends of conversations, and the clients that scan. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/huge.h"
#include "infer/parts.h"
#include "infer/scan.h"
#include "roles/walk.h"

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

struct node_words *node_words(struct parts *p, struct node *n)
{
	if (!n->words)
		n->words = arena_alloc(p->a, sizeof *n->words);
	if (!n->words)
		p->failed = true;
	return n->words;
}

static void node_fill(struct node *n, const struct host *h)
{
	n->unicast = !addr_is_multicast(&n->addr) && !addr_is_broadcast(&n->addr) &&
		     !addr_is_unspecified(&n->addr) && !addr_is_loopback(&n->addr);
	n->declared = h && !h->is_network ? h : NULL;
	n->core = h && h->roles & roles_core();
	n->eligible = n->unicast && (h || addr_is_private(&n->addr)) &&
		      !(h && roles_has(h->roles, ROLE_IGNORE));
	n->members = 1;
	n->host = n->declared;
	n->some_eligible = n->eligible;
}

/* Both lists are sorted: the ends of conversations and the declared addresses become one. */
static bool nodes_merge(struct parts *p, const struct addr *declared, size_t n_declared)
{
	const struct ends *ends = &p->in->ends;
	size_t i = 0, k = 0;
	struct walk walk = {0};

	p->node = calloc(ends->n + n_declared + 1, sizeof *p->node);
	p->node_of_end = malloc((ends->n + 1) * sizeof *p->node_of_end);
	if (!p->node || !p->node_of_end || !walk_make(&walk, p->in->inventory)) {
		walk_done(&walk);
		return false;
	}
	huge_hint(p->node, ends->n * sizeof *p->node);
	while (i < ends->n || k < n_declared) {
		int d = i == ends->n      ? 1
			: k == n_declared ? -1
					  : by_bytes(&ends->addr[i], &declared[k]);
		struct node *n = &p->node[p->n_node];
		const struct addr *a = d <= 0 ? &ends->addr[i] : &declared[k];

		n->addr = *a;
		n->group = (uint32_t)p->n_node;
		node_fill(n, walk_find(&walk, a));
		while (k < n_declared && addr_equal(&declared[k], a))
			k++;
		if (d <= 0)
			p->node_of_end[i++] = (uint32_t)p->n_node;
		p->n_node++;
	}
	walk_done(&walk);
	return true;
}

/* ------------------------------------------------------------------ scans */

static bool to_group(void *user, const struct conv *c)
{
	(void)user;
	return c->group;
}

/* Whoever scans, now and then or always, is evidence of nothing: it dials what is there. */
static int scans(const struct parts *p, const struct conv_list *l, const struct scan_client *c,
		 uint8_t *mark)
{
	const struct scan_skip skip = {.conv = to_group};
	const struct host *h;

	if (p->scanners) {
		h = inventory_find(p->in->inventory, &l->ends.addr[c->no]);
		if (h && roles_has(h->roles, ROLE_SCANNER))
			return 1;
	}
	if (c->n + c->n_attempt <= SCAN_TARGETS)
		return 0;
	/* Which ones does not matter here. */
	return scan_find(l, c, &skip, mark, mark + l->n);
}

static bool scans_make(struct parts *p)
{
	const struct infer_input *in = p->in;
	const struct conv_list l = {in->convs, in->n_convs, in->attempts, in->n_attempts, in->ends};
	uint8_t *mark = malloc(in->n_convs + in->n_attempts + 1);
	struct scan_client c = {0};
	int r = 0;

	p->scanners = roles_has(inventory_roles(in->inventory), ROLE_SCANNER);
	p->scanner = arena_alloc(p->a, in->n_convs + 1);
	if (!mark || !p->scanner)
		r = -ENOMEM;
	while (r >= 0 && scan_client_next(&l, &c)) {
		r = scans(p, &l, &c, mark);
		if (r > 0)
			memset(p->scanner + c.from, 1, c.n);
	}
	free(mark);
	return r >= 0;
}

bool nodes_make(struct parts *p)
{
	size_t n;
	struct addr *declared = declared_sorted(p->in->inventory, &n);
	bool ok = declared && nodes_merge(p, declared, n) && scans_make(p);

	free(declared);
	return ok;
}
