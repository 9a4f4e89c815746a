// SPDX-License-Identifier: BSD-2-Clause
/*
 * ERSPAN types II and III: mirrored Ethernet frames in GRE (draft-foschiano-erspan-03, 4.2
 * and 4.3).
 *
 *   II:  version=1(4) vlan(12) cos(3) encap(2) t(1) session(10) | reserved(12) index(20)
 *   III: version=2(4) ... | timestamp(32) | sgt(16) p(1) ft(5) hw(6) d(1) gra(2) o(1)
 */
#include "decode/layer.h"

enum {
	VERSION_II = 1,
	VERSION_III = 2,
	VLAN_MASK = 0x0fff,
	SESSION_MASK = 0x03ff,
	ENCAP_SHIFT = 11,
	ENCAP_MASK = 3,
	ENCAP_TAG_TAKEN = 2, /* the frame had an 802.1Q tag, and now only this header has it */
	III_OPTIONAL = 1,
	III_FRAME_TYPE_SHIFT = 10,
};

enum decode_skip decode_erspan2(struct decoder *d, struct layer *l)
{
	uint16_t first = rd_be16(&l->r), second = rd_be16(&l->r);

	rd_skip(&l->r, 4);
	if (rd_short(&l->r))
		return SKIP_TRANSPORT_SHORT;
	if (first >> 12 != VERSION_II)
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_ERSPAN, second & SESSION_MASK);
	if (l->packet->vlan == 0 && (second >> ENCAP_SHIFT & ENCAP_MASK) == ENCAP_TAG_TAKEN)
		l->packet->vlan = first & VLAN_MASK;
	l->next = decode_ethernet;
	return DECODE_OK;
}

enum decode_skip decode_erspan3(struct decoder *d, struct layer *l)
{
	uint16_t first = rd_be16(&l->r), second = rd_be16(&l->r);

	rd_skip(&l->r, 6);

	uint16_t last = rd_be16(&l->r);

	if (last & III_OPTIONAL)
		rd_skip(&l->r, 8);
	if (rd_short(&l->r))
		return SKIP_TRANSPORT_SHORT;
	if (first >> 12 != VERSION_III)
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_ERSPAN, second & SESSION_MASK);
	/* Frame type 0 is Ethernet, 2 an IP packet alone. */
	switch (last >> III_FRAME_TYPE_SHIFT & 0x1f) {
	case 0:
		l->next = decode_ethernet;
		return DECODE_OK;
	case 2:
		l->next = decode_raw;
		return DECODE_OK;
	default:
		return SKIP_TUNNEL;
	}
}
