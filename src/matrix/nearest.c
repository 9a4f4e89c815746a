// SPDX-License-Identifier: BSD-2-Clause
/* Questions about what no rule allows: what is it closest to, and in which way is it off. */
#include <string.h>

#include "matrix/matrix_internal.h"
#include "recognise/recognise.h"

const struct rule *matrix_rpc(struct matrix *m, const struct end *client, const struct end *server)
{
	const struct rule *old = NULL;

	for (size_t i = 0; i < m->n_rules; i++) {
		const struct rule *r = &m->rules[i];

		if (!r->rpc || r->informational || r->need == NEED_FORBIDDEN ||
		    !rule_ends(m, r, client, server))
			continue;
		if (r->need != NEED_LEGACY)
			return r;
		old = old ? old : r;
	}
	return old;
}

static const struct rule *first_service(struct matrix *m, const struct end *client,
					const struct end *server, uint8_t proto, uint16_t port)
{
	const struct rule *const *rules;
	size_t n = matrix_allowing(m, client, server, proto, port, &rules);

	for (size_t i = 0; i < n; i++)
		if (rule_is_service(rules[i]))
			return rules[i];
	return NULL;
}

const struct rule *matrix_reversed(struct matrix *m, const struct end *client,
				   const struct end *server, uint8_t proto, uint16_t port)
{
	if (first_service(m, client, server, proto, port))
		return NULL;
	return first_service(m, server, client, proto, port);
}

bool matrix_connects(struct matrix *m, const struct end *a, const struct end *b)
{
	for (size_t i = 0; i < m->n_rules; i++) {
		const struct rule *r = &m->rules[i];
		roleset from = r->pair_from | (rule_from(m, r) & ~r->from);

		if (!r->pair_to || r->need == NEED_FORBIDDEN)
			continue;
		if ((from & a->roles) && (r->pair_to & b->roles) && rule_in_force(m, r, a, b, NULL))
			return true;
		if ((from & b->roles) && (r->pair_to & a->roles) && rule_in_force(m, r, b, a, NULL))
			return true;
	}
	return false;
}

/* The rule's service is at this host: at its `to`, and at its `from` too when the paper does not
 * say who calls whom. */
static bool serves(const struct matrix *m, const struct rule *r, const struct end *server)
{
	return (server->roles & r->to) ||
	       (r->basis == BASIS_UNSTATED && (server->roles & rule_from(m, r)));
}

/* Some client between which and this server the variant lets the rule allow. A full server stands
 * for any: if it may not, no host may. */
static bool in_force_at(const struct matrix *m, const struct rule *r, const struct end *server)
{
	const struct end any = {.roles = r->from};

	return rule_in_force(m, r, &any, server, NULL);
}

const struct rule *matrix_service_at(struct matrix *m, const struct end *server, uint8_t proto,
				     uint16_t port)
{
	for (size_t i = 0; i < m->n_rules; i++) {
		const struct rule *r = &m->rules[i];

		if (!rule_is_service(r) || r->informational || r->proto != proto)
			continue;

		struct port_list l = rule_ports(m, r, server->host);

		if (port_list_has(&l, port) && serves(m, r, server) && in_force_at(m, r, server))
			return r;
	}
	return NULL;
}

/* Bare TLS, HTTP or RPC as a second choice of some rule is no proof that its service has moved. */
static bool telling(uint16_t app)
{
	static const char *const generic[] = {"tls", "http", "dcerpc"};

	for (size_t i = 0; i < N_ELEMENTS(generic); i++)
		if (app == app_by_name(generic[i]))
			return false;
	return true;
}

static bool names_app(const struct rule *r, uint16_t app, bool second_choices)
{
	unsigned n = second_choices && telling(app) ? r->n_app : 1;

	for (unsigned i = 0; i < n && i < r->n_app; i++)
		if (r->app[i] < RULE_IP_AH && app_is(app, r->app[i]))
			return true;
	return false;
}

const struct rule *matrix_moved(struct matrix *m, const struct end *client,
				const struct end *server, uint8_t proto, uint16_t app)
{
	const struct rule *best = NULL;
	int best_rank = 0;

	if (app == APP_NONE)
		return NULL;
	for (size_t i = 0; i < m->n_rules; i++) {
		const struct rule *r = &m->rules[i];
		int rank = 0;

		if (!rule_is_service(r) || r->informational || r->proto != proto ||
		    !rule_ends(m, r, client, server))
			continue;
		/* One that a site-file line can move comes first: that line is the remedy. */
		if (names_app(r, app, false))
			rank = r->moves_with != PORT_KEY_N ? 4 : 2;
		else if (names_app(r, app, true))
			rank = r->moves_with != PORT_KEY_N ? 3 : 1;
		if (rank > best_rank) {
			best = r;
			best_rank = rank;
		}
	}
	return best;
}

/* --- nearest -----------------------------------------------------------------------------------
 */

/* How near a rule is; the larger the nearer. */
enum near {
	FAR,
	NEAR_ROLES,   /* same ends, another port or transport */
	NEAR_SERVICE, /* same server and port, another client */
	NEAR_REVERSED,
	NEAR_TRANSPORT,    /* same ends and port, the other transport */
	NEAR_MOVED,        /* the documented port of a service that this site has elsewhere */
	NEAR_SWITCHED_OFF, /* the deployment variant alone is against it */
	NEAR_FORBIDDEN,
};

struct question {
	const struct end *client, *server;
	uint8_t proto;
	uint16_t port;
};

