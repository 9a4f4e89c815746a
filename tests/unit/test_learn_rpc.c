// SPDX-License-Identifier: BSD-2-Clause
/* Connections of DCE/RPC, as streams: whole, in pieces, with one side late, torn and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "build.h"
#include "learn/learn.h"
#include "learn/stub.h"
#include "rpc_lab.h"

enum { TEXT = 4096 };

static uint32_t rng(uint64_t *s)
{
	*s = *s * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(*s >> 33);
}

/* ---- feeding a conversation to a learner, and what came of it as text */

struct lab {
	struct learn *l;
	struct learn_flow *f;
	bool begun[2];
	uint32_t number; /* of the packet in hand; 0: all bytes of a side come in one */
};

static struct lab lab_open(uint16_t port)
{
	static const struct hash_key key = {1, 2};
	struct lab x = {.l = learn_new(&(struct learn_options){.key = &key})};
	struct learn_ask q = {.proto = PROTO_TCP,
			      .addr = {A("10.0.0.9"), A("10.0.0.5")},
			      .port = {49152, port},
			      .app = port == 135 || port == 593 ? APP_NONE : app_by_name("dcerpc")};

	assert_non_null(x.l);
	x.f = learn_open(x.l, &q);
	assert_non_null(x.f);
	return x;
}

static void lab_bytes(struct lab *x, const struct talk *t, unsigned side, const uint8_t *p,
		      size_t n)
{
	const uint32_t number = x->number ? x->number : side + 1;
	const struct evidence at = {.ts_ns = number * INT64_C(1000), .number = number};
	uint8_t *exact = malloc(n ? n : 1); /* its end is the end */

	assert_non_null(exact);
	memcpy(exact, p, n);
	learn_bytes(x->f, side, exact, n, !x->begun[side] && !t->mid, &at);
	x->begun[side] |= n > 0;
	free(exact);
}

static void lab_gap(struct lab *x, unsigned side, uint64_t n)
{
	learn_gap(x->f, side, n);
	x->begun[side] = true;
}

static void add(char *text, const char *word)
{
	size_t n = strlen(text);

	snprintf(text + n, TEXT - n, "%s%s", n ? " " : "", word);
}

static const char *name_of(const uint8_t uuid[16])
{
	const struct rpc_iface_row *row = rpc_iface_find(uuid);

	return row ? row->name : "?";
}

/* Facts, grants and figures; frees everything, and looks whether memory went back. */
static void lab_close(struct lab *x, char text[TEXT], bool evidence)
{
	const struct learn_stats *s = learn_stats(x->l);
	const struct grant *g;
	struct learn_facts k;
	size_t n;
	char one[256];

	text[0] = 0;
	learn_close(x->f, &k);
	assert_int_equal(s->memory, 0);
	if (k.client_side >= 0)
		add(text, k.client_side ? "client 1" : "client 0");
	if (k.has_bind) {
		snprintf(one, sizeof one, evidence ? "bind@%u" : "bind", k.bind.number);
		add(text, one);
	}
	for (unsigned i = 0; i < k.n_iface; i++) {
		snprintf(one, sizeof one, "%s%s/%u.%u", k.iface[i].refused ? "!" : "",
			 name_of(k.iface[i].uuid), k.iface[i].major, k.iface[i].minor);
		add(text, one);
	}
	if (k.nak)
		add(text, "nak");
	if (k.sealed)
		add(text, "sealed");
	if (k.lost)
		add(text, "lost");
	if (k.faults)
		add(text, "faults");
	if (k.replicates)
		add(text, "replicates");
	assert_int_equal(learn_grants(x->l, &g, &n), 0);
	for (size_t i = 0; i < n; i++) {
		char addr[ADDR_TEXT];

		assert_string_equal(addr_format(&g[i].server, addr), "10.0.0.5");
		assert_string_equal(addr_format(&g[i].client, addr), "10.0.0.9");
		snprintf(one, sizeof one, "| %s %u", grant_how_name(g[i].g.how), g[i].g.port);
		add(text, one);
		if (g[i].g.has_iface)
			add(text, name_of(g[i].g.uuid));
		if (g[i].assumed)
			add(text, "assumed");
		if (evidence) {
			snprintf(one, sizeof one, "@%u", g[i].first.number);
			add(text, one);
		}
	}
	snprintf(one, sizeof one, "| %u %u %u", (unsigned)s->answers, (unsigned)s->sealed,
		 (unsigned)s->bad);
	add(text, one);
	learn_free(x->l);
}

/* Every step whole, in the order of the conversation. */
static void as_said(const struct talk *t, uint16_t port, char text[TEXT])
{
	struct lab x = lab_open(port);

	for (size_t i = 0; i < t->n_step; i++) {
		const struct step *s = &t->step[i];

		if (s->gap)
			lab_gap(&x, s->side, s->n);
		else
			lab_bytes(&x, t, s->side, t->p + s->from, s->n);
	}
	lab_close(&x, text, false);
}

/* Where one direction is in its steps. */
struct cursor {
	size_t step, done;
};

static bool next(const struct talk *t, unsigned side, struct cursor *c)
{
	while (c->step < t->n_step && (t->step[c->step].side != side ||
				       (!t->step[c->step].gap && c->done == t->step[c->step].n))) {
		c->step++;
		c->done = 0;
	}
	return c->step < t->n_step;
}

/* Up to `max` bytes of a side, over the ends of PDUs; or what is missing. */
static void give(struct lab *x, const struct talk *t, unsigned side, struct cursor *c, size_t max)
{
	static uint8_t piece[TALK_BYTES];
	size_t n = 0;

	while (n < max && next(t, side, c)) {
		const struct step *s = &t->step[c->step];
		size_t k;

		if (s->gap) {
			if (n)
				break;
			lab_gap(x, side, s->n);
			c->step++;
			c->done = 0;
			return;
		}
		k = s->n - c->done < max - n ? s->n - c->done : max - n;
		memcpy(piece + n, t->p + s->from + c->done, k);
		n += k;
		c->done += k;
	}
	if (n)
		lab_bytes(x, t, side, piece, n);
}

