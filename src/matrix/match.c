// SPDX-License-Identifier: BSD-2-Clause
/* Which rules allow what, and what they demand. */
#include <stdlib.h>
#include <string.h>

/* Without memory a memo is simply not kept. */
#define HASH_NONFATAL_OOM      1
#define uthash_nonfatal_oom(e) ((e)->kept = false)
#include <uthash.h>

#include "base/vec.h"
#include "matrix/matrix_internal.h"

enum { PROTO_TCP = 6, PROTO_UDP = 17 };

/* Windows Vista and Server 2008 on (KB929851). */
static const struct port_range documented_rpc = {49152, 65535};

static bool documented_range(const struct rule *r)
{
	return r->ports.n == 1 && r->ports.r[0].lo == documented_rpc.lo &&
	       r->ports.r[0].hi == documented_rpc.hi;
}

/* The CRM site's two documented HTTP ports stand for each other: a site that Setup creates gets
 * 5555, one that was there keeps its own, normally 80. */
static struct port_list crm_http(const struct port_list *l)
{
	static const struct port_list both = {.r = {{80, 80}, {5555, 5555}}, .n = 2};

	for (unsigned i = 0; i < l->n; i++)
		if (l->r[i].lo != l->r[i].hi || !port_list_has(&both, l->r[i].lo))
			return *l;
	return both;
}

struct port_list rule_ports(const struct matrix *m, const struct rule *r, const struct host *server)
{
	const struct port_list *moved = NULL;

	if (r->ref)
		return (struct port_list){.n = 0};
	if (r->rpc)
		return m->site->rpc.n && documented_range(r) ? m->site->rpc : r->ports;
	if (r->moves_with != PORT_KEY_N)
		moved = site_ports(m->site, r->moves_with, server);
	if (moved && moved->n)
		return *moved;
	return r->moves_with == PORT_CRM_HTTP ? crm_http(&r->ports) : r->ports;
}

bool matrix_rpc_range(const struct matrix *m, const struct host *server, uint16_t port)
{
	(void)server; /* one range for the site */
	if (m->site->rpc.n)
		return port_list_has(&m->site->rpc, port);
	return port >= documented_rpc.lo;
}

/* --- variants ----------------------------------------------------------------------------------
 */

static bool towards_mail(const struct rule *r)
{
	return r->variant == VARIANT_EMAIL_ROUTER && roles_has(r->to, ROLE_EXCHANGE);
}

roleset rule_from(const struct matrix *m, const struct rule *r)
{
	if (towards_mail(r) && (m->site->mail & MAIL_SERVER_SIDE_SYNC))
		return r->from | ROLE_BIT(ROLE_CRM_EMAIL);
	return r->from;
}

bool rule_demanded(const struct matrix *m, const struct rule *r, const char **ret_why)
{
	const struct site *s = m->site;
	const char *why = NULL;

	switch (r->variant) {
	case VARIANT_ANY:
	case VARIANT_SQL_REPORTING:
		break;
	case VARIANT_FULL_SERVER:
		if (s->topology != TOPOLOGY_FULL)
			why = "the deployment has split roles (topology: split)";
		break;
	case VARIANT_SPLIT_ROLES:
		if (s->topology != TOPOLOGY_SPLIT)
			why = "the deployment has full servers (topology: full)";
		break;
	case VARIANT_IWA:
		/* Servers stay domain members whatever users sign in with. */
		if (s->auth != AUTH_IWA && r->from == ROLE_BIT(ROLE_CRM_CLIENT))
			why = "users sign in with claims (auth is not iwa)";
		break;
	case VARIANT_IWA_DC_TO_DC:
	case VARIANT_IWA_DC_TO_DC_IPSEC:
	case VARIANT_DC_TO_DC:
		why = "traffic among domain controllers is no part of the deployment";
		break;
	case VARIANT_CLAIMS:
		if (s->auth == AUTH_IWA)
			why = "users sign in with Windows (auth: iwa)";
		break;
	case VARIANT_EMAIL_ROUTER:
		if (!(s->mail & MAIL_ROUTER) &&
		    !(towards_mail(r) && (s->mail & MAIL_SERVER_SIDE_SYNC)))
			why = "the deployment has no e-mail router (mail)";
		break;
	case VARIANT_CLIENT_SIDE_INTEGRATION:
		if (!(s->mail & MAIL_OUTLOOK))
			why = "mail is not sent through Outlook (mail)";
		break;
	case VARIANT_ANY_DURING_SETUP:
		why = "only Setup does this";
		break;
	}
	if (why && ret_why)
		*ret_why = why;
	return !why;
}

