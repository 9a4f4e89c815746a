// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is judged at all: conversations with a core host, and those between two roles that some rule
 * connects. The rest of the company on shared servers is counted only; and of what it tried in
 * vain, as scans do by the million, nothing else is kept either.
 */
#include <stdlib.h>
#include <string.h>

#include "base/proto.h"
#include "findings/work.h"

bool scope_core(roleset s)
{
	return s & roles_core();
}

static void widen(struct end *client, struct end *server)
{
	const roleset behind = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_FULL);
	const roleset web = behind | ROLE_BIT(ROLE_ADFS);
	const roleset balanced = server->roles;

	if (roles_has(server->roles, ROLE_NLB))
		server->roles |= ROLE_BIT(ROLE_CRM_WEB);
	/* Source NAT: the balancer speaks for the clients, but to what it balances alone. */
	if (roles_has(client->roles, ROLE_NLB) && balanced & web)
		client->roles |= ROLE_BIT(ROLE_CRM_CLIENT);
}

void scope_ends(const struct ask *q, struct end *ret_client, struct end *ret_server)
{
	*ret_client = q->client;
	*ret_server = q->server;
	widen(ret_client, ret_server);
}

static bool ignored(roleset s)
{
	return roles_has(s, ROLE_IGNORE);
}

/* Of hosts, in one direction; the client's address is public and undeclared, or is not. */
static bool ends_have(struct matrix *m, struct end client, struct end server, bool client_public)
{
	if (ignored(client.roles | server.roles))
		return false;
	if (scope_core(client.roles | server.roles))
		return true;
	if (client_public && !client.roles && roles_has(server.roles, ROLE_NLB))
		return true;
	if (!client.roles || !server.roles)
		return false;
	widen(&client, &server);
	return matrix_connects(m, &client, &server);
}

bool scope_has(struct matrix *m, const struct ask *q)
{
	if (q->group)
		return !ignored(q->client.roles | q->server.roles) && scope_core(q->client.roles);
	return ends_have(m, q->client, q->server, q->client_public);
}

/* ------------------------------------------------------------------ items */

static bool could_be_judged(const struct work *w, const struct party *client,
			    const struct party *server)
{
	const bool strange = !client->host && !client->guess && addr_is_public(&client->addr);

	return ends_have(w->m, (struct end){client->roles, client->host},
			 (struct end){server->roles, server->host}, strange);
}

/* Out of scope whatever way round it is seen. */
static bool of_strangers(const struct work *w, const struct pair *p)
{
	const struct party *client = &w->party[p->client_no], *server = &w->party[p->server_no];

	if (!(client->roles | server->roles))
		return true;
	return !could_be_judged(w, client, server) && !could_be_judged(w, server, client);
}

/* Without an answer or a word that a neighbour's judgement could rest on, and in no row of any
 * table. */
static bool is_aside(const struct work *w, const struct conv *c)
{
	const struct pair p = pair_of(c);
	struct grant_hit hit;

	if (c->state < STATE_HALF_OPEN || c->recognised || c->notes || conv_more(c)->n_iface)
		return false;
	if (!of_strangers(w, &p) || conv_group(w, c))
		return false;
	if (c->proto == IPPROTO_NR_TCP &&
	    matrix_rpc_range(w->m, w->party[c->server_no].host, c->port))
		return false;
	return !w->in->n_grants || !grant_find(w->grants, c, &hit);
}

/* The same of an attempt. */
static bool attempt_is_aside(const struct work *w, const struct attempt *a)
{
	const struct pair p = pair_of_attempt(a);
	const struct party *server = &w->party[a->server_no];

	return of_strangers(w, &p) && !server->group &&
	       !matrix_rpc_range(w->m, server->host, a->port) &&
	       !grant_of_port(w->grants, &server->addr, IPPROTO_NR_TCP, a->port);
}

static bool item_push(struct work *w, const struct item *it)
{
	if (!bulk_room(&w->items, w->in->bank, (w->n + 1) * sizeof *it))
		return false;
	w->item = w->items.v;
	w->item[w->n++] = *it;
	return true;
}

static bool item_of_conv(struct work *w, size_t i)
{
	const struct conv *c = &w->in->convs[i];
	const struct pair p = pair_of(c);

	if (is_aside(w, c))
		return scope_aside(w, &p);
	return item_push(w, &(struct item){
				    .conv = c,
				    .client = c->client_no,
				    .server = c->server_no,
				    .r = {.app_index = -1, .iface = -1},
				    .port = c->port,
				    .proto = c->proto,
				    .state = (uint8_t)c->state,
				    .reason = (uint8_t)c->reason,
				    .since_ns = TIME_NONE,
				    .scan = w->scan[i],
				    .group = conv_group(w, c),
				    .known = c->recognised,
				    .more = c->more != NULL,
			    });
}

static bool item_of_attempt(struct work *w, size_t i)
{
	const struct attempt *a = &w->in->attempts[i];
	const struct pair p = pair_of_attempt(a);

	if (attempt_is_aside(w, a))
		return scope_aside(w, &p);
	return item_push(w, &(struct item){
				    .client = a->client_no,
				    .server = a->server_no,
				    .attempt = (uint32_t)i,
				    .r = {.app_index = -1, .iface = -1},
				    .port = a->port,
				    .proto = IPPROTO_NR_TCP,
				    .state = STATE_NO_ANSWER,
				    .reason = DIR_SYN,
				    .since_ns = TIME_NONE,
				    .scan = w->scan_attempt[i],
				    .apart = true,
				    .group = w->party[a->server_no].group,
			    });
}

