// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of dynamic RPC: a row for each conversation on a granted or presumed dynamic port, and
 * for each grant of the deployment that nobody used. Clients of one network that nobody declared
 * one by one are folded as conversations are; what one client was told of one service of a server
 * and nobody used is one row, so that listing a server makes one row and not hundreds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "findings/fold.h"
#include "findings/work.h"

struct draft {
	struct rpc_row row;
	struct prefix net; /* that the client may be folded into; bits 0: none */
	bool listed;       /* an unused grant of a listing */
};

typedef VEC(struct draft) draft_list;

/* ------------------------------------------------------------------ reasons */

static const char *who(struct work *w, const struct addr *a)
{
	const struct host *h = inventory_find(w->site->inventory, a);
	char text[ADDR_TEXT];

	if (h && !h->is_network && h->known_by == KNOWN_SITE)
		return h->name;
	return arena_strdup(w->a, addr_format(a, text));
}

static const char *address(struct work *w, const struct addr *a)
{
	char text[ADDR_TEXT];

	return arena_strdup(w->a, addr_format(a, text));
}

static const char *tie_sentence(struct work *w, const struct grant_hit *h)
{
	const struct grant *g = h->g;

	switch (h->tie) {
	case RPC_TIE_SAME_CLIENT:
		return "This client was told of the port before it came.";
	case RPC_TIE_OTHER_CLIENT:
		return arena_printf(
			w->a,
			h->own ? "Another client, %s, was told of the port before; this "
				 "one was too, later."
			       : "Another client, %s, was told of the port; how this "
				 "one knew was not seen.",
			who(w, &g->client));
	case RPC_TIE_LATER:
		return arena_printf(w->a,
				    "The port was told to %s only after its use began: the server "
				    "hands it out, but how this client knew was not seen.",
				    who(w, &g->client));
	case RPC_TIE_OTHER_ADDRESS:
		return arena_printf(w->a,
				    "The answer came from %s, which is the same host by the site "
				    "file.",
				    address(w, &g->server));
	case RPC_TIE_ALIAS:
		return arena_printf(w->a, "The answer came from %s and names this address.",
				    address(w, &g->server));
	case RPC_TIE_EXPIRED:
		return arena_printf(w->a,
				    "The last answer about this port, to %s, is more than 24 hours "
				    "older than its use.",
				    who(w, &g->client));
	case RPC_TIE_ASSUMED:
		return arena_printf(w->a,
				    "The answer to %s is known by its form alone: the bind before "
				    "it was not captured.",
				    who(w, &g->client));
	case RPC_TIE_N:
		break;
	}
	return NULL;
}

/* What is out of scope was not asked how its port came to be known. */
static enum ruling_case why_no_grant(const struct work *w, const struct item *it)
{
	const struct conv *c = item_shown(w, it);

	if (it->r.verdict == KIND_OUT_OF_SCOPE && it->r.why == CASE_PLAIN &&
	    c->state <= STATE_MID_STREAM &&
	    (c->state == STATE_MID_STREAM || !c->started ||
	     (w->r->from_ns != TIME_NONE && c->first_ns - w->r->from_ns < PREDATE_NS)))
		return CASE_PREDATES;
	return it->r.why;
}

static const char *no_grant_sentence(enum ruling_case why)
{
	switch (why) {
	case CASE_SEALED:
		return "The client had just asked the endpoint mapper; the answer is encrypted.";
	case CASE_LOST:
		return "The client had just asked the endpoint mapper; not all of its answers "
		       "could be read.";
	case CASE_NOT_GRANTED:
		return "The client had just asked the endpoint mapper; none of its answers names "
		       "this port.";
	case CASE_PREDATES:
		return "The grant may predate the capture.";
	case CASE_CALLBACK:
		return "Call-back: the pair spoke DCOM or MSDTC the other way round.";
	default:
		return "Neither a grant nor a bind was seen.";
	}
}

static const char *no_grant_word(enum ruling_case why)
{
	switch (why) {
	case CASE_SEALED:
		return "sealed";
	case CASE_LOST:
		return "lost";
	case CASE_NOT_GRANTED:
		return "not-granted";
	case CASE_PREDATES:
		return "before-capture";
	case CASE_CALLBACK:
		return "call-back";
	default:
		return "nothing-seen";
	}
}

/* ------------------------------------------------------------------ conversations */

static void first_of(struct evidence *e, const struct evidence *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].number && (!e->number || evidence_before(&v[i], e)))
			*e = v[i];
}

static struct evidence first_packet(const struct conv *c)
{
	struct evidence e = {.number = 0};
	struct conv_app room;

	first_of(&e, c->ok_ev, c->n_ok_ev);
	first_of(&e, conv_fail(c)->ev, conv_fail(c)->n_ev);
	for (unsigned i = 0; i < c->n_app; i++) {
		const struct conv_app *a = conv_app(c, i, &room);

		first_of(&e, a->ev, a->n_ev);
	}
	return e;
}

