// SPDX-License-Identifier: BSD-2-Clause
/*
 * CLDAP: LDAP searches in single datagrams, which is how a member finds its domain controller
 * (MS-ADTS 6.3.3; RFC 1798; the envelope is drawn in ldap_message.h).
 */
#include "recognise/ldap_message.h"

static enum verdict probe(const struct payload *in, struct facts *ret)
{
	struct rd r = rd_over(in->p, in->n);
	struct ldap_message m;
	enum verdict v = ldap_message(&r, &m);

	if (v < VERDICT_LIKELY)
		return v;
	if (m.op != LDAP_SEARCH && m.op != LDAP_SEARCH_ENTRY && m.op != LDAP_SEARCH_DONE &&
	    m.op != LDAP_ABANDON)
		return VERDICT_NO;
	if (rd_short(&r) && !in->cut)
		return VERDICT_NO; /* a datagram holds its whole message */
	ret->speaker = m.speaker;
	return v;
}

const struct recogniser recogniser_cldap = {
	.word = "cldap",
	.spec = "MS-ADTS 6.3.3; RFC 4511 4.5; RFC 1798",
	.proto = PROTO_UDP,
	.min = 8,
	RECOGNISER_BEGINS({.byte = {BYTE_IN("\x30\x30"), BYTE_IN("\x00\x7f\x81\x84")}}),
	.apps = {{"cldap", "CLDAP"}},
	.probe = probe,
};