/* Pieces of 1 to `max` bytes, and sides that are ahead of each other by chance. */
static void by_chance(const struct talk *t, uint16_t port, uint64_t seed, size_t max,
		      char text[TEXT])
{
	struct lab x = lab_open(port);
	struct cursor c[2] = {{0}, {0}};
	bool more[2];

	while ((more[0] = next(t, 0, &c[0])) | (more[1] = next(t, 1, &c[1]))) {
		unsigned side = more[0] && more[1] ? rng(&seed) % 2 : more[1];
		unsigned pieces = 1 + rng(&seed) % 8;

		while (pieces-- && next(t, side, &c[side]))
			give(&x, t, side, &c[side], 1 + rng(&seed) % max);
	}
	lab_close(&x, text, false);
}

/* One side whole, then the other, in pieces of `max`. */
static void one_by_one(const struct talk *t, uint16_t port, unsigned first, size_t max,
		       char text[TEXT])
{
	struct lab x = lab_open(port);

	for (unsigned i = 0; i < 2; i++) {
		unsigned side = first ^ i;
		struct cursor c = {0};

		while (next(t, side, &c))
			give(&x, t, side, &c, max);
	}
	lab_close(&x, text, false);
}

/* ---- conversations */

static void vector(struct talk *t, unsigned side, const char *hex)
{
	uint8_t b[1024];
	size_t from = t->n;

	say(t, b, unhex(hex, b, sizeof b));
	step(t, side, from);
}

#define A1_BIND                                                                                    \
	"05000b03100000004800000001000000d016d0160000000001000000000001000883afe11f5dc91191a40800" \
	"2b14a0fa03000000045d888aeb1cc9119fe808002b10486002000000"
#define A1_ACK                                                                                     \
	"05000c03100000003c00000001000000d016d0163412000004003133350000000100000000000000045d888a" \
	"eb1cc9119fe808002b10486002000000"
#define A1_ANSWER                                                                                 \
	"050002031000000098000000020000008000000000000000000000000000000000000000000000000000000" \
	"001000000040000000000000001000000030000004b0000004b000000050013000d354251e3064bd111ab04" \
	"00c04fc2dcd204000200000013000d045d888aeb1cc9119fe808002b10486002000200000001000b020000"  \
	"000100070200c20301000904000a0000050000000000"

static void mapped(struct talk *t)
{
	vector(t, 0, A1_BIND);
	vector(t, 1, A1_ACK);
	vector(t, 0,
	       "05000003100000009c0000000200000084000000000003000100000000000000000000000000000000"
	       "000000000000020000004b0000004b000000050013000d354251e3064bd111ab0400c04fc2dcd20400"
	       "0200000013000d045d888aeb1cc9119fe808002b10486002000200000001000b020000000100070200"
	       "000001000904000000000000000000000000000000000000000000000000000004000000");
	vector(t, 1, A1_ANSWER);
}

/* What Windows offers, and the answer of a peer of its age. */
static void mapped_wide(struct talk *t)
{
	vector(t, 0,
	       "05000b0310000000a000000001000000d016d0160000000003000000000001000883afe11f5dc9"
	       "1191a408002b14a0fa03000000045d888aeb1cc9119fe808002b10486002000000010001000883"
	       "afe11f5dc91191a408002b14a0fa0300000033057171babe37498319b5dbef9ccc360100000002"
	       "0001000883afe11f5dc91191a408002b14a0fa030000002c1cb76c129840450300000000000000"
	       "01000000");
	vector(t, 1,
	       "05000c03100000006c00000001000000d016d01634120000040031333500000003000000020002"
	       "0000000000000000000000000000000000000000000000000033057171babe37498319b5dbef9c"
	       "cc3601000000030003000000000000000000000000000000000000000000");
	vector(t, 0,
	       "0500000310000000a8000000020000009000000001000300010000000000000000000000000000"
	       "00000000000000000002000000000000004b000000000000004b000000050013000d354251e306"
	       "4bd111ab0400c04fc2dcd204000200000013000d045d888aeb1cc9119fe808002b104860020002"
	       "00000001000b020000000100070200000001000904000000000000000000000000000000000000"
	       "000000000000000004000000");
	vector(t, 1,
	       "0500020310000000ac000000020000009400000001000000000000000000000000000000000000"
	       "000000000001000000040000000000000000000000000000000100000000000000030000000000"
	       "00004b000000000000004b000000050013000d354251e3064bd111ab0400c04fc2dcd204000200"
	       "000013000d045d888aeb1cc9119fe808002b10486002000200000001000b020000000100070200"
	       "c20301000904000a0000050000000000");
}

static const char OXID_ANSWER[] =
	"0500020310000000900000000200000078000000000000000000020027000000270020000700530051004c0030"
	"0031005b00340039003600370030005d0000000700310030002e0030002e0030002e0035005b00340039003600"
	"370030005d00000000000900ffff00001000ffff000000000000008000004c0f00009a622e3f6c1d7a55050000"
	"000500070000000000";

static void oxid(struct talk *t)
{
	bind_one(t, 1, OXID, 0, NDR);
	ack(t, 1, NDR);
	vector(t, 0,
	       "05000003100000002a000000020000001200000000000400887766554433221101000000010000"
	       "000700");
	vector(t, 1, OXID_ANSWER);
}

static void self_identified(struct talk *t)
{
	/* NETLOGON, with the wish for privacy */
	vector(t, 0,
	       "05000b03100000007000200001000000d016d016000000000100000000000100785634123412cdab"
	       "ef0001234567cffb01000000045d888aeb1cc9119fe808002b104860020000000a0600007f350100"
	       "4e544c4d53535000010000000000000000000000000000000000000000000000");
}

static void naked(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	vector(t, 1, "05000d031000000015000000010000000000010500");
}

static void big_endian(struct talk *t)
{
	t->big = true;
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	map_call(t, 2, 0, false, DRSUAPI, 4, 49667);
}

static void minor_one(struct talk *t)
{
	mapped(t);
	for (size_t i = 0; i < t->n_step; i++)
		t->p[t->step[i].from + 1] = 1;
}

/* Each side in the byte order of its own machine. */
static void both_orders(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR64);
	t->big = true;
	ack(t, 1, NDR64);
	t->big = false;
	request(t, 2, 0, 3, 132);
	t->big = true;
	respond(t, 3, 2, 0);
	map_one(t, true, NETLOGON, 1, 49668);
	end(t, 1);
}

