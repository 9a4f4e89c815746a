// SPDX-License-Identifier: BSD-2-Clause
/*
 * GRE: RFC 2784 2.1 with key and sequence number (RFC 2890 2), the routing field of RFC 1701, and
 * version 1 as PPTP has it (RFC 2637 4.1).
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

enum decode_skip decode_gre(struct decoder *d, struct layer *l)
{
	uint16_t flags = rd_be16(&l->r), proto = rd_be16(&l->r);
	uint8_t version = flags & GRE_VERSION;

	if (flags & (GRE_CHECKSUM | GRE_ROUTING))
		rd_skip(&l->r, 4);
	if (flags & GRE_KEY)
		rd_skip(&l->r, 4);
	if (flags & GRE_SEQUENCE)
		rd_skip(&l->r, 4);
	if (version == 1 && flags & GRE_ACK)
		rd_skip(&l->r, 4);
	if (flags & GRE_ROUTING)
		skip_routing(&l->r);
	if (rd_short(&l->r))
		return SKIP_TRANSPORT_SHORT;

	if (version == 1) {
		/* Acknowledgements travel alone: then this packet is all there is. */
		if (layer_wire(l) == 0)
			return DECODE_OK;
		l->next = proto == PROTO_PPP ? decode_ppp : NULL;
		return l->next ? DECODE_OK : SKIP_TUNNEL;
	}
	if (version != 0)
		return SKIP_TUNNEL;

	switch (proto) {
	case PROTO_BRIDGED:
		l->next = decode_ethernet;
		break;
	case PROTO_ERSPAN:
		/* Type I has neither a sequence number nor a header of its own. */
		l->next = flags & GRE_SEQUENCE ? decode_erspan2 : decode_ethernet;
		break;
	case PROTO_PPP:
		l->next = decode_ppp;
		break;
	case PROTO_ERSPAN3:
		l->next = decode_erspan3;
		break;
	default:
		l->next = decode_by_ethertype(proto);
	}
	return l->next ? DECODE_OK : SKIP_TUNNEL;
}
