// SPDX-License-Identifier: BSD-2-Clause
#include "learn/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"

struct count { /* rows of one kind that a host causes */
	struct count *next;
	struct addr host;
	uint64_t kind;
	uint32_t n;
};

struct facts {
	struct hash_key key;
	struct facts_limits most;
	struct fact_row **bucket;
	struct count **of;
	size_t n, memory;
};

struct facts *facts_new(const struct hash_key *key, const struct facts_limits *l)
{
	struct facts *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->key = key ? *key : hash_key_random();
	t->most = *l;
	t->bucket = calloc(l->buckets, sizeof(struct fact_row *));
	t->of = calloc(l->buckets, sizeof(struct count *));
	return t->bucket && t->of ? t : facts_free(t);
}

struct facts *facts_free(struct facts *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; t->bucket && i < t->most.buckets; i++)
		while (t->bucket[i]) {
			struct fact_row *r = t->bucket[i];

			t->bucket[i] = r->next;
			free(r);
		}
	for (size_t i = 0; t->of && i < t->most.buckets; i++)
		while (t->of[i]) {
			struct count *c = t->of[i];

			t->of[i] = c->next;
			free(c);
		}
	free(t->bucket);
	free(t->of);
	free(t);
	return NULL;
}

size_t facts_count(const struct facts *t)
{
	return t->n;
}

size_t facts_memory(const struct facts *t)
{
	return sizeof *t + t->most.buckets * (sizeof *t->bucket + sizeof *t->of) + t->memory;
}

size_t facts_taken(const struct facts *t, size_t *ret_most)
{
	*ret_most = t->most.memory;
	return t->memory;
}

void facts_limit(struct facts *t, size_t memory)
{
	t->most.memory = memory;
}

/* What a row costs: it may be the first of its host. */
static size_t cost_of(const struct facts *t, size_t words)
{
	return sizeof(struct fact_row) + words * sizeof(uint64_t) + sizeof(struct count) +
	       t->most.listed;
}

static struct count *count_of(struct facts *t, const struct fact_cause *of)
{
	uint64_t w[3] = {0, 0, of->kind};

	memcpy(w, &of->host, sizeof of->host);

	struct count **at = &t->of[siphash13_words(w, N_ELEMENTS(w), &t->key) % t->most.buckets];

	for (struct count *c = *at; c; c = c->next)
		if (c->kind == of->kind && addr_equal(&c->host, &of->host))
			return c;

	struct count *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	*c = (struct count){.next = *at, .host = of->host, .kind = of->kind};
	*at = c;
	return c;
}

static void merge(struct fact_row *into, const struct fact_seen *seen)
{
	if (evidence_before(&seen->first, &into->first))
		into->first = seen->first;
	if (seen->last_ns > into->last_ns)
		into->last_ns = seen->last_ns;
	into->n += seen->n;
	into->always &= seen->always;
}

bool facts_add(struct facts *t, const uint64_t *fact, size_t words, const struct fact_cause *of,
	       bool always, const struct evidence *at)
{
	return facts_put(t, fact, words, of, &(struct fact_seen){*at, at->ts_ns, 1, always});
}

bool facts_put(struct facts *t, const uint64_t *fact, size_t words, const struct fact_cause *of,
	       const struct fact_seen *seen)
{
	uint64_t hash = siphash13_words(fact, words, &t->key);
	struct fact_row **bucket = &t->bucket[hash % t->most.buckets];
	size_t cost = cost_of(t, words);

	for (struct fact_row *r = *bucket; r; r = r->next)
		if (r->hash == hash && r->words == words &&
		    !memcmp(r->fact, fact, words * sizeof *fact)) {
			merge(r, seen);
			return true;
		}

	/* Hosts are counted for rows alone: else a full table could grow by them. */
	bool room = t->n < t->most.rows && t->memory <= t->most.memory &&
		    cost <= t->most.memory - t->memory;
	struct count *count = room ? count_of(t, of) : NULL;

	if (!count || count->n >= of->max)
		return false;

	struct fact_row *r = calloc(1, sizeof *r + words * sizeof *fact);

	if (!r)
		return false;
	*r = (struct fact_row){.next = *bucket,
			       .hash = hash,
			       .first = seen->first,
			       .last_ns = seen->last_ns,
			       .n = seen->n,
			       .always = seen->always,
			       .words = words};
	memcpy(r->fact, fact, words * sizeof *fact);
	*bucket = r;
	t->n++;
	t->memory += cost;
	count->n++;
	return true;
}

const struct fact_row *facts_next(const struct facts *t, size_t *at, const struct fact_row *r)
{
	r = r ? r->next : NULL;
	while (!r && *at < t->most.buckets)
		r = t->bucket[(*at)++];
	return r;
}
