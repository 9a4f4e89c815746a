// SPDX-License-Identifier: BSD-2-Clause
/*
 * PPP (RFC 1661), by itself (LINKTYPE_PPP, LINKTYPE_PPP_HDLC) and in PPPoE sessions (RFC 2516 4):
 *
 *   version(4) type(4) code(8) session(16) length(16) | protocol(8 or 16) ...
 */
#include "decode/layer.h"

enum {
	PPPOE_V1_T1 = 0x11,
	PPPOE_SESSION = 0,
	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057, /* RFC 5072 3 */
	PPP_MPLS = 0x0281, /* RFC 3032 4 */
	PPP_MPLS_MULTICAST = 0x0283,
	PPP_MULTILINK = 0x003d,
	PPP_VJ_COMPRESSED = 0x002d, /* RFC 1332 4 */
	PPP_VJ_UNCOMPRESSED = 0x002f,
	PPP_ENCRYPTED = 0x0053, /* RFC 1968 4 */
	PPP_ENCRYPTED_LINK = 0x0055,
	PPP_COMPRESSED_LINK = 0x00fb, /* RFC 1962 4 */
	PPP_COMPRESSED = 0x00fd,      /* also what MPPE encrypts, RFC 3078 3.1 */
	HDLC_ADDRESS_CONTROL = 0xff03,

	ML_WHOLE = 0xc0, /* begin and end */
	ML_LONG_RESERVED = 0x3f,
	ML_SHORT_RESERVED = 0x30,
	ML_LONG = 4,
	ML_SHORT = 2,
};

/* The protocol that begins here; 0 when it is cut. An odd first byte is a compressed field: RFC
 * 1661 2 and 6.5. */
static uint16_t protocol_field(struct rd *r)
{
	uint16_t protocol = rd_u8(r);

	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | rd_u8(r));
	return rd_short(r) ? 0 : protocol;
}

/* RFC 1990 3: flags and a sequence number of 24 bits or, when agreed, of 12. Packets in one piece
 * are seen; those in several are not put together. */
static enum decode_skip multilink(struct layer *l)
{
	struct rd longer = l->r, shorter = l->r;
	uint8_t flags = rd_left(&l->r) ? *l->r.p : 0;
	uint16_t protocol;

	if ((flags & ML_WHOLE) != ML_WHOLE)
		return SKIP_TUNNEL;
	rd_skip(&shorter, ML_SHORT);
	rd_skip(&longer, ML_LONG);

	struct rd look = longer;

	protocol = protocol_field(&look);
	if (!(flags & ML_LONG_RESERVED) && (protocol == PPP_IPV4 || protocol == PPP_IPV6)) {
		l->r = longer;
	} else {
		if (flags & ML_SHORT_RESERVED || rd_short(&shorter))
			return SKIP_TUNNEL;
		l->r = shorter;
	}
	l->next = decode_ppp;
	return DECODE_OK;
}

enum decode_skip decode_ppp(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;

	if (rd_be16(&look) == HDLC_ADDRESS_CONTROL) /* RFC 1662 3.1 */
		rd_skip(&l->r, 2);

	uint16_t protocol = protocol_field(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	switch (protocol) {
	case PPP_IPV4:
		l->next = decode_ipv4;
		return DECODE_OK;
	case PPP_IPV6:
		l->next = decode_ipv6;
		return DECODE_OK;
	case PPP_MPLS:
	case PPP_MPLS_MULTICAST:
		l->next = decode_mpls;
		return DECODE_OK;
	case PPP_MULTILINK:
		return multilink(l);
	case PPP_VJ_COMPRESSED:
	case PPP_VJ_UNCOMPRESSED:
	case PPP_ENCRYPTED:
	case PPP_ENCRYPTED_LINK:
	case PPP_COMPRESSED_LINK:
	case PPP_COMPRESSED:
		return SKIP_TUNNEL;
	default:
		return SKIP_NOT_IP;
	}
}

enum decode_skip decode_pppoe(struct decoder *d, struct layer *l)
{
	uint8_t kind = rd_u8(&l->r), code = rd_u8(&l->r);

	rd_skip(&l->r, 2);

	uint16_t length = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (kind != PPPOE_V1_T1 || code != PPPOE_SESSION)
		return SKIP_NOT_IP;
	layer_limit(l, length);
	l->next = decode_ppp;
	return DECODE_OK;
}
