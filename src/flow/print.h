/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print - what makes a packet the same packet, as one number.
 *
 * Packets are the same when addresses, protocol, IP length, identification and the first
 * PRINT_BYTES behind the IP header are. Left out is what changes on the way or between two places
 * of one host: MAC addresses, VLAN, tunnel, time to live, DSCP and ECN, the header's checksum
 * (RFC 1812 5.3.1, RFC 2474, RFC 3168), and the transport's checksum, which a host capture shows
 * before the network card has filled it in. Of a SYN the options are left out too: routers lower
 * the MSS in them, and nobody repeats a SYN this soon.
 *
 * The fingerprint is NH (Black et al., UMAC, CRYPTO 1999; RFC 4418 5.2) with 64-bit words: sums of
 * products of words, each with a secret of its own. Its 128 bits are folded to 64 by a multilinear
 * hash (Lemire and Kaser, "Strongly universal string hashing is fast", 2014, section 2). Two
 * packets, however chosen by somebody who does not know the secrets, agree with a probability of
 * 2^-63, and nothing that depends on them is ever shown.
 *
 * Private to this folder.
 */
#ifndef SPAN_FLOW_PRINT_H
#define SPAN_FLOW_PRINT_H

#include <endian.h>
#include <string.h>

#include "base/siphash.h"
#include "decode/packet.h"

enum {
	PRINT_BYTES = 64,
	PRINT_WORDS = 4 + 2 + PRINT_BYTES / 8,
	PRINT_SECRETS = PRINT_WORDS + 4,
	PRINT_PROTO_SCTP = 132,
};

struct print_key {
	uint64_t nh[PRINT_WORDS];
	unsigned __int128 fold[2];
	uint64_t fields; /* of eight that stand in a row in a packet */
};

static const uint8_t print_all[PRINT_BYTES] = {[0 ... PRINT_BYTES - 1] = 0xff};
/* Transport headers without their checksums. */
static const uint8_t print_tcp[PRINT_BYTES] = {/* RFC 9293 3.1 */
					       [0 ... 15] = 0xff,
					       [18 ... PRINT_BYTES - 1] = 0xff};
static const uint8_t print_syn[PRINT_BYTES] = {[0 ... 15] = 0xff, [18 ... 19] = 0xff};
static const uint8_t print_udp[PRINT_BYTES] = {/* RFC 768 */
					       [0 ... 5] = 0xff,
					       [8 ... PRINT_BYTES - 1] = 0xff};
static const uint8_t print_icmp[PRINT_BYTES] = {/* RFC 792, RFC 4443 2.1 */
						[0 ... 1] = 0xff,
						[4 ... PRINT_BYTES - 1] = 0xff};
static const uint8_t print_sctp[PRINT_BYTES] = {/* RFC 9260 3.1 */
						[0 ... 7] = 0xff,
						[12 ... PRINT_BYTES - 1] = 0xff};

enum { PRINT_FIELDS_AT = offsetof(struct packet, proto) };
static_assert(offsetof(struct packet, ttl) == PRINT_FIELDS_AT + 1 &&
		      offsetof(struct packet, tcp_flags) == PRINT_FIELDS_AT + 2 &&
		      offsetof(struct packet, fragment) == PRINT_FIELDS_AT + 3 &&
		      offsetof(struct packet, later_fragment) == PRINT_FIELDS_AT + 4 &&
		      offsetof(struct packet, payload_cut) == PRINT_FIELDS_AT + 5 &&
		      offsetof(struct packet, vlan) == PRINT_FIELDS_AT + 6,
	      "print_fields() takes them at once");
static_assert(offsetof(struct packet, ip_id) == offsetof(struct packet, ip_len) + 4,
	      "they are one word");

/* Of those eight, protocol and fragments; the outermost VLAN where it is part of what a packet is.
 */
static inline void print_key_vlan(struct print_key *k, bool on)
{
	const uint8_t fields[8] = {
		0xff, 0, 0, 0xff, 0xff, 0, on ? 0xff : 0, on ? 0xff : 0,
	};

	memcpy(&k->fields, fields, sizeof k->fields);
	k->fields = le64toh(k->fields);
}

