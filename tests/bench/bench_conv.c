// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_conv - what the table of conversations costs: ns per flow, from the end of the flow to the
 * sorted result, and bytes of a conversation.
 *
 *   bench_conv [FLOWS [CONVERSATIONS]]
 *
 * Flows with one protocol each, spread at random over their conversations.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "flow/conv.h"

#include "clock.h"

static uint32_t rng(uint64_t *s)
{
	*s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*s >> 32);
}

static struct flow_done flow(uint32_t i, uint32_t n)
{
	struct flow_done d = {
		.addr = {addr_v4(0x0a000000 + i * UINT32_C(2654435761) % 60000),
			 addr_v4(0x0a640000 + i / 60000)},
		.port = {(uint16_t)(1024 + n % 60000), 443},
		.proto = IPPROTO_NR_TCP,
		.directed = true,
		.reason = DIR_SYN,
		.state = STATE_ESTABLISHED,
		.packets = {5, 4},
		.bytes = {500, 4000},
		.payload = {100, 3600},
		.first_ns = n * INT64_C(1000),
		.last_ns = n * INT64_C(1000) + 500,
		.ev = {{n * INT64_C(1000), 0, n}},
		.n_ev = 1,
		.refusal_ns = TIME_NONE,
		.server_ttl = 64,
		.client_ttl = 128,
		.started = true,
	};

	return d;
}

int main(int argc, char **argv)
{
	static const struct hash_key key = {1, 2};
	uint32_t flows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 2000000;
	uint32_t convs = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000;
	struct conv_table *t = conv_table_new(&(struct conv_options){.key = &key});
	const struct conv_facts facts = {.app = 1, .conf = 1};
	const struct conv *c;
	uint64_t seed = 1;
	size_t n;

	if (!t || !convs)
		return 1;

	double from = bench_cpu_s();

	for (uint32_t i = 0; i < flows; i++) {
		struct flow_done d = flow(rng(&seed) % convs, i);

		if (conv_table_add(t, &d, &facts) < 0)
			return 1;
	}
	if (conv_table_finish(t, &c, &n, NULL) < 0)
		return 1;
	printf("%" PRIu32
	       " flows %zu conversations %6.1f ns per flow, %zu bytes and %zu a protocol\n",
	       flows, n, (bench_cpu_s() - from) * 1e9 / flows, sizeof *c, sizeof(struct conv_app));
	conv_table_free(t);
	return 0;
}
