/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the matrix share. */
#ifndef SPAN_MATRIX_MATRIX_INTERNAL_H
#define SPAN_MATRIX_MATRIX_INTERNAL_H

#include "base/arena.h"
#include "matrix/matrix.h"
#include "matrix/pack.h"

struct memo;
enum { MEMO_RECENT_BITS = 8 };

struct matrix {
	const struct site *site; /* never NULL */
	struct pack **packs;
	size_t n_packs;
	struct rule *rules; /* copies: overrides change them */
	size_t n_rules;
	struct arena arena;
	struct memo *memos;                         /* hash of uthash */
	struct memo *recent[1 << MEMO_RECENT_BITS]; /* by a cheaper hash; NULL: none */
	/* Ports at which some answer changes, ascending. Two ports between the same two of them
	 * are alike to every rule, so that the memo is bounded whatever ports are dialled. */
	uint32_t *bounds;
	size_t n_bounds;
	uint8_t known[2][65536 / 8]; /* bitmaps of TCP, UDP */
};

/* Fills bounds and known from rules and site. False without memory. */
bool matrix_index_ports(struct matrix *m);
void matrix_forget(struct matrix *m); /* the memo */

/* What a question can turn on, answered once. */
struct memo *matrix_memo(struct matrix *m, const struct end *client, const struct end *server,
			 uint8_t proto, uint16_t port);
struct memo_nearest {
	bool known;
	const struct rule *rule;
	const char *why_not;
};
struct memo_nearest *memo_nearest(struct memo *e); /* NULL when there is no memo (no memory) */

/* The rule's ends hold for these two, in the direction that it gives; variants are asked. */
bool rule_ends(const struct matrix *m, const struct rule *r, const struct end *client,
	       const struct end *server);
/* The same without asking variants and nlb: what the paper says of these roles. */
bool rule_ends_on_paper(const struct matrix *m, const struct rule *r, const struct end *client,
			const struct end *server);
/* The deployment variant lets the rule allow between these two; *ret_why a clause when not. */
bool rule_in_force(const struct matrix *m, const struct rule *r, const struct end *client,
		   const struct end *server, const char **ret_why);
/* It is a rule for a service on ports of its own: no reference, no dynamic RPC. */
static inline bool rule_is_service(const struct rule *r)
{
	return !r->ref && !r->rpc && r->need != NEED_FORBIDDEN;
}

#endif
