// SPDX-License-Identifier: BSD-2-Clause
/*
 * rpc_search - where the next PDU begins, in the middle of a stream or behind a gap.
 *
 * A header is believed when the next one begins exactly where its length says, or when the bytes
 * end there. Until that is known its bytes are kept, and then go the ordinary way, each with the
 * packet that brought it. Each byte is tried once, and each is moved a bounded number of times.
 */
#include <string.h>

#include "learn/rpc_parts.h"

enum {
	ROOM_MAX = 2 * (SEARCH_FRAG_MAX + PDU_HEADER), /* half of it may be behind `from` */
	MARKS_MAX = 256,
};

struct mark {
	uint32_t end; /* bytes before it and behind the mark before came in this packet */
	struct evidence at;
};

struct search {
	uint8_t *p;
	struct mark *mark;
	uint32_t from; /* nothing begins before it */
	uint32_t n, room;
	uint32_t n_mark, mark_room;
};

void search_free(struct learn *l, struct search *s)
{
	if (!s)
		return;
	learn_give(l, s->p, s->room);
	learn_give(l, s->mark, s->mark_room * sizeof *s->mark);
	learn_give(l, s, sizeof *s);
}

static void forget(struct rpc_assoc *a, struct side *s)
{
	search_free(a->f->l, s->search);
	s->search = NULL;
}

static void junk(struct rpc_assoc *a, struct side *s, size_t n)
{
	s->rest += n < JUNK_MAX ? (uint32_t)n : JUNK_MAX;
	if (s->rest <= JUNK_MAX)
		return;
	/* What was asked before the loss stays unanswered, and is told as that. */
	calls_end(a);
	rpc_give_up(a);
}

/* Every second boundary goes: its bytes then count as those of the packet behind it. */
static void thin_out(struct search *s)
{
	uint32_t k = 0;

	for (uint32_t i = 1; i < s->n_mark; i += 2)
		s->mark[k++] = s->mark[i];
	if (s->n_mark % 2)
		s->mark[k++] = s->mark[s->n_mark - 1];
	s->n_mark = k;
}

static bool add_mark(struct learn *l, struct search *s, const struct evidence *at)
{
	struct mark *last = s->mark && s->n_mark ? &s->mark[s->n_mark - 1] : NULL;

	if (last && last->at.input == at->input && last->at.number == at->number &&
	    last->at.ts_ns == at->ts_ns) {
		last->end = s->n;
		return true;
	}
	if (last && s->n_mark == MARKS_MAX)
		thin_out(s);
	if (!s->mark || s->n_mark == s->mark_room) {
		uint32_t room = s->mark_room ? 2 * s->mark_room : 4;
		struct mark *m = learn_take(l, room * sizeof *m);

		if (!m)
			return false;
		if (s->mark)
			memcpy(m, s->mark, s->n_mark * sizeof *m);
		learn_give(l, s->mark, s->mark_room * sizeof *s->mark);
		s->mark = m;
		s->mark_room = room;
	}
	s->mark[s->n_mark++] = (struct mark){.end = s->n, .at = *at};
	return true;
}

/* Forgets what lies before `from`, once that is half of the room: then a byte moves rarely. */
static void compact(struct search *s)
{
	uint32_t k = 0, gone = s->from;

	if (gone < ROOM_MAX / 2)
		return;
	memmove(s->p, s->p + gone, s->n - gone);
	s->n -= gone;
	s->from = 0;
	for (uint32_t i = 0; i < s->n_mark; i++)
		if (s->mark[i].end > gone) {
			s->mark[k] = s->mark[i];
			s->mark[k++].end -= gone;
		}
	s->n_mark = k;
}

/* Is the header at `from` believed? SURE; NO: look further; MORE: when *ret_need bytes are here. */
static enum verdict believed(const struct search *s, bool end, uint32_t *ret_need)
{
	struct rd r = rd_over(s->p + s->from, s->n - s->from);
	struct pdu h, then;
	enum verdict v = pdu_header(&r, &h);
	uint32_t next;

