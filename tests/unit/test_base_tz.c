// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/tz.h"

static int64_t at(const char *text)
{
	int64_t ns;

	assert_true(time_parse(text, &ns));
	return ns;
}

/* --- zones of the system ---------------------------------------------------------------------- */

static void zones(void **state)
{
	static const struct {
		const char *zone, *utc, *human, *abbrev;
	} rows[] = {
		/* Both ways across the change, to the second. */
		{"Europe/Berlin", "2024-03-31T00:59:59Z", "2024-03-31 01:59:59 +01:00", "CET"},
		{"Europe/Berlin", "2024-03-31T01:00:00Z", "2024-03-31 03:00:00 +02:00", "CEST"},
		{"Europe/Berlin", "2024-10-27T00:59:59Z", "2024-10-27 02:59:59 +02:00", "CEST"},
		{"Europe/Berlin", "2024-10-27T01:00:00Z", "2024-10-27 02:00:00 +01:00", "CET"},
		{"Europe/Berlin", "2024-10-27T00:59:59.999999999Z", "2024-10-27 02:59:59 +02:00",
		 "CEST"},
		/* War-time double summer time, and mean solar time before there was a zone. */
		{"Europe/Berlin", "1945-06-01T00:00:00Z", "1945-06-01 03:00:00 +03:00", "CEMT"},
		{"Europe/Berlin", "1800-01-01T00:00:00Z", "1800-01-01 00:53:28 +00:53:28", "LMT"},
		{"Europe/Berlin", "1969-12-31T23:59:59.5Z", "1970-01-01 00:59:59 +01:00", "CET"},
		/* The rule at the end of the file. */
		{"Europe/Berlin", "2100-03-28T00:59:59Z", "2100-03-28 01:59:59 +01:00", "CET"},
		{"Europe/Berlin", "2100-03-28T01:00:00Z", "2100-03-28 03:00:00 +02:00", "CEST"},
		{"Europe/Berlin", "2100-10-31T00:59:59Z", "2100-10-31 02:59:59 +02:00", "CEST"},
		{"Europe/Berlin", "2100-10-31T01:00:00Z", "2100-10-31 02:00:00 +01:00", "CET"},
		{"America/New_York", "2024-03-10T06:59:59Z", "2024-03-10 01:59:59 -05:00", "EST"},
		{"America/New_York", "2024-03-10T07:00:00Z", "2024-03-10 03:00:00 -04:00", "EDT"},
		{"America/New_York", "2024-11-03T05:59:59Z", "2024-11-03 01:59:59 -04:00", "EDT"},
		{"America/New_York", "2024-11-03T06:00:00Z", "2024-11-03 01:00:00 -05:00", "EST"},
		{"America/New_York", "1850-01-01T00:00:00Z", "1849-12-31 19:03:58 -04:56:02",
		 "LMT"},
		{"Asia/Kolkata", "2024-07-01T00:00:00Z", "2024-07-01 05:30:00 +05:30", "IST"},
		{"Asia/Kolkata", "2100-12-31T20:00:00Z", "2101-01-01 01:30:00 +05:30", "IST"},
		{"Australia/Sydney", "2024-04-06T15:59:59Z", "2024-04-07 02:59:59 +11:00", "AEDT"},
		{"Australia/Sydney", "2024-04-06T16:00:00Z", "2024-04-07 02:00:00 +10:00", "AEST"},
		{"Australia/Sydney", "2024-10-05T15:59:59Z", "2024-10-06 01:59:59 +10:00", "AEST"},
		{"Australia/Sydney", "2024-10-05T16:00:00Z", "2024-10-06 03:00:00 +11:00", "AEDT"},
		{"Australia/Sydney", "2100-01-01T00:00:00Z", "2100-01-01 11:00:00 +11:00", "AEDT"},
		{"Australia/Sydney", "2100-07-01T00:00:00Z", "2100-07-01 10:00:00 +10:00", "AEST"},
		/* Daylight saving of half an hour; zones without letters. */
		{"Australia/Lord_Howe", "2050-07-01T00:00:00Z", "2050-07-01 10:30:00 +10:30",
		 "+1030"},
		{"Australia/Lord_Howe", "2050-01-01T00:00:00Z", "2050-01-01 11:00:00 +11:00",
		 "+11"},
		/* Winter time is the saving here: its offset is behind the standard. */
		{"Europe/Dublin", "2050-01-01T00:00:00Z", "2050-01-01 00:00:00 +00:00", "GMT"},
		{"Europe/Dublin", "2050-07-01T00:00:00Z", "2050-07-01 01:00:00 +01:00", "IST"},
		{"Etc/UTC", "2024-07-01T00:00:00Z", "2024-07-01 00:00:00 +00:00", "UTC"},
	};
	struct tz *have = tz_load("Etc/UTC");
	char buf[TIME_TEXT];

	if (!have) {
		print_message("no time zone data here: zones of the system are not tested\n");
		skip();
	}
	tz_free(have);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct tz *z = tz_load(rows[i].zone);
		const char *abbrev;

		if (!z) {
			print_message("%s is not there: row %zu skipped\n", rows[i].zone, i);
			continue;
		}
		assert_string_equal(time_human_tz(at(rows[i].utc), z, buf), rows[i].human);
		tz_offset(z, at(rows[i].utc), &abbrev);
		assert_string_equal(abbrev, rows[i].abbrev);
		tz_free(z);
	}
}

