// SPDX-License-Identifier: BSD-2-Clause
/* LZ4's frame format, by liblz4, which passes over skippable frames by itself. */
#include <errno.h>
#include <lz4frame.h>
#include <string.h>

#include "capture/codec.h"

static void *lz4_open(void)
{
	LZ4F_dctx *d;

	return LZ4F_isError(LZ4F_createDecompressionContext(&d, LZ4F_VERSION)) ? NULL : d;
}

static int lz4_step(void *state, struct codec_io *io)
{
	size_t n_in = io->n_in, n_out = io->n_out;
	size_t r = LZ4F_decompress(state, io->out, &n_out, io->in, &n_in, NULL);

	if (LZ4F_isError(r)) {
		/* Codes are not in the public header, names are. */
		io->wrong = LZ4F_getErrorName(r);
		return strcmp(io->wrong, "ERROR_allocation_failed") ? -EBADMSG : -ENOMEM;
	}
	io->in += n_in;
	io->n_in -= n_in;
	io->out += n_out;
	io->n_out -= n_out;
	return r ? CODEC_MORE : CODEC_END;
}

static void lz4_close(void *state)
{
	LZ4F_freeDecompressionContext(state);
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
