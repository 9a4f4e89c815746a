// SPDX-License-Identifier: BSD-2-Clause
/*
 * Dynamic RPC. What explains a port is an answer of the server that hands it out (grant.h), and the
 * bind: the interface UUID at the begin of a connection is in clear even when the calls are sealed
 * (C706 12.6.4.3, MS-RPCE 2.2.2.1). Which interface it is, the bind says before the grant does. A
 * high port without either stays unexplained, with the mitigating circumstances named.
 */
#include <string.h>
#include <strings.h>

#include "base/proto.h"
#include "findings/work.h"
#include "recognise/rpc_iface.h"

/* Windows before Vista hands out 1025 to 5000 (KB929851). */
enum { EPM_PORT = 135, OLD_LOW = 1025, OLD_HIGH = 5000 };

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

/* What is held against the rules. */
struct offer {
	const struct rpc_iface *iface;
	size_t n;
	bool bound; /* all of them are used; else any of them may be */
};

static bool may_use(const struct ask *q, const struct rule *r, const struct rpc_iface *f)
{
	const char *name = iface_name(f);

	if (is_plumbing(name))
		return true;
	return r && r->n_interfaces ? rule_lists(r, name) : default_allows(q, name);
}

/* The first interface that these two may not use; o->n when there is none. Of what was granted and
 * not bound, one that they may use is enough: a port serves all that a process has. */
static size_t first_refused(const struct ask *q, const struct rule *r, const struct offer *o)
{
	size_t refused = o->n;

	for (size_t i = 0; i < o->n; i++) {
		bool fine = may_use(q, r, &o->iface[i]);

		if (fine && !o->bound)
			return o->n;
		if (!fine && refused == o->n)
			refused = i;
	}
	return refused;
}

bool rpc_is_dcom(const struct grant *g)
{
	return g->g.how == GRANT_OXID || g->g.how == GRANT_ACTIVATION;
}

/* Bytes that are surely something else are not RPC, whoever was told of the port. A documented
 * service keeps its port, unless RPC is what is spoken there (ncacn_http on 443 or 593). */
static bool granted_here(struct matrix *m, const struct ask *q)
{
	if (!q->hit || (q->app && q->sure && !is_dcerpc(q->app)))
		return false;
	return is_dcerpc(q->app) || !matrix_service_at(m, &q->server, q->proto, q->port);
}

bool rpc_candidate(struct matrix *m, const struct ask *q)
{
	if (q->proto == IPPROTO_NR_TCP && q->port == EPM_PORT)
		return false;
	if (granted_here(m, q))
		return true;
	if (q->proto != IPPROTO_NR_TCP || !matrix_rpc_range(m, q->server.host, q->port))
		return false;
	if (q->app && q->sure && !is_dcerpc(q->app))
		return false;
	return q->server.roles & SPEAKERS || q->dialled_mapper || q->called_back || q->n_iface;
}

/* The rule whose interfaces decide: one for this port, else, for a port outside every range that
 * was handed out all the same (fixed by hand, or of an old server), the one for these two. */
static const struct rule *rule_for(struct matrix *m, const struct ask *q, const struct offer *o,
				   size_t *ret_refused)
{
	const struct rule *const *rules;
	const struct rule *first = NULL, *tolerating = NULL;
	size_t n = matrix_allowing(m, &q->client, &q->server, q->proto, q->port, &rules);

	*ret_refused = o->n;
	for (size_t i = 0; i < n; i++) {
		size_t refused;

		if (!rules[i]->rpc)
			continue;
		refused = first_refused(q, rules[i], o);
		if (rules[i]->informational) {
			if (refused == o->n && !tolerating)
				tolerating = rules[i];
			continue;
		}
		if (!first) {
			first = rules[i];
			*ret_refused = refused;
		}
		if (refused == o->n) {
			*ret_refused = refused;
			return rules[i];
		}
	}
	if (!first) {
		if (q->proto == IPPROTO_NR_TCP)
			first = matrix_rpc(m, &q->client, &q->server);
		*ret_refused = first_refused(q, first, o);
	}
	if (*ret_refused != o->n && tolerating) {
		*ret_refused = o->n;
		return tolerating;
	}
	return first;
}

