// SPDX-License-Identifier: BSD-2-Clause
/*
 * rpc_bind - presentation contexts of an association: what binds and alter_contexts offered, and
 * what became of it (C706 12.6.4.1 to 12.6.4.5, MS-RPCE 3.3.1.5.3).
 *
 * Results are positional, so a bind waits for its answer with all of its contexts, and an answer
 * that comes first waits for its bind.
 */
#include <string.h>

#include "learn/dcom.h"
#include "learn/epm.h"
#include "learn/rpc_parts.h"

/* What an answer says about a context. */
enum outcome {
	OUT_NONE, /* nothing: the answer is lost, or has no such result */
	OUT_NDR,
	OUT_NDR64,
	OUT_ACCEPTED,    /* with another syntax */
	OUT_NO_ABSTRACT, /* the interface is refused */
	OUT_REJECTED,    /* for another reason */
	OUT_FEATURES,    /* negotiate_ack: about no interface, MS-RPCE 3.3.1.5.3 */
};

struct offer {
	uint8_t uuid[16];
	uint16_t major, minor;
	uint16_t id;
};

struct bind {
	struct bind *next;
	uint32_t call_id;
	uint32_t n;
	struct offer offer[];
};

struct ack {
	struct ack *next;
	uint32_t call_id;
	uint32_t n;
	uint8_t outcome[];
};

static size_t bind_size(uint32_t n)
{
	return sizeof(struct bind) + n * sizeof(struct offer);
}

static size_t ack_size(uint32_t n)
{
	return sizeof(struct ack) + n;
}

/* ---- contexts */

static bool hands_out(const uint8_t uuid[16])
{
	if (!memcmp(uuid, epm_uuid, 16))
		return true;
	/* Opnums of the answers in question are below 8: MS-DCOM 3.1.2.5.1, 3.1.2.5.2 */
	for (uint16_t opnum = 0; opnum < 8; opnum++)
		if (dcom_answers(uuid, opnum))
			return true;
	return false;
}

/* The number of what hands out ports; a new one when there is room. */
static uint8_t iface_of(struct rpc_assoc *a, const struct pdu_context *c)
{
	/* MS-DRSR 1.9 */
	static const uint8_t drsuapi[16] = {0xe3, 0x51, 0x42, 0x35, 0x4b, 0x06, 0x11, 0xd1,
					    0xab, 0x04, 0x00, 0xc0, 0x4f, 0xc2, 0xdc, 0xd2};
	struct learn *l = a->f->l;
	struct iface *more;
	uint8_t n = a->n_iface;

	if (!memcmp(c->uuid, drsuapi, sizeof drsuapi))
		return IFACE_DRSUAPI;
	if (!hands_out(c->uuid))
		return IFACE_OTHER;
	for (uint8_t i = 0; i < n; i++)
		if (!memcmp(a->iface[i].uuid, c->uuid, 16) && a->iface[i].major == c->major &&
		    a->iface[i].minor == c->minor)
			return i;
	if (n == IFACES_MAX)
		return IFACE_OTHER;
	more = learn_take(l, (n + 1u) * sizeof *more);
	if (!more)
		return IFACE_OTHER;
	if (n)
		memcpy(more, a->iface, n * sizeof *more);
	learn_give(l, a->iface, n * sizeof *more);
	a->iface = more;
	memcpy(more[n].uuid, c->uuid, 16);
	more[n].major = c->major;
	more[n].minor = c->minor;
	return a->n_iface++;
}

static struct context *context_at(const struct rpc_assoc *a, uint16_t id)
{
	for (uint8_t i = 0; i < a->n_context; i++)
		if (a->context[i].id == id)
			return &a->context[i];
	return NULL;
}

const struct context *context_find(const struct rpc_assoc *a, uint16_t id)
{
	return context_at(a, id);
}

bool context_hands_out(const struct context *c)
{
	return c->iface < IFACES_MAX;
}

static bool contexts_grow(struct rpc_assoc *a)
{
	struct learn *l = a->f->l;
	const uint8_t room = a->context_room ? (uint8_t)(2 * a->context_room) : 4;
	struct context *c;

	if (a->context_room == CONTEXTS_MAX)
		return false;
	c = learn_take(l, room * sizeof *c);
	if (!c)
		return false;
	if (a->n_context)
		memcpy(c, a->context, a->n_context * sizeof *c);
	learn_give(l, a->context, a->context_room * sizeof *c);
	a->context = c;
	a->context_room = room;
	return true;
}

