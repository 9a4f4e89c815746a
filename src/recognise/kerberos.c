// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kerberos 5 (RFC 4120 5.4, 5.9), DER in a datagram, or behind a 4-byte length over TCP (7.2.2).
 *
 *   AS-REQ, TGS-REQ   6A|6C len 30 len A1 03 02 01 05  A2 03 02 01 type
 *   AS-REP, TGS-REP   6B|6D len 30 len A0 03 02 01 05  A1 03 02 01 type
 *   KRB-ERROR         7E    len 30 len A0 03 02 01 05  A1 03 02 01 1E ... A6 03 02 01 code
 */
#include "recognise/scan.h"

enum {
	AS_REQ = 0x6a,
	AS_REP = 0x6b,
	TGS_REQ = 0x6c,
	TGS_REP = 0x6d,
	KRB_ERROR = 0x7e,
	MAX_MESSAGE = 1 << 20,
	ERR_PREAUTH_REQUIRED = 25, /* RFC 4120 7.5.9 */
	FIELDS_MAX = 16,
};

/* [tag] INTEGER */
static enum verdict tagged_int(struct rd *r, uint8_t tag, uint32_t *ret)
{
	uint32_t n;
	enum verdict v = ber_open(r, tag, &n);

	return v == VERDICT_SURE ? ber_int(r, 0x02, ret) : v;
}

static void read_error(struct rd r, struct facts *ret)
{
	uint32_t code = 0;

	for (int i = 0; i < FIELDS_MAX && rd_left(&r); i++) {
		struct rd t = r, peek = r, field;
		uint8_t tag = rd_u8(&peek);

		if (tagged_int(&t, 0xa6, &code) == VERDICT_SURE)
			break;
		if (ber_bytes(&r, tag, &field) != VERDICT_SURE)
			return;
	}
	/* 25 is how a server asks for the proof that comes with the second request. */
	if (code && code != ERR_PREAUTH_REQUIRED)
		ret->notes |= APP_NOTE_KRB_ERROR;
}

static enum verdict message(struct rd r, uint32_t room, bool whole, struct facts *ret)
{
	struct rd t = r;
	uint8_t tag = rd_u8(&t);
	uint32_t outer, inner, pvno, type, expect;
	size_t before = rd_left(&r), at;
	enum verdict v;

	if (!rd_short(&t) && tag != AS_REQ && tag != AS_REP && tag != TGS_REQ && tag != TGS_REP &&
	    tag != KRB_ERROR)
		return VERDICT_NO;
	v = ber_open(&r, tag, &outer);
	if (v != VERDICT_SURE)
		return v;
	at = before - rd_left(&r);
	if (whole && outer != room - at)
		return VERDICT_NO;
	v = ber_open(&r, 0x30, &inner);
	if (v != VERDICT_SURE)
		return v;
	if (inner >= outer)
		return VERDICT_NO;

	bool request = tag == AS_REQ || tag == TGS_REQ;

	v = tagged_int(&r, request ? 0xa1 : 0xa0, &pvno);
	if (v == VERDICT_SURE)
		v = tagged_int(&r, request ? 0xa2 : 0xa1, &type);
	if (v != VERDICT_SURE)
		return v;
	expect = tag & 0x1f; /* the message type is the number of the tag, RFC 4120 5.10 */
	if (pvno != 5 || type != expect)
		return VERDICT_NO;
	ret->speaker = request ? SPEAKER_CLIENT : SPEAKER_SERVER;
	if (tag == KRB_ERROR)
		read_error(r, ret);
	return VERDICT_SURE;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);

	if (in->proto == PROTO_UDP) {
		enum verdict v = message(r, (uint32_t)in->n, !in->cut, ret);

		/* Whether it was refused is in the datagram that answers. */
		ret->more = ret->speaker == SPEAKER_CLIENT;
		return v;
	}

	uint8_t high = rd_u8(&r);
	uint32_t low = rd_be24(&r);

	if (high || (!rd_short(&r) && (low < 16 || low > MAX_MESSAGE)))
		return VERDICT_NO;
	if (rd_short(&r) || !rd_left(&r))
		return VERDICT_MORE;
	return message(r, low, true, ret);
}

const struct recogniser recogniser_kerberos = {
	.word = "kerberos",
	.spec = "RFC 4120 5.4, 5.9, 7.2.2",
	.min = 16,
	RECOGNISER_BEGINS({.proto = PROTO_TCP,
			   .byte = {BYTE_IN("\0\0"), BYTE_ANY, BYTE_ANY, BYTE_ANY,
				    BYTE_IN("\x6a\x6d\x7e\x7e")}},
			  {.proto = PROTO_UDP,
			   .byte = {BYTE_IN("\x6a\x6d\x7e\x7e"), BYTE_IN("\x00\x7f\x81\x84")}}),
	.apps = {{"kerberos", "Kerberos"}},
	.probe = probe,
	.resume = probe,
};
