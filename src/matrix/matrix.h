/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * matrix - the documented connectivity: rules from rule packs, and the questions asked of them.
 *
 * Rules are judged per conversation, never per packet. The answer to "which rules allow this"
 * depends only on the roles and hosts at both ends, the transport and the port, and is memoised.
 */
#ifndef SPAN_MATRIX_MATRIX_H
#define SPAN_MATRIX_MATRIX_H

#include "base/error.h"
#include "roles/inventory.h"
#include "site/site.h"

enum rule_basis { BASIS_STATED, BASIS_INFERRED, BASIS_UNSTATED, BASIS_RECOVERED };
enum rule_need {
	NEED_REQUIRED,
	NEED_RECOMMENDED,
	NEED_OPTIONAL,
	NEED_CONDITIONAL,
	NEED_SETUP_ONLY,
	NEED_LEGACY,
	NEED_TOLERATED,
	NEED_FORBIDDEN,
};
enum rule_missing {
	MISSING_REPORT,
	MISSING_REPORT_TO_DC,
	MISSING_REPORT_ANY_OF,
	MISSING_REPORT_IF_CONFIGURED,
	MISSING_REPORT_IF_MAPPED,
	MISSING_ADVISE,
	MISSING_NEVER,
};
enum rule_port_kind {
	PORT_DEFAULT,
	PORT_CONFIGURABLE,
	PORT_DEFAULT_OR_CONFIGURABLE,
	PORT_RANGE,
	PORT_REF
};
enum rule_provenance { PROV_STATED, PROV_DERIVED, PROV_BY_REFERENCE, PROV_OUTSIDE };
/* The `variant` column: when a rule is demanded. */
enum rule_variant {
	VARIANT_ANY,
	VARIANT_FULL_SERVER,
	VARIANT_SPLIT_ROLES,
	VARIANT_SQL_REPORTING,
	VARIANT_IWA,
	VARIANT_IWA_DC_TO_DC,
	VARIANT_IWA_DC_TO_DC_IPSEC,
	VARIANT_DC_TO_DC,
	VARIANT_CLAIMS,
	VARIANT_EMAIL_ROUTER,
	VARIANT_CLIENT_SIDE_INTEGRATION,
	VARIANT_ANY_DURING_SETUP,
};

const char *const *rule_basis_words(void); /* NULL-terminated, in enum order */
const char *const *rule_need_words(void);
const char *const *rule_missing_words(void);
const char *const *rule_port_kind_words(void);
const char *const *rule_provenance_words(void);
const char *const *rule_variant_words(void);
/* The verdicts that an example may expect, as the judge words them. */
const char *const *rule_verdict_words(void);

enum { RULE_APPS = 6, RULE_NONE_KNOWN = 0xffff, RULE_IP_ESP = 0xfffe, RULE_IP_AH = 0xfffd };

struct rule_example; /* see pack.h */

struct rule {
	const char *id, *pack, *title;
	const char *product;             /* "CRM 2011" */
	const char *paper, *section;     /* titles, for "source" */
	const char *provenance_text;     /* as the matrix words it */
	const char *from_name, *to_name; /* as written: role or group */
	roleset from, to;                /* what they stand for */
	roleset demanded_of;        /* clients that a demand can fall on; see rule_demanded_of() */
	roleset pair_from, pair_to; /* roles that the rule brings into scope as a pair */
	enum rule_basis basis;
	uint8_t proto; /* 6, 17; 0 for a reference */
	struct port_list ports;
	enum rule_port_kind port_kind;
	const char *config_where; /* where the port is configured; "" none */
	enum port_key moves_with; /* PORT_KEY_N: cannot move */
	const char *ref;          /* pattern of rule ids ("S1-IWA-*"), NULL */
	bool rpc; /* ports are dynamic RPC: granted by the mapper, not open as such */
	const char *const *interfaces; /* names that the pair may use; none: default policy */
	size_t n_interfaces;
	enum rule_need need;
	const char *group;       /* any-of group; "" none: a demand of its own */
	uint16_t app[RULE_APPS]; /* first expected, then also accepted; recognise.h numbers */
	uint8_t n_app;
	bool app_any; /* "-": the port alone */
	enum rule_provenance provenance;
	enum rule_missing when_missing;
	enum rule_variant variant;
	bool variant_allows;    /* `allowed: variant`: where it is not demanded it does not allow */
	enum severity severity; /* SEV_NONE: the kind's */
	const char *why, *if_missing;
	bool informational; /* of a pack that only tolerates */
	const char *file;
	unsigned line;
	size_t index; /* in the matrix: order of packs, then of the file */
};

struct matrix;
/* Loads packs by name (searched as NAME.yaml in `dirs`, NULL-terminated) or path (has a slash or
 * ends in .yaml) and applies the site's overrides. NULL on any error. */
struct matrix *matrix_load(const char *const *packs, size_t n, const char *const *dirs,
			   const struct site *site, struct errors *errs);
struct matrix *matrix_free(struct matrix *m);

