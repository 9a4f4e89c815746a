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
#include "flow/split.h"

struct crew;
/* For n shards, which stay the caller's, and as many threads as there are, the caller's included;
 * where some cannot be made, for those that can. NULL without memory. */
struct crew *crew_new(struct shard *const *shard, unsigned n, unsigned threads,
		      const struct hash_key *key);
/* Ends the threads; what was not worked on is dropped. */
struct crew *crew_free(struct crew *c);
/* One packet, which is copied. Packets that no flow table is concerned with are passed over. */
void crew_put(struct crew *c, const struct packet *p);
/* All flows of all shards end, as at the end of the input; returns when that is done. */
void crew_end(struct crew *c, int64_t now_ns);
/* The first error of a shard so far, a negative errno; -EAGAIN when shards took so much room that
 * one shard alone may have done otherwise. 0 else. */
int crew_error(const struct crew *c);

#endif
