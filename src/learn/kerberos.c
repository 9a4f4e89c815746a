// SPDX-License-Identifier: BSD-2-Clause
/*
 * kerberos - for which services a KDC gave tickets, and which it refused (RFC 4120).
 *
 *   5.4.2  AS-REP, TGS-REP  6B|6D { 30 { A0 pvno, A1 type, [A2 padata], A3 crealm, A4 cname,
 *                              A5 ticket, ... } }
 *   5.3    Ticket           61 { 30 { A0 tkt-vno, A1 realm, A2 sname, ... } }
 *   5.9.1  KRB-ERROR        7E { 30 { A0 pvno, A1 type, ... A6 code, ... AA sname, ... } }
 *   5.2.2  PrincipalName    30 { A0 type, A1 { 30 { 1B text ... } } }
 *
 * Over TCP each message stands behind four bytes of length (7.2.2). The name of the service is in
 * clear in the ticket, also where the rest is armoured (RFC 6113), and before anything that grows
 * with a user's groups: the first bytes of a message are enough.
 */
#include <string.h>

#include "base/rd.h"
#include "learn/framed.h"
#include "recognise/scan.h"

enum {
	PORT = 88,
	AS_REP = 0x6b, /* 5.10 */
	TGS_REP = 0x6d,
	KRB_ERROR = 0x7e,
	TICKET = 0x61,
	SEQUENCE = 0x30,
	STRING = 0x1b, /* KerberosString, 5.2.1 */
	PARTS_MAX = 8, /* of a name */
	FIELDS_MAX = 32,
	KEEP = 16 << 10, /* certificates of PKINIT come before the ticket */
	MAX_MESSAGE = 1 << 20,
	/* What asks for more proof instead of refusing: 7.5.9, RFC 6113 5.2. */
	PREAUTH_REQUIRED = 25,
	MORE_PREAUTH = 91,
};

/* The next element of a sequence, whichever it is; what is there of it. */
static bool next(struct rd *r, uint8_t *ret_tag, struct rd *ret)
{
	struct rd look = *r;

	if (!rd_left(r) || rd_short(r))
		return false;
	*ret_tag = rd_u8(&look);
	return ber_bytes(r, *ret_tag, ret) == VERDICT_SURE;
}

static bool is_number(struct rd field, uint32_t want)
{
	uint32_t v;

	return ber_int(&field, 0x02, &v) == VERDICT_SURE && v == want;
}

/* "host", "host:port", "host:instance" */
static void host_of(const char *part, struct sighting *s)
{
	const char *colon = strchr(part, ':');
	size_t n = colon ? (size_t)(colon - part) : strlen(part);
	uint32_t port = 0;

	memcpy(s->name, part, n);
	s->name[n] = 0;
	sighting_lower(s->name);
	if (!colon || !colon[1])
		return;
	for (const char *c = colon + 1; *c; c++) {
		if (*c < '0' || *c > '9' || port > UINT16_MAX)
			return;
		port = port * 10 + (uint32_t)(*c - '0');
	}
	if (port <= UINT16_MAX)
		s->port = (uint16_t)port;
}

/* PrincipalName: its parts with slashes between, and what the second one names. */
static bool principal(struct rd field, struct sighting *s)
{
	static const struct rd slash = {(const uint8_t *)"/", (const uint8_t *)"/" + 1, false};
	struct rd seq, names, list, part;
	char second[SIGHTING_NAME] = "";
	size_t n = 0;

	if (ber_bytes(&field, SEQUENCE, &seq) != VERDICT_SURE ||
	    ber_bytes(&seq, 0xa0, &part) != VERDICT_SURE ||
	    ber_bytes(&seq, 0xa1, &names) != VERDICT_SURE ||
	    ber_bytes(&names, SEQUENCE, &list) != VERDICT_SURE || rd_short(&names))
		return false;
	for (int i = 0; i < PARTS_MAX && rd_left(&list); i++) {
		if (ber_bytes(&list, STRING, &part) != VERDICT_SURE || rd_short(&list))
			return false;
		if (i)
			n = sighting_text(s->text, n, slash);
		n = sighting_text(s->text, n, part);
		if (i == 1)
			sighting_text(second, 0, part);
	}
	/* The second part of these two is a realm (7.3) and a task. */
	if (strncmp(s->text, "krbtgt/", 7) != 0 && strncmp(s->text, "kadmin/", 7) != 0)
		host_of(second, s);
	return s->text[0];
}

