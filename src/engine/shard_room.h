/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shard_room - what the shards of a run may have together, dealt out between them.
 *
 * Who reads files can begin again with one shard when room becomes scarce (shard_need). Packets of
 * an interface come once, so there each shard has what it took and a part of what nobody took, and
 * that is dealt anew with each parcel: a shard does without when all of them have taken everything,
 * and no sooner.
 */
#ifndef SPAN_ENGINE_SHARD_ROOM_H
#define SPAN_ENGINE_SHARD_ROOM_H

#include <stddef.h>

enum {
	ROOM_FLOWS, /* bytes, with the next two */
	ROOM_HEADS,
	ROOM_STREAMS,
	ROOM_CONVS, /* conversations, and their bytes */
	ROOM_ROWS,
	ROOM_READERS, /* bytes, as the next two */
	ROOM_GRANTS,
	ROOM_SIGHTINGS,
	ROOM_CARDS, /* cards */
	ROOM_N
};
struct shard_room {
	size_t v[ROOM_N];
};

struct shard;
/* What it may have; of a new one that is what the run may have. */
struct shard_room shard_room_most(struct shard *sh);
struct shard_room shard_room_taken(struct shard *sh);
void shard_room_limit(struct shard *sh, const struct shard_room *most);
void shard_room_add(struct shard_room *sum, const struct shard_room *r);
/* For one that took `mine`, when the others took or were given `others` of `most`: that, and one of
 * `parts` equal parts of the rest. */
struct shard_room shard_room_share(const struct shard_room *most, const struct shard_room *others,
				   const struct shard_room *mine, unsigned parts);

#endif
