// SPDX-License-Identifier: BSD-2-Clause
/*
 * VNC, by the version that both sides send, the server first (RFC 6143 7.1.1): "RFB xxx.yyy\n".
 */
#include "recognise/scan.h"

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	/* 003.003 to 003.008; Apple says 003.889, UltraVNC's repeater 000.000, RealVNC 004 and 005
	 */
	static const char *const majors[] = {"RFB 003.", "RFB 004.", "RFB 005.", "RFB 000.", NULL};
	struct rd r = rd_over(in->p, in->n);
	uint32_t minor;
	size_t i;
	enum verdict v = scan_one_of(&r, majors, false, &i);

	(void)ret;
	if (v == VERDICT_SURE)
		v = scan_digits(&r, 3, &minor);
	return v == VERDICT_SURE ? scan_text(&r, "\n", false) : v;
}

const struct recogniser recogniser_vnc = {
	.word = "vnc",
	.spec = "RFC 6143 7.1.1",
	.proto = PROTO_TCP,
	.min = 12,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("RR"), BYTE_IN("FF"), BYTE_IN("BB"), BYTE_IN("  "),
				    BYTE_IN("00"), BYTE_IN("00"), BYTE_IN("0035"), BYTE_IN("..")}}),
	.remote_control = true,
	.apps = {{"vnc", "VNC"}},
	.probe = probe,
};
