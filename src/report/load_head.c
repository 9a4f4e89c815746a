// SPDX-License-Identifier: BSD-2-Clause
/* load_head - what stands before the findings: inputs, packs, coverage, figures, rules, waivers. */
#include <stdio.h>
#include <string.h>

#include "report/load.h"
#include "report/words.h"

static bool rounds(uint64_t ns)
{
	return ns <= INT64_MAX;
}

/* A count that is kept in 64 bits with a sign. */
static int64_t span_of(struct load *l, const json_t *o, const char *name)
{
	uint64_t n = doc_count_or_0(&l->doc, o, name);

	return rounds(n) ? (int64_t)n : 0;
}

/* Formats print it as it is. */
static void digest(struct load *l, const json_t *o, bool needed, char ret[65])
{
	const char *z = doc_text(&l->doc, o, "sha256", needed);

	if (!z)
		return;
	if (strlen(z) != 64 || strspn(z, "0123456789abcdef") != 64)
		doc_wrong(&l->doc, "sha256", "is no digest");
	else
		memcpy(ret, z, 65);
}

static void read_site(struct load *l, const json_t *top)
{
	const json_t *o = doc_object(&l->doc, top, "site");
	struct site *s = &l->to->site;
	uint64_t after;

	if (!o)
		return;
	s->path = doc_text(&l->doc, o, "path", true);
	digest(l, o, false, s->sha256);
	s->name = doc_text(&l->doc, o, "name", true);
	s->timezone = doc_given(&l->doc, o, "timezone");
	l->r->role_options = doc_texts(&l->doc, o, "role_options", true, NULL);
	after = doc_count(&l->doc, o, "judge_after_seconds");
	if (after > INT64_MAX / NS_PER_S)
		doc_wrong(&l->doc, "judge_after_seconds", "is no duration");
	else
		s->judge_after_ns = (int64_t)after * NS_PER_S;
	l->r->site = s;
	if (l->doc.error || strcmp(s->timezone, "UTC") == 0)
		return;
	s->tz = tz_load(s->timezone);
	if (!s->tz)
		error_hint(errors_add(l->doc.errs, true,
				      "the site's time zone '%.60s' is not known here, times are "
				      "shown in UTC",
				      s->timezone),
			   "install the time zone data (package tzdata)");
}

static const char *fail_on_at(unsigned i)
{
	return i < SEV_N ? severity_name((enum severity)i) : "never";
}

static void read_policy(struct load *l, const json_t *run)
{
	const json_t *o = doc_member(&l->doc, run, "policy", false);

	if (!o)
		return;
	if (!json_is_object(o)) {
		doc_wrong(&l->doc, "policy", "is no object");
		return;
	}
	l->r->told.policy_ns = doc_time(&l->doc, o, "since");
	l->r->told.reloads = doc_count(&l->doc, o, "reloads");
}

/* What the run was given; documents of the first spanaudits do not say it. */
static void read_told(struct load *l, const json_t *top)
{
	const json_t *o = doc_member(&l->doc, top, "run", false);

	l->r->fail_on = SEV_MEDIUM;
	if (!o || !json_is_object(o)) {
		if (o)
			doc_wrong(&l->doc, "run", "is no object");
		return;
	}
	l->r->told.options = doc_texts(&l->doc, o, "options", true, NULL);
	l->r->told.files = doc_texts(&l->doc, o, "files", true, NULL);
	l->r->told.piped = doc_flag(&l->doc, o, "piped");
	read_policy(l, o);
	l->r->fail_on = (enum severity)doc_word(&l->doc, o, "fail_on", fail_on_at, SEV_N + 1);
	if (!l->doc.error && l->r->fail_on == SEV_INFO)
		doc_wrong(&l->doc, "fail_on", "is no severity that an audit can fail on");
}

static void read_asked(struct load *l, const json_t *window)
{
	const json_t *o = doc_member(&l->doc, window, "asked", false), *v, *row;
	struct result *r = l->r;

	if (!o)
		return;
	if (!json_is_object(o)) {
		doc_wrong(&l->doc, "asked", "is no object");
		return;
	}
	r->asked = (struct time_asked){
		.given = true,
		.day = doc_flag(&l->doc, o, "day"),
		.from_ns = doc_time(&l->doc, o, "from"),
		.to_ns = doc_time(&l->doc, o, "to"),
	};
	v = doc_list(&l->doc, window, "missing", sizeof *r->missing, &r->missing);
	for (; (row = doc_item(&l->doc, v, "missing", r->n_missing)) != NULL; r->n_missing++) {
		r->missing[r->n_missing].from_ns = doc_time(&l->doc, row, "from");
		r->missing[r->n_missing].to_ns = doc_time(&l->doc, row, "to");
	}
}

