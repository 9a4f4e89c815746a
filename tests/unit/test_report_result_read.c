// SPDX-License-Identifier: BSD-2-Clause
/* A result is read back as it was written, and anything else is refused in words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"
#include "report/result_read.h"
#include "sample.h"

static void render(struct out *o)
{
	const struct report_options plain = {
		.width = 80, .tool_version = "1.2.3", .now_ns = TIME_NONE};
	struct sample s;

	sample_make(&s);
	assert_int_equal(report_format_by_name("json")->write(&s.r, &plain, o), 0);
}

static void test_values(void **state)
{
	struct errors errs = {0};
	struct read_result r;
	struct out o = {0};

	(void)state;
	render(&o);
	assert_int_equal(read_result_parse("a.json", out_str(&o), o.n, &errs, &r), 0);
	assert_int_equal(errs.n_errors, 0);
	assert_int_equal(r.verdict, RESULT_FINDINGS);
	assert_null(r.only);
	assert_non_null(strchr(r.site, '\x1b')); /* raw here, escaped where it is printed */
	assert_string_equal(r.timezone, "Europe/Berlin");
	assert_int_equal(r.observed_s, 100);
	assert_int_equal(r.to_ns - r.from_ns, 100 * NS_PER_S);
	assert_int_equal(r.packets, 90000);
	assert_int_equal(r.decoded, 89900);
	assert_int_equal(r.interface_drops, 1204);
	assert_int_equal(r.gap_ppm, 200);
	assert_int_equal(r.one_way_ppm, 4000);
	assert_int_equal(r.n_caveats, 1);
	assert_int_equal(r.n_inputs, 2);
	assert_true(r.inputs[1].failed && !r.inputs[0].failed);
	assert_string_equal(r.inputs[1].caveat, "no such file");
	assert_int_equal(r.n_rules, 4);
	assert_int_equal(r.n_findings, 4);

	const struct read_finding *f = read_result_finding(&r, "F-11d000000002");

	assert_non_null(f);
	assert_int_equal(f->kind, KIND_MISSING);
	assert_int_equal(f->severity, SEV_MEDIUM);
	assert_string_equal(f->group, "sql");
	assert_string_equal(f->client.token, "crm-async");
	assert_false(f->client.is_host);
	assert_false(f->has_state);
	assert_int_equal(f->port, 1433);
	assert_string_equal(f->transport, "tcp");
	f = read_result_finding(&r, "F-aaaa00000003");
	assert_string_equal(f->waiver, "W-2024-017");
	assert_null(read_result_finding(&r, "F-000000000000"));
	assert_true(read_result_seen(&r, "crmweb02"));
	assert_true(read_result_seen(&r, "10.20.3.2"));
	assert_true(read_result_seen(&r, "10.30.0.0/16"));
	assert_false(read_result_seen(&r, "10.30.0.9"));
	assert_int_equal(r.n_seen, 3);
	read_result_done(&r);
	out_done(&o);
}

/* The document with `from` once replaced by `to`. */
static void change(const struct out *o, const char *from, const char *to, struct out *ret)
{
	const char *at = strstr(out_str(o), from);

	if (!at)
		fail_msg("the document lacks: %s", from);
	out_reset(ret);
	out_bytes(ret, o->p, (size_t)(at - o->p));
	out_puts(ret, to);
	out_puts(ret, at + strlen(from));
}

