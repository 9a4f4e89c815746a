// SPDX-License-Identifier: BSD-2-Clause
/*
 * SSH, by the identification line that both sides send (RFC 4253 4.2):
 *
 *   SSH-protoversion-softwareversion SP comments CR LF
 *
 * A server may send other lines before.
 */
#include "recognise/scan.h"

enum { LINES_BEFORE = 8 };

static enum verdict identification(struct rd r)
{
	static const char *const versions[] = {"SSH-2.0-", "SSH-1.99-", "SSH-1.5-", "SSH-1.3-",
					       NULL};
	size_t i;

	return scan_one_of(&r, versions, false, &i);
}

static bool are_text(struct rd r, int lines)
{
	struct rd line;

	while (lines-- && scan_line(&r, &line))
		if (!scan_printable(line))
			return false;
	return true;
}

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n), line;
	enum verdict v = identification(r);

	if (v != VERDICT_NO)
		return v;
	for (int i = 0; i < LINES_BEFORE && scan_line(&r, &line); i++) {
		if (identification(r) != VERDICT_SURE)
			continue;
		if (!are_text(rd_over(in->p, in->n), i + 1))
			return VERDICT_NO;
		ret->speaker = SPEAKER_SERVER;
		return VERDICT_LIKELY;
	}
	return VERDICT_NO;
}

/* Of lines before the one that counts, which take part of it with them. */
#define TEXT BYTE_IN("\t\r ~")

const struct recogniser recogniser_ssh = {
	.word = "ssh",
	.spec = "RFC 4253 4.2",
	.proto = PROTO_TCP,
	.min = 8,
	RECOGNISER_BEGINS({.byte = {TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT}}),
	.remote_control = true,
	.apps = {{"ssh", "SSH"}},
	.probe = probe,
	.resume = probe, /* the line is unmistakable wherever it stands */
};
