// SPDX-License-Identifier: BSD-2-Clause
/* The deployment: what traffic says of it, and what it cannot say. */
#include <stdio.h>
#include <string.h>

#include "base/cpu.h"
#include "suggest/draft.h"

#define BIT(r) ROLE_BIT(ROLE_##r)

static const struct draft_host *with(const struct draft *d, roleset sure, roleset guess)
{
	for (size_t i = 0; i < d->n_host; i++)
		if (d->host[i].sure & sure || d->host[i].guess & guess)
			return &d->host[i];
	return NULL;
}

static void row(struct out *o, bool guess, const char *key, const char *value, const char *why)
{
	draft_comment(o, "  ", why);
	out_printf(o, "  %s%s: %s\n", guess ? "#? " : "", key, value);
}

static void topology(const struct draft *d, struct out *o)
{
	if (d->sandbox_apart)
		row(o, false, "topology", "split", "Back end roles are on hosts of their own.");
	else
		row(o, false, "topology", "full",
		    "No back end role was seen on a host of its own. Where the roles are spread "
		    "over hosts all the same, write split.");
}

static void auth(const struct draft *d, struct out *o, struct suggest_figures *f)
{
	const struct draft_host *sts = with(d, BIT(ADFS) | BIT(ADFS_PROXY), 0);
	const struct draft_host *guess = with(d, 0, BIT(ADFS) | BIT(ADFS_PROXY));
	struct out why = {0};

	if (sts)
		out_printf(&why,
			   "%s is an AD FS. Where it serves others, and CRM's users sign in with "
			   "Windows, write iwa.",
			   sts->name);
	else if (guess)
		out_printf(&why, "No AD FS was seen for sure; %s may be one, then write claims.",
			   guess->name);
	else
		out_puts(&why, "No AD FS was seen.");
	row(o, false, "auth", sts ? "claims" : "iwa", out_str(&why));
	/* With ifd, public clients are documented: that is not for traffic to say. */
	if (d->public_clients) {
		out_reset(&why);
		out_puts(&why, "Public addresses use the web application");
		draft_packet(d, &why, &d->public_at);
		out_puts(&why, ". If it is meant to face the Internet, in its place:");
		row(o, true, "auth", "ifd", out_str(&why));
		f->guesses++;
	}
	out_done(&why);
}

static void mail(const struct draft *d, struct out *o, struct suggest_figures *f)
{
	const struct draft_host *sure = with(d, BIT(CRM_ROUTER), 0);
	const struct draft_host *guess = with(d, 0, BIT(CRM_ROUTER));
	struct out why = {0};

	if (!sure && !guess)
		return;
	out_printf(&why, "%s reads or sends mail.", (sure ? sure : guess)->name);
	/* A router of its own has no such choice. */
	if (sure && sure->all & (BIT(CRM_WEB) | BIT(CRM_FULL)))
		out_puts(&why,
			 " Where CRM synchronises mailboxes itself, write server-side-sync, "
			 "and crm-email in place of crm-router: the same rules of mail are for both.");
	row(o, !sure, "mail", "router", out_str(&why));
	f->guesses += !sure;
	out_done(&why);
}

static void balancer(const struct draft *d, struct out *o)
{
	const struct draft_host *h = with(d, BIT(NLB), 0);
	bool windows = false;

	for (size_t i = 0; h && i < h->h->n_role; i++)
		for (unsigned k = 0; k < h->h->role[i].n_fact; k++)
			windows |= h->h->role[i].role == ROLE_NLB &&
				   strstr(h->h->role[i].fact[k].text, "Windows NLB");
	if (h)
		row(o, false, "nlb", windows ? "windows-nlb" : "appliance",
		    "A virtual address stands before web servers.");
}

static size_t named_instances(const struct draft *d, const struct grant **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < d->in->n_grants; i++) {
		const struct grant *g = &d->in->grants[i];

		if (g->g.how != GRANT_SQL_BROWSER || g->g.proto != GRANTED_TCP ||
		    !draft_find(d, &g->server) || !strcmp(g->g.name, "MSSQLSERVER"))
			continue;
		if (!n++)
			*ret = g;
	}
	return n;
}

static void sql(const struct draft *d, struct out *o, struct suggest_figures *f)
{
	const struct grant *g = NULL;
	struct out why = {0};

	if (!named_instances(d, &g))
		return;
	out_puts(&why, "SQL Browser told of the instance ");
	out_text_z(&why, g->g.name);
	out_printf(&why, " on %u/tcp", g->g.port);
	draft_packet(d, &why, &g->first);
	out_puts(&why, ". Whether that port is fixed only its administrator knows; named-dynamic "
		       "when it is not.");
	row(o, true, "sql", "named-fixed", out_str(&why));
	f->guesses++;
	out_done(&why);
}

void draft_deployment(const struct draft *d, struct out *o, struct suggest_figures *f)
{
	out_puts(o, "deployment:\n");
	topology(d, o);
	auth(d, o, f);
	mail(d, o, f);
	balancer(d, o);
	sql(d, o, f);
}
