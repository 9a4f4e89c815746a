// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/out.h"

static void foreign_text_is_inert(void **state)
{
	static const struct {
		const char *in, *text, *json;
	} rows[] = {
		{"plain", "plain", "\"plain\""},
		{"\x1b[31mred", "\\x1b[31mred", "\"\\u001b[31mred\""},
		{"a\"b\\c", "a\"b\\c", "\"a\\\"b\\\\c\""},
		{"h\xc3\xa9llo", "h\xc3\xa9llo", "\"h\xc3\xa9llo\""},
		{"\xff\xfe", "\\xff\\xfe", "\"\\\\xff\\\\xfe\""},
		{"\xc0\xaf", "\\xc0\\xaf", "\"\\\\xc0\\\\xaf\""},                 /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\"\\\\xed\\\\xa0\\\\x80\""}, /* surrogate */
		{"\xe2\x80\xae"
		 "evil",
		 "\\u{202e}evil", "\"\\u202eevil\""}, /* right-to-left override */
		{"\xc2\x9b"
		 "0m",
		 "\\xc2\\x9b0m", NULL},                                   /* C1 CSI, see below */
		{"\xf3\xa0\x81\x81", "\\u{e0041}", "\"\\udb40\\udc41\""}, /* tag character */
		{"<script>", "<script>", "\"<script>\""},
		{"a\nb", "a\\x0ab", "\"a\\nb\""},
		{"a~\x7f~b", "a~\\x7f~b", "\"a~\\u007f~b\""},
		{"a\"", "a\"", "\"a\\\"\""},
	};
	struct out o = {0};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		out_reset(&o);
		out_text_z(&o, rows[i].in);
		if (!rows[i].json) {
			/* However it is written, no control character gets through. */
			for (size_t k = 0; k < o.n; k++)
				assert_in_range((unsigned char)o.p[k], 0x20, 0x7e);
			continue;
		}
		assert_string_equal(out_str(&o), rows[i].text);
		out_reset(&o);
		out_json_z(&o, rows[i].in);
		assert_string_equal(out_str(&o), rows[i].json);
	}
	out_reset(&o);
	out_json_z(&o, NULL);
	assert_string_equal(out_str(&o), "null");
	out_done(&o);
}

/* Eight bytes at a time, or one: any byte at any place comes out as it does by itself. */
static void each_byte_at_each_place(void **state)
{
	enum { LONG = 21 };
	struct out whole = {0}, alone = {0}, text = {0};

	(void)state;
	for (unsigned c = 1; c < 256; c++)
		for (size_t at = 0; at < LONG; at++) {
			char in[LONG], byte = (char)c;

			memset(in, 'x', sizeof in);
			in[at] = byte;
			out_reset(&whole);
			out_reset(&alone);
			out_reset(&text);
			out_json(&whole, in, sizeof in);
			out_json(&alone, &byte, 1);
			assert_memory_equal(whole.p + 1 + at, alone.p + 1, alone.n - 2);
			assert_int_equal(whole.n, alone.n + LONG - 1);
			out_text(&text, in, sizeof in);
			out_reset(&alone);
			out_text(&alone, &byte, 1);
			assert_memory_equal(text.p + at, alone.p, alone.n);
			assert_int_equal(text.n, alone.n + LONG - 1);
		}
	out_done(&whole);
	out_done(&alone);
	out_done(&text);
}

static void markup_is_text(void **state)
{
	static const struct {
		const char *in, *html;
	} rows[] = {
		{"plain", "plain"},
		{"", ""},
		{"</script><script>alert(1)</script>",
		 "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"},
		{"a\" onload='x' &amp;", "a&#34; onload=&#39;x&#39; &amp;amp;"},
		{"\x1b[31m\xff\n", "\\x1b[31m\\xff\\x0a"},
		{"\xe2\x80\xae"
		 "x",
		 "\\u{202e}x"},
		{"\xef\xbf\xbf", "\\u{ffff}"}, /* a noncharacter */
		{"h\xc3\xa9llo", "h\xc3\xa9llo"},
	};
	struct out o = {0};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		out_reset(&o);
		out_html_z(&o, rows[i].in);
		assert_string_equal(out_str(&o), rows[i].html);
	}
	out_done(&o);
}

static void columns(void **state)
{
	assert_int_equal(out_columns("abc", 3), 3);
	assert_int_equal(out_columns("\xe6\x97\xa5\xe6\x9c\xac", 6), 4); /* two wide characters */
	assert_int_equal(out_columns("e\xcc\x81", 3), 1);                /* combining acute */
}