struct pack_info {
	const char *name, *path, *revision;
	char sha256[65];
	size_t n_rules;
};
size_t matrix_n_packs(const struct matrix *m);
const struct pack_info *matrix_pack(const struct matrix *m, size_t i);
size_t matrix_n_rules(const struct matrix *m);
const struct rule *matrix_rule(const struct matrix *m, size_t i);
const struct rule *matrix_rule_by_id(const struct matrix *m, const char *id);

/* "80", "137,138", "49152-65535": the ports as the rule's file has them. Returns buf. */
enum { RULE_PORTS_TEXT = 128 };
const char *port_list_format(const struct port_list *l, char buf[RULE_PORTS_TEXT]);
/* r is a reference, and other one of the rules that it means. */
bool rule_refers_to(const struct rule *r, const struct rule *other);

/* One end of a conversation as rules see it. */
struct end {
	roleset roles;
	const struct host *host; /* NULL: no declared host */
};

/* Effective ports of a rule at a server (moved ones replace). Empty for references. A rule of the
 * CRM site's HTTP port stands for both defaults, 80 and 5555, whichever it prints. */
struct port_list rule_ports(const struct matrix *m, const struct rule *r,
			    const struct host *server);
/* The rule lets this client reach this server on this port: ends, direction (both when unstated),
 * transport, effective port, and the variants that switch off even allowing (client to SQL only
 * with `auth: iwa`; in a full-server site the sandbox port only between two full servers). That
 * setup rows hold only inside a setup window is NOT asked here: see need. References never allow
 * by themselves, nor does `need: forbidden`.
 *
 * A load balancer's address stands for the front ends behind it: rules of the web ports of CRM and
 * AD FS also allow with role nlb at the server end, and from nlb to the real servers where they
 * allow crm-client.
 *
 * A rule with `rpc` allows its dynamic range only to what the mapper granted: it is among the
 * answers, and the grant is for the caller to ask. */
bool rule_allows(const struct matrix *m, const struct rule *r, const struct end *client,
		 const struct end *server, uint8_t proto, uint16_t port);
/* The variant demands the rule at this site. *ret_why: a clause when it does not ("topology is
 * full"). Says nothing of when_missing. */
bool rule_demanded(const struct matrix *m, const struct rule *r, const char **ret_why);
/* The client roles that a demand of the rule falls on at this site; 0 when it is not demanded. The
 * papers hold servers of the deployment and crm-client to their rows, not every host of a group:
 * a DC that asks no other DNS server breaks nothing. */
roleset rule_demanded_of(const struct matrix *m, const struct rule *r);
/* What `from` stands for at this site (the e-mail integration service takes the router's place
 * where mail is synchronised by the server). */
roleset rule_from(const struct matrix *m, const struct rule *r);
/* The rule expects or accepts this application. No bytes (APP_NONE) always fit, and so does
 * anything where a rule has `-`, or names a port that no protocol is known to use. */
bool rule_expects(const struct rule *r, uint16_t app);

/* All rules that allow it, in matrix order; the array is memoised and owned by the matrix. */
size_t matrix_allowing(struct matrix *m, const struct end *client, const struct end *server,
		       uint8_t proto, uint16_t port, const struct rule *const **ret_rules);
/* A rule of `need: forbidden` that it matches; matrix_allowing() is then empty. */
const struct rule *matrix_forbidding(struct matrix *m, const struct end *client,
				     const struct end *server, uint8_t proto, uint16_t port);
/* A rule for dynamic RPC from this client to this server, whatever the port; not one of a pack that
 * only tolerates. */
const struct rule *matrix_rpc(struct matrix *m, const struct end *client, const struct end *server);
/* The rule exists the other way round (and not this way). */
const struct rule *matrix_reversed(struct matrix *m, const struct end *client,
				   const struct end *server, uint8_t proto, uint16_t port);
/* Some rule connects these roles in either direction, whatever the port. What a paper says of every
 * server (`to: any-server`) connects no two roles, and DCs among themselves are no part of the
 * deployment. */
bool matrix_connects(struct matrix *m, const struct end *a, const struct end *b);
/* Some rule to these server roles documents this service, from whichever client. */
const struct rule *matrix_service_at(struct matrix *m, const struct end *server, uint8_t proto,
				     uint16_t port);
/* A rule that allows this application between these ends on another port (moved service). */
const struct rule *matrix_moved(struct matrix *m, const struct end *client,
				const struct end *server, uint8_t proto, uint16_t app);
/* The nearest rule to something that no rule allows, and why it did not match, as a clause
 * ("same roles, but port 1433"). NULL when nothing is near. */
const struct rule *matrix_nearest(struct matrix *m, const struct end *client,
				  const struct end *server, uint8_t proto, uint16_t port,
				  const char **ret_why_not);
/* The port is a documented service port of any rule with a fixed port (direction evidence). */
bool matrix_known_port(const struct matrix *m, uint8_t proto, uint16_t port);
/* Ports at which some answer above changes, wherever hosts have their own for services with fixed
 * ones, ascending; how many. The matrix's. */
size_t matrix_port_bounds(const struct matrix *m, const uint32_t **ret);
/* Port in the dynamic RPC range of this server (site's, else 49152-65535, and 1025-5000 never by
 * itself). */
bool matrix_rpc_range(const struct matrix *m, const struct host *server, uint16_t port);

#endif
