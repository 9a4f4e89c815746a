// SPDX-License-Identifier: BSD-2-Clause
/*
 * plain - the commonest packets at one look.
 *
 * Nearly every packet of a night is Ethernet, IPv4 without options or IPv6 without extension
 * headers, in one piece, and TCP or a UDP datagram that no tunnel's port claims. Those are read
 * here. Whatever is odd in any way is left to the layers, which would say the same of a plain
 * packet: tests hold both against each other.
 */
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
static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void note(uint32_t *notes, bool is, enum decode_note n)
{
	*notes |= (uint32_t)is << n;
}

/* The segment or datagram and its pseudo-header, of which `ends` are both addresses as they lie in
 * the IP header (RFC 9293 3.1, RFC 768, RFC 8200 8.1). */
static bool sum_good(const uint8_t *ends, size_t n_ends, uint8_t proto, const uint8_t *p, size_t n)
{
	enum { SHORT = 192 }; /* measured: above, vectors pay for the call */
	const uint8_t rest[4] = {0, proto, (uint8_t)(n >> 8), (uint8_t)n};
	uint32_t word;
	uint64_t sum;

	memcpy(&word, rest, sizeof word);
	if (n_ends == 8)
		sum = checksum_add_short(word, ends, 8);
	else
		sum = checksum_add_short(word, ends, 32);
	if (n <= SHORT)
		return checksum_good(checksum_add_short(sum, p, n));
	sum = (sum >> 32) + (sum & 0xffffffff); /* room for what is added */
	return checksum_good(checksum_add(sum, p, n));
}

struct ip {
	const uint8_t *ends; /* both addresses, in the frame */
	size_t n_ends;
	uint32_t missing; /* bytes behind r's end that were sent */
};

/* Takes the IP header off r and what follows the packet off r's end. */
static bool limit(struct rd *r, size_t payload, struct ip *ret)
{
	size_t left = rd_left(r);

	ret->missing = payload > left ? (uint32_t)(payload - left) : 0;
	if (payload < left)
		r->end = r->p + payload;
	return true;
}

static bool ipv4(struct rd *r, struct packet *k, uint32_t *notes, struct ip *ret)
{
	const uint8_t *p = rd_take(r, IPV4_HEADER);
	uint16_t total;

	if (!p || p[0] != 0x45 || be16(p + 6) & IPV4_FRAGMENT)
		return false;
	total = be16(p + 2);
	k->ip_id = be16(p + 4);
	k->has_ip_id = k->ip_id != 0;
	k->ttl = p[8];
	k->proto = p[9];
	k->src = addr_v4(be32(p + 12));
	k->dst = addr_v4(be32(p + 16));
	k->ip_len = total;
	ret->ends = p + 12;
	ret->n_ends = 8;
	note(notes, !checksum_good(checksum_add_short(0, p, IPV4_HEADER)), NOTE_BAD_CHECKSUM);
	return total > IPV4_HEADER && limit(r, total - (size_t)IPV4_HEADER, ret);
}

static bool link_local(const uint8_t *a)
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

static bool ipv6(struct rd *r, struct packet *k, struct ip *ret)
{
	const uint8_t *p = rd_take(r, IPV6_HEADER);
	uint16_t length;

	if (!p || p[0] >> 4 != 6 || link_local(p + 8) || link_local(p + 24))
		return false;
	length = be16(p + 4);
	k->proto = p[6];
	k->ttl = p[7];
	memcpy(k->src.b, p + 8, 16);
	memcpy(k->dst.b, p + 24, 16);
	k->ip_id = 0;
	k->has_ip_id = false;
	k->ip_len = (uint32_t)IPV6_HEADER + length;
	ret->ends = p + 8;
	ret->n_ends = 32;
	return length && limit(r, length, ret);
}

static bool tcp(struct rd r, struct packet *k, uint32_t *notes, const struct ip *ip)
{
	struct rd whole = r;
	const uint8_t *p = rd_take(&r, TCP_HEADER);
	size_t header = p ? (size_t)(p[12] >> 4) * 4 : 0;

	if (header < TCP_HEADER || header > rd_left(&whole))
		return false;
	k->sport = be16(p);
	k->dport = be16(p + 2);
	k->seq = be32(p + 4);
	k->ack = be32(p + 8);
	k->tcp_flags = p[13];
	k->payload = p + header;
	k->payload_len = (uint32_t)(rd_left(&whole) - header);
	if (!ip->missing)
		note(notes, !sum_good(ip->ends, ip->n_ends, k->proto, p, rd_left(&whole)),
		     NOTE_BAD_CHECKSUM);
	return true;
}

static bool udp(struct rd r, struct packet *k, uint32_t *notes, struct ip *ip)
{
	const uint8_t *p = rd_take(&r, UDP_HEADER);
	uint16_t length;

	if (!p)
		return false;
	length = be16(p + 4);
	k->sport = be16(p);
	k->dport = be16(p + 2);
	if (length < UDP_HEADER || decode_by_udp_ports(k->sport, k->dport))
		return false;
	if ((size_t)length - UDP_HEADER < rd_left(&r) + ip->missing)
		limit(&r, (size_t)length - UDP_HEADER, ip);
	k->payload = r.p;
	k->payload_len = (uint32_t)rd_left(&r);
	if (!be16(p + 6))
		note(notes, ip->n_ends == 32, NOTE_BAD_CHECKSUM);
	else if (!ip->missing)
		note(notes,
		     !sum_good(ip->ends, ip->n_ends, k->proto, p, UDP_HEADER + k->payload_len),
		     NOTE_BAD_CHECKSUM);
	return true;
}

/* What no plain packet has. */
static void clear(struct packet *k)
{
	k->tcp_flags = 0;
	k->fragment = k->later_fragment = false;
	k->vlan = 0;
	k->seq = k->ack = 0;
	k->tunnel_id = 0;
	k->frag_offset = 0;
	k->tunnel = TUNNEL_NONE;
	k->esp = k->has_seq = false;
	k->whole = NULL;
	k->whole_len = k->whole_seq = 0;
	k->early.n = 0;
	k->icmp_class = ICMP_NOT_ERROR;
	k->icmp_has_inner = false;
}

bool decode_plain(uint16_t linktype, const uint8_t *frame, uint32_t len, struct packet *k,
		  uint32_t *notes)
{
	struct rd r = rd_over(frame, len);
	const uint8_t *link = rd_take(&r, ETHERNET_HEADER);
	struct ip ip;
	bool good;

	if (linktype != LINKTYPE_ETHERNET || !link)
		return false;
	clear(k);
	memcpy(k->src_mac, link + 6, sizeof k->src_mac);
	switch (be16(link + 12)) {
	case 0x0800:
		good = ipv4(&r, k, notes, &ip);
		break;
	case 0x86dd:
		good = ipv6(&r, k, &ip);
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
		good = tcp(r, k, notes, &ip);
		break;
	case IPPROTO_NR_UDP:
		good = udp(r, k, notes, &ip);
		break;
	default:
		return false;
	}
	k->payload_wire = k->payload_len + ip.missing;
	k->payload_cut = ip.missing > 0;
	note(notes, k->ip_len > ETHERNET_MTU, NOTE_ABOVE_MTU);
	return good;
}
