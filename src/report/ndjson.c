// SPDX-License-Identifier: BSD-2-Clause
/*
 * ndjson - one event a line for log stores: findings, rules, unreadable inputs, and a summary last.
 *
 * Names are those of the Elastic Common Schema (ECS 8) where it has one; what it has none for
 * stands under "spanaudit". A client is the source and a server the destination, whoever sent a
 * packet. An event belongs to the time of what it tells: a finding to when it was seen last, the
 * rest to the end of the window.
 */
#include <errno.h>
#include <string.h>

#include "report/community_id.h"
#include "report/jsonw.h"
#include "report/live_event.h"
#include "report/words.h"

struct events {
	struct jsonw w;
	const struct result *r;
	const struct report_options *opt;
	const char *status; /* of one that is told while a run lasts; NULL */
};

static void some_member(struct jsonw *w, const char *name, const char *z)
{
	if (!z || !*z)
		return;
	jsonw_name(w, name);
	jsonw_text(w, z);
}

static void uint_member(struct jsonw *w, const char *name, uint64_t n)
{
	jsonw_name(w, name);
	jsonw_uint(w, n);
}

static void time_member(struct jsonw *w, const char *name, int64_t ns)
{
	if (ns == TIME_NONE)
		return;
	jsonw_name(w, name);
	jsonw_time(w, ns);
}

static void object(struct jsonw *w, const char *name)
{
	jsonw_name(w, name);
	jsonw_object_flat(w);
}

static void one_of_list(struct jsonw *w, const char *name, const char *word)
{
	jsonw_name(w, name);
	jsonw_array_flat(w);
	jsonw_text(w, word);
	jsonw_array_end(w);
}

/* What every event begins with. Closed by end(). */
static void begin(struct events *e, int64_t ns, const char *kind, const char *action,
		  const char *outcome)
{
	struct jsonw *w = &e->w;

	*w = (struct jsonw){.o = w->o};
	jsonw_object_flat(w);
	/* ECS asks for one in every event; a capture without a time has none better. */
	jsonw_name(w, "@timestamp");
	jsonw_time(w, ns == TIME_NONE ? 0 : ns);
	object(w, "ecs");
	some_member(w, "version", "8.11.0");
	jsonw_object_end(w);
	object(w, "observer");
	some_member(w, "vendor", "spanaudit");
	some_member(w, "product", "spanaudit");
	some_member(w, "type", "sensor");
	some_member(w, "version", e->opt->tool_version);
	some_member(w, "name", e->r->site ? e->r->site->name : NULL);
	jsonw_object_end(w);
	object(w, "event");
	some_member(w, "module", "spanaudit");
	some_member(w, "kind", kind);
	some_member(w, "action", action);
	some_member(w, "outcome", outcome);
}

static void end(struct events *e)
{
	jsonw_object_end(&e->w);
	out_char(e->w.o, '\n');
}

/* --- findings ----------------------------------------------------------------------------------
 */

static void role_list(struct jsonw *w, roleset roles)
{
	jsonw_name(w, "roles");
	jsonw_array_flat(w);
	for (unsigned r = 0; r < ROLE_N; r++)
		if (roles_has(roles, r))
			jsonw_text(w, role_name(r));
	jsonw_array_end(w);
}

/* source or destination; ECS's address is whatever names the end. */
static void endpoint(struct jsonw *w, const char *name, const struct endpoint *e, uint16_t port)
{
	char buf[ADDR_TEXT];
	const char *ip = e->has_address ? addr_format(&e->address, buf) : NULL;
	const char *called = e->host ? e->host : e->name;

	if (!ip && !called && !e->network && !port)
		return;
	object(w, name);
	some_member(w, "address", ip ? ip : e->network ? e->network : called);
	if (ip && !strchr(ip, '%')) /* a zone is not part of an address there */
		some_member(w, "ip", ip);
	some_member(w, "domain", called);
	if (port)
		uint_member(w, "port", port);
	jsonw_object_end(w);
}

/* From where to where, by the kind of address; a name alone tells nothing. */
static const char *direction(const struct finding *f)
{
	bool from, to;

	if (!f->client.has_address || !f->server.has_address)
		return NULL;
	from = addr_is_public(&f->client.address);
	to = addr_is_public(&f->server.address);
	if (from && to)
		return "external";
	if (from)
		return "inbound";
	return to ? "outbound" : "internal";
}

static void network(struct jsonw *w, const struct finding *f)
{
	const struct example *x = &f->example;
	const struct endpoint *e = f->client.has_address ? &f->client : &f->server;
	char buf[8], id[COMMUNITY_ID_TEXT];

	if (!f->proto && !f->protocol && !x->known)
		return;
	object(w, "network");
	if (f->proto)
		some_member(w, "transport", word_transport(f->proto, buf));
	some_member(w, "protocol", f->protocol);
	if (e->has_address)
		some_member(w, "type", addr_is_v4(&e->address) ? "ipv4" : "ipv6");
	some_member(w, "direction", direction(f));
	if (x->known)
		some_member(w, "community_id",
			    community_id(&x->client, x->client_port, &x->server, x->server_port,
					 x->proto, id));
	jsonw_object_end(w);
}

