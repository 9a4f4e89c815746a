// SPDX-License-Identifier: BSD-2-Clause
/*
 * .NET Message Framing (MC-NMF 2.2.3), which net.tcp services speak.
 *
 *   client  00 major(1) minor(1) | 01 mode(1) | 02 len via | 03 encoding | 04 len string
 *           | 09 len upgrade | 0C
 *   server  0A upgrade response | 0B preamble ack | 08 len fault
 *
 * Lengths are groups of seven bits, the lowest first (2.2.2). The first bytes are short words that
 * anything may begin with, so the whole chain up to the via is demanded. The via names host, port
 * and path of the service: host/path is kept.
 */
#include <string.h>

#include "recognise/scan.h"

enum { /* record types, 2.2.1 */
       RECORD_VERSION = 0x00,
       RECORD_MODE = 0x01,
       RECORD_VIA = 0x02,
       RECORD_KNOWN_ENCODING = 0x03,
       RECORD_EXTENSIBLE_ENCODING = 0x04,
       RECORD_UNSIZED = 0x05,
       RECORD_SIZED = 0x06,
       RECORD_END = 0x07,
       RECORD_FAULT = 0x08,
       RECORD_UPGRADE = 0x09,
       RECORD_UPGRADE_RESPONSE = 0x0a,
       RECORD_PREAMBLE_ACK = 0x0b,
       RECORD_PREAMBLE_END = 0x0c,
       MODE_LAST = 4,     /* 2.2.3.2: singleton-unsized to singleton-sized */
       ENCODING_LAST = 8, /* 2.2.3.4.1 */
       VIA_MAX = 2048,
};

static enum verdict length(struct rd *r, uint32_t *ret)
{
	uint32_t v = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		uint8_t c = rd_u8(r);

		if (rd_short(r))
			return VERDICT_MORE;
		v |= (uint32_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*ret = v;
			return VERDICT_SURE;
		}
	}
	return VERDICT_NO;
}

/* A record type and one or two octets after it, each with the most it may be. */
static enum verdict octets(struct rd *r, uint8_t type, const uint8_t *most, size_t n)
{
	uint8_t c = rd_u8(r);

	if (rd_short(r))
		return VERDICT_MORE;
	if (c != type)
		return VERDICT_NO;
	for (size_t i = 0; i < n; i++) {
		c = rd_u8(r);
		if (rd_short(r))
			return VERDICT_MORE;
		if (c > most[i])
			return VERDICT_NO;
	}
	return VERDICT_SURE;
}

/* scheme://host[:port]/path, without port and query */
static void keep_via(struct rd via, struct facts *ret)
{
	bool port = false, path = false;
	size_t n = 0;

	memset(ret->name, 0, sizeof ret->name);
	while (rd_left(&via) && n + 1 < sizeof ret->name) {
		uint8_t c = rd_u8(&via);

		if (c <= 0x20 || c > 0x7e || c == '?' || c == '#')
			return;
		if (c == '/') {
			path = true;
			port = false;
		}
		if (c == ':' && !path)
			port = true;
		if (c == '[' || c == ']')
			continue;
		if (!port)
			ret->name[n++] = (char)c;
	}
}

static enum verdict client(struct rd r, struct facts *ret)
{
	static const uint8_t version[] = {1, 1}, mode[] = {MODE_LAST};
	static const char *const schemes[] = {"net.tcp://", "net.pipe://", "net.msmq://", NULL};
	uint32_t n;
	size_t scheme;
	struct rd look;
	enum verdict v = octets(&r, RECORD_VERSION, version, sizeof version);

	if (v == VERDICT_SURE) {
		look = r;
		v = octets(&r, RECORD_MODE, mode, sizeof mode);
		rd_skip(&look, 1);
		if (v == VERDICT_SURE && rd_u8(&look) == 0)
			return VERDICT_NO;
	}
	if (v == VERDICT_SURE)
		v = octets(&r, RECORD_VIA, NULL, 0);
	if (v == VERDICT_SURE)
		v = length(&r, &n);
	if (v != VERDICT_SURE)
		return v;
	if (n < sizeof "net.tcp://a" - 1 || n > VIA_MAX)
		return VERDICT_NO;

	bool whole = rd_left(&r) >= n;
	struct rd via = rd_sub(&r, whole ? n : rd_left(&r));

	v = scan_one_of(&via, schemes, true, &scheme);
	if (v == VERDICT_MORE && whole)
		return VERDICT_NO;
	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_CLIENT;
	if (!whole) {
		ret->more = true;
		return VERDICT_SURE;
	}
	keep_via(via, ret);
	/* Sandbox hosts listen at one, and call back processes of CRM's at the other, which carries
	 * the name of the process (KB 2785590). */
	if (scan_has(via, "/CrmSandboxSdkListener-"))
		ret->asked = SIGN_SANDBOX_CALLS;
	else if (scan_has(via, "/CrmSandboxHost"))
		ret->asked = SIGN_SANDBOX;

