/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rpc_parts - what the files of rpc_assoc share. Private to them.
 *
 *   rpc_assoc.c    bytes of one direction -> PDUs, of which only what is wanted is kept
 *   rpc_search.c   where the next PDU begins, when that is not known
 *   rpc_bind.c     presentation contexts: what was offered, and what became of it
 *   rpc_call.c     requests and the stubs of their responses
 *
 * The two directions arrive with any lead over each other, so an answer may have to wait for the
 * question, and which context a response belongs to may be unknown when it passes. What waits is
 * bounded; the oldest makes room.
 */
#ifndef SPAN_LEARN_RPC_PARTS_H
#define SPAN_LEARN_RPC_PARTS_H

#include "learn/rpc_assoc.h"
#include "learn/stub.h"
#include "recognise/dcerpc_pdu.h"

enum {
	BODY_MAX = 8 << 10,               /* of a bind or its answer, without the credentials */
	AUTH_MAX = 2 << 10,               /* of the credentials in an answer */
	CONTEXTS_MAX = 64,                /* remembered of one association */
	IFACES_MAX = 8,                   /* of them, different interfaces that hand out ports */
	BINDS_MAX = 4,                    /* that wait for their answer */
	ACKS_MAX = 4,                     /* that wait for their bind */
	CALLS_MAX = 32,                   /* that wait for the other half */
	ASK_MAX = 512,                    /* of what the mapper is asked */
	HELD_MAX = STUB_MAX + (16 << 10), /* octets of stubs in all of them */
	SEARCH_FRAG_MAX = 16 << 10,       /* a PDU that is longer is not found again after a gap */
	JUNK_MAX = 64 << 10,              /* bytes without a PDU: this is something else */
};

enum phase {
	AT_START,   /* nothing has come */
	IN_HEADER,  /* the next byte belongs to a header */
	IN_CALL,    /* to the fixed part of a request, response or fault */
	IN_ASK,     /* to what a request asks */
	IN_STATUS,  /* to the status of a fault */
	IN_BODY,    /* to what is kept: contexts, results, a stub */
	IN_TRAILER, /* to the sec_trailer behind that */
	IN_AUTH,    /* to the server's credentials behind that */
	IN_REST,    /* to what is passed over up to the end of the PDU */
	SEARCHING,  /* where the next PDU begins is unknown */
};

struct body;
struct call;
struct search;

struct side {
	struct pdu h;
	uint8_t head[PDU_HEADER];
	uint8_t n_head;
	uint8_t phase;
	uint8_t speaker; /* enum speaker: what its PDUs say it is */
	bool started;    /* from its first byte on */
	bool lost;       /* bytes are missing where a PDU may have begun, or was wanted */
	uint32_t left;   /* bytes of the part in hand that have not come */
	uint32_t rest;   /* of the PDU behind that part; SEARCHING: bytes without a PDU */
	union {
		struct body *body;     /* a bind, its answer or a question in the making; NULL */
		struct search *search; /* SEARCHING: NULL while nothing looks like a header */
	};
	struct call *call;   /* whose answer the PDU is part of; NULL. Owned by the list */
	struct pdu_call ask; /* the fixed part of the request whose question `body` is */
};

enum {                       /* context.iface: an index into rpc_assoc.iface, or */
       IFACE_UNKNOWN = 0xfd, /* its bind was not seen */
       IFACE_DRSUAPI = 0xfe,
       IFACE_OTHER = 0xff,
};

enum { CONTEXT_OPEN, CONTEXT_ACCEPTED, CONTEXT_REJECTED };

struct context {
	uint16_t id;
	uint8_t iface;
	uint8_t syntaxes : 4; /* offered, or the accepted one: PDU_NDR ... */
	uint8_t state : 4;
};

struct iface {
	uint8_t uuid[16];
	uint16_t major, minor;
};

struct bind;
struct ack;