static void paper(struct jsonw *w, const struct rule *u)
{
	struct out line = {0};

	if (u->paper && *u->paper) {
		out_puts(&line, u->paper);
		if (u->section && *u->section) {
			out_puts(&line, ", ");
			out_puts(&line, u->section);
		}
	}
	some_member(w, "reference", out_str(&line));
	w->o->failed |= line.failed;
	out_done(&line);
}

static void rule(struct jsonw *w, const struct rule *u)
{
	if (!u)
		return;
	object(w, "rule");
	some_member(w, "id", u->id);
	some_member(w, "name", u->title);
	some_member(w, "ruleset", u->pack);
	paper(w, u);
	jsonw_object_end(w);
}

/* Of what was tried; nobody knows of the rest. */
static const char *outcome(const struct finding *f)
{
	if (!f->has_state)
		return f->kind == KIND_MISSING ? "failure" : "unknown";
	switch (f->state) {
	case STATE_ESTABLISHED:
	case STATE_MID_STREAM:
		return "success";
	case STATE_HALF_OPEN:
	case STATE_REJECTED:
	case STATE_REFUSED:
	case STATE_NO_ANSWER:
		return "failure";
	default:
		return "unknown";
	}
}

/* The flow that the Community ID is of: a conversation has as many as client ports. */
static void example(struct jsonw *w, const struct example *x)
{
	char buf[ADDR_TEXT];

	if (!x->known)
		return;
	object(w, "community_id_of");
	some_member(w, "client", addr_format(&x->client, buf));
	uint_member(w, "client_port", x->client_port);
	some_member(w, "server", addr_format(&x->server, buf));
	uint_member(w, "server_port", x->server_port);
	jsonw_object_end(w);
}

static void own_members(struct events *e, const struct finding *f)
{
	struct jsonw *w = &e->w;
	struct out extract = {0};

	object(w, "spanaudit");
	some_member(w, "status", e->status);
	some_member(w, "kind", kind_name(f->kind));
	some_member(w, "severity", severity_name(f->severity));
	some_member(w, "state", f->has_state ? flow_state_name(f->state) : NULL);
	some_member(w, "interface", f->interface);
	some_member(w, "waiver", f->waiver);
	some_member(w, "do", f->advice);
	if (f->nearest && f->nearest != f->rule) {
		object(w, "nearest_rule");
		some_member(w, "id", f->nearest->id);
		some_member(w, "why_not", f->nearest_why_not);
		jsonw_object_end(w);
	}
	jsonw_name(w, "client");
	jsonw_object_flat(w);
	role_list(w, f->client.roles);
	some_member(w, "known_by", f->client.known_by);
	jsonw_object_end(w);
	jsonw_name(w, "server");
	jsonw_object_flat(w);
	role_list(w, f->server.roles);
	some_member(w, "known_by", f->server.known_by);
	jsonw_object_end(w);
	uint_member(w, "flows", f->flows);
	uint_member(w, "tries", f->tries);
	uint_member(w, "folded", f->folded);
	example(w, &f->example);
	word_extract(e->r, f, ' ', &extract);
	some_member(w, "extract", out_str(&extract));
	jsonw_object_end(w);
	w->o->failed |= extract.failed;
	out_done(&extract);
}

/* Of the flow that the Community ID is of; of many clients none is shown. */
static uint16_t client_port(const struct finding *f)
{
	const struct example *x = &f->example;

	return x->known && f->client.has_address && addr_equal(&x->client, &f->client.address)
		       ? x->client_port
		       : 0;
}

static void finding(struct events *e, const struct finding *f)
{
	/* For those who sort by a number: as syslog's and most rule sets', the worse the higher. */
	static const unsigned weight[SEV_N] = {[SEV_INFO] = 10,
					       [SEV_LOW] = 30,
					       [SEV_MEDIUM] = 50,
					       [SEV_HIGH] = 70,
					       [SEV_CRITICAL] = 90};
	struct jsonw *w = &e->w;
	int64_t at = f->last_ns != TIME_NONE ? f->last_ns : e->r->to_ns;

	begin(e, at, "alert", kind_name(f->kind), outcome(f));
	some_member(w, "id", f->id);
	one_of_list(w, "category", "network");
	one_of_list(w, "type", "connection");
	uint_member(w, "severity", weight[f->severity]);
	time_member(w, "start", f->first_ns);
	time_member(w, "end", f->last_ns);
	some_member(w, "reason", f->why);
	jsonw_object_end(w);
	some_member(w, "message", f->why);
	endpoint(w, "source", &f->client, client_port(f));
	endpoint(w, "destination", &f->server, f->port);
	network(w, f);
	rule(w, f->rule);
	own_members(e, f);
	end(e);
}

void report_live_event(const struct result *r, const struct finding *f, enum live_status status,
		       const char *version, struct out *o)
{
	const struct report_options opt = {.tool_version = version, .now_ns = TIME_NONE};
	struct events e = {.w = {.o = o}, .r = r, .opt = &opt, .status = live_status_name(status)};

	finding(&e, f);
}

