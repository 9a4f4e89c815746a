// SPDX-License-Identifier: BSD-2-Clause
/*
 * FTP control connections (RFC 959 4, 5.4; RFC 4217). The greeting 220 is SMTP's as well and USER
 * is POP3's, so each is weak alone. Names and passwords are never kept.
 */
#include "recognise/scan.h"

enum { LINES = 24 };

static enum verdict server(struct rd r, struct facts *ret)
{
	static const char *const greetings[] = {"220 ", "220-", NULL};
	/* Answers to USER, PASS, AUTH, FEAT and SYST, RFC 959 5.4 */
	static const char *const replies[] = {"331 ", "331-", "230 ", "230-",
					      "234 ", "211-", "215 ", NULL};
	struct rd line, t = r;
	size_t i;
	enum verdict v = scan_one_of(&t, greetings, false, &i);

	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_SERVER;
	v = VERDICT_MORE;
	for (int k = 0; k < LINES && scan_line(&r, &line); k++) {
		if (!scan_readable(line))
			return k ? v : VERDICT_NO;
		if (scan_one_of(&line, greetings, false, &i) == VERDICT_SURE) {
			if (scan_has(line, "SMTP"))
				return VERDICT_NO;
			if (scan_has(line, "FTP"))
				return VERDICT_SURE;
			v = VERDICT_LIKELY;
			continue;
		}
		if (!k)
			return VERDICT_NO;
		if (scan_one_of(&line, replies, false, &i) == VERDICT_SURE)
			return VERDICT_SURE;
		/* The lines within a greeting of several need no code (RFC 959 4.2), but for
		 * those of another protocol. */
		if (scan_text(&line, "250", false) == VERDICT_SURE)
			return VERDICT_NO;
	}
	return v;
}

static enum verdict client(struct rd r, struct facts *ret)
{
	static const char *const shared[] = {"USER ", "QUIT\r\n", NULL};
	/* RFC 959 4.1, RFC 2389 3, RFC 2428, RFC 4217 4, RFC 7151 3 */
	static const char *const own[] = {
		"AUTH TLS\r\n", "AUTH SSL\r\n", "AUTH TLS-C\r\n", "FEAT\r\n", "SYST\r\n",
		"HOST ",        "OPTS ",        "PASV\r\n",       "EPSV\r\n", NULL};
	struct rd line, t = r;
	size_t i;
	enum verdict v = scan_one_of(&t, own, true, &i);

	ret->speaker = SPEAKER_CLIENT;
	if (v == VERDICT_SURE) {
		if (i < 3)
			ret->notes |= APP_NOTE_STARTTLS;
		return VERDICT_LIKELY;
	}
	t = r;

	enum verdict w = scan_one_of(&t, shared, true, &i);

	if (w != VERDICT_SURE)
		return w == VERDICT_MORE ? w : v;
	if (!scan_line(&r, &line))
		return scan_printable(line) ? VERDICT_MORE : VERDICT_NO;
	return scan_printable(line) ? VERDICT_LIKELY : VERDICT_NO;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	enum verdict v = server(r, ret);

	return v == VERDICT_NO ? client(r, ret) : v;
}

const struct recogniser recogniser_ftp = {
	.word = "ftp",
	.spec = "RFC 959 4, 5.4; RFC 4217 4",
	.proto = PROTO_TCP,
	.min = 8,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("22"), BYTE_IN("22"), BYTE_IN("00"), BYTE_IN("  --")}},
		{.byte = {BYTE_IN("AAEFHHOQSSUUaaefhhoqssuu"), BYTE_IN("AAEEOPSSUUYYaaeeopssuuyy"),
			  BYTE_IN("AAEEIISTaaeeiist"), BYTE_IN("HHRTVVhhrtvv"),
			  BYTE_IN("\r\r  ")}}),
	.remote_control = true,
	.apps = {{"ftp", "FTP control"}},
	.probe = probe,
};
