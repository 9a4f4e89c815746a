/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pen - text onto a screen of so many rows and columns: cut where it does not fit, never wrapped.
 *
 * Text comes harmless (out_text() and its like). On a terminal that shows ASCII alone the rest of
 * it is written as \u{NNNN}.
 */
#ifndef SPAN_SCREEN_PEN_H
#define SPAN_SCREEN_PEN_H

#include "base/out.h"

/* What a colour says a word says, too. */
enum paint {
	PAINT_PLAIN,
	PAINT_STRONG,
	PAINT_DIM,
	PAINT_GOOD,
	PAINT_WARN,
	PAINT_BAD,
	PAINT_N,
	PAINT_MARKED = 0x10, /* with one of them: the selected row, the page that is shown */
};

struct pen {
	void (*put)(void *user, unsigned row, unsigned column, unsigned paint, const char *text);
	void *user;
	unsigned rows, columns;
	bool utf8;
	bool failed; /* there was no memory */
};

/* Writes at most `most` columns (0: up to the edge) of text; returns the column behind it. */
unsigned pen_put(struct pen *p, unsigned row, unsigned column, unsigned most, unsigned paint,
		 const char *text);
/* The same, filled up with blanks to exactly `width` columns, or less at the edge; `right`: the
 * blanks are before it. */
void pen_cell(struct pen *p, unsigned row, unsigned column, unsigned width, bool right,
	      unsigned paint, const char *text);
/* Columns that the text takes on this screen. */
unsigned pen_columns(const struct pen *p, const char *text);

#endif