	/* The encoding follows, 2.2.3.4; what comes behind it is not needed. */
	uint8_t type = rd_u8(&r), encoding = rd_u8(&r);

	if (rd_short(&r))
		return VERDICT_SURE;
	if (type == RECORD_KNOWN_ENCODING && encoding <= ENCODING_LAST)
		return VERDICT_SURE;
	return type == RECORD_EXTENSIBLE_ENCODING ? VERDICT_SURE : VERDICT_NO;
}

/* The stream that was upgraded: MS-NNS 2.2.1 (14, 15 or 16, version 1.0, length) or TLS. */
static enum verdict after_upgrade(struct rd r)
{
	uint8_t type = rd_u8(&r), major = rd_u8(&r), minor = rd_u8(&r);
	uint16_t len = rd_be16(&r);

	if (type < 0x14 || type > 0x16)
		return VERDICT_NO;
	if (rd_short(&r))
		return VERDICT_MORE;
	return len && ((major == 1 && minor == 0) || (major == 3 && minor <= 4)) ? VERDICT_LIKELY
										 : VERDICT_NO;
}

/* Messages follow at once when nothing protects them. */
static enum verdict after_ack(struct rd r)
{
	uint8_t type = rd_u8(&r);
	uint32_t n;

	if (type < RECORD_UNSIZED || type > RECORD_FAULT)
		return VERDICT_NO;
	if (type == RECORD_END)
		return rd_left(&r) ? VERDICT_NO : VERDICT_LIKELY;

	enum verdict v = length(&r, &n);

	if (v != VERDICT_SURE)
		return v;
	if (type == RECORD_FAULT)
		return scan_text(&r, "http://", true) == VERDICT_SURE ? VERDICT_LIKELY : VERDICT_NO;

	/* An envelope, as text or as element 2 of the dictionary with prefix s (MC-NBFS 2.2,
	 * MC-NBFX 2.2.1). */
	struct rd body = rd_sub(&r, n < rd_left(&r) ? n : rd_left(&r));

	if (scan_has(body, "V\x02") || scan_has(body, "Envelope"))
		return VERDICT_LIKELY;
	return rd_left(&body) < n ? VERDICT_MORE : VERDICT_NO;
}

/* Single octets, which mean little without what the client said. */
static enum verdict server(struct rd r, struct facts *ret)
{
	uint8_t type = rd_u8(&r);

	ret->speaker = SPEAKER_SERVER;
	if (type == RECORD_FAULT) {
		static const char *const faults[] = {
			"http://schemas.microsoft.com/ws/2006/05/framing/faults/", NULL};
		uint32_t n;
		size_t i;
		enum verdict v = length(&r, &n);

		if (v != VERDICT_SURE)
			return v;
		ret->notes |= APP_NOTE_ERROR;
		v = n > 2048 ? VERDICT_NO : scan_one_of(&r, faults, true, &i);
		return v;
	}
	if (type != RECORD_UPGRADE_RESPONSE && type != RECORD_PREAMBLE_ACK)
		return VERDICT_NO;
	ret->answer = 1; /* to a via that nobody serves comes a fault, 2.2.3.5 */
	if (!rd_left(&r))
		return VERDICT_LIKELY;

	return type == RECORD_PREAMBLE_ACK ? after_ack(r) : after_upgrade(r);
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), t = r;

	if (rd_left(&t) && rd_u8(&t) == RECORD_VERSION)
		return client(r, ret);
	return server(r, ret);
}

static uint32_t together(const struct facts *client_said, const struct facts *server_said)
{
	return server_said->answer ? client_said->asked : 0;
}

const struct recogniser recogniser_mc_nmf = {
	.word = "mc_nmf",
	.spec = "MC-NMF 2.2.1, 2.2.3; MS-NNS 2.2.1",
	.proto = PROTO_TCP,
	.min = 8,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\0\0"), BYTE_IN("\0\1"), BYTE_IN("\0\1"),
				    BYTE_IN("\1\1"), BYTE_IN("\1\4"), BYTE_IN("\2\2")}},
			  {.byte = {BYTE_IN("\x08\x08")}},
			  {.byte = {BYTE_IN("\x0a\x0a"), BYTE_IN("\x14\x16")}},
			  {.byte = {BYTE_IN("\x0b\x0b"), BYTE_IN("\x05\x08")}}),
	.apps = {{"mc-nmf", ".NET message framing (net.tcp)"}},
	.probe = probe,
	.together = together,
};
