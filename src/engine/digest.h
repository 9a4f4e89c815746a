/* SPDX-License-Identifier: BSD-2-Clause */
/* digest - SHA-256 of input files. */
#ifndef SPAN_ENGINE_DIGEST_H
#define SPAN_ENGINE_DIGEST_H

#include "base/sha256.h"

/* The file's digest in hexadecimal; false when it cannot be read. */
bool digest_file(const char *path, char ret_hex[SHA256_HEX]);

#endif
