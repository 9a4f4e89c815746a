// SPDX-License-Identifier: BSD-2-Clause
#include "flow/busy.h"

#include <stdbool.h>

#include "base/time.h"

/* Each is a multiple of the one before: 3, 6 and 12 hours, a day, a week, four of them, 48, and
 * years. 32 of the last hold 584 years, which is all that nanoseconds count. */
static const int32_t hours_of[BUSY_KINDS] = {1, 3, 6, 12, 24, 168, 672, 8064, 80640, 241920};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t busy_step_s(unsigned kind)
{
	return hours_of[kind] * INT64_C(3600);
}

int32_t busy_number(unsigned kind, int64_t ns)
{
	return (int32_t)floor_div(ns, busy_step_s(kind) * NS_PER_S);
}

int64_t busy_begin_ns(unsigned kind, int32_t number)
{
	int64_t ns;

	if (__builtin_mul_overflow(number, busy_step_s(kind) * NS_PER_S, &ns))
		return number < 0 ? TIME_NONE + 1 : INT64_MAX;
	return ns;
}

int32_t busy_longer(unsigned kind, int32_t number, unsigned to)
{
	return (int32_t)floor_div(number, hours_of[to] / hours_of[kind]);
}

unsigned busy_fit(unsigned kind, int32_t *first, int32_t *last)
{
	unsigned to = kind;
	int32_t a = *first, b = *last;

	while (b - a >= BUSY_STEPS && to < BUSY_KINDS - 1) {
		to++;
		a = busy_longer(kind, *first, to);
		b = busy_longer(kind, *last, to);
	}
	*first = a;
	*last = b;
	return to;
}

static int32_t last_of(const struct busy *b)
{
	return b->at + 31 - __builtin_clz(b->bits);
}

static struct busy longer(const struct busy *b, unsigned kind)
{
	struct busy r = {.at = busy_longer(b->kind, b->at, kind), .kind = kind};

	for (int i = 0; i < BUSY_STEPS; i++)
		if (b->bits >> i & 1)
			r.bits |= UINT32_C(1) << (busy_longer(b->kind, b->at + i, kind) - r.at);
	return r;
}

void busy_merge(struct busy *b, const struct busy *other)
{
	unsigned kind = b->kind > other->kind ? b->kind : other->kind;
	struct busy x, y;
	int32_t first, last;

	if (!other->bits)
		return;
	if (!b->bits) {
		*b = *other;
		return;
	}
	x = longer(b, kind);
	y = longer(other, kind);
	first = x.at < y.at ? x.at : y.at;
	last = last_of(&x) > last_of(&y) ? last_of(&x) : last_of(&y);
	kind = busy_fit(kind, &first, &last);
	x = longer(&x, kind);
	y = longer(&y, kind);
	b->at = first;
	b->kind = kind;
	b->bits = x.bits << (x.at - first) | y.bits << (y.at - first);
}

void busy_add(struct busy *b, int64_t ns)
{
	int32_t at = busy_number(b->kind, ns);

	/* Most flows of a conversation begin in an hour that is there, or soon after it. */
	if (b->bits && at >= b->at && at - b->at < BUSY_STEPS)
		b->bits |= UINT32_C(1) << (at - b->at);
	else
		busy_merge(b, &(struct busy){.at = busy_number(0, ns), .bits = 1});
}
