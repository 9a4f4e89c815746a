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

/* The attempts by their time; a key's number is a place in v, its `hi` whether it failed. */
static size_t attempts(const struct conv *v, size_t n, scan_skip_fn skip, void *user,
		       struct radix_key *ret)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (!skip(user, &v[i]))
			ret[k++] = (struct radix_key){.lo = (uint64_t)v[i].first_ns ^ UINT64_C(1)
											      << 63,
						      .number = (uint32_t)i};
	return k;
}

/* Slides a window over the attempts in order of time. */
static bool windows(const struct conv *v, const struct radix_key *by_time, size_t n, uint8_t *mark,
		    uint8_t *failed)
{
	size_t left = 0, marked = 0, bad = 0;
	bool any = false;

	for (size_t right = 0; right < n; right++) {
		failed[right] = scan_failed(&v[by_time[right].number]);
		bad += failed[right];
		while (by_time[right].lo - by_time[left].lo > (uint64_t)SCAN_WINDOW_NS)
			bad -= failed[left++];

		size_t in = right - left + 1;

		if (in <= SCAN_TARGETS || bad * 100 < in * SCAN_FAILED)
			continue;
		for (size_t i = marked > left ? marked : left; i <= right; i++)
			mark[by_time[i].number] = 1;
		marked = right + 1;
		any = true;
	}
	return any;
}

int scan_find(const struct conv *v, size_t n, scan_skip_fn skip, void *user, uint8_t *mark)
{
	struct radix_key *key = malloc((2 * n + 1) * sizeof *key);
	uint8_t *failed = malloc(n + 1);
	int r = -ENOMEM;

	if (key && failed) {
		size_t k = attempts(v, n, skip, user, key);

		r = windows(v, radix_sort(key, key + k, k), k, mark, failed);
	}
	free(key);
	free(failed);
	return r;
}
