// SPDX-License-Identifier: BSD-2-Clause
/* view_waivers - waivers on their own: list, check against a run, add, suggest. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"

enum { SUGGEST_DAYS = 90 };
#define DAY_NS (INT64_C(86400) * NS_PER_S)

int64_t engine_now(const struct span_audit *a)
{
	struct timespec now;

	if (a->has_now)
		return a->now_ns;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

void engine_waiver_kinds(const char *ret[WAIVER_KINDS])
{
	size_t n = 0;

	ret[n++] = WAIVER_UNEXPECTED;
	for (int k = 0; k < KIND_N; k++)
		if (kind_row((enum kind)k)->severity != SEV_NONE)
			ret[n++] = kind_name((enum kind)k);
	ret[n] = NULL;
}

/* Whole days, rounded towards the past: what ends tonight has 0 left. */
static int64_t days_left(int64_t expires_ns, int64_t now_ns)
{
	int64_t days = expires_ns / DAY_NS - now_ns / DAY_NS;

	days -= expires_ns % DAY_NS < now_ns % DAY_NS;
	return days;
}

/* Columns as wide as what stands in them. */
static void cell(struct out *o, const char *text, size_t width)
{
	size_t n = out_columns(text, strlen(text));

	out_puts(o, text);
	out_pad(o, ' ', (n < width ? width - n : 0) + 2);
}

static const char *safe(struct out *o, const char *z)
{
	out_reset(o);
	out_text_z(o, z);
	return out_str(o);
}

static size_t wider(size_t width, const char *text)
{
	size_t n = out_columns(text, strlen(text));

	return n > width ? n : width;
}

static void list(const struct span_audit *a, struct out *o)
{
	struct out text = {0};
	int64_t now = engine_now(a);
	size_t id = 2, about = 7, owner = 5;
	char time[TIME_TEXT];

	for (size_t i = 0; i < a->waivers.n; i++) {
		const struct waiver *w = &a->waivers.v[i];

		id = wider(id, w->id);
		owner = wider(owner, safe(&text, w->owner));
		out_reset(&text);
		waiver_about(w, &text);
		about = wider(about, out_str(&text));
	}
	cell(o, "ID", id);
	cell(o, "FINDING", about);
	cell(o, "OWNER", owner);
	out_puts(o, "EXPIRES (UTC)        DAYS LEFT  STATE\n");
	for (size_t i = 0; i < a->waivers.n; i++) {
		const struct waiver *w = &a->waivers.v[i];
		enum waiver_state s = waiver_state(w, now);

		cell(o, w->id, id);
		out_reset(&text);
		waiver_about(w, &text);
		cell(o, out_str(&text), about);
		cell(o, safe(&text, w->owner), owner);
		out_printf(o, "%s  %9" PRId64 "  %s\n", time_human(w->expires_ns, time),
			   days_left(w->expires_ns, now), waiver_state_name(s));
	}
	o->failed |= text.failed;
	out_done(&text);
}

int span_audit_write_waivers(const struct span_audit *a, FILE *f)
{
	struct out o = {0};
	int r;

	if (a->waivers.n)
		list(a, &o);
	else
		out_puts(&o, "no waivers\n");
	r = engine_put(&o, f);
	out_done(&o);
	return r;
}

static const char *verdict_of(const struct waiver_row *w)
{
	if (w->state == WAIVER_EXPIRED)
		return w->findings ? "expired, fires again" : "expired, covers nothing";
	return !w->findings                  ? "covers nothing"
	       : w->state == WAIVER_EXPIRING ? "used, expiring"
					     : "used";
}

static void check_one(const struct span_audit *a, const struct waiver_row *w, unsigned width,
		      struct out *o)
{
	const struct result *r = a->result;
	char time[TIME_TEXT];

	out_printf(o, "%s  %s  %s\n", w->id, verdict_of(w), w->about);
	if (w->note) {
		out_puts(o, "  ");
		out_wrapped(o, w->note, width, 2, 2);
	}
	if (w->state != WAIVER_ACTIVE)
		out_printf(o, "  %s %s\n", w->state == WAIVER_EXPIRED ? "expired on" : "expires on",
			   time_human_tz(w->expires_ns, site_tz(r->site), time));
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];

		if (f->waiver && strcmp(f->waiver, w->id) == 0)
			out_printf(o, "  %s  %s  %s\n", f->id, severity_name(f->severity),
				   kind_name(f->kind));
	}
}

int span_audit_check_waivers(const struct span_audit *a, unsigned width, FILE *f, bool *ret_bad)
{
	const struct result *r = a->result;
	struct out o = {0};
	int status;

	if (!r)
		return SPAN_USAGE;
	*ret_bad = false;
	for (size_t i = 0; i < r->n_waivers; i++) {
		const struct waiver_row *w = &r->waivers[i];

		check_one(a, w, width ? width : 80, &o);
		*ret_bad |= w->state == WAIVER_EXPIRED || !w->findings;
	}
	if (!r->n_waivers)
		out_puts(&o, "no waivers\n");
	status = engine_put(&o, f);
	out_done(&o);
	return status;
}

int span_audit_add_waiver(struct span_audit *a, const struct span_waiver *w, const char *name,
			  const char *src, size_t n, char ret_id[65], char **ret_text)
{
	const char *kinds[WAIVER_KINDS];
	struct out text = {0};
	const struct waiver entry = {
		.finding = w->finding,
		.reason = w->reason,
		.owner = w->owner,
		.approved_by = w->approved_by,
		.ticket = w->ticket,
		.expires = w->expires,
	};

	engine_waiver_kinds(kinds);
	if (waiver_append(name, src, n, &entry, kinds, engine_now(a), &text, ret_id, &a->errs) !=
	    0) {
		out_done(&text);
		return SPAN_USAGE;
	}
	*ret_text = text.p;
	return SPAN_OK;
}

void engine_suggest_waiver(const struct span_audit *a, const struct finding *f, struct out *o)
{
	char id[WAIVER_ID_MAX + 1], time[TIME_TEXT], until[TIME_TEXT];
	int64_t now = engine_now(a);

	if (f->waiver || now > INT64_MAX - SUGGEST_DAYS * DAY_NS)
		return;
	snprintf(id, sizeof id, "W-%s", f->id + 2);
	snprintf(until, sizeof until, "%.10sT23:59:59Z",
		 time_rfc3339(now + SUGGEST_DAYS * DAY_NS, time));

	const struct waiver w = {
		.id = id,
		.finding = f->id,
		.reason = "why this is accepted",
		.owner = "who answers for it",
		.expires = until,
	};

	out_puts(o, "\nIf it is accepted, a waiver (spanaudit waiver add, or in a file for "
		    "--waivers):\n");
	waiver_entry(o, &w, 2);
}
