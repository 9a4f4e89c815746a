/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hint_work - what the families of hints share. Private to them.
 *
 * A family is a file hint_<family>.c with a table. A hint is a row of it and what tells whether it
 * is given: one or more of the functions below, of which the first that finds something decides
 * where the hint stands.
 */
#ifndef SPAN_FINDINGS_HINT_WORK_H
#define SPAN_FINDINGS_HINT_WORK_H

#include "findings/work.h"

struct hint_rule {
	struct hint_row row;
	/* Why it explains this finding: a clause; NULL: it does not. */
	const char *(*explains)(struct work *w, const struct finding *f);
	/* For what no finding shows. Sightings of one text, where no finding has the hint, and
	 * conversations of one server are a finding of their own. `what` is its sentence: each @
	 * stands for, in this order,
	 *   refusal:  the text, how often, how many hosts, who refused
	 *   item:     the server, how many flows */
	bool (*refusal)(struct work *w, const struct sighting *s);
	bool (*item)(const struct work *w, const struct item *it);
	const char *what;
	bool each_server; /* refusal: what different servers refuse are different facts */
	/* Anything else: makes its findings itself. False without memory. */
	bool (*alone)(struct work *w, const struct hint_row *row);
};

struct hint_family {
	const struct hint_rule *rules;
	size_t n;
};

extern const struct hint_family hint_family_rpc, hint_family_names, hint_family_sql,
	hint_family_crm, hint_family_host;

/* What a finding is about. */

/* Something was tried and failed. */
bool hint_failed(const struct finding *f);
/* "crm01 to sql01 on 1433/tcp failed" */
const char *hint_failed_to(struct work *w, const struct finding *f);
bool hint_at_port(const struct finding *f, uint8_t proto, uint16_t port);
bool hint_of_key(const struct finding *f, enum port_key key);
/* False when hints have looked at so much that n conversations more are too many. */
bool hint_look(struct work *w, uint64_t n);
/* Another conversation of the pair that b is of, the same way or the other way round; *at begins
 * at 0. NULL: no more. */
const struct item *hint_pair_next(struct work *w, const struct behind *b, bool reversed,
				  size_t *at);
/* The address is this party, or another address of its host. */
bool hint_same_end(const struct work *w, uint32_t party, const struct addr *a);
/* A sighting about the client of the finding; NULL. */
const struct sighting *hint_of_client(struct work *w, const struct finding *f,
				      bool (*is)(struct work *w, const struct sighting *s));

/* Findings of their own. */

/* Kind advice, severity info; NULL without memory. `service` NULL: none is part of the fact. */
struct finding *hint_alone(struct work *w, const struct hint_row *row, const char *server,
			   const char *service, const char *why);

/* hint_sql.c: PRELOGIN was answered, and then somebody hung up: on every flow. */
bool hint_hung_up(const struct item *it);

#endif
