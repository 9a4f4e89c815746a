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
	const uint8_t *p; /* what is behind the header */
	uint32_t n;       /* captured of it: 8 bytes at least */
	uint32_t missing; /* bytes behind those that were sent */
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

/* `sent` bytes follow the header, of which `left` or fewer were captured. */
static inline void plain_limit(struct plain_ip *ip, uint32_t sent, uint32_t left)
{
	ip->n = sent < left ? sent : left;
	ip->missing = sent - ip->n;
}

/* Of the header at p, behind which the frame has `left` bytes. */
static inline bool plain_ipv4(const uint8_t *p, uint32_t left, struct packet *k, uint32_t *notes,
			      struct plain_ip *ret)
{
	uint64_t words[2];
	uint32_t last = plain_word32(p + 16), total = plain_be16(p + 2);

	if (p[0] != 0x45 || plain_be16(p + 6) & IPV4_FRAGMENT || total < PLAIN_IPV4 + UDP_HEADER)
		return false;
	memcpy(words, p, sizeof words);
	k->src = plain_mapped(p + 12);
	k->dst = plain_mapped(p + 16);
	k->proto = p[9];
	k->ttl = p[8];
	k->ip_len = total;
	k->ip_id = plain_be16(p + 4);
	k->has_ip_id = k->ip_id != 0;
	ret->ends = (uint64_t)plain_word32(p + 12) + last;
	ret->v6 = false;
	ret->p = p + PLAIN_IPV4;
	/* Sums of wider words are the same (RFC 1071 2 (B)). */
	plain_note(notes,
		   !checksum_good((words[0] & UINT32_MAX) + (words[0] >> 32) +
				  (words[1] & UINT32_MAX) + (words[1] >> 32) + last),
		   NOTE_BAD_CHECKSUM);
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
	k->proto = p[6];
	k->ttl = p[7];
	k->ip_len = (uint32_t)PLAIN_IPV6 + length;
	k->ip_id = 0;
	k->has_ip_id = false;
	ret->ends = 0;
	for (unsigned i = 8; i < PLAIN_IPV6; i += 4)
		ret->ends += plain_word32(p + i);
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
	k->payload_len = ip->n - header;
	k->seq = plain_be32(p + 4);
	k->ack = plain_be32(p + 8);
	if (likely(!ip->missing))
		plain_note(notes, !plain_sum_good(ip, IPPROTO_NR_TCP, p, ip->n), NOTE_BAD_CHECKSUM);
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
	k->tcp_flags = 0;
	k->payload = p + UDP_HEADER;
	k->payload_len = ip->n - UDP_HEADER;
	k->seq = k->ack = 0;
	if (unlikely(!plain_be16(p + 6)))
		plain_note(notes, ip->v6, NOTE_BAD_CHECKSUM);
	else if (likely(!ip->missing))
		plain_note(notes, !plain_sum_good(ip, IPPROTO_NR_UDP, p, ip->n), NOTE_BAD_CHECKSUM);
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
	/* One look at the bounds for all headers of a datagram over IPv4. */
	const uint8_t *p = rd_take(&r, ETHERNET_HEADER + PLAIN_IPV4 + UDP_HEADER);
	uint32_t left = (uint32_t)rd_left(&r) + UDP_HEADER;
	struct plain_ip ip;
	bool good;

	if (!p || linktype != LINKTYPE_ETHERNET)
		return false;
	switch (plain_be16(p + 12)) {
	case 0x0800:
		good = plain_ipv4(p + ETHERNET_HEADER, left, k, notes, &ip);
		break;
	case 0x86dd:
		good = left >= PLAIN_IPV6 - PLAIN_IPV4 + UDP_HEADER &&
		       plain_ipv6(p + ETHERNET_HEADER, left - (PLAIN_IPV6 - PLAIN_IPV4), k, &ip);
		break;
	default:
		return false;
	}
	if (!good)
		return false;
	plain_clear(k);
	memcpy(k->src_mac, p + 6, sizeof k->src_mac);
	k->sport = plain_be16(ip.p);
	k->dport = plain_be16(ip.p + 2);
	k->transport = ip.p;
	k->transport_len = ip.n;
	if (k->proto == IPPROTO_NR_TCP)
		good = plain_tcp(k, notes, &ip);
	else
		good = k->proto == IPPROTO_NR_UDP && plain_udp(k, notes, &ip);
	k->payload_wire = k->payload_len + ip.missing;
	k->payload_cut = ip.missing > 0;
	plain_note(notes, k->ip_len > ETHERNET_MTU, NOTE_ABOVE_MTU);
	return good;
}

#endif
