// SPDX-License-Identifier: BSD-2-Clause
#include "learn/sightings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"

enum {
	BUCKETS = 1 << 13,
	/* Of a fact: two addresses; kind, code, port and the lengths of the texts; the texts. */
	FACT_FIXED = 2 * sizeof(struct addr) + 8,
	FACT_MAX = FACT_FIXED + 2 * SIGHTING_NAME,
};

/* Most names are short, and there may be a hundred thousand of them: a row is as long as its texts,
 * in whole words, and padded with zeros so that it can be hashed and compared as bytes. */
struct row {
	struct row *next; /* of the same bucket */
	uint64_t hash;
	struct evidence first;
	int64_t last_ns;
	uint64_t n;
	size_t words;
	uint64_t fact[];
};

struct count { /* rows of one kind that a host causes */
	struct count *next;
	struct addr host;
	uint64_t kind;
	uint32_t n;
};

struct sightings {
	struct hash_key key;
	struct row *bucket[BUCKETS];
	struct count *of[BUCKETS];
	size_t n, memory, max;
	struct sighting *sorted; /* NULL: to be made again */
};

struct sightings *sightings_new(const struct hash_key *key, size_t max_memory)
{
	struct sightings *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->key = key ? *key : hash_key_random();
	t->max = max_memory;
	return t;
}

struct sightings *sightings_free(struct sightings *t)
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

size_t sightings_memory(const struct sightings *t)
{
	return sizeof *t + t->memory;
}

/* What a row costs: it may be the first of its host, and stands once more in the sorted copy. */
static size_t cost_of(size_t words)
{
	return sizeof(struct row) + words * sizeof(uint64_t) + sizeof(struct count) +
	       sizeof(struct sighting);
}

static struct count *count_of(struct sightings *t, const struct addr *host, enum sighting_kind kind)
{
	uint64_t w[3] = {0, 0, (uint64_t)kind};

	memcpy(w, host, sizeof *host);

	struct count **at = &t->of[siphash13_words(w, N_ELEMENTS(w), &t->key) % BUCKETS];

	for (struct count *c = *at; c; c = c->next)
		if (c->kind == (uint64_t)kind && addr_equal(&c->host, host))
			return c;

	struct count *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	*c = (struct count){.next = *at, .host = *host, .kind = (uint64_t)kind};
	*at = c;
	return c;
}

/* Refusals are caused by who asks: one host with a broken search list is not to crowd out what its
 * resolver says to everybody else. */
static const struct addr *cause(const struct sighting *s)
{
	bool refusal = s->kind >= SIGHT_KRB_ERROR;

	return refusal || addr_is_unspecified(&s->by) ? &s->about : &s->by;
}

static void put(uint8_t **p, const void *from, size_t n)
{
	memcpy(*p, from, n);
	*p += n;
}

/* The bytes that make a sighting one fact; the number of words they fill. */
static size_t fact_of(const struct sighting *s, uint64_t w[FACT_MAX / 8])
{
	uint8_t *bytes = (uint8_t *)w, *p = bytes;
	uint8_t name = (uint8_t)strnlen(s->name, sizeof s->name - 1);
	uint8_t text = (uint8_t)strnlen(s->text, sizeof s->text - 1);
	const uint8_t kind[4] = {(uint8_t)s->kind, name, text};

	memset(w, 0, FACT_MAX);
	put(&p, &s->about, sizeof s->about);
	put(&p, &s->by, sizeof s->by);
	put(&p, kind, sizeof kind);
	put(&p, &s->port, sizeof s->port);
	put(&p, &s->code, sizeof s->code);
	put(&p, s->name, name);
	put(&p, s->text, text);
	return ((size_t)(p - bytes) + 7) / 8;
}

static void take(const uint8_t **p, void *to, size_t n)
{
	memcpy(to, *p, n);
	*p += n;
}

static void sighting_of(const struct row *r, struct sighting *ret)
{
	const uint8_t *p = (const uint8_t *)r->fact;
	uint8_t kind[4];

	memset(ret, 0, sizeof *ret);
	take(&p, &ret->about, sizeof ret->about);
	take(&p, &ret->by, sizeof ret->by);
	take(&p, kind, sizeof kind);
	take(&p, &ret->port, sizeof ret->port);
	take(&p, &ret->code, sizeof ret->code);
	take(&p, ret->name, kind[1]);
	take(&p, ret->text, kind[2]);
	ret->kind = (enum sighting_kind)kind[0];
	ret->first = r->first;
	ret->last_ns = r->last_ns;
	ret->n = r->n;
}

