// SPDX-License-Identifier: BSD-2-Clause
#include "flow/conv_apps.h"

#include <string.h>

#include "base/time.h"

unsigned rows_room(unsigned n)
{
	unsigned room = n ? 1 : 0;

	while (room < n)
		room *= 2;
	return room;
}

bool rows_grow(struct conv_rows *rows, void **v, unsigned n, size_t size)
{
	size_t bytes = (n ? 2 * n : 1) * size;
	void *more;

	if (n < rows_room(n))
		return true;
	more = arena_alloc(rows->arena, bytes);
	if (!more)
		return false;
	if (n)
		memcpy(more, *v, n * size);
	rows->bytes += bytes;
	*v = more;
	return true;
}

int evidence_compare(const struct evidence *a, const struct evidence *b)
{
	if (a->ts_ns != b->ts_ns)
		return a->ts_ns < b->ts_ns ? -1 : 1;
	if (a->input != b->input)
		return a->input < b->input ? -1 : 1;
	return (a->number > b->number) - (a->number < b->number);
}

void evidence_put(struct evidence ev[EVIDENCE_N], uint8_t *n, const struct evidence *from,
		  size_t n_from)
{
	for (size_t k = 0; k < n_from; k++) {
		unsigned i = *n;
		bool there = false;

		for (unsigned j = 0; j < *n; j++)
			there |= evidence_compare(&ev[j], &from[k]) == 0;
		if (there || (*n == EVIDENCE_N && evidence_compare(&ev[*n - 1], &from[k]) < 0))
			continue;
		if (*n < EVIDENCE_N)
			++*n;
		else
			i--;
		for (; i > 0 && evidence_compare(&from[k], &ev[i - 1]) < 0; i--)
			ev[i] = ev[i - 1];
		ev[i] = from[k];
	}
}

/* ------------------------------------------------------------------ without a row */

static bool is_blank(const struct conv *c)
{
	return !c->n_app && !c->flows && c->first_ns == TIME_NONE;
}

/* Are successes' packets the first ones of all? */
static bool leads(const struct evidence *ok, uint8_t n_ok, const struct evidence *all, uint8_t n)
{
	return n_ok <= n && !memcmp(ok, all, n_ok * sizeof *ok);
}

bool conv_sole_fits(const struct conv *c, const struct more_flows *m, struct first_packets *ret)
{
	struct evidence ok[EVIDENCE_N];

	if (m->told || (c->alone ? c->sole.app != m->app : !is_blank(c)))
		return false;
	memcpy(ret->ev, c->ok_ev, sizeof ret->ev);
	memcpy(ok, c->ok_ev, sizeof ok);
	ret->n = c->alone ? c->sole.n_ev : 0;
	ret->n_ok = c->n_ok_ev;
	evidence_put(ret->ev, &ret->n, m->ev, m->n_ev);
	evidence_put(ok, &ret->n_ok, m->ok_ev, m->n_ok_ev);
	return leads(ok, ret->n_ok, ret->ev, ret->n);
}

void conv_sole_put(struct conv *c, const struct conv_sole *more, uint32_t notes,
		   const struct first_packets *first)
{
	c->alone = true;
	c->n_app = 1;
	c->sole.app = more->app;
	if (more->conf > c->sole.conf)
		c->sole.conf = more->conf;
	c->sole.signs |= more->signs;
	c->sole.n_ev = first->n;
	c->n_ok_ev = first->n_ok;
	memcpy(c->ok_ev, first->ev, sizeof c->ok_ev);
	c->recognised |= more->app != 0;
	c->notes |= notes;
}

bool conv_apps_open(struct conv_rows *rows, struct conv *c)
{
	struct conv_app room, *row = NULL;

	if (!c->alone)
		return true;
	if (!ROWS_GROW(rows, row, 0))
		return false;
	memcpy(row, conv_app(c, 0, &room), sizeof *row);
	memset(c->ok_ev + c->n_ok_ev, 0, (EVIDENCE_N - c->n_ok_ev) * sizeof *c->ok_ev);
	c->app = row;
	c->alone = false;
	return true;
}

