// SPDX-License-Identifier: BSD-2-Clause
/* Networks of clients: the /24 or /64 of who used CRM's web server, as an audit names them. */
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "recognise/recognise.h"
#include "suggest/draft.h"

struct client {
	struct addr addr;
	struct evidence at;
	bool sure;
};

typedef VEC(struct client) client_vec;

static bool web(const struct conv *c)
{
	for (unsigned i = 0; i < c->n_app; i++) {
		uint16_t app = conv_app_at(c, i);

		if (app && (!strcmp(app_name(app), "http") || !strcmp(app_name(app), "tls")))
			return c->proto == IPPROTO_NR_TCP;
	}
	return false;
}

static const roleset FRONT = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_FULL) | ROLE_BIT(ROLE_NLB);

/* What the server is: 0 no front end, 1 perhaps, 2 surely. */
static int front_end(const struct draft *d, const struct addr *a)
{
	const struct host *h = inventory_find(d->in->site->inventory, a);
	const struct draft_host *dh = h ? NULL : draft_find(d, a);

	if (h)
		return h->roles & FRONT ? 2 : 0;
	if (!dh || !(dh->all & FRONT))
		return 0;
	return dh->sure & FRONT ? 2 : 1;
}

static void note_public(struct draft *d, const struct evidence *at)
{
	if (!d->public_clients || at->ts_ns < d->public_at.ts_ns)
		d->public_at = *at;
	d->public_clients = true;
}

static bool find_clients(struct draft *d, client_vec *ret)
{
	for (size_t i = 0; i < d->in->n_convs; i++) {
		const struct conv *c = &d->in->convs[i];
		int front = draft_spoken(c) && web(c) && c->n_ok_ev && !d->in->infer->scanner[i]
				    ? front_end(d, &c->server)
				    : 0;
		struct client cl = {c->client, c->n_ok_ev ? c->ok_ev[0] : (struct evidence){0},
				    front == 2};

		if (!front || inventory_find(d->in->site->inventory, &c->client) ||
		    draft_find(d, &c->client))
			continue;
		if (addr_is_public(&c->client)) {
			note_public(d, &cl.at);
			continue;
		}
		if (!addr_is_loopback(&c->client) && !addr_is_link_local(&c->client) &&
		    !vec_push(ret, cl))
			return false;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct client *x = a, *y = b;
	int c = addr_compare(&x->addr, &y->addr);

	if (c)
		return c;
	if (x->at.ts_ns != y->at.ts_ns)
		return x->at.ts_ns < y->at.ts_ns ? -1 : 1;
	return (x->at.number > y->at.number) - (x->at.number < y->at.number);
}

/* Somebody in there is a server, or is declared: the network is no clients' own. */
static bool has_hosts(const struct draft *d, const struct prefix *p)
{
	const struct inventory *inv = d->in->site->inventory;

	for (size_t i = 0; i < d->n_host; i++)
		for (size_t k = 0; k < d->host[i].h->n_addr; k++)
			if (prefix_has(p, &d->host[i].h->addr[k].addr))
				return true;
	for (size_t i = 0; i < inventory_count(inv); i++) {
		const struct host *h = inventory_at(inv, i);

		for (size_t k = 0; k < h->n_addr; k++)
			if (prefix_has(p, &h->addr[k]))
				return true;
	}
	return false;
}

/* Conversations are sorted by client: how many addresses of the network are one at all. */
static size_t seen_in(const struct draft *d, const struct prefix *p)
{
	size_t n = 0;

	for (size_t i = 0; i < d->in->n_convs; i++) {
		const struct addr *a = &d->in->convs[i].client;

		n += prefix_has(p, a) && (!i || !addr_equal(a, &d->in->convs[i - 1].client));
	}
	return n;
}

static const char *net_name(struct draft *d, const struct prefix *p)
{
	char buf[ADDR_TEXT];

	if (addr_is_v4(&p->addr))
		return arena_printf(&d->a, "clients-%u-%u-%u", p->addr.b[12], p->addr.b[13],
				    p->addr.b[14]);
	addr_format(&p->addr, buf);
	for (char *z = buf; *z; z++)
		if (*z == ':')
			*z = z[1] && z[1] != ':' ? '-' : '\0';
	return arena_printf(&d->a, "clients-%s", buf);
}

static bool add_net(struct draft *d, const struct client *c)
{
	struct draft_net *n = d->n_net ? &d->net[d->n_net - 1] : NULL;
	struct prefix p = prefix_of(&c->addr, DRAFT_V4_NET, DRAFT_V6_NET);

	if (!n || !addr_equal(&n->net.addr, &p.addr)) {
		n = &d->net[d->n_net++];
		n->net = p;
		n->name = net_name(d, &p);
		n->example = c->addr;
		n->at = c->at;
		if (!n->name)
			return false;
	}
	n->sure |= c->sure;
	if (n->addr.n && addr_equal(&n->addr.v[n->addr.n - 1], &c->addr))
		return true;
	n->n++;
	return vec_push(&n->addr, c->addr);
}

bool draft_clients(struct draft *d)
{
	client_vec v = {0};
	bool ok = find_clients(d, &v);

	d->net = arena_alloc(&d->a, (v.n + 1) * sizeof *d->net);
	ok = ok && d->net;
	if (v.n)
		qsort(v.v, v.n, sizeof *v.v, compare);
	for (size_t i = 0; ok && i < v.n; i++)
		ok = add_net(d, &v.v[i]);
	vec_done(&v);
	/* Most of the others in it do something else: admins, say. */
	for (size_t i = 0; ok && i < d->n_net; i++) {
		struct draft_net *n = &d->net[i];

		n->apart = has_hosts(d, &n->net) || seen_in(d, &n->net) > 2 * (size_t)n->n;
		n->sure = n->sure && !n->apart;
	}
	return ok;
}
