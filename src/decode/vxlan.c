// SPDX-License-Identifier: BSD-2-Clause
/* VXLAN, RFC 7348 5: flags(8) reserved(24) | network identifier(24) reserved(8) | Ethernet frame.
 * It is known by its UDP port alone (RFC 7348 8), so whatever fails here is plain UDP after all. */
#include "decode/layer.h"

enum { VXLAN_I = 0x08 };

enum decode_skip decode_vxlan(struct decoder *d, struct layer *l)
{
	uint8_t flags = rd_u8(&l->r);

	rd_skip(&l->r, 7);
	/* The I flag must be set; reserved bits are ignored on receipt (RFC 7348 5). */
	if (rd_short(&l->r) || !(flags & VXLAN_I))
		return SKIP_TUNNEL;
	l->next = decode_ethernet;
	return DECODE_OK;
}
