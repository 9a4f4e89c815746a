// SPDX-License-Identifier: BSD-2-Clause
/*
 * Leased lines: Cisco HDLC (RFC 1547 4.3.1), Frame Relay (RFC 2427), ATM (RFC 2684, RFC 2225), and
 * these and PPP with a byte of direction in front.
 */
#include "decode/layer.h"

enum {
	CHDLC_UNICAST = 0x0f00,
	CHDLC_MULTICAST = 0x8f00,
	PPP_ADDRESS_CONTROL = 0xff03,
	ETHERTYPE_MIN = 0x600,
};

/* address(8) control(8) EtherType(16) */
enum decode_skip decode_chdlc(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;

	if (rd_be16(&look) == PPP_ADDRESS_CONTROL) {
		l->next = decode_ppp;
		return DECODE_OK;
	}
	rd_skip(&l->r, 2);

	uint16_t type = rd_be16(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_by_ethertype(type);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

/* LINKTYPE_PPP_HDLC is for both framings of such lines; which one it is the address says. */
enum decode_skip decode_hdlc(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	uint16_t first = rd_be16(&look);

	l->next = first == CHDLC_UNICAST || first == CHDLC_MULTICAST ? decode_chdlc : decode_ppp;
	return DECODE_OK;
}

static enum decode_skip with_direction(struct layer *l, decode_fn *next)
{
	rd_skip(&l->r, 1);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = next;
	return DECODE_OK;
}

enum decode_skip decode_ppp_dir(struct decoder *d, struct layer *l)
{
	return with_direction(l, decode_ppp);
}

enum decode_skip decode_chdlc_dir(struct decoder *d, struct layer *l)
{
	return with_direction(l, decode_chdlc);
}

enum decode_skip decode_frelay_dir(struct decoder *d, struct layer *l)
{
	return with_direction(l, decode_frelay);
}

/* pppd: direction in the place of the address, then control(8)=3. */
enum decode_skip decode_pppd(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 1);
	if (rd_u8(&l->r) != (PPP_ADDRESS_CONTROL & 0xff))
		return rd_short(&l->r) ? SKIP_LINK_SHORT : SKIP_NOT_IP;
	l->next = decode_ppp;
	return DECODE_OK;
}

enum {
	NLPID_SNAP = 0x80,
	NLPID_IPV6 = 0x8e,
	NLPID_FRAGMENT = 0xb1, /* FRF.12 2: B(1) E(1) C(1) sequence(4) -(1) sequence(8) */
	NLPID_IPV4 = 0xcc,
	NLPID_PPP = 0xcf, /* RFC 1973 3 */
	FRF12_BEGIN = 0x80,
};

static enum decode_skip nlpid(struct layer *l)
{
	uint8_t id = rd_u8(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	switch (id) {
	case NLPID_IPV4:
		l->next = decode_ipv4;
		return DECODE_OK;
	case NLPID_IPV6:
		l->next = decode_ipv6;
		return DECODE_OK;
	case NLPID_PPP:
		l->next = decode_ppp;
		return DECODE_OK;
	case NLPID_SNAP:
		return decode_snap(l, 0);
	default:
		return SKIP_NOT_IP;
	}
}

/* RFC 2427 3: control(8)=3, a byte of padding where an odd address wants it, NLPID */
enum decode_skip decode_nlpid(struct decoder *d, struct layer *l)
{
	uint8_t control = rd_u8(&l->r);
	struct rd look = l->r;

	if (control != LLC_UNNUMBERED)
		return rd_short(&l->r) ? SKIP_LINK_SHORT : SKIP_NOT_IP;
	if (rd_u8(&look) == 0)
		rd_skip(&l->r, 1);
	return nlpid(l);
}

/* Q.922 2.3: an address of 2 to 4 bytes, the last of which has bit 0 set. Then RFC 2427 or, on
 * lines between Cisco routers, an EtherType. FRF.12 puts fragments of both behind a NLPID. */
enum { Q922_LAST = 0x01, Q922_MAX = 4 };

enum decode_skip decode_frelay(struct decoder *d, struct layer *l)
{
	unsigned n = 0;
	uint8_t byte;

	do {
		byte = rd_u8(&l->r);
		n++;
	} while (!(byte & Q922_LAST) && n < Q922_MAX);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (!(byte & Q922_LAST) || n < 2)
		return SKIP_NOT_IP;

	struct rd look = l->r;
	uint16_t type = rd_be16(&look);

	if (rd_short(&look))
		return SKIP_LINK_SHORT;
	if (type == (LLC_UNNUMBERED << 8 | NLPID_FRAGMENT)) {
		uint8_t flags = rd_u8(&look);

		rd_skip(&look, 1);
		if (rd_short(&look))
			return SKIP_LINK_SHORT;
		if (!(flags & FRF12_BEGIN))
			return SKIP_FRAG_ORPHAN;
		l->r.p = look.p;
		l->next = decode_nlpid;
		return DECODE_OK;
	}
	if (type < ETHERTYPE_MIN) {
		l->next = decode_nlpid;
		return DECODE_OK;
	}
	rd_skip(&l->r, 2);
	l->next = decode_by_ethertype(type);
	return l->next ? DECODE_OK : SKIP_NOT_IP;
}

/* FRF.16 2: B(1) E(1) C(1) sequence(4) H(1)=1 sequence(8) | a Frame Relay frame. Only the piece
 * that begins a frame has its addresses. */
enum { MFR_BEGIN = 0x80, MFR_CONTROL = 0x20 };

enum decode_skip decode_mfr(struct decoder *d, struct layer *l)
{
	uint8_t flags = rd_u8(&l->r);

	rd_skip(&l->r, 1);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (flags & MFR_CONTROL)
		return SKIP_NOT_IP;
	if (!(flags & MFR_BEGIN))
		return SKIP_FRAG_ORPHAN;
	l->next = decode_frelay;
	return DECODE_OK;
}

/* RFC 2684 5.1: LLC with a NLPID behind it, or with SNAP. */
enum { LLC_ISO = 0xfefe03, LLC_SNAP = 0xaaaa03, LANE_CLIENT = 2 };

enum decode_skip decode_atm_llc(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;

	if (rd_be24(&look) != LLC_ISO)
		return decode_llc(d, l);
	rd_skip(&l->r, 3);
	return nlpid(l);
}

/* RFC 2225 without and with LLC: which one it was agreed when the circuit was made. */
enum decode_skip decode_atm_clip(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	uint32_t header = rd_be24(&look);

	l->next = header == LLC_SNAP || header == LLC_ISO ? decode_atm_llc : decode_raw;
	return DECODE_OK;
}

/* ATM Forum af-lane-0084: client(16) | Ethernet */
enum decode_skip decode_lane(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, LANE_CLIENT);
	l->next = decode_ethernet;
	return DECODE_OK;
}

/* SunATM: -(4) kind(4) VPI(8) VCI(16) */
enum { SUNATM_KIND = 0x0f, SUNATM_RAW = 0, SUNATM_LANE = 1, SUNATM_LLC = 2 };

enum decode_skip decode_sunatm(struct decoder *d, struct layer *l)
{
	uint8_t kind = rd_u8(&l->r) & SUNATM_KIND;

	rd_skip(&l->r, 3);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;

	struct rd look = l->r;

	switch (kind) {
	case SUNATM_LANE:
		l->next = decode_lane;
		return DECODE_OK;
	case SUNATM_RAW: /* the driver did not know */
		if (rd_be24(&look) != LLC_SNAP)
			return SKIP_NOT_IP;
		break;
	case SUNATM_LLC:
		break;
	default:
		return SKIP_NOT_IP;
	}
	l->next = decode_atm_llc;
	return DECODE_OK;
}
