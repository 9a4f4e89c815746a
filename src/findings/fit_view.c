// SPDX-License-Identifier: BSD-2-Clause
/* What of the deployment is in view, and what cannot be judged because of the rest. */
#include "findings/fit_work.h"

#include <stdlib.h>
#include <string.h>

struct in_view { /* a declared host or network */
	uint64_t sent, got;
	size_t addresses;
};

static bool is_seen(const struct in_view *v)
{
	return v->addresses > 0;
}

/* By index of the inventory. */
static struct in_view *views_make(struct fit_work *w)
{
	struct in_view *v =
		arena_alloc(w->a, (inventory_count(w->site->inventory) + 1) * sizeof *v);

	if (!v)
		w->failed = true;
	for (size_t i = 0; v && i < w->n_hosts; i++) {
		const struct fit_host *h = &w->hosts[i];

		if (!h->host)
			continue;
		v[h->host->index].sent += h->sent;
		v[h->host->index].got += h->got;
		v[h->host->index].addresses++;
	}
	return v;
}

static const char *host_name(struct fit_work *w, const struct host *h)
{
	char buf[ADDR_TEXT];

	if (h->is_network || !h->n_addr || h->known_by != KNOWN_SITE)
		return h->name;
	return arena_printf(w->a, "%s (%s)", h->name, addr_format(&h->addr[0], buf));
}

static const char *listed(struct fit_work *w, const char *list, const char *name)
{
	return list && *list ? arena_printf(w->a, "%s, %s", list, name) : name;
}

static void role_said(struct fit_work *w, struct fit_row *row, const struct in_view *v,
		      enum role role)
{
	size_t hosts = 0, seen = 0, addresses = 0, networks = 0;
	const char *unseen = NULL, *half = NULL;
	struct out line = {0};

	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (!roles_has(h->declared, role))
			continue;
		if (h->is_network) {
			networks++;
			addresses += v[i].addresses;
			continue;
		}
		hosts++;
		seen += is_seen(&v[i]);
		if (!is_seen(&v[i]))
			unseen = listed(w, unseen, host_name(w, h));
		else if (!v[i].sent || !v[i].got)
			half = listed(w, half, host_name(w, h));
	}
	if (!hosts && !networks)
		return;
	out_printf(&line, "%s: ", role_name(role));
	if (hosts)
		out_printf(&line, "%zu of %zu seen", seen, hosts);
	if (networks)
		out_printf(&line, "%s%zu %s of %zu %s seen", hosts ? ", " : "", addresses,
			   addresses == 1 ? "address" : "addresses", networks,
			   networks == 1 ? "network" : "networks");
	if (unseen) {
		out_puts(&line, "; not seen: ");
		out_puts(&line, unseen);
	}
	if (half) {
		out_puts(&line, "; one direction only: ");
		out_puts(&line, half);
	}
	fit_detail(w, row, out_failed(&line) ? NULL : arena_strdup(w->a, out_str(&line)));
	out_done(&line);
}

static void no_roles(struct fit_work *w)
{
	struct fit_row *row = fit_row(w, "hosts", "Deployment");

	if (!row)
		return;
	row->figure = "no host has a role yet";
	fit_note(row,
		 "Without roles nobody can tell whether the servers of the deployment are in "
		 "view, and an audit judges no rule. The busiest servers are listed below.",
		 "Say which is which: --role crm-web=ADDRESS --role sql=ADDRESS --role dc=ADDRESS, "
		 "or --site FILE (man spanaudit-site). What the roles are: spanaudit help roles.");
	fit_bars(row, FIT_FOR_SEEN, "no host has a role yet");
}

/* The weakest of what stands behind that role of that address. */
static char grade_of(const struct role_row *row, enum role role)
{
	for (size_t i = 0; i < row->n_known; i++)
		if (row->known[i].role == role)
			return row->known[i].grade;
	return row->grade;
}

/* Addresses that have it by traffic alone; how many of them. */
static size_t guess_said(struct fit_work *w, struct fit_row *row, enum role role)
{
	enum { SHOWN = 6 };
	const struct result *r = w->r;
	char buf[ADDR_TEXT];
	const char *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < r->n_roles; i++) {
		const struct role_row *h = &r->roles[i];

		if (!h->grade || !roles_has(h->roles, role) || ++n > SHOWN)
			continue;
		list = listed(w, list,
			      arena_printf(w->a, "%s (grade %c)", addr_format(&h->address, buf),
					   grade_of(h, role)));
		if (!list) {
			w->failed = true;
			return n;
		}
	}
	if (n > SHOWN)
		list = arena_printf(w->a, "%s and %zu more", list, n - SHOWN);
	if (n)
		fit_detail(w, row, arena_printf(w->a, "%s: %s", role_name(role), list ? list : ""));
	return n;
}

