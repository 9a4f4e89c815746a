// SPDX-License-Identifier: BSD-2-Clause
/*
 * SMB 2 and 3, behind the four bytes of NetBIOS session framing.
 *
 *   00 length(3) | FE 'S' 'M' 'B' 64(2) credit_charge(2) status(4) command(2) credits(2) flags(4)
 *                                                                         MS-SMB2 2.2.1.2
 *   00 length(3) | FD 'S' 'M' 'B' signature(16) ...   encrypted           MS-SMB2 2.2.41
 *   00 length(3) | FC 'S' 'M' 'B' size(4) ...         compressed          MS-SMB2 2.2.42
 *
 * The multi-protocol negotiation begins in SMB1 with a dialect "SMB 2.*"; what the server answers
 * decides (MS-SMB2 3.3.5.3).
 */
#include "recognise/netbios.h"

enum {
	HEADER = 64,
	TRANSFORM_HEADER = 52,
	COMPRESSION_HEADER = 16,
	COMMAND_MAX = 0x13, /* SERVER_TO_CLIENT_NOTIFICATION, MS-SMB2 2.2.1.2 */
	FLAGS_SERVER_TO_REDIR = 1,
	SMB1_COMMAND_NEGOTIATE = 0x72,
	SMB1_FLAGS_REPLY = 0x80,
};

static enum verdict plain(struct rd r, uint32_t len, struct facts *ret)
{
	uint16_t size = rd_le16(&r);

	rd_skip(&r, 2 + 4);

	uint16_t command = rd_le16(&r);

	rd_skip(&r, 2);

	uint32_t flags = rd_le32(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (size != HEADER || command > COMMAND_MAX || len < HEADER)
		return VERDICT_NO;
	ret->speaker = flags & FLAGS_SERVER_TO_REDIR ? SPEAKER_SERVER : SPEAKER_CLIENT;
	return VERDICT_SURE;
}

static enum verdict transform(struct rd r, uint32_t len)
{
	rd_skip(&r, 16 + 16);

	uint32_t original = rd_le32(&r);
	uint16_t reserved = rd_le16(&r), flags = rd_le16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	/* 2.2.41: Flags, or EncryptionAlgorithm in 3.0, is 1 in both readings. */
	if (len < TRANSFORM_HEADER || original > len || reserved || flags != 1)
		return VERDICT_NO;
	return VERDICT_SURE;
}

static enum verdict compressed(struct rd r, uint32_t len)
{
	uint32_t original = rd_le32(&r);
	uint16_t algorithm = rd_le16(&r), flags = rd_le16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	/* 2.2.42: LZNT1, LZ77, LZ77+Huffman, Pattern_V1, LZ4; chained or not */
	if (len < COMPRESSION_HEADER || !original || algorithm > 5 || flags > 1)
		return VERDICT_NO;
	return VERDICT_SURE;
}

static enum verdict multi_protocol(struct rd r, struct facts *ret)
{
	uint8_t command = rd_u8(&r);

	rd_skip(&r, 4);

	uint8_t flags = rd_u8(&r);

	rd_skip(&r, 2 + 2 + 8 + 2 + 2 + 2 + 2 + 2);

	uint8_t words = rd_u8(&r);
	uint16_t bytes = rd_le16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (command != SMB1_COMMAND_NEGOTIATE || flags & SMB1_FLAGS_REPLY || words)
		return VERDICT_NO;

	bool whole = rd_left(&r) >= bytes;
	struct rd dialects = rd_sub(&r, whole ? bytes : rd_left(&r));

	if (!scan_has(dialects, "SMB 2."))
		return whole ? VERDICT_NO : VERDICT_MORE;
	ret->speaker = SPEAKER_CLIENT;
	ret->more = true;
	return VERDICT_LIKELY;
}

static enum verdict message(struct rd r, struct facts *ret)
{
	uint8_t type = rd_u8(&r);
	uint32_t len = rd_be24(&r);
	uint8_t first = rd_u8(&r);

	if (type != NBSS_MESSAGE)
		return VERDICT_NO;
	if (rd_short(&r))
		return VERDICT_MORE;

	enum verdict v = scan_text(&r, "SMB", false);

	if (v != VERDICT_SURE)
		return v;
	switch (first) {
	case 0xfe:
		return plain(r, len, ret);
	case 0xfd:
		return transform(r, len);
	case 0xfc:
		return compressed(r, len);
	case 0xff:
		return multi_protocol(r, ret);
	default:
		return VERDICT_NO;
	}
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);

	netbios_session(&r);
	return rd_left(&r) ? message(r, ret) : VERDICT_MORE;
}

static enum verdict resume(const struct payload *in, struct facts *ret)
{
	return message(rd_over(in->p, in->n), ret);
}

const struct recogniser recogniser_smb2 = {
	.word = "smb2",
	.spec = "MS-SMB2 2.1, 2.2.1.2, 2.2.41, 2.2.42, 3.3.5.3",
	.proto = PROTO_TCP,
	.min = 24,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("\0\0"), BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_IN("SS"),
			  BYTE_IN("MM"), BYTE_IN("BB")}},
		{.byte = {BYTE_IN("\x81\x82\x84\x85"), BYTE_IN("\0\0"), BYTE_IN("\0\2")}}),
	.remote_control = true,
	.apps = {{"smb2", "SMB 2 or 3"}},
	.probe = probe,
	.resume = resume,
};
