// SPDX-License-Identifier: BSD-2-Clause
/*
 * Dynamic RPC as far as a bind tells: the interface UUID at the begin of a connection is in clear
 * even when the calls are sealed (C706 12.6.4.3, MS-RPCE 2.2.2.1). A high port without bind and
 * without grant stays unexplained, with the mitigating circumstances named.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/proto.h"
#include "findings/work.h"
#include "recognise/rpc_iface.h"

enum { EPM_PORT = 135, DEFAULT_LOW = 49152 };

#define BIT(r)    ROLE_BIT(ROLE_##r)
#define OPERATORS (BIT(ADMIN) | BIT(MONITOR) | BIT(BACKUP))
#define CRM_SERVERS                                                                        \
	(BIT(CRM_FULL) | BIT(CRM_WEB) | BIT(CRM_ORGWS) | BIT(CRM_ASYNC) | BIT(CRM_EMAIL) | \
	 BIT(CRM_SANDBOX) | BIT(CRM_DEPLOY))
#define SPEAKERS \
	(CRM_SERVERS | BIT(CRM_ROUTER) | BIT(DC) | BIT(GC) | BIT(SQL) | BIT(SSRS) | BIT(EXCHANGE))
#define ANYONE (~(roleset)0)

/* Which interface a client may use at a server when the rule names none. */
struct policy {
	roleset server, client;
	const char *name; /* a trailing '*' is any rest */
};

static const struct policy policies[] = {
	{BIT(DC), ANYONE, "drsuapi"},
	{BIT(DC), ANYONE, "netlogon"},
	{BIT(DC), ANYONE, "samr"},
	{BIT(DC), ANYONE, "lsarpc"},
	{BIT(DC), ANYONE, "dssetup"},
	{BIT(DC), ANYONE, "gkdi"},
	{BIT(DC), ANYONE, "w32time"},
	{BIT(DC), ANYONE, "nspi"},
	{BIT(DC), ANYONE, "dnsserver"},
	{BIT(DC), BIT(DC), "frsrpc"},
	{BIT(DC), BIT(DC), "frsapi"},
	{BIT(DC), BIT(DC), "frstransport"},
	{BIT(DC), BIT(DC), "dsaop"},
	{BIT(EXCHANGE), ANYONE, "nspi"},
	{BIT(EXCHANGE), ANYONE, "rfri"},
	{BIT(EXCHANGE), ANYONE, "emsmdb"},
	{BIT(EXCHANGE), ANYONE, "asyncemsmdb"},
	{BIT(SQL) | BIT(SSRS), CRM_SERVERS | BIT(SQL) | BIT(SSRS), "ixnremote"},
	{BIT(SQL) | BIT(SSRS), CRM_SERVERS | OPERATORS, "winreg"},
	{BIT(SQL) | BIT(SSRS), CRM_SERVERS | OPERATORS, "svcctl"},
	{BIT(SQL) | BIT(SSRS), CRM_SERVERS | OPERATORS, "eventlog"},
	{BIT(SQL) | BIT(SSRS), OPERATORS, "ieventservice"},
	{BIT(SQL) | BIT(SSRS), OPERATORS, "iwbem*"},
	{BIT(SQL) | BIT(SSRS), OPERATORS, "ienumwbem*"},
	{BIT(SQL), BIT(SQL), "clusapi"},
	{CRM_SERVERS, BIT(SQL) | BIT(SSRS), "ixnremote"},
	{CRM_SERVERS, OPERATORS, "svcctl"},
	{CRM_SERVERS, OPERATORS, "eventlog"},
	{CRM_SERVERS, OPERATORS, "ieventservice"},
	{CRM_SERVERS, OPERATORS, "iwbem*"},
	{CRM_SERVERS, OPERATORS, "ienumwbem*"},
};

