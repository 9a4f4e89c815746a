// SPDX-License-Identifier: BSD-2-Clause
/*
 * dns - what name servers say of the deployment's hosts (RFC 1035 4.1; AAAA: RFC 3596; SRV: RFC
 * 2782).
 *
 *   id(2) flags(2) questions(2) answers(2) authority(2) additional(2)
 *   question  name type(2) class(2)
 *   record    name type(2) class(2) ttl(4) length(2) data
 *
 * Only answers from port 53 count. What LLMNR and mDNS answer is said by whoever likes to, and not
 * by the name server that a client was told to ask: their ports are others, and are not read.
 *
 * A busy resolver answers thousands of names of the Internet, which say nothing of the deployment.
 * So an address counts when it is private, or of the same network as one of the two that talk: then
 * it may be a host in view. A name that points to others counts when it led there, or was asked for
 * itself. Services count always: they are few, and their hosts are whom a member dials next.
 */
#include <string.h>

#include "base/rd.h"
#include "learn/dns_name.h"
#include "learn/framed.h"
#include "recognise/recognise.h"

enum {
	PORT = 53,
	HEADER = 12,
	FLAG_QR = 0x8000,
	RECORDS_MAX = 1024,
	CLASS_IN = 1,
	SERVFAIL = 2,
	NXDOMAIN = 3,
	REFUSED = 5,
	NEAR_V4 = 16, /* bits of a network that one organisation has */
	NEAR_V6 = 48,
};

enum dns_type {
	TYPE_A = 1,
	TYPE_CNAME = 5,
	TYPE_PTR = 12,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
};

/* A whole message, and where in it the reader is. */
struct message {
	struct learn_flow *f;
	unsigned side;
	const struct evidence *at;
	const uint8_t *p;
	size_t n;
};

struct record {
	char name[SIGHTING_NAME];
	uint16_t type, class;
	struct rd data;
	size_t data_at; /* in the message: names in data may point back */
};

static bool name_at(const struct message *m, size_t at, char ret[SIGHTING_NAME], size_t *ret_end)
{
	return dns_name(m->p, m->n, HEADER, at, ret, ret_end);
}

/* The record at *at, which is moved behind it. */
static bool record_at(const struct message *m, size_t *at, struct record *ret)
{
	size_t end;

	if (!name_at(m, *at, ret->name, &end))
		return false;

	struct rd r = rd_over(m->p, m->n);

	rd_skip(&r, end);
	ret->type = rd_be16(&r);
	ret->class = rd_be16(&r);
	rd_skip(&r, 4);

	uint16_t n = rd_be16(&r);

	ret->data = rd_sub(&r, n);
	ret->data_at = end + 10;
	*at = ret->data_at + n;
	return !rd_short(&r);
}

static bool near(const struct addr *a, const struct addr *b)
{
	struct prefix p = prefix_of(a, NEAR_V4, NEAR_V6);

	return addr_is_v4(a) == addr_is_v4(b) && prefix_has(&p, b);
}

static bool of_interest(const struct message *m, const struct addr *a)
{
	/* Unspecified and loopback are how a filter says that a name is blocked. Link-local ones
	 * lack the link that would make them one host's. */
	if (addr_is_unspecified(a) || (addr_is_v4(a) && !addr_to_v4(a)) || addr_is_loopback(a) ||
	    addr_is_multicast(a) || addr_is_broadcast(a) || addr_is_link_local(a))
		return false;
	return addr_is_private(a) || near(a, &m->f->addr[0]) || near(a, &m->f->addr[1]);
}

static bool address_of(const struct record *r, struct addr *ret)
{
	struct rd d = r->data;

	if (r->type == TYPE_A && rd_left(&d) == 4) {
		*ret = addr_v4(rd_be32(&d));
		return true;
	}
	if (r->type == TYPE_AAAA && rd_left(&d) == sizeof ret->b) {
		for (size_t i = 0; i < sizeof ret->b; i++)
			ret->b[i] = rd_u8(&d);
		return !addr_is_v4(ret); /* mapped: not on the wire, RFC 4291 2.5.5.2 */
	}
	return false;
}

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "9.0.0.10.in-addr.arpa", RFC 1035 3.5; 32 digits and "ip6.arpa", RFC 3596 2.5. */
static bool reversed(const char *name, struct addr *ret)
{
	uint32_t v4 = 0;
	const char *c = name;

	for (unsigned i = 0; i < 4; i++, c++) {
		unsigned v = 0, digits = 0;

		for (; *c >= '0' && *c <= '9' && digits < 3; c++, digits++)
			v = v * 10 + (unsigned)(*c - '0');
		if (!digits || v > 255 || *c != '.')
			break;
		v4 |= (uint32_t)v << 8 * i;
		if (i == 3 && !strcmp(c + 1, "in-addr.arpa")) {
			*ret = addr_v4(v4);
			return true;
		}
	}

	struct addr v6 = {{0}};

	c = name;
	for (int i = 31; i >= 0; i--, c += 2) {
		int v = hex_of(c[0]);

		if (v < 0 || c[1] != '.')
			return false;
		v6.b[i / 2] |= (uint8_t)(i & 1 ? v : v << 4);
	}
	if (strcmp(c, "ip6.arpa") != 0)
		return false;
	*ret = v6;
	return !addr_is_v4(ret);
}

static void sight(const struct message *m, struct sighting *s)
{
	s->by = m->f->addr[m->side];
	learn_sighted(m->f, s, m->at);
}

