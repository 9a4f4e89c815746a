/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crew - threads that work on the shards of a run, while one reads and decodes for all of them.
 *
 * Who reads copies what the shard of a packet needs of it, header facts and payload, into that
 * shard's open parcel. A full parcel stands in line behind the others of its shard; whoever is free
 * takes the first parcel of a shard that nobody works on. So the packets of a shard stay in their
 * order, without a lock around any table, and a lock is taken per parcel, which is hundreds of
 * packets. There is a fixed number of parcels: a reader who finds none works on a shard, too, and
 * where nothing is left to work on it waits.
 *
 * Which shard a packet belongs to follows from its innermost addresses; see flow/split.h. One
 * thread calls everything below.
 */
#ifndef SPAN_ENGINE_CREW_H
#define SPAN_ENGINE_CREW_H

#include "engine/shard.h"
#include "engine/shard_room.h"
#include "flow/split.h"

struct coverage;
struct crew;
/* For n shards, which stay the caller's, and so many threads, the caller's included. `most`: what
 * all shards may have together, which is then dealt out between them; NULL: each may have what it
 * has, see crew_error(). NULL without memory. */
struct crew *crew_new(struct shard *const *shard, unsigned n, unsigned threads,
		      const struct hash_key *key, const struct shard_room *most);
/* Makes the threads, or as many of them as can be made; before that, and without, the caller does
 * everything. They have the rights that the caller has now. */
void crew_start(struct crew *c);
unsigned crew_threads(const struct crew *c); /* that there are, the caller's included */
/* Ends the threads; what was not worked on is dropped. */
struct crew *crew_free(struct crew *c);
/* One packet, which is copied. Packets that no flow table is concerned with are passed over. */
void crew_put(struct crew *c, const struct packet *p);
/* Which shard has what passes between two addresses. */
unsigned crew_shard(const struct crew *c, const struct addr *x, const struct addr *y);
/* What was put in is worked on, also where it is little. */
void crew_hand_over(struct crew *c);
/* The same, and returns when that is done: until the next packet the shards are the caller's. */
void crew_rest(struct crew *c);
/* For a fork(2) between the two. In the child the shards are those of crew_rest(), and the crew,
 * whose threads are not there, is to be forgotten: it cannot be freed. */
void crew_hold(struct crew *c);
void crew_go_on(struct crew *c);
/* Adds the figures of what was worked on so far. */
void crew_coverage(struct crew *c, struct coverage *sum);
/* All flows of all shards end, as at the end of the input; returns when that is done. */
void crew_end(struct crew *c, int64_t now_ns);
/* The first error of a shard so far, a negative errno; -EAGAIN when shards, without `most`, took so
 * much room that one shard alone may have done otherwise. 0 else. */
int crew_error(const struct crew *c);

#endif
