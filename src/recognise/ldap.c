// SPDX-License-Identifier: BSD-2-Clause
/*
 * LDAP over TCP (RFC 4511 4.1.1; drawn in ldap_message.h). Windows writes all lengths in the form
 * 84 00 00 00 nn. Behind a SASL bind with signing the stream is a 4-byte length and an opaque
 * token (RFC 4422 3.7): there reading stops and the verdict stays.
 */
#include "recognise/ldap_message.h"

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	enum verdict v = VERDICT_NO;
	bool settled = false;

	for (int i = 0; rd_left(&r) && i < 32 && !settled; i++) {
		struct ldap_message m;
		enum verdict one = ldap_message(&r, &m);

		if (i == 0)
			v = one;
		if (one < VERDICT_LIKELY) {
			ret->more |= one == VERDICT_MORE;
			return v;
		}
		if (one > v)
			v = one;
		if (i == 0)
			ret->speaker = m.speaker;
		ret->notes |= m.notes;
		/* A login is in clear unless TLS came first. */
		settled = m.op == LDAP_BIND || m.notes || m.speaker == SPEAKER_SERVER;
	}
	ret->more = !settled;
	return v;
}

/* Behind a SASL bind: the length and a Kerberos wrap token (RFC 4422 3.7, RFC 4121 4.2.6.2). */
static enum verdict wrapped(struct rd r)
{
	uint32_t len = rd_be32(&r);
	uint16_t token = rd_be16(&r);
	uint8_t flags = rd_u8(&r), filler = rd_u8(&r);

	if (rd_short(&r))
		return VERDICT_NO;
	return len >= 16 && len < 1 << 24 && token == 0x0504 && flags <= 7 && filler == 0xff
		       ? VERDICT_LIKELY
		       : VERDICT_NO;
}

static enum verdict resume(const struct payload *in, struct facts *ret)
{
	enum verdict v = probe(in, ret);

	return v == VERDICT_NO ? wrapped(rd_over(in->p, in->n)) : v;
}

const struct recogniser recogniser_ldap = {
	.word = "ldap",
	.spec = "RFC 4511 4.1.1, 5.1",
	.proto = PROTO_TCP,
	.min = 7, /* an unbind request is whole with 7 */
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\x30\x30"), BYTE_IN("\x00\x7f\x81\x84")}}),
	.apps = {{"ldap", "LDAP"}},
	.probe = probe,
	.resume = resume,
};
