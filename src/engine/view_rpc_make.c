// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the judge has of dynamic RPC covers the deployment, with clients folded by network. Here
 * every conversation of whomever has a line: the judge's where there is one, else what the grants
 * and the bind say by themselves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "engine/view_rpc.h"

enum { EPM_PORT = 135, NBSS_PORT = 139, SMB_PORT = 445, HTTP_EPM_PORT = 593 };
enum { SIBLINGS_MAX = 1024 }; /* of one answer */
enum { TOLD_MAX = 256 };      /* that one client was told of one port, for the interfaces */

uint8_t rpc_grant_proto(const struct granted *g)
{
	if (!g->port)
		return 0;
	return g->proto == GRANTED_UDP                               ? IPPROTO_NR_UDP
	       : g->proto == GRANTED_TCP || g->proto == GRANTED_HTTP ? IPPROTO_NR_TCP
								     : 0;
}

/* --- finding ---------------------------------------------------------------------------------- */

static int place(const struct addr *server, int proto, uint16_t port, const struct addr *server2,
		 int proto2, uint16_t port2)
{
	int d = addr_compare(server, server2);

	if (!d)
		d = proto - proto2;
	return d ? d : (int)port - (int)port2;
}

struct key { /* of what is looked for */
	const struct addr *server, *client;
	int proto;
	uint16_t port;
};

static int grant_order(const void *key, const void *row)
{
	const struct key *k = key;
	const struct grant *g = row;

	return place(k->server, k->proto, k->port, &g->server, (int)g->g.proto, g->g.port);
}

/* The earliest grant of this server and port; NULL when there is none. */
static const struct grant *grant_at(const struct span_audit *a, const struct addr *server,
				    enum granted_proto proto, uint16_t port)
{
	const struct key k = {.server = server, .proto = (int)proto, .port = port};
	size_t i = search_first(&k, a->grants, a->n_grants, sizeof *a->grants, grant_order);

	return i < a->n_grants && !grant_order(&k, &a->grants[i]) ? &a->grants[i] : NULL;
}

struct finder { /* what is looked up often, in an order of its own */
	const struct span_audit *a;
	VEC(const struct rpc_row *) rows;    /* one conversation each, by its fact */
	VEC(const struct conv *) by_server;  /* by server, transport, port */
	VEC(const struct grant *) by_packet; /* by packet */
	VEC(const struct grant *) by_client; /* by server, transport, port, client, packet */
};

static int row_order(const struct rpc_row *x, const struct addr *client, const struct addr *server,
		     uint8_t proto, uint16_t port)
{
	int d = addr_compare(&x->client.address, client);

	return d ? d : place(&x->server.address, x->proto, x->port, server, proto, port);
}

static int by_row(const void *a, const void *b)
{
	const struct rpc_row *x = *(const struct rpc_row *const *)a;
	const struct rpc_row *y = *(const struct rpc_row *const *)b;
	int d = row_order(x, &y->client.address, &y->server.address, y->proto, y->port);

	return d ? d : (x > y) - (x < y);
}

static int by_server(const void *a, const void *b)
{
	const struct conv *x = *(const struct conv *const *)a;
	const struct conv *y = *(const struct conv *const *)b;
	int d = place(&x->server, x->proto, x->port, &y->server, y->proto, y->port);

	return d ? d : (x > y) - (x < y);
}

static int by_packet(const void *a, const void *b)
{
	const struct grant *x = *(const struct grant *const *)a;
	const struct grant *y = *(const struct grant *const *)b;

	if (x->first.input != y->first.input)
		return x->first.input < y->first.input ? -1 : 1;
	if (x->first.number != y->first.number)
		return x->first.number < y->first.number ? -1 : 1;
	return (x > y) - (x < y);
}

static int client_order(const struct grant *g, const struct addr *server, uint8_t proto,
			uint16_t port, const struct addr *client)
{
	int d = place(&g->server, rpc_grant_proto(&g->g), g->g.port, server, proto, port);

	return d ? d : addr_compare(&g->client, client);
}

