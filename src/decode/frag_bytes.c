// SPDX-License-Identifier: BSD-2-Clause
/*
 * The bytes of a datagram in fragments: pages, with a bit for each unit of eight bytes that is
 * there and one for each unit that a fragment begins with. A fragment costs as many steps as it has
 * units divided by 64, whatever came before it: tiny and overlapping ones buy nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "decode/frag.h"

enum { PAGE_UNITS = FRAG_PAGE / FRAG_UNIT, PAGE_WORDS = PAGE_UNITS / 64 };

static struct frag_page *page_at(const struct frag_pool *o, uint16_t number)
{
	return &o->slab[(number - 1) / FRAG_SLAB][(number - 1) % FRAG_SLAB];
}

static uint16_t page_get(struct frag_pool *o)
{
	if (!o->free) {
		if (o->n_slab == FRAG_SLABS)
			return 0;

		struct frag_page *slab = malloc(FRAG_SLAB * sizeof *slab);

		if (!slab)
			return 0;
		o->slab[o->n_slab] = slab;
		for (unsigned i = FRAG_SLAB; i > 0; i--) {
			uint16_t number = (uint16_t)(o->n_slab * FRAG_SLAB + i);

			o->next_free[number] = o->free;
			o->free = number;
		}
		o->n_slab++;
	}

	uint16_t number = o->free;
	struct frag_page *page = page_at(o, number);

	o->free = o->next_free[number];
	memset(page->have, 0, sizeof page->have);
	memset(page->start, 0, sizeof page->start);
	return number;
}

unsigned frag_bytes_pages(const struct frag_bytes *b)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FRAG_PAGES; i++)
		n += b->page[i] != 0;
	return n;
}

bool frag_bytes_drop(struct frag_pool *o, struct frag_bytes *b)
{
	bool any = false;

	for (unsigned i = 0; i < FRAG_PAGES; i++) {
		uint16_t number = b->page[i];

		if (!number)
			continue;
		o->next_free[number] = o->free;
		o->free = number;
		b->page[i] = 0;
		any = true;
	}
	return any;
}

void frag_pool_done(struct frag_pool *o)
{
	for (unsigned i = 0; i < o->n_slab; i++)
		free(o->slab[i]);
}

/* The part of a piece that lies in one page. */
struct span {
	uint32_t page;
	uint32_t at, n;      /* bytes in the page */
	uint32_t unit, end;  /* units in the page */
	const uint8_t *from; /* in the piece */
};

/* Spans of [offset, offset + n), one call each; s->n is 0 before the first. */
static bool next_span(struct span *s, const struct frag_piece *p, uint32_t n)
{
	uint32_t done = s->n ? (uint32_t)(s->from - p->p) + s->n : 0;

	if (done == n)
		return false;
	s->page = (p->offset + done) / FRAG_PAGE;
	s->at = (p->offset + done) % FRAG_PAGE;
	s->n = FRAG_PAGE - s->at < n - done ? FRAG_PAGE - s->at : n - done;
	s->unit = s->at / FRAG_UNIT;
	s->end = (s->at + s->n + FRAG_UNIT - 1) / FRAG_UNIT;
	s->from = p->p + done;
	return true;
}

/* Those of the bits [a, b) that are in word w. */
static uint64_t mask(unsigned w, uint32_t a, uint32_t b)
{
	uint32_t low = w * 64, high = low + 64;

	a = a > low ? a - low : 0;
	b = b < high ? b : high;
	if (b <= low + a)
		return 0;
	return ~UINT64_C(0) >> (64 - (b - low - a)) << a;
}

static bool bit(const uint64_t *w, uint32_t i)
{
	return w[i / 64] >> i % 64 & 1;
}

bool frag_piece_good(const struct frag_piece *p)
{
	if (p->captured < p->wire)
		return false; /* the rest was never captured */
	/* RFC 8200 4.5: all but the last are multiples of eight, and the sum fits its field. */
	if (p->more && (p->wire == 0 || p->wire % FRAG_UNIT != 0))
		return false;
	return p->wire <= FRAG_TOTAL && p->before + p->offset + p->wire <= FRAG_TOTAL;
}

