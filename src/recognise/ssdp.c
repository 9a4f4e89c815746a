// SPDX-License-Identifier: BSD-2-Clause
/*
 * SSDP (UPnP Device Architecture 1.3): HTTP's form in datagrams. Searches and announcements have
 * methods of their own; an answer is told from other replies by its ST and USN fields.
 */
#include "recognise/scan.h"

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	static const char *const starts[] = {"M-SEARCH * HTTP/1.", "NOTIFY * HTTP/1.",
					     "HTTP/1.1 200 OK", "HTTP/1.0 200 OK", NULL};
	struct rd r = rd_over(in->p, in->n);
	size_t i;
	enum verdict v = scan_one_of(&r, starts, false, &i);

	if (v != VERDICT_SURE)
		return v;
	ret->speaker = i == 0 ? SPEAKER_CLIENT : SPEAKER_SERVER;
	if (i == 1)
		ret->notes |= APP_NOTE_UNANSWERED_KIND; /* an announcement, 1.2 */
	if (i < 2)
		return VERDICT_SURE;
	return scan_has(r, "\nUSN:") && scan_has(r, "\nST:") ? VERDICT_SURE : VERDICT_LIKELY;
}

const struct recogniser recogniser_ssdp = {
	.word = "ssdp",
	.spec = "UPnP Device Architecture 1.1, 1.2, 1.3",
	.proto = PROTO_UDP,
	.min = 15,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("HHMN"), BYTE_IN("--OOTT"), BYTE_IN("ST"), BYTE_IN("EEIIPP")}}),
	.apps = {{"ssdp", "SSDP"}},
	.probe = probe,
};
