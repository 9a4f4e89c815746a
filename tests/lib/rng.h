/* SPDX-License-Identifier: BSD-2-Clause */
/* rng - numbers that look random and are the same each time (splitmix64). */
#ifndef SPAN_TEST_RNG_H
#define SPAN_TEST_RNG_H

#include <stdint.h>

static inline uint64_t rng(uint64_t *s)
{
	uint64_t r = *s += 0x9e3779b97f4a7c15;

	r = (r ^ r >> 30) * 0xbf58476d1ce4e5b9;
	r = (r ^ r >> 27) * 0x94d049bb133111eb;
	return r ^ r >> 31;
}

#endif