/* A pack that only tolerates documents nothing. */
enum kind rpc_documents(const struct rule *r)
{
	return r && r->informational ? KIND_TOLERATED : KIND_DOCUMENTED_DYNAMIC;
}

static void by_interface(struct matrix *m, const struct ask *q, const struct offer *o,
			 struct ruling *ret)
{
	size_t refused;

	ret->rule = rule_for(m, q, o, &refused);
	if (refused == o->n) {
		ret->verdict = rpc_documents(ret->rule);
		return;
	}
	ret->verdict = KIND_UNEXPECTED_PROTOCOL;
	ret->why = CASE_INTERFACE;
	ret->iface = (int8_t)refused;
}

/* An object's port is documented where the pair may ask for objects at all: by a rule for the
 * resolver's port, or because the default policy gives them an interface that lives on objects. */
static void by_object(struct matrix *m, const struct ask *q, struct ruling *ret)
{
	uint16_t asks =
		app_by_name(q->hit->g->g.how == GRANT_OXID ? "dcerpc-oxid" : "dcerpc-activation");
	const struct rule *tolerating = NULL;
	const struct rule *const *rules;
	size_t n = matrix_allowing(m, &q->client, &q->server, IPPROTO_NR_TCP, EPM_PORT, &rules);

	ret->verdict = KIND_DOCUMENTED_DYNAMIC;
	for (size_t i = 0; i < n; i++) {
		if (rules[i]->rpc || !rule_takes(rules[i], asks))
			continue;
		if (!rules[i]->informational) {
			ret->rule = rules[i];
			return;
		}
		tolerating = tolerating ? tolerating : rules[i];
	}
	if (default_allows(q, "iwbemservices"))
		return;
	if (tolerating) {
		ret->verdict = KIND_TOLERATED;
		ret->rule = tolerating;
		return;
	}
	ret->verdict = KIND_UNEXPECTED_PROTOCOL;
	ret->why = CASE_INTERFACE;
}

static bool allowed_rpc(struct matrix *m, const struct ask *q, const struct rule **ret)
{
	const struct rule *const *rules;
	size_t n = matrix_allowing(m, &q->client, &q->server, q->proto, q->port, &rules);

	*ret = NULL;
	for (size_t i = 0; i < n; i++)
		if (rules[i]->rpc && (!*ret || ((*ret)->informational && !rules[i]->informational)))
			*ret = rules[i];
	return *ret;
}

static bool is_server(roleset s)
{
	const roleset outer = BIT(CRM_CLIENT) | OPERATORS | BIT(SCANNER) | BIT(IGNORE);

	return s & ~outer;
}

/* An interface with a name of its own is a service that somebody dials; what is called back are
 * objects, whose interfaces are plumbing or private. */
static bool names_service(const struct ask *q)
{
	for (size_t i = 0; i < q->n_iface; i++) {
		const char *name = iface_name(&q->iface[i]);

		if (*name && !is_plumbing(name))
			return true;
	}
	return false;
}

/* DCOM and MSDTC dial back; C706 knows no such thing, MS-DCOM 3.2.4.1 does. */
static bool by_callback(const struct ask *q, struct ruling *ret)
{
	if (!q->called_back || (q->app && q->sure && !is_dcerpc(q->app)))
		return false;
	if (is_server(q->server.roles) && !is_server(q->client.roles))
		return false; /* that is the call */
	ret->why = CASE_CALLBACK;
	if (is_server(q->server.roles))
		ret->verdict = KIND_DOCUMENTED_DYNAMIC;
	else
		ret->verdict =
			q->hit || q->n_iface ? KIND_UNEXPECTED_DIRECTION : KIND_RPC_UNEXPLAINED;
	return true;
}

static bool outside(const struct site *site, uint16_t port)
{
	return site->rpc_restricted && !port_list_has(&site->rpc, port);
}

/* Some rule lets this client ask that server's mapper: what it is given there is a call. */
static bool may_ask_mapper(struct matrix *m, const struct ask *q)
{
	const struct rule *const *rules;

	return matrix_allowing(m, &q->client, &q->server, IPPROTO_NR_TCP, EPM_PORT, &rules) > 0;
}

