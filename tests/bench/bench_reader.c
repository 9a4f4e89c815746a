// SPDX-License-Identifier: BSD-2-Clause
/*
 * The reader alone, against pcap_loop() with an empty callback on the same file.
 *
 *   bench_reader [FILE] [RUNS]
 *
 * Prints the processor time of a packet under both, and the median of the ratios of paired runs.
 * Without a file, one of a million small packets is made in TMPDIR, as pcap and as pcapng. The
 * page cache must hold the file: the first run of each is not counted.
 */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/error.h"
#include "capture/source.h"

#include "clock.h"

enum { RUNS = 7, RUNS_MOST = 99, PACKETS = 1000000 };

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *p)
{
	uint64_t *n = (uint64_t *)(void *)user;

	++*n;
}

static double run_libpcap(const char *path, uint64_t *ret_n)
{
	char message[PCAP_ERRBUF_SIZE];
	double from = bench_cpu_s();
	pcap_t *p = pcap_open_offline(path, message);

	*ret_n = 0;
	if (!p) {
		fprintf(stderr, "bench_reader: %s\n", message);
		return -1;
	}
	if (pcap_loop(p, -1, count, (u_char *)ret_n) < 0)
		fprintf(stderr, "bench_reader: %s\n", pcap_geterr(p));
	pcap_close(p);
	return bench_cpu_s() - from;
}

static double run_own(const char *path, uint64_t *ret_n)
{
	struct errors errs = {0};
	bool usage = false;
	double from = bench_cpu_s();
	struct source *s = source_open(path, NULL, &errs, &usage);
	struct batch b;

	*ret_n = 0;
	if (!s) {
		fprintf(stderr, "bench_reader: %s\n", errs.n ? errs.e[0].what : "?");
		errors_done(&errs);
		return -1;
	}
	while (source_next(s, &b) == 0 && b.n)
		*ret_n += b.n;
	source_close(s);
	return bench_cpu_s() - from;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *v, unsigned n)
{
	qsort(v, n, sizeof *v, by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static int compare(const char *path, const char *title, unsigned runs)
{
	double own[RUNS_MOST], libpcap[RUNS_MOST], ratio[RUNS_MOST];
	uint64_t n = 0, m = 0;

	if (run_own(path, &n) < 0 || run_libpcap(path, &m) < 0)
		return 1;
	for (unsigned i = 0; i < runs; i++) {
		own[i] = run_own(path, &n);
		libpcap[i] = run_libpcap(path, &m);
		ratio[i] = own[i] / libpcap[i];
	}
	if (n != m || n == 0) {
		fprintf(stderr, "bench_reader: %" PRIu64 " packets, libpcap %" PRIu64 "\n", n, m);
		return 1;
	}
	printf("%-8s %9" PRIu64 " packets   own %6.1f ns   libpcap %6.1f ns   ratio %.2f\n", title,
	       n, median(own, runs) * 1e9 / (double)n, median(libpcap, runs) * 1e9 / (double)n,
	       median(ratio, runs));
	return 0;
}

static void put(FILE *f, uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		putc_unlocked((int)(v >> 8 * i & 0xff), f);
}

/* 64 to 128 bytes, of nothing: nobody looks inside. */
static bool make(const char *path, bool ng)
{
	static const uint8_t frame[128];
	FILE *f = fopen(path, "wb");
	uint32_t random = 1;

	if (!f)
		return false;
	if (ng) {
		put(f, 0x0a0d0d0a, 4), put(f, 28, 4), put(f, 0x1a2b3c4d, 4), put(f, 1, 4);
		put(f, UINT64_MAX, 8), put(f, 28, 4);
		put(f, 1, 4), put(f, 20, 4), put(f, 1, 4), put(f, 262144, 4), put(f, 20, 4);
	} else {
		put(f, 0xa1b2c3d4, 4), put(f, 2, 2), put(f, 4, 2), put(f, 0, 8);
		put(f, 262144, 4), put(f, 1, 4);
	}
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint64_t us = UINT64_C(1700000000000000) + i;
		uint32_t n, pad;

		random = random * 1664525 + 1013904223;
		n = 64 + (random >> 16) % 65;
		pad = -n & 3;
		if (ng) {
			put(f, 6, 4), put(f, 32 + n + pad, 4), put(f, 0, 4), put(f, us >> 32, 4);
			put(f, us & UINT32_MAX, 4), put(f, n, 4), put(f, n, 4);
			fwrite(frame, 1, n + pad, f);
			put(f, 32 + n + pad, 4);
		} else {
			put(f, us / 1000000, 4), put(f, us % 1000000, 4), put(f, n, 4);
			put(f, n, 4);
			fwrite(frame, 1, n, f);
		}
	}
	return fclose(f) == 0;
}

static int made(bool ng)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int r = 1, fd;

	snprintf(path, sizeof path, "%s/bench_reader-XXXXXX", folder ? folder : "/tmp");
	fd = mkstemp(path);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	close(fd);
	if (make(path, ng))
		r = compare(path, ng ? "pcapng" : "pcap", RUNS);
	else
		perror(path);
	unlink(path);
	return r;
}

int main(int argc, char **argv)
{
	unsigned long runs = argc > 2 ? strtoul(argv[2], NULL, 10) : RUNS;

	if (runs == 0 || runs > RUNS_MOST)
		runs = RUNS;
	if (argc > 1)
		return compare(argv[1], "file", (unsigned)runs);
	return made(false) | made(true);
}
