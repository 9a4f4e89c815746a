// SPDX-License-Identifier: BSD-2-Clause
/*
 * conv_absorb - the conversations of several tables in one. No pair of addresses is in two of them,
 * so nothing meets but the addresses.
 */
#include <errno.h>
#include <stdlib.h>

#include "flow/conv_table.h"
#include "flow/split.h"

void conv_table_need(const struct conv_table *t, struct conv_need *sum)
{
	sum->n += t->convs.n + t->waiting.n + t->attempts.n + t->n_flow;
	sum->memory += conv_table_memory(t);
}

bool conv_need_fits(const struct conv_table *t, const struct conv_need *sum)
{
	return sum->n < t->o.max_conversations &&
	       (!t->o.max_memory || sum->memory < t->o.max_memory);
}

struct conv_need conv_table_most(const struct conv_table *t)
{
	return (struct conv_need){t->o.max_conversations, t->o.max_memory};
}

void conv_table_limit(struct conv_table *t, const struct conv_need *most)
{
	t->o.max_conversations = most->n;
	t->o.max_memory = most->memory;
}

/* The numbers in `to` of all addresses of `from`, and what is known of them. */
static int ends_absorb(struct conv_table *to, const struct conv_table *from, uint32_t *ret_no)
{
	for (size_t i = 0; i < from->addrs.n; i++) {
		const struct conv_host *h = &from->addrs.v[i];
		uint32_t no = end_number(&to->addrs, &h->addr, h->vlan, true);

		if (no == END_NONE)
			return -ENOMEM;
		ret_no[i] = no;
		end_merge(&to->addrs.v[no], h);
		to->addrs.v[no].used |= h->used;
	}
	return 0;
}

static int set_absorb(struct conv_table *t, struct conv_set *to, const struct conv_set *from,
		      const uint32_t *no, bool waiting)
{
	int err = 0;

	for (size_t i = 0; i < from->n && err == 0; i++) {
		struct conv one = from->v[i];
		struct conv_key k = {no[one.client_no], no[one.server_no], one.port, one.proto,
				     waiting ? one.client_port_min : -1};
		struct conv *c = conv_set_get(t, to, &k, true, &err);

		if (!c)
			continue;
		one.client_no = k.client;
		one.server_no = k.server;
		if (c->flows)
			err = conv_merge(&t->rows, c, &one);
		else
			*c = one;
	}
	return err;
}

static int attempts_absorb(struct conv_table *to, const struct conv_table *from, const uint32_t *no)
{
	size_t n = to->attempts.n + from->attempts.n;
	struct attempt *v;

	if (!from->attempts.n)
		return 0;
	if (!bulk_room(&to->attempts.bulk, to->o.bank, n * sizeof *v))
		return -ENOMEM;
	v = to->attempts.v = to->attempts.bulk.v;
	for (size_t i = 0; i < from->attempts.n; i++) {
		struct attempt *a = &v[to->attempts.n++];

		*a = from->attempts.v[i];
		a->client_no = no[a->client_no];
		a->server_no = no[a->server_no];
	}
	return 0;
}

int conv_table_absorb(struct conv_table *to, struct conv_table *from)
{
	int err = conv_table_settle(to);
	uint32_t *no;

	err = err ? err : conv_table_settle(from);
	if (err)
		return err;
	no = malloc((from->addrs.n + 1) * sizeof *no);
	if (!no)
		return -ENOMEM;
	err = ends_absorb(to, from, no);
	err = err ? err : set_absorb(to, &to->convs, &from->convs, no, false);
	err = err ? err : set_absorb(to, &to->waiting, &from->waiting, no, true);
	err = err ? err : attempts_absorb(to, from, no);
	free(no);
	to->evicted += from->evicted;
	to->rows.bytes += from->rows.bytes;
	from->rows.bytes = 0;
	arena_join(&to->arena, &from->arena);
	return err;
}
