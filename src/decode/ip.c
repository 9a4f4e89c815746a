// SPDX-License-Identifier: BSD-2-Clause
/* IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200). */
#include <string.h>

#include "decode/layer.h"

enum {
	IPV4_HEADER = 20,
	IPV4_MF = 0x2000,
	IPV4_OFFSET = 0x1fff,
	IPV6_HEADER = 40,

	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_NONE = 59,
	EXT_DESTINATION = 60,
	EXT_MOBILITY = 135, /* RFC 6275 6.1 */
	EXT_HIP = 139,      /* RFC 7401 5.1 */
	EXT_SHIM6 = 140,    /* RFC 5533 5.1 */
	EXT_LIMIT = 16,     /* headers in one packet; real ones have one or two */

	PROTO_IPV4 = 4,  /* RFC 2003 */
	PROTO_IPV6 = 41, /* RFC 2473, RFC 4213 3 */

	ETHERNET_MTU = 1500,
};

struct addr decode_addr6(struct rd *r, uint16_t vlan)
{
	const uint8_t *p = rd_take(r, 16);
	struct addr a = {0};

	if (!p)
		return a;
	memcpy(a.b, p, 16);
	/* BSD kernels keep the interface in these bytes; the link is ours to name (RFC 4291 2.5.6).
	 */
	if (a.b[0] == 0xfe && (a.b[1] & 0xc0) == 0x80) {
		a.b[2] = (uint8_t)(vlan >> 8);
		a.b[3] = (uint8_t)vlan;
	}
	return a;
}

enum decode_skip decode_ip_extensions(struct rd *r, bool v4, uint8_t *proto,
				      struct ip_frag *ret_frag, uint32_t *notes)
{
	const uint8_t *begin = r->p;

	for (unsigned n = 0; n < EXT_LIMIT; n++) {
		uint8_t next, length;
		uint32_t before, id;
		uint16_t offset;

		switch (*proto) {
		case IPPROTO_NR_AH: /* RFC 4302 2.2: in words, minus 2 */
			next = rd_u8(r);
			length = rd_u8(r);
			rd_skip(r, ((size_t)length + 2) * 4 - 2);
			*notes |= 1U << NOTE_AH;
			break;
		case EXT_HOP_BY_HOP:
		case EXT_ROUTING:
		case EXT_DESTINATION:
		case EXT_MOBILITY:
		case EXT_HIP:
		case EXT_SHIM6:
			if (v4)
				return DECODE_OK;
			next = rd_u8(r);
			length = rd_u8(r);
			rd_skip(r, ((size_t)length + 1) * 8 - 2); /* RFC 8200 4.3 */
			break;
		case EXT_FRAGMENT: /* RFC 8200 4.5 */
			if (v4)
				return DECODE_OK;
			before = (uint32_t)(r->p - begin);
			next = rd_u8(r);
			rd_skip(r, 1);
			offset = rd_be16(r);
			id = rd_be32(r);
			/* One inside of a fragment (4.1 allows one header of a kind) can only be
			 * understood when that one's datagram is whole. */
			if (ret_frag->first && offset >> 3 == 0 && !(offset & 1))
				break;
			if (ret_frag->first)
				return SKIP_EXT_BAD;
			*ret_frag = (struct ip_frag){
				.present = true,
				.first = offset >> 3 == 0 && offset & 1,
				.later = offset >> 3 != 0,
				.more = offset & 1,
				.offset = offset >> 3,
				.id = id,
				.before = before,
				.data = r->p,
			};
			break;
		default:
			return DECODE_OK;
		}
		if (rd_short(r))
			return SKIP_EXT_BAD;
		*proto = next;
		if (ret_frag->later)
			return DECODE_OK;
	}
	return SKIP_EXT_BAD;
}

/* What an IP header in front of this one left behind belongs to a tunnel's packet. */
static void begin(struct layer *l, bool v4)
{
	struct packet *k = l->packet;
	bool was_v4 = l->v4;

	l->v4 = v4;
	if (l->n_ip++ == 0)
		return;
	layer_note(l, NOTE_TUNNEL);
	/* Any other tunnel has a header in between and named itself there. */
	if (l->proto == PROTO_IPV4 || (l->proto == PROTO_IPV6 && !was_v4))
		layer_tunnel(l, TUNNEL_IPIP, 0);
	else if (l->proto == PROTO_IPV6)
		layer_tunnel(l, TUNNEL_SIXIN4, 0);
	k->sport = k->dport = 0;
	k->fragment = k->later_fragment = false;
	k->has_ip_id = false;
	k->ip_id = 0;
	k->frag_offset = 0;
}

