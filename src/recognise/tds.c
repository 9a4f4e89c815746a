// SPDX-License-Identifier: BSD-2-Clause
/*
 * TDS, the protocol of SQL Server (MS-TDS).
 *
 *   header     type(1) status(1) length(2) spid(2) packet_id(1) window(1)   2.2.3.1, big-endian
 *   PRELOGIN   { token(1) offset(2) length(2) } FF data                     2.2.6.5, big-endian
 *   LOGIN7     length(4) version(4) packet_size(4) ...                      2.2.6.4, little-endian
 *
 * The server answers PRELOGIN with a packet of type 4 and the same table. A TLS handshake then
 * travels inside packets of type 12h. LOGIN7 holds a password: nothing of it is kept.
 */
#include "recognise/scan.h"

enum {
	TYPE_BATCH = 0x01,
	TYPE_OLD_LOGIN = 0x02,
	TYPE_RPC = 0x03,
	TYPE_REPLY = 0x04,
	TYPE_ATTENTION = 0x06,
	TYPE_BULK = 0x07,
	TYPE_TRANSACTION = 0x0e,
	TYPE_LOGIN7 = 0x10,
	TYPE_SSPI = 0x11,
	TYPE_PRELOGIN = 0x12,
	STATUS_ALL = 0x1f, /* 2.2.3.1.2: the bits that are defined */
	STATUS_EOM = 0x01,
	HEADER = 8,
	MAX_PACKET = 32767, /* 2.2.6.4 PacketSize */
	OPTION_VERSION = 0, /* must come first, 2.2.6.5 */
	OPTION_INSTANCE = 2,
	OPTION_MAX = 7,
	OPTION_END = 0xff,
	VERSION_LENGTH = 6,
	LOGIN7_FIXED = 94, /* up to the data, 2.2.6.4; 86 before TDS 7.2 */
	LOGIN7_FIXED_70 = 86,
	OLD_LOGIN_MIN = 512,
	TOKEN_SYBASE = 0xe5, /* an extended message of TDS 5; MS-TDS 2.2.4 has no such token */
};

struct header {
	uint8_t type, status;
	uint16_t length;
};

static enum verdict header(struct rd *r, struct header *ret)
{
	ret->type = rd_u8(r);
	ret->status = rd_u8(r);
	ret->length = rd_be16(r);
	rd_skip(r, 3);

	uint8_t window = rd_u8(r);

	if (rd_short(r))
		return VERDICT_MORE;
	if (ret->status & ~STATUS_ALL || ret->length < HEADER || ret->length > MAX_PACKET || window)
		return VERDICT_NO;
	return VERDICT_SURE;
}

/* The option table; `room` is the length of the packet behind its header. Offsets count from the
 * table and lie behind it, inside the packet. */
static enum verdict prelogin(struct rd r, size_t room, bool client, struct facts *ret)
{
	struct rd table = r, look;
	uint16_t low = UINT16_MAX, inst_at = 0, inst_n = 0;
	size_t used = 0;
	bool first = true;

	for (;;) {
		uint8_t token = rd_u8(&r);

		if (rd_short(&r))
			return VERDICT_MORE;
		used++;
		if (token == OPTION_END)
			break;

		uint16_t at = rd_be16(&r), n = rd_be16(&r);

		if (rd_short(&r))
			return VERDICT_MORE;
		used += 4;
		if (token > OPTION_MAX || (size_t)at + n > room)
			return VERDICT_NO;
		if (first && (token != OPTION_VERSION || n != VERSION_LENGTH))
			return VERDICT_NO;
		if (!first && token == OPTION_VERSION)
			return VERDICT_NO;
		if (n && at < low)
			low = at;
		if (token == OPTION_INSTANCE) {
			inst_at = at;
			inst_n = n;
		}
		first = false;
	}
	if (first || low < used)
		return VERDICT_NO;
	ret->speaker = client ? SPEAKER_CLIENT : SPEAKER_SERVER;

