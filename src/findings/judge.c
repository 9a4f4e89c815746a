// SPDX-License-Identifier: BSD-2-Clause
#include "findings/judge.h"

#include <assert.h>
#include <stdlib.h>

#include "findings/hosts.h"
#include "findings/tally.h"
#include "findings/view.h"

static const char *copied(struct work *w, const char *z)
{
	const char *c;

	if (!z)
		return NULL;
	c = arena_strdup(w->a, z);
	if (!c)
		w->failed = true;
	return c;
}

static bool inputs_copy(struct work *w)
{
	struct result *r = w->r;

	r->inputs = arena_alloc(w->a, (w->in->n_inputs + 1) * sizeof *r->inputs);
	if (!r->inputs)
		return false;
	for (size_t i = 0; i < w->in->n_inputs; i++) {
		struct result_input *in = &r->inputs[i];

		*in = w->in->inputs[i];
		in->path = copied(w, in->path);
		in->sha256 = copied(w, in->sha256);
		in->format = copied(w, in->format);
		in->codec = copied(w, in->codec);
		in->caveat = copied(w, in->caveat);
		in->note = copied(w, in->note);
		in->same_as = copied(w, in->same_as);
	}
	r->n_inputs = w->in->n_inputs;
	return !w->failed;
}

static bool over(const struct result *r, enum severity limit)
{
	for (size_t i = 0; i < r->n_findings; i++)
		if (r->findings[i].severity >= limit && !r->findings[i].waiver)
			return true;
	return false;
}

static void decide(struct work *w)
{
	struct result *r = w->r;
	enum severity limit = w->in->fail_on < SEV_NONE ? w->in->fail_on : SEV_MEDIUM;

	r->verdict = over(r, limit)             ? RESULT_FINDINGS
		     : r->coverage.inconclusive ? RESULT_INCONCLUSIVE
						: RESULT_COMPLIANT;
}

static bool run(struct work *w)
{
	struct served_list served = {0};
	struct fold_list folds = {0};
	bool ok;

	window_make(w);
	w->grants = grant_index_new(w);
	w->sql_ports = sql_ports_new(w);
	ok = !w->failed && w->sql_ports && w->grants && parties_make(w) && scans_mark(w);
	if (ok)
		parties_infer(w);
	ok = ok && !w->failed && items_make(w) && rulings_make(w) && demands_make(w) &&
	     units_judge(w) && rpc_blocked_mark(w) && rule_rows_make(w) && unjudged_make(w) &&
	     fold_make(w, &folds) && served_make(w, &served) && findings_make(w) &&
	     rpc_blocked_make(w) && missing_make(w) && sql_ports_advise(w) &&
	     standing_make(w, &served) && hints_make(w) && findings_finish(w) &&
	     rows_make(w, &folds) && rpc_rows_make(w) && role_rows_make(w, &served);
	if (ok) {
		/* In this order: a rule that is waived could be judged all the same. */
		coverage_judge(w);
		ok = waivers_apply(w);
		decide(w);
	}
	fold_done(&folds);
	vec_done(&served.v);
	return ok && !w->failed && !w->showing->failed;
}

struct result *judge(const struct judge_input *in)
{
	struct result *r = calloc(1, sizeof *r);
	struct work w = {.r = r, .in = in, .site = in->site, .m = in->matrix};
	bool ok;

	if (!r)
		return NULL;
	w.a = &r->arena;
	r->ends = in->ends;
	r->site = in->site;
	r->matrix = in->matrix;
	r->coverage = in->coverage;
	r->coverage.caveats = NULL;
	r->coverage.n_caveats = 0;
	if (in->timeline)
		r->timeline = *in->timeline;
	ok = inputs_copy(&w) && run(&w);
	rpc_blocked_done(&w);
	demands_done(&w);
	sql_ports_free(w.sql_ports);
	grant_index_free(w.grants);
	items_done(&w);
	parties_done(&w);
	vec_done(&w.findings);
	vec_done(&w.mates);
	if (!ok)
		return result_free(r);
	assert(result_balances(r, NULL));
	return r;
}

struct result *result_free(struct result *r)
{
	if (r) {
		arena_done(&r->arena);
		free(r);
	}
	return NULL;
}

int result_exit_code(const struct result *r, enum severity fail_on)
{
	for (size_t i = 0; i < r->n_inputs; i++)
		if (r->inputs[i].failed)
			return 3;
	if (fail_on >= SEV_NONE)
		return 0;
	if (over(r, fail_on))
		return 1;
	return r->coverage.inconclusive ? 4 : 0;
}
