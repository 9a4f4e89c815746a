// SPDX-License-Identifier: BSD-2-Clause
/* conv_order - conversations in the order of reports, and attempts among them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "base/radix.h"
#include "flow/conv_apps.h"
#include "flow/conv_table.h"

/* The place of each address in the order of reports, by its place in that of bytes: IPv4 first. */
struct report_order {
	uint32_t v4_from, v4_n;
};

static uint32_t report_place(const struct report_order *o, uint32_t place)
{
	if (place >= o->v4_from + o->v4_n)
		return place;
	return place < o->v4_from ? place + o->v4_n : place - o->v4_from;
}

static struct report_order report_order(const struct addr *a, size_t n)
{
	struct report_order o = {0, 0};

	while (o.v4_from < n && !addr_is_v4(&a[o.v4_from]))
		o.v4_from++;
	while (o.v4_from + o.v4_n < n && addr_is_v4(&a[o.v4_from + o.v4_n]))
		o.v4_n++;
	return o;
}

/* Addresses by their places. */
static int places_make(struct conv_table *t, struct ends *ret_ends, uint32_t **ret_place)
{
	bool *used = calloc(t->addrs.n + 1, sizeof *used); /* not by hosts that were put in alone */
	bool ok = used;

	for (size_t i = 0; ok && i < t->convs.n; i++)
		used[t->convs.v[i].client_no] = used[t->convs.v[i].server_no] = true;
	for (size_t i = 0; ok && i < t->attempts.n; i++)
		used[t->attempts.v[i].client_no] = used[t->attempts.v[i].server_no] = true;
	ok = ok && ends_sort(&t->addrs, used, &t->addr, &ret_ends->n, ret_place);
	ret_ends->addr = t->addr;
	free(used);
	return ok ? 0 : -ENOMEM;
}

static struct radix_key key_of(const struct report_order *o, uint32_t client, uint32_t server,
			       uint64_t service, size_t number)
{
	return (struct radix_key){
		.hi = (uint64_t)report_place(o, client) << 32 | report_place(o, server),
		.lo = service,
		.number = (uint32_t)number,
	};
}

/* Numbers become places; and the keys of all, conversations first. */
static void keys_make(struct conv_table *t, const struct ends *ends, const uint32_t *place,
		      struct radix_key *key)
{
	const struct report_order order = report_order(ends->addr, ends->n);
	size_t n = t->convs.n;

	for (size_t i = 0; i < n; i++) {
		struct conv *c = &t->convs.v[i];

		c->client_no = place[c->client_no];
		c->server_no = place[c->server_no];
		key[i] = key_of(&order, c->client_no, c->server_no,
				(uint64_t)c->proto << 32 | (uint64_t)c->port << 16 | c->vlan, i);
	}
	for (size_t i = 0; i < t->attempts.n; i++) {
		struct attempt *a = &t->attempts.v[i];

		a->client_no = place[a->client_no];
		a->server_no = place[a->server_no];
		key[n + i] = key_of(
			&order, a->client_no, a->server_no,
			(uint64_t)IPPROTO_NR_TCP << 32 | (uint64_t)a->port << 16 | a->vlan, n + i);
	}
}

static bool alike(const struct conv_table *t, const struct radix_key *a, const struct radix_key *b)
{
	uint64_t other = a->lo ^ b->lo;

	return a->hi == b->hi && !(t->o.vlan_key ? other : other >> 16);
}

/* The conversation that the n keys of one stand for: one of them may be one already. */
static int conv_of(struct conv_table *t, const struct ends *ends, const struct radix_key *key,
		   size_t n, size_t n_conv, uint32_t *ret_number)
{
	size_t at = t->convs.n;
	struct conv *c;
	int err = 0;

	for (size_t i = 0; i < n; i++)
		if (key[i].number < n_conv)
			at = key[i].number;
	if (at == t->convs.n) {
		const struct attempt *a = &t->attempts.v[key[0].number - n_conv];

		if (!conv_set_room(t, &t->convs))
			return -ENOMEM;
		c = &t->convs.v[t->convs.n++];
		conv_init(c, &ends->addr[a->client_no], &ends->addr[a->server_no], a->port,
			  IPPROTO_NR_TCP);
		c->client_no = a->client_no;
		c->server_no = a->server_no;
	}
	c = &t->convs.v[at];
	for (size_t i = 0; i < n && err == 0; i++)
		if (key[i].number >= n_conv)
			err = attempt_into(&t->rows, c, &t->attempts.v[key[i].number - n_conv]);
	*ret_number = (uint32_t)at;
	return err;
}

struct lone { /* an attempt that stays one, and the conversations before it */
	uint32_t number, before;
};

/* Sorted keys become those of conversations, and *ret_alone attempts stay in `alone`. */
static int attempts_in(struct conv_table *t, bool apart, const struct ends *ends,
		       struct radix_key *key, size_t n_conv, struct lone *alone, size_t *ret_alone)
{
	size_t n = n_conv + t->attempts.n, left = 0;
	int err = 0;

	for (size_t i = 0, k; err == 0 && i < n; i = k) {
		for (k = i + 1; k < n && alike(t, &key[i], &key[k]); k++)
			;
		if (apart && k == i + 1 && key[i].number >= n_conv) {
			alone[(*ret_alone)++] =
				(struct lone){key[i].number - (uint32_t)n_conv, (uint32_t)left};
			continue;
		}
		err = conv_of(t, ends, &key[i], k - i, n_conv, &key[left].number);
		left++;
	}
	return err;
}

