// SPDX-License-Identifier: BSD-2-Clause
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/dec.h"

int addr_compare(const struct addr *a, const struct addr *b)
{
	bool v4a = addr_is_v4(a);
	bool v4b = addr_is_v4(b);

	if (v4a != v4b)
		return v4a ? -1 : 1;
	return memcmp(a->b, b->b, 16);
}

static unsigned link_vlan(const struct addr *a)
{
	if (a->b[0] != 0xfe || (a->b[1] & 0xc0) != 0x80)
		return 0;
	return (unsigned)(a->b[2] << 8 | a->b[3]);
}

static void format_v4(const uint8_t b[4], char *p)
{
	for (unsigned i = 0; i < 4; i++) {
		p = dec_put(p, b[i]);
		*p++ = i < 3 ? '.' : '\0';
	}
}

/* RFC 5952 4: no leading zeros, :: for the first longest run of zeros, which is two at least. */
static void format_v6(const uint8_t b[16], char *p)
{
	static const char hex[] = "0123456789abcdef";
	unsigned w[8], skip = 8, skip_n = 1;

	for (size_t i = 0; i < 8; i++)
		w[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	for (unsigned i = 0, k; i < 8; i = k + 1) {
		for (k = i; k < 8 && !w[k]; k++)
			;
		if (k - i > skip_n) {
			skip = i;
			skip_n = k - i;
		}
	}
	for (unsigned i = 0; i < 8; i++) {
		if (i == skip) {
			*p++ = ':';
			i += skip_n - 1;
			if (i == 7)
				*p++ = ':';
			continue;
		}
		if (i)
			*p++ = ':';
		for (int at = w[i] > 0xfff  ? 12
			      : w[i] > 0xff ? 8
			      : w[i] > 0xf  ? 4
					    : 0;
		     at >= 0; at -= 4)
			*p++ = hex[w[i] >> at & 15];
	}
	*p = '\0';
}

/* ::a.b.c.d and its kin: the C library knows which are written so. */
static bool embeds_v4(const struct addr *a)
{
	static const uint8_t zeros[8];

	return !memcmp(a->b, zeros, sizeof zeros);
}

const char *addr_format(const struct addr *a, char buf[ADDR_TEXT])
{
	if (addr_is_v4(a)) {
		format_v4(a->b + 12, buf);
		return buf;
	}

	struct addr plain = *a;
	unsigned vlan = link_vlan(a);

	if (vlan)
		plain.b[2] = plain.b[3] = 0;
	if (!embeds_v4(&plain))
		format_v6(plain.b, buf);
	else if (!inet_ntop(AF_INET6, plain.b, buf, ADDR_TEXT))
		snprintf(buf, ADDR_TEXT, "?");
	if (vlan) {
		size_t n = strlen(buf);

		snprintf(buf + n, ADDR_TEXT - n, "%%vlan%u", vlan);
	}
	return buf;
}

bool addr_parse(const char *text, struct addr *ret_)
{
	struct in_addr four;
	struct addr a;

	if (inet_pton(AF_INET, text, &four) == 1) {
		*ret_ = addr_v4(ntohl(four.s_addr));
		return true;
	}
	if (inet_pton(AF_INET6, text, a.b) != 1)
		return false;
	*ret_ = a;
	return true;
}

static struct addr masked(const struct addr *a, uint8_t bits)
{
	struct addr m = *a;

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;

		if (keep < 8)
			m.b[i] &= (uint8_t)(0xff00 >> keep);
	}
	return m;
}

bool prefix_parse(const char *text, struct prefix *ret_)
{
	char buf[ADDR_TEXT];
	const char *slash = strchr(text, '/');
	struct prefix p = {.bits = 128};

	if (!slash) {
		if (!addr_parse(text, &p.addr))
			return false;
		*ret_ = p;
		return true;
	}

	size_t n = (size_t)(slash - text);
	char *end;

	if (n >= sizeof buf || slash[1] < '0' || slash[1] > '9')
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';

	unsigned long bits = strtoul(slash + 1, &end, 10);

	if (*end || !addr_parse(buf, &p.addr))
		return false;
	if (addr_is_v4(&p.addr)) {
		if (bits > 32)
			return false;
		bits += 96;
	}
	if (bits > 128)
		return false;
	p.bits = (uint8_t)bits;

	struct addr net = masked(&p.addr, p.bits);

	if (!addr_equal(&net, &p.addr))
		return false;
	*ret_ = p;
	return true;
}

const char *prefix_format(const struct prefix *p, char buf[ADDR_TEXT])
{
	bool v4 = addr_is_v4(&p->addr) && p->bits >= 96;

	addr_format(&p->addr, buf);

	char *end = buf + strlen(buf);

	*end++ = '/';
	*dec_put(end, v4 ? p->bits - 96U : p->bits) = '\0';
	return buf;
}

bool prefix_has(const struct prefix *p, const struct addr *a)
{
	struct addr m = masked(a, p->bits);

	return addr_equal(&m, &p->addr);
}

struct prefix prefix_of(const struct addr *a, uint8_t v4_bits, uint8_t v6_bits)
{
	uint8_t bits = addr_is_v4(a) ? (uint8_t)(96 + v4_bits) : v6_bits;

	return (struct prefix){.addr = masked(a, bits), .bits = bits};
}

bool addr_is_multicast(const struct addr *a)
{
	if (addr_is_v4(a))
		return a->b[12] >= 224 && a->b[12] <= 239;
	return a->b[0] == 0xff;
}

bool addr_is_broadcast(const struct addr *a)
{
	return addr_is_v4(a) && addr_to_v4(a) == 0xffffffff;
}

bool addr_is_link_local(const struct addr *a)
{
	if (addr_is_v4(a))
		return a->b[12] == 169 && a->b[13] == 254;
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

bool addr_is_unspecified(const struct addr *a)
{
	static const struct addr six;

	return addr_equal(a, &six) || (addr_is_v4(a) && addr_to_v4(a) == 0);
}

bool addr_is_loopback(const struct addr *a)
{
	static const struct addr six = {{[15] = 1}};

	return addr_is_v4(a) ? a->b[12] == 127 : addr_equal(a, &six);
}

bool addr_is_private(const struct addr *a)
{
	if (addr_is_loopback(a) || addr_is_link_local(a))
		return true;
	if (!addr_is_v4(a))
		return (a->b[0] & 0xfe) == 0xfc; /* RFC 4193 3.1 */

	uint32_t v4 = addr_to_v4(a);

	return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8 || /* RFC 1918 3 */
	       v4 >> 22 == 0x64400000 >> 22;                                /* RFC 6598 7 */
}

bool addr_is_public(const struct addr *a)
{
	if (addr_is_v4(a) && (a->b[12] == 0 || a->b[12] >= 224))
		return false;
	return !addr_is_private(a) && !addr_is_multicast(a) && !addr_is_broadcast(a) &&
	       !addr_is_unspecified(a);
}