/* --- days ------------------------------------------------------------------------------------- */

/* Where a day begins, and how long it is. */
static void days(void **state)
{
	static const struct {
		const char *zone, *date, *begin;
		unsigned hours_x2;
	} rows[] = {
		{"UTC", "2024-05-01", "2024-05-01T00:00:00Z", 48},
		{"UTC", "1969-12-31", "1969-12-31T00:00:00Z", 48},
		{"Europe/Berlin", "2024-05-01", "2024-04-30T22:00:00Z", 48},
		{"Europe/Berlin", "2024-03-31", "2024-03-30T23:00:00Z", 46},
		{"Europe/Berlin", "2024-10-27", "2024-10-26T22:00:00Z", 50},
		{"Europe/Berlin", "2100-10-31", "2100-10-30T22:00:00Z", 50},
		{"America/New_York", "2024-03-10", "2024-03-10T05:00:00Z", 46},
		{"America/New_York", "2024-11-03", "2024-11-03T04:00:00Z", 50},
		{"Australia/Lord_Howe", "2024-04-07", "2024-04-06T13:00:00Z", 49},
		{"Pacific/Kiritimati", "2024-05-01", "2024-04-30T10:00:00Z", 48},
		/* Clocks are put forward at midnight: the day begins at one. */
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 46},
		/* And put back at midnight: it begins where the calendar says so for good. */
		{"America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", 50},
		{"America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z", 48},
	};
	int64_t day, ns;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct tz *z = tz_load(rows[i].zone);
		char buf[TIME_TEXT];

		if (!z && strcmp(rows[i].zone, "UTC") != 0)
			continue; /* the test of zones says it */
		assert_true(date_parse(rows[i].date, &day));
		assert_string_equal(date_text(day, buf), rows[i].date);
		ns = tz_day_begin(z, day);
		if (ns != at(rows[i].begin))
			fail_msg("%s %s begins at %s", rows[i].zone, rows[i].date,
				 time_rfc3339(ns, buf));
		assert_int_equal(tz_day_of(z, ns), day);
		assert_int_equal(tz_day_of(z, ns - 1), day - 1);
		assert_int_equal((tz_day_begin(z, day + 1) - ns) / (1800 * NS_PER_S),
				 rows[i].hours_x2);
		tz_free(z);
	}
	assert_false(date_parse("2024-02-30", &day));
	assert_false(date_parse("2024-2-03", &day));
	assert_false(date_parse("2024-02-03Z", &day));
	assert_false(date_parse("", &day));
}