static void context_put(struct rpc_assoc *a, const struct pdu_context *c)
{
	struct context *one = context_at(a, c->id);
	const uint8_t iface = iface_of(a, c);

	/* The same one again is a further leg of authentication: MS-RPCE 3.3.1.5.2.2 */
	if (one && one->iface == iface && one->state == CONTEXT_ACCEPTED)
		return;
	if (!one) {
		if (a->n_context == a->context_room && !contexts_grow(a))
			return;
		one = &a->context[a->n_context++];
	}
	*one = (struct context){.id = c->id, .iface = iface, .syntaxes = c->syntaxes & 0xf};
}

/* ---- binds and their answers */

static bool same_iface(const struct offer *x, const struct offer *y)
{
	return !memcmp(x->uuid, y->uuid, sizeof x->uuid) && x->major == y->major &&
	       x->minor == y->minor;
}

static enum outcome outcome_at(const struct ack *k, uint32_t i)
{
	return k && i < k->n ? (enum outcome)k->outcome[i] : OUT_NONE;
}

/* An interface is refused when that was said about one of its contexts, and nothing else about the
 * others: but for what negotiates features. */
static bool refused(const struct bind *b, const struct ack *k, uint32_t i)
{
	bool said = false;

	for (uint32_t j = 0; j < b->n; j++) {
		if (!same_iface(&b->offer[i], &b->offer[j]))
			continue;
		switch (outcome_at(k, j)) {
		case OUT_NO_ABSTRACT:
			said = true;
			break;
		case OUT_FEATURES:
			break;
		default:
			return false;
		}
	}
	return said;
}

/* `k` is NULL when no answer will be known. Frees b. */
static void settle(struct rpc_assoc *a, struct bind *b, const struct ack *k)
{
	for (uint32_t i = 0; i < b->n; i++) {
		const struct offer *o = &b->offer[i];
		struct context *c = context_at(a, o->id);

		/* Named as refused when it was offered: said otherwise, that is withdrawn. */
		if (!refused(b, k, i))
			learn_iface_add(a->f, o->uuid, o->major, o->minor, false);
		if (!c)
			continue;
		switch (outcome_at(k, i)) {
		case OUT_NDR:
			c->syntaxes = PDU_NDR;
			c->state = CONTEXT_ACCEPTED;
			break;
		case OUT_NDR64:
			c->syntaxes = PDU_NDR64;
			c->state = CONTEXT_ACCEPTED;
			break;
		case OUT_ACCEPTED:
			c->syntaxes = PDU_OTHER_SYNTAX;
			c->state = CONTEXT_ACCEPTED;
			break;
		case OUT_NO_ABSTRACT:
		case OUT_REJECTED:
		case OUT_FEATURES:
			c->state = CONTEXT_REJECTED;
			break;
		case OUT_NONE:
			break;
		}
	}
	learn_give(a->f->l, b, bind_size(b->n));
}

static struct bind *bind_pop(struct rpc_assoc *a, const uint32_t *call_id)
{
	for (struct bind **at = &a->binds; *at; at = &(*at)->next)
		if (!call_id || (*at)->call_id == *call_id) {
			struct bind *b = *at;

			*at = b->next;
			a->n_binds--;
			return b;
		}
	return NULL;
}

static struct ack *ack_pop(struct rpc_assoc *a, const uint32_t *call_id)
{
	for (struct ack **at = &a->acks; *at; at = &(*at)->next)
		if (!call_id || (*at)->call_id == *call_id) {
			struct ack *k = *at;

			*at = k->next;
			a->n_acks--;
			return k;
		}
	return NULL;
}

static void ack_free(struct rpc_assoc *a, struct ack *k)
{
	if (k)
		learn_give(a->f->l, k, ack_size(k->n));
}

static void bind_put(struct rpc_assoc *a, struct bind *b)
{
	struct ack *k = ack_pop(a, &b->call_id);
	struct bind **at = &a->binds;

	if (k) {
		settle(a, b, k);
		ack_free(a, k);
		return;
	}
	if (a->n_binds == BINDS_MAX)
		settle(a, bind_pop(a, NULL), NULL);
	while (*at)
		at = &(*at)->next;
	*at = b;
	a->n_binds++;
}

