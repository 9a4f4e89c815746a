// SPDX-License-Identifier: BSD-2-Clause
/*
 * "Missing" is claimed only where the capture could have shown it. Everything else is not judged,
 * with the reason; and a rule is what its demands are.
 */
#include "findings/view.h"
#include "base/proto.h"

#include <stdlib.h>
#include <string.h>

enum { NOBODY = UINT32_MAX, IKE = 500, IKE_NAT = 4500 };

static const char *role_words(struct work *w, const struct need *k)
{
	return k->to ? k->to : text_roles(w, k->to_set);
}

static bool any_host_of(struct work *w, const struct demand_set *d, roleset set)
{
	(void)w;
	return d->declared & set;
}

/* ------------------------------------------------------------------ sensors */

static bool sees(const struct site_sensor *s, roleset roles)
{
	return s->sees & roles;
}

static bool some_sensor(const struct site *s, roleset a, roleset b, bool both_directions)
{
	if (!s->n_sensors)
		return true;
	for (size_t i = 0; i < s->n_sensors; i++)
		if ((sees(&s->sensors[i], a) || sees(&s->sensors[i], b)) &&
		    (!both_directions || s->sensors[i].both_directions))
			return true;
	return false;
}

/* The tightest limit of the sensors that could see these two. */
static double limit_for(const struct site *s, roleset a, roleset b)
{
	double limit = -1;

	for (size_t i = 0; i < s->n_sensors; i++)
		if ((sees(&s->sensors[i], a) || sees(&s->sensors[i], b)) &&
		    (limit < 0 || s->sensors[i].max_loss > limit))
			limit = s->sensors[i].max_loss;
	return limit < 0 ? site_max_loss(s) : limit;
}

/* A host is in view by its own packets; a declared sensor vouches for the roles that it sees. */
static const char *not_in_view(struct work *w, const struct demand_set *d, const struct asker *a,
			       const struct need *k)
{
	bool here = a->host ? d->host_seen[a->host->index] : (d->seen & a->roles) != 0;

	if (!some_sensor(w->site, a->roles, k->to_set, false))
		return arena_printf(w->a, "no sensor sees %s or %s", asker_name(a),
				    role_words(w, k));
	if (!here)
		return arena_printf(w->a, "not in view: no packet of %s%s", asker_name(a),
				    a->host && d->host_blind[a->host->index] ? " outside IPsec"
									     : "");
	if (!w->site->n_sensors && !(d->seen & k->to_set))
		return arena_printf(w->a, "not in view: no packet of any %s", role_words(w, k));
	if (d->on_host && a->host != d->only && !(d->only->roles & k->to_set))
		return arena_printf(w->a,
				    "not in view: the capture was taken on %s and shows that host "
				    "alone",
				    d->only->name);
	return NULL;
}

/* ------------------------------------------------------------------ IPsec */

struct blind_end {
	const struct host *host;
	roleset roles;
};

struct blind_ends { /* two hosts that negotiated IPsec, or use it */
	struct blind_end e[2];
};

typedef VEC(struct blind_ends) blind_list;

/* Who says everything in ESP has no conversation, so is no party. */
static struct blind_end blind_end_of(const struct work *w, const struct addr *a)
{
	const struct party *p = party_of(w, a);
	const struct host *h = p ? p->host : inventory_find(w->site->inventory, a);

	return (struct blind_end){h, p ? p->roles : h ? h->roles : 0};
}

static bool blind_push(const struct work *w, blind_list *l, const struct addr *a,
		       const struct addr *b)
{
	struct blind_ends x = {{blind_end_of(w, a), blind_end_of(w, b)}};

	return !x.e[0].roles || !x.e[1].roles || vec_push(l, x);
}

