// SPDX-License-Identifier: BSD-2-Clause
/*
 * asked - the time that was asked for, held against what was observed of it.
 *
 * A report about a day that lacks hours must not look like one about a whole day. A silence of up
 * to an hour is part of what was observed, at the ends of the day as within it (window.h); a longer
 * one is time that nobody captured.
 */
#include <string.h>

#include "findings/work.h"

static const struct time_asked *asked(const struct work *w)
{
	return &w->in->asked;
}

/* False without memory. */
static bool missing_add(struct work *w, int64_t from_ns, int64_t to_ns)
{
	struct result *r = w->r;
	struct window_span *v;

	if (r->n_missing >= ASKED_MISSING)
		return true;
	if (!r->missing) {
		v = arena_alloc(w->a, ASKED_MISSING * sizeof *v);
		if (!v)
			return false;
		r->missing = v;
	}
	r->missing[r->n_missing++] = (struct window_span){from_ns, to_ns};
	return true;
}

/* What lies between two moments in which there were packets, or an end of what was asked for. */
static bool silence(struct work *w, int64_t from_ns, int64_t to_ns, bool at_an_end)
{
	int64_t length;

	if (to_ns <= from_ns)
		return true;
	if (__builtin_sub_overflow(to_ns, from_ns, &length) || length > WINDOW_PAUSE)
		return missing_add(w, from_ns, to_ns);
	if (at_an_end)
		w->r->observed_ns += length;
	return true;
}

static bool hold_against(struct work *w, const struct window_span *v, size_t n)
{
	const struct time_asked *t = asked(w);
	int64_t at = t->from_ns;

	for (size_t i = 0; i < n; i++) {
		if (at != TIME_NONE && !silence(w, at, v[i].from_ns, i == 0))
			return false;
		at = v[i].to_ns;
	}
	return at == TIME_NONE || t->to_ns == TIME_NONE || silence(w, at, t->to_ns, n > 0);
}

void asked_hold(struct work *w)
{
	const struct window *seen = w->in->window;
	size_t n = seen ? seen->spans.n : 0;

	w->r->asked = *asked(w);
	if (asked(w)->given && !hold_against(w, n ? seen->spans.v : NULL, n))
		w->failed = true;
}

bool asked_whole_day(const struct work *w)
{
	return asked(w)->day && !w->r->n_missing && w->r->coverage.packets;
}

const char *asked_lacks(struct work *w, size_t i)
{
	const struct window_span *v = &w->r->missing[i];
	char span[TIME_SPAN_TEXT], length[TIME_TEXT];

	return arena_printf(w->a,
			    "Nothing was captured from %s (%s), which is part of the time asked "
			    "for.",
			    time_span_human(v->from_ns, v->to_ns, site_tz(w->site), span),
			    duration_human(v->to_ns - v->from_ns, length));
}
