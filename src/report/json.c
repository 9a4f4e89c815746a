// SPDX-License-Identifier: BSD-2-Clause
/*
 * json - the result document, schema spanaudit-result/1 (spanaudit-result-1.schema.json).
 *
 * Members keep their order and their meaning within a version; a version only adds. The document
 * is a function of the result: no clock, no locale, no path that the user did not give.
 */
#include <errno.h>

#include "recognise/recognise.h"
#include "recognise/rpc_iface.h"
#include "report/json_since.h"
#include "report/jsonw.h"
#include "report/words.h"

static void uint_member(struct jsonw *w, const char *name, uint64_t n)
{
	jsonw_name(w, name);
	jsonw_uint(w, n);
}

static void time_member(struct jsonw *w, const char *name, int64_t ns)
{
	jsonw_name(w, name);
	jsonw_time(w, ns);
}

/* "" stands for none in rules; JSON says null. */
static const char *some(const char *z)
{
	return z && *z ? z : NULL;
}

static uint64_t observed(const struct result *r)
{
	return r->observed_ns > 0 ? (uint64_t)r->observed_ns : 0;
}

static void role_list(struct jsonw *w, roleset roles)
{
	jsonw_array_flat(w);
	for (unsigned r = 0; r < ROLE_N; r++)
		if (roles_has(roles, r))
			jsonw_text(w, role_name(r));
	jsonw_array_end(w);
}

static void endpoint(struct jsonw *w, const char *name, const struct endpoint *e)
{
	char buf[ADDR_TEXT];

	jsonw_name(w, name);
	jsonw_object_flat(w);
	text_member(w, "address", e->has_address ? addr_format(&e->address, buf) : NULL);
	text_member(w, "network", e->network);
	text_member(w, "host", e->host);
	text_member(w, "name", e->name);
	if (e->name && e->name_source)
		text_member(w, "name_source", e->name_source);
	jsonw_name(w, "roles");
	role_list(w, e->roles);
	text_member(w, "known_by", e->known_by);
	jsonw_object_end(w);
}

static void service(struct jsonw *w, uint8_t proto, const char *port_name, uint16_t port)
{
	char buf[8];

	text_member(w, "transport", proto ? word_transport(proto, buf) : NULL);
	jsonw_name(w, port_name);
	if (port)
		jsonw_uint(w, port);
	else
		jsonw_null(w);
}

static void state_member(struct jsonw *w, bool has, enum flow_state s)
{
	text_member(w, "state", has ? flow_state_name(s) : NULL);
}

static void direction_member(struct jsonw *w, bool has, unsigned confidence, enum dir_reason reason)
{
	jsonw_name(w, "direction");
	if (!has) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	uint_member(w, "confidence", confidence);
	text_member(w, "reason", dir_reason_name(reason));
	jsonw_object_end(w);
}

/* The members of one packet reference; the object is the caller's. */
static void packet_members(struct jsonw *w, const struct result *r, const struct evidence *ev)
{
	text_member(w, "input", ev->input < r->n_inputs ? r->inputs[ev->input].path : NULL);
	uint_member(w, "packet", ev->number);
	time_member(w, "time", ev->ts_ns);
}

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

static void inputs(struct jsonw *w, const struct result *r)
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

static void text_list(struct jsonw *w, const char *name, const char *const *v)
{
	jsonw_name(w, name);
	jsonw_array_flat(w);
	for (; v && *v; v++)
		jsonw_text(w, *v);
	jsonw_array_end(w);
}

static void site(struct jsonw *w, const struct result *r)
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

static void packs(struct jsonw *w, const struct result *r)
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

static void coverage(struct jsonw *w, const struct coverage *c)
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

static void summary(struct jsonw *w, const struct result *r)
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

static void timeline(struct jsonw *w, const struct timeline *t)
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

static void rules(struct jsonw *w, const struct result *r)
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

static void nearest(struct jsonw *w, const struct finding *f)
{
	jsonw_name(w, "nearest_rule");
	if (!f->nearest) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	text_member(w, "id", f->nearest->id);
	text_member(w, "pack", f->nearest->pack);
	text_member(w, "why_not", f->nearest_why_not);
	jsonw_object_end(w);
}

