// SPDX-License-Identifier: BSD-2-Clause
/*
 * Wi-Fi, IEEE 802.11-2020 9.2.3 and 9.3.2:
 *
 *   control(16) duration(16) address 1..3(48 each) sequence(16)
 *     [address 4(48): both directions] [QoS(16): subtype bit 3] [HT(32): QoS and +HTC] | LLC ...
 *
 * All numbers but those of LLC are little-endian. An aggregate (A-MSDU) holds several packets, and
 * a frame gives one: the first subframe with IP inside is it, NOTE_AGGREGATE tells of the others.
 */
#include <string.h>

#include "decode/layer.h"

enum {
	FC_VERSION = 0x0003,
	FC_TYPE = 0x000c,
	FC_TYPE_DATA = 0x0008,
	FC_NO_DATA = 0x0040, /* table 9-1: data subtypes 4-7 and 12-15 carry none */
	FC_QOS = 0x0080,
	FC_TO_DS = 0x0100,
	FC_FROM_DS = 0x0200,
	FC_PROTECTED = 0x4000,
	FC_HTC = 0x8000, /* 9.2.4.1.10: in QoS frames; the order bit of old ones else */
	SEQUENCE_FRAGMENT = 0x000f,
	QOS_AMSDU = 0x0080,
	SUBFRAMES_MAX = 64,
	FCS = 4,

	IV_WEP = 4,      /* 12.3.2.2 */
	IV_EXTENDED = 8, /* TKIP 12.5.2.2, CCMP 12.5.3.2, GCMP 12.5.5.2 */
};

/* LLC and SNAP in front of an EtherType. */
static bool is_clear(struct rd r, size_t behind)
{
	rd_skip(&r, behind);

	bool llc = rd_be24(&r) == 0xaaaa03;
	uint32_t organisation = rd_be24(&r);

	return llc && !rd_short(&r) && (organisation == 0 || organisation == 0x0000f8);
}

/* Drivers that decrypt leave the bit set, some of them the vector too. Cipher text shows these six
 * bytes once in 2^47 frames. */
static enum decode_skip step_over_vector(struct layer *l)
{
	static const uint8_t lengths[] = {0, IV_EXTENDED, IV_WEP};

	for (size_t i = 0; i < sizeof lengths; i++) {
		if (is_clear(l->r, lengths[i])) {
			rd_skip(&l->r, lengths[i]);
			return DECODE_OK;
		}
	}
	return SKIP_ENCRYPTED;
}

/* 9.3.2.2.2: destination(48) source(48) length(16) | LLC ... | up to 3 bytes to a multiple of 4 */
static enum decode_skip aggregate(struct decoder *d, struct layer *l)
{
	enum decode_skip first = SKIP_LINK_SHORT;

	for (unsigned n = 0; n < SUBFRAMES_MAX && rd_left(&l->r); n++) {
		rd_skip(&l->r, 6);

		const uint8_t *source = rd_take(&l->r, 6);
		size_t length = rd_be16(&l->r), padded = (14 + length + 3) / 4 * 4 - 14;
		struct layer inside = *l;

		if (rd_short(&l->r) || !source)
			break;
		layer_limit(&inside, length);

		enum decode_skip skip = decode_llc(d, &inside);

		if (skip == DECODE_OK) {
			bool more = layer_wire(l) > padded;

			memcpy(l->packet->src_mac, source, 6);
			*l = inside;
			if (n > 0 || more)
				layer_note(l, NOTE_AGGREGATE);
			return DECODE_OK;
		}
		if (n == 0)
			first = skip;
		rd_skip(&l->r, padded);
	}
	return first;
}

enum decode_skip decode_80211(struct decoder *d, struct layer *l)
{
	const uint8_t *begin = l->r.p;
	uint16_t control = rd_le16(&l->r), qos = 0;

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if ((control & (FC_VERSION | FC_TYPE)) != FC_TYPE_DATA || control & FC_NO_DATA)
		return SKIP_NOT_IP;
	rd_skip(&l->r, 2 + 6);

	const uint8_t *source = rd_take(&l->r, 6), *address3 = rd_take(&l->r, 6);
	uint16_t sequence = rd_le16(&l->r);

	/* Table 9-30: who sent it, by the direction bits. */
	if (control & FC_FROM_DS)
		source = control & FC_TO_DS ? rd_take(&l->r, 6) : address3;
	if (control & FC_QOS) {
		qos = rd_le16(&l->r);
		if (control & FC_HTC)
			rd_skip(&l->r, 4);
	}
	/* Some cards align what follows; the radiotap header tells. */
	if (l->link_flags & LINK_80211_PADDED)
		rd_skip(&l->r, (size_t)(begin - l->r.p) & 3);
	if (rd_short(&l->r) || !source)
		return SKIP_LINK_SHORT;
	if (sequence & SEQUENCE_FRAGMENT)
		return SKIP_FRAG_ORPHAN;
	memcpy(l->packet->src_mac, source, 6);
	if (control & FC_PROTECTED) {
		enum decode_skip skip = step_over_vector(l);

		if (skip != DECODE_OK)
			return skip;
	}
	if (qos & QOS_AMSDU && !is_clear(l->r, 0))
		return aggregate(d, l);
	return decode_llc(d, l);
}

/*
 * radiotap (www.radiotap.org): version(8)=0 pad(8) length(16) present(32)... | fields
 *
 * Bit 31 of a present word announces another one. Of the fields only the flags matter; one field
 * is before them.
 */
