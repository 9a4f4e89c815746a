/* SPDX-License-Identifier: BSD-2-Clause */
/* rpc_lab - conversations of DCE/RPC, built PDU by PDU (C706 12.6.4). */
#ifndef SPAN_TESTS_RPC_LAB_H
#define SPAN_TESTS_RPC_LAB_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "recognise/dcerpc_pdu.h"
#include "recognise/rpc_iface.h"

enum { TALK_STEPS = 160, TALK_BYTES = 768 << 10 };

/* What the two sides of a connection said, in its order. Side 0 is the client. */
struct talk {
	struct step {
		unsigned side;
		bool gap;
		uint64_t n;  /* bytes, or how many are missing: 0 nobody knows */
		size_t from; /* of its bytes in p */
	} step[TALK_STEPS];
	size_t n_step;
	uint8_t p[TALK_BYTES];
	size_t n;
	bool big;   /* integers of the PDUs that follow */
	size_t pdu; /* where the PDU in the making begins */
	bool mid;   /* the start of the connection was not captured */
};

static inline void say(struct talk *t, const void *p, size_t n)
{
	if (n > sizeof t->p - t->n)
		abort();
	if (n)
		memcpy(t->p + t->n, p, n);
	t->n += n;
}

static inline void put(struct talk *t, uint64_t v, unsigned n)
{
	uint8_t b[8];

	for (unsigned i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> 8 * (t->big ? n - 1 - i : i));
	say(t, b, n);
}

static inline void pad_to(struct talk *t, size_t from, size_t to)
{
	static const uint8_t zero[8];

	say(t, zero, (size_t)(-(t->n - from)) % to);
}

/* UUIDs but for the last eight octets are in the order of integers: C706 14.3.6. */
static inline void put_uuid(struct talk *t, const char *text)
{
	uint8_t u[16];

	if (!rpc_uuid_parse(text, u))
		abort();
	put(t, (uint64_t)u[0] << 24 | u[1] << 16 | u[2] << 8 | u[3], 4);
	put(t, (uint64_t)u[4] << 8 | u[5], 2);
	put(t, (uint64_t)u[6] << 8 | u[7], 2);
	say(t, u + 8, 8);
}

static inline void step(struct talk *t, unsigned side, size_t from)
{
	if (t->n_step == TALK_STEPS)
		abort();
	t->step[t->n_step++] = (struct step){.side = side, .n = t->n - from, .from = from};
}

static inline void missing(struct talk *t, unsigned side, uint64_t n)
{
	step(t, side, t->n);
	t->step[t->n_step - 1].gap = true;
	t->step[t->n_step - 1].n = n;
}

static inline void begin(struct talk *t, uint8_t ptype, uint8_t flags, uint32_t call_id)
{
	const uint8_t head[] = {5, 0, ptype, flags, t->big ? 0 : 0x10, 0, 0, 0, 0, 0, 0, 0};

	t->pdu = t->n;
	say(t, head, sizeof head);
	put(t, call_id, 4);
}

static inline void end_as(struct talk *t, unsigned side, size_t auth)
{
	const size_t n = t->n, frag = n - t->pdu;

	t->n = t->pdu + 8;
	put(t, frag, 2);
	put(t, auth, 2);
	t->n = n;
	step(t, side, t->pdu);
}

static inline void end(struct talk *t, unsigned side)
{
	end_as(t, side, 0);
}

/* Ends the PDU with padding, a sec_trailer and `auth` octets of credentials. */
static inline void end_secured(struct talk *t, unsigned side, uint8_t level, size_t body,
			       size_t auth)
{
	const size_t pad = (size_t)(-(t->n - body)) % 16;
	uint8_t trailer[8] = {10, level, (uint8_t)pad};
	static const uint8_t value[8192] = {0x4e, 0x54};

	for (size_t i = 0; i < pad; i++)
		say(t, "\xbb", 1);
	say(t, trailer, sizeof trailer);
	say(t, value, auth);
	end_as(t, side, auth);
}

