/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * learn - what servers say about themselves in the middle of a stream: which ports they hand out
 * (grants), which interfaces a connection speaks.
 *
 * A learner reads the streams that it asked for, and nothing else costs anything. One `struct
 * learn` belongs to one audit. Memory is bounded; what finds no room is counted.
 */
#ifndef SPAN_LEARN_LEARN_H
#define SPAN_LEARN_LEARN_H

#include "base/addr.h"
#include "base/evidence.h"
#include "base/siphash.h"
#include "learn/grants.h"
#include "learn/sightings.h"

enum { LEARN_IFACES = 16, LEARN_PIPES = 8, LEARN_PIPE_NAME = 32 };

struct learn_iface {
	uint8_t uuid[16]; /* as printed, big-endian fields */
	uint16_t major, minor;
	bool refused; /* the server would not have it (provider rejection in bind_ack) */
};

/* What a flow said, for its conversation. Side numbers are those of the flow's key. */
struct learn_facts {
	struct learn_iface iface[LEARN_IFACES]; /* in the order they were asked for, each once */
	uint8_t n_iface;
	bool has_bind;
	struct evidence bind; /* the earliest packet with a bind */
	int8_t client_side;   /* who bound or called; -1 unknown */
	bool nak;             /* bind_nak */
	bool sealed;          /* calls are encrypted (packet privacy): answers cannot be read */
	bool lost;            /* bytes were missing where an answer of use may have been */
	bool faults;          /* a call was answered by a fault */
	bool replicates;      /* drsuapi opnum 3, GetNCChanges: MS-DRSR 4.1.10 */
	uint32_t signs;       /* enum app_sign */
	char pipe[LEARN_PIPES][LEARN_PIPE_NAME]; /* named pipes opened, lower case, each once */
	uint8_t n_pipe;
};

/* Who hears of each thing that is learned, as it is told, also of repetitions. */
struct learn_tap {
	void (*granted)(void *user, const struct grant *g);
	void (*sighted)(void *user, const struct sighting *s, const struct evidence *at);
	void *user;
};

struct learn_options {
	const struct learn_tap *tap; /* NULL: nobody; else lives as long as the learner */
	const struct hash_key *key;  /* NULL: a random secret */
	/* half for flows, a quarter each for grants and sightings; 0: 64 MiB */
	size_t max_memory;
};

struct learn_stats {
	uint64_t flows;   /* streams that were read */
	uint64_t refused; /* streams, or parts of them, that found no room */
	uint64_t spared;  /* streams that were left out: learn_spare(). One that was being looked at
			   * when that began may count twice */
	uint64_t answers; /* of the endpoint mapper, the object resolver, activation, SQL Browser */
	uint64_t sealed;  /* of those, encrypted */
	uint64_t bad;     /* of those, malformed */
	uint64_t grants_shed;    /* grants that found no room */
	uint64_t sightings;      /* all that were told, also repetitions */
	uint64_t sightings_shed; /* of them, those that found no room */
	size_t memory, memory_max;
};

struct learn;
struct learn_flow;

struct learn *learn_new(const struct learn_options *o);
/* Streams that are still open are closed; what they would have told is lost. */
struct learn *learn_free(struct learn *l);
const struct learn_stats *learn_stats(const struct learn *l);

/* From now on streams that tell no more than names are not read, to save time; false: they are. */
void learn_spare(struct learn *l, bool names);

/* A stream as it stands when somebody could ask for it. */
struct learn_ask {
	uint8_t proto; /* PROTO_TCP, PROTO_UDP */
	struct addr addr[2];
	uint16_t port[2];
	uint16_t app;   /* recognised so far; APP_NONE */
	uint32_t asked; /* enum app_sign: struct recognition */
	bool last;      /* it was asked for before, and is for the last time */
};
/* False when no learner wants it, whatever room there is, as long as ports, app and `asked` are
 * those. */
bool learn_wants(const struct learn_ask *q);
/* NULL when no learner wants it, or there is no room. */
struct learn_flow *learn_open(struct learn *l, const struct learn_ask *q);
/* Both return false when the reader has enough: nothing more of the stream is wanted, and f can be
 * closed. */
/* UDP: one datagram; TCP: the next bytes in order. `start`: the first of that side. */
bool learn_bytes(struct learn_flow *f, unsigned side, const uint8_t *p, size_t n, bool start,
		 const struct evidence *at);
/* n bytes of that side are missing; 0: nobody knows how many. */
bool learn_gap(struct learn_flow *f, unsigned side, uint64_t n);
/* The stream is over: what it said, until f is freed. */
const struct learn_facts *learn_end(struct learn_flow *f);
void learn_free_flow(struct learn_flow *f);
/* Both in one: *ret_facts is filled. */
void learn_close(struct learn_flow *f, struct learn_facts *ret_facts);
/* Of a stream that goes on. */
int learn_client_side(const struct learn_flow *f); /* so far; -1 unknown */
const struct learn_facts *learn_so_far(const struct learn_flow *f);

/* For who reads no stream, and knows a name all the same (the first bytes of a flow that show a
 * certificate): fill what the kind has in sightings.h, the rest zero, with `at` the packet that
 * says so. Telling it again for each look at the same packet would count it again: tell it once a
 * flow. */
void learn_told(struct learn *l, const struct sighting *s, const struct evidence *at);

/* Puts in what was learned elsewhere, and by then told: the tap does not hear of it. */
void learn_put_grant(struct learn *l, const struct grant *g);
void learn_put_sighting(struct learn *l, const struct sighting *s);
/* All that was learned elsewhere. 0 or -ENOMEM. */
int learn_absorb(struct learn *l, struct learn *from);
/* True when so much memory for flows would be within the limit. */
bool learn_fits(const struct learn *l, size_t memory);
/* Bytes for flows, grants and sightings: what they may have, what they take; and what they may have
 * from now on. */
struct learn_room {
	size_t flows, grants, sightings;
};
void learn_room(const struct learn *l, struct learn_room *ret_most, struct learn_room *ret_taken);
void learn_limit(struct learn *l, const struct learn_room *most);
/* The grants, sorted by server, protocol, port, time; owned by l. 0 or -ENOMEM. */
int learn_grants(struct learn *l, const struct grant **ret_grants, size_t *ret_n);
/* What was said of hosts, in the order of sightings_sorted(); owned by l. 0 or -ENOMEM. */
int learn_sightings(struct learn *l, const struct sighting **ret_sightings, size_t *ret_n);

#endif
