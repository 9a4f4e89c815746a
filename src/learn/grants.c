// SPDX-License-Identifier: BSD-2-Clause
#include "learn/grants.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"

/* What makes a grant one fact. Compared as bytes, so it has no padding that is not zero. */
struct fact {
	struct addr server, client, alias;
	uint8_t uuid[16];
	uint64_t ends; /* has_iface, has_alias, how, proto, port */
	uint64_t version;
	char name[GRANTED_NAME];
};

struct row {
	struct fact fact;
	uint64_t hash;
	struct grant g;
	struct row *next; /* of the same bucket */
};

struct count { /* rows that a server's answers fill */
	struct addr server;
	uint32_t n;
	struct count *next;
};

enum { BUCKETS = 1 << 12 };

struct grants {
	struct hash_key key;
	struct row *bucket[BUCKETS];
	struct count *of[BUCKETS];
	size_t n, n_servers, max;
	struct grant *sorted; /* NULL: to be made again */
};

struct grants *grants_new(const struct hash_key *key, size_t max_memory)
{
	struct grants *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->key = key ? *key : hash_key_random();
	/* A row may be the first of its server, and stands once more in the sorted copy. */
	t->max = max_memory / (sizeof(struct row) + sizeof(struct count) + sizeof(struct grant));
	if (t->max > GRANTS_MAX)
		t->max = GRANTS_MAX;
	return t;
}

struct grants *grants_free(struct grants *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (t->bucket[i]) {
			struct row *r = t->bucket[i];

			t->bucket[i] = r->next;
			free(r);
		}
		while (t->of[i]) {
			struct count *c = t->of[i];

			t->of[i] = c->next;
			free(c);
		}
	}
	free(t->sorted);
	free(t);
	return NULL;
}

size_t grants_memory(const struct grants *t)
{
	return sizeof *t + t->n * (sizeof(struct row) + sizeof(struct grant)) +
	       t->n_servers * sizeof(struct count);
}

static uint64_t hash_of(const struct grants *t, const void *p, size_t n)
{
	uint64_t w[sizeof(struct fact) / 8];

	memcpy(w, p, n);
	return siphash13_words(w, n / 8, &t->key);
}

static struct count *count_of(struct grants *t, const struct addr *server)
{
	struct count **at = &t->of[hash_of(t, server, sizeof *server) % BUCKETS];

	for (struct count *c = *at; c; c = c->next)
		if (addr_equal(&c->server, server))
			return c;

	struct count *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	*c = (struct count){.server = *server, .next = *at};
	*at = c;
	t->n_servers++;
	return c;
}

static void merge(struct grant *into, bool assumed, const struct evidence *at)
{
	if (evidence_before(at, &into->first))
		into->first = *at;
	if (at->ts_ns > into->last_ns)
		into->last_ns = at->ts_ns;
	into->n++;
	into->assumed &= assumed;
}

/* What is not said is zero, so that rows that are one fact are one row, however they were built. */
static struct granted canonical(const struct granted *g)
{
	struct granted c;

	memset(&c, 0, sizeof c);
	c.how = g->how;
	c.proto = g->proto;
	c.port = g->port;
	c.has_iface = g->has_iface;
	if (g->has_iface) {
		memcpy(c.uuid, g->uuid, sizeof c.uuid);
		c.major = g->major;
		c.minor = g->minor;
	}
	c.has_alias = g->has_alias;
	if (g->has_alias)
		c.alias = g->alias;
	memcpy(c.name, g->name, strnlen(g->name, sizeof c.name - 1));
	return c;
}

bool grants_add(struct grants *t, const struct addr *server, const struct addr *client,
		const struct granted *g, bool assumed, const struct evidence *at)
{
	const struct granted c = canonical(g);
	struct fact f;

	memset(&f, 0, sizeof f);
	f.server = *server;
	f.client = *client;
	f.alias = c.alias;
	memcpy(f.uuid, c.uuid, sizeof f.uuid);
	f.ends = (uint64_t)c.has_iface << 33 | (uint64_t)c.has_alias << 32 | (uint64_t)c.how << 24 |
		 (uint64_t)c.proto << 16 | c.port;
	f.version = (uint64_t)c.major << 16 | c.minor;
	memcpy(f.name, c.name, sizeof f.name);

	uint64_t hash = hash_of(t, &f, sizeof f);
	struct row **at_bucket = &t->bucket[hash % BUCKETS];

	for (struct row *r = *at_bucket; r; r = r->next)
		if (r->hash == hash && !memcmp(&r->fact, &f, sizeof f)) {
			merge(&r->g, assumed, at);
			free(t->sorted);
			t->sorted = NULL;
			return true;
		}

	/* Servers are counted for rows alone: else a full table could grow by them. */
	struct count *of = t->n < t->max ? count_of(t, server) : NULL;

	if (!of || of->n >= GRANTS_OF_SERVER_MAX)
		return false;

	struct row *r = calloc(1, sizeof *r);

	if (!r)
		return false;
	r->fact = f;
	r->hash = hash;
	r->g = (struct grant){
		.server = *server,
		.client = *client,
		.g = c,
		.first = *at,
		.last_ns = at->ts_ns,
		.n = 1,
		.assumed = assumed,
	};
	r->next = *at_bucket;
	*at_bucket = r;
	t->n++;
	of->n++;
	free(t->sorted);
	t->sorted = NULL;
	return true;
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
	*ret_rows = NULL;
	*ret_n = t->n;
	if (!t->n)
		return 0;
	if (!t->sorted) {
		size_t k = 0;

		t->sorted = calloc(t->n, sizeof *t->sorted);
		if (!t->sorted)
			return -ENOMEM;
		for (size_t i = 0; i < BUCKETS; i++)
			for (const struct row *r = t->bucket[i]; r; r = r->next)
				t->sorted[k++] = r->g;
		qsort(t->sorted, t->n, sizeof *t->sorted, by_fact);
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
