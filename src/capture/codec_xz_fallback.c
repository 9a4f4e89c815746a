// SPDX-License-Identifier: BSD-2-Clause
/* What a build without liblzma knows of xz: its name. */
#include "capture/codec.h"

const struct codec_ops codec_xz = {
	.name = "xz",
	.magic = "\xfd"
		 "7zXZ",
	.n_magic = 6,
	.unpack = "xzcat",
	.package = "liblzma-dev",
};
