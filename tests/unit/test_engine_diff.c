// SPDX-License-Identifier: BSD-2-Clause
/* Two results side by side: what each pair of findings comes to, when runs compare, and when the
 * absence of a finding means something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/diff.h"

/* What differs from a plain document; NULL and 0 are its defaults. */
struct doc {
	const char *site, *only, *packs, *from, *to, *verdict, *coverage, *rules, *findings, *seen;
	const char *input;
	unsigned observed;
};

#define SITE "\"lab\""
#define PACK(name, revision, sha) \
	"{\"name\": \"" name "\", \"revision\": \"" revision "\", \"sha256\": \"" sha "\"}"
#define RULE(id, result) \
	"{\"pack\": \"p\", \"id\": \"" id "\", \"result\": \"" result "\", \"reason\": null}"
#define END(host)                                                  \
	"{\"address\": null, \"network\": null, \"host\": \"" host \
	"\", \"name\": null, \"roles\": []}"
#define FINDING(id, kind, severity, rule, port, state, why, waiver)                                \
	"{\"id\": \"F-00000000000" id "\", \"kind\": \"" kind "\", \"severity\": \"" severity      \
	"\", \"rule\": " rule ", \"group\": null, \"client\": " END("web01") ", \"server\": " END( \
		"sql01") ", \"transport\": \"tcp\", \"port\": " port                               \
			 ", \"interface\": null, \"state\": " state ", \"why\": \"" why            \
			 "\", \"do\": \"Look.\", \"waiver\": " waiver "}"
#define PORT(id, severity, state) \
	FINDING(id, "unexpected-port", severity, "null", "22", state, "why", "null")
#define LACK(id, severity, state) \
	FINDING(id, "blocked", severity, "\"R1\"", "1433", state, "why", "null")
#define SEEN "{\"client\": " END("web01") ", \"server\": " END("sql01") "}"
#define COVERAGE(ratio, evicted, inconclusive, why, caveats)                                    \
	"{\"packets\": 1000, \"decoded\": 1000, \"drops\": {\"kernel\": 0, \"interface\": 0}, " \
	"\"evicted\": " evicted ", \"tcp_gap_ratio\": " ratio ", \"one_way_ratio\": null, "     \
	"\"inconclusive\": " inconclusive ", \"inconclusive_why\": " why                        \
	", \"caveats\": [" caveats "]}"

static const char * or (const char *z, const char *other)
{
	return z ? z : other;
}

static void make(const struct doc *d, struct out *o)
{
	out_printf(o,
		   "{\"schema\": \"spanaudit-result/1\", \"only\": %s, \"inputs\": [%s], "
		   "\"site\": {\"name\": %s, \"timezone\": \"UTC\"}, \"rules_packs\": [%s], "
		   "\"verdict\": \"%s\", \"window\": {\"from\": %s, \"to\": %s, "
		   "\"observed_seconds\": %u}, \"coverage\": %s, \"rules\": [%s], "
		   "\"findings\": [%s], \"conversations\": [%s]}",
		   or (d->only, "null"), or (d->input, ""), or (d->site, SITE),
		   or (d->packs, PACK("p", "1", "aa")), or (d->verdict, "findings"),
		   or (d->from, "\"2024-05-01T00:00:00Z\""), or (d->to, "\"2024-05-01T01:00:00Z\""),
		   d->observed ? d->observed : 3600,
		   or (d->coverage, COVERAGE("0.0", "0", "false", "null", "")), or (d->rules, ""),
		   or (d->findings, ""), or (d->seen, SEEN));
}

static void compare(const struct doc *was, const struct doc *is, struct diff *ret)
{
	struct errors errs = {0};
	struct out a = {0}, b = {0};

	make(was, &a);
	make(is, &b);
	*ret = (struct diff){.path = {"old.json", "new.json"}};
	if (read_result_parse("old.json", out_str(&a), a.n, &errs, &ret->was) ||
	    read_result_parse("new.json", out_str(&b), b.n, &errs, &ret->is))
		fail_msg("%s", errs.e[0].what);
	assert_int_equal(diff_make(ret), 0);
	out_done(&a);
	out_done(&b);
}

