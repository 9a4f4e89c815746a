// SPDX-License-Identifier: BSD-2-Clause
/*
 * rpc_call - requests, and the responses to them put together (C706 12.6.3.2, 12.6.4.9, .10).
 *
 * Only calls that may hand out ports are remembered. Some clients number all their calls alike, so
 * every call of such an interface has a place in the row, wanted or not: the n-th answer with a
 * number is that of the n-th question.
 */
#include <string.h>

#include "base/cpu.h"
#include "learn/dcom.h"
#include "learn/epm.h"
#include "learn/rpc_parts.h"
#include "recognise/rpc_iface.h"

struct call {
	struct call *next;
	uint8_t *stub;
	uint32_t n, room;
	uint32_t of_fragment; /* octets that the fragment in hand put into the stub */
	uint32_t id;
	uint16_t context;
	uint16_t opnum;
	uint8_t iface;      /* of the context when it was asked: context.iface */
	uint32_t status;    /* of the fault */
	struct iface about; /* `named`: the interface that the mapper was asked for */
	uint8_t level;      /* the highest auth_level of the binds before it */
	bool server;        /* the side that answers */
	bool asked : 1;
	bool wanted : 1; /* asked: the answer hands out ports */
	bool answering : 1, answered : 1;
	bool fault : 1;
	bool named : 1;
	bool little : 1;
	bool cut : 1;    /* more was sent than is in the stub */
	bool torn : 1;   /* because it is missing */
	bool told : 1;   /* the sec_trailer of a fragment said how it is protected */
	bool untold : 1; /* that of one is missing */
	bool sealed : 1;
	struct evidence at; /* the newest packet of the answer */
};

/* ---- the row of calls */

static void stub_free(struct rpc_assoc *a, struct call *c)
{
	learn_give(a->f->l, c->stub, c->room);
	a->held -= c->room;
	c->stub = NULL;
	c->n = c->room = 0;
}

static void call_free(struct rpc_assoc *a, struct call *c)
{
	for (struct call **at = &a->calls; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			a->n_calls--;
			break;
		}
	for (unsigned i = 0; i < 2; i++)
		if (a->side[i].call == c)
			a->side[i].call = NULL;
	stub_free(a, c);
	learn_give(a->f->l, c, sizeof *c);
}

void calls_free(struct rpc_assoc *a)
{
	while (a->calls)
		call_free(a, a->calls);
}

static bool guess(struct rpc_assoc *a, const struct call *c);

static void drop(struct rpc_assoc *a, struct call *c)
{
	a->shed = true;
	(void)guess(a, c);
	call_free(a, c);
}

static struct call *call_new(struct rpc_assoc *a, uint32_t id, uint16_t context)
{
	struct call **at = &a->calls, *c;

	if (a->n_calls == CALLS_MAX)
		drop(a, a->calls);
	c = learn_take(a->f->l, sizeof *c);
	if (!c)
		return NULL;
	c->id = id;
	c->context = context;
	c->iface = IFACE_UNKNOWN;
	while (*at)
		at = &(*at)->next;
	*at = c;
	a->n_calls++;
	return c;
}

/* ---- reading an answer */

struct told {
	const struct rpc_assoc *a;
	const struct call *c;
	bool assumed;
};

static void tell(void *user, const struct granted *g)
{
	const struct told *t = user;

	learn_granted(t->a->f, t->c->server, g, t->assumed, &t->c->at);
}

static enum epm_result read_epm(const struct rpc_assoc *a, const struct call *c,
				const struct stub *s)
{
	struct told t = {.a = a, .c = c, .assumed = s->assumed};

	return epm_read(s, tell, &t);
}

/* What was accepted; without the answer to the bind, what was offered: clients put one syntax into
 * a context (MS-RPCE 3.3.1.5.6). */
static enum rpc_syntax syntax_of(const struct rpc_assoc *a, const struct call *c)
{
	const struct context *x = context_find(a, c->context);

	return x && (x->syntaxes & (PDU_NDR | PDU_NDR64)) == PDU_NDR64 ? RPC_NDR64 : RPC_NDR;
}

static struct stub stub_of(const struct call *c)
{
	return (struct stub){
		.opnum = c->opnum, .little = c->little, .p = c->stub, .n = c->n, .cut = c->cut};
}

/* The syntaxes that an answer may have been written in, where no answer to a bind says. */
static const struct {
	uint8_t bit;
	enum rpc_syntax syntax;
} syntaxes[] = {{PDU_NDR, RPC_NDR}, {PDU_NDR64, RPC_NDR64}};

