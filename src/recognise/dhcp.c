// SPDX-License-Identifier: BSD-2-Clause
/*
 * DHCP (RFC 2131 2): BOOTP's fixed part, and the cookie 63 82 53 63 before the options.
 */
#include "recognise/scan.h"

enum {
	BOOTREQUEST = 1,
	BOOTREPLY = 2,
	COOKIE_AT = 236,
	HLEN_MAX = 16,
	HOPS_MAX = 16, /* RFC 1542 4.1.1 */
};

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	uint8_t op = rd_u8(&r);

	rd_skip(&r, 1);

	uint8_t hlen = rd_u8(&r), hops = rd_u8(&r);

	rd_skip(&r, COOKIE_AT - 4);

	uint32_t cookie = rd_be32(&r);

	if ((op != BOOTREQUEST && op != BOOTREPLY) || hlen > HLEN_MAX || hops > HOPS_MAX)
		return VERDICT_NO;
	if (rd_short(&r))
		return VERDICT_MORE;
	if (cookie != 0x63825363) /* RFC 2131 3 */
		return VERDICT_NO;
	ret->speaker = op == BOOTREQUEST ? SPEAKER_CLIENT : SPEAKER_SERVER;
	return VERDICT_SURE;
}

const struct recogniser recogniser_dhcp = {
	.word = "dhcp",
	.spec = "RFC 2131 2, 3",
	.proto = PROTO_UDP,
	.min = COOKIE_AT + 4,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("\1\2"), BYTE_ANY, BYTE_IN("\x00\x10"), BYTE_IN("\x00\x10")}}),
	.apps = {{"dhcp", "DHCP"}},
	.probe = probe,
};
