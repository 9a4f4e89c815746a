// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_flow - what the flow table costs: ns per packet and bytes per flow.
 *
 *   bench_flow [PACKETS [FLOWS]]
 *
 *   mixed   PACKETS spread at random over FLOWS open connections
 *   new     a SYN each, every one a new flow
 *   data    as mixed, with payload in order; the first bytes are recognised at once, and
 *     no readers    there are none
 *     nobody asks   there are some, and none wants these flows
 *     all read      each flow has one
 *
 * The bytes per flow of `data` are those of a stream that waits for nothing: what a reader costs
 * beyond `no readers` is printed with it.
 *
 * Processor time, so that a busy machine shows less.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "flow/flow.h"

#include "clock.h"

enum { BATCH = 64, SEGMENT = 100 };

enum readers { NO_READERS, NOBODY_ASKS, ALL_READ };

struct bench {
	const char *name;
	uint32_t packets, flows;
	bool data;
	enum readers readers;
};

struct count {
	uint64_t packets, bytes;
};

static uint32_t rng(uint64_t *s)
{
	*s = *s * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(*s >> 32);
}

static void on_done(void *user, const struct flow_done *d)
{
	struct count *c = user;

	c->packets += d->packets[0] + d->packets[1];
}

/* Knows all by the first bytes. */
static enum flow_want on_head(void *user, const struct flow_heads *h, struct recognition **app)
{
	(void)user;
	(void)h;
	(void)app;
	return FLOW_ENOUGH;
}

static struct learn_flow *nobody(void *user, const struct flow_heads *h, struct recognition *app)
{
	(void)user;
	(void)h;
	(void)app;
	return NULL;
}

static struct learn_flow *everybody(void *user, const struct flow_heads *h, struct recognition *app)
{
	(void)h;
	(void)app;
	return user; /* one reader for all: what it keeps is not measured here */
}

static bool on_bytes(void *user, struct learn_flow *reader, struct recognition *app,
		     const struct flow_bytes *b)
{
	struct count *c = user;

	(void)reader;
	(void)app;
	c->bytes += b->p ? b->n : 0;
	return true;
}

/* Packet `turn` of connection i: SYN, SYN-ACK, ACK, then either way ACKs, with `n` bytes behind the
 * `sent` ones of that side. */
static struct packet packet(uint32_t i, uint32_t turn, int64_t ts_ns, const uint32_t sent[2],
			    uint32_t n)
{
	static const uint8_t payload[SEGMENT];
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
		.seq = turn > 1 ? 1 + sent[back] : 0,
		.ack = turn > 0 ? 1 + sent[!back] : 0,
		.payload = payload,
		.payload_len = turn > 1 ? n : 0,
		.payload_wire = turn > 1 ? n : 0,
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

static int run(const struct bench *b, double *bytes_per_flow)
{
	static struct learn_flow *(*const stream[])(void *, const struct flow_heads *,
						    struct recognition *) = {
		[NO_READERS] = NULL, [NOBODY_ASKS] = nobody, [ALL_READ] = everybody};
	static const struct hash_key key = {1, 2};
	const struct flow_ops ops = {.head = b->data ? on_head : NULL,
				     .stream = stream[b->readers],
				     .bytes = on_bytes,
				     .done = on_done};
	uint32_t packets = b->packets, flows = b->flows;
	struct count out = {0};
	uint64_t seed = 42, payload = 0;
	struct flow_table *t = flow_table_new(
		&(struct flow_options){.key = &key, .max_memory = (size_t)4 << 30}, &ops, &out);
	uint8_t *turn = calloc(flows, 1);
	uint32_t(*sent)[2] = calloc(flows, sizeof *sent);
	double spent = 0;
	uint32_t given = 0;

	if (!t || !turn || !sent) {
		fprintf(stderr, "bench_flow: no memory\n");
		free(turn);
		free(sent);
		flow_table_free(t);
		return 1;
	}
	while (given < packets) {
		struct packet p[BATCH];
		uint32_t n = packets - given < BATCH ? packets - given : BATCH;

		for (uint32_t j = 0; j < n; j++, given++) {
			uint32_t i = flows == packets ? given : rng(&seed) % flows;

			p[j] = packet(i, turn[i], given * INT64_C(100), sent[i],
				      b->data ? SEGMENT : 0);
			sent[i][turn[i] % 2] += p[j].payload_len;
			payload += p[j].payload_len;
			turn[i] += turn[i] < 3 ? 1 : -1;
		}

		double from = bench_cpu_s();

		if (flow_table_packets(t, p, n) < 0)
			return 1;
		spent += bench_cpu_s() - from;
	}

	struct flow_stats st = *flow_table_stats(t);
	double from = bench_cpu_s();

	flow_table_end(t, packets * INT64_C(100));
	*bytes_per_flow = (double)st.memory / (double)st.flows;
	printf("%-18s %9" PRIu32 " packets %8" PRIu64
	       " flows  %6.1f ns per packet  %5.0f bytes per "
	       "flow  %6.1f ns per flow to hand out\n",
	       b->name, packets, st.flows, spent * 1e9 / packets, *bytes_per_flow,
	       (bench_cpu_s() - from) * 1e9 / (double)st.flows);
	flow_table_free(t);
	free(turn);
	free(sent);
	if (out.packets == packets && out.bytes == (b->readers == ALL_READ ? payload : 0))
		return 0;
	fprintf(stderr, "bench_flow: %" PRIu64 " packets came out, %" PRIu64 " bytes were read\n",
		out.packets, out.bytes);
	return 1;
}

static int run_all(uint32_t packets, uint32_t flows)
{
	const struct bench rows[] = {
		{"mixed", packets, flows, false, NO_READERS},
		{"data, no readers", packets, flows, true, NO_READERS},
		{"data, nobody asks", packets, flows, true, NOBODY_ASKS},
		{"data, all read", packets, flows, true, ALL_READ},
	};
	double bytes[4];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (run(&rows[i], &bytes[i]))
			return 1;
	printf("%-18s %.0f bytes more per flow that is read\n", "", bytes[3] - bytes[1]);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t packets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 4000000;
	uint32_t flows = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (flows)
		return run_all(packets, flows);

	const struct bench scan = {"new", packets, packets, false, NO_READERS};
	double bytes;

	return run_all(packets, 10000) || run_all(packets, 1000000) || run(&scan, &bytes);
}
