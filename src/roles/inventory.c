// SPDX-License-Identifier: BSD-2-Clause
/*
 * Addresses and names of hosts are hashed. Networks are sorted by falling length, then address, so
 * that a look-up tries one binary search per length in use: three or four at most sites.
 */
#include "roles/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/vec.h"

/* FNV-1a: the keys are the user's own, and the macro in uthash.h warns under clang. */
static inline unsigned hash_bytes(const void *key, size_t n)
{
	const unsigned char *p = key;
	unsigned h = 2166136261U;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619U;
	return h;
}

#define HASH_FUNCTION(key, n, ret_h) ((ret_h) = hash_bytes((key), (n)))
#define HASH_NONFATAL_OOM            1 /* a full memory is reported, not an exit() in a macro */
#include <uthash.h>

struct by_addr {
	struct addr addr; /* the key */
	struct host *host;
	UT_hash_handle hh;
};

struct by_prefix {
	struct prefix prefix; /* the key: 17 bytes without padding */
	struct host *host;
	UT_hash_handle hh;
};

struct by_name {
	const char *name;
	struct host *host;
	UT_hash_handle hh;
};

_Static_assert(sizeof(struct prefix) == 17, "a prefix is hashed as bytes");

struct inventory {
	struct arena arena;
	VEC(struct host *) hosts;
	VEC(struct host *) nets; /* longest first once closed */
	struct by_addr *addrs;
	struct by_prefix *prefixes;
	struct by_name *names;
};

static const char *const port_keys[] = {
#define X(id, name) [PORT_##id] = (name),
	PORT_KEYS(X)
#undef X
};

const char *port_key_name(enum port_key k)
{
	return (unsigned)k < PORT_KEY_N ? port_keys[k] : "unknown";
}

enum port_key port_key_by_name(const char *name)
{
	for (unsigned k = 0; k < PORT_KEY_N; k++)
		if (strcmp(port_keys[k], name) == 0)
			return (enum port_key)k;
	return PORT_KEY_N;
}

struct inventory *inventory_new(void)
{
	return calloc(1, sizeof(struct inventory));
}

struct inventory *inventory_free(struct inventory *v)
{
	if (!v)
		return NULL;
	/* The entries are the arena's, the tables uthash's. */
	HASH_CLEAR(hh, v->addrs);
	HASH_CLEAR(hh, v->prefixes);
	HASH_CLEAR(hh, v->names);
	vec_done(&v->hosts);
	vec_done(&v->nets);
	arena_done(&v->arena);
	free(v);
	return NULL;
}

struct arena *inventory_arena(struct inventory *v)
{
	return &v->arena;
}

struct host *inventory_host(struct inventory *v, const struct addr *a)
{
	struct by_addr *e;

	HASH_FIND(hh, v->addrs, a, sizeof *a, e);
	return e ? e->host : NULL;
}

struct host *inventory_network(struct inventory *v, const struct prefix *p)
{
	struct by_prefix *e;

	HASH_FIND(hh, v->prefixes, p, sizeof *p, e);
	return e ? e->host : NULL;
}

struct host *inventory_named(struct inventory *v, const char *name)
{
	struct by_name *e;

	HASH_FIND(hh, v->names, name, strlen(name), e);
	return e ? e->host : NULL;
}

static bool index_addr(struct inventory *v, struct host *h, const struct addr *a)
{
	struct by_addr *e = arena_alloc(&v->arena, sizeof *e);

	if (!e)
		return false;
	e->addr = *a;
	e->host = h;
	HASH_ADD(hh, v->addrs, addr, sizeof e->addr, e);
	return e->hh.tbl != NULL;
}

static bool index_prefix(struct inventory *v, struct host *h)
{
	struct by_prefix *e = arena_alloc(&v->arena, sizeof *e);

	if (!e)
		return false;
	e->prefix = *h->net;
	e->host = h;
	HASH_ADD(hh, v->prefixes, prefix, sizeof e->prefix, e);
	return e->hh.tbl != NULL && vec_push(&v->nets, h);
}

static bool index_name(struct inventory *v, struct host *h)
{
	if (inventory_named(v, h->name))
		return true;

	struct by_name *e = arena_alloc(&v->arena, sizeof *e);

	if (!e)
		return false;
	e->name = h->name;
	e->host = h;
	HASH_ADD_KEYPTR(hh, v->names, e->name, strlen(e->name), e);
	return e->hh.tbl != NULL;
}

struct host *inventory_add(struct inventory *v, const struct host *h, const struct host **ret_other)
{
	const struct host *other = NULL;

