// SPDX-License-Identifier: BSD-2-Clause
/* Rules into needs, conversations into needs met; judged in view.c, told in missing.c. */
#include "findings/demand.h"
#include "base/proto.h"

#include <stdlib.h>
#include <string.h>

enum { NOBODY = UINT32_MAX };

/* Members of these are many and come and go: asked once for the role, not for each host. */
static roleset by_role(void)
{
	roleset s = 0;

	for (int r = 0; r < ROLE_N; r++)
		if (role_tier((enum role)r) == TIER_OUTER)
			s |= ROLE_BIT(r);
	return s;
}

static bool demands(const struct rule *r)
{
	switch (r->when_missing) {
	case MISSING_REPORT:
	case MISSING_REPORT_TO_DC:
	case MISSING_REPORT_ANY_OF:
	case MISSING_REPORT_IF_CONFIGURED:
		return !r->informational && !r->rpc && !r->ref && r->need != NEED_FORBIDDEN;
	case MISSING_REPORT_IF_MAPPED: /* asks only once a port was granted */
	case MISSING_ADVISE:
	case MISSING_NEVER:
		break;
	}
	return false;
}

static bool advises(const struct rule *r)
{
	return r->when_missing == MISSING_ADVISE && !r->informational && !r->rpc && !r->ref;
}

const char *asker_name(const struct asker *k)
{
	return k->host ? k->host->name : role_name(k->role);
}

bool demand_guessed(const struct demand_set *d, const struct asker *a, const struct need *k)
{
	return (!a->host && roles_has(d->guessed, a->role)) ||
	       (k->to_set & d->declared && !(k->to_set & d->declared & ~d->guessed));
}

size_t unit_first(const struct demand_set *d, uint32_t unit)
{
	size_t lo = 0, hi = d->failed.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (d->failed.v[mid].unit < unit)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ------------------------------------------------------------------ needs */

static void need_name(const struct rule *r, struct need *ret)
{
	bool grouped = r->group && *r->group;

	*ret = (struct need){
		.group = grouped ? r->group : NULL, .to = r->to_name, .to_set = r->to, .first = r};
	if (r->when_missing == MISSING_REPORT_TO_DC) {
		ret->to = role_name(ROLE_DC);
		ret->to_set = role_end_set(ret->to);
	}
	/* POP3, DAV and EWS are ways to one mailbox, on whatever server it is. */
	if (grouped && !strcmp(r->group, "mail-in"))
		ret->to = NULL;
}

static bool same_need(const struct need *a, const struct need *b)
{
	if (!a->group || !b->group)
		return false;
	if (strcmp(a->group, b->group) != 0 || !a->to != !b->to)
		return false;
	return !a->to || !strcmp(a->to, b->to);
}

static bool needs_make(struct work *w, struct demand_set *d)
{
	size_t n = matrix_n_rules(w->m);

	d->need = calloc(n + 1, sizeof *d->need);
	d->ref = calloc(n + 1, sizeof *d->ref);
	d->need_of = calloc(n + 1, sizeof *d->need_of);
	d->asked_of = calloc(n + 1, sizeof *d->asked_of);
	d->count = calloc(n + 1, sizeof *d->count);
	if (!d->need || !d->ref || !d->need_of || !d->asked_of || !d->count)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = matrix_rule(w->m, i);
		struct need k;
		size_t at = 0;

		d->need_of[i] = NOBODY;
		if (r->ref)
			d->ref[d->n_ref++] = r;
		if (r->ref || r->rpc || r->informational || r->need == NEED_FORBIDDEN)
			continue;
		if (demands(r) || advises(r))
			d->asked_of[i] = rule_demanded_of(w->m, r);
		need_name(r, &k);
		while (at < d->n_need && !same_need(&d->need[at], &k))
			at++;
		if (at == d->n_need)
			d->need[d->n_need++] = k;
		else
			d->need[at].to_set |= k.to_set;
		d->need_of[i] = (uint32_t)at;
	}
	return true;
}

/* ------------------------------------------------------------------ askers */

static uint32_t asker_add(struct demand_set *d, const struct asker *k)
{
	d->asker[d->n_asker] = *k;
	return (uint32_t)d->n_asker++;
}

