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

int cand_order(const void *a, const void *b)
{
	const struct cand *x = a, *y = b;
	int d = memcmp(x->digest, y->digest, sizeof x->digest);

	if (d)
		return d;
	return x->item < y->item ? -1 : x->item > y->item;
}

static bool in_order(const struct cand *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (cand_order(&v[i - 1], &v[i]) > 0)
			return false;
	return true;
}

/* By half of the digest, which tells them apart; items ascend already. False without memory. */
static bool sort_halves(struct cands *v)
{
	struct radix_key *key = malloc(2 * v->n * sizeof *key), *sorted;
	struct cand *to = malloc(v->n * sizeof *to);

	if (!key || !to) {
		free(key);
		free(to);
		return false;
	}
	for (size_t i = 0; i < v->n; i++) {
		uint64_t w[2];

		memcpy(w, v->v[i].digest, sizeof w);
		key[i] = (struct radix_key){be64toh(w[0]), be64toh(w[1]), (uint32_t)i};
	}
	sorted = radix_sort(key, key + v->n, v->n);
	for (size_t i = 0; i < v->n; i++)
		to[i] = v->v[sorted[i].number];
	free(key);
	free(v->v);
	v->v = to;
	v->cap = v->n;
	return true;
}

void cands_sort(struct cands *v)
{
	if (!v->n || v->in_order)
		return;
	if (!sort_halves(v) || !in_order(v->v, v->n))
		qsort(v->v, v->n, sizeof *v->v, cand_order);
	v->in_order = true;
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

void cand_digest(struct cands *v, const struct fact *f, uint8_t ret[FACT_DIGEST])
{
	struct cand_recent *k = place_of(v, f);

	if (!k->used || !same_fact(f, &k->f)) {
		k->f = *f;
		k->used = true;
		fact_digest(f, k->digest);
	}
	memcpy(ret, k->digest, FACT_DIGEST);
}

static bool push(struct cands *v, const struct fact *f, size_t item, enum severity s)
{
	struct cand c = {.item = (uint32_t)item, .kind = (uint8_t)f->kind, .severity = (uint8_t)s};
	const struct cand *before = v->n ? &v->v[v->n - 1] : NULL;

	cand_digest(v, f, c.digest);
	v->in_order = !before || (v->in_order && cand_order(before, &c) <= 0);
	return vec_push(v, c);
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

	while (k < n && !memcmp(v[k].digest, v[0].digest, FACT_DIGEST))
		k++;
	return k;
}
