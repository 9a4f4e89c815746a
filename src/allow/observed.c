// SPDX-License-Identifier: BSD-2-Clause
/* Which parts of the list a capture made use of, and what it would have stopped. */
#include <stdlib.h>
#include <string.h>

#include "allow/work.h"
#include "base/time.h"

/* What two hosts did on one port. */
struct allow_seen {
	uint32_t client, server; /* index in the inventory; NOBODY: not in it */
	uint16_t port;
	uint8_t proto;
	struct allow_use use;
};

enum { NOBODY = UINT32_MAX };

static uint32_t number(const struct host *h)
{
	return h ? (uint32_t)h->index : (uint32_t)NOBODY;
}

static int compare(const void *a, const void *b)
{
	const struct allow_seen *x = a, *y = b;

	if (x->client != y->client)
		return x->client < y->client ? -1 : 1;
	if (x->server != y->server)
		return x->server < y->server ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	return (x->port > y->port) - (x->port < y->port);
}

static void add_use(struct allow_use *into, const struct allow_use *more)
{
	into->used += more->used;
	into->tried += more->tried;
	if (more->last_ns > into->last_ns)
		into->last_ns = more->last_ns;
}

static struct allow_use use_of(const struct conv *c)
{
	bool through = c->state <= STATE_ONE_WAY;

	return (struct allow_use){
		.used = through, .tried = !through, .last_ns = through ? c->last_ns : TIME_NONE};
}

/* What the audit has nothing against, and what may well be the dynamic RPC that a line is for. */
static bool counts(enum kind verdict)
{
	return verdict <= KIND_SETUP_ONLY || verdict == KIND_RPC_UNEXPLAINED;
}

/* A port of its own, where there is one, else the range for dynamic RPC. */
static bool mark(struct allow_list *l, const struct conv *c, const struct allow_use *use)
{
	bool hit = false;

	for (int rpc = 0; rpc < 2 && !hit; rpc++)
		for (size_t i = 0; i < l->n_on; i++) {
			struct allow_line *line = &l->line[i];

			if (line->s.rpc != (rpc == 1) ||
			    !allow_line_has(line, &c->client, &c->server, c->proto, c->port))
				continue;
			add_use(&line->use, use);
			hit = true;
		}
	return hit;
}

static bool stray(const struct host *client, const struct host *server, enum kind verdict)
{
	if (client && client == server && !client->is_network)
		return false;
	return verdict == KIND_DOCUMENTED || verdict == KIND_DOCUMENTED_DYNAMIC ||
	       verdict == KIND_TOLERATED || verdict == KIND_ADVICE;
}

static void join_seen(struct allow_list *l)
{
	size_t n = 0;

	if (l->n_seen)
		qsort(l->seen, l->n_seen, sizeof *l->seen, compare);
	for (size_t i = 0; i < l->n_seen; i++) {
		if (n && compare(&l->seen[n - 1], &l->seen[i]) == 0)
			add_use(&l->seen[n - 1].use, &l->seen[i].use);
		else
			l->seen[n++] = l->seen[i];
	}
	l->n_seen = n;
}

bool allow_observe(struct allow_list *l, const struct result *r, const struct conv *convs, size_t n)
{
	const struct inventory *inv = l->site->inventory;

	l->observed = r;
	l->seen = calloc(n + 1, sizeof *l->seen);
	l->stray = calloc(n + 1, sizeof *l->stray);
	if (!l->seen || !l->stray)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct conv *c = &convs[i];
		enum kind verdict = (enum kind)r->verdict_of[i];
		const struct host *client = inventory_find(inv, &c->client);
		const struct host *server = inventory_find(inv, &c->server);
		struct allow_use use = use_of(c);

		if (c->group || !counts(verdict))
			continue;
		if (mark(l, c, &use))
			l->seen[l->n_seen++] = (struct allow_seen){number(client), number(server),
								   c->port, c->proto, use};
		else if (stray(client, server, verdict))
			l->stray[l->n_stray++] = (struct allow_stray){c, client, server, verdict};
	}
	join_seen(l);
	return true;
}

struct allow_use allow_use_of(const struct allow_list *l, const struct host *client,
			      const struct host *server, uint8_t proto, struct port_range port)
{
	struct allow_seen key = {number(client), number(server), port.lo, proto, {0}};
	struct allow_use sum = {.last_ns = TIME_NONE};
	size_t lo = 0, hi = l->n_seen;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&l->seen[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < l->n_seen; lo++) {
		const struct allow_seen *s = &l->seen[lo];

		if (s->client != key.client || s->server != key.server || s->proto != proto ||
		    s->port > port.hi)
			break;
		add_use(&sum, &s->use);
	}
	return sum;
}
