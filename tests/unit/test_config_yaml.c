// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/out.h"
#include "config/yaml.h"

struct box { /* one file and what became of it */
	struct arena arena;
	struct errors errs;
	struct yfile *f;
};

static void open_box(struct box *b, const char *src, size_t n)
{
	memset(b, 0, sizeof *b);
	b->f = yfile_parse("x.yaml", src, n, &b->arena, &b->errs);
}

static void close_box(struct box *b)
{
	errors_done(&b->errs);
	arena_done(&b->arena);
}

/* One slip a row: the first error, its place and what to do about it. */
static void refused(void **state)
{
	static const struct {
		const char *src;
		unsigned line, column, length;
		const char *what, *hint;
	} rows[] = {
		{"addr: [10.0.0.1, ::1]\n", 1, 18, 1, "a value cannot begin with a colon here",
		 "put IPv6 addresses in quotes"},
		{"addr: [::1]\n", 1, 8, 1, "a value cannot begin with a colon here",
		 "put IPv6 addresses in quotes"},
		{"host: {addr: ::1}\n", 1, 14, 1, "a value cannot begin with a colon here",
		 "put IPv6 addresses in quotes"},
		{"a:\n  - {x: 1, y: [2001:db8::1, ::2]}\n", 2, 29, 1,
		 "a value cannot begin with a colon here", "put IPv6 addresses in quotes"},
		{"a: [\"\\ud83d\\ude00\"]\n", 1, 8, 1,
		 "half a character: a surrogate escape (\\ud800 to \\udfff)",
		 "write the character itself in UTF-8"},
		{"a: \"\\uDC00\"\n", 1, 7, 1,
		 "half a character: a surrogate escape (\\ud800 to \\udfff)",
		 "write the character itself in UTF-8"},
		{"a:\n\tb: 1\n", 2, 1, 1, "a tab indents this line", "indent with spaces"},
		{"a:\n  b: 1\n\tc: 2\n", 3, 1, 1, "a tab indents this line", "indent with spaces"},
		{"\ta: 1\n", 1, 1, 1, "a tab indents this line", "indent with spaces"},
		{"a:\n  - b\n \t- c\n", 3, 2, 1, "a tab indents this line", "indent with spaces"},
		{"name:foo\nb: 1\n", 2, 2, 1,
		 "a key where a text goes on: the line above is no key",
		 "write a space after the colon of the line above"},
		{"a: 1\nname:foo\nb: 1\n", 2, 1, 1, "a key without a space after its colon",
		 "write a space after the colon"},
		{"a: 1\njust text\nb: 1\n", 2, 1, 1, "a line without a key",
		 "write 'key: value', or indent it as part of the text above"},
		{"a: b: c\n", 1, 5, 1, "a second colon in one line",
		 "put a text with ': ' in quotes"},
		{"a: 1\n  b: 2\n", 2, 4, 1,
		 "a key is indented below a line that has a value already",
		 "indent it like the line above, or remove the value there"},
		{"a: @foo\n", 1, 4, 1, "a text cannot begin with this character",
		 "put the text in quotes"},
		{"a: `foo\n", 1, 4, 1, "a text cannot begin with this character",
		 "put the text in quotes"},
		{"a: %foo\n", 1, 4, 1, "a text cannot begin with this character",
		 "put the text in quotes"},
		{"names: [*.windowsupdate.com]\n", 1, 9, 1,
		 "a bare * begins an alias, which strict YAML leaves out",
		 "put the text in quotes"},
		{"a: *foo\n", 1, 4, 4, "an alias (*name) is not part of strict YAML",
		 "put text that begins with * in quotes"},
		{"*x : 1\n", 1, 1, 2, "an alias (*name) is not part of strict YAML",
		 "put a key that begins with * in quotes"},
		{"a: &x 1\n", 1, 4, 4, "an anchor (&name) is not part of strict YAML",
		 "write the value where it is needed, or put text that begins with & in quotes"},
		{"a: &x [1]\n", 1, 4, 4, "an anchor (&name) is not part of strict YAML",
		 "write the value where it is needed, or put text that begins with & in quotes"},
		{"a: & b\n", 1, 4, 1, "a bare & begins an anchor, which strict YAML leaves out",
		 "put the text in quotes"},
		{"a: !!str x\n", 1, 4, 7, "a tag (!name) is not part of strict YAML",
		 "leave it out, or put text that begins with ! in quotes"},
		{"a: !<x\n", 1, 4, 1, "a bare ! begins a tag, which strict YAML leaves out",
		 "put the text in quotes"},
		{"a: ! {x: 1}\n", 1, 4, 3, "a tag (!name) is not part of strict YAML",
		 "leave it out, or put text that begins with ! in quotes"},
		{"a: \"C:\\Users\"\n", 1, 4, 1, "a backslash in double quotes begins an escape",
		 "use single quotes: 'C:\\dir'"},
		{"a: \"C:\\Work\"\n", 1, 4, 1, "a backslash in double quotes begins an escape",
		 "use single quotes: 'C:\\dir'"},
		{"a: \"foo\nb: 1\n", 1, 4, 1, "a quote that is opened here is not closed",
		 "close it, or remove it"},
		{"a: 'foo\nb: 1\n", 1, 4, 1, "a quote that is opened here is not closed",
		 "close it, or remove it"},
		{"a: [1, 2\nb: 3\n", 1, 4, 1, "a list that is opened here is not closed",
		 "close it with ], and put commas between its values"},
		{"a: {x: 1\nb: 3\n", 1, 4, 1, "a map that is opened here is not closed",
		 "close it with }, and put commas between its pairs"},
		{"  a: 1\nb: 2\n", 2, 1, 1, "something follows the end of the document",
		 "begin all top keys in the first column; keep one document in a file"},
		{"a:\n  - x\n - y\n", 3, 2, 1, "this line is indented like none above it",
		 "begin the keys of one map, or the dashes of one list, in the same column"},
		{"a:\n  - x\n  y: 1\n", 3, 3, 1, "a key among the items of a list",
		 "begin the line with '- ', or indent it like the key of the list"},
		{"a: - b\n", 1, 4, 1, "a list cannot begin in the line of its key",
		 "begin it in the next line, or write [a, b]"},
		{"a: 1\n---\nb: 2\n", 2, 1, 3, "a second document begins here",
		 "keep one in a file, without --- lines"},
		{"a: 1\n...\nb: 2\n", 3, 1, 1, "something follows the end of the document",
		 "begin all top keys in the first column; keep one document in a file"},
		{"%YAML 1.1\n---\na: 1\n", 1, 1, 9,
		 "a directive (%YAML, %TAG) is not part of strict YAML", "remove the line"},
		{"%TAG ! x\n---\na: 1\n", 1, 1, 8,
		 "a directive (%YAML, %TAG) is not part of strict YAML", "remove the line"},
		{"%FOO\n---\na: 1\n", 1, 1, 1,
		 "a directive (%YAML, %TAG) is not part of strict YAML", "remove the line"},
		{"? [a]\n: b\n", 1, 3, 1, "a key must be a word, not a list or a map",
		 "is a quote missing, or a dash too many?"},
		{"{[a]: b}\n", 1, 2, 1, "a key must be a word, not a list or a map",
		 "is a quote missing, or a dash too many?"},
		{"? a\n: b\n", 1, 3, 1, "the '? key' form is not part of strict YAML",
		 "write 'key: value'"},
		{"{a: 1, {b: 2}: 3}\n", 1, 8, 1, "a key must be a word, not a list or a map",
		 "is a quote missing, or a dash too many?"},
		{"a: ]\n", 1, 4, 1, "this bracket closes nothing that is open",
		 "remove it, or open it first: [ goes with ], { with }"},
		{"a: }\n", 1, 4, 1, "this bracket closes nothing that is open",
		 "remove it, or open it first: [ goes with ], { with }"},
		{"a: [1,,2]\n", 1, 7, 1, "a value is missing before this comma",
		 "write a value, or remove the comma"},
		{"a: \"x\" y\n", 1, 8, 1, "text goes on after the closing quote",
		 "put all of it in the quotes"},
		{"a: |\n\tx\n", 1, 4, 1, "a block of text (| or >) is not well-formed",
		 "indent its lines with spaces, or use quotes"},
		{"<<: {a: 1}\n", 1, 1, 2, "a merge key (<<) is not part of strict YAML",
		 "write the values where they are needed"},
		{"a: 1\nb: 2\na: 3\n", 3, 1, 1, "the key 'a' is there twice; first in line 1",
		 "keep one of the two"},
		{"{\"a\": 1, \"b\": {\"c\": 1, \"c\": 2}}\n", 1, 24, 3,
		 "the key 'c' is there twice; first in line 1", "keep one of the two"},
		{"a: 1\r\nb: 2\r\na: 3\r\n", 3, 1, 1, "the key 'a' is there twice; first in line 1",
		 "keep one of the two"},
		{"a: 1\rb: 2\ra: 3\r", 3, 1, 1, "the key 'a' is there twice; first in line 1",
		 "keep one of the two"},
		{"\303\251: 1\n\303\251: 2\n", 2, 1, 2,
		 "the key '\303\251' is there twice; first in line 1", "keep one of the two"},
		{"{\303\251: \"\303\251\303\251\", b: [}\n", 1, 18, 1,
		 "this bracket closes nothing that is open",
		 "remove it, or open it first: [ goes with ], { with }"},
		{"a: \"\\u0000\"\n", 1, 4, 8, "control character U+0000 in a text",
		 "leave it out; it cannot be seen"},
		{"a: \"\\e[1m\"\n", 1, 4, 7, "control character U+001B in a text",
		 "leave it out; it cannot be seen"},
		{"a: \"x\\ty\"\n", 1, 4, 6, "tab U+0009 in a text", "write a space"},
		{"a: b\tc\n", 1, 4, 3, "tab U+0009 in a text", "write a space"},
		{"a: \"\\u202e\"\n", 1, 4, 8, "direction mark U+202E in a text",
		 "leave it out; it cannot be seen"},
		{"a: \377\n", 1, 4, 1, "byte 0xff is not UTF-8", "save the file as UTF-8"},
		{"a: \355\240\275\n", 1, 4, 1, "byte 0xed is not UTF-8", "save the file as UTF-8"},
		{"a: \340\200\200\n", 1, 4, 1, "byte 0xe0 is not UTF-8", "save the file as UTF-8"},
		{"a: x\001\n", 1, 5, 1, "control character U+0001 in the file",
		 "remove it; it cannot be seen"},
		{"a: \302\205\n", 1, 4, 2, "control character U+0085 in the file",
		 "remove it; it cannot be seen"},
		{"a: \342\200\256txt\n", 1, 4, 3, "direction mark U+202E in the file",
		 "remove it; it cannot be seen"},
		{"a: \342\200\213\n", 1, 4, 3, "character without width U+200B in the file",
		 "remove it; it cannot be seen"},
		{"a: \342\200\250\n", 1, 4, 3, "line separator U+2028 in the file",
		 "remove it; it cannot be seen"},
		{": x\n", 1, 1, 1, "a key is missing before this colon",
		 "write a word before it; put IPv6 addresses in quotes"},
		{"{: x}\n", 1, 2, 1, "a value cannot begin with a colon here",
		 "put IPv6 addresses in quotes"},
		{"", 0, 0, 1, "there is nothing in it", "was the file saved?"},
		{"\n# only a remark\n", 0, 0, 1, "there is nothing in it", "was the file saved?"},
		{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", 1, 17, 1,
		 "more than 16 lists and maps inside each other",
		 "no file of this program needs more than six"},
		{"a: [1, 2\n", 1, 4, 1, "a list that is opened here is not closed",
		 "close it with ], and put commas between its values"},
		{"a: {x: 1\n", 1, 4, 1, "a map that is opened here is not closed",
		 "close it with }, and put commas between its pairs"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct box b;

		open_box(&b, rows[i].src, strlen(rows[i].src));
		if (b.f || !b.errs.n)
			fail_msg("row %zu was read: %s", i, rows[i].src);

		const struct error *e = &b.errs.e[0];

		assert_string_equal(e->what, rows[i].what);
		if (e->line != rows[i].line || e->column != rows[i].column ||
		    e->length != rows[i].length)
			fail_msg("row %zu: %u:%u +%u: %s", i, e->line, e->column, e->length,
				 rows[i].src);
		assert_string_equal(e->hint, rows[i].hint);
		assert_string_equal(e->file, "x.yaml");
		close_box(&b);
	}
}

/* The tree as text: kinds, texts, keys, and with places when asked for. */
static void dump(const struct ynode *n, bool places, struct out *o)
{
	if (n->key) {
		out_printf(o, "%s", n->key);
		if (places)
			out_printf(o, "@%u:%u+%u", n->key_line, n->key_column, n->key_length);
		out_puts(o, "=");
	}
	if (n->kind == Y_SCALAR)
		out_printf(o, "'%s'", n->text);
	else
		out_puts(o, n->kind == Y_LIST ? "[" : "{");
	if (places)
		out_printf(o, "@%u:%u+%u", n->line, n->column, n->length);
	if (n->kind == Y_SCALAR)
		return;

	size_t count = 0;

	for (const struct ynode *y = n->first; y; y = y->next, count++) {
		out_puts(o, count ? " " : "");
		dump(y, places, o);
	}
	assert_int_equal(count, n->n);
	out_puts(o, n->kind == Y_LIST ? "]" : "}");
}

static void check_tree(const char *src, size_t n, bool places, const char *want)
{
	struct out o = {0};
	struct box b;

	open_box(&b, src, n);
	if (!b.f) {
		errors_format(&b.errs, "test", &o);
		fail_msg("%s\n%s", src, out_str(&o));
	}
	dump(b.f->root, places, &o);
	assert_string_equal(out_str(&o), want);
	assert_int_equal(b.errs.n, 0);
	out_done(&o);
	close_box(&b);
}

static void trees(void **state)
{
	static const struct {
		const char *src, *tree;
	} rows[] = {
		/* Every scalar is text: neither no nor 010 nor ~ is anything else. */
		{"a: no\nb: 010\nc: ~\nd: 1e3\ne:\nf: ''\n",
		 "{a='no' b='010' c='~' d='1e3' e='' f=''}"},
		{"a: 2001:db8::1\nb: 12:30\nc: [2001:db8::1, a:b]\n",
		 "{a='2001:db8::1' b='12:30' c=['2001:db8::1' 'a:b']}"},
		{"---\na: 1\n...\n", "{a='1'}"},
		{"a: 1 # remark\n# another\nb: '#2'\n", "{a='1' b='#2'}"},
		{"- a\n- - b\n  - c\n- {d: [e, f], g: {}}\n- []\n",
		 "['a' ['b' 'c'] {d=['e' 'f'] g={}} []]"},
		{"a: |\n  one\n  two\nb: >-\n  three\n  four\n", "{a='one\ntwo\n' b='three four'}"},
		{"a: \"\\u00e9\\/\\n\"\n", "{a='\303\251/\n'}"},
		{"\xef\xbb\xbf"
		 "a: 1\n",
		 "{a='1'}"},
		{"a: 1\r\nb:\r\n  - x\r\n", "{a='1' b=['x']}"},
		{"<<x: 1\n'<<': 2\n", "{<<x='1' <<='2'}"},
		{"{\n\t\"a\": [1, 2,\t3],\n\t\"b\": {\"c\": \"d\"}\n}\n",
		 "{a=['1' '2' '3'] b={c='d'}}"},
		{"{\"a\":{\"b\":[true,null,\"x\"]}}", "{a={b=['true' 'null' 'x']}}"},
		{"\"just text\"\n", "'just text'"},
		{"a: \360\237\230\200\n", "{a='\360\237\230\200'}"},
		{"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n", "[[[[[[[[[[[[[[[['1']]]]]]]]]]]]]]]]"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		check_tree(rows[i].src, strlen(rows[i].src), false, rows[i].tree);
}

/* The same inventory in the two notations is the same tree. */
static void yaml_is_json(void **state)
{
	static const char yaml[] = "spanaudit: site/1\nhosts:\n  - name: a\n    role: [sql, ssrs]\n"
				   "    addr: \"::1\"\n  - {name: b, ports: {sql: 51433}}\n";
	static const char json[] =
		"{\"spanaudit\":\"site/1\",\"hosts\":[{\"name\":\"a\",\"role\":[\"sql\",\"ssrs\"],"
		"\"addr\":\"::1\"},\n{\"name\": \"b\", \"ports\": {\"sql\": 51433}}]}\n";
	static const char tree[] = "{spanaudit='site/1' hosts=[{name='a' role=['sql' 'ssrs'] "
				   "addr='::1'} {name='b' ports={sql='51433'}}]}";

	check_tree(yaml, strlen(yaml), false, tree);
	check_tree(json, strlen(json), false, tree);
}

/* Columns count bytes, so that the caret finds its place behind any text. */
static void places(void **state)
{
	static const char src[] = "# first\n"
				  "a: {b: \"\303\251\", 'c d': [1, 22]}\n"
				  "\303\251\303\251: xyz  # remark\n"
				  "t: |\n"
				  "  text\n"
				  "  more\n"
				  "l:\n"
				  "  - p: 1\n"
				  "    q: 2\n"
				  "  - r\n";

	check_tree(src, strlen(src), true,
		   "{@2:1+1a@2:1+1={@2:4+25b@2:5+1='\303\251'@2:8+4 c d@2:14+5=[@2:21+7'1'@2:22+1 "
		   "'22'@2:25+2]} \303\251\303\251@3:1+4='xyz'@3:7+3 t@4:1+1='text\nmore\n'@4:4+1 "
		   "l@7:1+1=[@8:3+1{@8:5+1p@8:5+1='1'@8:8+1 q@9:5+1='2'@9:8+1} 'r'@10:5+1]}");
}

/* Mistakes that do not hide what follows are all found; syntax ends it. */
static void several(void **state)
{
	static const char src[] = "a: *x\nb: &y 1\nc: !z 2\nd: 1\nd: 2\nd: 3\ne: [\nf: *w\n";
	static const unsigned lines[] = {1, 2, 3, 8, 7};
	struct box b;

	open_box(&b, src, strlen(src));
	assert_null(b.f);
	/* The duplicates would be told at the end of the map, which never comes. */
	assert_int_equal(b.errs.n, N_ELEMENTS(lines));
	for (size_t i = 0; i < N_ELEMENTS(lines); i++)
		assert_int_equal(b.errs.e[i].line, lines[i]);
	close_box(&b);

	static const char dup[] = "d: 1\nx: {a: 1, a: 2}\nd: 2\nd: 3\n";

	open_box(&b, dup, strlen(dup));
	assert_int_equal(b.errs.n, 3);
	assert_string_equal(b.errs.e[0].what, "the key 'a' is there twice; first in line 2");
	assert_string_equal(b.errs.e[2].what, "the key 'd' is there twice; first in line 1");
	assert_int_equal(b.errs.e[2].line, 4);
	close_box(&b);
}

static void twenty_are_kept(void **state)
{
	struct out o = {0};
	struct box b;

	for (unsigned i = 0; i < 50; i++)
		out_printf(&o, "k%u: *x\n", i);
	open_box(&b, o.p, o.n);
	assert_int_equal(b.errs.n, ERRORS_MAX);
	assert_int_equal(b.errs.n_errors, 50);
	close_box(&b);
	out_done(&o);
}

static void one_error_whole(void **state)
{
	static const char src[] = "hosts:\n  - {name: a, addr: [10.0.0.1, ::1]}\n";
	struct out o = {0};
	struct box b;

	open_box(&b, src, strlen(src));
	errors_format(&b.errs, "spanaudit", &o);
	assert_string_equal(
		out_str(&o),
		"x.yaml:2:32: error: a value cannot begin with a colon here\n"
		"    2 |   - {name: a, addr: [10.0.0.1, ::1]}\n"
		"      |                                ^ put IPv6 addresses in quotes\n");
	out_done(&o);
	close_box(&b);
}

static void long_lines(void **state)
{
	struct out o = {0};
	struct box b;

	/* Far to the right: the place is told, the line is not shown. */
	out_puts(&o, "{\"a\": \"");
	out_pad(&o, 'x', 1000);
	out_puts(&o, "\", \"a\": 1}");
	open_box(&b, o.p, o.n);
	assert_int_equal(b.errs.e[0].column, 1011);
	assert_null(b.errs.e[0].excerpt);
	close_box(&b);
	out_reset(&o);

	/* At its beginning: as much as fits, cut between characters. */
	out_puts(&o, "*a: \"");
	for (int i = 0; i < 200; i++)
		out_puts(&o, "\303\251");
	out_puts(&o, "\"\n");
	open_box(&b, o.p, o.n);
	assert_int_equal(b.errs.e[0].column, 1);
	assert_int_equal(strlen(b.errs.e[0].excerpt), 199);
	close_box(&b);
	out_done(&o);
}

/* What a limit allows is read, one more is not. */
static void limits(void **state)
{
	struct out o = {0};
	struct box b;
	clock_t start = clock();

	out_puts(&o, "[");
	for (unsigned i = 1; i < YAML_NODES; i++)
		out_puts(&o, i > 1 ? ",1" : "1");
	out_puts(&o, "]");
	open_box(&b, o.p, o.n);
	assert_non_null(b.f);
	assert_int_equal(b.f->root->n, YAML_NODES - 1);
	/* One line of 400 kB, sanitizers on: a second. Places that are searched for from the
	 * line's beginning take minutes. */
	assert_true((clock() - start) / CLOCKS_PER_SEC < 20);
	close_box(&b);
	out_reset(&o);

	out_puts(&o, "[");
	for (unsigned i = 0; i < YAML_NODES; i++)
		out_puts(&o, i ? ",1" : "1");
	out_puts(&o, "]");
	open_box(&b, o.p, o.n);
	assert_null(b.f);
	assert_string_equal(b.errs.e[0].what, "more than 200000 values in one file");
	assert_int_equal(b.errs.e[0].column, 2 * YAML_NODES);
	close_box(&b);
	out_reset(&o);

	out_puts(&o, "a: ");
	out_pad(&o, 'x', YAML_BYTES - 3);
	open_box(&b, o.p, o.n);
	assert_non_null(b.f);
	close_box(&b);
	out_puts(&o, "x");
	open_box(&b, o.p, o.n);
	assert_null(b.f);
	assert_string_equal(b.errs.e[0].what,
			    "'x.yaml' has more than 1048576 bytes, the limit for YAML files");
	close_box(&b);
	out_done(&o);
}

static void not_yaml(void **state)
{
	static const struct {
		const char *src;
		size_t n;
		const char *what, *hint;
	} rows[] = {
		{"\xff\xfe"
		 "a\0",
		 4, "'x.yaml' is text in UTF-16, which is not read",
		 "save it as UTF-8 (in Notepad: Save As, Encoding)"},
		{"\xfe\xff\0a", 4, "'x.yaml' is text in UTF-16, which is not read",
		 "save it as UTF-8 (in Notepad: Save As, Encoding)"},
		{"a: \0", 4, "'x.yaml' is a binary file, not YAML", "was another file meant?"},
		{"\xd4\xc3\xb2\xa1\2\0\4\0", 8, "'x.yaml' is a capture file, not YAML",
		 "name captures after the options, without --site or --rules"},
		{"\x0a\x0d\x0d\x0a\1\0\0\0", 8, "'x.yaml' is a capture file, not YAML",
		 "name captures after the options, without --site or --rules"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct box b;

		open_box(&b, rows[i].src, rows[i].n);
		assert_null(b.f);
		assert_int_equal(b.errs.n, 1);
		assert_null(b.errs.e[0].file);
		assert_string_equal(b.errs.e[0].what, rows[i].what);
		assert_string_equal(b.errs.e[0].hint, rows[i].hint);
		close_box(&b);
	}
}

static void load_fails(const char *path, const char *why, const char *hint)
{
	struct box b = {0};
	char want[256];

	b.f = yfile_load(path, &b.arena, &b.errs);
	assert_null(b.f);
	assert_int_equal(b.errs.n, 1);
	snprintf(want, sizeof want, "cannot read '%s': %s", path, why);
	assert_string_equal(b.errs.e[0].what, want);
	assert_string_equal(b.errs.e[0].hint, hint);
	close_box(&b);
}

static void write_file(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void files(void **state)
{
	char dir[] = "/tmp/spanaudit-yaml-XXXXXX", path[64], deep[96];
	struct box b = {0};

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/f.yaml", dir);
	snprintf(deep, sizeof deep, "%s/x", path);
	load_fails(path, "there is no such file", "check the spelling and the current directory");
	load_fails(dir, "it is a directory", "name a file in it");

	write_file(path, "a: 1\n", 5);
	load_fails(deep, "a part of the path is no directory", "check the spelling of the path");
	b.f = yfile_load(path, &b.arena, &b.errs);
	assert_non_null(b.f);
	assert_string_equal(b.f->name, path);
	assert_int_equal(b.f->src_n, 5);
	close_box(&b);

	if (geteuid() != 0) { /* root reads everything */
		assert_int_equal(chmod(path, 0), 0);
		load_fails(path, "permission denied",
			   "let this user read it: chmod or chown the file");
	}

	char *large = calloc(1, YAML_BYTES + 10);

	assert_non_null(large);
	memset(large, '#', YAML_BYTES + 10);
	unlink(path);
	write_file(path, large, YAML_BYTES + 10);
	free(large);
	memset(&b, 0, sizeof b);
	assert_null(yfile_load(path, &b.arena, &b.errs));
	assert_non_null(strstr(b.errs.e[0].what, "has more than 1048576 bytes"));
	assert_non_null(b.errs.e[0].hint);
	close_box(&b);

	unlink(path);
	assert_int_equal(symlink(path, path), 0);
	load_fails(path, "its symbolic links point at each other", "name the file itself");
	unlink(path);
	rmdir(dir);
}

/* Values by type, each with its refusal. */
static void typed(void **state)
{
	static const char src[] =
		"u: 65535\nz: 0\nbig: 65536\nneg: -1\noct: 010\nhex: 0x10\nw: x1\nhuge: "
		"99999999999999999999999\nempty:\nquoted: ''\nt: true\nyes: yes\nl: [1]\nm: {a: "
		"1}\n"
		"word: beta\nnear: betta\nfar: omega\nglued: name:foo\n";
	static const char *const words[] = {"alpha", "beta", "gamma", NULL};
	struct box b;
	struct ynode *r;
	const char *z;
	uint64_t u = 7;
	bool yes = false;
	int i = -1;

	open_box(&b, src, strlen(src));
	assert_non_null(b.f);
	r = b.f->root;
	assert_true(y_uint(b.f, ymap_get(r, "u"), 65535, &b.errs, &u) && u == 65535);
	assert_true(y_uint(b.f, ymap_get(r, "z"), 65535, &b.errs, &u) && u == 0);
	assert_true(y_uint(b.f, ymap_get(r, "big"), UINT64_MAX, &b.errs, &u) && u == 65536);
	assert_true(y_bool(b.f, ymap_get(r, "t"), &b.errs, &yes) && yes);
	assert_true(y_word(b.f, ymap_get(r, "word"), words, &b.errs, &i) && i == 1);
	assert_true(y_text(b.f, ymap_get(r, "quoted"), &b.errs, &z) && !*z);
	assert_true(y_list(b.f, ymap_get(r, "l"), &b.errs));
	assert_true(y_map(b.f, ymap_get(r, "m"), &b.errs));
	assert_int_equal(b.errs.n, 0);
	close_box(&b);

	enum { UINT, BOOL, WORD, TEXT, LIST, MAP, ONE };
	static const struct {
		int type;
		const char *key, *what, *hint;
	} rows[] = {
		{UINT, "big", "'65536' is too large: at most 65535", NULL},
		{UINT, "huge", "'99999999999999999999999' is too large: at most 65535", NULL},
		{UINT, "neg", "'-1' is not a whole number", NULL},
		{UINT, "hex", "'0x10' is not a whole number", NULL},
		{UINT, "oct", "'010' is a number with a leading zero", "write it without"},
		{UINT, "empty", "'empty' has no value", "write one, or remove the key"},
		{UINT, "l", "'l' must be a single value, not a list",
		 "write one value, without [ ] or { }"},
		{UINT, "quoted", "'' is not a whole number", NULL},
		{BOOL, "yes", "'yes' is neither true nor false", "write true or false"},
		{WORD, "near", "unknown word 'betta' (did you mean 'beta'?)",
		 "one of alpha, beta, gamma"},
		{WORD, "far", "unknown word 'omega'", "one of alpha, beta, gamma"},
		{TEXT, "m", "'m' must be a single value, not a map (key: value)",
		 "write one value, without [ ] or { }"},
		{LIST, "u", "'u' must be a list, not a single value",
		 "write [a, b], or one line with '- ' for each"},
		{MAP, "l", "'l' must be a map (key: value), not a list",
		 "write {key: value, ...}, or one 'key: value' a line"},
		{MAP, "glued", "'glued' must be a map (key: value), not a single value",
		 "write a space after the colon: name: ..."},
		{ONE, "m", "'m' must be a single value or a list, not a map",
		 "write one value, or [a, b]"},
	};

	for (size_t k = 0; k < N_ELEMENTS(rows); k++) {
		struct ynode *n;
		bool ok = true;

		open_box(&b, src, strlen(src));
		n = ymap_get(b.f->root, rows[k].key);
		assert_non_null(n);
		switch (rows[k].type) {
		case UINT:
			ok = y_uint(b.f, n, 65535, &b.errs, &u);
			break;
		case BOOL:
			ok = y_bool(b.f, n, &b.errs, &yes);
			break;
		case WORD:
			ok = y_word(b.f, n, words, &b.errs, &i);
			break;
		case TEXT:
			ok = y_text(b.f, n, &b.errs, &z);
			break;
		case LIST:
			ok = y_list(b.f, n, &b.errs);
			break;
		case MAP:
			ok = y_map(b.f, n, &b.errs);
			break;
		case ONE:
			ok = y_one_or_list(b.f, n, &b.errs) != NULL;
			break;
		}
		assert_false(ok);
		assert_int_equal(b.errs.n, 1);
		assert_string_equal(b.errs.e[0].what, rows[k].what);
		if (rows[k].hint)
			assert_string_equal(b.errs.e[0].hint, rows[k].hint);
		else
			assert_null(b.errs.e[0].hint);
		assert_int_equal(b.errs.e[0].line, n->line);
		assert_int_equal(b.errs.e[0].column, n->column);
		close_box(&b);
	}
}

static void keys(void **state)
{
	static const char src[] = "name: a\nadress: b\nproto:tcp:\nother: {x: 1}\n";
	static const char *const known[] = {"name", "addr", "proto", NULL};
	struct box b;

	open_box(&b, src, strlen(src));
	assert_non_null(ymap_get(b.f->root, "name"));
	assert_null(ymap_get(b.f->root, "nothing"));
	assert_null(ymap_get(b.f->root->first, "x"));
	assert_null(ymap_get(NULL, "x"));
	ymap_unused(b.f, b.f->root, known, &b.errs);
	assert_int_equal(b.errs.n, 3);
	assert_string_equal(b.errs.e[0].what, "unknown key 'adress' (did you mean 'addr'?)");
	assert_int_equal(b.errs.e[0].line, 2);
	assert_int_equal(b.errs.e[0].column, 1);
	assert_int_equal(b.errs.e[0].length, 6);
	assert_string_equal(b.errs.e[1].what, "unknown key 'proto:tcp'");
	assert_string_equal(b.errs.e[1].hint, "write a space after the colon: proto: ...");
	assert_string_equal(b.errs.e[2].what, "unknown key 'other'");
	assert_null(ymap_need(b.f, b.f->root, "cidr", &b.errs));
	assert_string_equal(b.errs.e[3].what, "'cidr' is missing here");
	assert_int_equal(b.errs.e[3].line, 1);
	close_box(&b);
}

static void nearest(void **state)
{
	static const char *const words[] = {
		"addr",     "name", "role", "ports", "crm-web", "crm-async", "crm-sandbox",
		"networks", "sql",  "dc",   "gc",    "claims",  NULL};
	static const struct {
		const char *text, *word;
	} rows[] = {
		{"adress", "addr"},
		{"address", "addr"},
		{"adr", "addr"},
		{"nmae", "name"},
		{"Name", "name"},
		{"roles", "role"},
		{"crm_web", "crm-web"},
		{"CRM Web", "crm-web"},
		{"crm-sandbx", "crm-sandbox"},
		{"netwroks", "networks"},
		{"net", "networks"},
		{"slq", "sql"},
		{"claim", "claims"},
		{"port", "ports"},
		{"crm-asnyc", "crm-async"},
		/* Too far, or nothing to go by. */
		{"xyz", NULL},
		{"", NULL},
		{"a", NULL},
		{"banana", NULL},
		{"firewall", NULL},
		{"hostname", NULL},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const char *w = did_you_mean(rows[i].text, words);

		if (!rows[i].word && w)
			fail_msg("'%s' became '%s'", rows[i].text, w);
		if (!rows[i].word)
			continue;
		if (!w)
			fail_msg("'%s' became nothing", rows[i].text);
		assert_string_equal(w, rows[i].word);
	}

	char text[4096];

	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_null(did_you_mean(text, words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused),
		cmocka_unit_test(trees),
		cmocka_unit_test(yaml_is_json),
		cmocka_unit_test(places),
		cmocka_unit_test(several),
		cmocka_unit_test(twenty_are_kept),
		cmocka_unit_test(one_error_whole),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(limits),
		cmocka_unit_test(not_yaml),
		cmocka_unit_test(files),
		cmocka_unit_test(typed),
		cmocka_unit_test(keys),
		cmocka_unit_test(nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