static void interleaved(struct talk *t)
{
	static const struct offered o[] = {{0, EPM, 3, 0, NDR}, {7, EPM, 3, 0, NDR64}};
	static const struct answered r[] = {{.syntax = NDR}, {.syntax = NDR64}};

	bind_n(t, 9, o, 2);
	ack_n(t, PDU_BIND_ACK, 9, r, 2);
	request(t, 10, 0, 3, 132);
	request(t, 11, 7, 3, 132);
	request(t, 12, 0, 4, 20); /* ept_lookup_handle_free */
	request(t, 13, 7, 3, 132);
	respond(t, 3, 11, 7);
	map_one(t, true, NETLOGON, 1, 49668);
	end(t, 1);
	respond(t, 3, 12, 0);
	end(t, 1);
	respond(t, 3, 10, 0);
	map_one(t, false, DRSUAPI, 4, 49667);
	end(t, 1);
	respond(t, 3, 13, 7);
	map_one(t, true, LSARPC, 0, 49669);
	end(t, 1);
}

/* Several PDUs in each step are what by_chance() makes of them; here all calls have one number. */
static void same_number(struct talk *t)
{
	static const uint16_t port[] = {49670, 49671, 49672};

	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	request(t, 1, 0, 4, 20);
	respond(t, 3, 1, 0);
	say(t, "\0\0\0\0\0\0\0\0", 8);
	end(t, 1);
	map_call(t, 1, 0, false, DRSUAPI, 4, 49667);
	request(t, 1, 0, 3, 132);
	fault(t, 1, 0, 0x1c010003);
	map_call(t, 1, 0, false, NETLOGON, 1, 49668);
	request(t, 1, 0, 3, 132);
	respond(t, 3, 1, 0);
	map_answer(t, false, LSARPC, 0, port, 3);
	end(t, 1);
}

static const uint16_t many_ports[] = {50000, 50001, 50002, 50003, 50004, 50005, 50006, 50007};

/* A stub of which each fragment has a part, the fragments of another call between them. */
static void fragments_of(struct talk *t, size_t size, bool secured, uint8_t level, size_t lose)
{
	static struct talk stub, other;
	size_t done = 0;

	memset(&stub, 0, sizeof stub);
	memset(&other, 0, sizeof other);
	map_answer(&stub, false, DRSUAPI, 4, many_ports, N_ELEMENTS(many_ports));
	map_one(&other, false, NETLOGON, 1, 49668);

	for (size_t i = 0; done < stub.n; i++) {
		size_t k = stub.n - done < size ? stub.n - done : size, body;

		respond(t, (uint8_t)((done ? 0 : 1) | (done + k == stub.n ? 2 : 0)), 2, 0);
		body = t->n;
		say(t, stub.p + done, k);
		if (secured)
			end_secured(t, 1, level, body, 16);
		else
			end(t, 1);
		if (lose && i == lose) { /* the capture has nothing of it */
			const size_t n = t->step[--t->n_step].n;

			t->n -= n;
			missing(t, 1, n);
		}
		done += k;
		if (i == 0) {
			respond(t, 3, 3, 0);
			body = t->n;
			say(t, other.p, other.n);
			if (secured)
				end_secured(t, 1, level, body, 16);
			else
				end(t, 1);
		}
	}
}

static void fragments_begin(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	request(t, 2, 0, 3, 132);
	request(t, 3, 0, 3, 132);
}

static void fragments(struct talk *t)
{
	fragments_begin(t);
	fragments_of(t, 100, false, 0, 0);
}

static void fragments_signed(struct talk *t)
{
	fragments_begin(t);
	fragments_of(t, 90, true, 5, 0);
}

static void fragment_lost(struct talk *t)
{
	fragments_begin(t);
	fragments_of(t, 200, false, 0, 2);
	/* What follows is found again: two PDUs, of which the second confirms the first. */
	map_call(t, 4, 0, false, LSARPC, 0, 49669);
	map_call(t, 5, 0, false, LSARPC, 0, 49669);
}

static void sealed(struct talk *t)
{
	fragments_begin(t);
	fragments_of(t, 90, true, 6, 0);
}

static void secured_bind(struct talk *t, const char *uuid, uint8_t level)
{
	const struct offered o = {.uuid = uuid, .major = strcmp(uuid, EPM) ? 0 : 3, .syntax = NDR};
	const struct answered r = {.syntax = NDR};
	size_t body;

	begin(t, PDU_BIND, 3, 1);
	body = t->n;
	contexts(t, &o, 1);
	end_secured(t, 0, level, body, 3000);
	begin(t, PDU_BIND_ACK, 3, 1);
	body = t->n;
	results(t, "135", &r, 1);
	end_secured(t, 1, level, body, 200);
	begin(t, PDU_AUTH3, 3, 1);
	put(t, 0, 4);
	end_secured(t, 0, level, t->pdu, 500);
}

static void oxid_sealed(struct talk *t)
{
	size_t body;

	secured_bind(t, OXID, 6);
	request(t, 2, 0, 4, 18);
	respond(t, 3, 2, 0);
	body = t->n;
	say(t, many_ports, sizeof many_ports);
	end_secured(t, 1, 6, body, 16);
	request(t, 3, 0, 3, 18); /* ServerAlive: of no interest */
	respond(t, 3, 3, 0);
	body = t->n;
	end_secured(t, 1, 6, body, 16);
}

/* No trailer, and what the bind asked for: octets that are no answer are sealed. */
static void sealed_by_bind(struct talk *t)
{
	secured_bind(t, EPM, 6);
	request(t, 2, 0, 3, 132);
	respond(t, 3, 2, 0);
	for (int i = 0; i < 100; i++)
		put(t, (uint32_t)i * 2654435761u, 4);
	end(t, 1);
}

static void bad_answer(struct talk *t)
{
	secured_bind(t, EPM, 5);
	request(t, 2, 0, 3, 132);
	respond(t, 3, 2, 0);
	for (int i = 0; i < 100; i++)
		put(t, (uint32_t)i * 2654435761u, 4);
	end(t, 1);
}

static void refused(struct talk *t)
{
	static const struct offered o[] = {{0, LSARPC, 0, 0, NDR},      {1, LSARPC, 0, 0, NDR64},
					   {2, LSARPC, 0, 0, FEATURES}, {3, NETLOGON, 1, 0, NDR},
					   {4, NETLOGON, 1, 0, NDR64},  {5, DRSUAPI, 4, 0, NDR}};
	static const struct answered r[] = {
		{PDU_PROVIDER_REJECTION, PDU_NO_ABSTRACT, NULL},
		{PDU_PROVIDER_REJECTION, PDU_NO_ABSTRACT, NULL},
		{PDU_NEGOTIATE_ACK, 3, NULL},
		{PDU_PROVIDER_REJECTION, PDU_NO_TRANSFER, NULL},
		{PDU_ACCEPTED, 0, NDR64},
		{PDU_PROVIDER_REJECTION, PDU_NO_TRANSFER, NULL},
	};

	bind_n(t, 1, o, N_ELEMENTS(o));
	ack_n(t, PDU_BIND_ACK, 1, r, N_ELEMENTS(r));
}

