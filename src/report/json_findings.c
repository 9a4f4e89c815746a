// SPDX-License-Identifier: BSD-2-Clause
/* json_findings - findings with all that explains them, and waivers. */
#include "report/json_members.h"
#include "report/json_sections.h"
#include "report/json_since.h"

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

void json_finding(struct jsonw *w, const struct result *r, const struct finding *f)
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

/* Only where a file of them was given: without one nothing depends on the time of the audit. */
void json_waivers(struct jsonw *w, const struct result *r)
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
