// SPDX-License-Identifier: BSD-2-Clause
/* What rulings may come to: the facts behind them. */
#include "findings/cand.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/radix.h"

/* ------------------------------------------------------------------ facts */

static const char *item_token(struct work *w, const struct item *it, uint32_t party)
{
	const struct party *p = &w->party[party];

	return it->folded && party == it->client ? fold_network(w, p) : party_token(w, p);
}

static const char *rule_token(const struct rule *r)
{
	if (!r)
		return NULL;
	return r->group && *r->group ? r->group : r->id;
}

static const char *case_token(const struct item *it)
{
	switch (it->r.why) {
	case CASE_CLEAR_HTTP:
		return "clear-http";
	case CASE_CLEAR_LOGIN:
		return "clear-login";
	case CASE_SMB1:
		return "smb1";
	case CASE_REPLICATES:
		return "replicates";
	case CASE_EGRESS_WEB:
		return "egress";
	case CASE_NAME_SERVICE:
		return it->port == 53 ? "dns" : "ntp";
	case CASE_GROUP:
		return "group";
	default:
		break;
	}
	switch (it->r.verdict) {
	case KIND_SETUP_ONLY:
	case KIND_MOVED_SERVICE:
	case KIND_UNEXPECTED_PROTOCOL:
		return it->r.why == CASE_INTERFACE ? "rpc" : rule_token(it->r.rule);
	default:
		return it->r.why == CASE_FORBIDDEN ? rule_token(it->r.rule) : NULL;
	}
}

/* A port that changes with every start of the server is no part of a fact. */
static const char *rpc_token(struct work *w, const struct item *it)
{
	const char *label = rpc_label(w, it);

	return label ? label : "dynamic";
}

struct fact cand_fact(struct work *w, const struct item *it)
{
	struct fact f = {
		.kind = it->r.verdict,
		.rule = case_token(it),
		.client = item_token(w, it, it->client),
		.server = item_token(w, it, it->server),
		.proto = it->proto,
		.port = it->port,
	};

	switch (it->r.why) {
	case CASE_CLEAR_HTTP: /* about the server, whoever its clients are */
	case CASE_SMB1:
		f.client = "*";
		break;
	case CASE_NAME_SERVICE:
		f.client = "deployment";
		break;
	case CASE_EGRESS_WEB:
		f.server = "public";
		break;
	case CASE_GROUP:
		f.server = "group";
		break;
	case CASE_PEER:
		if (w->party[it->client].roles)
			f.client = "deployment";
		else
			f.server = "deployment";
		break;
	case CASE_GUESS: /* one for each host that is known by its traffic */
		if (w->party[it->client].roles)
			f.server = "strangers";
		else
			f.client = "strangers";
		f.proto = 0;
		f.service = "any";
		break;
	case CASE_LINK: /* one for each address, whatever it does */
		if (w->party[it->client].roles)
			f.client = "deployment";
		else
			f.server = "deployment";
		f.proto = 0;
		f.service = "any";
		break;
	case CASE_UNDIRECTED:
		f.service = "dynamic";
		/* Nobody knows who called: the pair has one name, the smaller end first. */
		if (strcmp(f.client, f.server) > 0) {
			const char *swap = f.client;

			f.client = f.server;
			f.server = swap;
		}
		break;
	case CASE_INTERFACE:
	case CASE_REPLICATES:
		if (it->dynamic)
			f.service = rpc_token(w, it);
		break;
	case CASE_CALLBACK:
		f.service = rpc_token(w, it);
		break;
	default:
		if (it->r.verdict == KIND_RPC_UNEXPLAINED || it->r.verdict == KIND_RPC_OUT_OF_RANGE)
			f.service = rpc_token(w, it);
		break;
	}
	if (it->crowd && w->party[it->client].roles)
		f.server = "strangers";
	else if (it->crowd)
		f.client = "strangers";
	return f;
}

bool cand_dc_silent(const struct work *w, const struct item *it, const bool *answered)
{
	const struct host *h = w->party[it->server].host;

	return h && !h->is_network && roles_has(h->roles, ROLE_DC) && !answered[h->index];
}

struct fact cand_fact_blocked(struct work *w, const struct item *it, bool silent)
{
	struct fact f = {
		.kind = KIND_BLOCKED,
		.rule = rule_token(it->r.rule),
		.client = item_token(w, it, it->client),
		.server = item_token(w, it, it->server),
		.proto = it->proto,
		.port = it->port,
	};

	if (it->r.verdict == KIND_DOCUMENTED_DYNAMIC || it->sql_port)
		f.service = "dynamic";
	if (silent) { /* once for each DC */
		f.rule = "dc";
		f.client = "*";
		f.proto = 0;
		f.service = "any";
	}
	return f;
}

struct fact cand_fact_scan(struct work *w, const struct item *it)
{
	bool probe = public_probe(w, it);

	return (struct fact){
		.kind = KIND_SCAN,
		.client = probe ? "public" : party_token(w, &w->party[it->client]),
		.server = probe ? party_token(w, &w->party[it->server]) : NULL,
	};
}

/* ------------------------------------------------------------------ candidates */