static void fetch_conv(const struct conv_set *s, uint32_t i)
{
	for (size_t at = 0; at < sizeof *s->v; at += CACHELINE)
		prefetch((const char *)&s->v[i] + at);
}

/* The records of the circle that place i is in: each takes the place of the one before it. Where
 * the next ones come from is known some steps ahead. */
static void circle_in_order(struct conv_set *s, uint32_t *from, uint32_t i)
{
	enum { AHEAD = 8 };
	struct conv first = s->v[i];
	uint32_t to = i, far = from[i];

	for (unsigned k = 0; k < AHEAD && far != i; k++, far = from[far])
		fetch_conv(s, far);
	for (uint32_t at = from[i], next; at != i; to = at, at = next) {
		if (far != i) {
			fetch_conv(s, far);
			far = from[far];
		}
		next = from[at];
		s->v[to] = s->v[at];
		from[to] = to;
	}
	s->v[to] = first;
	from[to] = to;
}

/* Each record is moved once: keys were sorted in their stead. */
static int convs_in_order(struct conv_set *s, const struct radix_key *sorted)
{
	uint32_t *from = malloc((s->n + 1) * sizeof *from), n = (uint32_t)s->n;

	if (!from)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		from[i] = sorted[i].number;
	for (uint32_t i = 0; i < n; i++)
		if (from[i] != i)
			circle_in_order(s, from, i);
	free(from);
	return 0;
}

static void fetch_rows(const struct conv *c)
{
	size_t apps = c->alone ? 0 : c->n_app * sizeof *c->app;

	for (size_t at = 0; at < apps; at += CACHELINE)
		prefetch((const char *)c->app + at);
	prefetch(c->fail);
}

/* Rows too: whoever goes through all conversations then waits for none of them. */
static int rows_in_order(struct conv_table *t)
{
	enum { AHEAD = 8 };
	struct arena rows = {.bank = t->o.bank};
	struct conv_set *s = &t->convs;

	for (size_t i = 0; i < s->n; i++) {
		if (i + AHEAD < s->n)
			fetch_rows(&s->v[i + AHEAD]);
		conv_apps_tidy(&s->v[i]);
		if (!conv_rows_move(&rows, &s->v[i])) {
			arena_done(&rows); /* the table is of no use any more */
			return -ENOMEM;
		}
	}
	arena_done(&t->arena);
	t->arena = rows;
	return 0;
}

/* The lone attempts in their order, and no others. */
static int attempts_in_order(struct conv_table *t, const struct lone *alone, size_t n)
{
	enum { AHEAD = 24 };
	struct bulk bulk = {0};
	struct attempt *v;

	if (!n) {
		attempts_replace(t, &bulk, 0);
		return 0;
	}
	if (!bulk_room(&bulk, t->o.bank, n * sizeof *v))
		return -ENOMEM;
	v = bulk.v;
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			prefetch(&t->attempts.v[alone[i + AHEAD].number]);
		v[i] = t->attempts.v[alone[i].number];
		v[i].before = alone[i].before;
	}
	attempts_replace(t, &bulk, n);
	return 0;
}

/* Conversations in order, but for their rows; *ret_alone: lone attempts, in theirs. */
static int put_together(struct conv_table *t, bool apart, const struct ends *ends,
			const uint32_t *place, struct lone **ret_alone, size_t *ret_n)
{
	size_t n_conv = t->convs.n, n = n_conv + t->attempts.n;
	struct bulk keys = {0}, spares = {0};
	bool ok = bulk_room(&keys, t->o.bank, (n + 1) * sizeof(struct radix_key)) &&
		  bulk_room(&spares, t->o.bank, (n + 1) * sizeof(struct radix_key));
	struct radix_key *key = keys.v, *spare = spares.v, *sorted;
	struct lone *alone;
	int err = ok ? 0 : -ENOMEM;

	if (err < 0)
		goto out;
	keys_make(t, ends, place, key);
	sorted = radix_sort(key, spare, n);
	/* The other one has room for these. */
	alone = (struct lone *)(void *)(sorted == key ? spare : key);
	err = attempts_in(t, apart, ends, sorted, n_conv, alone, ret_n);
	if (err < 0)
		goto out;
	err = convs_in_order(&t->convs, sorted);
	if (err < 0)
		goto out;
	*ret_alone = malloc((*ret_n + 1) * sizeof *alone);
	if (!*ret_alone)
		err = -ENOMEM;
	else if (*ret_n)
		memcpy(*ret_alone, alone, *ret_n * sizeof *alone);
out:
	bulk_done(&keys, t->o.bank);
	bulk_done(&spares, t->o.bank);
	return err;
}

int conv_table_sort(struct conv_table *t, bool apart, struct ends *ret_ends)
{
	struct ends ends;
	uint32_t *place = NULL;
	struct lone *alone = NULL;
	size_t n_alone = 0;
	int err = places_make(t, &ends, &place);

	/* Numbers are places from here on, and what follows needs room. */
	end_table_done(&t->addrs);
	err = err ? err : put_together(t, apart, &ends, place, &alone, &n_alone);
	err = err ? err : rows_in_order(t);
	err = err ? err : attempts_in_order(t, alone, n_alone);
	if (err == 0 && ret_ends)
		*ret_ends = ends;
	free(place);
	free(alone);
	return err;
}
