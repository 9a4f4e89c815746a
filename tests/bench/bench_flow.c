// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_flow - what the flow table costs: ns per packet and bytes per flow.
 *
 *   bench_flow [PACKETS [FLOWS]]
 *
 *   mixed   PACKETS spread at random over FLOWS open connections
 *   new     a SYN each, every one a new flow
 *
 * Processor time, so that a busy machine shows less.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "flow/flow.h"

enum { BATCH = 64 };

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static uint32_t rng(uint64_t *s)
{
	*s = *s * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(*s >> 32);
}

static void on_done(void *user, const struct flow_done *d)
{
	uint64_t *packets = user;

	*packets += d->packets[0] + d->packets[1];
}

/* Packet `turn` of connection i: SYN, SYN-ACK, ACK, then ACKs without payload either way. */
static struct packet packet(uint32_t i, uint32_t turn, int64_t ts_ns)
{
	bool back = turn % 2;
	struct packet p = {
		.ts_ns = ts_ns,
		.number = turn + 1,
		.wire_len = 64,
		.src = addr_v4(0x0a000000 + (i >> 14)),
		.dst = addr_v4(0xac100001 + (i & 255)),
		.sport = (uint16_t)(1024 + (i & 0x3fff)),
		.dport = 443,
		.proto = IPPROTO_NR_TCP,
		.ttl = 64,
		.tcp_flags = turn == 0   ? TCP_SYN
			     : turn == 1 ? TCP_SYN | TCP_ACK
					 : TCP_ACK,
		.seq = turn > 1,
		.ack = turn > 0,
	};

	if (back) {
		struct addr a = p.src;
		uint16_t port = p.sport;

		p.src = p.dst;
		p.dst = a;
		p.sport = p.dport;
		p.dport = port;
	}
	return p;
}

static int run(const char *name, uint32_t packets, uint32_t flows)
{
	static const struct flow_ops ops = {.done = on_done};
	static const struct hash_key key = {1, 2};
	uint64_t out = 0, seed = 42;
	struct flow_table *t = flow_table_new(
		&(struct flow_options){.key = &key, .max_memory = (size_t)4 << 30}, &ops, &out);
	uint8_t *turn = calloc(flows, 1);
	double spent = 0;
	uint32_t given = 0;

	if (!t || !turn) {
		fprintf(stderr, "bench_flow: no memory\n");
		free(turn);
		flow_table_free(t);
		return 1;
	}
	while (given < packets) {
		struct packet p[BATCH];
		uint32_t n = packets - given < BATCH ? packets - given : BATCH;

		for (uint32_t j = 0; j < n; j++, given++) {
			uint32_t i = flows == packets ? given : rng(&seed) % flows;

			p[j] = packet(i, turn[i], given * INT64_C(100));
			turn[i] += turn[i] < 3 ? 1 : -1;
		}

		double from = cpu_s();

		if (flow_table_packets(t, p, n) < 0)
			return 1;
		spent += cpu_s() - from;
	}

	struct flow_stats st = *flow_table_stats(t);
	double from = cpu_s();

	flow_table_end(t, packets * INT64_C(100));
	printf("%-6s %10" PRIu32 " packets %9" PRIu64
	       " flows  %6.1f ns per packet  %5.0f bytes per "
	       "flow  %6.1f ns per flow to hand out\n",
	       name, packets, st.flows, spent * 1e9 / packets, (double)st.memory / (double)st.flows,
	       (cpu_s() - from) * 1e9 / (double)st.flows);
	flow_table_free(t);
	free(turn);
	if (out == packets)
		return 0;
	fprintf(stderr, "bench_flow: %" PRIu64 " packets came out\n", out);
	return 1;
}

int main(int argc, char **argv)
{
	uint32_t packets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 4000000;
	uint32_t flows = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (flows)
		return run("mixed", packets, flows);
	return run("mixed", packets, 10000) || run("mixed", packets, 1000000) ||
	       run("new", packets, packets);
}