static void reply(struct learn_flow *f, unsigned side, uint8_t tag, struct rd seq,
		  const struct evidence *at)
{
	struct sighting s = {
		.kind = SIGHT_KRB_TICKET, .about = f->addr[!side], .by = f->addr[side]};
	struct rd field, ticket;
	bool version = false, type = false;
	uint8_t t;

	for (int i = 0; i < FIELDS_MAX && next(&seq, &t, &field); i++) {
		version |= t == 0xa0 && is_number(field, 5);
		type |= t == 0xa1 && is_number(field, tag & 0x1f);
		if (t != 0xa5)
			continue;
		if (!version || !type || ber_bytes(&field, TICKET, &ticket) != VERDICT_SURE ||
		    ber_bytes(&ticket, SEQUENCE, &seq) != VERDICT_SURE)
			return;
		while (next(&seq, &t, &field) && t <= 0xa2)
			if (t == 0xa2) {
				if (principal(field, &s))
					learn_sighted(f, &s, at);
				return;
			}
		return;
	}
}

static void refusal(struct learn_flow *f, unsigned side, struct rd seq, const struct evidence *at)
{
	struct sighting s = {.kind = SIGHT_KRB_ERROR, .about = f->addr[!side], .by = f->addr[side]};
	struct rd field;
	bool version = false, type = false, named = false;
	uint32_t code = 0;
	uint8_t t;

	for (int i = 0; i < FIELDS_MAX && next(&seq, &t, &field); i++) {
		version |= t == 0xa0 && is_number(field, 5);
		type |= t == 0xa1 && is_number(field, KRB_ERROR & 0x1f);
		if (t == 0xa6 && ber_int(&field, 0x02, &code) != VERDICT_SURE)
			return;
		if (t == 0xaa)
			named = principal(field, &s);
	}
	if (!version || !type || !named || !code || code > UINT16_MAX || code == PREAUTH_REQUIRED ||
	    code == MORE_PREAUTH)
		return;
	s.code = (uint16_t)code;
	learn_sighted(f, &s, at);
}

static void message(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n,
		    const struct evidence *at)
{
	struct rd r = rd_over(p, n), look = r, body, seq;
	uint8_t tag = rd_u8(&look);

	if (tag != AS_REP && tag != TGS_REP && tag != KRB_ERROR)
		return;
	if (ber_bytes(&r, tag, &body) != VERDICT_SURE ||
	    ber_bytes(&body, SEQUENCE, &seq) != VERDICT_SURE)
		return;
	if (tag == KRB_ERROR)
		refusal(f, side, seq, at);
	else
		reply(f, side, tag, seq, at);
}

/* ---- the learner */

static const struct framing over_tcp = {
	.head = 4,
	.keep = KEEP,
	.max = MAX_MESSAGE,
	.message = message,
};

static bool wants(const struct learn_ask *q, const char *app)
{
	return (q->port[0] == PORT || q->port[1] == PORT) && !strcmp(app, "kerberos");
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	if (f->port[side] == PORT && f->port[!side] != PORT)
		framed_bytes(f, &over_tcp, side, p, n, start, at);
}

static void gap(struct learn_flow *f, unsigned side, uint64_t n)
{
	if (f->port[side] == PORT && f->port[!side] != PORT)
		framed_gap(f, n);
}

const struct learner learner_kerberos = {
	.word = "kerberos",
	.spec = "RFC 4120 5.3, 5.4.2, 5.9.1, 7.2.2",
	.names_only = true,
	.wants = wants,
	.open = framed_open,
	.bytes = bytes,
	.gap = gap,
	.close = framed_close,
};
