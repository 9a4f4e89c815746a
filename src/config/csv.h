/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csv - tables as spreadsheets write them: RFC 4180 with what they do beyond it, and the place of
 * every cell.
 *
 * UTF-8 with or without a byte order mark, UTF-16 with one; comma, semicolon or tab between the
 * cells, told by the header line or by Excel's line `sep=;`; CR, LF or CRLF after a row. Rows
 * without text, and those whose first cell begins with #, are left out. Limits: 2 MiB, 20,000 rows,
 * 256 columns, 500,000 cells, 4,096 bytes in a cell.
 */
#ifndef SPAN_CONFIG_CSV_H
#define SPAN_CONFIG_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum {
	CSV_BYTES = 2 << 20,
	CSV_ROWS = 20000,
	CSV_COLUMNS = 256,
	CSV_CELLS = 500000,
	CSV_CELL = 4096,
};

struct csv_cell {
	const char *text; /* NUL-terminated UTF-8; quotes taken off, nothing trimmed */
	size_t n;
	size_t offset, end;    /* in the source: its first byte or quote, and behind its last */
	unsigned line, column; /* of that, from 1; the column in bytes of UTF-8 */
	bool quoted;
};

struct csv_row {
	const struct csv_cell *cell;
	size_t n;
	bool bad; /* an error was said about it: its cells are not to be trusted */
};

struct csv {
	const char *name; /* as the user named it */
	const char *src;  /* the text as UTF-8 without a byte order mark, for excerpts */
	size_t src_n;
	char separator;
	const struct csv_row *row; /* the first is the header */
	size_t n;
};

/* Reads a table into *a. NULL after an error that leaves nothing to look at; errors about single
 * rows are in *errs too, and the table has the others, so that all can be said at once. */
struct csv *csv_load(const char *path, struct arena *a, struct errors *errs);
struct csv *csv_parse(const char *name, const char *src, size_t n, struct arena *a,
		      struct errors *errs);

/* An error or warning at bytes of a cell's text (n 0: all of them), with excerpt and caret. Returns
 * it so that a hint can be added. */
struct error *csv_error(const struct csv *c, const struct csv_cell *cell, size_t offset, size_t n,
			struct errors *errs, const char *fmt, ...) PRINTF(6, 7);
struct error *csv_warn(const struct csv *c, const struct csv_cell *cell, size_t offset, size_t n,
		       struct errors *errs, const char *fmt, ...) PRINTF(6, 7);
/* The first character that a reader cannot see, a tab or line break included: what it is called,
 * its place in the text and its code. NULL when there is none. */
const char *csv_unseen(const char *text, size_t n, size_t *ret_offset, uint32_t *ret_code);

#endif
