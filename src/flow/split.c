// SPDX-License-Identifier: BSD-2-Clause
#include "flow/split.h"

#include "flow/record.h"

void split_init(struct split *s, const struct hash_key *key)
{
	struct hash_key secret = key ? *key : hash_key_random();

	*s = (struct split){.tick_ns = 0}; /* as that of a new table */
	for (uint64_t i = 0; i < N_ELEMENTS(s->secret); i++)
		s->secret[i] = siphash13_words(&i, 1, &secret) | 1;
}

bool split_turns(struct split *s, int64_t ts_ns)
{
	if (likely((uint64_t)ts_ns - (uint64_t)s->tick_ns < NS_PER_S))
		return false;
	s->tick_ns = wheel_tick(ts_ns) * NS_PER_S;
	return true;
}

void flow_table_turn(struct flow_table *t, int64_t ts_ns)
{
	wheel_advance(t, ts_ns);
}

void flow_table_need(const struct flow_table *t, struct flow_need *sum)
{
	sum->records += t->lines.n_slab * lines_charge();
	sum->heads += t->heads.n_slab * pool_slab_bytes(&t->heads);
	sum->short_heads += t->short_heads.n_slab * pool_slab_bytes(&t->short_heads);
	sum->streams += t->streams_most;
	sum->vague |= !links_exact(&t->links);
}

bool flow_need_fits(const struct flow_table *t, const struct flow_need *sum)
{
	size_t heads = sum->heads + sum->short_heads;

	if (sum->vague || sum->streams > t->streams_max || sum->short_heads > t->heads_max / 2)
		return false;
	return heads <= t->heads_max && sum->records + heads + t->streams_max <= t->max_memory;
}

bool flow_table_places(struct flow_table *to, const struct flow_table *from)
{
	return links_absorb(&to->links, &from->links);
}

void flow_table_room(const struct flow_table *t, struct flow_room *ret_most,
		     struct flow_room *ret_taken)
{
	*ret_most = (struct flow_room){t->max_memory, t->heads_max, t->streams_max};
	*ret_taken = (struct flow_room){
		.memory = t->stats.memory,
		.heads = t->heads.n_slab * pool_slab_bytes(&t->heads) +
			 t->short_heads.n_slab * pool_slab_bytes(&t->short_heads),
		.streams = t->streams_memory,
	};
}

void flow_table_limit(struct flow_table *t, const struct flow_room *most)
{
	t->max_memory = most->memory;
	t->heads_max = most->heads;
	t->streams_max = most->streams;
}
