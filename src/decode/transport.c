// SPDX-License-Identifier: BSD-2-Clause
/* TCP (RFC 9293 3.1) and UDP (RFC 768). Checksums are looked at only to count the wrong ones: a
 * host that captures its own traffic sees packets before its network card has filled them in. */
#include "decode/layer.h"

enum { TCP_HEADER = 20, TCP_TO_FLAGS = 14, UDP_HEADER = 8 };

/* Whole segments only: a fragment's sum is the datagram's. */
static void verify(struct layer *l, const struct rd *segment)
{
	if (l->missing || l->packet->fragment)
		return;
	if (!checksum_transport_good(l, segment->p, rd_left(segment)))
		layer_note(l, NOTE_BAD_CHECKSUM);
}

enum decode_skip decode_tcp(struct decoder *d, struct layer *l)
{
	struct rd segment = l->r;
	size_t wire = layer_wire(l), captured = rd_left(&l->r);
	struct packet *k = l->packet;

	k->sport = rd_be16(&l->r);
	k->dport = rd_be16(&l->r);
	k->seq = rd_be32(&l->r);
	k->ack = rd_be32(&l->r);

	size_t header = (size_t)(rd_u8(&l->r) >> 4) * 4;

	k->tcp_flags = rd_u8(&l->r);
	/* A capture may stop behind the flags: window, checksum and urgent pointer are not used. */
	if (rd_short(&l->r) || wire < TCP_HEADER)
		return SKIP_TRANSPORT_SHORT;
	if (header < TCP_HEADER)
		return SKIP_TRANSPORT_BAD;
	if (header > wire)
		return k->fragment ? SKIP_TRANSPORT_SHORT : SKIP_TRANSPORT_BAD;

	verify(l, &segment);
	if (header <= captured) {
		rd_skip(&l->r, header - TCP_TO_FLAGS);
	} else {
		l->r.p = l->r.end;
		l->missing = (uint32_t)(wire - header);
	}
	layer_payload(l);
	return DECODE_OK;
}

enum decode_skip decode_udp(struct decoder *d, struct layer *l)
{
	struct rd datagram = l->r;
	struct packet *k = l->packet;

	k->sport = rd_be16(&l->r);
	k->dport = rd_be16(&l->r);

	uint16_t length = rd_be16(&l->r), checksum = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_TRANSPORT_SHORT;
	/* 0 leaves the length to IP: RFC 2675 4, and offload. */
	if (length != 0 && length < UDP_HEADER)
		return SKIP_TRANSPORT_BAD;
	if (length != 0 && (size_t)(length - UDP_HEADER) < layer_wire(l))
		layer_limit(l, (size_t)(length - UDP_HEADER));
	datagram.end = l->r.end;

	l->tunnel = decode_by_udp_ports(k->sport, k->dport);
	/* 0 is "none" in IPv4 (RFC 768), and in IPv6 for tunnels only (RFC 6935 5). */
	if (checksum != 0)
		verify(l, &datagram);
	else if (!l->v4 && !l->tunnel)
		layer_note(l, NOTE_BAD_CHECKSUM);
	layer_payload(l);
	return DECODE_OK;
}