void report_live_notice(const struct result *r, const struct live_notice *n, const char *version,
			struct out *o)
{
	const struct report_options opt = {.tool_version = version, .now_ns = TIME_NONE};
	struct events e = {.w = {.o = o}, .r = r, .opt = &opt};
	struct jsonw *w = &e.w;

	begin(&e, n->ns, "event", n->action, n->failed ? "failure" : "success");
	one_of_list(w, "category", strcmp(n->action, "policy") == 0 ? "configuration" : "host");
	one_of_list(w, "type", n->failed ? "error" : "change");
	jsonw_object_end(w);
	some_member(w, "message", n->text);
	end(&e);
}

/* --- the rest ----------------------------------------------------------------------------------
 */

static void rule_result(struct events *e, const struct rule_row *row)
{
	static const char *const outcomes[] = {[RULE_MET] = "success",
					       [RULE_VIOLATED] = "failure",
					       [RULE_UNUSED] = "unknown",
					       [RULE_NOT_JUDGED] = "unknown"};
	struct jsonw *w = &e->w;

	begin(e, e->r->to_ns, "event", "rule", outcomes[row->result]);
	one_of_list(w, "category", "network");
	one_of_list(w, "type", "info");
	some_member(w, "reason", row->reason);
	jsonw_object_end(w);
	rule(w, row->rule);
	object(w, "spanaudit");
	some_member(w, "result", word_rule_result(row->result));
	some_member(w, "group", row->rule->group);
	uint_member(w, "conversations", row->conversations);
	jsonw_object_end(w);
	end(e);
}

static void input(struct events *e, const struct result_input *in)
{
	struct jsonw *w = &e->w;

	if (!in->failed)
		return;
	begin(e, e->r->to_ns, "event", "input", "failure");
	one_of_list(w, "category", "file");
	one_of_list(w, "type", "error");
	some_member(w, "reason", in->caveat);
	jsonw_object_end(w);
	object(w, "file");
	some_member(w, "path", in->path);
	jsonw_object_end(w);
	end(e);
}

static void tallies(struct jsonw *w, const struct result *r)
{
	object(w, "findings");
	for (int s = SEV_N - 1; s >= 0; s--)
		uint_member(w, severity_name((enum severity)s), r->n_severity[s]);
	uint_member(w, "waived", r->n_waived);
	jsonw_object_end(w);
	object(w, "rules");
	uint_member(w, "met", r->n_rule_results[RULE_MET]);
	uint_member(w, "violated", r->n_rule_results[RULE_VIOLATED]);
	uint_member(w, "unused", r->n_rule_results[RULE_UNUSED]);
	uint_member(w, "not_judged", r->n_rule_results[RULE_NOT_JUDGED]);
	jsonw_object_end(w);
	object(w, "conversations");
	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		if (r->n_verdict[k])
			uint_member(w, kind_name((enum kind)k), r->n_verdict[k]);
	jsonw_object_end(w);
}

static void summary(struct events *e)
{
	static const char *const outcomes[] = {[RESULT_COMPLIANT] = "success",
					       [RESULT_FINDINGS] = "failure",
					       [RESULT_INCONCLUSIVE] = "unknown"};
	const struct result *r = e->r;
	struct jsonw *w = &e->w;

	begin(e, r->to_ns, "event", "summary", outcomes[r->verdict]);
	one_of_list(w, "category", "network");
	one_of_list(w, "type", "info");
	time_member(w, "start", r->from_ns);
	time_member(w, "end", r->to_ns);
	some_member(w, "reason", r->coverage.inconclusive_why);
	jsonw_object_end(w);
	some_member(w, "message", word_verdict_says(r));
	object(w, "spanaudit");
	some_member(w, "verdict", word_verdict(r->verdict));
	some_member(w, "only", e->opt->only);
	uint_member(w, "packets", r->coverage.packets);
	uint_member(w, "decoded", r->coverage.decoded);
	uint_member(w, "inputs", r->n_inputs);
	uint_member(w, "all_conversations", r->n_conversations);
	jsonw_name(w, "inconclusive");
	jsonw_bool(w, r->coverage.inconclusive);
	tallies(w, r);
	jsonw_object_end(w);
	end(e);
}

static int write_ndjson(const struct result *r, const struct report_options *opt, struct out *o)
{
	struct events e = {.w = {.o = o}, .r = r, .opt = opt};

	for (size_t i = 0; i < r->n_findings; i++)
		if (word_selected(&r->findings[i], opt))
			finding(&e, &r->findings[i]);
	for (size_t i = 0; i < r->n_rules; i++)
		rule_result(&e, &r->rules[i]);
	for (size_t i = 0; i < r->n_inputs; i++)
		input(&e, &r->inputs[i]);
	summary(&e);
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_ndjson = {
	.name = "ndjson",
	.suffix = ".ndjson",
	.mime = "application/x-ndjson",
	.help = "an event a line for log stores: ECS names, Community IDs",
	.write = write_ndjson,
};