static bool askers_make(struct work *w, struct demand_set *d)
{
	size_t n = inventory_count(w->site->inventory);
	roleset many = by_role(), asked = 0, networks = 0, guessed = 0;
	roleset sure = inventory_roles(w->site->inventory);

	for (size_t i = 0; i < matrix_n_rules(w->m); i++)
		asked |= d->asked_of[i];
	d->asker = calloc(n + ROLE_N + 1, sizeof *d->asker);
	d->asker_of_host = calloc(n + 1, sizeof *d->asker_of_host);
	d->host_seen = calloc(n + 1, sizeof *d->host_seen);
	d->host_blind = calloc(n + 1, sizeof *d->host_blind);
	if (!d->asker || !d->asker_of_host || !d->host_seen || !d->host_blind)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		d->asker_of_host[i] = NOBODY;
		d->declared |= h->roles;
		if (h->is_network)
			networks |= h->roles;
		else if (h->roles & asked & ~many)
			d->asker_of_host[i] = asker_add(
				d, &(struct asker){
					   .host = h, .role = ROLE_N, .roles = h->roles & ~many});
	}
	for (size_t i = 0; i < w->n_party; i++) {
		d->declared |= w->party[i].roles;
		/* Asked once for the role: who has it is a guess. */
		if (w->party[i].guess)
			guessed |= w->party[i].roles;
	}
	networks |= guessed;
	d->guessed = guessed & ~sure;
	d->outer = many;
	for (int r = 0; r < ROLE_N; r++) {
		bool here = roles_has(many, (enum role)r) ? roles_has(d->declared, (enum role)r)
							  : roles_has(networks, (enum role)r);

		d->asker_of_role[r] = NOBODY;
		if (!here || !roles_has(asked, (enum role)r))
			continue;
		d->asker_of_role[r] =
			asker_add(d, &(struct asker){.role = (enum role)r, .roles = ROLE_BIT(r)});
		d->asking |= ROLE_BIT(r);
	}
	d->unit = calloc(d->n_asker * d->n_need + 1, sizeof *d->unit);
	return d->unit;
}

static void units_ask(struct work *w, struct demand_set *d)
{
	for (size_t i = 0; i < matrix_n_rules(w->m); i++) {
		const struct rule *r = matrix_rule(w->m, i);

		if (!d->asked_of[i] || d->need_of[i] == NOBODY)
			continue;
		for (size_t k = 0; k < d->n_asker; k++) {
			struct unit *u = unit_at(d, k, d->need_of[i]);

			if (!(d->asker[k].roles & d->asked_of[i]))
				continue;
			/* What is demanded speaks for the group before what is advised. */
			if (!u->first || (demands(r) && !u->demanded))
				u->first = r;
			u->demanded |= demands(r);
			u->advised |= advises(r);
		}
	}
}

/* ------------------------------------------------------------------ conversations */

static bool flows_satisfy(const struct conv *c, const struct rule *r)
{
	if (!c->n_app)
		return true;
	for (unsigned i = 0; i < c->n_app; i++) {
		struct conv_app room;
		const struct conv_app *a = conv_app(c, i, &room);

		if (!a->by_state[STATE_ESTABLISHED] && !a->by_state[STATE_MID_STREAM])
			continue;
		if (a->conf != APP_SURE || rule_takes(r, a->app) || a->notes & APP_NOTE_STARTTLS)
			return true;
		/* In the middle of a stream a service shows what it carries, not what it is: TDS
		 * goes on in plain TLS records (MS-TDS 3.2.5.2). */
		if (c->proto == IPPROTO_NR_TCP && !a->by_state[STATE_ESTABLISHED])
			return true;
	}
	return false;
}

static bool count_for(struct work *w, struct demand_set *d, const struct rule *r, size_t asker,
		      size_t item, enum outcome o)
{
	struct unit *u = unit_at(d, asker, d->need_of[r->index]);

	switch (o) {
	case OUTCOME_GOOD:
		u->good = true;
		break;
	case OUTCOME_FAILED:
	case OUTCOME_BROKEN:
		u->n_failed++;
		return vec_push(&d->failed,
				((struct unit_item){(uint32_t)(u - d->unit), (uint32_t)item}));
	case OUTCOME_UNKNOWN:
		u->n_unknown++;
		break;
	case OUTCOME_NONE:
		break;
	}
	(void)w;
	return true;
}

/* Which rule allows a dynamic port depends on its grant: the one that the ruling names, and those
 * that other packs have for the same need. */