/* Towards a client every call-back is one, unless a rule has it (a backup server and its agents);
 * between servers only what nothing else allows. */
static bool dialled_back(struct matrix *m, const struct ask *q, const struct ruling *r)
{
	if (names_service(q))
		return false;
	if (r->verdict == KIND_TOLERATED || r->verdict == KIND_DOCUMENTED_DYNAMIC)
		return !is_server(q->server.roles) && !may_ask_mapper(m, q);
	return true;
}

/* Named by its own bind, where RPC may live: in the range, or in the old one of Windows before
 * Vista, or wherever a site that restricts the range has it against its will. */
static bool bound_here(const struct site *site, struct matrix *m, const struct ask *q)
{
	const struct rule *rule;

	if (q->proto != IPPROTO_NR_TCP || !q->n_iface || !is_dcerpc(q->app))
		return false;
	if (matrix_rpc_range(m, q->server.host, q->port) || outside(site, q->port) ||
	    allowed_rpc(m, q, &rule))
		return true;
	return q->port >= OLD_LOW && q->port <= OLD_HIGH &&
	       !matrix_service_at(m, &q->server, q->proto, q->port);
}

static bool explained(const struct site *site, struct matrix *m, const struct ask *q,
		      struct ruling *ret)
{
	bool granted = granted_here(m, q);
	struct offer o = {.iface = q->iface, .n = q->n_iface, .bound = true};
	struct ruling back = *ret;

	if (!granted && !bound_here(site, m, q))
		return false;
	if (!q->n_iface)
		o = (struct offer){.iface = q->hit->iface, .n = q->hit->n_iface};
	if (o.n)
		by_interface(m, q, &o, ret);
	else
		by_object(m, q, ret);
	if (dialled_back(m, q, ret) && by_callback(q, &back))
		*ret = back;
	if (ret->verdict == KIND_DOCUMENTED_DYNAMIC && outside(site, q->port)) {
		ret->verdict = KIND_RPC_OUT_OF_RANGE;
		ret->rule = matrix_rpc(m, &q->client, &q->server);
	}
	return true;
}

static enum ruling_case why_unexplained(const struct ask *q)
{
	if (q->mapper_just_before && q->mapper_sealed)
		return CASE_SEALED;
	if (q->mapper_just_before && q->mapper_unread)
		return CASE_LOST;
	if (q->mid_stream || q->early)
		return CASE_PREDATES;
	return q->mapper_just_before ? CASE_NOT_GRANTED : CASE_PLAIN;
}

bool rpc_decide(const struct site *site, struct matrix *m, const struct ask *q, struct ruling *ret)
{
	const struct rule *rule = NULL;

	if (q->proto == IPPROTO_NR_TCP && q->port == EPM_PORT)
		return by_callback(q, ret);
	if (explained(site, m, q, ret))
		return true;
	if (q->proto != IPPROTO_NR_TCP)
		return false;
	/* Somebody asks what the rules say of "dcerpc" as such: of an interface that they allow. */
	if (q->imagined && is_dcerpc(q->app) && allowed_rpc(m, q, &rule)) {
		ret->verdict = rpc_documents(rule);
		ret->rule = rule;
		return true;
	}
	if (!rpc_candidate(m, q))
		return false;
	if (by_callback(q, ret))
		return true;
	ret->verdict = KIND_RPC_UNEXPLAINED;
	ret->why = why_unexplained(q);
	return true;
}

const struct rpc_iface *rpc_ifaces(const struct work *w, const struct conv *c,
				   struct grant_hit *ret_hit, size_t *ret_n)
{
	const struct conv_more *m = conv_more(c);

	grant_find(w->grants, c, ret_hit);
	*ret_n = m->n_iface ? m->n_iface : ret_hit->n_iface;
	return m->n_iface ? m->iface : ret_hit->iface;
}

const char *rpc_label(struct work *w, const struct item *it)
{
	struct grant_hit hit;
	size_t n, at = it->r.iface >= 0 ? (size_t)it->r.iface : 0;
	const struct rpc_iface *f = rpc_ifaces(w, item_shown(w, it), &hit, &n);

	return at < n ? rpc_iface_label(w->a, &f[at]) : NULL;
}
