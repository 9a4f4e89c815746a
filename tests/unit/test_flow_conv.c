// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"
#include "build.h"
#include "flow/conv.h"
#include "flow/split.h"
#include "rng.h"
#include "same_conv.h"

static bool known_port(void *user, uint8_t proto, uint16_t port)
{
	(void)user;
	return proto == IPPROTO_NR_TCP ? port == 443 || port == 5022 : port == 53 || port == 123;
}

static struct conv_table *table(size_t max, uint64_t secret)
{
	struct hash_key key = {secret, ~secret};
	struct conv_table *t = conv_table_new(&(struct conv_options){
		.key = &key, .max_conversations = max, .known_port = known_port});

	assert_non_null(t);
	return t;
}

struct flow_row {
	const char *a, *b; /* a sent the first packet, or is the client */
	uint16_t aport, bport;
	uint8_t proto;
	enum dir_reason reason;
	enum flow_state state;
	int64_t s;
};

static struct flow_done flow(const struct flow_row *r)
{
	struct flow_done d = {
		.addr = {A(r->a), A(r->b)},
		.port = {r->aport, r->bport},
		.proto = r->proto,
		.directed = r->reason <= DIR_MESSAGE,
		.reason = r->reason,
		.state = r->state,
		.packets = {3, 2},
		.bytes = {300, 200},
		.payload = {30, 20},
		.unseen = {1, 0},
		.first_ns = r->s * NS_PER_S,
		.last_ns = (r->s + 5) * NS_PER_S,
		.ev = {{r->s * NS_PER_S, 0, (uint32_t)r->s + 1}},
		.n_ev = 1,
		.tries = 1,
		.refusal_ns = TIME_NONE,
		.started = true,
	};

	return d;
}

static const struct conv_facts none;

static void add(struct conv_table *t, const struct flow_row *r)
{
	struct flow_done d = flow(r);

	assert_int_equal(conv_table_add(t, &d, &none), 0);
}

enum { T = IPPROTO_NR_TCP, U = IPPROTO_NR_UDP };
#define EST STATE_ESTABLISHED

