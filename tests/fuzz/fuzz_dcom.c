// SPDX-License-Identifier: BSD-2-Clause
/*
 * Answers of the object resolver and of activation. The input's first byte says how the rest is to
 * be read:
 *
 *   1 little-endian   2 NDR64   4 cut   8 nobody saw the bind   16.. which operation
 */
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/rd.h"
#include "learn/dcom.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check(void *user, const struct granted *g)
{
	size_t *told = user;

	if (g->proto != (g->port ? GRANTED_TCP : GRANTED_NONE) || g->has_iface)
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
	static const struct {
		uint8_t uuid[16];
		uint16_t opnum;
	} op[] = {
#define OBJECT_EXPORTER                                  \
	{0x99, 0xfc, 0xfe, 0xc4, 0x52, 0x60, 0x10, 0x1b, \
	 0xbb, 0xcb, 0x00, 0xaa, 0x00, 0x21, 0x34, 0x7a}
#define SCM_ACTIVATOR                                           \
	{                                                       \
		0x00, 0x00, 0x01, 0xa0, [8] = 0xc0, [15] = 0x46 \
	}
		{OBJECT_EXPORTER, 0},
		{OBJECT_EXPORTER, 4},
		{OBJECT_EXPORTER, 5},
		{SCM_ACTIVATOR, 3},
		{SCM_ACTIVATOR, 4},
		{{0x4d, 0x9f, 0x4a, 0xb8, 0x7d, 0x1c, 0x11, 0xcf, 0x86, 0x1e, 0x00, 0x20, 0xaf,
		  0x6e, 0x7c, 0x57},
		 0},
	};
	struct rd r = rd_over(p, n);
	const uint8_t flags = rd_u8(&r);
	const size_t i = (flags >> 4) % N_ELEMENTS(op);
	size_t told = 0;

	if (rd_short(&r))
		return 0;

	struct stub s = {
		.opnum = op[i].opnum,
		.syntax = flags & 2 ? RPC_NDR64 : RPC_NDR,
		.little = flags & 1,
		.cut = flags & 4,
		.assumed = flags & 8,
		.p = r.p,
		.n = rd_left(&r),
	};

	memcpy(s.uuid, op[i].uuid, sizeof s.uuid);
	if (!dcom_answers(s.uuid, s.opnum))
		abort();
	if (!dcom_read(&s, check, &told) && told)
		abort();
	if (told > 256)
		abort();
	return 0;
}
