// SPDX-License-Identifier: BSD-2-Clause
/*
 * What follows a header that does not say so, or one that is known by its port alone. A yes needs
 * lengths that fit and, where it is captured, the checksum of IPv4.
 */
#include "decode/layer.h"

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	NEXT_NONE = 59, /* RFC 8200 4.7 */
	TAGS_MAX = 4,

	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_CTAG = 0x8100,
	TYPE_STAG = 0x88a8,
	TYPE_STAG_OLD = 0x9100,
	TYPE_IPV6 = 0x86dd,
	TYPE_MPLS = 0x8847,
	TYPE_LLDP = 0x88cc,
	LENGTH_MAX = 1500, /* IEEE 802.3 3.2.6 */
	SAP_STP = 0x4242,
	SAP_SNAP = 0xaaaa,
	LLC_UI = 0x03,
};

static bool ipv4(struct rd r, size_t wire)
{
	struct rd all = r;
	size_t header = (size_t)(rd_u8(&r) & 0xf) * 4;

	rd_skip(&r, 1);

	size_t total = rd_be16(&r);

	if (rd_short(&r) || header < IPV4_HEADER || total < header || total > wire)
		return false;
	return rd_left(&all) < header || checksum_good(checksum_add(0, all.p, header));
}

static bool ipv6(struct rd r, size_t wire)
{
	rd_skip(&r, 4);

	size_t length = rd_be16(&r);
	uint8_t next = rd_u8(&r);

	if (rd_short(&r) || length + IPV6_HEADER > wire)
		return false;
	return length != 0 || next == NEXT_NONE;
}

bool guess_ip(struct rd r, size_t wire)
{
	struct rd look = r;
	uint8_t version = rd_u8(&look) >> 4;

	return version == 4 ? ipv4(r, wire) : version == 6 && ipv6(r, wire);
}

bool guess_ip_here(const struct layer *l)
{
	return guess_ip(l->r, guess_room(l));
}

/* The commonest frames without IP: then there is no packet inside, but the tunnel is one. */
static bool llc(struct rd r, size_t length, size_t wire)
{
	uint16_t saps = rd_be16(&r);
	uint8_t control = rd_u8(&r);

	return !rd_short(&r) && length <= wire && control == LLC_UI &&
	       (saps == SAP_STP || saps == SAP_SNAP);
}

bool guess_ethernet(struct rd r, size_t wire)
{
	size_t before = rd_left(&r);

	rd_skip(&r, 12);

	uint16_t type = rd_be16(&r);

	for (unsigned n = 0; n < TAGS_MAX; n++) {
		if (type != TYPE_CTAG && type != TYPE_STAG && type != TYPE_STAG_OLD)
			break;
		rd_skip(&r, 2);
		type = rd_be16(&r);
	}
	if (rd_short(&r))
		return false;
	wire -= before - rd_left(&r);
	switch (type) {
	case TYPE_IPV4:
		return rd_left(&r) && *r.p >> 4 == 4 && guess_ip(r, wire);
	case TYPE_IPV6:
		return rd_left(&r) && *r.p >> 4 == 6 && guess_ip(r, wire);
	case TYPE_ARP: /* RFC 826: on Ethernet, for IPv4 */
		return rd_be32(&r) == 0x00010800;
	case TYPE_MPLS:
	case TYPE_LLDP:
		return true;
	default:
		return type <= LENGTH_MAX && llc(r, type, wire);
	}
}