static bool row_of_item(struct work *w, const struct item *it, draft_list *v)
{
	const struct conv *c = item_shown(w, it);
	const struct party *cl = &w->party[it->client];
	struct draft d = {.row = {
				  .client = party_end(cl),
				  .server = party_end(&w->party[it->server]),
				  .proto = c->proto,
				  .port = c->port,
				  .has_state = true,
				  .state = c->state,
				  .used_by = first_packet(c),
				  .has_verdict = true,
				  .verdict = it->r.verdict,
			  }};
	struct grant_hit hit;
	size_t n;
	const struct rpc_iface *f = rpc_ifaces(w, c, &hit, &n);

	memcpy(d.row.iface, f, n * sizeof *f);
	d.row.n_iface = (uint8_t)n;
	if (hit.g) {
		d.row.how = grant_how_name(hit.g->g.how);
		d.row.granted_by = hit.g->first;
		d.row.tie = rpc_tie_name(hit.tie);
		d.row.why = tie_sentence(w, &hit);
	} else if (conv_more(c)->n_iface) {
		d.row.how = "bind";
		d.row.granted_by = conv_more(c)->has_bind ? conv_more(c)->bind_ev : d.row.used_by;
		d.row.why = "No answer that hands the port out was seen; the bind names the "
			    "interface.";
	} else {
		d.row.why = no_grant_sentence(why_no_grant(w, it));
		d.row.reason = no_grant_word(why_no_grant(w, it));
	}
	if (!cl->host || cl->host->is_network)
		d.net = cl->host && cl->host->net ? *cl->host->net : prefix_of(&cl->addr, 24, 64);
	return vec_push(v, d);
}

/* ------------------------------------------------------------------ unused grants */

/* What one client was told of one service of a server. */
static int service_order(const struct grant *x, const struct grant *y)
{
	bool lx = x->g.how == GRANT_EPM_LOOKUP, ly = y->g.how == GRANT_EPM_LOOKUP;
	int d = memcmp(&x->client, &y->client, sizeof x->client);

	if (!d)
		d = memcmp(&x->server, &y->server, sizeof x->server);
	if (!d)
		d = (int)lx - (int)ly;
	if (d || lx)
		return d;
	d = (int)x->g.has_iface - (int)y->g.has_iface;
	return d || !x->g.has_iface ? d : memcmp(x->g.uuid, y->g.uuid, sizeof x->g.uuid);
}

static int told_order(const void *a, const void *b)
{
	const struct grant *x = *(const struct grant *const *)a;
	const struct grant *y = *(const struct grant *const *)b;
	int d = service_order(x, y);

	if (d)
		return d;
	if (evidence_before(&x->first, &y->first))
		return -1;
	if (evidence_before(&y->first, &x->first))
		return 1;
	return (x > y) - (x < y); /* both are in one array, which is sorted */
}

static struct endpoint end_at(struct work *w, const struct addr *a)
{
	const struct party *p = party_of(w, a);
	const struct host *h;

	if (p)
		return party_end(p);
	h = inventory_find(w->site->inventory, a);
	return (struct endpoint){.has_address = true,
				 .address = *a,
				 .host = h && !h->is_network && h->known_by == KNOWN_SITE ? h->name
											  : NULL,
				 .roles = h ? h->roles : 0};
}

static bool deployed(const struct work *w, const struct addr *a)
{
	const struct host *h = inventory_find(w->site->inventory, a);

	return h && scope_core(h->roles) && !roles_has(h->roles, ROLE_IGNORE);
}

static bool has_iface(const struct rpc_row *row, const uint8_t uuid[16])
{
	for (unsigned i = 0; i < row->n_iface; i++)
		if (!memcmp(row->iface[i].uuid, uuid, 16))
			return true;
	return false;
}

static void unused_iface(struct rpc_row *row, const struct granted *g)
{
	if (!g->has_iface || row->n_iface == CONV_IFACES || has_iface(row, g->uuid))
		return;
	memcpy(row->iface[row->n_iface].uuid, g->uuid, sizeof g->uuid);
	row->iface[row->n_iface].major = g->major;
	row->iface[row->n_iface].minor = g->minor;
	row->n_iface++;
}

/* One service: `n` grants, of which one at least is used (then nothing is told, unless it was a
 * listing) or none. */
static bool row_of_service(struct work *w, const struct grant *const *g, size_t n, draft_list *v)
{
	bool listed = g[0]->g.how == GRANT_EPM_LOOKUP;
	const struct grant *first = NULL;
	struct draft d = {.listed = listed};
	const struct host *h;

	for (size_t i = 0; i < n; i++) {
		if (!grant_unused(w->grants, g[i])) {
			if (!listed)
				return true;
			continue;
		}
		first = first ? first : g[i];
		unused_iface(&d.row, &g[i]->g);
		d.row.more += g[i]->g.port != first->g.port ||
			      grant_transport(&g[i]->g) != grant_transport(&first->g);
	}
	if (!first)
		return true;
	d.row.client = end_at(w, &first->client);
	d.row.server = end_at(w, &first->server);
	d.row.proto = grant_transport(&first->g);
	d.row.port = first->g.port;
	d.row.how = grant_how_name(first->g.how);
	d.row.granted_by = first->first;
	d.row.tie = rpc_tie_name(first->assumed ? RPC_TIE_ASSUMED : RPC_TIE_SAME_CLIENT);
	if (!d.row.more)
		d.row.why = "Nobody used it.";
	else
		d.row.why = arena_printf(
			w->a, "Nobody used it, nor %s that the same client was told of%s.",
			text_counted(w->a, d.row.more, "more port", "more ports"),
			listed ? " in a list of all services" : " for it");
	h = inventory_find(w->site->inventory, &first->client);
	if (!h || h->is_network)
		d.net = h && h->net ? *h->net : prefix_of(&first->client, 24, 64);
	return vec_push(v, d);
}

