// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "waiver/waiver.h"

#define HEAD    "spanaudit: waivers/1\nwaivers:\n"
#define FINDING "    finding: {id: F-0123456789ab}\n"
#define REST    "    reason: backup\n    owner: net\n"
#define ENDS    "    expires: 2024-09-30T23:59:59+02:00\n"
#define GOOD    "  - id: W-1\n" FINDING REST ENDS

static const char *const kinds[] = {"unexpected", "unexpected-port", "missing", "scan", NULL};

static int parse(struct waiver_set *s, const char *src, struct errors *errs)
{
	*errs = (struct errors){0};
	return waivers_parse(s, "waivers.yaml", src, strlen(src), kinds, errs);
}

static int64_t at(const char *text)
{
	int64_t ns = 0;

	if (!time_parse(text, &ns))
		fail_msg("'%s' is no time", text);
	return ns;
}

static void whole(void **state)
{
	static const char src[] =
		HEAD "  - id: W-2024-017\n"
		     "    finding: {kind: unexpected, from: sqlcl01, to: 10.0.0.0/8, service: "
		     "10000/tcp}\n"
		     "    reason: \"Backup agent, not part of the papers\"\n"
		     "    owner: network-team\n"
		     "    approved-by: it-security\n"
		     "    ticket: CHG-1291\n"
		     "    expires: 2024-09-30T23:59:59+02:00\n" GOOD;
	struct waiver_set s = {0};
	struct errors errs;
	struct out about = {0};

	assert_int_equal(parse(&s, src, &errs), 0);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.v[0].id, "W-2024-017");
	assert_null(s.v[0].finding);
	assert_string_equal(s.v[0].kind, "unexpected");
	assert_string_equal(s.v[0].from, "sqlcl01");
	assert_int_equal(s.v[0].port, 10000);
	assert_int_equal(s.v[0].proto, 6);
	assert_string_equal(s.v[0].approved_by, "it-security");
	assert_string_equal(s.v[0].ticket, "CHG-1291");
	assert_int_equal(s.v[0].line, 3);
	assert_true(s.v[0].expires_ns == at("2024-09-30T21:59:59Z"));
	assert_string_equal(s.v[1].finding, "F-0123456789ab");
	assert_null(s.v[1].ticket);
	waiver_about(&s.v[0], &about);
	assert_string_equal(out_str(&about), "unexpected from sqlcl01 to 10.0.0.0/8 10000/tcp");
	out_done(&about);
	errors_done(&errs);
	waivers_done(&s);
}