static int by_client(const void *a, const void *b)
{
	const struct grant *x = *(const struct grant *const *)a;
	const struct grant *y = *(const struct grant *const *)b;
	int d = client_order(x, &y->server, rpc_grant_proto(&y->g), y->g.port, &y->client);

	if (d)
		return d;
	if (evidence_before(&x->first, &y->first))
		return -1;
	return evidence_before(&y->first, &x->first) ? 1 : (x > y) - (x < y);
}

#define SORT(vec, order)                                                    \
	do {                                                                \
		if ((vec)->n)                                               \
			qsort((vec)->v, (vec)->n, sizeof *(vec)->v, order); \
	} while (0)

static bool finder_make(const struct span_audit *a, struct finder *f)
{
	*f = (struct finder){.a = a};
	for (size_t i = 0; i < a->result->n_rpc; i++) {
		const struct rpc_row *row = &a->result->rpc[i];

		if (row->has_state && row->client.has_address && row->server.has_address &&
		    !vec_push(&f->rows, row))
			return false;
	}
	for (size_t i = 0; a->n_grants && i < a->n_convs; i++)
		if (!vec_push(&f->by_server, &a->convs[i]))
			return false;
	for (size_t i = 0; i < a->n_grants; i++)
		if (!vec_push(&f->by_packet, &a->grants[i]) ||
		    !vec_push(&f->by_client, &a->grants[i]))
			return false;
	SORT(&f->rows, by_row);
	SORT(&f->by_server, by_server);
	SORT(&f->by_packet, by_packet);
	SORT(&f->by_client, by_client);
	return true;
}

static void finder_done(struct finder *f)
{
	vec_done(&f->rows);
	vec_done(&f->by_server);
	vec_done(&f->by_packet);
	vec_done(&f->by_client);
}

static int row_before(const void *key, const void *row)
{
	const struct conv *c = key;

	return -row_order(*(const struct rpc_row *const *)row, &c->client, &c->server, c->proto,
			  c->port);
}

static const struct rpc_row *row_of(const struct finder *f, const struct conv *c)
{
	size_t lo = search_first(c, f->rows.v, f->rows.n, sizeof *f->rows.v, row_before);
	const struct rpc_row *any = NULL;

	/* With VLANs apart there are several: theirs is the one of this state. */
	for (;
	     lo < f->rows.n && !row_order(f->rows.v[lo], &c->client, &c->server, c->proto, c->port);
	     lo++) {
		if (f->rows.v[lo]->state == c->state)
			return f->rows.v[lo];
		any = f->rows.v[lo];
	}
	return any;
}

static int use_order(const void *key, const void *row)
{
	const struct key *k = key;
	const struct conv *c = *(const struct conv *const *)row;

	return place(k->server, k->proto, k->port, &c->server, c->proto, c->port);
}

static bool somebody_used(const struct finder *f, const struct addr *server, uint8_t proto,
			  uint16_t port)
{
	const struct key k = {.server = server, .proto = proto, .port = port};

	return f->by_server.n &&
	       bsearch(&k, f->by_server.v, f->by_server.n, sizeof *f->by_server.v, use_order);
}

static bool same_packet(const struct evidence *x, const struct evidence *y)
{
	return x->input == y->input && x->number == y->number;
}

static int packet_order(const void *key, const void *row)
{
	const struct evidence *k = key, *at = &(*(const struct grant *const *)row)->first;

	if (k->input != at->input)
		return k->input < at->input ? -1 : 1;
	return (k->number > at->number) - (k->number < at->number);
}

/* Where the grants of that packet begin. */
static size_t of_packet(const struct finder *f, const struct evidence *ev)
{
	return search_first(ev, f->by_packet.v, f->by_packet.n, sizeof *f->by_packet.v,
			    packet_order);
}

/* Who was told in that packet. */
static const struct addr *told_in(const struct finder *f, const struct evidence *ev)
{
	size_t i = of_packet(f, ev);

	return i < f->by_packet.n && same_packet(&f->by_packet.v[i]->first, ev)
		       ? &f->by_packet.v[i]->client
		       : NULL;
}

