// SPDX-License-Identifier: BSD-2-Clause
/*
 * What one question comes to. The first line of this order that applies decides: not in scope;
 * documented on its port; tolerated; an end without role; dynamic RPC; a documented protocol that
 * moved; the other way round; another role's service; a service that nobody documents.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "findings/work.h"

#define BIT(r) ROLE_BIT(ROLE_##r)

enum { HIGH_PORT = 1024 };

static bool app_named(uint16_t app, const char *name)
{
	return app != APP_NONE && !strcmp(app_name(app), name);
}

bool rule_takes(const struct rule *r, uint16_t app)
{
	if (rule_expects(r, app))
		return true;
	/* A bind to an interface that has no name of its own, on the mapper's port: the family is
	 * right, and management answers on every endpoint (C706 appendix Q). */
	for (unsigned i = 0; i < r->n_app && app_named(app, "dcerpc"); i++)
		if (app_is(r->app[i], app))
			return true;
	return false;
}

static bool rule_forbids(const struct site *site, const struct rule *r)
{
	return site->netbios == NETBIOS_FORBIDDEN && r->group && !strcmp(r->group, "netbios");
}

/* A named instance without a fixed port is looked up at every connection, not at setup alone. */
static bool browser_in_use(const struct site *site, const struct rule *r)
{
	return site->sql == SQL_NAMED_DYNAMIC && r->group && !strcmp(r->group, "sqlbrowser");
}

static enum ruling_case mismatch(const struct rule *r, uint16_t app)
{
	bool want_tls = r->n_app && app_named(r->app[0], "tls");
	bool want_http = r->n_app && app_named(r->app[0], "http");

	if (want_http && app_named(app, "tls"))
		return CASE_TLS_FOR_HTTP;
	if (want_tls && app_named(app, "http"))
		return CASE_HTTP_FOR_TLS;
	return CASE_PLAIN;
}

/* False when the rule has nothing to say of these bytes. */
static bool by_rule(const struct site *site, const struct ask *q, const struct rule *r,
		    struct ruling *ret)
{
	bool takes =
		rule_takes(r, q->app) || (app_named(q->app, "tls") && q->notes & APP_NOTE_STARTTLS);

	*ret = (struct ruling){.rule = r, .app = q->app, .app_index = -1, .iface = -1};
	if (rule_forbids(site, r)) {
		ret->verdict = KIND_UNEXPECTED_PORT;
		ret->why = CASE_FORBIDDEN;
		return true;
	}
	if (!takes && q->sure) {
		if (r->informational)
			return false;
		ret->verdict = KIND_UNEXPECTED_PROTOCOL;
		ret->why = mismatch(r, q->app);
		return true;
	}
	if (r->informational || r->need == NEED_TOLERATED)
		ret->verdict = KIND_TOLERATED;
	else if (r->need == NEED_SETUP_ONLY && !q->in_setup && !browser_in_use(site, r))
		ret->verdict = KIND_SETUP_ONLY;
	else
		ret->verdict = KIND_DOCUMENTED;
	return true;
}

/* Public clients of an internet-facing deployment may use its web ports. */
static bool public_web(const struct rule *r)
{
	return r->from == BIT(CRM_CLIENT) && roles_has(r->to, ROLE_CRM_WEB) && !r->rpc;
}

static bool facing_public(const struct site *site, const struct ask *q)
{
	return q->client_public && !q->client.roles && site->auth == AUTH_IFD;
}

static bool by_rules(const struct site *site, struct matrix *m, const struct ask *q,
		     struct ruling *ret)
{
	const struct rule *const *rules;
	struct end client = q->client, server = q->server;
	bool found = false, facing;
	size_t n;

	ret->rule = matrix_forbidding(m, &client, &server, q->proto, q->port);
	if (ret->rule) {
		ret->verdict = KIND_UNEXPECTED_PORT;
		ret->why = CASE_FORBIDDEN;
		return true;
	}
	facing = facing_public(site, q);
	if (facing)
		client.roles = BIT(CRM_CLIENT);
	n = matrix_allowing(m, &client, &server, q->proto, q->port, &rules);
	for (size_t i = 0; i < n; i++) {
		struct ruling r;

		if (rules[i]->rpc || (facing && !public_web(rules[i])) ||
		    !by_rule(site, q, rules[i], &r))
			continue;
		if (r.why == CASE_FORBIDDEN) {
			*ret = r;
			return true;
		}
		if (!found || r.verdict < ret->verdict)
			*ret = r;
		found = true;
	}
	return found;
}

