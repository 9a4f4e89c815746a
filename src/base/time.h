/* SPDX-License-Identifier: BSD-2-Clause */
/* time - capture time is nanoseconds since 1970-01-01 UTC in an int64_t (1677 to 2262). */
#ifndef SPAN_BASE_TIME_H
#define SPAN_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIME_TEXT = 40 };
#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_US INT64_C(1000)
#define TIME_NONE INT64_MIN

/* 2024-05-01T03:12:09.114000Z (RFC 3339, microseconds, rounded down). */
const char *time_rfc3339(int64_t ns, char buf[TIME_TEXT]);
/* 2024-05-01 03:12:09 for people, always UTC. */
const char *time_human(int64_t ns, char buf[TIME_TEXT]);
/* Days from 1970-01-01 to a date of the Gregorian calendar; month from 1. */
int64_t time_days(int64_t year, unsigned month, unsigned day);
/* A date as "2024-05-01", to and from days since 1970-01-01. False leaves *ret untouched. */
bool date_parse(const char *text, int64_t *ret);
const char *date_text(int64_t day, char buf[TIME_TEXT]);
/* The year of a time in seconds, UTC. */
int64_t time_year(int64_t s);
/* RFC 3339 with offset or Z, fraction optional. False leaves *ret_ns untouched. */
bool time_parse(const char *text, int64_t *ret_ns);
/* "90s" "15m" "24h" "7d"; "0" alone is allowed. False for anything else or overflow. */
bool duration_parse(const char *text, int64_t *ret_ns);
/* 1 s, 4 min, 23 h 59 min, 3 d 4 h: the two largest units, rounded down. */
const char *duration_human(int64_t ns, char buf[TIME_TEXT]);

#endif
