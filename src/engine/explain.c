// SPDX-License-Identifier: BSD-2-Clause
/*
 * explain - which rule, why, why not: about a finding, or about a conversation that need not have
 * been seen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/question.h"
#include "recognise/recognise.h"
#include "recognise/rpc_iface.h"
#include "report/report.h"

static void end_line(struct out *o, const char *what, const struct question *q, int i)
{
	char buf[ADDR_TEXT];

	out_printf(o, "%s ", what);
	out_text_z(o, q->text[i]);
	if (q->has_addr[i] && strcmp(addr_format(&q->addr[i], buf), q->text[i]) != 0)
		out_printf(o, " (%s)", addr_format(&q->addr[i], buf));
	out_puts(o, ": ");
	roles_print(q->end[i].roles, o);
	if (q->guess[i]) {
		const bool said = strncmp(q->guess[i], "guess: ", 7) == 0;

		out_puts(o, said ? ", guessed: " : ", guessed by ");
		out_text_z(o, q->guess[i] + (said ? 7 : 0));
	} else if (q->end[i].host && q->end[i].host->file) {
		out_puts(o, ", by ");
		out_text_z(o, q->end[i].host->file);
		out_printf(o, ":%u", q->end[i].host->line);
	} else if (q->end[i].host) {
		out_puts(o, ", by --role");
	}
	out_char(o, '\n');
}

static void rule_lines(struct out *o, const struct rule *r, unsigned width)
{
	out_puts(o, "  ");
	out_text_z(o, r->id);
	out_puts(o, "  ");
	out_text_z(o, r->title);
	out_printf(o, "\n      %s, %s; if missing: %s\n      ", rule_need_words()[r->need],
		   rule_basis_words()[r->basis], rule_missing_words()[r->when_missing]);

	struct out source = {0};

	out_printf(&source, "%s, \"%s\"", r->paper, r->section);
	out_wrapped(o, out_str(&source), width, 6, 6);
	out_done(&source);
	if (r->why && *r->why) {
		out_puts(o, "      ");
		out_wrapped(o, r->why, width, 6, 6);
	}
}

static void seen_lines(struct out *o, const struct span_audit *a, const struct question *q)
{
	char c1[ADDR_TEXT], c2[ADDR_TEXT], span[TIME_SPAN_TEXT];
	size_t n = 0;

	if (!a->result)
		return;
	out_puts(o, "\nSeen in the capture:\n");
	for (size_t i = 0; i < a->n_convs; i++) {
		const struct conv *c = &a->convs[i];

		if (!question_matches(q, a, c))
			continue;
		if (n++ >= 20)
			continue;
		out_printf(o, "  %s -> %s  %s, %s, %llu flow%s, %s\n", addr_format(&c->client, c1),
			   addr_format(&c->server, c2),
			   kind_name((enum kind)a->result->verdict_of[i]),
			   flow_state_name(c->state), (unsigned long long)c->flows,
			   c->flows == 1 ? "" : "s",
			   time_span_human(c->first_ns, c->last_ns, site_tz(a->site), span));
	}
	if (n > 20)
		out_printf(o, "  and %zu more\n", n - 20);
	if (!n)
		out_puts(o, "  nothing\n");
}

static bool at_end(const struct question *q, int i, const struct span_audit *a,
		   const struct endpoint *e)
{
	const struct host *h =
		e->has_address ? inventory_find(a->site->inventory, &e->address) : NULL;

	if (q->end[i].host)
		return h == q->end[i].host;
	if (q->has_addr[i])
		return e->has_address && addr_equal(&e->address, &q->addr[i]);
	return e->roles & q->end[i].roles;
}

/* Who was told of this port, and who used it. */
static void rpc_lines(struct out *o, const struct span_audit *a, const struct question *q,
		      unsigned width)
{
	const struct result *r = a->result;
	char c[ADDR_TEXT], s[ADDR_TEXT], when[TIME_TEXT], uuid[RPC_UUID_TEXT];
	size_t n = 0;

	for (size_t i = 0; r && i < r->n_rpc; i++) {
		const struct rpc_row *row = &r->rpc[i];

		if (row->port != q->port || row->proto != q->proto ||
		    !at_end(q, 0, a, &row->client) || !at_end(q, 1, a, &row->server))
			continue;
		if (!n)
			out_puts(o, "\nDynamic RPC in the capture:\n");
		if (n++ >= 20)
			continue;
		out_puts(o, "  ");
		out_text_z(o, row->client.network ? row->client.network
						  : addr_format(&row->client.address, c));
		out_printf(o, row->has_state ? " -> %s" : " was told of %s",
			   addr_format(&row->server.address, s));
		for (unsigned k = 0; k < row->n_iface; k++) {
			const struct rpc_iface_row *f = rpc_iface_find(row->iface[k].uuid);

			out_printf(o, "%s%s", k ? ", " : "  ",
				   f ? f->name : rpc_uuid_format(row->iface[k].uuid, uuid));
		}
		out_char(o, '\n');
		if (row->how)
			out_printf(o, "      %s: packet %u, %s\n", row->how, row->granted_by.number,
				   time_human_tz(row->granted_by.ts_ns, site_tz(a->site), when));
		if (row->why) {
			out_puts(o, "      ");
			out_wrapped(o, row->why, width, 6, 6);
		}
	}
	if (n > 20)
		out_printf(o, "  and %zu more\n", n - 20);
}

/* A dynamic port means nothing without what was seen of it. */
static bool seen_otherwise(const struct span_audit *a, const struct question *q, enum kind verdict)
{
	for (size_t i = 0; a->result && i < a->n_convs; i++)
		if (question_matches(q, a, &a->convs[i]) && a->result->verdict_of[i] != verdict)
			return true;
	return false;
}