static bool guess_epm(struct rpc_assoc *a, const struct call *c, struct stub *s)
{
	static const uint16_t opnums[] = {EPM_MAP, EPM_LOOKUP};

	memcpy(s->uuid, epm_uuid, sizeof s->uuid);
	s->major = 3;
	for (size_t i = 0; i < N_ELEMENTS(opnums); i++) {
		s->opnum = opnums[i];
		if ((!c->asked || s->opnum == c->opnum) && read_epm(a, c, s) == EPM_OK)
			return true;
	}
	return false;
}

/* Bind or request were not captured: only where the endpoint mapper and the object resolver listen,
 * and only what fits as an answer of theirs to the last octet. True when it was one. */
static bool guess(struct rpc_assoc *a, const struct call *c)
{
	const struct context *x = context_find(a, c->context);
	const uint8_t *uuid = NULL; /* the bind may be there and the request missing */
	struct told t = {.a = a, .c = c, .assumed = true};
	struct stub s = stub_of(c);

	if (!c->answered || c->fault || c->sealed || c->untold || c->cut || !c->n ||
	    !rpc_assumable(a, c->server) || (x && !context_hands_out(x)))
		return false;
	if (x)
		uuid = a->iface[x->iface].uuid;
	s.assumed = true;

	const bool mapper = uuid && memcmp(uuid, epm_uuid, 16) == 0;

	for (size_t k = 0; k < N_ELEMENTS(syntaxes); k++) {
		if (x && !(x->syntaxes & syntaxes[k].bit))
			continue;
		s.syntax = syntaxes[k].syntax;
		if (((!uuid || mapper) && guess_epm(a, c, &s)) ||
		    (!mapper && dcom_guess(&s, uuid, c->asked ? c->opnum : -1, tell, &t))) {
			learn_answered(a->f, LEARN_ANSWER_READ);
			return true;
		}
	}
	return false;
}

/* The mapper knows no such interface. */
static void unregistered(const struct rpc_assoc *a, const struct call *c)
{
	struct sighting s = {
		.kind = SIGHT_RPC_UNREGISTERED,
		.about = a->f->addr[!c->server],
		.by = a->f->addr[c->server],
		.code = c->about.major,
	};

	if (!c->named)
		return;
	rpc_uuid_format(c->about.uuid, s.text);
	learn_sighted(a->f, &s, &c->at);
}

/* An activation was answered by a fault. Without the bind its auth_level is not known. */
static void denied(const struct rpc_assoc *a, const struct call *c)
{
	struct sighting s = {
		.kind = SIGHT_DCOM_DENIED,
		.about = a->f->addr[!c->server],
		.by = a->f->addr[c->server],
		.port = c->level,
		.code = (uint16_t)c->status,
	};

	if (!c->status || c->status > UINT16_MAX || c->iface >= IFACES_MAX ||
	    !dcom_activates(a->iface[c->iface].uuid, c->opnum))
		return;
	learn_sighted(a->f, &s, &c->at);
}

static enum learn_answer read_answer(struct rpc_assoc *a, const struct call *c)
{
	const struct iface *i = &a->iface[c->iface];
	struct told t = {.a = a, .c = c};
	struct stub s = stub_of(c);

	memcpy(s.uuid, i->uuid, sizeof s.uuid);
	s.major = i->major;
	s.minor = i->minor;
	s.syntax = syntax_of(a, c);
	if (memcmp(i->uuid, epm_uuid, 16) != 0)
		return dcom_read(&s, tell, &t) ? LEARN_ANSWER_READ : LEARN_ANSWER_BAD;
	switch (read_epm(a, c, &s)) {
	case EPM_OK:
		return LEARN_ANSWER_READ;
	case EPM_NOT_REGISTERED:
		unregistered(a, c);
		return LEARN_ANSWER_READ;
	case EPM_PARTIAL:
		return s.cut ? LEARN_ANSWER_READ : LEARN_ANSWER_BAD;
	case EPM_BAD:
		break;
	}
	return LEARN_ANSWER_BAD;
}

/* Question and answer are both here. */
static void settle(struct rpc_assoc *a, struct call *c)
{
	enum learn_answer what;

	if (!c->wanted)
		return;
	if (c->fault) {
		denied(a, c);
		return;
	}
	if (c->iface == IFACE_UNKNOWN) {
		(void)guess(a, c);
		return;
	}
	/* The trailer says how the fragment is protected, MS-RPCE 2.2.2.11; without it the level of
	 * the bind is all there is, and without that nothing. */
	if (c->sealed || (c->untold && !c->told && a->level == PDU_PRIVACY)) {
		learn_answered(a->f, LEARN_ANSWER_SEALED);
		return;
	}
	if (c->torn)
		a->f->facts.lost = true;
	if (c->untold && !c->told && !a->level)
		return;
	what = read_answer(a, c);
	if (what == LEARN_ANSWER_BAD && !c->told && a->level == PDU_PRIVACY)
		what = LEARN_ANSWER_SEALED;
	/* What is missing is not malformed. */
	if (what == LEARN_ANSWER_BAD && c->torn)
		return;
	learn_answered(a->f, what);
}

