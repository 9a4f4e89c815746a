/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * busy - the hours in which something began: a bit an hour, where 32 of them suffice, else a bit
 * for each of the next longer steps. Which step that is follows from the first and the last hour
 * alone, and each step is whole ones of the shorter, so that neither the order nor the parts in
 * which it is put together can be seen.
 *
 * Steps begin where UTC has them, counted from 1970.
 */
#ifndef SPAN_FLOW_BUSY_H
#define SPAN_FLOW_BUSY_H

#include <stdint.h>

enum {
	BUSY_STEPS = 32,
	BUSY_KINDS = 10, /* of steps; the last one's 32 hold every time there is */
};

struct busy {
	int32_t at;    /* number of the first step; bit 0 */
	uint32_t bits; /* 0: nothing began */
	uint32_t kind; /* of its steps; 32 bits, so that equal ones are equal bytes */
};

int64_t busy_step_s(unsigned kind); /* seconds of a step: 3600 ... */
/* The number of the step that a time is in, and where a step begins, which may be before any time:
 * then the earliest. */
int32_t busy_number(unsigned kind, int64_t ns);
int64_t busy_begin_ns(unsigned kind, int32_t number);
/* The same step counted in those of a longer kind. */
int32_t busy_longer(unsigned kind, int32_t number, unsigned to);
/* The shortest kind, `kind` or longer, of which 32 hold both steps; *first and *last are then
 * counted in it. */
unsigned busy_fit(unsigned kind, int32_t *first, int32_t *last);

void busy_add(struct busy *b, int64_t ns);
void busy_merge(struct busy *b, const struct busy *other);

#endif
