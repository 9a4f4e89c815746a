// SPDX-License-Identifier: BSD-2-Clause
/* From text to rows and cells (RFC 4180 2). */
#include "config/csv.h"

#include <string.h>
#include <strings.h>

#include "base/vec.h"
#include "config/csv_internal.h"

struct parse {
	struct csv *c;
	struct arena *arena;
	struct errors *errs;
	size_t at;
	unsigned line;
	size_t line_offset; /* where that line begins */
	size_t cells;
	bool bad;  /* the row at hand */
	bool stop; /* no memory, or a limit */
	VEC(struct csv_row) rows;
	VEC(struct csv_cell) row;
};

static void no_memory(struct parse *s)
{
	if (!s->stop)
		errors_add(s->errs, false, "out of memory while reading '%s'", s->c->name);
	s->stop = true;
}

static bool at_end(const struct parse *s)
{
	return s->at >= s->c->src_n;
}

static char peek(const struct parse *s)
{
	return at_end(s) ? '\0' : s->c->src[s->at]; /* the text holds no NUL */
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* Past CR, LF or CRLF. */
static void take_break(struct parse *s)
{
	s->at += s->c->src[s->at] == '\r' && s->at + 1 < s->c->src_n && s->c->src[s->at + 1] == '\n'
			 ? 2
			 : 1;
	s->line++;
	s->line_offset = s->at;
}

static void skip_line(struct parse *s)
{
	while (!at_end(s) && !is_break(peek(s)))
		s->at++;
	if (!at_end(s))
		take_break(s);
}

static const char *keep(struct parse *s, const char *p, size_t n)
{
	char *z = n ? arena_strndup(s->arena, p, n) : NULL;

	if (n && !z)
		no_memory(s);
	return z ? z : "";
}

static void too_long(struct parse *s, struct csv_cell *cell)
{
	s->bad = true;
	cell->n = 0;
	error_hint(csv_error_at(s->c, cell->offset, 1, s->errs, "a cell of more than %d bytes",
				CSV_CELL),
		   "is a quote missing? Else make it shorter");
}

static void quoted_cell(struct parse *s, struct csv_cell *ret)
{
	char text[CSV_CELL];
	bool whole = true;

	ret->quoted = true;
	for (s->at++;;) {
		char c = peek(s);

		if (at_end(s)) {
			s->bad = true;
			error_hint(csv_error_at(s->c, ret->offset, 1, s->errs,
						"this quote is never closed"),
				   "write \" at the end of the cell, and \"\" for one inside it");
			ret->n = 0;
			return;
		}
		if (c == '"') {
			s->at++;
			if (peek(s) != '"')
				break;
		}
		if (ret->n == sizeof text)
			whole = false;
		else
			text[ret->n++] = c;
		if (!is_break(c)) {
			s->at++;
			continue;
		}
		/* CRLF is two bytes of the text, and one end of a line. */
		take_break(s);
		if (c == '\r' && s->c->src[s->at - 1] == '\n' && ret->n < sizeof text)
			text[ret->n++] = '\n';
	}
	if (!whole)
		too_long(s, ret);
	else
		ret->text = keep(s, text, ret->n);
	if (at_end(s) || peek(s) == s->c->separator || is_break(peek(s)))
		return;
	s->bad = true;
	error_hint(csv_error_at(s->c, s->at, 1, s->errs, "text goes on behind the closing quote"),
		   "remove it, or write \"\" for a quote inside the cell");
	while (!at_end(s) && peek(s) != s->c->separator && !is_break(peek(s)))
		s->at++;
}

static void plain_cell(struct parse *s, struct csv_cell *ret)
{
	size_t quote = 0;

	while (!at_end(s) && peek(s) != s->c->separator && !is_break(peek(s))) {
		if (peek(s) == '"' && !quote)
			quote = s->at;
		s->at++;
	}
	ret->n = s->at - ret->offset;
	if (quote) {
		s->bad = true;
		error_hint(csv_error_at(s->c, quote, 1, s->errs,
					"a quote in a cell that does not begin with one"),
			   "put the whole cell in quotes, a quote inside it twice");
	}
	if (ret->n > CSV_CELL)
		too_long(s, ret);
	else
		ret->text = keep(s, s->c->src + ret->offset, ret->n);
}

static bool blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t')
			return false;
	return true;
}

static bool is_comment(const struct csv_cell *cell)
{
	size_t i = 0;

	while (i < cell->n && (cell->text[i] == ' ' || cell->text[i] == '\t'))
		i++;
	return i < cell->n && cell->text[i] == '#';
}

static bool counts(const struct parse *s)
{
	if (s->bad)
		return true;
	if (s->row.n && is_comment(&s->row.v[0]))
		return false;
	for (size_t i = 0; i < s->row.n; i++)
		if (!blank(s->row.v[i].text, s->row.v[i].n))
			return true;
	return false;
}

static void limit(struct parse *s, const char *what, int most)
{
	error_hint(
		csv_error_at(s->c, s->row.v[0].offset, 1, s->errs, "more than %d %s", most, what),
		"was another file meant? Name networks instead of single hosts");
	s->stop = true;
}