/* --- conversations ---------------------------------------------------------------------------- */

static struct endpoint end_of(const struct span_audit *a, const struct addr *at)
{
	const struct host *h = inventory_find(a->site->inventory, at);

	return (struct endpoint){
		.has_address = true,
		.address = *at,
		.host = h && !h->is_network ? h->name : NULL,
		.roles = h ? h->roles : 0,
	};
}

/* Where a bind is nothing to explain. */
static bool well_known(uint16_t port)
{
	return port == EPM_PORT || port == NBSS_PORT || port == SMB_PORT || port == HTTP_EPM_PORT;
}

static struct evidence first_packet(const struct conv *c)
{
	const struct conv_fail *f = conv_fail(c);
	const struct evidence *best = NULL;

	if (c->n_ok_ev)
		best = &c->ok_ev[0];
	if (f->n_ev && (!best || evidence_before(&f->ev[0], best)))
		best = &f->ev[0];
	if (conv_more(c)->has_bind && !best)
		best = &conv_more(c)->bind_ev;
	return best ? *best : (struct evidence){0};
}

static int told_order(const void *key, const void *row)
{
	const struct key *k = key;

	return -client_order(*(const struct grant *const *)row, k->server, (uint8_t)k->proto,
			     k->port, k->client);
}

/* Where the grants of this client begin, the earliest first. */
static size_t told_at(const struct finder *f, const struct addr *server, uint8_t proto,
		      uint16_t port, const struct addr *client)
{
	const struct key k = {.server = server, .client = client, .proto = proto, .port = port};

	return search_first(&k, f->by_client.v, f->by_client.n, sizeof *f->by_client.v, told_order);
}

/* The best grant that the server itself gave: what this client was told before, else what anybody
 * was told first. */
static const struct grant *grant_for(const struct finder *f, const struct conv *c,
				     const char **ret_tie)
{
	bool tcp = c->proto == IPPROTO_NR_TCP;
	const struct grant *any =
		grant_at(f->a, &c->server, tcp ? GRANTED_TCP : GRANTED_UDP, c->port);
	const struct grant *http = tcp ? grant_at(f->a, &c->server, GRANTED_HTTP, c->port) : NULL;
	size_t own = told_at(f, &c->server, c->proto, c->port, &c->client);

	if (http && (!any || evidence_before(&http->first, &any->first)))
		any = http;
	if (!any)
		return NULL;
	if (own < f->by_client.n &&
	    !client_order(f->by_client.v[own], &c->server, c->proto, c->port, &c->client) &&
	    f->by_client.v[own]->first.ts_ns <= c->first_ns) {
		*ret_tie = "same-client";
		return f->by_client.v[own];
	}
	*ret_tie = any->first.ts_ns <= c->first_ns ? "other-client" : "later";
	return any;
}

static void iface_once(struct rpc_row *row, const struct granted *g)
{
	if (!g->has_iface || row->n_iface == CONV_IFACES)
		return;
	for (unsigned i = 0; i < row->n_iface; i++)
		if (!memcmp(row->iface[i].uuid, g->uuid, sizeof g->uuid))
			return;

	struct rpc_iface *one = &row->iface[row->n_iface++];

	memcpy(one->uuid, g->uuid, sizeof one->uuid);
	one->major = g->major;
	one->minor = g->minor;
}

