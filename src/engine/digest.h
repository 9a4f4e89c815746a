/* SPDX-License-Identifier: BSD-2-Clause */
/* digest - SHA-256 of input files, by the processor where it can. */
#ifndef SPAN_ENGINE_DIGEST_H
#define SPAN_ENGINE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_HEX = 65, DIGEST_BLOCK = 64 };

/* The file's digest in hexadecimal; false when it cannot be read. */
bool digest_file(const char *path, char ret_hex[DIGEST_HEX]);

/* digest_sha.c: the compression function in the processor's own instructions. */
bool digest_sha_here(void); /* this processor has them */
void digest_sha_blocks(uint32_t state[8], const uint8_t *p, size_t blocks);

#endif