	*ret_need = s->from + PDU_HEADER;
	if (v == VERDICT_MORE && end)
		return VERDICT_NO;
	if (v != VERDICT_SURE)
		return v;
	if (h.frag > SEARCH_FRAG_MAX)
		return VERDICT_NO;
	next = s->from + h.frag;
	*ret_need = next + PDU_HEADER;
	if (s->n < next || (s->n == next && !end))
		return end ? VERDICT_NO : VERDICT_MORE;
	if (s->n == next)
		return VERDICT_SURE;
	r = rd_over(s->p + next, s->n - next);
	v = pdu_header(&r, &then);
	return v == VERDICT_MORE && end ? VERDICT_SURE : v;
}

/* What was kept goes the ordinary way, from `from` on, until it is used up or a header in it is
 * none. */
static void replay(struct rpc_assoc *a, unsigned side, struct search *s)
{
	struct side *one = &a->side[side];

	one->search = NULL;
	one->phase = IN_HEADER;
	one->left = PDU_HEADER;
	one->n_head = 0;
	one->rest = 0;
	for (uint32_t i = 0; i < s->n_mark && !a->dead; i++) {
		const struct mark *m = &s->mark[i];

		if (m->end <= s->from)
			continue;
		s->from += (uint32_t)frame_bytes(a, side, s->p + s->from, m->end - s->from, &m->at);
		if (one->phase == SEARCHING)
			break;
	}
	if (a->dead || one->phase != SEARCHING)
		return;
	s->from -= one->n_head;
	one->n_head = 0;
	one->search = s;
}

/* Looks for a header that is believed and hands over to frame_bytes(). Returns how many bytes must
 * be here before looking again helps; 0 when there is nothing left to look at. */
static uint32_t look(struct rpc_assoc *a, unsigned side, bool end)
{
	struct side *one = &a->side[side];
	uint32_t need = 0;

	while (!a->dead && one->phase == SEARCHING && one->search) {
		struct search *s = one->search;
		const uint8_t *five;
		enum verdict v = s->from < s->n ? believed(s, end, &need) : VERDICT_NO;

		if (v == VERDICT_MORE)
			return need;
		if (v == VERDICT_SURE) {
			replay(a, side, s);
			if (one->phase != SEARCHING || a->dead)
				search_free(a->f->l, s);
			continue;
		}
		if (s->from == s->n) {
			forget(a, one);
			return 0;
		}
		/* rpc_vers, C706 12.6.3.1 */
		five = s->n - s->from > 1 ? memchr(s->p + s->from + 1, 5, s->n - s->from - 1)
					  : NULL;
		need = five ? (uint32_t)(five - (s->p + s->from)) : s->n - s->from;
		s->from += need;
		junk(a, one, need);
	}
	return 0;
}

/* False when there is no room: what was kept is then forgotten. */
static bool keep(struct rpc_assoc *a, struct side *one, const uint8_t *p, uint32_t n,
		 const struct evidence *at)
{
	struct learn *l = a->f->l;
	struct search *s = one->search;

	if (!s)
		s = one->search = learn_take(l, sizeof *s);
	if (!s)
		return false;
	compact(s);
	if (!part_add(l, &s->p, &s->n, &s->room, ROOM_MAX, p, n) || !add_mark(l, s, at)) {
		forget(a, one);
		return false;
	}
	return true;
}

size_t search_bytes(struct rpc_assoc *a, unsigned side, const uint8_t *p, size_t n,
		    const struct evidence *at)
{
	struct side *one = &a->side[side];
	size_t used = 0;

	while (used < n && one->phase == SEARCHING && !a->dead) {
		uint32_t need = one->search ? look(a, side, false) : 0, have = 0, k;

		if (one->phase != SEARCHING || a->dead)
			break;
		if (!one->search) {
			const uint8_t *five = memchr(p + used, 5, n - used);
			size_t skip = five ? (size_t)(five - (p + used)) : n - used;

			used += skip;
			junk(a, one, skip);
			if (!five || a->dead)
				continue;
			need = PDU_HEADER;
		} else {
			have = one->search->n;
		}
		k = need - have;
		if (k > n - used)
			k = (uint32_t)(n - used);
		if (!keep(a, one, p + used, k, at))
			junk(a, one, k);
		used += k;
	}
	/* What is complete now must not wait for the next piece. */
	if (one->phase == SEARCHING && !a->dead && one->search)
		(void)look(a, side, false);
	return used;
}

void search_end(struct rpc_assoc *a, unsigned side)
{
	(void)look(a, side, true);
}