	*ret_other = NULL;
	if (h->is_network)
		other = inventory_network(v, h->net);
	for (size_t i = 0; i < h->n_addr && !other; i++)
		other = inventory_host(v, &h->addr[i]);
	if (other) {
		*ret_other = other;
		return NULL;
	}

	struct host *mine = arena_alloc(&v->arena, sizeof *mine);

	if (!mine)
		return NULL;
	*mine = *h;
	mine->index = v->hosts.n;
	mine->roles = h->declared;
	if (!vec_push(&v->hosts, mine) || !index_name(v, mine))
		return NULL;
	if (h->is_network)
		return index_prefix(v, mine) ? mine : NULL;
	for (size_t i = 0; i < h->n_addr; i++) {
		if (inventory_host(v, &h->addr[i])) /* named twice for one host */
			continue;
		if (!index_addr(v, mine, &h->addr[i]))
			return NULL;
	}
	return mine;
}

int inventory_add_addr(struct inventory *v, struct host *h, const struct addr *a,
		       const struct host **ret_other)
{
	struct addr *more;

	*ret_other = inventory_host(v, a);
	if (*ret_other)
		return 1;
	more = arena_alloc(&v->arena, (h->n_addr + 1) * sizeof *more);
	if (!more)
		return -ENOMEM;
	if (h->n_addr)
		memcpy(more, h->addr, h->n_addr * sizeof *more);
	more[h->n_addr] = *a;
	if (!index_addr(v, h, a))
		return -ENOMEM;
	h->addr = more;
	h->n_addr++;
	return 0;
}

static int by_length(const void *pa, const void *pb)
{
	const struct prefix *a = (*(struct host *const *)pa)->net;
	const struct prefix *b = (*(struct host *const *)pb)->net;

	if (a->bits != b->bits)
		return a->bits > b->bits ? -1 : 1;
	return memcmp(&a->addr, &b->addr, sizeof a->addr);
}

void inventory_close(struct inventory *v)
{
	roleset listed = 0;

	for (size_t i = 0; i < v->hosts.n; i++)
		listed |= v->hosts.v[i]->declared;
	for (size_t i = 0; i < v->hosts.n; i++)
		v->hosts.v[i]->roles =
			roles_implied(v->hosts.v[i]->declared, roles_has(listed, ROLE_CRM_ORGWS),
				      roles_has(listed, ROLE_DNS));
	if (v->nets.n)
		qsort(v->nets.v, v->nets.n, sizeof *v->nets.v, by_length);
}

void inventory_forget_roles(struct inventory *v)
{
	inventory_close(v);
	for (size_t i = 0; i < v->hosts.n; i++) {
		struct host *h = v->hosts.v[i];

		h->said = h->roles;
		h->declared = h->roles = h->declared & ROLE_BIT(ROLE_IGNORE);
	}
}

size_t inventory_count(const struct inventory *v)
{
	return v->hosts.n;
}

const struct host *inventory_at(const struct inventory *v, size_t i)
{
	return i < v->hosts.n ? v->hosts.v[i] : NULL;
}

/* Where networks shorter than `bits` begin, from `at` on. */
static size_t end_of_length(const struct inventory *v, size_t at, uint8_t bits)
{
	size_t lo = at, hi = v->nets.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v->nets.v[mid]->net->bits == bits)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct host *inventory_network_of(const struct inventory *v, const struct addr *a)
{
	for (size_t at = 0, end; at < v->nets.n; at = end) {
		uint8_t bits = v->nets.v[at]->net->bits;
		struct prefix want = prefix_of(a, bits >= 96 ? (uint8_t)(bits - 96) : 0, bits);
		size_t lo = at, hi;

		end = hi = end_of_length(v, at, bits);
		/* ::/0 and kin also hold the mapped IPv4 range, but are no IPv4 networks. */
		if (addr_is_v4(a) && bits < 96)
			continue;
		while (lo < hi) {
			size_t mid = lo + (hi - lo) / 2;
			const struct prefix *p = v->nets.v[mid]->net;
			int c = memcmp(&p->addr, &want.addr, sizeof want.addr);

			if (c == 0)
				return v->nets.v[mid];
			if (c < 0)
				lo = mid + 1;
			else
				hi = mid;
		}
	}
	return NULL;
}

const struct host *inventory_find(const struct inventory *v, const struct addr *a)
{
	struct by_addr *e;

	HASH_FIND(hh, v->addrs, a, sizeof *a, e);
	return e ? e->host : inventory_network_of(v, a);
}

roleset inventory_roles(const struct inventory *v)
{
	roleset s = 0;

	for (size_t i = 0; i < v->hosts.n; i++)
		s |= v->hosts.v[i]->roles;
	return s;
}
