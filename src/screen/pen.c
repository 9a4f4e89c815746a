// SPDX-License-Identifier: BSD-2-Clause
#include "screen/pen.h"

#include <string.h>

/* The bytes of the character at z. */
static size_t character(const char *z)
{
	size_t n = 1;

	while (((unsigned char)z[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static uint32_t code_point(const char *z, size_t n)
{
	uint32_t cp = (unsigned char)*z & (0xffU >> (n + 1));

	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | ((unsigned char)z[i] & 0x3f);
	return cp;
}

/* As this terminal can show it. */
static void shown(const struct pen *p, const char *text, struct out *o)
{
	while (*text) {
		size_t n = character(text);

		if (n == 1 || p->utf8)
			out_bytes(o, text, n);
		else
			out_printf(o, "\\u{%X}", code_point(text, n));
		text += n;
	}
}

/* The longest beginning that takes no more than `most` columns. */
static size_t beginning(const char *z, unsigned most, unsigned *ret_columns)
{
	size_t at = 0;
	unsigned columns = 0;

	while (z[at]) {
		size_t n = character(z + at);

		/* What combines with the character before it goes with it. */
		while (z[at + n] && out_columns(z + at + n, character(z + at + n)) == 0)
			n += character(z + at + n);

		unsigned more = (unsigned)out_columns(z + at, n);

		if (columns + more > most)
			break;
		columns += more;
		at += n;
	}
	*ret_columns = columns;
	return at;
}

/* Cuts o to `most` columns, the last of which then says so. */
static unsigned cut(const struct pen *p, struct out *o, unsigned most)
{
	unsigned columns;
	size_t n;

	if (out_columns(out_str(o), o->n) <= most)
		return (unsigned)out_columns(out_str(o), o->n);
	n = beginning(out_str(o), most ? most - 1 : 0, &columns);
	if (!o->p)
		return 0;
	o->n = n;
	o->p[n] = '\0';
	if (!most)
		return columns;
	out_puts(o, p->utf8 ? "\xe2\x80\xa6" : "~");
	return columns + 1;
}

unsigned pen_columns(const struct pen *p, const char *text)
{
	struct out o = {0};
	unsigned n;

	if (p->utf8)
		return (unsigned)out_columns(text, strlen(text));
	shown(p, text, &o);
	n = (unsigned)o.n;
	out_done(&o);
	return n;
}

unsigned pen_put(struct pen *p, unsigned row, unsigned column, unsigned most, unsigned paint,
		 const char *text)
{
	struct out o = {0};

	if (row >= p->rows || column >= p->columns)
		return column;
	if (!most || most > p->columns - column)
		most = p->columns - column;
	shown(p, text, &o);
	most = cut(p, &o, most);
	if (o.n && !o.failed)
		p->put(p->user, row, column, paint, out_str(&o));
	p->failed |= o.failed;
	out_done(&o);
	return column + most;
}

void pen_cell(struct pen *p, unsigned row, unsigned column, unsigned width, bool right,
	      unsigned paint, const char *text)
{
	struct out o = {0}, all = {0};
	unsigned n;

	if (row >= p->rows || column >= p->columns)
		return;
	if (width > p->columns - column)
		width = p->columns - column;
	shown(p, text, &o);
	n = cut(p, &o, width);
	out_pad(&all, ' ', right ? width - n : 0);
	out_puts(&all, out_str(&o));
	out_pad(&all, ' ', right ? 0 : width - n);
	if (all.n && !all.failed)
		p->put(p->user, row, column, paint, out_str(&all));
	p->failed |= o.failed || all.failed;
	out_done(&o);
	out_done(&all);
}
