// SPDX-License-Identifier: BSD-2-Clause
#include "learn/dns_name.h"

enum {
	MAX_NAME = 255, /* RFC 1035 2.3.4 */
	MAX_LABEL = 63,
	POINTER = 0xc0, /* RFC 1035 4.1.4 */
	/* One before each label that fits, and before the root. Pointers to pointers could be
	 * thousands in a message, and be asked for by each of its records. */
	MAX_JUMPS = 128,
};

bool dns_name(const uint8_t *p, size_t n, size_t first, size_t at, char ret[SIGHTING_NAME],
	      size_t *ret_end)
{
	size_t run = at, total = 0, k = 0;
	unsigned jumps = 0;

	ret[0] = 0;
	for (;;) {
		struct rd r = rd_over(p, n);

		rd_skip(&r, at);

		uint8_t len = rd_u8(&r);

		if (rd_short(&r))
			return false;
		if ((len & POINTER) == POINTER) {
			size_t to = (size_t)(len & ~POINTER) << 8 | rd_u8(&r);

			if (rd_short(&r) || to >= run || to < first || jumps == MAX_JUMPS)
				return false;
			if (!jumps++ && ret_end)
				*ret_end = at + 2;
			run = at = to;
			continue;
		}
		if (len > MAX_LABEL)
			return false;
		total += len + 1u;
		if (total > MAX_NAME)
			return false;
		if (!len)
			break;

		struct rd label = rd_sub(&r, len);

		if (rd_short(&r))
			return false;
		if (k)
			k = sighting_text(ret, k, rd_over((const uint8_t *)".", 1));
		k = sighting_text(ret, k, label);
		at += len + 1u;
	}
	if (!jumps && ret_end)
		*ret_end = at + 1;
	sighting_lower(ret);
	return true;
}
