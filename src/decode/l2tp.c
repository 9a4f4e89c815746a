// SPDX-License-Identifier: BSD-2-Clause
/*
 * L2TP. Version 2 carries PPP in UDP (RFC 2661 3.1):
 *
 *   T L - - S - O P -(4) version(4) | [length(16)] tunnel(16) session(16) [Ns(16) Nr(16)]
 *   [offset size(16) padding] | PPP
 *
 * Version 3 (RFC 3931 4.1) carries any link layer, over IP or in UDP behind four bytes of flags:
 *
 *   session(32) [cookie(32 or 64)] [sublayer(32)] | frame
 *
 * What of the brackets is there, and what the frame is, was agreed by control messages that nobody
 * may have captured: the few arrangements are tried, and must make sense up to the IP header.
 */
#include "base/cpu.h"
#include "decode/layer.h"

enum {
	L2TP_CONTROL = 0x8000,
	L2TP_LENGTH = 0x4000,
	L2TP_SEQUENCE = 0x0800,
	L2TP_OFFSET = 0x0200,
	L2TP_RESERVED = 0x34f0,
	L2TP_VERSION = 0x000f,
	L2TP3_RESERVED = 0x7ff0,

	PPP_ADDRESS_CONTROL = 0xff03,
	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
};

static bool looks_ppp(struct rd r, uint32_t missing)
{
	if (rd_be16(&r) != PPP_ADDRESS_CONTROL)
		return false;

	uint16_t protocol = rd_be16(&r);

	if (rd_short(&r) || (protocol != PPP_IPV4 && protocol != PPP_IPV6))
		return false;
	return guess_ip(r, missing);
}

static enum decode_skip session3(struct layer *l)
{
	/* Cookie and sublayer (RFC 3931 4.6.1 has one of four bytes). */
	static const uint8_t between[] = {0, 4, 8, 12};
	uint32_t session = rd_be32(&l->r);

	/* Session 0 is for control messages over IP (4.1.1.2). */
	if (rd_short(&l->r))
		return SKIP_TRANSPORT_SHORT;
	if (session == 0)
		return SKIP_TUNNEL;
	for (size_t i = 0; i < N_ELEMENTS(between); i++) {
		struct rd r = l->r;
		uint32_t missing = guess_missing(l);

		rd_skip(&r, between[i]);
		if (rd_short(&r))
			break;
		if (guess_ethernet(r, missing))
			l->next = decode_ethernet;
		else if (looks_ppp(r, missing))
			l->next = decode_ppp;
		else if (guess_ip(r, missing)) /* RFC 4349 has frames of other kinds; IP is one */
			l->next = decode_raw;
		if (l->next) {
			l->r = r;
			layer_tunnel(l, TUNNEL_L2TP, session);
			return DECODE_OK;
		}
	}
	return SKIP_TUNNEL;
}

enum decode_skip decode_l2tp3(struct decoder *d, struct layer *l)
{
	return session3(l);
}

static enum decode_skip session2(struct layer *l, uint16_t flags, size_t whole)
{
	size_t before = 2;

	if (flags & L2TP_LENGTH) {
		size_t length = rd_be16(&l->r);

		before += 2;
		if (length < before || (length > whole && !l->packet->fragment))
			return SKIP_TUNNEL;
		layer_limit(l, length - before);
	}

	uint16_t tunnel = rd_be16(&l->r), session = rd_be16(&l->r);

	if (flags & L2TP_SEQUENCE)
		rd_skip(&l->r, 4);
	if (flags & L2TP_OFFSET)
		rd_skip(&l->r, rd_be16(&l->r));
	/* Zero stands for the control connection (3.1, 5.1). */
	if (rd_short(&l->r) || tunnel == 0 || session == 0)
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_L2TP, session);
	l->next = decode_ppp;
	return DECODE_OK;
}

enum decode_skip decode_l2tp(struct decoder *d, struct layer *l)
{
	size_t whole = layer_wire(l);
	uint16_t flags = rd_be16(&l->r);

	if (rd_short(&l->r) || flags & L2TP_CONTROL)
		return SKIP_TUNNEL;
	switch (flags & L2TP_VERSION) {
	case 2:
		return flags & L2TP_RESERVED ? SKIP_TUNNEL : session2(l, flags, whole);
	case 3: /* RFC 3931 4.1.2.1 */
		if (flags & L2TP3_RESERVED || rd_be16(&l->r) != 0)
			return SKIP_TUNNEL;
		return session3(l);
	default:
		return SKIP_TUNNEL;
	}
}