static bool counts_rpc(const struct item *it, const struct rule *r)
{
	const struct rule *by = it->r.rule;

	if (it->r.verdict != KIND_DOCUMENTED_DYNAMIC && it->r.why != CASE_REPLICATES)
		return false;
	return by && by->rpc &&
	       (by == r || (by->group && *by->group && r->group && !strcmp(by->group, r->group)));
}

static bool ends_of(const struct work *w, const struct rule *r, const struct end *client,
		    const struct end *server)
{
	roleset from = rule_from(w->m, r);

	return (client->roles & from && server->roles & r->to) ||
	       (r->basis == BASIS_UNSTATED && server->roles & from && client->roles & r->to);
}

static bool count_rule(struct work *w, struct demand_set *d, const struct rule *r, size_t item,
		       const struct end *client, const struct end *server)
{
	const struct item *it = &w->item[item];
	enum outcome o = (enum outcome)it->outcome;
	struct rule_count *n = &d->count[r->index];

	if (r->rpc && !counts_rpc(it, r))
		return true;
	/* A virtual address stands for whatever may be behind it: it allows more than it proves. */
	if (!ends_of(w, r, client, server))
		return true;
	n->conversations++;
	/* Another protocol on the port is no success of the rule's service. */
	if (o == OUTCOME_GOOD && !flows_satisfy(item_shown(w, it), r))
		o = it->r.verdict == KIND_UNEXPECTED_PROTOCOL ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
	n->good += o == OUTCOME_GOOD;
	n->alone += o == OUTCOME_NONE && conv_speaks_alone(item_shown(w, it));
	n->failed += o == OUTCOME_FAILED || o == OUTCOME_BROKEN;
	if (d->need_of[r->index] == NOBODY ||
	    !(server->roles & d->need[d->need_of[r->index]].to_set) ||
	    !(client->roles & rule_from(w->m, r)))
		return true;

	const struct host *h = w->party[it->client].host;
	roleset asking;

	if (h && !h->is_network && d->asker_of_host[h->index] != NOBODY &&
	    !count_for(w, d, r, d->asker_of_host[h->index], item, o))
		return false;
	asking = d->asking & client->roles & rule_from(w->m, r);
	if (h && !h->is_network && h->roles)
		asking &= d->outer;
	for (; asking; asking &= asking - 1)
		if (!count_for(w, d, r, d->asker_of_role[__builtin_ctz(asking)], item, o))
			return false;
	return true;
}

/* At a port that SQL Browser told, it is what the papers have at theirs. */
static bool count_told(struct work *w, struct demand_set *d, size_t item, const struct ask *q,
		       const struct end *client, const struct end *server)
{
	const struct item *it = &w->item[item];
	const struct rule *const *rules;
	size_t n;

	if (!it->sql_port)
		return true;
	n = matrix_allowing(w->m, &q->client, &q->server, it->proto, it->sql_port, &rules);
	for (size_t k = 0; k < n; k++)
		if (rules[k]->moves_with == PORT_SQL && it->sql_port != it->port &&
		    !count_rule(w, d, rules[k], item, client, server))
			return false;
	return true;
}

/* A rule that refers to others has the conversations of its own clients. */
static void count_references(struct work *w, struct demand_set *d, const struct item *it,
			     const struct rule *const *rules, size_t n, const struct end *client,
			     const struct end *server)
{
	for (size_t i = 0; i < d->n_ref; i++) {
		const struct rule *r = d->ref[i];
		bool hit = false;

		if (!ends_of(w, r, client, server))
			continue;
		for (size_t k = 0; k < n && !hit; k++)
			hit = rule_refers_to(r, rules[k]) &&
			      (!rules[k]->rpc || counts_rpc(it, rules[k]));
		d->count[r->index].conversations += hit;
	}
}

