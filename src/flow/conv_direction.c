// SPDX-License-Identifier: BSD-2-Clause
/*
 * conv_direction - the direction of flows that show none themselves, when every flow is known: only
 * then can it be said which end is a server elsewhere, or shared by many.
 *
 * What is asked about an entry stands anywhere in a table as large as all that wait, so it is
 * fetched for a line of entries before the first of them is worked on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/radix.h"
#include "flow/conv_table.h"

enum { FIRST_SLOTS = 64, LINE = 32, GIVE_BACK = 128 * LINE };

/* Where what is asked about an entry may be found. */
struct near {
	uint64_t end[2]; /* hashes of its endpoints */
	uint32_t tag;    /* of another conversation: see look_back(), look_into() */
};

static uint64_t end_hash(const struct conv_table *t, uint32_t no, uint16_t port, uint8_t proto)
{
	uint64_t w = (uint64_t)no << 32 | (uint64_t)port << 8 | proto;
	uint64_t hash = siphash13_words(&w, 1, &t->key);

	prefetch(&t->end[hash & (t->ends - 1)]);
	return hash;
}

static struct endpoint *end_at(const struct conv_table *t, uint64_t hash, uint32_t no,
			       uint16_t port, uint8_t proto)
{
	for (uint64_t i = hash;; i++) {
		struct endpoint *e = &t->end[i & (t->ends - 1)];

		if (!e->used || (e->no == no && e->port == port && e->proto == proto))
			return e;
	}
}

static struct endpoint *client_end(const struct conv_table *t, const struct near *near,
				   const struct conv *c)
{
	return end_at(t, near->end[0], c->client_no, c->client_port_min, c->proto);
}

static struct endpoint *server_end(const struct conv_table *t, const struct near *near,
				   const struct conv *c)
{
	return end_at(t, near->end[1], c->server_no, c->port, c->proto);
}

/* The entry of the same 5-tuple whose first sender was the other end. */
static struct conv_key reverse_key(const struct conv *c)
{
	return (struct conv_key){c->server_no, c->client_no, c->client_port_min, c->proto, c->port};
}

static const struct conv *reverse(const struct conv_table *t, const struct near *near,
				  const struct conv *c)
{
	struct conv_key k = reverse_key(c);
	const struct conv *r = conv_set_find(&t->waiting, &k, near->tag);

	return r != c ? r : NULL;
}

/* Of n entries that wait. */
static void look_back(const struct conv_table *t, const struct conv *c, size_t n,
		      struct near near[LINE])
{
	for (size_t i = 0; i < n; i++) {
		struct conv_key k = reverse_key(&c[i]);

		near[i].end[0] = end_hash(t, c[i].client_no, c[i].client_port_min, c[i].proto);
		near[i].end[1] = end_hash(t, c[i].server_no, c[i].port, c[i].proto);
		near[i].tag = conv_key_tag(t, &k);
		conv_set_fetch_slot(&t->waiting, near[i].tag);
	}
}

static size_t line_at(size_t at, size_t n)
{
	return n - at < LINE ? n - at : LINE;
}

/* ------------------------------------------------------------------ survey */

static bool is_lower(const struct conv *c)
{
	int order = addr_compare(&c->client, &c->server);

	return order < 0 || (order == 0 && c->client_port_min < c->port);
}

static void count_peer(struct endpoint *e, uint32_t no, uint16_t port, uint8_t proto)
{
	e->no = no;
	e->port = port;
	e->proto = proto;
	e->used = true;
	e->peers += e->peers < 2;
}

static void count_peers(struct conv_table *t)
{
	struct near near[LINE];

	for (size_t at = 0; at < t->waiting.n; at += LINE) {
		const struct conv *v = &t->waiting.v[at];
		size_t n = line_at(at, t->waiting.n);

		look_back(t, v, n, near);
		for (size_t i = 0; i < n; i++) {
			const struct conv *c = &v[i];

			if (!is_lower(c) && reverse(t, &near[i], c))
				continue;
			count_peer(client_end(t, &near[i], c), c->client_no, c->client_port_min,
				   c->proto);
			count_peer(server_end(t, &near[i], c), c->server_no, c->port, c->proto);
		}
	}
}

/* Who serves in a conversation that shows its direction. */
static void mark_servers(struct conv_table *t)
{
	uint64_t hash[LINE];

	for (size_t at = 0; at < t->convs.n; at += LINE) {
		const struct conv *v = &t->convs.v[at];
		size_t n = line_at(at, t->convs.n);

		for (size_t i = 0; i < n; i++)
			hash[i] = end_hash(t, v[i].server_no, v[i].port, v[i].proto);
		for (size_t i = 0; i < n; i++) {
			struct endpoint *e;

			if (v[i].group || v[i].reason > DIR_MESSAGE)
				continue;
			e = end_at(t, hash[i], v[i].server_no, v[i].port, v[i].proto);
			e->server = e->used;
		}
	}
}

