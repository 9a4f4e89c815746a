// SPDX-License-Identifier: BSD-2-Clause
#include "infer/scan.h"

#include "recognise/recognise.h"

bool scan_failed(const struct conv *c)
{
	if (c->state < STATE_HALF_OPEN)
		return false;
	for (unsigned i = 0; i < c->n_app; i++)
		if (c->app[i].notes & APP_NOTE_UNANSWERED_KIND)
			return false;
	return true;
}

/* Slides a window over the attempts in order of time. */
bool scan_windows(const struct conv *const *by_time, size_t n, uint8_t *mark)
{
	size_t left = 0, marked = 0, bad = 0;
	bool any = false;

	for (size_t right = 0; right < n; right++) {
		bad += scan_failed(by_time[right]);
		while (by_time[right]->first_ns - by_time[left]->first_ns > SCAN_WINDOW_NS)
			bad -= scan_failed(by_time[left++]);

		size_t in = right - left + 1;

		if (in <= SCAN_TARGETS || bad * 100 < in * SCAN_FAILED)
			continue;
		for (size_t i = marked > left ? marked : left; i <= right; i++)
			mark[i] = 1;
		marked = right + 1;
		any = true;
	}
	return any;
}
