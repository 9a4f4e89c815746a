// SPDX-License-Identifier: BSD-2-Clause
/* The room and the time that flows have: floods, who pays for them, and expiry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "flow_lab.h"
#include "flow_tally.h"

enum { HONEST = 300, EACH = 3 };

/* A segment of the handshake of one of the honest hosts with one of its servers. */
static struct packet honest(uint32_t i, unsigned step, int64_t ts_ns)
{
	struct packet p = syn(i, ts_ns);

	p.src = addr_v4(0x0a010000 + i / EACH);
	p.dst = addr_v4(0x0a020000 + i % 40);
	p.sport = (uint16_t)(5000 + i);
	p.tcp_flags = (uint8_t[]){TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK}[step];
	p.seq = step == 2;
	if (step == 1) {
		struct addr a = p.src;
		uint16_t port = p.sport;

		p.src = p.dst;
		p.dst = a;
		p.sport = p.dport;
		p.dport = port;
	}
	p.ack = step != 0;
	return p;
}

/* A flood within the cap: every flow is handed out, the oldest first, and memory stays put. */
static void test_flood(void **state)
{
	enum { N = 200000 };
	struct tally y;
	struct flow_table *t =
		tally_table(&y, &(struct flow_options){.max_memory = (size_t)2 << 20});
	const struct flow_stats *st = flow_table_stats(t);

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		struct packet p = syn(i, i * INT64_C(1000));

		assert_int_equal(flow_table_packet(t, &p), 0);
		assert_true(st->memory <= (size_t)2 << 20);
	}
	assert_true(st->evicted > N / 2);
	assert_int_equal(st->evicted, y.flows);
	flow_table_end(t, N * INT64_C(1000));
	assert_int_equal(st->flows, N);
	assert_int_equal(st->done, N);
	assert_int_equal(y.flows, N);
	assert_int_equal(y.packets, N);
	assert_int_equal(y.no_answer, N);
	assert_true(y.in_order);
	assert_true(st->live_max * 64 <= (size_t)2 << 20);
	flow_table_free(t);
}

/* An open connection is worth more than the flood around it. */
static void test_flood_spares_connections(void **state)
{
	struct tally y;
	struct flow_table *t =
		tally_table(&y, &(struct flow_options){.max_memory = (size_t)1 << 20});
	struct packet p;
	int64_t ts = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		p = honest(0, i, 0);
		assert_int_equal(flow_table_packet(t, &p), 0);
	}
	for (uint32_t i = 0; i < 100000; i++) {
		p = syn(i, ts += 10000);
		assert_int_equal(flow_table_packet(t, &p), 0);
		if (i % 1000)
			continue;
		p = honest(0, 2, ts);
		assert_int_equal(flow_table_packet(t, &p), 0);
	}
	assert_true(flow_table_stats(t)->evicted > 0);
	assert_int_equal(y.flows, y.no_answer);
	flow_table_end(t, ts);
	assert_int_equal(y.flows, 100001);
	assert_int_equal(y.no_answer, 100000);
	flow_table_free(t);
}

/* By one sender to all, by one to one, by forged ones to one, by some to one. */
static struct packet flood(unsigned kind, uint32_t i, int64_t ts_ns)
{
	struct packet p = syn(i, ts_ns);

	if (kind != 2) {
		p.src = addr_v4(0xc6336400 + (kind == 3 ? i & 7 : 0));
		p.sport = (uint16_t)i;
		p.dport = (uint16_t)(443 + (i >> 16));
	}
	if (kind == 0)
		p.dst = addr_v4(0x0b000000 + i);
	return p;
}

/* Who has most of the flows without answer pays for the room: one sender to all, one to one, or
 * many forged ones to one target. The others' connections, which are the oldest, come about. */
static void test_crowd(void **state)
{
	enum { FLOOD = 30000 };

	for (unsigned kind = 0; kind < 4; kind++) {
		const struct hash_key key = {kind, 5};
		struct tally y;
		struct flow_table *t = tally_table(
			&y, &(struct flow_options){.max_memory = (size_t)1 << 20, .key = &key});
		const struct flow_stats *st = flow_table_stats(t);

		for (unsigned step = 0; step < 3; step++) {
			for (uint32_t i = 0; i < HONEST * EACH; i++) {
				struct packet p = honest(i, step, step * NS_PER_S);

				assert_int_equal(flow_table_packet(t, &p), 0);
			}
			for (uint32_t i = 0; i < FLOOD; i++) {
				struct packet p = flood(kind, i + step * FLOOD,
							step * NS_PER_S + i * INT64_C(1000));

				assert_int_equal(flow_table_packet(t, &p), 0);
			}
		}
		flow_table_end(t, 9 * NS_PER_S);
		assert_int_equal(y.flows, st->flows);
		assert_int_equal(y.flows - y.no_answer, HONEST * EACH);
		assert_int_equal(st->crowded, st->evicted);
		assert_true(st->crowded > FLOOD);
		flow_table_free(t);
	}
}