void load_head(struct load *l, const json_t *top)
{
	const json_t *tool = doc_object(&l->doc, top, "tool");
	const json_t *window = doc_object(&l->doc, top, "window");
	struct result *r = l->r;

	if (!tool || !window)
		return;
	r->tool_version = doc_text(&l->doc, tool, "version", true);
	r->only = doc_text(&l->doc, top, "only", false);
	if (doc_member(&l->doc, top, "redacted", false))
		r->redacted = doc_flag(&l->doc, top, "redacted");
	read_site(l, top);
	read_told(l, top);
	r->verdict = (enum result_verdict)doc_word(&l->doc, top, "verdict", doc_verdict_at,
						   RESULT_INCONCLUSIVE + 1);
	r->from_ns = doc_time(&l->doc, window, "from");
	r->to_ns = doc_time(&l->doc, window, "to");
	if (r->from_ns > r->to_ns || (r->from_ns == TIME_NONE) != (r->to_ns == TIME_NONE))
		doc_wrong(&l->doc, "window", "does not begin before it ends");
	read_asked(l, window);
	r->observed_ns = span_of(l, window, "observed_ns");
	if (!doc_member(&l->doc, window, "observed_ns", false)) {
		uint64_t s = doc_count(&l->doc, window, "observed_seconds");

		r->observed_ns = s <= INT64_MAX / NS_PER_S ? (int64_t)s * NS_PER_S : 0;
	}
}

static void input_times(struct load *l, const json_t *row, struct result_input *in)
{
	const json_t *o = doc_object(&l->doc, row, "order");
	uint64_t packet;

	in->first_ns = doc_time(&l->doc, row, "first");
	in->last_ns = doc_time(&l->doc, row, "last");
	if (!o)
		return;
	in->late = doc_count(&l->doc, o, "late");
	in->unsorted = doc_count(&l->doc, o, "unsorted");
	in->step_ns = span_of(l, o, "largest_step_back_ns");
	packet = doc_count_or_0(&l->doc, o, "packet");
	in->step_packet = packet <= UINT32_MAX ? (uint32_t)packet : 0;
	in->strange_time = doc_count(&l->doc, o, "strange_times");
	in->untimed = doc_count(&l->doc, o, "untimed");
}

/* Of a file there is none. */
static const struct result_interface *interface(struct load *l, const json_t *row)
{
	const json_t *o = doc_member(&l->doc, row, "interface", false);
	struct result_interface *i = o ? doc_alloc(&l->doc, sizeof *i) : NULL;

	if (!i)
		return NULL;
	*i = (struct result_interface){
		.kernel_drops = doc_count(&l->doc, o, "kernel_drops"),
		.card_drops = doc_count_or_0(&l->doc, o, "card_drops"),
		.stack_drops = doc_count_or_0(&l->doc, o, "stack_drops"),
		.downs = doc_count(&l->doc, o, "downs"),
		.removals = doc_count(&l->doc, o, "removals"),
		.away_ns = span_of(l, o, "away_ns"),
		.snaplen = (uint32_t)doc_count(&l->doc, o, "snaplen"),
		.promiscuous = doc_flag(&l->doc, o, "promiscuous"),
	};
	i->card_told = doc_member(&l->doc, o, "card_drops", false) != NULL;
	return i;
}

