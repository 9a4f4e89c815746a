/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inventory - which host or network an address belongs to, its roles, and how that is known.
 */
#ifndef SPAN_ROLES_INVENTORY_H
#define SPAN_ROLES_INVENTORY_H

#include "base/addr.h"
#include "base/arena.h"
#include "roles/roles.h"

/* Ports that a site can move; the `ports:` keys of a site file and `moves-with:` of a rule. */
#define PORT_KEYS(X)                \
	X(CRM_HTTP, "crm-http")     \
	X(CRM_HTTPS, "crm-https")   \
	X(SANDBOX, "sandbox")       \
	X(SQL, "sql")               \
	X(SSRS_HTTP, "ssrs-http")   \
	X(SSRS_HTTPS, "ssrs-https") \
	X(ADFS_HTTPS, "adfs-https") \
	X(RDP, "rdp")
enum port_key {
#define X(id, name) PORT_##id,
	PORT_KEYS(X)
#undef X
		PORT_KEY_N,
};
const char *port_key_name(enum port_key k);
enum port_key port_key_by_name(const char *name); /* PORT_KEY_N when unknown */

struct port_range {
	uint16_t lo, hi;
};
enum { PORT_LIST = 8 };
struct port_list { /* n 0: not overridden */
	struct port_range r[PORT_LIST];
	uint8_t n;
};
static inline bool port_list_has(const struct port_list *l, uint16_t port)
{
	for (unsigned i = 0; i < l->n; i++)
		if (port >= l->r[i].lo && port <= l->r[i].hi)
			return true;
	return false;
}

enum known_by { KNOWN_SITE, KNOWN_OPTION, KNOWN_TRAFFIC };

/* A declared host, network or virtual address. Owned by the inventory's arena. */
struct host {
	const char *name;        /* of the site file; the address or CIDR for --role */
	roleset declared, roles; /* roles: with what they imply */
	roleset said;            /* what was declared before inventory_forget_roles(), else 0 */
	enum known_by known_by;
	const char *file; /* where it was said; NULL for --role */
	unsigned line;
	const struct addr *addr; /* hosts; n_addr 0 for networks */
	size_t n_addr;
	const struct prefix *net; /* networks; one each */
	bool is_network;
	struct port_list ports[PORT_KEY_N]; /* per-host overrides */
	const uint8_t (*mac)[6];            /* of its interfaces, as far as told */
	size_t n_mac;
	const char *why; /* the site's remark; NULL when none */
	size_t index;    /* position in the inventory */
};

struct inventory;
struct inventory *inventory_new(void);
struct inventory *inventory_free(struct inventory *v);
struct arena *inventory_arena(struct inventory *v);
/* Adds a host, or a network; strings and arrays must live in inventory_arena(). Returns NULL when
 * an address (a network: its prefix) is taken, *ret_other is then whose it is; or without memory,
 * *ret_other is then NULL. */
struct host *inventory_add(struct inventory *v, const struct host *h,
			   const struct host **ret_other);
/* One more address of a host. 0, 1 when it is taken (by this host too), -ENOMEM. */
int inventory_add_addr(struct inventory *v, struct host *h, const struct addr *a,
		       const struct host **ret_other);
/* Works out the implications and orders the networks: after the last host, and again after more. */
void inventory_close(struct inventory *v);
/* No declared role counts any more but `ignore`; `said` keeps what was declared. */
void inventory_forget_roles(struct inventory *v);
size_t inventory_count(const struct inventory *v);
const struct host *inventory_at(const struct inventory *v, size_t i);
/* The host of this address, else the longest network that holds it, else NULL. Networks are found
 * once inventory_close() was called. */
const struct host *inventory_find(const struct inventory *v, const struct addr *a);
/* The host that has exactly this address; the network of exactly this prefix; the first host or
 * network of this name (case matters). NULL when there is none. */
struct host *inventory_host(struct inventory *v, const struct addr *a);
struct host *inventory_network(struct inventory *v, const struct prefix *p);
struct host *inventory_named(struct inventory *v, const char *name);
/* The longest network around an address, whether a host has the address or not. */
const struct host *inventory_network_of(const struct inventory *v, const struct addr *a);
/* All roles that some host or network has, implications included (after inventory_close). */
roleset inventory_roles(const struct inventory *v);

#endif
