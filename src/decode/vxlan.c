// SPDX-License-Identifier: BSD-2-Clause
/*
 * VXLAN, RFC 7348 5:
 *
 *   flags(8) reserved(24) | network identifier(24) reserved(8) | Ethernet frame
 *
 * and its generic protocol extension (draft-ietf-nvo3-vxlan-gpe-13, 3), on a port of its own, which
 * turns the last reserved byte of the first word into the kind of what follows.
 *
 * Both are known by their UDP port alone (RFC 7348 8), so what fails here is plain UDP after all.
 * Reserved bits are sent as zero and ignored on receipt (RFC 7348 5): where one is set the frame
 * inside has to speak for the tunnel, as a client's own port may happen to be this one.
 */
#include "decode/layer.h"

enum {
	VXLAN_I = 0x08,
	VXLAN_G =
		0x80, /* draft-smith-vxlan-group-policy-05, 2.1: a group instead of reserved bits */
	GPE_VERSION = 0x30,
	GPE_RESERVED = 0xc0,

	GPE_NOT_GIVEN = 0,
	GPE_IPV4 = 1,
	GPE_IPV6 = 2,
	GPE_ETHERNET = 3,
	GPE_NSH = 4,
	GPE_MPLS = 5,
};

enum decode_skip decode_vxlan(struct decoder *d, struct layer *l)
{
	uint8_t flags = rd_u8(&l->r);

	uint32_t group = rd_be24(&l->r), vni = rd_be24(&l->r);
	uint8_t reserved = rd_u8(&l->r);
	bool clean = flags == (VXLAN_I | VXLAN_G) || (flags == VXLAN_I && group == 0);

	if (rd_short(&l->r) || !(flags & VXLAN_I))
		return SKIP_TUNNEL;
	if ((!clean || reserved != 0) && !guess_ethernet_here(l))
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_VXLAN, vni);
	l->next = decode_ethernet;
	return DECODE_OK;
}

enum decode_skip decode_vxlan_gpe(struct decoder *d, struct layer *l)
{
	uint8_t flags = rd_u8(&l->r);

	uint16_t reserved = rd_be16(&l->r);
	uint8_t kind = rd_u8(&l->r);
	uint32_t vni = rd_be24(&l->r);
	uint8_t last = rd_u8(&l->r);
	bool clean = !(flags & GPE_RESERVED) && reserved == 0 && last == 0;

	if (rd_short(&l->r) || !(flags & VXLAN_I) || flags & GPE_VERSION)
		return SKIP_TUNNEL;
	if (!clean && !guess_ip_here(l) && !guess_ethernet_here(l))
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_VXLAN, vni);
	/* The P flag ought to say whether the kind is given; senders exist that forget it. */
	switch (kind) {
	case GPE_IPV4:
		l->next = decode_ipv4;
		return DECODE_OK;
	case GPE_IPV6:
		l->next = decode_ipv6;
		return DECODE_OK;
	case GPE_NOT_GIVEN:
	case GPE_ETHERNET:
		l->next = decode_ethernet;
		return DECODE_OK;
	case GPE_NSH:
		l->next = decode_nsh;
		return DECODE_OK;
	case GPE_MPLS:
		l->next = decode_mpls;
		return DECODE_OK;
	default:
		return SKIP_TUNNEL;
	}
}
