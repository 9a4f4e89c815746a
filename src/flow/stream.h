/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream - the bytes of a flow in order, for the flows that have a reader. Private to this folder.
 *
 * A line of the pool for each such flow. Only bytes that came before their
 * turn cost more: they are copied to the heap, within the limits at the head of stream.c.
 */
#ifndef SPAN_FLOW_STREAM_H
#define SPAN_FLOW_STREAM_H

#include "flow/record.h"

struct held;

struct stream_side {
	struct held *held;   /* by sequence number, disjoint, all beyond next */
	uint32_t next;       /* sequence number of the next byte for the reader */
	uint32_t acked;      /* up to here the peer has everything; never before next */
	uint32_t stray;      /* where a segment that was too far away to be believed ended */
	uint32_t bytes : 17; /* in held */
	uint32_t n : 7;      /* pieces in held */
	uint32_t known : 1;  /* next is valid */
	uint32_t whole : 1;  /* its first value was the side's true start */
	uint32_t begun : 1;  /* the reader was told something of this side */
	uint32_t astray : 1; /* stray is valid */
	uint32_t cut : 1;    /* found no room */
};

struct stream {
	struct learn_flow *reader; /* NULL: it has enough */
	struct recognition *app;   /* its place in struct rest is taken */
	struct stream_side side[2];
};
static_assert(sizeof(struct stream) <= CACHELINE, "one line");

/* Bytes that a head window holds. */
struct stream_window {
	uint32_t base;        /* sequence number of b[0] */
	bool whole;           /* begins where the side's stream began */
	uint32_t n;           /* in order from b[0] */
	const uint64_t *have; /* a bit for each of the HEAD_BYTES: which are there; NULL: the n */
	const uint8_t *b;
	struct evidence at; /* the packet that brought the first of them */
};

/* With F_STREAM. */
static inline struct stream *stream_of(const struct flow_table *t, const struct cold *c)
{
	return line_at(t, rest_at(t, c)->stream);
}

/* NULL without. */
static inline struct stream *stream_at(const struct flow_table *t, const struct rec *r,
				       const struct cold *c)
{
	return r->flags & F_STREAM ? stream_of(t, c) : NULL;
}

/* Where the flow's recognition is kept. */
static inline struct recognition **app_at(const struct flow_table *t, const struct rec *r,
					  const struct cold *c)
{
	struct stream *st = stream_at(t, r, c);

	return st ? &st->app : &rest_at(t, c)->app;
}

/* The side that is told first where both have something to tell: the client's, if known. */
unsigned stream_first(const struct rec *r);
/* True when stream_open() will find room; makes it, and other flows pay. */
bool stream_room(struct flow_table *t);
/* From now on the flow has a reader. */
void stream_open(struct flow_table *t, struct rec *r, struct cold *c, struct learn_flow *reader);
void stream_take_window(struct flow_table *t, const struct cold *c, unsigned side,
			const struct stream_window *w);
/* One packet, with payload or without. */
void stream_packet(struct flow_table *t, struct rec *r, const struct cold *c, unsigned from,
		   const struct packet *p);
/* The true start of a side became known, or is another one than was thought. */
void stream_rebase(struct flow_table *t, const struct rec *r, const struct cold *c, unsigned side,
		   uint32_t base);
/* The flow is over: hands on what is held, with the gaps in between. */
void stream_end(struct flow_table *t, const struct rec *r, const struct cold *c);
/* Frees what is held of both sides; nobody is told. */
void stream_drop(struct flow_table *t, const struct rec *r, const struct cold *c);

#endif
