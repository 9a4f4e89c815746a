/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * waiver - recorded exceptions to findings: who accepted what, why, and until when.
 *
 * A waiver is read and kept here as it is written; what its ends mean at a site, and which findings
 * it covers, is the judge's (findings/waive.c).
 */
#ifndef SPAN_WAIVER_WAIVER_H
#define SPAN_WAIVER_WAIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/out.h"
#include "base/time.h"
#include "base/vec.h"

enum {
	WAIVER_ID_MAX = 64,    /* characters of a waiver's id */
	WAIVER_SOON_DAYS = 14, /* one that ends within so many days is said to be expiring */
};
/* The word for every kind whose name begins with "unexpected-". */
#define WAIVER_UNEXPECTED "unexpected"

enum waiver_state { WAIVER_ACTIVE, WAIVER_EXPIRING, WAIVER_EXPIRED };
const char *waiver_state_name(enum waiver_state s); /* "active" ... */

struct waiver {
	const char *id;
	const char *finding;   /* "F-..."; NULL: by what follows */
	const char *kind;      /* name of a kind, or WAIVER_UNEXPECTED; NULL: any */
	const char *from, *to; /* host name, role, network or address; NULL: any */
	uint8_t proto;         /* 0: any service */
	uint16_t port;
	const char *reason, *owner;
	const char *approved_by, *ticket; /* NULL: not said */
	const char *expires;              /* as written */
	int64_t expires_ns;               /* from this moment on it covers nothing */
	const char *file;
	unsigned line;
};

/* A file of them, and the SHA-256 of its text. */
struct waiver_file {
	const char *path;
	char sha256[65];
};

/* Waivers of one or more files, in their order; ids are unique among all. Strings live in `arena`.
 */
struct waiver_set {
	struct waiver *v;
	size_t n, cap;
	VEC(struct waiver_file) files;
	struct arena arena;
};

void waivers_done(struct waiver_set *s);
/* Adds the waivers of a file. `kinds` (NULL-terminated) are the words that `kind:` may be. 0, or 1
 * with errors added; then none of the file's waivers is in the set. */
int waivers_load(struct waiver_set *s, const char *path, const char *const *kinds,
		 struct errors *errs);
int waivers_parse(struct waiver_set *s, const char *name, const char *src, size_t n,
		  const char *const *kinds, struct errors *errs);

enum waiver_state waiver_state(const struct waiver *w, int64_t now_ns);
/* A text that can be the id of a finding: "F-" and 12 hexadecimal digits in lower case. */
bool waiver_finding_id(const char *text);
/* What it is about in one line, foreign text made harmless: "F-...", or "unexpected-port from sql01
 * to dc 445/tcp". */
void waiver_about(const struct waiver *w, struct out *o);

/* append.c */

/* One more entry for a file, from these members: finding, reason, owner, approved_by, ticket,
 * expires, and id unless it is NULL. `indent`: columns before its dash. */
void waiver_entry(struct out *o, const struct waiver *w, unsigned indent);
/* The text of a file with one more entry behind the others; nothing of `src` is changed. An empty
 * `src` (n 0) becomes a new file. Without an id the next free W-YEAR-NNN is taken, YEAR being now's
 * in UTC; ret_id gets it. 0, or 1 with errors added: src is no file of waivers, its list cannot be
 * appended to, or the entry is none. */
int waiver_append(const char *name, const char *src, size_t n, const struct waiver *w,
		  const char *const *kinds, int64_t now_ns, struct out *ret_text,
		  char ret_id[WAIVER_ID_MAX + 1], struct errors *errs);

#endif
