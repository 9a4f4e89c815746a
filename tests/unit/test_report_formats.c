// SPDX-License-Identifier: BSD-2-Clause
/* Formats for other programs: Community IDs by the specification's vectors, and names from outside
 * that no format lets out as they are. What the formats say of one result is held together by
 * tests/golden/agree.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "build.h"
#include "report/community_id.h"
#include "report/redact_map.h"
#include "report/report.h"
#include "report/result_load.h"
#include "sample.h"

/* corelight/community-id-spec, baseline/baseline_deflt.json: what has ports. */
static void test_vectors(void **state)
{
	static const struct {
		uint8_t proto;
		const char *a;
		uint16_t a_port;
		const char *b;
		uint16_t b_port;
		const char *id;
	} rows[] = {
		{6, "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25,
		 "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
		{132, "192.168.170.8", 7, "192.168.170.56", 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
		{6, "128.232.110.120", 34855, "66.35.250.204", 80,
		 "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{17, "192.168.1.52", 54585, "8.8.8.8", 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	};
	char one[COMMUNITY_ID_TEXT], two[COMMUNITY_ID_TEXT];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct addr a = A(rows[i].a), b = A(rows[i].b);

		community_id(&a, rows[i].a_port, &b, rows[i].b_port, rows[i].proto, one);
		community_id(&b, rows[i].b_port, &a, rows[i].a_port, rows[i].proto, two);
		assert_string_equal(one, rows[i].id);
		assert_string_equal(two, rows[i].id);
	}
}

/* The VLAN that a link-local address is kept with is nothing that others see. */
static void test_link_local(void **state)
{
	struct addr a = A("fe80::1"), b = A("fe80::2"), tagged = a;
	char one[COMMUNITY_ID_TEXT], two[COMMUNITY_ID_TEXT];

	tagged.b[3] = 7;
	community_id(&a, 1000, &b, 53, 17, one);
	community_id(&tagged, 1000, &b, 53, 17, two);
	assert_string_equal(one, two);
}

static void render(const struct result *r, const char *format, struct out *o)
{
	const struct report_options opt = {
		.width = 80, .tool_version = "1.2.3", .now_ns = TIME_NONE, .fail_on = SEV_MEDIUM};

	out_reset(o);
	assert_int_equal(report_format_by_name(format)->write(r, &opt, o), 0);
}

#define NASTY                                                                                    \
	"=cmd|' /C calc'!A0 <script>alert(1)</script> \"'`x` [a](http://e.vil) ![i](//e.vil) | " \
	"@team www.e.vil ]]> &amp; \x1b[31m\xe2\x80\xae\xff\xc2\x9b\n# h\r\n\t-- \x07"

static void nasty(struct sample *s)
{
	sample_make(s);
	s->site.name = NASTY;
	s->input[0].path = NASTY;
	for (size_t i = 0; i < 4; i++) {
		s->rule[i].title = NASTY;
		s->row[i].reason = NASTY;
		s->finding[i].why = NASTY;
		s->finding[i].advice = NASTY;
		s->finding[i].client.host = NASTY;
		s->finding[i].server.host = NASTY;
		s->finding[i].protocol = NASTY;
	}
	s->finding[2].waiver = NASTY;
}

/* What no text format may hold: control characters, what reorders a line, bytes that are no UTF-8.
 */
static void test_inert(void **state)
{
	static const char *const formats[] = {"text", "json", "ndjson", "csv", "junit", "md"};
	struct sample s;
	struct out o = {0};

	nasty(&s);
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		bool csv = strcmp(formats[i], "csv") == 0;

		render(&s.r, formats[i], &o);
		for (size_t k = 0; k < o.n; k++) {
			unsigned char c = (unsigned char)o.p[k];

			if (c == 0x7f || c == 0xff ||
			    (c < 0x20 && c != '\n' && !(csv && c == '\r')))
				fail_msg("%s: byte %02x at %zu", formats[i], c, k);
		}
		assert_null(strstr(out_str(&o), "\xe2\x80\xae"));
		assert_null(strstr(out_str(&o), "\xc2\x9b"));
	}
	out_done(&o);
}

static void lacks(const char *format, const char *z, const char *word)
{
	if (strstr(z, word))
		fail_msg("%s holds %s", format, word);
}

static void test_markup(void **state)
{
	struct sample s;
	struct out o = {0};

	nasty(&s);
	render(&s.r, "junit", &o);
	lacks("junit", out_str(&o), "<script");
	lacks("junit", out_str(&o), "]]>");
	lacks("junit", out_str(&o), "&amp; \\x1b"); /* an entity of theirs is text */
	render(&s.r, "md", &o);
	lacks("md", out_str(&o), "<script");
	for (const char *z = out_str(&o); (z = strchr(z, '[')) != NULL; z++)
		assert_true(z > out_str(&o) && z[-1] == '\\');
	lacks("md", out_str(&o), "://");
	lacks("md", out_str(&o), "www.");
	lacks("md", out_str(&o), "@");
	for (const char *z = out_str(&o); (z = strchr(z, '`')) != NULL; z++)
		assert_true(z > out_str(&o) && z[-1] == '\\');
	lacks("md", out_str(&o), "\n# h");
	out_done(&o);
}

/* Every cell with text is quoted, and none of them begins like a formula. */
static void test_csv(void **state)
{
	static const char *const formulas[] = {"=1+1",
					       "+1",
					       "-1",
					       "@x",
					       "  =1",
					       ("\xef\xbc\x9d"
						"1")};
	struct sample s;
	struct out o = {0};

	for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++) {
		char cell[40];

		sample_make(&s);
		s.finding[0].why = formulas[i];
		render(&s.r, "csv", &o);
		snprintf(cell, sizeof cell, ",\"'%s\",", formulas[i]);
		assert_non_null(strstr(out_str(&o), cell));
	}
	nasty(&s);
	render(&s.r, "csv", &o);
	lacks("csv", out_str(&o), ",=");
	lacks("csv", out_str(&o), "\"=");
	out_done(&o);
}

/* Written, read and written again: the same bytes, whatever the names are. */
static void test_read_back(void **state)
{
	struct sample s;
	struct loaded l;
	struct errors errs = {0};
	struct out one = {0}, two = {0};

	for (int i = 0; i < 2; i++) {
		sample_make(&s);
		if (i)
			nasty(&s);
		render(&s.r, "json", &one);
		assert_int_equal(result_load("sample.json", one.p, one.n, &errs, &l), 0);
		render(&l.r, "json", &two);
		for (size_t k = 0; k < one.n && k < two.n; k++)
			if (one.p[k] != two.p[k])
				fail_msg("at %zu: %.60s, not %.60s", k, two.p + k, one.p + k);
		assert_int_equal(one.n, two.n);
		result_unload(&l);
	}
	errors_done(&errs);
	out_done(&one);
	out_done(&two);
}

/* Any member that is gone, of another type or empty is an error in words, or read as none. */
static void test_strict(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{"\"spanaudit-result/1\"", "\"spanaudit-result/2\""},
		{"\"spanaudit-result/1\"", "\"spanaudit-diff/1\""},
		{"\"kind\": \"missing\"", "\"kind\": \"nothing\""},
		{"\"packet\": 88120", "\"packet\": -1"},
		{"\"packet\": 88120", "\"packet\": 99999999999"},
		{"\"packets\": 90000", "\"packets\": \"many\""},
		{"\"decoded\": 89900", "\"decoded\": 90001"},
		{"\"port\": 22", "\"port\": 65536"},
		{"\"address\": \"10.20.1.12\"", "\"address\": \"10.20.1.300\""},
		{"\"high\": 1", "\"high\": 2"},
		{"\"id\": \"F-11d000000002\"", "\"id\": \"F-7c1e00000001\""},
		{"\"id\": \"F-11d000000002\"", "\"id\": \"F-7C1E00000001\""},
		{"\"nearest_rule\": {\"id\": \"S1-CMP-02\"", "\"nearest_rule\": {\"id\": \"S9\""},
		{"{\"input\": \"it's b.pcap\"", "{\"input\": \"c.pcap\""},
		{"\"roles\": [\"crm-web\"]", "\"roles\": [\"king\"]"},
		{"\"grade\": \"B\"", "\"grade\": \"Z\""},
		{"\"uuid\": \"12345778-", "\"uuid\": \"1234577-"},
		{"\"packets\": [4000, 5000]", "\"packets\": [4000]"},
		{"\"verdict\": \"findings\"", "\"verdict\": null"},
		{"\"findings\": [", "\"findings\": [17, "},
		{"\"conversations\": [\n", "\"conversations\": {}, \"x\": [\n"},
	};
	struct sample s;
	struct errors errs = {0};
	struct out o = {0}, bad = {0};

	sample_make(&s);
	render(&s.r, "json", &o);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *at = strstr(out_str(&o), rows[i].from);
		struct loaded l;
		int r;

		if (!at)
			fail_msg("the document lacks %s", rows[i].from);
		out_reset(&bad);
		out_bytes(&bad, o.p, (size_t)(at - o.p));
		out_puts(&bad, rows[i].to);
		out_puts(&bad, at + strlen(rows[i].from));
		r = result_load("bad.json", bad.p, bad.n, &errs, &l);
		if (!r || errs.n_errors != 1)
			fail_msg("%s: %d, %zu errors", rows[i].to, r, errs.n_errors);
		errors_done(&errs);
		errs = (struct errors){0};
	}
	out_done(&o);
	out_done(&bad);
}

