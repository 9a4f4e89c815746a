// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "report/base64.h"
#include "report/report.h"
#include "sample.h"

/* RFC 4648 10. */
static void letters_of_the_rfc(void **state)
{
	static const struct {
		const char *bytes, *letters;
	} rows[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	struct out o = {0};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		out_reset(&o);
		base64((const uint8_t *)rows[i].bytes, strlen(rows[i].bytes), 0, &o);
		assert_string_equal(out_str(&o), rows[i].letters);
		out_reset(&o);
		assert_true(base64_read(rows[i].letters, strlen(rows[i].letters), &o));
		assert_string_equal(out_str(&o), rows[i].bytes);
	}
	out_reset(&o);
	base64((const uint8_t *)"foobar", 6, 4, &o);
	assert_string_equal(out_str(&o), "Zm9v\nYmFy\n");
	out_done(&o);
}

static void letters_that_are_none(void **state)
{
	static const char *const rows[] = {"Z",    "Zg=",  "Zg",       "Z===", "Zg==Zg",
					   "=Zg=", "Zm9-", "Zm9v\x01", "Zm9v="};
	struct out o = {0};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		out_reset(&o);
		assert_false(base64_read(rows[i], strlen(rows[i]), &o));
	}
	out_reset(&o);
	assert_true(base64_read(" Zm\r\n9v\t", 8, &o));
	assert_string_equal(out_str(&o), "foo");
	out_done(&o);
}

static void page(struct out *o, const char *only)
{
	static struct sample s;
	const struct report_options opt = {
		.tool_version = "1.2.3", .only = only, .now_ns = TIME_NONE};

	sample_make(&s);
	out_reset(o);
	assert_int_equal(report_format_by_name("html")->write(&s.r, &opt, o), 0);
}

/* Of a page, what stands between tags and in attributes: no name has become markup. */
static void names_stay_text(void **state)
{
	struct out o = {0};

	page(&o, NULL);
	assert_null(strstr(out_str(&o), "<b>\n"));
	assert_null(strstr(out_str(&o), "il\"'"));
	assert_null(strchr(out_str(&o), 0x1b));
	assert_non_null(strstr(out_str(&o), "il&#34;&#39;\\u{202e}"));
	out_done(&o);
}

static void says(void **state)
{
	static const char *const words[] = {
		"<h2 id=verdict-h>Not compliant</h2>",
		"1"
		"\xe2\x80\xaf"
		"204", /* interface drops, grouped */
		"Users open the CRM web site",
		"no sensor sees these hosts",
		"0123456789abcdef0123456789abcdef",
		"granted by an OXID resolver answer",
		"packet 77 of b.pcap is cut off",
		"waived",
	};
	struct out o = {0};

	page(&o, NULL);
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (!strstr(out_str(&o), words[i]))
			fail_msg("the page does not say: %s", words[i]);
	page(&o, "missing");
	assert_non_null(strstr(out_str(&o), "id=F-11d000000002"));
	assert_null(strstr(out_str(&o), "id=F-7c1e00000001"));
	assert_non_null(strstr(out_str(&o), "1 of 4: only missing"));
	out_done(&o);
}

/* A result of nothing is a page as well. */
static void of_nothing(void **state)
{
	const struct result r = {.verdict = RESULT_INCONCLUSIVE,
				 .from_ns = TIME_NONE,
				 .to_ns = TIME_NONE,
				 .coverage = {.inconclusive = true, .inconclusive_why = "a & b"}};
	const struct report_options opt = {.now_ns = TIME_NONE};
	struct out o = {0};

	assert_int_equal(report_format_by_name("html")->write(&r, &opt, &o), 0);
	assert_non_null(strstr(out_str(&o), "Because: a &amp; b"));
	assert_non_null(strstr(out_str(&o), "</html>"));
	out_done(&o);
}

