/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * most - who has most of a table that is full, in little memory, whatever was chosen by whom.
 *
 * Two passes over what there is, each in the same order:
 *
 *   most_see()    counts; whoever has more than one MOST_WHO-th of all is among those kept, with a
 *                 number that is short by no more than that (Misra and Gries, "Finding repeated
 *                 elements", 1982)
 *   most_pays()   says of each piece whether it is one too many: whoever has most is cut down to
 * the next one, both to the third, until enough is free
 *
 * What comes out follows from the pieces and their order alone, not from the secret of the hash.
 */
#ifndef SPAN_BASE_MOST_H
#define SPAN_BASE_MOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/siphash.h"

enum { MOST_WHO = 256, MOST_SLOTS = 4 * MOST_WHO };

struct most_row {
	struct addr who;
	uint64_t n;
};

struct most {
	struct hash_key key;
	uint64_t level; /* what each may keep */
	unsigned n;
	struct most_row row[MOST_WHO];
	uint16_t slot[MOST_SLOTS]; /* row + 1; 0 free */
};

void most_begin(struct most *m, const struct hash_key *key);
/* First pass: n more are who's. */
void most_see(struct most *m, const struct addr *who, uint32_t n);
/* How much each may keep so that `want` becomes free, but not less than `few`. False when nobody
 * has more than that. */
bool most_share(struct most *m, uint64_t want, uint64_t few);
/* Second pass, the oldest piece first: true when who has more than its share, and n less from now.
 */
bool most_pays(struct most *m, const struct addr *who, uint32_t n);

#endif
