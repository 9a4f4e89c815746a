// SPDX-License-Identifier: BSD-2-Clause
/*
 * Headers that operating systems put in front of packets: what firewalls log (PFLOG, NFLOG), what
 * IPsec hands over (ENC), what a host tells of itself (PKTAP, IPNET). They are defined by the
 * systems' headers; https://www.tcpdump.org/linktypes.html names them.
 */
#include <string.h>

#include "decode/layer.h"

/* Goes on with the IP version that the address family says. */
static enum decode_skip by_family(struct layer *l, uint32_t family)
{
	l->next = decode_by_family(family);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

/*
 * PFLOG: length(8) family(8) action(8) reason(8) interface name(128) ...
 *
 * The length is that of what the system's version fills: 45 to 48 bytes in old OpenBSD, 61 in
 * NetBSD, macOS and old FreeBSD, 69 in FreeBSD, 100 in OpenBSD. The packet begins at the next
 * multiple of 4.
 */
enum { PFLOG_MIN = 45, PFLOG_OLD_NAMES = 16 + 2 + 2 + 2 + 2 };

enum decode_skip decode_pflog(struct decoder *d, struct layer *l)
{
	uint8_t length = rd_u8(&l->r), family = rd_u8(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (length < PFLOG_MIN)
		return SKIP_LINKTYPE;
	rd_skip(&l->r, (length + 3U) / 4 * 4 - 2);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	return by_family(l, family);
}

/* Of the first pf: family(32) interface(128) rule(16) reason(16) action(16) direction(16) */
enum decode_skip decode_pflog_old(struct decoder *d, struct layer *l)
{
	uint32_t family = rd_be32(&l->r);

	rd_skip(&l->r, PFLOG_OLD_NAMES);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	return by_family(l, family);
}

/* family(32), in the order of the host as LINKTYPE_NULL has it, security index(32) flags(32) */
enum decode_skip decode_enc(struct decoder *d, struct layer *l)
{
	uint32_t family = rd_be32(&l->r);

	rd_skip(&l->r, 8);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	return by_family(l, family > UINT16_MAX ? __builtin_bswap32(family) : family);
}

/* Solaris: version(8) family(8) hook(16) length(32) interface(32) group(32) zones(32, 32) */
enum { IPNET_REST = 2 + 5 * 4, SOLARIS_INET = 2, SOLARIS_INET6 = 26 };

enum decode_skip decode_ipnet(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 1);

	uint8_t family = rd_u8(&l->r);

	rd_skip(&l->r, IPNET_REST);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (family != SOLARIS_INET && family != SOLARIS_INET6)
		return SKIP_NOT_IP;
	l->next = family == SOLARIS_INET ? decode_ipv4 : decode_ipv6;
	return DECODE_OK;
}

/*
 * NFLOG: family(8) version(8)=0 resource(16) | TLVs: length(16) type(16) value, padded to 4
 *
 * TLVs are in the byte order of the host that captured: lengths count their own header and types
 * are few, so a first TLV makes sense in one order only.
 */
enum {
	NFLOG_TLV = 4,
	NFLOG_TYPES = 64,
	NFLOG_TLVS_MAX = 64,
	NFLOG_PACKET_HEADER = 1, /* EtherType(16) hook(8) -(8) */
	NFLOG_HWADDR = 8,        /* length(16) -(16) address(64) */
	NFLOG_PAYLOAD = 9,
};

static bool nflog_fits(struct rd r, bool little)
{
	uint16_t length = rd_u16(&r, little), type = rd_u16(&r, little);

	return length >= NFLOG_TLV && type < NFLOG_TYPES;
}

enum decode_skip decode_nflog(struct decoder *d, struct layer *l)
{
	uint8_t family = rd_u8(&l->r), version = rd_u8(&l->r);
	uint16_t ethertype = 0;

	rd_skip(&l->r, 2);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (version != 0)
		return SKIP_LINKTYPE;

	bool little = nflog_fits(l->r, true);

	for (unsigned n = 0; n < NFLOG_TLVS_MAX; n++) {
		size_t length = rd_u16(&l->r, little);
		uint16_t type = rd_u16(&l->r, little);

		if (rd_short(&l->r) || length < NFLOG_TLV)
			return SKIP_LINK_SHORT;
		length -= NFLOG_TLV;
		if (type == NFLOG_PAYLOAD) {
			layer_limit(l, length);
			l->next = decode_by_family(family);
			if (!l->next) /* of a bridge, or of a network device */
				l->next = decode_by_ethertype(ethertype);
			return l->next ? DECODE_OK : SKIP_NOT_IP;
		}

		struct rd value = rd_sub(&l->r, length);

		if (type == NFLOG_PACKET_HEADER)
			ethertype = rd_be16(&value);
		if (type == NFLOG_HWADDR && rd_be16(&value) == 6) {
			rd_skip(&value, 2);

			const uint8_t *mac = rd_take(&value, 6);

			if (mac)
				memcpy(l->packet->src_mac, mac, 6);
		}
		rd_skip(&l->r, -length & 3);
	}
	return SKIP_LINK_SHORT;
}

/*
 * PKTAP of macOS: length(32) record(32) link type(32) interface(192) flags(32) family(32)
 *   bytes in front(32) bytes behind(32) ...
 *
 * In the byte order of the host, which its lengths show. The link type is that of the frame that
 * follows the header.
 */
enum {
	PKTAP_MIN = 108,
	PKTAP_MAX = 0x1000,
	PKTAP_HEAD = 12,
	PKTAP_PACKET = 1, /* a record of type 0 carries none */
};

enum decode_skip decode_pktap(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	bool little = rd_be32(&look) > PKTAP_MAX;
	uint32_t length = rd_u32(&l->r, little), record = rd_u32(&l->r, little),
		 type = rd_u32(&l->r, little);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (length < PKTAP_MIN || length > PKTAP_MAX)
		return SKIP_LINKTYPE;
	rd_skip(&l->r, length - PKTAP_HEAD);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (record != PKTAP_PACKET)
		return SKIP_NOT_IP;
	l->next = decode_by_linktype(type);
	return l->next ? DECODE_OK : SKIP_LINKTYPE;
}