static bool count_item(struct work *w, struct demand_set *d, size_t i)
{
	const struct item *it = &w->item[i];
	const struct party *cl = &w->party[it->client], *sv = &w->party[it->server];
	struct ask q = {.client = {.roles = cl->roles, .host = cl->host},
			.server = {.roles = sv->roles, .host = sv->host}};
	const struct rule *const *rules;
	const struct rule *by = it->r.rule;
	struct end client, server;
	bool fixed = false;
	size_t n;

	if (!it->scope || it->scan || it->group || it->probe)
		return true;
	if (it->r.why == CASE_NAME_SERVICE)
		q.server.roles |= ROLE_BIT(it->port == 53 ? ROLE_DNS : ROLE_NTP);
	n = matrix_allowing(w->m, &q.client, &q.server, it->proto, it->port, &rules);
	scope_ends(&q, &client, &server);
	if (!count_told(w, d, i, &q, &client, &server))
		return false;
	for (size_t k = 0; k < n; k++) {
		fixed |= by && rules[k] == by;
		if (!count_rule(w, d, rules[k], i, &client, &server))
			return false;
	}
	if (client.roles && server.roles)
		count_references(w, d, it, rules, n, &client, &server);
	/* A port outside every range, which was granted all the same. */
	for (size_t k = 0; !fixed && by && by->rpc && k < matrix_n_rules(w->m); k++) {
		const struct rule *r = matrix_rule(w->m, k);

		if (r->need != by->need || !counts_rpc(it, r) || !(client.roles & r->from) ||
		    !(server.roles & r->to))
			continue;
		if (!count_rule(w, d, r, i, &client, &server))
			return false;
	}
	return true;
}

static void look_at_blind(struct work *w, struct demand_set *d)
{
	const struct blind_set *s = w->in->blind;

	for (size_t i = 0; s && i < s->pairs.n; i++) {
		const struct addr *end[2] = {&s->pairs.v[i].a, &s->pairs.v[i].b};

		for (int k = 0; k < 2; k++) {
			const struct host *h = inventory_find(w->site->inventory, end[k]);

			if (h)
				d->host_blind[h->index] = true;
		}
	}
}

static void look_around(struct work *w, struct demand_set *d)
{
	for (size_t i = 0; i < w->n_party; i++) {
		const struct party *p = &w->party[i];

		d->seen |= p->roles;
		if (p->host)
			d->host_seen[p->host->index] = true;
	}
	if (roles_has(d->seen, ROLE_NLB))
		d->seen |= ROLE_BIT(ROLE_CRM_WEB);
}

/* Leaves in end[] the hosts that are at one end of every conversation so far. */
static void both_ends(const struct work *w, uint32_t client_no, uint32_t server_no, bool *first,
		      const struct host *end[2])
{
	const struct host *a = w->party[client_no].host, *b = w->party[server_no].host;

	if (*first) {
		end[0] = a && !a->is_network ? a : NULL;
		end[1] = b && !b->is_network ? b : NULL;
		*first = false;
		return;
	}
	for (int k = 0; k < 2; k++)
		if (end[k] != a && end[k] != b)
			end[k] = NULL;
}

/* A capture taken on a host shows that host alone: every conversation has it at one end, and what
 * it sent is seen before the card cuts and sums it. */
static void look_for_host_capture(struct work *w, struct demand_set *d)
{
	const struct coverage *cov = &w->r->coverage;
	const struct host *end[2] = {0};
	bool first = true;

	if (w->site->n_sensors || (!cov->notes[NOTE_ABOVE_MTU] && !cov->notes[NOTE_BAD_CHECKSUM]))
		return;
	for (size_t i = 0; i < w->in->n_convs; i++) {
		const struct conv *c = &w->in->convs[i];

		if (!conv_group(w, c))
			both_ends(w, c->client_no, c->server_no, &first, end);
	}
	for (size_t i = 0; i < w->in->n_attempts; i++) {
		const struct attempt *a = &w->in->attempts[i];

		if (!w->party[a->server_no].group)
			both_ends(w, a->client_no, a->server_no, &first, end);
	}
	if (!!end[0] == !!end[1])
		return;
	d->on_host = true;
	d->only = end[0] ? end[0] : end[1];
}

bool demands_make(struct work *w)
{
	struct demand_set *d = calloc(1, sizeof *d);

	w->demands = d;
	if (!d || !needs_make(w, d) || !askers_make(w, d))
		return false;
	units_ask(w, d);
	look_around(w, d);
	look_at_blind(w, d);
	look_for_host_capture(w, d);
	for (size_t i = 0; i < w->n; i++)
		if (!count_item(w, d, i))
			return false;
	return true;
}

void demands_done(struct work *w)
{
	struct demand_set *d = w->demands;

	if (!d)
		return;
	vec_done(&d->failed);
	free(d->need);
	free(d->ref);
	free(d->need_of);
	free(d->asked_of);
	free(d->asker);
	free(d->asker_of_host);
	free(d->unit);
	free(d->count);
	free(d->host_seen);
	free(d->host_blind);
	free(d);
	w->demands = NULL;
}