/* The last flow of each row is the one that is asked about. */
static const struct {
	const char *name;
	struct flow_row f[4];
	const char *client, *server;
	uint16_t port;
	enum dir_reason reason;
	enum flow_state state;
	bool group;
} directions[] = {
	{"handshake",
	 {{"10.0.0.9", "10.0.0.1", 4000, 80, T, DIR_SYN, EST, 1}},
	 "10.0.0.9",
	 "10.0.0.1",
	 80,
	 DIR_SYN,
	 EST,
	 false},
	{"a server elsewhere in the capture, later",
	 {{"10.0.0.1", "10.0.0.9", 8080, 4000, T, DIR_FIRST, STATE_MID_STREAM, 1},
	  {"10.0.0.7", "10.0.0.1", 4000, 8080, T, DIR_SYN, EST, 9}},
	 "10.0.0.9",
	 "10.0.0.1",
	 8080,
	 DIR_LEARNED,
	 STATE_MID_STREAM,
	 false},
	{"a server elsewhere beats a documented port at the other end",
	 {{"10.0.0.1", "10.0.0.9", 8080, 443, T, DIR_FIRST, STATE_MID_STREAM, 1},
	  {"10.0.0.7", "10.0.0.1", 4000, 8080, T, DIR_MESSAGE, EST, 9}},
	 "10.0.0.9",
	 "10.0.0.1",
	 8080,
	 DIR_LEARNED,
	 STATE_MID_STREAM,
	 false},
	{"another transport teaches nothing",
	 {{"10.0.0.1", "10.0.0.9", 8080, 4000, T, DIR_FIRST, STATE_MID_STREAM, 1},
	  {"10.0.0.7", "10.0.0.1", 4000, 8080, U, DIR_MESSAGE, EST, 9}},
	 "10.0.0.1",
	 "10.0.0.9",
	 4000,
	 DIR_FIRST,
	 STATE_MID_STREAM,
	 false},
	{"both are servers elsewhere: the next rule",
	 {{"10.0.0.1", "10.0.0.9", 5022, 8080, T, DIR_FIRST, STATE_MID_STREAM, 1},
	  {"10.0.0.7", "10.0.0.1", 4000, 5022, T, DIR_SYN, EST, 9},
	  {"10.0.0.7", "10.0.0.9", 4000, 8080, T, DIR_SYN, EST, 9}},
	 "10.0.0.9",
	 "10.0.0.1",
	 5022,
	 DIR_PORT,
	 STATE_MID_STREAM,
	 false},
	{"a documented port on one side",
	 {{"10.0.0.1", "10.0.0.9", 53, 4000, U, DIR_FIRST, EST, 1}},
	 "10.0.0.9",
	 "10.0.0.1",
	 53,
	 DIR_PORT,
	 EST,
	 false},
	{"on both sides it decides nothing",
	 {{"10.0.0.1", "10.0.0.9", 123, 123, U, DIR_FIRST, EST, 1}},
	 "10.0.0.1",
	 "10.0.0.9",
	 123,
	 DIR_FIRST,
	 EST,
	 false},
	{"one port with two peers",
	 {{"10.0.0.1", "10.0.0.9", 9999, 4000, U, DIR_FIRST, EST, 1},
	  {"10.0.0.8", "10.0.0.1", 4000, 9999, U, DIR_FIRST, EST, 2}},
	 "10.0.0.9",
	 "10.0.0.1",
	 9999,
	 DIR_FAN_IN,
	 EST,
	 false},
	{"the same peer from another port counts too",
	 {{"10.0.0.1", "10.0.0.9", 9999, 4000, U, DIR_FIRST, EST, 1},
	  {"10.0.0.9", "10.0.0.1", 4001, 9999, U, DIR_FIRST, EST, 2}},
	 "10.0.0.9",
	 "10.0.0.1",
	 9999,
	 DIR_FAN_IN,
	 EST,
	 false},
	{"the same 5-tuple twice is one peer",
	 {{"10.0.0.9", "10.0.0.1", 4000, 9999, U, DIR_FIRST, EST, 2},
	  {"10.0.0.1", "10.0.0.9", 9999, 4000, U, DIR_FIRST, EST, 90}},
	 "10.0.0.9",
	 "10.0.0.1",
	 9999,
	 DIR_FIRST,
	 EST,
	 false},
	{"what came first decides for both, whoever was first later",
	 {{"10.0.0.1", "10.0.0.9", 9999, 4000, U, DIR_FIRST, EST, 90},
	  {"10.0.0.9", "10.0.0.1", 4000, 9999, U, DIR_FIRST, EST, 2}},
	 "10.0.0.9",
	 "10.0.0.1",
	 9999,
	 DIR_FIRST,
	 EST,
	 false},
	{"turned round, a request without answer is a server seen one way",
	 {{"10.0.0.1", "10.0.0.9", 53, 4000, U, DIR_FIRST, STATE_NO_ANSWER, 1}},
	 "10.0.0.9",
	 "10.0.0.1",
	 53,
	 DIR_PORT,
	 STATE_ONE_WAY,
	 false},
	{"group address",
	 {{"10.0.0.9", "224.0.0.251", 5353, 5353, U, DIR_FIRST, STATE_ONE_WAY, 1}},
	 "10.0.0.9",
	 "224.0.0.251",
	 5353,
	 DIR_FIRST,
	 STATE_ONE_WAY,
	 true},
	{"group address, though the message is a server's",
	 {{"224.0.1.1", "10.0.0.9", 123, 123, U, DIR_MESSAGE, STATE_ONE_WAY, 1}},
	 "10.0.0.9",
	 "224.0.1.1",
	 123,
	 DIR_MESSAGE,
	 STATE_ONE_WAY,
	 true},
	{"broadcast",
	 {{"10.0.0.9", "255.255.255.255", 68, 67, U, DIR_FIRST, STATE_ONE_WAY, 1}},
	 "10.0.0.9",
	 "255.255.255.255",
	 67,
	 DIR_FIRST,
	 STATE_ONE_WAY,
	 true},
};

static void test_directions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof directions / sizeof *directions; i++) {
		struct conv_table *t = table(0, i);
		const struct conv *c;
		struct addr client = A(directions[i].client), server = A(directions[i].server);
		size_t n, found = 0;

		for (size_t j = 0; j < 4 && directions[i].f[j].a; j++)
			add(t, &directions[i].f[j]);
		assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
		for (size_t j = 0; j < n; j++) {
			if (!addr_equal(&c[j].client, &client) ||
			    !addr_equal(&c[j].server, &server))
				continue;
			found++;
			if (c[j].port != directions[i].port ||
			    c[j].reason != directions[i].reason ||
			    c[j].state != directions[i].state || c[j].group != directions[i].group)
				fail_msg("%s: port %u, %s, %s", directions[i].name, c[j].port,
					 dir_reason_name(c[j].reason), flow_state_name(c[j].state));
		}
		if (found != 1)
			fail_msg("%s: %zu conversations", directions[i].name, found);
		conv_table_free(t);
	}
}

