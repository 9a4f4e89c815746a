// SPDX-License-Identifier: BSD-2-Clause
#include "engine/shard_room.h"

#include "engine/shard.h"
#include "learn/learn.h"

struct pair {
	struct shard_room most, taken;
};

static struct pair room_of(struct shard *sh)
{
	struct shard_tables t = shard_tables(sh);
	struct flow_room flow_most, flow;
	struct learn_room learn_most, learn;
	struct conv_need conv_most, conv = {0};

	flow_table_room(t.flows, &flow_most, &flow);
	learn_room(t.learn, &learn_most, &learn);
	conv_table_need(t.convs, &conv);
	conv_most = conv_table_most(t.convs);
	return (struct pair){
		.most = {{
			[ROOM_FLOWS] = flow_most.memory,
			[ROOM_HEADS] = flow_most.heads,
			[ROOM_STREAMS] = flow_most.streams,
			[ROOM_CONVS] = conv_most.n,
			[ROOM_ROWS] = conv_most.memory,
			[ROOM_READERS] = learn_most.flows,
			[ROOM_GRANTS] = learn_most.grants,
			[ROOM_SIGHTINGS] = learn_most.sightings,
			[ROOM_CARDS] = cards_most(t.cards),
		}},
		.taken = {{
			[ROOM_FLOWS] = flow.memory,
			[ROOM_HEADS] = flow.heads,
			[ROOM_STREAMS] = flow.streams,
			[ROOM_CONVS] = conv.n,
			[ROOM_ROWS] = conv.memory,
			[ROOM_READERS] = learn.flows,
			[ROOM_GRANTS] = learn.grants,
			[ROOM_SIGHTINGS] = learn.sightings,
			[ROOM_CARDS] = cards_taken(t.cards),
		}},
	};
}

struct shard_room shard_room_most(struct shard *sh)
{
	return room_of(sh).most;
}

struct shard_room shard_room_taken(struct shard *sh)
{
	return room_of(sh).taken;
}

void shard_room_limit(struct shard *sh, const struct shard_room *most)
{
	const size_t *v = most->v;
	struct shard_tables t = shard_tables(sh);

	flow_table_limit(t.flows, &(struct flow_room){.memory = v[ROOM_FLOWS],
						      .heads = v[ROOM_HEADS],
						      .streams = v[ROOM_STREAMS]});
	conv_table_limit(t.convs, &(struct conv_need){.n = v[ROOM_CONVS], .memory = v[ROOM_ROWS]});
	learn_limit(t.learn, &(struct learn_room){.flows = v[ROOM_READERS],
						  .grants = v[ROOM_GRANTS],
						  .sightings = v[ROOM_SIGHTINGS]});
	cards_limit(t.cards, v[ROOM_CARDS]);
}

void shard_room_add(struct shard_room *sum, const struct shard_room *r)
{
	for (size_t i = 0; i < ROOM_N; i++)
		sum->v[i] += r->v[i];
}

struct shard_room shard_room_share(const struct shard_room *most, const struct shard_room *others,
				   const struct shard_room *mine, unsigned parts)
{
	struct shard_room r;

	for (size_t i = 0; i < ROOM_N; i++) {
		size_t taken = others->v[i] + mine->v[i];

		r.v[i] = mine->v[i] + (taken < most->v[i] ? (most->v[i] - taken) / parts : 0);
	}
	return r;
}
