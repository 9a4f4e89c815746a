/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ldap_message - the envelope that LDAP and CLDAP share (RFC 4511 4.1.1).
 *
 *   30 len { 02 len messageID, op-tag len { ... }, [A0 controls] }
 */
#ifndef SPAN_RECOGNISE_LDAP_MESSAGE_H
#define SPAN_RECOGNISE_LDAP_MESSAGE_H

#include "recognise/scan.h"

enum { /* protocolOp: APPLICATION tags of RFC 4511 4.2 to 4.14 */
       LDAP_BIND = 0x60,
       LDAP_BIND_RESPONSE = 0x61,
       LDAP_UNBIND = 0x42,
       LDAP_SEARCH = 0x63,
       LDAP_SEARCH_ENTRY = 0x64,
       LDAP_SEARCH_DONE = 0x65,
       LDAP_MODIFY = 0x66,
       LDAP_MODIFY_RESPONSE = 0x67,
       LDAP_ADD = 0x68,
       LDAP_ADD_RESPONSE = 0x69,
       LDAP_DELETE = 0x4a,
       LDAP_DELETE_RESPONSE = 0x6b,
       LDAP_RENAME = 0x6c,
       LDAP_RENAME_RESPONSE = 0x6d,
       LDAP_COMPARE = 0x6e,
       LDAP_COMPARE_RESPONSE = 0x6f,
       LDAP_ABANDON = 0x50,
       LDAP_SEARCH_REFERENCE = 0x73,
       LDAP_EXTENDED = 0x77,
       LDAP_EXTENDED_RESPONSE = 0x78,
       LDAP_INTERMEDIATE = 0x79,
};

struct ldap_message {
	uint8_t op;
	uint32_t result; /* resultCode of a response */
	enum speaker speaker;
	uint32_t notes;
};

/* Checks one message and takes it; r is short afterwards when its end is not here. */
enum verdict ldap_message(struct rd *r, struct ldap_message *ret);

#endif