/* A flip swaps every figure, and a failure that is none any more leaves nothing behind. */
static void test_flip(void **state)
{
	struct conv_table *t = table(0, 1);
	struct flow_done d = flow(&(struct flow_row){"10.0.0.1", "10.0.0.9", 53, 4000, U, DIR_FIRST,
						     STATE_REJECTED, 1});
	const struct conv *c;
	struct conv_app room;
	size_t n;

	(void)state;
	d.refuser = REFUSER_OTHER;
	d.refusal_ns = 5;
	d.icmp_class = ICMP_ROUTING;
	assert_int_equal(conv_table_add(t, &d, &none), 0);
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(c->port, 53);
	assert_int_equal(c->client_port_min, 4000);
	assert_int_equal(c->client_port_max, 4000);
	assert_int_equal(c->packets[0], 2);
	assert_int_equal(c->packets[1], 3);
	assert_int_equal(c->bytes[0], 200);
	assert_int_equal(c->payload[0], 20);
	assert_int_equal(conv_more(c)->unseen[1], 1);
	assert_int_equal(conv_app(c, 0, &room)->payload[0], 20);
	assert_int_equal(conv_app(c, 0, &room)->by_state[STATE_ONE_WAY], 1);
	assert_int_equal(c->by_state[STATE_ONE_WAY], 1);
	assert_int_equal(c->by_state[STATE_REJECTED], 0);
	assert_int_equal(conv_fail(c)->n, 0);
	assert_int_equal(conv_fail(c)->n_ev, 0);
	assert_int_equal(conv_fail(c)->n_minutes, 0);
	assert_int_equal(conv_refusal(c)->who, REFUSER_NONE);
	assert_true(conv_refusal(c)->ns == TIME_NONE);
	assert_false(c->started);
	conv_table_free(t);
}

struct known_flow {
	struct flow_done d;
	struct conv_facts f;
	struct rpc_iface iface[2];
	struct evidence bind;
	char name[16];
	char pipe[2][CONV_PIPE_TEXT];
};

static void random_flow(struct known_flow *k, uint64_t *seed)
{
	uint64_t r = rng(seed), q = rng(seed);
	static const enum dir_reason reason[4] = {DIR_SYN, DIR_MESSAGE, DIR_FIRST, DIR_FIRST};

	memset(k, 0, sizeof *k);
	k->d = (struct flow_done){
		.addr = {addr_v4(0x0a000000 + (uint32_t)(r & 3)),
			 addr_v4((r & 0x1c) == 0 ? 0xe00000fb
						 : 0x0a000000 + (uint32_t)(r >> 5 & 3))},
		.port = {(uint16_t)(50 + (r >> 7 & 3)), (uint16_t)(50 + (r >> 9 & 3))},
		.proto = r >> 11 & 1 ? T : U,
		.reason = reason[r >> 12 & 3],
		.state = (enum flow_state)((r >> 14 & 15) % STATE_N),
		.packets = {r >> 18 & 7, r >> 21 & 7},
		.bytes = {r >> 24 & 1023, r >> 34 & 1023},
		.payload = {r >> 44 & 3, r >> 46 & 3},
		.unseen = {r >> 48 & 3, r >> 50 & 3},
		.first_ns = (int64_t)(q & 511) * NS_PER_S,
		.vlan = (uint16_t)(q >> 9 & 3),
		.tunnel = (uint8_t)(q >> 41 & 3),
		.tunnel_id = (uint32_t)(q >> 43 & 3),
		.tries = (uint16_t)(q >> 11 & 3),
		.started = q >> 13 & 1,
		.rst_after_accept = q >> 14 & 1,
		.rst_after_data = q >> 15 & 1,
		.refusal_ns = TIME_NONE,
		.client_ttl = (uint8_t)(q >> 16 & 3),
		.server_ttl = (uint8_t)(q >> 18 & 3),
		.n_ev = 2,
	};
	k->d.directed = k->d.reason != DIR_FIRST;
	k->d.last_ns = k->d.first_ns + (int64_t)(q >> 20 & 63);
	k->d.ev[0] =
		(struct evidence){k->d.first_ns, (uint32_t)(q >> 26 & 1), (uint32_t)(q >> 27 & 63)};
	k->d.ev[1] = (struct evidence){k->d.last_ns, k->d.ev[0].input, k->d.ev[0].number + 100};
	if (k->d.state == STATE_REFUSED || k->d.state == STATE_REJECTED) {
		k->d.refuser = k->d.state == STATE_REFUSED ? REFUSER_SERVER : REFUSER_OTHER;
		k->d.refused_by = k->d.addr[k->d.state == STATE_REFUSED];
		k->d.refusal_ns = k->d.first_ns;
		k->d.refusal_ttl = (uint8_t)(q >> 33 & 3);
		k->d.icmp_class = k->d.state == STATE_REFUSED ? ICMP_NOT_ERROR : ICMP_PROHIBITED;
		k->d.icmp_code = (uint8_t)(q >> 35 & 1);
	}
	k->f.app = (uint16_t)((q >> 36 & 15) * 3);
	k->f.conf = (uint8_t)(q >> 40 & 1);
	k->f.notes = 1u << (q >> 41 & 7);
	if (q >> 44 & 1) {
		snprintf(k->name, sizeof k->name, "host%u", (unsigned)(q >> 45 & 7));
		k->f.name = k->name;
	}
	for (size_t i = 0; i < (q >> 48 & 1) * 2; i++)
		k->iface[i] = (struct rpc_iface){.uuid = {(uint8_t)(q >> (49 + i * 3) & 15)},
						 .major = (uint16_t)(q >> 60 & 1)};
	k->f.iface = k->iface;
	k->f.n_iface = (q >> 48 & 1) * 2;
	k->bind = (struct evidence){(int64_t)(r >> 55 & 15), (uint32_t)(r >> 59 & 1),
				    (uint32_t)(q & 63)};
	k->f.n_pipe = r >> 52 & 1 ? 2 : 0;
	for (unsigned i = 0; i < k->f.n_pipe; i++)
		snprintf(k->pipe[i], sizeof k->pipe[i], "%.*s%u", (int)(r >> 53 & 1) * 29,
			 "as-long-as-names-of-pipes-are", (unsigned)(r >> (54 + 4 * i) & 15));
}

