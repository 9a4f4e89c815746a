// SPDX-License-Identifier: BSD-2-Clause
#include "pack.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static void *room(size_t n)
{
	void *p = malloc(n);

	if (!p)
		abort();
	return p;
}

static size_t pack_gzip(const void *p, size_t n, uint8_t **ret)
{
	enum { GZIP_ALONE = 16, MEMORY = 8 };
	z_stream z = {0};

	if (deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + GZIP_ALONE, MEMORY, Z_DEFAULT_STRATEGY))
		abort();

	size_t cap = deflateBound(&z, n);

	*ret = room(cap);
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = *ret;
	z.avail_out = (uInt)cap;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	deflateEnd(&z);
	return cap - z.avail_out;
}

static size_t pack_zstd(const void *p, size_t n, uint8_t **ret)
{
	size_t cap = ZSTD_compressBound(n);
	ZSTD_CCtx *c = ZSTD_createCCtx();

	*ret = room(cap);
	if (!c || ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1)))
		abort();

	size_t size = ZSTD_compress2(c, *ret, cap, p, n);

	if (ZSTD_isError(size))
		abort();
	ZSTD_freeCCtx(c);
	return size;
}

size_t pack(const char *codec, const void *p, size_t n, uint8_t **ret)
{
	static const struct {
		const char *name;
		size_t (*pack)(const void *p, size_t n, uint8_t **ret);
	} rows[] = {{"gzip", pack_gzip}, {"zstd", pack_zstd}, {"lz4", pack_lz4}, {"xz", pack_xz}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].name, codec) == 0)
			return rows[i].pack(p, n, ret);
	abort();
}
