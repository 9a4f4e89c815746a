// SPDX-License-Identifier: BSD-2-Clause
#include "engine/keep_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "store/store.h"

static const size_t MEMORY = (size_t)128 << 20;
enum { FIRST_SLOTS = 64, KEEP_TIGHT = 1 };

struct sums { /* by side of the flow's key */
	uint64_t packets[2], bytes[2], payload[2], unseen[2];
	uint16_t tries;
};

struct part {
	struct part *next;
	struct evidence first; /* its first packet */
	int64_t last_ns;
	bool over;
	struct sums to; /* when it is over: of the flow up to its end */
};

struct going {
	uint64_t number;
	unsigned n;            /* parts that are not told */
	int64_t began, before; /* hours; before: of the last part that was told, TIME_NONE none */
	struct sums told;      /* up to that */
	struct part *first, *last;
	uint64_t unseen[2]; /* the most there was */
	bool filled;        /* less than that since */
};

struct parts {
	struct going **slot; /* open addressing, by number */
	size_t slots, n, bytes, max;
	unsigned keep;
	uint64_t shed;
};

struct parts *parts_new(unsigned keep, size_t max_memory)
{
	struct parts *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->keep = keep;
	p->max = max_memory ? max_memory : MEMORY;
	return p;
}

static void going_free(struct parts *p, struct going *g)
{
	while (g->first) {
		struct part *next = g->first->next;

		free(g->first);
		g->first = next;
		p->bytes -= sizeof *next;
	}
	free(g);
	p->bytes -= sizeof *g;
}

struct parts *parts_free(struct parts *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->slots; i++)
		if (p->slot[i])
			going_free(p, p->slot[i]);
	free(p->slot);
	free(p);
	return NULL;
}

uint64_t parts_shed(const struct parts *p)
{
	return p->shed;
}

/* ------------------------------------------------------------------ by number */