static inline void print_key_init(struct print_key *k, const struct hash_key *secret)
{
	uint64_t s[PRINT_SECRETS];

	for (uint64_t i = 0; i < PRINT_SECRETS; i++)
		s[i] = siphash13_words(&i, 1, secret);
	memcpy(k->nh, s, sizeof k->nh);
	for (unsigned i = 0; i < 2; i++)
		k->fold[i] = (unsigned __int128)s[PRINT_WORDS + 2 * i] << 64 |
			     s[PRINT_WORDS + 2 * i + 1];
	print_key_vlan(k, false);
}

static inline uint64_t print_word(const void *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof w);
	return w;
}

static inline unsigned __int128 print_product(uint64_t a, uint64_t b, const uint64_t *secret)
{
	return (unsigned __int128)(a + secret[0]) * (b + secret[1]);
}

static inline const uint8_t *print_mask(const struct packet *p)
{
	if (unlikely(p->later_fragment))
		return print_all;
	if (likely(p->proto == IPPROTO_NR_TCP))
		return unlikely(p->tcp_flags & TCP_SYN) ? print_syn : print_tcp;
	if (likely(p->proto == IPPROTO_NR_UDP))
		return print_udp;
	if (p->proto == IPPROTO_NR_ICMP || p->proto == IPPROTO_NR_ICMP6)
		return print_icmp;
	return p->proto == PRINT_PROTO_SCTP ? print_sctp : print_all;
}

/* 16 bytes of the header or behind it, at two places. */
static inline unsigned __int128 print_piece(const uint8_t *p, const uint8_t *mask, size_t a,
					    size_t b, const uint64_t *secret)
{
	return print_product(print_word(p + a) & print_word(mask + a),
			     print_word(p + b) & print_word(mask + b), secret);
}

/* Fewer bytes than a transport header has. */
static COLD uint64_t print_scraps(const uint8_t *p, const uint8_t *mask, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w = w << 8 | (p[i] & mask[i]);
	return w;
}

/* n bytes, PRINT_BYTES at most. The last words are those that end with them, whatever they have in
 * common with the first: as many bytes are the same when both are. */
static inline unsigned __int128 print_bytes(const uint8_t *p, size_t n, const uint8_t *mask,
					    const uint64_t *secret)
{
	unsigned __int128 sum;

	if (likely(n >= 32)) {
		size_t end = n - 32;

		sum = print_piece(p, mask, 0, 8, secret);
		sum += print_piece(p, mask, 16, 24, secret + 2);
		sum += print_piece(p, mask, end, end + 8, secret + 4);
		return sum + print_piece(p, mask, end + 16, end + 24, secret + 6);
	}
	if (likely(n >= 16)) {
		sum = print_piece(p, mask, 0, 8, secret);
		return sum + print_piece(p, mask, n - 16, n - 8, secret + 2);
	}
	if (n >= 8)
		return print_piece(p, mask, 0, n - 8, secret);
	return print_product(print_scraps(p, mask, n), 0, secret);
}

/* Frag_offset has 13 bits, so it and has_ip_id take the place of ttl and tcp_flags, and how many
 * bytes are looked at that of payload_cut. */
static inline uint64_t print_fields(const struct print_key *k, const struct packet *p, size_t n)
{
	uint64_t w = le64toh(print_word((const uint8_t *)p + PRINT_FIELDS_AT)) & k->fields;

	return w | ((uint64_t)p->frag_offset & 0x1fff) << 8 | (uint64_t)p->has_ip_id << 21 |
	       (uint64_t)n << 40;
}

static inline uint64_t print_of(const struct print_key *k, const struct packet *p)
{
	size_t n = p->transport_len < PRINT_BYTES ? p->transport_len : PRINT_BYTES;
	unsigned __int128 sum = print_bytes(p->transport, n, print_mask(p), k->nh + 6);

	sum += print_product(print_word(p->src.b), print_word(p->src.b + 8), k->nh);
	sum += print_product(print_word(p->dst.b), print_word(p->dst.b + 8), k->nh + 2);
	sum += print_product(print_fields(k, p, n),
			     print_word((const uint8_t *)p + offsetof(struct packet, ip_len)),
			     k->nh + 4);
	sum = k->fold[0] * (uint64_t)sum + k->fold[1] * (uint64_t)(sum >> 64);
	return (uint64_t)(sum >> 64);
}

#endif