/* Plumbing that answers on every endpoint and says nothing about the service behind it. */
static const char *const plumbing[] = {"epmapper",    "mgmt",         "iobjectexporter",
				       "iremunknown", "iremunknown2", "iunknown"};

static bool name_is(const char *name, const char *pattern)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return !strncasecmp(name, pattern, n - 1);
	return !strcasecmp(name, pattern);
}

static bool is_plumbing(const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(plumbing); i++)
		if (name_is(name, plumbing[i]))
			return true;
	return false;
}

static bool is_dcerpc(uint16_t app)
{
	return !strncmp(app_name(app), "dcerpc", 6);
}

static const char *iface_name(const struct rpc_iface *f)
{
	const struct rpc_iface_row *row = rpc_iface_find(f->uuid);

	return row ? row->name : "";
}

const char *rpc_iface_label(struct arena *a, const struct rpc_iface *f)
{
	const char *name = iface_name(f);
	const uint8_t *u = f->uuid;

	if (*name)
		return name;
	return arena_printf(a,
			    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			    u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10],
			    u[11], u[12], u[13], u[14], u[15]);
}

static bool default_allows(const struct ask *q, const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(policies); i++) {
		const struct policy *p = &policies[i];

		if (q->server.roles & p->server &&
		    (p->client == ANYONE || q->client.roles & p->client) && name_is(name, p->name))
			return true;
	}
	/* The installation reads the server through WMI before it begins. */
	return q->in_setup && q->client.roles & CRM_SERVERS &&
	       (name_is(name, "iwbem*") || name_is(name, "ienumwbem*"));
}

static bool rule_lists(const struct rule *r, const char *name)
{
	for (size_t i = 0; i < r->n_interfaces; i++)
		if (name_is(name, r->interfaces[i]))
			return true;
	return false;
}

/* The first interface that these two may not use; n_iface when they may use all. */
static size_t first_refused(const struct ask *q, const struct rule *r)
{
	for (size_t i = 0; i < q->n_iface; i++) {
		const char *name = iface_name(&q->iface[i]);

		if (is_plumbing(name))
			continue;
		if (r && r->n_interfaces ? rule_lists(r, name) : default_allows(q, name))
			continue;
		return i;
	}
	return q->n_iface;
}

bool rpc_candidate(const struct matrix *m, const struct ask *q)
{
	if (q->proto != IPPROTO_NR_TCP || q->port == EPM_PORT ||
	    !matrix_rpc_range(m, q->server.host, q->port))
		return false;
	if (q->app && q->sure && !is_dcerpc(q->app))
		return false;
	return q->server.roles & SPEAKERS || q->dialled_mapper || q->called_back || q->n_iface;
}

static void by_bind(struct matrix *m, const struct ask *q, struct ruling *ret)
{
	const struct rule *const *rules;
	const struct rule *first = NULL;
	size_t n, best_refused = 0;

	n = matrix_allowing(m, &q->client, &q->server, q->proto, q->port, &rules);
	for (size_t i = 0; i < n; i++) {
		if (!rules[i]->rpc)
			continue;
		size_t refused = first_refused(q, rules[i]);

		if (!first) {
			first = rules[i];
			best_refused = refused;
		}
		if (refused < q->n_iface)
			continue;
		ret->verdict = KIND_DOCUMENTED_DYNAMIC;
		ret->rule = rules[i];
		return;
	}
	if (!first)
		best_refused = first_refused(q, NULL);
	if (!first && best_refused == q->n_iface) {
		ret->verdict = KIND_DOCUMENTED_DYNAMIC;
		return;
	}
	ret->verdict = KIND_UNEXPECTED_PROTOCOL;
	ret->why = CASE_INTERFACE;
	ret->rule = first;
	ret->iface = (int8_t)best_refused;
}

static bool allowed_rpc(struct matrix *m, const struct ask *q, const struct rule **ret)
{
	const struct rule *const *rules;
	size_t n = matrix_allowing(m, &q->client, &q->server, q->proto, q->port, &rules);

	for (size_t i = 0; i < n; i++)
		if (rules[i]->rpc) {
			*ret = rules[i];
			return true;
		}
	return false;
}

