// SPDX-License-Identifier: BSD-2-Clause
#include <lz4frame.h>
#include <stdlib.h>

#include "pack.h"

size_t pack_lz4(const void *p, size_t n, uint8_t **ret)
{
	const LZ4F_preferences_t how = {.frameInfo.contentChecksumFlag =
						LZ4F_contentChecksumEnabled};
	size_t cap = LZ4F_compressFrameBound(n, &how), size;

	*ret = malloc(cap);
	if (!*ret)
		abort();
	size = LZ4F_compressFrame(*ret, cap, p, n, &how);
	if (LZ4F_isError(size))
		abort();
	return size;
}
