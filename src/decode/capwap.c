// SPDX-License-Identifier: BSD-2-Clause
/*
 * CAPWAP data channel between an access point and its controller, RFC 5415 4.3:
 *
 *   version(4) type(4) | words(5) radio(5) binding(5) T F L W M K -(3) | fragment(16) offset(13)
 * -(3) | [radio address] [wireless information] | frame
 */
#include "decode/layer.h"

enum {
	PREAMBLE_CLEAR = 0x00, /* 4.1: version 0, type 0; type 1 is DTLS */
	WORDS_SHIFT = 19,
	BINDING_SHIFT = 9,
	BINDING_MASK = 0x1f,
	BINDING_80211 = 1, /* RFC 5416 */
	FLAG_NATIVE = 0x100,
	FLAG_FRAGMENT = 0x080,
	FLAG_KEEP_ALIVE = 0x008,
	RESERVED = 0x007,
	OFFSET_RESERVED = 0x0007,
	WORDS_MIN = 2,
};

enum decode_skip decode_capwap(struct decoder *d, struct layer *l)
{
	uint8_t preamble = rd_u8(&l->r);
	uint32_t header = rd_be24(&l->r);
	size_t words = header >> WORDS_SHIFT;

	if (rd_short(&l->r) || preamble != PREAMBLE_CLEAR || words < WORDS_MIN)
		return SKIP_TUNNEL;
	rd_skip(&l->r, 2);

	uint16_t offset = rd_be16(&l->r);

	rd_skip(&l->r, words * 4 - 8);
	/* Fragments of it, which a narrow path makes, are not put together. */
	if (rd_short(&l->r) || header & (FLAG_FRAGMENT | FLAG_KEEP_ALIVE | RESERVED) ||
	    offset & OFFSET_RESERVED)
		return SKIP_TUNNEL;
	layer_tunnel(l, TUNNEL_CAPWAP, 0);
	if (!(header & FLAG_NATIVE)) { /* T: 0 is 802.3, else as the binding has it */
		l->next = decode_ethernet;
		return DECODE_OK;
	}
	if ((header >> BINDING_SHIFT & BINDING_MASK) != BINDING_80211)
		return SKIP_TUNNEL;
	l->next = decode_80211;
	return DECODE_OK;
}
