// SPDX-License-Identifier: BSD-2-Clause
/*
 * The NetBIOS name service, WINS included (RFC 1002 4.2): a DNS header with operations of its own,
 * and names of thirty-two letters A to P, which is what tells it from DNS.
 */
#include "recognise/netbios.h"

enum {
	FLAG_RESPONSE = 0x8000,
	TYPE_A = 0x01, /* RFC 1002 4.2.1.3 */
	TYPE_NULL = 0x0a,
	TYPE_NB = 0x20,
	TYPE_NBSTAT = 0x21,
	CLASS_IN = 1,
};

/* RFC 1002 4.2.1.1: query, registration, release, WACK, refresh (8, and 9 in the wild);
 * multi-homed registration is Microsoft's 15. */
static bool opcode_ok(unsigned op)
{
	return op == 0 || (op >= 5 && op <= 9) || op == 15;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);

	rd_skip(&r, 2);

	uint16_t flags = rd_be16(&r), qd = rd_be16(&r), an = rd_be16(&r), ns = rd_be16(&r),
		 ar = rd_be16(&r);
	bool answer = flags & FLAG_RESPONSE;

	if (rd_short(&r))
		return VERDICT_MORE;
	if (!opcode_ok(flags >> 11 & 15) ||
	    flags & 0x0060) /* RFC 1002 4.2.1.1: zeros in NM_FLAGS */
		return VERDICT_NO;
	/* One question, or one answer; a registration adds its record. */
	if (qd > 1 || an > 1 || ns > 1 || ar > 1 || (!answer && qd != 1) ||
	    (answer && !qd && !an && !ns))
		return VERDICT_NO;

	enum verdict v = netbios_name(&r);

	if (v != VERDICT_SURE)
		return v;

	uint16_t type = rd_be16(&r), class = rd_be16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if ((type != TYPE_NB && type != TYPE_NBSTAT && type != TYPE_NULL && type != TYPE_A) ||
	    class != CLASS_IN)
		return VERDICT_NO;
	ret->speaker = answer ? SPEAKER_SERVER : SPEAKER_CLIENT;
	return VERDICT_SURE;
}

const struct recogniser recogniser_nbns = {
	.word = "nbns",
	.spec = "RFC 1002 4.2",
	.proto = PROTO_UDP,
	.min = 50, /* header, one name, type and class */
	RECOGNISER_BEGINS({.least = 12,
			   .byte = {BYTE_ANY, BYTE_ANY,
				    BYTE_IN("\x00\x07\x28\x4f\x78\x7f\x80\x87\xa8\xcf\xf8\xff"),
				    BYTE_IN("\x00\x1f\x80\x9f"), BYTE_IN("\0\0"), BYTE_IN("\0\1"),
				    BYTE_IN("\0\0"), BYTE_IN("\0\1")}}),
	.apps = {{"nbns", "NetBIOS name service"}},
	.probe = probe,
};