/* What SQL Browser told of an instance stands for the papers' port. */
static bool by_told_port(const struct site *site, struct matrix *m, const struct ask *q,
			 struct ruling *ret)
{
	struct ask there = *q;

	if (!q->sql_port)
		return false;
	there.port = q->sql_port;
	if (by_rules(site, m, &there, ret) && ret->rule && ret->rule->moves_with == PORT_SQL)
		return true;
	*ret = (struct ruling){.app = q->app, .app_index = -1, .iface = -1};
	return false;
}

static bool egress_named(const struct site_egress *e, const struct ask *q)
{
	if (!e->n_names)
		return true;
	for (size_t i = 0; i < q->n_names; i++) {
		bool hit = false;

		for (size_t k = 0; k < e->n_names && !hit; k++)
			hit = !fnmatch(e->names[k], q->names[i], FNM_CASEFOLD);
		if (!hit)
			return false;
	}
	return q->n_names > 0;
}

static bool egress_declared(const struct site *site, const struct ask *q)
{
	if (q->server.roles)
		return false;
	for (size_t i = 0; i < site->n_egress; i++) {
		const struct site_egress *e = &site->egress[i];

		if (e->from & q->client.roles && e->proto == q->proto && e->port == q->port &&
		    egress_named(e, q))
			return true;
	}
	return false;
}

/* Mirroring, cluster heartbeat, SMB and RPC between the nodes of one SQL Server. */
static bool sql_cluster(const struct ask *q)
{
	if (!roles_has(q->client.roles, ROLE_SQL) || !roles_has(q->server.roles, ROLE_SQL))
		return false;
	return q->port == 3343 || (q->proto == IPPROTO_NR_TCP &&
				   (q->port == 5022 || q->port == 445 || q->port == 135));
}

static bool tolerated(const struct site *site, struct matrix *m, const struct ask *q,
		      struct ruling *ret)
{
	const roleset probing = BIT(NLB) | BIT(MONITOR);

	if (egress_declared(site, q) || sql_cluster(q)) {
		ret->verdict = KIND_TOLERATED;
		return true;
	}
	if (q->client.roles & probing && q->established && !q->payload && !q->imagined &&
	    matrix_service_at(m, &q->server, q->proto, q->port)) {
		ret->verdict = KIND_TOLERATED;
		ret->why = CASE_PROBE;
		return true;
	}
	return false;
}

static roleset shared_roles(void)
{
	roleset s = 0;

	for (int r = 0; r < ROLE_N; r++)
		if (role_tier((enum role)r) == TIER_SHARED)
			s |= ROLE_BIT(r);
	return s;
}

static bool name_service(const struct ask *q)
{
	/* A client that serves is not taken for a server. */
	if (q->server.roles && !(q->server.roles & (roles_core() | shared_roles())))
		return false;
	if (!scope_core(q->client.roles) || q->proto != IPPROTO_NR_UDP || !q->established)
		return false;
	if (q->port != 53 && q->port != 123)
		return false;

	bool dns = q->port == 53;

	if (roles_has(q->server.roles, dns ? ROLE_DNS : ROLE_NTP))
		return false;
	/* Bytes that the snap length took away prove nothing against the port. */
	if (q->app == APP_NONE)
		return q->snapped;
	return app_named(q->app, dns ? "dns" : "ntp") && !(q->notes & APP_NOTE_NTP_CONTROL);
}

static bool looks_web(const struct ask *q)
{
	if (q->app != APP_NONE && q->sure)
		return app_named(q->app, "http") || app_named(q->app, "tls");
	return q->proto == IPPROTO_NR_TCP && (q->port == 80 || q->port == 443);
}

static enum ruling_case case_of_stranger(const struct ask *q)
{
	/* A global address on a declared host's own link is a neighbour, not the Internet. */
	if (q->client_linked || q->server_linked)
		return CASE_LINK;
	if (q->server_public && scope_core(q->client.roles))
		return looks_web(q) ? CASE_EGRESS_WEB : CASE_EGRESS;
	return q->client_public ? CASE_PUBLIC : CASE_PLAIN;
}

