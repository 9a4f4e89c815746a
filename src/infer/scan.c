// SPDX-License-Identifier: BSD-2-Clause
#include "infer/scan.h"

#include <errno.h>
#include <stdlib.h>

#include "base/radix.h"
#include "recognise/recognise.h"

bool scan_failed(const struct conv *c)
{
	return c->state >= STATE_HALF_OPEN && !(c->notes & APP_NOTE_UNANSWERED_KIND);
}

bool scan_client_next(const struct conv_list *l, struct scan_client *c)
{
	size_t i = c->from + c->n, k = c->attempt + c->n_attempt;

	*c = (struct scan_client){.from = i, .attempt = k};
	if (k < l->n_attempt && l->attempt[k].before <= i)
		c->no = l->attempt[k].client_no;
	else if (i < l->n)
		c->no = l->v[i].client_no;
	else
		return false;
	while (i < l->n && l->v[i].client_no == c->no)
		i++;
	while (k < l->n_attempt && l->attempt[k].client_no == c->no)
		k++;
	c->n = i - c->from;
	c->n_attempt = k - c->attempt;
	return true;
}

/* What a client did, for one search: numbers of attempts follow those of conversations. */
struct search {
	const struct conv *v;
	size_t n;
	uint8_t *mark, *mark_attempt;
};

static struct radix_key by_time(int64_t ns, size_t number)
{
	return (struct radix_key){.lo = (uint64_t)ns ^ UINT64_C(1) << 63,
				  .number = (uint32_t)number};
}

/* What takes part, as far as it can be told without an order. */
struct survey {
	size_t n, failed;
	int64_t first_ns, last_ns;
};

static void survey_add(struct survey *y, int64_t ns, bool failed)
{
	if (!y->n || ns < y->first_ns)
		y->first_ns = ns;
	if (!y->n || ns > y->last_ns)
		y->last_ns = ns;
	y->n++;
	y->failed += failed;
}

static bool takes_part(const struct scan_skip *skip, const struct conv *c)
{
	return !skip->conv || !skip->conv(skip->user, c);
}

static bool attempt_takes_part(const struct scan_skip *skip, const struct attempt *a)
{
	return !skip->attempt || !skip->attempt(skip->user, a);
}

static struct survey survey_of(const struct conv_list *l, const struct scan_client *c,
			       const struct scan_skip *skip)
{
	struct survey y = {0};

	for (size_t i = c->attempt; i < c->attempt + c->n_attempt; i++)
		if (attempt_takes_part(skip, &l->attempt[i]))
			survey_add(&y, l->attempt[i].ns, true);
	for (size_t i = c->from; i < c->from + c->n; i++)
		if (takes_part(skip, &l->v[i]))
			survey_add(&y, l->v[i].first_ns, scan_failed(&l->v[i]));
	return y;
}

/* Too few, or so few that failed that no window with enough of them has its share. */
static bool cannot_be(const struct survey *y)
{
	return y->n <= SCAN_TARGETS || y->failed * 100 < (size_t)(SCAN_TARGETS + 1) * SCAN_FAILED;
}

/* All failed within one window: all of it is a scan, in whatever order. */
static bool is_all(const struct survey *y)
{
	return y->n > SCAN_TARGETS && y->failed == y->n &&
	       (uint64_t)y->last_ns - (uint64_t)y->first_ns <= (uint64_t)SCAN_WINDOW_NS;
}

static void mark_all(const struct conv_list *l, const struct scan_client *c,
		     const struct scan_skip *skip, uint8_t *mark, uint8_t *mark_attempt)
{
	for (size_t i = c->attempt; i < c->attempt + c->n_attempt; i++)
		if (attempt_takes_part(skip, &l->attempt[i]))
			mark_attempt[i] = 1;
	for (size_t i = c->from; i < c->from + c->n; i++)
		if (takes_part(skip, &l->v[i]))
			mark[i] = 1;
}

/* All that takes part by its time, in the order of both where that is the same. How many. */
static size_t parts(const struct conv_list *l, const struct scan_client *c,
		    const struct scan_skip *skip, struct radix_key *ret)
{
	size_t k = 0, at = 0;

	for (size_t i = 0; i <= c->n; i++) {
		for (; at < c->n_attempt; at++) {
			const struct attempt *a = &l->attempt[c->attempt + at];

			if (i < c->n && a->before > c->from + i)
				break;
			if (attempt_takes_part(skip, a))
				ret[k++] = by_time(a->ns, c->n + at);
		}
		if (i < c->n && takes_part(skip, &l->v[c->from + i]))
			ret[k++] = by_time(l->v[c->from + i].first_ns, i);
	}
	return k;
}

static void put_mark(const struct search *s, uint32_t number)
{
	if (number < s->n)
		s->mark[number] = 1;
	else
		s->mark_attempt[number - s->n] = 1;
}

/* Slides a window over the attempts in order of time. */
static bool windows(const struct search *s, const struct radix_key *key, size_t n, uint8_t *failed)
{
	size_t left = 0, marked = 0, bad = 0;
	bool any = false;

	for (size_t right = 0; right < n; right++) {
		uint32_t number = key[right].number;

		failed[right] = number >= s->n || scan_failed(&s->v[number]);
		bad += failed[right];
		while (key[right].lo - key[left].lo > (uint64_t)SCAN_WINDOW_NS)
			bad -= failed[left++];

		size_t in = right - left + 1;

		if (in <= SCAN_TARGETS || bad * 100 < in * SCAN_FAILED)
			continue;
		for (size_t i = marked > left ? marked : left; i <= right; i++)
			put_mark(s, key[i].number);
		marked = right + 1;
		any = true;
	}
	return any;
}

/* Where the order of time decides. */
static int find_by_time(const struct conv_list *l, const struct scan_client *c,
			const struct scan_skip *skip, uint8_t *mark, uint8_t *mark_attempt)
{
	size_t n = c->n + c->n_attempt;
	struct search s = {
		.v = l->v + c->from,
		.n = c->n,
		.mark = mark + c->from,
		.mark_attempt = mark_attempt + c->attempt,
	};
	struct radix_key *key = malloc((2 * n + 1) * sizeof *key);
	uint8_t *failed = malloc(n + 1);
	int r = -ENOMEM;

	if (key && failed) {
		size_t k = parts(l, c, skip, key);

		r = windows(&s, radix_sort(key, key + k, k), k, failed);
	}
	free(key);
	free(failed);
	return r;
}

int scan_find(const struct conv_list *l, const struct scan_client *c, const struct scan_skip *skip,
	      uint8_t *mark, uint8_t *mark_attempt)
{
	const struct survey y = survey_of(l, c, skip);

	if (cannot_be(&y))
		return 0;
	if (!is_all(&y))
		return find_by_time(l, c, skip, mark, mark_attempt);
	mark_all(l, c, skip, mark, mark_attempt);
	return 1;
}
