// SPDX-License-Identifier: BSD-2-Clause
/*
 * IMAP (RFC 3501 2.2, 7.1; RFC 9051). The server greets with "* OK", "* PREAUTH" or "* BYE"; a
 * client's line is a tag of its own choice and a command.
 */
#include "recognise/scan.h"

enum { TAG_MAX = 16, LINES = 16 };

static enum verdict server(struct rd r, struct facts *ret)
{
	static const char *const greetings[] = {"* OK ", "* PREAUTH ", "* BYE ", NULL};
	struct rd line;
	size_t i;
	enum verdict v = scan_one_of(&r, greetings, true, &i);

	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_SERVER;
	if (!scan_line(&r, &line))
		return scan_readable(line) ? VERDICT_MORE : VERDICT_NO;
	if (i == 2)
		ret->notes |= APP_NOTE_ERROR;
	return scan_has(line, "IMAP") || i == 1 ? VERDICT_SURE : VERDICT_LIKELY;
}

static enum verdict command(struct rd *r, struct facts *ret)
{
	/* Not authenticated state and any state, RFC 3501 6.1, 6.2; ID is RFC 2971 */
	static const char *const commands[] = {" CAPABILITY\r\n",
					       " STARTTLS\r\n",
					       " AUTHENTICATE ",
					       " LOGIN ",
					       " ID ",
					       " NOOP\r\n",
					       " LOGOUT\r\n",
					       NULL};
	struct rd line;
	size_t n = 0, i;

	for (;; n++) {
		struct rd t = *r;
		uint8_t c = rd_u8(&t);

		if (rd_short(&t))
			return VERDICT_MORE;
		if (c == ' ')
			break;
		if (n == TAG_MAX || c <= 0x20 || c > 0x7e || c == '+' || c == '*' || c == '(' ||
		    c == '{' || c == '%' || c == '\\' || c == '"')
			return VERDICT_NO;
		*r = t;
	}
	if (!n)
		return VERDICT_NO;

	enum verdict v = scan_one_of(r, commands, true, &i);

	if (v != VERDICT_SURE)
		return v;
	ret->speaker = SPEAKER_CLIENT;
	if (i == 1)
		ret->notes |= APP_NOTE_STARTTLS;
	if (i >= 2 && i <= 4 && !scan_line(r, &line))
		return VERDICT_MORE;
	/* The first three words are no one else's. */
	return i <= 2 ? VERDICT_SURE : VERDICT_LIKELY;
}

static enum verdict client(struct rd r, struct facts *ret)
{
	enum verdict v = command(&r, ret);

	for (int k = 0; k < LINES && v >= VERDICT_LIKELY && rd_left(&r); k++) {
		enum verdict w = command(&r, ret);

		if (w < VERDICT_LIKELY)
			break;
		v = w > v ? w : v;
	}
	ret->more = !(ret->notes & APP_NOTE_STARTTLS);
	return v;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	enum verdict v = server(r, ret);

	return v == VERDICT_NO ? client(r, ret) : v;
}

const struct recogniser recogniser_imap = {
	.word = "imap",
	.spec = "RFC 3501 2.2, 6.1, 6.2, 7.1",
	.proto = PROTO_TCP,
	.min = 8,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("!~"), BYTE_IN(" ~"), BYTE_IN(" ~"), BYTE_IN(" ~"),
				    BYTE_IN(" ~")}}),
	.apps = {{"imap", "IMAP"}},
	.probe = probe,
};
