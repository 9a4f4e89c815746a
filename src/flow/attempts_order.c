// SPDX-License-Identifier: BSD-2-Clause
/*
 * attempts_order - attempts in the order of reports, by parts: each goes to new memory, and what it
 * had is for the next one. So a scan's millions are never there twice.
 */
#include <errno.h>
#include <string.h>

#include "base/cpu.h"
#include "base/radix.h"
#include "flow/conv_table.h"

enum {
	DEPTH = 16,
	AHEAD = 24,
};

/* What they are sorted by, one behind the other. */
enum level { LEVEL_CLIENT, LEVEL_SERVER, LEVEL_SERVICE, LEVELS };

struct sorting {
	struct conv_table *t;
	const struct report_order *order;
	struct bulk keys, spares, sorted;
	size_t n;    /* in sorted */
	size_t part; /* as many at most, but where parts cannot be told apart */
};

static uint32_t word_of(const struct sorting *s, enum level level, const struct attempt *a)
{
	switch (level) {
	case LEVEL_CLIENT:
		return report_place(s->order, a->client_no);
	case LEVEL_SERVER:
		return report_place(s->order, a->server_no);
	default:
		return (uint32_t)a->port << 16 | a->vlan;
	}
}

/* Keys have the number of an attempt in v below. */
static void sort_level(const struct sorting *s, const struct attempt *v, uint64_t *key,
		       uint64_t *spare, size_t n, enum level level)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t no = (uint32_t)key[i];

		key[i] = (uint64_t)word_of(s, level, &v[no]) << 32 | no;
	}
	radix_sort_words(key, spare, n);
	if (level + 1 == LEVELS)
		return;
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && key[k] >> 32 == key[i] >> 32; k++)
			;
		/* Few of the next ones have a neighbour, and these will be looked at. */
		if (k + AHEAD < n && key[k + AHEAD] >> 32 == key[k + AHEAD - 1] >> 32) {
			prefetch(&v[(uint32_t)key[k + AHEAD]]);
			prefetch(&v[(uint32_t)key[k + AHEAD - 1]]);
		}
		if (k > i + 1)
			sort_level(s, v, key + i, spare + i, k - i, level + 1);
	}
}

static int sort_part(struct sorting *s, size_t from, size_t n)
{
	struct bank *bank = s->t->o.bank;
	const struct attempt *v = s->t->attempts.v + from;
	struct attempt *to;
	uint64_t *key;

	if (!bulk_room(&s->keys, bank, n * sizeof *key) ||
	    !bulk_room(&s->spares, bank, n * sizeof *key) ||
	    !bulk_room(&s->sorted, bank, (s->n + n) * sizeof *to))
		return -ENOMEM;
	key = s->keys.v;
	to = (struct attempt *)s->sorted.v + s->n;
	for (size_t i = 0; i < n; i++)
		key[i] = i;
	sort_level(s, v, key, s->spares.v, n, LEVEL_CLIENT);
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			prefetch(&v[(uint32_t)key[i + AHEAD]]);
		to[i] = v[(uint32_t)key[i]];
	}
	s->n += n;
	bulk_cut(&s->t->attempts.bulk, bank, from * sizeof *v);
	s->t->attempts.v = s->t->attempts.bulk.v;
	return 0;
}

static uint64_t pair_of(const struct sorting *s, const struct attempt *a)
{
	return (uint64_t)word_of(s, LEVEL_CLIENT, a) << 32 | word_of(s, LEVEL_SERVER, a);
}

static uint64_t middle(const struct sorting *s, const struct attempt *v, size_t n)
{
	enum { SAMPLES = 63 };
	uint64_t x[SAMPLES] = {0};

	for (size_t i = 0; i < SAMPLES; i++) {
		uint64_t w = pair_of(s, &v[n / SAMPLES * i]);
		size_t at = i;

		for (; at > 0 && x[at - 1] > w; at--)
			x[at] = x[at - 1];
		x[at] = w;
	}
	return x[SAMPLES / 2];
}

/* What is not less than the pivot, then what is; how many come first. */
static size_t split(const struct sorting *s, struct attempt *v, size_t n, uint64_t pivot)
{
	size_t lo = 0, hi = n;

	for (;;) {
		while (lo < hi && pair_of(s, &v[lo]) >= pivot)
			lo++;
		while (lo < hi && pair_of(s, &v[hi - 1]) < pivot)
			hi--;
		if (lo == hi)
			return lo;

		struct attempt a = v[lo];

		v[lo++] = v[--hi];
		v[hi] = a;
	}
}

/* The last ones first, since that is where memory can be given back. */
static int sort_parts(struct sorting *s, size_t from, size_t n, unsigned depth)
{
	size_t first = 0;
	int err;

	if (n > s->part && depth < DEPTH)
		first = split(s, s->t->attempts.v + from, n, middle(s, s->t->attempts.v + from, n));
	if (!first || first == n)
		return sort_part(s, from, n);
	err = sort_parts(s, from + first, n - first, depth + 1);
	return err ? err : sort_parts(s, from, first, depth + 1);
}

int attempts_sort(struct conv_table *t, const struct report_order *order, size_t part)
{
	struct sorting s = {.t = t, .order = order, .part = part};
	int err = t->attempts.n ? sort_parts(&s, 0, t->attempts.n, 0) : 0;

	bulk_done(&s.keys, t->o.bank);
	bulk_done(&s.spares, t->o.bank);
	if (err) {
		bulk_done(&s.sorted, t->o.bank);
		return err;
	}
	attempts_replace(t, &s.sorted, s.n);
	return 0;
}
