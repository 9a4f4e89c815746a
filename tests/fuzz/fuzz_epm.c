// SPDX-License-Identifier: BSD-2-Clause
/*
 * Answers of the endpoint mapper. The input's first byte says how the rest is to be read:
 *
 *   1 NDR64   2 little-endian   4 ept_lookup   8 nobody saw the bind   16 cut   32 a tower alone
 *   64 a question
 */
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "learn/epm.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(void *user, const struct granted *g)
{
	size_t *told = user;
	const bool port =
		g->proto == GRANTED_TCP || g->proto == GRANTED_UDP || g->proto == GRANTED_HTTP;

	if (g->proto > GRANTED_PIPE || port != (g->port != 0) || !g->has_iface)
		abort();
	if (g->has_alias && addr_is_unspecified(&g->alias))
		abort();
	if (!memchr(g->name, 0, sizeof g->name))
		abort();
	for (const char *c = g->name; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
	++*told;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	const uint8_t flags = rd_u8(&r);
	size_t told = 0;

	if (rd_short(&r))
		return 0;
	if (flags & 32) {
		struct granted g;

		if (tower_read(r.p, rd_left(&r), &g)) {
			check(&told, &g);
			if (!tower_size(r.p, rd_left(&r)))
				abort();
		}
		return 0;
	}

	const struct stub s = {
		.major = 3,
		.opnum = flags & 4 ? EPM_LOOKUP : EPM_MAP,
		.syntax = flags & 1 ? RPC_NDR64 : RPC_NDR,
		.little = flags & 2,
		.assumed = flags & 8,
		.cut = flags & 16,
		.p = r.p,
		.n = rd_left(&r),
	};
	if (flags & 64) {
		struct granted g;

		if (epm_asked(&s, &g))
			check(&told, &g);
		return 0;
	}

	const enum epm_result result = epm_read(&s, check, &told);

	if (told > EPM_TOWERS_MAX)
		abort();
	if ((result == EPM_BAD || result == EPM_NOT_REGISTERED) && told)
		abort();
	if (result == EPM_PARTIAL && (!told || s.assumed))
		abort();
	return 0;
}
