// SPDX-License-Identifier: BSD-2-Clause
/*
 * Syslog in datagrams (RFC 3164 4.1, RFC 5424 6): "<PRI>" and a time, or "<PRI>1 " and a time.
 * Nothing answers it.
 */
#include "recognise/scan.h"

enum { PRI_MAX = 191 }; /* 23 * 8 + 7, RFC 5424 6.2.1 */

static bool old_time(struct rd r)
{
	static const char *const months[] = {"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ",
					     "Aug ", "Sep ", "Oct ", "Nov ", "Dec ", NULL};
	size_t i;

	return scan_one_of(&r, months, false, &i) == VERDICT_SURE;
}

static bool new_time(struct rd r)
{
	uint32_t year;

	if (!rd_is(&r, "1 ", 2))
		return false;
	if (rd_is(&r, "- ", 2))
		return true;
	return scan_digits(&r, 4, &year) == VERDICT_SURE && rd_is(&r, "-", 1);
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), line;
	uint32_t pri = 0;
	int digits = 0;

	if (!rd_is(&r, "<", 1))
		return VERDICT_NO;
	for (; digits < 4 && rd_left(&r); digits++) {
		uint8_t c = rd_u8(&r);

		if (c == '>')
			break;
		if (c < '0' || c > '9')
			return VERDICT_NO;
		pri = pri * 10 + (c - '0');
	}
	if (!digits || digits > 3 || pri > PRI_MAX || !rd_left(&r))
		return VERDICT_NO;
	ret->speaker = SPEAKER_CLIENT;
	ret->notes |= APP_NOTE_UNANSWERED_KIND;
	if (old_time(r) || new_time(r))
		return VERDICT_SURE;
	scan_line(&r, &line);
	return scan_printable(line) && rd_left(&line) >= 8 ? VERDICT_LIKELY : VERDICT_NO;
}

const struct recogniser recogniser_syslog = {
	.word = "syslog",
	.spec = "RFC 3164 4.1; RFC 5424 6",
	.proto = PROTO_UDP,
	.min = 12,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("<<"), BYTE_IN("09"), BYTE_IN("09>>")}}),
	.apps = {{"syslog", "Syslog"}},
	.probe = probe,
};