/* No waivers is a file too: the one that the last was taken out of. */
static void empty(void **state)
{
	static const char *const srcs[] = {
		"spanaudit: waivers/1\n",
		"spanaudit: waivers/1\nwaivers:\n",
		"spanaudit: waivers/1\nwaivers: []\n",
		"{\"spanaudit\": \"waivers/1\", \"waivers\": []}",
	};

	for (size_t i = 0; i < N_ELEMENTS(srcs); i++) {
		struct waiver_set s = {0};
		struct errors errs;

		assert_int_equal(parse(&s, srcs[i], &errs), 0);
		assert_int_equal(s.n, 0);
		errors_done(&errs);
		waivers_done(&s);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *src, *what, *hint;
		unsigned line, column;
	} rows[] = {
		{"waivers: []\n", "this is not a file of waivers", "spanaudit: waivers/1", 1, 1},
		{"spanaudit: site/1\n", "this is a site file", "--site", 1, 12},
		{"spanaudit: rules/1\n", "this is a rule pack", "--rules", 1, 12},
		{"spanaudit: waivers/2\n", "not a version", "newer program", 1, 12},
		{"spanaudit: cheese\n", "not a kind of file", "waivers/1", 1, 12},
		{"spanaudit: [waivers/1]\n", "this is not a file of waivers", "begin", 1, 12},
		{"spanaudit: waivers/1\nwaiver: []\n", "waiver", NULL, 2, 1},
		{"spanaudit: waivers/1\nwaivers: x\n", "", NULL, 2, 10},
		{"spanaudit: waivers/1\nwaivers: [x]\n", "", NULL, 2, 11},
		{HEAD "  - id: W-1\n" REST ENDS, "no 'finding'", "add finding", 3, 5},
		{HEAD "  - id: W-1\n" FINDING "    owner: net\n" ENDS, "no 'reason'", "add reason",
		 3, 5},
		{HEAD "  - id: W-1\n" FINDING "    reason: r\n" ENDS, "no 'owner'", "add owner", 3,
		 5},
		{HEAD "  - id: W-1\n" FINDING REST, "no 'expires'", "add expires", 3, 5},
		{HEAD "  - finding: {id: F-0123456789ab}\n" REST ENDS, "no 'id'", "add id", 3, 5},
		{HEAD GOOD "  - id: W-1\n" FINDING REST ENDS, "'W-1' is there already", "own", 8,
		 9},
		{HEAD "  - id: W 1\n" FINDING REST ENDS, "an id is made of", "W-2024-017", 3, 9},
		{HEAD "  - id: \"W\\u001b[31m\"\n" FINDING REST ENDS, "", NULL, 3, 0},
		{HEAD "  - id: W-1\n" FINDING "    reason: \"\"\n    owner: net\n" ENDS,
		 "one line of text", "spaces", 5, 13},
		{HEAD "  - id: W-1\n    finding: F-0123456789ab\n" REST ENDS, "record of keys",
		 "{id: F-0123456789ab}", 4, 14},
		{HEAD "  - id: W-1\n    finding: {}\n" REST ENDS, "neither which finding", "kind",
		 4, 14},
		{HEAD "  - id: W-1\n    finding: {from: a}\n" REST ENDS, "neither which finding",
		 "kind", 4, 14},
		{HEAD "  - id: W-1\n    finding: {id: F-0123456789ab, to: b}\n" REST ENDS,
		 "together with other keys", "leave out", 4, 14},
		{HEAD "  - id: W-1\n    finding: {id: F-01}\n" REST ENDS, "not the id of a finding",
		 "12 hexadecimal", 4, 19},
		{HEAD "  - id: W-1\n    finding: {id: F-0123456789AB}\n" REST ENDS,
		 "not the id of a finding", "12 hexadecimal", 4, 19},
		{HEAD "  - id: W-1\n    finding: {kind: unexpected-prot}\n" REST ENDS,
		 "did you mean 'unexpected-port'", NULL, 4, 21},
		{HEAD "  - id: W-1\n    finding: {kind: documented}\n" REST ENDS, "unknown word",
		 "one of", 4, 21},
		{HEAD "  - id: W-1\n    finding: {kind: scan, service: 80}\n" REST ENDS,
		 "not a service", "10000/tcp", 4, 36},
		{HEAD "  - id: W-1\n    finding: {kind: scan, service: 65536/tcp}\n" REST ENDS,
		 "not a service", "10000/tcp", 4, 36},
		{HEAD "  - id: W-1\n    finding: {kind: scan, service: 0/udp}\n" REST ENDS,
		 "not a service", "10000/tcp", 4, 36},
		{HEAD "  - id: W-1\n    finding: {kind: scan, from: 10.0.0.1/8}\n" REST ENDS,
		 "not a network", "10.30.0.0/16", 4, 33},
		{HEAD "  - id: W-1\n    finding: {kind: scan, frm: a}\n" REST ENDS, "frm", NULL, 4,
		 27},
		{HEAD "  - id: W-1\n" FINDING REST "    expires: 2024-09-30T23:59:59\n",
		 "not a time with a zone", "zone is missing", 7, 14},
		{HEAD "  - id: W-1\n" FINDING REST "    expires: 2024-09-30\n",
		 "not a time with a zone", "a date alone", 7, 14},
		{HEAD "  - id: W-1\n" FINDING REST "    expires: 2024-02-30T00:00:00Z\n",
		 "not a time with a zone", "offset", 7, 14},
		{HEAD "  - id: W-1\n" FINDING REST
		      "    expires: 2024-09-30T23:59:59 Europe/Berlin\n",
		 "not a time with a zone", "offset", 7, 14},
		{HEAD "  - id: W-1\n" FINDING REST "    expires: never\n", "not a time with a zone",
		 "offset", 7, 14},
		{HEAD "  - id: W-1\n" FINDING REST ENDS "    severity: low\n", "severity", NULL, 8,
		 5},
		{HEAD "  - id: W-1\n    id: W-2\n" FINDING REST ENDS, "", NULL, 4, 5},
		{HEAD "  - &a {id: W-1}\n  - *a\n", "", NULL, 3, 5},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct waiver_set s = {0};
		struct errors errs;

		if (!parse(&s, rows[i].src, &errs) || !errs.n || s.n)
			fail_msg("row %zu passes", i);
		if (!strstr(errs.e[0].what, rows[i].what) ||
		    (rows[i].hint && (!errs.e[0].hint || !strstr(errs.e[0].hint, rows[i].hint))) ||
		    errs.e[0].line != rows[i].line ||
		    (rows[i].column && errs.e[0].column != rows[i].column))
			fail_msg("row %zu: %u:%u: %s\n%s", i, errs.e[0].line, errs.e[0].column,
				 errs.e[0].what, errs.e[0].hint ? errs.e[0].hint : "no hint");
		errors_done(&errs);
		waivers_done(&s);
	}
}