static void mark_attempted(struct conv_table *t)
{
	uint64_t hash[LINE];

	for (size_t at = 0; at < t->attempts.n; at += LINE) {
		const struct attempt *a = &t->attempts.v[at];
		size_t n = line_at(at, t->attempts.n);

		for (size_t i = 0; i < n; i++)
			hash[i] = end_hash(t, a[i].server_no, a[i].port, IPPROTO_NR_TCP);
		for (size_t i = 0; i < n; i++) {
			struct endpoint *e =
				end_at(t, hash[i], a[i].server_no, a[i].port, IPPROTO_NR_TCP);

			e->server = e->used;
		}
	}
}

/* What most conversations were, they become where they are. */
static bool stays(const struct conv_table *t)
{
	return t->waiting.n > t->convs.n;
}

static int survey(struct conv_table *t)
{
	enum { AFTER = 2 * sizeof(struct radix_key) }; /* what they are sorted by */

	t->ends = FIRST_SLOTS;
	while (t->ends < t->waiting.n * 3)
		t->ends *= 2;
	if (!bulk_room(&t->endpoints, t->o.bank, t->ends * sizeof *t->end))
		return -ENOMEM;
	/* From here on entries give back what others take, or take nothing themselves. */
	bank_keep(t->o.bank, stays(t) ? t->waiting.n * AFTER : 0);
	t->end = memset(t->endpoints.v, 0, t->ends * sizeof *t->end);
	count_peers(t);
	mark_servers(t);
	mark_attempted(t);
	return 0;
}

/* ------------------------------------------------------------------ decisions */

/* Which end of an entry that waits is the client: 0 as it stands, 1 the other. */
static unsigned decide(const struct conv_table *t, const struct near *near, const struct conv *c,
		       enum dir_reason *ret_reason)
{
	const struct endpoint *a = client_end(t, near, c), *b = server_end(t, near, c);

	*ret_reason = DIR_LEARNED;
	if (a->server != b->server)
		return a->server;

	bool known_a = false, known_b = false;

	if (t->o.known_port) {
		known_a = t->o.known_port(t->o.user, c->proto, c->client_port_min);
		known_b = t->o.known_port(t->o.user, c->proto, c->port);
	}
	*ret_reason = DIR_PORT;
	if (known_a != known_b)
		return known_a;
	*ret_reason = DIR_FAN_IN;
	if ((a->peers == 1) != (b->peers == 1))
		return b->peers == 1;

	const struct conv *r = reverse(t, near, c);

	*ret_reason = DIR_FIRST;
	if (!r || c->first_ns < r->first_ns)
		return 0;
	if (c->first_ns > r->first_ns)
		return 1;

	struct evidence mine = conv_earliest(c), theirs = conv_earliest(r);

	return evidence_compare(&mine, &theirs) > 0;
}

/* For each that waits, what decide() says: which end, and why. NULL without memory. */
static uint8_t *decisions(const struct conv_table *t)
{
	uint8_t *ret = malloc(t->waiting.n);
	struct near near[LINE];

	for (size_t at = 0; ret && at < t->waiting.n; at += LINE) {
		size_t n = line_at(at, t->waiting.n);

		look_back(t, &t->waiting.v[at], n, near);
		for (size_t i = 0; i < n; i++) {
			enum dir_reason reason;
			unsigned flip = decide(t, &near[i], &t->waiting.v[at + i], &reason);

			ret[at + i] = (uint8_t)((unsigned)reason << 1 | flip);
		}
	}
	return ret;
}

/* ------------------------------------------------------------------ what they come to */

static struct conv_key key_by(const struct conv *c, uint8_t decision)
{
	if (decision & 1)
		return (struct conv_key){c->server_no, c->client_no, c->client_port_min, c->proto,
					 -1};
	return (struct conv_key){c->client_no, c->server_no, c->port, c->proto, -1};
}

static int become(struct conv_table *t, const struct conv *waiting, uint8_t decision, uint32_t tag)
{
	struct conv_key k = key_by(waiting, decision);
	struct conv c = *waiting; /* its rows are turned with it, where they stand */
	bool is_new;
	int err;
	struct conv *to = conv_set_place(t, &t->convs, &k, tag, true, &is_new, &err);

	if (!to)
		return err;
	if (decision & 1)
		conv_flip(&c);
	c.reason = (enum dir_reason)(decision >> 1);
	if (!is_new)
		return conv_merge(&t->rows, to, &c);
	*to = c; /* other rows go with it: nobody else has them any more */
	return 0;
}