roleset rule_demanded_of(const struct matrix *m, const struct rule *r)
{
	roleset s = r->demanded_of;

	if (!rule_demanded(m, r, NULL))
		return 0;
	if (towards_mail(r)) {
		s &= m->site->mail & MAIL_ROUTER ? s : (roleset)~ROLE_BIT(ROLE_CRM_ROUTER);
		s |= rule_from(m, r) & ROLE_BIT(ROLE_CRM_EMAIL);
	}
	/* Claims users may sit anywhere: no paper makes their machines talk to the domain. */
	if (m->site->auth != AUTH_IWA && roles_has(r->to, ROLE_DC) &&
	    role_group_by_name(r->from_name) == GROUP_ANY_MEMBER)
		s &= (roleset)~ROLE_BIT(ROLE_CRM_CLIENT);
	return s;
}

bool rule_in_force(const struct matrix *m, const struct rule *r, const struct end *client,
		   const struct end *server, const char **ret_why)
{
	if (r->variant_allows && !rule_demanded(m, r, ret_why))
		return false;
	/* A full server has its own sandbox, so the port is quiet between hosts; several full
	 * servers may use each other's. */
	if (r->variant == VARIANT_SPLIT_ROLES && r->moves_with == PORT_SANDBOX &&
	    m->site->topology == TOPOLOGY_FULL &&
	    !(roles_has(client->roles, ROLE_CRM_FULL) && roles_has(server->roles, ROLE_CRM_FULL))) {
		if (ret_why)
			*ret_why = "the deployment has full servers (topology: full), which run "
				   "the sandbox themselves";
		return false;
	}
	return true;
}

/* --- ends --------------------------------------------------------------------------------------
 */

/* A rule of a service that a load balancer takes on behalf of the hosts behind it. */
static bool balanced(const struct rule *r)
{
	return r->moves_with == PORT_CRM_HTTP || r->moves_with == PORT_CRM_HTTPS ||
	       r->moves_with == PORT_ADFS_HTTPS;
}

static bool forward(const struct matrix *m, const struct rule *r, roleset from, roleset to)
{
	return (from & rule_from(m, r)) && (to & r->to);
}

bool rule_ends_on_paper(const struct matrix *m, const struct rule *r, const struct end *client,
			const struct end *server)
{
	return forward(m, r, client->roles, server->roles) ||
	       (r->basis == BASIS_UNSTATED && forward(m, r, server->roles, client->roles));
}

bool rule_ends(const struct matrix *m, const struct rule *r, const struct end *client,
	       const struct end *server)
{
	bool ends = rule_ends_on_paper(m, r, client, server);

	if (!ends && balanced(r)) {
		bool to_nlb =
			roles_has(server->roles, ROLE_NLB) && (client->roles & rule_from(m, r));
		/* Behind source address translation the balancer is every client. */
		bool from_nlb = roles_has(client->roles, ROLE_NLB) &&
				roles_has(r->from, ROLE_CRM_CLIENT) && (server->roles & r->to);

		ends = to_nlb || from_nlb;
	}
	return ends && rule_in_force(m, r, client, server, NULL);
}

static bool matches(const struct matrix *m, const struct rule *r, const struct end *client,
		    const struct end *server, uint8_t proto, uint16_t port)
{
	if (r->ref || r->proto != proto)
		return false;

	struct port_list l = rule_ports(m, r, server->host);

	return port_list_has(&l, port) && rule_ends(m, r, client, server);
}