static bool blind_make(const struct work *w, blind_list *l)
{
	const struct blind_set *s = w->in->blind;

	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];

		if (it->proto == IPPROTO_NR_UDP && (it->port == IKE || it->port == IKE_NAT) &&
		    it->state <= STATE_MID_STREAM &&
		    !blind_push(w, l, &w->party[it->client].addr, &w->party[it->server].addr))
			return false;
	}
	for (size_t i = 0; s && i < s->pairs.n; i++)
		if (!blind_push(w, l, &s->pairs.v[i].a, &s->pairs.v[i].b))
			return false;
	return true;
}

static bool blind_between(const blind_list *l, const struct asker *a, roleset to)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct blind_end *end = l->v[i].e;

		for (int k = 0; k < 2; k++) {
			bool asks =
				a->host ? end[k].host == a->host : (end[k].roles & a->roles) != 0;

			if (asks && end[!k].roles & to)
				return true;
		}
	}
	return false;
}

static const char *hidden(struct work *w, const struct asker *a, const struct need *k,
			  const blind_list *blind)
{
	const roleset dcs = ROLE_BIT(ROLE_DC) | ROLE_BIT(ROLE_GC);

	/* What members need of a controller is in the clear, or shown as hidden by its packets. */
	if (w->site->ipsec_dc && k->to_set & dcs && a->roles & dcs)
		return "IPsec between domain controllers hides it (ipsec-dc)";
	if (blind_between(blind, a, k->to_set))
		return "IPsec between these hosts hides it";
	return NULL;
}

/* ------------------------------------------------------------------ units */

static int64_t judge_after(const struct site *s, const struct need *k, const struct rule *r)
{
	for (size_t i = 0; i < s->n_judge_after_for; i++) {
		const char *service = s->judge_after_for[i].service;

		if (k->group && !strcmp(service, k->group))
			return s->judge_after_for[i].ns;
		for (unsigned n = 0; n < r->n_app; n++)
			if (r->app[n] < RULE_IP_AH && !strcmp(service, app_name(r->app[n])))
				return s->judge_after_for[i].ns;
	}
	return s->judge_after_ns;
}

static const int64_t DAY_NS = INT64_C(24) * 3600 * NS_PER_S;

static const char *too_short(struct work *w, const struct need *k, const struct rule *r)
{
	int64_t after = judge_after(w->site, k, r);
	char have[TIME_TEXT], want[TIME_TEXT];

	/* The day on which clocks are put forward is a day, too. */
	if (w->r->observed_ns >= after || (after <= DAY_NS && asked_whole_day(w)))
		return NULL;
	return arena_printf(w->a, "window shorter than judge-after (%s of %s)",
			    duration_human(w->r->observed_ns, have), duration_human(after, want));
}

static const char *lossy(struct work *w, const struct asker *a, const struct need *k)
{
	double loss = coverage_loss(&w->r->coverage),
	       limit = limit_for(w->site, a->roles, k->to_set);

	if (w->in->n_evicted)
		return "conversations were not kept for want of memory";
	if (loss <= limit)
		return NULL;
	return arena_printf(w->a, "loss above the limit (%s, limit %s)", percent_text(w->a, loss),
			    percent_text(w->a, limit));
}

