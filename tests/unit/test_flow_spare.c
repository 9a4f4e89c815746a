// SPDX-License-Identifier: BSD-2-Clause
/* A table that leaves something out for want of time: which flows, that both directions go
 * together, and that nothing is lost from the count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "base/cpu.h"
#include "flow_lab.h"

enum { FLOWS = 4096, TCP = IPPROTO_NR_TCP, UDP = IPPROTO_NR_UDP };

static struct packet of(unsigned flow, bool back, const char *flags, uint32_t seq)
{
	uint16_t port = (uint16_t)(1024 + flow % 60000);

	return (struct packet){
		.ts_ns = NS_PER_S,
		.wire_len = 60,
		.src = A(back ? "10.0.0.1" : "10.0.0.2"),
		.dst = A(back ? "10.0.0.2" : "10.0.0.1"),
		.sport = back ? 443 : port,
		.dport = back ? port : 443,
		.proto = flags ? TCP : UDP,
		.tcp_flags = flags ? lab_flags(flags) : 0,
		.seq = seq,
		.ttl = 64,
	};
}

static void give(struct lab *lab, unsigned flow, bool back, const char *flags, uint32_t seq)
{
	struct packet p = of(flow, back, flags, seq);

	assert_int_equal(lab_give(lab, &p), 0);
}

/* Of each flow a packet there and one back. */
static void talk(struct lab *lab, const char *there, const char *back)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		give(lab, i, false, there, 100);
		give(lab, i, true, back, 500);
	}
}

/* A part of them, whole; the rest is counted. */
static void test_part(void **state)
{
	(void)state;
	for (unsigned udp = 0; udp < 2; udp++)
		for (unsigned shift = 0; shift <= 4; shift++) {
			struct lab *lab = lab_new(NULL);
			const struct flow_stats *s = flow_table_stats(lab->t);
			unsigned want = FLOWS >> shift;

			flow_table_spare(lab->t, &(struct flow_spare){.shift = shift});
			talk(lab, udp ? NULL : "S", udp ? NULL : "SA");
			assert_int_equal(s->packets + s->unfollowed, 2 * FLOWS);
			assert_int_equal(s->packets, 2 * s->flows);
			/* Four standard deviations of a fair deal are an eighth of 1/16 of 4096. */
			assert_in_range(s->flows, want - want / 4, want + want / 4);
			lab_end(lab);
			assert_int_equal(lab->n, s->flows);
			assert_int_equal(lab->packets, s->packets);
			lab_free(lab);
		}
}

/* Which flows a table with this key follows. */
static void followed(uint64_t secret, unsigned shift, bool ret[FLOWS])
{
	const struct hash_key key = {secret, ~secret};
	struct lab *lab = lab_new(&(struct flow_options){.key = &key});

	flow_table_spare(lab->t, &(struct flow_spare){.shift = shift});
	for (unsigned i = 0; i < FLOWS; i++) {
		uint64_t before = flow_table_stats(lab->t)->flows;

		give(lab, i, false, "S", 100);
		ret[i] = flow_table_stats(lab->t)->flows != before;
	}
	lab_free(lab);
}

/* Those of a level are among those of each lower one, and nobody knows which without the key. */
static void test_which(void **state)
{
	static bool some[FLOWS], fewer[FLOWS], others[FLOWS];
	unsigned both = 0;

	(void)state;
	followed(1, 1, some);
	for (unsigned shift = 2; shift <= 4; shift++) {
		followed(1, shift, fewer);
		for (unsigned i = 0; i < FLOWS; i++)
			assert_true(some[i] || !fewer[i]);
		memcpy(some, fewer, sizeof some);
	}
	followed(1, 1, some);
	followed(2, 1, others);
	for (unsigned i = 0; i < FLOWS; i++)
		both += some[i] && others[i];
	assert_in_range(both, FLOWS / 5, FLOWS * 3 / 10);
}

/* Flows that are there go on; and afterwards all are followed again. */
static void test_old_and_later(void **state)
{
	struct lab *lab = lab_new(NULL);
	const struct flow_stats *s = flow_table_stats(lab->t);

	(void)state;
	talk(lab, "S", "SA");
	assert_int_equal(s->flows, FLOWS);
	flow_table_spare(lab->t, &(struct flow_spare){.heads = true, .shift = 4});
	talk(lab, "A", "A");
	assert_int_equal(s->flows, FLOWS);
	assert_int_equal(s->packets, 4 * FLOWS);
	assert_int_equal(s->unfollowed, 0);
	flow_table_spare(lab->t, &(struct flow_spare){0});
	for (unsigned i = 0; i < 100; i++)
		give(lab, FLOWS + i, false, "S", 100);
	assert_int_equal(s->flows, FLOWS + 100);
	assert_int_equal(s->unfollowed, 0);
	lab_free(lab);
}

/* More than there can be is as much as there can be. */
static void test_most(void **state)
{
	struct lab *lab = lab_new(NULL);

	(void)state;
	flow_table_spare(lab->t, &(struct flow_spare){.shift = 200});
	talk(lab, "S", "SA");
	assert_true(flow_table_stats(lab->t)->flows < 8);
	lab_free(lab);
}

/* The first bytes that there are are shown once and for all; what was kept before stays. */
static void test_heads(void **state)
{
	static const struct {
		bool spare_first, spare_then;
		unsigned calls;
		size_t n; /* that the owner saw */
		uint64_t spared;
	} rows[] = {
		{false, false, 3, 8, 0},
		{true, true, 2, 4, 1},
		{true, false, 2, 4, 1}, /* what was let go of does not come back */
		{false, true, 3, 8, 0},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct lab *lab = lab_new(NULL);
		struct packet p = of(1, false, "S", 100);
		uint8_t bytes[] = "12345678";

		assert_int_equal(lab_give(lab, &p), 0);
		for (unsigned k = 0; k < 2; k++) {
			flow_table_spare(lab->t,
					 &(struct flow_spare){.heads = k ? rows[i].spare_then
									 : rows[i].spare_first});
			p = of(1, false, "PA", 101 + 4 * k);
			p.payload = bytes + (size_t)4 * k;
			p.payload_len = p.payload_wire = 4;
			assert_int_equal(lab_give(lab, &p), 0);
		}
		assert_int_equal(flow_table_stats(lab->t)->heads_spared, rows[i].spared);
		assert_int_equal(flow_table_stats(lab->t)->heads_shed, 0);
		lab_end(lab);
		assert_int_equal(lab->n, 1);
		assert_int_equal(lab->f[0].seen.calls, rows[i].calls);
		assert_true(lab->f[0].seen.final);
		assert_int_equal(lab->f[0].seen.n[0] + lab->f[0].seen.n[1], rows[i].n);
		lab_free(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_part),          cmocka_unit_test(test_which),
		cmocka_unit_test(test_old_and_later), cmocka_unit_test(test_most),
		cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
