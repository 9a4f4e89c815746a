// SPDX-License-Identifier: BSD-2-Clause
/* Zstandard (RFC 8878), by libzstd, which passes over skippable frames by itself. */
#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "capture/codec.h"

static void *zstd_open(void)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	int log = 0;

	while (1 << log < CODEC_WINDOW_MAX)
		log++;
	if (d && ZSTD_isError(ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, log))) {
		ZSTD_freeDCtx(d);
		return NULL;
	}
	return d;
}

static int zstd_step(void *state, struct codec_io *io)
{
	ZSTD_inBuffer in = {io->in, io->n_in, 0};
	ZSTD_outBuffer out = {io->out, io->n_out, 0};
	size_t r = ZSTD_decompressStream(state, &out, &in);

	io->in += in.pos;
	io->n_in -= in.pos;
	io->out += out.pos;
	io->n_out -= out.pos;
	if (!ZSTD_isError(r))
		return r ? CODEC_MORE : CODEC_END;
	switch (ZSTD_getErrorCode(r)) {
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	case ZSTD_error_frameParameter_windowTooLarge:
		io->beyond = true;
		return -EBADMSG;
	default:
		io->wrong = ZSTD_getErrorName(r);
		return -EBADMSG;
	}
}

static void zstd_close(void *state)
{
	ZSTD_freeDCtx(state);
}

const struct codec_ops codec_zstd = {
	.name = "zstd",
	.magic = "\x28\xb5\x2f\xfd",
	.n_magic = 4,
	.unpack = "zstdcat --long=31",
	.package = "libzstd-dev",
	.open = zstd_open,
	.step = zstd_step,
	.close = zstd_close,
};