/* --- pseudonyms ---------------------------------------------------------------------------------
 */

static const struct hash_key secret = {1, 2};

static unsigned shared(const struct addr *a, const struct addr *b)
{
	unsigned n = 0;

	while (n < 128 && !((a->b[n / 8] ^ b->b[n / 8]) >> (7 - n % 8) & 1))
		n++;
	return n;
}

/* Two addresses share as many bits afterwards as before, and stay what they are. */
static void test_prefixes(void **state)
{
	static const char *const rows[] = {
		"10.20.1.11",  "10.20.1.12",  "10.20.2.20",  "10.30.0.9",
		"192.168.1.1", "192.168.9.1", "172.16.3.4",  "172.31.3.4",
		"203.0.113.9", "8.8.8.8",     "2001:db8::1", "2001:db8:0:1::1",
		"fd00::1",     "fe80::1",     "224.0.0.251", "255.255.255.255",
		"::1",         "ff02::fb",
	};
	enum { N = sizeof rows / sizeof rows[0] };
	struct mask m = {.key = &secret};

	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < N; k++) {
			struct addr a = A(rows[i]), b = A(rows[k]);
			struct addr x = mask_addr(&m, &a), y = mask_addr(&m, &b);

			assert_int_equal(shared(&a, &b), shared(&x, &y));
			assert_int_equal(addr_is_public(&a), addr_is_public(&x));
			assert_int_equal(addr_is_multicast(&a), addr_is_multicast(&x));
		}
}