static void explain_question(struct out *o, const struct span_audit *a, const struct question *q,
			     unsigned width)
{
	const struct rule *const *rules;
	struct judge_question jq = {
		.client = q->end[0],
		.server = q->end[1],
		.client_addr = q->addr[0],
		.server_addr = q->addr[1],
		.proto = q->proto,
		.port = q->port,
		.app = APP_NONE,
		.state = STATE_ESTABLISHED,
	};
	struct judge_answer answer;
	size_t n = matrix_allowing(a->matrix, &q->end[0], &q->end[1], q->proto, q->port, &rules);

	judge_one(a->site, a->matrix, &jq, &answer);
	out_text_z(o, q->text[0]);
	out_puts(o, " -> ");
	out_text_z(o, q->text[1]);
	out_printf(o, " %u/%s: %s\n", q->port, q->proto == IPPROTO_NR_TCP ? "tcp" : "udp",
		   kind_name(answer.verdict));
	out_puts(o, "  ");
	out_wrapped(o, kind_row(answer.verdict)->meaning, width, 2, 2);
	if (answer.verdict == KIND_RPC_UNEXPLAINED && seen_otherwise(a, q, answer.verdict)) {
		out_puts(o, "  ");
		out_wrapped(o,
			    "That is the port by itself. The capture shows more of it: see below, "
			    "\"Seen in the capture\".",
			    width, 2, 2);
	}
	out_char(o, '\n');
	end_line(o, "Client", q, 0);
	end_line(o, "Server", q, 1);
	if (n) {
		out_printf(o, "\nRule%s that allow%s it:\n", n == 1 ? "" : "s", n == 1 ? "s" : "");
		for (size_t i = 0; i < n; i++)
			rule_lines(o, rules[i], width);
		for (size_t i = 0; i < n; i++) {
			const char *why = NULL;

			if (rule_demanded(a->matrix, rules[i], &why) || !why)
				continue;
			out_printf(o, "  %s is not demanded here: %s\n", rules[i]->id, why);
		}
	} else if (answer.nearest) {
		out_puts(o, "\nNo rule allows it. Nearest:\n");
		rule_lines(o, answer.nearest, width);
		if (answer.why_not) {
			out_puts(o, "      does not match: ");
			out_wrapped(o, answer.why_not, width, 22, 6);
		}
	} else {
		out_puts(o, "\nNo rule allows it, and none is near.\n");
	}
	seen_lines(o, a, q);
	rpc_lines(o, a, q, width);
}

/* Lines of YAML, so many columns to the right. */
static void yaml_lines(struct out *o, const char *z, size_t indent)
{
	while (*z) {
		size_t n = strcspn(z, "\n");

		out_pad(o, ' ', indent);
		out_text(o, z, n);
		out_char(o, '\n');
		z += n + (z[n] == '\n');
	}
}

/* What documents it. */
static void document_lines(struct out *o, const struct finding *f, unsigned width)
{
	if (!f->suggest || f->waiver)
		return;
	out_char(o, '\n');
	if (strcmp(f->suggest_in, "pack") == 0) {
		out_wrapped(o,
			    "If it is meant, a rule documents it, for all hosts of these roles. In "
			    "a pack of your own, which the site file names under rules beside the "
			    "others (check it with `spanaudit rules lint local.yaml`):",
			    width, 0, 0);
		out_puts(o, "spanaudit: rules/1\n"
			    "name: local\n"
			    "sources:\n"
			    "  local: {title: \"Decisions of this site\"}\n"
			    "rules:\n");
		yaml_lines(o, f->suggest, 2);
		return;
	}
	out_puts(o, "If it is meant, a line in the site file documents it");
	if (f->suggest_under)
		out_printf(o, ", under %s", f->suggest_under);
	out_puts(o, ":\n");
	yaml_lines(o, f->suggest, f->suggest_under ? 2 : 0);
}

static int complain(struct out *o, FILE *err, const char *what, const char *why)
{
	out_reset(o);
	out_puts(o, "spanaudit: cannot explain '");
	out_text_z(o, what);
	out_puts(o, "': ");
	out_puts(o, why);
	out_char(o, '\n');
	engine_put(o, err);
	return SPAN_USAGE;
}

int span_audit_explain(struct span_audit *a, const char *what, unsigned width, FILE *f, FILE *err)
{
	struct question q = {0};
	struct out o = {0};
	const char *bad;
	int r = engine_prepare(a);

	if (r)
		return r;
	if (!width)
		width = 80;
	if (!strncmp(what, "F-", 2) && a->result) {
		size_t n;
		const struct finding *found = question_finding(a->result, what, &n);

		if (n == 1) {
			report_finding(a->result, found, width, &o);
			if (found->rule) {
				out_puts(&o, "\nThe rule:\n");
				rule_lines(&o, found->rule, width);
			}
			document_lines(&o, found, width);
			engine_suggest_waiver(a, found, &o);
		} else {
			r = complain(
				&o, err, what,
				n ? "several findings begin like this; give more of the id"
				  : "these captures give no such finding; the audit of them lists "
				    "the ids");
		}
	} else if (!strncmp(what, "F-", 2)) {
		r = complain(&o, err, what, "name the capture files that the finding came from");
	} else {
		bad = question_parse(a, what, &q);
		if (bad)
			r = complain(&o, err, what, bad);
		else
			explain_question(&o, a, &q, width);
	}
	if (r == 0)
		r = engine_put(&o, f);
	out_done(&o);
	return r;
}
