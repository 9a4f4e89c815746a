// SPDX-License-Identifier: BSD-2-Clause
/*
 * Prefixes are one inside the other, or apart. Sorted by where they begin, the wider one first, a
 * stack of those that are open cuts the range of all addresses into spans of one answer each.
 */
#include "roles/walk.h"

#include <stdlib.h>
#include <string.h>

struct open { /* a prefix, and what its addresses are where no other one inside it has them */
	struct prefix net;
	const struct host *host;
};

/* Networks of IPv6 that hold the range of mapped addresses are none of IPv4: it begins anew with
 * what holds nobody. */
static const struct host nobody = {.is_network = true};

static int open_order(const void *a, const void *b)
{
	const struct open *x = a, *y = b;
	int d = memcmp(&x->net.addr, &y->net.addr, sizeof x->net.addr);

	if (!d)
		d = (int)x->net.bits - (int)y->net.bits;
	if (!d)
		d = (int)(y->host == &nobody) - (int)(x->host == &nobody);
	/* An address is the host's before it is the network's that has it alone. */
	return d ? d : (int)y->host->is_network - (int)x->host->is_network;
}

/* The first address behind the prefix; false when there is none. */
static bool behind(const struct prefix *p, struct addr *ret)
{
	unsigned byte = p->bits / 8, more = 1;

	*ret = p->addr;
	if (!p->bits)
		return false;
	if (p->bits % 8)
		more = 0x100U >> p->bits % 8;
	else
		byte--;
	for (unsigned i = byte + 1; more && i-- > 0; more >>= 8) {
		more += ret->b[i];
		ret->b[i] = (uint8_t)more;
	}
	return !more;
}

static void span_put(struct walk *w, const struct addr *from, const struct host *h)
{
	if (w->n && addr_equal(&w->span[w->n - 1].from, from))
		w->n--;
	w->span[w->n++] = (struct walk_span){*from, h};
}

/* Ends the innermost open prefix. */
static void close_one(struct walk *w, struct open *stack, size_t *depth)
{
	struct addr next;

	(*depth)--;
	if (behind(&stack[*depth].net, &next))
		span_put(w, &next, *depth ? stack[*depth - 1].host : NULL);
}

static void spans_make(struct walk *w, const struct open *v, size_t n, struct open *stack)
{
	size_t depth = 0;

	for (size_t i = 0; i < n; i++) {
		while (depth && !prefix_has(&stack[depth - 1].net, &v[i].net.addr))
			close_one(w, stack, &depth);
		span_put(w, &v[i].net.addr, v[i].host);
		stack[depth++] = v[i];
	}
	while (depth)
		close_one(w, stack, &depth);
}

bool walk_make(struct walk *w, const struct inventory *v)
{
	const struct prefix v4 = {.addr = {.b = {[10] = 0xff, [11] = 0xff}}, .bits = 96};
	size_t n = 0, most = 1;
	struct open *open;

	*w = (struct walk){0};
	for (size_t i = 0; i < inventory_count(v); i++)
		most += inventory_at(v, i)->n_addr + 1;
	/* Each has a beginning and an end; behind them as many that are open. */
	open = malloc(2 * most * sizeof *open);
	w->span = malloc(2 * most * sizeof *w->span);
	if (!open || !w->span) {
		free(open);
		return false;
	}
	open[n++] = (struct open){v4, &nobody};
	for (size_t i = 0; i < inventory_count(v); i++) {
		const struct host *h = inventory_at(v, i);

		if (h->is_network)
			open[n++] = (struct open){*h->net, h};
		for (size_t k = 0; !h->is_network && k < h->n_addr; k++)
			open[n++] = (struct open){{h->addr[k], 128}, h};
	}
	qsort(open, n, sizeof *open, open_order);
	spans_make(w, open, n, open + most);
	free(open);
	for (size_t i = 0; i < w->n; i++)
		if (w->span[i].host == &nobody)
			w->span[i].host = NULL;
	return true;
}

void walk_done(struct walk *w)
{
	free(w->span);
	*w = (struct walk){0};
}

const struct host *walk_find(struct walk *w, const struct addr *a)
{
	while (w->at < w->n && memcmp(&w->span[w->at].from, a, sizeof *a) <= 0)
		w->at++;
	return w->at ? w->span[w->at - 1].host : NULL;
}
