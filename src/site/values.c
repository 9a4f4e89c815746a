// SPDX-License-Identifier: BSD-2-Clause
/* Values that recur in a site file: roles, ports, addresses, texts. */
#include <stdlib.h>
#include <string.h>

#include "site/reader.h"

void no_memory(struct reader *r)
{
	errors_add(r->errs, false, "out of memory while reading '%s'", r->f->name);
}

void *keep(struct reader *r, const void *v, size_t n, size_t size)
{
	void *p = arena_alloc(r->arena, n * size);

	if (!p)
		no_memory(r);
	else if (n)
		memcpy(p, v, n * size);
	return p;
}

/* A key that some section knows: asked for later, or refused there. */
static bool known_somewhere(const char *key)
{
	static const char *const keys[] = {
		"name",     "role",         "roles",   "addr",    "ports",
		"mac",      "why",          "cidr",    "seen-as", "really",
		"from",     "to",           "service", "names",   "sees",
		"max-loss", "rule",         "need",    "reason",  "both-directions",
		"severity", "when-missing",
	};

	for (size_t i = 0; i < N_ELEMENTS(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

struct ynode *need(struct reader *r, struct ynode *record, const char *key, const char *example)
{
	struct ynode *n = ymap_get(record, key);

	if (n)
		return n;

	const char *const only[] = {key, NULL};
	const struct ynode *name = NULL;

	for (const struct ynode *y = record->first; y; y = y->next) {
		if (strcmp(y->key, "name") == 0 && y->kind == Y_SCALAR && y->n)
			name = y;
		/* Misspelt: that will be said, and is enough. */
		if (!y->used && !known_somewhere(y->key) && did_you_mean(y->key, only))
			return NULL;
	}
	if (name)
		error_hint(yerror(r->f, record, r->errs, "'%s' has no '%s'", name->text, key),
			   "add %s: %s", key, example);
	else
		error_hint(yerror(r->f, record, r->errs, "'%s' is missing here", key), "add %s: %s",
			   key, example);
	return NULL;
}

bool read_name(struct reader *r, const struct ynode *n, const char **ret_text)
{
	const char *z;

	if (!y_text(r->f, n, r->errs, &z))
		return false;
	if (!*z || strchr(z, '\n') || z[0] == ' ' || z[strlen(z) - 1] == ' ') {
		error_hint(yerror(r->f, n, r->errs, "this must be one line of text, not empty"),
			   "write it without spaces around it");
		return false;
	}
	*ret_text = z;
	return true;
}

bool read_texts(struct reader *r, const struct ynode *n, const char *const **ret_v, size_t *ret_n)
{
	VEC(const char *) v = {0};
	bool ok = n->kind != Y_MAP;

	for (const struct ynode *y = y_one_or_list(r->f, n, r->errs); y;
	     y = y_one_or_list_next(n, y)) {
		const char *z;

		if (!read_name(r, y, &z))
			ok = false;
		else if (!vec_push(&v, z))
			no_memory(r), ok = false;
	}
	if (ok) {
		*ret_v = keep(r, v.v, v.n, sizeof *v.v);
		*ret_n = v.n;
		ok = *ret_v != NULL;
	}
	vec_done(&v);
	return ok;
}

static void unknown_role(struct reader *r, const struct ynode *n, const char *text,
			 bool with_groups)
{
	const char *words[ROLE_N + GROUP_N + 1];
	size_t k = 0;

	for (unsigned i = 0; i < ROLE_N; i++)
		words[k++] = role_name((enum role)i);
	for (unsigned g = 0; with_groups && g < GROUP_N; g++)
		words[k++] = role_group_name((enum role_group)g);
	words[k] = NULL;

	bool group = role_group_by_name(text) != GROUP_N;
	const char *near = group ? NULL : did_you_mean(text, words);
	struct error *e;

	if (near) {
		yerror(r->f, n, r->errs, "unknown role '%s' (did you mean '%s'?)", text, near);
	} else if (group) {
		e = yerror(r->f, n, r->errs, "'%s' is a group of roles", text);
		error_hint(e, "say which of them the host has");
	} else {
		e = yerror(r->f, n, r->errs, "unknown role '%s'", text);
		error_hint(e, "roles are listed in spanaudit-site(5): crm-web, sql, dc ...");
	}
}

bool read_roles(struct reader *r, const struct ynode *n, bool with_groups, roleset *ret_set)
{
	roleset set = 0;
	bool ok = n->kind != Y_MAP;

	if (n->kind == Y_LIST && !n->first) {
		error_hint(yerror(r->f, n, r->errs, "no role is named here"),
			   "write a role, such as crm-web");
		return false;
	}
	for (const struct ynode *y = y_one_or_list(r->f, n, r->errs); y;
	     y = y_one_or_list_next(n, y)) {
		const char *z;
		enum role role;

		if (!y_text(r->f, y, r->errs, &z)) {
			ok = false;
			continue;
		}
		role = role_by_name(z);
		if (role != ROLE_N) {
			set |= with_groups ? role_end_set(z) : ROLE_BIT(role);
		} else if (with_groups && role_group_by_name(z) != GROUP_N) {
			set |= role_end_set(z);
		} else {
			unknown_role(r, y, z, with_groups);
			ok = false;
		}
	}
	if (ok && !with_groups && roles_has(set, ROLE_IGNORE) && set != ROLE_BIT(ROLE_IGNORE)) {
		error_hint(yerror(r->f, n, r->errs, "'ignore' together with another role"),
			   "ignore takes a host out of the audit: keep one of them");
		ok = false;
	}
	if (ok)
		*ret_set = set;
	return ok;
}

static bool parse_port(const char **p, unsigned *ret_port)
{
	unsigned v = 0;
	size_t n = strspn(*p, "0123456789");

	if (!n || n > 5 || **p == '0')
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)((*p)[i] - '0');
	if (v > 65535)
		return false;
	*p += n;
	*ret_port = v;
	return true;
}

static bool read_range(struct reader *r, const struct ynode *n, struct port_range *ret_range)
{
	unsigned lo = 0, hi = 0;
	const char *z, *p;

	if (!y_text(r->f, n, r->errs, &z))
		return false;
	p = z;
	if (!parse_port(&p, &lo))
		goto bad;
	hi = lo;
	if (*p == '-') {
		p++;
		if (!parse_port(&p, &hi))
			goto bad;
	}
	if (*p)
		goto bad;
	if (hi < lo) {
		error_hint(yerror(r->f, n, r->errs, "the range '%s' runs backwards", z),
			   "write %u-%u", hi, lo);
		return false;
	}
	*ret_range = (struct port_range){.lo = (uint16_t)lo, .hi = (uint16_t)hi};
	return true;
bad:
	error_hint(yerror(r->f, n, r->errs, "'%s' is not a port or a range", z),
		   "write 443 or 443-445, from 1 to 65535");
	return false;
}

bool read_port_list(struct reader *r, const struct ynode *n, struct port_list *ret_ports)
{
	struct port_list l = {0};
	bool ok = n->kind != Y_MAP;

	if (n->kind == Y_LIST && !n->first) {
		error_hint(yerror(r->f, n, r->errs, "no port is named here"),
			   "write a port, or remove the key");
		return false;
	}
	for (const struct ynode *y = y_one_or_list(r->f, n, r->errs); y;
	     y = y_one_or_list_next(n, y)) {
		struct port_range range;

		if (!read_range(r, y, &range)) {
			ok = false;
			continue;
		}
		if (l.n == PORT_LIST) {
			error_hint(yerror(r->f, y, r->errs, "more than %d ports and ranges",
					  PORT_LIST),
				   "join neighbours to ranges");
			return false;
		}
		l.r[l.n++] = range;
	}
	if (ok)
		*ret_ports = l;
	return ok;
}

bool read_port_map(struct reader *r, struct ynode *n, struct port_list ports[PORT_KEY_N])
{
	const char *known[PORT_KEY_N + 1] = {NULL};
	bool ok = true;

	if (!y_map(r->f, n, r->errs))
		return false;
	for (unsigned k = 0; k < PORT_KEY_N; k++) {
		known[k] = port_key_name((enum port_key)k);

		const struct ynode *y = ymap_get(n, known[k]);

		if (y && !read_port_list(r, y, &ports[k]))
			ok = false;
	}
	ymap_unused(r->f, n, known, r->errs);
	return ok;
}

const char *no_host_address(const struct addr *a)
{
	if (addr_is_unspecified(a))
		return "the unspecified address";
	if (addr_is_loopback(a))
		return "a loopback address";
	if (addr_is_multicast(a))
		return "a multicast address";
	if (addr_is_broadcast(a))
		return "the broadcast address";
	return NULL;
}

bool read_addr(struct reader *r, const struct ynode *n, struct addr *ret_addr)
{
	const char *z, *what;
	struct error *e;

	if (!y_text(r->f, n, r->errs, &z))
		return false;
	if (!addr_parse(z, ret_addr)) {
		e = yerror(r->f, n, r->errs, "'%s' is not an IP address", z);
		if (strchr(z, '/'))
			error_hint(e, "a network (with /) belongs under 'networks'");
		else if (*z == '[' || strchr(z, '%'))
			error_hint(e, "write the address alone, without [ ] or %%");
		else
			error_hint(e,
				   "write 10.20.1.11 or \"2001:db8::11\"; names are not resolved");
		return false;
	}
	what = no_host_address(ret_addr);
	if (!what)
		return true;
	error_hint(yerror(r->f, n, r->errs, "'%s' is %s, which no host has", z, what),
		   "write the address that packets of the host carry");
	return false;
}

void explain_network(struct error *e, const char *text)
{
	char buf[ADDR_TEXT];
	const char *slash = strchr(text, '/');
	struct addr a;
	struct prefix p;

	if (slash && (size_t)(slash - text) < sizeof buf) {
		memcpy(buf, text, (size_t)(slash - text));
		buf[slash - text] = '\0';

		size_t digits = strspn(slash + 1, "0123456789");
		unsigned long bits = strtoul(slash + 1, NULL, 10);

		if (digits && digits < 4 && !slash[1 + digits] && addr_parse(buf, &a)) {
			unsigned long most = addr_is_v4(&a) ? 32 : 128;

			if (bits > most) {
				error_hint(e, "the length goes from 0 to %lu", most);
				return;
			}
			p = prefix_of(&a, (uint8_t)bits, (uint8_t)bits);
			error_hint(e, "bits are set behind the length: write %s",
				   prefix_format(&p, buf));
			return;
		}
	}
	error_hint(e, "write 10.30.0.0/16 or \"2001:db8:30::/48\"");
}
