// SPDX-License-Identifier: BSD-2-Clause
/*
 * SQL Browser, the SQL Server Resolution Protocol (MC-SQLR 2.2).
 *
 *   02                     who is there? (broadcast)       2.2.1
 *   03                     all instances of this host      2.2.2
 *   04 name 00             one instance                    2.2.3
 *   0F 01 name 00          its administrator's port        2.2.4
 *   05 length(2) text      the answer, little-endian       2.2.5
 *   05 06 00 01 port(2)    the answer to 0F                2.2.6
 *
 * Requests are as short as one byte. UDP 1434 is part of the protocol (2.1), and only there they
 * are taken for one. A name above 32 characters is no request: a worm of 2003 sent such.
 */
#include "recognise/scan.h"

enum {
	BROADCAST = 0x02,
	UNICAST = 0x03,
	INSTANCE = 0x04,
	RESPONSE = 0x05,
	DAC = 0x0f,
	PORT = 1434,
	NAME_MAX_ = 32, /* 2.2.3, without the zero */
	DAC_LENGTH = 6,
};

static enum verdict instance(struct rd r, struct facts *ret)
{
	size_t n = rd_left(&r);

	if (n < 2 || n > NAME_MAX_ + 1)
		return VERDICT_NO;

	struct rd name = rd_sub(&r, n - 1);

	/* The text is in the server's code page: bytes above 7F are letters there. */
	for (struct rd t = name; rd_left(&t);)
		if (rd_u8(&t) <= 0x20)
			return VERDICT_NO;
	if (rd_u8(&r) != 0)
		return VERDICT_NO;
	scan_name(ret, name);
	return VERDICT_LIKELY;
}

static void instance_of_answer(struct rd r, struct facts *ret)
{
	for (; rd_left(&r); rd_skip(&r, 1)) {
		if (!rd_is(&r, "InstanceName;", 13))
			continue;

		struct rd t = r;
		size_t n = 0;

		while (rd_left(&t) && rd_u8(&t) != ';')
			n++;
		scan_name(ret, rd_sub(&r, n));
		return;
	}
}

static enum verdict answer(struct rd r, const struct payload *in, struct facts *ret)
{
	uint16_t len = rd_le16(&r);

	if (rd_short(&r))
		return VERDICT_NO;
	ret->speaker = SPEAKER_SERVER;
	if (in->n == DAC_LENGTH && len == DAC_LENGTH && rd_u8(&r) == 1)
		return in->port == PORT ? VERDICT_LIKELY : VERDICT_NO;
	if (!in->cut && len != rd_left(&r))
		return VERDICT_NO;

	enum verdict v = scan_text(&r, "ServerName;", true);

	if (v == VERDICT_SURE)
		instance_of_answer(r, ret);
	return v;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	uint8_t type = rd_u8(&r);
	bool to_browser = in->peer_port == PORT;

	ret->speaker = SPEAKER_CLIENT;
	switch (type) {
	case BROADCAST:
		if (in->n != 1 || !to_browser)
			return VERDICT_NO;
		ret->notes |= APP_NOTE_SSRP_BROADCAST;
		return VERDICT_LIKELY;
	case UNICAST:
		return in->n == 1 && to_browser ? VERDICT_LIKELY : VERDICT_NO;
	case INSTANCE:
		return to_browser ? instance(r, ret) : VERDICT_NO;
	case DAC:
		return to_browser && rd_u8(&r) == 1 ? instance(r, ret) : VERDICT_NO;
	case RESPONSE:
		return answer(r, in, ret);
	default:
		return VERDICT_NO;
	}
}

const struct recogniser recogniser_ssrp = {
	.word = "ssrp",
	.spec = "MC-SQLR 2.1, 2.2",
	.proto = PROTO_UDP,
	.min = 1, /* a request is whole with one byte */
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\x02\x05\x0f\x0f")}}),
	.apps = {{"ssrp", "SQL Browser"}},
	.probe = probe,
};
