// SPDX-License-Identifier: BSD-2-Clause
/*
 * ICMP (RFC 792) and ICMPv6 (RFC 4443): what an error says, and the packet it is about.
 *
 *   type(8) code(8) checksum(16) | four bytes that depend on the type | the packet, from its IP
 * header
 */
#include "base/cpu.h"
#include "decode/layer.h"

struct meaning {
	uint8_t type, code;
	enum icmp_class class;
};

enum { ANY = 0xff };

/* Destination unreachable: RFC 792, codes 6-12 RFC 1122 3.2.2.1, 13-15 RFC 1812 5.2.7.1. */
static const struct meaning v4_meanings[] = {
	{3, 0, ICMP_ROUTING},    {3, 1, ICMP_ROUTING},     {3, 2, ICMP_PORT},
	{3, 3, ICMP_PORT},       {3, 4, ICMP_TOO_BIG},     {3, 5, ICMP_ROUTING},
	{3, 6, ICMP_ROUTING},    {3, 7, ICMP_ROUTING},     {3, 8, ICMP_ROUTING},
	{3, 9, ICMP_PROHIBITED}, {3, 10, ICMP_PROHIBITED}, {3, 11, ICMP_ROUTING},
	{3, 12, ICMP_ROUTING},   {3, 13, ICMP_PROHIBITED}, {3, 14, ICMP_ROUTING},
	{3, 15, ICMP_ROUTING},   {3, ANY, ICMP_OTHER},     {4, ANY, ICMP_OTHER},
	{5, ANY, ICMP_OTHER},    {11, 0, ICMP_ROUTING},    {11, ANY, ICMP_OTHER},
	{12, ANY, ICMP_OTHER},
};

/* RFC 4443 3. A next header that the host does not know is its "protocol unreachable" (3.4). Types
 * below 128 are errors (2.1), also those without a name. */
static const struct meaning v6_meanings[] = {
	{1, 0, ICMP_ROUTING},    {1, 1, ICMP_PROHIBITED}, {1, 2, ICMP_ROUTING},
	{1, 3, ICMP_ROUTING},    {1, 4, ICMP_PORT},       {1, 5, ICMP_PROHIBITED},
	{1, 6, ICMP_PROHIBITED}, {1, ANY, ICMP_OTHER},    {2, ANY, ICMP_TOO_BIG},
	{3, 0, ICMP_ROUTING},    {3, ANY, ICMP_OTHER},    {4, 1, ICMP_PORT},
	{4, ANY, ICMP_OTHER},
};

static enum icmp_class classify(const struct meaning *table, size_t n, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].type == type && (table[i].code == code || table[i].code == ANY))
			return table[i].class;
	return ICMP_NOT_ERROR;
}

/* Routers quote as little as the header and 8 bytes (RFC 792), so nothing beyond the ports counts.
 */
static void quoted(struct packet *k, struct rd r, bool v4)
{
	struct rd look = r;
	uint8_t first = rd_u8(&look), proto;
	struct ip_frag frag = {0};
	struct addr src, dst;

	if (first >> 4 != (v4 ? 4 : 6))
		return;
	if (v4) {
		size_t options = (size_t)(first & 0xf) * 4;

		rd_skip(&r, 6);
		frag.later = (rd_be16(&r) & 0x1fff) != 0;
		rd_skip(&r, 1);
		proto = rd_u8(&r);
		rd_skip(&r, 2);
		src = addr_v4(rd_be32(&r));
		dst = addr_v4(rd_be32(&r));
		if (options < 20)
			return;
		rd_skip(&r, options - 20);
	} else {
		rd_skip(&r, 6);
		proto = rd_u8(&r);
		rd_skip(&r, 1);
		src = decode_addr6(&r, k->vlan);
		dst = decode_addr6(&r, k->vlan);
	}
	if (rd_short(&r))
		return;

	uint32_t notes = 0; /* AH in the quote is no AH in this packet */

	if (decode_ip_extensions(&r, v4, &proto, &frag, &notes) != DECODE_OK || frag.later)
		return;

	bool ports = proto == IPPROTO_NR_TCP || proto == IPPROTO_NR_UDP;
	uint16_t sport = ports ? rd_be16(&r) : 0, dport = ports ? rd_be16(&r) : 0;

	if (rd_short(&r))
		return;
	k->inner_proto = proto;
	k->inner_src = src;
	k->inner_dst = dst;
	k->inner_sport = sport;
	k->inner_dport = dport;
	k->icmp_has_inner = true;
}

static enum decode_skip icmp(struct layer *l, bool v4, const struct meaning *table, size_t n)
{
	struct packet *k = l->packet;
	uint8_t type = rd_u8(&l->r), code = rd_u8(&l->r);

	rd_skip(&l->r, 6);
	if (rd_short(&l->r))
		return SKIP_TRANSPORT_SHORT;
	k->icmp_type = type;
	k->icmp_code = code;
	k->icmp_class = classify(table, n, type, code);
	if (!v4 && k->icmp_class == ICMP_NOT_ERROR && type < 128)
		k->icmp_class = ICMP_OTHER;
	layer_payload(l);
	if (k->icmp_class != ICMP_NOT_ERROR)
		quoted(k, l->r, v4);
	return DECODE_OK;
}

enum decode_skip decode_icmp(struct decoder *d, struct layer *l)
{
	return icmp(l, true, v4_meanings, N_ELEMENTS(v4_meanings));
}

enum decode_skip decode_icmp6(struct decoder *d, struct layer *l)
{
	return icmp(l, false, v6_meanings, N_ELEMENTS(v6_meanings));
}
