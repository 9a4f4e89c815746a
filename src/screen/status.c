// SPDX-License-Identifier: BSD-2-Clause
#include "screen/status.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char schema[] = "spanaudit-status/1";

static uint64_t count(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_integer(v) && json_integer_value(v) > 0 ? (uint64_t)json_integer_value(v)
							       : 0;
}

static bool flag(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

static const char *text(const json_t *o, const char *name)
{
	const char *z = json_string_value(json_object_get(o, name));

	return z ? z : "";
}

/* What has no room is left out whole. */
static void append(char *buf, size_t size, const char *between, const char *z)
{
	size_t n = strlen(buf), gap = n ? strlen(between) : 0;

	if (n + gap + strlen(z) + 1 <= size)
		snprintf(buf + n, size - n, "%s%s", n ? between : "", z);
}

static void interfaces(struct status *s, const json_t *v)
{
	for (size_t i = 0; i < json_array_size(v); i++) {
		const json_t *o = json_array_get(v, i);
		const char *name = text(o, "name");

		append(s->names, sizeof s->names, "+", name);
		if (!flag(o, "up") || !flag(o, "there"))
			append(s->away, sizeof s->away, ", ", name);
	}
}

static void lost(struct status *s, const json_t *o)
{
	const json_t *mirror = json_object_get(o, "mirror");

	s->kernel = count(o, "kernel");
	s->card = count(o, "card");
	s->card_told = json_is_integer(json_object_get(o, "card"));
	s->unseen = count(mirror, "unseen_bytes");
	s->seen = count(mirror, "seen_bytes");
	s->shed = count(o, "shed");
}

/* Small numbers: what is none of ours is cut. */
static void shed(struct status *s, const json_t *o)
{
	s->behind = count(o, "level") != 0;
	s->one_flow_in = (unsigned)(count(o, "one_flow_in") & 0xffff);
}

/* Of a run that was started anew in between there is none. */
static void rate(struct status *s, const struct status *before)
{
	int64_t took = s->uptime_s - before->uptime_s;

	if (!before->known || took < 0 || s->packets < before->packets)
		return;
	if (!took) { /* within one second: as it was, counted from where it was */
		s->rate = before->rate;
		s->has_rate = before->has_rate;
		s->packets = before->packets;
		return;
	}
	s->rate = (s->packets - before->packets) / (uint64_t)took;
	s->has_rate = true;
}

static void read_all(struct status *s, const json_t *o, const struct status *before)
{
	const json_t *memory = json_object_get(o, "memory");
	const char *judged = text(json_object_get(o, "judged"), "at");

	s->known = true;
	s->stopping = strcmp(text(o, "state"), "stopping") == 0;
	s->judging = flag(o, "judging");
	s->uptime_s = (int64_t)(count(o, "uptime_s") & INT64_MAX);
	s->every_s = (int64_t)(count(o, "every_s") & INT64_MAX);
	s->packets = count(o, "packets");
	s->memory = count(memory, "used");
	s->memory_limit = count(memory, "limit");
	shed(s, json_object_get(o, "shed"));
	append(s->judged, sizeof s->judged, "", judged);
	append(s->site, sizeof s->site, "", text(o, "site"));
	interfaces(s, json_object_get(o, "interfaces"));
	lost(s, json_object_get(o, "lost"));
	rate(s, before);
}

bool status_read(struct status *s, const char *p, size_t n)
{
	json_t *o = json_loadb(p, n, JSON_REJECT_DUPLICATES, NULL);
	bool fine = strcmp(text(o, "schema"), schema) == 0;
	struct status now = {0};

	if (fine) {
		read_all(&now, o, s);
		*s = now;
	}
	json_decref(o);
	return fine;
}
