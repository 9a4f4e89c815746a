// SPDX-License-Identifier: BSD-2-Clause
/* The site file of an import: what the strict reader gives back is what the table said. */
#include "site/import_internal.h"
#include "site/yaml_write.h"

static void entry(struct out *o, const struct import_entry *e)
{
	bool net = e->nets.n != 0;
	size_t n = net ? e->nets.n : e->addrs.n;
	char buf[ADDR_TEXT];

	out_puts(o, "  - {name: ");
	yaml_put_text(o, e->name);
	yaml_put_roles(o, e->roles);
	out_puts(o, net ? ", cidr: " : ", addr: ");
	out_puts(o, n > 1 ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		out_puts(o, i ? ", " : "");
		yaml_put_place(o, net ? prefix_format(&e->nets.v[i], buf)
				      : addr_format(&e->addrs.v[i], buf));
	}
	out_puts(o, n > 1 ? "]}\n" : "}\n");
}

static void section(const struct import *im, struct out *o, bool nets)
{
	bool first = true;

	for (size_t i = 0; i < im->entries.n; i++) {
		const struct import_entry *e = im->entries.v[i];

		if ((e->nets.n != 0) != nets)
			continue;
		if (first)
			out_puts(o, nets ? "networks:\n" : "hosts:\n");
		first = false;
		entry(o, e);
	}
}

/* Roles spread over hosts are a split topology; without the word, what they say to each other would
 * be called unexpected. */
static size_t spread(const struct import *im)
{
	const roleset split = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS) |
			      ROLE_BIT(ROLE_CRM_ASYNC) | ROLE_BIT(ROLE_CRM_SANDBOX);
	size_t parts = 0;

	for (size_t i = 0; i < im->entries.n; i++) {
		const struct import_entry *e = im->entries.v[i];

		if (roles_has(e->roles, ROLE_CRM_FULL))
			return 0;
		if (e->roles & split)
			parts += e->nets.n ? e->nets.n : 1;
	}
	return parts > 1 ? parts : 0;
}

void import_write(const struct import *im, struct out *o)
{
	size_t hosts = 0, parts = spread(im);

	for (size_t i = 0; i < im->entries.n; i++)
		hosts += im->entries.v[i]->nets.n == 0;
	out_puts(o, "# Made by `spanaudit site import` from ");
	out_text_z(o, im->csv->name);
	out_printf(o, ": hosts %zu, networks %zu.\n", hosts, im->entries.n - hosts);
	out_puts(o, "# What else a site file can say is in spanaudit-site(5).\n"
		    "spanaudit: site/1\n");
	if (parts)
		out_printf(o,
			   "# CRM roles are spread over %zu hosts.\n"
			   "deployment: {topology: split}\n",
			   parts);
	section(im, o, false);
	section(im, o, true);
}