static int put_row(void *user, const struct conv *c, bool waiting)
{
	return conv_table_put(user, c, waiting);
}

static int put_host(void *user, const struct conv_host *h)
{
	return conv_table_put_host(user, h);
}

/* What a table has, for another one; it is gone then. */
static void move_rows(struct conv_table *from, struct conv_table *to)
{
	assert_int_equal(conv_table_each(from, put_row, to), 0);
	assert_int_equal(conv_table_each_host(from, put_host, to), 0);
	conv_table_free(from);
}

/* The whole point: in whatever order flows end, the same bytes come out; also when tables had a
 * part of them each, and their rows are put together. */
static void test_any_order(void **state)
{
	enum { N = 1500, PARTS = 3 };
	static struct known_flow k[N];
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct conv_table *first = NULL;
		const struct conv *want = NULL;
		size_t n_want = 0;

		for (int i = 0; i < N; i++)
			random_flow(&k[i], &seed);
		for (int turn = 0; turn < 4; turn++) {
			/* In turn 2 flows wait for nobody: there is just room. */
			struct conv_table *t = table(turn == 2 ? N + 1 : 0, rng(&seed));
			struct conv_table *part[PARTS] = {t, t, t};
			const struct conv *c;
			size_t n;
			uint64_t flows = 0;

			for (int i = 0; turn == 3 && i < PARTS; i++)
				part[i] = table(0, rng(&seed));

			/* A few and many flows in each conversation. */
			int use = round % 2 ? N : 200;

			for (int i = use; i > 1; i--) {
				int j = (int)(rng(&seed) % (uint64_t)i);
				struct known_flow x = k[i - 1];

				k[i - 1] = k[j];
				k[j] = x;
			}
			for (int i = 0; i < use; i++) {
				k[i].f.name = k[i].name[0] ? k[i].name : NULL;
				k[i].f.iface = k[i].iface;
				k[i].f.bind = k[i].f.n_iface ? &k[i].bind : NULL;
				k[i].f.pipe = (const char(*)[CONV_PIPE_TEXT])k[i].pipe;
				assert_int_equal(conv_table_add(part[i % PARTS], &k[i].d, &k[i].f),
						 0);
			}
			for (int i = 0; turn == 3 && i < PARTS; i++)
				move_rows(part[i], t);
			assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
			for (size_t i = 0; i < n; i++)
				flows += c[i].flows;
			assert_int_equal(flows, use);
			if (first) {
				assert_int_equal(n, n_want);
				for (size_t i = 0; i < n; i++)
					assert_true(same_conv(&c[i], &want[i]));
				conv_table_free(t);
			} else {
				first = t;
				want = c;
				n_want = n;
			}
		}
		conv_table_free(first);
	}
}

/* What has no room is counted as evicted, a new conversation and what makes an old one larger; what
 * fits into what is there goes in. */
static void test_memory(void **state)
{
	static const struct {
		const char *client;
		uint16_t app;
		const char *name;
		bool in;
	} flows[] = {
		{"10.0.0.1", 1, "a", true},  /* the table is empty */
		{"10.0.0.1", 1, "a", true},  /* nothing new */
		{"10.0.0.1", 1, NULL, true}, /* the same */
		{"10.0.0.2", 1, NULL, false}, {"10.0.0.1", 2, NULL, false},
		{"10.0.0.1", 1, "b", false},
	};
	struct conv_table *t =
		conv_table_new(&(struct conv_options){.max_memory = sizeof(struct conv)});
	const struct conv *c;
	uint64_t in = 0, out = 0;
	size_t n;

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
		struct flow_done d = {.addr = {A(flows[i].client), A("10.9.9.9")},
				      .port = {50000, 443},
				      .proto = IPPROTO_NR_TCP,
				      .directed = true,
				      .reason = DIR_SYN,
				      .state = STATE_ESTABLISHED};

		assert_int_equal(conv_table_add(t, &d,
						&(struct conv_facts){.app = flows[i].app,
								     .name = flows[i].name}),
				 0);
		in += flows[i].in;
		out += !flows[i].in;
		assert_int_equal(conv_table_evicted(t), out);
	}
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(c->flows, in);
	assert_int_equal(c->n_app, 1);
	assert_int_equal(conv_more(c)->n_name, 1);
	conv_table_free(t);
}