void load_inputs(struct load *l, const json_t *top)
{
	struct result *r = l->r;
	const json_t *o, *v = doc_list(&l->doc, top, "inputs", sizeof *r->inputs, &r->inputs);

	while ((o = doc_row(&l->doc, v, "inputs", r->n_inputs)) != NULL) {
		struct result_input *in = &r->inputs[r->n_inputs];

		in->path = doc_given(&l->doc, o, "path");
		in->sha256 = doc_text(&l->doc, o, "sha256", true);
		in->format = doc_text(&l->doc, o, "format", true);
		in->codec = doc_text(&l->doc, o, "compression", true);
		in->bytes = doc_count(&l->doc, o, "bytes");
		in->packets = doc_count(&l->doc, o, "packets");
		input_times(l, o, in);
		in->failed = doc_flag(&l->doc, o, "failed");
		in->same_as = doc_text(&l->doc, o, "same_as", true);
		in->note = doc_text(&l->doc, o, "note", true);
		in->caveat = doc_text(&l->doc, o, "caveat", true);
		in->live = interface(l, o);
		r->n_inputs++;
	}
}

void load_packs(struct load *l, const json_t *top)
{
	struct pack_info *packs = NULL;
	const json_t *o, *v = doc_list(&l->doc, top, "rules_packs", sizeof *packs, &packs);
	size_t n = 0;

	while ((o = doc_row(&l->doc, v, "rules_packs", n)) != NULL) {
		packs[n].name = doc_given(&l->doc, o, "name");
		packs[n].revision = doc_text(&l->doc, o, "revision", true);
		digest(l, o, true, packs[n].sha256);
		packs[n].n_rules = doc_count(&l->doc, o, "rules");
		n++;
	}
	l->r->packs = packs;
	l->r->n_packs = n;
}

/* Streams read for what servers say in them. */
static void learned(struct load *l, const json_t *coverage, struct coverage *c)
{
	const json_t *o = doc_object(&l->doc, coverage, "learned");

	if (!o)
		return;
	c->streams = doc_count_or_0(&l->doc, o, "streams");
	c->streams_cut = doc_count_or_0(&l->doc, o, "streams_cut");
	c->learn_refused = doc_count_or_0(&l->doc, o, "refused");
	c->answers = doc_count_or_0(&l->doc, o, "answers");
	c->answers_sealed = doc_count_or_0(&l->doc, o, "sealed");
	c->answers_bad = doc_count_or_0(&l->doc, o, "malformed");
	c->grants = doc_count_or_0(&l->doc, o, "grants");
	c->grants_shed = doc_count_or_0(&l->doc, o, "grants_shed");
	c->sightings = doc_count_or_0(&l->doc, o, "sightings");
	c->sightings_shed = doc_count_or_0(&l->doc, o, "sightings_shed");
	c->cards_shed = doc_count_or_0(&l->doc, o, "cards_shed");
}

/* Both parts of a ratio; of a document that has only the ratio itself, parts that give it. */
static void parts_of(struct load *l, const json_t *o, const char *ratio, const char *part,
		     const char *rest, uint64_t *ret_part, uint64_t *ret_rest)
{
	if (doc_member(&l->doc, o, part, false)) {
		*ret_part = doc_count(&l->doc, o, part);
		*ret_rest = doc_count(&l->doc, o, rest);
	} else if (doc_member(&l->doc, o, ratio, true)) {
		*ret_part = doc_ratio(&l->doc, o, ratio);
		*ret_rest = 1000000 - *ret_part;
	}
}

static void losses(struct load *l, const json_t *o, struct coverage *c)
{
	const json_t *drops = doc_object(&l->doc, o, "drops");
	bool whole = doc_member(&l->doc, o, "tcp_flows", false);

	if (!drops)
		return;
	c->kernel_drops = doc_count(&l->doc, drops, "kernel");
	c->interface_drops = doc_count(&l->doc, drops, "interface");
	parts_of(l, o, "tcp_gap_ratio", "tcp_unseen_bytes", "tcp_bytes", &c->tcp_unseen_bytes,
		 &c->tcp_bytes);
	parts_of(l, o, "one_way_ratio", "one_way_flows", "tcp_flows", &c->one_way_flows,
		 &c->tcp_flows);
	if (!whole)
		c->tcp_flows += c->one_way_flows;
	if (c->one_way_flows > c->tcp_flows)
		doc_wrong(&l->doc, "one_way_flows", "is more than all of them");
	if (c->tcp_unseen_bytes + c->tcp_bytes < c->tcp_bytes)
		doc_wrong(&l->doc, "tcp_bytes", "is more than any capture holds");
}