/* Roles that traffic shows. What they do not show is in view as well, or not; who knows. */
static void guesses(struct fit_work *w)
{
	struct fit_row *row = fit_row(w, "hosts", "Deployment");
	size_t addresses = 0, roles = 0;

	if (!row)
		return;
	for (size_t i = 0; i < w->r->n_roles; i++)
		addresses += w->r->roles[i].grade && w->r->roles[i].roles;
	for (unsigned r = 0; r < ROLE_N; r++)
		roles += guess_said(w, row, (enum role)r) > 0;
	row->figure = arena_printf(w->a, "no host is declared; traffic shows %s, of %s",
				   fit_counted(w, roles, "role", "roles"),
				   fit_counted(w, addresses, "address", "addresses"));
	fit_note(row,
		 "Roles that traffic shows are guesses, the better the nearer their grade is to A. "
		 "An audit by them can show deviations, but not that all is as documented: a "
		 "server that was silent, or is not in view, has no role, and is not missed.",
		 "Let spanaudit site suggest draft a site file from this capture, correct it, and "
		 "give it with --site. Why traffic shows a role: spanaudit roles.");
	fit_bars(row, FIT_FOR_SEEN, "every role is a guess from traffic");
}

void fit_hosts_in_view(struct fit_work *w)
{
	size_t n = inventory_count(w->site->inventory), hosts = 0, seen = 0, both = 0, lacking = 0;
	struct in_view *v;
	const char *unseen = NULL, *half = NULL;
	struct fit_row *row;

	if (fit_has_guesses(w)) {
		guesses(w);
		return;
	}
	if (!fit_has_roles(w)) {
		no_roles(w);
		return;
	}
	v = views_make(w);
	row = v ? fit_row(w, "hosts", "Deployment") : NULL;
	if (!row)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (h->is_network || roles_has(h->declared, ROLE_IGNORE))
			continue;
		hosts++;
		if (!is_seen(&v[i])) {
			unseen = ++lacking <= 6 ? listed(w, unseen, host_name(w, h)) : unseen;
			continue;
		}
		seen++;
		if (v[i].sent && v[i].got)
			both++;
		else
			half = listed(w, half, host_name(w, h));
	}
	for (unsigned r = 0; r < ROLE_N; r++)
		if (r != ROLE_IGNORE)
			role_said(w, row, v, (enum role)r);
	row->figure = arena_printf(w->a, "%zu of %s seen, %zu in both directions", seen,
				   fit_counted(w, hosts, "declared host", "declared hosts"), both);
	if (half)
		fit_note(row, "Of some hosts one direction alone is in view.",
			 arena_printf(w->a, "Mirror both directions of the ports of %s.", half));
	if (lacking) {
		if (lacking > 6)
			unseen = arena_printf(w->a, "%s and %zu more", unseen, lacking - 6);
		fit_note(row,
			 "No packet of them is in the capture: either they were silent, or the "
			 "mirror does not carry their ports. Nothing that they should do is "
			 "called missing.",
			 arena_printf(w->a,
				      "Mirror the switch ports of %s too, or correct their "
				      "addresses in the site file.",
				      unseen));
		fit_bars(row, seen ? FIT_FOR_SEEN : FIT_NOT,
			 seen ? arena_printf(w->a, "not in view: %s", unseen)
			      : "no declared host is in view");
	}
}

/* ------------------------------------------------------------------ rules */

struct reason {
	const char *text;
	size_t rules;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct reason *)a)->text, ((const struct reason *)b)->text);
}

