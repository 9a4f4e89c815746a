// SPDX-License-Identifier: BSD-2-Clause
/*
 * smb - SMB streams: the frames of the session service, and messages in pieces.
 *
 *   type(1) flags(1) length(2)   RFC 1002 4.3.1, on port 139: 17 bits of length
 *   00      length(3)            MS-SMB2 2.1, directly over TCP
 *
 * Of a message the heads of its units are looked at where they lie, or kept until they are whole;
 * everything else is counted. A transfer of files costs an addition or two for each piece of it.
 * What is encrypted (FD 'SMB', MS-SMB2 2.2.41) or compressed (FC 'SMB', 2.2.42) is counted too.
 */
#include "learn/smb.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/cpu.h"
#include "recognise/recognise.h"

enum {
	FRAME = 4,
	MAGIC = 4,
	MESSAGE = 0x00, /* RFC 1002 4.3.1 */
	REQUEST = 0x81,
	KEEPALIVE = 0x85,
	SMB1 = 0xff,
	SMB2 = 0xfe,
	ENCRYPTED = 0xfd,
	COMPRESSED = 0xfc,
	SMB1_LEAST = 32 + 1 + 2, /* header and an empty block: MS-CIFS 2.2.3 */
	SMB2_HEADER = 64,
	ENCRYPTED_HEADER = 52,
	COMPRESSED_HEADER = 16,
	PORT_NETBIOS = 139,
	PORT_DIRECT = 445,
	FIND_BLOCK = 64,
};

bool smb_want(const struct smb_unit *u, uint32_t n, struct smb_plan *plan)
{
	if (u->have >= n)
		return true;
	if (n <= u->limit && n <= SMB_HEAD)
		plan->need = n;
	return false;
}

bool smb_sniff(const struct smb_unit *u, uint32_t at, uint32_t n, struct smb_plan *plan,
	       struct rd *ret)
{
	uint32_t k = n < SMB_SNIFF ? n : SMB_SNIFF;

	*ret = rd_over(NULL, 0);
	/* Data further off than a head goes are left unseen; they may still be for a known pipe. */
	if (at + k > SMB_HEAD)
		return true;
	if (!smb_want(u, at + k, plan))
		return false;

	struct rd r = rd_over(u->p, u->have);

	rd_skip(&r, at);
	*ret = rd_sub(&r, k);
	return true;
}

bool smb_direction(struct smb *s, unsigned side, bool answer)
{
	if (s->client == SMB_NO_CLIENT) {
		s->client = (int8_t)(answer ? !side : side);
		if (s->f->facts.client_side < 0)
			s->f->facts.client_side = s->client;
	}
	s->answered |= answer;
	return (side == (unsigned)s->client) != answer;
}

/* Do these SMB_SYNC bytes begin a frame with a message? */
static bool begins(struct rd r)
{
	uint8_t type = rd_u8(&r);
	uint32_t len = rd_be24(&r);
	uint8_t magic = rd_u8(&r);

	if (type != MESSAGE || !rd_is(&r, "SMB", 3))
		return false;
	switch (magic) {
	case SMB1:
		return len >= SMB1_LEAST;
	case SMB2:
		return len >= SMB2_HEADER && rd_le16(&r) == SMB2_HEADER;
	case ENCRYPTED:
		return len >= ENCRYPTED_HEADER;
	case COMPRESSED:
		return len >= COMPRESSED_HEADER;
	default:
		return false;
	}
}

static void body_over(struct smb_side *c)
{
	c->pipe = NULL;
	c->early = NULL;
	c->have = 0;
	c->need = MAGIC;
	c->state = c->left ? SMB_UNIT : SMB_FRAME;
}

static void hunt(struct smb_side *c)
{
	c->state = SMB_HUNT;
	c->n_few = 0;
	c->pipe = NULL;
	c->early = NULL;
	c->left = c->have = 0;
}

static void buffer_drop(struct smb *s, struct smb_side *c)
{
	learn_give(s->f->l, c->buf, SMB_HEAD);
	c->buf = NULL;
	c->have = 0;
}

static void run(struct smb *s, unsigned side, struct rd r, const struct evidence *at);

static const uint8_t *find_by_bytes(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *hit;

	while (end - p >= 3 && (hit = memchr(p, 'S', (size_t)(end - p) - 2))) {
		if (hit[1] == 'M' && hit[2] == 'B')
			return hit;
		p = hit + 1;
	}
	return NULL;
}

