/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netbios - names and session framing that NBSS, SMB, NBNS and NBDGM share (RFC 1001, RFC 1002).
 */
#ifndef SPAN_RECOGNISE_NETBIOS_H
#define SPAN_RECOGNISE_NETBIOS_H

#include "recognise/scan.h"

enum { /* RFC 1002 4.3.1 */
       NBSS_MESSAGE = 0x00,
       NBSS_REQUEST = 0x81,
       NBSS_POSITIVE = 0x82,
       NBSS_NEGATIVE = 0x83,
       NBSS_RETARGET = 0x84,
       NBSS_KEEPALIVE = 0x85,
       NETBIOS_NAME = 0x20, /* length of an encoded name, RFC 1001 14.1 */
};

/* An encoded name: 20h, 32 letters A to P, and scope labels up to the zero one. */
static inline enum verdict netbios_name(struct rd *r)
{
	uint8_t n = rd_u8(r);

	if (rd_short(r))
		return VERDICT_MORE;
	if (n != NETBIOS_NAME)
		return VERDICT_NO;
	for (int i = 0; i < NETBIOS_NAME; i++) {
		uint8_t c = rd_u8(r);

		if (rd_short(r))
			return VERDICT_MORE;
		if (c < 'A' || c > 'P')
			return VERDICT_NO;
	}
	for (int labels = 0; labels < 16; labels++) {
		n = rd_u8(r);
		if (rd_short(r))
			return VERDICT_MORE;
		if (n == 0)
			return VERDICT_SURE;
		if (n > 63)
			return VERDICT_NO;
		rd_skip(r, n);
	}
	return VERDICT_NO;
}

/* Takes what precedes SMB on port 139: a session request, an answer, keep-alives. */
static inline void netbios_session(struct rd *r)
{
	for (int i = 0; i < 4; i++) {
		struct rd t = *r;
		uint8_t type = rd_u8(&t);
		uint32_t n = rd_be24(&t);

		if (type < NBSS_REQUEST || type > NBSS_KEEPALIVE || type == NBSS_NEGATIVE ||
		    n > 512)
			return;
		rd_skip(&t, n);
		if (rd_short(&t))
			return;
		*r = t;
	}
}

#endif
