// SPDX-License-Identifier: BSD-2-Clause
/*
 * bench_path - a whole audit beside reading alone: the site of this folder, all its rule packs, and
 * a JSON report, against libpcap's loop with an empty callback over the same file.
 *
 *   bench_path [KIND [PACKETS]]      kinds are those of gen.h
 *
 * One figure, the median of five pairs, in processor time.
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gen.h"
#include "path.h"

enum { PAIRS = 5 };

static void nothing(u_char *user, const struct pcap_pkthdr *h, const u_char *p)
{
	(void)h;
	(void)p;
	++*(uint64_t *)(void *)user;
}

static bool reads(const char *path, uint64_t packets)
{
	char err[PCAP_ERRBUF_SIZE];
	uint64_t n = 0;
	pcap_t *p = pcap_open_offline(path, err);
	bool ok = p && pcap_loop(p, -1, nothing, (u_char *)&n) == 0 && n == packets;

	if (p)
		pcap_close(p);
	return ok;
}

static int run(const char *path, const char *kind, uint64_t packets)
{
	double ratio[PAIRS], ns[PAIRS];

	for (int i = 0; i < PAIRS; i++) {
		double from = bench_cpu_s(), between, to;

		if (!path_audit(path))
			return 1;
		between = bench_cpu_s();
		if (!reads(path, packets))
			return 1;
		to = bench_cpu_s();
		ratio[i] = (between - from) / (to - between);
		ns[i] = (between - from) * 1e9 / (double)packets;
	}
	qsort(ratio, PAIRS, sizeof *ratio, path_by_size);
	qsort(ns, PAIRS, sizeof *ns, path_by_size);
	printf("%-8s %9" PRIu64 " packets %6.1f times reading alone (%.0f ns per packet)\n", kind,
	       packets, ratio[PAIRS / 2], ns[PAIRS / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	static struct gen g;
	const char *kind = argc > 1 ? argv[1] : "mixed";
	uint64_t packets = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
	char path[] = PATH_TEMPLATE;
	int r = 1;

	if (path_make(&g, path, kind, packets)) {
		r = run(path, kind, packets);
		unlink(path);
	}
	if (r)
		fprintf(stderr, "bench_path: '%s' could not be made, audited or read\n", kind);
	return r;
}