static void test_conversations(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} rows[] = {
		{"\"server_port\": 443", "\"server_port\": 65536", "is no port"},
		{"\"server_port\": 443", "\"server_port\": \"x\"", "is no count"},
		{"\"transport\": \"tcp\", \"server_port\"",
		 "\"transport\": \"sctp\", \"server_port\"", "neither tcp nor udp"},
		{"\"verdict\": \"documented\", \"state\"", "\"verdict\": \"missing\", \"state\"",
		 "does not know"},
	};
	struct errors errs = {0};
	struct read_result r;
	struct out o = {0}, bad = {0};

	(void)state;
	render(&o);
	assert_int_equal(read_result_parse_convs("a.json", out_str(&o), o.n, &errs, &r), 0);
	assert_int_equal(r.n_convs, 2);
	assert_string_equal(r.convs[0].client.token, "10.30.0.0/16");
	assert_int_equal(r.convs[0].folded, 299);
	assert_string_equal(r.convs[1].client.token, "crmweb02");
	assert_true(roles_has(r.convs[1].roles[0], ROLE_CRM_WEB));
	assert_int_equal(r.convs[0].proto, 6);
	assert_int_equal(r.convs[0].verdict, KIND_DOCUMENTED);
	read_result_done(&r);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char *at = strstr(out_str(&o), "\"conversations\": [");
		struct out words = {0}, tail = {0};

		assert_non_null(at);
		out_puts(&tail, at);
		if (!strstr(out_str(&tail), rows[i].from))
			fail_msg("the document lacks: %s in %s", rows[i].from, out_str(&tail));
		change(&tail, rows[i].from, rows[i].to, &bad);
		out_bytes(&words, o.p, (size_t)(at - o.p));
		out_puts(&words, out_str(&bad));
		errs = (struct errors){0};
		assert_int_equal(
			read_result_parse_convs("a.json", out_str(&words), words.n, &errs, &r),
			-EINVAL);
		out_reset(&words);
		errors_format(&errs, "spanaudit", &words);
		if (!strstr(out_str(&words), rows[i].says))
			fail_msg("%s", out_str(&words));
		errors_done(&errs);
		out_done(&words);
		out_done(&tail);
	}
	out_done(&o);
	out_done(&bad);
}

/* Refused, with what happened and what to do. */
static void refused(const char *p, size_t n, int want, const char *says)
{
	struct errors errs = {0};
	struct read_result r;
	struct out words = {0};
	int got = read_result_parse("a.json", p, n, &errs, &r);

	errors_format(&errs, "spanaudit", &words);
	if (got != want || errs.n_errors != 1 || !strstr(out_str(&words), says) ||
	    !strstr(out_str(&words), "\n  "))
		fail_msg("%d, not %d; '%s' is looked for in: %s", got, want, says, out_str(&words));
	for (size_t i = 0; i < words.n; i++)
		if ((unsigned char)words.p[i] < 0x20 && words.p[i] != '\n')
			fail_msg("a control byte in: %s", out_str(&words));
	out_done(&words);
	errors_done(&errs);
}

static void test_refused(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} rows[] = {
		{"spanaudit-result/1", "spanaudit-flows/1", "no result of spanaudit"},
		{"\"schema\": \"spanaudit-result/1\"", "\"schema\": 1", "no result of spanaudit"},
		{"\"id\": \"F-11d000000002\"", "\"id\": \"F-aaaa00000003\"", "two findings"},
		{"\"id\": \"F-11d000000002\"", "\"id\": \"F-11d00000000\"", "no id of a finding"},
		{"\"id\": \"F-11d000000002\"", "\"id\": \"F-11D000000002\"", "no id of a finding"},
		{"\"id\": \"F-11d000000002\"", "\"id\": null", "'id' in row"},
		{"\"id\": \"F-11d000000002\"", "\"id\": 5", "is no text"},
		{"\"kind\": \"missing\"", "\"kind\": \"mising\"", "does not know"},
		{"\"severity\": \"medium\"", "\"severity\": \"worst\"", "does not know"},
		{"\"state\": \"established\"", "\"state\": \"establish\\u001b\"", "does not know"},
		{"\"port\": 22", "\"port\": 65536", "is no port"},
		{"\"port\": 22", "\"port\": -1", "is no count"},
		{"\"port\": 22", "\"port\": 1e999", "not JSON"},
		{"\"port\": 22", "\"port\": 99999999999999999999", "not JSON"},
		{"\"port\": 22", "\"port\": 2.5", "is no count"},
		{"\"port\": 22", "\"port\": 22, \"port\": 23", "not JSON: duplicate"},
		{"\"result\": \"met\"", "\"result\": \"kept\"", "does not know"},
		{"\"result\": \"met\", ", "", "'result' in row"},
		{"\"verdict\": \"findings\"", "\"verdict\": null", "'verdict' is null"},
		{"\"tcp_gap_ratio\": 0.000200", "\"tcp_gap_ratio\": 1.5", "is no share"},
		{"\"tcp_gap_ratio\": 0.000200", "\"tcp_gap_ratio\": \"x\"", "is no share"},
		{"\"packets\": 90000", "\"packets\": true", "is no count"},
		{"\"failed\": true", "\"failed\": 1", "neither true nor false"},
		{"\"from\": \"2024", "\"from\": \"2x24", "is no time"},
		{"\"from\": \"2024", "\"from\": \"2034", "does not begin before"},
		{"\"from\": \"2024-05-01T03:00:00.123456Z\"", "\"from\": null", "does not begin"},
		{"\"caveats\": [", "\"caveats\": [1, ", "'caveats' is no text"},
		{"\"findings\": [", "\"findings\": [7, ", "row 1 of 'findings' is no object"},
		{"\"conversations\": [", "\"conversations\": [[], ", "is no object"},
		{"\"roles\": [\"crm-async\"", "\"roles\": [3", "else than texts"},
		{"\"site\": {", "\"site\": 5, \"was\": {", "'site' is no object"},
		{"\"name\": \"spanaudit\"", "\"name\": \"a\\u0000b\"", "not JSON"},
		{"\"name\": \"spanaudit\"", "\"name\": \"\xff\"", "a.json:3:"},
		{"{\n", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", "a.json:1:33: error: lists and"},
	};
	struct out o = {0}, bad = {0};

	(void)state;
	render(&o);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		/* one line a rule and a finding in some parts: members end in ",\n" there */
		if (!strstr(out_str(&o), rows[i].from)) {
			struct out from = {0};

			out_bytes(&from, rows[i].from, strlen(rows[i].from) - 1);
			out_puts(&from, "\n      ");
			change(&o, out_str(&from), rows[i].to, &bad);
			out_done(&from);
		} else {
			change(&o, rows[i].from, rows[i].to, &bad);
		}
		refused(bad.p, bad.n, -EINVAL, rows[i].says);
	}
	change(&o, "spanaudit-result/1", "spanaudit-result/2", &bad);
	refused(bad.p, bad.n, RESULT_READ_OTHER_SCHEMA, "another schema");
	refused("", 0, -EINVAL, "empty");
	refused("{}", 2, -EINVAL, "no result of spanaudit");
	refused("[]", 2, -EINVAL, "no result of spanaudit");
	refused("5", 1, -EINVAL, "not JSON");
	refused("\xd4\xc3\xb2\xa1\x02\x00\x04\x00", 8, -EINVAL, "no text");
	out_done(&o);
	out_done(&bad);
}

