// SPDX-License-Identifier: BSD-2-Clause
/* What is well-formed and probably not meant: warnings, after everything was read. */
#include <string.h>

#include "site/reader.h"

/* An entry of the file's own top level, for a warning about something that is not there. */
static const struct ynode *top(const struct reader *r, const char *key)
{
	for (const struct ynode *y = r->f->root->first; y; y = y->next)
		if (strcmp(y->key, key) == 0)
			return y;
	return NULL;
}

static const struct ynode *deployment(const struct reader *r, const char *key)
{
	const struct ynode *d = top(r, "deployment");

	for (const struct ynode *y = d && d->kind == Y_MAP ? d->first : NULL; y; y = y->next)
		if (strcmp(y->key, key) == 0)
			return y;
	return d;
}

static void check_deployment(struct reader *r, roleset all)
{
	const struct site *s = r->site;
	const roleset split = ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS) |
			      ROLE_BIT(ROLE_CRM_ASYNC) | ROLE_BIT(ROLE_CRM_SANDBOX);
	size_t parts = 0;

	for (size_t i = 0; i < r->declared.n; i++)
		parts += (r->declared.v[i].host->declared & split) != 0;
	if (s->mail & MAIL_ROUTER && !roles_has(all, ROLE_CRM_ROUTER))
		error_hint(ywarn(r->f, deployment(r, "mail"), r->errs,
				 "mail goes by a router, but no host has the role crm-router"),
			   "add the host, or change 'mail'");
	if (s->mail & MAIL_SERVER_SIDE_SYNC && !roles_has(all, ROLE_CRM_EMAIL))
		error_hint(ywarn(r->f, deployment(r, "mail"), r->errs,
				 "mail is synchronised by the server, but no host has the role "
				 "crm-email"),
			   "add the role, or change 'mail'");
	if (s->auth != AUTH_IWA && !roles_has(all, ROLE_ADFS))
		error_hint(ywarn(r->f, deployment(r, "auth"), r->errs,
				 "users sign in at AD FS, but no host has the role adfs"),
			   "add the host; without it those rules are not judged");
	if (s->nlb != NLB_NONE && !roles_has(all, ROLE_NLB))
		error_hint(ywarn(r->f, deployment(r, "nlb"), r->errs,
				 "there is a load balancer, but no host has the role nlb"),
			   "add its virtual address");
	if (s->topology == TOPOLOGY_SPLIT && parts == 0 && roles_has(all, ROLE_CRM_FULL))
		error_hint(ywarn(r->f, deployment(r, "topology"), r->errs,
				 "topology is split, but every CRM server is a crm-full"),
			   "write topology: full, or name the roles of each server");
	if (s->topology == TOPOLOGY_FULL && parts > 1 && !roles_has(all, ROLE_CRM_FULL))
		error_hint(ywarn(r->f, deployment(r, "topology"), r->errs,
				 "CRM roles are spread over %zu hosts, but topology is full",
				 parts),
			   "write topology: split, or 808 between them is unexpected");
}

/* Roles at which a moved port means something; 0: everywhere. */
static roleset port_users(enum port_key k)
{
	switch (k) {
	case PORT_CRM_HTTP:
	case PORT_CRM_HTTPS:
		return ROLE_BIT(ROLE_CRM_WEB) | ROLE_BIT(ROLE_CRM_ORGWS) |
		       ROLE_BIT(ROLE_CRM_DEPLOY) | ROLE_BIT(ROLE_NLB);
	case PORT_SANDBOX:
		return ROLE_BIT(ROLE_CRM_SANDBOX) | ROLE_BIT(ROLE_CRM_WEB) |
		       ROLE_BIT(ROLE_CRM_ORGWS);
	case PORT_SQL:
		return ROLE_BIT(ROLE_SQL);
	case PORT_SSRS_HTTP:
	case PORT_SSRS_HTTPS:
		return ROLE_BIT(ROLE_SSRS);
	case PORT_ADFS_HTTPS:
		return ROLE_BIT(ROLE_ADFS) | ROLE_BIT(ROLE_ADFS_PROXY) | ROLE_BIT(ROLE_NLB);
	default:
		return 0;
	}
}

static void check_host(struct reader *r, const struct declared *d)
{
	const struct host *h = d->host;

	if (!h->is_network && role_end_set(h->name))
		error_hint(ywarn(r->f, d->at, r->errs, "'%s' is named like a role", h->name),
			   "messages will be hard to read; use the host's own name");
	for (unsigned k = 0; k < PORT_KEY_N; k++)
		if (h->ports[k].n && port_users((enum port_key)k) &&
		    !(h->roles & port_users((enum port_key)k)))
			error_hint(ywarn(r->f, d->at, r->errs,
					 "'%s' has a port for '%s', but no role that uses it",
					 h->name, port_key_name((enum port_key)k)),
				   "add the role, or remove the port");
	for (size_t i = 0; i < h->n_addr; i++) {
		const struct host *net = inventory_network_of(r->site->inventory, &h->addr[i]);

		if (!net || !roles_has(net->declared, ROLE_IGNORE) ||
		    roles_has(h->declared, ROLE_IGNORE))
			continue;
		error_hint(ywarn(r->f, d->at, r->errs,
				 "'%s' lies in the network '%s', which is ignored", h->name,
				 net->name),
			   "the host is judged all the same; remove it, or narrow the network");
		return;
	}
}

void site_check(struct reader *r)
{
	roleset all = inventory_roles(r->site->inventory);

	if (!(all & roles_core())) {
		const struct ynode *hosts = top(r, "hosts");

		error_hint(
			ywarn(r->f, hosts ? hosts : r->f->root, r->errs,
			      "no host has a core role (crm-*, sql, ssrs), so nothing is in scope"),
			"list the CRM and SQL servers");
	}
	check_deployment(r, all);
	for (size_t i = 0; i < r->declared.n; i++)
		check_host(r, &r->declared.v[i]);
	for (size_t i = 0; i < r->sensors_at.n && i < r->site->n_sensors; i++)
		if (!(r->site->sensors[i].sees & all))
			error_hint(ywarn(r->f, r->sensors_at.v[i].at, r->errs,
					 "'%s' sees roles that no host has",
					 r->site->sensors[i].name),
				   "every rule would be out of its view; name roles of your hosts");
	for (size_t i = 0; i < r->egress_at.n && i < r->site->n_egress; i++)
		if (!(r->site->egress[i].from & all))
			error_hint(ywarn(r->f, r->egress_at.v[i].at, r->errs,
					 "this is for roles that no host has"),
				   "name roles of your hosts, or remove the entry");
	for (size_t i = 0; i < r->severities_at.n && i < r->site->n_severities; i++) {
		const struct site_severity *s = &r->site->severities[i];

		if ((s->from && !(s->from & all)) || (s->to && !(s->to & all)))
			error_hint(ywarn(r->f, r->severities_at.v[i].at, r->errs,
					 "this severity is for roles that no host has"),
				   "remove it, or correct 'from' and 'to'");
	}
}
