// SPDX-License-Identifier: BSD-2-Clause
/*
 * MPLS label stack, RFC 3032 2.1: label(20) class(3) bottom-of-stack(1) ttl(8).
 *
 * Nothing in the stack names its payload. The first nibble does by convention (RFC 4928 3): 4 and 6
 * are IP, 0 is a pseudowire control word (RFC 4385 3), here before Ethernet (RFC 4448).
 */
#include "decode/layer.h"

enum { BOTTOM_OF_STACK = 0x100, LABELS_MAX = 16 };

enum decode_skip decode_mpls(struct decoder *d, struct layer *l)
{
	uint32_t entry;
	unsigned n = 0;

	do {
		if (n++ == LABELS_MAX)
			return SKIP_DEPTH;
		entry = rd_be32(&l->r);
		if (rd_short(&l->r))
			return SKIP_LINK_SHORT;
	} while (!(entry & BOTTOM_OF_STACK));

	struct rd look = l->r;
	uint8_t nibble = rd_u8(&look) >> 4;

	if (rd_short(&look))
		return SKIP_LINK_SHORT;
	switch (nibble) {
	case 4:
		l->next = decode_ipv4;
		break;
	case 6:
		l->next = decode_ipv6;
		break;
	case 0:
		rd_skip(&l->r, 4);
		l->next = decode_ethernet;
		break;
	default:
		l->next = decode_ethernet; /* the control word is optional, RFC 4448 4.6 */
	}
	return DECODE_OK;
}
