// SPDX-License-Identifier: BSD-2-Clause
#include "base/radix.h"

enum { DIGITS = 16 };

static unsigned digit(const struct radix_key *k, unsigned at)
{
	return (at < 8 ? k->lo >> 8 * at : k->hi >> 8 * (at - 8)) & 255;
}

struct radix_key *radix_sort(struct radix_key *v, struct radix_key *spare, size_t n)
{
	struct radix_key *from = v, *to = spare;
	uint64_t hi = 0, lo = 0;

	for (size_t i = 1; i < n; i++) {
		hi |= v[i].hi ^ v[0].hi;
		lo |= v[i].lo ^ v[0].lo;
	}
	for (unsigned k = 0; k < DIGITS; k++) {
		size_t count[256] = {0}, at = 0;
		struct radix_key *sorted = to;

		if (!((k < 8 ? lo >> 8 * k : hi >> 8 * (k - 8)) & 255))
			continue;
		for (size_t i = 0; i < n; i++)
			count[digit(&from[i], k)]++;
		for (unsigned b = 0; b < 256; b++) {
			size_t here = count[b];

			count[b] = at;
			at += here;
		}
		for (size_t i = 0; i < n; i++)
			to[count[digit(&from[i], k)]++] = from[i];
		to = from;
		from = sorted;
	}
	return from;
}