static void merge(struct row *into, const struct evidence *at)
{
	if (evidence_before(at, &into->first))
		into->first = *at;
	if (at->ts_ns > into->last_ns)
		into->last_ns = at->ts_ns;
	into->n++;
}

static void unsort(struct sightings *t)
{
	free(t->sorted);
	t->sorted = NULL;
}

bool sightings_add(struct sightings *t, const struct sighting *s, const struct evidence *at)
{
	uint64_t fact[FACT_MAX / 8];
	size_t words = fact_of(s, fact);
	uint64_t hash = siphash13_words(fact, words, &t->key);
	struct row **at_bucket = &t->bucket[hash % BUCKETS];

	for (struct row *r = *at_bucket; r; r = r->next)
		if (r->hash == hash && r->words == words &&
		    !memcmp(r->fact, fact, words * sizeof *fact)) {
			merge(r, at);
			unsort(t);
			return true;
		}

	/* Hosts are counted for rows alone: else a full table could grow by them. */
	bool room =
		t->n < SIGHTINGS_MAX && t->memory <= t->max && cost_of(words) <= t->max - t->memory;
	struct count *of = room ? count_of(t, cause(s), s->kind) : NULL;

	if (!of || of->n >= SIGHTINGS_OF_HOST_MAX)
		return false;

	struct row *r = calloc(1, sizeof *r + words * sizeof *fact);

	if (!r)
		return false;
	*r = (struct row){.next = *at_bucket,
			  .hash = hash,
			  .first = *at,
			  .last_ns = at->ts_ns,
			  .n = 1,
			  .words = words};
	memcpy(r->fact, fact, words * sizeof *fact);
	*at_bucket = r;
	t->n++;
	t->memory += cost_of(words);
	of->n++;
	unsort(t);
	return true;
}

static int by_fact(const void *a, const void *b)
{
	const struct sighting *x = a, *y = b;
	int d = (int)x->kind - (int)y->kind;

	if (!d)
		d = addr_compare(&x->about, &y->about);
	if (!d)
		d = strcmp(x->name, y->name);
	if (!d)
		d = strcmp(x->text, y->text);
	if (!d)
		d = (int)x->port - (int)y->port;
	if (!d)
		d = (int)x->code - (int)y->code;
	return d ? d : addr_compare(&x->by, &y->by);
}

int sightings_sorted(struct sightings *t, const struct sighting **ret_rows, size_t *ret_n)
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
				sighting_of(r, &t->sorted[k++]);
		qsort(t->sorted, t->n, sizeof *t->sorted, by_fact);
	}
	*ret_rows = t->sorted;
	return 0;
}

size_t sighting_text(char ret[SIGHTING_NAME], size_t at, struct rd r)
{
	while (rd_left(&r) && at < SIGHTING_NAME - 1) {
		uint8_t c = rd_u8(&r);

		ret[at++] = c > 0x20 && c < 0x7f ? (char)c : '?';
	}
	ret[at] = 0;
	return at;
}

void sighting_lower(char name[SIGHTING_NAME])
{
	size_t n = strnlen(name, SIGHTING_NAME - 1);

	for (size_t i = 0; i < n; i++)
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] = (char)(name[i] - 'A' + 'a');
	if (n && name[n - 1] == '.')
		name[n - 1] = 0;
}

const char *sighting_kind_name(enum sighting_kind k)
{
	static const char *const name[SIGHT_KIND_N] = {
		[SIGHT_DNS_ADDRESS] = "dns-address", [SIGHT_DNS_POINTER] = "dns-pointer",
		[SIGHT_NBNS_NAME] = "nbns-name",     [SIGHT_NTLM_NAME] = "ntlm-name",
		[SIGHT_CERTIFICATE] = "certificate", [SIGHT_NETLOGON] = "netlogon",
		[SIGHT_DNS_ALIAS] = "dns-alias",     [SIGHT_DNS_SERVICE] = "dns-service",
		[SIGHT_KRB_TICKET] = "krb-ticket",   [SIGHT_KRB_ERROR] = "krb-error",
		[SIGHT_DNS_ERROR] = "dns-error",     [SIGHT_RPC_UNREGISTERED] = "rpc-unregistered",
		[SIGHT_DCOM_DENIED] = "dcom-denied",
	};

	return (unsigned)k < SIGHT_KIND_N ? name[k] : "";
}
