// SPDX-License-Identifier: BSD-2-Clause
/*
 * Remote Desktop, by its connection request and confirm (MS-RDPBCGR 2.2.1.1, 2.2.1.2).
 *
 *   TPKT 03 00 length(2) | X.224 LI(1) E0|D0 dst(2) src(2) class(1)
 *     [ "Cookie: mstshash=" ... CR LF | routing token CR LF ] [ 01 flags 08 00 protocols(4) ]
 *
 * Other users of TPKT (S7, H.323) have X.224 parameters or something else here. The cookie holds a
 * user's name and is not kept.
 */
#include "recognise/scan.h"

enum {
	TPKT_VERSION = 3,
	TPKT_HEADER = 4,
	X224_FIXED = 6, /* behind the length indicator */
	X224_REQUEST = 0xe0,
	X224_CONFIRM = 0xd0,
	NEG_REQUEST = 1, /* MS-RDPBCGR 2.2.1.1.1 */
	NEG_RESPONSE = 2,
	NEG_FAILURE = 3,
	CORRELATION = 6, /* 2.2.1.1.2 */
	NEG_LENGTH = 8,
	PROTOCOLS_MAX = 0x1f,
};

static enum verdict negotiation(struct rd r, bool request, struct facts *ret)
{
	uint8_t type = rd_u8(&r);

	rd_skip(&r, 1);

	uint16_t len = rd_le16(&r);
	uint32_t value = rd_le32(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (len != NEG_LENGTH || value > PROTOCOLS_MAX)
		return VERDICT_NO;
	if (request)
		return type == NEG_REQUEST ? VERDICT_SURE : VERDICT_NO;
	if (type == NEG_FAILURE)
		ret->notes |= APP_NOTE_ERROR;
	return type == NEG_RESPONSE || type == NEG_FAILURE ? VERDICT_SURE : VERDICT_NO;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	uint8_t version = rd_u8(&r), reserved = rd_u8(&r);

	if (version != TPKT_VERSION || reserved)
		return VERDICT_NO;

	uint16_t len = rd_be16(&r);
	uint8_t li = rd_u8(&r), code = rd_u8(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if ((code != X224_REQUEST && code != X224_CONFIRM) || li < X224_FIXED ||
	    len != li + TPKT_HEADER + 1)
		return VERDICT_NO;

	bool request = code == X224_REQUEST, whole = rd_left(&r) >= li - 1u;
	struct rd b = rd_sub(&r, whole ? li - 1u : rd_left(&r)), line;
	uint16_t dst = rd_be16(&b);

	rd_skip(&b, 2);

	uint8_t class = rd_u8(&b);

	if (rd_short(&b))
		return VERDICT_MORE;
	/* X.224 13.3.2: a request knows no destination yet; only class 0 is used. */
	if ((request && dst) || class)
		return VERDICT_NO;
	ret->speaker = request ? SPEAKER_CLIENT : SPEAKER_SERVER;
	if (li == X224_FIXED)
		return VERDICT_LIKELY; /* before RDP 5.2 nothing is negotiated */
	if (request) {
		struct rd t = b;
		enum verdict v = scan_text(&t, "Cookie: msts", false);

		if (v == VERDICT_SURE) {
			if (!scan_line(&b, &line))
				return whole || !scan_printable(line) ? VERDICT_NO : VERDICT_MORE;
			/* The negotiation may be left out (RDP 4). */
			return !rd_left(&b) && whole ? VERDICT_SURE : negotiation(b, true, ret);
		}
		if (v == VERDICT_MORE)
			return whole ? VERDICT_NO : v;
		/* A routing token of another form, or none, before its CR LF. */
		t = b;
		if (whole && scan_line(&t, &line) && scan_printable(line))
			return rd_left(&t) ? negotiation(t, true, ret) : VERDICT_LIKELY;
	}

	enum verdict v = negotiation(b, request, ret);

	return v == VERDICT_MORE && whole ? VERDICT_NO : v;
}

const struct recogniser recogniser_rdp = {
	.word = "rdp",
	.spec = "MS-RDPBCGR 2.2.1.1, 2.2.1.2; X.224 13.3",
	.proto = PROTO_TCP,
	.min = 11,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\3\3"), BYTE_IN("\0\0"), BYTE_ANY, BYTE_ANY, BYTE_ANY,
				    BYTE_IN("\xd0\xd0\xe0\xe0")}}),
	.remote_control = true,
	.apps = {{"rdp", "Remote Desktop"}},
	.probe = probe,
};
