/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * huge - memory in large pieces that is touched at random, by huge pages where the system has them.
 *
 * A table of a million flows is spread over more pages than a processor remembers the places of, so
 * each of its cache misses is two. And a page of 2 MiB is cleared at once, where small ones are
 * faulted in one by one.
 */
#ifndef SPAN_BASE_HUGE_H
#define SPAN_BASE_HUGE_H

#include <stddef.h>

enum { HUGE_PAGE = 2 << 20 };

/* n bytes, zero, from a multiple of HUGE_PAGE on; they cost memory when they are touched. NULL
 * without memory. */
void *huge_get(size_t n);
/* `was` bytes become n, both multiples of HUGE_PAGE: more of them, and perhaps elsewhere, or less,
 * in their place. NULL without memory; p is then as before. */
void *huge_resize(void *p, size_t was, size_t n);
/* The same piece and size; NULL is fine. */
void huge_put(void *p, size_t n);

/* For n bytes of the heap that will all be used, of arrays with millions of rows: what is large is
 * by huge pages from here on, also where it grows by realloc(). NULL is fine. */
void huge_hint(void *p, size_t n);

#endif
