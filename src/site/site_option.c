// SPDX-License-Identifier: BSD-2-Clause
/* `--role ROLE=ADDRESS`: a first look without a site file, or one more host beside it. */
#include <stdlib.h>
#include <string.h>

#include "config/yaml.h"
#include "site/reader.h"

static bool option_roles(char *text, const char *whole, struct errors *errs, roleset *ret_set)
{
	roleset set = 0;

	for (char *z; (z = strsep(&text, ","));) {
		enum role role = role_by_name(z);
		bool group = role_group_by_name(z) != GROUP_N;
		const char *near;

		if (role != ROLE_N) {
			set |= ROLE_BIT(role);
			continue;
		}
		near = group ? NULL : did_you_mean(z, role_names());
		if (near)
			errors_add(errs, false, "--role %s: unknown role '%s' (did you mean '%s'?)",
				   whole, z, near);
		else if (group)
			error_hint(errors_add(errs, false, "--role %s: '%s' is a group of roles",
					      whole, z),
				   "say which of them the host has");
		else
			error_hint(
				errors_add(errs, false, "--role %s: unknown role '%s'", whole, z),
				"roles are listed in spanaudit-site(5): crm-web, sql, dc ...");
		return false;
	}
	if (roles_has(set, ROLE_IGNORE) && set != ROLE_BIT(ROLE_IGNORE)) {
		error_hint(errors_add(errs, false, "--role %s: 'ignore' together with another role",
				      whole),
			   "ignore takes a host out of the audit: keep one of them");
		return false;
	}
	*ret_set = set;
	return true;
}

/* The host or network of the text, made when nobody has it; NULL without memory. */
static struct host *find_or_add(struct site *s, const struct prefix *p, roleset set)
{
	struct host h = {.declared = set, .known_by = KNOWN_OPTION};
	struct host *old = p->bits == 128 ? inventory_host(s->inventory, &p->addr)
					  : inventory_network(s->inventory, p);
	const struct host *other;
	char buf[ADDR_TEXT];

	if (old) {
		old->declared |= set;
		return old;
	}
	h.name = arena_strdup(s->arena,
			      p->bits == 128 ? addr_format(&p->addr, buf) : prefix_format(p, buf));
	if (p->bits == 128) {
		struct addr *a = arena_alloc(s->arena, sizeof *a);

		if (a)
			*a = p->addr;
		h.addr = a;
		h.n_addr = 1;
	} else {
		struct prefix *net = arena_alloc(s->arena, sizeof *net);

		if (net)
			*net = *p;
		h.net = net;
		h.is_network = true;
	}
	return h.name && (h.addr || h.net) ? inventory_add(s->inventory, &h, &other) : NULL;
}

static bool option_addr(struct site *s, const char *z, const char *whole, roleset set,
			struct errors *errs)
{
	const char *what = NULL;
	struct prefix p;

	if (!prefix_parse(z, &p)) {
		struct error *e = errors_add(
			errs, false, "--role %s: '%s' is not an address or a network", whole, z);

		if (strchr(z, '/'))
			explain_network(e, z);
		else
			error_hint(e, "write sql=10.20.2.20 or crm-client=10.30.0.0/16; names are "
				      "not resolved");
		return false;
	}
	if (p.bits == 128)
		what = no_host_address(&p.addr);
	if (what) {
		error_hint(errors_add(errs, false, "--role %s: '%s' is %s, which no host has",
				      whole, z, what),
			   "write the address that packets of the host carry");
		return false;
	}

	const struct host *h = find_or_add(s, &p, set);

	if (!h) {
		errors_add(errs, false, "--role %s: out of memory", whole);
	} else if (roles_has(h->declared, ROLE_IGNORE) && h->declared != ROLE_BIT(ROLE_IGNORE)) {
		error_hint(errors_add(errs, false,
				      "--role %s: '%s' is both 'ignore' and something else", whole,
				      h->name),
			   "ignore takes a host out of the audit: keep one of them");
		return false;
	}
	return h != NULL;
}

int site_add_role(struct site *s, const char *text, struct errors *errs)
{
	char *copy = strdup(text);
	char *equal = copy ? strchr(copy, '=') : NULL;
	roleset set = 0;
	bool ok = equal && equal > copy && equal[1];

	if (!ok) {
		error_hint(errors_add(errs, false, "--role %s: a role and an address are needed",
				      text),
			   "write --role sql=10.20.2.20 or --role crm-client=10.30.0.0/16");
		goto out;
	}
	*equal = '\0';
	ok = option_roles(copy, text, errs, &set);
	for (char *z, *rest = equal + 1; ok && (z = strsep(&rest, ","));)
		ok = option_addr(s, z, text, set, errs);
	inventory_close(s->inventory);
out:
	free(copy);
	return ok ? 0 : 1;
}
