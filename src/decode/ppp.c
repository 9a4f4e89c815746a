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
	HDLC_ADDRESS_CONTROL = 0xff03,
};

enum decode_skip decode_ppp(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;

	if (rd_be16(&look) == HDLC_ADDRESS_CONTROL) /* RFC 1662 3.1 */
		rd_skip(&l->r, 2);

	uint16_t protocol = rd_u8(&l->r);

	/* An odd first byte is a compressed protocol field: RFC 1661 2 and 6.5. */
	if (!(protocol & 1))
		protocol = (uint16_t)(protocol << 8 | rd_u8(&l->r));
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
		l->next = decode_mpls;
		return DECODE_OK;
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
