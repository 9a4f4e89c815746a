// SPDX-License-Identifier: BSD-2-Clause
/*
 * text - the report for people, 80 to 120 columns.
 *
 * The first screen decides: the verdict, what was looked at, what to do first, and whether to
 * believe it. Details follow in the order in which one would ask for them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report/figures.h"
#include "report/text_page.h"

enum { FIRST_FINDINGS = 5 };

static void title(const struct page *p)
{
	const struct site *s = p->r->site;
	struct out left = {0}, right = {0};

	out_puts(&left, "spanaudit");
	if (p->opt->tool_version) {
		out_char(&left, ' ');
		out_text_z(&left, p->opt->tool_version);
	}
	out_puts(&left, " - Dynamics CRM network audit");
	if (s && s->name && *s->name) {
		out_puts(&right, "site ");
		out_text_z(&right, s->name);
	} else if (!s || !s->path) {
		out_puts(&right, "no site file");
	}

	size_t used = out_columns(out_str(&left), left.n) + out_columns(out_str(&right), right.n);

	page_inked(p, INK_BOLD, out_str(&left));
	if (right.n) {
		if (used + 2 <= p->width)
			out_pad(p->o, ' ', p->width - used);
		else
			out_char(p->o, '\n');
		out_puts(p->o, out_str(&right));
	}
	out_char(p->o, '\n');
	p->o->failed |= left.failed || right.failed;
	out_done(&left);
	out_done(&right);
}

/* "2 high, 1 low" */
static void severities(const struct page *p, struct out *o)
{
	char buf[NUMBER_TEXT];
	bool some = false;

	for (int s = SEV_N - 1; s >= 0; s--) {
		if (!p->r->n_severity[s])
			continue;
		out_printf(o, "%s%s %s", some ? ", " : "", number(p->r->n_severity[s], buf),
			   severity_name((enum severity)s));
		some = true;
	}
	if (p->r->n_waived)
		out_printf(o, "%s%s waived", some ? ", " : "", number(p->r->n_waived, buf));
	if (!some && !p->r->n_waived)
		out_puts(o, "no findings");
}

static void verdict(const struct page *p)
{
	static const enum ink inks[] = {
		[RESULT_COMPLIANT] = INK_GOOD,
		[RESULT_FINDINGS] = INK_BAD,
		[RESULT_INCONCLUSIVE] = INK_WARN,
	};
	static const char *const signs[] = {
		[RESULT_COMPLIANT] = "[OK] COMPLIANT",
		[RESULT_FINDINGS] = "[X] NOT COMPLIANT",
		[RESULT_INCONCLUSIVE] = "[?] INCONCLUSIVE",
	};
	const struct coverage *c = &p->r->coverage;

	out_char(p->o, '\n');
	page_inked(p, inks[p->r->verdict], signs[p->r->verdict]);
	out_puts(p->o, "   ");
	severities(p, p->o);
	out_char(p->o, '\n');
	page_text(p, 0, word_verdict_says(p->r));
	if (p->r->verdict == RESULT_INCONCLUSIVE && c->inconclusive_why)
		page_row(p, "Because", c->inconclusive_why);
	out_char(p->o, '\n');
}

static uint64_t failed_inputs(const struct result *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->n_inputs; i++)
		n += r->inputs[i].failed;
	return n;
}

static void rpc_summary(const struct result *r, struct out *o)
{
	struct rpc_figures n;
	char buf[64];

	if (!r->n_rpc) {
		out_puts(o, "none seen");
		return;
	}
	word_rpc_figures(r, &n);
	out_printf(
		o, "%s on high ports: ",
		counted(n.mapped + n.bound + n.unexplained, "conversation", "conversations", buf));
	out_printf(o, "%s explained", number(n.mapped + n.bound, buf));
	if (n.mapped + n.bound) {
		out_printf(o, " (%s by the answer that grants the port, ", number(n.mapped, buf));
		out_printf(o, "%s by their own bind)", number(n.bound, buf));
	}
	out_printf(o, ", %s unexplained", number(n.unexplained, buf));
	if (n.unused)
		out_printf(o, "; %s granted and never used",
			   counted(n.unused, "port", "ports", buf));
}