static bool blocked(const struct item *it)
{
	if (it->outcome != OUTCOME_FAILED && it->outcome != OUTCOME_BROKEN)
		return false;
	return it->r.verdict == KIND_DOCUMENTED || it->r.verdict == KIND_DOCUMENTED_DYNAMIC ||
	       it->r.verdict == KIND_ADVICE;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_fact(const struct fact *a, const struct fact *b)
{
	return a->kind == b->kind && a->proto == b->proto && a->port == b->port &&
	       same_text(a->client, b->client) && same_text(a->server, b->server) &&
	       same_text(a->rule, b->rule) && same_text(a->service, b->service);
}

static int digest_order(const void *a, const void *b)
{
	const struct cand_fact *x = a, *y = b;
	int d = memcmp(x->digest, y->digest, sizeof x->digest);

	return d ? d : (x->number > y->number) - (x->number < y->number);
}

static bool in_order(const struct cand_fact *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (digest_order(&v[i - 1], &v[i]) > 0)
			return false;
	return true;
}

/* By half of the digest, which tells them apart. False without memory. */
static bool facts_sort(struct cands *v)
{
	size_t n = v->facts.n;
	struct radix_key *key = malloc(2 * n * sizeof *key), *sorted;
	struct cand_fact *to = malloc(n * sizeof *to);

	if (!key || !to) {
		free(key);
		free(to);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t w[2];

		memcpy(w, v->facts.v[i].digest, sizeof w);
		key[i] = (struct radix_key){be64toh(w[0]), be64toh(w[1]), (uint32_t)i};
	}
	sorted = radix_sort(key, key + n, n);
	for (size_t i = 0; i < n; i++)
		to[i] = v->facts.v[sorted[i].number];
	free(key);
	free(v->facts.v);
	v->facts.v = to;
	v->facts.cap = n;
	if (!in_order(to, n))
		qsort(to, n, sizeof *to, digest_order);
	return true;
}

/* Facts become places; `at` says of each place where its candidates begin. */
static void places_make(struct cands *v, uint32_t *place, size_t *at)
{
	const struct cand_fact *f = v->facts.v;
	uint32_t k = 0;

	for (size_t i = 0; i < v->facts.n; i++) {
		k += i && memcmp(f[i].digest, f[i - 1].digest, sizeof f->digest) != 0;
		place[f[i].number] = k;
	}
	for (size_t i = 0; i < v->n; i++) {
		v->v[i].fact = place[v->v[i].fact];
		at[v->v[i].fact + 1]++;
	}
	for (size_t i = 0; i <= k; i++)
		at[i + 1] += at[i];
}

bool cands_sort(struct cands *v)
{
	struct cand *to = malloc((v->n + 1) * sizeof *to);
	uint32_t *place = malloc((v->facts.n + 1) * sizeof *place);
	size_t *at = calloc(v->facts.n + 2, sizeof *at);
	bool ok = to && place && at && (!v->n || facts_sort(v));

	if (ok && v->n) {
		places_make(v, place, at);
		for (size_t i = 0; i < v->n; i++)
			to[at[v->v[i].fact]++] = v->v[i];
		free(v->v);
		v->v = to;
		v->cap = v->n + 1;
		to = NULL;
	}
	free(to);
	free(place);
	free(at);
	return ok;
}

void cands_done(struct cands *v)
{
	vec_done(v);
	vec_done(&v->facts);
}

static uint64_t mixed(uint64_t h, uint64_t x)
{
	return (h ^ x) * UINT64_C(0x9e3779b97f4a7c15);
}

/* By where its words are: they are mostly the same ones, and what meets in one place costs its
 * digest anew, nothing else. */
static struct cand_recent *place_of(struct cands *v, const struct fact *f)
{
	uint64_t h = mixed((uint64_t)f->kind << 32 | (uint64_t)f->proto << 16 | f->port,
			   (uintptr_t)f->rule);

	h = mixed(mixed(mixed(h, (uintptr_t)f->client), (uintptr_t)f->server),
		  (uintptr_t)f->service);
	return &v->recent[h >> 56];
}

/* The number of the fact; false without memory. */
static bool number_of(struct cands *v, const struct fact *f, uint32_t *ret)
{
	struct cand_recent *k = place_of(v, f);
	struct cand_fact one;

	if (!k->used || !same_fact(f, &k->f)) {
		one.number = (uint32_t)v->facts.n;
		fact_digest(f, one.digest);
		if (!vec_push(&v->facts, one))
			return false;
		*k = (struct cand_recent){.f = *f, .number = one.number, .used = true};
	}
	*ret = k->number;
	return true;
}

bool cands_add(struct cands *v, const struct fact *f, struct cand c)
{
	return number_of(v, f, &c.fact) && vec_push(v, c);
}

static bool push(struct cands *v, const struct fact *f, size_t item, enum severity s)
{
	return cands_add(v, f,
			 (struct cand){.item = (uint32_t)item,
				       .kind = (uint8_t)f->kind,
				       .severity = (uint8_t)s});
}

bool cands_collect(struct work *w, struct cands *v, const bool *answered)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];
		enum severity s;
		struct fact f;

		if (!it->scope)
			continue;
		if (it->scan) {
			f = cand_fact_scan(w, it);
			if (!push(v, &f, i, SEV_NONE))
				return false;
			continue;
		}
		s = severity_of(w, it);
		if (s < SEV_NONE) {
			f = cand_fact(w, it);
			if (!push(v, &f, i, s))
				return false;
		}
		if (blocked(it) && !it->covered) {
			f = cand_fact_blocked(w, it, cand_dc_silent(w, it, answered));
			if (!push(v, &f, i, SEV_NONE))
				return false;
		}
	}
	return true;
}

size_t cands_same(const struct cand *v, size_t n)
{
	size_t k = 1;

	while (k < n && v[k].fact == v[0].fact)
		k++;
	return k;
}