/* Refused in the bind, and taken in an alter_context. */
static void refused_then_not(struct talk *t)
{
	static const struct offered o = {3, EPM, 3, 0, NDR64};
	static const struct answered no = {PDU_PROVIDER_REJECTION, PDU_NO_ABSTRACT, NULL};
	static const struct answered yes = {PDU_ACCEPTED, 0, NDR64};

	bind_one(t, 1, EPM, 3, NDR);
	ack_n(t, PDU_BIND_ACK, 1, &no, 1);
	alter_n(t, 2, &o, 1);
	ack_n(t, PDU_ALTER_CONTEXT_RESP, 2, &yes, 1);
	map_call(t, 3, 3, true, DRSUAPI, 4, 49667);
}

static void several_binds(struct talk *t)
{
	static const struct offered o[] = {{1, OXID, 0, 0, NDR}, {2, DRSUAPI, 4, 0, NDR}};
	static const struct answered r = {.syntax = NDR};

	bind_one(t, 1, EPM, 3, NDR64);
	alter_n(t, 2, &o[0], 1);
	alter_n(t, 3, &o[1], 1);
	ack_n(t, PDU_ALTER_CONTEXT_RESP, 3, &r, 1);
	ack(t, 1, NDR64);
	ack_n(t, PDU_ALTER_CONTEXT_RESP, 2, &r, 1);
	map_call(t, 4, 0, true, DRSUAPI, 4, 49667);
	vector(t, 0,
	       "05000003100000002a000000020000001200000001000400887766554433221101000000010000"
	       "000700");
	vector(t, 1, OXID_ANSWER);
	t->p[t->n - 0x90 + 20] = 1;
	request(t, 5, 2, 3, 64);
	respond(t, 3, 5, 2);
	for (int i = 0; i < 4000; i++)
		put(t, 5, 4);
	end(t, 1);
}

static void faults(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	request(t, 2, 0, 3, 132);
	vector(t, 1, "0500030310000000200000000200000020000000000000000500000000000000");
	map_call(t, 3, 0, false, DRSUAPI, 4, 49667);
	request(t, 4, 0, 3, 132);
	fault(t, 4, 9, 5); /* that does not know its context */
}

static void replicates(struct talk *t)
{
	bind_one(t, 1, DRSUAPI, 4, NDR);
	ack(t, 1, NDR);
	begin(t, PDU_REQUEST, 0x83, 2);
	put(t, 100, 4);
	put(t, 0, 2);
	put(t, 3, 2);
	put_uuid(t, LSARPC);
	end(t, 0);
}

static void only_names(struct talk *t)
{
	bind_one(t, 1, DRSUAPI, 4, NDR);
	ack(t, 1, NDR);
	request(t, 2, 0, 12, 100); /* IDL_DRSCrackNames */
}

/* Of no use, and among them all that is passed over. */
static void noise(struct talk *t)
{
	bind_one(t, 1, LSARPC, 0, NDR);
	ack(t, 1, NDR);
	for (uint32_t i = 0; i < 8; i++) {
		request(t, 2 + i, 0, 3, 1000 * i);
		respond(t, 1, 2 + i, 0);
		map_one(t, false, DRSUAPI, 4, 49667);
		end(t, 1);
		respond(t, 2, 2 + i, 0);
		map_one(t, false, DRSUAPI, 4, 49667);
		end(t, 1);
	}
	begin(t, PDU_CANCEL, 3, 9);
	end(t, 0);
	begin(t, PDU_ORPHANED, 3, 9);
	end(t, 0);
	begin(t, PDU_RTS, 3, 0);
	put(t, 0, 4);
	end(t, 0);
	begin(t, PDU_SHUTDOWN, 3, 0);
	end(t, 1);
}

static void greeted(struct talk *t)
{
	static const char greeting[] = "ncacn_http/1.0";

	say(t, greeting, sizeof greeting - 1);
	step(t, 1, 0);
	mapped(t);
}

static void greeted_not(struct talk *t)
{
	say(t, "ncacn_http/2.0", 14);
	step(t, 1, 0);
	mapped(t);
}

/* The largest stub, and one octet more. */
static void largest(struct talk *t)
{
	size_t done = 0;

	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	request(t, 2, 0, 3, 132);
	while (done <= STUB_MAX) {
		const size_t k = 4096;

		respond(t, (uint8_t)((done ? 0 : 1) | (done + k > STUB_MAX ? 2 : 0)), 2, 0);
		if (!done)
			map_answer(t, false, DRSUAPI, 4, many_ports, N_ELEMENTS(many_ports));
		while (t->n - t->pdu < 24 + k)
			say(t, "", 1);
		end(t, 1);
		done += k;
	}
}

static void mid_answer(struct talk *t)
{
	t->mid = true;
	vector(t, 1, A1_ANSWER);
}

/* The same of the object resolver, whose answer is known without a question, too. */
static void mid_oxid(struct talk *t)
{
	t->mid = true;
	vector(t, 1, OXID_ANSWER);
}

static void mid_oxid_asked(struct talk *t)
{
	t->mid = true;
	request(t, 2, 0, 4, 18);
	vector(t, 1, OXID_ANSWER);
}

/* No answer to ServerAlive, which is what was asked. */
static void mid_oxid_other_opnum(struct talk *t)
{
	t->mid = true;
	request(t, 2, 0, 3, 18);
	vector(t, 1, OXID_ANSWER);
}

static void mid_wide(struct talk *t)
{
	t->mid = true;
	say(t, "\x05\0\x02\x03\x10\0\0\0\x20", 9); /* the tail of something */
	step(t, 1, 0);
	map_call(t, 7, 1, true, NETLOGON, 1, 49668);
	map_call(t, 8, 1, false, LSARPC, 0, 49669);
}

/* The request is there: its opnum, and not the form alone, is what decides. */
static void mid_other_opnum(struct talk *t)
{
	t->mid = true;
	request(t, 2, 0, 5, 40);
	vector(t, 1, A1_ANSWER);
}

