// SPDX-License-Identifier: BSD-2-Clause
/*
 * TaZmen Sniffer Protocol: what access points and routers mirror. There is no standard; the layout
 * is that of its first implementations.
 *
 *   version(8)=1 type(8) encapsulated protocol(16) | tags: number(8) length(8) value ... end(8)=1
 */
#include "decode/layer.h"

enum {
	TZSP_VERSION = 1,
	TYPE_RECEIVED = 0,
	TYPE_TRANSMIT = 1,

	PROTO_ETHERNET = 1,
	PROTO_80211 = 18,
	PROTO_PRISM = 119,
	PROTO_AVS = 127,

	TAG_PADDING = 0, /* these two have no length */
	TAG_END = 1,
	TAGS_MAX = 64,
};

static bool skip_tags(struct rd *r)
{
	for (unsigned n = 0; n < TAGS_MAX; n++) {
		uint8_t tag = rd_u8(r);

		if (rd_short(r))
			return false;
		if (tag == TAG_END)
			return true;
		if (tag != TAG_PADDING)
			rd_skip(r, rd_u8(r));
	}
	return false;
}

enum decode_skip decode_tzsp(struct decoder *d, struct layer *l)
{
	uint8_t version = rd_u8(&l->r), type = rd_u8(&l->r);
	uint16_t proto = rd_be16(&l->r);

	if (!skip_tags(&l->r) || version != TZSP_VERSION)
		return SKIP_TUNNEL;
	if (type != TYPE_RECEIVED && type != TYPE_TRANSMIT)
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_TZSP, 0);
	switch (proto) {
	case PROTO_ETHERNET:
		l->next = decode_ethernet;
		return DECODE_OK;
	case PROTO_80211:
		l->next = decode_80211;
		return DECODE_OK;
	case PROTO_PRISM:
		l->next = decode_prism;
		return DECODE_OK;
	case PROTO_AVS:
		l->next = decode_avs;
		return DECODE_OK;
	default:
		return SKIP_TUNNEL;
	}
}