/* Cut off anywhere but before the last newline it is an error with a place, and never a result. */
static void test_cut(void **state)
{
	struct out o = {0};

	(void)state;
	render(&o);
	for (size_t n = 1; n < o.n - 1; n++) {
		char *copy = malloc(n); /* of this length, so that reading on is seen */

		assert_non_null(copy);
		memcpy(copy, o.p, n);
		refused(copy, n, -EINVAL, "a.json:");
		free(copy);
	}
	out_done(&o);
}

static void test_too_much(void **state)
{
	struct out o = {0}, bad = {0}, rows = {0};

	(void)state;
	render(&o);
	out_puts(&rows, "\"caveats\": [\"");
	out_pad(&rows, 'x', RESULT_READ_TEXT + 1);
	out_puts(&rows, "\", ");
	change(&o, "\"caveats\": [", out_str(&rows), &bad);
	refused(bad.p, bad.n, -EINVAL, "longer than any text");

	out_reset(&rows);
	out_puts(&rows, "\"caveats\": [");
	for (size_t i = 0; i <= RESULT_READ_ROWS; i++)
		out_puts(&rows, "0,");
	change(&o, "\"caveats\": [", out_str(&rows), &bad);
	refused(bad.p, bad.n, -EINVAL, "more rows than any result");

	out_reset(&bad);
	out_char(&bad, '[');
	out_pad(&bad, ',', RESULT_READ_VALUES);
	refused(bad.p, bad.n, -EINVAL, "too many values");
	out_done(&o);
	out_done(&bad);
	out_done(&rows);
}

static void test_files(void **state)
{
	static const char *const rows[][2] = {
		{"/no/such/file.json", "No such file"},
		{"/", "folder"},
		{"/dev/null", "the file is empty"},
		{"/dev/zero", "larger than any result"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct errors errs = {0};
		struct read_result r;
		struct out words = {0};

		assert_int_equal(read_result_file(rows[i][0], &errs, &r), -EINVAL);
		errors_format(&errs, "spanaudit", &words);
		if (!strstr(out_str(&words), rows[i][1]))
			fail_msg("%s: %s", rows[i][0], out_str(&words));
		out_done(&words);
		errors_done(&errs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),   cmocka_unit_test(test_conversations),
		cmocka_unit_test(test_refused),  cmocka_unit_test(test_cut),
		cmocka_unit_test(test_too_much), cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
