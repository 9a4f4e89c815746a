// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bytes that were sent and never captured: what the flow table says of conversations with known
 * losses, against what can be known of them at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "base/cpu.h"
#include "flow_lab.h"
#include "tcp_lab.h"

/* What can be known of one side: from its start in the capture to the end of what was captured or
 * acknowledged, and not captured. In bytes of the stream, by an array of all of them. */
struct known {
	uint64_t unseen, unseen_max; /* with what the peer's last word leaves open: a FIN */
	uint64_t payload;
};

enum { STREAM = (TCP_LAB_SEGS + 4) * TCP_LAB_MSS };

/* Offsets are relative to isn + 1 of the side, which the simulator tells. */
static struct known known_of(const struct tcp_lab *l, unsigned side, uint16_t client_port)
{
	static uint8_t have[STREAM];
	struct known k = {0};
	uint32_t isn = l->isn[side], start = UINT32_MAX, end = 0;
	bool fin = false;
	unsigned n = 0;

	memset(have, 0, sizeof have);
	for (size_t i = 0; i < l->n; i++) {
		const struct tcp_lab_seen *s = &l->seen[i];
		unsigned from = s->p.sport != client_port;

		if (!s->captured)
			continue;

		bool syn = s->p.tcp_flags & TCP_SYN;
		uint32_t at;

		n++;

		if (from == side) {
			at = syn ? 0 : s->p.seq - isn - 1;
			if (start == UINT32_MAX || syn)
				start = syn ? 0 : at;
			for (uint32_t j = 0; j < s->p.payload_wire; j++)
				have[at + j] = 1;
			at += s->p.payload_wire;
			fin |= s->p.tcp_flags & TCP_FIN;
			k.payload += s->p.payload_wire;
		} else if (s->p.tcp_flags & TCP_ACK && (n > 1 || s->p.payload_wire || syn)) {
			/* A bare first packet is one line, which has no room for its
			 * acknowledgement. */
			at = s->p.ack - isn - 1;
			if (start == UINT32_MAX || syn)
				start = at;
		} else {
			continue;
		}
		if (at > end)
			end = at;
	}
	uint32_t all = l->segs[side] * TCP_LAB_MSS;

	for (uint32_t j = start; start != UINT32_MAX && j < end && j < all; j++)
		k.unseen += !have[j];
	k.unseen_max = k.unseen + (end > all && !fin);
	return k;
}

struct sum {
	uint64_t told, known, sent, payload, flows, off;
};

static void check(const char *what, const struct tcp_lab_options *o, struct sum *sum)
{
	struct tcp_lab *l = tcp_lab_run(o);
	struct lab *lab = lab_new(NULL);
	struct known k[2];

	for (size_t i = 0; i < l->n; i++)
		if (l->seen[i].captured)
			assert_int_equal(lab_give(lab, &l->seen[i].p), 0);
	lab_end(lab);
	for (unsigned side = 0; side < 2; side++)
		k[side] = known_of(l, side, o->port);

	uint64_t told[2] = {0}, payload[2] = {0};

	for (size_t i = 0; i < lab->n && i < LAB_FLOWS; i++) {
		const struct flow_done *d = &lab->f[i].d;
		bool flipped = d->port[1] == o->port;

		for (unsigned j = 0; j < 2; j++) {
			told[j ^ flipped] += d->unseen[j];
			payload[j ^ flipped] += d->payload[j];
		}
	}
	for (unsigned side = 0; side < 2; side++) {
		if (told[side] < k[side].unseen - (k[side].unseen ? 1 : 0) ||
		    told[side] > l->payload[side] + 1) /* with a FIN */
			fail_msg("%s: seed %llu, side %u: %llu unseen, known %llu, sent %llu", what,
				 (unsigned long long)o->seed, side, (unsigned long long)told[side],
				 (unsigned long long)k[side].unseen,
				 (unsigned long long)l->payload[side]);
		assert_int_equal(payload[side], k[side].payload);
		sum->told += told[side];
		sum->known += k[side].unseen;
		sum->sent += l->payload[side];
		sum->payload += payload[side];
		sum->off += told[side] > k[side].unseen_max;
	}
	sum->flows += lab->n > 0;
	lab_free(lab);
	free(l);
}

static const struct {
	const char *what;
	double before, after, miss[2];
} rows[] = {
	{"no loss", 0, 0, {0, 0}},
	{"lost before the sensor 1 %", 0.01, 0, {0, 0}},
	{"lost before the sensor 5 %", 0.05, 0, {0, 0}},
	{"lost behind the sensor 5 %", 0, 0.05, {0, 0}},
	{"not captured 0.1 %", 0, 0, {0.001, 0.001}},
	{"not captured 1 %", 0, 0, {0.01, 0.01}},
	{"not captured 5 %", 0, 0, {0.05, 0.05}},
	{"client not captured 5 %", 0, 0, {0.05, 0}},
	{"server not captured 5 %", 0, 0, {0, 0.05}},
	{"all losses", 0.02, 0.02, {0.05, 0.05}},
	{"client never captured", 0, 0, {1, 0}},
	{"server never captured", 0, 0.02, {0, 1}},
	{"half not captured", 0, 0, {0.5, 0.5}},
};

