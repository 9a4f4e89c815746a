// SPDX-License-Identifier: BSD-2-Clause
/*
 * SMTP (RFC 5321 3.1, 4.1.1). The server speaks first, "220 name text". FTP greets in the same
 * way, so the greeting counts alone only when it says SMTP, or when a reply that only SMTP gives
 * follows it; otherwise the client's EHLO must be there.
 */
#include "recognise/scan.h"

enum { LINES = 24 };

static enum verdict server(struct rd r, struct facts *ret)
{
	/* 554 and 421 refuse service, RFC 5321 3.1, 3.8 */
	static const char *const greetings[] = {"220 ", "220-", "554 ", "554-", "421 ", NULL};
	/* 250 also ends FTP commands, but not the first; 334 is a challenge (RFC 4954 4) */
	static const char *const replies[] = {"250-", "250 ", "334 ", "354 ", "235 ", NULL};
	static const char *const ftp[] = {"331 ", "331-", "230 ", "230-",
					  "234 ", "211-", "215 ", NULL};
	struct rd line, t = r;
	size_t which, i;
	enum verdict v = scan_one_of(&t, greetings, false, &which);

	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_SERVER;
	v = VERDICT_MORE;
	for (int k = 0; k < LINES && scan_line(&r, &line); k++) {
		if (!scan_readable(line))
			return k ? v : VERDICT_NO;
		if (scan_one_of(&line, greetings, false, &i) == VERDICT_SURE) {
			if (k && i != which && i != which + 1)
				return v;
			if (which >= 2)
				ret->notes |= APP_NOTE_ERROR;
			/* That of IIS goes on with its version. */
			if (scan_has(line, "Microsoft ESMTP MAIL Service ready"))
				ret->signs |= SIGN_EXCHANGE;
			if (scan_has(line, "SMTP"))
				return VERDICT_SURE;
			if (scan_has(line, "FTP"))
				return VERDICT_NO;
			v = VERDICT_LIKELY;
			continue;
		}
		if (!k)
			return VERDICT_NO;
		if (scan_one_of(&line, replies, false, &i) == VERDICT_SURE)
			return VERDICT_SURE;
		return scan_one_of(&line, ftp, false, &i) == VERDICT_SURE ? VERDICT_NO : v;
	}
	return v;
}

static enum verdict client(struct rd r, struct facts *ret)
{
	/* LHLO is LMTP's, RFC 2033 4.1 */
	static const char *const hello[] = {"EHLO ", "HELO ", "LHLO ", NULL};
	static const char *const later[] = {"MAIL FROM:", "RSET\r", NULL};
	struct rd line;
	size_t i;
	enum verdict v = scan_one_of(&r, hello, true, &i);

	if (v == VERDICT_SURE) {
		if (!scan_line(&r, &line))
			return scan_printable(line) ? VERDICT_MORE : VERDICT_NO;
		if (!rd_left(&line) || !scan_printable(line))
			return VERDICT_NO;
	} else {
		enum verdict w = scan_one_of(&r, later, true, &i);

		if (w != VERDICT_SURE)
			return v == VERDICT_MORE ? v : w;
		v = VERDICT_LIKELY;
	}
	ret->speaker = SPEAKER_CLIENT;
	for (int k = 0; k < LINES && scan_line(&r, &line); k++)
		if (scan_text(&line, "STARTTLS", true) == VERDICT_SURE && !rd_left(&line))
			ret->notes |= APP_NOTE_STARTTLS; /* RFC 3207 4 */
	ret->more = !(ret->notes & APP_NOTE_STARTTLS);
	return v;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	enum verdict v = server(r, ret);

	return v == VERDICT_NO ? client(r, ret) : v;
}

const struct recogniser recogniser_smtp = {
	.word = "smtp",
	.spec = "RFC 5321 3.1, 4.1.1, 4.2; RFC 3207 4",
	.proto = PROTO_TCP,
	.min = 8,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("2245"), BYTE_IN("2255"), BYTE_IN("0144"), BYTE_IN("  --")}},
		{.byte = {BYTE_IN("EEHHLMRReehhlmrr"), BYTE_IN("AAEEHHSSaaeehhss"),
			  BYTE_IN("EEIILLeeiill"), BYTE_IN("LLOOTTlloott"), BYTE_IN("\r\r  ")}}),
	.apps = {{"smtp", "SMTP"}},
	.probe = probe,
};
