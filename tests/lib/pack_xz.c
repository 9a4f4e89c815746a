// SPDX-License-Identifier: BSD-2-Clause
#include <lzma.h>
#include <stdlib.h>

#include "pack.h"

size_t pack_xz(const void *p, size_t n, uint8_t **ret)
{
	size_t cap = lzma_stream_buffer_bound(n), size = 0;

	*ret = malloc(cap);
	if (!*ret ||
	    lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, p, n, *ret, &size, cap) != LZMA_OK)
		abort();
	return size;
}
