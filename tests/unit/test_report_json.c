// SPDX-License-Identifier: BSD-2-Clause
/* The shape is the schema's business (tests/tree/schema.py); here are values and the writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "report/jsonw.h"
#include "report/report.h"
#include "sample.h"

static const struct report_options plain = {
	.width = 80, .tool_version = "1.2.3", .now_ns = TIME_NONE};

static void render(const struct sample *s, const struct report_options *opt, struct out *o)
{
	out_reset(o);
	assert_int_equal(report_format_by_name("json")->write(&s->r, opt, o), 0);
}

static size_t count(const char *z, const char *word)
{
	size_t n = 0;

	for (; (z = strstr(z, word)) != NULL; z += strlen(word))
		n++;
	return n;
}

static void test_values(void **state)
{
	static const char *const words[] = {
		"{\n  \"schema\": \"spanaudit-result/1\",\n  \"tool\": {\"name\": \"spanaudit\", "
		"\"version\": \"1.2.3\"},\n",
		"\"verdict\": \"findings\"",
		"\"from\": \"2024-05-01T03:00:00.123456Z\"",
		"\"skipped\": {\"filtered\": 0,",
		"\"not-ip\": 98,",
		"\"tcp_gap_ratio\": 0.000200",
		"\"one_way_ratio\": 0.004000",
		"\"rules\": {\"met\": 1, \"violated\": 1, \"unused\": 1, \"not_judged\": 1}",
		"\"findings\": {\"critical\": 0, \"high\": 1, \"medium\": 1, \"low\": 0, \"info\": "
		"1}",
		"\"address\": \"2001:db8::2:20\"",
		"\"network\": \"10.30.0.0/16\"",
		"\"direction\": {\"confidence\": 100, \"reason\": \"handshake\"}",
		"\"nearest_rule\": {\"id\": \"S1-CMP-02\", \"pack\": \"crm-2011\", "
		"\"why_not\": \"same roles, but port "
		"1433\"}",
		"{\"input\": \"it's b.pcap\", \"packet\": 7, \"time\": "
		"\"2024-05-01T03:00:00.123456Z\"}",
		"\"waiver\": \"W-2024-017\"",
		"\"uuid\": \"12345778-1234-abcd-ef00-0123456789ab\", \"name\": \"lsarpc\"",
		"\"uuid\": \"01020300-0000-0000-0000-000000000000\", \"name\": null",
		"\"granted_by\": null",
		"\"transport\": \"udp\",\n      \"port\": 50003,\n      \"state\": \"refused\"",
		"\"granted_by\": {\"how\": \"oxid\", \"input\": \"it's b.pcap\", \"packet\": 8, ",
		"\"used_by\": {\"input\": \"a.pcapng\", \"packet\": 14, ",
		"\"used_by\": null,\n      \"tie\": \"same-client\",\n      \"why\": \"nor 3 more "
		"ports\",\n"
		"      \"reason\": null,\n      \"folded\": 0,\n      \"more_ports\": 3,\n"
		"      \"verdict\": null",
		"\"learned\": {\"streams\": 0, \"streams_cut\": 0, \"refused\": 0, ",
		"\"contradictions\": [\n        {\"finding\": \"F-aaaa00000003\"",
		"\"packets\": [4000, 5000], \"bytes\": [400000, 5000000000]",
		"\"folded\": 299}",
	};
	struct sample s;
	struct out o = {0};

	sample_make(&s);
	render(&s, &plain, &o);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!strstr(out_str(&o), words[i]))
			fail_msg("the document lacks: %s", words[i]);
	assert_null(strstr(out_str(&o), "\"status\""));
	assert_null(strstr(out_str(&o), "\"only\""));
	assert_int_equal(count(out_str(&o), "\"known_by\""), 2 * (4 + 4 + 2) + 3);
	out_done(&o);
}

/* Only a conversation that opened pipes has a list of them. */
static void test_pipes(void **state)
{
	struct sample s;
	struct out o = {0};

	(void)state;
	sample_make(&s);
	render(&s, &plain, &o);
	assert_null(strstr(out_str(&o), "\"pipes\""));
	snprintf(s.pipe[0], sizeof s.pipe[0], "a\"b");
	snprintf(s.pipe[1], sizeof s.pipe[1], "netlogon");
	s.conv[1].more->n_pipe = 2;
	render(&s, &plain, &o);
	assert_non_null(strstr(out_str(&o), "\"pipes\": [\"a\\\"b\", \"netlogon\"]"));
	assert_int_equal(count(out_str(&o), "\"pipes\""), 1);
	out_done(&o);
}

