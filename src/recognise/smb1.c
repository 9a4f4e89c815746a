// SPDX-License-Identifier: BSD-2-Clause
/*
 * SMB1 (CIFS), behind the four bytes of NetBIOS session framing.
 *
 *   00 length(3) | FF 'S' 'M' 'B' command(1) status(4) flags(1) flags2(2) ...   MS-CIFS 2.2.3.1
 *
 * A client that offers SMB2 as well asks in SMB1 (MS-SMB2 3.2.4.2.2.1): its request alone proves
 * nothing about SMB1. Only the answer of a server in SMB1 does.
 */
#include "recognise/netbios.h"

enum {
	HEADER = 32,
	COMMAND_NEGOTIATE = 0x72,
	COMMAND_SESSION_SETUP = 0x73,
	FLAGS_REPLY = 0x80, /* MS-CIFS 2.2.3.1 */
};

static enum verdict message(struct rd r, struct facts *ret)
{
	uint8_t type = rd_u8(&r);
	uint32_t len = rd_be24(&r);
	enum verdict v;

	if (!rd_short(&r) && (type != NBSS_MESSAGE || len < HEADER + 3))
		return VERDICT_NO;
	if (rd_short(&r))
		return type == NBSS_MESSAGE ? VERDICT_MORE : VERDICT_NO;
	v = scan_text(&r, "\xffSMB", false);
	if (v != VERDICT_SURE)
		return v;

	uint8_t command = rd_u8(&r);

	rd_skip(&r, 4);

	uint8_t flags = rd_u8(&r);

	rd_skip(&r, 2 + 2 + 8 + 2 + 2 + 2 + 2 + 2); /* flags2 ... MID */

	uint8_t words = rd_u8(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	ret->speaker = flags & FLAGS_REPLY ? SPEAKER_SERVER : SPEAKER_CLIENT;
	if (flags & FLAGS_REPLY) {
		ret->notes |= APP_NOTE_SMB1_SERVER;
		return VERDICT_SURE;
	}
	if (command != COMMAND_NEGOTIATE)
		return VERDICT_SURE;
	if (words)
		return VERDICT_NO; /* MS-CIFS 2.2.4.52.1 */

	/* MS-SMB2 2.2.3 and 3.2.4.2.2.1: the dialects "SMB 2.002" and "SMB 2.???" */
	rd_skip(&r, 2);

	struct rd dialects = rd_sub(&r, rd_left(&r));

	return scan_has(dialects, "SMB 2.") ? VERDICT_LIKELY : VERDICT_SURE;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	bool empty;

	netbios_session(&r);
	empty = rd_left(&r) == 0;
	return empty ? VERDICT_MORE : message(r, ret);
}

static enum verdict resume(const struct payload *in, struct facts *ret)
{
	return message(rd_over(in->p, in->n), ret);
}

const struct recogniser recogniser_smb1 = {
	.word = "smb1",
	.spec = "MS-CIFS 2.2.3.1; MS-SMB 2.1",
	.proto = PROTO_TCP,
	.min = 37,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("\0\0"), BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_IN("\xff\xff"),
			  BYTE_IN("SS"), BYTE_IN("MM"), BYTE_IN("BB")}},
		{.byte = {BYTE_IN("\x81\x82\x84\x85"), BYTE_IN("\0\0"), BYTE_IN("\0\2")}}),
	.remote_control = true,
	.apps = {{"smb1", "SMB 1"}},
	.probe = probe,
	.resume = resume,
};