static void test_sorted(void **state)
{
	static const struct flow_row f[] = {
		{"2001:db8::9", "2001:db8::1", 1, 80, T, DIR_SYN, EST, 1},
		{"10.0.0.10", "10.0.0.1", 1, 80, T, DIR_SYN, EST, 1},
		{"10.0.0.9", "10.0.0.2", 1, 80, T, DIR_SYN, EST, 1},
		{"10.0.0.9", "10.0.0.1", 1, 80, U, DIR_MESSAGE, EST, 1},
		{"10.0.0.9", "10.0.0.1", 1, 443, T, DIR_SYN, EST, 1},
		{"10.0.0.9", "10.0.0.1", 1, 80, T, DIR_SYN, EST, 1},
		{"10.0.0.9", "10.0.0.1", 2, 80, T, DIR_SYN, EST, 1},
	};
	struct conv_table *t = table(0, 3);
	const struct conv *c;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		add(t, &f[i]);
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(n, 6);
	assert_int_equal(c[0].port, 80);
	assert_int_equal(c[0].proto, T);
	assert_int_equal(c[0].flows, 2);
	assert_int_equal(c[0].client_port_min, 1);
	assert_int_equal(c[0].client_port_max, 2);
	assert_int_equal(c[1].port, 443);
	assert_int_equal(c[2].proto, U);
	assert_int_equal(c[3].server.b[15], 2);
	assert_int_equal(c[4].client.b[15], 10);
	assert_false(addr_is_v4(&c[5].client));
	conv_table_free(t);
}

static void test_empty(void **state)
{
	struct conv_table *t = table(0, 3);
	const struct conv *c;
	size_t n = 7;

	(void)state;
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(n, 0);
	conv_table_free(t);
	assert_null(conv_table_free(NULL));
}

static void test_cap(void **state)
{
	struct conv_table *t = table(2, 3);
	const struct conv *c;
	size_t n;

	(void)state;
	for (uint16_t port = 1; port <= 5; port++)
		add(t, &(struct flow_row){"10.0.0.9", "10.0.0.1", 1, port, T,
					  port == 2 ? DIR_FIRST : DIR_SYN, EST, 1});
	add(t, &(struct flow_row){"10.0.0.9", "10.0.0.1", 7, 1, T, DIR_SYN, EST, 1});
	assert_int_equal(conv_table_evicted(t), 3);
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(c[0].flows, 2);
	conv_table_free(t);
}

/* What came while there was room for all, and finds it gone. */
static void test_less_room(void **state)
{
	struct conv_table *t = table(0, 3);
	const struct conv *c;
	size_t n;

	(void)state;
	for (uint16_t port = 1; port <= 10; port++)
		add(t, &(struct flow_row){"10.0.0.9", "10.0.0.1", 1, port, T, DIR_SYN, EST, 1});
	conv_table_limit(t, &(struct conv_need){.n = 4});
	add(t, &(struct flow_row){"10.0.0.9", "10.0.0.1", 7, 1, T, DIR_SYN, EST, 1});
	assert_int_equal(conv_table_evicted(t), 6);
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(n, 4);
	assert_true(c[0].flows == 2 && c[3].port == 4);
	conv_table_free(t);
}

static void add_many(struct conv_table *t, uint32_t i, uint16_t port, bool directed, bool turned)
{
	struct addr client = addr_v4(0x0a000000 + i), server = addr_v4(0x0b000001);
	struct flow_done d = {.addr = {turned ? server : client, turned ? client : server},
			      .port = {turned ? 443 : port, turned ? port : 443},
			      .proto = T,
			      .directed = directed,
			      .reason = directed ? DIR_SYN : DIR_FIRST,
			      .state = STATE_MID_STREAM,
			      .packets = {turned ? 1 : i, turned ? i : 1},
			      .first_ns = i,
			      .last_ns = i,
			      .refusal_ns = TIME_NONE};

	assert_int_equal(conv_table_add(t, &d, &(struct conv_facts){.app = 1}), 0);
}

/* More than a table keeps in small pieces: undirected ones, too, which move, or stay where they are
 * when they are most; and several of one conversation. */