static void mid_alter(struct talk *t)
{
	static const struct offered o = {1, EPM, 3, 0, NDR};
	static const struct answered r = {.syntax = NDR};

	t->mid = true;
	alter_n(t, 6, &o, 1);
	ack_n(t, PDU_ALTER_CONTEXT_RESP, 6, &r, 1);
	map_call(t, 7, 1, false, DRSUAPI, 4, 49667);
	map_call(t, 8, 0, false, NETLOGON, 1, 49668); /* of a context from before */
}

static void bind_lost(struct talk *t)
{
	missing(t, 0, 72);
	ack(t, 1, NDR);
	map_call(t, 2, 0, false, DRSUAPI, 4, 49667);
}

static void ack_lost(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR64);
	missing(t, 1, 60);
	map_call(t, 2, 0, true, DRSUAPI, 4, 49667);
	map_call(t, 3, 0, true, NETLOGON, 1, 49668);
}

static void request_lost(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	missing(t, 0, 156);
	respond(t, 3, 2, 0);
	map_one(t, false, DRSUAPI, 4, 49667);
	end(t, 1);
}

static void answer_lost(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	request(t, 2, 0, 3, 132);
	missing(t, 1, 0);
	map_call(t, 3, 0, false, NETLOGON, 1, 49668);
	map_call(t, 4, 0, false, LSARPC, 0, 49669);
}

/* Gaps in what is passed over anyhow are counted through. */
static void harmless_gaps(struct talk *t)
{
	static const struct offered o[] = {{0, EPM, 3, 0, NDR}, {1, LSARPC, 0, 0, NDR}};
	static const struct answered r[] = {{.syntax = NDR}, {.syntax = NDR}};

	bind_n(t, 1, o, 2);
	ack_n(t, PDU_BIND_ACK, 1, r, 2);
	request(t, 2, 1, 3, 100);
	t->n -= 60;
	t->step[t->n_step - 1].n -= 60;
	missing(t, 0, 60);
	respond(t, 3, 2, 1);
	for (int i = 0; i < 50; i++)
		put(t, 5, 4);
	end(t, 1);
	t->n -= 100;
	t->step[t->n_step - 1].n -= 100;
	missing(t, 1, 40);
	say(t, many_ports, 10);
	step(t, 1, t->n - 10);
	missing(t, 1, 50);
	map_call(t, 3, 0, false, DRSUAPI, 4, 49667);
}

static void torn_answer(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	request(t, 2, 0, 3, 132);
	respond(t, 3, 2, 0);
	map_answer(t, false, DRSUAPI, 4, many_ports, 4);
	end(t, 1);
	t->n -= 100;
	t->step[t->n_step - 1].n -= 100;
	missing(t, 1, 100);
	map_call(t, 3, 0, false, NETLOGON, 1, 49668);
}

static void no_rpc(struct talk *t)
{
	size_t from = t->n;

	for (int i = 0; i < 20000; i++)
		put(t, (uint32_t)i * 2654435761u, 4);
	step(t, 0, from);
	bind_one(t, 1, EPM, 3, NDR);
	bind_one(t, 2, EPM, 3, NDR);
}

/* Some octets that are no PDU, and then it goes on. */
static void stumble(struct talk *t)
{
	mapped(t);
	say(t, "\x05\0\0\3\x10\0\0\0\xff\x0f garbage", 18);
	step(t, 1, t->n - 18);
	map_call(t, 3, 0, false, NETLOGON, 1, 49668);
	map_call(t, 4, 0, false, LSARPC, 0, 49669);
}

static void both_clients(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	bind_one(t, 1, EPM, 3, NDR);
	t->step[1].side = 1;
}

#define MAPPED "client 0 bind epmapper/3.0 | epm 49667 drsuapi"

