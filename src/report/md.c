// SPDX-License-Identifier: BSD-2-Clause
/*
 * md - a summary in Markdown, for tickets and mail: the verdict, whether to trust it, what to do
 * first, and a table of findings. CommonMark, with the tables of GitHub's.
 *
 * Where a ticket is read, a name can be more than text: it can become a link, an image, a mention
 * that mails somebody; see md_text.h.
 */
#include <errno.h>

#include "report/md_text.h"
#include "report/numbers.h"
#include "report/summary.h"
#include "report/words.h"

enum { FIRST_FINDINGS = 5, TABLE_ROWS = 200 };

struct page {
	struct out *o;
	const struct result *r;
	const struct report_options *opt;
};

/* Foreign text; a line end in it becomes visible. */
static void put(struct out *o, enum md_place where, const char *z)
{
	struct out safe = {0};

	out_text_z(&safe, z ? z : "");
	md_text(o, where, out_str(&safe));
	o->failed |= safe.failed;
	out_done(&safe);
}

static void foreign(struct out *o, const char *z)
{
	put(o, MD_LINE, z);
}

static void cell(struct out *o, const char *z)
{
	put(o, MD_CELL, z);
}

/* A beginning that would make a list, a heading or a rule of a line is none behind our own words;
 * every line here begins with such. */

static void line(void *user, const char *label, const char *text)
{
	const struct page *p = user;

	out_printf(p->o, "- **%s:** ", label);
	md_text(p->o, MD_LINE, text);
	out_char(p->o, '\n');
}

static void heading(const struct page *p)
{
	static const char *const words[] = {
		[RESULT_COMPLIANT] = "\xe2\x9c\x94 COMPLIANT",
		[RESULT_FINDINGS] = "\xe2\x9c\x96 NOT COMPLIANT",
		[RESULT_INCONCLUSIVE] = "? INCONCLUSIVE",
	};
	const struct result *r = p->r;

	out_printf(p->o, "# %s: Dynamics CRM network audit", words[r->verdict]);
	if (r->site && r->site->name && *r->site->name) {
		out_puts(p->o, " of ");
		foreign(p->o, r->site->name);
	}
	out_puts(p->o, "\n\n");
	out_puts(p->o, word_verdict_says(r));
	if (r->verdict == RESULT_INCONCLUSIVE && r->coverage.inconclusive_why) {
		out_puts(p->o, " Because: ");
		foreign(p->o, r->coverage.inconclusive_why);
	}
	out_puts(p->o, "\n\n");
}

static void severities(const struct page *p)
{
	char buf[NUMBER_TEXT];
	bool some = false;

	out_puts(p->o, "- **Findings:** ");
	for (int s = SEV_N - 1; s >= 0; s--) {
		if (!p->r->n_severity[s])
			continue;
		out_printf(p->o, "%s%s %s", some ? ", " : "", number(p->r->n_severity[s], buf),
			   severity_name((enum severity)s));
		some = true;
	}
	if (p->r->n_waived)
		out_printf(p->o, "%s%s waived", some ? ", " : "", number(p->r->n_waived, buf));
	if (!some && !p->r->n_waived)
		out_puts(p->o, "none");
	out_char(p->o, '\n');
}

static void trust(const struct page *p)
{
	const struct coverage *c = &p->r->coverage;

	out_puts(p->o, "\n## Can you trust this report?\n\n");
	out_puts(p->o, word_trust(c));
	out_puts(p->o, c->n_caveats || c->inconclusive ? "\n\n" : "\n");
	if (c->inconclusive && c->inconclusive_why) {
		out_puts(p->o, "- **Inconclusive:** ");
		foreign(p->o, c->inconclusive_why);
		out_char(p->o, '\n');
	}
	for (size_t i = 0; i < c->n_caveats; i++) {
		if (!word_is_news(c, i))
			continue;
		out_puts(p->o, "- Note: ");
		foreign(p->o, c->caveats[i]);
		out_char(p->o, '\n');
	}
}

static void conversation(const struct page *p, enum md_place where, const struct finding *f)
{
	struct out words = {0};

	word_conversation(f, &words);
	md_text(p->o, where, out_str(&words));
	p->o->failed |= words.failed;
	out_done(&words);
}