static void address(const struct message *m, const struct record *r, const struct addr *a)
{
	struct sighting s = {.kind = SIGHT_DNS_ADDRESS, .about = *a};

	memcpy(s.name, r->name, sizeof s.name);
	if (s.name[0])
		sight(m, &s);
}

static void pointer(const struct message *m, const struct record *r)
{
	struct sighting s = {.kind = SIGHT_DNS_POINTER};

	if (reversed(r->name, &s.about) && of_interest(m, &s.about) &&
	    name_at(m, r->data_at, s.name, NULL) && s.name[0])
		sight(m, &s);
}

static void alias(const struct message *m, const struct record *r)
{
	struct sighting s = {.kind = SIGHT_DNS_ALIAS};

	memcpy(s.name, r->name, sizeof s.name);
	if (name_at(m, r->data_at, s.text, NULL) && s.name[0] && s.text[0])
		sight(m, &s);
}

static void service(const struct message *m, const struct record *r)
{
	struct sighting s = {.kind = SIGHT_DNS_SERVICE};
	struct rd d = r->data;

	rd_skip(&d, 4); /* priority, weight */
	s.port = rd_be16(&d);
	memcpy(s.text, r->name, sizeof s.text);
	/* A host "." is how a domain says that it has no such service. */
	if (!rd_short(&d) && name_at(m, r->data_at + 6, s.name, NULL) && s.name[0] && s.text[0])
		sight(m, &s);
}

/* One record for what it says; `led`: the chain of names ends at an address of interest. */
static void tell(const struct message *m, const struct record *r, bool more, bool led,
		 bool services)
{
	struct addr a;

	if (r->class != CLASS_IN)
		return;
	if (address_of(r, &a)) {
		if (of_interest(m, &a) || (more && services && addr_is_public(&a)))
			address(m, r, &a);
		return;
	}
	if (more)
		return;
	if (r->type == TYPE_PTR)
		pointer(m, r);
	else if (r->type == TYPE_CNAME && led)
		alias(m, r);
	else if (r->type == TYPE_SRV)
		service(m, r);
}

static void refusal(const struct message *m, const char *asked, uint16_t type, uint16_t rcode)
{
	struct sighting s = {.kind = SIGHT_DNS_ERROR,
			     .about = m->f->addr[!m->side],
			     .port = type,
			     .code = rcode};
	struct addr a;

	/* Addresses of the Internet have no name more often than not. */
	if (type == TYPE_PTR && (!reversed(asked, &a) || !of_interest(m, &a)))
		return;
	memcpy(s.text, asked, sizeof s.text);
	if (s.text[0])
		sight(m, &s);
}

static void message(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n,
		    const struct evidence *at)
{
	const struct message m = {.f = f, .side = side, .at = at, .p = p, .n = n};
	struct rd r = rd_over(p, n);
	char asked[SIGHTING_NAME] = "";
	uint16_t asked_type = 0, asked_class = 0;

	rd_skip(&r, 2);

	uint16_t flags = rd_be16(&r), qd = rd_be16(&r), an = rd_be16(&r), ns = rd_be16(&r),
		 ar = rd_be16(&r);
	unsigned opcode = flags >> 11 & 15, rcode = flags & 15;
	size_t where = HEADER;

	/* One question, as every resolver asks (RFC 9619). */
	if (rd_short(&r) || !(flags & FLAG_QR) || opcode || qd > 1)
		return;
	if (qd) {
		if (!name_at(&m, where, asked, &where))
			return;
		r = rd_over(p, n);
		rd_skip(&r, where);
		asked_type = rd_be16(&r);
		asked_class = rd_be16(&r);
		where += 4;
		if (rd_short(&r))
			return;
	}
	if (rcode == NXDOMAIN || rcode == SERVFAIL || rcode == REFUSED) {
		if (qd && asked_class == CLASS_IN)
			refusal(&m, asked, asked_type, (uint16_t)rcode);
		return;
	}
	if (rcode)
		return;

	size_t first = where, all = (size_t)an + ns + ar;
	bool led = asked_type == TYPE_CNAME, services = false;
	struct record one;
	struct addr a;

	if (all > RECORDS_MAX)
		all = RECORDS_MAX;
	for (size_t i = 0; i < an && i < all && record_at(&m, &where, &one); i++) {
		led = led || (address_of(&one, &a) && of_interest(&m, &a));
		services = services || one.type == TYPE_SRV;
	}
	where = first;
	for (size_t i = 0; i < all && record_at(&m, &where, &one); i++)
		if (i < an || i >= (size_t)an + ns)
			tell(&m, &one, i >= an, led, services);
}

/* ---- the learner */

static const struct framing over_tcp = {
	.head = 2,
	.keep = UINT16_MAX,
	.max = UINT16_MAX,
	.message = message,
};

static bool wants(const struct learn_ask *q, const char *app)
{
	return (q->port[0] == PORT || q->port[1] == PORT) && !strcmp(app, "dns");
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	/* Two servers that talk from port 53 do so over UDP. */
	if (f->port[side] == PORT && (f->proto == PROTO_UDP || f->port[!side] != PORT))
		framed_bytes(f, &over_tcp, side, p, n, start, at);
}

static void gap(struct learn_flow *f, unsigned side, uint64_t n)
{
	if (f->port[side] == PORT && f->port[!side] != PORT)
		framed_gap(f, n);
}

const struct learner learner_dns = {
	.word = "dns",
	.spec = "RFC 1035 4.1; RFC 2782; RFC 3596",
	.names_only = true,
	.wants = wants,
	.open = framed_open,
	.bytes = bytes,
	.gap = gap,
	.close = framed_close,
};