/* Where nobody has many more than others the next to expire goes, and nobody pays. */
static void test_no_crowd(void **state)
{
	struct tally y;
	struct flow_table *t =
		tally_table(&y, &(struct flow_options){.max_memory = (size_t)2 << 20});
	const struct flow_stats *st = flow_table_stats(t);

	for (uint32_t i = 0; i < 100000; i++) {
		struct packet p = syn(i, i * INT64_C(1000));

		p.dst = addr_v4(0x0b000000 + i);
		assert_int_equal(flow_table_packet(t, &p), 0);
	}
	assert_true(st->evicted > 0);
	assert_int_equal(st->crowded, 0);
	assert_true(y.in_order);
	flow_table_free(t);
}

/* Idle flows leave by packet time, without their own packet, and their memory serves others. */
static void test_expiry(void **state)
{
	struct tally y;
	struct flow_table *t = tally_table(&y, &(struct flow_options){.max_memory = 0});
	const struct flow_stats *st = flow_table_stats(t);

	(void)state;
	for (uint32_t i = 0; i < 300000; i++) {
		struct packet p = syn(i, i * INT64_C(10000000)); /* 100 a second */

		assert_int_equal(flow_table_packet(t, &p), 0);
		assert_true(st->live <= 62 * 100);
	}
	assert_true(st->expired >= 300000 - 62 * 100);
	assert_int_equal(st->evicted, 0);
	assert_true(st->memory_max < (size_t)2 << 20);
	flow_table_end(t, 3000 * NS_PER_S);
	assert_int_equal(y.flows, 300000);
	assert_true(y.in_order);
	flow_table_free(t);
}

/* An open connection outlives what is embryonic, a closed one does not. */
static void test_expiry_by_class(void **state)
{
	struct lab *lab = lab_new(NULL);
	const struct flow_stats *st = flow_table_stats(lab->t);
	struct packet p;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		p = honest(0, i, 0);
		assert_int_equal(lab_give(lab, &p), 0);
	}
	p = syn(1, 3000 * NS_PER_S);
	assert_int_equal(lab_give(lab, &p), 0);
	assert_int_equal(st->live, 2);
	p = honest(0, 1, 3000 * NS_PER_S);
	p.tcp_flags = TCP_RST | TCP_ACK;
	p.seq = 1;
	assert_int_equal(lab_give(lab, &p), 0);
	p = syn(2, 3059 * NS_PER_S);
	assert_int_equal(lab_give(lab, &p), 0);
	assert_int_equal(st->live, 3);
	p = syn(3, 3062 * NS_PER_S);
	assert_int_equal(lab_give(lab, &p), 0);
	assert_int_equal(st->live, 2); /* the first SYN and the closed connection are gone */
	lab_free(lab);
}

/* Time that jumps (a second file, a broken clock) loses nothing and expires nothing twice. */
static void test_time_jumps(void **state)
{
	static const int64_t jump[] = {
		0, 5, -3, 100000, -100000, INT64_C(9000000000), -INT64_C(9000000000), 1};
	struct tally y;
	struct flow_table *t = tally_table(&y, &(struct flow_options){0});
	uint32_t n = 0;

	(void)state;
	for (int round = 0; round < 20; round++)
		for (size_t j = 0; j < sizeof jump / sizeof *jump; j++)
			for (uint32_t i = 0; i < 50; i++, n++) {
				struct packet p = syn(n, jump[j] * NS_PER_S + i);

				assert_int_equal(flow_table_packet(t, &p), 0);
			}
	flow_table_end(t, 0);
	assert_int_equal(y.packets, n);
	assert_int_equal(y.flows, flow_table_stats(t)->flows);
	flow_table_free(t);
}

static void datagram(struct lab *lab, bool back, const char *text)
{
	struct packet p = build_packet(&(struct build){.src = back ? "10.0.0.2" : "10.0.0.1",
						       .dst = back ? "10.0.0.1" : "10.0.0.2",
						       .sport = back ? 53 : 5,
						       .dport = back ? 5 : 53,
						       .proto = IPPROTO_NR_UDP,
						       .payload = text,
						       .n = 4},
				       0, 0);

	assert_int_equal(lab_give(lab, &p), 0);
}

/* A datagram that its owner does without takes no room, and neither it nor the one before it comes
 * back. */
static void test_datagrams_without(void **state)
{
	struct lab *lab = lab_new(NULL);
	const struct recognition *s = &lab->f[0].seen;
	size_t before;

	(void)state;
	lab->without = 1;
	datagram(lab, false, "once");
	before = flow_table_stats(lab->t)->memory;
	datagram(lab, true, "that");
	assert_int_equal(flow_table_stats(lab->t)->memory, before);
	lab->without = 4;
	datagram(lab, false, "kept");
	assert_true(flow_table_stats(lab->t)->memory > before);
	datagram(lab, false, "then");
	datagram(lab, true, "last");
	lab_end(lab);
	assert_int_equal(s->calls, 6);
	assert_int_equal(s->n[0], 0);
	assert_int_equal(s->n[1], 0);
	lab_free(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flood),      cmocka_unit_test(test_flood_spares_connections),
		cmocka_unit_test(test_crowd),      cmocka_unit_test(test_no_crowd),
		cmocka_unit_test(test_expiry),     cmocka_unit_test(test_expiry_by_class),
		cmocka_unit_test(test_time_jumps), cmocka_unit_test(test_datagrams_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
