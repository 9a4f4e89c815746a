// SPDX-License-Identifier: BSD-2-Clause
/* What one class may open towards another: the judge is asked at each port where its answer can
 * change. */
#include "allow/allow.h"

#include <stdlib.h>
#include <string.h>

#include "allow/work.h"
#include "recognise/recognise.h"

typedef VEC(uint32_t) bound_vec;

/* What is gathered of one cell. */
struct asking {
	struct allow_list *l;
	struct judge_question q;
	struct end client; /* the internet asks as crm-client */
	struct allow_cell *cell;
	bound_vec bounds;
	bool ok;
};

static int compare_bounds(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool concerns(const struct asking *k, const struct rule *r, const struct port_list *ports)
{
	/* A rule that forbids takes away what others allow. */
	return ports->n &&
	       (r->need == NEED_FORBIDDEN ||
		rule_allows(k->l->matrix, r, &k->client, &k->q.server, r->proto, ports->r[0].lo));
}

/* Ports between which nothing changes for rules of this transport. */
static void find_bounds(struct asking *k, bool rpc)
{
	struct matrix *m = k->l->matrix;

	k->bounds.n = 0;
	for (size_t i = 0; k->ok && i < matrix_n_rules(m); i++) {
		const struct rule *r = matrix_rule(m, i);
		struct port_list ports = rule_ports(m, r, k->q.server.host);

		if (r->proto != k->q.proto || (r->rpc != rpc && r->need != NEED_FORBIDDEN) ||
		    !concerns(k, r, &ports))
			continue;
		for (unsigned p = 0; p < ports.n; p++)
			k->ok = k->ok && vec_push(&k->bounds, ports.r[p].lo) &&
				vec_push(&k->bounds, (uint32_t)ports.r[p].hi + 1);
	}
	if (k->bounds.n)
		qsort(k->bounds.v, k->bounds.n, sizeof *k->bounds.v, compare_bounds);
}

static bool same_rules(const struct allow_entry *a, const struct rule *const *rule, size_t n)
{
	return a->n_rule == n && memcmp(a->rule, rule, n * sizeof *rule) == 0;
}

static void keep(struct asking *k, const struct allow_service *s, const struct rule *const *rule,
		 size_t n)
{
	struct allow_entry *last = k->cell->n ? &k->cell->v[k->cell->n - 1] : NULL;
	const struct rule **own;

	if (last && last->s.proto == s->proto && last->s.rpc == s->rpc && last->s.off == s->off &&
	    last->s.verdict == s->verdict && last->s.port.hi + 1U == s->port.lo &&
	    same_rules(last, rule, n)) {
		last->s.port.hi = s->port.hi;
		return;
	}
	own = arena_alloc(&k->l->arena, n * sizeof *own);
	if (own)
		memcpy(own, rule, n * sizeof *own);
	k->ok = own && vec_push(k->cell, ((struct allow_entry){*s, own, n}));
}

/* IPsec's own protocols have no ports; the rule for its key exchange names them. */
static void keep_portless(struct asking *k, const struct rule *const *rule, size_t n)
{
	static const struct {
		uint16_t app;
		uint8_t proto;
	} rows[] = {{RULE_IP_ESP, IPPROTO_NR_ESP}, {RULE_IP_AH, IPPROTO_NR_AH}};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct allow_service s = {.proto = rows[i].proto, .verdict = KIND_DOCUMENTED};
		const struct rule *own[ALLOW_RULES];
		size_t n_own = 0;
		bool there = false;

		for (size_t r = 0; r < n; r++)
			for (unsigned a = 0; a < rule[r]->n_app; a++)
				if (rule[r]->app[a] == rows[i].app)
					own[n_own++] = rule[r];
		for (size_t e = 0; e < k->cell->n; e++)
			there |= k->cell->v[e].s.proto == s.proto;
		if (n_own && !there)
			keep(k, &s, own, n_own);
	}
}

/* What the answers come to, and the rules behind that: what is documented anyway does not hang on a
 * rule of Setup. */
static void settle(struct asking *k, const struct judge_allowed *got, size_t n, bool rpc,
		   struct port_range port)
{
	struct allow_service s = {.proto = k->q.proto, .rpc = rpc, .port = port};
	const struct rule *rule[ALLOW_RULES];
	size_t n_rule = 0;
	enum kind best = KIND_N;
	bool old = true;

	for (size_t i = 0; i < n; i++)
		if (got[i].rule->rpc == rpc && got[i].verdict < best)
			best = got[i].verdict;
	for (size_t i = 0; i < n; i++) {
		bool setup = got[i].verdict == KIND_SETUP_ONLY;

		if (got[i].rule->rpc != rpc || setup != (best == KIND_SETUP_ONLY))
			continue;
		rule[n_rule++] = got[i].rule;
		old = old && got[i].rule->need == NEED_LEGACY;
	}
	if (!n_rule)
		return;
	s.verdict = best;
	s.off = best == KIND_SETUP_ONLY ? ALLOW_SETUP : rpc && old ? ALLOW_OLD_RPC : ALLOW_ON;
	keep(k, &s, rule, n_rule);
	if (!rpc && k->ok)
		keep_portless(k, rule, n_rule);
}