/* Two files are one set: an id is taken in both, and a bad file adds nothing. */
static void several(void **state)
{
	struct waiver_set s = {0};
	struct errors errs;

	assert_int_equal(parse(&s, HEAD GOOD, &errs), 0);
	assert_int_equal(parse(&s, HEAD "  - id: W-2\n" FINDING REST ENDS GOOD, &errs), 1);
	assert_int_equal(s.n, 1);
	assert_non_null(strstr(errs.e[0].what, "waivers.yaml:3"));
	errors_done(&errs);
	assert_int_equal(parse(&s, HEAD "  - id: W-2\n" FINDING REST ENDS, &errs), 0);
	assert_int_equal(s.n, 2);
	errors_done(&errs);
	waivers_done(&s);
}

static void expiry(void **state)
{
	static const struct {
		const char *expires, *now;
		enum waiver_state state;
	} rows[] = {
		{"2024-09-30T23:59:59+02:00", "2024-09-30T21:59:58Z", WAIVER_EXPIRING},
		{"2024-09-30T23:59:59+02:00", "2024-09-30T21:59:59Z", WAIVER_EXPIRED},
		{"2024-09-30T23:59:59+02:00", "2024-09-30T23:59:58+02:00", WAIVER_EXPIRING},
		{"2024-09-30T23:59:59-07:00", "2024-10-01T06:59:58Z", WAIVER_EXPIRING},
		{"2024-09-30T23:59:59-07:00", "2024-10-01T06:59:59Z", WAIVER_EXPIRED},
		/* the hour that comes twice when summer time ends, told apart by its offset */
		{"2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00", WAIVER_EXPIRED},
		{"2024-10-27T02:30:00+01:00", "2024-10-27T02:30:00+02:00", WAIVER_EXPIRING},
		/* and the one that does not exist is a moment all the same */
		{"2024-03-31T02:30:00+01:00", "2024-03-31T03:29:59+02:00", WAIVER_EXPIRING},
		{"2024-03-31T02:30:00+01:00", "2024-03-31T03:30:00+02:00", WAIVER_EXPIRED},
		{"2024-09-30T00:00:00Z", "2024-09-16T00:00:00Z", WAIVER_EXPIRING},
		{"2024-09-30T00:00:00Z", "2024-09-15T23:59:59Z", WAIVER_ACTIVE},
		{"2261-12-31T23:59:59Z", "1678-01-01T00:00:00Z", WAIVER_ACTIVE},
		{"1678-01-01T00:00:00Z", "2261-12-31T23:59:59Z", WAIVER_EXPIRED},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct waiver w = {.expires_ns = at(rows[i].expires)};

		if (waiver_state(&w, at(rows[i].now)) != rows[i].state)
			fail_msg("row %zu: %s", i,
				 waiver_state_name(waiver_state(&w, at(rows[i].now))));
	}
}

/* The text that comes out, or NULL. */
static char *append(const char *src, const char *reason, char id[WAIVER_ID_MAX + 1],
		    struct errors *errs)
{
	const struct waiver w = {.finding = "F-ba9876543210",
				 .reason = reason,
				 .owner = "net",
				 .expires = "2027-01-01T00:00:00Z"};
	struct out text = {0};