/* ---- requests */

/* Which interface is it about? What is encrypted does not look like a tower. */
static void name_question(struct call *c, const struct pdu *h, struct rd stub)
{
	const struct stub s = {.little = h->little, .p = stub.p, .n = rd_left(&stub)};
	struct granted g;

	if (!s.n || !epm_asked(&s, &g))
		return;
	c->named = true;
	memcpy(c->about.uuid, g.uuid, sizeof c->about.uuid);
	c->about.major = g.major;
	c->about.minor = g.minor;
}

bool call_asks(const struct rpc_assoc *a, const struct pdu *h, const struct pdu_call *p)
{
	const struct context *x = context_find(a, p->context);

	return x && x->iface < IFACES_MAX && p->opnum == EPM_MAP && !(h->flags & PDU_OBJECT_UUID) &&
	       !memcmp(a->iface[x->iface].uuid, epm_uuid, 16);
}

void call_asked(struct rpc_assoc *a, unsigned side, const struct pdu *h, const struct pdu_call *p,
		struct rd stub)
{
	const struct context *x = context_find(a, p->context);
	const uint8_t iface = x ? x->iface : IFACE_UNKNOWN;
	bool wanted = false;
	struct call *c;

	/* IDL_DRSGetNCChanges, MS-DRSR 4.1.10 */
	if (iface == IFACE_DRSUAPI && p->opnum == 3)
		a->f->facts.replicates = true;
	if (iface == IFACE_UNKNOWN)
		wanted = rpc_assumable(a, !side) &&
			 (p->opnum == EPM_MAP || p->opnum == EPM_LOOKUP || dcom_opnum(p->opnum));
	else if (iface < IFACES_MAX)
		wanted = memcmp(a->iface[iface].uuid, epm_uuid, 16)
				 ? dcom_answers(a->iface[iface].uuid, p->opnum)
				 : p->opnum == EPM_MAP || p->opnum == EPM_LOOKUP;

	for (c = a->calls; c; c = c->next)
		/* Some faults do not say which context they are about. */
		if (!c->asked && c->id == h->call_id && (c->context == p->context || c->fault))
			break;
	if (!c) {
		if (iface >= IFACES_MAX && !(iface == IFACE_UNKNOWN && rpc_assumable(a, !side)))
			return;
		c = call_new(a, h->call_id, p->context);
		if (!c)
			return;
		c->server = !side;
	}
	name_question(c, h, stub);
	c->asked = true;
	c->level = a->level;
	c->wanted = wanted;
	c->iface = iface;
	c->opnum = p->opnum;
	if (c->answered) {
		settle(a, c);
		call_free(a, c);
	} else if (!wanted) {
		stub_free(a, c);
	}
}

/* ---- responses */

/* May a response in this context be of use, though its request was not seen yet? */
static bool may_matter(const struct rpc_assoc *a, unsigned side, uint16_t context)
{
	const struct context *x = context_find(a, context);

	if (x)
		return context_hands_out(x);
	/* A bind is under way when its answer is here, or was lost; else it is not captured. */
	return a->n_acks || (a->side[side].started && a->side[side].lost) || rpc_assumable(a, side);
}

static struct call *answering(const struct rpc_assoc *a, const struct pdu *h, uint16_t context)
{
	for (struct call *c = a->calls; c; c = c->next)
		if (c->answering && c->id == h->call_id && c->context == context)
			return c;
	return NULL;
}

static struct call *asked(const struct rpc_assoc *a, const struct pdu *h, const uint16_t *context)
{
	for (struct call *c = a->calls; c; c = c->next)
		if (c->asked && !c->answering && c->id == h->call_id &&
		    (!context || c->context == *context))
			return c;
	return NULL;
}

static void answer_end(struct rpc_assoc *a, struct call *c)
{
	c->answering = false;
	c->answered = true;
	if (!c->asked)
		return;
	settle(a, c);
	call_free(a, c);
}

