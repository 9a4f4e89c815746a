// SPDX-License-Identifier: BSD-2-Clause
/* Source text: encoding, invisible characters, and where an offset is. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/yaml_internal.h"

enum { EXCERPT = 200 }; /* bytes of a line; one-line JSON has lines without end */

size_t utf8_char(const char *src, size_t n, uint32_t *ret_code)
{
	const unsigned char *p = (const unsigned char *)src;
	/* RFC 3629 4: the second byte excludes overlong forms, surrogates and above 10FFFF. */
	static const struct {
		unsigned char lo, hi, second_lo, second_hi, size;
	} rows[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	if (!n)
		return 0;
	if (p[0] < 0x80) {
		*ret_code = p[0];
		return 1;
	}
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		size_t size = rows[i].size;

		if (p[0] < rows[i].lo || p[0] > rows[i].hi)
			continue;
		if (n < size || p[1] < rows[i].second_lo || p[1] > rows[i].second_hi)
			return 0;

		uint32_t code = p[0] & (0x7fU >> size);

		for (size_t k = 1; k < size; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (p[k] & 0x3f);
		}
		*ret_code = code;
		return size;
	}
	return 0;
}

const char *forbidden_char(uint32_t c)
{
	if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0))
		return "control character";
	if (c == 0x2028 || c == 0x2029)
		return "line separator";
	/* They make a line read differently from what it says. */
	if (c == 0x200e || c == 0x200f || c == 0x061c || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		return "direction mark";
	if (c == 0xfeff || c == 0x200b || c == 0x2060)
		return "character without width";
	return NULL;
}

void yaml_place(const char *src, size_t n, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
	size_t start = 0;
	unsigned line = 1;

	if (offset > n)
		offset = n;
	for (size_t i = 0; i < offset; i++) {
		if (src[i] != '\n' && (src[i] != '\r' || (i + 1 < n && src[i + 1] == '\n')))
			continue;
		line++;
		start = i + 1;
	}
	*ret_line = line;
	*ret_column = (unsigned)(offset - start) + 1;
}

static size_t line_end(const char *src, size_t n, size_t offset)
{
	while (offset < n && src[offset] != '\n' && src[offset] != '\r')
		offset++;
	return offset;
}

/* The line with an excerpt, when the place is in its shown part. */
static void show_line(const struct yfile *f, struct error *e, size_t start)
{
	size_t n = line_end(f->src, f->src_n, start) - start;

	if (e->column > EXCERPT)
		return;
	if (n > EXCERPT)
		for (n = EXCERPT; n && (f->src[start + n] & 0xc0) == 0x80;)
			n--;
	error_excerpt(e, f->src + start, n);
}

struct error *yaml_error_at(const struct yfile *f, size_t offset, size_t n, struct errors *errs,
			    const char *fmt, ...)
{
	unsigned line, column;
	char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	if (offset > f->src_n)
		offset = f->src_n;
	yaml_place(f->src, f->src_n, offset, &line, &column);

	size_t end = line_end(f->src, f->src_n, offset);
	struct error *e = errors_add(errs, false, "%s", what ? what : "out of memory");

	free(what);
	if (n > end - offset)
		n = end - offset;
	error_place(e, f->name, line, column, (unsigned)(n ? n : 1));
	show_line(f, e, offset - (column - 1));
	return e;
}

static void bad_encoding(const struct yfile *f, size_t at, struct errors *errs)
{
	struct error *e = yaml_error_at(f, at, 1, errs, "byte 0x%02x is not UTF-8",
					(unsigned char)f->src[at]);

	error_hint(e, "save the file as UTF-8");
}

/* How many bytes at the start are ASCII that can be seen, or ends of lines. */
static size_t visible(const char *src, size_t n)
{
	size_t i = 0;

	while (i < n && ((src[i] >= 0x20 && src[i] < 0x7f) || src[i] == '\n'))
		i++;
	return i;
}

bool yaml_text_check(const struct yfile *f, struct errors *errs)
{
	const char *src = f->src;
	size_t n = f->src_n;

	for (size_t i = 0, size; i < n; i += size) {
		uint32_t c = 0;

		size = visible(src + i, n - i);
		if (size)
			continue;
		size = utf8_char(src + i, n - i, &c);
		if (!size) {
			bad_encoding(f, i, errs);
			return false;
		}
		if (c == '\n' || c == '\r' || c == '\t')
			continue;

		const char *name = forbidden_char(c);

		if (name) {
			struct error *e =
				yaml_error_at(f, i, size, errs, "%s U+%04X in the file", name, c);

			error_hint(e, "remove it; it cannot be seen");
			return false;
		}
	}
	return true;
}

/* A message repeats at most this much of a text that may be a whole file. */
static void shorten(char *what)
{
	enum { MESSAGE = 300 };
	size_t n = MESSAGE;

	if (strnlen(what, MESSAGE + 4) < MESSAGE + 4)
		return;
	while (n && (what[n] & 0xc0) == 0x80)
		n--;
	memcpy(what + n, "...", 4);
}

static const char *line_start(const struct yfile *f, unsigned line)
{
	const char *p = f->src, *end = f->src + f->src_n;

	for (; line > 1 && p < end; p++)
		if (*p == '\n' || (*p == '\r' && (p + 1 == end || p[1] != '\n')))
			line--;
	return p;
}

static struct error *node_error(const struct yfile *f, unsigned line, unsigned column,
				unsigned length, bool warning, struct errors *errs, const char *fmt,
				va_list ap) PRINTF(7, 0);

static struct error *node_error(const struct yfile *f, unsigned line, unsigned column,
				unsigned length, bool warning, struct errors *errs, const char *fmt,
				va_list ap)
{
	char *what = NULL;

	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	else
		shorten(what);

	struct error *e = errors_add(errs, warning, "%s", what ? what : "out of memory");

	free(what);
	error_place(e, f->name, line, column, length);
	/* Errors beyond those that are kept are counted only: no walk through the text for them. */
	if (line && errs->n_errors + errs->n_warnings <= ERRORS_MAX)
		show_line(f, e, (size_t)(line_start(f, line) - f->src));
	return e;
}

struct error *yerror(const struct yfile *f, const struct ynode *at, struct errors *errs,
		     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);

	struct error *e = at ? node_error(f, at->line, at->column, at->length, false, errs, fmt, ap)
			     : node_error(f, 0, 0, 0, false, errs, fmt, ap);

	va_end(ap);
	return e;
}

struct error *yerror_key(const struct yfile *f, const struct ynode *at, struct errors *errs,
			 const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);

	struct error *e =
		at->key ? node_error(f, at->key_line, at->key_column, at->key_length, false, errs,
				     fmt, ap)
			: node_error(f, at->line, at->column, at->length, false, errs, fmt, ap);

	va_end(ap);
	return e;
}

struct error *ywarn(const struct yfile *f, const struct ynode *at, struct errors *errs,
		    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);

	struct error *e = at ? node_error(f, at->line, at->column, at->length, true, errs, fmt, ap)
			     : node_error(f, 0, 0, 0, true, errs, fmt, ap);

	va_end(ap);
	return e;
}