static bool unused_rows(struct work *w, draft_list *v)
{
	VEC(const struct grant *) told = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < w->in->n_grants; i++) {
		const struct grant *g = &w->in->grants[i];

		if (grant_of_rpc(g) && (deployed(w, &g->client) || deployed(w, &g->server)))
			ok = vec_push(&told, g);
	}
	if (ok && told.n)
		qsort(told.v, told.n, sizeof *told.v, told_order);
	for (size_t i = 0, k; ok && i < told.n; i = k) {
		for (k = i + 1; k < told.n && !service_order(told.v[i], told.v[k]); k++)
			;
		ok = row_of_service(w, &told.v[i], k - i, v);
	}
	vec_done(&told);
	return ok;
}

/* ------------------------------------------------------------------ folding */

/* Everything but the client's address. */
static int kin_order(const struct draft *a, const struct draft *b)
{
	const struct rpc_row *x = &a->row, *y = &b->row;
	int d = memcmp(a->net.addr.b, b->net.addr.b, sizeof a->net.addr.b);

	if (!d)
		d = (int)a->net.bits - (int)b->net.bits;
	if (!d)
		d = addr_compare(&x->server.address, &y->server.address);
	if (!d)
		d = (int)x->proto - (int)y->proto;
	if (!d)
		d = (int)x->port - (int)y->port;
	if (!d)
		d = (int)x->has_state - (int)y->has_state;
	if (!d)
		d = (int)x->state - (int)y->state;
	if (!d)
		d = (int)x->verdict - (int)y->verdict;
	if (!d)
		d = (int)a->listed - (int)b->listed;
	if (!d && !x->has_state && !a->listed)
		d = memcmp(x->iface[0].uuid, y->iface[0].uuid, sizeof x->iface[0].uuid);
	return d;
}

static int draft_order(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;
	int d = kin_order(x, y);

	return d ? d : addr_compare(&x->row.client.address, &y->row.client.address);
}

static bool fold_rows(struct work *w, draft_list *v)
{
	char text[ADDR_TEXT];
	size_t to = 0;

	if (v->n)
		qsort(v->v, v->n, sizeof *v->v, draft_order);
	for (size_t i = 0, k; i < v->n; i = k) {
		for (k = i + 1; k < v->n && !kin_order(&v->v[i], &v->v[k]); k++)
			;
		if (!v->v[i].net.bits || k - i <= FOLD_CLIENTS) {
			memmove(&v->v[to], &v->v[i], (k - i) * sizeof *v->v);
			to += k - i;
			continue;
		}

		struct draft d = v->v[i];

		d.row.folded = k - i;
		d.row.client = endpoint_roles(d.row.client.roles);
		d.row.client.network = arena_strdup(w->a, prefix_format(&d.net, text));
		if (!d.row.client.network)
			return false;
		v->v[to++] = d;
	}
	v->n = to;
	return true;
}

static int by_fact(const void *a, const void *b)
{
	const struct draft *p = a, *q = b;
	const struct rpc_row *x = &p->row, *y = &q->row;
	int d = (int)x->client.has_address - (int)y->client.has_address;

	if (!d)
		d = x->client.has_address ? addr_compare(&x->client.address, &y->client.address)
					  : strcmp(x->client.network, y->client.network);
	if (!d)
		d = addr_compare(&x->server.address, &y->server.address);
	if (!d)
		d = (int)x->port - (int)y->port;
	if (!d)
		d = (int)x->proto - (int)y->proto;
	return d ? d : draft_order(a, b);
}

bool rpc_rows_make(struct work *w)
{
	draft_list v = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < w->n; i++) {
		const struct item *it = &w->item[i];

		/* What a scanner tried is one finding; it used nothing. */
		if (it->scan && it->state >= STATE_HALF_OPEN)
			continue;
		if (w->in->n_grants)
			grant_use(w->grants, item_shown(w, it));
		if (it->dynamic)
			ok = row_of_item(w, it, &v);
	}
	ok = ok && unused_rows(w, &v) && fold_rows(w, &v);
	if (ok && v.n) {
		qsort(v.v, v.n, sizeof *v.v, by_fact);
		w->r->rpc = arena_alloc(w->a, v.n * sizeof *w->r->rpc);
		ok = w->r->rpc;
	}
	for (size_t i = 0; ok && i < v.n; i++)
		w->r->rpc[i] = v.v[i].row;
	w->r->n_rpc = ok ? v.n : 0;
	vec_done(&v);
	return ok;
}
