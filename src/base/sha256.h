/* SPDX-License-Identifier: BSD-2-Clause */
/* sha256 - SHA-256 (FIPS 180-4), by the processor's own instructions where it has them. */
#ifndef SPAN_BASE_SHA256_H
#define SPAN_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_BLOCK = 64, SHA256_HEX = 2 * SHA256_BYTES + 1 };

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t rest[SHA256_BLOCK]; /* bytes of a block that is not whole */
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_end(struct sha256 *s, uint8_t ret[SHA256_BYTES]);
void sha256_hex(const uint8_t digest[SHA256_BYTES], char ret[SHA256_HEX]);

/* sha256_x86.c: the compression function. */
bool sha256_x86_here(void); /* this processor has the instructions; costs nothing to ask */
void sha256_x86_blocks(uint32_t state[8], const uint8_t *p, size_t blocks);

#endif