/* What grants and bind say of a conversation on which the judge has no row. */
static void by_itself(const struct finder *f, const struct conv *c, const struct grant *g,
		      const char *tie, struct rpc_row *row)
{
	const struct conv_more *m = conv_more(c);
	row->n_iface = m->n_iface;
	for (unsigned i = 0; i < m->n_iface; i++)
		row->iface[i] = m->iface[i];
	if (g) {
		uint8_t proto = rpc_grant_proto(&g->g);
		size_t i = told_at(f, &g->server, proto, g->g.port, &g->client);

		row->how = grant_how_name(g->g.how);
		row->granted_by = g->first;
		row->tie = g->assumed ? "assumed" : tie;
		/* Every conversation of whomever may be explained by them: no more than this. */
		for (size_t end = i + TOLD_MAX;
		     !m->n_iface && row->n_iface < CONV_IFACES && i < end && i < f->by_client.n &&
		     !client_order(f->by_client.v[i], &g->server, proto, g->g.port, &g->client);
		     i++)
			iface_once(row, &f->by_client.v[i]->g);
	} else if (m->n_iface) {
		row->how = "bind";
		row->granted_by = m->has_bind ? m->bind_ev : first_packet(c);
	}
}

static bool line_make(const struct finder *f, const struct conv *c, enum kind verdict,
		      struct rpc_line *ret)
{
	const struct rpc_row *known = row_of(f, c);

	if (known) {
		*ret = (struct rpc_line){.row = *known};
	} else {
		bool rpc = verdict == KIND_DOCUMENTED_DYNAMIC || verdict == KIND_RPC_UNEXPLAINED ||
			   verdict == KIND_RPC_OUT_OF_RANGE;
		const char *tie = NULL;
		const struct grant *g = c->port == EPM_PORT ? NULL : grant_for(f, c, &tie);

		if (!g && !rpc && (!conv_more(c)->n_iface || well_known(c->port)))
			return false;
		*ret = (struct rpc_line){.row = {.proto = c->proto,
						 .port = c->port,
						 .has_state = true,
						 .state = c->state,
						 .has_verdict = true,
						 .verdict = verdict,
						 .used_by = first_packet(c)}};
		by_itself(f, c, g, tie, &ret->row);
		if (g && (g->g.how == GRANT_SQL_BROWSER || g->g.how == GRANT_SQL_DAC))
			ret->sql = g;
	}
	ret->row.client = end_of(f->a, &c->client);
	ret->row.server = end_of(f->a, &c->server);
	if (ret->row.how && strcmp(ret->row.how, "bind") != 0) {
		const struct addr *told = told_in(f, &ret->row.granted_by);

		if (told && !addr_equal(told, &c->client))
			ret->told = told;
	}
	return true;
}

bool rpc_filter(const struct span_audit *a, const struct filter *want, const struct conv *c,
		enum kind verdict)
{
	const struct inventory *inv = a->site->inventory;
	struct filter_row row = {
		.conv = c,
		.client = inventory_find(inv, &c->client),
		.server = inventory_find(inv, &c->server),
		.verdict = verdict,
	};

	row.client_roles = engine_roles(a, &c->client, &row.client);
	row.server_roles = engine_roles(a, &c->server, &row.server);
	return filter_pass(want, &row);
}

static bool lines_make(const struct finder *f, const struct filter *want, struct rpc_view *v)
{
	for (size_t i = 0; i < v->a->n_convs; i++) {
		const struct conv *c = &v->a->convs[i];
		enum kind verdict = (enum kind)v->a->result->verdict_of[i];
		struct rpc_line line;

		if (!line_make(f, c, verdict, &line))
			continue;
		v->all = true;
		if (!rpc_filter(v->a, want, c, verdict))
			continue;
		if (!vec_push(&v->lines, line))
			return false;
		if (!line.row.how)
			v->unexplained++;
		else if (strcmp(line.row.how, "bind") == 0)
			v->bound++;
		else
			v->mapped++;
		v->blocked += line.row.how && strcmp(line.row.how, "bind") != 0 &&
			      line.row.state >= STATE_HALF_OPEN;
	}
	return true;
}

/* --- grants that nobody used ------------------------------------------------------------------ */

static bool is_unused(const struct finder *f, const struct grant *g, uint8_t proto)
{
	const struct host *h = inventory_find(f->a->site->inventory, &g->server);

	if (somebody_used(f, &g->server, proto, g->g.port) ||
	    (g->g.has_alias && somebody_used(f, &g->g.alias, proto, g->g.port)))
		return false;
	for (size_t i = 0; h && !h->is_network && i < h->n_addr; i++)
		if (somebody_used(f, &h->addr[i], proto, g->g.port))
			return false;
	return true;
}

