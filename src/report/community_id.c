// SPDX-License-Identifier: BSD-2-Clause
/*
 *   seed(2) lower address(4 or 16) higher address protocol(1) zero(1) its port(2) other port(2)
 *
 * "Lower" is by address as bytes, then by port; all in network order.
 */
#include "report/community_id.h"

#include <sha1.h>
#include <string.h>

struct side {
	uint8_t bytes[16];
	size_t n;
	uint16_t port;
};

static struct side side_of(const struct addr *a, uint16_t port)
{
	struct side s = {.n = 16, .port = port};

	memcpy(s.bytes, a->b, 16);
	if (addr_is_v4(a)) {
		s.n = 4;
		memmove(s.bytes, s.bytes + 12, 4);
	} else if (addr_is_link_local(a)) {
		s.bytes[2] = s.bytes[3] = 0; /* the VLAN, which is not on the wire: addr.h */
	}
	return s;
}

static bool is_before(const struct side *a, const struct side *b)
{
	int d = memcmp(a->bytes, b->bytes, a->n);

	return d < 0 || (d == 0 && a->port < b->port);
}

static void put_port(SHA1_CTX *c, uint16_t port)
{
	const uint8_t be[2] = {(uint8_t)(port >> 8), (uint8_t)port};

	SHA1Update(c, be, sizeof be);
}

/* RFC 4648 4 */
static void base64(const uint8_t *p, size_t n, char *z)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16;

		v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		v |= left > 2 ? p[i + 2] : 0;
		*z++ = digits[v >> 18];
		*z++ = digits[v >> 12 & 63];
		*z++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*z++ = left > 2 ? digits[v & 63] : '=';
	}
	*z = '\0';
}

const char *community_id(const struct addr *a, uint16_t a_port, const struct addr *b,
			 uint16_t b_port, uint8_t proto, char buf[COMMUNITY_ID_TEXT])
{
	static const uint8_t seed[2] = {0};
	const struct side one = side_of(a, a_port), two = side_of(b, b_port);
	const struct side *lo = is_before(&two, &one) ? &two : &one;
	const struct side *hi = lo == &one ? &two : &one;
	const uint8_t pad[2] = {proto, 0};
	uint8_t digest[SHA1_DIGEST_LENGTH];
	SHA1_CTX c;

	SHA1Init(&c);
	SHA1Update(&c, seed, sizeof seed);
	SHA1Update(&c, lo->bytes, lo->n);
	SHA1Update(&c, hi->bytes, hi->n);
	SHA1Update(&c, pad, sizeof pad);
	put_port(&c, lo->port);
	put_port(&c, hi->port);
	SHA1Final(digest, &c);
	buf[0] = '1';
	buf[1] = ':';
	base64(digest, sizeof digest, buf + 2);
	return buf;
}