static bool port_in_force(const struct matrix *m, const struct rule *r, const struct host *server,
			  uint16_t port)
{
	struct port_list l = rule_ports(m, r, server);

	return port_list_has(&l, port);
}

/* The papers' port, which this site says it has moved. */
static bool old_port(const struct matrix *m, const struct rule *r, const struct ask *q)
{
	return r && r->moves_with < PORT_KEY_N && r->proto == q->proto &&
	       port_list_has(&r->ports, q->port) && !port_in_force(m, r, q->server.host, q->port);
}

static bool by_move(struct matrix *m, const struct ask *q, struct ruling *ret)
{
	const struct rule *r;

	if (q->app == APP_NONE || !q->sure)
		return false;
	r = matrix_moved(m, &q->client, &q->server, q->proto, q->app);
	if (!r)
		return false;
	ret->rule = r;
	if (old_port(m, r, q)) {
		ret->verdict = KIND_UNEXPECTED_PORT;
		ret->why = CASE_OLD_PORT;
		return true;
	}
	/* A service that nobody can configure away has not moved: something else speaks its
	 * protocol. */
	if (r->moves_with == PORT_KEY_N) {
		ret->rule = NULL;
		return false;
	}
	ret->verdict = KIND_MOVED_SERVICE;
	return true;
}

static void undocumented(const struct site *site, struct matrix *m, const struct ask *q,
			 struct ruling *ret)
{
	if (name_service(q)) {
		ret->verdict = KIND_UNEXPECTED_ENDPOINT;
		ret->why = CASE_NAME_SERVICE;
		return;
	}
	if (!q->client.roles || !q->server.roles) {
		ret->verdict = KIND_UNEXPECTED_ENDPOINT;
		ret->why = case_of_stranger(q);
		return;
	}
	if ((!q->sql_port && rpc_decide(site, m, q, ret)) || by_move(m, q, ret))
		return;
	ret->rule = NULL;
	if (matrix_reversed(m, &q->client, &q->server, q->proto, q->port) &&
	    q->confidence >= LOW_CONFIDENCE) {
		ret->verdict = KIND_UNEXPECTED_DIRECTION;
		return;
	}
	ret->verdict =
		matrix_service_at(m, &q->server, q->proto, q->sql_port ? q->sql_port : q->port)
			? KIND_UNEXPECTED_PAIR
			: KIND_UNEXPECTED_PORT;
}

static void discouraged(const struct ask *q, struct ruling *ret)
{
	if (ret->verdict != KIND_DOCUMENTED && ret->verdict != KIND_TOLERATED &&
	    ret->verdict != KIND_DOCUMENTED_DYNAMIC)
		return;
	/* GetNCChanges (MS-DRSR 4.1.10) copies the directory, passwords included, to a domain
	 * controller; any member may call the rest of that interface. */
	if (q->notes & APP_NOTE_RPC_REPLICATES && roles_has(q->server.roles, ROLE_DC) &&
	    !roles_has(q->client.roles, ROLE_DC))
		ret->why = CASE_REPLICATES;
	else if (q->notes & APP_NOTE_CLEAR_LOGIN)
		ret->why = CASE_CLEAR_LOGIN;
	else if (q->notes & APP_NOTE_SMB1_SERVER)
		ret->why = CASE_SMB1;
	else
		return;
	ret->verdict = KIND_ADVICE;
}

/* RFC 1001, RFC 2131, RFC 8415, RFC 4795, RFC 6762, UPnP 1.1, WS-Discovery 1.1, RFC 2730. */
static bool discovery_port(uint16_t port)
{
	static const uint16_t ports[] = {67, 68, 546, 547, 1900, 2535, 3702, 5353, 5355};

	for (size_t i = 0; i < N_ELEMENTS(ports); i++)
		if (ports[i] == port)
			return true;
	return false;
}

static void by_group(const struct ask *q, struct ruling *ret)
{
	bool udp = q->proto == IPPROTO_NR_UDP;

	ret->why = CASE_GROUP;
	/* No host may send in the name of a group (RFC 1122 3.2.1.3): who did is not known. */
	if (udp && !q->group_sends && (q->port == 137 || q->port == 138))
		ret->verdict = KIND_DOCUMENTED;
	else if (q->group_sends ||
		 (udp && (discovery_port(q->port) || q->notes & APP_NOTE_NTP_BROADCAST)))
		ret->verdict = KIND_TOLERATED;
	else if (udp && q->port == 1434)
		ret->verdict = q->in_setup ? KIND_DOCUMENTED : KIND_SETUP_ONLY;
	else
		ret->verdict = KIND_UNEXPECTED_ENDPOINT;
}

