/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bulk - arrays of millions of rows, and the memory that one hands to the next.
 *
 * A system clears each page before it gives it, and asks nothing for one that changes its place. So
 * what one part of a run needs no more goes to a bank, by blocks of HUGE_PAGE, and an array that
 * grows takes its blocks from there, as they are: under addresses of its own, so that it stays in
 * one piece. A block of a bank is memory that would otherwise be the system's again: whoever has a
 * bank gives it up when those who take from it are done.
 */
#ifndef SPAN_BASE_BULK_H
#define SPAN_BASE_BULK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpu.h"

struct bank_block;
struct bank {
	struct bank_block *first; /* NULL: there is none */
};

/* In each of these NULL is a bank that keeps nothing. */
void bank_done(struct bank *b);
/* Gives up what is more than so many bytes, made whole blocks. */
void bank_keep(struct bank *b, size_t bytes);
/* Takes a block that huge_get() gave or that bank_get() did. NULL is fine. */
void bank_put(struct bank *b, void *block);
/* The same for `bytes`, a multiple of HUGE_PAGE, in one piece. */
void bank_put_all(struct bank *b, void *p, size_t bytes);
/* `to` has what `from` had. */
void bank_join(struct bank *to, struct bank *from);
/* A block of HUGE_PAGE bytes with anything in it. NULL without memory. */
void *bank_get(struct bank *b);

struct bulk { /* {0}: nothing */
	void *v;
	size_t ready; /* bytes that are there */
	size_t bytes; /* of addresses, when it is made of blocks; otherwise 0 */
};

bool bulk_grow(struct bulk *a, struct bank *b, size_t bytes);
/* Room for so many bytes at a->v, which may come to stand elsewhere; what is new is anything. False
 * without memory, and then only bulk_done() is of use. */
static inline bool bulk_room(struct bulk *a, struct bank *b, size_t bytes)
{
	return likely(a->v && bytes <= a->ready) || bulk_grow(a, b, bytes);
}
/* Lets go of memory behind so many bytes. A hint. */
void bulk_cut(struct bulk *a, struct bank *b, size_t bytes);
void bulk_done(struct bulk *a, struct bank *b);

#endif
