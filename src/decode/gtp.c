// SPDX-License-Identifier: BSD-2-Clause
/*
 * GTP, the user's packets in mobile networks. Version 1 (GTP-U, 3GPP TS 29.281 5.1):
 *
 *   version(3) PT(1) -(1) E(1) S(1) PN(1) type(8) length(16) | tunnel endpoint(32)
 *   | sequence(16) N-PDU(8) next extension(8), there when any of E, S, PN is set | extensions
 *
 * and version 0 (3GPP TS 29.060 of release 1997, GSM 09.60 6):
 *
 *   version(3) PT(1) -(4) type(8) length(16) | sequence(16) flow(16) | llc(8) -(24) | tunnel(64)
 */
#include "decode/layer.h"

enum {
	FLAGS_FIXED = 0xf0, /* version and protocol type */
	FLAGS_GTPU = 0x30,  /* 5.1: version 1, PT 1 is GTP and 0 is GTP' */
	FLAGS_GTP0 = 0x10,
	FLAG_EXTENSION = 0x04,
	FLAGS_OPTIONAL = 0x07,
	TYPE_GPDU = 255, /* 6.1: all other messages are between the nodes */
	EXTENSIONS_MAX = 16,
};

/* 5.2.1: length(8, in words) content next(8). */
static bool skip_extensions(struct rd *r, uint8_t next)
{
	for (unsigned n = 0; next != 0; n++) {
		size_t words = rd_u8(r);

		if (n == EXTENSIONS_MAX || words == 0)
			return false;
		rd_skip(r, words * 4 - 2);
		next = rd_u8(r);
		if (rd_short(r))
			return false;
	}
	return true;
}

/* The kind of user packet was agreed when the tunnel was made (TS 23.060 9.2): IP, for 5G also
 * Ethernet. PPP, long gone, is not told from noise. */
static enum decode_skip user_packet(struct layer *l)
{
	struct rd look = l->r;
	uint8_t nibble = rd_u8(&look) >> 4;

	if (rd_short(&look))
		return SKIP_TUNNEL;
	/* First, as an address may begin with anything, also with a 4. */
	if (guess_ethernet_here(l))
		l->next = decode_ethernet;
	else if (nibble == 4 || nibble == 6)
		l->next = nibble == 4 ? decode_ipv4 : decode_ipv6;
	return l->next ? DECODE_OK : SKIP_TUNNEL;
}

/* The length counts what follows the mandatory header. A fragment holds less than was sent. */
static bool limit(struct layer *l, size_t length)
{
	if (length > layer_wire(l) && !l->packet->fragment)
		return false;
	layer_limit(l, length);
	return true;
}

enum decode_skip decode_gtpu(struct decoder *d, struct layer *l)
{
	uint8_t flags = rd_u8(&l->r), type = rd_u8(&l->r);
	uint16_t length = rd_be16(&l->r);
	uint32_t endpoint = rd_be32(&l->r);

	if (rd_short(&l->r) || (flags & FLAGS_FIXED) != FLAGS_GTPU || type != TYPE_GPDU)
		return SKIP_TUNNEL;
	if (!limit(l, length))
		return SKIP_TUNNEL;
	if (flags & FLAGS_OPTIONAL) {
		rd_skip(&l->r, 3);

		uint8_t next = rd_u8(&l->r);

		if (rd_short(&l->r))
			return SKIP_TUNNEL;
		/* Without E the field is there and means nothing. */
		if (flags & FLAG_EXTENSION && !skip_extensions(&l->r, next))
			return SKIP_TUNNEL;
	}
	layer_tunnel(l, TUNNEL_GTPU, endpoint);
	return user_packet(l);
}

enum decode_skip decode_gtp0(struct decoder *d, struct layer *l)
{
	uint8_t flags = rd_u8(&l->r), type = rd_u8(&l->r);
	uint16_t length = rd_be16(&l->r);

	rd_skip(&l->r, 2);

	uint16_t flow = rd_be16(&l->r);

	rd_skip(&l->r, 12);
	if (rd_short(&l->r) || (flags & FLAGS_FIXED) != FLAGS_GTP0 || type != TYPE_GPDU)
		return SKIP_TUNNEL;
	if (!limit(l, length))
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_GTPU, flow);
	return user_packet(l);
}
