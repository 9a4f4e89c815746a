/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input - the bytes of a capture, from an open file or pipe, unpacked when they are compressed.
 *
 * What was peeked is read again, so it works where nothing can be sought back. Readers take
 * input_read(); libpcap, which wants a FILE, takes input_stream() over it.
 */
#ifndef SPAN_CAPTURE_INPUT_H
#define SPAN_CAPTURE_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { INPUT_PEEK = 512 };

struct codec;
struct codec_ops;

/* May be moved (copied, and the old one forgotten), unless input_stream() borrows it. */
struct input {
	int fd;
	bool keep;           /* standard input is not ours to close */
	struct codec *codec; /* that unpacks; NULL: the bytes are the file's */

	/* As source.h has it: asked before an end of file is believed. NULL: it is believed. */
	bool (*wait)(void *user);
	void *wait_user;

	uint8_t head[INPUT_PEEK];
	size_t n_head, head_read;
	uint64_t at; /* bytes of the file, not of what is in it */

	/* How it ended, for who only sees a FILE. */
	int read_errno; /* of the read that failed; EBADMSG: damaged, see why; 0: none did */
	bool cut;       /* compressed, and ended before its end */
	char why[160];  /* a clause for a damaged or cut one; "" */
};

/* Up to n bytes (at least 1) of the capture; fewer are not the end. 0: the end. -ENODATA: a
 * compressed file that stops early, what came before is good; in->cut. -EBADMSG: it is damaged;
 * in->why, also for -ENODATA. Other negative errno: reading failed. Ends and errors stay. */
ssize_t input_read(struct input *in, void *p, size_t n);
/* Reads until `want` bytes of the beginning are in head, or the input ends. 0 or negative errno as
 * above; a cut one is no error as long as it has a byte. */
int input_peek(struct input *in, size_t want);
/* What the file is compressed with, NULL: nothing. It may begin with frames of user data, which are
 * then gone; else input_peek()ed bytes stay. 0 or negative errno; -EBADMSG: nothing follows them
 * that is compressed. */
int input_codec(struct input *in, const struct codec_ops **ret_ops);
/* From here on the bytes are those inside, from the first one; ops must be built in. 0 or -ENOMEM.
 */
int input_unpack(struct input *in, const struct codec_ops *ops);
/* A stream over all of it, for which a cut one just ends. It borrows in, which must outlive it.
 * NULL: no memory. */
FILE *input_stream(struct input *in);
void input_done(struct input *in);

#endif
