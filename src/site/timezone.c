// SPDX-License-Identifier: BSD-2-Clause
/* The zone's name is looked up in the system's files; TZ of the process stays as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/reader.h"

enum { ZONES = 1024 };

static const char *zone_dir(void)
{
	const char *dir = getenv("TZDIR");

	return dir && *dir ? dir : "/usr/share/zoneinfo";
}

static bool has_zones(void)
{
	struct tz *z = tz_load("UTC");
	bool has = z != NULL;

	tz_free(z);
	return has;
}

/* The nearest name of zone.tab (country, coordinates, zone; tab-separated), in the arena. */
static const char *near_zone(struct reader *r, const char *name)
{
	const char *words[ZONES + 1] = {NULL};
	char path[512], line[512];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/zone.tab", zone_dir());
	f = fopen(path, "re");
	if (!f)
		return NULL;
	while (n < ZONES && fgets(line, sizeof line, f)) {
		char *z = *line == '#' ? NULL : strchr(line, '\t');

		z = z ? strchr(z + 1, '\t') : NULL;
		if (!z)
			continue;
		z++;
		words[n] = arena_strndup(r->arena, z, strcspn(z, "\t\n"));
		if (!words[n])
			break;
		n++;
	}
	words[n] = NULL;
	fclose(f);
	return did_you_mean(name, words);
}

bool site_set_zone(struct site *s, const char *name)
{
	if (!name || strcmp(name, s->timezone) == 0)
		return true;
	s->timezone = arena_strdup(s->arena, name);
	tz_free(s->tz);
	s->tz = tz_load(name);
	return s->timezone != NULL;
}

void site_read_timezone(struct reader *r, struct ynode *n)
{
	const char *z, *near;

	if (!read_name(r, n, &z))
		return;
	r->site->timezone = z;
	if (strcmp(z, "UTC") == 0)
		return;
	r->site->tz = tz_load(z);
	if (r->site->tz)
		return;
	if (!has_zones()) {
		error_hint(ywarn(r->f, n, r->errs,
				 "the time zone '%s' is not known here, times are shown in UTC", z),
			   "install the time zone data (package tzdata)");
		return;
	}
	near = near_zone(r, z);
	if (near)
		yerror(r->f, n, r->errs, "unknown time zone '%s' (did you mean '%s'?)", z, near);
	else
		error_hint(yerror(r->f, n, r->errs, "unknown time zone '%s'", z),
			   "write a name as in Europe/Berlin, or UTC");
}