enum {
	RADIOTAP_TSFT = 1 << 0, /* 8 bytes, aligned to 8 */
	RADIOTAP_FLAGS = 1 << 1,
	RADIOTAP_FLAG_FCS = 0x10,
	RADIOTAP_FLAG_PADDED = 0x20,
	RADIOTAP_FLAG_BAD_FCS = 0x40,
};

static uint8_t radiotap_flags(struct rd r)
{
	uint32_t present = rd_le32(&r), word = present;
	size_t at = 8;

	for (; word >> 31 && !rd_short(&r); at += 4)
		word = rd_le32(&r);
	if (!(present & RADIOTAP_FLAGS))
		return 0;
	if (present & RADIOTAP_TSFT)
		rd_skip(&r, (at & 4) + 8);
	return rd_u8(&r);
}

enum decode_skip decode_radiotap(struct decoder *d, struct layer *l)
{
	uint8_t version = rd_u8(&l->r);

	rd_skip(&l->r, 1);

	uint16_t length = rd_le16(&l->r);
	struct rd fields = rd_sub(&l->r, length > 4 ? (size_t)length - 4 : 0);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (version != 0 || length < 8)
		return SKIP_LINKTYPE;

	uint8_t flags = radiotap_flags(fields);

	if (flags & RADIOTAP_FLAG_BAD_FCS)
		return SKIP_DAMAGED;
	if (flags & RADIOTAP_FLAG_FCS)
		layer_trim(l, FCS);
	if (flags & RADIOTAP_FLAG_PADDED)
		l->link_flags |= LINK_80211_PADDED;
	l->next = decode_80211;
	return DECODE_OK;
}

/* AVS (draft "Standard 802.11 capture format"): version(32)=802110xx length(32) ... */
enum { AVS_MAGIC = 0x80211000, AVS_MASK = (int)0xfffff000 };

enum decode_skip decode_avs(struct decoder *d, struct layer *l)
{
	uint32_t version = rd_be32(&l->r), length = rd_be32(&l->r);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if ((version & (uint32_t)AVS_MASK) != AVS_MAGIC || length < 8)
		return SKIP_LINKTYPE;
	rd_skip(&l->r, length - 8);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_80211;
	return DECODE_OK;
}

/* Prism: message code(32) length(32) ..., in the byte order of the machine, which the small code
 * shows. Some drivers put an AVS header there. */
enum { PRISM_MIN = 24, PRISM_CODE_MAX = 0xffff };

enum decode_skip decode_prism(struct decoder *d, struct layer *l)
{
	struct rd look = l->r;
	uint32_t code = rd_be32(&look);
	bool little = code > PRISM_CODE_MAX;
	uint32_t length = rd_u32(&look, little);

	if (rd_short(&look))
		return SKIP_LINK_SHORT;
	if ((code & (uint32_t)AVS_MASK) == AVS_MAGIC) {
		l->next = decode_avs;
		return DECODE_OK;
	}
	if (length < PRISM_MIN || __builtin_bswap32(code) * little > PRISM_CODE_MAX)
		return SKIP_LINKTYPE;
	rd_skip(&l->r, length);
	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	l->next = decode_80211;
	return DECODE_OK;
}

/*
 * PPI (CACE "Per-Packet Information Header Specification" 3.1, 4.1.2):
 *
 *   version(8)=0 flags(8) length(16) link type(32) | fields: type(16) length(16) ...
 *
 * Flag 0 aligns fields to 4 bytes. Field 2 is what is common to 802.11: TSF(64) flags(16) ...
 */
enum {
	PPI_ALIGNED = 0x01,
	PPI_HEADER = 8,
	PPI_FIELDS_MAX = 64,
	PPI_80211 = 2,
	PPI_80211_FCS = 0x0001,
	PPI_80211_BAD_FCS = 0x0004,
	PPI_80211_PHY_ERROR = 0x0008,
	LINKTYPE_80211 = 105,
};

static uint16_t ppi_80211_flags(struct rd r, bool aligned)
{
	for (unsigned n = 0; n < PPI_FIELDS_MAX; n++) {
		uint16_t type = rd_le16(&r), length = rd_le16(&r);
		struct rd field = rd_sub(&r, length);

		if (rd_short(&r))
			return 0;
		if (type == PPI_80211) {
			rd_skip(&field, 8);
			return rd_le16(&field);
		}
		if (aligned)
			rd_skip(&r, -(size_t)length & 3);
	}
	return 0;
}

enum decode_skip decode_ppi(struct decoder *d, struct layer *l)
{
	uint8_t version = rd_u8(&l->r), flags = rd_u8(&l->r);
	uint16_t length = rd_le16(&l->r);
	uint32_t type = rd_le32(&l->r);
	struct rd fields = rd_sub(&l->r, length > PPI_HEADER ? (size_t)length - PPI_HEADER : 0);

	if (rd_short(&l->r))
		return SKIP_LINK_SHORT;
	if (version != 0 || length < PPI_HEADER)
		return SKIP_LINKTYPE;
	if (type == LINKTYPE_80211) {
		uint16_t wlan = ppi_80211_flags(fields, flags & PPI_ALIGNED);

		if (wlan & (PPI_80211_BAD_FCS | PPI_80211_PHY_ERROR))
			return SKIP_DAMAGED;
		if (wlan & PPI_80211_FCS)
			layer_trim(l, FCS);
	}
	l->next = decode_by_linktype(type);
	return l->next ? DECODE_OK : SKIP_LINKTYPE;
}