struct rpc_assoc {
	struct learn_flow *f;
	struct side side[2];
	struct context *context;
	struct iface *iface;
	struct bind *binds; /* the oldest first, as are the others */
	struct ack *acks;
	struct call *calls;
	uint32_t held; /* octets taken for stubs */
	uint8_t n_context, context_room, n_iface, n_binds, n_acks, n_calls;
	uint8_t level;   /* the highest auth_level that a bind asked for; 0 none */
	bool mapper : 1; /* what carries this is the endpoint mapper's own */
	bool bound : 1;  /* a bind was seen */
	bool shed : 1;   /* a call that waited made room for another */
	bool dead : 1;   /* given up */
};

/* rpc_assoc.c */

/* Room for n bytes where there is `room`: the same whatever pieces they come in. */
uint32_t part_room(uint32_t room, uint32_t n, uint32_t max);
/* What is kept of a PDU: growing, at most `max`. False when it would not fit or there is no room:
 * what is there stays. */
bool part_add(struct learn *l, uint8_t **p, uint32_t *n, uint32_t *room, uint32_t max,
	      const void *add, uint32_t k);
/* Takes bytes of that side whose place in a PDU is known. Returns how many: fewer than n when a
 * header is none (phase SEARCHING; the n_head bytes of it were taken). */
size_t frame_bytes(struct rpc_assoc *a, unsigned side, const uint8_t *p, size_t n,
		   const struct evidence *at);
/* This is no RPC: forgets everything but facts. */
void rpc_give_up(struct rpc_assoc *a);

/* rpc_search.c */

/* Takes bytes of a side in SEARCHING. Returns how many: fewer than n when a PDU was found. */
size_t search_bytes(struct rpc_assoc *a, unsigned side, const uint8_t *p, size_t n,
		    const struct evidence *at);
/* No byte follows what was searched: what ends right here counts as found. */
void search_end(struct rpc_assoc *a, unsigned side);
void search_free(struct learn *l, struct search *s);

/* rpc_bind.c */

void bind_read(struct rpc_assoc *a, const struct pdu *h, struct rd body, const struct evidence *at);
void ack_read(struct rpc_assoc *a, const struct pdu *h, struct rd body);
void nak_read(struct rpc_assoc *a, const struct pdu *h);
const struct context *context_find(const struct rpc_assoc *a, uint16_t id);
/* True when it is of an interface that hands out ports. */
bool context_hands_out(const struct context *c);
/* Judges what waits by what there is, and frees it all. */
void binds_end(struct rpc_assoc *a);

/* rpc_call.c */

/* True when what this request asks is of interest: ept_map. */
bool call_asks(const struct rpc_assoc *a, const struct pdu *h, const struct pdu_call *c);
/* A request's first fragment, sent by `side`; stub: as much of it as was kept. */
void call_asked(struct rpc_assoc *a, unsigned side, const struct pdu *h, const struct pdu_call *c,
		struct rd stub);
/* A fragment of a response, or a fault, sent by `side`: the call that it belongs to; NULL when it
 * is of no interest. */
struct call *call_answer(struct rpc_assoc *a, unsigned side, const struct pdu *h,
			 const struct pdu_call *c);
bool call_keeps(const struct call *c); /* its stub is wanted */
void call_stub(struct rpc_assoc *a, struct call *c, const uint8_t *p, uint32_t n,
	       const struct evidence *at);
/* `n_body`: octets of the fragment between its fixed part and the trailer. */
void call_trailer(struct call *c, const struct pdu_trailer *t, uint32_t n_body);
void call_status(struct call *c, uint32_t status); /* of the fault that answers it */
/* Bytes of its stub are missing; `untold`: and the trailer behind. */
void call_torn(struct call *c, bool untold);
/* Whole PDUs of that side may be missing: fragments of the answers in the making. */
void calls_gap(struct rpc_assoc *a, unsigned side);
/* The fragment is over. */
void call_fragment_end(struct rpc_assoc *a, struct call *c, bool last, const struct evidence *at);
/* Reads what can be read without its other half. */
void calls_end(struct rpc_assoc *a);
void calls_free(struct rpc_assoc *a);
/* The server side may be taken for the endpoint mapper though no bind was seen. */
bool rpc_assumable(const struct rpc_assoc *a, unsigned server_side);

#endif
