/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge - from conversations to the result document.
 *
 *   conversation -> roles -> scope -> verdict -> finding        (verdict.c, scope.c, finding.c)
 *   rule -> demands -> met | violated | unused | not judged     (demand.c)
 *   folding, severities, stable ids, tallies                    (fold.c, severity.c, id.c)
 *   waivers: findings that somebody answers for                 (waive.c)
 */
#ifndef SPAN_FINDINGS_JUDGE_H
#define SPAN_FINDINGS_JUDGE_H

#include "findings/blind.h"
#include "findings/result.h"
#include "findings/timeline.h"
#include "findings/window.h"
#include "flow/cards.h"
#include "infer/infer.h"
#include "learn/grants.h"
#include "learn/sightings.h"

/* A name that the capture has for an address; it proves nothing. */
struct passive_name {
	struct addr addr;
	const char *name; /* copied into the result where it is used */
	const char
		*source; /* who says so, a word of engine/names.c; lives as long as the program */
};

/* A sentence about what limits the result, of who knows more than the judge. */
struct judge_caveat {
	const char *text;
	bool inconclusive;
};

struct judge_input {
	const struct site *site;
	struct matrix *matrix;
	const struct conv *convs; /* sorted as conv_table_finish() gives them */
	size_t n_convs;
	const struct attempt *attempts; /* those that stand apart, if any do */
	size_t n_attempts;
	struct bank *bank;           /* what is used first, and given up; NULL: none */
	struct ends ends;            /* of both */
	struct result_input *inputs; /* copied */
	size_t n_inputs;
	const struct window *window;     /* when packets were seen; NULL: no packet at all */
	const struct timeline *timeline; /* packets and bytes by the hour; NULL: none */
	const struct blind_set *blind;   /* who exchanges IPsec ESP; NULL: nobody */
	const struct grant *grants;      /* sorted as learn_grants() gives them */
	size_t n_grants;
	const struct sighting *sightings; /* sorted as learn_sightings() gives them */
	size_t n_sightings;
	const struct card *cards; /* sorted as cards_sorted() gives them */
	size_t n_cards;
	const struct cluster_host *clusters; /* sorted as cards_clusters() gives them */
	size_t n_clusters;
	/* What traffic says of hosts; NULL: nobody asked. Made of the same conversations. */
	const struct infer *infer;
	const struct passive_name *names; /* ascending by address, one each */
	size_t n_names;
	const char *lost_input; /* a sentence about captures that went by unread; NULL */
	const struct judge_caveat *caveats;
	size_t n_caveats;
	struct coverage coverage; /* figures filled in; caveats and inconclusive are the judge's */
	uint64_t n_evicted;
	bool strict_input; /* any caveat makes the result inconclusive */
	enum severity fail_on;
	struct time_asked asked;          /* zero: all that there is */
	const struct waiver_set *waivers; /* NULL: none were given; else borrowed by the result */
	int64_t now_ns;                   /* decides which of them have expired */
};

/* NULL without memory. The result borrows site and matrix. */
struct result *judge(const struct judge_input *in);
/* What it takes of a bank for so many conversations. */
size_t judge_room(size_t n_convs);
struct result *result_free(struct result *r);

/* Judges one imagined conversation, as `rules test` and `explain 'A -> B:1433/tcp'` do. */
struct judge_question {
	struct end client, server;
	struct addr client_addr, server_addr; /* zero when only roles are known */
	uint8_t proto;
	uint16_t client_port, port;
	uint16_t app; /* APP_NONE: no bytes */
	enum flow_state state;
	bool in_setup;
};
struct judge_answer {
	enum kind verdict;
	const struct rule *rule; /* that documents it */
	const struct rule *nearest;
	const char *why_not; /* static or memoised text */
};
void judge_one(const struct site *site, struct matrix *m, const struct judge_question *q,
	       struct judge_answer *ret);

/* The rules that let such a conversation through, in matrix order, each with what it makes of it
 * alone: documented, setup-only, tolerated; documented-dynamic of one for dynamic RPC, whose port
 * must then be granted. Scope is not asked, but hosts of role ignore meet no rule. Returns how many
 * were put into `ret`, at most `max`. */
struct judge_allowed {
	const struct rule *rule;
	enum kind verdict;
};
size_t judge_allowing(const struct site *site, struct matrix *m, const struct judge_question *q,
		      struct judge_allowed *ret, size_t max);

#endif
