// SPDX-License-Identifier: BSD-2-Clause
/* The conversations of the result: listed, folded, out of scope; and whether all figures agree. */
#include "findings/tally.h"
#include "base/proto.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ listed */

static const struct rule *rule_of(const struct item *it)
{
	return it->r.verdict <= KIND_SETUP_ONLY || it->r.verdict == KIND_UNEXPECTED_PROTOCOL
		       ? it->r.rule
		       : NULL;
}

static void on_timeline(const struct work *w, const struct item *it)
{
	if (it->scope)
		timeline_conv(&w->r->timeline, &item_shown(w, it)->busy,
			      it->r.verdict > KIND_TOLERATED);
}

static struct judged row_of(const struct work *w, const struct item *it)
{
	return (struct judged){
		.conv = item_conv(w, it),
		.client = party_end(&w->party[it->client]),
		.server = party_end(&w->party[it->server]),
		.verdict = it->r.verdict,
		.rule = rule_of(it),
		.app = it->r.app,
	};
}

bool rows_make(struct work *w, struct fold_list *l)
{
	struct result *r = w->r;
	/* By conversation; zeros are what is out of scope. */
	uint8_t *verdict_of = arena_alloc(w->a, w->in->n_convs + 1);
	const struct rule **rules = arena_alloc(w->a, (w->in->n_convs + 1) * sizeof *rules);
	size_t n = l->v.n, next = 0;

	_Static_assert(KIND_OUT_OF_SCOPE == 0, "what stands aside has no item");
	r->n_verdict[KIND_OUT_OF_SCOPE] = w->in->n_convs + w->in->n_attempts - w->n;
	for (size_t i = 0; i < w->n; i++)
		n += w->item[i].scope && !w->item[i].scan && !w->item[i].folded;
	r->convs = arena_alloc(w->a, (n + 1) * sizeof *r->convs);
	if (!verdict_of || !rules || !r->convs)
		return false;
	for (size_t i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];
		const struct conv *sum = it->folded ? fold_sum(w, l, i) : NULL;

		if (it->folded && !sum)
			return false;
		if (!it->apart) {
			verdict_of[it->conv - w->in->convs] = (uint8_t)it->r.verdict;
			rules[it->conv - w->in->convs] = rule_of(it);
		}
		r->n_verdict[it->r.verdict]++;
		on_timeline(w, it);
		if (!it->scope) {
			const struct pair p = {it->client, it->server, it->proto, it->port};

			if (!scope_aside(w, &p))
				return false;
			continue;
		}
		if (next < l->v.n && l->v.v[next].first == i) {
			const struct fold *f = &l->v.v[next++];
			struct judged row = row_of(w, it);

			row.conv = sum;
			row.folded = f->n;
			row.client.has_address = false;
			row.client.network = fold_network(w, &w->party[it->client]);
			r->convs[r->n_convs++] = row;
			r->n_folded += f->n - 1;
		} else if (it->scan) {
			r->n_folded++;
			r->n_scan += it->r.verdict > KIND_TOLERATED;
		} else if (!it->folded) {
			r->convs[r->n_convs++] = row_of(w, it);
		}
	}
	r->verdict_of = verdict_of;
	r->rule_of = rules;
	r->n_evicted = w->in->n_evicted;
	r->n_conversations = w->in->n_convs + w->in->n_attempts + r->n_evicted;
	return scope_rows_make(w);
}

/* ------------------------------------------------------------------ balance */

static bool wrong(const char **ret_why, const char *why)
{
	if (ret_why)
		*ret_why = why;
	return false;
}

bool result_balances(const struct result *r, const char **ret_why)
{
	uint64_t scope = 0, verdicts = 0, rules = 0, severities = 0, hidden = 0;
	uint64_t read = r->coverage.decoded;

	for (size_t i = 0; i < r->n_scope; i++)
		scope += r->scope[i].conversations;
	for (int i = 0; i < KIND_N; i++)
		verdicts += r->n_verdict[i];
	for (int i = 0; i < 4; i++)
		rules += r->n_rule_results[i];
	for (int i = 0; i < SEV_N; i++)
		severities += r->n_severity[i];
	for (size_t i = 0; i < r->n_convs; i++)
		hidden += r->convs[i].folded ? r->convs[i].folded - 1 : 0;
	if (r->n_convs + r->n_folded + r->n_out_of_scope + r->n_evicted != r->n_conversations)
		return wrong(ret_why,
			     "conversations are not listed + folded + out of scope + evicted");
	if (scope != r->n_out_of_scope || r->n_verdict[KIND_OUT_OF_SCOPE] != scope)
		return wrong(ret_why, "out of scope is not the sum of its rows");
	if (verdicts + r->n_evicted != r->n_conversations)
		return wrong(ret_why, "verdicts are not as many as conversations");
	if (hidden > r->n_folded)
		return wrong(ret_why, "rows stand for more than was folded");
	if (rules != r->n_rules)
		return wrong(ret_why, "rule results are not as many as rules");
	for (int i = DECODE_OK + 1; i < DECODE_N; i++)
		read += r->coverage.skipped[i];
	if (read != r->coverage.packets)
		return wrong(ret_why, "packets read are not those decoded and skipped");
	if (r->coverage.flow_packets + r->coverage.other_proto + r->coverage.duplicates +
		    r->coverage.shed_packets !=
	    r->coverage.decoded)
		return wrong(ret_why, "decoded packets are not in flows, of other protocols, "
				      "copies, or left out");
	if (severities + r->n_waived != r->n_findings)
		return wrong(ret_why, "severities and waivers are not as many as findings");
	return true;
}
