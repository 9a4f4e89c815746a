/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parts - what the files of this folder share while one inference is made. Nothing outside
 * includes it.
 *
 *   node    an address that is an end of a conversation, or a declared host's
 *   group   the nodes that are one host; has the number of its first node
 *
 * Order of work: nodes and scans (nodes.c), names and ties (identity.c), what is seen of each host
 * (evidence.c), sentences (fact.c), roles (infer.c).
 */
#ifndef SPAN_INFER_PARTS_H
#define SPAN_INFER_PARTS_H

#include "base/vec.h"
#include "infer/infer.h"
#include "infer/sign.h"

enum { NOBODY = UINT32_MAX };

struct node_words {        /* what few addresses have */
	const char *self;  /* what it calls itself; NULL */
	const char *calls; /* of the whole group, at its root: what its members call themselves */
	const char *name, *name_from;
	const char *tie; /* why it is in its group; NULL */
	bool has_tie_at;
	struct evidence tie_at;
};

struct node {
	struct addr addr;
	const struct host *declared; /* exactly this address; NULL */
	struct node_words *words;    /* NULL: none of them; see node_words() */
	const struct host *host;     /* of the whole group, at its root, as `members` */
	uint32_t group;
	uint32_t members : 24;
	bool core : 1;     /* declared, also by its network, with a core role */
	bool unicast : 1;  /* could be a host */
	bool eligible : 1; /* could have a role: private, or declared, or tied to such */
	bool torn : 1;     /* gave itself names of two hosts */
	/* Of the whole group, at its root. */
	bool several : 1; /* one of them is torn */
	bool some_eligible : 1;
};

struct named { /* a name that DNS gave an address */
	const char *name;
	uint32_t node;
	const struct sighting *said;
};

struct parts {
	const struct infer_input *in;
	struct arena *a;
	struct node *node; /* by the bytes of their addresses */
	size_t n_node;
	uint32_t *node_of_end;     /* by place in struct ends */
	uint8_t *scanner;          /* by conversation */
	bool scanners;             /* some host is declared as one */
	bool selves;               /* some node has a name for itself */
	bool ties;                 /* some node is in the group of another one */
	VEC(struct named) names;   /* by name, then node */
	VEC(const char *) domains; /* names of Active Directory domains, sorted */
	bool failed;               /* out of memory */
};

static inline uint32_t client_node(const struct parts *p, const struct conv *c)
{
	return p->node_of_end[c->client_no];
}

static inline uint32_t server_node(const struct parts *p, const struct conv *c)
{
	return p->node_of_end[c->server_no];
}

/* nodes.c */
bool nodes_make(struct parts *p);
/* To write into; NULL and p->failed without memory. */
struct node_words *node_words(struct parts *p, struct node *n);
static inline const char *node_self(const struct node *n)
{
	return n->words ? n->words->self : NULL;
}
static inline const char *node_calls(const struct node *n)
{
	return n->words ? n->words->calls : NULL;
}
uint32_t node_of(const struct parts *p, const struct addr *a); /* NOBODY */

/* identity.c */
bool identity_make(struct parts *p);
/* Calls fn with every node that a host name stands for; a short name only where one host has it. */
void nodes_named(const struct parts *p, const char *name, void (*fn)(void *user, uint32_t node),
		 void *user);

/* evidence.c. What there is of one clue at one host. */
enum { TALLY_PORTS = 3 };
struct tally {
	uint64_t n;
	uint32_t peers, last_peer;
	uint32_t port[TALLY_PORTS]; /* ascending, proto in the lower 8 bits */
	uint8_t n_port;
	bool more_ports;
	bool has_at;
	struct evidence at;
	const struct conv *conv, *conv_core;
	const struct grant *grant;
	const struct sighting *sighting;
	const char *name; /* CLUE_NAMED */
	const uint8_t *mac;
};

struct clue_at { /* a clue of a row, ready to be held against numbers */
	const struct clue *c;
	uint16_t app[3];
	uint8_t n_app, n_port;
	uint8_t uuid[16];
};

struct evidence_set;
struct evidence_set *evidence_new(struct parts *p);
struct evidence_set *evidence_free(struct evidence_set *e);
/* The tallies of one group, by clue number; valid until the next call. NULL when there is nothing
 * of any clue, as of most clients. */
const struct tally *evidence_of(struct evidence_set *e, uint32_t group);
/* Clue number of a sign's i-th clue, or counter-clue. */
size_t evidence_clue(const struct evidence_set *e, size_t sign, unsigned i, bool counter);
size_t evidence_signs(const struct evidence_set *e);
const struct sign *evidence_sign(const struct evidence_set *e, size_t i);
bool clue_holds(const struct clue *c, const struct tally *t);

/* fact.c. A sentence without its subject: "answered 3 Kerberos requests on ..." */
const char *fact_text(struct arena *a, const struct clue *c, const struct tally *t);
const char *fact_mac(struct arena *a, const uint8_t mac[6]);

#endif
