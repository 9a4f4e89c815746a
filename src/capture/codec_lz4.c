// SPDX-License-Identifier: BSD-2-Clause
/* LZ4's frame format, by liblz4, which passes over skippable frames by itself. */
#include <errno.h>
#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

#include "capture/codec.h"

/* The library drops the output of a call that fails. So it gets no more than it asks for, and
 * nothing while it holds output back: then what is before the damage has been handed out by calls
 * before, however large the reads are. */
struct lz4 {
	LZ4F_dctx *d;
	size_t want;
	bool full; /* there was no room for more output */
};

enum { BLOCK_HEADER = 4 }; /* it asks for the next one together with a block */

static void *lz4_open(void)
{
	struct lz4 *z = calloc(1, sizeof *z);

	if (!z || LZ4F_isError(LZ4F_createDecompressionContext(&z->d, LZ4F_VERSION))) {
		free(z);
		return NULL;
	}
	z->want = LZ4F_HEADER_SIZE_MIN;
	return z;
}

static int lz4_step(void *state, struct codec_io *io)
{
	struct lz4 *z = state;
	size_t n_in = 0, n_out = 0, r = 1;

	if (z->full) {
		n_out = io->n_out;
		r = LZ4F_decompress(z->d, io->out, &n_out, io->in, &n_in, NULL);
	}
	if (n_out == 0) {
		n_in = io->n_in < z->want ? io->n_in : z->want;
		n_out = io->n_out;
		r = LZ4F_decompress(z->d, io->out, &n_out, io->in, &n_in, NULL);
	}
	z->full = n_out == io->n_out;

	if (LZ4F_isError(r)) {
		/* Codes are not in the public header, names are. */
		io->wrong = LZ4F_getErrorName(r);
		return strcmp(io->wrong, "ERROR_allocation_failed") ? -EBADMSG : -ENOMEM;
	}
	io->in += n_in;
	io->n_in -= n_in;
	io->out += n_out;
	io->n_out -= n_out;
	z->want = !r ? LZ4F_HEADER_SIZE_MIN : r > BLOCK_HEADER ? r - BLOCK_HEADER : r;
	return r ? CODEC_MORE : CODEC_END;
}

static void lz4_close(void *state)
{
	struct lz4 *z = state;

	LZ4F_freeDecompressionContext(z->d);
	free(z);
}

const struct codec_ops codec_lz4 = {
	.name = "lz4",
	.magic = "\x04\x22\x4d\x18",
	.n_magic = 4,
	.unpack = "lz4cat",
	.package = "liblz4-dev",
	.open = lz4_open,
	.step = lz4_step,
	.close = lz4_close,
};
