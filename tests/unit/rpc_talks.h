/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rpc_talks - conversations of DCE/RPC, and what is to be learned from each.
 *
 * What is wanted is text: who is the client, the interfaces (! refused), the facts; the grants by
 * port; answers, those of them that are sealed, and those that are malformed.
 */
#ifndef SPAN_TESTS_RPC_TALKS_H
#define SPAN_TESTS_RPC_TALKS_H

#include "base/cpu.h"
#include "build.h"
#include "learn/stub.h"
#include "rpc_lab.h"

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

/* Every question has its answer, so what is missing is none. */
static void lost_nothing(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	request(t, 2, 0, 3, 132);
	fault(t, 2, 9, 5);
	map_call(t, 3, 0, false, DRSUAPI, 4, 49667);
	missing(t, 1, 0);
}

/* Both are missing. */
static void lost_both(struct talk *t)
{
	mapped(t);
	missing(t, 0, 0);
	missing(t, 1, 0);
}

/* The context in use is offered again, as for another leg of authentication. */
static void offered_again(struct talk *t)
{
	static const struct offered o = {0, EPM, 3, 0, NDR};

	bind_one(t, 1, EPM, 3, NDR64);
	ack(t, 1, NDR64);
	request(t, 2, 0, 3, 132);
	alter_n(t, 3, &o, 1);
	respond(t, 3, 2, 0);
	map_one(t, true, DRSUAPI, 4, 49667);
	end(t, 1);
}

/* What was kept for a header that is none has PDUs in it, and garbage between them. */
static void mid_stumble(struct talk *t)
{
	t->mid = true;
	begin(t, PDU_RESPONSE, 3, 1);
	t->p[t->pdu + 8] = 0x30;
	t->p[t->pdu + 9] = 0x02;
	step(t, 1, t->pdu);
	for (uint16_t i = 0; i < 4; i++) {
		respond(t, 3, 2 + i, 0);
		map_one(t, false, DRSUAPI, 4, (uint16_t)(50000 + i));
		end(t, 1);
		if (i == 1) {
			say(t, "\x05xyz", 4);
			step(t, 1, t->n - 4);
		}
	}
}

static void unregistered(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	ask_map(t, 2, false, LSARPC, 0, false);
	map_none(t, 2, false);
	map_call(t, 3, 0, false, DRSUAPI, 4, 49667);
}

static void unregistered_wide(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR64);
	ack(t, 1, NDR64);
	ask_map(t, 2, true, NETLOGON, 1, false);
	map_none(t, 2, true);
}

static void unregistered_big(struct talk *t)
{
	t->big = true;
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	ask_map(t, 2, false, LSARPC, 0, false);
	map_none(t, 2, false);
}

/* With the handle of an answer before it is how a row of answers ends. */
static void no_more_towers(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	ask_map(t, 2, false, LSARPC, 0, true);
	map_none(t, 2, false);
}

static void unregistered_what(struct talk *t)
{
	bind_one(t, 1, EPM, 3, NDR);
	ack(t, 1, NDR);
	request(t, 2, 0, 3, 132);
	map_none(t, 2, false);
}

/* Activation and resolution, both refused; the bind asks for this level, 0: none. */
static void denied_at(struct talk *t, uint8_t level)
{
	static const struct offered o[] = {{0, ACTIVATE, 0, 0, NDR}, {1, OXID, 0, 0, NDR}};
	static const struct answered r[] = {{.syntax = NDR}, {.syntax = NDR}};

	begin(t, PDU_BIND, 3, 1);
	contexts(t, o, 2);
	if (level)
		end_secured(t, 0, level, t->pdu, 100);
	else
		end(t, 0);
	ack_n(t, PDU_BIND_ACK, 1, r, 2);
	request(t, 2, 0, 4, 200);
	fault(t, 2, 0, 5);
	request(t, 3, 1, 4, 40);
	fault(t, 3, 1, 5);
}

static void denied(struct talk *t)
{
	denied_at(t, 0);
}

static void denied_connect(struct talk *t)
{
	denied_at(t, 2);
}

static void denied_whole(struct talk *t)
{
	denied_at(t, 5);
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
	{"not registered", unregistered, 135, MAPPED " | no lsarpc/0 | 2 0 0"},
	{"not registered, NDR64", unregistered_wide, 135,
	 "client 0 bind epmapper/3.0 | no netlogon/1 | 1 0 0"},
	{"not registered, big-endian", unregistered_big, 135,
	 "client 0 bind epmapper/3.0 | no lsarpc/0 | 1 0 0"},
	{"no more towers", no_more_towers, 135, "client 0 bind epmapper/3.0 | 1 0 0"},
	{"not registered, the question unreadable", unregistered_what, 135,
	 "client 0 bind epmapper/3.0 | 1 0 0"},
	{"activation denied", denied, 135,
	 "client 0 bind ISystemActivator/0.0 IObjectExporter/0.0 faults | denied 5 at 0 | 0 0 0"},
	{"activation denied, level connect", denied_connect, 135,
	 "client 0 bind ISystemActivator/0.0 IObjectExporter/0.0 faults | denied 5 at 2 | 0 0 0"},
	{"activation denied, level integrity", denied_whole, 135,
	 "client 0 bind ISystemActivator/0.0 IObjectExporter/0.0 faults | denied 5 at 5 | 0 0 0"},
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
	{"nothing lost", lost_nothing, 135,
	 "client 0 bind epmapper/3.0 faults | epm 49667 drsuapi | 1 0 0"},
	{"question and answer lost", lost_both, 135,
	 "client 0 bind epmapper/3.0 lost | epm 49667 drsuapi | 1 0 0"},
	{"context offered again", offered_again, 135, MAPPED " | 1 0 0"},
	{"mid-stream, garbage between", mid_stumble, 135,
	 "client 0 | epm 50000 drsuapi assumed | epm 50001 drsuapi assumed | epm 50002 drsuapi "
	 "assumed | epm 50003 drsuapi assumed | 4 0 0"},
	{"two clients", both_clients, 135, "client 0 bind epmapper/3.0 | 0 0 0"},
};

#endif
