// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/out.h"
#include "config/csv.h"

struct box { /* one table and what became of it */
	struct arena arena;
	struct errors errs;
	struct csv *c;
};

static void open_box(struct box *b, const void *src, size_t n)
{
	/* A copy of exactly this size, so that a step past its end is seen. */
	char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	if (n)
		memcpy(copy, src, n);
	memset(b, 0, sizeof *b);
	b->c = csv_parse("x.csv", copy, n, &b->arena, &b->errs);
	free(copy);
}

static void close_box(struct box *b)
{
	errors_done(&b->errs);
	arena_done(&b->arena);
}

/* "[a|b][c]": rows and cells; a row with an error is "!". */
static void print(const struct csv *c, struct out *o)
{
	for (size_t i = 0; c && i < c->n; i++) {
		out_char(o, c->row[i].bad ? '!' : '[');
		for (size_t k = 0; !c->row[i].bad && k < c->row[i].n; k++) {
			out_puts(o, k ? "|" : "");
			out_bytes(o, c->row[i].cell[k].text, c->row[i].cell[k].n);
		}
		out_puts(o, c->row[i].bad ? "" : "]");
	}
}

static void tables(void **state)
{
	static const struct {
		const char *src, *want;
	} rows[] = {
		{"a,b\n1,2\n", "[a|b][1|2]"},
		{"a,b\n1,2", "[a|b][1|2]"},
		{"a,b\r\n1,2\r\n", "[a|b][1|2]"},
		{"a,b\r1,2\r", "[a|b][1|2]"},
		{"a,b\n\r1,2", "[a|b][1|2]"},
		{"\xef\xbb\xbf"
		 "a,b\n1,2",
		 "[a|b][1|2]"},
		{"a;b\n1,5;2\n", "[a|b][1,5|2]"},
		{"a\tb\n1;5\t2,3\n", "[a|b][1;5|2,3]"},
		{"sep=;\na,x;b\n1;2\n", "[a,x|b][1|2]"},
		{"SEP=,\r\na;b,c\n", "[a;b|c]"},
		{"sep=\t\na;b,c\td\n", "[a;b,c|d]"},
		{"\"a;x\",b\n1;2,3\n", "[a;x|b][1;2|3]"},
		{"\"a;;;x\",b\n", "[a;;;x|b]"},
		{"a\nb\n", "[a][b]"},
		{"a,b\n,\n  , \n1,2\n", "[a|b][1|2]"},
		{"\n\n  \na;b\n;;\n1;2\n", "[a|b][1|2]"},
		{"# it's \"a\", b; c\na;b\n#1;2\n  # \"x\n3;4\n", "[a|b][3|4]"},
		{"a,b\n\"#1\",2\n3,#4\n", "[a|b][3|#4]"},
		{"a,b\n\"1\",\"2\"\n", "[a|b][1|2]"},
		{"a,b\n\"1,\"\"x\"\"\",2\n", "[a|b][1,\"x\"|2]"},
		{"a,b\n\"\"\"\",\"\"\n", "[a|b][\"|]"},
		{"a,b\n\"1\n2\",3\n", "[a|b][1\n2|3]"},
		{"a,b\n\"1\r\n2\r3\",4\r\n", "[a|b][1\r\n2\r3|4]"},
		{"a,b\n 1 ,\t2\n", "[a|b][ 1 |\t2]"},
		{"a,b\n1\n1,2,3\n", "[a|b][1][1|2|3]"},
		{"a,b\n1,\"2\"", "[a|b][1|2]"},
		{"a,b\n1,", "[a|b][1|]"},
		{"a,b\n\"1\"x,2\n3,4\n", "[a|b]![3|4]"},
		{"a,b\n1\"x,2\n3,4\n", "[a|b]![3|4]"},
		{"a,b\n1, \"x\"\n3,4\n", "[a|b]![3|4]"},
		{"a,b\n1,\"x\n3,4\n", "[a|b]!"},
		{"M\xc3\xbcnchen,\xe2\x82\xac\n", "[M\xc3\xbcnchen|\xe2\x82\xac]"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct out o = {0};
		struct box b;

		open_box(&b, rows[i].src, strlen(rows[i].src));
		print(b.c, &o);
		assert_string_equal(out_str(&o), rows[i].want);
		assert_int_equal(b.errs.n_errors != 0, strchr(rows[i].want, '!') != NULL);
		out_done(&o);
		close_box(&b);
	}
}

/* Places of cells: what an error about them points at. */
static void places(void **state)
{
	static const char src[] = "a,b\r\n\"1\n2\",x\"\ry,  \"\"\"z\n";
	struct box b;

	open_box(&b, "a,b\r\n\"1\n\"\"2\",x\ry,z\n", 19);
	assert_non_null(b.c);
	assert_int_equal(b.c->n, 3);

	const struct csv_cell *two = &b.c->row[1].cell[0], *x = &b.c->row[1].cell[1];

	assert_int_equal(two->line, 2);
	assert_int_equal(two->column, 1);
	assert_string_equal(two->text, "1\n\"2");
	assert_int_equal(x->line, 3);
	assert_int_equal(x->column, 6);
	assert_int_equal(b.c->row[2].cell[1].line, 4);
	/* "2" stands behind a doubled quote in the third line */
	csv_error(b.c, two, 3, 1, &b.errs, "here");
	assert_int_equal(b.errs.e[0].line, 3);
	assert_int_equal(b.errs.e[0].column, 3);
	assert_string_equal(b.errs.e[0].excerpt, "\"\"2\",x");
	close_box(&b);
	open_box(&b, src, sizeof src - 1);
	assert_int_equal(b.errs.n_errors, 2);
	close_box(&b);
}

static void refused(void **state)
{
	static const struct {
		const char *src;
		size_t n;
		unsigned line, column;
		const char *what;
		bool table; /* there is one to look at all the same */
	} rows[] = {
#define ROW(src, ...) {src, sizeof src - 1, __VA_ARGS__}
		ROW("", 0, 0, "there is no row in 'x.csv'", false),
		ROW("\n# a\n\n", 0, 0, "there is no row in 'x.csv'", false),
		ROW("sep=;", 0, 0, "there is no row in 'x.csv'", false),
		ROW("sep=|\na|b\n", 1, 1, "the line 'sep=' names no separator that is read", false),
		ROW("sep=\na\n", 1, 1, "the line 'sep=' names no separator that is read", false),
		ROW("sep=;;\na\n", 1, 1, "the line 'sep=' names no separator that is read", false),
		ROW("a,b\n1,\"x\n", 2, 3, "this quote is never closed", true),
		ROW("a,b\n1,\"x\"\"\n", 2, 3, "this quote is never closed", true),
		ROW("a,b\n\"1\" ,x\n", 2, 4, "text goes on behind the closing quote", true),
		ROW("a,b\n1\"2,x\n", 2, 2, "a quote in a cell that does not begin with one", true),
		ROW("a,b\ncaf\xe9,1\n", 2, 4, "byte 0xe9 is not UTF-8", false),
		ROW("a,b\n\xc3", 2, 1, "byte 0xc3 is not UTF-8", false),
		ROW("a,b\n\xc0\x80", 2, 1, "byte 0xc0 is not UTF-8", false),
		ROW("a,b\n\xed\xa0\x80", 2, 1, "byte 0xed is not UTF-8", false),
		ROW("a\0,b\n", 0, 0, "'x.csv' is a binary file, not CSV", false),
		ROW("PK\x03\x04 and so on", 0, 0,
		    "'x.csv' is a workbook (.xlsx, .ods) or another ZIP file, not CSV", false),
		ROW("\xd0\xcf\x11\xe0 and so on", 0, 0,
		    "'x.csv' is an Excel workbook (.xls), not CSV", false),
		ROW("\xff\xfe"
		    "a\0,",
		    0, 0, "'x.csv' ends in half a character of UTF-16", false),
		ROW("\xff\xfe"
		    "a\0\n\0\x00\xd8"
		    "b\0",
		    2, 1, "half a character (a lone surrogate)", false),
		ROW("\xfe\xff\0a\xdc\x00\0b", 1, 2, "half a character (a lone surrogate)", false),
		ROW("\xfe\xff\0a\xd8\x00", 1, 2, "half a character (a lone surrogate)", false),
		ROW("\xff\xfe\0\0a\0\0\0", 0, 0, "'x.csv' is a binary file, not CSV", false),
#undef ROW
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct box b;

		open_box(&b, rows[i].src, rows[i].n);
		assert_int_equal(b.errs.n_errors, 1);
		assert_string_equal(b.errs.e[0].what, rows[i].what);
		assert_int_equal(b.errs.e[0].line, rows[i].line);
		assert_int_equal(b.errs.e[0].column, rows[i].column);
		assert_non_null(b.errs.e[0].hint);
		assert_int_equal(b.c != NULL, rows[i].table);
		close_box(&b);
	}
}

/* The same text in UTF-16, either way round, is the same table. */
static void utf16(void **state)
{
	static const uint32_t text[] = {'a', ';',  0xfc,   '\r', '\n', '"',
					'1', '\n', 0x20ac, '"',  ';',  0x1f4bb};

	for (unsigned big = 0; big < 2; big++) {
		uint8_t src[64];
		size_t n = 0;
		struct out o = {0};
		struct box b;
		uint16_t units[32] = {0xfeff};
		size_t k = 1;

		for (size_t i = 0; i < N_ELEMENTS(text); i++) {
			if (text[i] > 0xffff) {
				units[k++] = (uint16_t)(0xd800 + ((text[i] - 0x10000) >> 10));
				units[k++] = (uint16_t)(0xdc00 + (text[i] & 0x3ff));
			} else {
				units[k++] = (uint16_t)text[i];
			}
		}
		for (size_t i = 0; i < k; i++) {
			src[n++] = (uint8_t)(big ? units[i] >> 8 : units[i]);
			src[n++] = (uint8_t)(big ? units[i] : units[i] >> 8);
		}
		open_box(&b, src, n);
		print(b.c, &o);
		assert_string_equal(out_str(&o), "[a|\xc3\xbc][1\n\xe2\x82\xac|\xf0\x9f\x92\xbb]");
		assert_int_equal(b.errs.n_errors, 0);
		out_done(&o);
		close_box(&b);
	}
}

/* Every beginning of a table is a table or an error, and whole rows stay what they were. */
static void truncated(void **state)
{
	static const char src[] = "\xef\xbb\xbf"
				  "sep=;\r\nname;\"a \"\"b\"\"\";c\r\n"
				  "x;\"1\r\n2\";\xe2\x82\xac\r\n# y;\"z\r\nlast;1;2\r\n";

	for (size_t n = 0; n < sizeof src; n++) {
		struct box b;

		open_box(&b, src, n);
		assert_true(b.c || b.errs.n_errors);
		for (size_t i = 0; b.c && i < b.c->n; i++)
			for (size_t k = 0; k < b.c->row[i].n; k++) {
				const struct csv_cell *cell = &b.c->row[i].cell[k];

				assert_true(cell->offset <= cell->end && cell->end <= b.c->src_n);
				assert_int_equal(strlen(cell->text), cell->n);
			}
		close_box(&b);
	}
}

static void fill(struct out *o, const char *z, size_t times)
{
	while (times--)
		out_puts(o, z);
}

static void limits(void **state)
{
	static const struct {
		const char *head, *piece, *tail;
		size_t at_most;
		const char *what;
	} rows[] = {
		{"a,b\n", "1,2\n", "", CSV_ROWS - 1, "more than 20000 rows"},
		{"a", ",", "b\n", CSV_COLUMNS - 1, "more than 256 columns"},
		{"a,b\n", "x", ",y\n", CSV_CELL, "a cell of more than 4096 bytes"},
		{"a,b\n\"", "x", "\",y\n", CSV_CELL, "a cell of more than 4096 bytes"},
		{"a,b\n# ", "x", "\n", CSV_BYTES - 7,
		 "'x.csv' has more than 2097152 bytes, the limit for tables of hosts"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		for (unsigned more = 0; more < 2; more++) {
			struct out o = {0};
			struct box b;

			out_puts(&o, rows[i].head);
			fill(&o, rows[i].piece, rows[i].at_most + more);
			out_puts(&o, rows[i].tail);
			open_box(&b, o.p, o.n);
			assert_int_equal(b.errs.n_errors, more);
			if (more)
				assert_string_equal(b.errs.e[0].what, rows[i].what);
			out_done(&o);
			close_box(&b);
		}

	/* A wide table meets the limit of cells before that of rows. */
	struct out o = {0};
	struct box b;

	for (size_t i = 0; i < CSV_CELLS / 100 + 1; i++) {
		fill(&o, "1,", 99);
		out_puts(&o, "1\n");
	}
	open_box(&b, o.p, o.n);
	assert_int_equal(b.errs.n_errors, 1);
	assert_string_equal(b.errs.e[0].what, "more than 500000 cells");
	assert_int_equal(b.c->n, CSV_CELLS / 100);
	out_done(&o);
	close_box(&b);
}

static void unseen(void **state)
{
	static const struct {
		const char *text, *want;
		size_t offset;
	} rows[] = {
		{"sql01", NULL, 0},
		{"M\xc3\xbcnchen 1", NULL, 0},
		{"a\tb", "tab", 1},
		{"ab\n", "line break", 2},
		{"\xc3\xbc\xe2\x80\x8b", "character without width", 2},
		{"x\xe2\x80\xae", "direction mark", 1},
		{"\x1b[2J", "control character", 0},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		size_t at = 0;
		uint32_t code;
		const char *got = csv_unseen(rows[i].text, strlen(rows[i].text), &at, &code);

		if (!rows[i].want) {
			assert_null(got);
			continue;
		}
		assert_string_equal(got, rows[i].want);
		assert_int_equal(at, rows[i].offset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables), cmocka_unit_test(places),    cmocka_unit_test(refused),
		cmocka_unit_test(utf16),  cmocka_unit_test(truncated), cmocka_unit_test(limits),
		cmocka_unit_test(unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