static void test_pairs(void **state)
{
	static const struct {
		const char *was, *is;
		enum diff_class class;
	} rows[] = {
		{"", PORT("1", "high", "\"refused\""), DIFF_NEW},
		{"", FINDING("1", "unexpected-port", "high", "null", "22", "null", "w", "\"W\""),
		 DIFF_NEW_WAIVED},
		{PORT("1", "low", "null"), PORT("1", "low", "null"), DIFF_STILL},
		{PORT("1", "low", "null"), PORT("1", "high", "null"), DIFF_WORSE},
		{PORT("1", "high", "null"), PORT("1", "low", "null"), DIFF_CHANGED},
		{PORT("1", "low", "\"refused\""), PORT("1", "low", "\"established\""), DIFF_WORSE},
		{PORT("1", "low", "\"refused\""), PORT("1", "low", "\"half-open\""), DIFF_WORSE},
		{PORT("1", "low", "\"established\""), PORT("1", "low", "\"mid-stream\""),
		 DIFF_CHANGED},
		{PORT("1", "low", "\"established\""), PORT("1", "low", "\"refused\""),
		 DIFF_CHANGED},
		{PORT("1", "low", "\"refused\""), PORT("1", "low", "\"no-answer\""), DIFF_CHANGED},
		/* of what should be there, the other way round */
		{LACK("1", "low", "\"established\""), LACK("1", "low", "\"refused\""), DIFF_WORSE},
		{LACK("1", "low", "\"refused\""), LACK("1", "low", "\"established\""),
		 DIFF_CHANGED},
		{LACK("1", "low", "null"), LACK("1", "low", "\"no-answer\""), DIFF_CHANGED},
		/* a waiver that ran out, and one that came */
		{FINDING("1", "scan", "low", "null", "22", "null", "w", "\"W\""),
		 FINDING("1", "scan", "low", "null", "22", "null", "w", "null"), DIFF_WORSE},
		{FINDING("1", "scan", "low", "null", "22", "null", "w", "null"),
		 FINDING("1", "scan", "high", "null", "22", "null", "w", "\"W\""), DIFF_CHANGED},
		/* another rule, port; other words, and other figures in the same words */
		{FINDING("1", "scan", "low", "\"A\"", "22", "null", "w", "null"),
		 FINDING("1", "scan", "low", "\"B\"", "22", "null", "w", "null"), DIFF_CHANGED},
		{FINDING("1", "scan", "low", "null", "22", "null", "w", "null"),
		 FINDING("1", "scan", "low", "null", "23", "null", "w", "null"), DIFF_CHANGED},
		{FINDING("1", "scan", "low", "null", "22", "null", "tried 60 hosts", "null"),
		 FINDING("1", "scan", "low", "null", "22", "null", "left 60 hosts", "null"),
		 DIFF_CHANGED},
		{FINDING("1", "scan", "low", "null", "22", "null", "60 (2) of 1,200 at 12:01.",
			 "null"),
		 FINDING("1", "scan", "low", "null", "22", "null", "7 (11) of 9 at 03:15.", "null"),
		 DIFF_STILL},
		{FINDING("1", "scan", "low", "null", "22", "null", "of 10.1.1.1.", "null"),
		 FINDING("1", "scan", "low", "null", "22", "null", "of 10.1.1.2.", "null"),
		 DIFF_CHANGED},
		{FINDING("1", "scan", "low", "null", "22", "null", "22/tcp", "null"),
		 FINDING("1", "scan", "low", "null", "22", "null", "23/tcp", "null"), DIFF_CHANGED},
		{PORT("1", "low", "null"), "", DIFF_GONE},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct diff d;

		compare(&(struct doc){.findings = rows[i].was, .rules = RULE("R1", "met")},
			&(struct doc){.findings = rows[i].is, .rules = RULE("R1", "met")}, &d);
		if (d.n_rows != 1 || d.rows[0].class != rows[i].class)
			fail_msg("row %zu: %s", i, diff_class_name(d.rows[0].class));
		diff_done(&d);
	}
}

