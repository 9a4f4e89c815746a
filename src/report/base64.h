/* SPDX-License-Identifier: BSD-2-Clause */
/* base64 - bytes as letters, RFC 4648 4. */
#ifndef SPAN_REPORT_BASE64_H
#define SPAN_REPORT_BASE64_H

#include "base/out.h"

/* A newline behind every `line` letters and at the end; 0: none at all. `line` is divisible by 4.
 */
void base64(const uint8_t *p, size_t n, size_t line, struct out *o);
/* The bytes again; white space is skipped. False: it is not base64, or memory is short. */
bool base64_read(const char *p, size_t n, struct out *ret);

#endif
