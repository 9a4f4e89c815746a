// SPDX-License-Identifier: BSD-2-Clause
/*
 * What bridges put between the addresses of an Ethernet frame and its EtherType, or in front of the
 * whole frame. A mirror port shows such frames when it copies a trunk, an uplink of a fabric or the
 * port of a switch's own processor. VLAN tags are in vlan.c.
 */
#include <string.h>

#include "decode/layer.h"

/* Takes n bytes of a tag that has an EtherType behind it. */
static enum decode_skip tag(struct layer *l, size_t n)
{
	rd_skip(&l->r, n);

	uint16_t type = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	return decode_ethertype(l, type);
}

/* Takes n bytes that have a whole frame behind them. */
static enum decode_skip envelope(struct layer *l, size_t n)
{
	rd_skip(&l->r, n);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_ethernet;
	return DECODE_OK;
}

/* Cisco VN-Tag: direction(1) pointer(1) destination(14) looped(1) -(1) version(2) source(12) */
enum decode_skip decode_vntag(struct decoder *d, struct layer *l)
{
	return tag(l, 4);
}

/* IEEE 802.1BR 7.5: priority(3) drop(1) ingress(12) -(2) group(2) base(12) extensions(16) */
enum decode_skip decode_etag(struct decoder *d, struct layer *l)
{
	return tag(l, 6);
}

/* HSR, IEC 62439-3 5.7: path(4) size(12) sequence(16). What PRP appends (4.2.7.3) is a trailer. */
enum decode_skip decode_hsr(struct decoder *d, struct layer *l)
{
	return tag(l, 4);
}

/* Cisco MetaData: version(8)=1 options(8) | each: length and kind(16) security group(16). There is
 * one at least, also where the count was left 0. */
enum decode_skip decode_cmd(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 1);

	uint8_t options = rd_u8(&l->r);

	return tag(l, options ? (size_t)options * 4 : 4);
}

/* MACsec, IEEE 802.1AE-2018 9.3: version(1) station(1) SCI(1) broadcast(1) encrypted(1) changed(1)
 *   association(2) | short length(8) packet number(32) [SCI(64)] | EtherType ... check value */
enum {
	MACSEC_VERSION = 0x80,
	MACSEC_SCI = 0x20,
	MACSEC_ENCRYPTED = 0x08,
	MACSEC_CHANGED = 0x04,
	MACSEC_SHORT = 0x3f,
	MACSEC_CHECK = 16, /* 14.5: of both default cipher suites */
};

enum decode_skip decode_macsec(struct decoder *d, struct layer *l)
{
	uint8_t control = rd_u8(&l->r), shorter = rd_u8(&l->r) & MACSEC_SHORT;

	rd_skip(&l->r, control & MACSEC_SCI ? 4 + 8 : 4);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (control & MACSEC_VERSION)
		return SKIP_NOT_IP;
	if (control & (MACSEC_ENCRYPTED | MACSEC_CHANGED))
		return SKIP_ENCRYPTED;
	if (shorter) /* 9.7: fewer than 48 bytes, so the frame may be padded */
		layer_limit(l, shorter);
	else
		layer_trim(l, MACSEC_CHECK);
	return tag(l, 0);
}

/* IEEE 802.1Q-2018 9.7: priority(3) drop(1) -(4) service(24) | the customer's frame. The backbone's
 * VLAN tag in front of it is the outermost one, and counts. */
enum decode_skip decode_pbb(struct decoder *d, struct layer *l)
{
	return envelope(l, 4);
}

/* RFC 6325 3.1: version(2) -(2) multicast(1) option words(5) hops(6) egress(16) ingress(16) */
enum { TRILL_VERSION = 0xc000, TRILL_OPTIONS_SHIFT = 6, TRILL_OPTIONS = 0x1f };

enum decode_skip decode_trill(struct decoder *d, struct layer *l)
{
	uint16_t first = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (first & TRILL_VERSION)
		return SKIP_NOT_IP;
	return envelope(l, 4 + (size_t)(first >> TRILL_OPTIONS_SHIFT & TRILL_OPTIONS) * 4);
}

/* Cisco FabricPath: tree(10) hops(6) */
enum decode_skip decode_fabricpath(struct decoder *d, struct layer *l)
{
	return envelope(l, 2);
}

/* Cisco ISL: destination(40) kind(4) -(4) source(48) length(16) aaaa03 vendor(24) VLAN(15) BPDU(1)
 *   index(16) reserved(16) | frame. decode_ethernet() has read as far as the length. */
enum { ISL_ETHERNET = 0, ISL_LLC = 0xaaaa03 };

bool is_isl(const uint8_t destination[6])
{
	static const uint8_t group[] = {0x00, 0x0c, 0x00, 0x00};

	return (destination[0] == 0x01 || destination[0] == 0x0c) &&
	       memcmp(destination + 1, group, sizeof group) == 0;
}

enum decode_skip decode_isl(struct layer *l, const uint8_t destination[6])
{
	uint32_t llc = rd_be24(&l->r);

	rd_skip(&l->r, 3);

	uint16_t vlan = rd_be16(&l->r) >> 1;

	if (!rd_short(&l->r) && (llc != ISL_LLC || destination[5] >> 4 != ISL_ETHERNET))
		return SKIP_NOT_IP;
	if (l->packet->vlan == 0)
		l->packet->vlan = vlan;
	return envelope(l, 4);
}

/* Tags of switch chips between the port of the processor and the others. Their layouts are in
 * https://www.tcpdump.org/linktypes.html. */
static const uint8_t *addresses(struct layer *l)
{
	rd_skip(&l->r, 6);

	const uint8_t *source = rd_take(&l->r, 6);

	if (source)
		memcpy(l->packet->src_mac, source, 6);
	return source;
}

enum decode_skip decode_dsa_broadcom(struct decoder *d, struct layer *l)
{
	return addresses(l) ? tag(l, 4) : SKIP_LINK_SHORT;
}

enum decode_skip decode_dsa_broadcom_front(struct decoder *d, struct layer *l)
{
	return envelope(l, 4);
}

/* Marvell: mode(2) tagged(1) device(5) port(5) -(3) priority(3) -(1) VLAN(12), in the place of the
 * VLAN tag that the frame had. */
enum { MARVELL_TAGGED = 0x20, MARVELL_VLAN = 0x0fff };

static enum decode_skip marvell(struct layer *l)
{
	uint8_t first = rd_u8(&l->r);

	rd_skip(&l->r, 1);

	uint16_t vlan = rd_be16(&l->r) & MARVELL_VLAN;

	if (first & MARVELL_TAGGED)
		l->packet->vlan = vlan;
	return tag(l, 0);
}

enum decode_skip decode_dsa_marvell(struct decoder *d, struct layer *l)
{
	return addresses(l) ? marvell(l) : SKIP_LINK_SHORT;
}

/* The same behind an EtherType of its own and two reserved bytes. */
enum decode_skip decode_dsa_marvell_typed(struct decoder *d, struct layer *l)
{
	if (!addresses(l))
		return SKIP_LINK_SHORT;
	rd_skip(&l->r, 4);
	return marvell(l);
}
