/* SPDX-License-Identifier: BSD-2-Clause */
/* clock - what this process took of a processor; a busy machine shows less in it than in time. */
#ifndef SPAN_TESTS_BENCH_CLOCK_H
#define SPAN_TESTS_BENCH_CLOCK_H

#include <time.h>

static double bench_cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

#endif