#define NDR      "8a885d04-1ceb-11c9-9fe8-08002b104860"
#define NDR64    "71710533-beba-4937-8319-b5dbef9ccc36"
#define FEATURES "6cb71c2c-9812-4540-0300-000000000000"
#define EPM      "e1af8308-5d1f-11c9-91a4-08002b14a0fa"
#define OXID     "99fcfec4-5260-101b-bbcb-00aa0021347a"
#define ACTIVATE "000001a0-0000-0000-c000-000000000046"
#define DRSUAPI  "e3514235-4b06-11d1-ab04-00c04fc2dcd2"
#define NETLOGON "12345678-1234-abcd-ef00-01234567cffb"
#define LSARPC   "12345778-1234-abcd-ef00-0123456789ab"

struct offered {
	uint16_t id;
	const char *uuid;
	uint16_t major, minor;
	const char *syntax;
};

static inline void contexts(struct talk *t, const struct offered *o, size_t n)
{
	put(t, 5840, 2);
	put(t, 5840, 2);
	put(t, 0, 4);

	const uint8_t count[4] = {(uint8_t)n};

	say(t, count, sizeof count);
	for (size_t i = 0; i < n; i++) {
		put(t, o[i].id, 2);
		say(t, "\1\0", 2);
		put_uuid(t, o[i].uuid);
		put(t, (uint32_t)o[i].minor << 16 | o[i].major, 4);
		put_uuid(t, o[i].syntax);
		put(t, strcmp(o[i].syntax, NDR) ? 1 : 2, 4);
	}
}

static inline void bind_n(struct talk *t, uint32_t call_id, const struct offered *o, size_t n)
{
	begin(t, PDU_BIND, 3, call_id);
	contexts(t, o, n);
	end(t, 0);
}

static inline void alter_n(struct talk *t, uint32_t call_id, const struct offered *o, size_t n)
{
	begin(t, PDU_ALTER_CONTEXT, 3, call_id);
	contexts(t, o, n);
	end(t, 0);
}

/* A bind of one context, number 0. */
static inline void bind_one(struct talk *t, uint32_t call_id, const char *uuid, uint16_t major,
			    const char *syntax)
{
	const struct offered o = {.uuid = uuid, .major = major, .syntax = syntax};

	bind_n(t, call_id, &o, 1);
}

struct answered {
	uint16_t result, reason;
	const char *syntax;
};

static inline void results(struct talk *t, const char *address, const struct answered *r, size_t n)
{
	const size_t k = strlen(address) + 1;

	put(t, 5840, 2);
	put(t, 5840, 2);
	put(t, 0x1234, 4);
	put(t, k, 2);
	say(t, address, k);
	pad_to(t, t->pdu, 4);

	const uint8_t count[4] = {(uint8_t)n};

	say(t, count, sizeof count);
	for (size_t i = 0; i < n; i++) {
		put(t, r[i].result, 2);
		put(t, r[i].reason, 2);
		put_uuid(t, r[i].syntax ? r[i].syntax : "00000000-0000-0000-0000-000000000000");
		put(t, 2, 4);
	}
}

static inline void ack_n(struct talk *t, uint8_t ptype, uint32_t call_id, const struct answered *r,
			 size_t n)
{
	begin(t, ptype, 3, call_id);
	results(t, "135", r, n);
	end(t, 1);
}

static inline void ack(struct talk *t, uint32_t call_id, const char *syntax)
{
	const struct answered r = {.syntax = syntax};

	ack_n(t, PDU_BIND_ACK, call_id, &r, 1);
}

static inline void request(struct talk *t, uint32_t call_id, uint16_t context, uint16_t opnum,
			   size_t n)
{
	begin(t, PDU_REQUEST, 3, call_id);
	put(t, n, 4);
	put(t, context, 2);
	put(t, opnum, 2);
	for (size_t i = 0; i < n; i++)
		say(t, "\x05", 1); /* looks like headers */
	end(t, 0);
}

static inline void respond(struct talk *t, uint8_t flags, uint32_t call_id, uint16_t context)
{
	begin(t, PDU_RESPONSE, flags, call_id);
	put(t, 0, 4);
	put(t, context, 2);
	put(t, 0, 2);
}

