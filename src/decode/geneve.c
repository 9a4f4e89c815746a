// SPDX-License-Identifier: BSD-2-Clause
/*
 * Geneve, RFC 8926 3.4:
 *
 *   version(2) options-length(6) O(1) C(1) reserved(6) protocol(16) | vni(24) reserved(8) | options
 */
#include "decode/layer.h"

enum { GENEVE_ETHERNET = 0x6558, RESERVED = 0x3f };

enum decode_skip decode_geneve(struct decoder *d, struct layer *l)
{
	uint8_t first = rd_u8(&l->r), second = rd_u8(&l->r);
	uint16_t proto = rd_be16(&l->r);
	uint32_t vni = rd_be24(&l->r);
	uint8_t last = rd_u8(&l->r);

	/* Options, also critical ones, are for the tunnel's end and change nothing of what is
	 * inside (3.5.1). */
	rd_skip(&l->r, (size_t)(first & 0x3f) * 4);
	if (rd_short(&l->r) || first >> 6 != 0)
		return SKIP_TUNNEL;
	/* Reserved bits are sent as zero and ignored on receipt: where one is set the packet inside
	 * has to speak for the tunnel, as a client's own port may happen to be this one. */
	if ((second & RESERVED || last != 0) && !guess_ip_here(l) && !guess_ethernet_here(l))
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_GENEVE, vni);
	l->next = proto == GENEVE_ETHERNET ? decode_ethernet : decode_by_ethertype(proto);
	return l->next ? DECODE_OK : SKIP_TUNNEL;
}
