// SPDX-License-Identifier: BSD-2-Clause
/*
 * TLS, by the record that carries the first handshake message; from it the name of the wanted
 * server (SNI) and the application protocol (ALPN).
 *
 *   record     type(1) legacy_version(2) length(2)                     RFC 8446 5.1
 *   handshake  msg_type(1) length(3) legacy_version(2) random(32) ...   RFC 8446 4.1.2, 4.1.3
 *   old hello  80|len(2) 01 version(2) cipher_specs(2) session_id(2) challenge(2)  RFC 5246 E.2
 *
 * A hello may be cut into several records, so the records are put together first.
 */
#include <string.h>

#include "recognise/scan.h"

enum {
	TYPE_CHANGE_CIPHER_SPEC = 20,
	TYPE_ALERT = 21,
	TYPE_HANDSHAKE = 22,
	TYPE_APPLICATION_DATA = 23,
	MAX_PLAINTEXT = 1 << 14,           /* RFC 8446 5.1 */
	MAX_CIPHERTEXT = (1 << 14) + 2048, /* RFC 5246 6.2.3 */
	MSG_CLIENT_HELLO = 1,
	MSG_SERVER_HELLO = 2,
	MAX_HELLO = 1 << 16,
	EXT_SERVER_NAME = 0, /* RFC 6066 3 */
	EXT_ALPN = 16,       /* RFC 7301 3.1 */
	VARIANT_TDS8 = 1,
	HELLO_KEPT = 2048,
};

/* Major version 3 is frozen for all of SSL 3.0 to TLS 1.3 (RFC 8446 5.1, D). */
static bool version_ok(uint16_t v)
{
	return v >= 0x0300 && v <= 0x0304;
}

static void server_name(struct rd e, struct facts *ret)
{
	struct rd list = rd_sub(&e, rd_be16(&e));

	if (rd_u8(&list) != 0) /* host_name is the only type */
		return;

	struct rd name = rd_sub(&list, rd_be16(&list));

	if (!rd_short(&name))
		scan_name(ret, name);
}

static void alpn(struct rd e, struct facts *ret)
{
	struct rd list = rd_sub(&e, rd_be16(&e));

	while (rd_left(&list)) {
		struct rd name = rd_sub(&list, rd_u8(&list));

		/* MS-TDS 1.7: the protocol id of TDS 8, where TLS comes first. */
		if (rd_left(&name) == 7 && rd_is(&name, "tds/8.0", 7))
			ret->variant = VARIANT_TDS8;
	}
}

static void extensions(struct rd r, struct facts *ret)
{
	while (rd_left(&r)) {
		uint16_t type = rd_be16(&r), len = rd_be16(&r);
		struct rd e = rd_sub(&r, len);

		if (rd_short(&e)) {
			ret->more = true;
			return;
		}
		if (type == EXT_SERVER_NAME)
			server_name(e, ret);
		else if (type == EXT_ALPN)
			alpn(e, ret);
	}
}

/* `r` is as much of the handshake as is here. */
static enum verdict hello(struct rd r, struct facts *ret)
{
	uint8_t msg = rd_u8(&r);
	uint32_t len = rd_be24(&r);

	if (msg != MSG_CLIENT_HELLO && msg != MSG_SERVER_HELLO && !rd_short(&r))
		return VERDICT_NO;

	uint16_t version = rd_be16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	/* version, random, session id length, and a cipher suite and compression at the least */
	if (!version_ok(version) || len < 2 + 32 + 1 + 3 || len > MAX_HELLO)
		return VERDICT_NO;
	ret->speaker = msg == MSG_CLIENT_HELLO ? SPEAKER_CLIENT : SPEAKER_SERVER;

	bool whole = rd_left(&r) >= len - 2;
	struct rd h = rd_sub(&r, whole ? len - 2 : rd_left(&r));

	rd_skip(&h, 32);

	uint8_t session = rd_u8(&h);

	if (session > 32) /* RFC 8446 4.1.2: <0..32> */
		return VERDICT_NO;
	rd_skip(&h, session);
	if (msg == MSG_SERVER_HELLO) {
		rd_skip(&h, 3);
		return whole && rd_short(&h) ? VERDICT_NO : VERDICT_SURE;
	}

	uint16_t suites = rd_be16(&h);

	if (!rd_short(&h) && (suites < 2 || suites % 2))
		return VERDICT_NO;
	rd_skip(&h, suites);

	uint8_t methods = rd_u8(&h);

	if (!rd_short(&h) && methods < 1)
		return VERDICT_NO;
	rd_skip(&h, methods);
	if (rd_short(&h)) {
		ret->more = true;
		return whole ? VERDICT_NO : VERDICT_SURE;
	}
	if (!rd_left(&h))
		return VERDICT_SURE; /* SSL 3.0 and TLS 1.0 may have no extensions */

	uint16_t n = rd_be16(&h);

	if (whole && !rd_short(&h) && n > rd_left(&h))
		return VERDICT_NO;
	extensions(h, ret);
	ret->more |= !whole;
	return VERDICT_SURE;
}