static void ask(struct asking *k, uint8_t proto, bool rpc)
{
	k->q.proto = proto;
	find_bounds(k, rpc);
	for (size_t i = 0; k->ok && i + 1 < k->bounds.n; i++) {
		struct judge_allowed got[ALLOW_RULES];
		size_t n;

		if (k->bounds.v[i] == k->bounds.v[i + 1] || k->bounds.v[i] > UINT16_MAX)
			continue;
		k->q.port = (uint16_t)k->bounds.v[i];
		n = judge_allowing(k->l->site, k->l->matrix, &k->q, got, N_ELEMENTS(got));
		settle(k, got, n, rpc,
		       (struct port_range){k->q.port, (uint16_t)(k->bounds.v[i + 1] - 1)});
	}
}

static struct addr some_public(void)
{
	return addr_v4(0x08080808);
}

static bool fill(struct allow_list *l, size_t client, size_t server)
{
	const struct allow_class *c = &l->class[client], *s = &l->class[server];
	struct asking k = {
		.l = l,
		.q = {.client = c->end,
		      .server = s->end,
		      .app = APP_NONE,
		      .state = STATE_ESTABLISHED,
		      .in_setup = l->setup},
		.client = c->end,
		.cell = &l->cell[client * l->n_class + server],
		.ok = true,
	};

	if (s->internet)
		return true;
	if (c->internet) {
		k.q.client_addr = some_public();
		k.client.roles = ROLE_BIT(ROLE_CRM_CLIENT);
	}
	ask(&k, IPPROTO_NR_TCP, false);
	ask(&k, IPPROTO_NR_UDP, false);
	ask(&k, IPPROTO_NR_TCP, true);
	ask(&k, IPPROTO_NR_UDP, true);
	vec_done(&k.bounds);
	return k.ok;
}

static bool fill_all(struct allow_list *l)
{
	l->cell = calloc(l->n_class * l->n_class + 1, sizeof *l->cell);
	if (!l->cell)
		return false;
	for (size_t c = 0; c < l->n_class; c++)
		for (size_t s = 0; s < l->n_class; s++)
			if (!fill(l, c, s))
				return false;
	return true;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct port_range *x = a, *y = b;

	return (x->lo > y->lo) - (x->lo < y->lo);
}

size_t allow_join_ports(struct port_range *v, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(v, n, sizeof *v, compare_ranges);
	for (size_t i = 0; i < n; i++) {
		if (!kept || v[i].lo > v[kept - 1].hi + 1U)
			v[kept++] = v[i];
		else if (v[i].hi > v[kept - 1].hi)
			v[kept - 1].hi = v[i].hi;
	}
	return kept;
}

static void rpc_range(struct allow_list *l)
{
	/* Windows Vista and Server 2008 on (KB929851). */
	static const struct port_list documented = {.r = {{49152, 65535}}, .n = 1};
	const struct port_list *range = l->site->rpc.n ? &l->site->rpc : &documented;

	memcpy(l->rpc, range->r, sizeof l->rpc);
	l->n_rpc = allow_join_ports(l->rpc, range->n);
}

struct allow_list *allow_make(const struct site *site, struct matrix *m,
			      const struct allow_options *o)
{
	struct allow_list *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->site = site;
	l->matrix = m;
	l->setup = o->setup;
	rpc_range(l);
	return allow_classes(l) && allow_everybody(l) && fill_all(l) && allow_lines(l)
		       ? l
		       : allow_free(l);
}

struct allow_list *allow_free(struct allow_list *l)
{
	if (!l)
		return NULL;
	for (size_t i = 0; l->cell && i < l->n_class * l->n_class; i++)
		vec_done(&l->cell[i]);
	for (size_t i = 0; i < l->n_group; i++)
		spans_done(&l->group[i].at);
	spans_done(&l->everybody);
	free(l->cell);
	free(l->seen);
	free(l->stray);
	arena_done(&l->arena);
	free(l);
	return NULL;
}

bool allow_is_site_rpc(const struct allow_list *l, const struct allow_line *line)
{
	return line->s.rpc && line->n_port == l->n_rpc &&
	       memcmp(line->port, l->rpc, l->n_rpc * sizeof l->rpc[0]) == 0;
}

bool allow_line_has(const struct allow_line *line, const struct addr *client,
		    const struct addr *server, uint8_t proto, uint16_t port)
{
	bool hit = !line->n_port;

	for (size_t i = 0; i < line->n_port && !hit; i++)
		hit = port >= line->port[i].lo && port <= line->port[i].hi;
	return hit && line->s.proto == proto && line->s.off == ALLOW_ON &&
	       addr_is_v4(client) == addr_is_v4(server) && spans_has(&line->from->at, client) &&
	       spans_has(&line->to->at, server);
}

bool allow_has(const struct allow_list *l, const struct addr *client, const struct addr *server,
	       uint8_t proto, uint16_t port)
{
	for (size_t i = 0; i < l->n_on; i++)
		if (allow_line_has(&l->line[i], client, server, proto, port))
			return true;
	return false;
}
