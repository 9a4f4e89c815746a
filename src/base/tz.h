/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tz - local time of a named zone, from the system's TZif files (RFC 8536).
 *
 * A zone never changes once it is loaded, and TZ of the process is neither read nor set: threads
 * share one, and two zones live side by side. NULL stands for UTC wherever a zone is asked for.
 */
#ifndef SPAN_BASE_TZ_H
#define SPAN_BASE_TZ_H

#include "base/time.h"

struct tz;

enum { TIME_SPAN_TEXT = 80 };

/* Reads a zone such as Europe/Berlin from TZDIR, else from /usr/share/zoneinfo. NULL when there is
 * no such zone, its file is damaged, or memory is short. */
struct tz *tz_load(const char *name);
/* The bytes of a TZif file of version 1 to 4. NULL when they are not one. */
struct tz *tz_parse(const uint8_t *p, size_t n);
struct tz *tz_free(struct tz *z);
/* Seconds east of UTC at that time. *ret_abbrev, unless NULL, becomes the name of the local time in
 * force ("CEST"), which lives as long as the zone. */
int32_t tz_offset(const struct tz *z, int64_t ns, const char **ret_abbrev);
/* Days as the zone's calendar has them, counted from 1970-01-01: the one that a time is in, and
 * when one begins. A day on which clocks are changed is shorter or longer than others. */
int64_t tz_day_of(const struct tz *z, int64_t ns);
int64_t tz_day_begin(const struct tz *z, int64_t day);
/* 2024-05-01 03:12:09 +02:00; "... UTC" without a zone. */
const char *time_human_tz(int64_t ns, const struct tz *z, char buf[TIME_TEXT]);
/* Both ends as "A to B +02:00", each with its own offset when the offset changed between them. */
const char *time_span_human(int64_t from_ns, int64_t to_ns, const struct tz *z,
			    char buf[TIME_SPAN_TEXT]);

#endif