/* A service that listens on several ports is told with all of them; one of them is enough. */
static bool is_spare(const struct finder *f, const struct grant *g)
{
	size_t i = of_packet(f, &g->first);

	for (unsigned n = 0; n < SIBLINGS_MAX && i < f->by_packet.n; n++, i++) {
		const struct grant *h = f->by_packet.v[i];

		if (!same_packet(&h->first, &g->first))
			return false;
		if (h->g.how != GRANT_EPM_LOOKUP && h->g.has_iface == g->g.has_iface &&
		    !memcmp(h->g.uuid, g->g.uuid, sizeof h->g.uuid) && rpc_grant_proto(&h->g) &&
		    somebody_used(f, &h->server, rpc_grant_proto(&h->g), h->g.port))
			return true;
	}
	return false;
}

struct conv rpc_grant_conv(const struct grant *g)
{
	return (struct conv){
		.client = g->client,
		.server = g->server,
		.port = g->g.port,
		.proto = rpc_grant_proto(&g->g),
		.state = STATE_N,
		.first_ns = g->first.ts_ns,
		.last_ns = g->last_ns,
	};
}

static bool grant_passes(const struct span_audit *a, const struct filter *want,
			 const struct grant *g)
{
	const struct conv c = rpc_grant_conv(g);

	return rpc_filter(a, want, &c, KIND_N);
}

/* By server, then port: TCP and HTTP are one transport, and stand apart among the grants. */
static int by_place(const void *a, const void *b)
{
	const struct rpc_vain *x = a, *y = b;
	int d = place(&x->first->server, x->proto, x->first->g.port, &y->first->server, y->proto,
		      y->first->g.port);

	return d ? d : (x->from > y->from) - (x->from < y->from);
}

static bool unused_make(const struct finder *f, const struct filter *want, struct rpc_view *v)
{
	const struct span_audit *a = v->a;

	for (size_t i = 0, k; i < a->n_grants; i = k) {
		const struct grant *g = &a->grants[i];
		struct rpc_vain u = {.first = g, .from = i, .proto = rpc_grant_proto(&g->g)};
		bool unused = u.proto && g->g.port != EPM_PORT, pass = false;

		u.spare = true;

		for (k = i; k < a->n_grants &&
			    !place(&a->grants[k].server, (int)a->grants[k].g.proto,
				   a->grants[k].g.port, &g->server, (int)g->g.proto, g->g.port);
		     k++) {
			unused = unused && is_unused(f, &a->grants[k], u.proto);
			u.spare = unused && u.spare && is_spare(f, &a->grants[k]);
			pass = pass || (unused && grant_passes(a, want, &a->grants[k]));
		}
		u.to = k;
		if (!unused || !pass)
			continue;
		if (!vec_push(&v->unused, u))
			return false;
	}
	SORT(&v->unused, by_place);
	return true;
}

bool rpc_view_unused(const struct rpc_view *v, size_t grant)
{
	const struct grant *g = &v->a->grants[grant];
	const struct rpc_vain key = {.first = g, .from = grant, .proto = rpc_grant_proto(&g->g)};
	size_t lo = 0, hi = v->unused.n;

	/* The group begins at or before the grant. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (by_place(&v->unused.v[mid], &key) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && grant >= v->unused.v[lo - 1].from && grant < v->unused.v[lo - 1].to;
}

int rpc_view_make(const struct span_audit *a, const struct filter *want, struct rpc_view *ret)
{
	struct finder f;
	bool ok;

	*ret = (struct rpc_view){.a = a};
	ok = finder_make(a, &f) && lines_make(&f, want, ret) && unused_make(&f, want, ret);
	finder_done(&f);
	if (ok)
		return 0;
	rpc_view_done(ret);
	return -ENOMEM;
}

void rpc_view_done(struct rpc_view *v)
{
	vec_done(&v->lines);
	vec_done(&v->unused);
}
