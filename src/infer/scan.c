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
			if (!skip->attempt || !skip->attempt(skip->user, a))
				ret[k++] = by_time(a->ns, c->n + at);
		}
		if (i < c->n && !(skip->conv && skip->conv(skip->user, &l->v[c->from + i])))
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

int scan_find(const struct conv_list *l, const struct scan_client *c, const struct scan_skip *skip,
	      uint8_t *mark, uint8_t *mark_attempt)
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
