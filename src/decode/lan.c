// SPDX-License-Identifier: BSD-2-Clause
/*
 * Local networks that are not Ethernet: FDDI (ISO 9314-2), Token Ring (IEEE 802.5), ARCNET (RFC
 * 1201, 1051, 2497), InfiniBand (RFC 4391), Fibre Channel (RFC 4338), FireWire (RFC 2734 as macOS
 * has it).
 */
#include <string.h>

#include "decode/layer.h"

/* control(8) destination(48) source(48) | LLC. Control CLFFZZZZ: 01 in FF is LLC. Addresses are in
 * the order of the ring, whose bytes begin with the bit that is Ethernet's last. */
enum { FDDI_FORMAT = 0x30, FDDI_LLC = 0x10 };

static uint8_t reversed(uint8_t b)
{
	b = (uint8_t)(b << 4 | b >> 4);
	b = (uint8_t)((b & 0x33) << 2 | (b & 0xcc) >> 2);
	return (uint8_t)((b & 0x55) << 1 | (b & 0xaa) >> 1);
}

enum decode_skip decode_fddi(struct decoder *d, struct layer *l)
{
	uint8_t control = rd_u8(&l->r);

	rd_skip(&l->r, 6);

	const uint8_t *source = rd_take(&l->r, 6);

	if (rd_short(&l->r) || !source)
		return SKIP_LINK_SHORT;
	for (size_t i = 0; i < 6; i++)
		l->packet->src_mac[i] = reversed(source[i]);
	if ((control & FDDI_FORMAT) != FDDI_LLC)
		return SKIP_NOT_IP;
	return decode_llc(d, l);
}

/* access(8) control(8) destination(48) source(48) [route: length(5) in its first byte] | LLC. The
 * first bit of the source says that there is a route (802.5 3.2.4.2, annex C). */
enum {
	TR_FORMAT = 0xc0,
	TR_LLC = 0x40,
	TR_ROUTED = 0x80,
	TR_ROUTE_LENGTH = 0x1f,
};

enum decode_skip decode_token_ring(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 1);

	uint8_t control = rd_u8(&l->r);

	rd_skip(&l->r, 6);

	const uint8_t *source = rd_take(&l->r, 6);

	if (rd_short(&l->r) || !source)
		return SKIP_LINK_SHORT;
	memcpy(l->packet->src_mac, source, 6);
	l->packet->src_mac[0] &= (uint8_t)~TR_ROUTED;
	if (source[0] & TR_ROUTED) {
		struct rd look = l->r;
		size_t length = rd_u8(&look) & TR_ROUTE_LENGTH;

		rd_skip(&l->r, length);
		if (rd_short(&l->r) || rd_short(&look))
			return SKIP_LINK_SHORT;
	}
	if ((control & TR_FORMAT) != TR_LLC)
		return SKIP_NOT_IP;
	return decode_llc(d, l);
}

/*
 * source(8) destination(8) [offset(16): Linux] protocol(8) | split flag(8) sequence(16) | ...
 *
 * RFC 1201 2.1: an even split flag but 0 is a later piece. A flag of ff stands for a frame that was
 * stretched: the header comes once more. RFC 1051 has neither flag nor sequence.
 */
enum {
	ARCNET_IPV6 = 196,
	ARCNET_IPV4 = 212,
	ARCNET_IPV4_OLD = 240,
	ARCNET_STRETCHED = 0xff,
};

static enum decode_skip arcnet(struct layer *l)
{
	uint8_t protocol = rd_u8(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (protocol == ARCNET_IPV4_OLD) {
		l->next = decode_ipv4;
		return DECODE_OK;
	}
	if (protocol != ARCNET_IPV4 && protocol != ARCNET_IPV6)
		return SKIP_NOT_IP;

	uint8_t flag = rd_u8(&l->r);

	rd_skip(&l->r, 2);
	if (flag == ARCNET_STRETCHED) {
		rd_skip(&l->r, 1);
		flag = rd_u8(&l->r);
		rd_skip(&l->r, 2);
	}
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (flag != 0 && flag % 2 == 0)
		return SKIP_FRAG_ORPHAN;
	l->next = protocol == ARCNET_IPV4 ? decode_ipv4 : decode_ipv6;
	return DECODE_OK;
}

enum decode_skip decode_arcnet(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 2);
	return arcnet(l);
}

enum decode_skip decode_arcnet_linux(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 4);
	return arcnet(l);
}

/* RFC 4391 6: EtherType(16) reserved(16). Drivers put a route header of 40 bytes in front of it,
 * which begins with zeros or as IPv6 does (InfiniBand 1.3 8.3). */
enum { IB_ROUTE = 40 };

enum decode_skip decode_ipoib(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	uint16_t type = rd_be16(&look);

	if (!decode_by_ethertype(type)) {
		rd_skip(&l->r, IB_ROUTE);
		look = l->r;
		type = rd_be16(&look);
	}
	rd_skip(&l->r, 4);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_by_ethertype(type);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

/* RFC 4338 4: two names of 8 bytes, whose last six are the address in those that IP uses */
enum decode_skip decode_ip_over_fc(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 8 + 2);

	const uint8_t *source = rd_take(&l->r, 6);

	if (rd_short(&l->r) || !source)
		return SKIP_LINK_SHORT;
	memcpy(l->packet->src_mac, source, 6);
	return decode_llc(d, l);
}

/* destination(64) source(64) EtherType(16); its addresses are no MAC addresses */
enum decode_skip decode_firewire(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 16);

	uint16_t type = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_by_ethertype(type);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}