static void ack_put(struct rpc_assoc *a, struct ack *k)
{
	struct bind *b = bind_pop(a, &k->call_id);
	struct ack **at = &a->acks;

	if (b) {
		settle(a, b, k);
		ack_free(a, k);
		return;
	}
	if (a->n_acks == ACKS_MAX)
		ack_free(a, ack_pop(a, NULL));
	while (*at)
		at = &(*at)->next;
	*at = k;
	a->n_acks++;
}

void bind_read(struct rpc_assoc *a, const struct pdu *h, struct rd body, const struct evidence *at)
{
	struct learn_facts *facts = &a->f->facts;
	struct pdu_context c;
	struct bind *b;
	uint8_t n;

	if (pdu_bind(&body, h->little, &n) != VERDICT_SURE)
		return;

	struct rd count = body;
	uint32_t k = 0;

	while (k < n && pdu_context(&count, h->little, &c) == VERDICT_SURE)
		k++;
	if (!k)
		return;
	if (!facts->has_bind || evidence_before(at, &facts->bind))
		facts->bind = *at;
	facts->has_bind = true;
	a->bound = true;

	b = learn_take(a->f->l, bind_size(k));
	if (b)
		*b = (struct bind){.call_id = h->call_id, .n = k};
	for (uint32_t i = 0; i < k; i++) {
		(void)pdu_context(&body, h->little, &c);
		learn_iface_add(a->f, c.uuid, c.major, c.minor, b != NULL);
		context_put(a, &c);
		if (!b)
			continue;
		b->offer[i] = (struct offer){.major = c.major, .minor = c.minor, .id = c.id};
		memcpy(b->offer[i].uuid, c.uuid, sizeof c.uuid);
	}
	if (b)
		bind_put(a, b);
}

static enum outcome outcome_of(const struct pdu_result *r)
{
	switch (r->result) {
	case PDU_ACCEPTED:
		return r->syntax == PDU_NDR     ? OUT_NDR
		       : r->syntax == PDU_NDR64 ? OUT_NDR64
						: OUT_ACCEPTED;
	case PDU_NEGOTIATE_ACK:
		return OUT_FEATURES;
	case PDU_PROVIDER_REJECTION:
		return r->reason == PDU_NO_ABSTRACT ? OUT_NO_ABSTRACT : OUT_REJECTED;
	default:
		return OUT_REJECTED;
	}
}

void ack_read(struct rpc_assoc *a, const struct pdu *h, struct rd body)
{
	struct pdu_ack head;
	struct ack *k;
	uint8_t n;

	if (pdu_ack(&body, h->little, &head) != VERDICT_SURE || !pdu_results(&body, &head, &n))
		n = 0;
	if (n > PDU_CONTEXTS_MAX)
		n = PDU_CONTEXTS_MAX;
	k = learn_take(a->f->l, ack_size(n));
	if (!k)
		return;
	k->call_id = h->call_id;
	k->n = n;
	for (uint8_t i = 0; i < n; i++) {
		struct pdu_result r;

		/* OUT_NONE where the rest is missing */
		if (!pdu_result(&body, h->little, &r))
			break;
		k->outcome[i] = (uint8_t)outcome_of(&r);
	}
	ack_put(a, k);
}

void nak_read(struct rpc_assoc *a, const struct pdu *h)
{
	struct ack *k = learn_take(a->f->l, ack_size(0));

	a->f->facts.nak = true;
	if (!k)
		return;
	k->call_id = h->call_id;
	ack_put(a, k);
}

void binds_end(struct rpc_assoc *a)
{
	struct learn *l = a->f->l;

	while (a->n_binds)
		settle(a, bind_pop(a, NULL), NULL);
	while (a->n_acks)
		ack_free(a, ack_pop(a, NULL));
	learn_give(l, a->context, a->context_room * sizeof *a->context);
	learn_give(l, a->iface, a->n_iface * sizeof *a->iface);
	a->context = NULL;
	a->iface = NULL;
	a->n_context = a->context_room = a->n_iface = 0;
}
