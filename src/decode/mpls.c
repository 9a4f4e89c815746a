// SPDX-License-Identifier: BSD-2-Clause
/*
 * MPLS label stack, RFC 3032 2.1: label(20) class(3) bottom-of-stack(1) ttl(8).
 *
 * Little in the stack names its payload. The first nibble does by convention (RFC 4928 3): 4 and 6
 * are IP, 0 is a pseudowire control word (RFC 4385 3), here before Ethernet (RFC 4448), 1 a control
 * channel. But an Ethernet pseudowire may leave the control word out (RFC 4448 4.6), and then the
 * nibble is that of an address: so what it promises has to make sense, where something else would.
 */
#include "decode/layer.h"

enum {
	BOTTOM_OF_STACK = 0x100,
	LABELS_MAX = 16,
	LABEL_SHIFT = 12,
	LABEL_IPV4 = 0, /* RFC 3032 2.1: explicit null */
	LABEL_IPV6 = 2,
	LABEL_GAL = 13, /* RFC 5586 4: a control channel follows */
	CONTROL_WORD = 4,
};

static enum decode_skip pseudowire(struct layer *l, uint8_t nibble)
{
	uint32_t missing = guess_missing(l);
	struct rd behind = l->r;

	rd_skip(&behind, CONTROL_WORD);
	if (nibble == 0 && !rd_short(&behind) &&
	    (guess_ethernet(behind, missing) || !guess_ethernet(l->r, missing)))
		l->r = behind;
	else if (nibble == 1 && !guess_ethernet(l->r, missing))
		return SKIP_NOT_IP;
	l->next = decode_ethernet;
	return DECODE_OK;
}

static enum decode_skip content(struct layer *l, uint32_t label)
{
	struct rd look = l->r;
	uint8_t nibble = rd_u8(&look) >> 4;

	if (rd_short(&look))
		return SKIP_LINK_SHORT;
	if (label == LABEL_GAL)
		return SKIP_NOT_IP;
	if (label == LABEL_IPV4 || label == LABEL_IPV6) {
		l->next = label == LABEL_IPV4 ? decode_ipv4 : decode_ipv6;
		return DECODE_OK;
	}
	if (nibble != 4 && nibble != 6)
		return pseudowire(l, nibble);
	l->next = nibble == 4 ? decode_ipv4 : decode_ipv6;
	if (guess_ethernet_here(l))
		l->next = decode_ethernet;
	return DECODE_OK;
}

enum decode_skip decode_mpls(struct decoder *d, struct layer *l)
{
	uint32_t entry;
	unsigned n = 0;

	do {
		if (n++ == LABELS_MAX)
			return SKIP_DEPTH;
		entry = rd_be32(&l->r);
		if (rd_short(&l->r))
			return SKIP_LINK_SHORT;
	} while (!(entry & BOTTOM_OF_STACK));

	if (l->n_ip)
		layer_tunnel(l, TUNNEL_MPLS_IP, entry >> LABEL_SHIFT);
	return content(l, entry >> LABEL_SHIFT);
}

/* RFC 7510 3. Nearly any datagram reads as labels, so the content decides. */
enum decode_skip decode_mpls_udp(struct decoder *d, struct layer *l)
{
	struct rd r = l->r, behind;
	uint32_t entry;
	unsigned n = 0;

	do {
		entry = rd_be32(&r);
		if (rd_short(&r) || n++ == LABELS_MAX)
			return SKIP_TUNNEL;
	} while (!(entry & BOTTOM_OF_STACK));

	uint32_t missing = guess_missing(l);

	behind = r;
	rd_skip(&behind, CONTROL_WORD);
	if (!guess_ip(r, missing) && !guess_ethernet(r, missing) &&
	    (rd_short(&behind) || *r.p >> 4 != 0 || !guess_ethernet(behind, missing)))
		return SKIP_TUNNEL;
	l->next = decode_mpls;
	return DECODE_OK;
}
