/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * infer - who is what, and which addresses are one host, from traffic alone.
 *
 *   sign    one thing that speaks for a role: "answered TDS", "a ticket for MSSQLSvc/ names it"
 *   grade   A  the host proved it in a protocol that only such a host speaks
 *           B  several independent signs, or one that nothing else explains well
 *           C  one sign, or a port alone      D  a name alone
 *   tie     why an address belongs to the same host as another one
 *
 * Roles are sets: a host that answers TDS and Kerberos is sql and dc. Grades A and B are enough to
 * go by; C and D are hints for a person. Nothing here decides what is allowed. The result is a pure
 * function of its input and does not depend on the order of conversations.
 *
 * What is no evidence: attempts, scanners, exchanges without payload of the server, addresses of
 * the Internet that nobody declared.
 */
#ifndef SPAN_INFER_INFER_H
#define SPAN_INFER_INFER_H

#include "base/arena.h"
#include "base/evidence.h"
#include "flow/cards.h"
#include "flow/conv.h"
#include "learn/grants.h"
#include "learn/sightings.h"
#include "roles/inventory.h"

enum {
	INFER_FACTS = 3,
	INFER_TIES = 16, /* a host with more addresses than this is something else */
};

/* A name that the capture file itself has for an address. */
struct infer_name {
	struct addr addr;
	const char *name;
};

struct infer_input {
	const struct inventory *inventory; /* hosts whose roles are declared */
	const struct conv *convs;          /* sorted as conv_table_finish() gives them */
	size_t n_convs;
	const struct attempt *attempts; /* those that stand apart, if any do */
	size_t n_attempts;
	struct ends ends;           /* of both */
	const struct grant *grants; /* sorted as grants_sorted() gives them */
	size_t n_grants;
	const struct sighting *sightings; /* sorted as sightings_sorted() gives them */
	size_t n_sightings;
	const struct card *cards; /* sorted as cards_sorted() gives them */
	size_t n_cards;
	const struct cluster_host *clusters;
	size_t n_clusters;
	const struct infer_name *names; /* ascending by address, one each */
	size_t n_names;
};

struct infer_fact {
	const char *text; /* "answered 214 Kerberos requests on 88/udp from 12 hosts" */
	char grade;       /* of the sign behind it */
	bool has_at;
	struct evidence at; /* the earliest packet that shows it */
};

struct infer_role {
	enum role role;
	char grade;                          /* 'A' ... 'D' */
	struct infer_fact fact[INFER_FACTS]; /* the best first */
	uint8_t n_fact;
	/* Grade A by what the host itself answered: a conversation of it, and one with a declared
	 * core host; NULL: none. Indices into the input's convs would do, but pointers last. */
	const struct conv *proof, *proof_core;
	const char *proof_what; /* "TDS", with proof: what was answered */
};

struct infer_addr {
	struct addr addr;
	const char *why; /* "one network card (00:15:5d:01:02:03)"; NULL for the first */
	bool has_at;
	struct evidence at;
};

struct infer_host {
	const struct host *declared;   /* the inventory's; NULL: nobody declared it */
	const char *name, *name_from;  /* what it is called, and who says so; NULL */
	const struct infer_addr *addr; /* ascending; the first is what the others are tied to, of a
					* declared host one that is declared */
	size_t n_addr;
	const struct infer_role *role; /* in the order of enum role */
	size_t n_role;
	roleset roles; /* those of grade A and B */
};

struct infer {
	struct arena arena;
	const struct infer_host *host; /* by their first address */
	size_t n;
	const struct infer_at *at; /* by address: see infer_find() */
	size_t n_at;
	const uint8_t *scanner; /* by index of the input's convs: the client scans */
};

/* NULL without memory. The result borrows the inventory's hosts and the conversations. */
struct infer *infer_make(const struct infer_input *in);
struct infer *infer_free(struct infer *f);
/* The host that has this address; NULL when the address is none that could get a role. */
const struct infer_host *infer_find(const struct infer *f, const struct addr *a);
/* The same of addresses that ascend by their bytes, a step instead of a search; *w is zero before
 * the first of them. `f` may be NULL. */
struct infer_walk {
	size_t at;
};
const struct infer_host *infer_walk(const struct infer *f, struct infer_walk *w,
				    const struct addr *a);
/* What is known of one role of a host; NULL. */
const struct infer_role *infer_role_of(const struct infer_host *h, enum role r);
/* "one network card (...)" for an address that is tied to its host's first one; else NULL. */
const struct infer_addr *infer_tie(const struct infer_host *h, const struct addr *a);

#endif
