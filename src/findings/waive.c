// SPDX-License-Identifier: BSD-2-Clause
/*
 * waive - findings that somebody answers for.
 *
 * A waiver covers a finding only when it covers all of it: an end that stands for several addresses
 * has to lie inside the waiver's end as a whole. What is covered keeps its place and stops
 * counting.
 */
#include <string.h>

#include "findings/work.h"

/* What a waiver's `from` or `to` is at this site, the first that applies. */
enum end_kind { END_ANY, END_NETWORK, END_HOST, END_ROLE, END_UNKNOWN };

struct waiver_end {
	enum end_kind kind;
	struct prefix net; /* END_NETWORK; an address is a full one */
	const char *host;  /* END_HOST */
	roleset roles;     /* END_ROLE */
};

static struct waiver_end end_of(const struct work *w, const char *text)
{
	struct waiver_end e = {.kind = END_ANY};

	if (!text)
		return e;
	if (prefix_parse(text, &e.net)) {
		e.kind = END_NETWORK;
	} else if (inventory_named(w->site->inventory, text)) {
		e.kind = END_HOST;
		e.host = text;
	} else {
		e.roles = role_end_set(text);
		e.kind = e.roles ? END_ROLE : END_UNKNOWN;
	}
	return e;
}

static bool prefix_inside(const struct prefix *in, const struct prefix *out)
{
	return in->bits >= out->bits && prefix_has(out, &in->addr);
}

static bool network_covers(const struct work *w, const struct prefix *net, const struct endpoint *e)
{
	const struct host *h = e->host ? inventory_named(w->site->inventory, e->host) : NULL;
	struct prefix p;

	if (e->has_address)
		return prefix_has(net, &e->address);
	if (e->network && prefix_parse(e->network, &p))
		return prefix_inside(&p, net);
	if (!h)
		return false;
	if (h->is_network)
		return prefix_inside(h->net, net);
	for (size_t i = 0; i < h->n_addr; i++)
		if (!prefix_has(net, &h->addr[i]))
			return false;
	return h->n_addr > 0;
}

static bool host_covers(const struct work *w, const char *name, const struct endpoint *e)
{
	const struct host *h;
	struct prefix p;

	if (e->host)
		return strcmp(e->host, name) == 0;
	if (e->has_address) {
		h = inventory_find(w->site->inventory, &e->address);
		return h && strcmp(h->name, name) == 0;
	}
	if (!e->network || !prefix_parse(e->network, &p))
		return false;
	/* A name may stand for several networks, of both families. */
	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		h = inventory_at(w->site->inventory, i);
		if (h->is_network && strcmp(h->name, name) == 0 && prefix_inside(&p, h->net))
			return true;
	}
	return false;
}

static bool end_covers(const struct work *w, const struct waiver_end *we, const struct endpoint *e)
{
	switch (we->kind) {
	case END_ANY:
		return true;
	case END_NETWORK:
		return network_covers(w, &we->net, e);
	case END_HOST:
		return host_covers(w, we->host, e);
	case END_ROLE:
		/* One host has all its roles at once; several hosts together may have others. */
		if (e->has_address || e->host || e->network)
			return e->roles & we->roles;
		return e->roles && !(e->roles & ~we->roles);
	case END_UNKNOWN:
		break;
	}
	return false;
}

static bool kind_covers(const char *kind, enum kind k)
{
	if (!kind)
		return true;
	if (strcmp(kind, WAIVER_UNEXPECTED) == 0)
		return strncmp(kind_name(k), WAIVER_UNEXPECTED "-", sizeof WAIVER_UNEXPECTED) == 0;
	return strcmp(kind, kind_name(k)) == 0;
}

static bool covers(const struct work *w, const struct waiver *v, const struct waiver_end end[2],
		   const struct finding *f)
{
	if (v->finding)
		return strcmp(v->finding, f->id) == 0;
	return kind_covers(v->kind, f->kind) &&
	       (!v->proto || (v->proto == f->proto && v->port == f->port)) &&
	       end_covers(w, &end[0], &f->client) && end_covers(w, &end[1], &f->server);
}

/* Why it covers nothing, as far as that can be known. */
static const char *idle_note(struct work *w, const struct waiver *v, const struct waiver_end end[2])
{
	const char *text[2] = {v->from, v->to};

	for (int i = 0; i < 2; i++) {
		struct out shown = {0};
		const char *note;

		if (end[i].kind != END_UNKNOWN)
			continue;
		out_text_z(&shown, text[i]);
		note = arena_printf(w->a,
				    "'%s' is neither a host of the site file, nor a role, nor an "
				    "address.",
				    out_str(&shown));
		out_done(&shown);
		return note;
	}
	return v->finding ? "This audit has no finding with that id."
			  : "This audit has no such finding.";
}

