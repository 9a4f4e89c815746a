// SPDX-License-Identifier: BSD-2-Clause
#include "findings/blind.h"

#include <errno.h>
#include <string.h>

void blind_done(struct blind_set *s)
{
	vec_done(&s->pairs);
	s->more = false;
}

static int pair_order(const struct blind_pair *x, const struct blind_pair *y)
{
	int d = addr_compare(&x->a, &y->a);

	return d ? d : addr_compare(&x->b, &y->b);
}

/* Where the pair is, or belongs. */
static size_t place(const struct blind_set *s, const struct blind_pair *p)
{
	size_t lo = 0, hi = s->pairs.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (pair_order(&s->pairs.v[mid], p) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int blind_add(struct blind_set *s, const struct addr *x, const struct addr *y)
{
	bool sorted = addr_compare(x, y) <= 0;
	const struct blind_pair p = {sorted ? *x : *y, sorted ? *y : *x};
	size_t at = place(s, &p);
	struct blind_pair *v;

	if (at < s->pairs.n && !pair_order(&s->pairs.v[at], &p))
		return 0;
	if (s->pairs.n == BLIND_PAIRS) {
		s->more = true;
		if (at == s->pairs.n)
			return 0;
		s->pairs.n--; /* the largest gives way */
	}
	if (!vec_grow(&s->pairs))
		return -ENOMEM;
	v = s->pairs.v;
	memmove(&v[at + 1], &v[at], (s->pairs.n - at) * sizeof *v);
	v[at] = p;
	s->pairs.n++;
	return 0;
}
