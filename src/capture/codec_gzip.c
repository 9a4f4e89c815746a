// SPDX-License-Identifier: BSD-2-Clause
/* gzip (RFC 1952), by zlib. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "capture/codec.h"

static void *gzip_open(void)
{
	enum { GZIP_ALONE = 16 }; /* zlib's word for: gzip headers, with the largest window */
	z_stream *z = calloc(1, sizeof *z);

	if (z && inflateInit2(z, MAX_WBITS + GZIP_ALONE) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static uInt part(size_t n)
{
	return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

static int gzip_step(void *state, struct codec_io *io)
{
	z_stream *z = state;
	uInt n_in = part(io->n_in), n_out = part(io->n_out);

	z->next_in = io->in;
	z->avail_in = n_in;
	z->next_out = io->out;
	z->avail_out = n_out;

	int r = inflate(z, Z_NO_FLUSH);

	io->in = z->next_in;
	io->n_in -= n_in - z->avail_in;
	io->out = z->next_out;
	io->n_out -= n_out - z->avail_out;
	switch (r) {
	case Z_STREAM_END: /* RFC 1952 2.2: members simply follow one another */
		return inflateReset(z) == Z_OK ? CODEC_END : -EINVAL;
	case Z_OK:
	case Z_BUF_ERROR: /* nothing to do it with */
		return CODEC_MORE;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		io->wrong = z->msg;
		return -EBADMSG;
	}
}

static void gzip_close(void *state)
{
	inflateEnd(state);
	free(state);
}

const struct codec_ops codec_gzip = {
	.name = "gzip",
	.magic = "\x1f\x8b",
	.n_magic = 2,
	.unpack = "zcat",
	.package = "zlib1g-dev",
	.open = gzip_open,
	.step = gzip_step,
	.close = gzip_close,
};
