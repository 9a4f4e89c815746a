// SPDX-License-Identifier: BSD-2-Clause
/*
 * Remote Desktop's UDP transport, by the datagrams that open it (MS-RDPEUDP 2.2.2.1, 2.2.2.5).
 *
 *   source_ack(4) window(2) flags(2) | initial_sequence(4) up_mtu(2) down_mtu(2) ... zeros
 *
 * They are padded with zeros to the MTU that they offer (3.1.5.1.1).
 */
#include "recognise/scan.h"

enum {
	FLAG_SYN = 0x0001,
	FLAG_ACK = 0x0004,
	FLAGS_OPENING = 0x1e05, /* and SYNLOSSY, ACKDELAYED, CORRELATION_ID, SYNEX */
	MTU_MIN = 1132,
	MTU_MAX = 1232,
};

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	uint32_t ack = rd_be32(&r);

	rd_skip(&r, 2);

	uint16_t flags = rd_be16(&r);

	rd_skip(&r, 4);

	uint16_t up = rd_be16(&r), down = rd_be16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (!(flags & FLAG_SYN) || flags & ~FLAGS_OPENING || up < MTU_MIN || up > MTU_MAX ||
	    down < MTU_MIN || down > MTU_MAX)
		return VERDICT_NO;
	/* Nothing was received yet: -1 (3.1.5.1.1). */
	if (!(flags & FLAG_ACK) && ack != UINT32_MAX)
		return VERDICT_NO;
	if (!in->cut && in->n < MTU_MIN)
		return VERDICT_NO;
	ret->speaker = flags & FLAG_ACK ? SPEAKER_SERVER : SPEAKER_CLIENT;
	return VERDICT_SURE;
}

const struct recogniser recogniser_rdp_udp = {
	.word = "rdp_udp",
	.spec = "MS-RDPEUDP 2.2.2.1, 2.2.2.5, 3.1.5.1",
	.proto = PROTO_UDP,
	.min = 16,
	RECOGNISER_BEGINS({.least = 16,
			   .byte = {BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_ANY,
				    BYTE_IN("\x00\x1e"), BYTE_IN("\1\1\5\5")}}),
	.remote_control = true,
	.apps = {{"rdp-udp", "Remote Desktop over UDP"}},
	.probe = probe,
};