struct call *call_answer(struct rpc_assoc *a, unsigned side, const struct pdu *h,
			 const struct pdu_call *p)
{
	struct call *c = answering(a, h, p->context);

	a->f->facts.faults |= h->ptype == PDU_FAULT;
	if (h->ptype == PDU_FAULT && c) {
		/* In the middle of an answer: C706 12.6.4.7. What came is not read. */
		c->fault = true;
		return c;
	}
	if (h->ptype == PDU_RESPONSE && !(h->flags & PDU_FIRST_FRAG)) {
		if (c)
			c->of_fragment = 0;
		return c;
	}
	if (c) {
		/* The last fragment of the answer before is missing. */
		c->cut = c->torn = true;
		answer_end(a, c);
	}
	c = asked(a, h, &p->context);
	if (!c && h->ptype == PDU_FAULT)
		c = asked(a, h, NULL);
	if (!c && may_matter(a, side, p->context)) {
		c = call_new(a, h->call_id, p->context);
		if (c)
			c->server = side;
	}
	if (!c)
		return NULL;
	c->answering = true;
	c->of_fragment = 0;
	c->fault = h->ptype == PDU_FAULT;
	c->little = h->little;
	return c;
}

bool call_keeps(const struct call *c)
{
	return !c->asked || c->wanted;
}

/* For n more octets of c, which alone are never too many; the oldest others go. */
static void make_room(struct rpc_assoc *a, const struct call *c, uint32_t n)
{
	const uint32_t room = part_room(c->room, c->n + n, STUB_MAX);

	for (struct call *one = a->calls, *next; one && a->held - c->room + room > HELD_MAX;
	     one = next) {
		next = one->next;
		if (one != c && one->room)
			drop(a, one);
	}
}

void call_stub(struct rpc_assoc *a, struct call *c, const uint8_t *p, uint32_t n,
	       const struct evidence *at)
{
	uint32_t before = c->room;

	c->at = *at;
	if (c->cut || !call_keeps(c))
		return;
	if (n > STUB_MAX - c->n) {
		n = STUB_MAX - c->n;
		c->cut = true;
	}
	make_room(a, c, n);
	if (!part_add(a->f->l, &c->stub, &c->n, &c->room, STUB_MAX, p, n))
		c->cut = true;
	else
		c->of_fragment += n;
	a->held += c->room - before;
}

void call_trailer(struct call *c, const struct pdu_trailer *t, uint32_t n_body)
{
	c->told = true;
	c->sealed |= t->level == PDU_PRIVACY;
	/* MS-RPCE 2.2.2.11: the padding is the end of the body, and not of the stub */
	if (c->of_fragment == n_body && t->pad <= n_body && t->pad <= c->n)
		c->n -= t->pad;
}

void call_status(struct call *c, uint32_t status)
{
	c->status = status;
}

void call_torn(struct call *c, bool untold)
{
	c->cut = c->torn = true;
	c->untold |= untold;
}

void call_fragment_end(struct rpc_assoc *a, struct call *c, bool last, const struct evidence *at)
{
	if (at)
		c->at = *at;
	if (last)
		answer_end(a, c);
}

/* May what is missing of this side's bytes have been an answer of use? */
static bool lost_answer(const struct rpc_assoc *a, unsigned side)
{
	const struct side *server = &a->side[side], *client = &a->side[!side];
	bool of_use = !a->bound && rpc_assumable(a, side);

	if (!server->lost || server->speaker == SPEAKER_CLIENT)
		return false;
	for (uint8_t i = 0; i < a->n_context; i++)
		of_use |= context_hands_out(&a->context[i]) &&
			  a->context[i].state != CONTEXT_REJECTED;
	if (!of_use)
		return false;
	/* Where every question was seen, and has its answer, it was something else. */
	if (client->lost || !client->started || a->shed)
		return true;
	for (const struct call *c = a->calls; c; c = c->next)
		if (c->asked && c->wanted && !c->answered)
			return true;
	return false;
}

/* May this have answered a question of use that is missing? */
static bool unasked(const struct rpc_assoc *a, const struct call *c)
{
	const struct context *x = context_find(a, c->context);

	return !c->asked && !c->fault && x && context_hands_out(x) && a->side[!c->server].lost;
}

void calls_gap(struct rpc_assoc *a, unsigned side)
{
	for (struct call *c = a->calls; c; c = c->next)
		if (c->answering && c->server == side)
			call_torn(c, false);
}

void calls_end(struct rpc_assoc *a)
{
	a->f->facts.lost |= lost_answer(a, 0) || lost_answer(a, 1);
	while (a->calls) {
		struct call *c = a->calls;

		if (c->answering) {
			c->cut = c->torn = true;
			c->answering = false;
			c->answered = true;
		}
		if (c->asked && c->answered)
			settle(a, c);
		else if (!guess(a, c) && unasked(a, c))
			a->f->facts.lost = true;
		call_free(a, c);
	}
}
