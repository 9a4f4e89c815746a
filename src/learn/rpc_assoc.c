// SPDX-License-Identifier: BSD-2-Clause
/*
 * rpc_assoc - one connection of DCE/RPC: the bytes of each direction, cut into PDUs.
 *
 * A PDU has up to six parts: header, the fixed part of a call, what is wanted of its body (of a
 * fault its status), the
 * sec_trailer, a server's credentials, and what is passed over by counting. An association that
 * talks about nothing that matters here costs its own size and a header per PDU.
 */
#include "learn/rpc_assoc.h"

#include <string.h>

#include "learn/ntlm.h"
#include "learn/rpc_parts.h"

enum { AUTH_SPNEGO = 9, AUTH_NTLM = 10 };
enum { FAULT_STATUS = 4 }; /* octets, behind the fixed part: C706 12.6.4.7 */

struct body { /* of a bind or its answer */
	uint8_t *p;
	uint32_t n, room;
	uint32_t n_body;    /* of n, without credentials */
	bool has_auth;      /* they were kept, as far as there is room */
	struct evidence at; /* the newest packet of its PDU */
};

uint32_t part_room(uint32_t room, uint32_t n, uint32_t max)
{
	if (!room)
		room = 64;
	while (room < n)
		room *= 2;
	return room < max ? room : max;
}

bool part_add(struct learn *l, uint8_t **p, uint32_t *n, uint32_t *room, uint32_t max,
	      const void *add, uint32_t k)
{
	if (k > max - *n)
		return false;
	if (*n + k > *room) {
		const uint32_t more = part_room(*room, *n + k, max);
		uint8_t *q = learn_take(l, more);

		if (!q)
			return false;
		if (*n)
			memcpy(q, *p, *n);
		learn_give(l, *p, *room);
		*p = q;
		*room = more;
	}
	memcpy(*p + *n, add, k);
	*n += k;
	return true;
}

struct rpc_assoc *rpc_assoc_new(struct learn_flow *f)
{
	struct rpc_assoc *a = learn_take(f->l, sizeof *a);

	if (a)
		a->f = f;
	return a;
}

static void body_free(struct rpc_assoc *a, struct side *s)
{
	if (!s->body)
		return;
	learn_give(a->f->l, s->body->p, s->body->room);
	learn_give(a->f->l, s->body, sizeof *s->body);
	s->body = NULL;
}

static void release(struct rpc_assoc *a)
{
	for (unsigned i = 0; i < 2; i++) {
		struct side *s = &a->side[i];

		if (s->phase == SEARCHING)
			search_free(a->f->l, s->search);
		else
			body_free(a, s);
		s->search = NULL;
		s->call = NULL;
	}
	binds_end(a);
	calls_free(a);
	a->dead = true;
}

struct rpc_assoc *rpc_assoc_free(struct rpc_assoc *a)
{
	if (!a)
		return NULL;
	release(a);
	learn_give(a->f->l, a, sizeof *a);
	return NULL;
}

void rpc_give_up(struct rpc_assoc *a)
{
	release(a);
}

void rpc_assoc_mapper(struct rpc_assoc *a)
{
	a->mapper = true;
}

bool rpc_assumable(const struct rpc_assoc *a, unsigned server_side)
{
	const uint16_t port = a->f->port[server_side];

	/* C706 H, MS-RPCE 2.1.1.1 and 2.1.1.8: where the endpoint mapper listens */
	return a->mapper || (a->f->proto == PROTO_TCP && (port == 135 || port == 593));
}

/* Does this type of PDU go with what the side said before, and with what the other side is? */
static bool speaks(struct rpc_assoc *a, unsigned side, uint8_t ptype)
{
	struct side *s = &a->side[side];
	const enum speaker as = pdu_speaker(ptype);

	if (as == SPEAKER_EITHER || s->speaker == as)
		return true;
	if (s->speaker != SPEAKER_EITHER)
		return false;
	s->speaker = (uint8_t)as;
	if (a->side[!side].speaker == as) {
		/* Nothing that both say can be told apart. */
		rpc_give_up(a);
		return false;
	}
	a->f->facts.client_side = (int8_t)(as == SPEAKER_CLIENT ? side : !side);
	return true;
}

