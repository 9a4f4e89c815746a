// SPDX-License-Identifier: BSD-2-Clause
/*
 * names - one name for an address, of all that traffic and capture files say.
 *
 * Whole names before short ones; then by who says it:
 *
 *   cldap        a domain controller of itself, to who looks for one
 *   ntlm         a server of itself, when it asks for a login
 *   dns          a name server: the name has the address
 *   dns-pointer  a name server: the address has the name
 *   nbns         a host of itself, or a NetBIOS name server of it
 *   nrb          whoever captured: what was resolved there, at whatever time
 *
 * then a name that no other address has, then the smallest. What others' names end with, or a
 * domain controller calls its domain, is a domain and no host; so is what a label with "_" is in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

enum worth { BY_CLDAP, BY_NTLM, BY_DNS, BY_POINTER, BY_NBNS, BY_NRB };

static const char *const words[] = {
	[BY_CLDAP] = "cldap",         [BY_NTLM] = "ntlm", [BY_DNS] = "dns",
	[BY_POINTER] = "dns-pointer", [BY_NBNS] = "nbns", [BY_NRB] = "nrb",
};

struct candidate {
	struct addr addr;
	const char *name;
	enum worth by;
	bool shared; /* another address of the family has it, too */
};

typedef VEC(struct candidate) candidates;

static bool whole(const char *name)
{
	return strchr(name, '.');
}

static int by_name(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;
	int c = strcmp(a->name, b->name);

	if (!c)
		c = (int)addr_is_v4(&b->addr) - (int)addr_is_v4(&a->addr);
	return c ? c : memcmp(&a->addr, &b->addr, sizeof a->addr);
}

static int by_address(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;
	int c = memcmp(&a->addr, &b->addr, sizeof a->addr);

	if (!c)
		c = (int)whole(b->name) - (int)whole(a->name);
	if (!c)
		c = (int)a->by - (int)b->by;
	if (!c)
		c = (int)a->shared - (int)b->shared;
	return c ? c : strcmp(a->name, b->name);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool worth_of(const struct sighting *s, enum worth *ret)
{
	switch (s->kind) {
	case SIGHT_NETLOGON:
		*ret = BY_CLDAP;
		return true;
	case SIGHT_NTLM_NAME:
		*ret = BY_NTLM;
		return true;
	case SIGHT_DNS_ADDRESS:
		*ret = BY_DNS;
		return true;
	case SIGHT_DNS_POINTER:
		*ret = BY_POINTER;
		return true;
	case SIGHT_NBNS_NAME: /* of the machine, and of its file service: MS-NBTE 1.8 */
		*ret = BY_NBNS;
		return !s->text[0] && (s->code == 0x00 || s->code == 0x20);
	default:
		return false;
	}
}

/* What can be the name of a host (RFC 1123 2.1, and the underscore that Windows allows). */
static bool is_host(const char *name)
{
	for (const char *c = name; *c; c++) {
		bool first = c == name || c[-1] == '.';

		if (first && (*c == '_' || *c == '.' || *c == '-'))
			return false;
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') && *c != '-' &&
		    *c != '_' && *c != '.')
			return false;
	}
	return name[0];
}

static bool collect(const struct span_audit *a, candidates *v)
{
	VEC(const char *) domains = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < a->n_sightings; i++) {
		const struct sighting *s = &a->sightings[i];

		if ((s->kind == SIGHT_NETLOGON || s->kind == SIGHT_NTLM_NAME) && s->text[0])
			ok = vec_push(&domains, s->text);
	}
	if (domains.n)
		qsort(domains.v, domains.n, sizeof *domains.v, by_text);
	for (size_t i = 0; ok && i < a->n_sightings; i++) {
		const struct sighting *s = &a->sightings[i];
		const char *name = s->name;
		struct candidate c = {.addr = s->about, .name = name};

		/* A computer outside any domain says its name twice: that is no domain. */
		if (worth_of(s, &c.by) && is_host(name) &&
		    (!domains.n || !whole(name) ||
		     !bsearch(&name, domains.v, domains.n, sizeof *domains.v, by_text)))
			ok = vec_push(v, c);
	}
	vec_done(&domains);
	for (size_t i = 0; ok && i < a->n_names; i++) {
		const struct passive_name *n = &a->names[i];
		struct candidate c = {.addr = n->addr, .name = n->name, .by = BY_NRB};

		ok = vec_push(v, c);
	}
	return ok;
}

static void find_shared(candidates *v)
{
	qsort(v->v, v->n, sizeof *v->v, by_name);
	for (size_t i = 1; i < v->n; i++) {
		struct candidate *x = &v->v[i - 1], *y = &v->v[i];

		if (!strcmp(x->name, y->name) && addr_is_v4(&x->addr) == addr_is_v4(&y->addr) &&
		    !addr_equal(&x->addr, &y->addr))
			x->shared = y->shared = true;
	}
}

static bool ends_with(const char *name, const char *domain)
{
	size_t n = strlen(name), k = strlen(domain);

	return n > k && name[n - k - 1] == '.' && !strcmp(name + n - k, domain);
}

/* Of v[from, to), all of one address and the best first, the first that is no domain of another. */
static const struct candidate *best(const candidates *v, size_t from, size_t to)
{
	/* Who would name an address a thousand times is not listened to for ever. */
	enum { LOOK = 64 };

	for (size_t i = from; i < to && i - from < LOOK; i++) {
		bool domain = false;

		for (size_t k = from; k < to && k - from < LOOK && !domain; k++)
			domain = ends_with(v->v[k].name, v->v[i].name);
		if (!domain)
			return &v->v[i];
	}
	return &v->v[from];
}

int engine_names(struct span_audit *a)
{
	candidates v = {0};
	struct passive_name *names;
	size_t n = 0;

	if (!collect(a, &v)) {
		vec_done(&v);
		return -ENOMEM;
	}
	if (!v.n)
		return 0;
	find_shared(&v);
	qsort(v.v, v.n, sizeof *v.v, by_address);
	names = arena_alloc(&a->arena, v.n * sizeof *names);
	for (size_t from = 0, to; names && from < v.n; from = to) {
		const struct candidate *c;

		for (to = from + 1; to < v.n && addr_equal(&v.v[from].addr, &v.v[to].addr);)
			to++;
		c = best(&v, from, to);
		/* Of sightings and of the arena: both live as long as the run. */
		names[n++] = (struct passive_name){c->addr, c->name, words[c->by]};
	}
	vec_done(&v);
	if (!names)
		return -ENOMEM;
	a->names = names;
	a->n_names = n;
	return 0;
}

const struct passive_name *engine_name_of(const struct span_audit *a, const struct addr *addr)
{
	size_t lo = 0, hi = a->n_names;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = memcmp(addr, &a->names[mid].addr, sizeof *addr);

		if (!c)
			return &a->names[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