static void one_way_round(const struct site *site, struct matrix *m, const struct ask *q,
			  struct ruling *ret)
{
	*ret = (struct ruling){.app = q->app, .app_index = -1, .iface = -1};
	if (by_rules(site, m, q, ret) || by_told_port(site, m, q, ret)) {
		discouraged(q, ret);
		/* A rule that would take another protocol does not stand against a tolerance. */
		if (ret->verdict == KIND_UNEXPECTED_PROTOCOL) {
			struct ruling t = *ret;

			if (tolerated(site, m, q, &t))
				*ret = t;
		}
		return;
	}
	if (tolerated(site, m, q, ret)) {
		discouraged(q, ret);
		return;
	}
	if (q->same_host) {
		ret->verdict = KIND_OUT_OF_SCOPE;
		ret->why = CASE_SAME_HOST;
		return;
	}
	undocumented(site, m, q, ret);
	discouraged(q, ret);
}

void ask_decide(const struct site *site, struct matrix *m, const struct ask *q, struct ruling *ret)
{
	struct ruling other;
	struct ask back;

	*ret = (struct ruling){.app = q->app, .app_index = -1, .iface = -1};
	if (!scope_has(m, q)) {
		ret->verdict = KIND_OUT_OF_SCOPE;
		return;
	}
	if (q->group) {
		by_group(q, ret);
		return;
	}
	one_way_round(site, m, q, ret);
	if (q->confidence >= LOW_CONFIDENCE || ret->verdict <= KIND_TOLERATED)
		return;

	back = *q;
	back.client = q->server;
	back.server = q->client;
	back.client_public = q->server_public;
	back.server_public = q->client_public;
	back.client_linked = q->server_linked;
	back.server_linked = q->client_linked;
	back.client_port = q->port;
	back.port = q->client_port;
	back.sql_port = 0;
	if (q->client_port) {
		one_way_round(site, m, &back, &other);
		if (other.verdict < ret->verdict) {
			*ret = other;
			ret->reversed = true;
		}
	}
	if (ret->verdict == KIND_UNEXPECTED_PORT && q->port > HIGH_PORT &&
	    q->client_port > HIGH_PORT && ret->why == CASE_PLAIN)
		ret->why = CASE_UNDIRECTED;
}

static const char *why_not_text(const struct ruling *r, const char *nearest)
{
	switch (r->why) {
	case CASE_FORBIDDEN:
		return "the rule forbids it";
	case CASE_OLD_PORT:
		return "the site file has moved this service to another port";
	case CASE_INTERFACE:
		return "the interface is not one that these roles may use";
	default:
		break;
	}
	switch (r->verdict) {
	case KIND_MOVED_SERVICE:
		return "same roles and protocol, on another port";
	case KIND_UNEXPECTED_DIRECTION:
		return "the other way round";
	case KIND_UNEXPECTED_PROTOCOL:
		return "same roles and port, but another protocol";
	default:
		return nearest;
	}
}

/* The conversation that somebody imagines. */
static struct ask imagine(const struct judge_question *jq)
{
	static const struct addr none;
	bool known[2] = {!addr_equal(&jq->client_addr, &none),
			 !addr_equal(&jq->server_addr, &none)};

	return (struct ask){
		.client = jq->client,
		.server = jq->server,
		.client_public = known[0] && !jq->client.host && addr_is_public(&jq->client_addr),
		.server_public = known[1] && !jq->server.host && addr_is_public(&jq->server_addr),
		.same_host = jq->client.host && jq->client.host == jq->server.host &&
			     !jq->client.host->is_network,
		.group = known[1] && (addr_is_multicast(&jq->server_addr) ||
				      addr_is_broadcast(&jq->server_addr)),
		.proto = jq->proto,
		.client_port = jq->client_port,
		.port = jq->port,
		.app = jq->app,
		.sure = jq->app != APP_NONE,
		.established = jq->state <= STATE_MID_STREAM,
		.payload = jq->app != APP_NONE,
		.in_setup = jq->in_setup,
		.imagined = true,
		.confidence = dir_confidence(DIR_SYN),
	};
}

