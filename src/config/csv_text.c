// SPDX-License-Identifier: BSD-2-Clause
/* The bytes of a table as UTF-8, and errors with their places in it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "config/csv_internal.h"
#include "config/slurp.h"
#include "config/yaml_internal.h"

enum { EXCERPT = 160 }; /* bytes of a line that a message shows */

static size_t line_end(const struct csv *c, size_t offset)
{
	while (offset < c->src_n && c->src[offset] != '\n' && c->src[offset] != '\r')
		offset++;
	return offset;
}

static struct error *verror_at(const struct csv *c, size_t offset, size_t n, bool warning,
			       struct errors *errs, const char *fmt, va_list ap) PRINTF(6, 0);

static struct error *verror_at(const struct csv *c, size_t offset, size_t n, bool warning,
			       struct errors *errs, const char *fmt, va_list ap)
{
	unsigned line, column;
	char *what = NULL;
	struct error *e;

	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	e = errors_add(errs, warning, "%s", what ? what : "out of memory");
	free(what);
	/* Errors beyond those that are kept are counted only: no walk through the text for them. */
	if (errs->n_errors + errs->n_warnings > ERRORS_MAX)
		return e;
	yaml_place(c->src, c->src_n, offset, &line, &column);

	size_t end = line_end(c, offset), start = offset - (column - 1), shown;

	if (n > end - offset)
		n = end - offset;
	error_place(e, c->name, line, column, (unsigned)(n ? n : 1));
	if (column > EXCERPT)
		return e;
	shown = end - start;
	if (shown > EXCERPT)
		for (shown = EXCERPT; shown && (c->src[start + shown] & 0xc0) == 0x80;)
			shown--;
	error_excerpt(e, c->src + start, shown);
	return e;
}

struct error *csv_error_at(const struct csv *c, size_t offset, size_t n, struct errors *errs,
			   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);

	struct error *e = verror_at(c, offset, n, false, errs, fmt, ap);

	va_end(ap);
	return e;
}

/* Where a byte of a cell's text stands in the source: a doubled quote is one byte of text. */
static size_t source_offset(const struct csv *c, const struct csv_cell *cell, size_t offset)
{
	size_t at = cell->offset;

	if (!cell->quoted)
		return at + offset;
	for (at++; offset && at < c->src_n; offset--)
		at += c->src[at] == '"' ? 2 : 1;
	return at < c->src_n ? at : c->src_n;
}

static struct error *cell_error(const struct csv *c, const struct csv_cell *cell, size_t offset,
				size_t n, bool warning, struct errors *errs, const char *fmt,
				va_list ap) PRINTF(7, 0);

static struct error *cell_error(const struct csv *c, const struct csv_cell *cell, size_t offset,
				size_t n, bool warning, struct errors *errs, const char *fmt,
				va_list ap)
{
	size_t from = source_offset(c, cell, offset);
	size_t to = source_offset(c, cell, n ? offset + n : cell->n);

	return verror_at(c, from, to - from, warning, errs, fmt, ap);
}

struct error *csv_error(const struct csv *c, const struct csv_cell *cell, size_t offset, size_t n,
			struct errors *errs, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);

	struct error *e = cell_error(c, cell, offset, n, false, errs, fmt, ap);

	va_end(ap);
	return e;
}

struct error *csv_warn(const struct csv *c, const struct csv_cell *cell, size_t offset, size_t n,
		       struct errors *errs, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);

	struct error *e = cell_error(c, cell, offset, n, true, errs, fmt, ap);

	va_end(ap);
	return e;
}

const char *csv_unseen(const char *text, size_t n, size_t *ret_offset, uint32_t *ret_code)
{
	for (size_t i = 0, size; i < n; i += size) {
		uint32_t c = 0;

		size = utf8_char(text + i, n - i, &c);
		if (!size) /* the table is UTF-8 throughout */
			size = 1;

		const char *name = c == '\t'                ? "tab"
				   : c == '\n' || c == '\r' ? "line break"
							    : forbidden_char(c);

		if (!name)
			continue;
		*ret_offset = i;
		*ret_code = c;
		return name;
	}
	return NULL;
}