static void signs(struct jsonw *w, unsigned s)
{
	jsonw_name(w, "signs");
	jsonw_array_flat(w);
	if (s & REFUSAL_TTL)
		jsonw_text(w, "ttl");
	if (s & REFUSAL_MAC)
		jsonw_text(w, "mac");
	if (s & REFUSAL_SEQUENCE)
		jsonw_text(w, "sequence");
	jsonw_array_end(w);
}

static void attempts(struct jsonw *w, const struct finding *f)
{
	const struct attempts *a = &f->attempts;
	char text[ADDR_TEXT];

	jsonw_name(w, "attempts");
	if (!a->outcome) {
		jsonw_null(w);
		return;
	}
	jsonw_object(w);
	text_member(w, "outcome", a->outcome);
	uint_member(w, "attempts", a->attempts);
	uint_member(w, "retries", a->retries);
	time_member(w, "first", a->first_ns);
	time_member(w, "last", a->last_ns);
	text_member(w, "by", a->by);
	text_member(w, "by_address", a->has_address ? addr_format(&a->by_address, text) : NULL);
	signs(w, a->signs);
	uint_member(w, "reset_at_once", a->reset_at_once);
	jsonw_object_end(w);
}

static void hints(struct jsonw *w, const struct finding *f)
{
	jsonw_name(w, "hints");
	jsonw_array(w);
	for (const struct hint *h = f->hints; h; h = h->next) {
		jsonw_object(w);
		text_member(w, "code", h->row->code);
		text_member(w, "because", h->because);
		text_member(w, "text", h->row->says);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* Text that documents it, or a waiver that accepts it. */
static void suggest(struct jsonw *w, const struct finding *f)
{
	struct out text = {0};

	word_suggestion(f, &text);
	jsonw_name(w, "suggest");
	jsonw_object(w);
	text_member(w, "in", word_suggest_in(f));
	text_member(w, "under", word_suggest_under(f));
	text_member(w, "text", out_str(&text));
	jsonw_object_end(w);
	w->o->failed |= text.failed;
	out_done(&text);
}

static void commands(struct jsonw *w, const struct result *r, const struct finding *f)
{
	struct out extract = {0}, tshark = {0};

	word_extract(r, f, ' ', &extract);
	word_tshark(r, f, &tshark);
	text_member(w, "extract", extract.n ? out_str(&extract) : NULL);
	text_member(w, "extract_note", extract.n ? word_extract_note(r) : NULL);
	text_member(w, "tshark", tshark.n ? out_str(&tshark) : NULL);
	w->o->failed |= extract.failed || tshark.failed;
	out_done(&extract);
	out_done(&tshark);
}

/* One flow of many, for tools that know flows by their 5-tuple. */
static void example(struct jsonw *w, const struct example *x)
{
	char buf[ADDR_TEXT];

	jsonw_name(w, "example_flow");
	if (!x->known) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	text_member(w, "client", addr_format(&x->client, buf));
	uint_member(w, "client_port", x->client_port);
	text_member(w, "server", addr_format(&x->server, buf));
	service(w, x->proto, "server_port", x->server_port);
	jsonw_object_end(w);
}

static void finding(struct jsonw *w, const struct result *r, const struct finding *f)
{
	jsonw_object(w);
	text_member(w, "id", f->id);
	text_member(w, "kind", kind_name(f->kind));
	text_member(w, "severity", severity_name(f->severity));
	text_member(w, "severity_why", f->severity_why);
	text_member(w, "rule", f->rule ? f->rule->id : NULL);
	text_member(w, "rule_pack", f->rule ? f->rule->pack : NULL);
	text_member(w, "group", some(f->group));
	endpoint(w, "client", &f->client);
	endpoint(w, "server", &f->server);
	service(w, f->proto, "port", f->port);
	text_member(w, "protocol", some(f->protocol));
	text_member(w, "interface", some(f->interface));
	state_member(w, f->has_state, f->state);
	direction_member(w, f->has_direction, f->confidence, f->reason);
	text_member(w, "why", f->why);
	nearest(w, f);
	text_member(w, "do", f->advice);
	hints(w, f);
	time_member(w, "first", f->first_ns);
	time_member(w, "last", f->last_ns);
	uint_member(w, "flows", f->flows);
	uint_member(w, "tries", f->tries);
	attempts(w, f);
	uint_member(w, "folded", f->folded);
	example(w, &f->example);
	jsonw_name(w, "evidence");
	jsonw_array(w);
	for (unsigned i = 0; i < f->n_ev; i++) {
		jsonw_object_flat(w);
		packet_members(w, r, &f->ev[i]);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	commands(w, r, f);
	suggest(w, f);
	if (f->status) {
		text_member(w, "status", f->status == STATUS_NEW ? "new" : "known");
		jsonw_name(w, "worse");
		jsonw_bool(w, f->worse);
	}
	json_past(w, &f->past);
	text_member(w, "waiver", f->waiver);
	jsonw_object_end(w);
}

static void interfaces(struct jsonw *w, const struct rpc_iface *iface, size_t n)
{
	jsonw_name(w, "interfaces");
	jsonw_array_flat(w);
	for (size_t i = 0; i < n; i++) {
		char buf[RPC_UUID_TEXT];

		jsonw_object(w);
		text_member(w, "uuid", rpc_uuid_format(iface[i].uuid, buf));
		text_member(w, "name", word_interface(iface[i].uuid));
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* A packet and how it bears on the row; null without `how`. */
static void granted_by(struct jsonw *w, const struct result *r, const struct rpc_row *row)
{
	jsonw_name(w, "granted_by");
	if (!row->how) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	text_member(w, "how", row->how);
	packet_members(w, r, &row->granted_by);
	jsonw_object_end(w);
}

static void used_by(struct jsonw *w, const struct result *r, const struct rpc_row *row)
{
	jsonw_name(w, "used_by");
	if (!row->has_state || !row->used_by.number) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	packet_members(w, r, &row->used_by);
	jsonw_object_end(w);
}

static void dynamic_rpc(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "dynamic_rpc");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_rpc; i++) {
		const struct rpc_row *row = &r->rpc[i];

		jsonw_object(w);
		endpoint(w, "client", &row->client);
		endpoint(w, "server", &row->server);
		service(w, row->proto, "port", row->port);
		state_member(w, row->has_state, row->state);
		interfaces(w, row->iface, row->n_iface);
		granted_by(w, r, row);
		used_by(w, r, row);
		text_member(w, "tie", row->tie);
		text_member(w, "why", row->why);
		text_member(w, "reason", row->reason);
		uint_member(w, "folded", row->folded);
		uint_member(w, "more_ports", row->more);
		text_member(w, "verdict", row->has_verdict ? kind_name(row->verdict) : NULL);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static bool is_end(const struct endpoint *e, const struct addr *a)
{
	return e->has_address && addr_equal(&e->address, a);
}

static void contradictions(struct jsonw *w, const struct result *r, const struct role_row *row)
{
	const struct addr *a = &row->address;

	jsonw_name(w, "contradictions");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];

		if (f->kind != KIND_CONTRADICTION ||
		    !(is_end(&f->client, a) || is_end(&f->server, a)))
			continue;
		jsonw_object_flat(w);
		text_member(w, "finding", f->id);
		text_member(w, "why", f->why);
		jsonw_object_end(w);
	}
	for (size_t i = 0; i < row->n_hidden; i++) {
		jsonw_object_flat(w);
		text_member(w, "finding", row->hidden[i].finding);
		text_member(w, "why", row->hidden[i].why);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static const struct role_known *known_of(const struct role_row *row, unsigned role)
{
	for (size_t i = 0; i < row->n_known; i++)
		if (row->known[i].role == role)
			return &row->known[i];
	return NULL;
}

static void fact_list(struct jsonw *w, const char *const *fact, size_t n)
{
	jsonw_name(w, "facts");
	jsonw_array(w);
	for (size_t i = 0; i < n; i++)
		jsonw_text(w, fact[i]);
	jsonw_array_end(w);
}

static void fact_packets(struct jsonw *w, const struct result *r, const struct role_known *k)
{
	jsonw_name(w, "evidence");
	jsonw_array(w);
	for (unsigned i = 0; k && i < k->n_fact; i++) {
		if (!k->at[i].number)
			continue;
		jsonw_object_flat(w);
		packet_members(w, r, &k->at[i]);
		uint_member(w, "fact", i + 1);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* A role that is in force: declared, or gone by because traffic shows it. */
static void role_in_force(struct jsonw *w, const struct result *r, const struct role_row *row,
			  unsigned role)
{
	const struct role_known *k = row->grade ? known_of(row, role) : NULL;
	char grade[2] = {k ? k->grade : row->grade, '\0'};

	jsonw_object_flat(w);
	text_member(w, "role", role_name(role));
	text_member(w, "known_by", row->known_by);
	text_member(w, "grade", grade[0] ? grade : "declared");
	if (k)
		fact_list(w, k->fact, k->n_fact);
	else
		fact_list(w, row->facts, row->n_facts);
	fact_packets(w, r, k);
	jsonw_object_end(w);
}

/* Of the row as a whole; null: it has no role. */
static void row_grade(struct jsonw *w, const struct role_row *row)
{
	char grade[2] = {row->grade, '\0'};

	text_member(w, "grade", !row->roles ? NULL : row->grade ? grade : "declared");
}

/* All that traffic says, in force or not. */
static void traffic(struct jsonw *w, const struct result *r, const struct role_row *row)
{
	jsonw_name(w, "traffic");
	jsonw_array(w);
	for (size_t i = 0; i < row->n_known; i++) {
		const struct role_known *k = &row->known[i];
		char grade[2] = {k->grade, '\0'};

		jsonw_object_flat(w);
		text_member(w, "role", role_name(k->role));
		text_member(w, "grade", grade);
		fact_list(w, k->fact, k->n_fact);
		fact_packets(w, r, k);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void same_host(struct jsonw *w, const struct role_row *row)
{
	char buf[ADDR_TEXT];

	jsonw_name(w, "same_host_as");
	if (!row->is_tied) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	text_member(w, "address", addr_format(&row->tied_to, buf));
	text_member(w, "why", row->tied_why);
	jsonw_object_end(w);
}

static void roles(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "roles");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_roles; i++) {
		const struct role_row *row = &r->roles[i];
		char buf[ADDR_TEXT];

		jsonw_object(w);
		text_member(w, "address", addr_format(&row->address, buf));
		text_member(w, "name", row->name);
		if (row->name && row->name_source)
			text_member(w, "name_source", row->name_source);
		jsonw_name(w, "roles");
		jsonw_array(w);
		for (unsigned k = 0; k < ROLE_N; k++)
			if (roles_has(row->roles, k))
				role_in_force(w, r, row, k);
		jsonw_array_end(w);
		row_grade(w, row);
		fact_list(w, row->facts, row->n_facts);
		same_host(w, row);
		traffic(w, r, row);
		jsonw_name(w, "left_aside");
		role_list(w, row->said);
		contradictions(w, r, row);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* What its packets came in: attributes, no part of what a conversation is. */
static void way_members(struct jsonw *w, const struct conv *c)
{
	jsonw_name(w, "vlan");
	if (c->vlan)
		jsonw_uint(w, c->vlan);
	else
		jsonw_null(w);
	text_member(w, "tunnel", some(tunnel_name((enum tunnel)c->tunnel)));
	jsonw_name(w, "tunnel_id");
	if (c->tunnel_id)
		jsonw_uint(w, c->tunnel_id);
	else
		jsonw_null(w);
}

/* Of conversations that opened any, and no others. */
static void pipes(struct jsonw *w, const struct conv *c)
{
	if (!c->n_pipe)
		return;
	jsonw_name(w, "pipes");
	jsonw_array_flat(w);
	for (unsigned i = 0; i < c->n_pipe; i++)
		jsonw_text(w, c->pipe[i]);
	jsonw_array_end(w);
}

static void conversations(struct jsonw *w, const struct result *r)
{
	jsonw_name(w, "conversations");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_convs; i++) {
		const struct judged *j = &r->convs[i];
		const struct conv *c = j->conv;

		jsonw_object_flat(w);
		endpoint(w, "client", &j->client);
		endpoint(w, "server", &j->server);
		service(w, c->proto, "server_port", c->port);
		text_member(w, "verdict", kind_name(j->verdict));
		text_member(w, "state", flow_state_name(c->state));
		text_member(w, "rule", j->rule ? j->rule->id : NULL);
		text_member(w, "rule_pack", j->rule ? j->rule->pack : NULL);
		text_member(w, "protocol", some(app_name(j->app)));
		interfaces(w, c->iface, c->n_iface);
		pipes(w, c);
		direction_member(w, true, dir_confidence(c->reason), c->reason);
		way_members(w, c);
		uint_member(w, "flows", c->flows);
		uint_member(w, "failed_flows", c->fails);
		jsonw_name(w, "packets");
		jsonw_array(w);
		jsonw_uint(w, c->packets[0]);
		jsonw_uint(w, c->packets[1]);
		jsonw_array_end(w);
		jsonw_name(w, "bytes");
		jsonw_array(w);
		jsonw_uint(w, c->bytes[0]);
		jsonw_uint(w, c->bytes[1]);
		jsonw_array_end(w);
		time_member(w, "first", c->first_ns);
		time_member(w, "last", c->last_ns);
		uint_member(w, "folded", j->folded);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* Only where a file of them was given: without one nothing depends on the time of the audit. */
static void waivers(struct jsonw *w, const struct result *r)
{
	if (!r->has_waivers)
		return;
	jsonw_name(w, "waiver_files");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_waiver_files; i++) {
		jsonw_object_flat(w);
		text_member(w, "path", r->waiver_files[i].path);
		text_member(w, "sha256", some(r->waiver_files[i].sha256));
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	jsonw_name(w, "waivers");
	jsonw_array(w);
	for (size_t i = 0; i < r->n_waivers; i++) {
		const struct waiver_row *v = &r->waivers[i];

		jsonw_object(w);
		text_member(w, "id", v->id);
		text_member(w, "file", v->file);
		text_member(w, "about", v->about);
		text_member(w, "reason", v->reason);
		text_member(w, "owner", v->owner);
		text_member(w, "approved_by", v->approved_by);
		text_member(w, "ticket", v->ticket);
		time_member(w, "expires", v->expires_ns);
		text_member(w, "state", waiver_state_name(v->state));
		uint_member(w, "findings", v->findings);
		text_member(w, "note", v->note);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

/* What a command must repeat for the same result to come out. */
static void run_told(struct jsonw *w, const struct result *r)
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

static void asked(struct jsonw *w, const struct result *r)
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

static int write_json(const struct result *r, const struct report_options *opt, struct out *o)
{
	struct jsonw w = {.o = o};

	jsonw_object(&w);
	text_member(&w, "schema", "spanaudit-result/1");
	jsonw_name(&w, "tool");
	jsonw_object_flat(&w);
	text_member(&w, "name", "spanaudit");
	text_member(&w, "version", opt->tool_version);
	jsonw_object_end(&w);
	if (opt->only || r->only) /* a reader must not take a part for the whole */
		text_member(&w, "only", opt->only ? opt->only : r->only);
	if (r->redacted) {
		jsonw_name(&w, "redacted");
		jsonw_bool(&w, true);
	}
	run_told(&w, r);
	inputs(&w, r);
	site(&w, r);
	packs(&w, r);
	text_member(&w, "verdict", word_verdict(r->verdict));
	jsonw_name(&w, "window");
	jsonw_object_flat(&w);
	time_member(&w, "from", r->from_ns);
	time_member(&w, "to", r->to_ns);
	uint_member(&w, "observed_seconds", observed(r) / NS_PER_S);
	uint_member(&w, "observed_ns", observed(r));
	asked(&w, r);
	jsonw_object_end(&w);
	coverage(&w, &r->coverage);
	summary(&w, r);
	timeline(&w, &r->timeline);
	rules(&w, r);
	jsonw_name(&w, "findings");
	jsonw_array(&w);
	for (size_t i = 0; i < r->n_findings; i++)
		if (word_selected(&r->findings[i], opt))
			finding(&w, r, &r->findings[i]);
	jsonw_array_end(&w);
	json_since(&w, &r->since);
	waivers(&w, r);
	dynamic_rpc(&w, r);
	roles(&w, r);
	conversations(&w, r);
	jsonw_object_end(&w);
	out_char(o, '\n');
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_json = {
	.name = "json",
	.suffix = ".json",
	.mime = "application/json",
	.help = "the whole result for programs, schema spanaudit-result/1",
	.write = write_json,
};
