// SPDX-License-Identifier: BSD-2-Clause
/*
 * What follows a header that does not say so, or one that is known by its port alone. A yes needs
 * lengths that fit and, where it is captured, the checksum of IPv4; IPv6 has none, so there the
 * length must be the very one, and the next header one that is in use.
 */
#include <string.h>

#include "decode/layer.h"

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	TAGS_MAX = 4,

	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_CTAG = 0x8100,
	TYPE_STAG = 0x88a8,
	TYPE_STAG_OLD = 0x9100,
	TYPE_IPV6 = 0x86dd,
	TYPE_LLDP = 0x88cc,
	ARP_IPV4 = 0x0604, /* lengths of the addresses */
	LENGTH_MAX = 1500, /* IEEE 802.3 3.2.6 */
	SAP_STP = 0x4242,
	SAP_SNAP = 0xaaaa,
	LLC_UI = 0x03,
};

bool guess_fits(const struct rd *r, uint32_t missing, size_t n)
{
	return missing == GUESS_ANY || n <= rd_left(r) + missing;
}

static bool ipv4(struct rd r, uint32_t missing)
{
	struct rd all = r;
	size_t header = (size_t)(rd_u8(&r) & 0xf) * 4;

	rd_skip(&r, 1);

	size_t total = rd_be16(&r);

	if (rd_short(&r) || header < IPV4_HEADER || total < header)
		return false;
	if (!guess_fits(&all, missing, total))
		return false;
	return rd_left(&all) < header || checksum_good(checksum_add(0, all.p, header));
}

static bool ipv6(struct rd r, uint32_t missing)
{
	/* Extension headers, transports, tunnels, and the routing protocols. */
	static const uint8_t in_use[] = {0,  4,  6,  17, 41,  43,  44,  47,  50,  51,  58,  59,
					 60, 88, 89, 97, 103, 112, 115, 132, 135, 137, 139, 140};
	size_t wire = rd_left(&r) + missing;

	rd_skip(&r, 4);

	size_t length = rd_be16(&r);
	uint8_t next = rd_u8(&r);

	if (rd_short(&r) || !memchr(in_use, next, sizeof in_use))
		return false;
	return missing == GUESS_ANY || length + IPV6_HEADER == wire;
}

bool guess_ip(struct rd r, uint32_t missing)
{
	struct rd look = r;
	uint8_t version = rd_u8(&look) >> 4;

	return version == 4 ? ipv4(r, missing) : version == 6 && ipv6(r, missing);
}

/* The commonest frames without IP: then there is no packet inside, but the tunnel is one. */
static bool llc(struct rd r, size_t length, uint32_t missing)
{
	bool fits = guess_fits(&r, missing, length);
	uint16_t saps = rd_be16(&r);
	uint8_t control = rd_u8(&r);

	return !rd_short(&r) && fits && control == LLC_UI && (saps == SAP_STP || saps == SAP_SNAP);
}

/* IEEE 802.1Q 8.6.3: addresses that no bridge forwards. */
static bool is_link_group(const uint8_t *mac)
{
	return mac && mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 && mac[3] == 0 &&
	       mac[4] == 0;
}

bool guess_ethernet(struct rd r, uint32_t missing)
{
	const uint8_t *to = rd_take(&r, 6);

	rd_skip(&r, 6);

	uint16_t type = rd_be16(&r);

	for (unsigned n = 0; n < TAGS_MAX; n++) {
		if (type != TYPE_CTAG && type != TYPE_STAG && type != TYPE_STAG_OLD)
			break;
		rd_skip(&r, 2);
		type = rd_be16(&r);
	}
	if (rd_short(&r))
		return false;
	switch (type) {
	case TYPE_IPV4:
		return rd_left(&r) && *r.p >> 4 == 4 && guess_ip(r, missing);
	case TYPE_IPV6:
		return rd_left(&r) && *r.p >> 4 == 6 && guess_ip(r, missing);
	case TYPE_ARP: /* RFC 826: on Ethernet, for IPv4 */
		return rd_be32(&r) == 0x00010800 && rd_be16(&r) == ARP_IPV4;
	case TYPE_LLDP:
		return is_link_group(to);
	default:
		return type <= LENGTH_MAX && llc(r, type, missing);
	}
}