static enum verdict handshake(struct rd r, struct facts *ret)
{
	uint8_t buf[HELLO_KEPT];
	size_t n = 0;

	while (rd_left(&r) && n < sizeof buf) {
		uint8_t type = rd_u8(&r);
		uint16_t version = rd_be16(&r), len = rd_be16(&r);

		if (rd_short(&r))
			break;
		if (type != TYPE_HANDSHAKE) {
			if (n < 4)
				return VERDICT_NO; /* a hello is not interrupted, RFC 8446 5.1 */
			break;
		}
		if (!version_ok(version) || !len || len > MAX_PLAINTEXT)
			return n ? hello(rd_over(buf, n), ret) : VERDICT_NO;

		size_t k = len;

		if (k > rd_left(&r))
			k = rd_left(&r);
		if (k > sizeof buf - n)
			k = sizeof buf - n;

		const uint8_t *p = rd_take(&r, k);

		if (!k || !p)
			break;
		memcpy(buf + n, p, k);
		n += k;
		if (k < len)
			break;
	}
	return hello(rd_over(buf, n), ret);
}

static enum verdict alert(struct rd r, struct facts *ret)
{
	uint16_t len = rd_be16(&r);
	uint8_t level = rd_u8(&r), what = rd_u8(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	/* RFC 8446 6: warning(1), fatal(2); 120 is the highest description. */
	if (len != 2 || level < 1 || level > 2 || what > 120)
		return VERDICT_NO;
	ret->notes |= level == 2 ? APP_NOTE_ERROR : 0;
	return VERDICT_LIKELY;
}

static enum verdict old_hello(struct rd r, struct facts *ret)
{
	uint16_t length = rd_be16(&r);
	uint8_t msg = rd_u8(&r);

	if (!rd_short(&r) && (!(length & 0x8000) || msg != MSG_CLIENT_HELLO))
		return VERDICT_NO;

	uint16_t version = rd_be16(&r), suites = rd_be16(&r), session = rd_be16(&r),
		 challenge = rd_be16(&r);

	if (rd_short(&r))
		return VERDICT_MORE;
	if (!version_ok(version) || !suites || suites % 3 || (session && session != 16) ||
	    challenge < 16 || challenge > 32 ||
	    (length & 0x7fff) != 9 + suites + session + challenge)
		return VERDICT_NO;
	ret->speaker = SPEAKER_CLIENT;
	return VERDICT_SURE;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), whole = r;
	uint8_t type = rd_u8(&r);

	if (type & 0x80)
		return old_hello(whole, ret);
	if (type != TYPE_HANDSHAKE && type != TYPE_ALERT)
		return VERDICT_NO;

	/* Byte 1 alone tells the .NET negotiate stream (16 01 00, MS-NNS 2.2.1) from TLS. */
	uint8_t major = rd_u8(&r), minor = rd_u8(&r);

	if (major != 3 && rd_left(&whole) > 1)
		return VERDICT_NO;
	if (rd_short(&r))
		return VERDICT_MORE;
	if (!version_ok((uint16_t)(major << 8 | minor)))
		return VERDICT_NO;
	return type == TYPE_ALERT ? alert(r, ret) : handshake(whole, ret);
}

/* In the middle of a stream: records one behind the other. */
static enum verdict resume(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	unsigned records = 0;

	if (probe(in, ret) == VERDICT_SURE)
		return VERDICT_SURE;
	*ret = (struct facts){.speaker = SPEAKER_EITHER};
	while (rd_left(&r)) {
		uint8_t type = rd_u8(&r);
		uint16_t version = rd_be16(&r), len = rd_be16(&r);

		if (rd_short(&r))
			break;
		if (type < TYPE_CHANGE_CIPHER_SPEC || type > TYPE_APPLICATION_DATA ||
		    !version_ok(version) || !len || len > MAX_CIPHERTEXT)
			return VERDICT_NO;
		rd_skip(&r, len);
		records++;
	}
	if (!records)
		return VERDICT_MORE;
	/* Three fixed bytes are not much; a chain of records, or one that fills the segment, is. */
	return records > 1 || !rd_short(&r) ? VERDICT_SURE : VERDICT_LIKELY;
}

const struct recogniser recogniser_tls = {
	.word = "tls",
	.spec = "RFC 8446 4.1, 5.1; RFC 5246 6.2.1, E.2; RFC 6066 3; RFC 7301 3.1; MS-TDS 1.7",
	.proto = PROTO_TCP,
	.min = 7, /* an alert is whole with 7 */
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\x15\x16"), BYTE_IN("\3\3"), BYTE_IN("\0\4")}},
			  {.byte = {BYTE_IN("\x80\xff"), BYTE_ANY, BYTE_IN("\1\1")}}),
	.apps = {{"tls", "TLS"}, {"tls-tds8", "TLS that carries TDS 8"}},
	.probe = probe,
	.resume = resume,
};
