// SPDX-License-Identifier: BSD-2-Clause
/*
 * cldap - what domain controllers say of themselves when a member looks for one (MS-ADTS 6.3.5).
 *
 *   30 { 02 id, 64 { 04 dn, 30 { 30 { 04 "Netlogon", 31 { 04 value } } } } }       RFC 4511 4.5.2
 *   value: opcode(2) sbz(2) flags(4) guid(16) forest, domain, host ...        MS-ADTS 6.3.1.9
 *
 * Integers are little-endian; names are compressed as in DNS, pointers count from the opcode
 * (MS-ADTS 6.3.7).
 */
#include <string.h>

#include "base/rd.h"
#include "learn/dns_name.h"
#include "learn/learner.h"
#include "recognise/ldap_message.h"

enum {
	PORT = 389,
	OCTETS = 0x04,
	SEQUENCE = 0x30,
	SET = 0x31,
	RESPONSE_EX = 23,     /* LOGON_SAM_LOGON_RESPONSE_EX, MS-ADTS 6.3.1.3 */
	USER_UNKNOWN_EX = 25, /* the same, for an account that it does not know */
	NAMES = 24,
};

static bool value(const uint8_t *p, size_t n, struct sighting *s)
{
	struct rd r = rd_over(p, n);
	uint16_t opcode = rd_le16(&r);
	char forest[SIGHTING_NAME];
	size_t at = NAMES;

	rd_skip(&r, 2);
	s->code = (uint16_t)rd_le32(&r);
	return !rd_short(&r) && (opcode == RESPONSE_EX || opcode == USER_UNKNOWN_EX) &&
	       dns_name(p, n, NAMES, at, forest, &at) && dns_name(p, n, NAMES, at, s->text, &at) &&
	       dns_name(p, n, NAMES, at, s->name, &at) && s->name[0] && s->text[0];
}

static bool is_netlogon(struct rd name)
{
	return scan_text(&name, "netlogon", true) == VERDICT_SURE && !rd_left(&name);
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	struct rd r = rd_over(p, n), message, entry, skip, list, one, name, set, v;
	uint32_t id;

	(void)start;
	if (f->port[side] != PORT || ber_bytes(&r, SEQUENCE, &message) != VERDICT_SURE ||
	    ber_int(&message, 0x02, &id) != VERDICT_SURE ||
	    ber_bytes(&message, LDAP_SEARCH_ENTRY, &entry) != VERDICT_SURE ||
	    ber_bytes(&entry, OCTETS, &skip) != VERDICT_SURE ||
	    ber_bytes(&entry, SEQUENCE, &list) != VERDICT_SURE)
		return;
	while (ber_bytes(&list, SEQUENCE, &one) == VERDICT_SURE) {
		struct sighting s = {.kind = SIGHT_NETLOGON, .about = f->addr[side]};

		if (ber_bytes(&one, OCTETS, &name) != VERDICT_SURE || !is_netlogon(name) ||
		    ber_bytes(&one, SET, &set) != VERDICT_SURE ||
		    ber_bytes(&set, OCTETS, &v) != VERDICT_SURE)
			continue;
		if (value(v.p, rd_left(&v), &s))
			learn_sighted(f, &s, at);
		return;
	}
}

static bool wants(const struct learn_ask *q, const char *app)
{
	return q->proto == PROTO_UDP && (q->port[0] == PORT || q->port[1] == PORT) &&
	       !strcmp(app, "cldap");
}

static bool open_(struct learn_flow *f)
{
	(void)f;
	return true;
}

static void close_(struct learn_flow *f)
{
	(void)f;
}

const struct learner learner_cldap = {
	.word = "cldap",
	.spec = "MS-ADTS 6.3.1.9, 6.3.5, 6.3.7; RFC 4511 4.5.2",
	.names_only = true,
	.wants = wants,
	.open = open_,
	.bytes = bytes,
	.close = close_,
};
