// SPDX-License-Identifier: BSD-2-Clause
#include "learn/sightings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "learn/facts.h"

enum {
	BUCKETS = 1 << 13,
	/* Of a fact: two addresses; kind, code, port and the lengths of the texts; the texts. Most
	 * names are short, and there may be a hundred thousand of them: a fact is as long as its
	 * texts, in whole words. */
	FACT_FIXED = 2 * sizeof(struct addr) + 8,
	FACT_MAX = FACT_FIXED + 2 * SIGHTING_NAME,
};

struct sightings {
	struct facts *facts;
	struct sighting *sorted; /* NULL: to be made again */
};

struct sightings *sightings_new(const struct hash_key *key, size_t max_memory)
{
	struct sightings *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->facts = facts_new(key, &(struct facts_limits){.buckets = BUCKETS,
							 .rows = SIGHTINGS_MAX,
							 .memory = max_memory,
							 .listed = sizeof(struct sighting)});
	return t->facts ? t : sightings_free(t);
}

struct sightings *sightings_free(struct sightings *t)
{
	if (!t)
		return NULL;
	facts_free(t->facts);
	free(t->sorted);
	free(t);
	return NULL;
}

size_t sightings_memory(const struct sightings *t)
{
	return sizeof *t + facts_memory(t->facts);
}

size_t sightings_taken(const struct sightings *t, size_t *ret_most)
{
	return facts_taken(t->facts, ret_most);
}

void sightings_limit(struct sightings *t, size_t max_memory)
{
	facts_limit(t->facts, max_memory);
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

static void sighting_of(const struct fact_row *r, struct sighting *ret)
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

static bool put_fact(struct sightings *t, const struct sighting *s, const struct fact_seen *seen)
{
	uint64_t fact[FACT_MAX / 8];
	const struct fact_cause of = {*cause(s), s->kind, SIGHTINGS_OF_HOST_MAX};

	free(t->sorted);
	t->sorted = NULL;
	return facts_put(t->facts, fact, fact_of(s, fact), &of, seen);
}

bool sightings_add(struct sightings *t, const struct sighting *s, const struct evidence *at)
{
	return put_fact(t, s, &(struct fact_seen){*at, at->ts_ns, 1, true});
}

bool sightings_put(struct sightings *t, const struct sighting *row)
{
	return put_fact(t, row, &(struct fact_seen){row->first, row->last_ns, row->n, true});
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
			sighting_of(r, &t->sorted[k++]);
		qsort(t->sorted, n, sizeof *t->sorted, by_fact);
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
