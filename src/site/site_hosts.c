// SPDX-License-Identifier: BSD-2-Clause
/* Who is there: hosts, networks, translated addresses. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "site/reader.h"

/* `role` and `roles` are the same key; people write either. */
static bool host_roles(struct reader *r, struct ynode *record, roleset *ret_set)
{
	struct ynode *one = ymap_get(record, "role"), *many = ymap_get(record, "roles");

	if (one && many) {
		error_hint(yerror_key(r->f, many, r->errs, "both 'role' and 'roles' are given"),
			   "keep one of them; either takes a list");
		return false;
	}
	if (!one && !many)
		return need(r, record, "role", "crm-web (or another role)") != NULL;
	return read_roles(r, one ? one : many, ROLES_ONLY, ret_set);
}

static bool free_name(struct reader *r, const struct ynode *n, const char *name)
{
	const struct host *other = inventory_named(r->site->inventory, name);

	if (!other)
		return true;
	error_hint(yerror(r->f, n, r->errs, "the name '%s' is taken in line %u", name, other->line),
		   "give all addresses of one host in one entry, or use another name");
	return false;
}

static void taken(struct reader *r, const struct ynode *n, const char *text,
		  const struct host *other)
{
	error_hint(yerror(r->f, n, r->errs, "'%s' belongs to '%s' in line %u already", text,
			  other->name, other->line),
		   "an address is one host's: remove it from one of them");
}

static void too_many(struct reader *r, const struct ynode *at)
{
	error_hint(yerror(r->f, at, r->errs, "more than %d addresses of one host", HOST_ADDRS),
		   "write a network under 'networks'");
}

static bool read_addrs(struct reader *r, const struct ynode *n, struct host *h)
{
	VEC(struct addr) v = {0};
	bool ok = n->kind != Y_MAP;

	if (n->kind == Y_LIST && !n->first) {
		error_hint(yerror(r->f, n, r->errs, "no address is given here"),
			   "write one, or remove the host");
		ok = false;
	}
	for (const struct ynode *y = y_one_or_list(r->f, n, r->errs); y;
	     y = y_one_or_list_next(n, y)) {
		const struct host *other;
		bool twice = false;
		struct addr a;

		if (!read_addr(r, y, &a)) {
			ok = false;
			continue;
		}
		other = inventory_host(r->site->inventory, &a);
		for (size_t i = 0; i < v.n; i++)
			twice |= addr_equal(&v.v[i], &a);
		if (v.n == HOST_ADDRS) {
			too_many(r, y);
			ok = false;
			break;
		}
		if (other) {
			taken(r, y, y->text, other);
			ok = false;
		} else if (twice) {
			error_hint(yerror(r->f, y, r->errs, "'%s' is there twice", y->text),
				   "keep one of the two");
			ok = false;
		} else if (!vec_push(&v, a)) {
			no_memory(r);
			ok = false;
		}
	}
	if (ok) {
		h->addr = keep(r, v.v, v.n, sizeof *v.v);
		h->n_addr = v.n;
		ok = h->addr != NULL;
	}
	vec_done(&v);
	return ok;
}

static bool parse_mac(const char *z, uint8_t mac[6])
{
	for (size_t i = 0; i < 6; i++) {
		unsigned v = 0;

		for (size_t k = 0; k < 2; k++, z++) {
			static const char hex[] = "0123456789abcdef";
			const char *at = *z ? strchr(hex, *z | 0x20) : NULL;

			if (!at || (*z < '0'))
				return false;
			v = v << 4 | (unsigned)(at - hex);
		}
		mac[i] = (uint8_t)v;
		if (i < 5 && *z != ':' && *z != '-')
			return false;
		z += i < 5;
	}
	return !*z;
}

static bool read_macs(struct reader *r, const struct ynode *n, struct host *h)
{
	struct mac {
		uint8_t b[6];
	};
	VEC(struct mac) v = {0};
	bool ok = n->kind != Y_MAP;

	for (const struct ynode *y = y_one_or_list(r->f, n, r->errs); y;
	     y = y_one_or_list_next(n, y)) {
		const char *z;
		struct mac m = {{0}};

		if (!y_text(r->f, y, r->errs, &z)) {
			ok = false;
		} else if (!parse_mac(z, m.b)) {
			error_hint(yerror(r->f, y, r->errs, "'%s' is not a MAC address", z),
				   "write 00:15:5d:01:02:03 or 00-15-5D-01-02-03");
			ok = false;
		} else if (!vec_push(&v, m)) {
			no_memory(r);
			ok = false;
		}
	}
	if (ok) {
		h->mac = keep(r, v.v, v.n, sizeof *v.v);
		h->n_mac = v.n;
		ok = h->mac != NULL;
	}
	vec_done(&v);
	return ok;
}

static bool read_why(struct reader *r, struct ynode *record, struct host *h)
{
	struct ynode *n = ymap_get(record, "why");

	return !n || y_text(r->f, n, r->errs, &h->why);
}

static struct host *add(struct reader *r, const struct host *h, const struct ynode *at)
{
	const struct host *other;
	struct host *mine = inventory_add(r->site->inventory, h, &other);
	struct declared d = {.host = mine, .at = at};

	if (!mine || !vec_push(&r->declared, d)) {
		no_memory(r);
		return NULL;
	}
	return mine;
}

