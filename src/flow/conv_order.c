// SPDX-License-Identifier: BSD-2-Clause
/* conv_order - conversations in the order of reports, and attempts among them. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "base/radix.h"
#include "flow/conv_apps.h"
#include "flow/conv_table.h"

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
static int places_make(struct conv_table *t, struct ends *ret_ends, struct bulk *ret_place)
{
	bool ok;

	for (size_t i = 0; i < t->convs.n; i++) {
		const struct conv *c = &t->convs.v[i];

		t->addrs.v[c->client_no].used = t->addrs.v[c->server_no].used = true;
	}
	ok = ends_sort(&t->addrs, &t->addr, &ret_ends->n, ret_place);
	ret_ends->addr = t->addr.v;
	return ok ? 0 : -ENOMEM;
}

static void numbers_to_places(struct conv_table *t, const uint32_t *place)
{
	for (size_t i = 0; i < t->convs.n; i++) {
		struct conv *c = &t->convs.v[i];

		c->client_no = place[c->client_no];
		c->server_no = place[c->server_no];
	}
	for (size_t i = 0; i < t->attempts.n; i++) {
		struct attempt *a = &t->attempts.v[i];

		a->client_no = place[a->client_no];
		a->server_no = place[a->server_no];
	}
}

static struct radix_key key_of(const struct report_order *o, uint32_t client, uint32_t server,
			       uint8_t proto, uint16_t port, uint16_t vlan)
{
	return (struct radix_key){
		.hi = (uint64_t)report_place(o, client) << 32 | report_place(o, server),
		.lo = (uint64_t)proto << 32 | (uint64_t)port << 16 | vlan,
	};
}

static struct radix_key attempt_key(const struct report_order *o, const struct attempt *a)
{
	return key_of(o, a->client_no, a->server_no, IPPROTO_NR_TCP, a->port, a->vlan);
}

/* Less than 0 where a comes first; 0: of one conversation. */
static int order_of(const struct conv_table *t, const struct radix_key *a,
		    const struct radix_key *b)
{
	unsigned vlan = t->o.vlan_key ? 0 : 16;

	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	return (a->lo >> vlan > b->lo >> vlan) - (a->lo >> vlan < b->lo >> vlan);
}

/* Sorted conversations and sorted attempts, side by side. */
struct merging {
	struct conv_table *t;
	const struct report_order *order;
	const struct ends *ends;
	const struct radix_key *key; /* of conversations that are left */
	size_t n_key;
	struct bulk list; /* uint32_t: numbers of conversations in order */
	size_t n;         /* in list */
	size_t lone;
};

static int list_conv(struct merging *m, uint32_t number)
{
	if (!bulk_room(&m->list, m->t->o.bank, (m->n + 1) * sizeof number))
		return -ENOMEM;
	((uint32_t *)m->list.v)[m->n++] = number;
	return 0;
}

static int list_convs_before(struct merging *m, const struct radix_key *key)
{
	int err = 0;

	for (; err == 0 && m->n_key && (!key || order_of(m->t, m->key, key) < 0);
	     m->key++, m->n_key--)
		err = list_conv(m, m->key->number);
	return err;
}

static int conv_new(struct merging *m, const struct attempt *a)
{
	struct conv_set *s = &m->t->convs;
	struct conv *c;

	if (!conv_set_room(m->t, s))
		return -ENOMEM;
	c = &s->v[s->n];
	conv_init(c, &m->ends->addr[a->client_no], &m->ends->addr[a->server_no], a->port,
		  IPPROTO_NR_TCP);
	c->client_no = a->client_no;
	c->server_no = a->server_no;
	return list_conv(m, (uint32_t)s->n++);
}

/* n attempts of one conversation, which may be one already. */
static int merge_attempts(struct merging *m, bool apart, const struct attempt *a, size_t n)
{
	struct radix_key key = attempt_key(m->order, a);
	int err = list_convs_before(m, &key);
	struct conv *c;

	if (err)
		return err;
	if (m->n_key && order_of(m->t, m->key, &key) == 0) {
		err = list_conv(m, m->key->number);
		m->key++;
		m->n_key--;
	} else if (apart && n == 1) {
		struct attempt *to = &m->t->attempts.v[m->lone++];

		*to = *a;
		to->before = (uint32_t)m->n;
		return 0;
	} else {
		err = conv_new(m, a);
	}
	if (err)
		return err;
	c = &m->t->convs.v[((uint32_t *)m->list.v)[m->n - 1]];
	for (size_t i = 0; i < n && err == 0; i++)
		err = attempt_into(&m->t->rows, c, &a[i]);
	return err;
}

/* Attempts that belong to a conversation go into it; lone ones stay, unless none may. */
static int merge(struct merging *m, bool apart)
{
	const struct attempt *v = m->t->attempts.v;
	size_t n = m->t->attempts.n;
	int err = 0;

	for (size_t i = 0, k; err == 0 && i < n; i = k) {
		struct radix_key key = attempt_key(m->order, &v[i]), next;

		for (k = i + 1; k < n; k++) {
			next = attempt_key(m->order, &v[k]);
			if (order_of(m->t, &key, &next))
				break;
		}
		err = merge_attempts(m, apart, &v[i], k - i);
	}
	err = err ? err : list_convs_before(m, NULL);
	m->t->attempts.n = m->lone;
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

/* Each record is moved once, to where from[] says that it is. */
static void convs_in_order(struct conv_set *s, uint32_t *from)
{
	assert(from || !s->n);
	for (uint32_t i = 0; i < s->n; i++)
		if (from[i] != i)
			circle_in_order(s, from, i);
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

/* Conversations in order, but for their rows, and lone attempts in theirs. */
static int put_together(struct conv_table *t, bool apart, const struct ends *ends)
{
	const struct report_order order = report_order(ends->addr, ends->n);
	struct merging m = {.t = t, .order = &order, .ends = ends, .n_key = t->convs.n};
	struct bulk keys = {0}, spares = {0};
	int err = attempts_sort(t, &order, ATTEMPTS_PART);
	struct radix_key *key;

	if (err == 0 && (!bulk_room(&keys, t->o.bank, (m.n_key + 1) * sizeof *key) ||
			 !bulk_room(&spares, t->o.bank, (m.n_key + 1) * sizeof *key)))
		err = -ENOMEM;
	if (err)
		goto out;
	key = keys.v;
	for (size_t i = 0; i < m.n_key; i++) {
		const struct conv *c = &t->convs.v[i];

		key[i] = key_of(&order, c->client_no, c->server_no, c->proto, c->port, c->vlan);
		key[i].number = (uint32_t)i;
	}
	m.key = radix_sort(key, spares.v, m.n_key);
	err = merge(&m, apart);
	if (err == 0)
		convs_in_order(&t->convs, m.list.v);
	bulk_cut(&t->attempts.bulk, t->o.bank, t->attempts.n * sizeof *t->attempts.v);
	t->attempts.v = t->attempts.bulk.v;
out:
	bulk_done(&keys, t->o.bank);
	bulk_done(&spares, t->o.bank);
	bulk_done(&m.list, t->o.bank);
	return err;
}

int conv_table_sort(struct conv_table *t, bool apart, struct ends *ret_ends)
{
	struct ends ends;
	struct bulk place = {0};
	int err = places_make(t, &ends, &place);

	/* Numbers are places from here on. */
	if (err == 0)
		numbers_to_places(t, place.v);
	bulk_done(&place, t->o.bank);
	err = err ? err : put_together(t, apart, &ends);
	err = err ? err : rows_in_order(t);
	if (err == 0 && ret_ends)
		*ret_ends = ends;
	return err;
}
