// SPDX-License-Identifier: BSD-2-Clause
/*
 * WS-Discovery: SOAP envelopes in datagrams (WS-Discovery 1.1, 2.4 and 3.1; SOAP-over-UDP 1.1).
 * The namespace of the message names it, of 2005 on Windows and of 2009 in the standard.
 */
#include "recognise/scan.h"

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	static const char *const server[] = {"/ProbeMatches", "/ResolveMatches", "/Hello", "/Bye"};
	static const char *const client[] = {"/Probe", "/Resolve"};
	struct rd r = rd_over(in->p, in->n);

	rd_is(&r, "\xef\xbb\xbf", 3); /* a byte order mark */
	while (rd_left(&r) && (rd_is(&r, " ", 1) || rd_is(&r, "\r", 1) || rd_is(&r, "\n", 1)))
		;

	struct rd t = r;
	enum verdict v = scan_text(&t, "<", false);

	if (v != VERDICT_SURE)
		return v;
	if (!scan_has(r, "Envelope"))
		return in->cut && scan_text(&t, "?xml", false) != VERDICT_NO ? VERDICT_MORE
									     : VERDICT_NO;
	if (!scan_has(r, "schemas.xmlsoap.org/ws/2005/04/discovery") &&
	    !scan_has(r, "docs.oasis-open.org/ws-dd/ns/discovery/2009/01"))
		return in->cut ? VERDICT_LIKELY : VERDICT_NO;
	for (size_t i = 0; i < 4; i++)
		if (scan_has(r, server[i])) {
			ret->speaker = SPEAKER_SERVER;
			ret->notes |= i >= 2 ? APP_NOTE_UNANSWERED_KIND : 0;
			return VERDICT_SURE;
		}
	for (size_t i = 0; i < 2; i++)
		if (scan_has(r, client[i]))
			ret->speaker = SPEAKER_CLIENT;
	return VERDICT_SURE;
}

const struct recogniser recogniser_ws_discovery = {
	.word = "ws_discovery",
	.spec = "WS-Discovery 1.1, 2.4, 3.1; SOAP-over-UDP 1.1",
	.proto = PROTO_UDP,
	.min = 64,
	RECOGNISER_BEGINS(
		{.byte = {BYTE_IN("\t\r  <<")}},
		{.byte = {BYTE_IN("\xef\xef"), BYTE_IN("\xbb\xbb"), BYTE_IN("\xbf\xbf")}}),
	.apps = {{"ws-discovery", "WS-Discovery"}},
	.probe = probe,
};
