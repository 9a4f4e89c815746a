// SPDX-License-Identifier: BSD-2-Clause
/*
 * GRE: RFC 2784 2.1 with key and sequence number (RFC 2890 2), the routing field of RFC 1701,
 * version 1 as PPTP has it (RFC 2637 4.1), and NVGRE (RFC 7637 3.2). Also in UDP (RFC 8086).
 *
 *   C R K S s recursion(3) A flags(4) version(3) | protocol(16) | optional words in that order
 */
#include "decode/layer.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACK = 0x0080,
	GRE_VERSION = 0x0007,

	PROTO_BRIDGED = 0x6558, /* transparent Ethernet bridging */
	PROTO_ERSPAN = 0x88be,  /* type I and II */
	PROTO_ERSPAN3 = 0x22eb,
	PROTO_PPP = 0x880b,
	PROTO_WCCP = 0x883e,

	VSID_MIN = 0x1000, /* RFC 7637 3.2: those below are reserved */
};

/* RFC 1701 "Routing": source route entries, until one of family 0 and length 0. */
static void skip_routing(struct rd *r)
{
	while (!rd_short(r)) {
		uint16_t family = rd_be16(r);

		rd_skip(r, 1);

		uint8_t length = rd_u8(r);

		if (family == 0 && length == 0)
			return;
		rd_skip(r, length);
	}
}

/* RFC 7637 3.2: neither checksum nor sequence number, and a key of network(24) and flow(8).
 * Bridging with a key of one's own looks the same unless the network would be a reserved one. */
static void bridged(struct layer *l, uint16_t flags, uint32_t key)
{
	uint16_t set = flags & (GRE_CHECKSUM | GRE_KEY | GRE_SEQUENCE);

	if (set == GRE_KEY && key >> 8 >= VSID_MIN)
		layer_tunnel(l, TUNNEL_NVGRE, key >> 8);
	l->next = decode_ethernet;
}

/* Web caches get packets redirected in GRE, in version 2 behind a header of four bytes
 * (draft-wilson-wrec-wccp-v2-01 4.12). */
static void redirected(struct layer *l)
{
	if (!guess_ip_here(l))
		rd_skip(&l->r, 4);
	l->next = decode_raw;
}

enum decode_skip decode_gre(struct decoder *d, struct layer *l)
{
	uint32_t key = 0;
	uint16_t flags = rd_be16(&l->r), proto = rd_be16(&l->r);
	uint8_t version = flags & GRE_VERSION;

	if (flags & (GRE_CHECKSUM | GRE_ROUTING))
		rd_skip(&l->r, 4);
	if (flags & GRE_KEY)
		key = rd_be32(&l->r);
	if (flags & GRE_SEQUENCE)
		rd_skip(&l->r, 4);
	if (version == 1 && flags & GRE_ACK)
		rd_skip(&l->r, 4);
	if (flags & GRE_ROUTING)
		skip_routing(&l->r);
	if (rd_short(&l->r))
		return SKIP_TRANSPORT_SHORT;

	/* RFC 2637 4.1: the key is length(16) call(16). */
	if (version == 1 && key >> 16)
		layer_limit(l, key >> 16);
	/* Acknowledgements (RFC 2637 4.1) and keep-alives have no content: then this packet is all
	 * there is. */
	if (layer_wire(l) == 0)
		return DECODE_OK;
	if (version == 1) {
		layer_tunnel(l, TUNNEL_GRE, key & 0xffff);
		l->next = proto == PROTO_PPP ? decode_ppp : NULL;
		return l->next ? DECODE_OK : SKIP_TUNNEL;
	}
	if (version != 0)
		return SKIP_TUNNEL;

	switch (proto) {
	case PROTO_BRIDGED:
		bridged(l, flags, key);
		break;
	case PROTO_ERSPAN:
		/* Type I has neither a sequence number nor a header of its own. */
		if (flags & GRE_SEQUENCE) {
			l->next = decode_erspan2;
			return DECODE_OK;
		}
		layer_tunnel(l, TUNNEL_ERSPAN, 0);
		l->next = decode_ethernet;
		break;
	case PROTO_WCCP:
		redirected(l);
		break;
	case PROTO_PPP:
		l->next = decode_ppp;
		break;
	case PROTO_ERSPAN3:
		l->next = decode_erspan3;
		return DECODE_OK;
	default:
		l->next = decode_by_ethertype(proto);
	}
	layer_tunnel(l, TUNNEL_GRE, key);
	return l->next ? DECODE_OK : SKIP_TUNNEL;
}
