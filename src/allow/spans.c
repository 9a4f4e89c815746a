// SPDX-License-Identifier: BSD-2-Clause
#include "allow/spans.h"

#include <stdlib.h>

#include "base/cpu.h"

/* The address behind; false past the last of the family. */
static bool next(struct addr *a)
{
	size_t first = addr_is_v4(a) ? 12 : 0;

	for (size_t i = 16; i-- > first;)
		if (++a->b[i])
			return true;
	return false;
}

static bool before(struct addr *a)
{
	size_t first = addr_is_v4(a) ? 12 : 0;

	for (size_t i = 16; i-- > first;)
		if (a->b[i]--)
			return true;
	return false;
}

bool spans_add(struct spans *s, const struct addr *lo, const struct addr *hi)
{
	struct span one = {*lo, *hi};

	return vec_push(s, one);
}

static struct addr last_of(const struct addr *a, unsigned bits)
{
	struct addr l = *a;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;

		if (keep < 8)
			l.b[i] |= (uint8_t)(0xff >> keep);
	}
	return l;
}

bool spans_add_prefix(struct spans *s, const struct prefix *p)
{
	struct addr hi = last_of(&p->addr, p->bits);

	return spans_add(s, &p->addr, &hi);
}

bool spans_add_all(struct spans *s, const struct spans *more)
{
	const struct span *it;

	VEC_EACH (it, more)
		if (!vec_push(s, *it))
			return false;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	int c = addr_compare(&x->lo, &y->lo);

	return c ? c : addr_compare(&x->hi, &y->hi);
}

void spans_close(struct spans *s)
{
	size_t n = 0;

	if (!s->n)
		return;
	qsort(s->v, s->n, sizeof *s->v, compare);
	for (size_t i = 0; i < s->n; i++) {
		struct span *end = n ? &s->v[n - 1] : NULL;
		struct addr behind = end ? end->hi : s->v[i].lo;
		bool joins = end && addr_is_v4(&end->hi) == addr_is_v4(&s->v[i].lo) &&
			     (!next(&behind) || addr_compare(&s->v[i].lo, &behind) <= 0);

		if (!joins)
			s->v[n++] = s->v[i];
		else if (addr_compare(&s->v[i].hi, &end->hi) > 0)
			end->hi = s->v[i].hi;
	}
	s->n = n;
}

/* What is left of one range. */
static bool cut_one(struct span left, const struct spans *holes, struct spans *ret)
{
	const struct span *h;

	VEC_EACH (h, holes) {
		if (addr_is_v4(&h->lo) != addr_is_v4(&left.lo) ||
		    addr_compare(&h->hi, &left.lo) < 0 || addr_compare(&h->lo, &left.hi) > 0)
			continue;
		if (addr_compare(&h->lo, &left.lo) > 0) {
			struct addr hi = h->lo;

			before(&hi);
			if (!spans_add(ret, &left.lo, &hi))
				return false;
		}
		if (addr_compare(&h->hi, &left.hi) >= 0)
			return true;
		left.lo = h->hi;
		next(&left.lo);
	}
	return spans_add(ret, &left.lo, &left.hi);
}

bool spans_cut(struct spans *s, const struct spans *holes)
{
	struct spans kept = {0};

	for (size_t i = 0; i < s->n; i++) {
		if (cut_one(s->v[i], holes, &kept))
			continue;
		spans_done(&kept);
		return false;
	}
	spans_done(s);
	*s = kept;
	return true;
}

bool spans_public(struct spans *s)
{
	/* What addr_is_private() and its neighbours leave, in either family. */
	static const char *const ranges[][2] = {
		{"1.0.0.0", "9.255.255.255"},
		{"11.0.0.0", "100.63.255.255"},
		{"100.128.0.0", "126.255.255.255"},
		{"128.0.0.0", "169.253.255.255"},
		{"169.255.0.0", "172.15.255.255"},
		{"172.32.0.0", "192.167.255.255"},
		{"192.169.0.0", "223.255.255.255"},
		{"::2", "::fffe:ffff:ffff"},
		{"0:0:0:0:1::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	};

	for (size_t i = 0; i < N_ELEMENTS(ranges); i++) {
		struct addr lo, hi;

		if (addr_parse(ranges[i][0], &lo) && addr_parse(ranges[i][1], &hi) &&
		    !spans_add(s, &lo, &hi))
			return false;
	}
	return true;
}

bool spans_has(const struct spans *s, const struct addr *a)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr_compare(&s->v[mid].hi, a) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && addr_compare(&s->v[lo].lo, a) <= 0;
}

size_t spans_v4(const struct spans *s)
{
	size_t n = 0;

	while (n < s->n && addr_is_v4(&s->v[n].lo))
		n++;
	return n;
}

bool span_is_prefix(const struct span *s, unsigned *ret_bits)
{
	unsigned least = addr_is_v4(&s->lo) ? 96 : 0;

	for (unsigned bits = least; bits <= 128; bits++) {
		struct addr hi = last_of(&s->lo, bits);
		struct prefix p = prefix_of(&s->lo, (uint8_t)(bits - least), (uint8_t)bits);

		if (!addr_equal(&hi, &s->hi) || !addr_equal(&p.addr, &s->lo))
			continue;
		*ret_bits = bits - least;
		return true;
	}
	return false;
}

void span_print(const struct span *s, struct out *o)
{
	char buf[ADDR_TEXT];
	unsigned bits;

	out_puts(o, addr_format(&s->lo, buf));
	if (addr_equal(&s->lo, &s->hi))
		return;
	if (span_is_prefix(s, &bits)) {
		out_printf(o, "/%u", bits);
		return;
	}
	out_char(o, '-');
	out_puts(o, addr_format(&s->hi, buf));
}
