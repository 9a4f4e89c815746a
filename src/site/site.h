/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * site - the user's inventory file: hosts, networks, roles, changed ports, deployment variant,
 * sensors, limits. Without a file the defaults below hold.
 */
#ifndef SPAN_SITE_SITE_H
#define SPAN_SITE_SITE_H

#include "base/error.h"
#include "base/tz.h"
#include "roles/inventory.h"

enum site_auth { AUTH_IWA, AUTH_CLAIMS, AUTH_IFD };
enum site_topology { TOPOLOGY_FULL, TOPOLOGY_SPLIT };
enum site_mail { MAIL_OUTLOOK = 1, MAIL_ROUTER = 2, MAIL_SERVER_SIDE_SYNC = 4 }; /* a set */
enum site_nlb { NLB_NONE, NLB_WINDOWS, NLB_APPLIANCE };
enum site_sql { SQL_DEFAULT, SQL_NAMED_FIXED, SQL_NAMED_DYNAMIC, SQL_FCI, SQL_AG };
enum site_netbios { NETBIOS_TOLERATED, NETBIOS_EXPECTED, NETBIOS_FORBIDDEN };
enum severity { SEV_INFO, SEV_LOW, SEV_MEDIUM, SEV_HIGH, SEV_CRITICAL, SEV_N, SEV_NONE = SEV_N };
const char *severity_name(enum severity s);

struct time_window {
	int64_t from_ns, to_ns;
};

struct site_egress {
	roleset from;
	uint8_t proto;
	uint16_t port;
	const char *const *names; /* globs over SNI or Host; none: any name */
	size_t n_names;
	const char *why;
};

struct site_sensor {
	const char *name;
	roleset sees;         /* roles, by name in `sees:`; ~0 when it lists nothing */
	bool both_directions; /* default true */
	double max_loss;      /* ratio, default 0.01 */
};

struct site_override { /* of one rule */
	const char *rule;
	const char *reason;
	enum severity severity; /* SEV_NONE: as it is */
	int need, when_missing; /* matrix.h values; -1: as it is */
	unsigned line;
};

struct site_severity { /* of a kind of finding, all of it or between roles */
	const char *kind;
	roleset from, to; /* 0: not said, any */
	enum severity severity;
	const char *reason;
	unsigned line;
};

struct site_judge_after { /* per service: a rule's group name or application name */
	const char *service;
	int64_t ns;
};

struct site {
	const char *path;         /* NULL: no file */
	char sha256[65];          /* of its text; "" without one */
	const char *name;         /* "" when none */
	const char *timezone;     /* "UTC" by default */
	struct tz *tz;            /* NULL: UTC, or no time zone data here */
	const char *const *rules; /* packs; default dynamics-365 and crm-2011 */
	size_t n_rules;
	enum site_auth auth;
	enum site_topology topology;
	unsigned mail; /* set of enum site_mail */
	enum site_nlb nlb;
	enum site_sql sql;
	enum site_netbios netbios;
	struct port_list rpc; /* the dynamic range; n 0: the documented one, 49152-65535 */
	bool rpc_restricted;  /* `rpc:` was given */
	bool ipsec_dc;
	const char *const *trusts;
	size_t n_trusts;
	const struct time_window *setup;
	size_t n_setup;
	struct port_list ports[PORT_KEY_N];
	struct inventory *inventory;
	const struct site_egress *egress;
	size_t n_egress;
	const struct site_sensor *sensors;
	size_t n_sensors;
	const struct site_override *overrides;
	size_t n_overrides;
	const struct site_severity *severities;
	size_t n_severities;
	int64_t judge_after_ns; /* default 24 h */
	const struct site_judge_after *judge_after_for;
	size_t n_judge_after_for;
	uint64_t min_packets; /* default 0: any */
	struct arena *arena;  /* of the strings above; owned by the inventory */
};

/* An empty site with the defaults. */
struct site *site_new(void);
struct site *site_free(struct site *s);
/* Reads a site file. NULL when it has errors (all in *errs); warnings alone do not stop it. */
struct site *site_load(const char *path, struct errors *errs);
struct site *site_parse(const char *name, const char *src, size_t n, struct errors *errs);
/* One `ROLE=ADDRESS`, `ROLE=CIDR` (comma lists on both sides) of the command line. 0, or 1 with an
 * error added. */
int site_add_role(struct site *s, const char *text, struct errors *errs);
/* The ports in force for a key at a server (host override, else site's); NULL: the rule's own. */
const struct port_list *site_ports(const struct site *s, enum port_key k,
				   const struct host *server);
/* The zone of times for people; NULL: UTC. */
static inline const struct tz *site_tz(const struct site *s)
{
	return s ? s->tz : NULL;
}
/* Another zone than the file's; NULL changes nothing. One that is not known here is UTC. False
 * without memory. */
bool site_set_zone(struct site *s, const char *name);
bool site_in_setup(const struct site *s, int64_t ts_ns);
/* The key's documented default is overridden at this site or host. */

#endif