static void unknown_zones(void **state)
{
	static const char *const rows[] = {
		"Europe/Berln", "",         "/etc/localtime",          "../../../etc/localtime",
		"Europe",       "zone.tab", "Europe/../Europe/Berlin",
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		assert_null(tz_load(rows[i]));
}

static void utc(void **state)
{
	const char *abbrev;
	char buf[TIME_TEXT], span[TIME_SPAN_TEXT];

	assert_int_equal(tz_offset(NULL, at("2024-07-01T00:00:00Z"), &abbrev), 0);
	assert_string_equal(abbrev, "UTC");
	assert_string_equal(time_human_tz(at("2024-07-01T00:00:00Z"), NULL, buf),
			    "2024-07-01 00:00:00 UTC");
	assert_string_equal(
		time_span_human(at("2024-07-01T00:00:00Z"), at("2024-07-01T01:02:03Z"), NULL, span),
		"2024-07-01 00:00:00 to 2024-07-01 01:02:03 UTC");
}

/* --- files made here -------------------------------------------------------------------------- */

struct file {
	uint8_t p[2048];
	size_t n;
};

static void put(struct file *f, const void *p, size_t n)
{
	assert_true(f->n + n <= sizeof f->p);
	memcpy(f->p + f->n, p, n);
	f->n += n;
}

static void put_be(struct file *f, uint64_t v, unsigned size)
{
	for (unsigned i = size; i-- > 0;) {
		uint8_t b = (uint8_t)(v >> (8 * i));

		put(f, &b, 1);
	}
}

static void put_header(struct file *f, char version, uint32_t leaps, uint32_t times, uint32_t types,
		       uint32_t chars)
{
	static const uint8_t zeros[15];

	put(f, "TZif", 4);
	put(f, &version, 1);
	put(f, zeros, sizeof zeros);
	put_be(f, 0, 4);
	put_be(f, 0, 4);
	put_be(f, leaps, 4);
	put_be(f, times, 4);
	put_be(f, types, 4);
	put_be(f, chars, 4);
}

/* AAA at +1 h, from 1000000 s on BBB at -2 h. */
static void put_block(struct file *f, unsigned wide, uint32_t leaps)
{
	put_be(f, 1000000, wide);
	put_be(f, 1, 1);
	put_be(f, 3600, 4);
	put(f, "\0\0", 2);
	put_be(f, (uint32_t)-7200, 4);
	put(f, "\1\4", 2);
	put(f, "AAA\0BBB", 8);
	for (uint32_t i = 0; i < leaps; i++) {
		put_be(f, 500000 + i, wide);
		put_be(f, i + 1, 4);
	}
}

static struct tz *of_footer(const char *text)
{
	struct file f = {.n = 0};

	put_header(&f, '2', 0, 0, 0, 0);
	put_header(&f, '2', 0, 0, 1, 4);
	put(&f, "\0\0\0\0\0\0UTC", 10);
	put(&f, "\n", 1);
	put(&f, text, strlen(text));
	put(&f, "\n", 1);
	return tz_parse(f.p, f.n);
}

static void footers(void **state)
{
	static const struct {
		const char *footer, *utc;
		int32_t utoff;
	} rows[] = {
		{"", "2024-07-01T00:00:00Z", 0},
		{"CET-1", "2024-07-01T00:00:00Z", 3600},
		{"<+0330>-3:30", "2024-07-01T00:00:00Z", 12600},
		{"LMT0:01:15", "2024-07-01T00:00:00Z", -75},
		/* Without dates the second Sunday in March and the first in November are meant. */
		{"EST5EDT", "2024-03-10T06:59:59Z", -18000},
		{"EST5EDT", "2024-03-10T07:00:00Z", -14400},
		{"EST5EDT", "2024-11-03T05:59:59Z", -14400},
		{"EST5EDT", "2024-11-03T06:00:00Z", -18000},
		/* Julian days never count 29 February: J60 is 1 March in each year. */
		{"AAA0BBB,J60/0,J61/1", "2024-02-29T23:59:59Z", 0},
		{"AAA0BBB,J60/0,J61/1", "2024-03-01T00:00:00Z", 3600},
		{"AAA0BBB,J60/0,J61/1", "2023-03-01T00:00:00Z", 3600},
		{"AAA0BBB,J60/0,J61/1", "2023-03-02T00:00:00Z", 0},
		/* Days from zero count it: 59 is 29 February in a leap year. */
		{"AAA0BBB,59/0,60/1", "2024-02-29T00:00:00Z", 3600},
		{"AAA0BBB,59/0,60/1", "2024-03-01T00:00:00Z", 0},
		{"AAA0BBB,59/0,60/1", "2023-03-01T00:00:00Z", 3600},
		/* Week 5 is the last one, the fourth too. */
		{"AAA0BBB,M2.5.0/0,M3.1.0/1", "2023-02-25T23:59:59Z", 0},
		{"AAA0BBB,M2.5.0/0,M3.1.0/1", "2023-02-26T00:00:00Z", 3600},
		/* December's last week ends with the year. */
		{"AAA0BBB,M12.5.0/0,M1.1.0/1", "2023-12-31T00:00:00Z", 3600},
		{"AAA0BBB,M12.5.0/0,M1.1.0/1", "2024-01-06T23:59:59Z", 3600},
		{"AAA0BBB,M12.5.0/0,M1.1.0/1", "2024-01-07T00:00:00Z", 0},
		/* Rule times from -167 to 167 hours. */
		{"AAA0BBB,J10/-24,J20/167", "2024-01-08T23:59:59Z", 0},
		{"AAA0BBB,J10/-24,J20/167", "2024-01-09T00:00:00Z", 3600},
		{"AAA0BBB,J10/-24,J20/167", "2024-01-26T21:59:59Z", 3600},
		{"AAA0BBB,J10/-24,J20/167", "2024-01-26T22:00:00Z", 0},
		/* Daylight saving all year. */
		{"EST5EDT,0/0,J365/25", "2024-01-01T05:00:00Z", -14400},
		{"EST5EDT,0/0,J365/25", "2024-12-31T23:59:59Z", -14400},
		{"EST5EDT,0/0,J365/25", "2025-01-01T04:59:59Z", -14400},
		/* A saving of its own size; local new year in another year than that of UTC. */
		{"AAA-10BBB-11:30,J1/0,J2/1:30", "2023-12-31T13:59:59Z", 36000},
		{"AAA-10BBB-11:30,J1/0,J2/1:30", "2023-12-31T14:00:00Z", 41400},
		{"AAA-10BBB-11:30,J1/0,J2/1:30", "2024-01-01T14:00:00Z", 36000},
	};
	static const char *const bad[] = {
		"AB0",
		"0",
		"CET",
		"CET-1:60",
		"CET-25",
		"<CET-1",
		"CET-1x",
		"CET-1CEST,",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M13.1.0,M1.1.0",
		"A1A0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,J0,J1",
		"CET-1CEST,J366,J1",
		"CET-1CEST,366,1",
		"CET-1CEST,1/168,2",
		"CET-1CEST,1,2,3",
		"CET-1CEST,M0.5.0,M10.5.0",
		"CET-1CEST,1/2:,2",
		"AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDD0",
		"CET--1",
		"CET-99999999999",
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct tz *z = of_footer(rows[i].footer);

		assert_non_null(z);
		if (tz_offset(z, at(rows[i].utc), NULL) != rows[i].utoff)
			fail_msg("'%s' at %s: %d", rows[i].footer, rows[i].utc,
				 tz_offset(z, at(rows[i].utc), NULL));
		tz_free(z);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		if (of_footer(bad[i]))
			fail_msg("'%s' was read", bad[i]);
}

static void versions(void **state)
{
	static const char all[] = {'\0', '2', '3', '4'};

	for (const char *v = all; v < all + sizeof all; v++) {
		struct file f = {.n = 0};
		const char *abbrev;
		struct tz *z;

		put_header(&f, *v, 0, 1, 2, 8);
		put_block(&f, 4, 0);
		if (*v) {
			put_header(&f, *v, 0, 1, 2, 8);
			put_block(&f, 8, 0);
			put(&f, "\nCCC-3\n", 7);
		}
		z = tz_parse(f.p, f.n);
		assert_non_null(z);
		assert_int_equal(tz_offset(z, 999999 * NS_PER_S, &abbrev), 3600);
		assert_string_equal(abbrev, "AAA");
		/* Version 1 has no rule: its last type lasts. */
		assert_int_equal(tz_offset(z, 1000000 * NS_PER_S, &abbrev), *v ? 10800 : -7200);
		assert_string_equal(abbrev, *v ? "CCC" : "BBB");
		tz_free(z);
		/* No prefix of it is a zone, and none is read past its end. */
		for (size_t n = 0; n < f.n; n++) {
			uint8_t *p = malloc(n ? n : 1);

			memcpy(p, f.p, n);
			assert_null(tz_parse(p, n));
			free(p);
		}
	}
}

static void leap_seconds_are_taken_out(void **state)
{
	struct file f = {.n = 0};
	struct tz *z;

	put_header(&f, '\0', 2, 1, 2, 8);
	put_block(&f, 4, 2);
	z = tz_parse(f.p, f.n);
	assert_non_null(z);
	assert_int_equal(tz_offset(z, 999997 * NS_PER_S, NULL), 3600);
	assert_int_equal(tz_offset(z, 999998 * NS_PER_S, NULL), -7200);
	tz_free(z);
}

static void damaged(void **state)
{
	/* Offset in a file of version 1 with one time, two types and eight characters; the byte. */
	static const struct {
		size_t at;
		uint8_t byte;
	} rows[] = {
		{0, 'X'},   /* magic */
		{32, 0xff}, /* more times than bytes */
		{39, 0},    /* no types */
		{38, 2},    /* too many types */
		{43, 0},    /* no names */
		{48, 2},    /* a type that is not there */
		{49, 0x80}, /* an offset of more than a day */
		{53, 2},    /* neither standard nor saving */
		{54, 8},    /* a name that is not there */
		{68, 'x'},  /* the last name has no end */
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct file f = {.n = 0};

		put_header(&f, '\0', 0, 1, 2, 8);
		put_block(&f, 4, 0);
		assert_int_equal(f.n, 69);
		f.p[rows[i].at] = rows[i].byte;
		if (tz_parse(f.p, f.n))
			fail_msg("row %zu was read", i);
	}
}

static void spans(void **state)
{
	struct tz *z = of_footer("CET-1CEST,M3.5.0,M10.5.0/3");
	char buf[TIME_SPAN_TEXT];

	assert_non_null(z);
	assert_string_equal(
		time_span_human(at("2024-03-31T00:30:00Z"), at("2024-03-31T01:30:00Z"), z, buf),
		"2024-03-31 01:30:00 +01:00 to 2024-03-31 03:30:00 +02:00");
	assert_string_equal(
		time_span_human(at("2024-03-31T02:30:00Z"), at("2024-03-31T03:30:00Z"), z, buf),
		"2024-03-31 04:30:00 to 2024-03-31 05:30:00 +02:00");
	/* At the ends of the clock the offset may be cut, the text never wraps. */
	assert_string_equal(time_span_human(INT64_MIN + 1, INT64_MAX, z, buf),
			    "1677-09-21 02:12:43 to 2262-04-11 23:47:16 +02:00");
	tz_free(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones),
		cmocka_unit_test(unknown_zones),
		cmocka_unit_test(days),
		cmocka_unit_test(utc),
		cmocka_unit_test(footers),
		cmocka_unit_test(versions),
		cmocka_unit_test(leap_seconds_are_taken_out),
		cmocka_unit_test(damaged),
		cmocka_unit_test(spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