static void test_pseudonyms(void **state)
{
	static const char *const gone[] = {
		"dc01",
		"DC01",
		"dc01.contoso.local",
		"10.20.1.11",
		"2001:db8::11",
		"00:15:5d:01:02:03",
		"ntlm-dc01",
		"strange.example.org",
		"\"a b\"",
		"F-7c1e00000001",
		"contoso",
	};
	struct arena arena = {0};
	struct mask m = {.arena = &arena, .key = &secret};
	struct out o = {0};

	mask_learn(&m, "dc01.contoso.local");
	mask_learn(&m, "\"a b\"");
	mask_learn(&m, "sql");
	mask_ready(&m);
	for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
		const char *z;

		out_reset(&o);
		out_printf(&o, "It is (%s), at 10:15:00 of 2024-05-01, port 1433/tcp: %s.", gone[i],
			   gone[i]);
		z = mask_text(&m, out_str(&o));
		if (strstr(z, gone[i]))
			fail_msg("%s", z);
		if (!strstr(z, "at 10:15:00 of 2024-05-01, port 1433/tcp: "))
			fail_msg("too much is gone: %s", z);
	}
	assert_string_equal(mask_text(&m, "sql of dc01x, crm-web 1.2"),
			    "sql of dc01x, crm-web 1.2");
	assert_string_equal(mask_name(&m, "DC01"), mask_name(&m, "dc01"));
	assert_string_equal(mask_text(&m, "DC01"), mask_name(&m, "dc01"));
	assert_non_null(strstr(mask_text(&m, "10.30.0.0/16"), ".0.0/16"));
	assert_false(m.failed);
	mask_done(&m);
	arena_done(&arena);
	out_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),    cmocka_unit_test(test_link_local),
		cmocka_unit_test(test_inert),      cmocka_unit_test(test_markup),
		cmocka_unit_test(test_csv),        cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_strict),     cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_pseudonyms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