static void test_losses(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct sum sum = {0};

		for (unsigned seed = 0; seed < 400; seed++)
			check(rows[i].what,
			      &(struct tcp_lab_options){
				      .seed = seed,
				      .before = rows[i].before,
				      .after = rows[i].after,
				      .miss = {rows[i].miss[0], rows[i].miss[1]},
				      .ids = true,
				      .rack = seed % 2,
				      .port = 5000,
				      .start_ns = NS_PER_S,
			      },
			      &sum);
		print_message("%s: told %.3f %%, to be known %.3f %%, %llu sides too high\n",
			      rows[i].what,
			      100.0 * (double)sum.told / (double)(sum.told + sum.payload),
			      100.0 * (double)sum.known / (double)(sum.known + sum.payload),
			      (unsigned long long)sum.off);
		if (!rows[i].miss[0] && !rows[i].miss[1])
			assert_int_equal(sum.told, 0);
		/* Holes that nobody remembers may be filled later. */
		assert_true(sum.told <= sum.known + sum.sent / 1000);
	}
}

/* Single packets around what is easily taken for loss. */

struct step {
	bool back;
	const char *flags;
	uint32_t seq, ack, len;
};

static const struct {
	const char *what;
	struct step s[8];
	uint64_t unseen[2]; /* of the one who sends first, of the other */
} lines[] = {
	{"begins in the middle", {{0, "A", 5000, 900, 100}, {1, "A", 900, 5100, 50}}, {0, 0}},
	{"begins with an acknowledgement",
	 {{1, "A", 900, 5000, 0}, {0, "A", 5000, 900, 100}, {1, "A", 900, 5100, 0}},
	 {0, 0}},
	{"begins with what is sent again",
	 {{0, "A", 5000, 900, 100}, {0, "A", 4900, 900, 100}, {1, "A", 900, 5100, 0}},
	 {0, 0}},
	{"FIN not captured",
	 {{0, "A", 5000, 900, 100},
	  {1, "A", 900, 5101, 0},
	  {1, "FA", 900, 5101, 0},
	  {0, "A", 5101, 901, 0}},
	 {0, 0}},
	{"keep-alive with a byte", /* RFC 9293 3.8.4 */
	 {{0, "A", 5000, 900, 100},
	  {1, "A", 900, 5100, 0},
	  {0, "A", 5099, 900, 1},
	  {1, "A", 900, 5100, 0},
	  {0, "A", 5100, 900, 10}},
	 {0, 0}},
	{"keep-alive without, first of all",
	 {{0, "A", 5099, 900, 0}, {1, "A", 900, 5100, 0}, {0, "A", 5100, 900, 10}},
	 {0, 0}},
	{"keep-alive first of all, its answer not captured",
	 {{0, "A", 5099, 900, 0}, {0, "A", 5100, 900, 10}, {1, "A", 900, 5110, 0}},
	 {0, 0}},
	{"keep-alive with a byte, first of all",
	 {{0, "A", 5099, 900, 1}, {1, "A", 900, 5100, 0}, {0, "A", 5100, 900, 10}},
	 {0, 0}},
	{"window probe", /* RFC 9293 3.8.6.1 */
	 {{0, "A", 5000, 900, 100},
	  {1, "A", 900, 5100, 0},
	  {0, "A", 5100, 900, 1},
	  {1, "A", 900, 5100, 0},
	  {0, "A", 5100, 900, 200},
	  {1, "A", 900, 5300, 0}},
	 {0, 0}},
	{"RST beyond the stream",
	 {{0, "A", 5000, 900, 100}, {1, "A", 900, 5100, 0}, {0, "R", 9000, 0, 0}},
	 {0, 0}},
	{"an acknowledgement of what cannot have been sent",
	 {{0, "A", 5000, 900, 100}, {1, "A", 900, 0x60000000, 0}, {1, "A", 900, 5100, 0}},
	 {0, 0}},
	{"a segment", {{0, "A", 5000, 900, 100}, {1, "A", 900, 5200, 0}}, {100, 0}},
	{"a segment, seen by what follows",
	 {{0, "A", 5000, 900, 100}, {0, "A", 5200, 900, 100}},
	 {100, 0}},
	{"a segment, resent in the end",
	 {{0, "A", 5000, 900, 100}, {0, "A", 5200, 900, 100}, {0, "A", 5100, 900, 100}},
	 {0, 0}},
	{"a segment, seen by an acknowledgement",
	 {{0, "A", 5000, 900, 100}, {0, "A", 5200, 900, 0}},
	 {100, 0}},
	{"both sides, over the end of numbers",
	 {{0, "A", 0xffffff00, 0xfffffff0, 16},
	  {1, "A", 0xfffffff0, 0x10, 16},
	  {1, "A", 0x20, 0x10, 16}},
	 {256, 32}},
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		struct lab *lab = lab_new(NULL);

		for (size_t j = 0; j < N_ELEMENTS(lines[i].s) && lines[i].s[j].flags; j++) {
			const struct step *s = &lines[i].s[j];
			struct packet p = {
				.ts_ns = NS_PER_S,
				.wire_len = 54 + s->len,
				.src = A(s->back ? "10.0.0.2" : "10.0.0.1"),
				.dst = A(s->back ? "10.0.0.1" : "10.0.0.2"),
				.sport = s->back ? 443 : 5000,
				.dport = s->back ? 5000 : 443,
				.proto = IPPROTO_NR_TCP,
				.ttl = 64,
				.tcp_flags = lab_flags(s->flags),
				.seq = s->seq,
				.ack = s->ack,
				.payload_wire = s->len,
			};

			assert_int_equal(lab_give(lab, &p), 0);
		}
		lab_end(lab);
		assert_int_equal(lab->n, 1);

		const struct flow_done *d = &lab->f[0].d;
		bool flipped = d->port[1] == 5000;

		for (unsigned j = 0; j < 2; j++)
			if (d->unseen[j ^ flipped] != lines[i].unseen[j])
				fail_msg("%s: %llu unseen", lines[i].what,
					 (unsigned long long)d->unseen[j ^ flipped]);
		lab_free(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_losses),
	};

	return cmocka_run_group_tests_name("flow/loss", tests, NULL, NULL);
}