static void first_steps(const struct page *p)
{
	struct word_steps steps = {.r = p->r, .opt = p->opt};
	const struct finding *f;
	struct out words = {0};

	out_puts(p->o, "\n## What to do first\n\n");
	while (steps.n < FIRST_FINDINGS && (f = word_step(&steps)) != NULL) {
		out_printf(p->o, "%u. **%s** %s: ", steps.n, word_severity(f->severity),
			   kind_name(f->kind));
		out_reset(&words);
		word_step_who(&steps, f, " -> ", &words);
		md_text(p->o, MD_LINE, out_str(&words));
		out_puts(p->o, ". ");
		md_lines(p->o, f->advice ? f->advice : "");
		out_reset(&words);
		word_step_ids(&steps, f, &words);
		out_printf(p->o, " (%s)\n", out_str(&words));
	}
	if (!steps.n)
		out_puts(p->o, "No finding asks for action.\n");
	p->o->failed |= words.failed;
	out_done(&words);
}

static void row(const struct page *p, const struct finding *f)
{
	char when[TIME_TEXT];

	out_printf(p->o, "| %s | %s | %s | ", f->id, word_severity(f->severity),
		   kind_name(f->kind));
	conversation(p, MD_CELL, f);
	out_printf(p->o, " | %s | ",
		   f->last_ns == TIME_NONE ? "never"
					   : time_human_tz(f->last_ns, site_tz(p->r->site), when));
	cell(p->o, f->rule ? f->rule->id : "-");
	out_puts(p->o, " | ");
	if (f->waiver) {
		out_puts(p->o, "waived by ");
		cell(p->o, f->waiver);
	}
	out_puts(p->o, " |\n");
}

static void table(const struct page *p)
{
	size_t shown = 0, all = 0;
	char buf[NUMBER_TEXT];

	out_printf(p->o, "\n## Findings (%s)\n\n", number(word_all_findings(p->r), buf));
	for (size_t i = 0; i < p->r->n_findings; i++) {
		if (!word_selected(&p->r->findings[i], p->opt))
			continue;
		all++;
		if (shown == TABLE_ROWS)
			continue;
		if (!shown++)
			out_puts(p->o,
				 "| Id | Severity | Kind | Who | Last seen | Rule | Waiver |\n"
				 "| --- | --- | --- | --- | --- | --- | --- |\n");
		row(p, &p->r->findings[i]);
	}
	if (!all)
		out_puts(p->o, "none\n");
	if (all > shown)
		out_printf(p->o, "\nand %s more, the less severe ones.\n",
			   number(all - shown, buf));
	if (p->opt->only)
		out_printf(p->o, "\nOnly findings of kind %s are listed.\n", p->opt->only);
}

static void inputs(const struct page *p)
{
	out_puts(p->o, "\n## Inputs\n\n");
	for (size_t i = 0; i < p->r->n_inputs; i++) {
		const struct result_input *in = &p->r->inputs[i];

		out_puts(p->o, "- File ");
		foreign(p->o, in->path);
		if (in->failed)
			out_puts(p->o, ", **not read**");
		if (in->sha256) {
			out_puts(p->o, ", SHA-256 ");
			foreign(p->o, in->sha256);
		}
		out_char(p->o, '\n');
	}
}

static int write_md(const struct result *r, const struct report_options *opt, struct out *o)
{
	struct page p = {.o = o, .r = r, .opt = opt};
	char when[TIME_TEXT];

	heading(&p);
	severities(&p);
	if (!summary_of(r, ",", line, &p))
		return -ENOMEM;
	first_steps(&p);
	trust(&p);
	table(&p);
	inputs(&p);
	out_puts(o, "\nMade by spanaudit ");
	foreign(o, opt->tool_version);
	if (opt->now_ns != TIME_NONE)
		out_printf(o, " at %s", time_human_tz(opt->now_ns, site_tz(r->site), when));
	out_puts(o, ".\n");
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_md = {
	.name = "md",
	.suffix = ".md",
	.mime = "text/markdown",
	.help = "a summary in Markdown, for tickets and mail",
	.write = write_md,
};