/* Both families, once the addresses are known and only the payload is left in l->r. */
static enum decode_skip payload(struct decoder *d, struct layer *l, struct ip_frag frag,
				uint32_t key_proto)
{
	struct packet *k = l->packet;

	k->transport = l->r.p;
	k->transport_len = (uint32_t)rd_left(&l->r);
	if (frag.first || frag.later) {
		enum decode_skip skip = decode_fragment(d, l, &frag, key_proto);

		if (skip != DECODE_OK || frag.later)
			return skip;
	}
	k->proto = l->proto;
	layer_payload(l);
	if (k->proto == IPPROTO_NR_ESP) {
		k->esp = true;
		layer_note(l, NOTE_ESP);
	}
	l->next = decode_by_proto(k->proto);
	return DECODE_OK;
}

enum decode_skip decode_ipv4(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	uint8_t first = rd_u8(&look);
	size_t header = (size_t)(first & 0xf) * 4;

	if (rd_short(&look))
		return SKIP_IP_SHORT;
	if (first >> 4 != 4 || header < IPV4_HEADER)
		return SKIP_IP_BAD;

	const uint8_t *p = rd_take(&l->r, header);
	struct rd r = rd_over(p, p ? header : 0);

	if (!p)
		return SKIP_IP_SHORT;

	begin(l, true);
	rd_skip(&r, 2);

	struct packet *k = l->packet;
	uint16_t total = rd_be16(&r), id = rd_be16(&r), offset = rd_be16(&r);

	k->ttl = rd_u8(&r);
	l->proto = rd_u8(&r);
	rd_skip(&r, 2);
	k->src = addr_v4(rd_be32(&r));
	k->dst = addr_v4(rd_be32(&r));

	/* 0 stands for "set by the network card": a segment larger than the field can tell. */
	if (total != 0) {
		if (total < header)
			return SKIP_IP_BAD;
		layer_limit(l, total - header);
	}
	k->ip_len = (uint32_t)(header + layer_wire(l));
	/* RFC 6864 4.1: it means something in fragments alone, but who sends copies copies it. 0
	 * is what hosts write that do not number. */
	k->has_ip_id = id != 0;
	k->ip_id = id;
	k->frag_offset = offset & IPV4_OFFSET;
	if (l->n_ip == 1 && k->ip_len > ETHERNET_MTU)
		layer_note(l, NOTE_ABOVE_MTU);
	if (!checksum_good(checksum_add(0, p, header)))
		layer_note(l, NOTE_BAD_CHECKSUM);

	struct ip_frag frag = {
		.later = (offset & IPV4_OFFSET) != 0,
		.first = (offset & (IPV4_OFFSET | IPV4_MF)) == IPV4_MF,
		.more = offset & IPV4_MF,
		.offset = offset & IPV4_OFFSET,
		.before = (uint32_t)header,
		.data = l->r.p,
		.id = id,
	};
	uint32_t key_proto = l->proto;

	if (!frag.later && l->proto == IPPROTO_NR_AH) {
		struct ip_frag none = {0};
		enum decode_skip skip =
			decode_ip_extensions(&l->r, true, &l->proto, &none, &l->notes);

		if (skip != DECODE_OK)
			return SKIP_TRANSPORT_SHORT;
	}
	return payload(d, l, frag, key_proto);
}

enum decode_skip decode_ipv6(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	uint8_t first = rd_u8(&look);

	if (rd_short(&look))
		return SKIP_IP_SHORT;
	if (first >> 4 != 6)
		return SKIP_IP_BAD;

	struct packet *k = l->packet;

	rd_skip(&l->r, 4);

	uint16_t length = rd_be16(&l->r);
	uint8_t next = rd_u8(&l->r), hops = rd_u8(&l->r);
	struct addr src = decode_addr6(&l->r, k->vlan), dst = decode_addr6(&l->r, k->vlan);

	if (rd_short(&l->r))
		return SKIP_IP_SHORT;
	begin(l, false);
	l->proto = next;
	k->ttl = hops;
	k->src = src;
	k->dst = dst;

	/* 0 is a jumbogram (RFC 2675 3) or offload, both as long as the frame, or really nothing.
	 */
	if (length != 0 || l->proto == EXT_NONE)
		layer_limit(l, length);
	k->ip_len = (uint32_t)(IPV6_HEADER + layer_wire(l));
	if (l->n_ip == 1 && k->ip_len > ETHERNET_MTU)
		layer_note(l, NOTE_ABOVE_MTU);

	struct ip_frag frag = {0};
	enum decode_skip skip = decode_ip_extensions(&l->r, false, &l->proto, &frag, &l->notes);

	if (skip != DECODE_OK)
		return skip;
	k->has_ip_id = frag.present;
	k->ip_id = frag.id;
	k->frag_offset = frag.offset;
	return payload(d, l, frag, FRAG_KEY_V6);
}
