/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * radix - a sort by numbers, in time that grows with n alone, whatever the numbers are. Bytes that
 * are the same in all keys cost one look.
 */
#ifndef SPAN_BASE_RADIX_H
#define SPAN_BASE_RADIX_H

#include <stddef.h>
#include <stdint.h>

struct radix_key {
	uint64_t hi, lo;
	uint32_t number; /* of what the key is of */
};

/* Sorts n keys by hi, then lo; equal ones stay in order. `spare` has room for as many; the sorted
 * keys are in the one of both that is returned. */
struct radix_key *radix_sort(struct radix_key *v, struct radix_key *spare, size_t n);

/* Keys of 32 bits in one word each: above, the key, below, what it is of. The sorted words are in
 * `v`; equal keys stay in order. */
void radix_sort_words(uint64_t *v, uint64_t *spare, size_t n);

#endif
