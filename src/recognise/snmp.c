// SPDX-License-Identifier: BSD-2-Clause
/*
 * SNMP in datagrams: v1 and v2c (RFC 1157 4, RFC 3416 3), v3 (RFC 3412 6). The community is a
 * password and is not kept.
 *
 *   v1, v2c  30 len 02 01 00|01  04 len community  A0..A8 len 02 len request-id ...
 *   v3       30 len 02 01 03     30 len 02 len id  02 len max-size  04 01 flags  02 01 model
 */
#include "recognise/scan.h"

enum {
	V1 = 0,
	V2C = 1,
	V3 = 3,
	PDU_GET = 0xa0,
	PDU_RESPONSE = 0xa2,
	PDU_TRAP = 0xa4, /* v1 alone, RFC 1157 4.1.6 */
	PDU_TRAP2 = 0xa7,
	PDU_REPORT = 0xa8,
	MSG_MIN = 484, /* RFC 3412 6.3 */
};

static enum verdict v3(struct rd r)
{
	uint32_t n, id, size;
	struct rd flags;
	enum verdict v = ber_open(&r, 0x30, &n);

	if (v == VERDICT_SURE)
		v = ber_int(&r, 0x02, &id);
	if (v == VERDICT_SURE)
		v = ber_int(&r, 0x02, &size);
	if (v == VERDICT_SURE)
		v = ber_bytes(&r, 0x04, &flags);
	if (v != VERDICT_SURE)
		return v;
	return size >= MSG_MIN && rd_left(&flags) == 1 ? VERDICT_SURE : VERDICT_NO;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), community;
	uint32_t outer, version, n, id;
	enum verdict v = ber_open(&r, 0x30, &outer);

	if (v != VERDICT_SURE)
		return v;
	if (!in->cut && outer != rd_left(&r))
		return VERDICT_NO;
	v = ber_int(&r, 0x02, &version);
	if (v != VERDICT_SURE)
		return v;
	if (version == V3)
		return v3(r);
	if (version != V1 && version != V2C)
		return VERDICT_NO;
	v = ber_bytes(&r, 0x04, &community);
	if (v != VERDICT_SURE)
		return v;

	struct rd t = r;
	uint8_t pdu = rd_u8(&t);

	if (rd_short(&r) || rd_short(&t))
		return VERDICT_MORE;
	if (pdu < PDU_GET || pdu > PDU_REPORT)
		return VERDICT_NO;
	v = ber_open(&r, pdu, &n);
	if (v != VERDICT_SURE)
		return v;
	ret->speaker = pdu == PDU_RESPONSE || pdu == PDU_REPORT ? SPEAKER_SERVER : SPEAKER_CLIENT;
	if (pdu == PDU_TRAP || pdu == PDU_TRAP2)
		ret->notes |= APP_NOTE_UNANSWERED_KIND;
	if (pdu == PDU_TRAP) /* begins with the OID of the enterprise */
		return ber_open(&r, 0x06, &n);
	return ber_int(&r, 0x02, &id);
}

const struct recogniser recogniser_snmp = {
	.word = "snmp",
	.spec = "RFC 1157 4; RFC 3416 3; RFC 3412 6",
	.proto = PROTO_UDP,
	.min = 12,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\x30\x30"), BYTE_IN("\x00\x7f\x81\x84")}}),
	.apps = {{"snmp", "SNMP"}},
	.probe = probe,
};