static const struct conversation {
	const char *name;
	void (*make)(struct talk *t);
	uint16_t port;
	const char *want;
} conversations[] = {
	{"mapped", mapped, 135, MAPPED " | 1 0 0"},
	{"mapped, NDR64", mapped_wide, 135, MAPPED " | 1 0 0"},
	{"mapped on a port of its own", mapped, 49152, MAPPED " | 1 0 0"},
	{"object resolver", oxid, 135,
	 "client 0 bind IObjectExporter/0.0 | oxid 49670 | oxid 49670 | 1 0 0"},
	{"self-identified", self_identified, 49668, "client 0 bind netlogon/1.0 | 0 0 0"},
	{"bind_nak", naked, 135, "client 0 bind epmapper/3.0 nak | 0 0 0"},
	{"big-endian", big_endian, 135, MAPPED " | 1 0 0"},
	{"minor version 1", minor_one, 135, MAPPED " | 1 0 0"},
	{"both byte orders", both_orders, 135,
	 "client 0 bind epmapper/3.0 | epm 49668 netlogon | 1 0 0"},
	{"calls interleaved", interleaved, 135,
	 MAPPED " | epm 49668 netlogon | epm 49669 lsarpc | 3 0 0"},
	{"all calls numbered alike", same_number, 135,
	 "client 0 bind epmapper/3.0 faults | epm 49667 drsuapi | epm 49668 netlogon | epm 49670 "
	 "lsarpc | epm 49671 lsarpc | epm 49672 lsarpc | 3 0 0"},
	{"fragments", fragments, 135,
	 "client 0 bind epmapper/3.0 | epm 49668 netlogon | epm 50000 drsuapi | epm 50001 drsuapi "
	 "| "
	 "epm 50002 drsuapi | epm 50003 drsuapi | epm 50004 drsuapi | epm 50005 drsuapi | epm "
	 "50006 "
	 "drsuapi | epm 50007 drsuapi | 2 0 0"},
	{"fragments, signed", fragments_signed, 135,
	 "client 0 bind epmapper/3.0 | epm 49668 netlogon | epm 50000 drsuapi | epm 50001 drsuapi "
	 "| "
	 "epm 50002 drsuapi | epm 50003 drsuapi | epm 50004 drsuapi | epm 50005 drsuapi | epm "
	 "50006 "
	 "drsuapi | epm 50007 drsuapi | 2 0 0"},
	{"a fragment lost", fragment_lost, 135,
	 "client 0 bind epmapper/3.0 lost | epm 49668 netlogon | epm 49669 lsarpc | epm 50000 "
	 "drsuapi | epm 50001 drsuapi | epm 50002 drsuapi | 4 0 0"},
	{"sealed", sealed, 135, "client 0 bind epmapper/3.0 sealed | 2 2 0"},
	{"object resolver, sealed", oxid_sealed, 135,
	 "client 0 bind IObjectExporter/0.0 sealed | 1 1 0"},
	{"sealed, as the bind says", sealed_by_bind, 135,
	 "client 0 bind epmapper/3.0 sealed | 1 1 0"},
	{"malformed", bad_answer, 135, "client 0 bind epmapper/3.0 | 1 0 1"},
	{"refused", refused, 49668, "client 0 bind !lsarpc/0.0 netlogon/1.0 drsuapi/4.0 | 0 0 0"},
	{"refused, then not", refused_then_not, 135, MAPPED " | 1 0 0"},
	{"several binds at once", several_binds, 135,
	 "client 0 bind epmapper/3.0 IObjectExporter/0.0 drsuapi/4.0 replicates | epm 49667 "
	 "drsuapi "
	 "| oxid 49670 | oxid 49670 | 2 0 0"},
	{"faults", faults, 135, "client 0 bind epmapper/3.0 faults | epm 49667 drsuapi | 1 0 0"},
	{"replicates", replicates, 49667, "client 0 bind drsuapi/4.0 replicates | 0 0 0"},
	{"only names", only_names, 49667, "client 0 bind drsuapi/4.0 | 0 0 0"},
	{"noise", noise, 49667, "client 0 bind lsarpc/0.0 | 0 0 0"},
	{"greeting", greeted, 593, MAPPED " | 1 0 0"},
	{"greeting elsewhere", greeted, 49153, MAPPED " | 1 0 0"},
	{"no greeting", greeted_not, 593, MAPPED " | 1 0 0"},
	{"too long", largest, 135,
	 "client 0 bind epmapper/3.0 | epm 50000 drsuapi | epm 50001 drsuapi | epm 50002 drsuapi | "
	 "epm 50003 drsuapi | epm 50004 drsuapi | epm 50005 drsuapi | epm 50006 drsuapi | epm "
	 "50007 "
	 "drsuapi | 1 0 0"},
	{"mid-stream", mid_answer, 135, "client 0 | epm 49667 drsuapi assumed | 1 0 0"},
	{"mid-stream, on another port", mid_answer, 49152, "client 0 | 0 0 0"},
	{"mid-stream, NDR64 and NDR", mid_wide, 593,
	 "client 0 | epm 49668 netlogon assumed | epm 49669 lsarpc assumed | 2 0 0"},
	{"mid-stream, another call", mid_other_opnum, 135, "client 0 | 0 0 0"},
	{"mid-stream, object resolver", mid_oxid, 135,
	 "client 0 | oxid 49670 assumed | oxid 49670 assumed | 1 0 0"},
	{"mid-stream, object resolver asked", mid_oxid_asked, 135,
	 "client 0 | oxid 49670 assumed | oxid 49670 assumed | 1 0 0"},
	{"mid-stream, object resolver elsewhere", mid_oxid, 49152, "client 0 | 0 0 0"},
	{"mid-stream, no object resolver", mid_oxid_other_opnum, 135, "client 0 | 0 0 0"},
	{"mid-stream, alter_context", mid_alter, 135,
	 MAPPED " | epm 49668 netlogon assumed | 2 0 0"},
	{"bind lost", bind_lost, 135, "client 0 | epm 49667 drsuapi assumed | 1 0 0"},
	{"bind lost, on another port", bind_lost, 49152, "client 0 | 0 0 0"},
	{"bind_ack lost", ack_lost, 49152, MAPPED " | epm 49668 netlogon | 2 0 0"},
	{"request lost", request_lost, 135,
	 "client 0 bind epmapper/3.0 | epm 49667 drsuapi assumed | 1 0 0"},
	{"request lost, on another port", request_lost, 49152,
	 "client 0 bind epmapper/3.0 lost | 0 0 0"},
	{"answer lost", answer_lost, 135,
	 "client 0 bind epmapper/3.0 lost | epm 49668 netlogon | epm 49669 lsarpc | 2 0 0"},
	{"gaps that do not matter", harmless_gaps, 135,
	 "client 0 bind epmapper/3.0 lsarpc/0.0 | epm 49667 drsuapi | 1 0 0"},
	{"torn answer", torn_answer, 135,
	 "client 0 bind epmapper/3.0 lost | epm 49668 netlogon | epm 50000 drsuapi | epm 50001 "
	 "drsuapi | "
	 "2 0 0"},
	{"no RPC", no_rpc, 135, "| 0 0 0"},
	{"stumble", stumble, 135, MAPPED " | epm 49668 netlogon | epm 49669 lsarpc | 3 0 0"},
	{"two clients", both_clients, 135, "client 0 bind epmapper/3.0 | 0 0 0"},
};

static struct talk *talk_of(const struct conversation *c)
{
	static struct talk t;

	memset(&t, 0, sizeof t);
	c->make(&t);
	return &t;
}

static void check(const struct conversation *c, const char *how, const char *text)
{
	if (strcmp(text, c->want))
		print_error("%s, %s:\n", c->name, how);
	assert_string_equal(text, c->want);
}

