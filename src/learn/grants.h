/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grants - the ports that servers handed out: who, to whom, for what, in which packet.
 *
 * A grant is one fact however often it is told; what is told again moves `last_ns`. Rows merge by
 * minimum, maximum and sum, so neither order nor a split of the input can be seen in them.
 */
#ifndef SPAN_LEARN_GRANTS_H
#define SPAN_LEARN_GRANTS_H

#include "base/evidence.h"
#include "base/siphash.h"
#include "learn/granted.h"

enum {
	GRANTS_MAX = 1 << 17,           /* rows of one audit */
	GRANTS_OF_SERVER_MAX = 1 << 14, /* rows that one server's answers may fill */
};

struct grant {
	struct addr server; /* who answered */
	struct addr client; /* who asked */
	struct granted g;
	struct evidence first; /* the earliest packet that said so */
	int64_t last_ns;       /* the latest answer */
	uint64_t n;            /* answers */
	bool assumed;          /* in all of them the bind was not captured: known by its form */
};

struct grants;
/* Bytes beyond max_memory are not taken; GRANTS_MAX rows need less than 128 MiB. */
struct grants *grants_new(const struct hash_key *key, size_t max_memory);
struct grants *grants_free(struct grants *t);
/* False when there was no room. */
bool grants_add(struct grants *t, const struct addr *server, const struct addr *client,
		const struct granted *g, bool assumed, const struct evidence *at);
/* A row of another table, as grants_sorted() lends it. False when there was no room. */
bool grants_put(struct grants *t, const struct grant *row);
size_t grants_memory(const struct grants *t);
/* Bytes of rows: what they take of what they may take, and what that is from now on. */
size_t grants_taken(const struct grants *t, size_t *ret_most);
void grants_limit(struct grants *t, size_t max_memory);
/* By server, protocol, port, first packet, client, interface; valid until the next grants_add(). 0
 * or -ENOMEM. */
int grants_sorted(struct grants *t, const struct grant **ret_rows, size_t *ret_n);

#endif
