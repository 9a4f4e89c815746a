// SPDX-License-Identifier: BSD-2-Clause
/* From candidates of one fact (cand.h) to a finding. */
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/proto.h"
#include "findings/cand.h"

/* ------------------------------------------------------------------ findings */

struct endpoint endpoint_roles(roleset roles)
{
	return (struct endpoint){.roles = roles};
}

static int ev_order(const struct evidence *a, const struct evidence *b)
{
	if (a->ts_ns != b->ts_ns)
		return a->ts_ns < b->ts_ns ? -1 : 1;
	if (a->input != b->input)
		return a->input < b->input ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Keeps the first packets by time; the same packet once. */
void finding_evidence(struct finding *f, const struct evidence *ev, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned at = 0;

		while (at < f->n_ev && ev_order(&f->ev[at], &ev[i]) < 0)
			at++;
		if (at == EVIDENCE_N || (at < f->n_ev && !ev_order(&f->ev[at], &ev[i])))
			continue;
		if (f->n_ev < EVIDENCE_N)
			f->n_ev++;
		for (unsigned k = f->n_ev - 1U; k > at; k--)
			f->ev[k] = f->ev[k - 1];
		f->ev[at] = ev[i];
	}
}

static void put_behind(struct work *w, struct finding *f, struct behind one)
{
	struct behind *b = arena_alloc(w->a, sizeof *b);

	if (!b) {
		w->failed = true;
		return;
	}
	one.next = f->behind;
	*b = one;
	f->behind = b;
}

void finding_behind(struct work *w, struct finding *f, const struct item *it)
{
	if (it->apart)
		put_behind(w, f, (struct behind){.attempt = &w->in->attempts[it->attempt]});
	else
		put_behind(w, f, (struct behind){.conv = it->conv});
}

static void add_figures(struct finding *f, const struct conv *c)
{
	if (f->first_ns == TIME_NONE || c->first_ns < f->first_ns)
		f->first_ns = c->first_ns;
	if (f->last_ns == TIME_NONE || c->last_ns > f->last_ns)
		f->last_ns = c->last_ns;
	f->flows += c->flows;
	f->tries += conv_fail(c)->n; /* repeats of one SYN are one attempt */
	if (!f->has_state || c->state < f->state)
		f->state = c->state;
	f->has_state = true;
	if (!f->has_direction || c->reason < f->reason)
		f->reason = c->reason;
	f->has_direction = true;
	f->confidence = dir_confidence(f->reason);
	f->folded++;
}

void finding_conv(struct work *w, struct finding *f, const struct conv *c)
{
	put_behind(w, f, (struct behind){.conv = c});
	add_figures(f, c);
}

void finding_of(struct work *w, struct finding *f, const struct item *it)
{
	finding_behind(w, f, it);
	add_figures(f, item_shown(w, it));
}

struct finding *finding_add(struct work *w, const struct fact *f, enum severity s)
{
	struct finding x = {
		.kind = f->kind,
		.severity = s,
		.proto = f->proto,
		.port = f->port,
		.first_ns = TIME_NONE,
		.last_ns = TIME_NONE,
	};
	uint8_t digest[FACT_DIGEST];

	fact_digest(f, digest);
	fact_id(digest, x.id);
	if (!vec_push(&w->findings, x)) {
		w->failed = true;
		return NULL;
	}
	return &w->findings.v[w->findings.n - 1];
}

/* The one end of several conversations, as narrow as it can be said. */
static struct endpoint common_end(struct work *w, const struct cand *v, size_t n, bool server)
{
	const struct item *first = &w->item[v[0].item];
	uint32_t p0 = server ? first->server : first->client;
	const struct party *one = &w->party[p0];
	bool same_party = true, same_host = one->host != NULL, same_net = first->folded && !server;
	const char *net = same_net ? fold_network(w, one) : NULL;
	roleset roles = 0;
	struct endpoint e;

	for (size_t i = 0; i < n; i++) {
		const struct item *it = &w->item[v[i].item];
		uint32_t p = server ? it->server : it->client;

		roles |= w->party[p].roles;
		same_party &= p == p0;
		same_host &= w->party[p].host == one->host;
	}
	if (same_party)
		return party_end(one);
	e = endpoint_roles(roles);
	if (same_host && one->host->is_network) {
		e.network = party_token(w, one);
		e.known_by = one->told->known_by;
	} else if (same_host) {
		e.host = one->host->name;
		e.known_by = one->told->known_by;
	} else if (net) {
		e.network = net;
	}
	return e;
}

