// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_dup - what it costs to know a packet's copies: ns per packet.
 *
 *   bench_dup [PACKETS]
 *
 *   single   nothing is a copy
 *   double   each packet twice in a row
 *   apart    each packet twice, 40 packets apart
 *   no id    as double, IPv6 without identity
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"
#include "flow/dup.h"

#include "clock.h"

enum { DISTANCE = 40, MADE = 4096 };

struct made {
	struct packet p;
	uint8_t b[64];
};

static struct made make(uint32_t i, bool ids)
{
	struct made m = {
		.p = {.src = addr_v4(0x0a000000 + i % 5000),
		      .dst = addr_v4(0x0a010001 + i % 7),
		      .sport = (uint16_t)(1024 + i % 5000),
		      .dport = 443,
		      .proto = IPPROTO_NR_TCP,
		      .ttl = 64,
		      .tcp_flags = TCP_ACK,
		      .seq = i * 100,
		      .payload_wire = 100,
		      .has_ip_id = ids,
		      .ip_id = ids ? i % 0xffff + 1 : 0,
		      .ip_len = 140,
		      .transport_len = 64},
	};

	memcpy(m.b, &i, sizeof i);
	return m;
}

static int run(const char *name, uint32_t packets, bool ids, uint32_t times, uint32_t apart)
{
	static const struct hash_key key = {1, 2};
	struct dup_table *t = dup_table_new(&key);
	struct made *v = calloc(MADE, sizeof *v);
	double spent = 0;
	uint32_t given = 0;

	if (!t || !v) {
		fprintf(stderr, "bench_dup: no memory\n");
		free(v);
		dup_table_free(t);
		return 1;
	}
	while (given < packets) {
		for (uint32_t i = 0; i < MADE; i++) {
			uint32_t n = given + i;
			uint32_t number = n / (times * apart) * apart + n % apart;

			v[i] = make(number, ids);
			v[i].p.ts_ns = n * INT64_C(1000);
		}

		double from = bench_cpu_s();

		for (uint32_t i = 0; i < MADE; i++) {
			v[i].p.transport = v[i].b;
			dup_table_is_copy(t, &v[i].p);
		}
		spent += bench_cpu_s() - from;
		given += MADE;
	}

	const struct dup_stats *s = dup_table_stats(t);

	printf("%-8s %10" PRIu32 " packets %9" PRIu64 " copies %6.1f ns per packet\n", name, given,
	       s->copies, spent * 1e9 / given);
	free(v);
	dup_table_free(t);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t packets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 8000000;

	return run("single", packets, true, 1, 1) || run("double", packets, true, 2, 1) ||
	       run("apart", packets, true, 2, DISTANCE) || run("no id", packets, false, 2, 1);
}
