/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * learner - the contract between learn.c and the learners. Private to this folder.
 *
 * A learner is one file with one `const struct learner learner_<word>` and the word in meson.build.
 */
#ifndef SPAN_LEARN_LEARNER_H
#define SPAN_LEARN_LEARNER_H

#include "learn/granted.h"
#include "learn/learn.h"

struct learner {
	const char *word; /* the file's */
	const char *spec; /* "C706 12.6; MS-RPCE 2.2.2" */
	/* What it tells is what hosts are called and say of each other; no port is explained by it.
	 * The first to go when there is no time: learn_spare(). */
	bool names_only;
	/* True when it wants this stream. `app` is the name of what was recognised, "" none. */
	bool (*wants)(const struct learn_ask *q, const char *app);
	/* Fills f->state. False without room. */
	bool (*open)(struct learn_flow *f);
	void (*bytes)(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		      const struct evidence *at);
	void (*gap)(struct learn_flow *f, unsigned side, uint64_t n); /* NULL: of no interest */
	/* No more will come; frees f->state. Comes early when the reader has set f->enough. */
	void (*close)(struct learn_flow *f);
};

struct learn_flow {
	/* What all bytes go by, in one line of memory. */
	const struct learner *learner;
	struct learn *l;
	void *state;
	/* Set by a reader that has what it wanted, whatever follows: the rest of the stream costs
	 * nothing then. Of what is in `facts` only `signs` outlast it, so it must be a reader that
	 * has nothing else there. */
	bool enough;
	uint8_t proto;
	uint16_t port[2];
	struct addr addr[2];
	struct learn_facts facts;
	struct learn_flow *prev, *next; /* of those that are open */
};

/* Memory charged against the audit's learners: NULL when there is no room (counted as refused).
 * n is the same for both calls; memory is zeroed. */
void *learn_take(struct learn *l, size_t n);
void learn_give(struct learn *l, void *p, size_t n);

/* Adds an interface to the facts of f unless it is there; `refused` only sticks to one that was
 * never accepted. */
void learn_iface_add(struct learn_flow *f, const uint8_t uuid[16], uint16_t major, uint16_t minor,
		     bool refused);
/* An endpoint that `server_side` of f told the other side about, in the packet `at`. */
void learn_granted(struct learn_flow *f, unsigned server_side, const struct granted *g,
		   bool assumed, const struct evidence *at);
/* What a packet of f says of hosts; all that the kind does not have is zero. */
void learn_sighted(struct learn_flow *f, const struct sighting *s, const struct evidence *at);
/* An answer was read, was sealed, or was malformed: for the figures. */
enum learn_answer { LEARN_ANSWER_READ, LEARN_ANSWER_SEALED, LEARN_ANSWER_BAD };
void learn_answered(struct learn_flow *f, enum learn_answer what);

size_t learner_count(void);
const struct learner *learner_at(size_t i);

#endif