size_t judge_room(size_t n_convs)
{
	return n_convs * sizeof(struct item);
}

bool items_make(struct work *w)
{
	size_t k = 0;
	bool ok;

	w->showing = calloc(1, sizeof *w->showing);
	ok = w->showing && bulk_room(&w->items, w->in->bank, sizeof *w->item);
	w->item = w->items.v;
	for (size_t i = 0; ok && i <= w->in->n_convs; i++) {
		for (; ok && k < w->in->n_attempts && w->in->attempts[k].before <= i; k++)
			ok = item_of_attempt(w, k);
		if (i < w->in->n_convs)
			ok = ok && item_of_conv(w, i);
	}
	bank_done(w->in->bank);
	return ok;
}

void items_done(struct work *w)
{
	bulk_done(&w->items, NULL);
	free(w->showing);
	free(w->scan);
	free(w->scan_attempt);
	if (w->aside) {
		vec_done(&w->aside->rows);
		free(w->aside->slot);
		free(w->aside);
	}
	w->item = NULL;
	w->showing = NULL;
	w->scan = w->scan_attempt = NULL;
	w->aside = NULL;
}

/* ------------------------------------------------------------------ what stands aside */

enum { DYNAMIC_LOW = 49152, FIRST_SLOTS = 256 };

/* Ephemeral ports of what is not judged would be one row each: they stand together as port 0. */
static uint16_t aside_port(const struct work *w, const struct pair *p)
{
	if (p->port >= DYNAMIC_LOW && !matrix_known_port(w->m, p->proto, p->port))
		return 0;
	return p->port;
}

static int row_order(const void *a, const void *b)
{
	const struct scope_row *x = a, *y = b;

	if (x->client_roles != y->client_roles)
		return x->client_roles < y->client_roles ? -1 : 1;
	if (x->server_roles != y->server_roles)
		return x->server_roles < y->server_roles ? -1 : 1;
	if (x->proto != y->proto)
		return (int)x->proto - (int)y->proto;
	return (int)x->port - (int)y->port;
}

static bool same_row(const struct scope_row *x, const struct scope_row *y)
{
	return x->client_roles == y->client_roles && x->server_roles == y->server_roles &&
	       x->proto == y->proto && x->port == y->port;
}

static uint32_t *slot_of(const struct scope_tally *t, const struct scope_row *row)
{
	uint64_t w[3] = {row->client_roles, row->server_roles,
			 (uint64_t)row->proto << 16 | row->port};

	for (uint64_t i = siphash13_words(w, 3, &t->key);; i++) {
		uint32_t *s = &t->slot[i & (t->slots - 1)];

		if (!*s || same_row(&t->rows.v[*s - 1], row))
			return s;
	}
}

static bool slots_grow(struct scope_tally *t)
{
	uint32_t *old = t->slot;
	size_t slots = t->slots ? 2 * t->slots : FIRST_SLOTS;

	t->slot = calloc(slots, sizeof *t->slot);
	if (!t->slot) {
		t->slot = old;
		return false;
	}
	t->slots = slots;
	for (size_t i = 0; i < t->rows.n; i++)
		*slot_of(t, &t->rows.v[i]) = (uint32_t)i + 1;
	free(old);
	return true;
}

static struct scope_tally *tally_of(struct work *w)
{
	if (!w->aside) {
		w->aside = calloc(1, sizeof *w->aside);
		if (w->aside)
			w->aside->key = hash_key_random();
	}
	return w->aside;
}

/* Where the number of a row is remembered that was met a short while ago: most are. */
static uint32_t *recent_of(struct scope_tally *t, const struct scope_row *row)
{
	uint32_t mix = row->client_roles ^ row->server_roles * 31U ^ row->port ^
		       (uint32_t)row->proto << 16;

	return &t->recent[mix * UINT32_C(0x9e3779b1) >> (32 - SCOPE_RECENT_BITS)];
}

bool scope_aside(struct work *w, const struct pair *p)
{
	struct scope_tally *t = tally_of(w);
	struct scope_row row = {
		.client_roles = w->party[p->client_no].roles,
		.server_roles = w->party[p->server_no].roles,
		.proto = p->proto,
		.port = aside_port(w, p),
		.conversations = 1,
	};
	uint32_t *slot, *recent;

	if (!t || ((t->rows.n + 1) * 2 > t->slots && !slots_grow(t)))
		return false;
	t->n++;
	recent = recent_of(t, &row);
	if (*recent && same_row(&t->rows.v[*recent - 1], &row)) {
		t->rows.v[*recent - 1].conversations++;
		return true;
	}
	slot = slot_of(t, &row);
	if (*slot)
		t->rows.v[*slot - 1].conversations++;
	else if (!vec_push(&t->rows, row))
		return false;
	else
		*slot = (uint32_t)t->rows.n;
	*recent = *slot;
	return true;
}

bool scope_rows_make(struct work *w)
{
	const struct scope_tally *t = w->aside;

	if (!t || !t->rows.n)
		return true;
	w->r->scope = arena_alloc(w->a, t->rows.n * sizeof *t->rows.v);
	if (!w->r->scope)
		return false;
	memcpy(w->r->scope, t->rows.v, t->rows.n * sizeof *t->rows.v);
	qsort(w->r->scope, t->rows.n, sizeof *w->r->scope, row_order);
	w->r->n_scope = t->rows.n;
	w->r->n_out_of_scope = t->n;
	return true;
}
