// SPDX-License-Identifier: BSD-2-Clause
/*
 * Network service header, RFC 8300 2.2 and 2.3. It stands between a transport (Ethernet, VXLAN-GPE,
 * Geneve, GRE) and the frame that is sent through a chain of functions:
 *
 *   version(2) O(1) -(1) ttl(6) length(6) -(4) md-type(4) next(8) | path(24) index(8) | metadata
 */
#include "decode/layer.h"

enum {
	NSH_VERSION = 0xc000,
	NSH_OAM = 0x2000,
	NSH_WORDS = 0x003f,
	NSH_WORDS_MIN = 2, /* the base and the service path header */
	NSH_MD_MASK = 0x0f,
	NSH_MD1 = 1,
	NSH_MD1_WORDS = 6, /* 2.4: four words of metadata, always */

	NEXT_IPV4 = 1,
	NEXT_IPV6 = 2,
	NEXT_ETHERNET = 3,
	NEXT_NSH = 4,
	NEXT_MPLS = 5,
};

enum decode_skip decode_nsh(struct decoder *d, struct layer *l)
{
	uint16_t first = rd_be16(&l->r);
	uint8_t md = rd_u8(&l->r) & NSH_MD_MASK, next = rd_u8(&l->r);
	unsigned words = first & NSH_WORDS;

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (first & NSH_VERSION || words < NSH_WORDS_MIN ||
	    (md == NSH_MD1 && words != NSH_MD1_WORDS))
		return SKIP_TUNNEL;
	rd_skip(&l->r, (size_t)words * 4 - 4);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	/* 2.2: an OAM packet's content is for the functions of the chain, nobody's traffic. */
	if (first & NSH_OAM)
		return SKIP_NOT_IP;

	switch (next) { /* 2.2, 9.1.6 */
	case NEXT_IPV4:
		l->next = decode_ipv4;
		break;
	case NEXT_IPV6:
		l->next = decode_ipv6;
		break;
	case NEXT_ETHERNET:
		l->next = decode_ethernet;
		break;
	case NEXT_NSH:
		l->next = decode_nsh;
		break;
	case NEXT_MPLS:
		l->next = decode_mpls;
		break;
	default:
		return SKIP_TUNNEL;
	}
	return DECODE_OK;
}
