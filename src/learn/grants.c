// SPDX-License-Identifier: BSD-2-Clause
#include "learn/grants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "learn/facts.h"

/* What makes a grant one fact. Compared as bytes, so it has no padding that is not zero. */
struct fact {
	struct addr server, client, alias;
	uint8_t uuid[16];
	uint16_t how, proto, port, major, minor;
	uint8_t has_iface, has_alias;
	uint32_t zero;
	char name[GRANTED_NAME];
};
_Static_assert(sizeof(struct fact) % 8 == 0 && sizeof(struct fact) == 64 + 16 + GRANTED_NAME,
	       "whole words without padding");

enum { BUCKETS = 1 << 12, FACT_WORDS = sizeof(struct fact) / 8 };

struct grants {
	struct facts *facts;
	struct grant *sorted; /* NULL: to be made again */
};

struct grants *grants_new(const struct hash_key *key, size_t max_memory)
{
	struct grants *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->facts = facts_new(key, &(struct facts_limits){.buckets = BUCKETS,
							 .rows = GRANTS_MAX,
							 .memory = max_memory,
							 .listed = sizeof(struct grant)});
	return t->facts ? t : grants_free(t);
}

struct grants *grants_free(struct grants *t)
{
	if (!t)
		return NULL;
	facts_free(t->facts);
	free(t->sorted);
	free(t);
	return NULL;
}

size_t grants_memory(const struct grants *t)
{
	return sizeof *t + facts_memory(t->facts);
}

size_t grants_taken(const struct grants *t, size_t *ret_most)
{
	return facts_taken(t->facts, ret_most);
}

void grants_limit(struct grants *t, size_t max_memory)
{
	facts_limit(t->facts, max_memory);
}

/* What is not said is zero, so that rows that are one fact are one row, however they were built. */
static struct fact fact_of(const struct addr *server, const struct addr *client,
			   const struct granted *g)
{
	struct fact f;

	memset(&f, 0, sizeof f);
	f.server = *server;
	f.client = *client;
	f.how = (uint16_t)g->how;
	f.proto = (uint16_t)g->proto;
	f.port = g->port;
	f.has_iface = g->has_iface;
	if (g->has_iface) {
		memcpy(f.uuid, g->uuid, sizeof f.uuid);
		f.major = g->major;
		f.minor = g->minor;
	}
	f.has_alias = g->has_alias;
	if (g->has_alias)
		f.alias = g->alias;
	memcpy(f.name, g->name, strnlen(g->name, sizeof f.name - 1));
	return f;
}

static void grant_of(const struct fact_row *r, struct grant *ret)
{
	struct fact f;

	memcpy(&f, r->fact, sizeof f);
	memset(ret, 0, sizeof *ret);
	ret->server = f.server;
	ret->client = f.client;
	ret->g.how = (enum grant_how)f.how;
	ret->g.proto = (enum granted_proto)f.proto;
	ret->g.port = f.port;
	ret->g.has_iface = f.has_iface;
	memcpy(ret->g.uuid, f.uuid, sizeof f.uuid);
	ret->g.major = f.major;
	ret->g.minor = f.minor;
	ret->g.has_alias = f.has_alias;
	ret->g.alias = f.alias;
	memcpy(ret->g.name, f.name, sizeof f.name);
	ret->first = r->first;
	ret->last_ns = r->last_ns;
	ret->n = r->n;
	ret->assumed = r->always;
}

bool grants_put(struct grants *t, const struct grant *row)
{
	const struct fact f = fact_of(&row->server, &row->client, &row->g);
	const struct fact_cause of = {row->server, 0, GRANTS_OF_SERVER_MAX};
	uint64_t w[FACT_WORDS];

	memcpy(w, &f, sizeof f);
	free(t->sorted);
	t->sorted = NULL;
	return facts_put(t->facts, w, FACT_WORDS, &of,
			 &(struct fact_seen){row->first, row->last_ns, row->n, row->assumed});
}

bool grants_add(struct grants *t, const struct addr *server, const struct addr *client,
		const struct granted *g, bool assumed, const struct evidence *at)
{
	return grants_put(t, &(struct grant){.server = *server,
					     .client = *client,
					     .g = *g,
					     .first = *at,
					     .last_ns = at->ts_ns,
					     .n = 1,
					     .assumed = assumed});
}

static int by_fact(const void *a, const void *b)
{
	const struct grant *x = a, *y = b;
	int d = addr_compare(&x->server, &y->server);

	if (d)
		return d;
	if (x->g.proto != y->g.proto)
		return x->g.proto < y->g.proto ? -1 : 1;
	if (x->g.port != y->g.port)
		return x->g.port < y->g.port ? -1 : 1;
	if (evidence_before(&x->first, &y->first))
		return -1;
	if (evidence_before(&y->first, &x->first))
		return 1;
	d = addr_compare(&x->client, &y->client);
	if (!d)
		d = (int)x->g.how - (int)y->g.how;
	if (!d)
		d = memcmp(x->g.uuid, y->g.uuid, sizeof x->g.uuid);
	if (!d && x->g.major != y->g.major)
		d = x->g.major < y->g.major ? -1 : 1;
	if (!d && x->g.minor != y->g.minor)
		d = x->g.minor < y->g.minor ? -1 : 1;
	if (!d)
		d = (int)x->g.has_iface - (int)y->g.has_iface;
	if (!d)
		d = (int)x->g.has_alias - (int)y->g.has_alias;
	if (!d)
		d = addr_compare(&x->g.alias, &y->g.alias);
	return d ? d : strncmp(x->g.name, y->g.name, sizeof x->g.name);
}

int grants_sorted(struct grants *t, const struct grant **ret_rows, size_t *ret_n)
{
	const struct fact_row *r = NULL;
	size_t n = facts_count(t->facts), at = 0, k = 0;

	*ret_rows = NULL;
	*ret_n = n;
	if (!n)
		return 0;
	if (!t->sorted) {
		t->sorted = calloc(n, sizeof *t->sorted);
		if (!t->sorted)
			return -ENOMEM;
		while ((r = facts_next(t->facts, &at, r)))
			grant_of(r, &t->sorted[k++]);
		qsort(t->sorted, n, sizeof *t->sorted, by_fact);
	}
	*ret_rows = t->sorted;
	return 0;
}

const char *grant_how_name(enum grant_how h)
{
	static const char *const name[GRANT_HOW_N] = {
		[GRANT_EPM] = "epm",
		[GRANT_EPM_LOOKUP] = "epm-lookup",
		[GRANT_OXID] = "oxid",
		[GRANT_ACTIVATION] = "activation",
		[GRANT_SQL_BROWSER] = "sql-browser",
		[GRANT_SQL_DAC] = "sql-dac",
	};

	return (unsigned)h < GRANT_HOW_N ? name[h] : "";
}
