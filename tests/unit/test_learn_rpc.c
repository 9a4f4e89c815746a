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
#include "rpc_talks.h"

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

/* What the server said no to. */
static void add_refusals(struct learn *l, char text[TEXT])
{
	const struct sighting *s;
	size_t n;
	char one[256];

	assert_int_equal(learn_sightings(l, &s, &n), 0);
	for (size_t i = 0; i < n; i++) {
		uint8_t uuid[16];

		if (s[i].kind == SIGHT_RPC_UNREGISTERED && rpc_uuid_parse(s[i].text, uuid))
			snprintf(one, sizeof one, "| no %s/%u", name_of(uuid), s[i].code);
		else if (s[i].kind == SIGHT_DCOM_DENIED)
			snprintf(one, sizeof one, "| denied %u at %u", s[i].code, s[i].port);
		else
			continue;
		assert_int_equal(s[i].n, 1);
		add(text, one);
	}
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
	add_refusals(x->l, text);
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

	while ((int)(more[0] = next(t, 0, &c[0])) | (int)(more[1] = next(t, 1, &c[1]))) {
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

/* ---- the conversations */

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

/* A question, a hole where its answer was, and then so much of something else that nobody looks any
 * further. */
static void noise_behind_a_gap(void **state)
{
	static const uint8_t noise[1460];
	struct talk *t = calloc(1, sizeof *t);
	struct lab x = lab_open(135);
	char text[TEXT];

	assert_non_null(t);
	answer_lost(t);
	for (size_t i = 0; !t->step[i].gap; i++)
		lab_bytes(&x, t, t->step[i].side, t->p + t->step[i].from, t->step[i].n);
	lab_gap(&x, 1, 0);
	for (int i = 0; i < 100; i++)
		lab_bytes(&x, t, 1, noise, sizeof noise);
	lab_close(&x, text, false);
	assert_string_equal(text, "client 0 bind epmapper/3.0 lost | 0 0 0");
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_they_say), cmocka_unit_test(any_pieces),
		cmocka_unit_test(any_order),     cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(flipped),       cmocka_unit_test(evidence),
		cmocka_unit_test(earliest_bind), cmocka_unit_test(among_headers),
		cmocka_unit_test(hostile),       cmocka_unit_test(poor),
		cmocka_unit_test(wanted),        cmocka_unit_test(noise_behind_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
