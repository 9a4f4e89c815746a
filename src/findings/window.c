// SPDX-License-Identifier: BSD-2-Clause
#include "findings/window.h"

#include <errno.h>
#include <string.h>

void window_done(struct window *w)
{
	vec_done(&w->spans);
	w->at = 0;
}

/* Without overflow, whatever a damaged capture gives as time. */
static bool near(int64_t a, int64_t b)
{
	uint64_t apart = a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;

	return apart <= (uint64_t)WINDOW_PAUSE;
}

static bool reaches(const struct window_span *s, int64_t ts_ns)
{
	if (ts_ns < s->from_ns)
		return near(ts_ns, s->from_ns);
	return ts_ns <= s->to_ns || near(ts_ns, s->to_ns);
}

/* Joins span i with the next one when the pause between them has become short enough. */
static void join(struct window *w, size_t i)
{
	struct window_span *v = w->spans.v;

	if (i + 1 >= w->spans.n || !near(v[i + 1].from_ns, v[i].to_ns))
		return;
	v[i].to_ns = v[i + 1].to_ns;
	memmove(&v[i + 1], &v[i + 2], (w->spans.n - i - 2) * sizeof *v);
	w->spans.n--;
}

static void extend(struct window *w, size_t i, int64_t ts_ns)
{
	struct window_span *s = &w->spans.v[i];

	w->at = i;
	if (ts_ns > s->to_ns) {
		s->to_ns = ts_ns;
		join(w, i);
	} else if (ts_ns < s->from_ns) {
		s->from_ns = ts_ns;
		if (i) {
			w->at = i - 1;
			join(w, i - 1);
			if (w->spans.v[i - 1].to_ns < ts_ns)
				w->at = i;
		}
	}
}

/* The first span that ends at ts_ns or later, or reaches it. */
static size_t find(const struct window *w, int64_t ts_ns)
{
	size_t lo = 0, hi = w->spans.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (w->spans.v[mid].to_ns >= ts_ns || reaches(&w->spans.v[mid], ts_ns))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

int window_add(struct window *w, int64_t ts_ns)
{
	size_t i;

	if (w->at < w->spans.n && reaches(&w->spans.v[w->at], ts_ns)) {
		extend(w, w->at, ts_ns);
		return 0;
	}
	i = find(w, ts_ns);
	if (i < w->spans.n && reaches(&w->spans.v[i], ts_ns)) {
		extend(w, i, ts_ns);
		return 0;
	}
	if (w->spans.n >= WINDOW_SPANS)
		return 0;
	if (!vec_grow(&w->spans))
		return -ENOMEM;
	memmove(&w->spans.v[i + 1], &w->spans.v[i], (w->spans.n - i) * sizeof *w->spans.v);
	w->spans.v[i] = (struct window_span){ts_ns, ts_ns};
	w->spans.n++;
	w->at = i;
	return 0;
}

int window_add_span(struct window *w, int64_t from_ns, int64_t to_ns)
{
	int r = window_add(w, from_ns);
	size_t i = w->at;

	if (r < 0 || to_ns <= from_ns || i >= w->spans.n || !reaches(&w->spans.v[i], from_ns))
		return r;
	if (w->spans.v[i].to_ns < to_ns)
		w->spans.v[i].to_ns = to_ns;
	/* It may have come to reach several of those behind it. */
	while (i + 1 < w->spans.n && (w->spans.v[i + 1].from_ns <= w->spans.v[i].to_ns ||
				      near(w->spans.v[i + 1].from_ns, w->spans.v[i].to_ns))) {
		struct window_span *v = w->spans.v;

		if (v[i + 1].to_ns > v[i].to_ns)
			v[i].to_ns = v[i + 1].to_ns;
		memmove(&v[i + 1], &v[i + 2], (w->spans.n - i - 2) * sizeof *v);
		w->spans.n--;
	}
	w->at = i;
	return 0;
}

int64_t window_observed(const struct window *w)
{
	int64_t sum = 0;

	for (size_t i = 0; i < w->spans.n; i++)
		if (__builtin_add_overflow(sum, w->spans.v[i].to_ns - w->spans.v[i].from_ns, &sum))
			return INT64_MAX;
	return sum;
}

void window_cut(struct window *w, int64_t before_ns)
{
	size_t n = 0;

	for (size_t i = 0; i < w->spans.n; i++) {
		struct window_span s = w->spans.v[i];

		if (s.to_ns < before_ns)
			continue;
		if (s.from_ns < before_ns)
			s.from_ns = before_ns;
		w->spans.v[n++] = s;
	}
	w->spans.n = n;
	w->at = n ? n - 1 : 0;
}
