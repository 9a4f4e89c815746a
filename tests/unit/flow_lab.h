/* SPDX-License-Identifier: BSD-2-Clause */
/* flow_lab - a flow table with an owner that writes down what it is handed, and packets in a line.
 */
#ifndef SPAN_TESTS_FLOW_LAB_H
#define SPAN_TESTS_FLOW_LAB_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "build.h"
#include "flow/flow.h"

enum { LAB_FLOWS = 64, LAB_HEAD = 2 * HEAD_BYTES };

/* What the owner of the table keeps of a flow; the table carries it as `app`. */
struct recognition {
	uint8_t b[2][LAB_HEAD];
	size_t n[2];
	bool whole[2], cut[2], final;
	unsigned calls;
};

struct lab_flow {
	struct flow_done d;
	struct recognition seen;
	bool asked;
};

struct lab {
	struct flow_table *t;
	struct lab_flow f[LAB_FLOWS];
	size_t n;         /* flows handed out, also those beyond LAB_FLOWS */
	uint64_t packets; /* in them */
	int client_side;  /* what the owner says */
	unsigned enough;  /* calls after which it wants no more; 0: never enough */
	unsigned without; /* calls after which it does without what was shown; 0: never */
	uint64_t told;    /* a sum over all that readers were told, in its order */
	unsigned sated;   /* readers that had enough */
	uint32_t number;  /* of the newest packet */
	int64_t now_ns;
};

static inline enum flow_want lab_head(void *user, const struct flow_heads *h,
				      struct recognition **app)
{
	struct lab *lab = user;

	if (!*app)
		*app = calloc(1, sizeof **app);
	if (!*app)
		abort();
	for (int i = 0; i < 2; i++) {
		/* "The same" is never said of other bytes. */
		if (h->same[i] && h->n[i] && h->n[i] == (*app)->n[i] &&
		    memcmp((*app)->b[i], h->p[i], h->n[i]) != 0)
			abort();
		if (h->n[i])
			memcpy((*app)->b[i], h->p[i], h->n[i]);
		(*app)->n[i] = h->n[i];
		(*app)->whole[i] = h->whole_start[i];
		(*app)->cut[i] = h->cut[i];
	}
	(*app)->final = h->final;
	(*app)->calls++;
	if (lab->enough && (*app)->calls >= lab->enough)
		return FLOW_ENOUGH;
	return lab->without && (*app)->calls >= lab->without ? FLOW_MORE_WITHOUT : FLOW_MORE;
}

static inline int lab_client_side(void *user, const struct recognition *app,
				  const struct learn_flow *reader)
{
	const struct lab *lab = user;

	(void)app;
	(void)reader;
	return lab->client_side;
}

static inline void lab_done(void *user, const struct flow_done *d)
{
	struct lab *lab = user;

	lab->packets += d->packets[0] + d->packets[1];
	if (lab->n < LAB_FLOWS) {
		struct lab_flow *f = &lab->f[lab->n];

		f->d = *d;
		f->asked = d->app != NULL;
		if (d->app)
			f->seen = *d->app;
	}
	free(d->app);
	lab->n++;
}

/* One reader for all flows. */
static inline struct learn_flow *lab_stream(void *user, const struct flow_heads *h,
					    struct recognition *app)
{
	(void)h;
	(void)app;
	return user;
}

static inline bool lab_bytes(void *user, struct learn_flow *reader, struct recognition *app,
			     const struct flow_bytes *b)
{
	struct lab *lab = user;
	uint64_t sum =
		lab->told ^ (b->n << 32 | (uint64_t)b->at.number << 2 | b->start << 1 | b->side);

	(void)reader;
	(void)app;
	lab->told = (sum ^ sum >> 31 ^ (b->p && b->n ? b->p[b->n - 1] : 256)) * 0x9e3779b97f4a7c15;
	if (lab->told >> 58)
		return true;
	lab->sated++;
	return false;
}

static inline struct lab *lab_of(const struct flow_options *o, const struct flow_ops *ops)
{
	static const struct hash_key key = {1, 2};
	struct lab *lab = calloc(1, sizeof *lab);
	struct flow_options with = o ? *o : (struct flow_options){0};

	if (!lab)
		abort();
	if (!with.key)
		with.key = &key;
	lab->client_side = -1;
	lab->t = flow_table_new(&with, ops, lab);
	if (!lab->t)
		abort();
	return lab;
}

static inline struct lab *lab_new(const struct flow_options *o)
{
	static const struct flow_ops ops = {
		.head = lab_head, .client_side = lab_client_side, .done = lab_done};

	return lab_of(o, &ops);
}

/* Of which each flow has a reader. */
static inline struct lab *lab_new_read(const struct flow_options *o)
{
	static const struct flow_ops ops = {.head = lab_head,
					    .stream = lab_stream,
					    .bytes = lab_bytes,
					    .client_side = lab_client_side,
					    .done = lab_done};

	return lab_of(o, &ops);
}

static inline void lab_end(struct lab *lab)
{
	flow_table_end(lab->t, lab->now_ns);
}

static inline struct lab *lab_free(struct lab *lab)
{
	lab_end(lab);
	flow_table_free(lab->t);
	free(lab);
	return NULL;
}

static inline int lab_give(struct lab *lab, struct packet *p)
{
	p->number = ++lab->number;
	lab->now_ns = p->ts_ns;
	return flow_table_packet(lab->t, p);
}

static inline uint8_t lab_flags(const char *text)
{
	uint8_t flags = 0;

	for (; *text; text++)
		flags |= *text == 'S'   ? TCP_SYN
			 : *text == 'A' ? TCP_ACK
			 : *text == 'F' ? TCP_FIN
			 : *text == 'R' ? TCP_RST
			 : *text == 'P' ? TCP_PSH
					: 0;
	return flags;
}

#endif