static enum near grade(const struct matrix *m, const struct rule *r, const struct question *q)
{
	struct port_list here = rule_ports(m, r, q->server->host);
	struct port_list there = rule_ports(m, r, q->client->host);
	bool ends = rule_ends_on_paper(m, r, q->client, q->server) ||
		    rule_ends(m, r, q->client, q->server);
	bool off = ends && !rule_in_force(m, r, q->client, q->server, NULL);
	bool port = port_list_has(&here, q->port);
	bool proto = r->proto == q->proto;

	if (r->ref)
		return FAR;
	if (r->rpc) /* near only by its ends: its ports are no one's in particular */
		return ends && proto ? NEAR_ROLES : FAR;
	if (off)
		return port && proto ? NEAR_SWITCHED_OFF : FAR;
	if (ends && port && proto) /* it allows: nothing to be near to */
		return r->need == NEED_FORBIDDEN ? NEAR_FORBIDDEN : FAR;
	if (r->need == NEED_FORBIDDEN)
		return FAR;
	if (ends && proto && port_list_has(&r->ports, q->port))
		return NEAR_MOVED;
	if (ends && port)
		return NEAR_TRANSPORT;
	if (proto && port_list_has(&there, q->port) && rule_ends(m, r, q->server, q->client))
		return NEAR_REVERSED;
	if (proto && port && serves(m, r, q->server) && in_force_at(m, r, q->server))
		return NEAR_SERVICE;
	return ends ? NEAR_ROLES : FAR;
}

static bool says_all(const char *end)
{
	enum role_group g = role_group_by_name(end);

	return g == GROUP_ANY_SERVER || g == GROUP_ANY_MEMBER;
}

/* Of two rules equally near, the one that says more: a demand over a permission, a rule of two
 * roles over one of every server, a fixed port over a range. */
static unsigned weight(const struct rule *r, const struct question *q)
{
	static const uint8_t by_need[] = {
		[NEED_REQUIRED] = 6,  [NEED_RECOMMENDED] = 5, [NEED_CONDITIONAL] = 4,
		[NEED_OPTIONAL] = 3,  [NEED_SETUP_ONLY] = 2,  [NEED_LEGACY] = 1,
		[NEED_TOLERATED] = 0, [NEED_FORBIDDEN] = 0,
	};
	unsigned w = r->need < N_ELEMENTS(by_need) ? by_need[r->need] : 0;

	w += r->proto == q->proto ? 64 : 0;
	w += r->rpc ? 0 : 32;
	w += says_all(r->to_name) ? 0 : 16;
	w += says_all(r->from_name) ? 0 : 8;
	return w;
}

static const char *proto_word(uint8_t proto)
{
	return proto == 17 ? "udp" : "tcp";
}

static const char *ports_word(const struct port_list *l)
{
	return l->n == 1 && l->r[0].lo == l->r[0].hi ? "port" : "ports";
}

static const char *explain(struct matrix *m, const struct rule *r, enum near near,
			   const struct question *q)
{
	struct port_list here = rule_ports(m, r, q->server->host);
	char ports[RULE_PORTS_TEXT];
	const char *why = "";

	port_list_format(&here, ports);
	switch (near) {
	case NEAR_FORBIDDEN:
		return "this rule forbids it";
	case NEAR_SWITCHED_OFF:
		rule_in_force(m, r, q->client, q->server, &why);
		return why;
	case NEAR_MOVED:
		return arena_printf(&m->arena,
				    "default port still in use: the site file says %s %s",
				    ports_word(&here), ports);
	case NEAR_TRANSPORT:
		return arena_printf(&m->arena, "same roles and port, but over %s",
				    proto_word(r->proto));
	case NEAR_REVERSED:
		return arena_printf(&m->arena, "the other way round: %s calls %s", r->from_name,
				    r->to_name);
	case NEAR_SERVICE:
		if (r->basis == BASIS_UNSTATED)
			return arena_printf(&m->arena, "same service, but between %s and %s",
					    r->from_name, r->to_name);
		return arena_printf(&m->arena, "same service, but from %s", r->from_name);
	case NEAR_ROLES:
		if (r->rpc)
			return arena_printf(&m->arena,
					    "same roles, but dynamic RPC, on %s %s when the "
					    "endpoint mapper grants it",
					    ports_word(&here), ports);
		return arena_printf(&m->arena, "same roles, but %s %s%s%s", ports_word(&here),
				    ports, r->proto == q->proto ? "" : "/",
				    r->proto == q->proto ? "" : proto_word(r->proto));
	case FAR:
		break;
	}
	return NULL;
}

static void find_nearest(struct matrix *m, const struct question *q, struct memo_nearest *ret_)
{
	enum near best_near = FAR;
	unsigned best_weight = 0;

	for (size_t i = 0; i < m->n_rules; i++) {
		const struct rule *r = &m->rules[i];
		enum near near =
			r->informational && r->need != NEED_FORBIDDEN ? FAR : grade(m, r, q);
		unsigned w = near ? weight(r, q) : 0;

		if (!near || near < best_near || (near == best_near && w <= best_weight))
			continue;
		ret_->rule = r;
		best_near = near;
		best_weight = w;
	}
	if (ret_->rule) {
		ret_->why_not = explain(m, ret_->rule, best_near, q);
		ret_->why_not = ret_->why_not ? ret_->why_not : "";
	}
	ret_->known = true;
}

const struct rule *matrix_nearest(struct matrix *m, const struct end *client,
				  const struct end *server, uint8_t proto, uint16_t port,
				  const char **ret_why_not)
{
	const struct question q = {client, server, proto, port};
	struct memo_nearest here = {0};
	struct memo_nearest *n = memo_nearest(matrix_memo(m, client, server, proto, port));

	n = n ? n : &here;
	if (!n->known)
		find_nearest(m, &q, n);
	if (ret_why_not && n->rule)
		*ret_why_not = n->why_not;
	return n->rule;
}