/* Of n entries. */
static void look_into(const struct conv_table *t, const struct conv *c, size_t n,
		      const uint8_t *decision, struct near near[LINE])
{
	for (size_t i = 0; i < n; i++) {
		struct conv_key k = key_by(&c[i], decision[i]);

		near[i].tag = conv_key_tag(t, &k);
		conv_set_fetch_slot(&t->convs, near[i].tag);
	}
	for (size_t i = 0; i < n; i++)
		conv_set_fetch(&t->convs, near[i].tag);
}

/* The i-th of those that waited, of which the ones before it are conversations in their place. */
static int become_here(struct conv_table *t, size_t i, uint8_t decision, uint32_t tag)
{
	struct conv *c = &t->convs.v[i], *to;
	struct conv_key k = key_by(c, decision);
	bool is_new;
	int err;

	if (decision & 1)
		conv_flip(c);
	c->reason = (enum dir_reason)(decision >> 1);
	to = conv_set_place(t, &t->convs, &k, tag, true, &is_new, &err);
	if (!to)
		return err;
	if (!is_new)
		return conv_merge(&t->rows, to, c);
	if (to != c)
		*to = *c;
	return 0;
}

/* Those that had their direction, behind them. */
static int rejoin(struct conv_table *t, struct conv_set *had)
{
	int err = 0;

	while (had->n && err == 0) {
		size_t at = (had->n - 1) / LINE * LINE, n = had->n - at;
		uint32_t tag[LINE];

		for (size_t i = 0; i < n; i++) {
			struct conv_key k = key_by(&had->v[at + i], 0);

			tag[i] = conv_key_tag(t, &k);
			conv_set_fetch_slot(&t->convs, tag[i]);
		}
		for (size_t i = 0; i < n && err == 0; i++) {
			const struct conv *c = &had->v[at + i];
			struct conv_key k = key_by(c, 0);
			bool is_new;
			struct conv *to =
				conv_set_place(t, &t->convs, &k, tag[i], true, &is_new, &err);

			if (to && is_new)
				*to = *c;
			else if (to)
				err = conv_merge(&t->rows, to, c);
		}
		had->n = at;
		if (at % GIVE_BACK == 0)
			conv_set_cut(t, had, at);
	}
	bulk_done(&had->convs, t->o.bank);
	return err;
}

static int resolve_here(struct conv_table *t, const uint8_t *decision)
{
	struct conv_set had = t->convs;
	size_t n = t->waiting.n;
	struct near near[LINE];
	int err = 0;

	free(had.slot);
	memset(t->waiting.slot, 0, t->waiting.slots * sizeof *t->waiting.slot);
	t->convs = t->waiting;
	t->convs.n = 0;
	t->waiting = (struct conv_set){0};
	for (size_t at = 0; at < n && err == 0; at += LINE) {
		size_t in_line = line_at(at, n);

		look_into(t, &t->convs.v[at], in_line, decision + at, near);
		for (size_t i = 0; i < in_line && err == 0; i++)
			err = become_here(t, at + i, decision[at + i], near[i].tag);
	}
	if (err == 0)
		return rejoin(t, &had);
	bulk_done(&had.convs, t->o.bank);
	return err;
}

/* The last one first: its room is given back on the way, so that they are never all there twice. */
static int resolve(struct conv_table *t, const uint8_t *decision)
{
	struct near near[LINE];

	free(t->waiting.slot);
	t->waiting.slot = NULL;

	while (t->waiting.n) {
		size_t at = (t->waiting.n - 1) / LINE * LINE;

		look_into(t, &t->waiting.v[at], t->waiting.n - at, decision + at, near);
		for (size_t i = t->waiting.n; i-- > at; t->waiting.n = i) {
			int err = become(t, &t->waiting.v[i], decision[i], near[i - at].tag);

			if (err < 0)
				return err;
		}
		if (at && at % GIVE_BACK == 0)
			conv_set_cut(t, &t->waiting, at);
	}
	return 0;
}

int conv_table_directions(struct conv_table *t)
{
	uint8_t *decision = NULL;
	int err = survey(t);

	if (err == 0) {
		decision = decisions(t);
		err = decision ? 0 : -ENOMEM;
	}
	bulk_done(&t->endpoints, t->o.bank);
	t->end = NULL;
	if (err == 0)
		err = stays(t) ? resolve_here(t, decision) : resolve(t, decision);
	free(decision);
	return err;
}
