// SPDX-License-Identifier: BSD-2-Clause
/*
 * NTP and SNTP (RFC 5905 7.3), with the authenticators of Windows domains (MS-SNTP 2.2).
 *
 *   LI(2) VN(3) mode(3)  stratum(1) poll(1) precision(1)  root_delay(4) root_dispersion(4)
 *   reference_id(4) reference(8) origin(8) receive(8) transmit(8)  [key id, digest | extensions]
 *   control: LI VN 6  R E M op(5)  sequence(2) status(2) association(2) offset(2) count(2)  RFC
 * 9327
 */
#include "recognise/scan.h"

enum {
	MODE_SYMMETRIC_ACTIVE = 1,
	MODE_SYMMETRIC_PASSIVE,
	MODE_CLIENT,
	MODE_SERVER,
	MODE_BROADCAST,
	MODE_CONTROL,
	MODE_PRIVATE,
	HEADER = 48,
	CONTROL_HEADER = 12,
	CONTROL_DATA_MAX = 468,
	PRIVATE_HEADER = 8,
	MAX_STRATUM = 16,  /* RFC 5905 7.3: 16 is unsynchronised */
	MAX_DELAY_S = 256, /* seconds in the upper half of the short format; MAXDISP is 16 */
};

/* What follows the header: nothing, a MAC (MD5 20, SHA-1 24, MS-SNTP 20 or 72) or extension
 * fields (RFC 7822 7.5: at least 16, in fours). */
static bool length_ok(size_t n)
{
	return n == HEADER || (n >= HEADER + 16 && n % 4 == 0) || n == HEADER + 4; /* crypto-NAK */
}

static enum verdict control(struct rd r, const struct payload *in, struct facts *ret)
{
	uint8_t op = rd_u8(&r);

	rd_skip(&r, 2);

	uint16_t status = rd_be16(&r);

	rd_skip(&r, 2);

	uint16_t offset = rd_be16(&r), count = rd_be16(&r);

	if (rd_short(&r))
		return VERDICT_NO;
	/* Data in fours, and behind it a key and a digest or nothing (RFC 9327 2). */
	size_t n = CONTROL_HEADER + (count + 3u) / 4 * 4;
	size_t n8 = (n + 7) / 8 * 8;

	if (count > CONTROL_DATA_MAX || offset % 4 || (!(op & 0x80) && (op & 0x60 || status)))
		return VERDICT_NO;
	if (!in->cut && in->n != n && in->n != n8 && in->n != n8 + 20 && in->n != n8 + 24)
		return VERDICT_NO;
	/* Operations 1 to 12 and 31 are defined, RFC 9327 2. */
	if (!(op & 0x1f) || ((op & 0x1f) > 12 && (op & 0x1f) != 31))
		return VERDICT_NO;
	ret->speaker = op & 0x80 ? SPEAKER_SERVER : SPEAKER_CLIENT;
	ret->notes |= APP_NOTE_NTP_CONTROL;
	return VERDICT_LIKELY;
}

/* The unwritten private mode of ntpd: R M VN 7, sequence, implementation 2 or 3, request,
 * error and count, size of an item. */
static enum verdict private_mode(struct rd r, const struct payload *in, bool answer,
				 struct facts *ret)
{
	rd_skip(&r, 1);

	uint8_t implementation = rd_u8(&r), request = rd_u8(&r);
	uint16_t items = rd_be16(&r), size = rd_be16(&r);

	if (rd_short(&r) || implementation < 2 || implementation > 3 || request > 45 || size > 500)
		return VERDICT_NO;
	if (!answer && items >> 12)
		return VERDICT_NO;
	if (!in->cut && answer && in->n < PRIVATE_HEADER + (size_t)(items & 0xfff) * size)
		return VERDICT_NO;
	ret->speaker = answer ? SPEAKER_SERVER : SPEAKER_CLIENT;
	ret->notes |= APP_NOTE_NTP_CONTROL;
	return VERDICT_LIKELY;
}