static inline void fault(struct talk *t, uint32_t call_id, uint16_t context, uint32_t status)
{
	begin(t, PDU_FAULT, 3, call_id);
	put(t, 32, 4);
	put(t, context, 2);
	put(t, 0, 2);
	put(t, status, 4);
	put(t, 0, 4);
	end(t, 1);
}

/* Tower octets are little-endian whatever the PDU is: C706 L. */
static inline void tower(struct talk *t, const char *uuid, uint16_t major, uint16_t port)
{
	const bool big = t->big;
	static const uint8_t rest[] = {0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x0b, 0x02,
				       0x00, 0x00, 0x00, 0x01, 0x00, 0x07, 0x02, 0x00};

	t->big = false;
	put(t, 5, 2);
	say(t, "\x13\0\x0d", 3);
	put_uuid(t, uuid);
	put(t, major, 2);
	put(t, 2, 2);
	put(t, 0, 2);
	say(t, "\x13\0\x0d", 3);
	put_uuid(t, NDR);
	put(t, 2, 2);
	say(t, rest, sizeof rest);
	t->big = true;
	put(t, port, 2);
	say(t, "\x01\0\x09\x04\0\0\0\0\0", 9);
	t->big = big;
}

/* The answer of ept_map with a tower a port: C706 O, MS-RPCE 2.2.5 for NDR64. */
static inline void map_answer(struct talk *t, bool wide, const char *uuid, uint16_t major,
			      const uint16_t *port, size_t n)
{
	const size_t from = t->n, count = wide ? 8 : 4;

	for (size_t i = 0; i < 20; i++)
		say(t, "", 1);
	put(t, n, 4);
	put(t, n, (unsigned)count);
	put(t, 0, (unsigned)count);
	put(t, n, (unsigned)count);
	for (size_t i = 0; i < n; i++)
		put(t, i + 3, (unsigned)count);
	for (size_t i = 0; i < n; i++) {
		pad_to(t, from, count);
		put(t, 75, (unsigned)count);
		put(t, 75, 4);
		tower(t, uuid, major, port[i]);
	}
	pad_to(t, from, 4);
	put(t, 0, 4);
}

static inline void map_one(struct talk *t, bool wide, const char *uuid, uint16_t major,
			   uint16_t port)
{
	map_answer(t, wide, uuid, major, &port, 1);
}

static inline void zeros(struct talk *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		say(t, "", 1);
}

/* What ept_map is asked: C706 O.3. `again`: for more of an answer before. */
static inline void ask_map(struct talk *t, uint32_t call_id, bool wide, const char *uuid,
			   uint16_t major, bool again)
{
	const unsigned count = wide ? 8 : 4;
	size_t from;

	begin(t, PDU_REQUEST, 3, call_id);
	put(t, 0, 4);
	put(t, 0, 2);
	put(t, 3, 2);
	from = t->n;
	put(t, 1, count);
	zeros(t, 16);
	put(t, 2, count);
	put(t, 75, count);
	put(t, 75, 4);
	tower(t, uuid, major, 0);
	pad_to(t, from, 4);
	put(t, again ? 7 : 0, 4);
	zeros(t, 16);
	put(t, 4, 4);
	end(t, 0);
}

/* ept_s_not_registered, and no tower. */
static inline void map_none(struct talk *t, uint32_t call_id, bool wide)
{
	const unsigned count = wide ? 8 : 4;

	respond(t, 3, call_id, 0);
	zeros(t, 20);
	put(t, 0, 4);
	put(t, 4, count);
	put(t, 0, count);
	put(t, 0, count);
	put(t, 0x16c9a0d6, 4);
	end(t, 1);
}

/* A call of ept_map and its answer. */
static inline void map_call(struct talk *t, uint32_t call_id, uint16_t context, bool wide,
			    const char *uuid, uint16_t major, uint16_t port)
{
	request(t, call_id, context, 3, 132);
	respond(t, 3, call_id, context);
	map_one(t, wide, uuid, major, port);
	end(t, 1);
}

#endif
