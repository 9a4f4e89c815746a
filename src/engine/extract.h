/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * extract - the packets behind findings, out of the inputs that were judged, which are read again:
 * once to see which packets they are (extract_mark.c), once to write them (extract.c).
 *
 * Between the two there is a bit for each packet, so that a fragment which comes before the one
 * that names its ports is found too, and nothing is held back while writing.
 */
#ifndef SPAN_ENGINE_EXTRACT_H
#define SPAN_ENGINE_EXTRACT_H

#include "engine/engine.h"

/* All packets of a conversation, either way. */
struct wanted {
	struct addr client, server;
	uint16_t port;
	uint8_t proto;
	uint16_t vlan; /* with --vlan-key; else 0 */
};

/* A packet that a finding names. */
struct proof {
	struct evidence at;
	const struct finding *finding;
	uint8_t index, n; /* "evidence 1 of 3" */
	bool met;         /* the packet is where the audit had seen it */
};

/* A bit for each packet of an input, by its number. */
struct marks {
	uint8_t *bits; /* owned */
	size_t n;      /* bytes */
	uint64_t read; /* packets of the input */
	uint32_t longest;
};

struct extract {
	struct span_audit *a;
	VEC(struct wanted) wanted; /* sorted, each once */
	VEC(struct proof) proofs;  /* by input and number */
	struct marks *marks;       /* by input */
	uint64_t packets;          /* that are marked */
	uint32_t snaplen;          /* of the inputs: the largest; 0 when one has none */
	bool any_source;
	struct errors errs;
	int status; /* of reading: 0 or SPAN_INPUT */
};

/* Marks what is wanted in x->marks. 0, SPAN_INPUT with an error, or negative errno. */
int extract_mark(struct extract *x);
bool extract_marked(const struct extract *x, const struct frame *f);

/* Reads all inputs of the run again, by packet time, and calls `take` for each batch; it returns 0
 * or a negative errno. As extract_mark(). */
int extract_read(struct extract *x, int (*take)(void *user, const struct batch *b), void *user);

/* The packet as one that a finding names; the first of several; NULL. */
struct proof *extract_proof(const struct extract *x, const struct frame *f);

#endif
