/* SPDX-License-Identifier: BSD-2-Clause */
/* pack - compressed bytes for tests, by the libraries of this build. */
#ifndef SPAN_TESTS_PACK_H
#define SPAN_TESTS_PACK_H

#include <stddef.h>
#include <stdint.h>

/* One member, frame or stream with a check sum. Returns its size; 0: that codec is not built in.
 * *ret is the caller's to free(). */
size_t pack(const char *codec, const void *p, size_t n, uint8_t **ret);

size_t pack_lz4(const void *p, size_t n, uint8_t **ret);
size_t pack_xz(const void *p, size_t n, uint8_t **ret);

#endif
