// SPDX-License-Identifier: BSD-2-Clause
/*
 * POP3 (RFC 1939 3, 4; RFC 2449 5; RFC 2595 4). The server greets with "+OK"; other protocols say
 * +OK as well, so a greeting counts alone only when it says POP or carries the APOP time stamp.
 * Names and passwords are never kept.
 */
#include "recognise/scan.h"

enum { LINES = 16 };

static enum verdict server(struct rd r, struct facts *ret)
{
	static const char *const greetings[] = {"+OK ", "+OK\r\n", NULL};
	struct rd line, t = r;
	size_t i;
	enum verdict v = scan_one_of(&t, greetings, false, &i);

	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_SERVER;
	if (!scan_line(&r, &line))
		return scan_readable(line) ? VERDICT_MORE : VERDICT_NO;
	if (!scan_readable(line))
		return VERDICT_NO;
	/* RFC 1939 7: <process-ID.clock@hostname> */
	if (scan_has(line, "POP") ||
	    (scan_has(line, "<") && scan_has(line, "@") && scan_has(line, ">")))
		return VERDICT_SURE;
	return VERDICT_LIKELY;
}

static enum verdict client(struct rd r, struct facts *ret)
{
	static const char *const commands[] = {"USER ",    "APOP ", "CAPA\r\n", "STLS\r\n",
					       "AUTH\r\n", "AUTH ", "QUIT\r\n", NULL};
	struct rd line, t = r;
	size_t i;
	enum verdict v = scan_one_of(&t, commands, true, &i);

	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_CLIENT;
	v = VERDICT_MORE;
	for (int k = 0; k < LINES && scan_line(&r, &line); k++) {
		if (!scan_printable(line))
			return k ? v : VERDICT_NO;
		v = VERDICT_LIKELY;
		if (scan_text(&line, "STLS", true) == VERDICT_SURE && !rd_left(&line))
			ret->notes |= APP_NOTE_STARTTLS;
	}
	/* AUTH TLS is FTP's (RFC 4217 4): mechanisms are never called so. */
	ret->more = !(ret->notes & APP_NOTE_STARTTLS);
	return v;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), t = r;
	enum verdict v = server(r, ret);

	if (v != VERDICT_NO)
		return v;
	if (scan_text(&t, "AUTH TLS", true) == VERDICT_SURE ||
	    scan_text(&t, "AUTH SSL", true) == VERDICT_SURE)
		return VERDICT_NO;
	return client(r, ret);
}

const struct recogniser recogniser_pop3 = {
	.word = "pop3",
	.spec = "RFC 1939 3, 4, 7; RFC 2449 5; RFC 2595 4",
	.proto = PROTO_TCP,
	.min = 8,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("++"), BYTE_IN("OO"), BYTE_IN("KK"), BYTE_IN("\r\r  ")}},
		{.byte = {BYTE_IN("AACCQQSSUUaaccqqssuu"), BYTE_IN("AAPPSUaappsu"),
			  BYTE_IN("EEIILLOPTTeeiilloptt"), BYTE_IN("AAHHPPRTaahhpprt"),
			  BYTE_IN("\r\r  ")}}),
	.apps = {{"pop3", "POP3"}},
	.probe = probe,
};