static bool short_format_ok(uint32_t v)
{
	uint16_t seconds = (uint16_t)(v >> 16);

	return seconds <= MAX_DELAY_S || seconds >= UINT16_MAX - 16; /* delays may be negative */
}

/* Domain members ask with a key and no checksum, and get the answer with one (MS-SNTP 2.2.1, 2.2.2,
 * 3.2.5.1). Others who sign do so on both ways. */
enum { SIGNED = HEADER + 20, SIGNED_EXTENDED = HEADER + 72 };

static void read_signature(struct rd r, const struct payload *in, struct facts *ret)
{
	bool zero = true;

	if (in->cut || (in->n != SIGNED && in->n != SIGNED_EXTENDED))
		return;
	rd_skip(&r, in->n == SIGNED ? 4 : 8); /* key and flags */
	while (rd_left(&r))
		zero &= rd_u8(&r) == 0;
	if (ret->speaker == SPEAKER_CLIENT && zero) {
		ret->asked = SIGN_NTP_SIGNED;
		ret->more = true; /* the answer says whether */
	}
	ret->answer = ret->speaker == SPEAKER_SERVER && !zero;
}

static uint32_t together(const struct facts *client, const struct facts *server)
{
	return server->answer ? client->asked : 0;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	uint8_t first = rd_u8(&r);
	unsigned mode = first & 7, version = first >> 3 & 7;

	if (version < 1 || version > 4 || mode == 0)
		return VERDICT_NO;
	if (mode == MODE_CONTROL)
		return control(r, in, ret);
	if (mode == MODE_PRIVATE)
		return private_mode(r, in, first & 0x80, ret);

	uint8_t stratum = rd_u8(&r), poll = rd_u8(&r), precision = rd_u8(&r);
	uint32_t delay = rd_be32(&r), dispersion = rd_be32(&r);

	rd_skip(&r, HEADER - 12);
	if (rd_short(&r) || (!in->cut && !length_ok(in->n)))
		return VERDICT_NO;
	/* Poll is a log2 of seconds (17 at the most, RFC 5905 7.3; ntpd once sent negative ones),
	 * precision is negative but for clients that hide theirs (32). */
	if (stratum > MAX_STRATUM || (poll > 17 && poll < 0xf0) ||
	    (precision > 32 && precision < 0xe0))
		return VERDICT_NO;
	if (!short_format_ok(delay) || !short_format_ok(dispersion))
		return VERDICT_NO;

	static const struct {
		enum speaker speaker;
		uint32_t notes;
	} modes[] = {
		[MODE_SYMMETRIC_ACTIVE] = {SPEAKER_CLIENT, APP_NOTE_NTP_SYMMETRIC},
		[MODE_SYMMETRIC_PASSIVE] = {SPEAKER_SERVER, APP_NOTE_NTP_SYMMETRIC},
		[MODE_CLIENT] = {SPEAKER_CLIENT, 0},
		[MODE_SERVER] = {SPEAKER_SERVER, 0},
		[MODE_BROADCAST] = {SPEAKER_SERVER,
				    APP_NOTE_NTP_BROADCAST | APP_NOTE_UNANSWERED_KIND},
	};

	ret->speaker = modes[mode].speaker;
	ret->notes |= modes[mode].notes;
	read_signature(r, in, ret);
	/* Version 1 had no modes (RFC 1059 B); what claims to be it is seldom more than chance. */
	return version == 1 ? VERDICT_LIKELY : VERDICT_SURE;
}

const struct recogniser recogniser_ntp = {
	.word = "ntp",
	.spec = "RFC 5905 7.3; RFC 7822 7.5; RFC 9327 2; MS-SNTP 2.2",
	.proto = PROTO_UDP,
	.min = 8,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\x08\x27\x48\x67\x88\xa7\xc8\xe7")}}),
	.apps = {{"ntp", "NTP"}},
	.probe = probe,
	.together = together,
};