static size_t home(const struct parts *p, uint64_t number)
{
	/* Numbers are those of pieces of memory, not chosen by who sends packets. */
	return (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (p->slots - 1);
}

static size_t find(const struct parts *p, uint64_t number)
{
	size_t i = home(p, number);

	while (p->slot[i] && p->slot[i]->number != number)
		i = (i + 1) & (p->slots - 1);
	return i;
}

static bool grow(struct parts *p)
{
	size_t n = p->slots, slots = n ? 2 * n : FIRST_SLOTS;
	struct going **old = p->slot, **slot = calloc(slots, sizeof(struct going *));

	if (!slot)
		return false;
	p->slot = slot;
	p->slots = slots;
	for (size_t i = 0; i < n; i++)
		if (old[i])
			slot[find(p, old[i]->number)] = old[i];
	p->bytes += (slots - n) * sizeof *slot;
	free(old);
	return true;
}

static void take_out(struct parts *p, size_t i)
{
	p->slot[i] = NULL;
	p->n--;
	/* Those behind it may have been kept from their places by it. */
	for (size_t k = (i + 1) & (p->slots - 1); p->slot[k]; k = (k + 1) & (p->slots - 1)) {
		struct going *g = p->slot[k];

		p->slot[k] = NULL;
		p->slot[find(p, g->number)] = g;
	}
}

/* ------------------------------------------------------------------ one part */

static struct sums sums_of(const struct flow_done *d)
{
	struct sums s = {.tries = d->tries};

	for (unsigned i = 0; i < 2; i++) {
		unsigned side = i ^ d->client_side;

		s.packets[side] = d->packets[i];
		s.bytes[side] = d->bytes[i];
		s.payload[side] = d->payload[i];
		s.unseen[side] = d->unseen[i];
	}
	return s;
}

/* Bytes that come late were missing before. */
static void cap_unseen(struct sums *s, const struct sums *later)
{
	for (unsigned i = 0; i < 2; i++)
		if (s->unseen[i] > later->unseen[i])
			s->unseen[i] = later->unseen[i];
}

/* What can be said of a flow by what it sent in one hour, knowing the rest. */
static enum flow_state state_of(const struct flow_done *d, const struct flow_done *part)
{
	if (part->packets[0] && part->packets[1])
		return d->state;
	if (d->state > STATE_ONE_WAY)
		return part->packets[0] ? d->state : STATE_ONE_WAY;
	/* From the second request on silence is an answer. */
	if (d->state == STATE_ESTABLISHED && d->proto == IPPROTO_NR_UDP && part->packets[0] > 1)
		return STATE_NO_ANSWER;
	return STATE_ONE_WAY;
}

static void met_in_the_middle(const struct flow_done *d, const struct part *p, unsigned tries,
			      struct flow_done *ret)
{
	ret->first_ns = p->first.ts_ns;
	ret->ev[0] = p->first;
	ret->n_ev = 1;
	ret->started = false;
	ret->state = state_of(d, ret);
	if (ret->proto == IPPROTO_NR_UDP)
		tries = ret->packets[0] < UINT16_MAX ? (unsigned)ret->packets[0] : UINT16_MAX;
	/* None: the last seconds of the input prove nothing. */
	ret->tries = d->state == STATE_NO_ANSWER && !d->tries ? 0 : (uint16_t)tries;
}

static void tell(struct going *g, const struct flow_done *d, parts_fn fn, void *user)
{
	struct part *p = g->first;
	struct flow_done part = *d;

	for (unsigned i = 0; i < 2; i++) {
		unsigned side = i ^ d->client_side;

		part.packets[i] = p->to.packets[side] - g->told.packets[side];
		part.bytes[i] = p->to.bytes[side] - g->told.bytes[side];
		part.payload[i] = p->to.payload[side] - g->told.payload[side];
		part.unseen[i] = p->to.unseen[side] > g->told.unseen[side]
					 ? p->to.unseen[side] - g->told.unseen[side]
					 : 0;
	}
	part.last_ns = p->last_ns;
	if (g->before != TIME_NONE)
		met_in_the_middle(d, p, (unsigned)p->to.tries - g->told.tries, &part);
	else
		g->began = store_hour(d->first_ns);
	if (p->next)
		part.rst_after_data = part.rst_after_accept = false;
	fn(user, g->began, g->before, &part);
	g->before = store_hour(part.first_ns);
	g->told = p->to;
}

static void tell_oldest(struct parts *p, struct going *g, const struct flow_done *d, parts_fn fn,
			void *user)
{
	struct part *gone = g->first;

	for (const struct part *x = gone->next; g->filled && x && x->over; x = x->next)
		cap_unseen(&gone->to, &x->to);
	tell(g, d, fn, user);
	g->first = gone->next;
	g->n--;
	free(gone);
	p->bytes -= sizeof *gone;
}

/* ------------------------------------------------------------------ */

static struct part *part_add(struct parts *p, struct going *g, const struct evidence *first)
{
	struct part *x = calloc(1, sizeof *x);

	if (!x)
		return NULL;
	x->first = *first;
	x->last_ns = first->ts_ns;
	if (g->last)
		g->last->next = x;
	else
		g->first = x;
	g->last = x;
	g->n++;
	p->bytes += sizeof *x;
	return x;
}

static void part_over(struct going *g, struct part *p, const struct flow_done *d)
{
	p->to = sums_of(d);
	p->last_ns = d->last_ns;
	p->over = true;
	for (unsigned i = 0; i < 2; i++) {
		g->filled |= p->to.unseen[i] < g->unseen[i];
		if (p->to.unseen[i] > g->unseen[i])
			g->unseen[i] = p->to.unseen[i];
	}
}

static struct going *going_of(struct parts *p, const struct flow_done *d)
{
	struct evidence first = {d->first_ns, 0, 0};
	struct going *g;
	size_t i;

	if ((p->n + 1) * 4 > p->slots * 3 && !grow(p))
		return NULL;
	i = find(p, d->number);
	if (p->slot[i])
		return p->slot[i];
	g = p->bytes < p->max ? calloc(1, sizeof *g) : NULL;
	if (!g)
		return NULL;
	p->bytes += sizeof *g;
	g->number = d->number;
	g->before = TIME_NONE;
	if (!part_add(p, g, &first)) {
		going_free(p, g);
		return NULL;
	}
	p->slot[i] = g;
	p->n++;
	return g;
}

bool parts_cross(struct parts *p, const struct flow_done *d, const struct evidence *next,
		 parts_fn fn, void *user)
{
	struct going *g = going_of(p, d);
	struct part *before = g ? g->last : NULL;
	unsigned keep = p->bytes < p->max / 2 ? p->keep : KEEP_TIGHT;

	if (!g || !part_add(p, g, next)) {
		p->shed++;
		return false;
	}
	part_over(g, before, d);
	while (g->n > keep + 1)
		tell_oldest(p, g, d, fn, user);
	return true;
}

bool parts_end(struct parts *p, const struct flow_done *d, parts_fn fn, void *user)
{
	size_t i = p->n ? find(p, d->number) : 0;
	struct going *g = p->n ? p->slot[i] : NULL;

	if (!g)
		return false;
	part_over(g, g->last, d);
	while (g->n)
		tell_oldest(p, g, d, fn, user);
	take_out(p, i);
	going_free(p, g);
	return true;
}
