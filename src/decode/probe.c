// SPDX-License-Identifier: BSD-2-Clause
/*
 * What probes and network taps put around Ethernet frames: Endace ERF, Hilscher netANALYZER, frames
 * with their preamble (IEEE 802.3 3.2.1 and, for preemption, 99.3), Ethernet over EPON.
 */
#include "decode/layer.h"

enum { FCS = 4 };

/* Nine 5s and a delimiter at most (802.3 3.2.1): interfaces lose some of the preamble. */
enum {
	PREAMBLE = 0x55,
	PREAMBLE_MAX = 16,
	DELIMITER = 0xd5, /* also that of an express frame, 802.3 table 99-1 */
};

static uint8_t take_preamble(struct rd *r)
{
	uint8_t b = rd_u8(r);

	for (unsigned n = 0; b == PREAMBLE && n < PREAMBLE_MAX; n++)
		b = rd_u8(r);
	return b;
}

/* Table 99-1: the delimiters that begin a frame which may be interrupted, and those (with a counter
 * behind them, 99.3.4) that go on with one. */
enum decode_skip decode_mpacket(struct decoder *d, struct layer *l)
{
	uint8_t delimiter = take_preamble(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	switch (delimiter) {
	case DELIMITER:
	case 0xe6:
	case 0x4c:
	case 0x7f:
	case 0xb3:
		layer_trim(l, FCS);
		l->next = decode_ethernet;
		return DECODE_OK;
	case 0x61:
	case 0x52:
	case 0x9e:
	case 0x2a:
		return SKIP_FRAG_ORPHAN;
	default: /* 0x07 and 0x19 ask whether the other side knows this */
		return SKIP_NOT_IP;
	}
}

/* errors(8) GPIO(1) transparent(1) version(4) port(2) length(12) -(4), little-endian */
enum {
	NETANALYZER_DAMAGED = 0x07, /* receive error, alignment, frame check sequence */
	NETANALYZER_GPIO = 0x100,
};

static enum decode_skip netanalyzer(struct layer *l)
{
	uint32_t header = rd_le32(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (header & NETANALYZER_GPIO)
		return SKIP_NOT_IP;
	if (header & NETANALYZER_DAMAGED)
		return SKIP_DAMAGED;
	layer_trim(l, FCS);
	l->next = decode_ethernet;
	return DECODE_OK;
}

enum decode_skip decode_netanalyzer(struct decoder *d, struct layer *l)
{
	return netanalyzer(l);
}

enum decode_skip decode_netanalyzer_transparent(struct decoder *d, struct layer *l)
{
	enum decode_skip skip = netanalyzer(l);

	if (skip == DECODE_OK && take_preamble(&l->r) != DELIMITER)
		return rd_short(&l->r) ? SKIP_LINK_SHORT : SKIP_NOT_IP;
	return skip;
}

/* 802.3 65.1.3.2: a preamble of 8 bytes with the logical link in it */
enum decode_skip decode_epon(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 8);
	l->next = decode_ethernet;
	return DECODE_OK;
}

/*
 * ERF (Endace "ERF types reference guide"): time(64) more(1) type(7) flags(8) record length(16)
 *   loss or colour(16) wire length(16) | extension headers(64 each, the first bit tells of another)
 */
enum {
	ERF_MORE = 0x80,
	ERF_EXTENSIONS_MAX = 16,
	ERF_RX_ERROR = 0x10,

	ERF_HDLC_POS = 1,
	ERF_ETH = 2,
	ERF_AAL5 = 4,
	ERF_MC_HDLC = 5,
	ERF_MC_AAL5 = 9,
	ERF_COLOR_HDLC_POS = 10,
	ERF_COLOR_ETH = 11,
	ERF_DSM_COLOR_HDLC_POS = 15,
	ERF_DSM_COLOR_ETH = 16,
	ERF_COLOR_MC_HDLC_POS = 17,
	ERF_COLOR_HASH_POS = 19,
	ERF_COLOR_HASH_ETH = 20,
	ERF_IPV4 = 22,
	ERF_IPV6 = 23,

	ERF_ETH_OFFSET = 2, /* offset(8) pad(8) */
	ERF_MC = 4,         /* channel */
	ERF_ATM = 4,        /* cell header without its checksum */
};

static decode_fn *erf_payload(struct layer *l, uint8_t type)
{
	switch (type) {
	case ERF_ETH:
	case ERF_COLOR_ETH:
	case ERF_DSM_COLOR_ETH:
	case ERF_COLOR_HASH_ETH:
		rd_skip(&l->r, ERF_ETH_OFFSET);
		return decode_ethernet;
	case ERF_HDLC_POS:
	case ERF_COLOR_HDLC_POS:
	case ERF_DSM_COLOR_HDLC_POS:
	case ERF_COLOR_HASH_POS:
		return decode_hdlc;
	case ERF_MC_HDLC:
	case ERF_COLOR_MC_HDLC_POS:
		rd_skip(&l->r, ERF_MC);
		return decode_hdlc;
	case ERF_MC_AAL5:
		rd_skip(&l->r, ERF_MC + ERF_ATM);
		return decode_atm_clip;
	case ERF_AAL5:
		rd_skip(&l->r, ERF_ATM);
		return decode_atm_clip;
	case ERF_IPV4:
		return decode_ipv4;
	case ERF_IPV6:
		return decode_ipv6;
	default:
		return NULL;
	}
}

enum decode_skip decode_erf(struct decoder *d, struct layer *l)
{
	rd_skip(&l->r, 8);

	uint8_t type = rd_u8(&l->r), flags = rd_u8(&l->r), more = type;

	rd_skip(&l->r, 4);

	uint16_t wire = rd_be16(&l->r);

	for (unsigned n = 0; more & ERF_MORE; n++) {
		if (n == ERF_EXTENSIONS_MAX)
			return SKIP_DEPTH;
		more = rd_u8(&l->r);
		rd_skip(&l->r, 7);
	}
	l->next = erf_payload(l, type & (uint8_t)~ERF_MORE);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (flags & ERF_RX_ERROR)
		return SKIP_DAMAGED;
	if (!l->next)
		return SKIP_NOT_IP;
	/* The card was told to keep less. Which headers the length counts depends on the type, so
	 * nothing is cut off by it. */
	if (wire > layer_wire(l))
		layer_limit(l, wire);
	return DECODE_OK;
}
