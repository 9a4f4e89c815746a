// SPDX-License-Identifier: BSD-2-Clause
/* What a pack may say and probably does not mean. */
#include <string.h>

#include "matrix/pack.h"

static struct error *warn(const struct rule *r, struct errors *errs, const char *text)
{
	struct error *e = errors_add(errs, true, "rule %s: %s", r->id, text);

	error_place(e, r->file, r->line, 0, 0);
	return e;
}

static bool has_example(const struct pack *p, size_t rule)
{
	for (size_t i = 0; i < p->n_examples; i++)
		if (p->example_rule[i] == rule)
			return true;
	return false;
}

static bool refers(const struct pack *p, const struct rule *r)
{
	for (size_t i = 0; i < p->n_rules; i++)
		if (rule_refers_to(r, &p->rules[i]))
			return true;
	return false;
}

/* Members of one any-of group stand for each other between the same two roles. */
static bool same_demand(const struct rule *a, const struct rule *b)
{
	return strcmp(a->group, b->group) == 0 && strcmp(a->from_name, b->from_name) == 0 &&
	       strcmp(a->to_name, b->to_name) == 0;
}

static void lint_any_of(const struct pack *p, const struct rule *r, struct errors *errs)
{
	size_t others = 0;

	if (r->when_missing != MISSING_REPORT_ANY_OF)
		return;
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *o = &p->rules[i];

		if (o == r || !same_demand(o, r))
			continue;
		others++;
		if (o->when_missing == MISSING_REPORT || o->when_missing == MISSING_ADVISE)
			error_hint(
				warn(r, errs, "its group mixes report-any-of with other demands"),
				"%s of group %s says %s: give both the same 'when-missing'", o->id,
				r->group, rule_missing_words()[o->when_missing]);
	}
	if (!others)
		error_hint(warn(r, errs, "report-any-of, but no other rule of its group"),
			   "write report, or give the rules that stand for each other one group "
			   "and the same ends");
}

static void lint_rule(const struct pack *p, const struct rule *r, struct errors *errs)
{
	if (!has_example(p, r->index))
		error_hint(warn(r, errs, "no example shows what it allows"),
			   "add one under 'tests:', and run spanaudit rules test");
	if (r->when_missing != MISSING_NEVER && !*r->if_missing)
		error_hint(warn(r, errs, "a demand without 'if-missing'"),
			   "say what to check when the traffic is not there");
	if (r->when_missing == MISSING_NEVER && *r->if_missing)
		error_hint(warn(r, errs, "'if-missing' of a rule that demands nothing"),
			   "remove it, or give 'when-missing' another word");
	if (r->ref && !refers(p, r))
		error_hint(warn(r, errs, "its reference matches no rule of this pack"),
			   "write the id of a rule, or a pattern: S1-IWA-*");
	if (r->when_missing == MISSING_REPORT_TO_DC && !roles_has(r->to, ROLE_DC))
		error_hint(warn(r, errs, "report-to-dc, but it does not reach a dc"),
			   "write report, or change 'to'");
	if (r->need == NEED_FORBIDDEN && r->when_missing != MISSING_NEVER)
		error_hint(warn(r, errs, "forbidden and demanded at once"),
			   "write when-missing: never");
	if (r->rpc && !r->n_interfaces && r->need != NEED_LEGACY)
		error_hint(warn(r, errs, "dynamic RPC without 'interfaces'"),
			   "name those that these roles use, so that others are told apart");
	lint_any_of(p, r, errs);
}

void pack_lint(const struct pack *p, struct errors *errs)
{
	for (size_t i = 0; i < p->n_rules; i++)
		lint_rule(p, &p->rules[i], errs);
}
