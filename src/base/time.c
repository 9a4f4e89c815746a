// SPDX-License-Identifier: BSD-2-Clause
#include "base/time.h"

#include <stdio.h>
#include <string.h>

#include "base/dec.h"

/* Days since 1970-01-01 to a civil date and back, in the proleptic Gregorian calendar. The year
 * begins in March, so that the leap day is the last; 719468 days lie between 0000-03-01 and 1970.
 */
enum { DAYS_TO_EPOCH = 719468, DAYS_OF_ERA = 146097 };

struct civil {
	int64_t year;
	unsigned month, day, hour, minute, second;
	int64_t ns;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static struct civil civil_of(int64_t ns)
{
	int64_t s = floor_div(ns, NS_PER_S);
	int64_t days = floor_div(s, 86400);
	int64_t z = days + DAYS_TO_EPOCH;
	int64_t era = floor_div(z, DAYS_OF_ERA);
	int64_t doe = z - era * DAYS_OF_ERA;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int64_t sod = s - days * 86400;
	unsigned month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);

	return (struct civil){
		.year = yoe + era * 400 + (month <= 2),
		.month = month,
		.day = (unsigned)(doy - (153 * mp + 2) / 5 + 1),
		.hour = (unsigned)(sod / 3600),
		.minute = (unsigned)(sod / 60 % 60),
		.second = (unsigned)(sod % 60),
		.ns = (ns % NS_PER_S + NS_PER_S) % NS_PER_S,
	};
}

int64_t time_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * DAYS_OF_ERA + doe - DAYS_TO_EPOCH;
}

const char *date_text(int64_t day, char buf[TIME_TEXT])
{
	time_human(day * 86400 * NS_PER_S, buf);
	buf[10] = '\0';
	return buf;
}

int64_t time_year(int64_t s)
{
	int64_t year = 1970 + floor_div(s, 31556952); /* the mean year; off by one at most */

	while (s < time_days(year, 1, 1) * 86400)
		year--;
	while (s >= time_days(year + 1, 1, 1) * 86400)
		year++;
	return year;
}

const char *time_rfc3339(int64_t ns, char buf[TIME_TEXT])
{
	/* int64_t nanoseconds are the years 1677 to 2262. */
	struct civil c = civil_of(ns);
	char *p = dec_put_wide(buf, (uint64_t)c.year, 4);

	*p++ = '-';
	p = dec_put_wide(p, c.month, 2);
	*p++ = '-';
	p = dec_put_wide(p, c.day, 2);
	*p++ = 'T';
	p = dec_put_wide(p, c.hour, 2);
	*p++ = ':';
	p = dec_put_wide(p, c.minute, 2);
	*p++ = ':';
	p = dec_put_wide(p, c.second, 2);
	*p++ = '.';
	p = dec_put_wide(p, (uint64_t)(c.ns / NS_PER_US), 6);
	*p++ = 'Z';
	*p = '\0';
	return buf;
}

const char *time_human(int64_t ns, char buf[TIME_TEXT])
{
	struct civil c = civil_of(ns);

	snprintf(buf, TIME_TEXT, "%04lld-%02u-%02u %02u:%02u:%02u", (long long)c.year, c.month,
		 c.day, c.hour, c.minute, c.second);
	return buf;
}

static bool digits(const char **p, unsigned n, unsigned *ret_)
{
	unsigned v = 0;

	for (unsigned i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = v * 10 + (unsigned)(**p - '0');
	}
	*ret_ = v;
	return true;
}

static bool one_of(const char **p, const char *set)
{
	if (!**p || !strchr(set, **p))
		return false;
	(*p)++;
	return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const unsigned char len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return len[month - 1] + (month == 2 && leap);
}

bool date_parse(const char *text, int64_t *ret)
{
	unsigned year, month, day;
	const char *p = text;

	if (!digits(&p, 4, &year) || !one_of(&p, "-") || !digits(&p, 2, &month) ||
	    !one_of(&p, "-") || !digits(&p, 2, &day) || *p)
		return false;
	if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 ||
	    day > days_in(year, month))
		return false;
	*ret = time_days(year, month, day);
	return true;
}

/* RFC 3339 5.6; a space for the T is common and allowed by its note. */
bool time_parse(const char *text, int64_t *ret_ns)
{
	const char *p = text;
	unsigned year, month, day, hour, minute, second, oh = 0, om = 0;
	int64_t frac = 0, sign = 0;

	if (!digits(&p, 4, &year) || !one_of(&p, "-") || !digits(&p, 2, &month) ||
	    !one_of(&p, "-") || !digits(&p, 2, &day) || !one_of(&p, "Tt ") ||
	    !digits(&p, 2, &hour) || !one_of(&p, ":") || !digits(&p, 2, &minute) ||
	    !one_of(&p, ":") || !digits(&p, 2, &second))
		return false;
	/* int64_t nanoseconds end in 2262. */
	if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 ||
	    day > days_in(year, month) || hour > 23 || minute > 59 || second > 60)
		return false;
	if (*p == '.') {
		int64_t unit = NS_PER_S;

		for (p++; *p >= '0' && *p <= '9'; p++) {
			unit /= 10;
			frac += unit * (*p - '0');
		}
		if (p[-1] == '.')
			return false;
	}
	if (*p == '+' || *p == '-') {
		sign = *p++ == '+' ? 1 : -1;
		if (!digits(&p, 2, &oh) || !one_of(&p, ":") || !digits(&p, 2, &om) || oh > 23 ||
		    om > 59)
			return false;
	} else if (!one_of(&p, "Zz")) {
		return false;
	}
	if (*p)
		return false;

	int64_t s = time_days(year, month, day) * 86400 + (int64_t)hour * 3600 +
		    (int64_t)minute * 60 + second;

	*ret_ns = (s - sign * ((int64_t)oh * 3600 + (int64_t)om * 60)) * NS_PER_S + frac;
	return true;
}

bool duration_parse(const char *text, int64_t *ret_ns)
{
	static const struct {
		char unit;
		int64_t s;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	const char *p = text;
	int64_t v = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (*p - '0');
		if (v > 100000000)
			return false;
	}
	if (!*p && v == 0) {
		*ret_ns = 0;
		return true;
	}
	if (!*p || p[1])
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (units[i].unit != *p)
			continue;
		if (v > INT64_MAX / NS_PER_S / units[i].s)
			return false;
		*ret_ns = v * units[i].s * NS_PER_S;
		return true;
	}
	return false;
}

const char *duration_human(int64_t ns, char buf[TIME_TEXT])
{
	long long s = ns / NS_PER_S;

	if (ns > 0 && ns < 1000000)
		snprintf(buf, TIME_TEXT, ns < 1000 ? "%lld ns" : "%lld us",
			 (long long)(ns < 1000 ? ns : ns / 1000));
	else if (s < 1)
		snprintf(buf, TIME_TEXT, "%lld ms", (long long)(ns / 1000000));
	else if (s < 60)
		snprintf(buf, TIME_TEXT, "%lld s", s);
	else if (s < 3600)
		snprintf(buf, TIME_TEXT, s % 60 ? "%lld min %lld s" : "%lld min", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, TIME_TEXT, s / 60 % 60 ? "%lld h %lld min" : "%lld h", s / 3600,
			 s / 60 % 60);
	else
		snprintf(buf, TIME_TEXT, s / 3600 % 24 ? "%lld d %lld h" : "%lld d", s / 86400,
			 s / 3600 % 24);
	return buf;
}