void finding_item(struct work *w, struct finding *f, const struct item *it, bool failure)
{
	const struct conv *c = item_shown(w, it);
	struct conv_app room;
	const struct conv_app *a =
		it->r.app_index >= 0 ? conv_app(c, (unsigned)it->r.app_index, &room) : NULL;

	bool by_note = it->r.why == CASE_CLEAR_LOGIN || it->r.why == CASE_SMB1 ||
		       it->r.why == CASE_REPLICATES;

	if (failure || c->state >= STATE_HALF_OPEN)
		finding_evidence(f, conv_fail(c)->ev, conv_fail(c)->n_ev);
	else if (by_note && a && a->told)
		finding_evidence(f, &a->tell, 1);
	else if (a && a->n_ev)
		finding_evidence(f, a->ev, a->n_ev);
	else
		finding_evidence(f, c->ok_ev, c->n_ok_ev);
}

static const char *protocol_name(const struct work *w, const struct item *it)
{
	const struct conv *c = item_shown(w, it);

	if (it->r.app != APP_NONE)
		return app_name(it->r.app);
	return c->payload[0] || c->payload[1] ? "" : NULL;
}

/* Conversations of one finding lie anywhere: they are asked for before they are needed. */
static void common_ahead(const struct work *w, const struct cand *v, size_t i, size_t n)
{
	enum { FAR = 16, NEAR = 8 };

	if (i + FAR < n)
		prefetch(&w->item[v[i + FAR].item]);
	if (i + NEAR < n) {
		const struct conv *c = w->item[v[i + NEAR].item].conv;

		if (!c)
			return;
		prefetch(&c->flows);
		prefetch(&c->first_ns);
		prefetch(&conv_fail(c)->n);
		prefetch(&c->n_ok_ev);
	}
}

static uint64_t other_flows(const struct conv *c, int app)
{
	return c->alone ? 0 : c->flows - c->app[app].flows;
}

static void fill_common(struct work *w, struct finding *f, const struct cand *v, size_t n,
			bool failure)
{
	uint16_t port = w->item[v[0].item].port;
	uint8_t proto = w->item[v[0].item].proto;

	f->client = common_end(w, v, n, false);
	f->server = common_end(w, v, n, true);
	for (size_t i = 0; i < n; i++) {
		const struct item *it = &w->item[v[i].item];

		common_ahead(w, v, i, n);
		if (it->port != port)
			port = 0;
		if (it->proto != proto)
			proto = 0;
		finding_of(w, f, it);
		if (!failure && it->r.app_index >= 0) /* about these flows, not about the others */
			f->flows -= other_flows(item_shown(w, it), it->r.app_index);
		finding_item(w, f, it, failure);
	}
	f->port = port;
	f->proto = proto;
	if (f->folded == 1)
		f->folded = 0;
}

static void nearest(struct work *w, const struct item *it, struct finding *f)
{
	const struct party *cl = &w->party[it->client], *sv = &w->party[it->server];
	const struct end client = {cl->roles, cl->host}, server = {sv->roles, sv->host};

	if (it->r.verdict < KIND_RPC_UNEXPLAINED || it->group)
		return;
	f->nearest =
		matrix_nearest(w->m, &client, &server, it->proto, it->port, &f->nearest_why_not);
	if (it->r.verdict == KIND_UNEXPECTED_PROTOCOL || it->r.verdict == KIND_MOVED_SERVICE ||
	    it->r.why == CASE_OLD_PORT || it->r.why == CASE_FORBIDDEN) {
		f->nearest = it->r.rule;
		f->nearest_why_not =
			it->r.verdict == KIND_MOVED_SERVICE
				? "same roles and protocol, another port"
			: it->r.why == CASE_FORBIDDEN ? "the rule forbids it"
			: it->r.why == CASE_OLD_PORT  ? "the site file has moved this port"
			: it->r.why == CASE_INTERFACE ? "the interface is not among those that "
							"these roles may use"
						      : "same roles and port, another protocol";
	}
	if (!f->nearest)
		f->nearest_why_not = NULL;
}

