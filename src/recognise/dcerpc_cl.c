// SPDX-License-Identifier: BSD-2-Clause
/*
 * DCE/RPC over UDP, connectionless (C706 12.5.2.1). The header is 80 bytes:
 *
 *   vers(1)=4 ptype(1) flags1(1) flags2(1) drep(3) serial_hi(1) object(16) interface(16)
 *   activity(16) server_boot(4) if_vers(4) seqnum(4) opnum(2) ihint(2) ahint(2) len(2)
 *   fragnum(2) auth_proto(1) serial_lo(1)
 */
#include "recognise/scan.h"

enum {
	VERSION = 4,
	PTYPE_REQUEST = 0,
	PTYPE_PING = 1,
	PTYPE_RESPONSE = 2,
	PTYPE_FAULT = 3,
	PTYPE_WORKING = 4,
	PTYPE_NOCALL = 5,
	PTYPE_REJECT = 6,
	PTYPE_ACK = 7,
	PTYPE_CL_CANCEL = 8,
	PTYPE_FACK = 9,
	PTYPE_CANCEL_ACK = 10,
	FLAGS1_RESERVED = 0x81, /* C706 12.5.2.3 */
	FLAGS2_RESERVED = 0xfd,
	HEADER = 80,
};

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	struct fact_iface one = {0};
	uint8_t version = rd_u8(&r), ptype = rd_u8(&r), flags1 = rd_u8(&r), flags2 = rd_u8(&r),
		drep = rd_u8(&r), floats = rd_u8(&r), reserved = rd_u8(&r);
	bool little = drep & 0x10;

	if (in->n < HEADER || version != VERSION || ptype > PTYPE_CANCEL_ACK)
		return VERDICT_NO;
	if (flags1 & FLAGS1_RESERVED || flags2 & FLAGS2_RESERVED)
		return VERDICT_NO;
	if ((drep != 0x10 && drep != 0x00) || floats > 3 || reserved)
		return VERDICT_NO;
	rd_skip(&r, 1 + 16);
	scan_uuid(&r, little, one.uuid);
	rd_skip(&r, 16 + 4);

	uint32_t version_if = rd_u32(&r, little);

	rd_skip(&r, 4 + 2 + 2 + 2);

	uint16_t len = rd_u16(&r, little);

	rd_skip(&r, 2);

	uint8_t auth = rd_u8(&r);

	if (!in->cut && (in->n < HEADER + (size_t)len || (!auth && in->n != HEADER + (size_t)len)))
		return VERDICT_NO;
	one.major = (uint16_t)version_if;
	one.minor = (uint16_t)(version_if >> 16);
	ret->iface[ret->n_iface++] = one;
	switch (ptype) {
	case PTYPE_REQUEST:
	case PTYPE_PING:
	case PTYPE_ACK:
	case PTYPE_CL_CANCEL:
		ret->speaker = SPEAKER_CLIENT;
		break;
	case PTYPE_FACK: /* of either */
		break;
	default:
		ret->speaker = SPEAKER_SERVER;
		break;
	}
	if (ptype == PTYPE_REJECT || ptype == PTYPE_FAULT)
		ret->notes |= APP_NOTE_ERROR;
	return VERDICT_SURE;
}

const struct recogniser recogniser_dcerpc_cl = {
	.word = "dcerpc_cl",
	.spec = "C706 12.5.2.1",
	.proto = PROTO_UDP,
	.min = HEADER,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\4\4"), BYTE_IN("\x00\x0a"), BYTE_IN("\x00\x7e"),
				    BYTE_IN("\0\0\2\2"), BYTE_IN("\x00\x00\x10\x10"),
				    BYTE_IN("\0\3"), BYTE_IN("\0\0")}}),
	.apps = {{"dcerpc-cl", "DCE/RPC, connectionless"}},
	.probe = probe,
};