static void read_host(struct reader *r, struct ynode *n)
{
	static const char *const known[] = {"name",  "role", "roles", "addr",
					    "ports", "mac",  "why",   NULL};
	struct host h = {.known_by = KNOWN_SITE, .file = r->f->name, .line = n->line};
	struct ynode *name, *addr, *y;
	bool ok;

	if (!y_map(r->f, n, r->errs))
		return;
	name = need(r, n, "name", "crmweb01");
	ok = name && read_name(r, name, &h.name) && free_name(r, name, h.name);
	ok = host_roles(r, n, &h.declared) && ok;
	addr = need(r, n, "addr", "10.20.1.11");
	ok = addr && read_addrs(r, addr, &h) && ok;
	if ((y = ymap_get(n, "ports")))
		ok = read_port_map(r, y, h.ports) && ok;
	if ((y = ymap_get(n, "mac")))
		ok = read_macs(r, y, &h) && ok;
	ok = read_why(r, n, &h) && ok;
	ymap_unused(r->f, n, known, r->errs);
	if (ok)
		add(r, &h, n);
}

void site_read_hosts(struct reader *r, struct ynode *n)
{
	if (!y_list(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next)
		read_host(r, y);
}

static bool read_network_prefix(struct reader *r, const struct ynode *n, struct host *h)
{
	const struct host *other;
	struct prefix p;
	const char *z;

	if (!y_text(r->f, n, r->errs, &z))
		return false;
	if (!prefix_parse(z, &p)) {
		explain_network(yerror(r->f, n, r->errs, "'%s' is not a network", z), z);
		return false;
	}
	other = inventory_network(r->site->inventory, &p);
	if (other) {
		error_hint(yerror(r->f, n, r->errs, "the network '%s' is '%s' in line %u already",
				  z, other->name, other->line),
			   "give a network all its roles in one entry");
		return false;
	}
	h->net = keep(r, &p, 1, sizeof p);
	return h->net != NULL;
}

static void read_network(struct reader *r, struct ynode *n)
{
	static const char *const known[] = {"name", "role", "roles", "cidr", "why", NULL};
	struct host h = {
		.known_by = KNOWN_SITE, .file = r->f->name, .line = n->line, .is_network = true};
	struct ynode *name, *cidr;
	bool ok;

	if (!y_map(r->f, n, r->errs))
		return;
	name = need(r, n, "name", "users");
	ok = name && read_name(r, name, &h.name) && free_name(r, name, h.name);
	ok = host_roles(r, n, &h.declared) && ok;
	ok = read_why(r, n, &h) && ok;
	cidr = need(r, n, "cidr", "10.30.0.0/16");
	if (cidr && cidr->kind == Y_LIST && !cidr->first)
		error_hint(yerror(r->f, cidr, r->errs, "no network is given here"),
			   "write one, or remove the entry");
	for (const struct ynode *y = cidr ? y_one_or_list(r->f, cidr, r->errs) : NULL; y;
	     y = y_one_or_list_next(cidr, y))
		if (read_network_prefix(r, y, &h) && ok)
			add(r, &h, n);
	ymap_unused(r->f, n, known, r->errs);
}

void site_read_networks(struct reader *r, struct ynode *n)
{
	if (!y_list(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next)
		read_network(r, y);
}

/* The host behind a translated address: by name, or by its own address. */
static struct host *really(struct reader *r, const char *text)
{
	struct host *h = inventory_named(r->site->inventory, text);
	struct addr a;

	if (h && !h->is_network)
		return h;
	return addr_parse(text, &a) ? inventory_host(r->site->inventory, &a) : NULL;
}

static void nat_add(struct reader *r, struct host *h, const struct ynode *seen)
{
	for (const struct ynode *y = y_one_or_list(r->f, seen, r->errs); y;
	     y = y_one_or_list_next(seen, y)) {
		const struct host *other;
		struct addr a;
		int e;

		if (!read_addr(r, y, &a))
			continue;
		if (h->n_addr == HOST_ADDRS) {
			too_many(r, y);
			return;
		}
		e = inventory_add_addr(r->site->inventory, h, &a, &other);
		if (e == 1)
			taken(r, y, y->text, other);
		else if (e < 0)
			no_memory(r);
	}
}

static void read_nat_entry(struct reader *r, struct ynode *n)
{
	static const char *const known[] = {"seen-as", "really", "role", "roles", "why", NULL};
	struct host h = {.known_by = KNOWN_SITE, .file = r->f->name, .line = n->line};
	struct ynode *seen, *name;
	struct host *behind = NULL;
	bool ok, with_role;

	if (!y_map(r->f, n, r->errs))
		return;
	seen = need(r, n, "seen-as", "10.20.9.5");
	name = need(r, n, "really", "lb-crm");
	ok = name && read_name(r, name, &h.name);
	if (ok)
		behind = really(r, h.name);
	with_role = ymap_get(n, "role") || ymap_get(n, "roles");
	if (with_role || !behind)
		ok = host_roles(r, n, &h.declared) && ok;
	ok = read_why(r, n, &h) && ok;
	ymap_unused(r->f, n, known, r->errs);
	if (!ok || !seen)
		return;
	if (behind) {
		behind->declared |= h.declared;
		nat_add(r, behind, seen);
		return;
	}
	/* Addresses come one by one, so that each taken one is named at its place. */
	if (free_name(r, name, h.name) && (behind = add(r, &h, n)))
		nat_add(r, behind, seen);
}

void site_read_nat(struct reader *r, struct ynode *n)
{
	if (!y_list(r->f, n, r->errs))
		return;
	for (struct ynode *y = n->first; y; y = y->next)
		read_nat_entry(r, y);
}
