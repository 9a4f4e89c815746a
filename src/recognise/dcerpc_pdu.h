/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dcerpc_pdu - the PDUs of connection-oriented DCE/RPC (C706 12.6, MS-RPCE 2.2.2), for the
 * recogniser and for who reads the whole stream.
 *
 *   header   vers(1)=5 minor(1) ptype(1) flags(1) drep(4) frag_length(2) auth_length(2) call_id(4)
 *   bind     max_xmit(2) max_recv(2) assoc_group(4) n_context(1) pad(3)
 *            { id(2) n_transfer(1) pad(1) abstract(16 + 4) { transfer(16 + 4) } }   C706 12.6.4.3
 *   ack      max_xmit(2) max_recv(2) assoc_group(4) sec_addr_len(2) sec_addr, padded to 4,
 *            n_result(1) pad(3) { result(2) reason(2) transfer(16 + 4) }            C706 12.6.4.4
 *   request  alloc_hint(4) context(2) opnum(2) [object(16)] stub                    C706 12.6.4.9
 *   response, fault
 *            alloc_hint(4) context(2) cancel_count(1) pad(1) stub               C706 12.6.4.10, .7
 *   trailer  auth_type(1) auth_level(1) auth_pad_length(1) pad(1) auth_context_id(4), before the
 *            auth_length last bytes of the PDU                                    MS-RPCE 2.2.2.11
 *
 * Integers are in the byte order that drep announces.
 */
#ifndef SPAN_RECOGNISE_DCERPC_PDU_H
#define SPAN_RECOGNISE_DCERPC_PDU_H

#include "base/rd.h"
#include "recognise/recognise.h"

enum pdu_type { /* C706 12.6.1; MS-RPCE 2.2.2.5, MS-RPCH 2.2.3 */
		PDU_REQUEST = 0,
		PDU_RESPONSE = 2,
		PDU_FAULT = 3,
		PDU_BIND = 11,
		PDU_BIND_ACK = 12,
		PDU_BIND_NAK = 13,
		PDU_ALTER_CONTEXT = 14,
		PDU_ALTER_CONTEXT_RESP = 15,
		PDU_AUTH3 = 16,
		PDU_SHUTDOWN = 17,
		PDU_CANCEL = 18,
		PDU_ORPHANED = 19,
		PDU_RTS = 20,
};

enum { /* pfc_flags, C706 12.6.3.1 */
       PDU_FIRST_FRAG = 0x01,
       PDU_LAST_FRAG = 0x02,
       PDU_OBJECT_UUID = 0x80,
};

enum {
	PDU_HEADER = 16,
	PDU_CALL = 8,        /* fixed part of requests, responses and faults */
	PDU_AUTH_HEADER = 8, /* sec_trailer: MS-RPCE 2.2.2.11 */
	PDU_CONTEXTS_MAX = 64,
};

struct pdu {
	uint8_t ptype, flags;
	bool little;
	uint16_t frag; /* frag_length: the whole PDU */
	uint16_t auth; /* auth_length: of auth_value alone */
	uint32_t call_id;
};

/* Reads the header and moves r behind it. VERDICT_SURE; NO when these bytes are none, or too few
 * are announced for what the type needs; MORE when they are too few (r is then untouched). */
enum verdict pdu_header(struct rd *r, struct pdu *ret);
/* Who says such a thing. */
enum speaker pdu_speaker(uint8_t ptype);
/* Bytes of the PDU between its header and its authentication trailer. */
uint32_t pdu_body(const struct pdu *h);

/* Transfer syntaxes as bits: C706 14, MS-RPCE 2.2.5 and, for bind time feature negotiation, whose
 * UUID ends in the features asked for, MS-RPCE 2.2.2.14. */
enum { PDU_NDR = 1, PDU_NDR64 = 2, PDU_FEATURES = 4, PDU_OTHER_SYNTAX = 8 };

struct pdu_context { /* p_cont_elem_t, C706 12.6.3.1 */
	uint16_t id;
	uint8_t syntaxes; /* offered */
	uint8_t uuid[16]; /* of the abstract syntax, as printed */
	uint16_t major, minor;
};

/* The beginning of the body of bind or alter_context, up to its contexts. */
enum verdict pdu_bind(struct rd *r, bool little, uint8_t *ret_n);
/* The next context. MORE: its abstract syntax is not all here. SURE with rd_short(): some of its
 * transfer syntaxes are not. */
enum verdict pdu_context(struct rd *r, bool little, struct pdu_context *ret);

enum { /* p_cont_def_result_t, C706 12.6.3.1; MS-RPCE 2.2.2.4 */
       PDU_ACCEPTED = 0,
       PDU_USER_REJECTION = 1,
       PDU_PROVIDER_REJECTION = 2,
       PDU_NEGOTIATE_ACK = 3,
};
enum { PDU_NO_ABSTRACT = 1, PDU_NO_TRANSFER = 2 }; /* p_provider_reason_t, C706 12.6.3.1 */

struct pdu_ack {
	struct rd address; /* secondary address with its NUL: a port in digits, or a pipe */
	uint16_t n_address;
};

struct pdu_result {
	uint16_t result, reason;
	uint8_t syntax; /* PDU_NDR ... */
};

/* The beginning of the body of bind_ack or alter_context_resp, up to the secondary address. The
 * bytes at r begin at the body, since what follows is aligned within the PDU. */
enum verdict pdu_ack(struct rd *r, bool little, struct pdu_ack *ret);
/* Behind pdu_ack(): how many results follow. False when that is not here. */
bool pdu_results(struct rd *r, const struct pdu_ack *a, uint8_t *ret_n);
/* The next result: the n-th is that of the n-th context. False when it is not all here. */
bool pdu_result(struct rd *r, bool little, struct pdu_result *ret);

struct pdu_call {
	uint16_t context;
	uint16_t opnum; /* of a request; else 0 */
};

/* The fixed part of a request, response or fault; false when it is not all here. */
bool pdu_call(struct rd *r, const struct pdu *h, struct pdu_call *ret);

enum { PDU_PRIVACY = 6 }; /* auth_level, MS-RPCE 2.2.1.1.8 */

struct pdu_trailer {
	uint8_t type, level;
	uint8_t pad; /* bytes between stub and trailer */
};

bool pdu_trailer(struct rd *r, struct pdu_trailer *ret);

#endif
