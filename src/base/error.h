/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * error - what went wrong, in three parts: what happened, why probably, what to do.
 *
 * Functions return 0, a negative errno (fatal, passed up unchanged) or a positive outcome that
 * their header lists. Text for people goes into a struct errors, which only the command line
 * prints. A malformed packet is data and never comes here.
 */
#ifndef SPAN_BASE_ERROR_H
#define SPAN_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpu.h"

enum { ERRORS_MAX = 20 }; /* more are counted, not kept */

struct error {
	char *file;      /* as the user named it; NULL when none. Strings are owned */
	unsigned line;   /* 1-based, 0: none */
	unsigned column; /* 1-based, in bytes */
	unsigned length; /* of the underlined text, at least 1 */
	char *what;      /* one sentence without full stop */
	char *excerpt;   /* the source line; NULL when none */
	char *hint;      /* what to do; NULL when none */
	bool warning;
};

struct errors {
	struct error e[ERRORS_MAX];
	size_t n;
	size_t n_errors, n_warnings; /* all of them, also those not kept */
};

void errors_done(struct errors *es);
/* Forgets what was added since the mark. */
struct errors_mark {
	size_t n, n_errors, n_warnings;
};
struct errors_mark errors_mark(const struct errors *es);
void errors_cut(struct errors *es, const struct errors_mark *mark);
/* Returns the kept error to add a place, excerpt or hint to; a scratch one when full. */
struct error *errors_add(struct errors *es, bool warning, const char *fmt, ...) PRINTF(3, 4);
void error_hint(struct error *e, const char *fmt, ...) PRINTF(2, 3);
void error_place(struct error *e, const char *file, unsigned line, unsigned column,
		 unsigned length);
void error_excerpt(struct error *e, const char *line, size_t n);

struct out;
/* As compilers print them, the excerpt with a caret below; `prefix` is before errors without a
 * file ("spanaudit"). */
void errors_format(const struct errors *es, const char *prefix, struct out *o);

#endif