static void test_many(void **state)
{
	enum { N = 40000 };

	(void)state;
	for (uint32_t each = 2; each <= 5; each++) {
		struct conv_table *t = table(0, 3);
		const struct conv *c;
		size_t n;

		for (uint32_t i = 0; i < N; i++) {
			add_many(t, i, 50000, i % each == 0, false);
			if (i % 7 == 0)
				add_many(t, i, 50001, false, i % 2);
		}
		assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
		assert_int_equal(n, N);
		for (uint32_t i = 0; i < N; i++) {
			assert_int_equal(c[i].flows, 1 + (i % 7 == 0));
			assert_int_equal(c[i].packets[0], i * c[i].flows);
			assert_true(c[i].packets[1] == c[i].flows && c[i].port == 443);
			assert_true(c[i].n_app == 1 && conv_app_at(&c[i], 0) == 1);
			assert_int_equal(c[i].reason, i % each == 0 ? DIR_SYN : DIR_LEARNED);
		}
		conv_table_free(t);
	}
}

/* Failures at f, successes at ok, in seconds; is it failing, and since when? */
static void test_failing(void **state)
{
	static const struct {
		int f[12], ok[3];
		int since; /* 0: not failing */
	} row[] = {
		{{10, 40, 80}, {0}, 10},
		{{10, 40}, {0}, 0},      /* two are not enough */
		{{10, 20, 30}, {0}, 0},  /* too close together */
		{{10, 40, 70}, {0}, 10}, /* exactly 60 s */
		{{10, 40, 80}, {50}, 0}, /* one since the success */
		{{10, 100, 140, 180}, {50}, 100},
		{{10, 100, 140, 180}, {50, 190}, 0},
		{{10, 100, 140, 150}, {50}, 0},
		{{10, 400, 500, 600, 700, 800, 900, 1000}, {50}, 700}, /* of four minutes */
		{{10, 100, 200, 300, 400, 500, 600}, {0}, 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct conv_table *t = table(0, 9);
		const struct conv *c;
		int64_t since = 0;
		size_t n;

		for (int j = 0; j < 12 && row[i].f[j]; j++)
			add(t, &(struct flow_row){"10.0.0.9", "10.0.0.1", 1, 80, T, DIR_SYN,
						  STATE_NO_ANSWER, row[i].f[j]});
		for (int j = 0; j < 3 && row[i].ok[j]; j++)
			add(t, &(struct flow_row){"10.0.0.9", "10.0.0.1", 1, 80, T, DIR_SYN, EST,
						  row[i].ok[j]});
		assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);

		bool failing = conv_failing(c, &since);

		if (failing != (row[i].since != 0) || since != row[i].since * NS_PER_S)
			fail_msg("row %zu: %d since %jd", i, failing, (intmax_t)(since / NS_PER_S));
		conv_table_free(t);
	}
}

static void test_failures(void **state)
{
	struct conv_table *t = table(0, 9);
	struct flow_done d;
	const struct conv *c;
	size_t n;

	(void)state;
	for (int i = 6; i >= 0; i--)
		add(t, &(struct flow_row){"10.0.0.9", "10.0.0.1", 1, 80, T, DIR_SYN,
					  i == 3 ? STATE_HALF_OPEN : STATE_REFUSED, i * 50});
	d = flow(&(struct flow_row){"10.0.0.9", "10.0.0.1", 1, 80, T, DIR_SYN, STATE_NO_ANSWER,
				    999});
	d.tries = 0; /* proves nothing */
	assert_int_equal(conv_table_add(t, &d, &none), 0);
	d = flow(&(struct flow_row){"10.0.0.9", "10.0.0.1", 1, 80, T, DIR_SYN, STATE_MID_STREAM,
				    20});
	assert_int_equal(conv_table_add(t, &d, &none), 0);
	d.payload[1] = 0; /* data one way: no success */
	d.first_ns = 30 * NS_PER_S;
	assert_int_equal(conv_table_add(t, &d, &none), 0);
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(c->flows, 10);
	assert_int_equal(c->state, STATE_MID_STREAM);
	assert_int_equal(conv_fail(c)->n, 7);
	assert_int_equal(conv_fail(c)->tries, 7);
	assert_int_equal(c->ok_last_ns, 20 * NS_PER_S);
	assert_int_equal(conv_fail(c)->first_ns, 0);
	assert_int_equal(conv_fail(c)->last_ns, 300 * NS_PER_S);
	for (int i = 0; i < CONV_FAILS; i++)
		assert_int_equal(conv_fail(c)->newest_ns[i], (300 - 50 * i) * NS_PER_S);
	assert_int_equal(conv_fail(c)->n_minutes, CONV_MINUTES);
	assert_int_equal(conv_fail(c)->minutes[0].minute, 5);
	assert_int_equal(conv_fail(c)->minutes[3].minute, 2);
	assert_int_equal(conv_fail(c)->minutes[3].n, 1);
	assert_int_equal(conv_fail(c)->n_ev, EVIDENCE_N);
	assert_int_equal(conv_fail(c)->ev[0].ts_ns, 0);
	assert_int_equal(c->n_ok_ev, 1);
	conv_table_free(t);
}