static void page_of(const struct result *r, struct out *o)
{
	struct report_options opt = {.width = 80, .tool_version = "1", .now_ns = TIME_NONE};

	assert_int_equal(report_format_by_name("html")->write(r, &opt, o), 0);
}

/* Hours where there are enough, one of them without a packet; else finer steps. */
static void hours_of_a_night(void **state)
{
	struct timeline t = {.at = 476258, .n = 5}; /* 2024-05-01 02:00 UTC */
	struct sample s;
	struct out o = {0};

	for (unsigned i = 0; i < 5; i++)
		t.step[i] = (struct timeline_step){.packets = i == 2 ? 0 : 1000,
						   .conversations = i == 2 ? 0 : 40 + i,
						   .deviating = i == 1 ? 7 : 0,
						   .tcp_bytes = i == 2 ? 0 : 9960,
						   .tcp_unseen_bytes = i == 3 ? 40 : 0};
	sample_make(&s);
	page_of(&s.r, &o);
	assert_null(strstr(out_str(&o), "TCP data lost"));
	s.r.timeline = t;
	out_reset(&o);
	page_of(&s.r, &o);
	assert_non_null(strstr(out_str(&o), "Steps of 1 h, times at +02:00."));
	assert_non_null(strstr(out_str(&o), ">Conversations, up to 44</text>"));
	assert_non_null(strstr(out_str(&o), ">TCP data lost, up to 0.40%</text>"));
	assert_non_null(strstr(out_str(&o),
			       "<title>2024-05-01 05:00: 41 conversations, 7 to look at; "
			       "0.00% of TCP data lost; "));
	assert_non_null(strstr(out_str(&o), "<title>2024-05-01 06:00: no packet was captured; "));
	assert_non_null(strstr(out_str(&o),
			       "<tr><th scope=row>2024-05-01 06:00<td class=num>0"
			       "<td class=num>0<td class=num>0<td class=num>none seen"));
	out_done(&o);
}

/* On the night that has 02:00 twice, the two are told apart. */
static void hours_of_a_long_night(void **state)
{
	struct tz *z = tz_load("Europe/Berlin");
	struct sample s;
	struct out o = {0};

	if (!z)
		skip();
	tz_free(z);
	sample_make(&s);
	s.r.timeline = (struct timeline){.at = 480551, .n = 5}; /* 2024-10-26 23:00 UTC */
	for (unsigned i = 0; i < 5; i++)
		s.r.timeline.step[i].packets = 1;
	page_of(&s.r, &o);
	assert_non_null(strstr(out_str(&o), "and, when clocks have changed, as they say"));
	assert_non_null(strstr(out_str(&o), ">2024-10-27 02:00 +02:00<"));
	assert_non_null(strstr(out_str(&o), ">2024-10-27 02:00 +01:00<"));
	out_done(&o);
}

/* What could not be judged is a sign in its cell, with a word, also where nothing was seen. */
static void not_judged_is_drawn(void **state)
{
	struct sample s;
	struct out o = {0};

	sample_make(&s);
	page_of(&s.r, &o);
	assert_non_null(
		strstr(out_str(&o), "<span class=u>4<span class=vh> not judged</span></span>"));
	/* Nobody is an Exchange server: no column of its own. */
	assert_non_null(strstr(out_str(&o), "1 demand that was not judged is not in it either"));
	out_reset(&o);
	s.role[1].roles |= ROLE_BIT(ROLE_EXCHANGE);
	page_of(&s.r, &o);
	assert_non_null(strstr(out_str(&o), "<td class=un><span class=u>1"));
	out_done(&o);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_of_the_rfc),
		cmocka_unit_test(letters_that_are_none),
		cmocka_unit_test(names_stay_text),
		cmocka_unit_test(says),
		cmocka_unit_test(of_nothing),
		cmocka_unit_test(hours_of_a_night),
		cmocka_unit_test(hours_of_a_long_night),
		cmocka_unit_test(not_judged_is_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