	/* The client says which instance it wants; the server only whether that is right. */
	look = table;
	rd_skip(&look, inst_at);
	if (client && inst_n > 1) {
		struct rd name = rd_sub(&look, inst_n - 1u);

		if (!rd_short(&name))
			scan_name(ret, name);
	}
	return VERDICT_SURE;
}

static enum verdict login7(struct rd r, const struct header *h, struct facts *ret)
{
	uint32_t length = rd_le32(&r), version = rd_le32(&r), packet = rd_le32(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	/* 2.2.6.4 TDSVersion: 70000000h, 71000000h or 71000001h, 72090002h, 730A0003h or 730B0003h,
	 * 74000004h */
	if (version >> 24 < 0x70 || version >> 24 > 0x74 || packet > MAX_PACKET)
		return VERDICT_NO;
	if (length < LOGIN7_FIXED_70 || length > 128 * 1024 ||
	    (h->status & STATUS_EOM && length != h->length - (uint32_t)HEADER))
		return VERDICT_NO;
	ret->speaker = SPEAKER_CLIENT;
	return VERDICT_SURE;
}

/* 2.2.7: what a server may send first when a login was not preceded by PRELOGIN, or later. */
static enum verdict reply_tokens(struct rd r, size_t room, struct facts *ret)
{
	uint8_t token = rd_u8(&r);
	uint16_t n = rd_le16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	ret->speaker = SPEAKER_SERVER;
	switch (token) {
	case 0xaa: /* ERROR, 2.2.7.10 */
		ret->notes |= APP_NOTE_ERROR;
		break;
	case 0xab: /* INFO, 2.2.7.13 */
	case 0xad: /* LOGINACK, 2.2.7.14 */
	case 0xe3: /* ENVCHANGE, 2.2.7.9 */
	case 0xed: /* SSPI, 2.2.7.22 */
		break;
	case 0xfd: /* DONE, DONEPROC and DONEINPROC, 2.2.7.6: status, command, count */
	case 0xfe:
	case 0xff:
		return n <= 0x0fff && (room == 13 || room == 9 || room > 13) ? VERDICT_LIKELY
									     : VERDICT_NO;
	case 0x81: /* COLMETADATA, 2.2.7.4: a count of columns, 4096 at the most */
		return n <= 4096 || n == UINT16_MAX ? VERDICT_LIKELY : VERDICT_NO;
	default:
		return VERDICT_NO;
	}
	if (n < 2 || n + 3u > room)
		return VERDICT_NO;
	/* What Sybase's servers say goes on with a token that SQL Server's never do (2.2.4). */
	rd_skip(&r, n);
	return rd_u8(&r) == TOKEN_SYBASE && !rd_short(&r) ? VERDICT_NO : VERDICT_LIKELY;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), first = r;
	struct header h;
	uint8_t type = rd_u8(&first);

	if (type != TYPE_PRELOGIN && type != TYPE_REPLY && type != TYPE_LOGIN7 &&
	    type != TYPE_OLD_LOGIN)
		return VERDICT_NO;

	enum verdict v = header(&r, &h);

	if (v != VERDICT_SURE) {
		/* A status that cannot be ends the question before the header is whole. */
		uint8_t status = rd_u8(&first);

		return v == VERDICT_MORE && !rd_short(&first) && status > STATUS_ALL ? VERDICT_NO
										     : v;
	}

	size_t room = h.length - (size_t)HEADER;

	switch (h.type) {
	case TYPE_PRELOGIN:
		return prelogin(r, room, true, ret);
	case TYPE_LOGIN7:
		return login7(r, &h, ret);
	case TYPE_OLD_LOGIN:
		/* TDS 4.2 and 5.0: 30 bytes of host name, the last octet its length. Without a
		 * specification to check by, never more than a guess. */
		rd_skip(&r, 30);
		if (rd_u8(&r) > 30 || (!rd_short(&r) && h.length < OLD_LOGIN_MIN))
			return VERDICT_NO;
		ret->speaker = SPEAKER_CLIENT;
		return rd_short(&r) ? VERDICT_MORE : VERDICT_LIKELY;
	default:
		break;
	}
	first = r;
	if (rd_left(&first) && rd_u8(&first) == OPTION_VERSION)
		return prelogin(r, room, false, ret);
	return reply_tokens(r, room, ret);
}