static void wraps_at_spaces(void **state)
{
	struct out o = {0};

	out_wrapped(&o, "the quick brown fox jumps", 12, 0, 2);
	assert_string_equal(out_str(&o), "the quick\n  brown fox\n  jumps\n");
	out_reset(&o);
	out_wrapped(&o, "averyveryverylongword x", 8, 0, 1);
	assert_string_equal(out_str(&o), "averyveryverylongword\n x\n");
	out_done(&o);
}

static void grows(void **state)
{
	struct out o = {0};

	for (int i = 0; i < 10000; i++)
		out_printf(&o, "%d,", i);
	assert_false(out_failed(&o));
	assert_int_equal(strlen(out_str(&o)), o.n);
	assert_int_equal(o.n, 10 * 2 + 90 * 3 + 900 * 4 + 9000 * 5);
	out_done(&o);
}

static void numbers(void **state)
{
	struct out o = {0};

	out_uint(&o, 0);
	out_char(&o, ' ');
	out_uint(&o, 10);
	out_pad(&o, '.', 3);
	out_uint(&o, UINT64_MAX);
	assert_string_equal(out_str(&o), "0 10...18446744073709551615");
	assert_int_equal(strlen(out_str(&o)), o.n);
	out_done(&o);
}

static void errors_show_their_place(void **state)
{
	struct errors es = {0};
	struct out o = {0};
	struct error *e = errors_add(&es, false, "'%s' is not a port or a range", "443-");

	error_place(e, "a.yaml", 31, 8, 4);
	error_excerpt(e, "\tport: [443-]", 13);
	error_hint(e, "write 443 or 443-445");
	errors_format(&es, "spanaudit", &o);
	assert_string_equal(out_str(&o), "a.yaml:31:8: error: '443-' is not a port or a range\n"
					 "   31 | \tport: [443-]\n"
					 "      | \t      ^~~~ write 443 or 443-445\n");
	errors_done(&es);

	for (int i = 0; i < 30; i++)
		errors_add(&es, false, "e%d", i);
	assert_int_equal(es.n, ERRORS_MAX);
	assert_int_equal(es.n_errors, 30);
	out_reset(&o);
	errors_format(&es, "spanaudit", &o);
	assert_non_null(strstr(out_str(&o), "and 10 more"));
	errors_done(&es);
	out_done(&o);
}

static void arenas(void **state)
{
	struct arena a = {0};
	char *small = arena_strdup(&a, "small");
	unsigned char *large = arena_alloc(&a, 100000);
	char *after = arena_printf(&a, "%d-%s", 7, "x");

	assert_string_equal(small, "small");
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(large[i], 0);
	memset(large, 0xaa, 100000);
	assert_string_equal(after, "7-x");
	assert_int_equal((uintptr_t)large % _Alignof(max_align_t), 0);
	assert_null(arena_alloc(&a, SIZE_MAX - 4));
	arena_done(&a);
	arena_done(&a);
}

struct taker {
	struct out all;
	int fails;
};

static int take(void *user, const char *p, size_t n)
{
	struct taker *t = user;

	out_bytes(&t->all, p, n);
	return t->fails;
}

/* What is taken away on the way and what is left are the text; who cannot take it spoils it. */
static void taken(void **state)
{
	struct taker t = {0};
	struct out o = {.take = take, .user = &t}, whole = {0};

	for (unsigned i = 0; i < 40000; i++) {
		out_printf(&o, "line %u\n", i);
		out_printf(&whole, "line %u\n", i);
		out_take(&o);
	}
	assert_true(t.all.n > 0 && o.cap < whole.n);
	out_bytes(&t.all, o.p, o.n);
	assert_int_equal(t.all.n, whole.n);
	assert_memory_equal(t.all.p, whole.p, whole.n);
	assert_false(out_failed(&o));
	t.fails = -5;
	for (unsigned i = 0; i < 40000; i++) {
		out_printf(&o, "line %u\n", i);
		out_take(&o);
	}
	assert_true(out_failed(&o));
	out_done(&o);
	out_done(&whole);
	out_done(&t.all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(foreign_text_is_inert),
		cmocka_unit_test(each_byte_at_each_place),
		cmocka_unit_test(markup_is_text),
		cmocka_unit_test(columns),
		cmocka_unit_test(wraps_at_spaces),
		cmocka_unit_test(grows),
		cmocka_unit_test(numbers),
		cmocka_unit_test(errors_show_their_place),
		cmocka_unit_test(arenas),
		cmocka_unit_test(taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
