// SPDX-License-Identifier: BSD-2-Clause
/* What a build without liblz4 knows of LZ4: its name. */
#include "capture/codec.h"

const struct codec_ops codec_lz4 = {
	.name = "lz4",
	.magic = "\x04\x22\x4d\x18",
	.n_magic = 4,
	.unpack = "lz4cat",
	.package = "liblz4-dev",
};
