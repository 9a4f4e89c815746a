// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_attack - what somebody gains who sends packets to make an audit slow: its throughput beside
 * that of a friendly capture of as many packets, a whole audit each.
 *
 *   bench_attack ATTACK FRIENDLY [PACKETS]      kinds are those of gen.h
 *
 * One figure, the median of five pairs, in processor time: 1 means that the attack is no dearer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gen.h"
#include "path.h"

enum { PAIRS = 5 };

static int run(const char *attack, const char *friendly, uint64_t packets, char *const kind[2])
{
	double ratio[PAIRS], ns[PAIRS];

	for (int i = 0; i < PAIRS; i++) {
		double from = bench_cpu_s(), between, to;

		if (!path_audit(friendly))
			return 1;
		between = bench_cpu_s();
		if (!path_audit(attack))
			return 1;
		to = bench_cpu_s();
		ratio[i] = (between - from) / (to - between);
		ns[i] = (to - between) * 1e9 / (double)packets;
	}
	qsort(ratio, PAIRS, sizeof *ratio, path_by_size);
	qsort(ns, PAIRS, sizeof *ns, path_by_size);
	printf("%-9s %9" PRIu64 " packets %5.2f of the throughput of %s (%.0f ns per packet)\n",
	       kind[0], packets, ratio[PAIRS / 2], kind[1], ns[PAIRS / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	static struct gen g;
	uint64_t packets = argc > 3 ? strtoull(argv[3], NULL, 10) : 500000;
	char attack[] = PATH_TEMPLATE, friendly[] = PATH_TEMPLATE;
	int r = 1;

	if (argc < 3) {
		fprintf(stderr, "usage: bench_attack ATTACK FRIENDLY [PACKETS]\n");
		return 2;
	}
	if (path_make(&g, attack, argv[1], packets)) {
		if (path_make(&g, friendly, argv[2], packets)) {
			r = run(attack, friendly, packets, argv + 1);
			unlink(friendly);
		}
		unlink(attack);
	}
	if (r)
		fprintf(stderr, "bench_attack: '%s' or '%s' could not be made or audited\n",
			argv[1], argv[2]);
	return r;
}
