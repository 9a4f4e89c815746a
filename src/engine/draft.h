/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * draft - the same packets judged by the rules in force and by a draft of them. draft.c finds what
 * changes, draft_write.c says it. Findings and rules are compared as two results are (diff.h).
 */
#ifndef SPAN_ENGINE_DRAFT_H
#define SPAN_ENGINE_DRAFT_H

#include <spanaudit/rules.h>

#include "engine/diff.h"
#include "engine/engine.h"

enum { DRAFT_CLIENTS = 4 }; /* shown of a row */

struct draft_pack {
	const char *path;            /* as given */
	const struct pack_info *was; /* the one that it replaces; NULL: added */
	const struct pack_info *is;
};

enum draft_way { DRAFT_WORSE, DRAFT_OTHER, DRAFT_BETTER, DRAFT_WAY_N };
const char *draft_way_name(enum draft_way w); /* "worse" "other" "better" */

/* Conversations of one server and port that come from one verdict to another. */
struct draft_row {
	enum draft_way way;
	enum kind was, is;
	const char *was_rule, *is_rule;             /* ids; NULL */
	const char *client[DRAFT_CLIENTS], *server; /* host of the site file, else address */
	size_t n_shown;
	uint64_t n_clients; /* conversations: one each */
	uint8_t proto;
	uint16_t port;
	const char *protocol; /* what was spoken; NULL */
};

struct draft {
	struct arena arena;
	struct matrix *matrix;
	struct result *result; /* by the draft */
	struct draft_pack *packs;
	size_t n_packs;
	struct draft_row *rows; /* by way, then verdict, server, port */
	size_t n_rows;
	uint64_t n[DRAFT_WAY_N]; /* conversations */
	uint64_t n_rule;         /* documented as before, by another rule */
	struct diff diff;        /* .was by the rules in force, .is by the draft */
	/* Of a document: its conversations alone are judged, as far as it holds what that takes. */
	const char *document;                      /* NULL: packets were read */
	uint64_t n_judged, n_unjudged, n_unlisted; /* conversations of it */
};

/* After a run. 0, SPAN_USAGE with errors kept, negative errno. draft_done() either way. */
int draft_make(struct span_audit *a, const char *const *packs, size_t n, struct draft *d);
/* Over the conversations of a result document instead of a run. */
int draft_document(struct span_audit *a, const char *path, const char *const *packs, size_t n,
		   struct draft *d);
void draft_done(struct draft *d);
/* Nothing is different but sentences. */
bool draft_same(const struct draft *d);

void draft_text(const struct span_audit *a, const struct draft *d,
		const struct span_draft_options *opt, struct out *o);
void draft_json(const struct span_audit *a, const struct draft *d, bool worse, struct out *o);

#endif