/* No raw control byte, no invalid UTF-8, no unescaped quote can leave. */
static void test_inert(void **state)
{
	struct sample s;
	struct out o = {0};

	sample_make(&s);
	render(&s, &plain, &o);
	for (size_t i = 0; i < o.n; i++)
		if ((unsigned char)o.p[i] < 0x20 && o.p[i] != '\n')
			fail_msg("byte %02x at %zu", (unsigned char)o.p[i], i);
	assert_null(strchr(out_str(&o), '\xff'));
	assert_null(strstr(out_str(&o), "il\"'"));
	assert_non_null(strstr(out_str(&o), "\\u001b"));
	out_done(&o);
}

static void test_only(void **state)
{
	struct report_options opt = plain;
	struct sample s;
	struct out o = {0};

	sample_make(&s);
	opt.only = "missing";
	render(&s, &opt, &o);
	assert_non_null(strstr(out_str(&o), "\"only\": \"missing\""));
	assert_int_equal(count(out_str(&o), "\"nearest_rule\""), 1);
	assert_non_null(strstr(out_str(&o), "\"high\": 1, \"medium\": 1"));
	out_done(&o);
}

/* Both formats tell the same figures. */
static void test_agrees_with_text(void **state)
{
	struct sample s;
	struct out text = {0}, json = {0};

	sample_make(&s);
	assert_int_equal(report_format_by_name("text")->write(&s.r, &plain, &text), 0);
	render(&s, &plain, &json);
	for (size_t i = 0; i < s.r.n_findings; i++) {
		char id[32];

		snprintf(id, sizeof id, "\n%s  ", s.finding[i].id);
		assert_int_equal(count(out_str(&text), id), 1);
		snprintf(id, sizeof id, "\"id\": \"%s\"", s.finding[i].id);
		assert_int_equal(count(out_str(&json), id), 1);
	}
	assert_non_null(strstr(out_str(&text), "310 conversations: 300 as documented"));
	assert_non_null(strstr(out_str(&json), "\"all_conversations\": 310"));
	assert_non_null(strstr(out_str(&json), "\"documented\": 300"));
	out_done(&text);
	out_done(&json);
}

static void test_writer(void **state)
{
	struct out o = {0};
	struct jsonw w = {.o = &o};

	jsonw_object(&w);
	jsonw_name(&w, "a\"");
	jsonw_uint(&w, UINT64_MAX);
	jsonw_name(&w, "b");
	jsonw_array(&w);
	jsonw_array_end(&w);
	jsonw_name(&w, "c");
	jsonw_array(&w);
	jsonw_object_flat(&w);
	jsonw_name(&w, "d");
	jsonw_array(&w);
	jsonw_null(&w);
	jsonw_bool(&w, true);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	jsonw_time(&w, TIME_NONE);
	jsonw_array_end(&w);
	jsonw_object_end(&w);
	assert_string_equal(out_str(&o), "{\n"
					 "  \"a\\\"\": 18446744073709551615,\n"
					 "  \"b\": [],\n"
					 "  \"c\": [\n"
					 "    {\"d\": [null, true]},\n"
					 "    null\n"
					 "  ]\n"
					 "}");
	out_done(&o);
}

static void test_ratio(void **state)
{
	static const struct {
		uint64_t part, whole;
		const char *text;
	} rows[] = {
		{0, 0, "null"},
		{0, 7, "0.000000"},
		{1, 3, "0.333333"},
		{7, 7, "1.000000"},
		{1, 10000000, "0.000000"},
		{UINT64_MAX / 4, UINT64_MAX, "0.249999"},
		{UINT64_MAX, UINT64_MAX, "1.000000"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct out o = {0};
		struct jsonw w = {.o = &o};

		jsonw_ratio(&w, rows[i].part, rows[i].whole);
		assert_string_equal(out_str(&o), rows[i].text);
		out_done(&o);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_inert),
		cmocka_unit_test(test_only),
		cmocka_unit_test(test_agrees_with_text),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_ratio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
