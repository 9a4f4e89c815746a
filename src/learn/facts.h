/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * facts - a table of what was said, each thing once however often it was: the octets that make it
 * one fact, the earliest packet, the latest time, how often. Private to this folder.
 *
 * Rows merge by minimum, maximum, sum and logical and, so neither the order nor the hash secret can
 * be seen in them; who lists them sorts them. Rows are bounded, in memory and by who causes them.
 */
#ifndef SPAN_LEARN_FACTS_H
#define SPAN_LEARN_FACTS_H

#include "base/addr.h"
#include "base/evidence.h"
#include "base/siphash.h"

struct fact_row {
	struct fact_row *next; /* of the same bucket */
	uint64_t hash;
	struct evidence first;
	int64_t last_ns;
	uint64_t n;
	bool always; /* what facts_add() was told each time */
	size_t words;
	uint64_t fact[]; /* padded with zeros: hashed and compared as octets */
};

struct facts_limits {
	size_t buckets;
	size_t rows, memory; /* memory: of rows, in octets */
	size_t listed;       /* octets that a row costs once more, where it is listed */
};

/* Whose rows they are: the kind of this host has at most so many. */
struct fact_cause {
	struct addr host;
	uint64_t kind;
	uint32_t max;
};

struct facts;
struct facts *facts_new(const struct hash_key *key, const struct facts_limits *l);
struct facts *facts_free(struct facts *t);
/* False when there was no room. */
bool facts_add(struct facts *t, const uint64_t *fact, size_t words, const struct fact_cause *of,
	       bool always, const struct evidence *at);
/* The same for rows of another table of the same facts: how often, from when to when, and whether
 * each time. */
struct fact_seen {
	struct evidence first;
	int64_t last_ns;
	uint64_t n;
	bool always;
};
bool facts_put(struct facts *t, const uint64_t *fact, size_t words, const struct fact_cause *of,
	       const struct fact_seen *seen);
size_t facts_count(const struct facts *t);
size_t facts_memory(const struct facts *t);
/* Of rows: what they take of what they may take, and what that is from now on. */
size_t facts_taken(const struct facts *t, size_t *ret_most);
void facts_limit(struct facts *t, size_t memory);
/* Any row behind r, NULL: any; *at begins at 0. NULL: there are no more. */
const struct fact_row *facts_next(const struct facts *t, size_t *at, const struct fact_row *r);

#endif
