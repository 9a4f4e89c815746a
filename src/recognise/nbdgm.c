// SPDX-License-Identifier: BSD-2-Clause
/*
 * NetBIOS datagrams (RFC 1002 4.4): browser announcements and mailslots. Nothing answers them.
 *
 *   type(1) flags(1) id(2) source_ip(4) source_port(2) | length(2) offset(2) source_name dest_name
 */
#include "recognise/netbios.h"

enum {
	DIRECT_UNIQUE = 0x10,
	DIRECT_GROUP,
	BROADCAST,
	ERROR,
	QUERY,
	POSITIVE,
	NEGATIVE,
	FLAGS_ALL = 0x0f, /* RFC 1002 4.4.1: the upper half is zero */
	ERROR_FIRST = 0x82,
	ERROR_LAST = 0x84,
};

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	uint8_t type = rd_u8(&r), flags = rd_u8(&r);

	rd_skip(&r, 2 + 4 + 2);
	if (type < DIRECT_UNIQUE || type > NEGATIVE || flags & ~FLAGS_ALL)
		return VERDICT_NO;
	if (rd_short(&r))
		return VERDICT_MORE;
	ret->notes |= APP_NOTE_UNANSWERED_KIND;
	ret->speaker = SPEAKER_CLIENT;
	if (type == ERROR) {
		uint8_t code = rd_u8(&r);

		return rd_short(&r) || rd_left(&r) || code < ERROR_FIRST || code > ERROR_LAST
			       ? VERDICT_NO
			       : VERDICT_LIKELY;
	}
	if (type >= QUERY)
		return netbios_name(&r);

	uint16_t length = rd_be16(&r);

	rd_skip(&r, 2);

	/* DGM_LENGTH counts the names and the data, of this fragment or of all of them. */
	if (!rd_short(&r) && !in->cut && length < rd_left(&r))
		return VERDICT_NO;

	enum verdict v = netbios_name(&r);

	return v == VERDICT_SURE ? netbios_name(&r) : v;
}

const struct recogniser recogniser_nbdgm = {
	.word = "nbdgm",
	.spec = "RFC 1002 4.4",
	.proto = PROTO_UDP,
	.min = 11,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\x10\x16"), BYTE_IN("\x00\x0f")}}),
	.apps = {{"nbdgm", "NetBIOS datagrams"}},
	.probe = probe,
};