static bool is_server(roleset s)
{
	const roleset outer = BIT(CRM_CLIENT) | OPERATORS | BIT(SCANNER) | BIT(IGNORE);

	return s & ~outer;
}

/* DCOM and MSDTC dial back; C706 knows no such thing, MS-DCOM 3.2.4.1 does. */
static bool by_callback(const struct ask *q, struct ruling *ret)
{
	if (!q->called_back || (q->app && q->sure && !is_dcerpc(q->app)))
		return false;
	ret->why = CASE_CALLBACK;
	ret->verdict = is_server(q->client.roles) && is_server(q->server.roles)
			       ? KIND_DOCUMENTED_DYNAMIC
			       : KIND_RPC_UNEXPLAINED;
	return true;
}

bool rpc_decide(const struct site *site, struct matrix *m, const struct ask *q, struct ruling *ret)
{
	const struct rule *rule = NULL;
	bool in_range, bind;

	if (q->proto != IPPROTO_NR_TCP)
		return false;
	if (q->port == EPM_PORT)
		return by_callback(q, ret);
	in_range = matrix_rpc_range(m, q->server.host, q->port);
	bind = is_dcerpc(q->app) && q->n_iface;
	if (bind && (in_range || allowed_rpc(m, q, &rule))) {
		by_bind(m, q, ret);
		return true;
	}
	if (bind && site->rpc_restricted && q->port >= DEFAULT_LOW) {
		ret->verdict = KIND_RPC_OUT_OF_RANGE;
		ret->rule = matrix_rpc(m, &q->client, &q->server);
		return true;
	}
	/* Somebody asks what the rules say of "dcerpc" as such: of an interface that they allow. */
	if (q->imagined && is_dcerpc(q->app) && allowed_rpc(m, q, &rule)) {
		ret->verdict = KIND_DOCUMENTED_DYNAMIC;
		ret->rule = rule;
		return true;
	}
	if (!rpc_candidate(m, q))
		return false;
	if (by_callback(q, ret))
		return true;
	ret->verdict = KIND_RPC_UNEXPLAINED;
	if (q->mapper_just_before)
		ret->why = CASE_SEALED;
	else if (q->mid_stream || q->early)
		ret->why = CASE_PREDATES;
	return true;
}

static int by_fact(const void *a, const void *b)
{
	const struct rpc_row *x = a, *y = b;
	int d = addr_compare(&x->client.address, &y->client.address);

	if (!d)
		d = addr_compare(&x->server.address, &y->server.address);
	return d ? d : (int)x->port - (int)y->port;
}

bool rpc_rows_make(struct work *w)
{
	size_t n = 0, k = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->item[i].dynamic;
	if (!n)
		return true;
	w->r->rpc = arena_alloc(w->a, n * sizeof *w->r->rpc);
	if (!w->r->rpc)
		return false;
	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];
		const struct conv *c = it->c;
		struct rpc_row *row;

		if (!it->dynamic)
			continue;
		row = &w->r->rpc[k++];
		*row = (struct rpc_row){
			.client = w->party[it->client].ep,
			.server = w->party[it->server].ep,
			.proto = c->proto,
			.port = c->port,
			.has_state = true,
			.state = c->state,
			.n_iface = c->n_iface,
			.how = c->n_iface ? "bind" : NULL,
			.has_verdict = true,
			.verdict = it->r.verdict,
		};
		memcpy(row->iface, c->iface, sizeof row->iface);
		if (c->n_iface && c->n_ok_ev)
			row->granted_by = c->ok_ev[0];
	}
	if (n)
		qsort(w->r->rpc, n, sizeof *w->r->rpc, by_fact);
	w->r->n_rpc = n;
	return true;
}
