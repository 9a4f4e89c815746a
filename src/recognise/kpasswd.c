// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kerberos password change and set (RFC 3244 2).
 *
 *   [TCP: length(4)] length(2) version(2) ap_req_length(2) AP-REQ|AP-REP KRB-PRIV|KRB-ERROR
 */
#include "recognise/scan.h"

enum {
	VERSION_CHANGE = 0x0001,
	VERSION_SET = 0xff80,
	AP_REQ = 0x6e, /* RFC 4120 5.10 */
	AP_REP = 0x6f,
	KRB_ERROR = 0x7e,
	HEADER = 6,
};

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	uint32_t room = (uint32_t)in->n;

	if (in->proto == PROTO_TCP) {
		room = rd_be32(&r);
		if (!rd_short(&r) && (room < HEADER + 2 || room > UINT16_MAX))
			return VERDICT_NO;
	}

	uint16_t length = rd_be16(&r), version = rd_be16(&r), ap = rd_be16(&r);
	uint8_t tag = rd_u8(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (version != VERSION_CHANGE && version != VERSION_SET)
		return VERDICT_NO;
	if ((in->proto == PROTO_TCP || !in->cut) && length != room)
		return VERDICT_NO;
	/* Without an AP-REP an error stands alone, RFC 3244 2. */
	if (ap ? (tag != AP_REQ && tag != AP_REP) || ap > length - HEADER : tag != KRB_ERROR)
		return VERDICT_NO;
	ret->speaker = tag == AP_REQ ? SPEAKER_CLIENT : SPEAKER_SERVER;
	ret->notes |= tag == KRB_ERROR ? APP_NOTE_KRB_ERROR | APP_NOTE_ERROR : 0;
	return VERDICT_SURE;
}

const struct recogniser recogniser_kpasswd = {
	.word = "kpasswd",
	.spec = "RFC 3244 2",
	.min = 8,
	RECOGNISER_BEGINS(
		{.proto = PROTO_TCP, .least = 4, .byte = {BYTE_IN("\0\0"), BYTE_IN("\0\0")}},
		{.proto = PROTO_UDP,
		 .least = 7,
		 .byte = {BYTE_ANY, BYTE_ANY, BYTE_IN("\x00\x00\xff\xff"),
			  BYTE_IN("\x01\x01\x80\x80"), BYTE_ANY, BYTE_ANY,
			  BYTE_IN("\x6e\x6f\x7e\x7e")}}),
	.apps = {{"kpasswd", "Kerberos password change"}},
	.probe = probe,
};