#ifdef __SSE2__ /* every x86-64 */

/* Bulk data runs through here. Where "SMB" begins at an even place, two bytes at an even place are
 * "SM", else "MB" are: of other data, one block in a thousand has either. */
static bool block_may(const uint8_t *p)
{
	const __m128i sm = _mm_set1_epi16('S' | 'M' << 8), mb = _mm_set1_epi16('M' | 'B' << 8);
	__m128i any = _mm_setzero_si128();

#pragma GCC unroll 4
	for (unsigned i = 0; i < FIND_BLOCK; i += sizeof any) {
		__m128i w = _mm_loadu_si128((const __m128i *)(const void *)(p + i));

		any = _mm_or_si128(any,
				   _mm_or_si128(_mm_cmpeq_epi16(w, sm), _mm_cmpeq_epi16(w, mb)));
	}
	return _mm_movemask_epi8(any);
}

static const uint8_t *find_smb(const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n;
	size_t before = 0; /* one that begins in the byte before a block has "MB" in it */

	for (; end - p >= FIND_BLOCK + 2; p += FIND_BLOCK, before = 1) {
		const uint8_t *hit;

		if (likely(!block_may(p)))
			continue;
		hit = find_by_bytes(p - before, p + FIND_BLOCK + 2);
		if (hit)
			return hit;
	}
	return find_by_bytes(p - before, end);
}

#else

static const uint8_t *find_smb(const uint8_t *p, size_t n)
{
	return find_by_bytes(p, p + n);
}

#endif

/* Takes all of r, or up to where a frame begins. */
static void hunting(struct smb *s, unsigned side, struct rd *r, const struct evidence *at)
{
	struct smb_side *c = &s->side[side];
	uint8_t seam[2 * SMB_SYNC];
	size_t n = rd_left(r), old = c->n_few;
	size_t more = n < SMB_SYNC - 1 ? n : SMB_SYNC - 1;

	/* A header may lie over the seam of two pieces. */
	memcpy(seam, c->few, old);
	memcpy(seam + old, r->p, more);
	for (size_t i = 0; i < old && i + SMB_SYNC <= old + more; i++) {
		if (seam[i + FRAME + 1] != 'S' || !begins(rd_over(seam + i, SMB_SYNC)))
			continue;
		c->state = SMB_FRAME;
		c->n_few = 0;
		run(s, side, rd_over(seam + i, old - i), at);
		return;
	}

	struct rd look = *r;
	const uint8_t *hit;

	while (rd_left(&look) >= SMB_SYNC &&
	       (hit = find_smb(look.p + FRAME + 1, rd_left(&look) - FRAME - 1))) {
		rd_skip(&look, (size_t)(hit - look.p) - FRAME - 1);
		if (begins(look)) {
			rd_skip(r, (size_t)(look.p - r->p));
			c->state = SMB_FRAME;
			c->n_few = 0;
			return;
		}
		rd_skip(&look, 1);
	}
	/* What may be the beginning of one: the last bytes of old and new ones. */
	if (n >= SMB_SYNC - 1) {
		rd_skip(r, n - (SMB_SYNC - 1));
		c->n_few = SMB_SYNC - 1;
		memcpy(c->few, rd_take(r, SMB_SYNC - 1), SMB_SYNC - 1);
		return;
	}
	rd_skip(r, n);

	size_t keep = old + n < SMB_SYNC - 1 ? old + n : SMB_SYNC - 1;

	memcpy(c->few, seam + old + n - keep, keep);
	c->n_few = (uint8_t)keep;
}

static void frame(struct smb_side *c, struct rd *r)
{
	uint8_t b[FRAME];

	while (c->n_few < FRAME && rd_left(r))
		c->few[c->n_few++] = rd_u8(r);
	if (c->n_few < FRAME)
		return;
	c->n_few = 0;
	memcpy(b, c->few, FRAME);

	struct rd h = rd_over(b, FRAME);
	uint8_t type = rd_u8(&h);
	uint32_t len = rd_be24(&h);

	c->chain = 0;
	c->unit_at = 0;
	c->session = 0;
	c->tree = 0;
	c->id = (struct smb_id){.kind = SMB_ID_NONE};
	c->skip = c->data = c->tail = 0;
	if (type == MESSAGE) {
		c->left = len;
		body_over(c);
		return;
	}
	if (type < REQUEST || type > KEEPALIVE) {
		hunt(c);
		return;
	}
	c->left = c->skip = len & 0x1ffff; /* one bit of the flags: RFC 1002 4.3.1 */
	c->state = SMB_BODY;
	if (!c->left)
		body_over(c);
}

