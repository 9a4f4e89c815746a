// SPDX-License-Identifier: BSD-2-Clause
/*
 * Link layers: Ethernet (IEEE 802.3), Linux cooked captures, BSD loopback, raw IP. LINKTYPE_ values
 * and their headers are those of https://www.tcpdump.org/linktypes.html.
 */
#include <string.h>

#include "decode/layer.h"

enum {
	ETHERTYPE_MIN = 0x600, /* below it the field is a length, IEEE 802.3 3.2.6 */
	SAP_IP = 0x06,
	SAP_SNAP = 0xaa,
	ORGANISATION_RFC1042 = 0x000000,
	ORGANISATION_8021H = 0x0000f8,
	ORGANISATION_8021 = 0x0080c2, /* bridged frames, RFC 2684 5.2 and RFC 2427 4.2 */
	BRIDGED_ETHERNET_FCS = 0x0001,
	BRIDGED_ETHERNET = 0x0007,
	LLC_BRIDGED_PAD = 2, /* RFC 2684 5.2; behind a NLPID there is none */
};

enum decode_skip decode_snap(struct layer *l, size_t pad)
{
	uint32_t organisation = rd_be24(&l->r);
	uint16_t type = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	switch (organisation) {
	case ORGANISATION_RFC1042:
	case ORGANISATION_8021H:
		l->next = decode_by_ethertype(type);
		break;
	case ORGANISATION_8021:
		if (type != BRIDGED_ETHERNET && type != BRIDGED_ETHERNET_FCS)
			return SKIP_NOT_IP;
		rd_skip(&l->r, pad);
		l->next = decode_ethernet;
		break;
	default:
		return SKIP_NOT_IP;
	}
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

/* IEEE 802.2: destination and source service, control. */
enum decode_skip decode_llc(struct decoder *d, struct layer *l)
{
	uint8_t dsap = rd_u8(&l->r), ssap = rd_u8(&l->r), control = rd_u8(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (control != LLC_UNNUMBERED)
		return SKIP_NOT_IP;
	if (dsap == SAP_IP && ssap == SAP_IP) {
		l->next = decode_ipv4;
		return DECODE_OK;
	}
	if (dsap != SAP_SNAP || ssap != SAP_SNAP)
		return SKIP_NOT_IP;
	return decode_snap(l, LLC_BRIDGED_PAD);
}

enum decode_skip decode_ethertype(struct layer *l, uint16_t type)
{
	l->next = type < ETHERTYPE_MIN ? decode_llc : decode_by_ethertype(type);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

enum decode_skip decode_ethernet(struct decoder *d, struct layer *l)
{
	const uint8_t *destination = rd_take(&l->r, 6), *mac = rd_take(&l->r, 6);
	uint16_t type = rd_be16(&l->r);

	if (rd_short(&l->r) || !destination || !mac)
		return SKIP_LINK_SHORT;
	if (type < ETHERTYPE_MIN && is_isl(destination))
		return decode_isl(l, destination);
	memcpy(l->packet->src_mac, mac, 6);
	return decode_ethertype(l, type);
}

enum {
	SLL_8022 = 4,
	ARPHRD_FRAD = 770,
	ARPHRD_IPGRE = 778,
	ARPHRD_80211 = 801,
	ARPHRD_80211_PRISM = 802,
	ARPHRD_80211_RADIOTAP = 803,
	ARPHRD_IP6GRE = 823,
	ARPHRD_NETLINK = 824,
	GRE_BRIDGED = 0x6558,
};

/* The protocol field is an EtherType, but for a few values and hardware types. */
static enum decode_skip sll_protocol(struct layer *l, uint16_t hardware, uint16_t type)
{
	switch (hardware) {
	case ARPHRD_NETLINK:
		return SKIP_NOT_IP;
	case ARPHRD_FRAD:
		l->next = decode_frelay;
		return DECODE_OK;
	case ARPHRD_80211:
		l->next = decode_80211;
		return DECODE_OK;
	case ARPHRD_80211_PRISM:
		l->next = decode_prism;
		return DECODE_OK;
	case ARPHRD_80211_RADIOTAP:
		l->next = decode_radiotap;
		return DECODE_OK;
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		if (type == GRE_BRIDGED) {
			l->next = decode_ethernet;
			return DECODE_OK;
		}
		break;
	default:
		break;
	}
	l->next = type == SLL_8022 ? decode_llc : decode_by_ethertype(type);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

static void sll_address(struct layer *l, uint16_t length, const uint8_t *a)
{
	if (length == 6)
		memcpy(l->packet->src_mac, a, 6);
}

enum decode_skip decode_sll(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 2);

	uint16_t hardware = rd_be16(&l->r), length = rd_be16(&l->r);
	const uint8_t *address = rd_take(&l->r, 8);
	uint16_t type = rd_be16(&l->r);

	if (rd_short(&l->r) || !address)
		return SKIP_LINK_SHORT;
	sll_address(l, length, address);
	return sll_protocol(l, hardware, type);
}

enum decode_skip decode_sll2(struct decoder *d, struct layer *l)
{
	uint16_t type = rd_be16(&l->r);

	rd_skip(&l->r, 6);

	uint16_t hardware = rd_be16(&l->r);

	rd_skip(&l->r, 1);

	uint8_t length = rd_u8(&l->r);
	const uint8_t *address = rd_take(&l->r, 8);

	if (rd_short(&l->r) || !address)
		return SKIP_LINK_SHORT;
	sll_address(l, length, address);
	return sll_protocol(l, hardware, type);
}

/* AF_INET6 never got one number: Linux 10, Windows 23, NetBSD and OpenBSD 24, FreeBSD 28, macOS
 * 30. */
decode_fn *decode_by_family(uint32_t family)
{
	switch (family) {
	case 2:
		return decode_ipv4;
	case 10:
	case 23:
	case 24:
	case 28:
	case 30:
		return decode_ipv6;
	default:
		return NULL;
	}
}

/* The family word is in the byte order of the machine that captured, whatever the file's own order
 * is. All families are small: the order that makes it small is the right one. */
enum decode_skip decode_null(struct decoder *d, struct layer *l)
{
	uint32_t value = rd_be32(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_by_family(value);
	if (!l->next)
		l->next = decode_by_family(__builtin_bswap32(value));
	/* Some drivers left an EtherType in it instead. */
	if (!l->next)
		l->next = decode_by_ethertype((uint16_t)value);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

/* OpenBSD writes it in network order; files exist that do not. */
enum decode_skip decode_loop(struct decoder *d, struct layer *l)
{
	return decode_null(d, l);
}

enum decode_skip decode_raw(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	uint8_t version = rd_u8(&look) >> 4;

	if (rd_short(&look))
		return SKIP_IP_SHORT;
	if (version != 4 && version != 6)
		return SKIP_IP_BAD;
	l->next = version == 4 ? decode_ipv4 : decode_ipv6;
	return DECODE_OK;
}
