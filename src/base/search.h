/* SPDX-License-Identifier: BSD-2-Clause */
/* search - where rows that ascend begin to be those that are looked for; bsearch(3) finds any. */
#ifndef SPAN_BASE_SEARCH_H
#define SPAN_BASE_SEARCH_H

#include <stddef.h>

/* The first of n rows that does not come before the key; n when all do. `order` as bsearch() has
 * it: less than 0 where the key comes before the row. */
static inline size_t search_first(const void *key, const void *rows, size_t n, size_t size,
				  int (*order)(const void *key, const void *row))
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (order(key, (const char *)rows + mid * size) > 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

#endif
