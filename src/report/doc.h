/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doc - values of a result document that is being read: bounded, strict, one error at most.
 *
 * The first thing that is wrong is kept with its place in the document and ends the reading; from
 * then on every function returns nothing, so that a reader may go straight through and ask once.
 */
#ifndef SPAN_REPORT_DOC_H
#define SPAN_REPORT_DOC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/out.h"

struct doc {
	const char *name; /* what errors call the document */
	struct errors *errs;
	struct arena *arena; /* gets what is kept */
	const char *where;   /* the list being read, "findings"; "" at the top */
	size_t at;           /* and the row in it */
	int error;           /* 0, -EINVAL with an error kept, -ENOMEM */
};

/* The document's bytes, checked for size, depth, doubled members and schema. 0 and *ret, to be
 * given to json_decref(); RESULT_READ_OTHER_SCHEMA or -EINVAL with an error kept; -ENOMEM. */
int doc_parse(struct doc *d, const char *p, size_t n, json_t **ret);
/* The bytes of a file or pipe, "-" being standard input; no more than a document may have. 0;
 * RESULT_READ_UNREADABLE or -EINVAL with an error kept; -ENOMEM. */
int doc_slurp(struct doc *d, const char *path, struct out *ret);

/* That a member is wrong, a clause: "is no text". "" is the row itself. */
void doc_wrong(struct doc *d, const char *member, const char *what);
void doc_no_memory(struct doc *d);
void *doc_alloc(struct doc *d, size_t n); /* NULL after an error */

/* A member may be absent where it was added after the first documents (`needed` false). */

/* The member, or NULL: absent, null. */
const json_t *doc_member(struct doc *d, const json_t *o, const char *name, bool needed);
/* A text or NULL, in the arena. */
const char *doc_text(struct doc *d, const json_t *o, const char *name, bool needed);
/* The text of a value. */
const char *doc_keep(struct doc *d, const char *name, const json_t *v);
/* A text that must be there; "" after an error, so that callers need not look. */
const char *doc_given(struct doc *d, const json_t *o, const char *name);
uint64_t doc_count(struct doc *d, const json_t *o, const char *name);
/* Absent or null: 0. */
uint64_t doc_count_or_0(struct doc *d, const json_t *o, const char *name);
/* Parts per million; null is a ratio of nothing: none. */
uint32_t doc_ratio(struct doc *d, const json_t *o, const char *name);
bool doc_flag(struct doc *d, const json_t *o, const char *name);
/* TIME_NONE for null. */
int64_t doc_time(struct doc *d, const json_t *o, const char *name);
/* The number of a word; `word` gives the word of each number. */
unsigned doc_choice(struct doc *d, const char *name, const char *z, const char *(*word)(unsigned i),
		    unsigned n);
/* The same for the text of a member that must be there. */
unsigned doc_word(struct doc *d, const json_t *o, const char *name, const char *(*word)(unsigned i),
		  unsigned n);
const json_t *doc_object(struct doc *d, const json_t *o, const char *name); /* NULL: an error */

/* The list, with room for what is made of each row in *ret (size 0: none); NULL after an error, or
 * when empty. */
const json_t *doc_list(struct doc *d, const json_t *o, const char *name, size_t size, void *ret);
/* The next row of a list at the top, NULL at its end or after an error. */
const json_t *doc_row(struct doc *d, const json_t *v, const char *name, size_t i);
/* The same of a list within a row. */
const json_t *doc_item(struct doc *d, const json_t *v, const char *name, size_t i);
/* A list of texts, NULL-terminated; absent: NULL. *ret_n may be NULL. */
const char *const *doc_texts(struct doc *d, const json_t *o, const char *name, bool needed,
			     size_t *ret_n);

/* Words of numbers, for doc_word(). */
const char *doc_severity_at(unsigned i);
const char *doc_kind_at(unsigned i);
const char *doc_state_at(unsigned i);
const char *doc_rule_result_at(unsigned i);
const char *doc_verdict_at(unsigned i);

#endif