bool rule_allows(const struct matrix *m, const struct rule *r, const struct end *client,
		 const struct end *server, uint8_t proto, uint16_t port)
{
	return r->need != NEED_FORBIDDEN && matches(m, r, client, server, proto, port);
}

/* --- memo --------------------------------------------------------------------------------------
 */

struct memo_key {
	roleset client, server;
	uint32_t client_host, server_host; /* 1 + index where ports are overridden, else 0 */
	uint32_t bound;
	uint16_t proto;
	uint8_t auth, topology, mail, unused[3]; /* examples change the deployment under way */
};
_Static_assert(sizeof(struct memo_key) == 28, "hashed as bytes: no padding");

struct memo {
	struct memo_key key;
	const struct rule **rules;
	size_t n;
	const struct rule *forbidding;
	struct memo_nearest nearest;
	bool kept;
	UT_hash_handle hh;
};

struct memo_nearest *memo_nearest(struct memo *e)
{
	return e ? &e->nearest : NULL;
}

static bool has_own_ports(const struct host *h)
{
	for (unsigned k = 0; k < PORT_KEY_N; k++)
		if (h->ports[k].n)
			return true;
	return false;
}

static uint32_t own_ports(const struct end *e)
{
	return e->host && has_own_ports(e->host) ? (uint32_t)e->host->index + 1 : 0;
}

/* How many bounds are at or below the port. */
static uint32_t bound_of(const struct matrix *m, uint16_t port)
{
	size_t lo = 0, hi = m->n_bounds;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->bounds[mid] <= port)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (uint32_t)lo;
}

static void answer(struct matrix *m, struct memo *e, const struct end *client,
		   const struct end *server, uint8_t proto, uint16_t port)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_rules; i++) {
		const struct rule *r = &m->rules[i];

		if (!matches(m, r, client, server, proto, port))
			continue;
		if (r->need == NEED_FORBIDDEN) {
			e->forbidding = e->forbidding ? e->forbidding : r;
			continue;
		}
		n++;
	}
	if (e->forbidding || !n)
		return;
	e->rules = arena_alloc(&m->arena, n * sizeof *e->rules);
	if (!e->rules)
		return;
	for (size_t i = 0; i < m->n_rules && e->n < n; i++)
		if (rule_allows(m, &m->rules[i], client, server, proto, port))
			e->rules[e->n++] = &m->rules[i];
}

/* Where a memo is remembered that was asked for a short while ago: most are. */
static struct memo **recent_of(struct matrix *m, const struct memo_key *k)
{
	uint64_t word[2], h = k->bound ^ (uint64_t)k->proto << 32;

	memcpy(word, k, sizeof word);
	h = (h ^ word[0]) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ word[1]) * UINT64_C(0x9e3779b97f4a7c15);
	return &m->recent[h >> (64 - MEMO_RECENT_BITS)];
}

struct memo *matrix_memo(struct matrix *m, const struct end *client, const struct end *server,
			 uint8_t proto, uint16_t port)
{
	struct memo_key key;
	struct memo *e, **recent;

	/* The hash reads every byte, padding too. */
	memset(&key, 0, sizeof key);
	key.client = client->roles;
	key.server = server->roles;
	key.client_host = own_ports(client);
	key.server_host = own_ports(server);
	key.bound = bound_of(m, port);
	key.proto = proto;
	key.auth = (uint8_t)m->site->auth;
	key.topology = (uint8_t)m->site->topology;
	key.mail = (uint8_t)m->site->mail;
	recent = recent_of(m, &key);
	if (*recent && !memcmp(&(*recent)->key, &key, sizeof key))
		return *recent;
	HASH_FIND(hh, m->memos, &key, sizeof key, e);
	if (e) {
		*recent = e;
		return e;
	}
	e = arena_alloc(&m->arena, sizeof *e);
	if (!e)
		return NULL;
	e->key = key;
	e->kept = true;
	answer(m, e, client, server, proto, port);
	HASH_ADD(hh, m->memos, key, sizeof key, e);
	return e;
}

