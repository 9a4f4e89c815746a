/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input - an open file or pipe that can be looked into before it is handed to libpcap.
 *
 * What was peeked is read again by the stream, so it works where nothing can be sought back.
 */
#ifndef SPAN_CAPTURE_INPUT_H
#define SPAN_CAPTURE_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { INPUT_PEEK = 512 };

struct input {
	int fd;
	bool keep; /* standard input is not ours to close */
	uint8_t head[INPUT_PEEK];
	size_t n_head, head_read;
	uint64_t at;    /* bytes taken by the stream */
	int read_errno; /* of the read that failed; 0 none did */
};

/* Reads until `want` bytes of the beginning are in head, or the input ends. 0 or negative errno. */
int input_peek(struct input *in, size_t want);
/* A stream over all of it. It borrows in, which must outlive it. NULL: no memory. */
FILE *input_stream(struct input *in);
void input_done(struct input *in);

#endif