static void next_pdu(struct side *s)
{
	s->phase = IN_HEADER;
	s->n_head = 0;
	s->left = PDU_HEADER;
	s->rest = 0;
}

/* The next `n` bytes of the PDU are of this kind. */
static void part(struct side *s, enum phase phase, uint32_t n)
{
	s->phase = (uint8_t)phase;
	s->n_head = 0;
	s->left = n;
	s->rest -= n;
}

static void skip(struct side *s)
{
	part(s, IN_REST, s->rest);
}

static void header_done(struct rpc_assoc *a, unsigned side)
{
	struct side *s = &a->side[side];
	struct rd r = rd_over(s->head, PDU_HEADER);

	if (pdu_header(&r, &s->h) != VERDICT_SURE) {
		calls_gap(a, side);
		s->phase = SEARCHING;
		s->rest = 0;
		return;
	}
	s->rest = s->h.frag - (uint32_t)PDU_HEADER;
	if (!speaks(a, side, s->h.ptype)) {
		skip(s);
		return;
	}
	switch (s->h.ptype) {
	case PDU_BIND:
	case PDU_ALTER_CONTEXT:
	case PDU_BIND_ACK:
	case PDU_ALTER_CONTEXT_RESP:
		s->body = learn_take(a->f->l, sizeof *s->body);
		if (!s->body)
			break;
		part(s, IN_BODY, pdu_body(&s->h));
		return;
	case PDU_BIND_NAK:
		nak_read(a, &s->h);
		break;
	case PDU_REQUEST:
		/* Every fragment says which call it is of; one is enough. */
		if (!(s->h.flags & PDU_FIRST_FRAG))
			break;
		part(s, IN_CALL, PDU_CALL);
		return;
	case PDU_RESPONSE:
	case PDU_FAULT:
		part(s, IN_CALL, PDU_CALL);
		return;
	default:
		break;
	}
	skip(s);
}

/* The fixed part of a request is here. */
static void request_done(struct rpc_assoc *a, unsigned side, const struct pdu_call *c)
{
	struct side *s = &a->side[side];
	const uint32_t n = pdu_body(&s->h) >= PDU_CALL ? pdu_body(&s->h) - PDU_CALL : 0;

	if (n && call_asks(a, &s->h, c))
		s->body = learn_take(a->f->l, sizeof *s->body);
	if (!s->body) {
		call_asked(a, side, &s->h, c, rd_over(NULL, 0));
		skip(s);
		return;
	}
	s->ask = *c;
	part(s, IN_ASK, n < ASK_MAX ? n : ASK_MAX);
}

/* That of a response or a fault. */
static void answer_done(struct rpc_assoc *a, unsigned side, const struct pdu_call *c)
{
	struct side *s = &a->side[side];
	const uint32_t n = pdu_body(&s->h) >= PDU_CALL ? pdu_body(&s->h) - PDU_CALL : 0;

	s->call = call_answer(a, side, &s->h, c);
	if (s->call && s->h.ptype == PDU_FAULT && n >= FAULT_STATUS)
		part(s, IN_STATUS, FAULT_STATUS);
	else if (s->call && s->h.ptype == PDU_RESPONSE && n && call_keeps(s->call))
		part(s, IN_BODY, n);
	else
		skip(s);
}

static void status_done(struct side *s)
{
	struct rd r = rd_over(s->head, FAULT_STATUS);

	if (s->call)
		call_status(s->call, rd_u32(&r, s->h.little));
	skip(s);
}

static void call_done(struct rpc_assoc *a, unsigned side)
{
	struct side *s = &a->side[side];
	struct rd r = rd_over(s->head, PDU_CALL);
	struct pdu_call c;

	if (!pdu_call(&r, &s->h, &c))
		skip(s);
	else if (s->h.ptype == PDU_REQUEST)
		request_done(a, side, &c);
	else
		answer_done(a, side, &c);
}

