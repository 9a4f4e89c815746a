/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain - the commonest packets at one look. Private to decode.c.
 *
 * Nearly every packet of a night is Ethernet, IPv4 without options or IPv6 without extension
 * headers, in one piece, and TCP or a UDP datagram that no tunnel's port claims. Those are read
 * here. Whatever is odd in any way is left to the layers, which would say the same of a plain
 * packet: tests hold both against each other.
 */
#ifndef SPAN_DECODE_PLAIN_H
#define SPAN_DECODE_PLAIN_H

#include <endian.h>
#include <string.h>

#include "decode/layer.h"

enum {
	LINKTYPE_ETHERNET = 1,
	ETHERNET_HEADER = 14,
	ETHERNET_MTU = 1500,
	IPV4_HEADER = 20,
	IPV4_FRAGMENT = 0x3fff, /* more fragments, or an offset */
	IPV6_HEADER = 40,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
};

/* Of bytes that rd_take() gave. */
static inline uint16_t plain_be16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return be16toh(v);
}

static inline uint32_t plain_be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return be32toh(v);
}

/* As they lie in memory, for sums. */
static inline uint32_t plain_word32(const uint8_t *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

static inline struct addr plain_mapped(const uint8_t *p)
{
	struct addr a = {.b = {[10] = 0xff, [11] = 0xff}};

	memcpy(a.b + 12, p, 4);
	return a;
}

static inline void plain_note(uint32_t *notes, bool is, enum decode_note n)
{
	*notes |= (uint32_t)is << n;
}

struct plain_ip {
	uint64_t ends;    /* sum of both addresses */
	uint32_t missing; /* bytes behind r's end that were sent */
	bool v6;
};

/* The segment or datagram and its pseudo-header (RFC 9293 3.1, RFC 768, RFC 8200 8.1). */
static inline bool plain_sum_good(const struct plain_ip *ip, uint8_t proto, const uint8_t *p,
				  size_t n)
{
	enum { SHORT = 192 }; /* measured: above, vectors pay for the call */
	uint64_t sum = ip->ends + htobe16(proto) + htobe16((uint16_t)n);

	return checksum_good(n <= SHORT ? checksum_add_short(sum, p, n) : checksum_add(sum, p, n));
}

/* Takes what follows the packet off r's end. */
static inline void plain_limit(struct rd *r, size_t payload, struct plain_ip *ret)
{
	size_t left = rd_left(r);

	ret->missing = payload > left ? (uint32_t)(payload - left) : 0;
	if (payload < left)
		r->end = r->p + payload;
}

static inline bool plain_ipv4(struct rd *r, struct packet *k, uint32_t *notes, struct plain_ip *ret)
{
	const uint8_t *p = rd_take(r, IPV4_HEADER);
	uint16_t total;

	if (!p || p[0] != 0x45 || plain_be16(p + 6) & IPV4_FRAGMENT)
		return false;
	total = plain_be16(p + 2);
	k->ip_id = plain_be16(p + 4);
	k->has_ip_id = k->ip_id != 0;
	k->ttl = p[8];
	k->proto = p[9];
	k->src = plain_mapped(p + 12);
	k->dst = plain_mapped(p + 16);
	k->ip_len = total;
	ret->ends = (uint64_t)plain_word32(p + 12) + plain_word32(p + 16);
	ret->v6 = false;
	plain_note(notes,
		   !checksum_good(ret->ends + plain_word32(p) + plain_word32(p + 4) +
				  plain_word32(p + 8)),
		   NOTE_BAD_CHECKSUM);
	plain_limit(r, total - (size_t)IPV4_HEADER, ret);
	return total > IPV4_HEADER;
}

static inline bool plain_link_local(const uint8_t *a)
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

static inline bool plain_ipv6(struct rd *r, struct packet *k, struct plain_ip *ret)
{
	const uint8_t *p = rd_take(r, IPV6_HEADER);
	uint16_t length;

	if (!p || p[0] >> 4 != 6 || plain_link_local(p + 8) || plain_link_local(p + 24))
		return false;
	length = plain_be16(p + 4);
	k->proto = p[6];
	k->ttl = p[7];
	memcpy(k->src.b, p + 8, 16);
	memcpy(k->dst.b, p + 24, 16);
	k->ip_id = 0;
	k->has_ip_id = false;
	k->ip_len = (uint32_t)IPV6_HEADER + length;
	ret->ends = 0;
	for (unsigned i = 8; i < IPV6_HEADER; i += 4)
		ret->ends += plain_word32(p + i);
	ret->v6 = true;
	plain_limit(r, length, ret);
	return length;
}

static inline bool plain_tcp(struct rd r, struct packet *k, uint32_t *notes,
			     const struct plain_ip *ip)
{
	size_t n = rd_left(&r);
	const uint8_t *p = rd_take(&r, TCP_HEADER);
	size_t header = p ? (size_t)(p[12] >> 4) * 4 : 0;

	if (header < TCP_HEADER || header > n)
		return false;
	k->sport = plain_be16(p);
	k->dport = plain_be16(p + 2);
	k->seq = plain_be32(p + 4);
	k->ack = plain_be32(p + 8);
	k->tcp_flags = p[13];
	k->payload = p + header;
	k->payload_len = (uint32_t)(n - header);
	if (!ip->missing)
		plain_note(notes, !plain_sum_good(ip, IPPROTO_NR_TCP, p, n), NOTE_BAD_CHECKSUM);
	return true;
}

static inline bool plain_is_tunnel(uint16_t sport, uint16_t dport)
{
	return unlikely(decode_port_may_be_tunnel(sport) || decode_port_may_be_tunnel(dport)) &&
	       decode_by_udp_ports(sport, dport);
}

static inline bool plain_udp(struct rd r, struct packet *k, uint32_t *notes, struct plain_ip *ip)
{
	const uint8_t *p = rd_take(&r, UDP_HEADER);
	uint16_t length;

	if (!p)
		return false;
	length = plain_be16(p + 4);
	k->sport = plain_be16(p);
	k->dport = plain_be16(p + 2);
	if (length < UDP_HEADER || plain_is_tunnel(k->sport, k->dport))
		return false;
	if ((size_t)length - UDP_HEADER < rd_left(&r) + ip->missing)
		plain_limit(&r, (size_t)length - UDP_HEADER, ip);
	k->tcp_flags = 0;
	k->seq = k->ack = 0;
	k->payload = r.p;
	k->payload_len = (uint32_t)rd_left(&r);
	if (!plain_be16(p + 6))
		plain_note(notes, ip->v6, NOTE_BAD_CHECKSUM);
	else if (!ip->missing)
		plain_note(notes,
			   !plain_sum_good(ip, IPPROTO_NR_UDP, p, UDP_HEADER + k->payload_len),
			   NOTE_BAD_CHECKSUM);
	return true;
}

/* What no plain packet has. */
static inline void plain_clear(struct packet *k)
{
	k->fragment = k->later_fragment = false;
	k->vlan = 0;
	k->tunnel_id = 0;
	k->frag_offset = 0;
	k->tunnel = TUNNEL_NONE;
	k->esp = k->has_seq = false;
	k->icmp_class = ICMP_NOT_ERROR;
	k->icmp_has_inner = false;
	k->whole = NULL;
	k->whole_len = k->whole_seq = 0;
	k->early.n = 0;
}

/* True when the frame is a plain packet, which is then in *k (time, number, input and wire_len are
 * the caller's; the rest may hold anything before), with what is to be noted of it added to *notes.
 * False leaves both in any state. */
static inline bool decode_plain(uint16_t linktype, const uint8_t *frame, uint32_t len,
				struct packet *k, uint32_t *notes)
{
	struct rd r = rd_over(frame, len);
	const uint8_t *link = rd_take(&r, ETHERNET_HEADER);
	struct plain_ip ip;
	bool good;

	if (linktype != LINKTYPE_ETHERNET || !link)
		return false;
	plain_clear(k);
	memcpy(k->src_mac, link + 6, sizeof k->src_mac);
	switch (plain_be16(link + 12)) {
	case 0x0800:
		good = plain_ipv4(&r, k, notes, &ip);
		break;
	case 0x86dd:
		good = plain_ipv6(&r, k, &ip);
		break;
	default:
		return false;
	}
	if (!good)
		return false;
	k->transport = r.p;
	k->transport_len = (uint32_t)rd_left(&r);
	switch (k->proto) {
	case IPPROTO_NR_TCP:
		good = plain_tcp(r, k, notes, &ip);
		break;
	case IPPROTO_NR_UDP:
		good = plain_udp(r, k, notes, &ip);
		break;
	default:
		return false;
	}
	k->payload_wire = k->payload_len + ip.missing;
	k->payload_cut = ip.missing > 0;
	plain_note(notes, k->ip_len > ETHERNET_MTU, NOTE_ABOVE_MTU);
	return good;
}

#endif
