// SPDX-License-Identifier: BSD-2-Clause
/*
 * Juniper routers and firewalls. No paper describes their header; captures of all kinds have this
 * one:
 *
 *   "MGC" flags(8) [length(16) extensions: flag 80] | [cookie of the interface card] | frame
 *
 * With flag 2 the link header was taken off: 4 bytes, then IP.
 */
#include "decode/layer.h"

enum {
	FLAG_NO_L2 = 0x02,
	FLAG_EXTENSIONS = 0x80,
	NO_L2_FAMILY = 4,

	COOKIE_ATM1 = 4,
	COOKIE_ATM2 = 8,
	COOKIE_SERVICE = 8, /* or 12: it depends on the card */
	COOKIE_SERVICE_LONG = 12,
	ATM1_OAM = 0x80, /* in the first byte of the cookie */
	ATM2_OAM = 0x70, /* in its last byte */

	LLC_ISO = 0xfefe03,
	LLC_SNAP = 0xaaaa03,
};

static enum decode_skip header(struct layer *l, decode_fn *next)
{
	bool magic = rd_is(&l->r, "MGC", 3);
	uint8_t flags = rd_u8(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (!magic)
		return rd_left(&l->r) < 3 ? SKIP_LINK_SHORT : SKIP_LINKTYPE;
	if (flags & FLAG_EXTENSIONS)
		rd_skip(&l->r, rd_be16(&l->r));
	if (flags & FLAG_NO_L2) {
		rd_skip(&l->r, NO_L2_FAMILY);
		next = decode_raw;
	}
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = next;
	return DECODE_OK;
}

enum decode_skip decode_juniper_ethernet(struct decoder *d, struct layer *l)
{
	return header(l, decode_ethernet);
}

enum decode_skip decode_juniper_ppp(struct decoder *d, struct layer *l)
{
	return header(l, decode_ppp);
}

enum decode_skip decode_juniper_frelay(struct decoder *d, struct layer *l)
{
	return header(l, decode_frelay);
}

enum decode_skip decode_juniper_chdlc(struct decoder *d, struct layer *l)
{
	return header(l, decode_chdlc);
}

static enum decode_skip ethertype(struct decoder *d, struct layer *l)
{
	uint16_t type = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_by_ethertype(type);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

enum decode_skip decode_juniper_pppoe_atm(struct decoder *d, struct layer *l)
{
	return header(l, ethertype);
}

/* LLC, a NLPID as Cisco sends it, or nothing in front of IP or PPP (RFC 2684 6). */
static enum decode_skip atm(struct decoder *d, struct layer *l)
{
	struct rd look = l->r, first = l->r;
	uint32_t three = rd_be24(&look);
	uint8_t byte = rd_u8(&first);

	if (rd_short(&first))
		return SKIP_LINK_SHORT;
	if (three == LLC_SNAP || three == LLC_ISO)
		l->next = decode_atm_llc;
	else if (byte == LLC_UNNUMBERED)
		l->next = decode_nlpid;
	else
		l->next = byte >> 4 == 4 || byte >> 4 == 6 ? decode_raw : decode_ppp;
	return DECODE_OK;
}

static enum decode_skip atm1(struct decoder *d, struct layer *l)
{
	const uint8_t *cookie = rd_take(&l->r, COOKIE_ATM1);

	if (!cookie)
		return SKIP_LINK_SHORT;
	return cookie[0] == ATM1_OAM ? SKIP_NOT_IP : atm(d, l);
}

static enum decode_skip atm2(struct decoder *d, struct layer *l)
{
	const uint8_t *cookie = rd_take(&l->r, COOKIE_ATM2);

	if (!cookie)
		return SKIP_LINK_SHORT;
	return cookie[COOKIE_ATM2 - 1] & ATM2_OAM ? SKIP_NOT_IP : atm(d, l);
}

static enum decode_skip service(struct decoder *d, struct layer *l)
{
	struct layer longer = *l;

	rd_skip(&l->r, COOKIE_SERVICE);
	rd_skip(&longer.r, COOKIE_SERVICE_LONG);
	if (!guess_ip_here(l) && guess_ip_here(&longer))
		l->r = longer.r;
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_raw;
	return DECODE_OK;
}

enum decode_skip decode_juniper_atm1(struct decoder *d, struct layer *l)
{
	return header(l, atm1);
}

enum decode_skip decode_juniper_atm2(struct decoder *d, struct layer *l)
{
	return header(l, atm2);
}

enum decode_skip decode_juniper_service(struct decoder *d, struct layer *l)
{
	return header(l, service);
}
