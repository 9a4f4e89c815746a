// SPDX-License-Identifier: BSD-2-Clause
/* json_summary - what a result comes to: figures, the timeline, the rules. */
#include "report/json_members.h"
#include "report/json_sections.h"

/* Between which roles something could not be judged. */
static void unjudged(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "not_judged");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_unjudged; i++) {
		const struct unjudged_row *u = &r->unjudged[i];

		jsonw_object_flat(w);
		jsonw_name(w, "client_role");
		role_list(w, u->client_roles);
		jsonw_name(w, "server_role");
		role_list(w, u->server_roles);
		uint_member(w, "demands", u->demands);
		text_member(w, "reason", u->reason);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

void json_summary(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "summary");
	jsonw_object(w);
	jsonw_name(w, "rules");
	jsonw_object_flat(w);
	uint_member(w, "met", r->n_rule_results[RULE_MET]);
	uint_member(w, "violated", r->n_rule_results[RULE_VIOLATED]);
	uint_member(w, "unused", r->n_rule_results[RULE_UNUSED]);
	uint_member(w, "not_judged", r->n_rule_results[RULE_NOT_JUDGED]);
	jsonw_object_end(w);
	jsonw_name(w, "findings");
	jsonw_object_flat(w);
	for (int s = SEV_N - 1; s >= 0; s--)
		uint_member(w, severity_name((enum severity)s), r->n_severity[s]);
	jsonw_object_end(w);
	uint_member(w, "waived", r->n_waived);
	jsonw_name(w, "conversations");
	jsonw_object_flat(w);
	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		uint_member(w, kind_name(k), r->n_verdict[k]);
	jsonw_object_end(w);
	uint_member(w, "all_conversations", r->n_conversations);
	uint_member(w, "listed", r->n_convs);
	uint_member(w, "folded", r->n_folded);
	uint_member(w, "out_of_scope_conversations", r->n_out_of_scope);
	uint_member(w, "evicted", r->n_evicted);
	uint_member(w, "scan_attempts", r->n_scan);
	jsonw_name(w, "out_of_scope");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_scope; i++) {
		const struct scope_row *s = &r->scope[i];

		jsonw_object_flat(w);
		jsonw_name(w, "client_role");
		role_list(w, s->client_roles);
		jsonw_name(w, "server_role");
		role_list(w, s->server_roles);
		service(w, s->proto, "port", s->port);
		uint_member(w, "conversations", s->conversations);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	unjudged(w, r);
	jsonw_object_end(w);
}

void json_timeline(struct jsonw *w, const struct timeline *t)
{
	jsonw_name(w, "timeline");
	jsonw_object(w);
	uint_member(w, "step_seconds", (uint64_t)busy_step_s(t->kind));
	jsonw_name(w, "steps");
	jsonw_array(w);
	for (unsigned i = 0; i < t->n; i++) {
		const struct timeline_step *s = &t->step[i];

		jsonw_object_flat(w);
		time_member(w, "from", busy_begin_ns(t->kind, t->at + (int32_t)i));
		uint_member(w, "packets", s->packets);
		uint_member(w, "conversations", s->conversations);
		uint_member(w, "deviating", s->deviating);
		uint_member(w, "tcp_bytes", s->tcp_bytes);
		uint_member(w, "tcp_unseen_bytes", s->tcp_unseen_bytes);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static void rule_source(struct jsonw *w, const struct rule *u)
{
	jsonw_name(w, "source");
	jsonw_object_flat(w);
	text_member(w, "product", some(u->product));
	text_member(w, "paper", some(u->paper));
	text_member(w, "section", some(u->section));
	text_member(w, "provenance", rule_provenance_words()[u->provenance]);
	jsonw_object_end(w);
}

void json_rules(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "rules");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_rules; i++) {
		const struct rule_row *row = &r->rules[i];
		const struct rule *u = row->rule;

		jsonw_object(w);
		text_member(w, "id", u->id);
		text_member(w, "pack", u->pack);
		text_member(w, "title", u->title);
		text_member(w, "from", some(u->from_name));
		text_member(w, "to", some(u->to_name));
		text_member(w, "result", word_rule_result(row->result));
		text_member(w, "reason", row->reason);
		text_member(w, "need", rule_need_words()[u->need]);
		text_member(w, "group", some(u->group));
		text_member(w, "when_missing", rule_missing_words()[u->when_missing]);
		rule_source(w, u);
		uint_member(w, "conversations", row->conversations);
		if (row->has_seen)
			time_member(w, "seen_before", row->seen_ns);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}
