/* SPDX-License-Identifier: BSD-2-Clause */
/* What the compiler and the cache are told. `likely` only where a profile showed it. */
#ifndef SPAN_BASE_CPU_H
#define SPAN_BASE_CPU_H

#define CACHELINE     64
#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define COLD          __attribute__((cold, noinline))
#define NOINLINE      __attribute__((noinline))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

/* A call of a function that only fetches would be left out by the optimiser, as one without effect:
 * so it looks as if there were another. */
static inline void prefetch(const void *p)
{
	__builtin_prefetch(p, 1, 3);
	__asm__ volatile("");
}

#endif
