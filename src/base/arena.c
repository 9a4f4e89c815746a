// SPDX-License-Identifier: BSD-2-Clause
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bulk.h"
#include "base/huge.h"

struct arena_block {
	struct arena_block *before;
	size_t n, cap;
	bool huge;
	bool used; /* by somebody before: not zero */
	alignas(max_align_t) unsigned char bytes[];
};

/* An arena that has MANY bytes goes on by huge pages. */
enum { BLOCK = 16 * 1024, MANY = 2 * HUGE_PAGE };

void arena_done(struct arena *a)
{
	while (a->last) {
		struct arena_block *b = a->last;

		a->last = b->before;
		if (b->huge)
			bank_put(a->bank, b);
		else
			free(b);
	}
	a->bytes = 0;
}

void arena_join(struct arena *to, struct arena *from)
{
	struct arena_block *first = from->last;

	if (!first)
		return;
	while (first->before)
		first = first->before;
	/* Behind the block that has room. */
	if (to->last) {
		first->before = to->last->before;
		to->last->before = from->last;
	} else {
		to->last = from->last;
	}
	to->bytes += from->bytes;
	*from = (struct arena){.bank = from->bank};
}

static struct arena_block *block_make(struct arena *a, size_t n)
{
	bool huge = n <= BLOCK / 4 && a->bytes >= MANY;
	size_t cap = n > BLOCK / 4 ? n : BLOCK;
	struct arena_block *b = huge ? bank_get(a->bank) : calloc(1, sizeof *b + cap);

	if (!b)
		return NULL;
	b->n = 0;
	b->huge = huge;
	b->used = huge && a->bank;
	b->cap = huge ? HUGE_PAGE - sizeof *b : cap;
	a->bytes += b->cap;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t align = alignof(max_align_t);

	if (n > SIZE_MAX / 2)
		return NULL;
	n = (n + align - 1) & ~(align - 1);
	if (!a->last || a->last->cap - a->last->n < n) {
		struct arena_block *b = block_make(a, n);

		if (!b)
			return NULL;
		/* A large piece gets a block of its own behind the one that still has room. */
		if (a->last && b->cap == n) {
			b->before = a->last->before;
			a->last->before = b;
			b->n = n;
			return b->bytes;
		}
		b->before = a->last;
		a->last = b;
	}

	void *p = a->last->bytes + a->last->n;

	a->last->n += n;
	return a->last->used ? memset(p, 0, n) : p;
}

char *arena_strndup(struct arena *a, const char *p, size_t n)
{
	char *z = arena_alloc(a, n + 1);

	if (z && n)
		memcpy(z, p, n);
	return z;
}

char *arena_strdup(struct arena *a, const char *z)
{
	return arena_strndup(a, z, strlen(z));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);

	int n = vsnprintf(NULL, 0, fmt, ap);
	char *z = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);

	if (z)
		vsnprintf(z, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return z;
}
