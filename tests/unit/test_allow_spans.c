// SPDX-License-Identifier: BSD-2-Clause
#include "allow/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cpu.h"

/* "10.0.0.0/8 10.1.1.1 10.0.0.3-10.0.0.9" */
static struct spans of(const char *text)
{
	struct spans s = {0};
	char *copy = strdup(text), *save = NULL;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		char *dash = strchr(w, '-');
		struct addr lo, hi;
		struct prefix p;

		if (dash) {
			*dash = '\0';
			assert_true(addr_parse(w, &lo) && addr_parse(dash + 1, &hi));
			assert_true(spans_add(&s, &lo, &hi));
		} else {
			assert_true(prefix_parse(w, &p));
			assert_true(spans_add_prefix(&s, &p));
		}
	}
	free(copy);
	spans_close(&s);
	return s;
}

static void is(struct spans *s, const char *want)
{
	struct out o = {0};

	for (size_t i = 0; i < s->n; i++) {
		out_puts(&o, i ? " " : "");
		span_print(&s->v[i], &o);
	}
	assert_string_equal(out_str(&o), want);
	out_done(&o);
	spans_done(s);
}

static void sets(void **state)
{
	static const struct {
		const char *set, *holes, *want;
	} rows[] = {
		{"", "", ""},
		{"10.0.0.1", "", "10.0.0.1"},
		{"10.0.0.1 10.0.0.0", "", "10.0.0.0/31"},
		{"10.0.0.2 10.0.0.1", "", "10.0.0.1-10.0.0.2"},
		{"10.0.0.0/24 10.0.0.7 10.0.1.0/24", "", "10.0.0.0/23"},
		{"10.0.0.0/24", "10.0.0.7", "10.0.0.0-10.0.0.6 10.0.0.8-10.0.0.255"},
		{"10.0.0.0/24", "10.0.0.0", "10.0.0.1-10.0.0.255"},
		{"10.0.0.0/24", "10.0.0.255", "10.0.0.0-10.0.0.254"},
		{"10.0.0.0/24", "10.0.0.0/25", "10.0.0.128/25"},
		{"10.0.0.0/24", "10.0.0.0/24", ""},
		{"10.0.0.0/24", "10.0.0.0/8", ""},
		{"10.0.0.0/24 10.0.2.0/24", "10.0.0.200-10.0.2.9",
		 "10.0.0.0-10.0.0.199 10.0.2.10-10.0.2.255"},
		{"10.0.0.0/30", "10.0.0.1 10.0.0.2", "10.0.0.0 10.0.0.3"},
		{"0.0.0.0/0", "", "0.0.0.0/0"},
		{"255.255.255.255 ::1:0:0:0", "", "255.255.255.255 ::1:0:0:0"},
		{"2001:db8::/64 10.0.0.1", "2001:db8::5",
		 "10.0.0.1 2001:db8::-2001:db8::4 2001:db8::6-2001:db8::ffff:ffff:ffff:ffff"},
		{"2001:db8::/64 10.0.0.1", "10.0.0.0/8", "2001:db8::/64"},
		{"2001:db8::/65 2001:db8:0:0:8000::/65", "", "2001:db8::/64"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct spans s = of(rows[i].set), holes = of(rows[i].holes);

		assert_true(spans_cut(&s, &holes));
		spans_done(&holes);
		is(&s, rows[i].want);
	}
}

/* Every border of the sets, and a step to either side of it. */
static void public_addresses(void **state)
{
	static const char *const tries[] = {
		"0.0.0.0",
		"0.255.255.255",
		"1.0.0.0",
		"8.8.8.8",
		"9.255.255.255",
		"10.0.0.0",
		"10.255.255.255",
		"11.0.0.0",
		"100.63.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"100.128.0.0",
		"126.255.255.255",
		"127.0.0.0",
		"127.255.255.255",
		"128.0.0.0",
		"169.253.255.255",
		"169.254.0.0",
		"169.254.255.255",
		"169.255.0.0",
		"172.15.255.255",
		"172.16.0.0",
		"172.31.255.255",
		"172.32.0.0",
		"192.167.255.255",
		"192.168.0.0",
		"192.168.255.255",
		"192.169.0.0",
		"223.255.255.255",
		"224.0.0.0",
		"255.255.255.255",
		"::",
		"::1",
		"::2",
		"::fffe:ffff:ffff",
		"::1:0:0:0",
		"2001:db8::1",
		"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"fc00::",
		"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"fe00::",
		"fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"fe80::",
		"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"fec0::",
		"feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"ff00::",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	struct spans s = {0};

	assert_true(spans_public(&s));
	spans_close(&s);
	for (size_t i = 0; i < N_ELEMENTS(tries); i++) {
		struct addr a;

		assert_true(addr_parse(tries[i], &a));
		if (spans_has(&s, &a) != addr_is_public(&a))
			fail_msg("%s", tries[i]);
	}
	spans_done(&s);
}

static void looked_up(void **state)
{
	struct spans s = of("10.0.0.5 10.0.0.8/30 2001:db8::/64");
	static const struct {
		const char *addr;
		bool in;
	} rows[] = {{"10.0.0.4", false},  {"10.0.0.5", true},        {"10.0.0.6", false},
		    {"10.0.0.8", true},   {"10.0.0.11", true},       {"10.0.0.12", false},
		    {"2001:db8::", true}, {"2001:db8:0:1::", false}, {"::", false}};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct addr a;

		assert_true(addr_parse(rows[i].addr, &a));
		assert_int_equal(spans_has(&s, &a), rows[i].in);
	}
	assert_int_equal(spans_v4(&s), 2);
	spans_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets),
		cmocka_unit_test(public_addresses),
		cmocka_unit_test(looked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