/* "2 active, 1 expiring, 1 expired, 1 covering nothing; 3 findings waived" */
static void waiver_summary(const struct result *r, struct out *o)
{
	uint64_t n[WAIVER_EXPIRED + 1] = {0}, idle = 0;
	char buf[64];

	if (!r->n_waivers) {
		out_puts(o, "none in the files given");
		return;
	}
	for (size_t i = 0; i < r->n_waivers; i++) {
		n[r->waivers[i].state]++;
		idle += !r->waivers[i].findings;
	}
	out_printf(o, "%s active", number(n[WAIVER_ACTIVE] + n[WAIVER_EXPIRING], buf));
	if (n[WAIVER_EXPIRING])
		out_printf(o, " (%s within %d days of its end)", number(n[WAIVER_EXPIRING], buf),
			   WAIVER_SOON_DAYS);
	out_printf(o, ", %s expired", number(n[WAIVER_EXPIRED], buf));
	out_printf(o, ", %s covering nothing; ", number(idle, buf));
	out_printf(o, "%s waived", counted(r->n_waived, "finding", "findings", buf));
}

static void read_what(const struct page *p)
{
	const struct result *r = p->r;
	struct out line = {0};
	char a[64], b[64], span[TIME_SPAN_TEXT];
	uint64_t failed = failed_inputs(r);

	out_printf(&line, "%s in %s", counted(r->coverage.packets, "packet", "packets", a),
		   counted(r->n_inputs, "input", "inputs", b));
	if (failed)
		out_printf(&line, ", %s NOT READ (see Inputs)", number(failed, a));
	page_row(p, "Read", out_str(&line));
	out_reset(&line);

	if (r->from_ns == TIME_NONE)
		out_puts(&line, "no packet has a time: nothing was observed");
	else
		out_printf(&line, "%s, %s observed",
			   time_span_human(r->from_ns, r->to_ns, site_tz(r->site), span),
			   duration_human(r->observed_ns, a));
	page_row(p, "Window", out_str(&line));
	out_reset(&line);

	out_printf(&line, "%s", counted(r->n_rules, "rule", "rules", a));
	for (size_t i = 0; r->matrix && i < matrix_n_packs(r->matrix); i++) {
		const struct pack_info *k = matrix_pack(r->matrix, i);

		out_puts(&line, i ? ", " : " of ");
		out_text_z(&line, k->name);
		if (k->revision && *k->revision) {
			out_puts(&line, " (");
			out_text_z(&line, k->revision);
			out_char(&line, ')');
		}
	}
	out_printf(&line, ": %s met", number(r->n_rule_results[RULE_MET], a));
	out_printf(&line, ", %s violated", number(r->n_rule_results[RULE_VIOLATED], a));
	out_printf(&line, ", %s unused", number(r->n_rule_results[RULE_UNUSED], a));
	out_printf(&line, ", %s not judged", number(r->n_rule_results[RULE_NOT_JUDGED], a));
	page_row(p, "Rules", out_str(&line));
	out_reset(&line);

	uint64_t fine = r->n_verdict[KIND_DOCUMENTED] + r->n_verdict[KIND_DOCUMENTED_DYNAMIC] +
			r->n_verdict[KIND_TOLERATED];

	out_printf(&line, "%s: ", counted(r->n_conversations, "conversation", "conversations", a));
	out_printf(&line, "%s as documented or tolerated, ", number(fine, a));
	out_printf(&line, "%s out of scope, ", number(r->n_verdict[KIND_OUT_OF_SCOPE], a));

	uint64_t rest = 0;

	for (unsigned k = 0; k <= KIND_LAST_VERDICT; k++)
		rest += r->n_verdict[k];
	rest -= fine + r->n_verdict[KIND_OUT_OF_SCOPE] + r->n_scan;
	out_printf(&line, "%s to look at", number(rest, a));
	if (r->n_scan)
		out_printf(&line, ", %s",
			   counted(r->n_scan, "attempt of a scan", "attempts of scans", a));
	page_row(p, "Traffic", out_str(&line));
	out_reset(&line);

	rpc_summary(r, &line);
	page_row(p, "Dynamic RPC", out_str(&line));
	out_reset(&line);

	if (r->has_waivers) {
		waiver_summary(r, &line);
		page_row(p, "Waivers", out_str(&line));
		out_reset(&line);
	}

	const struct coverage *c = &r->coverage;

	out_printf(&line, "%s dropped by the capturing computer, ", number(c->kernel_drops, a));
	out_printf(&line, "%s by its network card, ", number(c->interface_drops, a));
	out_printf(&line, "%s of TCP data never seen, ",
		   percent(c->tcp_unseen_bytes, c->tcp_unseen_bytes + c->tcp_bytes, a));
	out_printf(&line, "%s skipped, ", counted(c->packets - c->decoded, "packet", "packets", a));
	out_printf(&line, "%s given up for want of memory",
		   counted(c->evicted, "flow", "flows", a));
	page_row(p, "Lost", out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

enum { STEP = 12 }; /* column of its text */

static void first_step(const struct page *p, const struct finding *f, unsigned i)
{
	const char *severity = word_severity(f->severity);
	struct out line = {0};

	out_printf(p->o, "%u ", i);
	page_inked(p, severity_ink(f->severity), severity);
	out_pad(p->o, ' ', STEP - 2 - strlen(severity));
	out_printf(&line, "%s: ", kind_name(f->kind));
	word_conversation(f, &line);
	out_wrapped(p->o, out_str(&line), p->width, STEP, STEP);
	out_reset(&line);
	if (f->advice) { /* its first sentence; the rest stands with the finding */
		const char *stop = strstr(f->advice, ". ");

		out_bytes(&line, f->advice,
			  stop ? (size_t)(stop - f->advice) + 1 : strlen(f->advice));
		out_char(&line, ' ');
	}
	out_printf(&line, "[%s]", f->id);
	page_text(p, STEP, out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

static void nothing_first(const struct page *p)
{
	const struct coverage *c = &p->r->coverage;

	if (p->opt->only) {
		page_text(p, 0, "Nothing of this kind asks for action.");
	} else if (p->r->verdict == RESULT_INCONCLUSIVE) {
		page_text(p, 0, "No finding asks for action. Before this is settled, none can:");
		page_item(p, c->inconclusive_why ? c->inconclusive_why : "see the caveats below");
	} else {
		page_text(p, 0, "Nothing: no finding asks for action.");
	}
}

static void first_steps(const struct page *p)
{
	unsigned shown = 0;
	uint64_t more = 0;

	page_heading(p, "WHAT TO DO FIRST");
	for (size_t i = 0; i < p->r->n_findings; i++) {
		const struct finding *f = &p->r->findings[i];

		if (!word_asks(f) || !word_selected(f, p->opt))
			continue;
		if (shown == FIRST_FINDINGS) {
			more++;
			continue;
		}
		shown++;
		first_step(p, f, shown);
	}
	if (!shown)
		nothing_first(p);
	if (more) {
		char buf[NUMBER_TEXT];

		out_printf(p->o, "   and %s more under Findings\n", number(more, buf));
	}
}

static void figure(void *user, const struct figure *f)
{
	const struct page *p = user;
	char buf[NUMBER_TEXT];

	out_printf(p->o, "%15s  ",
		   f->is_share ? percent(f->part, f->whole, buf) : number(f->part, buf));
	out_wrapped(p->o, f->meaning, p->width, 17, 17);
}

static void trust(const struct page *p)
{
	const struct coverage *c = &p->r->coverage;
	struct page page = *p;

	page_heading(p, "CAN YOU TRUST THIS REPORT?");
	page_text(p, 0, word_trust(c));
	if (c->inconclusive && c->inconclusive_why)
		page_item(p, c->inconclusive_why);
	for (size_t i = 0; i < c->n_caveats; i++)
		if (word_is_news(c, i))
			page_item(p, c->caveats[i]);
	figures_of_coverage(c, figure, &page);
}

static void hints(const struct page *p)
{
	page_heading(p, "MORE");
	out_puts(p->o, "one finding in full     spanaudit explain F-... FILE\n"
		       "every conversation      spanaudit flows FILE\n"
		       "what the words mean     spanaudit help kinds, spanaudit help roles\n"
		       "for programs            spanaudit audit --format json FILE\n");
}

static int write_text(const struct result *r, const struct report_options *opt, struct out *o)
{
	unsigned width = opt->width ? opt->width : 80;
	struct page page = {
		.o = o,
		.r = r,
		.opt = opt,
		.width = width < 80    ? 80
			 : width > 120 ? 120
				       : width,
	};
	const struct page *p = &page;

	title(p);
	verdict(p);
	read_what(p);
	first_steps(p);
	trust(p);
	text_findings(p);
	text_waivers(p);
	text_rpc(p);
	text_rules(p);
	text_conversations(p);
	text_hosts(p);
	text_inputs(p);
	hints(p);
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_text = {
	.name = "text",
	.suffix = ".txt",
	.mime = "text/plain",
	.help = "a report for people, 80 columns",
	.write = write_text,
};
