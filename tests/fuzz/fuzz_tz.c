// SPDX-License-Identifier: BSD-2-Clause
/* Any bytes as a TZif file, then questions all over the clock. */
#include <stdlib.h>
#include <string.h>

#include "base/tz.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void ask(const struct tz *z, int64_t ns)
{
	const char *abbrev;
	char buf[TIME_TEXT], span[TIME_SPAN_TEXT];
	int32_t utoff = tz_offset(z, ns, &abbrev);

	/* 24:59:59 west, 25:59:59 east: RFC 8536 3.2. */
	require(utoff >= -89999 && utoff <= 93599);
	require(strlen(abbrev) < 256);
	require(strlen(time_human_tz(ns, z, buf)) >= strlen("2024-05-01 03:12:09 +02:00"));
	require(strstr(time_span_human(ns, ns / 2, z, span), " to ") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tz *z = tz_parse(p, n);
	/* Some 231 days each time: every season, day of the week and hour comes up. */
	const int64_t step = INT64_C(20028638) * NS_PER_S;

	if (!z)
		return 0;
	ask(z, INT64_MIN + 1);
	ask(z, INT64_MAX);
	for (int64_t ns = -285 * step; ns < 285 * step; ns += step)
		ask(z, ns);
	tz_free(z);
	return 0;
}