static int by_unit(const void *a, const void *b)
{
	const struct unit_item *x = a, *y = b;

	if (x->unit != y->unit)
		return x->unit < y->unit ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* Silence is what loss looks like; a refusal is a fact. */
static bool only_silence(const struct work *w, const struct demand_set *d, uint32_t unit)
{
	for (size_t i = unit_first(d, unit); i < d->failed.n && d->failed.v[i].unit == unit; i++) {
		const struct conv *c = item_shown(w, &w->item[d->failed.v[i].item]);

		if (c->by_state[STATE_REFUSED] || c->by_state[STATE_REJECTED])
			return false;
	}
	return true;
}

static void unjudged(struct unit *u, const char *why)
{
	u->result = UNIT_UNJUDGED;
	u->reason = why;
}

static void judge_unit(struct work *w, struct demand_set *d, size_t asker, size_t need,
		       const blind_list *blind)
{
	const struct asker *a = &d->asker[asker];
	const struct need *k = &d->need[need];
	struct unit *u = unit_at(d, asker, need);
	const char *why;

	if (u->good) {
		u->result = UNIT_MET;
		return;
	}
	if (!any_host_of(w, d, k->to_set)) {
		unjudged(u, arena_printf(w->a, "no host has the role %s", role_words(w, k)));
		return;
	}
	if (a->host && a->host->roles & k->to_set) {
		u->result = UNIT_SAME_HOST;
		u->reason = arena_printf(w->a, "same host: %s has both roles", a->host->name);
		return;
	}
	/* What failed in the clear may have gone through in ESP, or to another host in it. */
	why = hidden(w, a, k, blind);
	if (why) {
		unjudged(u, why);
		u->hidden = true;
		return;
	}
	if (u->n_failed) {
		why = only_silence(w, d, (uint32_t)(u - d->unit)) ? lossy(w, a, k) : NULL;
		if (!why && !some_sensor(w->site, a->roles, k->to_set, true))
			why = "one-way mirror: an answer could not have been seen";
		if (why)
			unjudged(u, why);
		else
			u->result = UNIT_FAILED;
		return;
	}
	why = u->n_unknown ? "one-way: only one direction of it is visible" : NULL;
	if (!why)
		why = not_in_view(w, d, a, k);
	if (!why && !some_sensor(w->site, a->roles, k->to_set, true))
		why = "one-way mirror";
	if (!why)
		why = lossy(w, a, k);
	if (!why)
		why = too_short(w, k, u->first);
	if (why)
		unjudged(u, why);
	else
		u->result = UNIT_ABSENT;
}

bool units_judge(struct work *w)
{
	struct demand_set *d = w->demands;
	blind_list blind = {0};
	size_t n = 0;

	if (!blind_make(w, &blind)) {
		vec_done(&blind);
		return false;
	}

	/* Several rules of a need name the same conversation. */
	if (d->failed.n)
		qsort(d->failed.v, d->failed.n, sizeof *d->failed.v, by_unit);
	for (size_t i = 0; i < d->failed.n; i++)
		if (!i || by_unit(&d->failed.v[i], &d->failed.v[n - 1]))
			d->failed.v[n++] = d->failed.v[i];
	d->failed.n = n;
	for (size_t i = 0; i < d->n_asker; i++)
		for (size_t k = 0; k < d->n_need; k++)
			if (unit_at(d, i, k)->demanded || unit_at(d, i, k)->advised)
				judge_unit(w, d, i, k, &blind);
	vec_done(&blind);
	for (size_t i = 0; i < d->failed.n; i++) {
		const struct unit *u = &d->unit[d->failed.v[i].unit];

		/* What loss leaves undecided is no failure of something that nobody demands either.
		 */
		if (u->hidden)
			w->item[d->failed.v[i].item].hidden = true;
		else if ((u->result == UNIT_FAILED || u->result == UNIT_UNJUDGED) && u->demanded)
			w->item[d->failed.v[i].item].covered = true;
	}
	return true;
}

bool failures_judge(struct work *w, const uint32_t *items, size_t n, const char **ret_why)
{
	blind_list blind = {0};
	bool ok = blind_make(w, &blind);

	for (size_t i = 0; ok && i < n; i++) {
		const struct item *it = &w->item[items[i]];
		const struct party *cl = &w->party[it->client], *sv = &w->party[it->server];
		const struct asker a = {.host = cl->host && !cl->host->is_network ? cl->host : NULL,
					.role = ROLE_N,
					.roles = cl->roles};
		const struct need k = {.to_set = sv->roles};
		const struct conv *c = item_shown(w, it);
		bool refused = c->by_state[STATE_REFUSED] || c->by_state[STATE_REJECTED];

		ret_why[i] = hidden(w, &a, &k, &blind);
		if (!ret_why[i] && !refused)
			ret_why[i] = lossy(w, &a, &k);
		if (!ret_why[i] && !some_sensor(w->site, a.roles, k.to_set, true))
			ret_why[i] = "one-way mirror: an answer could not have been seen";
	}
	vec_done(&blind);
	return ok && !w->failed;
}

/* ------------------------------------------------------------------ rules */

struct verdicts { /* of the units of one rule */
	size_t met, failed, absent, same, unjudged;
	const char *reason, *same_reason, *violated;
};

static void add_units(struct demand_set *d, roleset of, uint32_t need, struct verdicts *v)
{
	for (size_t i = 0; i < d->n_asker; i++) {
		const struct unit *u = unit_at(d, i, need);

		if (!(d->asker[i].roles & of))
			continue;
		switch (u->result) {
		case UNIT_UNASKED:
			break;
		case UNIT_MET:
			v->met++;
			break;
		case UNIT_FAILED:
			v->failed++;
			v->violated = v->violated ? v->violated : asker_name(&d->asker[i]);
			break;
		case UNIT_ABSENT:
			v->absent++;
			v->violated = v->violated ? v->violated : asker_name(&d->asker[i]);
			break;
		case UNIT_SAME_HOST:
			v->same++;
			v->same_reason = u->reason;
			break;
		case UNIT_UNJUDGED:
			v->unjudged++;
			v->reason = v->reason ? v->reason : u->reason;
			break;
		}
	}
}

static const char *violated_text(struct work *w, const struct verdicts *v)
{
	size_t n = v->failed + v->absent;
	const char *what = !v->absent   ? "tried and failed"
			   : !v->failed ? "never tried"
					: "tried and failed, or never tried";

	if (n == 1)
		return arena_printf(w->a, "%s: %s", v->violated, what);
	return arena_printf(w->a, "%s and %zu more: %s", v->violated, n - 1, what);
}

/* True when the units decide; every demand has to be met, and one on the client's own host is
 * none. */
static bool row_by_units(struct work *w, const struct verdicts *v, struct rule_row *row)
{
	if (v->failed + v->absent) {
		row->result = RULE_VIOLATED;
		row->reason = violated_text(w, v);
	} else if (v->unjudged) {
		row->result = RULE_NOT_JUDGED;
		row->reason = v->met ? arena_printf(w->a, "%s; met for %zu of %zu", v->reason,
						    v->met, v->met + v->unjudged)
				     : v->reason;
	} else if (v->met) {
		row->result = RULE_MET;
	} else if (v->same) {
		row->result = RULE_NOT_JUDGED;
		row->reason = v->same_reason;
	} else {
		return false;
	}
	return true;
}

static bool roles_present(struct work *w, const struct demand_set *d, const struct rule *r,
			  struct rule_row *row)
{
	const char *name = NULL;

	if (!(d->declared & rule_from(w->m, r)))
		name = r->from_name;
	else if (!(d->declared & r->to))
		name = r->to_name;
	if (!name)
		return true;
	row->result = RULE_NOT_JUDGED;
	row->reason = arena_printf(w->a, "no host has the role %s", name);
	return false;
}

/* Every host that could be at one end has both roles. */
static const struct host *both_on_one(struct work *w, const struct rule *r)
{
	const struct host *one = NULL;
	roleset from = rule_from(w->m, r);

	for (size_t i = 0; i < inventory_count(w->site->inventory); i++) {
		const struct host *h = inventory_at(w->site->inventory, i);

		if (!(h->roles & (from | r->to)))
			continue;
		if (one || h->is_network || !(h->roles & from) || !(h->roles & r->to))
			return NULL;
		one = h;
	}
	return one;
}

/* `report-if-mapped`: the demand is there once a port was granted, and tried. */
static bool mapped_row(struct work *w, const struct rule *r, const struct rule_count *n,
		       struct rule_row *row)
{
	if (r->when_missing != MISSING_REPORT_IF_MAPPED)
		return false;
	if (n->blocked) {
		row->result = RULE_VIOLATED;
		row->reason = arena_printf(w->a,
					   n->blocked == 1
						   ? "%s was granted a port and could not reach it"
						   : "%s and %llu more were granted ports and "
						     "could not reach them",
					   n->blocked_who, (unsigned long long)n->blocked - 1);
		return true;
	}
	if (n->unproved) {
		row->result = RULE_NOT_JUDGED;
		row->reason = n->unproved_why;
		return true;
	}
	return false;
}

static void plain_row(struct work *w, struct demand_set *d, const struct rule *r,
		      struct rule_row *row)
{
	const struct rule_count *n = &d->count[r->index];
	const struct host *one;
	struct verdicts v = {0};
	const char *why = NULL;
	bool demanding = d->asked_of[r->index] && r->when_missing != MISSING_ADVISE;

	if (r->need == NEED_FORBIDDEN) {
		row->result = RULE_UNUSED;
		return;
	}
	if (demanding) {
		add_units(d, d->asked_of[r->index], d->need_of[r->index], &v);
		if (row_by_units(w, &v, row))
			return;
	}
	if (mapped_row(w, r, n, row))
		return;
	if (n->good) {
		row->result = RULE_MET;
		return;
	}
	if (n->alone) {
		row->result = RULE_MET;
		d->met_alone++;
		return;
	}
	if (!roles_present(w, d, r, row))
		return;
	one = both_on_one(w, r);
	if (one) {
		row->result = RULE_NOT_JUDGED;
		row->reason = arena_printf(w->a, "same host: %s has both roles", one->name);
		return;
	}
	if (!rule_demanded(w->m, r, &why) && r->when_missing != MISSING_NEVER) {
		row->result = RULE_NOT_JUDGED;
		row->reason = arena_printf(w->a, "switched off: %s", why ? why : "by the variant");
		return;
	}
	row->result = RULE_UNUSED;
	if (n->failed)
		row->reason = arena_printf(
			w->a, "not demanded; tried in %s, which failed",
			text_counted(w->a, n->failed, "conversation", "conversations"));
}

/* A row that says "the ports of those rows" is what those rows are for its own clients. */
static void reference_row(struct work *w, struct demand_set *d, const struct rule *r,
			  struct rule_row *row)
{
	roleset from = rule_from(w->m, r);
	struct verdicts v = {0};
	const char *why = NULL;

	if (!rule_demanded(w->m, r, &why)) {
		row->result = RULE_NOT_JUDGED;
		row->reason = arena_printf(w->a, "switched off: %s", why ? why : "by the variant");
		return;
	}
	for (size_t i = 0; i < matrix_n_rules(w->m); i++) {
		const struct rule *o = matrix_rule(w->m, i);

		if (!rule_refers_to(r, o))
			continue;
		if (d->asked_of[i] && o->when_missing != MISSING_ADVISE)
			add_units(d, d->asked_of[i] & from, d->need_of[i], &v);
	}
	if (row_by_units(w, &v, row))
		return;
	if (!roles_present(w, d, r, row))
		return;
	row->result = RULE_UNUSED;
}

bool rule_rows_make(struct work *w)
{
	struct demand_set *d = w->demands;
	size_t n = matrix_n_rules(w->m);

	w->r->rules = arena_alloc(w->a, (n + 1) * sizeof *w->r->rules);
	if (!w->r->rules)
		return false;
	w->r->n_rules = n;
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = matrix_rule(w->m, i);
		struct rule_row *row = &w->r->rules[i];

		row->rule = r;
		row->conversations = d->count[i].conversations;
		if (r->ref)
			reference_row(w, d, r, row);
		else
			plain_row(w, d, r, row);
		w->r->n_rule_results[row->result]++;
	}
	return true;
}
