// SPDX-License-Identifier: BSD-2-Clause
/*
 * asked - the time that a run is about: between two moments, or a day of the site's time zone.
 *
 * What lies outside is not read. Files that cannot hold a packet of that time are not even opened:
 * a folder of rotated captures may hold a month.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/tz.h"
#include "engine/engine.h"

/* A file is written last when its last packet is, give or take what a clock may be wrong by. */
#define SLACK_S 3600

static const struct tz *zone(const struct span_audit *a)
{
	return a->tz ? a->tz : site_tz(a->site);
}

int span_audit_tz(struct span_audit *a, const char *name)
{
	a->tz = tz_free(a->tz);
	free(a->tz_name);
	a->tz_name = strdup(name);
	if (!a->tz_name)
		return -ENOMEM;
	a->tz = tz_load(name);
	if (a->tz || strcmp(name, "UTC") == 0)
		return SPAN_OK;
	error_hint(errors_add(&a->errs, false, "--tz: '%.60s' is not a time zone known here", name),
		   "write a name as in Europe/Berlin, or UTC; the zones are in the package tzdata");
	return SPAN_USAGE;
}

static int bad_time(struct span_audit *a, const char *option, const char *text)
{
	error_hint(
		errors_add(&a->errs, false, "%s: '%.60s' is not a time with a zone", option, text),
		"write date, time and offset: 2024-05-01T06:00:00+02:00");
	return SPAN_USAGE;
}

int span_audit_between(struct span_audit *a, const char *from, const char *to)
{
	struct time_asked *t = &a->asked;

	*t = (struct time_asked){.given = from || to, .from_ns = TIME_NONE, .to_ns = TIME_NONE};
	if (from && !time_parse(from, &t->from_ns))
		return bad_time(a, "--from", from);
	if (to && !time_parse(to, &t->to_ns))
		return bad_time(a, "--to", to);
	if (!from || !to || t->from_ns < t->to_ns)
		return SPAN_OK;
	error_hint(
		errors_add(&a->errs, false, "--to '%.60s' is not after --from '%.60s'", to, from),
		"the two may have been exchanged; the end is not part of what is read");
	return SPAN_USAGE;
}

int span_audit_day(struct span_audit *a, const char *day, char ret[SPAN_DAY])
{
	char text[TIME_TEXT];
	int64_t n;

	if (day && !date_parse(day, &n)) {
		error_hint(errors_add(&a->errs, false, "--day: '%.60s' is not a date", day),
			   "write year, month and day: 2024-05-01");
		return SPAN_USAGE;
	}
	if (!day)
		n = tz_day_of(zone(a), engine_now(a)) - 1;
	a->asked = (struct time_asked){
		.given = true,
		.day = true,
		.from_ns = tz_day_begin(zone(a), n),
		.to_ns = tz_day_begin(zone(a), n + 1),
	};
	a->asked_day = n;
	snprintf(ret, SPAN_DAY, "%.10s", date_text(n, text));
	return SPAN_OK;
}

bool span_audit_day_told(const struct span_audit *a, char ret[SPAN_DAY])
{
	char text[TIME_TEXT];

	if (a->asked.day)
		snprintf(ret, SPAN_DAY, "%.10s", date_text(a->asked_day, text));
	return a->asked.day;
}

size_t asked_told(struct span_audit *a, const char **v)
{
	char buf[TIME_TEXT];
	size_t n = 0;

	if (a->tz_name) {
		v[n++] = "--tz";
		v[n++] = a->tz_name;
	}
	if (a->asked.given && a->asked.from_ns != TIME_NONE) {
		v[n++] = "--from";
		v[n++] = arena_strdup(&a->arena, time_rfc3339(a->asked.from_ns, buf));
	}
	if (a->asked.given && a->asked.to_ns != TIME_NONE) {
		v[n++] = "--to";
		v[n++] = arena_strdup(&a->arena, time_rfc3339(a->asked.to_ns, buf));
	}
	return n;
}

bool asked_passes_over(const struct span_audit *a, const char *path)
{
	const struct time_asked *t = &a->asked;
	struct stat st;

	if (!t->given || t->from_ns == TIME_NONE || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	return st.st_mtim.tv_sec + SLACK_S < t->from_ns / NS_PER_S;
}

bool asked_is_past(const struct span_audit *a, int64_t first_ns)
{
	const struct time_asked *t = &a->asked;

	return t->given && t->to_ns != TIME_NONE && first_ns != TIME_NONE && first_ns >= t->to_ns;
}

static bool within(const struct time_asked *t, int64_t ns)
{
	return (t->from_ns == TIME_NONE || ns >= t->from_ns) &&
	       (t->to_ns == TIME_NONE || ns < t->to_ns);
}

void asked_keep(const struct span_audit *a, struct batch *b)
{
	size_t n = 0;

	if (!a->asked.given)
		return;
	for (size_t i = 0; i < b->n; i++)
		if (within(&a->asked, b->f[i].ts_ns))
			b->f[n++] = b->f[i];
	b->n = n;
}