/* A RST whose hop limit none of the server's own packets has, wherever they were seen. */
static void test_refuser(void **state)
{
	static const struct {
		uint8_t rst, seen, rst_mac, seen_mac, more_mac;
		enum refuser who;
		unsigned signs;
	} row[] = {
		{127, 127, 0, 0, 0, REFUSER_SERVER, 0},
		{255, 127, 0, 0, 0, REFUSER_OTHER, REFUSAL_TTL},
		{255, 0, 0, 0, 0, REFUSER_SERVER, 0},
		/* Its network card: one of those that its packets come from, or none of them. */
		{127, 127, 1, 1, 0, REFUSER_SERVER, 0},
		{127, 127, 1, 2, 0, REFUSER_OTHER, REFUSAL_MAC},
		{127, 127, 1, 2, 1, REFUSER_SERVER, 0},
		{127, 127, 1, 0, 0, REFUSER_SERVER, 0},
		{127, 127, 0, 2, 0, REFUSER_SERVER, 0},
		{255, 127, 1, 2, 3, REFUSER_OTHER, REFUSAL_TTL | REFUSAL_MAC},
		{255, 0, 1, 2, 0, REFUSER_SERVER, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct conv_table *t = table(0, 9);
		struct flow_done d = flow(&(struct flow_row){"10.0.0.9", "10.0.0.1", 1, 80, T,
							     DIR_SYN, STATE_REFUSED, 1});
		const struct conv *c;
		size_t n;

		d.refuser = REFUSER_SERVER;
		d.refused_by = d.addr[1];
		d.refusal_ns = 1;
		d.refusal_ttl = row[i].rst;
		d.refusal_mac[0] = row[i].rst_mac;
		assert_int_equal(conv_table_add(t, &d, &none), 0);
		for (int k = 0; k < 2; k++) {
			d = flow(&(struct flow_row){"10.0.0.8", "10.0.0.1", 1, 443, T, DIR_SYN, EST,
						    1});
			d.server_ttl = row[i].seen;
			d.mac[1][0] = k && row[i].more_mac ? row[i].more_mac : row[i].seen_mac;
			assert_int_equal(conv_table_add(t, &d, &none), 0);
		}
		assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
		assert_int_equal(conv_refusal(&c[1])->who, row[i].who);
		assert_int_equal(conv_refusal(&c[1])->signs, row[i].signs);
		assert_int_equal(c[1].server_ttl, row[i].seen);
		conv_table_free(t);
	}
}

/* More protocols than there are places: the smallest keep theirs, the last has the rest. */
static void test_apps(void **state)
{
	struct conv_table *t = table(0, 9);
	const struct conv *c;
	size_t n;

	(void)state;
	for (uint16_t app = 9; app > 0; app--) {
		struct flow_done d = flow(
			&(struct flow_row){"10.0.0.9", "10.0.0.1", 1, 80, T, DIR_SYN, EST, app});

		assert_int_equal(conv_table_add(t, &d,
						&(struct conv_facts){.app = app,
								     .notes = 1u << app,
								     .signs = 1u << (app + 9)}),
				 0);
	}
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(c->n_app, CONV_APPS);
	assert_int_equal(c->app[0].signs, 1 << 10);
	assert_int_equal(c->app[5].signs, 1 << 15 | 1 << 16 | 1 << 17 | 1 << 18);
	for (uint16_t i = 0; i < CONV_APPS; i++)
		assert_int_equal(c->app[i].app, i + 1);
	assert_int_equal(c->app[4].flows, 1);
	assert_int_equal(c->app[5].flows, 4);
	assert_int_equal(c->app[5].notes, 1 << 6 | 1 << 7 | 1 << 8 | 1 << 9);
	conv_table_free(t);
}

/* The first flow that is telling is shown, in whatever order flows end. */
static void test_telling(void **state)
{
	static const int64_t begins[][4] = {{1, 2, 3, 4}, {4, 3, 2, 1}, {3, 1, 4, 2}};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(begins); i++) {
		struct conv_table *t = table(0, 9);
		const struct conv *c;
		size_t n;

		for (size_t k = 0; k < 4; k++) {
			struct flow_done d =
				flow(&(struct flow_row){"10.0.0.9", "10.0.0.1", (uint16_t)(k + 1),
							389, T, DIR_SYN, EST, begins[i][k]});

			assert_int_equal(
				conv_table_add(t, &d,
					       &(struct conv_facts){.app = 7,
								    .telling = begins[i][k] > 2}),
				0);
		}
		assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
		assert_true(c->app[0].told);
		assert_int_equal(c->app[0].ev[0].number, 2);
		assert_int_equal(c->app[0].tell.number, 4);
		conv_table_free(t);
	}
}

