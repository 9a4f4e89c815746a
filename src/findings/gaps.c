// SPDX-License-Identifier: BSD-2-Clause
#include "findings/gaps.h"

#include <errno.h>
#include <string.h>

enum { MINUTE = 60 };

void gaps_done(struct gaps *g)
{
	vec_done(&g->minutes);
	g->seconds = 0;
}

static int64_t floored(int64_t n, int64_t by)
{
	return n / by - (n % by < 0);
}

/* Where the minute is, or belongs. Packets come by time: it is the last one as a rule. */
static size_t place(const struct gaps *g, int64_t at)
{
	size_t lo = 0, hi = g->minutes.n;

	if (hi && g->minutes.v[hi - 1].at <= at)
		return g->minutes.v[hi - 1].at == at ? hi - 1 : hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (g->minutes.v[mid].at < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void add_to(int64_t *sum, int64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = n > 0 ? INT64_MAX : INT64_MIN;
}

/* All twice as long. */
static void widen(struct gaps *g)
{
	struct gap_minute *v = g->minutes.v;
	size_t n = 0;

	for (size_t i = 0; i < g->minutes.n; i++) {
		int64_t at = floored(v[i].at, 2);

		if (n && v[n - 1].at == at)
			add_to(&v[n - 1].bytes, v[i].bytes);
		else
			v[n++] = (struct gap_minute){at, v[i].bytes};
	}
	g->minutes.n = n;
	g->seconds *= 2;
}

int gaps_add(struct gaps *g, int64_t ts_ns, int64_t bytes)
{
	int64_t s = floored(ts_ns, NS_PER_S), at;
	size_t i;

	if (!g->seconds)
		g->seconds = MINUTE;
	for (;;) {
		at = floored(s, g->seconds);
		i = place(g, at);
		if (i < g->minutes.n && g->minutes.v[i].at == at) {
			add_to(&g->minutes.v[i].bytes, bytes);
			return 0;
		}
		if (g->minutes.n < GAPS_MINUTES)
			break;
		widen(g);
	}
	if (!vec_grow(&g->minutes))
		return -ENOMEM;
	memmove(&g->minutes.v[i + 1], &g->minutes.v[i], (g->minutes.n - i) * sizeof *g->minutes.v);
	g->minutes.v[i] = (struct gap_minute){at, bytes};
	g->minutes.n++;
	return 0;
}

int gaps_merge(struct gaps *g, const struct gaps *from)
{
	int r = 0;

	if (!g->seconds)
		g->seconds = MINUTE;
	while (g->seconds < from->seconds)
		widen(g);
	for (size_t i = 0; i < from->minutes.n && r == 0; i++) {
		int64_t ns;

		/* Only where the first minute of all time is in it. */
		if (__builtin_mul_overflow(from->minutes.v[i].at, from->seconds * NS_PER_S, &ns))
			ns = INT64_MIN;
		r = gaps_add(g, ns, from->minutes.v[i].bytes);
	}
	return r;
}