static int u32_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static size_t distinct_hosts(struct work *w, const struct cand *v, size_t n, bool server)
{
	uint32_t *p = malloc(n * sizeof *p);
	bool ascend = true; /* as clients do mostly, and one server does */
	size_t k = 0;

	if (!p) {
		w->failed = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		p[i] = server ? w->item[v[i].item].server : w->item[v[i].item].client;
		ascend = ascend && (!i || p[i - 1] <= p[i]);
	}
	if (!ascend)
		qsort(p, n, sizeof *p, u32_order);
	for (size_t i = 0; i < n; i++)
		k += !i || p[i] != p[i - 1];
	free(p);
	return k;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each conversation keeps a few names; together they are all that the finding knows. */
static bool peers_make(struct work *w, const struct cand *v, size_t n, struct peers *ret)
{
	VEC(const char *) names = {0};
	size_t k = 0;
	bool ok = true;

	*ret = (struct peers){.n = distinct_hosts(w, v, n, true)};
	for (size_t i = 0; ok && i < n; i++) {
		const struct item *it = &w->item[v[i].item];
		const struct conv_more *m = it->more ? it->conv->more : NULL;

		for (unsigned j = 0; m && ok && j < m->n_name; j++)
			ok = vec_push(&names, m->name[j]);
	}
	if (names.n)
		qsort(names.v, names.n, sizeof *names.v, name_order);
	for (size_t i = 0; i < names.n; i++)
		if (!k || strcmp(names.v[i], names.v[k - 1]) != 0)
			names.v[k++] = names.v[i];
	ret->n_names = k < PEER_NAMES ? k : PEER_NAMES;
	ret->n_more = k - ret->n_names;
	ret->names = arena_alloc(w->a, (ret->n_names + 1) * sizeof *ret->names);
	ok = ok && ret->names;
	for (size_t i = 0; ok && i < ret->n_names; i++)
		ret->names[i] = names.v[i];
	vec_done(&names);
	return ok && !w->failed;
}

static bool verdict_finding(struct work *w, const struct cand *v, size_t n)
{
	const struct item *worst = &w->item[v[0].item];
	enum severity s = (enum severity)v[0].severity;
	struct finding *f;
	struct peers peers;
	struct fact fact;

	for (size_t i = 1; i < n; i++)
		if ((enum severity)v[i].severity > s) {
			worst = &w->item[v[i].item];
			s = (enum severity)v[i].severity;
		}
	fact = cand_fact(w, worst);
	f = finding_add(w, &fact, s);
	if (!f)
		return false;
	/* A rule's word is about all that has a severity at all, see severity_of(). */
	finding_rule_severity(f, worst->r.rule);
	fill_common(w, f, v, n, false);
	if (worst->r.verdict <= KIND_SETUP_ONLY || worst->r.verdict == KIND_UNEXPECTED_PROTOCOL ||
	    worst->r.verdict == KIND_MOVED_SERVICE || worst->r.why == CASE_FORBIDDEN)
		f->rule = worst->r.rule;
	f->group = f->rule && f->rule->group && *f->rule->group ? f->rule->group : NULL;
	f->protocol = protocol_name(w, worst);
	if (worst->dynamic || conv_more(item_shown(w, worst))->n_iface)
		f->interface = rpc_label(w, worst);
	nearest(w, worst, f);
	if (!peers_make(w, v, n, &peers))
		return false;
	f->why = text_why(w, worst, f, &peers);
	f->advice = text_advice(w, worst, f, &peers);
	suggest_make(w, worst, f, &peers);
	f->tshark = text_filter(w, f);
	return true;
}

static const char *subnet_of(struct work *w, const struct addr *a)
{
	struct prefix net = prefix_of(a, 24, 64);
	char text[ADDR_TEXT];

	return arena_strdup(w->a, prefix_format(&net, text));
}

/* The same hosts reach each other on this port by the other version of IP: the addresses of the
 * conversation that shows it. */
static bool other_version(const struct work *w, const struct item *it)
{
	const struct host *from = w->party[it->client].host, *to = w->party[it->server].host;

	if (!from || !to || from->is_network || to->is_network)
		return false;
	for (size_t i = 0; i < from->n_addr; i++)
		for (size_t k = 0; k < to->n_addr; k++) {
			const struct item *other;

			if (addr_is_v4(&from->addr[i]) == addr_is_v4(&w->party[it->client].addr) ||
			    addr_is_v4(&from->addr[i]) != addr_is_v4(&to->addr[k]))
				continue;
			other = item_find(w, &from->addr[i], &to->addr[k], it->proto, it->port);
			if (other && other->outcome == OUTCOME_GOOD)
				return true;
		}
	return false;
}

static const char *version_text(struct work *w, const struct item *it)
{
	bool v4 = addr_is_v4(&w->party[it->client].addr);

	if (!other_version(w, it))
		return "";
	return v4 ? " Over IPv6 it works between these hosts, over IPv4 it does not."
		  : " Over IPv4 it works between these hosts, over IPv6 it does not.";
}

static const char *blocked_why(struct work *w, const struct item *it, const struct finding *f,
			       bool silent)
{
	const char *client = text_endpoint(w, &f->client), *server = text_endpoint(w, &f->server);
	const char *since = "", *granted = "";
	struct grant_hit hit;
	bool elsewhere = false; /* a port that it was granted: see rpc_blocked.c */
	char text[TIME_TEXT];

	if (it->outcome == OUTCOME_BROKEN)
		since = arena_printf(w->a, " It worked before, and has failed since %s.",
				     time_human_tz(it->since_ns, site_tz(w->site), text));
	if (silent)
		return arena_printf(w->a,
				    "The domain controller %s (subnet %s) answered nobody. Others "
				    "did, so nothing "
				    "required is missing, but clients lose time with it. First "
				    "failure: %s",
				    server, subnet_of(w, &w->party[it->server].addr),
				    text_failure(w, item_conv(w, it)));
	if (it->dynamic && grant_find(w->grants, item_conv(w, it), &hit)) {
		granted = arena_printf(w->a, " %s", text_grant(w, hit.own ? hit.own : hit.g));
		elsewhere = hit.own && hit.own->first.ts_ns <= conv_fail(item_conv(w, it))->last_ns;
	}
	return arena_printf(
		w->a, "%s may open %s to %s (%s) and %s; it tried, and failed.%s %s%s%s", client,
		f->port ? arena_printf(w->a, "%u/%s", f->port, proto_text(f->proto))
			: "several ports",
		server, it->r.rule ? it->r.rule->id : "dynamic RPC",
		it->hidden  ? "IPsec hides whether it found another way"
		: elsewhere ? "reached the same service in another place"
			    : "nothing demands it of this host now",
		granted, text_failure(w, item_conv(w, it)), since, version_text(w, it));
}

static bool blocked_finding(struct work *w, const struct cand *v, size_t n, const bool *answered)
{
	const struct item *it = &w->item[v[0].item];
	bool silent = cand_dc_silent(w, it, answered);
	struct fact fact = cand_fact_blocked(w, it, silent);
	struct finding *f = finding_add(w, &fact, SEV_LOW);

	if (!f)
		return false;
	fill_common(w, f, v, n, true);
	if (!silent) {
		finding_rule_severity(f, it->r.rule);
		f->rule = it->r.rule;
	}
	f->group = f->rule && f->rule->group && *f->rule->group ? f->rule->group : NULL;
	if (it->outcome == OUTCOME_BROKEN)
		f->has_state = false;
	attempts_of(f, item_conv(w, it));
	f->why = blocked_why(w, it, f, silent);
	f->advice = silent ? "Check the path to this domain controller and its firewall; if it is "
			     "gone, remove it from DNS and from Active Directory Sites."
			   : (f->rule && f->rule->if_missing && *f->rule->if_missing
				      ? f->rule->if_missing
				      : kind_row(KIND_BLOCKED)->remedy);
	f->tshark = text_filter(w, f);
	return true;
}

static bool scan_finding(struct work *w, const struct cand *v, size_t n)
{
	const struct item *it = &w->item[v[0].item];
	const struct party *cl = &w->party[it->client];
	bool probe = public_probe(w, it), declared = roles_has(cl->roles, ROLE_SCANNER);
	bool outside = !cl->host && addr_is_public(&cl->addr);
	struct fact fact = cand_fact_scan(w, it);
	struct finding *f =
		finding_add(w, &fact, declared || probe || outside ? SEV_INFO : SEV_MEDIUM);
	size_t hosts = distinct_hosts(w, v, n, true), clients = distinct_hosts(w, v, n, false);
	uint64_t failed = 0;

	if (!f)
		return false;
	for (size_t i = 0; i < n; i++)
		failed += w->item[v[i].item].state >= STATE_HALF_OPEN;
	fill_common(w, f, v, n, true);
	f->has_state = f->has_direction = false;
	f->folded = n;
	if (probe)
		f->why = arena_printf(
			w->a,
			"%s from %s tried %s and came to nothing. Nothing answered "
			"them with an open port.",
			text_counted(w->a, n, "probe", "probes"),
			text_counted(w->a, clients, "public address", "public addresses"),
			text_endpoint(w, &f->server));
	else
		f->why = arena_printf(w->a,
				      "%s tried %s on %s within minutes; %llu of them failed. They "
				      "count as nothing else: no rule is met or violated by them.",
				      text_endpoint(w, &f->client),
				      text_counted(w->a, n, "host and port", "hosts and ports"),
				      text_counted(w->a, hosts, "address", "addresses"),
				      (unsigned long long)failed);
	f->advice = declared ? "Nothing: the site file names it a scanner."
		    : probe  ? "Nothing, if the perimeter is meant to be reachable at all."
			     : kind_row(KIND_SCAN)->remedy;
	f->tshark = text_filter(w, f);
	return true;
}

static bool one_finding(struct work *w, const struct cand *v, size_t n, const bool *answered)
{
	switch (v[0].kind) {
	case KIND_SCAN:
		return scan_finding(w, v, n);
	case KIND_BLOCKED:
		return blocked_finding(w, v, n, answered);
	default:
		return verdict_finding(w, v, n);
	}
}

bool findings_make(struct work *w)
{
	bool *answered = calloc(inventory_count(w->site->inventory) + 1, sizeof *answered);
	struct cands v = {0};
	bool ok = answered != NULL;

	for (size_t i = 0; ok && i < w->n_party; i++)
		if (w->party[i].host && w->party[i].answered)
			answered[w->party[i].host->index] = true;
	ok = ok && cands_collect(w, &v, answered);
	ok = ok && cands_sort(&v);
	for (size_t i = 0, k; ok && i < v.n; i += k) {
		k = cands_same(&v.v[i], v.n - i);
		ok = one_finding(w, &v.v[i], k, answered);
	}
	cands_done(&v);
	free(answered);
	return ok && !w->failed;
}

/* ------------------------------------------------------------------ order */

static int text_order(const char *a, const char *b)
{
	if (!a || !b)
		return !!a - !!b;
	return strcmp(a, b);
}

static int end_order(const struct endpoint *a, const struct endpoint *b)
{
	int d = text_order(a->host, b->host);

	if (!d)
		d = text_order(a->network, b->network);
	if (!d)
		d = (int)a->has_address - (int)b->has_address;
	if (!d && a->has_address)
		d = addr_compare(&a->address, &b->address);
	if (!d && a->roles != b->roles)
		d = a->roles < b->roles ? -1 : 1;
	return d;
}

static int finding_order(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int d;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	d = end_order(&x->client, &y->client);
	if (!d)
		d = end_order(&x->server, &y->server);
	if (!d)
		d = (int)x->proto - (int)y->proto;
	if (!d)
		d = (int)x->port - (int)y->port;
	return d ? d : strcmp(x->id, y->id);
}

bool findings_finish(struct work *w)
{
	struct result *r = w->r;
	size_t n = w->findings.n;

	severities_apply(w);
	if (n)
		qsort(w->findings.v, n, sizeof *w->findings.v, finding_order);
	r->findings = n ? arena_alloc(w->a, n * sizeof *r->findings) : NULL;
	if (n && !r->findings)
		return false;
	for (size_t i = 0; i < n; i++) {
		r->findings[i] = w->findings.v[i];
		r->n_severity[r->findings[i].severity]++;
	}
	r->n_findings = n;
	return true;
}
