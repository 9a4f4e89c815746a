// SPDX-License-Identifier: BSD-2-Clause
#include "waiver/waiver.h"

#include <stdlib.h>
#include <string.h>

#include "base/proto.h"

void waivers_done(struct waiver_set *s)
{
	free(s->v);
	vec_done(&s->files);
	arena_done(&s->arena);
	*s = (struct waiver_set){0};
}

const char *waiver_state_name(enum waiver_state s)
{
	static const char *const names[] = {
		[WAIVER_ACTIVE] = "active",
		[WAIVER_EXPIRING] = "expiring",
		[WAIVER_EXPIRED] = "expired",
	};

	return names[s];
}

enum waiver_state waiver_state(const struct waiver *w, int64_t now_ns)
{
	const int64_t soon = INT64_C(86400) * NS_PER_S * WAIVER_SOON_DAYS;

	if (now_ns >= w->expires_ns)
		return WAIVER_EXPIRED;
	/* Far ends of the scale would overflow in a difference. */
	if (w->expires_ns < INT64_MIN + soon || now_ns < w->expires_ns - soon)
		return WAIVER_ACTIVE;
	return WAIVER_EXPIRING;
}

bool waiver_finding_id(const char *text)
{
	return strncmp(text, "F-", 2) == 0 && strspn(text + 2, "0123456789abcdef") == 12 &&
	       !text[14];
}

void waiver_about(const struct waiver *w, struct out *o)
{
	if (w->finding) {
		out_text_z(o, w->finding);
		return;
	}
	out_text_z(o, w->kind);
	if (w->from) {
		out_puts(o, " from ");
		out_text_z(o, w->from);
	}
	if (w->to) {
		out_puts(o, " to ");
		out_text_z(o, w->to);
	}
	if (w->proto)
		out_printf(o, " %u/%s", w->port, w->proto == IPPROTO_NR_TCP ? "tcp" : "udp");
}
