/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out - a growing text buffer, and the only place where foreign text is made harmless.
 *
 * A report never prints captured or configured text by itself: it says which context the text goes
 * into (terminal, JSON string) and out_* escapes for it. Allocation failure marks the buffer
 * (out_failed) and later writes do nothing; ask once at the end.
 */
#ifndef SPAN_BASE_OUT_H
#define SPAN_BASE_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cpu.h"

struct out {
	char *p; /* owned; NUL-terminated once anything was written */
	size_t n, cap;
	bool failed;
	/* Who takes what was written so far, where it need not be kept; NULL: nobody does. What it
	 * returns is not 0 when that went wrong. */
	int (*take)(void *user, const char *p, size_t n);
	void *user;
};

/* Has much that was written taken away, if somebody takes it. Between two writes. */
void out_take(struct out *o);

void out_done(struct out *o);
/* Empties it and keeps the memory. */
void out_reset(struct out *o);
static inline bool out_failed(const struct out *o)
{
	return o->failed;
}
const char *out_str(const struct out *o); /* "" when empty; valid until the next write */

void out_bytes(struct out *o, const void *p, size_t n);
/* In place: most texts are known when compiling, and so are their lengths. */
static inline void out_puts(struct out *o, const char *trusted)
{
	out_bytes(o, trusted, strlen(trusted));
}
void out_uint(struct out *o, uint64_t n); /* decimal */
static inline void out_char(struct out *o, char c)
{
	if (unlikely(o->failed || o->cap - o->n < 2)) {
		out_bytes(o, &c, 1);
		return;
	}
	o->p[o->n++] = c;
	o->p[o->n] = '\0';
}
/* For our own format strings and our own or numeric arguments only. */
void out_printf(struct out *o, const char *fmt, ...) PRINTF(2, 3);
void out_vprintf(struct out *o, const char *fmt, va_list ap) PRINTF(2, 0);
void out_pad(struct out *o, char c, size_t n);

/* Foreign text for a terminal or plain file: valid UTF-8 passes, except control characters,
 * DEL, C1, bidirectional marks and other format characters; those and bad bytes become \xNN or
 * \u{NNNN}. */
void out_text(struct out *o, const char *p, size_t n);
void out_text_z(struct out *o, const char *z);
/* The same as a JSON string, quotes included. What is no UTF-8 becomes the text that out_text()
 * makes of it, so that a report reads the same whether it is made of the document or of the bytes.
 */
void out_json(struct out *o, const char *p, size_t n);
void out_json_z(struct out *o, const char *z); /* NULL writes null */
/* The same as out_text() for HTML and XML: between tags, or inside an attribute's quotes. */
void out_html(struct out *o, const char *p, size_t n);
void out_html_z(struct out *o, const char *z);

/* Wraps at `width` columns, breaking at spaces, `indent` spaces before each later line. */
void out_wrapped(struct out *o, const char *z, size_t width, size_t first, size_t indent);
/* Columns that the text takes on a terminal (wide and combining characters known to wcwidth of
 * our own small table; never depends on the locale). */
size_t out_columns(const char *p, size_t n);

#endif