/* What is not there any more may not have been looked for. */
static void test_gone_or_not_seen(void **state)
{
	static const struct {
		const char *finding;
		struct doc is;
		const char *says; /* NULL: gone */
	} rows[] = {
		{PORT("1", "low", "null"), {0}, NULL},
		{PORT("1", "low", "null"), {.seen = ""}, "sql01 is not in view"},
		{PORT("1", "low", "null"),
		 {.seen = "{\"client\": " END("a") ", \"server\": " END("sql01") "}"},
		 "web01 is not in view"},
		{PORT("1", "low", "null"),
		 {.coverage = COVERAGE("0.5", "0", "true", "\"half was lost\"", "")},
		 "inconclusive: half was lost"},
		{PORT("1", "low", "null"), {.verdict = "inconclusive"}, "inconclusive"},
		{PORT("1", "low", "null"), {.observed = 1799}, "less than half the time"},
		{PORT("1", "low", "null"), {.observed = 1800}, NULL},
		{PORT("1", "low", "null"),
		 {.input = "{\"path\": \"b.pcap\", \"sha256\": null, \"packets\": 0, "
			   "\"failed\": true, \"caveat\": null}"},
		 "could not be read: b.pcap"},
		{PORT("1", "low", "null"), {.only = "\"missing\""}, "of kind missing alone"},
		{LACK("1", "low", "null"), {.rules = RULE("R1", "met")}, NULL},
		{LACK("1", "low", "null"), {.rules = RULE("R1", "violated")}, NULL},
		{LACK("1", "low", "null"), {.rules = RULE("R1", "unused")}, "nothing used"},
		{LACK("1", "low", "null"), {.rules = RULE("R1", "not-judged")}, "was not judged"},
		{LACK("1", "low", "null"),
		 {.rules = RULE("R0", "met") ", " RULE("R2", "met")},
		 "has no rule R1"},
		{FINDING("1", "visibility", "info", "null", "null", "null", "w", "null"),
		 {.seen = ""},
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const char *got;
		struct diff d;

		compare(&(struct doc){.findings = rows[i].finding}, &rows[i].is, &d);
		assert_int_equal(d.n_rows, 1);
		got = d.rows[0].reason;
		if (d.rows[0].class != (rows[i].says ? DIFF_NOT_SEEN : DIFF_GONE) ||
		    (rows[i].says && (!got || !strstr(got, rows[i].says))))
			fail_msg("row %zu: %s: %s", i, diff_class_name(d.rows[0].class),
				 got ? got : "");
		diff_done(&d);
	}
}

static void test_comparable(void **state)
{
	static const struct {
		struct doc was, is;
		const char *says; /* NULL: they compare */
	} rows[] = {
		{{0}, {0}, NULL},
		{{.site = "null"}, {.site = "null"}, NULL},
		{{0}, {.site = "\"prod\""}, "site 'lab', the new one about 'prod'"},
		{{0}, {.site = "null"}, "only the old result has a site"},
		{{.only = "\"missing\""}, {0}, "kind missing, the new one of every kind"},
		{{.only = "\"missing\""}, {.only = "\"missing\""}, NULL},
		{{0}, {.packs = PACK("p", "2", "aa")}, "revision 1 in the old result and 2"},
		{{0}, {.packs = PACK("p", "1", "bb")}, "was changed between the two"},
		{{0}, {.packs = PACK("q", "1", "aa")}, "only the old result was judged by"},
		{{.packs = PACK("a", "1", "x") "," PACK("p", "1", "aa")},
		 {.packs = PACK("p", "1", "aa") "," PACK("a", "1", "x")},
		 NULL},
		{{.packs = PACK("a", "1", "x") "," PACK("p", "1", "aa")},
		 {0},
		 "only the old result was judged by the rule pack 'a'"},
		{{.observed = 900, .to = "\"2024-05-01T00:15:00Z\""}, {0}, NULL},
		{{.observed = 3600}, {.observed = 14400, .to = "\"2024-05-01T04:00:00Z\""}, NULL},
		{{.observed = 3600},
		 {.observed = 14401, .to = "\"2024-05-01T04:00:01Z\""},
		 "3600 s were observed"},
		{{.observed = 3600}, {.to = "\"2024-05-03T00:00:00Z\""}, "pieces of a longer time"},
		{{.from = "null", .to = "null"}, {0}, "old result is about no packet"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct diff d;

		compare(&rows[i].was, &rows[i].is, &d);
		if (!rows[i].says && d.n_refusals)
			fail_msg("row %zu: %s", i, d.refusals[0].what);
		else if (rows[i].says &&
			 (!d.n_refusals || !strstr(d.refusals[0].what, rows[i].says)))
			fail_msg("row %zu: %s", i, d.n_refusals ? d.refusals[0].what : "compare");
		diff_done(&d);
	}
}

/* Worst first, then by id; rules that became violated before those that are not judged any more. */
static void test_order(void **state)
{
	static const char *const ids[] = {"F-000000000003", "F-000000000001", "F-000000000002"};
	static const char *const rules[] = {"R4", "R2", "R3", "R1"};
	struct diff d;

	(void)state;
	compare(&(struct doc){.rules = RULE("R1", "violated") "," RULE("R2", "met") "," RULE(
				      "R3", "met") "," RULE("R4", "unused") "," RULE("R5", "met")},
		&(struct doc){
			.findings = PORT("1", "medium", "null") "," PORT(
				"2", "medium", "null") "," PORT("3", "high", "null"),
			.rules = RULE("R5", "met") "," RULE("R4", "violated") "," RULE(
				"R3", "unused") "," RULE("R2", "not-judged") "," RULE("R1", "met")},
		&d);
	assert_int_equal(d.n[DIFF_NEW], 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(d.rows[i].is->id, ids[i]);
	assert_int_equal(d.n_rules, 4);
	assert_int_equal(d.n_rules_worse, 3);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(d.rules[i].is->id, rules[i]);
	diff_done(&d);
}

static void test_coverage(void **state)
{
	static const struct {
		const char *was, *is;
		bool worse;
	} rows[] = {
		{COVERAGE("0.0", "0", "false", "null", ""),
		 COVERAGE("0.0", "0", "false", "null", ""), false},
		{COVERAGE("0.0", "0", "false", "null", ""),
		 COVERAGE("0.0001", "0", "false", "null", ""), true},
		{COVERAGE("0.0100", "0", "false", "null", ""),
		 COVERAGE("0.0109", "0", "false", "null", ""), false},
		{COVERAGE("0.0100", "0", "false", "null", ""),
		 COVERAGE("0.0110", "0", "false", "null", ""), true},
		{COVERAGE("0.02", "0", "false", "null", ""),
		 COVERAGE("0.01", "0", "false", "null", ""), false},
		{COVERAGE("null", "0", "false", "null", ""),
		 COVERAGE("null", "1", "false", "null", ""), true},
		{COVERAGE("null", "0", "false", "null", ""),
		 COVERAGE("null", "0", "true", "null", ""), true},
		{COVERAGE("null", "0", "false", "null", "\"5 packets are cut\""),
		 COVERAGE("null", "0", "false", "null", "\"7 packets are cut\""), false},
		{COVERAGE("null", "0", "false", "null", "\"5 packets are cut\""),
		 COVERAGE("null", "0", "false", "null", "\"7 packets are late\""), true},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct diff d;

		compare(&(struct doc){.coverage = rows[i].was},
			&(struct doc){.coverage = rows[i].is}, &d);
		if (d.coverage_worse != rows[i].worse)
			fail_msg("row %zu", i);
		diff_done(&d);
	}
}

/* A name with an escape sequence and one with a line of ours in it stay names. */
static void test_inert(void **state)
{
	const struct span_diff_options opt = {.all = true};
	const char *evil = FINDING("1", "scan", "low", "\"\\u001b[2J\"", "22", "null",
				   "a\\n[OK] NOTHING NEW\\u202e", "null");
	struct out text = {0}, json = {0};
	struct diff d;

	(void)state;
	compare(&(struct doc){.site = "\"\\u001b]0;x\\u0007\""},
		&(struct doc){.site = "\"\\u001b]0;x\\u0007\"", .findings = evil}, &d);
	assert_int_equal(diff_text(&d, &opt, &text), 0);
	assert_int_equal(diff_json(&d, &opt, &json), 0);
	for (size_t i = 0; i < text.n; i++)
		assert_true((unsigned char)text.p[i] >= 0x20 || text.p[i] == '\n');
	for (size_t i = 0; i < json.n; i++)
		assert_true((unsigned char)json.p[i] >= 0x20 || json.p[i] == '\n');
	assert_null(strstr(out_str(&text), "\n[OK]"));
	assert_null(strstr(out_str(&text), "\xe2\x80\xae"));
	assert_non_null(strstr(out_str(&text), "\\x1b]0;x"));
	diff_done(&d);
	out_done(&text);
	out_done(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),      cmocka_unit_test(test_gone_or_not_seen),
		cmocka_unit_test(test_comparable), cmocka_unit_test(test_order),
		cmocka_unit_test(test_coverage),   cmocka_unit_test(test_inert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