static void end_row(struct parse *s)
{
	struct csv_row row = {.n = s->row.n, .bad = s->bad};
	struct csv_cell *cell;

	if (s->stop || !counts(s))
		return;
	s->cells += row.n;
	if (s->rows.n == CSV_ROWS) {
		limit(s, "rows", CSV_ROWS);
		return;
	}
	if (s->cells > CSV_CELLS) {
		limit(s, "cells", CSV_CELLS);
		return;
	}
	cell = arena_alloc(s->arena, row.n * sizeof *cell);
	row.cell = cell;
	if (!cell || !vec_push(&s->rows, row)) {
		no_memory(s);
		return;
	}
	memcpy(cell, s->row.v, row.n * sizeof *cell);
}

static void read_row(struct parse *s)
{
	s->row.n = 0;
	s->bad = false;
	for (;;) {
		struct csv_cell cell = {
			.text = "",
			.offset = s->at,
			.line = s->line,
			.column = (unsigned)(s->at - s->line_offset) + 1,
		};

		if (peek(s) == '"')
			quoted_cell(s, &cell);
		else
			plain_cell(s, &cell);
		cell.end = s->at;
		if (s->row.n == CSV_COLUMNS) {
			limit(s, "columns", CSV_COLUMNS);
			return;
		}
		if (!vec_push(&s->row, cell))
			no_memory(s);
		if (s->stop)
			return;
		if (peek(s) != s->c->separator || at_end(s))
			break;
		s->at++;
	}
	end_row(s);
	if (!at_end(s))
		take_break(s);
}

/* A comment may hold anything, quotes too. */
static bool comment_line(const struct parse *s)
{
	size_t at = s->at;

	while (at < s->c->src_n && (s->c->src[at] == ' ' || s->c->src[at] == '\t'))
		at++;
	return at < s->c->src_n && s->c->src[at] == '#';
}

static bool blank_line(const struct parse *s)
{
	size_t at = s->at;

	while (at < s->c->src_n && !is_break(s->c->src[at]))
		at++;
	return blank(s->c->src + s->at, at - s->at);
}

/* Excel's own first line, which it writes nowhere and reads everywhere. False: no such separator.
 */
static bool sep_line(struct parse *s)
{
	const char *p = s->c->src;
	size_t n = 0;

	while (n < s->c->src_n && !is_break(p[n]))
		n++;
	if (n < 4 || strncasecmp(p, "sep=", 4) != 0)
		return true;
	if (n != 5 || !strchr(",;\t", p[4])) {
		error_hint(csv_error_at(s->c, 0, n, s->errs,
					"the line 'sep=' names no separator that is read"),
			   "it can be a comma, a semicolon or a tab: sep=;");
		return false;
	}
	s->c->separator = p[4];
	skip_line(s);
	return true;
}

/* The one that is there most often outside of quotes; comma where none is. */
static char separator_of(const struct parse *s)
{
	static const char known[] = ",;\t";
	size_t count[sizeof known - 1] = {0}, best = 0;
	bool inside = false;

	for (size_t at = s->at; at < s->c->src_n; at++) {
		char c = s->c->src[at];
		const char *k = inside ? NULL : memchr(known, c, sizeof known - 1);

		if (!inside && is_break(c))
			break;
		if (c == '"')
			inside = !inside;
		else if (k)
			count[k - known]++;
	}
	for (size_t i = 1; i < N_ELEMENTS(count); i++)
		if (count[i] > count[best])
			best = i;
	return known[best];
}

static void read_rows(struct parse *s)
{
	if (!sep_line(s))
		return;
	while (!at_end(s) && !s->stop) {
		if (comment_line(s) || (!s->c->separator && blank_line(s))) {
			skip_line(s);
			continue;
		}
		if (!s->c->separator)
			s->c->separator = separator_of(s);
		read_row(s);
	}
	if (!s->rows.n && !s->stop)
		error_hint(errors_add(s->errs, false, "there is no row in '%s'", s->c->name),
			   "its first row names the columns: name,address,role");
}

struct csv *csv_parse(const char *name, const char *src, size_t n, struct arena *a,
		      struct errors *errs)
{
	struct csv *c = arena_alloc(a, sizeof *c);
	struct parse s = {.c = c, .arena = a, .errs = errs, .line = 1};

	if (c)
		c->name = arena_strdup(a, name);
	if (!c || !c->name) {
		errors_add(errs, false, "out of memory while reading '%s'", name);
		return NULL;
	}
	if (!csv_text(c, src, n, a, errs))
		return NULL;
	read_rows(&s);
	c->n = s.rows.n;
	if (c->n) {
		struct csv_row *rows = arena_alloc(a, c->n * sizeof *rows);

		if (rows)
			memcpy(rows, s.rows.v, c->n * sizeof *rows);
		else
			no_memory(&s);
		c->row = rows;
	}
	vec_done(&s.rows);
	vec_done(&s.row);
	return c->row ? c : NULL;
}