bool conv_app_says_no_more(const struct conv *c, const struct conv_app *a)
{
	return !a->told && a->flows == c->flows && a->notes == c->notes &&
	       !memcmp(a->by_state, c->by_state, sizeof a->by_state) &&
	       !memcmp(a->payload, c->payload, sizeof a->payload);
}

void conv_apps_tidy(struct conv *c)
{
	const struct conv_app *a = c->app;

	if (c->alone || c->n_app != 1 || !conv_app_says_no_more(c, a) ||
	    !leads(c->ok_ev, c->n_ok_ev, a->ev, a->n_ev))
		return;
	memcpy(c->ok_ev, a->ev, sizeof c->ok_ev);
	c->sole = (struct conv_sole){a->signs, a->app, a->conf, a->n_ev};
	c->alone = true;
}

/* ------------------------------------------------------------------ with rows */

/* Adds b's figures to a; a keeps its name. */
static void app_add(struct conv_app *a, const struct conv_app *b)
{
	if (b->conf > a->conf)
		a->conf = b->conf;
	a->flows += b->flows;
	for (unsigned i = 0; i < STATE_N; i++)
		a->by_state[i] += b->by_state[i];
	for (unsigned i = 0; i < 2; i++)
		a->payload[i] += b->payload[i];
	a->notes |= b->notes;
	a->signs |= b->signs;
	evidence_put(a->ev, &a->n_ev, b->ev, b->n_ev);
	if (b->told && (!a->told || evidence_before(&b->tell, &a->tell)))
		a->tell = b->tell;
	a->told |= b->told;
}

/* The smallest CONV_APPS - 1 numbers have a place of their own, the last place has the rest and the
 * smallest number of them: whatever came first. */
bool conv_app_put(struct conv_rows *rows, struct conv *c, const struct conv_app *b)
{
	unsigned i = 0;

	c->recognised |= b->app != 0;
	c->notes |= b->notes;
	while (i < c->n_app && c->app[i].app < b->app)
		i++;
	if (i < c->n_app && c->app[i].app == b->app) {
		app_add(&c->app[i], b);
		return true;
	}
	if (i == CONV_APPS) {
		app_add(&c->app[CONV_APPS - 1], b);
		return true;
	}
	if (c->n_app < CONV_APPS) {
		if (!ROWS_GROW(rows, c->app, c->n_app))
			return false;
		c->n_app++;
	} else if (i == CONV_APPS - 1) {
		app_add(&c->app[i], b);
		c->app[i].app = b->app;
		return true;
	} else {
		/* The last but one moves down, into the rest. */
		struct conv_app down = c->app[CONV_APPS - 2];

		app_add(&down, &c->app[CONV_APPS - 1]);
		c->app[CONV_APPS - 1] = down;
		for (unsigned j = CONV_APPS - 2; j > i; j--)
			c->app[j] = c->app[j - 1];
		c->app[i] = *b;
		return true;
	}
	for (unsigned j = c->n_app - 1u; j > i; j--)
		c->app[j] = c->app[j - 1];
	c->app[i] = *b;
	return true;
}

void conv_apps_drop_empty(struct conv *c)
{
	unsigned most = 0, n = 0;

	for (unsigned i = 1; i < c->n_app; i++)
		if (c->app[i].flows > c->app[most].flows)
			most = i;
	for (unsigned i = 0; i < c->n_app; i++)
		if (!c->app[i].flows && i != most)
			app_add(&c->app[most], &c->app[i]);
	for (unsigned i = 0; i < c->n_app; i++)
		if (c->app[i].flows || i == most)
			c->app[n++] = c->app[i];
	c->n_app = (uint8_t)n;
}