/* ALL_HEADERS, 2.2.5.3: total length, then header length and type, little-endian. */
static bool all_headers(struct rd r, size_t room)
{
	uint32_t total = rd_le32(&r), len = rd_le32(&r);
	uint16_t kind = rd_le16(&r);

	return !rd_short(&r) && total >= 10 && total <= room && len >= 6 && len <= total - 4 &&
	       kind >= 1 && kind <= 3;
}

/* UTF-16 text as batches and names of procedures begin: ASCII in its first characters. */
static bool utf16_ascii(struct rd r, size_t n)
{
	for (size_t i = 0; i < n && i < 8; i++) {
		uint16_t c = rd_le16(&r);

		if (rd_short(&r) || c > 0x7e || (c < 0x20 && c != '\t' && c != '\r' && c != '\n'))
			return false;
	}
	return n >= 4;
}

/* Before TDS 7.2 there were no ALL_HEADERS: a batch is its text at once (2.2.6.7), a call the
 * name of the procedure behind its length (2.2.6.6). */
static bool old_request(struct rd r, uint8_t type, size_t room)
{
	uint16_t n;

	if (type == TYPE_BATCH)
		return room % 2 == 0 && utf16_ascii(r, room / 2);
	n = rd_le16(&r);
	return type == TYPE_RPC && n <= 128 && 2u * n + 4 <= room && utf16_ascii(r, n);
}

/* In the middle of a stream: packets one behind the other, the first at least with a body that
 * its type allows. */
static enum verdict resume(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), body;
	struct header h;
	enum verdict v = header(&r, &h);
	size_t room;

	if (v != VERDICT_SURE)
		return v;
	room = h.length - (size_t)HEADER;
	body = r;
	ret->speaker = SPEAKER_CLIENT;
	switch (h.type) {
	case TYPE_BATCH:
	case TYPE_RPC:
	case TYPE_TRANSACTION:
		if (all_headers(body, room) || old_request(body, h.type, room))
			return VERDICT_SURE;
		return VERDICT_NO;
	case TYPE_ATTENTION:
		return room == 0 && in->n == HEADER ? VERDICT_LIKELY : VERDICT_NO;
	case TYPE_REPLY:
		v = probe(in, ret);
		break;
	case TYPE_PRELOGIN: {
		uint8_t type = rd_u8(&body);
		uint16_t version = rd_be16(&body);

		/* 2.2.6.5: the TLS records of the handshake, RFC 5246 6.2.1 */
		if (type >= 20 && type <= 23 && version >> 8 == 3 && !rd_short(&body)) {
			ret->speaker = SPEAKER_EITHER;
			return VERDICT_SURE;
		}
		return probe(in, ret);
	}
	case TYPE_LOGIN7:
		return probe(in, ret);
	case TYPE_SSPI:
		return scan_has(r, "NTLMSSP") ? VERDICT_SURE : VERDICT_NO;
	default:
		return VERDICT_NO;
	}
	/* The next header where this one says it is, or the end of the segment, settles it. */
	if (v == VERDICT_LIKELY && rd_left(&r) >= room) {
		rd_skip(&r, room);
		if (!rd_left(&r) || header(&r, &h) != VERDICT_NO)
			return VERDICT_SURE;
	}
	return v;
}

const struct recogniser recogniser_tds = {
	.word = "tds",
	.spec = "MS-TDS 2.2.3.1, 2.2.6.4, 2.2.6.5",
	.proto = PROTO_TCP,
	.min = 8,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("\x02\x02\x04\x04\x10\x10\x12\x12"), BYTE_IN("\x00\x1f"),
			  BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_ANY, BYTE_IN("\0\0")}}),
	.apps = {{"tds", "SQL Server (TDS)"}},
	.probe = probe,
	.resume = resume,
};