static void what_they_say(void **state)
{
	char text[TEXT];
	unsigned wrong = 0;

	for (size_t i = 0; i < N_ELEMENTS(conversations); i++) {
		const struct conversation *c = &conversations[i];

		as_said(talk_of(c), c->port, text);
		if (!strcmp(text, c->want))
			continue;
		print_error("%s:\n  %s\n  %s\n", c->name, text, c->want);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Two sides that both say they are the client: what is heard first counts, and nothing after. */
static bool in_order_only(const struct conversation *c)
{
	return c->make == both_clients;
}

static void any_pieces(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 7, 15, 16, 17, 24, 60, 100, 1460, 65536};
	char text[TEXT], how[64];

	for (size_t i = 0; i < N_ELEMENTS(conversations); i++) {
		const struct conversation *c = &conversations[i];
		const struct talk *t = talk_of(c);

		if (in_order_only(c))
			continue;
		for (size_t k = 0; k < N_ELEMENTS(sizes); k++)
			for (unsigned first = 0; first < 2; first++) {
				one_by_one(t, c->port, first, sizes[k], text);
				snprintf(how, sizeof how, "side %u first, by %zu", first, sizes[k]);
				check(c, how, text);
			}
	}
}

static void any_order(void **state)
{
	static const size_t sizes[] = {1, 5, 40, 300, 3000};
	char text[TEXT], how[64];

	for (size_t i = 0; i < N_ELEMENTS(conversations); i++) {
		const struct conversation *c = &conversations[i];
		const struct talk *t = talk_of(c);
		/* A long one in bytes takes long, and shows no more. */
		const unsigned seeds = t->n > 10000 ? 4 : 40;

		if (in_order_only(c))
			continue;
		for (unsigned seed = 0; seed < seeds; seed++) {
			const size_t max = sizes[seed % N_ELEMENTS(sizes)];

			by_chance(t, c->port, seed * 7919 + i, max, text);
			snprintf(how, sizeof how, "seed %u, up to %zu", seed, max);
			check(c, how, text);
		}
	}
}

static void no_more_than(const char *text, const char *whole)
{
	char one[32];

	for (const char *p = text; (p = strchr(p, '|')); p++) {
		unsigned port;

		if (sscanf(p, "| %*s %u", &port) != 1 || strlen(p) < 12)
			continue;
		snprintf(one, sizeof one, " %u ", port);
		assert_non_null(strstr(whole, one));
	}
}

/* Both directions end at any byte: nothing is told that the whole did not tell. */
static void cut_anywhere(void **state)
{
	char text[TEXT];

	for (size_t i = 0; i < N_ELEMENTS(conversations); i++) {
		struct talk *t = talk_of(&conversations[i]);
		const size_t n = t->n_step, jump = t->n > 5000 ? 997 : 1;

		for (size_t k = 0; k < n; k++) {
			const uint64_t whole = t->step[k].n;

			if (t->step[k].gap)
				continue;
			t->n_step = k + 1;
			for (uint64_t m = 0; m < whole; m += jump) {
				t->step[k].n = m;
				as_said(t, conversations[i].port, text);
				no_more_than(text, conversations[i].want);
			}
			t->step[k].n = whole;
		}
	}
}

static void flipped(void **state)
{
	char text[TEXT];

	for (size_t i = 0; i < N_ELEMENTS(conversations); i++) {
		struct talk *t = talk_of(&conversations[i]);
		uint64_t seed = i;
		const unsigned rounds = t->n > 10000 ? 20 : 400;

		for (unsigned k = 0; k < rounds; k++) {
			const size_t at = rng(&seed) % t->n;
			const uint8_t was = t->p[at];

			t->p[at] ^= (uint8_t)(1u << rng(&seed) % 8);
			by_chance(t, conversations[i].port, k, 200, text);
			t->p[at] = was;
		}
	}
}

/* Bytes of a step in pieces of `size`, each a packet of its own. */
static void in_packets(struct lab *x, const struct talk *t, size_t i, size_t size)
{
	const struct step *s = &t->step[i];

	for (size_t done = 0; done < s->n; done += size) {
		x->number++;
		lab_bytes(x, t, s->side, t->p + s->from + done,
			  s->n - done < size ? s->n - done : size);
	}
}

/* The packet that completed it is the one that shows it. */
static void evidence(void **state)
{
	static struct talk t;
	char text[TEXT];
	struct lab x = lab_open(135);

	memset(&t, 0, sizeof t);
	mapped(&t);
	in_packets(&x, &t, 0, 40);   /* 1, 2 */
	in_packets(&x, &t, 1, 1000); /* 3 */
	in_packets(&x, &t, 2, 50);   /* 4 to 7 */
	in_packets(&x, &t, 3, 50);   /* 8 to 11 */
	lab_close(&x, text, true);
	assert_string_equal(text, "client 0 bind@2 epmapper/3.0 | epm 49667 drsuapi @11 | 1 0 0");

	/* The answer is known as a PDU by the one behind it, which is not what brought it. */
	for (size_t size = 1; size < 200; size += 13) {
		char want[TEXT];

		memset(&t, 0, sizeof t);
		t.mid = true;
		vector(&t, 1, A1_ANSWER);
		fault(&t, 3, 0, 5);
		x = lab_open(135);
		in_packets(&x, &t, 0, size);
		in_packets(&x, &t, 1, size);
		lab_close(&x, text, true);
		snprintf(want, sizeof want,
			 "client 0 faults | epm 49667 drsuapi assumed @%zu | 1 0 0",
			 (152 + size - 1) / size);
		assert_string_equal(text, want);
	}
}

/* The side whose first packet is later may have the earlier time: nothing depends on it. */
static void earliest_bind(void **state)
{
	static struct talk t;
	char text[TEXT];
	struct lab x = lab_open(135);

	memset(&t, 0, sizeof t);
	several_binds(&t);
	for (size_t i = 0; i < t.n_step; i++) {
		x.number = (uint32_t)(i + 5);
		lab_bytes(&x, &t, t.step[i].side, t.p + t.step[i].from, t.step[i].n);
	}
	lab_close(&x, text, true);
	assert_non_null(strstr(text, "bind@5 "));
}

static const struct evidence at_one = {.ts_ns = 1, .number = 1};

static void raw(struct lab *x, const struct talk *t, unsigned side)
{
	learn_bytes(x->f, side, t->p, t->n, false, &at_one);
}

/* PDUs found again in the middle of bytes that look like headers. */
static void among_headers(void **state)
{
	static struct talk t;
	char text[TEXT];

	for (unsigned lead = 0; lead < 40; lead++) {
		struct lab x = lab_open(135);

		memset(&t, 0, sizeof t);
		t.mid = true;
		/* Some go on for long, others end in the middle of what is one. */
		for (unsigned i = 0; i < lead; i++) {
			const size_t frag = i % 2 ? 0x3f00 + i : 17 * (size_t)(lead - i) + 40;

			begin(&t, PDU_RESPONSE, 3, i);
			t.p[t.pdu + 8] = (uint8_t)frag;
			t.p[t.pdu + 9] = (uint8_t)(frag >> 8);
			say(&t, "\x05", 1);
		}
		for (uint32_t i = 0; i < 3; i++) {
			respond(&t, 3, 2 + i, 0);
			map_one(&t, false, DRSUAPI, 4, (uint16_t)(50000 + i));
			end(&t, 1);
		}
		for (size_t i = 0; i < t.n; i += 11)
			learn_bytes(x.f, 1, t.p + i, t.n - i < 11 ? t.n - i : 11, false, &at_one);
		lab_close(&x, text, false);
		assert_string_equal(text, "client 0 | epm 50000 drsuapi assumed | epm 50001 "
					  "drsuapi assumed | epm 50002 drsuapi assumed | 3 0 0");
	}
}

static size_t held(const struct lab *x)
{
	return learn_stats(x->l)->memory;
}

/* Bounds that hold whatever is sent, and what is left when it is over. */
static void hostile(void **state)
{
	static struct talk t;
	static struct offered o[64];
	char text[TEXT];
	struct lab x = lab_open(135);
	const size_t idle = held(&x);

	/* Binds of as many contexts as there can be, never answered. */
	for (unsigned i = 0; i < 1000; i++) {
		for (unsigned k = 0; k < N_ELEMENTS(o); k++)
			o[k] = (struct offered){.id = (uint16_t)(i * 64 + k),
						.uuid = k % 3 ? LSARPC : OXID,
						.major = (uint16_t)(i + k),
						.syntax = NDR};
		memset(&t, 0, sizeof t);
		bind_n(&t, i, o, N_ELEMENTS(o));
		lab_bytes(&x, &t, 0, t.p, t.n);
		assert_true(held(&x) - idle < 8192);
	}
	/* Calls that are never answered, and answers nobody asked for. */
	for (unsigned i = 0; i < 1000; i++) {
		memset(&t, 0, sizeof t);
		request(&t, i, (uint16_t)(i % 64), 4, 10);
		lab_bytes(&x, &t, 0, t.p, t.n);
		t.n = 0;
		respond(&t, 1, i + 100000, (uint16_t)(i % 64));
		for (unsigned k = 0; k < 15000; k++)
			put(&t, k, 4);
		end(&t, 1);
		t.n_step = 0;
		lab_bytes(&x, &t, 1, t.p, t.n);
		assert_true(held(&x) - idle < 8192 + STUB_MAX + 16384 + 32 * 128);
	}
	lab_close(&x, text, false);

	/* Acknowledgements without binds, and binds that are never whole. */
	x = lab_open(135);
	for (unsigned i = 0; i < 1000; i++) {
		struct answered r[64] = {{0}};

		memset(&t, 0, sizeof t);
		ack_n(&t, PDU_BIND_ACK, i, r, N_ELEMENTS(r));
		lab_bytes(&x, &t, 1, t.p, t.n);
		assert_true(held(&x) - idle < 1024);
	}
	begin(&t, PDU_BIND, 3, 1);
	t.p[t.pdu + 8] = t.p[t.pdu + 9] = 0xff;
	lab_bytes(&x, &t, 0, t.p + t.pdu, 16);
	memset(t.p, 5, 60000);
	lab_bytes(&x, &t, 0, t.p, 60000);
	assert_true(held(&x) - idle < 1024 + 8192 + 64);
	lab_close(&x, text, false);

	/* Bytes that are no RPC end it: what is kept meanwhile is little, and then nothing. */
	x = lab_open(135);
	memset(&t, 0, sizeof t);
	for (unsigned i = 0; i < 200; i++) {
		t.n = 0;
		begin(&t, PDU_RESPONSE, 3, i);
		t.p[8] = (uint8_t)(i + 32);
		t.p[9] = 0x3f;
		while (t.n < 1000)
			say(&t, "\x05", 1);
		raw(&x, &t, 1);
		assert_true(held(&x) - idle < 40000);
	}
	assert_int_equal(held(&x), idle);
	lab_close(&x, text, false);
}

/* No memory: everything still ends well, and what fits is read. */
static void poor(void **state)
{
	static const struct hash_key key = {1, 2};

	for (size_t max = 0; max < 6000; max += 40) {
		for (size_t i = 0; i < N_ELEMENTS(conversations); i++) {
			const struct conversation *c = &conversations[i];
			const struct talk *t = talk_of(c);
			struct lab x = {0};
			struct learn_ask q = {.proto = PROTO_TCP,
					      .addr = {A("10.0.0.9"), A("10.0.0.5")},
					      .port = {49152, 135}};
			struct learn_facts k;

			if (t->n > 10000)
				continue;
			x.l = learn_new(
				&(struct learn_options){.key = &key, .max_memory = max + 1});
			assert_non_null(x.l);
			x.f = learn_open(x.l, &q);
			for (size_t m = 0; x.f && m < t->n_step; m++)
				if (t->step[m].gap)
					lab_gap(&x, t->step[m].side, t->step[m].n);
				else
					lab_bytes(&x, t, t->step[m].side, t->p + t->step[m].from,
						  t->step[m].n);
			assert_true(held(&x) <= max + 1);
			if (x.f)
				learn_close(x.f, &k);
			assert_int_equal(held(&x), 0);
			learn_free(x.l);
		}
	}
}

static void wanted(void **state)
{
	static const struct {
		uint8_t proto;
		uint16_t port[2];
		const char *app;
		bool want;
	} rows[] = {
		{PROTO_TCP, {135, 40000}, "", true},     {PROTO_TCP, {40000, 135}, "tls", true},
		{PROTO_TCP, {40000, 593}, "", true},     {PROTO_TCP, {40000, 49152}, "", false},
		{PROTO_TCP, {1, 2}, "dcerpc", true},     {PROTO_TCP, {1, 2}, "dcerpc-epm", true},
		{PROTO_TCP, {1, 2}, "http", false},      {PROTO_UDP, {135, 135}, "", false},
		{PROTO_UDP, {1, 2}, "dcerpc-cl", false},
	};
	struct learn *l = learn_new(&(struct learn_options){0});

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct learn_ask q = {.proto = rows[i].proto,
				      .addr = {A("10.0.0.9"), A("10.0.0.5")},
				      .port = {rows[i].port[0], rows[i].port[1]},
				      .app = app_by_name(rows[i].app)};
		struct learn_flow *f = learn_open(l, &q);
		struct learn_facts k;

		assert_int_equal(f != NULL, rows[i].want);
		if (f)
			learn_close(f, &k);
	}
	learn_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_they_say), cmocka_unit_test(any_pieces),
		cmocka_unit_test(any_order),     cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(flipped),       cmocka_unit_test(evidence),
		cmocka_unit_test(earliest_bind), cmocka_unit_test(among_headers),
		cmocka_unit_test(hostile),       cmocka_unit_test(poor),
		cmocka_unit_test(wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