/* The smallest names of pipes are kept, each once. */
static void test_pipes(void **state)
{
	static const char more[][CONV_PIPE_TEXT] = {"winreg", "lsarpc",   "spoolss", "netlogon",
						    "lsarpc", "epmapper", "svcctl",  "samr",
						    "srvsvc", "wkssvc",   "atsvc",   "browser"};
	static const char *const want[CONV_PIPES] = {"atsvc",    "browser", "epmapper", "lsarpc",
						     "netlogon", "samr",    "spoolss",  "srvsvc"};
	struct conv_table *t = table(0, 9);
	const struct conv *c;
	size_t n;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(more); i += 2) {
		struct flow_done d = flow(
			&(struct flow_row){"10.0.0.9", "10.0.0.1", 1, 445, T, DIR_SYN, EST, 1});

		assert_int_equal(
			conv_table_add(t, &d, &(struct conv_facts){.pipe = &more[i], .n_pipe = 2}),
			0);
	}
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(conv_more(c)->n_pipe, CONV_PIPES);
	for (size_t i = 0; i < CONV_PIPES; i++)
		assert_string_equal(conv_more(c)->pipe[i], want[i]);
	conv_table_free(t);
}

/* The earliest bind and the smallest interfaces, also of flows that wait for their direction and
 * turn round: nothing of the facts is borrowed. */
static void test_binds(void **state)
{
	static const struct {
		const char *a, *b;
		uint16_t aport, bport;
		enum dir_reason reason;
		struct evidence bind;
		bool has;
	} rows[] = {
		{"10.0.0.9", "10.0.0.1", 4000, 443, DIR_SYN, {7, 1, 3}, true},
		{"10.0.0.9", "10.0.0.1", 4001, 443, DIR_SYN, {7, 0, 9}, true},
		{"10.0.0.1", "10.0.0.9", 443, 4002, DIR_FIRST, {7, 0, 5}, true}, /* turns round */
		{"10.0.0.9", "10.0.0.1", 4003, 443, DIR_FIRST, {8, 0, 1}, true},
		{"10.0.0.9", "10.0.0.1", 4004, 443, DIR_SYN, {1, 0, 1}, false},
		{"10.0.0.9", "10.0.0.2", 4004, 443, DIR_SYN, {1, 0, 1}, false},
	};
	struct conv_table *t = table(0, 9);
	const struct conv *c;
	size_t n;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct flow_done d =
			flow(&(struct flow_row){rows[i].a, rows[i].b, rows[i].aport, rows[i].bport,
						T, rows[i].reason, EST, (int64_t)i});
		struct rpc_iface iface[16];
		struct evidence bind = rows[i].bind;

		for (uint8_t j = 0; j < 16; j++)
			iface[j] = (struct rpc_iface){.uuid = {(uint8_t)(100 + j * 7 % 16 - i)}};
		assert_int_equal(
			conv_table_add(t, &d,
				       &(struct conv_facts){.iface = iface,
							    .n_iface = rows[i].has ? 16 : 0,
							    .bind = rows[i].has ? &bind : NULL}),
			0);
		memset(iface, 0, sizeof iface);
		bind = (struct evidence){0};
	}
	assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
	assert_int_equal(n, 2);
	assert_int_equal(c[0].flows, 5);
	assert_true(conv_more(&c[0])->has_bind);
	assert_int_equal(conv_more(&c[0])->bind_ev.ts_ns, 7);
	assert_int_equal(conv_more(&c[0])->bind_ev.input, 0);
	assert_int_equal(conv_more(&c[0])->bind_ev.number, 5);
	assert_int_equal(conv_more(&c[0])->n_iface, CONV_IFACES);
	for (uint8_t i = 0; i < CONV_IFACES; i++)
		assert_int_equal(conv_more(&c[0])->iface[i].uuid[0], 97 + i);
	assert_false(conv_more(&c[1])->has_bind);
	assert_int_equal(conv_more(&c[1])->n_iface, 0);
	conv_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipes),    cmocka_unit_test(test_directions),
		cmocka_unit_test(test_flip),     cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_sorted),   cmocka_unit_test(test_empty),
		cmocka_unit_test(test_cap),      cmocka_unit_test(test_less_room),
		cmocka_unit_test(test_many),     cmocka_unit_test(test_failing),
		cmocka_unit_test(test_failures), cmocka_unit_test(test_refuser),
		cmocka_unit_test(test_apps),     cmocka_unit_test(test_telling),
		cmocka_unit_test(test_memory),   cmocka_unit_test(test_binds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