void matrix_forget(struct matrix *m)
{
	HASH_CLEAR(hh, m->memos);
	memset(m->recent, 0, sizeof m->recent);
}

size_t matrix_allowing(struct matrix *m, const struct end *client, const struct end *server,
		       uint8_t proto, uint16_t port, const struct rule *const **ret_rules)
{
	const struct memo *e = matrix_memo(m, client, server, proto, port);

	if (ret_rules)
		*ret_rules = e ? e->rules : NULL;
	return e ? e->n : 0;
}

const struct rule *matrix_forbidding(struct matrix *m, const struct end *client,
				     const struct end *server, uint8_t proto, uint16_t port)
{
	const struct memo *e = matrix_memo(m, client, server, proto, port);

	return e ? e->forbidding : NULL;
}

/* --- ports -------------------------------------------------------------------------------------
 */

typedef VEC(uint32_t) bound_vec;

static bool add_list(bound_vec *b, const struct port_list *l)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!vec_push(b, l->r[i].lo) || !vec_push(b, (uint32_t)l->r[i].hi + 1))
			return false;
	return true;
}

/* A wide range is no evidence of a server: every ephemeral port would be in it. */
enum { FIXED_RANGE = 256 };

static void know(struct matrix *m, uint8_t proto, const struct port_list *l)
{
	uint8_t *map = m->known[proto == PROTO_UDP];

	for (unsigned i = 0; i < l->n; i++)
		for (uint32_t p = l->r[i].lo; p <= l->r[i].hi; p++)
			if (l->r[i].hi - l->r[i].lo < FIXED_RANGE)
				map[p / 8] |= (uint8_t)(1u << p % 8);
}

static int compare_bounds(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* A rule's ports wherever the site has put them. */
static bool index_rule(struct matrix *m, bound_vec *b, const struct rule *r)
{
	/* 1025 was the first port of any program on old Windows: alone it says nothing. */
	bool ephemeral = r->need == NEED_LEGACY && r->ports.n && r->ports.r[0].lo >= 1024;
	bool fixed = !r->ref && !r->rpc && !ephemeral;
	struct port_list here = rule_ports(m, r, NULL);

	if (!add_list(b, &r->ports) || !add_list(b, &here))
		return false;
	if (!fixed)
		return true;
	know(m, r->proto, &r->ports);
	know(m, r->proto, &here);
	for (size_t i = 0; m->site->inventory && i < inventory_count(m->site->inventory); i++) {
		const struct host *h = inventory_at(m->site->inventory, i);

		if (!has_own_ports(h))
			continue;

		struct port_list l = rule_ports(m, r, h);

		if (!add_list(b, &l))
			return false;
		know(m, r->proto, &l);
	}
	return true;
}

bool matrix_index_ports(struct matrix *m)
{
	bound_vec b = {0};
	bool ok = vec_push(&b, documented_rpc.lo) && add_list(&b, &m->site->rpc);

	for (size_t i = 0; ok && i < m->n_rules; i++)
		ok = index_rule(m, &b, &m->rules[i]);
	if (!ok) {
		vec_done(&b);
		return false;
	}
	qsort(b.v, b.n, sizeof *b.v, compare_bounds);

	size_t n = 0;

	for (size_t i = 0; i < b.n; i++)
		if (!n || b.v[i] != b.v[n - 1])
			b.v[n++] = b.v[i];
	m->bounds = b.v;
	m->n_bounds = n;
	return true;
}

size_t matrix_port_bounds(const struct matrix *m, const uint32_t **ret)
{
	*ret = m->bounds;
	return m->n_bounds;
}

bool matrix_known_port(const struct matrix *m, uint8_t proto, uint16_t port)
{
	if (proto != PROTO_TCP && proto != PROTO_UDP)
		return false;
	return m->known[proto == PROTO_UDP][port / 8] & (1u << port % 8);
}
