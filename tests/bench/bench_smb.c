// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_smb - what it costs to read past files on their way to the pipes of an SMB stream.
 *
 *   bench_smb [MEGABYTES]
 *
 *   read       answers of 1 MiB to READ, in segments of 1460 bytes
 *   small      answers of 4 KiB
 *   middle     the capture began within a file, and no message is ever found
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "learn/learn.h"
#include "recognise/recognise.h"

#include "clock.h"

enum { SEGMENT = 1460, HEADER = 4 + 64 + 16, MIB = 1 << 20 };

/* One READ answer (MS-SMB2 2.2.20) of n bytes of a file. */
static void answer(uint8_t *p, uint32_t n)
{
	const uint32_t len = 64 + 16 + n;

	memset(p, 0, HEADER);
	p[1] = (uint8_t)(len >> 16);
	p[2] = (uint8_t)(len >> 8);
	p[3] = (uint8_t)len;
	memcpy(p + 4, "\xfeSMB\x40", 5);
	p[4 + 12] = 8;
	p[4 + 16] = 1;
	p[4 + 64] = 17;
	p[4 + 66] = 80;
	memcpy(p + 4 + 68, &n, sizeof n);
	for (uint32_t i = 0; i < n; i++)
		p[HEADER + i] = (uint8_t)(i * 2654435761U >> 24);
}

static int run(const char *name, uint32_t megabytes, uint32_t file, bool middle)
{
	struct learn *l = learn_new(&(struct learn_options){0});
	struct learn_ask q = {.proto = PROTO_TCP,
			      .addr = {addr_v4(0x0a000009), addr_v4(0x0a000005)},
			      .port = {50000, 445}};
	struct learn_flow *f = l ? learn_open(l, &q) : NULL;
	const struct evidence at = {.ts_ns = 1, .number = 1};
	size_t n = HEADER + file, idle = l ? learn_stats(l)->memory : 0, most;
	uint8_t *p = malloc(n);
	uint64_t total = 0;
	struct learn_facts facts;
	double t;

	if (!f || !p) {
		fprintf(stderr, "bench_smb: no memory, or no learner for SMB\n");
		free(p);
		learn_free(l);
		return 1;
	}
	answer(p, file);
	t = bench_cpu_s();
	while (total < (uint64_t)megabytes * MIB) {
		for (size_t i = middle ? HEADER : 0; i < n; i += SEGMENT)
			learn_bytes(f, 1, p + i, n - i < SEGMENT ? n - i : SEGMENT,
				    !total && !i && !middle, &at);
		total += n;
	}
	t = bench_cpu_s() - t;
	most = learn_stats(l)->memory_max;
	learn_close(f, &facts);
	printf("%-8s %8.4f ns/byte %8.1f ns/segment %7zu bytes idle %7zu bytes at most\n", name,
	       t * 1e9 / (double)total, t * 1e9 / ((double)total / SEGMENT), idle, most);
	free(p);
	learn_free(l);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t megabytes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1024;

	return run("read", megabytes, MIB, false) || run("small", megabytes, 4096, false) ||
	       run("middle", megabytes, MIB, true);
}
