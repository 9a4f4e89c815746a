/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dcerpc_pdu - the PDUs of connection-oriented DCE/RPC (C706 12.6, MS-RPCE 2.2.2), for the
 * recogniser and for who reads the whole stream.
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

enum { PDU_HEADER = 16, PDU_AUTH_HEADER = 8 }; /* sec_trailer: MS-RPCE 2.2.2.11 */

struct pdu {
	uint8_t ptype, flags;
	bool little;
	uint16_t frag; /* frag_length: the whole PDU */
	uint16_t auth; /* auth_length: of auth_value alone */
	uint32_t call_id;
};

/* Reads the header and moves r behind it. VERDICT_SURE; NO when these bytes are none; MORE when
 * they are too few (r is then untouched). */
enum verdict pdu_header(struct rd *r, struct pdu *ret);

#endif