/* A piece of what lies behind the head of a unit. */
static void body(struct smb *s, unsigned side, struct rd *r, const struct evidence *at)
{
	struct smb_side *c = &s->side[side];
	size_t left = rd_left(r);
	uint32_t n = left < c->skip ? (uint32_t)left : c->skip;

	rd_skip(r, n);
	c->skip -= n;
	c->left -= n;
	left -= n;
	n = left < c->data ? (uint32_t)left : c->data;
	if (n) {
		struct rd data = rd_sub(r, n);

		c->data -= n;
		c->left -= n;
		left -= n;
		if (c->pipe)
			smb_pipe_bytes(s, c->pipe, side, data, at);
		else if (c->early)
			smb_early_bytes(c->early, data);
	}
	n = left < c->tail ? (uint32_t)left : c->tail;
	rd_skip(r, n);
	c->tail -= n;
	c->left -= n;
	if (!c->skip && !c->data && !c->tail)
		body_over(c);
}

/* What the unit's first bytes are. False when they are no SMB: there the frames were lost. */
static bool look(struct smb *s, const struct smb_unit *u, struct smb_plan *plan)
{
	const struct smb_side *c = &s->side[u->side];
	struct rd r = rd_over(u->p, u->have);

	if (c->unit_at && c->chain) {
		smb1_unit(s, u, plan);
		return true;
	}
	if (!smb_want(u, MAGIC, plan))
		return plan->need || c->unit_at;

	uint8_t magic = rd_u8(&r);

	/* Of a compound the frame is known, whatever is in it. */
	if (!rd_is(&r, "SMB", 3))
		return c->unit_at;
	switch (magic) {
	case SMB2:
		smb2_unit(s, u, plan);
		return true;
	case SMB1:
		if (!c->unit_at)
			smb1_unit(s, u, plan);
		return true;
	case ENCRYPTED:
	case COMPRESSED:
		return true;
	default:
		return c->unit_at;
	}
}

/* The plan of a unit is made: its body is next. */
static void settle(struct smb *s, const struct smb_unit *u, const struct smb_plan *plan)
{
	struct smb_side *c = &s->side[u->side];
	uint32_t end = plan->next ? plan->next : u->limit;
	bool taken = plan->pipe || plan->early;

	/* The next block of a chain lies behind the data, or it is none. */
	if (taken && (end < plan->data_at || end - plan->data_at < plan->data_n))
		end = u->limit;
	c->skip = taken ? plan->data_at : 0;
	c->data = taken ? plan->data_n : 0;
	c->tail = end - c->skip - c->data;
	c->pipe = plan->pipe;
	c->early = plan->early;
	c->unit_at += end;
	c->next_and = plan->next_and;
	if (end != u->limit && plan->next_and)
		c->chain++;
	c->state = SMB_BODY;
}

static void unit(struct smb *s, unsigned side, struct rd *r, const struct evidence *at)
{
	struct smb_side *c = &s->side[side];
	struct smb_unit u = {.side = side, .limit = c->left, .at = at};
	struct smb_plan plan = {0};
	size_t n = rd_left(r);

	if (!c->have) {
		u.p = r->p;
		u.have = n < c->left ? (uint32_t)n : c->left;
	} else {
		n = n < c->need - c->have ? n : c->need - c->have;
		memcpy(c->buf + c->have, rd_take(r, n), n);
		c->have += (uint32_t)n;
		u.p = c->buf;
		u.have = c->have;
	}
	if (!look(s, &u, &plan)) {
		/* Some of the bytes may be in the buffer: hunt through them as well. */
		uint8_t few[MAGIC] = {0};
		uint32_t k = c->have < MAGIC ? c->have : MAGIC;

		if (c->buf) {
			memcpy(few, c->buf, k);
			buffer_drop(s, c);
		}
		hunt(c);
		smb_pipe_gap(s, NULL, side, 0);
		run(s, side, rd_over(few, k), at);
		return;
	}
	if (!plan.need) {
		settle(s, &u, &plan);
		if (c->have) {
			uint8_t *buf = c->buf;
			struct rd kept = rd_over(buf, c->have);

			c->buf = NULL;
			c->have = 0;
			run(s, side, kept, at);
			learn_give(s->f->l, buf, SMB_HEAD);
		}
		return;
	}
	c->need = plan.need;
	if (c->have)
		return;
	c->buf = learn_take(s->f->l, SMB_HEAD);
	if (!c->buf) {
		/* Without room this message is not read. */
		c->skip = c->left;
		c->state = SMB_BODY;
		return;
	}
	c->have = u.have;
	memcpy(c->buf, rd_take(r, u.have), u.have);
}

