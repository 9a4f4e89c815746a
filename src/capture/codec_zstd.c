// SPDX-License-Identifier: BSD-2-Clause
/* Zstandard (RFC 8878), by libzstd, which passes over skippable frames by itself. */
#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "capture/codec.h"

/* The library drops the output of a call that fails. So it gets no more than it asks for, and
 * nothing while it holds output back: then what is before the damage has been handed out by calls
 * before, however large the reads are. */
struct zstd {
	ZSTD_DCtx *d;
	size_t want;
	bool full; /* there was no room for more output */
};

enum {
	BEGINNING = 5,    /* of a frame: RFC 8878 3.1.1 */
	BLOCK_HEADER = 3, /* 3.1.1.2; it asks for the next one together with a block */
};

static void *zstd_open(void)
{
	struct zstd *z = calloc(1, sizeof *z);
	int log = 0;

	if (!z)
		return NULL;
	while (1 << log < CODEC_WINDOW_MAX)
		log++;
	z->want = BEGINNING;
	z->d = ZSTD_createDCtx();
	if (z->d && !ZSTD_isError(ZSTD_DCtx_setParameter(z->d, ZSTD_d_windowLogMax, log)))
		return z;
	ZSTD_freeDCtx(z->d);
	free(z);
	return NULL;
}

static int zstd_step(void *state, struct codec_io *io)
{
	struct zstd *z = state;
	ZSTD_inBuffer in = {io->in, 0, 0};
	ZSTD_outBuffer out = {io->out, io->n_out, 0};
	size_t r = 1;

	if (z->full)
		r = ZSTD_decompressStream(z->d, &out, &in);
	z->full = out.pos == out.size;
	if (out.pos == 0) {
		in.size = io->n_in < z->want ? io->n_in : z->want;
		r = ZSTD_decompressStream(z->d, &out, &in);
		z->full = out.pos == out.size;
	}
	io->in += in.pos;
	io->n_in -= in.pos;
	io->out += out.pos;
	io->n_out -= out.pos;
	if (!ZSTD_isError(r)) {
		z->want = !r ? BEGINNING : r > BLOCK_HEADER ? r - BLOCK_HEADER : r;
		return r ? CODEC_MORE : CODEC_END;
	}
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
	struct zstd *z = state;

	ZSTD_freeDCtx(z->d);
	free(z);
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
