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
#include "report/summary.h"
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
	if (p->r->redacted)
		out_puts(&left, ", redacted");
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

static void read_what(void *user, const char *label, const char *line)
{
	const struct page *p = user;

	page_row(p, label, line);
}

enum { STEP = 12 }; /* column of its text */

static void first_step(const struct page *p, const struct word_steps *s, const struct finding *f)
{
	const char *severity = word_severity(f->severity);
	struct out line = {0};

	out_printf(p->o, "%u ", s->n);
	page_inked(p, severity_ink(f->severity), severity);
	out_pad(p->o, ' ', STEP - 2 - strlen(severity));
	out_printf(&line, "%s: ", kind_name(f->kind));
	word_step_who(s, f, " -> ", &line);
	out_wrapped(p->o, out_str(&line), p->width, STEP, STEP);
	out_reset(&line);
	if (f->advice) { /* whole: half of it can be the wrong thing to do */
		out_puts(&line, f->advice);
		out_char(&line, ' ');
	}
	out_char(&line, '[');
	word_step_ids(s, f, &line);
	out_char(&line, ']');
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
	struct word_steps steps = {.r = p->r, .opt = p->opt};
	const struct finding *f;
	char buf[NUMBER_TEXT];

	page_heading(p, "WHAT TO DO FIRST");
	while (steps.n < FIRST_FINDINGS && (f = word_step(&steps)) != NULL)
		first_step(p, &steps, f);
	if (!steps.n)
		nothing_first(p);
	if (word_steps_left(&steps))
		out_printf(p->o, "   and %s more under Findings\n",
			   number(word_steps_left(&steps), buf));
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
	struct page page = *p;

	page_trust(p);
	figures_of_coverage(&p->r->coverage, figure, &page);
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
	o->failed |= !summary_of(p->r, ",", read_what, &page);
	first_steps(p);
	text_since(p);
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
