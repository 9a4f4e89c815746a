/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain - the commonest packets at one look, for decode.c and for who decodes packet after packet.
 *
 * Nearly every packet of a night is Ethernet, IPv4 without options or IPv6 without extension
 * headers, in one piece, and TCP or a UDP datagram that no tunnel's port claims. Those are read
 * here. Whatever is odd in any way is left to the layers, which would say the same of a plain
 * packet: tests hold both against each other.
 */
#ifndef SPAN_DECODE_PLAIN_H
#define SPAN_DECODE_PLAIN_H

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "decode/layer.h"

enum {
	LINKTYPE_ETHERNET = 1,
	ETHERNET_HEADER = 14,
	ETHERNET_MTU = 1500,
	PLAIN_IPV4 = 20,        /* headers without more */
	IPV4_FRAGMENT = 0x3fff, /* more fragments, or an offset */
	PLAIN_IPV6 = 40,
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

static inline uint64_t plain_word64(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

/* An address of IPv4, in two words. */
static inline void plain_map(struct addr *a, const uint8_t *p)
{
	const uint64_t w[2] = {
		0, htole64(UINT64_C(0xffff0000) | (uint64_t)le32toh(plain_word32(p)) << 32)};

	memcpy(a->b, w, sizeof w);
}

struct plain_ip {
	const uint8_t *p; /* what is behind the header */
	uint32_t n;       /* captured of it: 8 bytes at least */
	uint32_t missing; /* bytes behind those that were sent */
	uint32_t ip_len;
	uint8_t proto;
	bool v6;
};

/* Of both addresses, which end where the transport begins. */
static inline uint64_t plain_sum_ends(const struct plain_ip *ip)
{
	uint64_t sum = plain_word64(ip->p - 8);

	for (unsigned i = 16; ip->v6 && i <= 32; i += 8)
		sum = ones_add(sum, plain_word64(ip->p - i));
	return sum;
}

/* The segment or datagram and its pseudo-header (RFC 9293 3.1, RFC 768, RFC 8200 8.1). */
static inline bool plain_sum_good(const struct plain_ip *ip, uint8_t proto)
{
	enum { SHORT = 192 }; /* measured: above, vectors pay for the call */
	uint64_t sum = ones_add(plain_sum_ends(ip), htobe16(proto) + htobe16((uint16_t)ip->n));

	return checksum_good(ip->n <= SHORT ? checksum_add_short(sum, ip->p, ip->n)
					    : ones_add(sum, checksum_add(0, ip->p, ip->n)));
}

/* `sent` bytes follow the header, of which `left` or fewer were captured. */
static inline void plain_limit(struct plain_ip *ip, uint32_t sent, uint32_t left)
{
	ip->n = sent < left ? sent : left;
	ip->missing = sent - ip->n;
}

/* The words of a packet at once; what is not in w is 0. */
static inline void plain_put(struct packet *k, size_t at, uint64_t w)
{
	w = htole64(w);
	memcpy((uint8_t *)k + at, &w, sizeof w);
}

enum {
	PLAIN_HAS_IP_ID = 8 * (offsetof(struct packet, has_ip_id) - PACKET_FIELDS),
	PLAIN_TTL = 8 * (offsetof(struct packet, ttl) - PACKET_VIEW),
};

static inline void plain_put_ip(struct packet *k, uint8_t proto, uint8_t ttl, uint32_t length,
				uint32_t id)
{
	plain_put(k, PACKET_FIELDS, proto | (uint64_t)(id != 0) << PLAIN_HAS_IP_ID);
	plain_put(k, PACKET_VIEW, (uint64_t)ttl << PLAIN_TTL);
	k->ip_len = length;
	k->ip_id = id;
}

/* Of the header at p, behind which the frame has `left` bytes. */
static inline bool plain_ipv4(const uint8_t *p, uint32_t left, struct packet *k, uint32_t *notes,
			      struct plain_ip *ret)
{
	uint32_t total = plain_be16(p + 2);

	if (p[0] != 0x45 || plain_be16(p + 6) & IPV4_FRAGMENT || total < PLAIN_IPV4 + UDP_HEADER)
		return false;
	/* Sums of wider words are the same (RFC 1071 2 (B)). */
	if (unlikely(!checksum_good(ones_add(ones_add(plain_word64(p), plain_word64(p + 12)),
					     plain_word32(p + 8)))))
		*notes |= 1U << NOTE_BAD_CHECKSUM;
	plain_map(&k->src, p + 12);
	plain_map(&k->dst, p + 16);
	plain_put_ip(k, p[9], p[8], total, plain_be16(p + 4));
	ret->ip_len = total;
	ret->proto = p[9];
	ret->v6 = false;
	ret->p = p + PLAIN_IPV4;
	plain_limit(ret, total - PLAIN_IPV4, left);
	return true;
}

static inline bool plain_link_local(const uint8_t *a)
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

static inline bool plain_ipv6(const uint8_t *p, uint32_t left, struct packet *k,
			      struct plain_ip *ret)
{
	uint32_t length = plain_be16(p + 4);

	if (p[0] >> 4 != 6 || length < UDP_HEADER || plain_link_local(p + 8) ||
	    plain_link_local(p + 24))
		return false;
	memcpy(k->src.b, p + 8, 16);
	memcpy(k->dst.b, p + 24, 16);
	plain_put_ip(k, p[6], p[7], (uint32_t)PLAIN_IPV6 + length, 0);
	ret->ip_len = (uint32_t)PLAIN_IPV6 + length;
	ret->proto = p[6];
	ret->v6 = true;
	ret->p = p + PLAIN_IPV6;
	plain_limit(ret, length, left);
	return true;
}

static inline bool plain_tcp(struct packet *k, uint32_t *notes, const struct plain_ip *ip)
{
	const uint8_t *p = ip->p;
	uint32_t header;

	if (ip->n < TCP_HEADER)
		return false;
	header = (uint32_t)(p[12] >> 4) * 4;
	if (header < TCP_HEADER || header > ip->n)
		return false;
	k->tcp_flags = p[13];
	k->payload = p + header;
	k->payload_len = k->payload_wire = ip->n - header;
	k->seq = plain_be32(p + 4);
	k->ack = plain_be32(p + 8);
	if (likely(!ip->missing) && unlikely(!plain_sum_good(ip, IPPROTO_NR_TCP)))
		*notes |= 1U << NOTE_BAD_CHECKSUM;
	return true;
}

static inline bool plain_is_tunnel(uint16_t sport, uint16_t dport)
{
	return unlikely(decode_port_may_be_tunnel(sport) || decode_port_may_be_tunnel(dport)) &&
	       decode_by_udp_ports(sport, dport);
}

static inline bool plain_udp(struct packet *k, uint32_t *notes, struct plain_ip *ip)
{
	const uint8_t *p = ip->p;
	uint32_t length = plain_be16(p + 4);

	if (length < UDP_HEADER || plain_is_tunnel(k->sport, k->dport))
		return false;
	/* What follows the datagram is none of it. */
	if (length < ip->n + ip->missing)
		plain_limit(ip, length, ip->n);
	k->payload = p + UDP_HEADER;
	k->payload_len = k->payload_wire = ip->n - UDP_HEADER;
	k->seq = k->ack = 0;
	if (unlikely(!plain_be16(p + 6)))
		*notes |= (uint32_t)ip->v6 << NOTE_BAD_CHECKSUM;
	else if (likely(!ip->missing) && unlikely(!plain_sum_good(ip, IPPROTO_NR_UDP)))
		*notes |= 1U << NOTE_BAD_CHECKSUM;
	return true;
}

static_assert(offsetof(struct packet, dport) == offsetof(struct packet, sport) + 2,
	      "ports are put at once");

/* Written for each kind of address by itself: so the transport is at a known place of the frame. */
__attribute__((always_inline)) static inline bool plain_transport(struct packet *k, uint32_t *notes,
								  struct plain_ip *ip)
{
	uint32_t ports = plain_be32(ip->p);

	ports = htole32(ports >> 16 | ports << 16);
	memcpy((uint8_t *)k + offsetof(struct packet, sport), &ports, sizeof ports);
	k->transport = ip->p;
	k->transport_len = ip->n;
	if (ip->proto == IPPROTO_NR_TCP ? !plain_tcp(k, notes, ip)
					: ip->proto != IPPROTO_NR_UDP || !plain_udp(k, notes, ip))
		return false;
	if (unlikely(ip->missing)) {
		k->payload_wire += ip->missing;
		k->payload_cut = true;
	}
	if (unlikely(ip->ip_len > ETHERNET_MTU))
		*notes |= 1U << NOTE_ABOVE_MTU;
	return true;
}

/* What no plain packet has; more of it is in words that are put at once. */
static inline void plain_clear(struct packet *k)
{
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
__attribute__((always_inline)) static inline bool decode_plain(uint16_t linktype,
							       const uint8_t *frame, uint32_t len,
							       uint32_t wire_len, struct packet *k,
							       uint32_t *notes)
{
	struct rd r = rd_over(frame, len);
	/* One look at the bounds for all headers of a datagram over IPv4, one more for IPv6. */
	const uint8_t *p = rd_take(&r, ETHERNET_HEADER + PLAIN_IPV4 + UDP_HEADER);
	struct plain_ip ip;

	if (unlikely(!p || linktype != LINKTYPE_ETHERNET))
		return false;
	plain_clear(k);
	memcpy(k->src_mac, p + 6, sizeof k->src_mac);
	if (unlikely(wire_len > len))
		*notes |= 1U << NOTE_SNAPPED;
	switch (plain_be16(p + 12)) {
	case 0x0800:
		return plain_ipv4(p + ETHERNET_HEADER, (uint32_t)rd_left(&r) + UDP_HEADER, k, notes,
				  &ip) &&
		       plain_transport(k, notes, &ip);
	case 0x86dd:
		return rd_take(&r, PLAIN_IPV6 - PLAIN_IPV4) &&
		       plain_ipv6(p + ETHERNET_HEADER, (uint32_t)rd_left(&r) + UDP_HEADER, k,
				  &ip) &&
		       plain_transport(k, notes, &ip);
	default:
		return false;
	}
}

#endif
