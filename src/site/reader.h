/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that read a site file share: where they are, and the values that recur in it. */
#ifndef SPAN_SITE_READER_H
#define SPAN_SITE_READER_H

#include "base/vec.h"
#include "config/yaml.h"
#include "site/site.h"

enum { HOST_ADDRS = 256 }; /* of one host; more is a network, or a slip */

struct declared { /* a host and where it stands, for what is checked at the end */
	struct host *host;
	const struct ynode *at;
};

struct reader {
	struct site *site;
	const struct yfile *f;
	struct errors *errs;
	struct arena *arena; /* the site's */
	VEC(struct declared) declared;
	VEC(struct declared) sensors_at; /* host unused; in the order of site->sensors */
	VEC(struct declared) egress_at;
	VEC(struct declared) severities_at;
};

/* Sections, each given the value of its key. */
void site_read_deployment(struct reader *r, struct ynode *n);
void site_read_ports(struct reader *r, struct ynode *n);
void site_read_hosts(struct reader *r, struct ynode *n);
void site_read_networks(struct reader *r, struct ynode *n);
void site_read_nat(struct reader *r, struct ynode *n);
void site_read_egress(struct reader *r, struct ynode *n);
void site_read_sensors(struct reader *r, struct ynode *n);
void site_read_limits(struct reader *r, struct ynode *n);
void site_read_overrides(struct reader *r, struct ynode *n);
void site_read_severities(struct reader *r, struct ynode *n);
void site_read_timezone(struct reader *r, struct ynode *n);

/* Warnings about what is well-formed and probably not meant. After inventory_close(). */
void site_check(struct reader *r);

/* Values. False or NULL after an error. */
enum { WITH_GROUPS = true, ROLES_ONLY = false };
/* One role or a list; with groups (crm-any ...) where a set of ends is meant. */
bool read_roles(struct reader *r, const struct ynode *n, bool with_groups, roleset *ret_set);
/* 1433, 80-90, or a list of both. */
bool read_port_list(struct reader *r, const struct ynode *n, struct port_list *ret_ports);
bool read_port_map(struct reader *r, struct ynode *n, struct port_list ports[PORT_KEY_N]);
bool read_addr(struct reader *r, const struct ynode *n, struct addr *ret_addr);
/* One text or a list; ret_v lives in the arena. Empty texts are errors. */
bool read_texts(struct reader *r, const struct ynode *n, const char *const **ret_v, size_t *ret_n);
/* A text that is not empty. */
bool read_name(struct reader *r, const struct ynode *n, const char **ret_text);
/* The key of a record that must be there: its name when it has one, for the message. */
struct ynode *need(struct reader *r, struct ynode *record, const char *key, const char *example);
/* A copy in the arena of n things of a size; NULL when there is no memory (said). */
void *keep(struct reader *r, const void *v, size_t n, size_t size);
void no_memory(struct reader *r);
/* Why a text is no network, as an error with what to write instead. */
void explain_network(struct error *e, const char *text);
/* An address that cannot be a host's: what it is ("a multicast address"), else NULL. */
const char *no_host_address(const struct addr *a);

#endif
