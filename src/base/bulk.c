// SPDX-License-Identifier: BSD-2-Clause
#include "base/bulk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/huge.h"

/* A smaller array is the heap's: most never grow beyond. */
enum { FIRST = 4096 };
#define MANY ((size_t)4 * HUGE_PAGE)

struct bank_block {
	struct bank_block *next;
};

void bank_done(struct bank *b)
{
	while (b && b->first) {
		struct bank_block *block = b->first;

		b->first = block->next;
		huge_put(block, HUGE_PAGE);
	}
}

void bank_keep(struct bank *b, size_t bytes)
{
	struct bank stays = {0}, *from = b;

	for (size_t at = 0; b && b->first && at < bytes; at += HUGE_PAGE)
		bank_put(&stays, bank_get(from));
	bank_done(b);
	if (b)
		*b = stays;
}

void bank_put(struct bank *b, void *block)
{
	struct bank_block *to = block;

	if (!b || !block) {
		huge_put(block, HUGE_PAGE);
		return;
	}
	to->next = b->first;
	b->first = to;
}

void bank_put_all(struct bank *b, void *p, size_t bytes)
{
	if (!b) {
		huge_put(p, bytes);
		return;
	}
	for (size_t at = 0; p && at < bytes; at += HUGE_PAGE)
		bank_put(b, (uint8_t *)p + at);
}

static void *take(struct bank *b)
{
	struct bank_block *block = b ? b->first : NULL;

	if (block)
		b->first = block->next;
	return block;
}

void bank_join(struct bank *to, struct bank *from)
{
	for (void *block; (block = take(from));)
		bank_put(to, block);
}

void *bank_get(struct bank *b)
{
	void *block = take(b);

	return block ? block : huge_get(HUGE_PAGE);
}

/* ------------------------------------------------------------------ arrays */

static size_t whole(size_t bytes)
{
	return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* The block gets the address `to`, where nothing is that anybody needs. */
static bool move(void *block, uint8_t *to)
{
	void *there = mremap(block, HUGE_PAGE, HUGE_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);

	if (there != MAP_FAILED)
		return true;
	/* A system may have as many pieces as it counts: then the bytes move. */
	there = mmap(to, HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0);
	if (there == MAP_FAILED)
		return false;
	memcpy(to, block, HUGE_PAGE);
	huge_put(block, HUGE_PAGE);
	return true;
}

/* Blocks up to so many bytes: the bank's as long as it has any. */
static bool fill(struct bulk *a, struct bank *b, size_t bytes)
{
	bool ok = true;

	for (; a->ready < bytes; a->ready += HUGE_PAGE) {
		void *block = take(b);

		if (block)
			ok = move(block, (uint8_t *)a->v + a->ready) && ok;
	}
	return ok;
}

/* From the heap to blocks. */
static bool leave_heap(struct bulk *a, struct bank *b, uint8_t *to, size_t all)
{
	const struct bulk was = *a;
	bool ok;

	*a = (struct bulk){.v = to, .bytes = all};
	ok = fill(a, b, was.ready);
	if (ok && was.ready)
		memcpy(to, was.v, was.ready);
	free(was.v);
	return ok;
}

/* Twice as many addresses, and at least for `bytes`; what is there moves with its memory. */
static bool spread(struct bulk *a, struct bank *b, size_t bytes)
{
	size_t all = a->bytes ? 2 * a->bytes : 2 * MANY;
	bool ok = true;
	uint8_t *to;

	while (all < bytes)
		all *= 2;
	to = huge_get(all);
	if (!to)
		return false;
	if (!a->bytes)
		return leave_heap(a, b, to, all);
	for (size_t at = 0; at < a->ready; at += HUGE_PAGE)
		ok = move((uint8_t *)a->v + at, to + at) && ok;
	if (a->bytes > a->ready)
		huge_put((uint8_t *)a->v + a->ready, a->bytes - a->ready);
	a->v = to;
	a->bytes = all;
	return ok;
}

static bool by_heap(struct bulk *a, size_t bytes)
{
	size_t all = a->ready ? a->ready : FIRST;
	void *v;

	while (all < bytes)
		all *= 2;
	v = realloc(a->v, all);
	if (!v)
		return false;
	a->v = v;
	a->ready = all;
	return true;
}

bool bulk_grow(struct bulk *a, struct bank *b, size_t bytes)
{
	if (bytes > SIZE_MAX / 4)
		return false;
	if (!a->bytes && bytes <= MANY / 2)
		return by_heap(a, bytes);
	if (bytes > a->bytes && !spread(a, b, bytes))
		return false;
	return fill(a, b, bytes);
}

static void cut_heap(struct bulk *a, size_t bytes)
{
	size_t stays = bytes > FIRST ? bytes : FIRST;
	void *v = stays < a->ready ? realloc(a->v, stays) : NULL;

	if (v) {
		a->v = v;
		a->ready = stays;
	}
}

void bulk_cut(struct bulk *a, struct bank *b, size_t bytes)
{
	size_t stays = whole(bytes);

	if (!a->bytes) {
		cut_heap(a, bytes);
		return;
	}
	if (stays >= a->ready)
		return;
	bank_put_all(b, (uint8_t *)a->v + stays, a->ready - stays);
	if (a->bytes > a->ready)
		huge_put((uint8_t *)a->v + a->ready, a->bytes - a->ready);
	a->ready = a->bytes = stays;
	if (!stays)
		a->v = NULL;
}

void bulk_done(struct bulk *a, struct bank *b)
{
	if (a->bytes)
		bulk_cut(a, b, 0);
	else
		free(a->v);
	*a = (struct bulk){0};
}