static size_t put_utf8(char *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* RFC 2781 2.2. The first half pair becomes U+FFFD, and *ret_bad its offset in the text. */
static bool from_utf16(struct rd r, bool little, struct arena *a, struct csv *c, size_t *ret_bad)
{
	char *text = arena_alloc(a, rd_left(&r) / 2 * 3 + 1);

	*ret_bad = SIZE_MAX;
	if (!text)
		return false;
	while (rd_left(&r) >= 2) {
		uint32_t unit = rd_u16(&r, little);
		struct rd ahead = r;

		if (unit >= 0xd800 && unit <= 0xdfff) {
			uint32_t low = rd_u16(&ahead, little);

			if (unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
				unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
				r = ahead;
			} else {
				if (*ret_bad == SIZE_MAX)
					*ret_bad = c->src_n;
				unit = 0xfffd;
			}
		}
		c->src_n += put_utf8(text + c->src_n, unit);
	}
	c->src = text;
	return true;
}

/* What people give for a table by mistake. */
static const char *other_kind(const char *src, size_t n)
{
	if (n >= 4 && memcmp(src, "PK\x03\x04", 4) == 0)
		return "a workbook (.xlsx, .ods) or another ZIP file, not CSV";
	if (n >= 4 && memcmp(src, "\xd0\xcf\x11\xe0", 4) == 0)
		return "an Excel workbook (.xls), not CSV";
	return NULL;
}

static const char save_as[] = "in Excel: Save As, type \"CSV UTF-8 (Comma delimited)\"";

static bool check_utf8(const struct csv *c, struct errors *errs)
{
	for (size_t i = 0, size; i < c->src_n; i += size) {
		uint32_t code = 0;

		size = utf8_char(c->src + i, c->src_n - i, &code);
		if (size)
			continue;
		error_hint(csv_error_at(c, i, 1, errs, "byte 0x%02x is not UTF-8",
					(unsigned char)c->src[i]),
			   "%s", save_as);
		return false;
	}
	return true;
}

bool csv_text(struct csv *c, const char *src, size_t n, struct arena *a, struct errors *errs)
{
	const char *kind = other_kind(src, n);
	bool little = n >= 2 && memcmp(src, "\xff\xfe", 2) == 0;
	bool big = n >= 2 && memcmp(src, "\xfe\xff", 2) == 0;
	size_t bad = SIZE_MAX;
	bool memory;

	if (kind) {
		error_hint(errors_add(errs, false, "'%s' is %s", c->name, kind), "%s", save_as);
		return false;
	}
	if (n > CSV_BYTES) {
		error_hint(errors_add(errs, false,
				      "'%s' has more than %d bytes, the limit for tables of hosts",
				      c->name, CSV_BYTES),
			   "was another file meant? Name networks instead of single hosts");
		return false;
	}
	if (little || big) {
		if (n % 2) {
			error_hint(errors_add(errs, false,
					      "'%s' ends in half a character of UTF-16", c->name),
				   "a piece is missing at its end: save it again");
			return false;
		}
		memory = from_utf16(rd_over((const uint8_t *)src + 2, n - 2), little, a, c, &bad);
	} else {
		if (n >= 3 && memcmp(src, "\xef\xbb\xbf", 3) == 0) { /* a mark that says UTF-8 */
			src += 3;
			n -= 3;
		}
		c->src = arena_strndup(a, src, n);
		c->src_n = n;
		memory = c->src != NULL;
	}
	if (!memory) {
		errors_add(errs, false, "out of memory while reading '%s'", c->name);
		return false;
	}
	if (bad != SIZE_MAX) {
		error_hint(csv_error_at(c, bad, 3, errs, "half a character (a lone surrogate)"),
			   "the file is damaged: %s", save_as);
		return false;
	}
	if (memchr(c->src, 0, c->src_n)) {
		error_hint(errors_add(errs, false, "'%s' is a binary file, not CSV", c->name),
			   "was another file meant? Else %s", save_as);
		return false;
	}
	return check_utf8(c, errs);
}

struct csv *csv_load(const char *path, struct arena *a, struct errors *errs)
{
	bool standard = strcmp(path, "-") == 0;
	size_t n = 0;
	/* One more than allowed, so that too much shows. */
	char *buf = config_slurp(path, true, CSV_BYTES + 1, &n, errs);
	struct csv *c;

	if (!buf)
		return NULL;
	c = csv_parse(standard ? "standard input" : path, buf, n, a, errs);
	free(buf);
	return c;
}