static void trailer_done(struct rpc_assoc *a, struct side *s)
{
	struct rd r = rd_over(s->head, PDU_AUTH_HEADER);
	struct pdu_trailer t;

	if (pdu_trailer(&r, &t)) {
		if (s->call)
			call_trailer(s->call, &t, pdu_body(&s->h) - PDU_CALL);
		else if (pdu_speaker(s->h.ptype) == SPEAKER_CLIENT && t.level > a->level)
			a->level = t.level;
		/* MS-RPCE 2.2.1.1.7: SPNEGO and NTLM, in which a server says its name */
		if (s->body && pdu_speaker(s->h.ptype) == SPEAKER_SERVER &&
		    (t.type == AUTH_SPNEGO || t.type == AUTH_NTLM)) {
			s->body->n_body = s->body->n;
			s->body->has_auth = true;
			part(s, IN_AUTH, s->rest);
			return;
		}
	}
	skip(s);
}

/* All of the PDU that matters is here. `at`: the packet that completed it; NULL when its last bytes
 * are missing. */
static void pdu_done(struct rpc_assoc *a, unsigned side, const struct evidence *at)
{
	struct side *s = &a->side[side];

	if (s->body) {
		const struct evidence when = at ? *at : s->body->at;
		struct rd all = rd_over(s->body->p, s->body->n);
		const struct rd r = rd_sub(&all, s->body->has_auth ? s->body->n_body : s->body->n);

		if (s->body->has_auth)
			ntlm_credentials(a->f, side, all, &when);
		if (s->h.ptype == PDU_REQUEST)
			call_asked(a, side, &s->h, &s->ask, r);
		else if (pdu_speaker(s->h.ptype) == SPEAKER_CLIENT)
			bind_read(a, &s->h, r, &when);
		else
			ack_read(a, &s->h, r);
		body_free(a, s);
	}
	if (s->call) {
		struct call *c = s->call;

		s->call = NULL;
		call_fragment_end(a, c, s->h.ptype == PDU_FAULT || s->h.flags & PDU_LAST_FRAG, at);
	}
	next_pdu(s);
}

static void part_done(struct rpc_assoc *a, unsigned side, const struct evidence *at)
{
	struct side *s = &a->side[side];

	switch (s->phase) {
	case IN_HEADER:
		header_done(a, side);
		break;
	case IN_CALL:
		call_done(a, side);
		break;
	case IN_ASK:
		skip(s);
		break;
	case IN_STATUS:
		status_done(s);
		break;
	case IN_BODY:
		if (s->h.auth)
			part(s, IN_TRAILER, PDU_AUTH_HEADER);
		else
			pdu_done(a, side, at);
		break;
	case IN_TRAILER:
		trailer_done(a, s);
		break;
	default:
		pdu_done(a, side, at);
		break;
	}
}

static void body_add(struct rpc_assoc *a, struct body *b, uint32_t max, const uint8_t *p,
		     uint32_t n)
{
	uint32_t k = max - b->n;

	k = k < n ? k : n;
	(void)part_add(a->f->l, &b->p, &b->n, &b->room, max, p, k);
}

/* Bytes of the part in hand, which they do not exceed. */
static void part_bytes(struct rpc_assoc *a, struct side *s, const uint8_t *p, uint32_t n,
		       const struct evidence *at)
{
	switch (s->phase) {
	case IN_HEADER:
	case IN_CALL:
	case IN_STATUS:
	case IN_TRAILER:
		memcpy(s->head + s->n_head, p, n);
		s->n_head = (uint8_t)(s->n_head + n);
		break;
	case IN_BODY:
		if (s->call) {
			call_stub(a, s->call, p, n, at);
		} else {
			/* What is behind that many contexts is not read. */
			body_add(a, s->body, BODY_MAX, p, n);
		}
		break;
	case IN_ASK:
		body_add(a, s->body, ASK_MAX, p, n);
		break;
	case IN_AUTH:
		body_add(a, s->body, BODY_MAX + AUTH_MAX, p, n);
		break;
	default:
		break;
	}
	if (s->body)
		s->body->at = *at;
	s->left -= n;
}