void judge_one(const struct site *site, struct matrix *m, const struct judge_question *jq,
	       struct judge_answer *ret)
{
	struct ask q = imagine(jq);
	struct ruling r;
	const char *near_why = NULL;

	ask_decide(site, m, &q, &r);
	*ret = (struct judge_answer){.verdict = r.verdict};
	if (r.verdict <= KIND_SETUP_ONLY) {
		ret->rule = r.rule;
		return;
	}
	ret->nearest = r.rule;
	if (r.verdict == KIND_UNEXPECTED_DIRECTION && !ret->nearest)
		ret->nearest = matrix_reversed(m, &q.client, &q.server, q.proto, q.port);
	if (!ret->nearest)
		ret->nearest = matrix_nearest(m, &q.client, &q.server, q.proto, q.port, &near_why);
	if (ret->nearest)
		ret->why_not = why_not_text(&r, near_why);
}

size_t judge_allowing(const struct site *site, struct matrix *m, const struct judge_question *jq,
		      struct judge_allowed *ret, size_t max)
{
	const struct rule *const *rules;
	struct ask q = imagine(jq);
	struct end client = q.client, server = q.server;
	bool facing = facing_public(site, &q);
	size_t n, kept = 0;

	if (roles_has(client.roles | server.roles, ROLE_IGNORE))
		return 0;
	if (facing)
		client.roles = BIT(CRM_CLIENT);
	n = matrix_allowing(m, &client, &server, q.proto, q.port, &rules);
	for (size_t i = 0; i < n; i++) {
		struct ruling r = {.verdict = rpc_documents(rules[i])};

		if (facing && !public_web(rules[i]))
			continue;
		if (!rules[i]->rpc && !by_rule(site, &q, rules[i], &r))
			continue;
		if (r.why == CASE_FORBIDDEN)
			return 0;
		if (r.verdict <= KIND_SETUP_ONLY && kept < max)
			ret[kept++] = (struct judge_allowed){rules[i], r.verdict};
	}
	return kept;
}

/* What tells conversations apart, but for VLANs. */
struct conv_place {
	const struct addr *client, *server;
	uint8_t proto;
	uint16_t port;
};

static int ends_order(const struct conv_place *k, const struct addr *client,
		      const struct addr *server)
{
	int d = addr_compare(k->client, client);

	return d ? d : addr_compare(k->server, server);
}

static int conv_order(const void *key, const void *row)
{
	const struct conv_place *k = key;
	const struct conv *c = row;
	int d = ends_order(k, &c->client, &c->server);

	d = d ? d : (int)k->proto - (int)c->proto;
	return d ? d : (int)k->port - (int)c->port;
}

struct item_place { /* items know their ends by number, too */
	struct conv_place at;
	const struct party *party;
};

static int item_order(const void *key, const void *row)
{
	const struct item_place *k = key;
	const struct item *it = row;
	int d = ends_order(&k->at, &k->party[it->client].addr, &k->party[it->server].addr);

	d = d ? d : (int)k->at.proto - (int)it->proto;
	return d ? d : (int)k->at.port - (int)it->port;
}

const struct item *item_find(const struct work *w, const struct addr *client,
			     const struct addr *server, uint8_t proto, uint16_t port)
{
	const struct item_place k = {{client, server, proto, port}, w->party};

	return w->n ? bsearch(&k, w->item, w->n, sizeof *w->item, item_order) : NULL;
}

/* Attempts know their ends by number. */
struct attempt_place {
	struct conv_place at;
	const struct addr *ends;
};

static int attempt_order(const void *key, const void *row)
{
	const struct attempt_place *k = key;
	const struct attempt *a = row;
	int d = ends_order(&k->at, &k->ends[a->client_no], &k->ends[a->server_no]);

	return d ? d : (int)k->at.port - (int)a->port;
}

bool conv_there(const struct work *w, const struct addr *client, const struct addr *server,
		uint8_t proto, uint16_t port)
{
	const struct judge_input *in = w->in;
	const struct attempt_place k = {{client, server, proto, port}, in->ends.addr};

	if (proto == IPPROTO_NR_TCP && in->n_attempts &&
	    bsearch(&k, in->attempts, in->n_attempts, sizeof *in->attempts, attempt_order))
		return true;
	return in->n_convs && bsearch(&k.at, in->convs, in->n_convs, sizeof *in->convs, conv_order);
}
