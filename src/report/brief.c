// SPDX-License-Identifier: BSD-2-Clause
/*
 * brief - a page of text for a mail: what it came to, what is new, what is gone, and whether to
 * believe it. What has been known for long is counted; the report has it.
 */
#include <errno.h>
#include <string.h>

#include "report/summary.h"
#include "report/text_page.h"

enum { LISTED = 20, INDENT = 10 };

static void heading(const struct page *p)
{
	static const char *const words[] = {
		[RESULT_COMPLIANT] = "[OK] COMPLIANT",
		[RESULT_FINDINGS] = "[X] NOT COMPLIANT",
		[RESULT_INCONCLUSIVE] = "[?] INCONCLUSIVE",
	};
	const struct result *r = p->r;
	char when[TIME_TEXT], buf[NUMBER_TEXT];
	bool some = false;

	out_puts(p->o, words[r->verdict]);
	if (r->site && r->site->name && *r->site->name) {
		out_puts(p->o, "  ");
		out_text_z(p->o, r->site->name);
	}
	if (r->asked.day)
		out_printf(p->o, "  %.10s",
			   time_human_tz(r->asked.from_ns, site_tz(r->site), when));
	out_puts(p->o, ": ");
	for (int s = SEV_N - 1; s >= 0; s--) {
		if (!r->n_severity[s])
			continue;
		out_printf(p->o, "%s%s %s", some ? ", " : "", number(r->n_severity[s], buf),
			   severity_name((enum severity)s));
		some = true;
	}
	out_puts(p->o, some ? "\n" : "no findings\n");
	page_text(p, 0, word_verdict_says(r));
	if (r->verdict == RESULT_INCONCLUSIVE && r->coverage.inconclusive_why)
		page_row(p, "Because", r->coverage.inconclusive_why);
	out_char(p->o, '\n');
}

static void row(void *user, const char *label, const char *text)
{
	page_row(user, label, text);
}

static void one(const struct page *p, const struct word_steps *s, const struct finding *f)
{
	struct out words = {0};

	out_printf(p->o, "%s", word_severity(f->severity));
	out_pad(p->o, ' ', INDENT - strlen(word_severity(f->severity)));
	out_printf(&words, "%s: ", kind_name(f->kind));
	word_step_who(s, f, " -> ", &words);
	out_puts(&words, " [");
	word_step_ids(s, f, &words);
	out_char(&words, ']');
	out_wrapped(p->o, out_str(&words), p->width, INDENT, INDENT);
	if (f->advice)
		page_text(p, INDENT, f->advice);
	p->o->failed |= words.failed;
	out_done(&words);
}

/* Where nothing older is there to compare with, all that asks for something is news. */
static void news(const struct page *p)
{
	struct word_steps steps = {.r = p->r, .opt = p->opt, .news = true};
	const struct finding *f;
	char buf[NUMBER_TEXT];
	uint64_t left, known = 0;

	page_heading(p, p->r->since.report ? "NEW, OR WORSE THAN IT WAS" : "WHAT TO DO FIRST");
	while ((f = word_step(&steps)) != NULL)
		one(p, &steps, f);
	for (size_t i = 0; i < p->r->n_findings; i++) {
		f = &p->r->findings[i];
		known += word_asks(f) && word_selected(f, p->opt) && !word_is_among(&steps, f);
	}
	left = word_steps_left(&steps);
	if (!steps.n)
		out_puts(p->o, "nothing\n");
	if (left)
		out_printf(p->o, "and %s more in the report\n", number(left, buf));
	if (known)
		out_printf(p->o, "%s known for longer: in the report\n", number(known, buf));
}

static void one_gone(const struct page *p, const struct since_row *row)
{
	struct out words = {0};

	out_printf(&words, "%s: ", kind_name(row->kind));
	out_text_z(&words, row->who);
	out_puts(&words, " [");
	out_text_z(&words, row->id);
	out_char(&words, ']');
	page_item(p, out_str(&words));
	p->o->failed |= words.failed;
	out_done(&words);
}

static void gone(const struct page *p)
{
	const struct since *s = &p->r->since;
	char buf[COUNTED_TEXT];
	uint64_t n = 0;

	if (!s->n_rows)
		return;
	page_heading(p, "GONE");
	for (size_t i = 0; i < s->n_rows; i++)
		if (!s->rows[i].reason && s->rows[i].severity > SEV_INFO && ++n <= LISTED)
			one_gone(p, &s->rows[i]);
	if (!n)
		out_puts(p->o, "nothing\n");
	if (n > LISTED)
		out_printf(p->o, "and %s more in the report\n", number(n - LISTED, buf));
	if (s->n_unseen)
		out_printf(p->o, "%s not seen, which does not show that it ended: in the report\n",
			   counted(s->n_unseen, "more was", "more were", buf));
}

static void trust(const struct page *p)
{
	page_trust(p);
	for (size_t i = 0; i < p->r->since.n_notes; i++)
		page_item(p, p->r->since.notes[i]);
}

static int write_brief(const struct result *r, const struct report_options *opt, struct out *o)
{
	struct report_options plain = *opt;
	struct page page = {.o = o, .r = r, .opt = &plain, .width = 76};

	plain.colour = false; /* a mail shows none */
	heading(&page);
	o->failed |= !summary_of(r, ",", row, &page);
	news(&page);
	gone(&page);
	trust(&page);
	return out_failed(o) ? -ENOMEM : 0;
}

const struct report_format report_brief = {
	.name = "brief",
	.suffix = ".brief",
	.mime = "text/plain",
	.help = "a page for a mail: what is new and what is gone",
	.write = write_brief,
};
