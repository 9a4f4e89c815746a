// SPDX-License-Identifier: BSD-2-Clause
/*
 * HTTP/1 and clear HTTP/2, by the first line.
 *
 *   METHOD SP target SP HTTP/1.x CRLF        RFC 9112 3
 *   HTTP/1.x SP 3DIGIT [SP reason] CRLF      RFC 9112 4
 *   PRI * HTTP/2.0 CRLF CRLF SM CRLF CRLF    RFC 9113 3.4
 *
 * Words at the start of a line are everywhere, so the method must be of the closed list and the
 * version must be there. Targets and fields are looked at for what they say of a host and never
 * kept, but for Host; cookies are not even looked at.
 */
#include "recognise/http_line.h"
#include "recognise/http_signs.h"

enum {
	LONG_TARGET = 256, /* from here a request line without end is one all the same */
	H2_SETTINGS = 4,   /* RFC 9113 6.5 */
	H2_FRAME_HEADER = 9,
	H2_SETTING_MAX = 0x10,
};

/* Host (RFC 9110 7.2), and what tells of the client. */
static void read_fields(struct rd r, struct facts *ret)
{
	struct rd line;
	bool whole;

	while ((whole = scan_line(&r, &line)) && rd_left(&line)) {
		http_request_field(line, true, ret);
		if (ret->name[0] || scan_text(&line, "host:", true) != VERDICT_SURE)
			continue;
		while (rd_left(&line) && (rd_is(&line, " ", 1) || rd_is(&line, "\t", 1)))
			;
		scan_name(ret, line);
	}
	if (!whole)
		http_request_field(line, false, ret);
	ret->more = !whole;
}

static enum verdict request(struct rd r, struct facts *ret)
{
	struct rd line;
	size_t i;
	enum verdict v = scan_one_of(&r, http_methods, false, &i);

	if (v != VERDICT_SURE)
		return v;

	bool whole = scan_line(&r, &line);

	if (!scan_printable(line))
		return VERDICT_NO;
	ret->speaker = SPEAKER_CLIENT;
	if (!whole) {
		/* Report queries make request lines longer than what is kept of a flow. */
		if (rd_left(&line) < LONG_TARGET)
			return VERDICT_MORE;
		if (scan_has(line, "?")) /* the path is here */
			ret->asked = http_target(line);
		return rd_is(&line, "/", 1) || rd_is(&line, "http", 4) ? VERDICT_LIKELY
								       : VERDICT_NO;
	}

	struct rd target;

	if (!http_line_target(line, &target))
		return VERDICT_NO;
	ret->asked = http_target(target);
	read_fields(r, ret);
	return VERDICT_SURE;
}

/* The rest of an answer behind its status. */
static void read_answer(struct rd r, uint32_t status, struct facts *ret)
{
	struct rd line;
	bool whole;

	scan_line(&r, &line);
	while ((whole = scan_line(&r, &line)) && rd_left(&line))
		http_answer_field(line, ret);
	if (!whole)
		http_answer_field(line, ret);
	if (status / 100 == 1 && status != 101) {
		/* The answer comes behind this one, RFC 9110 15.2. */
		ret->answer = 0;
		if (whole && http_status(&r, &status) == VERDICT_SURE && status / 100 != 1)
			read_answer(r, status, ret);
		else
			ret->more = true;
		return;
	}
	http_answer_is(status, whole, ret);
	ret->more |= !whole && (status == 401 || status / 100 == 3);
}

static enum verdict reply(struct rd r, struct facts *ret)
{
	uint32_t status;
	enum verdict v = http_status(&r, &status);

	if (v != VERDICT_SURE)
		return v;
	if (status < 100 || status > 599) /* RFC 9110 15 */
		return VERDICT_NO;
	ret->speaker = SPEAKER_SERVER;
	read_answer(r, status, ret);
	return VERDICT_SURE;
}

/* What a server says first: a SETTINGS frame on stream 0, of settings with small numbers. */
static enum verdict h2_settings(struct rd r, struct facts *ret)
{
	uint32_t len = rd_be24(&r);
	uint8_t type = rd_u8(&r), flags = rd_u8(&r);
	uint32_t stream = rd_be32(&r);

	if (rd_short(&r))
		return VERDICT_NO; /* zero bytes promise nothing */
	if (type != H2_SETTINGS || flags || stream || !len || len % 6 || len > 6 * H2_SETTING_MAX)
		return VERDICT_NO;
	for (; len; len -= 6) {
		uint16_t id = rd_be16(&r);

		rd_skip(&r, 4);
		if (rd_short(&r))
			return VERDICT_MORE;
		if (id == 0 || id > H2_SETTING_MAX)
			return VERDICT_NO;
	}
	ret->speaker = SPEAKER_SERVER;
	return VERDICT_LIKELY;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), t = r;

	if (in->n && !in->p[0]) /* no text begins so */
		return h2_settings(r, ret);

	enum verdict v = scan_text(&t, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false), w;

	if (v == VERDICT_SURE) {
		ret->speaker = SPEAKER_CLIENT;
		return v;
	}
	w = reply(r, ret);
	if (w > v)
		v = w;
	if (v == VERDICT_NO)
		v = request(r, ret);
	return v == VERDICT_NO ? h2_settings(r, ret) : v;
}

const struct recogniser recogniser_http = {
	.word = "http",
	.spec = "RFC 9112 3, 4; RFC 9113 3.4; RFC 4918 9",
	.proto = PROTO_TCP,
	.min = 12,
	RECOGNISER_BEGINS(/* methods, HTTP and PRI, and what is in their lines */
			  {.byte = {BYTE_IN("BDGHLPRUXX"), BYTE_IN("--AZ"), BYTE_IN("AZ"),
				    BYTE_IN("  AZ__"), BYTE_IN("\t\t ~"), BYTE_IN("\t\t ~"),
				    BYTE_IN("\t\t ~"), BYTE_IN("\t\t ~")}},
			  {.byte = {BYTE_IN("\0\0"), BYTE_IN("\0\0"), BYTE_IN("\0\x60"),
				    BYTE_IN("\4\4"), BYTE_IN("\0\0"), BYTE_IN("\0\0"),
				    BYTE_IN("\0\0"), BYTE_IN("\0\0")}}),
	.apps = {{"http", "HTTP"}},
	.probe = probe,
	.resume = probe, /* persistent connections begin anew at every message */
	.together = http_together,
};
