// SPDX-License-Identifier: BSD-2-Clause
/* How bad it is: the kind's word first, then what is known of this case, then what the rule or the
 * site says. */
#include <string.h>

#include "findings/work.h"

enum severity severity_rule(const struct rule *r, enum severity s)
{
	return r && r->severity < SEV_NONE ? r->severity : s;
}

enum severity severity_guess(const struct work *w, const struct item *it, enum severity s)
{
	bool guess = w->party[it->client].guess || w->party[it->server].guess;

	return guess && s < SEV_NONE && s > SEV_LOW ? SEV_LOW : s;
}

void finding_rule_severity(struct finding *f, const struct rule *r)
{
	if (r && r->severity < SEV_NONE) {
		f->severity = r->severity;
		f->by_rule = r;
	}
}

static enum severity by_case(const struct work *w, const struct item *it)
{
	bool established = it->state <= STATE_MID_STREAM;
	enum kind k = it->r.verdict;

	switch (it->r.why) {
	case CASE_REPLICATES:
		return established ? SEV_HIGH : SEV_LOW;
	case CASE_CLEAR_LOGIN:
		return SEV_MEDIUM;
	case CASE_SMB1:
	case CASE_EGRESS_WEB:
	case CASE_UNDIRECTED:
	case CASE_CALLBACK:
	case CASE_SEALED:
	case CASE_LOST:
	case CASE_PREDATES:
	case CASE_GUESS:
		return SEV_LOW;
	case CASE_LINK:
		return SEV_INFO;
	case CASE_GROUP:
		return k == KIND_UNEXPECTED_ENDPOINT ? SEV_INFO : kind_row(k)->severity;
	case CASE_NAME_SERVICE:
		return addr_is_public(&w->party[it->server].addr) && !w->party[it->server].host
			       ? SEV_MEDIUM
			       : SEV_LOW;
	case CASE_EGRESS:
		/* "Another protocol" takes bytes that could be read. */
		if (established && it->r.app == APP_NONE &&
		    ((!item_shown(w, it)->payload[0] && !item_shown(w, it)->payload[1]) ||
		     w->r->coverage.notes[NOTE_SNAPPED]))
			return SEV_MEDIUM;
		return established ? SEV_HIGH : SEV_LOW;
	case CASE_PUBLIC:
		return established ? SEV_CRITICAL : SEV_LOW;
	case CASE_PLAIN:
	case CASE_SAME_HOST:
	case CASE_PROBE:
	case CASE_CLEAR_HTTP:
	case CASE_TLS_FOR_HTTP:
	case CASE_HTTP_FOR_TLS:
	case CASE_INTERFACE:
	case CASE_FORBIDDEN:
	case CASE_OLD_PORT:
	case CASE_PEER:
	case CASE_NOT_GRANTED:
		break;
	}
	if ((k == KIND_UNEXPECTED_PROTOCOL || k == KIND_UNEXPECTED_PORT) && established &&
	    it->r.app != APP_NONE && app_remote_control(it->r.app))
		return SEV_HIGH;
	return kind_row(k)->severity;
}

enum severity severity_of(const struct work *w, const struct item *it)
{
	enum severity s = by_case(w, it);

	if (s >= SEV_NONE)
		return s;
	/* What never came about, or rests on a guess, is no alarm. */
	if (it->r.verdict >= KIND_RPC_UNEXPLAINED && s > SEV_LOW &&
	    (it->state > STATE_MID_STREAM || dir_confidence(it->reason) < LOW_CONFIDENCE))
		s = SEV_LOW;
	s = severity_guess(w, it, s);
	return severity_rule(it->r.rule, s);
}

/* The more it says of the ends, the closer; of two that say as much, the first. */
static int closeness(const struct site_severity *s, const struct finding *f)
{
	if (strcmp(s->kind, kind_name(f->kind)) != 0 || (s->from && !(s->from & f->client.roles)) ||
	    (s->to && !(s->to & f->server.roles)))
		return -1;
	return !!s->from + !!s->to;
}

static void by_kind(struct work *w, struct finding *f)
{
	const struct site_severity *best = NULL;

	for (size_t i = 0; i < w->site->n_severities; i++) {
		const struct site_severity *s = &w->site->severities[i];

		if (closeness(s, f) > (best ? closeness(best, f) : -1))
			best = s;
	}
	if (!best)
		return;
	f->severity = best->severity;
	f->severity_why =
		arena_printf(w->a, "the site file, line %u: %s", best->line, best->reason);
}

/* What the site file says of the rule; a pack's own word needs no explanation. */
static const char *override_why(struct work *w, const struct rule *r)
{
	for (size_t i = 0; i < w->site->n_overrides; i++) {
		const struct site_override *o = &w->site->overrides[i];

		if (o->severity != SEV_NONE && strcmp(o->rule, r->id) == 0)
			return arena_printf(w->a, "the site file, line %u: %s", o->line, o->reason);
	}
	return NULL;
}

void severities_apply(struct work *w)
{
	for (size_t i = 0; i < w->findings.n; i++) {
		struct finding *f = &w->findings.v[i];

		if (f->by_rule)
			f->severity_why = override_why(w, f->by_rule);
		else
			by_kind(w, f);
	}
}
