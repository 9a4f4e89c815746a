// SPDX-License-Identifier: BSD-2-Clause
/*
 * The NetBIOS session service before anything is said inside it (RFC 1002 4.3).
 *
 *   81 flags(1) length(2) called_name calling_name     session request
 *   82 00 0000                                         positive answer
 *   83 00 0001 error(1)                                negative answer
 *   84 00 0006 address(4) port(2)                      retarget
 *
 * Once SMB is seen behind the request the flow is SMB's, whose recognisers look past this.
 */
#include "recognise/netbios.h"

enum {
	ERROR_FIRST = 0x80, /* RFC 1002 4.3.4: 80 to 83, and 8F unspecified */
	ERROR_LAST = 0x83,
	ERROR_OTHER = 0x8f,
};

/* A message that is SMB's, whichever version (MS-CIFS 2.2.3.1, MS-SMB2 2.2.1, 2.2.41, 2.2.42). */
static bool smb_follows(struct rd r)
{
	netbios_session(&r);

	uint8_t type = rd_u8(&r);

	rd_skip(&r, 3);

	uint8_t first = rd_u8(&r);

	return type == NBSS_MESSAGE && first >= 0xfc && rd_is(&r, "SMB", 3);
}

static enum verdict request(struct rd r, uint16_t len, struct facts *ret)
{
	struct rd names = rd_sub(&r, len <= rd_left(&r) ? len : rd_left(&r));
	enum verdict v = netbios_name(&names);

	if (v == VERDICT_SURE)
		v = netbios_name(&names);
	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_CLIENT;
	ret->more = rd_left(&r) < 8; /* SMB comes next, and names the flow */
	return rd_left(&names) ? VERDICT_NO : VERDICT_SURE;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), whole = r;
	uint8_t type = rd_u8(&r), flags = rd_u8(&r);
	uint16_t len = rd_be16(&r);

	if (type < NBSS_REQUEST || type > NBSS_RETARGET)
		return VERDICT_NO;
	if (rd_short(&r))
		return VERDICT_MORE;
	if (flags) /* the one defined bit extends the length, which these never need */
		return VERDICT_NO;
	if (smb_follows(whole))
		return VERDICT_NO;
	ret->speaker = SPEAKER_SERVER;
	switch (type) {
	case NBSS_REQUEST:
		/* two names of 34 bytes, longer with a scope */
		return len < 68 || len > 512 ? VERDICT_NO : request(r, len, ret);
	case NBSS_POSITIVE:
		ret->more = true;
		return len || rd_left(&r) >= 8 ? VERDICT_NO : VERDICT_LIKELY;
	case NBSS_NEGATIVE: {
		uint8_t error = rd_u8(&r);

		if (len != 1)
			return VERDICT_NO;
		if (rd_short(&r))
			return VERDICT_MORE;
		ret->notes |= APP_NOTE_ERROR;
		if (error < ERROR_FIRST || (error > ERROR_LAST && error != ERROR_OTHER))
			return VERDICT_NO;
		return VERDICT_LIKELY;
	}
	default:
		rd_skip(&r, 6);
		if (len != 6)
			return VERDICT_NO;
		return rd_short(&r) ? VERDICT_MORE : rd_left(&r) ? VERDICT_NO : VERDICT_LIKELY;
	}
}

const struct recogniser recogniser_nbss = {
	.word = "nbss",
	.spec = "RFC 1002 4.3",
	.proto = PROTO_TCP,
	.min = 5,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\x81\x84")}}),
	.apps = {{"nbss", "NetBIOS session"}},
	.probe = probe,
};
