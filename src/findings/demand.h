/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * demand - what the rules ask for, and whether it was there.
 *
 *   need    rows of one group and server role, also of several packs: one need
 *   asker   a declared server, or a role whose members are too many to name (crm-client, admin)
 *   unit    one asker's one need: the thing that is met, violated or not judged
 */
#ifndef SPAN_FINDINGS_DEMAND_H
#define SPAN_FINDINGS_DEMAND_H

#include "findings/work.h"

enum unit_result {
	UNIT_UNASKED,
	UNIT_MET,
	UNIT_FAILED, /* violated: tried, and it failed */
	UNIT_ABSENT, /* violated: never tried */
	UNIT_SAME_HOST,
	UNIT_UNJUDGED,
};

struct unit {
	const struct rule *first; /* the first rule that demands or advises it */
	bool demanded, advised;
	bool good;   /* something satisfied it */
	bool noted;  /* by a server without the role */
	bool hidden; /* not judged: IPsec */
	uint32_t n_failed, n_unknown;
	enum unit_result result;
	const char *reason;
};

struct need {
	const char *group; /* NULL: the rule's own */
	const char *to;    /* role that serves it; NULL for mail-in: any */
	roleset to_set;
	const struct rule *first;
};

struct asker {
	const struct host *host; /* NULL: a role */
	enum role role;
	roleset roles;
};

struct rule_count {
	uint64_t conversations, good, failed;
	uint64_t alone; /* heard, and answered by nobody, which is how it should be */
	/* Ports that were granted and not reached: proved, and not (rpc_blocked.c). */
	uint64_t blocked, unproved;
	const char *blocked_who, *unproved_why;
};

struct unit_item { /* a failed conversation of a unit */
	uint32_t unit, item;
};

struct demand_set {
	struct need *need;
	size_t n_need;
	const struct rule **ref; /* rules that refer to others */
	size_t n_ref;
	uint32_t *need_of; /* by rule index; UINT32_MAX none */
	roleset *asked_of; /* by rule index: client roles that it is demanded or advised of */
	struct asker *asker;
	size_t n_asker;
	uint32_t *asker_of_host; /* by host index; UINT32_MAX none */
	uint32_t asker_of_role[ROLE_N];
	roleset asking;           /* roles that have one of these */
	roleset outer;            /* of the outer tier: whose members are many */
	struct unit *unit;        /* asker * n_need + need */
	struct rule_count *count; /* by rule index */
	VEC(struct unit_item) failed;
	roleset declared; /* roles that some host, network or inferred client has */
	roleset seen;     /* roles with a packet */
	bool *host_seen;  /* by host index */
	bool *host_blind; /* by host index: ESP of it was seen */
	size_t met_alone; /* rules of whose traffic only one side ever speaks */
	roleset guessed;  /* roles that only addresses have whose role is a guess */
	bool on_host;     /* captured on one host, which is: */
	const struct host *only;
};

static inline struct unit *unit_at(struct demand_set *d, size_t asker, size_t need)
{
	return &d->unit[asker * d->n_need + need];
}

/* Where the failed conversations of a unit begin in `failed`, once units_judge() sorted them. */
size_t unit_first(const struct demand_set *d, uint32_t unit);
/* Who asks, or all that could answer, has the role by a guess alone. */
bool demand_guessed(const struct demand_set *d, const struct asker *a, const struct need *k);
const char *asker_name(const struct asker *k);

#endif
