// SPDX-License-Identifier: BSD-2-Clause
#include "recognise/ldap_message.h"

enum {
	AUTH_SIMPLE = 0x80, /* RFC 4511 4.2 */
	AUTH_SASL = 0xa3,
	AUTH_SICILY_FIRST = 0x89, /* MS-ADTS 5.1.1.1.3 */
	AUTH_SICILY_LAST = 0x8b,
	RESULT_MAX = 0x1000, /* e-syncRefreshRequired, the highest registered */
};

static enum verdict bind_request(struct rd r, struct ldap_message *m)
{
	uint32_t version, name_len, n;
	enum verdict v = ber_int(&r, 0x02, &version);

	if (v != VERDICT_SURE)
		return v;
	if (version < 2 || version > 3)
		return VERDICT_NO;
	v = ber_open(&r, 0x04, &name_len);
	if (v != VERDICT_SURE)
		return v;
	m->speaker = SPEAKER_CLIENT;

	/* A password goes over the wire as it is (RFC 4513 5.1.3). It is not looked at. */
	rd_skip(&r, name_len);
	if (ber_open(&r, AUTH_SIMPLE, &n) == VERDICT_SURE && n)
		m->notes |= APP_NOTE_CLEAR_LOGIN;
	return VERDICT_SURE;
}

static enum verdict search_request(struct rd r, struct ldap_message *m)
{
	struct rd base;
	uint32_t scope, deref;
	enum verdict v = ber_bytes(&r, 0x04, &base);

	if (v == VERDICT_SURE)
		v = ber_int(&r, 0x0a, &scope);
	if (v == VERDICT_SURE)
		v = ber_int(&r, 0x0a, &deref);
	if (v != VERDICT_SURE)
		return v;
	if (scope > 3 || deref > 3) /* RFC 4511 4.5.1 and the subordinate scope */
		return VERDICT_NO;
	m->speaker = SPEAKER_CLIENT;
	return VERDICT_SURE;
}

static enum verdict extended_request(struct rd r, struct ldap_message *m)
{
	struct rd oid;
	enum verdict v = ber_bytes(&r, 0x80, &oid);

	if (v != VERDICT_SURE)
		return v;
	/* LDAPOID, RFC 4511 4.1.2: dotted decimal */
	if (rd_left(&oid) &&
	    !(rd_is(&oid, "0.", 2) || rd_is(&oid, "1.", 2) || rd_is(&oid, "2.", 2)))
		return VERDICT_NO;
	if (rd_is(&oid, "3.6.1.4.1.1466.20037", 20)) /* StartTLS, RFC 4511 4.14.1 */
		m->notes |= APP_NOTE_STARTTLS;
	m->speaker = SPEAKER_CLIENT;
	return VERDICT_SURE;
}

/* A request whose first element is a DN. */
static enum verdict dn_request(struct rd r, struct ldap_message *m)
{
	uint32_t n;
	enum verdict v = ber_open(&r, 0x04, &n);

	m->speaker = SPEAKER_CLIENT;
	return v;
}

/* LDAPResult, RFC 4511 4.1.9 */
static enum verdict result(struct rd r, struct ldap_message *m)
{
	uint32_t n;
	enum verdict v = ber_int(&r, 0x0a, &m->result);

	if (v == VERDICT_SURE)
		v = ber_open(&r, 0x04, &n);
	if (v != VERDICT_SURE)
		return v;
	if (m->result > RESULT_MAX)
		return VERDICT_NO;
	m->speaker = SPEAKER_SERVER;
	return VERDICT_SURE;
}

static enum verdict first_is(struct rd r, uint8_t tag, struct ldap_message *m)
{
	uint32_t n;
	enum verdict v = ber_open(&r, tag, &n);

	m->speaker = SPEAKER_SERVER;
	return v;
}

static enum verdict check_op(struct rd body, uint32_t len, struct ldap_message *m)
{
	switch (m->op) {
	case LDAP_BIND:
		return bind_request(body, m);
	case LDAP_SEARCH:
		return search_request(body, m);
	case LDAP_EXTENDED:
		return extended_request(body, m);
	case LDAP_MODIFY:
	case LDAP_ADD:
	case LDAP_RENAME:
	case LDAP_COMPARE:
		return dn_request(body, m);
	case LDAP_UNBIND: /* NULL, RFC 4511 4.3 */
		m->speaker = SPEAKER_CLIENT;
		return len ? VERDICT_NO : VERDICT_LIKELY;
	case LDAP_ABANDON: /* a MessageID, RFC 4511 4.11 */
		m->speaker = SPEAKER_CLIENT;
		return len < 1 || len > 4 ? VERDICT_NO : VERDICT_LIKELY;
	case LDAP_DELETE: /* the DN itself, RFC 4511 4.8 */
		m->speaker = SPEAKER_CLIENT;
		return scan_has(body, "=") ? VERDICT_LIKELY : VERDICT_NO;
	case LDAP_BIND_RESPONSE:
	case LDAP_SEARCH_DONE:
	case LDAP_MODIFY_RESPONSE:
	case LDAP_ADD_RESPONSE:
	case LDAP_DELETE_RESPONSE:
	case LDAP_RENAME_RESPONSE:
	case LDAP_COMPARE_RESPONSE:
	case LDAP_EXTENDED_RESPONSE:
		return result(body, m);
	case LDAP_SEARCH_ENTRY: {
		struct rd dn;
		enum verdict v = ber_bytes(&body, 0x04, &dn);

		return v == VERDICT_SURE ? first_is(body, 0x30, m) : v;
	}
	case LDAP_SEARCH_REFERENCE: /* a SEQUENCE OF URI, without elements of its own */
		return first_is(body, 0x04, m);
	default:
		return VERDICT_NO;
	}
}

enum verdict ldap_message(struct rd *r, struct ldap_message *ret)
{
	uint32_t outer, id, len = 0;
	size_t before, used;
	enum verdict v = ber_open(r, 0x30, &outer);

	if (v != VERDICT_SURE)
		return v;
	before = rd_left(r);
	v = ber_int(r, 0x02, &id);
	if (v != VERDICT_SURE)
		return v;
	*ret = (struct ldap_message){.speaker = SPEAKER_EITHER};
	if (!rd_left(r))
		return VERDICT_MORE;

	struct rd t = *r;

	ret->op = rd_u8(&t);
	/* 0 is for notices of disconnection alone, RFC 4511 4.1.1.1 */
	if (id > INT32_MAX || (!id && ret->op != LDAP_EXTENDED_RESPONSE))
		return VERDICT_NO;
	if (ret->op < LDAP_UNBIND || ret->op > LDAP_INTERMEDIATE)
		return VERDICT_NO;
	v = ber_open(r, ret->op, &len);
	if (v != VERDICT_SURE)
		return v;
	used = before - rd_left(r);
	if (outer < used || len > outer - used)
		return VERDICT_NO;

	bool whole = rd_left(r) >= len;
	struct rd body = *r;

	body = rd_sub(&body, whole ? len : rd_left(&body));
	v = check_op(body, len, ret);
	/* What the operation's own length cuts off will not come. */
	if (v == VERDICT_MORE && whole)
		return VERDICT_NO;
	rd_skip(r, outer - used);
	return v;
}
