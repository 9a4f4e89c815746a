// SPDX-License-Identifier: BSD-2-Clause
/*
 * Few keys are sorted by their bytes, the last one first. Many are dealt out by their first bits
 * that differ until they are few: then each byte's turn finds them in the cache. Words are keys of
 * a third of the size, for the many millions that floods make.
 */
#include "base/radix.h"

#include <stdbool.h>
#include <string.h>

enum {
	DIGITS = 16,
	FEW = 4096,
	DEAL_BITS = 8,
	DEALS = 1 << DEAL_BITS,
};

/* Bits in which keys differ. */
struct differs {
	uint64_t hi, lo;
};

static struct differs differs_of(const struct radix_key *v, size_t n)
{
	struct differs d = {0, 0};

	for (size_t i = 1; i < n; i++) {
		d.hi |= v[i].hi ^ v[0].hi;
		d.lo |= v[i].lo ^ v[0].lo;
	}
	return d;
}

static unsigned digit(const struct radix_key *k, unsigned at)
{
	return (at < 8 ? k->lo >> 8 * at : k->hi >> 8 * (at - 8)) & 255;
}

/* Stable: from `v` into `to`, by one byte. */
static void by_digit(const struct radix_key *v, struct radix_key *to, size_t n, unsigned at)
{
	size_t count[256] = {0}, sum = 0;

	for (size_t i = 0; i < n; i++)
		count[digit(&v[i], at)]++;
	for (unsigned b = 0; b < 256; b++) {
		size_t here = count[b];

		count[b] = sum;
		sum += here;
	}
	for (size_t i = 0; i < n; i++)
		to[count[digit(&v[i], at)]++] = v[i];
}

/* Sorted keys are in the one of both that is returned. */
static struct radix_key *sort_few(struct radix_key *v, struct radix_key *spare, size_t n,
				  struct differs d)
{
	struct radix_key *from = v, *to = spare;

	for (unsigned k = 0; k < DIGITS; k++) {
		struct radix_key *sorted = to;

		if (!((k < 8 ? d.lo >> 8 * k : d.hi >> 8 * (k - 8)) & 255))
			continue;
		by_digit(from, to, n, k);
		to = from;
		from = sorted;
	}
	return from;
}

/* The first bits that differ, of one word. */
struct deal {
	bool hi;
	unsigned shift;
};

static struct deal deal_of(struct differs d)
{
	uint64_t w = d.hi ? d.hi : d.lo;
	unsigned top = 63 - (unsigned)__builtin_clzll(w);

	return (struct deal){.hi = d.hi, .shift = top >= DEAL_BITS ? top - (DEAL_BITS - 1) : 0};
}

static unsigned bucket(const struct radix_key *k, struct deal deal)
{
	return (deal.hi ? k->hi : k->lo) >> deal.shift & (DEALS - 1);
}

/* Stable, as by_digit(); ends[b] is where a bucket ends. */
static void deal_out(const struct radix_key *v, struct radix_key *to, size_t n, struct deal deal,
		     size_t ends[DEALS])
{
	size_t sum = 0;

	memset(ends, 0, DEALS * sizeof *ends);
	for (size_t i = 0; i < n; i++)
		ends[bucket(&v[i], deal)]++;
	for (unsigned b = 0; b < DEALS; b++) {
		size_t here = ends[b];

		ends[b] = sum;
		sum += here;
	}
	for (size_t i = 0; i < n; i++)
		to[ends[bucket(&v[i], deal)]++] = v[i];
}

/* Sorts v with the help of `spare` into `into`, which is one of both. Each call deals out by bits
 * that no call inside it differs in, so there are at most DIGITS of them in each other. */
static void sort_into(struct radix_key *v, struct radix_key *spare, size_t n,
		      struct radix_key *into)
{
	struct differs d = differs_of(v, n);
	size_t ends[DEALS], from = 0;
	struct radix_key *sorted;

	if (n > FEW && (d.hi || d.lo)) {
		deal_out(v, spare, n, deal_of(d), ends);
		for (unsigned b = 0; b < DEALS; b++) {
			size_t here = ends[b] - from;

			if (here)
				sort_into(spare + from, v + from, here, into + from);
			from = ends[b];
		}
		return;
	}
	sorted = sort_few(v, spare, n, d);
	if (sorted != into)
		memcpy(into, sorted, n * sizeof *v);
}

struct radix_key *radix_sort(struct radix_key *v, struct radix_key *spare, size_t n)
{
	if (n <= FEW)
		return sort_few(v, spare, n, differs_of(v, n));
	sort_into(v, spare, n, v);
	return v;
}

/* ------------------------------------------------------------------ words */

enum { WORD_KEY = 32, INSERTED = 24 };

static void insert_words(uint64_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t w = v[i];
		size_t at = i;

		for (; at > 0 && v[at - 1] >> WORD_KEY > w >> WORD_KEY; at--)
			v[at] = v[at - 1];
		v[at] = w;
	}
}

/* Stable, into `to`, by the DEAL_BITS bits from `shift` on; ends[b] is where a bucket ends. */
static void deal_words(const uint64_t *v, uint64_t *to, size_t n, unsigned shift,
		       uint32_t ends[DEALS])
{
	uint32_t sum = 0;

	memset(ends, 0, DEALS * sizeof *ends);
	for (size_t i = 0; i < n; i++)
		ends[v[i] >> shift & (DEALS - 1)]++;
	for (unsigned b = 0; b < DEALS; b++) {
		uint32_t here = ends[b];

		ends[b] = sum;
		sum += here;
	}
	for (size_t i = 0; i < n; i++)
		to[ends[v[i] >> shift & (DEALS - 1)]++] = v[i];
}

/* From v into `into`, which is one of both, by bytes of the key that are in `differs`. */
static void words_few(uint64_t *v, uint64_t *spare, size_t n, uint64_t differs, uint64_t *into)
{
	uint64_t *from = v, *to = spare;
	uint32_t ends[DEALS];

	if (n <= INSERTED) {
		insert_words(v, n);
	} else {
		for (unsigned shift = WORD_KEY; shift < 64; shift += DEAL_BITS) {
			uint64_t *sorted = to;

			if (!(differs >> shift & (DEALS - 1)))
				continue;
			deal_words(from, to, n, shift, ends);
			to = from;
			from = sorted;
		}
	}
	if (from != into)
		memcpy(into, from, n * sizeof *v);
}

/* As sort_into(). */
static void words_into(uint64_t *v, uint64_t *spare, size_t n, uint64_t *into)
{
	uint32_t ends[DEALS], from = 0;
	uint64_t differs = 0;
	unsigned top;

	for (size_t i = 1; i < n; i++)
		differs |= v[i] ^ v[0];
	differs >>= WORD_KEY;
	differs <<= WORD_KEY;
	if (n <= FEW || !differs) {
		words_few(v, spare, n, differs, into);
		return;
	}
	top = 63 - (unsigned)__builtin_clzll(differs);
	deal_words(v, spare, n, top >= WORD_KEY + DEAL_BITS ? top - (DEAL_BITS - 1) : WORD_KEY,
		   ends);
	for (unsigned b = 0; b < DEALS; b++) {
		if (ends[b] > from)
			words_into(spare + from, v + from, ends[b] - from, into + from);
		from = ends[b];
	}
}

void radix_sort_words(uint64_t *v, uint64_t *spare, size_t n)
{
	words_into(v, spare, n, v);
}