static void fragments(struct load *l, const json_t *o, struct coverage *c)
{
	const json_t *f = doc_object(&l->doc, o, "fragmented");

	if (!f)
		return;
	c->reassembled = doc_count(&l->doc, f, "reassembled");
	c->fragments_late = doc_count(&l->doc, f, "incomplete");
	c->fragments_overlap = doc_count(&l->doc, f, "overlapping");
	c->fragments_shed = doc_count(&l->doc, f, "shed");
}

/* Absent where nobody had to. */
static void crowded(struct load *l, const json_t *o, struct coverage *c)
{
	const json_t *v = json_object_get(o, "crowded") ? doc_object(&l->doc, o, "crowded") : NULL;

	if (!v)
		return;
	c->crowded_flows = doc_count(&l->doc, v, "flows");
	c->crowded_datagrams = doc_count(&l->doc, v, "datagrams");
	if (c->crowded_flows > c->evicted || c->crowded_datagrams > c->fragments_shed)
		doc_wrong(&l->doc, "crowded", "is more than what was given up");
}

/* Absent where there was time for everything. */
static void shed(struct load *l, const json_t *o, struct coverage *c)
{
	const json_t *v = json_object_get(o, "shed") ? doc_object(&l->doc, o, "shed") : NULL;

	if (!v)
		return;
	c->shed_packets = doc_count(&l->doc, v, "packets");
	c->shed_heads = doc_count(&l->doc, v, "heads");
	c->shed_streams = doc_count(&l->doc, v, "streams");
}

void load_coverage(struct load *l, const json_t *top)
{
	struct coverage *c = &l->r->coverage;
	const json_t *o = doc_object(&l->doc, top, "coverage");
	const json_t *skipped = o ? doc_object(&l->doc, o, "skipped") : NULL;
	const json_t *noted = o ? doc_object(&l->doc, o, "noted") : NULL;

	if (!skipped || !noted)
		return;
	c->packets = doc_count(&l->doc, o, "packets");
	c->decoded = doc_count(&l->doc, o, "decoded");
	for (unsigned i = DECODE_OK + 1; i < DECODE_N; i++)
		c->skipped[i] = doc_count_or_0(&l->doc, skipped, decode_skip_name(i));
	for (unsigned i = 0; i < NOTE_N; i++)
		c->notes[i] = doc_count_or_0(&l->doc, noted, word_note(i));
	c->other_proto = doc_count(&l->doc, o, "other_protocols");
	losses(l, o, c);
	c->flow_packets = doc_count(&l->doc, o, "in_flows");
	c->duplicates = doc_count(&l->doc, o, "duplicates");
	c->duplicates_routed = doc_count(&l->doc, o, "duplicates_routed");
	c->duplicates_across = doc_count(&l->doc, o, "duplicates_across_inputs");
	fragments(l, o, c);
	c->truncated = doc_count(&l->doc, o, "truncated");
	c->evicted = doc_count(&l->doc, o, "evicted");
	c->heads_shed = doc_count(&l->doc, o, "heads_shed");
	crowded(l, o, c);
	shed(l, o, c);
	learned(l, o, c);
	c->inconclusive = doc_flag(&l->doc, o, "inconclusive");
	c->inconclusive_why = doc_text(&l->doc, o, "inconclusive_why", true);
	c->caveats = doc_texts(&l->doc, o, "caveats", true, &c->n_caveats);
}

static void read_scope(struct load *l, const json_t *summary)
{
	struct result *r = l->r;
	const json_t *o,
		*v = doc_list(&l->doc, summary, "out_of_scope", sizeof *r->scope, &r->scope);

	while ((o = doc_item(&l->doc, v, "out_of_scope", r->n_scope)) != NULL) {
		struct scope_row *s = &r->scope[r->n_scope++];

		s->client_roles = load_roles(l, o, "client_role");
		s->server_roles = load_roles(l, o, "server_role");
		s->proto = load_transport(l, o);
		s->port = load_port(l, o, "port");
		s->conversations = doc_count(&l->doc, o, "conversations");
	}
}

static void read_unjudged(struct load *l, const json_t *summary)
{
	struct result *r = l->r;
	const json_t *o, *v = NULL;

	if (doc_member(&l->doc, summary, "not_judged", false))
		v = doc_list(&l->doc, summary, "not_judged", sizeof *r->unjudged, &r->unjudged);
	while ((o = doc_item(&l->doc, v, "not_judged", r->n_unjudged)) != NULL) {
		struct unjudged_row *u = &r->unjudged[r->n_unjudged++];

		u->client_roles = load_roles(l, o, "client_role");
		u->server_roles = load_roles(l, o, "server_role");
		u->demands = doc_count(&l->doc, o, "demands");
		u->reason = doc_text(&l->doc, o, "reason", true);
	}
}

