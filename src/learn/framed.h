/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * framed - messages in one direction of a TCP stream, each behind its length: DNS with two bytes
 * (RFC 1035 4.2.2), Kerberos with four (RFC 4120 7.2.2). Private to this folder.
 *
 * A message that comes in one piece is read where it lies; else it is kept, up to `keep` bytes of
 * it, which is where a reader has what it wants.
 */
#ifndef SPAN_LEARN_FRAMED_H
#define SPAN_LEARN_FRAMED_H

#include "learn/learner.h"

struct framed {
	uint8_t head[4];
	uint8_t n_head;
	bool begun;    /* bytes came */
	bool lost;     /* nobody knows where the next message begins */
	bool holed;    /* bytes of the message in hand are missing: it is only counted */
	uint32_t left; /* of the message in hand */
	uint8_t *buf;
	uint32_t n, room;
};

struct framing {
	uint8_t head;  /* octets of the length: 2, 4 */
	uint32_t keep; /* bytes of a message that are wanted */
	uint32_t max;  /* a length beyond it is none: the stream is not what it seemed */
	/* A message, or its first `keep` bytes, and the packet that completed it. */
	void (*message)(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n,
			const struct evidence *at);
};

/* For learners of messages that also come as datagrams: their open, bytes, gap and close. One side
 * is read, that of the server; a flow of datagrams has nothing to remember, and takes no memory. */
bool framed_open(struct learn_flow *f);
void framed_bytes(struct learn_flow *f, const struct framing *how, unsigned side, const uint8_t *p,
		  size_t n, bool start, const struct evidence *at);
void framed_gap(struct learn_flow *f, uint64_t n);
void framed_close(struct learn_flow *f);

#endif