static bool row_make(struct work *w, const struct waiver *v, struct waiver_row *row)
{
	struct waiver_end end[2] = {end_of(w, v->from), end_of(w, v->to)};
	struct out about = {0};

	*row = (struct waiver_row){
		.id = v->id,
		.file = v->file,
		.reason = v->reason,
		.owner = v->owner,
		.approved_by = v->approved_by,
		.ticket = v->ticket,
		.expires_ns = v->expires_ns,
		.state = waiver_state(v, w->in->now_ns),
	};
	waiver_about(v, &about);
	row->about = arena_strdup(w->a, out_str(&about));
	w->failed |= out_failed(&about) || !row->about;
	out_done(&about);
	for (size_t i = 0; i < w->r->n_findings; i++) {
		struct finding *f = &w->r->findings[i];

		if (!covers(w, v, end, f))
			continue;
		row->findings++;
		if (row->state != WAIVER_EXPIRED && !f->waiver)
			f->waiver = v->id;
	}
	if (!row->findings)
		row->note = idle_note(w, v, end);
	return !w->failed && (row->findings || row->note);
}

/* What no living waiver covers fires again, and says whose time is over. */
static bool expired_say(struct work *w, const struct waiver *v)
{
	struct waiver_end end[2] = {end_of(w, v->from), end_of(w, v->to)};
	char time[TIME_TEXT];

	for (size_t i = 0; i < w->r->n_findings; i++) {
		struct finding *f = &w->r->findings[i];

		if (f->waiver || !covers(w, v, end, f))
			continue;
		f->why = arena_printf(w->a, "%s The waiver %s expired on %s.", f->why ? f->why : "",
				      v->id, time_human_tz(v->expires_ns, site_tz(w->site), time));
		if (!f->why)
			return false;
	}
	return true;
}

static bool same_group(const struct rule *a, const struct rule *b)
{
	return a == b || (a->group && *a->group && b->group && strcmp(a->group, b->group) == 0);
}

/* The finding stands for the violation of this rule, or of one whose ports it refers to. */
static bool speaks_for(const struct finding *f, const struct rule *r)
{
	if ((f->kind != KIND_MISSING && f->kind != KIND_RPC_BLOCKED) || !f->rule)
		return false;
	return same_group(f->rule, r) || (r->ref && rule_refers_to(r, f->rule));
}

/* A rule all of whose violations are waived is not judged; one violation left, and it is violated.
 */
static bool rule_waive(struct work *w, struct rule_row *row)
{
	struct result *r = w->r;
	const char *by = NULL;

	if (row->result != RULE_VIOLATED)
		return true;
	for (size_t i = 0; i < r->n_findings; i++) {
		if (!speaks_for(&r->findings[i], row->rule))
			continue;
		if (!r->findings[i].waiver)
			return true;
		by = by ? by : r->findings[i].waiver;
	}
	if (!by)
		return true;
	r->n_rule_results[RULE_VIOLATED]--;
	r->n_rule_results[RULE_NOT_JUDGED]++;
	row->result = RULE_NOT_JUDGED;
	row->reason = arena_printf(w->a, "waived by %s", by);
	return row->reason;
}

bool waivers_apply(struct work *w)
{
	const struct waiver_set *s = w->in->waivers;
	struct result *r = w->r;

	if (!s)
		return true;
	r->has_waivers = true;
	r->waiver_files = s->files.v;
	r->n_waiver_files = s->files.n;
	r->waivers = arena_alloc(w->a, (s->n + 1) * sizeof *r->waivers);
	if (!r->waivers)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (!row_make(w, &s->v[i], &r->waivers[r->n_waivers++]))
			return false;
	for (size_t i = 0; i < s->n; i++)
		if (r->waivers[i].state == WAIVER_EXPIRED && !expired_say(w, &s->v[i]))
			return false;
	for (size_t i = 0; i < r->n_findings; i++) {
		if (!r->findings[i].waiver)
			continue;
		r->n_waived++;
		r->n_severity[r->findings[i].severity]--;
	}
	for (size_t i = 0; r->n_waived && i < r->n_rules; i++)
		if (!rule_waive(w, &r->rules[i]))
			return false;
	return true;
}
