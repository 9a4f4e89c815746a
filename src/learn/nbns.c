// SPDX-License-Identifier: BSD-2-Clause
/*
 * nbns - which NetBIOS names hosts have (RFC 1002 4.2): what they register and refresh, what a name
 * server or the owner answers, and what a host tells of itself when it is asked for its status.
 *
 *   id(2) R(1) opcode(4) flags(7) rcode(4)  questions(2) answers(2) authority(2) additional(2)
 *   20 (32 letters A to P) [scope] 00   type(2) class(2)          a question
 *   the same or a pointer   type(2) class(2) ttl(4) length(2)     a record, and
 *     NB:     { G(1) owner(2) 0(13)  address(4) } ...             4.2.1.3
 *     NBSTAT: count(1) { name(15) suffix(1) flags(2) } ...        4.2.18
 *
 * A refusal, a release and a challenge say nothing of who has a name.
 */
#include <string.h>

#include "base/rd.h"
#include "learn/learner.h"
#include "recognise/netbios.h"

enum {
	PORT = 137,
	ANSWER = 0x8000,
	QUERY = 0, /* 4.2.1.1 */
	REGISTRATION = 5,
	REFRESH = 8,
	REFRESH_ALT = 9,
	MULTIHOMED = 15, /* MS-NBTE 2.2.2 */
	TYPE_NB = 0x20,
	TYPE_NBSTAT = 0x21,
	CLASS_IN = 1,
	GROUP = 0x8000,
	NAME = 16, /* with the suffix */
	POINTER = 0xc0,
	OWNERS_MAX = 64,
};

/* A name on the wire: 32 letters A to P, RFC 1001 14.1. */
static bool encoded(struct rd *r, uint8_t ret[NAME])
{
	struct rd letters = *r;

	if (netbios_name(r) != VERDICT_SURE)
		return false;
	rd_skip(&letters, 1);
	for (int i = 0; i < NAME; i++) {
		unsigned hi = rd_u8(&letters), lo = rd_u8(&letters);

		ret[i] = (uint8_t)((hi - 'A') << 4 | (lo - 'A'));
	}
	return true;
}

/* The name of a record; a pointer stands for the question's, which is the only one before it. */
static bool record_name(struct rd *r, uint8_t name[NAME])
{
	struct rd look = *r;

	if ((rd_u8(&look) & POINTER) != POINTER)
		return encoded(r, name);
	rd_skip(r, 2);
	return !rd_short(r);
}

static void tell(struct learn_flow *f, const struct addr *about, const struct addr *by,
		 struct rd name, bool group, const struct evidence *at)
{
	struct sighting s = {.kind = SIGHT_NBNS_NAME, .about = *about};
	struct rd text = rd_sub(&name, NAME - 1);

	s.code = rd_u8(&name);
	while (rd_left(&text) && (text.end[-1] == ' ' || !text.end[-1]))
		text.end--;
	if (rd_short(&name) || !rd_left(&text) || *text.p == '*' || addr_is_unspecified(about) ||
	    addr_is_multicast(about) || addr_is_broadcast(about) ||
	    (addr_is_v4(about) && !addr_to_v4(about)))
		return;
	if (!addr_equal(about, by))
		s.by = *by;
	sighting_text(s.name, 0, text);
	sighting_lower(s.name);
	if (group)
		memcpy(s.text, "group", sizeof "group");
	learn_sighted(f, &s, at);
}

static void status(struct learn_flow *f, unsigned side, struct rd data, const struct evidence *at)
{
	const struct addr *who = &f->addr[side];
	uint8_t n = rd_u8(&data);

	while (n--) {
		struct rd name = rd_sub(&data, NAME);
		uint16_t flags = rd_be16(&data);

		if (rd_short(&data))
			return;
		tell(f, who, who, name, flags & GROUP, at);
	}
}

static void owners(struct learn_flow *f, unsigned side, struct rd data, const uint8_t name[NAME],
		   const struct evidence *at)
{
	for (int i = 0; i < OWNERS_MAX && rd_left(&data); i++) {
		uint16_t flags = rd_be16(&data);
		struct addr a = addr_v4(rd_be32(&data));

		if (rd_short(&data))
			return;
		tell(f, &a, &f->addr[side], rd_over(name, NAME), flags & GROUP, at);
	}
}

static void bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		  const struct evidence *at)
{
	struct rd r = rd_over(p, n);
	uint8_t name[NAME] = {0};

	(void)start;
	rd_skip(&r, 2);

	uint16_t flags = rd_be16(&r), qd = rd_be16(&r), an = rd_be16(&r);

	rd_skip(&r, 2);

	uint16_t ar = rd_be16(&r);
	unsigned opcode = flags >> 11 & 15;
	bool answer = flags & ANSWER;
	bool registers = opcode == REGISTRATION || opcode == REFRESH || opcode == REFRESH_ALT ||
			 opcode == MULTIHOMED;

	if (rd_short(&r) || flags & 15 || qd > 1 || (answer ? !an : !(registers && qd && ar)))
		return;
	if (qd) {
		if (!encoded(&r, name))
			return;
		rd_skip(&r, 4);
	}
	if (!record_name(&r, name))
		return;

	uint16_t type = rd_be16(&r), class = rd_be16(&r);

	rd_skip(&r, 4);

	struct rd data = rd_sub(&r, rd_be16(&r));

	if (rd_short(&r) || class != CLASS_IN)
		return;
	if (!answer && type == TYPE_NB) {
		/* Who sends it has the name, at the address that it sends from. */
		uint16_t nb = rd_be16(&data);

		if (!rd_short(&data))
			tell(f, &f->addr[side], &f->addr[side], rd_over(name, NAME), nb & GROUP,
			     at);
	} else if (answer && opcode == QUERY && type == TYPE_NB) {
		owners(f, side, data, name, at);
	} else if (answer && opcode == QUERY && type == TYPE_NBSTAT) {
		status(f, side, data, at);
	}
}

static bool wants(const struct learn_ask *q, const char *app)
{
	return q->proto == PROTO_UDP && (q->port[0] == PORT || q->port[1] == PORT) &&
	       !strcmp(app, "nbns");
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

const struct learner learner_nbns = {
	.word = "nbns",
	.spec = "RFC 1002 4.2; MS-NBTE 2.2",
	.names_only = true,
	.wants = wants,
	.open = open_,
	.bytes = bytes,
	.close = close_,
};