static int by_rules(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	if (x->rules != y->rules)
		return x->rules > y->rules ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void reasons_said(struct fit_work *w, struct fit_row *row)
{
	const struct result *r = w->r;
	struct reason *v = arena_alloc(w->a, (r->n_rules + 1) * sizeof *v);
	size_t n = 0, k = 0;

	if (!v) {
		w->failed = true;
		return;
	}
	for (size_t i = 0; i < r->n_rules; i++)
		if (r->rules[i].result == RULE_NOT_JUDGED)
			v[n++] = (struct reason){
				r->rules[i].reason ? r->rules[i].reason : "no reason", 1};
	if (!n)
		return;
	qsort(v, n, sizeof *v, by_text);
	for (size_t i = 1; i < n; i++) {
		if (strcmp(v[i].text, v[k].text) == 0)
			v[k].rules++;
		else
			v[++k] = v[i];
	}
	n = k + 1;
	qsort(v, n, sizeof *v, by_rules);
	for (size_t i = 0; i < n; i++)
		fit_detail(w, row,
			   arena_printf(w->a, "%s: %s", fit_counted(w, v[i].rules, "rule", "rules"),
					v[i].text));
}

void fit_rules(struct fit_work *w)
{
	const struct result *r = w->r;
	struct fit_row *row;

	if (!fit_has_roles(w) && !fit_has_guesses(w))
		return;
	row = fit_row(w, "rules", "Rules");
	if (!row)
		return;
	row->figure = arena_printf(
		w->a,
		"%s of %zu could be judged (met or violated), %s allow what nobody used, "
		"%s could not be judged",
		fit_n(w, r->n_rule_results[RULE_MET] + r->n_rule_results[RULE_VIOLATED]),
		r->n_rules, fit_n(w, r->n_rule_results[RULE_UNUSED]),
		fit_n(w, r->n_rule_results[RULE_NOT_JUDGED]));
	reasons_said(w, row);
	row->meaning = "Rules for roles that no host has, and those that the deployment variant "
		       "switches off, need nothing. The others wait for what the rows above ask "
		       "for.";
	/* By guesses, the row above says what bars: who is declared has to come first. */
	if (r->coverage.unjudged && !r->coverage.poor && fit_has_roles(w))
		fit_bars(row, FIT_NOT, "no rule could be judged");
}

/* ------------------------------------------------------------------ pairs of roles */

/* Somebody with role `from`, and somebody else with one of `to`. */
static const struct host *two_hosts(const struct site *s, roleset from, roleset to,
				    const struct host **ret_to)
{
	size_t n = inventory_count(s->inventory);

	for (size_t i = 0; i < n; i++) {
		const struct host *a = inventory_at(s->inventory, i);

		if (!(a->roles & from))
			continue;
		for (size_t k = 0; k < n; k++) {
			*ret_to = inventory_at(s->inventory, k);
			if (k != i && (*ret_to)->roles & to)
				return a;
		}
	}
	return NULL;
}

static void talks_make(const struct fit_work *w, roleset talks[ROLE_N], roleset *ret_declared)
{
	*ret_declared = inventory_roles(w->site->inventory);
	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];
		const struct host *a = inventory_find(w->site->inventory, &c->client),
				  *b = inventory_find(w->site->inventory, &c->server);

		for (unsigned r = 0; a && b && r < ROLE_N; r++)
			if (roles_has(a->roles, (enum role)r))
				talks[r] |= b->roles;
	}
}

/* Its traffic has to be there, whatever else is. */
static bool demanding(const struct rule *r)
{
	return !r->ref && !r->rpc && !r->informational &&
	       (r->when_missing == MISSING_REPORT || r->when_missing == MISSING_REPORT_TO_DC ||
		r->when_missing == MISSING_REPORT_ANY_OF ||
		r->when_missing == MISSING_REPORT_IF_CONFIGURED);
}

void fit_pairs(struct fit_work *w)
{
	roleset talks[ROLE_N] = {0}, silent[ROLE_N] = {0}, declared;
	const struct result *r = w->r;
	const char *first = NULL;
	struct fit_row *row;
	size_t n = 0, all = 0;

	if (!fit_has_roles(w))
		return;
	row = fit_row(w, "pairs", "Pairs of roles");
	if (!row)
		return;
	talks_make(w, talks, &declared);
	for (size_t i = 0; i < r->n_rules; i++) {
		const struct rule *u = r->rules[i].rule;
		roleset from = demanding(u) ? rule_demanded_of(r->matrix, u) & declared : 0;
		enum role to = role_by_name(u->to_name);

		/* A group of many roles is somebody's always; and what is met in another way, or
		 * switched off, lacks nothing. */
		if (to == ROLE_N || !(u->to & declared) || r->rules[i].result == RULE_UNUSED)
			continue;
		for (unsigned f = 0; f < ROLE_N; f++) {
			const struct host *a, *b = NULL;

			if (!roles_has(from, (enum role)f) || roles_has(silent[f], to))
				continue;
			a = two_hosts(w->site, ROLE_BIT(f), u->to, &b);
			if (!a)
				continue;
			silent[f] |= ROLE_BIT(to); /* once each */
			all++;
			if (talks[f] & u->to || r->rules[i].result == RULE_MET)
				continue;
			n++;
			first = first ? first
				      : arena_printf(w->a, "%s or %s", host_name(w, a),
						     host_name(w, b));
			fit_detail(w, row,
				   arena_printf(w->a, "%s -> %s: no packet", role_name(f),
						role_name(to)));
		}
	}
	row->figure =
		arena_printf(w->a, "%zu of %zu pairs that the papers join have no traffic", n, all);
	if (n)
		fit_note(row,
			 "Either they do not talk, which an audit calls missing once it has seen "
			 "enough, or their traffic passes no mirrored port: two servers on one "
			 "switch or one hypervisor reach each other without the uplink.",
			 arena_printf(w->a,
				      "Mirror the port of one of each pair, such as %s; on a "
				      "hypervisor, mirror the virtual switch.",
				      first));
}
