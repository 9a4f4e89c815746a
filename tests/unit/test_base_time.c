// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"

static void there_and_back(void **state)
{
	static const struct {
		const char *text, *utc;
	} rows[] = {
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"},
		{"2024-02-29T23:59:59.123456789Z", "2024-02-29T23:59:59.123456Z"},
		{"2024-03-01T01:30:00+02:00", "2024-02-29T23:30:00.000000Z"},
		{"1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900000Z"},
		{"2100-03-01T00:00:00-00:30", "2100-03-01T00:30:00.000000Z"},
		{"1900-02-28T12:00:00Z", "1900-02-28T12:00:00.000000Z"},
	};
	char buf[TIME_TEXT];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		int64_t ns;

		assert_true(time_parse(rows[i].text, &ns));
		assert_string_equal(time_rfc3339(ns, buf), rows[i].utc);
	}
}

static void refuses(void **state)
{
	static const char *const rows[] = {
		"2023-02-29T00:00:00Z",
		"2024-13-01T00:00:00Z",
		"2024-01-01",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:00:00",
		"2024-01-01T00:00:00+0200",
		"1600-01-01T00:00:00Z",
		"2024-01-01T00:00:00Zx",
		"2024-01-01T00:00:00.Z",
		"",
	};
	int64_t ns = 7;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		assert_false(time_parse(rows[i], &ns));
	assert_int_equal(ns, 7);
}

static void every_day_of_four_centuries(void **state)
{
	int64_t day = 86400 * NS_PER_S;
	int64_t ns;
	char buf[TIME_TEXT];

	assert_true(time_parse("1800-01-01T00:00:00Z", &ns));
	for (int i = 0; i < 365 * 400; i++, ns += day) {
		int64_t back;

		assert_true(time_parse(time_rfc3339(ns, buf), &back));
		assert_true(back == ns);
	}
	assert_string_equal(time_rfc3339(INT64_MIN + 1, buf), "1677-09-21T00:12:43.145224Z");
	assert_string_equal(time_rfc3339(INT64_MAX, buf), "2262-04-11T23:47:16.854775Z");
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
		const char *human;
	} rows[] = {
		{"90s", 90, "1 min 30 s"}, {"15m", 900, "15 min"}, {"24h", 86400, "1 d"},
		{"7d", 604800, "7 d"},     {"0", 0, "0 ms"},       {"100h", 360000, "4 d 4 h"},
		{"3601s", 3601, "1 h"},    {"23h", 82800, "23 h"},
	};
	static const char *const bad[] = {"",    "h",  "-1h",  "1 h",
					  "1hh", "10", "1.5h", "99999999999d"};
	char buf[TIME_TEXT];
	int64_t ns;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		assert_true(duration_parse(rows[i].text, &ns));
		assert_true(ns == rows[i].s * NS_PER_S);
		assert_string_equal(duration_human(ns, buf), rows[i].human);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(duration_parse(bad[i], &ns));
	assert_string_equal(duration_human(999, buf), "999 ns");
	assert_string_equal(duration_human(1999, buf), "1 us");
	assert_string_equal(duration_human(1000000, buf), "1 ms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(refuses),
		cmocka_unit_test(every_day_of_four_centuries),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