/* Where the datagram ends, by this piece, is not where it ended before. */
static bool other_end(const struct frag_bytes *b, const struct frag_piece *p)
{
	uint32_t end = p->offset + p->wire;

	if (!b->has_total)
		return !p->more && b->reach > end;
	if (!p->more)
		return end != b->total;
	return end > b->total || (end == b->total && !b->empty_last);
}

enum frag_fit frag_bytes_fit(const struct frag_pool *o, const struct frag_bytes *b,
			     const struct frag_piece *p)
{
	struct span s = {0};
	bool any = false, all = true, same = true, first = true;

	if (other_end(b, p))
		return FIT_OVERLAP;
	if (p->wire == 0)
		return b->has_total ? FIT_COPY : FIT_NEW;
	while (next_span(&s, p, p->wire)) {
		const struct frag_page *g = b->page[s.page] ? page_at(o, b->page[s.page]) : NULL;

		if (!g) {
			all = false;
			continue;
		}
		for (unsigned w = 0; w < PAGE_WORDS; w++) {
			uint64_t m = mask(w, s.unit, s.end);
			uint64_t begin = first && w == s.unit / 64 ? UINT64_C(1) << s.unit % 64 : 0;

			any |= (g->have[w] & m) != 0;
			all &= (g->have[w] & m) == m;
			same &= (g->start[w] & m) == begin;
		}
		first = false;
	}
	if (!any)
		return FIT_NEW;
	if (!all || !same || (!p->more && !b->has_total))
		return FIT_OVERLAP;

	/* The piece that was there must end where this one does. */
	uint32_t end = (p->offset + p->wire + FRAG_UNIT - 1) / FRAG_UNIT;
	uint16_t number = end < FRAG_PAGES * PAGE_UNITS ? b->page[end / PAGE_UNITS] : 0;

	if (number) {
		const struct frag_page *g = page_at(o, number);

		if (bit(g->have, end % PAGE_UNITS) && !bit(g->start, end % PAGE_UNITS))
			return FIT_OVERLAP;
	}
	return frag_bytes_repeats(o, b, p) ? FIT_COPY : FIT_OVERLAP;
}

bool frag_bytes_repeats(const struct frag_pool *o, const struct frag_bytes *b,
			const struct frag_piece *p)
{
	uint32_t n = p->captured < p->wire ? p->captured : p->wire;
	struct span s = {0};

	if (p->offset + p->wire > b->reach || (!p->more && p->offset + p->wire != b->reach))
		return false;
	while (next_span(&s, p, n))
		if (!b->page[s.page] ||
		    memcmp(page_at(o, b->page[s.page])->b + s.at, s.from, s.n) != 0)
			return false;
	return true;
}

bool frag_bytes_put(struct frag_pool *o, struct frag_bytes *b, const struct frag_piece *p)
{
	uint32_t end = p->offset + p->wire;
	struct span s = {0};

	while (next_span(&s, p, p->wire)) {
		if (!b->page[s.page])
			b->page[s.page] = page_get(o);
		if (!b->page[s.page])
			return false;
	}
	s = (struct span){0};
	for (bool first = true; next_span(&s, p, p->wire); first = false) {
		struct frag_page *g = page_at(o, b->page[s.page]);

		memcpy(g->b + s.at, s.from, s.n);
		for (unsigned w = 0; w < PAGE_WORDS; w++)
			g->have[w] |= mask(w, s.unit, s.end);
		if (first)
			g->start[s.unit / 64] |= UINT64_C(1) << s.unit % 64;
	}
	b->have += p->wire;
	if (end > b->reach)
		b->reach = end;
	if (!p->more && !b->has_total) {
		b->total = end;
		b->has_total = true;
		b->empty_last = p->wire == 0;
	}
	return true;
}

void frag_bytes_read(const struct frag_pool *o, const struct frag_bytes *b, uint32_t at,
		     uint8_t *ret)
{
	while (at < b->total) {
		uint32_t in = at % FRAG_PAGE, n = FRAG_PAGE - in;

		if (n > b->total - at)
			n = b->total - at;
		memcpy(ret, page_at(o, b->page[at / FRAG_PAGE])->b + in, n);
		ret += n;
		at += n;
	}
}
