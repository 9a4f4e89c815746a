// SPDX-License-Identifier: BSD-2-Clause
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/out.h"

static void clear(struct error *e)
{
	free(e->file);
	free(e->what);
	free(e->excerpt);
	free(e->hint);
	*e = (struct error){0};
}

void errors_done(struct errors *es)
{
	for (size_t i = 0; i < N_ELEMENTS(es->e); i++)
		clear(&es->e[i]);
	es->n = es->n_errors = es->n_warnings = 0;
}

struct errors_mark errors_mark(const struct errors *es)
{
	return (struct errors_mark){es->n, es->n_errors, es->n_warnings};
}

void errors_cut(struct errors *es, const struct errors_mark *mark)
{
	for (size_t i = mark->n; i < es->n; i++)
		clear(&es->e[i]);
	es->n = mark->n;
	es->n_errors = mark->n_errors;
	es->n_warnings = mark->n_warnings;
}

static PRINTF(1, 0) char *vformat(const char *fmt, va_list ap)
{
	char *z = NULL;

	return vasprintf(&z, fmt, ap) < 0 ? NULL : z;
}

struct error *errors_add(struct errors *es, bool warning, const char *fmt, ...)
{
	/* When full, the last place is written over: the first errors are the telling ones. */
	struct error *e = &es->e[es->n < ERRORS_MAX ? es->n++ : ERRORS_MAX - 1];
	va_list ap;

	clear(e);
	va_start(ap, fmt);
	e->what = vformat(fmt, ap);
	va_end(ap);
	e->warning = warning;
	e->length = 1;
	if (warning)
		es->n_warnings++;
	else
		es->n_errors++;
	return e;
}

void error_hint(struct error *e, const char *fmt, ...)
{
	va_list ap;

	free(e->hint);
	va_start(ap, fmt);
	e->hint = vformat(fmt, ap);
	va_end(ap);
}

void error_place(struct error *e, const char *file, unsigned line, unsigned column, unsigned length)
{
	free(e->file);
	e->file = file ? strdup(file) : NULL;
	e->line = line;
	e->column = column;
	e->length = length ? length : 1;
}

void error_excerpt(struct error *e, const char *line, size_t n)
{
	free(e->excerpt);
	e->excerpt = strndup(line, n);
}

/* The source line with a caret below: `   31 | text`. Tabs stay tabs in the caret line, so that
 * it lines up whatever their width. */
static void format_excerpt(const struct error *e, struct out *o)
{
	const char *line = e->excerpt;
	size_t n = strlen(line);
	size_t at = e->column ? e->column - 1 : 0;
	size_t length = e->length;

	if (at > n)
		at = n;
	if (length > n - at)
		length = n - at ? n - at : 1;
	out_printf(o, "%5u | ", e->line);
	for (size_t i = 0, from = 0; i <= n; i++) {
		if (i < n && line[i] != '\t')
			continue;
		out_text(o, line + from, i - from);
		if (i < n)
			out_char(o, '\t');
		from = i + 1;
	}
	out_puts(o, "\n      | ");
	for (size_t i = 0; i < at; i++)
		if (line[i] == '\t')
			out_char(o, '\t');
		else if (((unsigned char)line[i] & 0xc0) != 0x80) /* one column a character */
			out_char(o, ' ');
	out_char(o, '^');
	for (size_t i = 1; i < length; i++)
		if (((unsigned char)line[at + i] & 0xc0) != 0x80)
			out_char(o, '~');
	if (e->hint) {
		out_char(o, ' ');
		out_text_z(o, e->hint);
	}
	out_char(o, '\n');
}

static void format_one(const struct error *e, const char *prefix, struct out *o)
{
	if (e->file) {
		out_text_z(o, e->file);
		if (e->line)
			out_printf(o, ":%u", e->line);
		if (e->line && e->column)
			out_printf(o, ":%u", e->column);
		out_printf(o, ": %s: ", e->warning ? "warning" : "error");
	} else {
		out_printf(o, "%s: %s", prefix, e->warning ? "warning: " : "");
	}
	out_text_z(o, e->what ? e->what : "out of memory");
	out_char(o, '\n');
	if (e->excerpt && e->line) {
		format_excerpt(e, o);
		return;
	}
	for (const char *p = e->hint; p && *p;) {
		size_t n = strcspn(p, "\n");

		out_puts(o, "  ");
		out_text(o, p, n);
		out_char(o, '\n');
		p += n + (p[n] == '\n');
	}
}

void errors_format(const struct errors *es, const char *prefix, struct out *o)
{
	for (size_t i = 0; i < es->n; i++)
		format_one(&es->e[i], prefix, o);

	size_t more = es->n_errors + es->n_warnings - es->n;

	if (more)
		out_printf(o, "%s: and %zu more\n", prefix, more);
}
