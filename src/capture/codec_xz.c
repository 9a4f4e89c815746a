// SPDX-License-Identifier: BSD-2-Clause
/* The .xz file format 1.1, by liblzma. */
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "capture/codec.h"

static lzma_ret begin(lzma_stream *z)
{
	/* The dictionary takes nearly all of it. */
	return lzma_stream_decoder(z, (uint64_t)CODEC_WINDOW_MAX + (1 << 20), 0);
}

static void *xz_open(void)
{
	lzma_stream *z = calloc(1, sizeof *z);

	if (z && begin(z) != LZMA_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static const char *wrong(lzma_ret r)
{
	switch (r) {
	case LZMA_FORMAT_ERROR:
		return "no xz header";
	case LZMA_OPTIONS_ERROR:
		return "options that liblzma does not know";
	default:
		return "a check failed";
	}
}

static int xz_step(void *state, struct codec_io *io)
{
	lzma_stream *z = state;

	z->next_in = io->in;
	z->avail_in = io->n_in;
	z->next_out = io->out;
	z->avail_out = io->n_out;

	lzma_ret r = lzma_code(z, LZMA_RUN);

	io->in = z->next_in;
	io->n_in = z->avail_in;
	io->out = z->next_out;
	io->n_out = z->avail_out;
	switch (r) {
	case LZMA_STREAM_END: /* 2: a file is streams and padding */
		return begin(z) == LZMA_OK ? CODEC_END : -ENOMEM;
	case LZMA_OK:
	case LZMA_BUF_ERROR: /* nothing to do it with */
		return CODEC_MORE;
	case LZMA_MEM_ERROR:
		return -ENOMEM;
	case LZMA_MEMLIMIT_ERROR:
		io->beyond = true;
		return -EBADMSG;
	default:
		io->wrong = wrong(r);
		return -EBADMSG;
	}
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

const struct codec_ops codec_xz = {
	.name = "xz",
	.magic = "\xfd"
		 "7zXZ",
	.n_magic = 6,
	.unpack = "xzcat",
	.package = "liblzma-dev",
	.open = xz_open,
	.step = xz_step,
	.close = xz_close,
};
