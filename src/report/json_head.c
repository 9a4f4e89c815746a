// SPDX-License-Identifier: BSD-2-Clause
/* json_head - what a result rests on: inputs, site, packs, the time asked for, coverage. */
#include "report/json_members.h"
#include "report/json_sections.h"

static void input_times(struct jsonw *w, const struct result_input *in)
{
	jsonw_name(w, "order");
	jsonw_object_flat(w);
	uint_member(w, "late", in->late);
	uint_member(w, "unsorted", in->unsorted);
	uint_member(w, "largest_step_back_ns", (uint64_t)in->step_ns);
	jsonw_name(w, "packet");
	if (in->step_packet)
		jsonw_uint(w, in->step_packet);
	else
		jsonw_null(w);
	uint_member(w, "strange_times", in->strange_time);
	uint_member(w, "untimed", in->untimed);
	jsonw_object_end(w);
}

static void count_or_null(struct jsonw *w, const char *name, bool told, uint64_t n)
{
	jsonw_name(w, name);
	if (told)
		jsonw_uint(w, n);
	else
		jsonw_null(w);
}

static void interface(struct jsonw *w, const struct result_interface *i)
{
	if (!i)
		return;
	jsonw_name(w, "interface");
	jsonw_object_flat(w);
	uint_member(w, "kernel_drops", i->kernel_drops);
	count_or_null(w, "card_drops", i->card_told, i->card_drops);
	count_or_null(w, "stack_drops", i->card_told, i->stack_drops);
	uint_member(w, "downs", i->downs);
	uint_member(w, "removals", i->removals);
	uint_member(w, "away_ns", i->away_ns > 0 ? (uint64_t)i->away_ns : 0);
	uint_member(w, "snaplen", i->snaplen);
	jsonw_name(w, "promiscuous");
	jsonw_bool(w, i->promiscuous);
	jsonw_object_end(w);
}