void load_summary(struct load *l, const json_t *top)
{
	struct result *r = l->r;
	const json_t *o = doc_object(&l->doc, top, "summary");
	const json_t *findings = o ? doc_object(&l->doc, o, "findings") : NULL;
	const json_t *convs = o ? doc_object(&l->doc, o, "conversations") : NULL;

	if (!findings || !convs)
		return;
	for (unsigned s = 0; s < SEV_N; s++)
		r->n_severity[s] = doc_count(&l->doc, findings, severity_name((enum severity)s));
	r->n_waived = doc_count(&l->doc, o, "waived");
	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		r->n_verdict[k] = doc_count_or_0(&l->doc, convs, kind_name((enum kind)k));
	r->n_conversations = doc_count(&l->doc, o, "all_conversations");
	r->n_folded = doc_count(&l->doc, o, "folded");
	r->n_out_of_scope = doc_count(&l->doc, o, "out_of_scope_conversations");
	r->n_evicted = doc_count(&l->doc, o, "evicted");
	r->n_scan = doc_count_or_0(&l->doc, o, "scan_attempts");
	read_scope(l, o);
	read_unjudged(l, o);
}

/* --- timeline ----------------------------------------------------------------------------------
 */

static unsigned kind_of_step(struct load *l, uint64_t seconds)
{
	for (unsigned i = 0; i < BUSY_KINDS; i++)
		if ((uint64_t)busy_step_s(i) == seconds)
			return i;
	doc_wrong(&l->doc, "step_seconds", "is no step that this spanaudit knows");
	return 0;
}

static void read_step(struct load *l, const json_t *o, struct timeline *t)
{
	int64_t from = doc_time(&l->doc, o, "from");
	struct timeline_step *s = &t->step[t->n];

	if (l->doc.error)
		return;
	if (!t->n)
		t->at = busy_number(t->kind, from);
	if (from != busy_begin_ns(t->kind, t->at + (int32_t)t->n))
		doc_wrong(&l->doc, "from", "is not where the step begins");
	s->packets = doc_count(&l->doc, o, "packets");
	s->conversations = doc_count(&l->doc, o, "conversations");
	s->deviating = doc_count(&l->doc, o, "deviating");
	s->tcp_bytes = doc_count(&l->doc, o, "tcp_bytes");
	s->tcp_unseen_bytes = doc_count(&l->doc, o, "tcp_unseen_bytes");
	t->n++;
}

void load_timeline(struct load *l, const json_t *top)
{
	struct timeline *t = &l->r->timeline;
	const json_t *o, *v;

	if (!doc_member(&l->doc, top, "timeline", false)) /* of an older document */
		return;
	o = doc_object(&l->doc, top, "timeline");
	if (!o)
		return;
	t->kind = kind_of_step(l, doc_count(&l->doc, o, "step_seconds"));
	v = doc_list(&l->doc, o, "steps", 0, NULL);
	while ((o = doc_item(&l->doc, v, "steps", t->n)) != NULL) {
		if (t->n == BUSY_STEPS)
			doc_wrong(&l->doc, "steps", "has more rows than any result");
		if (l->doc.error)
			return;
		read_step(l, o, t);
		if (l->doc.error)
			return;
	}
}

/* --- rules -------------------------------------------------------------------------------------
 */

static const char *need_at(unsigned i)
{
	return rule_need_words()[i];
}

static const char *missing_at(unsigned i)
{
	return rule_missing_words()[i];
}

static const char *provenance_at(unsigned i)
{
	return rule_provenance_words()[i];
}

static unsigned n_words(const char *const *v)
{
	unsigned n = 0;

	while (v[n])
		n++;
	return n;
}

static const char *or_empty(const char *z)
{
	return z ? z : "";
}

static struct rule *read_rule(struct load *l, const json_t *o)
{
	struct rule *u = doc_alloc(&l->doc, sizeof *u);
	const json_t *source = doc_object(&l->doc, o, "source");

