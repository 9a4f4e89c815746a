// SPDX-License-Identifier: BSD-2-Clause
#include "findings/timeline.h"

#include <string.h>

static void sum(struct timeline_step *to, const struct timeline_step *s)
{
	to->packets += s->packets;
	to->tcp_bytes += s->tcp_bytes;
	to->tcp_unseen_bytes += s->tcp_unseen_bytes;
	to->conversations += s->conversations;
	to->deviating += s->deviating;
}

/* Makes room for the steps from `first` to `last` of that kind, and for what is there. */
static void stretch(struct timeline *t, unsigned kind, int32_t first, int32_t last)
{
	unsigned to = kind > t->kind ? kind : t->kind;
	struct timeline r;
	int32_t at, end;

	first = busy_longer(kind, first, to);
	last = busy_longer(kind, last, to);
	if (to == t->kind && t->n && first >= t->at && last < t->at + (int32_t)t->n)
		return;
	if (t->n) {
		at = busy_longer(t->kind, t->at, to);
		end = busy_longer(t->kind, t->at + (int32_t)t->n - 1, to);
		first = at < first ? at : first;
		last = end > last ? end : last;
	}
	to = busy_fit(to, &first, &last);
	r = (struct timeline){.kind = to, .at = first, .n = (unsigned)(last - first) + 1};
	for (unsigned i = 0; i < t->n; i++)
		sum(&r.step[busy_longer(t->kind, t->at + (int32_t)i, r.kind) - first], &t->step[i]);
	*t = r;
}

/* The step of that number of that kind; NULL: there is none. */
static struct timeline_step *step_of(struct timeline *t, unsigned kind, int32_t number)
{
	int32_t i = (kind == t->kind ? number : busy_longer(kind, number, t->kind)) - t->at;

	return i >= 0 && i < (int32_t)t->n ? &t->step[i] : NULL;
}

void timeline_add(struct timeline *t, int64_t ns, const struct timeline_step *s)
{
	int32_t at = busy_number(t->kind, ns);

	if (!t->n || at < t->at || at >= t->at + (int32_t)t->n) {
		/* Of the shortest kind: which it comes to must not depend on what came before. */
		at = busy_number(0, ns);
		stretch(t, 0, at, at);
		at = busy_longer(0, at, t->kind);
	}
	sum(&t->step[at - t->at], s);
}

void timeline_merge(struct timeline *t, const struct timeline *from)
{
	if (!from->n)
		return;
	stretch(t, from->kind, from->at, from->at + (int32_t)from->n - 1);
	for (unsigned i = 0; i < from->n; i++) {
		int32_t at = busy_longer(from->kind, from->at + (int32_t)i, t->kind);

		sum(&t->step[at - t->at], &from->step[i]);
	}
}

void timeline_conv(struct timeline *t, const struct busy *b, unsigned deviating)
{
	struct timeline_step *before = NULL;

	if (!t->n)
		return;
	if (b->kind > t->kind) {
		int32_t at = busy_longer(t->kind, t->at, b->kind);

		stretch(t, b->kind, at, at);
	}
	/* Several of its steps may be one of the longer ones here. */
	for (uint32_t left = b->bits; left; left &= left - 1) {
		struct timeline_step *s = step_of(t, b->kind, b->at + __builtin_ctz(left));

		if (s && s != before) {
			s->conversations++;
			s->deviating += deviating ? 1 : 0;
		}
		before = s;
	}
}

void timeline_cut(struct timeline *t, int64_t before_ns)
{
	unsigned n = 0;

	while (n < t->n && busy_begin_ns(t->kind, t->at + (int32_t)n + 1) <= before_ns)
		n++;
	t->at += (int32_t)n;
	t->n -= n;
	memmove(t->step, t->step + n, t->n * sizeof *t->step);
	memset(t->step + t->n, 0, n * sizeof *t->step);
}
