// SPDX-License-Identifier: BSD-2-Clause
/*
 * IKE, the key exchange of IPsec, on 500 and, behind four zero bytes, on 4500 (RFC 3948 2.2).
 *
 *   initiator_spi(8) responder_spi(8) next(1) version(1) exchange(1) flags(1) message_id(4)
 * length(4) RFC 7296 3.1, RFC 2408 3.1
 */
#include "recognise/scan.h"

enum {
	HEADER = 28,
	V1 = 0x10,
	V2 = 0x20,
	V2_FLAG_RESPONSE = 0x20,
	V2_FLAGS = 0x38,
	V1_FLAGS = 0x07,
};

/* RFC 2408 3.1 with RFC 2409 (quick mode 32, new group 33); RFC 7296 3.1 with its registry */
static bool exchange_ok(uint8_t version, uint8_t x)
{
	if (version == V1)
		return (x >= 1 && x <= 6) || (x >= 32 && x <= 33) || (x >= 243 && x <= 246);
	return x >= 34 && x <= 44;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	size_t n = in->n;

	if (rd_is(&r, "\0\0\0\0", 4))
		n -= 4;

	uint64_t initiator = rd_be64(&r), responder = rd_be64(&r);

	rd_skip(&r, 1);

	uint8_t version = rd_u8(&r), exchange = rd_u8(&r), flags = rd_u8(&r);

	rd_skip(&r, 4);

	uint32_t length = rd_be32(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (!initiator || (version != V1 && version != V2) || !exchange_ok(version, exchange))
		return VERDICT_NO;
	if (flags & ~(version == V1 ? V1_FLAGS : V2_FLAGS) || length < HEADER)
		return VERDICT_NO;
	if (in->cut ? length < n : length != n)
		return VERDICT_NO;
	if (version == V2)
		ret->speaker = flags & V2_FLAG_RESPONSE ? SPEAKER_SERVER : SPEAKER_CLIENT;
	else if (!responder)
		ret->speaker = SPEAKER_CLIENT;
	return VERDICT_SURE;
}

const struct recogniser recogniser_ike = {
	.word = "ike",
	.spec = "RFC 7296 3.1; RFC 2408 3.1; RFC 3948 2.2",
	.proto = PROTO_UDP,
	.min = HEADER,
	RECOGNISER_BEGINS({.least = HEADER}),
	.apps = {{"ike", "IKE (IPsec key exchange)"}},
	.probe = probe,
};
