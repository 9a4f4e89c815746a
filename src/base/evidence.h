/* SPDX-License-Identifier: BSD-2-Clause */
/* evidence - one packet that a reader can open. */
#ifndef SPAN_BASE_EVIDENCE_H
#define SPAN_BASE_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

struct evidence {
	int64_t ts_ns;
	uint32_t input;  /* index of the input */
	uint32_t number; /* of the packet in it, from 1 */
};

/* By time, then input, then packet: the order in which evidence is kept and shown. */
static inline bool evidence_before(const struct evidence *a, const struct evidence *b)
{
	if (a->ts_ns != b->ts_ns)
		return a->ts_ns < b->ts_ns;
	if (a->input != b->input)
		return a->input < b->input;
	return a->number < b->number;
}

#endif