static void run(struct smb *s, unsigned side, struct rd r, const struct evidence *at)
{
	struct smb_side *c = &s->side[side];

	while (rd_left(&r)) {
		switch (c->state) {
		case SMB_HUNT:
			hunting(s, side, &r, at);
			break;
		case SMB_FRAME:
			frame(c, &r);
			break;
		case SMB_UNIT:
			unit(s, side, &r, at);
			break;
		case SMB_BODY:
			body(s, side, &r, at);
			break;
		}
	}
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	struct smb *s = f->state;

	if (start)
		s->side[side].state = SMB_FRAME;
	run(s, side, rd_over(p, n), at);
}

static void gap(struct learn_flow *f, unsigned side, uint64_t n)
{
	struct smb *s = f->state;
	struct smb_side *c = &s->side[side];
	uint32_t have = c->have;

	if (c->buf)
		buffer_drop(s, c);
	/* Beyond this message nobody knows where the next one begins. */
	if (!n || (c->state != SMB_UNIT && c->state != SMB_BODY) || n > c->left - have) {
		if (c->early)
			smb_early_drop(s, c->early);
		if (c->state != SMB_HUNT)
			smb_pipe_gap(s, NULL, side, 0);
		hunt(c);
		return;
	}

	uint32_t lost = (uint32_t)n;

	if (c->state == SMB_BODY && lost <= c->skip + c->data + c->tail) {
		uint32_t k = lost < c->skip ? lost : c->skip;

		c->skip -= k;
		c->left -= lost;
		lost -= k;
		k = lost < c->data ? lost : c->data;
		c->data -= k;
		c->tail -= lost - k;
		if (k && c->pipe)
			smb_pipe_gap(s, c->pipe, side, k);
		if (k && c->early)
			smb_early_drop(s, c->early);
	} else {
		/* The head of a command is lost: it may have been one with data of a pipe. */
		if (c->early)
			smb_early_drop(s, c->early);
		smb_pipe_gap(s, NULL, side, 0);
		c->left -= have + lost;
		c->skip = c->left;
		c->data = c->tail = 0;
		c->pipe = NULL;
		c->state = SMB_BODY;
	}
	if (!c->skip && !c->data && !c->tail)
		body_over(c);
}

static bool wants(const struct learn_ask *q, const char *app)
{
	if (q->proto != PROTO_TCP)
		return false;
	if (*app)
		return !strcmp(app, "smb2") || !strcmp(app, "smb1") || !strcmp(app, "nbss");
	for (unsigned i = 0; i < 2; i++)
		if (q->port[i] == PORT_DIRECT || q->port[i] == PORT_NETBIOS)
			return true;
	return false;
}

static bool open(struct learn_flow *f)
{
	struct smb *s = learn_take(f->l, sizeof *s);

	if (!s)
		return false;
	s->f = f;
	s->client = SMB_NO_CLIENT;
	f->state = s;
	return true;
}

static void close(struct learn_flow *f)
{
	struct smb *s = f->state;

	for (unsigned i = 0; i < 2; i++)
		if (s->side[i].buf)
			buffer_drop(s, &s->side[i]);
	smb_forget(s);
	learn_give(f->l, s, sizeof *s);
}

const struct learner learner_smb = {
	.word = "smb",
	.spec = "RFC 1002 4.3; MS-SMB2 2.1, 2.2; MS-CIFS 2.2.3, 2.2.4; MS-RPCE 2.1.1.2",
	.wants = wants,
	.open = open,
	.bytes = bytes,
	.gap = gap,
	.close = close,
};
