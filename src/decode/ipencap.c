// SPDX-License-Identifier: BSD-2-Clause
/*
 * Short headers between one IP packet and another: EtherIP (RFC 3378 3), Ethernet as an IP protocol
 * (RFC 8986 4.9), LISP (RFC 9300 5.1), GUE (draft-ietf-intarea-gue-09, 3), and ESP in UDP (RFC
 * 3948).
 *
 *   EtherIP: version(4)=3 -(12) | frame
 *   LISP:    N L E V I -(1) KK(2) nonce(24) | instance(24) status(8) | IP packet
 *   GUE:     variant(2)=0 C(1) words(5) protocol(8) flags(16) | options | payload
 *            variant(2)=1: the first bits of an IP header
 */
#include "decode/layer.h"

enum {
	ETHERIP_HEADER = 0x3000,

	LISP_V = 0x10,
	LISP_N = 0x80,
	LISP_E = 0x20,
	LISP_I = 0x08,

	PROTO_IPV4 = 4,
	PROTO_IPV6 = 41,
	PROTO_GRE = 47,
	PROTO_ETHERIP = 97,

	GUE_CONTROL = 0x20,
	GUE_WORDS = 0x1f,

	SPI_MIN = 256,   /* RFC 4303 2.1: those below are reserved, 0 is IKE's marker */
	ESP_MIN = 8 + 4, /* header, and one word of padding, its length and next header */
	ESP_ALIGN = 4,   /* RFC 4303 2.4 */
};

/* For headers so bare that nearly every datagram could be one. */
static enum decode_skip ip_follows(struct layer *l, enum tunnel kind, uint32_t id)
{
	if (!guess_ip_here(l))
		return SKIP_TUNNEL;
	layer_tunnel(l, kind, id);
	l->next = decode_raw;
	return DECODE_OK;
}

enum decode_skip decode_etherip(struct decoder *d, struct layer *l)
{
	uint16_t header = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_TRANSPORT_SHORT;
	if (header != ETHERIP_HEADER)
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_ETHERIP, 0);
	l->next = decode_ethernet;
	return DECODE_OK;
}

enum decode_skip decode_ip_ethernet(struct decoder *d, struct layer *l)
{
	layer_tunnel(l, TUNNEL_ETHERIP, 0);
	l->next = decode_ethernet;
	return DECODE_OK;
}

enum decode_skip decode_lisp(struct decoder *d, struct layer *l)
{
	uint8_t flags = rd_u8(&l->r);

	rd_skip(&l->r, 3);

	uint32_t instance = rd_be24(&l->r);

	rd_skip(&l->r, 1);
	if (rd_short(&l->r))
		return SKIP_TUNNEL;
	/* V excludes N, and E needs N. */
	if ((flags & LISP_V && flags & LISP_N) || (flags & LISP_E && !(flags & LISP_N)))
		return SKIP_TUNNEL;
	return ip_follows(l, TUNNEL_LISP, flags & LISP_I ? instance : 0);
}

enum decode_skip decode_gue(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	uint8_t first = rd_u8(&look);

	if (rd_short(&look))
		return SKIP_TUNNEL;
	if (first >> 6 == 1)
		return ip_follows(l, TUNNEL_GUE, 0);

	rd_skip(&l->r, 1);

	uint8_t proto = rd_u8(&l->r);

	rd_skip(&l->r, 2 + (size_t)(first & GUE_WORDS) * 4);
	if (rd_short(&l->r) || first >> 6 != 0 || first & GUE_CONTROL)
		return SKIP_TUNNEL;
	switch (proto) {
	case PROTO_IPV4:
	case PROTO_IPV6:
		if (!guess_ip_here(l))
			return SKIP_TUNNEL;
		break;
	case PROTO_GRE:
	case PROTO_ETHERIP:
		break;
	default:
		/* TCP and UDP in it are between the outer addresses: no packet to take out. */
		return SKIP_TUNNEL;
	}
	layer_tunnel(l, TUNNEL_GUE, 0);
	l->next = decode_by_proto(proto);
	return l->next ? DECODE_OK : SKIP_TUNNEL;
}

/* RFC 3948 2: IKE has four zero bytes here, a keep-alive is one byte. The packet stays UDP. */
enum decode_skip decode_esp_udp(struct decoder *d, struct layer *l)
{
	size_t n = layer_wire(l);
	uint32_t spi = rd_be32(&l->r);

	if (rd_short(&l->r) || spi < SPI_MIN || n < ESP_MIN)
		return SKIP_TUNNEL;
	if (n % ESP_ALIGN != 0 && !l->packet->fragment)
		return SKIP_TUNNEL;
	l->packet->esp = true;
	layer_note(l, NOTE_ESP);
	return DECODE_OK;
}