	*errs = (struct errors){0};
	if (waiver_append("waivers.yaml", src, strlen(src), &w, kinds, at("2026-05-01T00:00:00Z"),
			  &text, id, errs) == 0)
		return text.p;
	out_done(&text);
	return NULL;
}

static void appended(void **state)
{
	static const struct {
		const char *src, *id, *dash;
	} rows[] = {
		{"", "W-2026-001", "\n  - id: W-2026-001\n"},
		{"spanaudit: waivers/1\nwaivers:\n", "W-2026-001", "\n  - id: W-2026-001\n"},
		{HEAD GOOD, "W-2026-001", "\n  - id: W-2026-001\n"},
		/* without a line break at the end, with a comment, at its own indent */
		{"# ours\nspanaudit: waivers/1\nwaivers:\n- id: W-2026-041\n  finding: {kind: "
		 "scan}\n"
		 "  reason: r # why\n  owner: o\n  expires: 2024-09-30T23:59:59Z\n# the end",
		 "W-2026-042", "\n- id: W-2026-042\n"},
		{HEAD
		 "      - {id: W-2026-007, finding: {kind: scan}, reason: r, owner: o, expires: "
		 "2024-09-30T23:59:59Z}\n",
		 "W-2026-008", "\n      - id: W-2026-008\n"},
		/* other years and other words take no number */
		{HEAD "  - id: W-2025-900\n" FINDING REST ENDS
		      "  - id: W-2026-9x\n" FINDING REST ENDS,
		 "W-2026-001", "\n  - id: W-2026-001\n"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char id[WAIVER_ID_MAX + 1];
		struct waiver_set s = {0};
		struct errors errs, again;
		char *text = append(rows[i].src, "say \"why\", C:\\x: #1", id, &errs);

		if (!text)
			fail_msg("row %zu: %s", i, errs.e[0].what);
		assert_string_equal(id, rows[i].id);
		assert_memory_equal(text, rows[i].src, strlen(rows[i].src));
		if (!strstr(text, rows[i].dash))
			fail_msg("row %zu: %s", i, text);
		assert_int_equal(parse(&s, text, &again), 0);
		assert_string_equal(s.v[s.n - 1].id, rows[i].id);
		assert_string_equal(s.v[s.n - 1].reason, "say \"why\", C:\\x: #1");
		assert_string_equal(s.v[s.n - 1].finding, "F-ba9876543210");
		free(text);
		errors_done(&errs);
		errors_done(&again);
		waivers_done(&s);
	}
}

static void not_appended(void **state)
{
	static const struct {
		const char *src, *reason, *what;
	} rows[] = {
		{"spanaudit: waivers/1\nwaivers: []\n", "r", "nothing can be added"},
		{"spanaudit: waivers/1\nwaivers: [{id: W-1, finding: {kind: scan}, reason: r, "
		 "owner: o, expires: 2024-09-30T23:59:59Z}]\n",
		 "r", "nothing can be added"},
		{"waivers:\n" GOOD "spanaudit: waivers/1\n", "r", "nothing can be added"},
		{"spanaudit: waivers/1\nwaivers: cheese\n", "r", ""},
		{"spanaudit: site/1\n", "r", "site file"},
		{HEAD GOOD, "", "--reason"},
		{HEAD GOOD, " r", "--reason"},
		{HEAD GOOD, "two\nlines", "--reason"},
		{HEAD GOOD, "\x1b[31m", "--reason"},
		{HEAD GOOD, "\xff", "--reason"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char id[WAIVER_ID_MAX + 1];
		struct errors errs;
		char *text = append(rows[i].src, rows[i].reason, id, &errs);

		if (text || !errs.n || !strstr(errs.e[0].what, rows[i].what))
			fail_msg("row %zu: %s", i, text ? text : errs.e[0].what);
		errors_done(&errs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),        cmocka_unit_test(empty),
		cmocka_unit_test(bad),          cmocka_unit_test(several),
		cmocka_unit_test(expiry),       cmocka_unit_test(appended),
		cmocka_unit_test(not_appended),
	};

	return cmocka_run_group_tests_name("waivers", tests, NULL, NULL);
}
