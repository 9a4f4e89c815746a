// SPDX-License-Identifier: BSD-2-Clause
#include "flow/ahead.h"

#include "flow/straight.h"
#include "flow/stream.h"

/* What was made of its first bytes, which is its owner's. */
static void fetch_app(const struct rest *e)
{
	if (e->app)
		prefetch(e->app);
}

/* What a flow without reader will do with payload: first bytes of both sides, and what was made of
 * them so far. */
static void fetch_head(const struct flow_table *t, const struct rec *r, const struct rest *e)
{
	if (r->flags & F_STREAM) {
		prefetch(line_at(t, e->stream));
		return;
	}
	if (r->flags & F_HEAD_OFF)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (e->head[i])
			prefetch(head_at(t, e->head[i]));
	fetch_app(e);
}

static void fetch_reader(const struct flow_table *t, const struct rec *r, const struct cold *c)
{
	const struct stream *st = stream_at(t, r, c);

	if (!st)
		return;
	if (st->reader)
		prefetch(st->reader);
	if (st->app)
		prefetch(st->app);
}

static struct cold *fetch_halves(const struct flow_table *t, const struct rec *r)
{
	struct cold *c = cold_at(t, r);

	if (c)
		prefetch(c);
	if (r->flags & F_V6)
		prefetch(line_at(t, r->v6));
	return c;
}

/* Behind the last packet: what was made of the first bytes, however long ago, and where it was
 * seen. */
static void fetch_told(const struct flow_table *t, const struct rec *r, const struct rest *e)
{
	fetch_head(t, r, e);
	if ((r->flags & (F_HEAD_OFF | F_STREAM)) == F_HEAD_OFF)
		fetch_app(e);
	for (unsigned i = 0; i < 2; i++)
		links_fetch_number(&t->links, rest_link(e, i));
}

void flow_fetch(const struct flow_table *t, const uint32_t *rec, size_t n)
{
	const struct cold *cold[FLOW_BATCH];

	for (size_t i = 0; i < n; i++) {
		const struct rec *r = rec[i] ? rec_at(t, rec[i]) : NULL;

		cold[i] = r ? fetch_halves(t, r) : NULL;
		if (r)
			links_fetch_number(&t->links, r->link);
	}
	for (size_t i = 0; i < n; i++)
		if (cold[i])
			prefetch(rest_at(t, cold[i]));
	for (size_t i = 0; i < n; i++)
		if (cold[i])
			fetch_told(t, rec_at(t, rec[i]), rest_at(t, cold[i]));
	for (size_t i = 0; i < n; i++)
		if (cold[i])
			fetch_reader(t, rec_at(t, rec[i]), cold[i]);
}

/* Keys, and what the index says of them. */
static void look_up(struct flow_table *t, const struct packet *p, size_t n, struct ahead *a)
{
	for (size_t i = 0; i < n; i++) {
		if (unlikely(!ahead_is_segment(&p[i]))) {
			a[i] = (struct ahead){.home = t->index.none};
			continue;
		}
		ahead_key(t, &p[i], &a[i].key);
		a[i].kind = steady_kind(a[i].key.from, p[i].payload_wire);
		a[i].home = index_home(&t->index, a[i].key.hash);
	}
	for (size_t i = 0; i < n; i++) {
		a[i].number = index_first(&t->index, a[i].key.hash, a[i].home);
		a[i].rec = rec_at(t, a[i].number);
		prefetch(a[i].rec);
	}
}

/* One kind after the other, so that each fetch has the time of all the others. What is not there is
 * line 0. */
void ahead_look(struct flow_table *t, const struct packet *p, size_t n, struct ahead *ret)
{
	uint32_t link[FLOW_BATCH], late[FLOW_BATCH];
	size_t n_link = 0, n_late = 0;

	look_up(t, p, n, ret);
	for (size_t i = 0; i < n; i++) {
		const struct rec *r = ret[i].rec;

		ret[i].cold = line_at(t, r->cold);
		prefetch(ret[i].cold);
		if (unlikely(r->flags & F_V6))
			prefetch(line_at(t, r->v6));
		if (!(r->flags & BIT(F_SEEN, ret[i].key.from)))
			link[n_link++] = links_fetch(&t->links, &p[i]);
	}
	for (size_t i = 0; i < n; i++) {
		const struct cold *c = ret[i].cold;

		if ((c->steady >> ret[i].kind & 1 && !(ret[i].rec->flags & F_STREAM)) || !c->rest)
			continue; /* the straight way, probably */
		prefetch(rest_at(t, c));
		late[n_late++] = (uint32_t)i;
	}
	for (size_t i = 0; i < n_link; i++)
		links_fetch_more(&t->links, link[i]);
	for (size_t i = 0; i < n_late; i++)
		fetch_head(t, ret[late[i]].rec, rest_at(t, ret[late[i]].cold));
	for (size_t i = 0; i < n_late; i++)
		fetch_reader(t, ret[late[i]].rec, ret[late[i]].cold);
}