void json_inputs(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "inputs");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_inputs; i++) {
		const struct result_input *in = &r->inputs[i];

		jsonw_object(w);
		text_member(w, "path", in->path);
		text_member(w, "sha256", in->sha256);
		text_member(w, "format", in->format);
		text_member(w, "compression", in->codec);
		uint_member(w, "bytes", in->bytes);
		uint_member(w, "packets", in->packets);
		time_member(w, "first", in->first_ns);
		time_member(w, "last", in->last_ns);
		input_times(w, in);
		jsonw_name(w, "failed");
		jsonw_bool(w, in->failed);
		text_member(w, "same_as", in->same_as);
		text_member(w, "note", in->note);
		text_member(w, "caveat", in->caveat);
		interface(w, in->live);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

void json_site(struct jsonw *w, const struct result *r)
{
	const struct site *s = r->site;

	jsonw_name(w, "site");
	jsonw_object(w);
	text_member(w, "path", s ? s->path : NULL);
	text_member(w, "sha256", s ? some(s->sha256) : NULL);
	text_member(w, "name", s ? some(s->name) : NULL);
	text_member(w, "timezone", s ? s->timezone : "UTC");
	text_list(w, "role_options", r->role_options);
	uint_member(w, "judge_after_seconds", s ? (uint64_t)(s->judge_after_ns / NS_PER_S) : 0);
	jsonw_object_end(w);
}

void json_packs(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "rules_packs");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_packs; i++) {
		const struct pack_info *p = &r->packs[i];

		jsonw_object_flat(w);
		text_member(w, "name", p->name);
		text_member(w, "revision", some(p->revision));
		text_member(w, "sha256", some(p->sha256));
		uint_member(w, "rules", p->n_rules);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* By a live run that had no time for it; nothing is the usual. */
static void shed(struct jsonw *w, const struct coverage *c)
{
	if (!(c->shed_packets + c->shed_heads + c->shed_streams))
		return;
	jsonw_name(w, "shed");
	jsonw_object_flat(w);
	uint_member(w, "packets", c->shed_packets);
	uint_member(w, "heads", c->shed_heads);
	uint_member(w, "streams", c->shed_streams);
	jsonw_object_end(w);
}

/* What whoever had most had to give; nothing is the usual. */
static void crowded(struct jsonw *w, const struct coverage *c)
{
	if (!(c->crowded_flows + c->crowded_datagrams))
		return;
	jsonw_name(w, "crowded");
	jsonw_object_flat(w);
	uint_member(w, "flows", c->crowded_flows);
	uint_member(w, "datagrams", c->crowded_datagrams);
	jsonw_object_end(w);
}

/* Streams read for what servers say in them. */
static void learned(struct jsonw *w, const struct coverage *c)
{
	jsonw_name(w, "learned");
	jsonw_object_flat(w);
	uint_member(w, "streams", c->streams);
	uint_member(w, "streams_cut", c->streams_cut);
	uint_member(w, "refused", c->learn_refused);
	uint_member(w, "answers", c->answers);
	uint_member(w, "sealed", c->answers_sealed);
	uint_member(w, "malformed", c->answers_bad);
	uint_member(w, "grants", c->grants);
	uint_member(w, "grants_shed", c->grants_shed);
	uint_member(w, "sightings", c->sightings);
	uint_member(w, "sightings_shed", c->sightings_shed);
	uint_member(w, "cards_shed", c->cards_shed);
	jsonw_object_end(w);
}

void json_coverage(struct jsonw *w, const struct coverage *c)
{
	jsonw_name(w, "coverage");
	jsonw_object(w);
	uint_member(w, "packets", c->packets);
	uint_member(w, "decoded", c->decoded);
	jsonw_name(w, "skipped");
	jsonw_object_flat(w);
	for (unsigned i = DECODE_OK + 1; i < DECODE_N; i++)
		uint_member(w, decode_skip_name(i), c->skipped[i]);
	jsonw_object_end(w);
	jsonw_name(w, "noted");
	jsonw_object_flat(w);
	for (unsigned i = 0; i < NOTE_N; i++)
		uint_member(w, word_note(i), c->notes[i]);
	jsonw_object_end(w);
	uint_member(w, "other_protocols", c->other_proto);
	jsonw_name(w, "drops");
	jsonw_object_flat(w);
	uint_member(w, "kernel", c->kernel_drops);
	uint_member(w, "interface", c->interface_drops);
	jsonw_object_end(w);
	jsonw_name(w, "tcp_gap_ratio");
	jsonw_ratio(w, c->tcp_unseen_bytes, c->tcp_unseen_bytes + c->tcp_bytes);
	uint_member(w, "tcp_bytes", c->tcp_bytes);
	uint_member(w, "tcp_unseen_bytes", c->tcp_unseen_bytes);
	jsonw_name(w, "one_way_ratio");
	jsonw_ratio(w, c->one_way_flows, c->tcp_flows);
	uint_member(w, "tcp_flows", c->tcp_flows);
	uint_member(w, "one_way_flows", c->one_way_flows);
	uint_member(w, "in_flows", c->flow_packets);
	uint_member(w, "duplicates", c->duplicates);
	jsonw_name(w, "duplicate_ratio");
	jsonw_ratio(w, c->duplicates, c->decoded);
	uint_member(w, "duplicates_routed", c->duplicates_routed);
	uint_member(w, "duplicates_across_inputs", c->duplicates_across);
	jsonw_name(w, "fragmented");
	jsonw_object_flat(w);
	uint_member(w, "reassembled", c->reassembled);
	uint_member(w, "incomplete", c->fragments_late);
	uint_member(w, "overlapping", c->fragments_overlap);
	uint_member(w, "shed", c->fragments_shed);
	jsonw_object_end(w);
	uint_member(w, "truncated", c->truncated);
	uint_member(w, "evicted", c->evicted);
	uint_member(w, "heads_shed", c->heads_shed);
	crowded(w, c);
	shed(w, c);
	learned(w, c);
	jsonw_name(w, "inconclusive");
	jsonw_bool(w, c->inconclusive);
	text_member(w, "inconclusive_why", c->inconclusive_why);
	jsonw_name(w, "caveats");
	jsonw_array(w);
	for (size_t i = 0; i < c->n_caveats; i++)
		jsonw_text(w, c->caveats[i]);
	jsonw_array_end(w);
	jsonw_object_end(w);
}

/* What a command must repeat for the same result to come out. */
void json_run(struct jsonw *w, const struct result *r)
{
	if (!r->told.files)
		return;
	jsonw_name(w, "run");
	jsonw_object(w);
	text_list(w, "options", r->told.options);
	text_list(w, "files", r->told.files);
	jsonw_name(w, "piped");
	jsonw_bool(w, r->told.piped);
	text_member(w, "fail_on", r->fail_on < SEV_NONE ? severity_name(r->fail_on) : "never");
	if (r->told.policy_ns) {
		jsonw_name(w, "policy");
		jsonw_object_flat(w);
		time_member(w, "since", r->told.policy_ns);
		uint_member(w, "reloads", r->told.reloads);
		jsonw_object_end(w);
	}
	jsonw_object_end(w);
}

void json_asked(struct jsonw *w, const struct result *r)
{
	if (!r->asked.given)
		return;
	jsonw_name(w, "asked");
	jsonw_object_flat(w);
	time_member(w, "from", r->asked.from_ns);
	time_member(w, "to", r->asked.to_ns);
	jsonw_name(w, "day");
	jsonw_bool(w, r->asked.day);
	jsonw_object_end(w);
	jsonw_name(w, "missing");
	jsonw_array_flat(w);
	for (size_t i = 0; i < r->n_missing; i++) {
		jsonw_object_flat(w);
		time_member(w, "from", r->missing[i].from_ns);
		time_member(w, "to", r->missing[i].to_ns);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}
