// SPDX-License-Identifier: BSD-2-Clause
/*
 * What learners cost a capture in which there is nothing for them: whole audits of the same file by
 * this program, which has them, and by its twin, which was linked with an empty registry.
 *
 *   bench_learners TWIN [FILE] [RUNS]
 *
 * Prints the processor time of a packet of both, and the median of the ratios of paired runs.
 * Without a file, one is made in TMPDIR: web, SQL, LDAP and DNS, no RPC. The twin itself is called
 * with --run FILE.
 */
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <spanaudit/spanaudit.h>

#include "base/cpu.h"
#include "build.h"

enum { RUNS = 7, RUNS_MOST = 99, FLOWS = 40000, SEGMENTS = 8 };

static int run_once(const char *path)
{
	struct span_audit *a = span_audit_new();
	int r = a ? span_audit_file(a, path) : -1;

	if (r == SPAN_OK)
		r = span_audit_rules_dir(a, BENCH_RULES);
	if (r == SPAN_OK)
		r = span_audit_run(a);
	if (a && r != SPAN_OK)
		span_audit_errors(a, stderr);
	span_audit_free(a);
	return r == SPAN_OK ? 0 : 1;
}

/* Processor seconds of one audit in a process of its own; -1 when it failed. */
static double timed(const char *program, const char *path)
{
	char *argv[] = {strdup(program), strdup("--run"), strdup(path), NULL};
	struct rusage use;
	double s = -1;
	pid_t pid;
	int status;

	if (posix_spawn(&pid, program, NULL, NULL, argv, environ) == 0 &&
	    wait4(pid, &status, 0, &use) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		s = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
	for (int i = 0; i < 3; i++)
		free(argv[i]);
	return s;
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

static int compare(const char *self, const char *twin, const char *path, unsigned runs,
		   uint64_t packets)
{
	double with[RUNS_MOST], without[RUNS_MOST], ratio[RUNS_MOST];

	if (timed(twin, path) < 0 || timed(self, path) < 0)
		return 1;
	for (unsigned i = 0; i < runs; i++) {
		without[i] = timed(twin, path);
		with[i] = timed(self, path);
		if (with[i] < 0 || without[i] < 0)
			return 1;
		ratio[i] = with[i] / without[i];
	}
	if (packets)
		printf("%" PRIu64 " packets   with %6.1f ns   without %6.1f ns   ", packets,
		       median(with, runs) * 1e9 / (double)packets,
		       median(without, runs) * 1e9 / (double)packets);
	else
		printf("with %.3f s   without %.3f s   ", median(with, runs),
		       median(without, runs));
	printf("ratio %.3f\n", median(ratio, runs));
	return 0;
}

static void put(FILE *f, uint32_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		putc_unlocked((int)(v >> 8 * i & 0xff), f);
}

static uint64_t record(FILE *f, const struct build *b, uint64_t us)
{
	uint8_t frame[2048];
	uint32_t n = (uint32_t)build_frame(b, frame, sizeof frame);

	put(f, (uint32_t)(us / 1000000), 4), put(f, (uint32_t)(us % 1000000), 4);
	put(f, n, 4), put(f, n, 4);
	fwrite(frame, 1, n, f);
	return 1;
}

/* One connection, or for UDP one question and its answer. */
static uint64_t exchange(FILE *f, uint32_t i, uint64_t us)
{
	static const char get[] = "GET /main.aspx HTTP/1.1\r\nHost: crm.contoso.com\r\n\r\n";
	static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
	static const char dns[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03"
				  "crm\x07"
				  "contoso\x03"
				  "com\x00\x00\x01\x00\x01";
	static const char ldap[] = "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00";
	static const char tds[] = "\x12\x01\x00\x1a\x00\x00\x00\x00\x00\x00\x0b\x00\x06\x01\x00\x11"
				  "\x00\x01\xff\x0b\x00\x00\x00\x00\x00\x00";
	static const uint8_t bulk[1400];
	static const struct {
		uint16_t port;
		const char *first;
		size_t n;
	} kind[] = {{80, get, sizeof get - 1},
		    {1433, tds, sizeof tds - 1},
		    {389, ldap, sizeof ldap - 1},
		    {53, dns, sizeof dns - 1}};
	const unsigned k = i % N_ELEMENTS(kind);
	char client[32];
	struct build to = {.src = client,
			   .dst = "10.0.1.1",
			   .sport = (uint16_t)(20000 + i % 40000),
			   .dport = kind[k].port,
			   .proto = kind[k].port == 53 ? 17 : 6};
	struct build back;
	uint64_t n = 0;

	snprintf(client, sizeof client, "10.1.%u.%u", i / 200 % 200, 1 + i % 200);
	back = to;
	back.src = to.dst, back.dst = to.src, back.sport = to.dport, back.dport = to.sport;
	if (to.proto == 17) {
		to.payload = back.payload = kind[k].first;
		to.n = back.n = kind[k].n;
		return record(f, &to, us) + record(f, &back, us + 20);
	}
	to.flags = TCP_SYN, to.seq = 1000;
	n += record(f, &to, us);
	back.flags = TCP_SYN | TCP_ACK, back.seq = 5000, back.ack = 1001;
	n += record(f, &back, us + 1);
	to.flags = TCP_ACK, to.seq = 1001, to.ack = 5001;
	n += record(f, &to, us + 2);
	to.payload = kind[k].first, to.n = kind[k].n;
	n += record(f, &to, us + 3);
	back.flags = TCP_ACK, back.seq = 5001, back.ack = 1001 + (uint32_t)to.n;
	back.payload = ok, back.n = sizeof ok - 1;
	n += record(f, &back, us + 4);
	for (unsigned s = 0; s < SEGMENTS; s++) {
		back.seq += (uint32_t)back.n;
		back.payload = bulk, back.n = sizeof bulk;
		n += record(f, &back, us + 5 + s);
	}
	return n;
}

static uint64_t make(const char *path)
{
	FILE *f = fopen(path, "wb");
	uint64_t n = 0;

	if (!f)
		return 0;
	put(f, 0xa1b2c3d4, 4), put(f, 2, 2), put(f, 4, 2), put(f, 0, 4), put(f, 0, 4);
	put(f, 262144, 4), put(f, 1, 4);
	for (uint32_t i = 0; i < FLOWS; i++)
		n += exchange(f, i, UINT64_C(1700000000000000) + i * UINT64_C(1000));
	return fclose(f) == 0 ? n : 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--run"))
		return run_once(argv[2]);
	if (argc < 2) {
		fputs("usage: bench_learners TWIN [FILE] [RUNS]\n", stderr);
		return 2;
	}

	unsigned long runs = argc > 3 ? strtoul(argv[3], NULL, 10) : RUNS;
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd, r = 1;

	if (runs == 0 || runs > RUNS_MOST)
		runs = RUNS;
	if (argc > 2)
		return compare(argv[0], argv[1], argv[2], (unsigned)runs, 0);
	snprintf(path, sizeof path, "%s/bench_learners-XXXXXX", folder ? folder : "/tmp");
	fd = mkstemp(path);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	close(fd);

	uint64_t packets = make(path);

	if (packets)
		r = compare(argv[0], argv[1], path, (unsigned)runs, packets);
	else
		perror(path);
	unlink(path);
	return r;
}