size_t frame_bytes(struct rpc_assoc *a, unsigned side, const uint8_t *p, size_t n,
		   const struct evidence *at)
{
	struct side *s = &a->side[side];
	struct rd r = rd_over(p, n);

	while (rd_left(&r) && s->phase != SEARCHING && !a->dead) {
		const uint32_t k = rd_left(&r) < s->left ? (uint32_t)rd_left(&r) : s->left;

		part_bytes(a, s, rd_take(&r, k), k, at);
		while (!a->dead && s->phase != SEARCHING && !s->left)
			part_done(a, side, at);
	}
	return n - rd_left(&r);
}

void rpc_assoc_bytes(struct rpc_assoc *a, unsigned side, const uint8_t *p, size_t n, bool start,
		     const struct evidence *at)
{
	struct side *s = &a->side[side];
	struct rd r = rd_over(p, n);

	if (s->phase == AT_START && n) {
		next_pdu(s);
		s->started = start;
		if (!start)
			s->phase = SEARCHING;
	}
	while (rd_left(&r) && !a->dead) {
		uint8_t head[PDU_HEADER];

		if (s->phase == SEARCHING) {
			rd_skip(&r, search_bytes(a, side, r.p, rd_left(&r), at));
			continue;
		}
		rd_skip(&r, frame_bytes(a, side, r.p, rd_left(&r), at));
		if (s->phase != SEARCHING || a->dead)
			continue;
		/* Too few to be believed in: they only wait there for what follows. */
		memcpy(head, s->head, sizeof head);
		s->n_head = 0;
		(void)search_bytes(a, side, head, sizeof head, at);
	}
}

/* The rest of the PDU in hand is missing, or some of what is wanted of it. */
static void torn(struct rpc_assoc *a, unsigned side)
{
	struct side *s = &a->side[side];

	if (s->phase == IN_REST || s->phase == IN_ASK || s->phase == IN_STATUS)
		return;
	/* Without its fixed part it may have been any call's. */
	if (s->phase == IN_HEADER || (s->phase == IN_CALL && s->h.ptype != PDU_REQUEST))
		s->lost = true;
	if (s->call) {
		call_torn(s->call, s->h.auth);
		s->lost = true;
	}
}

void rpc_assoc_gap(struct rpc_assoc *a, unsigned side, uint64_t n)
{
	struct side *s = &a->side[side];

	if (a->dead)
		return;
	/* Where the stream begins is known, or nobody would miss its first bytes. */
	if (s->phase == AT_START)
		s->started = true;
	if (s->phase == SEARCHING)
		search_end(a, side);
	if (a->dead)
		return;
	if (n && n <= (uint64_t)s->left + s->rest && s->phase > IN_HEADER &&
	    s->phase != SEARCHING) {
		torn(a, side);
		s->left += s->rest - (uint32_t)n;
		s->rest = 0;
		s->phase = IN_REST;
		if (!s->left)
			pdu_done(a, side, NULL);
		return;
	}
	if (s->phase > IN_HEADER && s->phase != SEARCHING) {
		torn(a, side);
		pdu_done(a, side, NULL);
	}
	if (a->dead)
		return;
	s->lost = true;
	calls_gap(a, side);
	if (s->phase == SEARCHING)
		return;
	s->phase = SEARCHING;
	s->search = NULL;
	s->rest = 0;
	s->n_head = 0;
}

void rpc_assoc_end(struct rpc_assoc *a)
{
	for (unsigned i = 0; i < 2 && !a->dead; i++)
		if (a->side[i].phase == SEARCHING)
			search_end(a, i);
	if (a->dead)
		return;
	/* What the capture, or the connection, cut off. */
	for (unsigned i = 0; i < 2; i++)
		if (a->side[i].phase > IN_HEADER && a->side[i].phase != SEARCHING) {
			torn(a, i);
			pdu_done(a, i, NULL);
		}
	calls_end(a);
	release(a);
}
