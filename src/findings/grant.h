/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grant - which answer of a server hands out the port of a conversation.
 *
 * Answers of SQL Browser are no RPC and are not in this index.
 */
#ifndef SPAN_FINDINGS_GRANT_H
#define SPAN_FINDINGS_GRANT_H

#include "findings/result.h"
#include "learn/grants.h"

struct work;

/* The best answer for one conversation. */
struct grant_hit {
	const struct grant *g;
	enum rpc_tie tie;
	const struct grant *own; /* the best that this client was told, at whichever of its
				  * addresses; NULL: only others were */
	/* What is there: of the answers to this client, else of all; the smallest UUIDs. None when
	 * only an answer without an interface (OXID, activation) hands the port out. */
	struct rpc_iface iface[CONV_IFACES];
	uint8_t n_iface;
	bool listed; /* the interfaces are those of a listing (ept_lookup): nobody asked for them */
};

struct grant_index;
/* NULL without memory. Reads judge_input.grants and the site's inventory. */
struct grant_index *grant_index_new(const struct work *w);
struct grant_index *grant_index_free(struct grant_index *x);
/* False when nobody was told of this port. */
bool grant_find(const struct grant_index *x, const struct conv *c, struct grant_hit *ret);
/* Some answer hands out this port of the server; the answer may be old, and for others. */
bool grant_of_port(const struct grant_index *x, const struct addr *server, uint8_t proto,
		   uint16_t port);
/* Remembers that somebody used, or tried, what this conversation was granted. */
void grant_use(struct grant_index *x, const struct conv *c);
/* Grants of RPC that nobody used or tried, in the order of judge_input.grants: a flag for each. */
bool grant_unused(const struct grant_index *x, const struct grant *g);
/* A port by an answer of RPC, whoever uses it. */
bool grant_of_rpc(const struct grant *g);
uint8_t grant_transport(const struct granted *g); /* IP protocol; 0 without a port */

#endif