	if (!u || !source)
		return NULL;
	u->id = doc_given(&l->doc, o, "id");
	u->pack = doc_given(&l->doc, o, "pack");
	u->title = doc_given(&l->doc, o, "title");
	u->from_name = or_empty(doc_text(&l->doc, o, "from", false));
	u->to_name = or_empty(doc_text(&l->doc, o, "to", false));
	u->need = (enum rule_need)doc_word(&l->doc, o, "need", need_at, n_words(rule_need_words()));
	u->group = or_empty(doc_text(&l->doc, o, "group", true));
	u->when_missing = (enum rule_missing)doc_word(&l->doc, o, "when_missing", missing_at,
						      n_words(rule_missing_words()));
	u->product = or_empty(doc_text(&l->doc, source, "product", true));
	u->paper = or_empty(doc_text(&l->doc, source, "paper", true));
	u->section = or_empty(doc_text(&l->doc, source, "section", true));
	u->provenance = (enum rule_provenance)doc_word(&l->doc, source, "provenance", provenance_at,
						       n_words(rule_provenance_words()));
	u->index = l->r->n_rules;
	return u;
}

void load_rules(struct load *l, const json_t *top)
{
	struct result *r = l->r;
	const json_t *o, *v = doc_list(&l->doc, top, "rules", sizeof *r->rules, &r->rules);

	while ((o = doc_row(&l->doc, v, "rules", r->n_rules)) != NULL) {
		struct rule_row *row = &r->rules[r->n_rules];

		row->rule = read_rule(l, o);
		row->result = (enum rule_result)doc_word(&l->doc, o, "result", doc_rule_result_at,
							 RULE_NOT_JUDGED + 1);
		row->reason = doc_text(&l->doc, o, "reason", true);
		row->conversations = doc_count(&l->doc, o, "conversations");
		row->has_seen = doc_member(&l->doc, o, "seen_before", false) != NULL;
		if (row->has_seen)
			row->seen_ns = doc_time(&l->doc, o, "seen_before");
		if (l->doc.error)
			return;
		r->n_rule_results[row->result]++;
		r->n_rules++;
	}
}

/* --- waivers -----------------------------------------------------------------------------------
 */

static const char *waiver_state_at(unsigned i)
{
	return waiver_state_name((enum waiver_state)i);
}

/* Documents of before have none. */
static void waiver_files(struct load *l, const json_t *top)
{
	const json_t *o, *v;
	struct waiver_file *files = NULL;
	size_t n = 0;

	if (!doc_member(&l->doc, top, "waiver_files", false))
		return;
	v = doc_list(&l->doc, top, "waiver_files", sizeof *files, &files);
	while ((o = doc_row(&l->doc, v, "waiver_files", n)) != NULL) {
		files[n].path = doc_given(&l->doc, o, "path");
		digest(l, o, true, files[n].sha256);
		n++;
	}
	l->r->waiver_files = files;
	l->r->n_waiver_files = n;
}

void load_waivers(struct load *l, const json_t *top)
{
	struct result *r = l->r;
	const json_t *o, *v;

	r->has_waivers = doc_member(&l->doc, top, "waivers", false);
	if (!r->has_waivers)
		return;
	waiver_files(l, top);
	v = doc_list(&l->doc, top, "waivers", sizeof *r->waivers, &r->waivers);
	while ((o = doc_row(&l->doc, v, "waivers", r->n_waivers)) != NULL) {
		struct waiver_row *w = &r->waivers[r->n_waivers++];

		w->id = doc_given(&l->doc, o, "id");
		w->file = doc_text(&l->doc, o, "file", true);
		w->about = doc_given(&l->doc, o, "about");
		w->reason = doc_given(&l->doc, o, "reason");
		w->owner = doc_given(&l->doc, o, "owner");
		w->approved_by = doc_text(&l->doc, o, "approved_by", true);
		w->ticket = doc_text(&l->doc, o, "ticket", true);
		w->expires_ns = doc_time(&l->doc, o, "expires");
		w->state = (enum waiver_state)doc_word(&l->doc, o, "state", waiver_state_at,
						       WAIVER_EXPIRED + 1);
		w->findings = doc_count(&l->doc, o, "findings");
		w->note = doc_text(&l->doc, o, "note", true);
	}
}
