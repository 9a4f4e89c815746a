/* SPDX-License-Identifier: BSD-2-Clause */
/* dec - decimal numbers as text, where a table of a hundred thousand rows makes printf slow. */
#ifndef SPAN_BASE_DEC_H
#define SPAN_BASE_DEC_H

#include <stdint.h>

enum { DEC_MAX = 20 }; /* digits of the largest 64-bit number */

/* Writes n without leading zeros, and returns where it ends. No NUL. */
static inline char *dec_put(char *p, uint64_t n)
{
	char digit[DEC_MAX];
	unsigned k = 0;

	do
		digit[k++] = (char)('0' + n % 10);
	while (n /= 10);
	while (k)
		*p++ = digit[--k];
	return p;
}

/* The last `width` digits of n, zeros in front. */
static inline char *dec_put_wide(char *p, uint64_t n, unsigned width)
{
	for (unsigned i = width; i; n /= 10)
		p[--i] = (char)('0' + n % 10);
	return p + width;
}

#endif
