// SPDX-License-Identifier: BSD-2-Clause
#include "learn/framed.h"

#include <string.h>

#include "base/rd.h"
#include "recognise/recognise.h"

static void drop(struct framed *c, struct learn *l)
{
	learn_give(l, c->buf, c->room);
	c->buf = NULL;
	c->n = c->room = 0;
}

static bool grow(struct framed *c, struct learn *l, uint32_t need, uint32_t keep)
{
	uint32_t room = c->room ? c->room : 512;
	uint8_t *more;

	while (room < need)
		room *= 2;
	if (room > keep)
		room = keep;
	if (room <= c->room)
		return true;
	more = learn_take(l, room);
	if (!more)
		return false;
	if (c->n)
		memcpy(more, c->buf, c->n);
	learn_give(l, c->buf, c->room);
	c->buf = more;
	c->room = room;
	return true;
}

/* The next bytes of the message in hand. */
static void piece(struct framed *c, const struct framing *how, struct learn_flow *f, unsigned side,
		  struct rd *r, const struct evidence *at)
{
	uint32_t n = rd_left(r) < c->left ? (uint32_t)rd_left(r) : c->left;
	const uint8_t *p = rd_take(r, n);
	bool whole = n == c->left && !c->n;

	c->left -= n;
	if (c->holed) {
		c->holed = c->left;
		return;
	}
	if (whole) {
		how->message(f, side, p, n < how->keep ? n : how->keep, at);
		return;
	}

	uint32_t k = how->keep - c->n < n ? how->keep - c->n : n;

	if (!grow(c, f->l, c->n + k, how->keep)) {
		drop(c, f->l);
		c->holed = c->left;
		return;
	}
	if (k)
		memcpy(c->buf + c->n, p, k);
	c->n += k;
	if (c->left)
		return;
	how->message(f, side, c->buf, c->n, at);
	drop(c, f->l);
}

static uint32_t length_of(const struct framing *how, struct rd *h)
{
	return how->head == 2 ? rd_be16(h) : rd_be32(h);
}

/* Where a stream is joined in its middle, a length cannot be told from what it counts. But messages
 * are short, and are sent as segments of their own: one that holds a whole message begins with it.
 */
static bool joined(const struct framing *how, const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	uint32_t len = length_of(how, &r);

	return !rd_short(&r) && len && len <= rd_left(&r);
}

bool framed_open(struct learn_flow *f)
{
	if (f->proto == PROTO_UDP)
		return true;
	f->state = learn_take(f->l, sizeof(struct framed));
	return f->state;
}

void framed_bytes(struct learn_flow *f, const struct framing *how, unsigned side, const uint8_t *p,
		  size_t n, bool start, const struct evidence *at)
{
	struct framed *c = f->state;
	struct rd r = rd_over(p, n);

	if (!c) {
		how->message(f, side, p, n, at);
		return;
	}
	if (!c->begun && n) {
		c->begun = true;
		c->lost = c->lost || (!start && !joined(how, p, n));
	}
	while (rd_left(&r) && !c->lost) {
		if (c->left) {
			piece(c, how, f, side, &r, at);
			continue;
		}
		c->head[c->n_head++] = rd_u8(&r);
		if (c->n_head < how->head)
			continue;

		struct rd h = rd_over(c->head, c->n_head);

		c->n_head = 0;
		c->left = length_of(how, &h);
		c->lost = !c->left || c->left > how->max;
	}
}

void framed_gap(struct learn_flow *f, uint64_t n)
{
	struct framed *c = f->state;

	if (!c)
		return;
	drop(c, f->l);
	c->begun = true;
	if (c->left && n && n <= c->left) {
		c->left -= (uint32_t)n;
		c->holed = c->left;
		return;
	}
	c->lost = true;
	c->left = 0;
}

void framed_close(struct learn_flow *f)
{
	struct framed *c = f->state;

	if (!c)
		return;
	drop(c, f->l);
	learn_give(f->l, c, sizeof *c);
}
