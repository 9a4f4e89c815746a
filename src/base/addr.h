/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr - an IP address of either family, and prefixes of them.
 *
 * IPv4 is kept in the IPv4-mapped form ::ffff:a.b.c.d (RFC 4291 2.5.5.2), so that one comparison
 * serves both. A link-local IPv6 address is unique on its link only; the decoder writes the VLAN
 * into bytes 2-3, which RFC 4291 2.5.6 has zero on the wire, and addr_format() shows it as %vlanN.
 */
#ifndef SPAN_BASE_ADDR_H
#define SPAN_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct addr {
	uint8_t b[16];
};

struct prefix {
	struct addr addr;
	uint8_t bits; /* 0..128, of the mapped form: an IPv4 /24 is 120 */
};

enum { ADDR_TEXT = 64 }; /* room for any text that addr_format() or prefix_format() writes */

static inline struct addr addr_v4(uint32_t host_order)
{
	return (struct addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)(host_order >> 24),
			      (uint8_t)(host_order >> 16), (uint8_t)(host_order >> 8),
			      (uint8_t)host_order}};
}

/* By words, not by memcmp(): nothing is asked more often. */
static inline bool addr_is_v4(const struct addr *a)
{
	static const uint8_t mapped[4] = {0, 0, 0xff, 0xff};
	uint64_t zero;
	uint32_t mark, wanted;

	memcpy(&zero, a->b, sizeof zero);
	memcpy(&mark, a->b + 8, sizeof mark);
	memcpy(&wanted, mapped, sizeof wanted);
	return (zero | (mark ^ wanted)) == 0;
}

/* Both. */
static inline bool addr_are_v4(const struct addr *a, const struct addr *b)
{
	static const uint8_t mapped[4] = {0, 0, 0xff, 0xff};
	uint64_t zero[2];
	uint32_t mark[2], wanted;

	memcpy(&zero[0], a->b, sizeof zero[0]);
	memcpy(&zero[1], b->b, sizeof zero[1]);
	memcpy(&mark[0], a->b + 8, sizeof mark[0]);
	memcpy(&mark[1], b->b + 8, sizeof mark[1]);
	memcpy(&wanted, mapped, sizeof wanted);
	return (zero[0] | zero[1] | (mark[0] ^ wanted) | (mark[1] ^ wanted)) == 0;
}

static inline uint32_t addr_to_v4(const struct addr *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 |
	       a->b[15];
}

static inline bool addr_equal(const struct addr *a, const struct addr *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a->b, sizeof x);
	memcpy(y, b->b, sizeof y);
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/* Order of reports: IPv4 before IPv6, numeric inside a family. */
int addr_compare(const struct addr *a, const struct addr *b);

/* Dotted quad or RFC 5952 text into buf, which is also returned; always NUL-terminated. */
const char *addr_format(const struct addr *a, char buf[ADDR_TEXT]);

/* Parses an address alone (no port, no prefix length). False leaves *ret_ untouched. */
bool addr_parse(const char *text, struct addr *ret_);

/* "10.0.0.0/8", "2001:db8::/32"; a bare address is a full-length prefix. Host bits that are set
 * below the length make it false: `10.0.0.1/8` is a slip, not a network. */
bool prefix_parse(const char *text, struct prefix *ret_);
const char *prefix_format(const struct prefix *p, char buf[ADDR_TEXT]);
bool prefix_has(const struct prefix *p, const struct addr *a);
/* The network of a: the first `v4_bits` of an IPv4 address, `v6_bits` of an IPv6 one. */
struct prefix prefix_of(const struct addr *a, uint8_t v4_bits, uint8_t v6_bits);

bool addr_is_multicast(const struct addr *a);  /* RFC 1112 4, RFC 4291 2.7 */
bool addr_is_broadcast(const struct addr *a);  /* 255.255.255.255 only; subnets are the site's */
bool addr_is_link_local(const struct addr *a); /* RFC 3927 2.1, RFC 4291 2.5.6 */
bool addr_is_unspecified(const struct addr *a);
bool addr_is_loopback(const struct addr *a);
/* Private or otherwise not routed publicly: RFC 1918, RFC 6598, RFC 4193, link-local, loopback. */
bool addr_is_private(const struct addr *a);
/* Neither private, multicast, broadcast nor unspecified. */
bool addr_is_public(const struct addr *a);

#endif
