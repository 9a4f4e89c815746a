// SPDX-License-Identifier: BSD-2-Clause
/* html_verdict - the first screen: what it came to, what to do first, whether to believe it. */
#include <string.h>

#include "report/figures.h"
#include "report/html_page.h"

enum { FIRST_FINDINGS = 5 };

/* --- the verdict ------------------------------------------------------------------------------ */

static void tile(struct html *h, const char *class_name, uint64_t n, const char *word)
{
	out_printf(h->o, "<li class=%s><b>", class_name);
	h_number(h, n);
	out_printf(h->o, "</b> %s</li>\n", word);
}

static void tiles(struct html *h)
{
	bool some = false;

	h_put(h, "<ul class=tiles aria-label=\"Findings by severity\">\n");
	for (int s = SEV_N - 1; s >= 0; s--) {
		if (!h->r->n_severity[s])
			continue;
		tile(h, h_severity_class((enum severity)s), h->r->n_severity[s],
		     severity_name((enum severity)s));
		some = true;
	}
	if (h->r->n_waived)
		tile(h, "sw", h->r->n_waived, "waived");
	if (!some && !h->r->n_waived)
		h_put(h, "<li class=none>no findings</li>\n");
	h_put(h, "</ul>\n");
}

/* The rules as one bar; its legend says the same in words. */
static void rules_bar(struct html *h)
{
	static const struct {
		enum rule_result result;
		const char *class_name, *word;
	} parts[] = {
		{RULE_MET, "met", "met"},
		{RULE_VIOLATED, "violated", "violated"},
		{RULE_UNUSED, "unused", "unused"},
		{RULE_NOT_JUDGED, "notjudged", "not judged"},
	};
	const uint64_t *n = h->r->n_rule_results;
	uint64_t all = n[0] + n[1] + n[2] + n[3], before = 0;

	if (!all)
		return;
	h_put(h, "<div class=rulebar>\n<svg viewBox=\"0 0 1000 12\" preserveAspectRatio=none "
		 "aria-hidden=true>");
	for (size_t i = 0; i < N_ELEMENTS(parts); i++) {
		uint64_t k = n[parts[i].result];

		if (k)
			out_printf(h->o, "<rect class=%s x=%u width=%u height=12 />",
				   parts[i].class_name, (unsigned)(before * 1000 / all),
				   (unsigned)((before + k) * 1000 / all - before * 1000 / all));
		before += k;
	}
	h_put(h, "</svg>\n<ul aria-label=\"Rules by result\">");
	for (size_t i = 0; i < N_ELEMENTS(parts); i++) {
		out_printf(h->o, "<li class=%s><b>", parts[i].class_name);
		h_number(h, n[parts[i].result]);
		out_printf(h->o, "</b> %s</li>", parts[i].word);
	}
	h_put(h, "</ul></div>\n");
}

/* It has a row of its own in the page. */
static bool has_row(const struct html *h, const struct finding *f)
{
	unsigned before = 0;

	for (const struct finding *g = h->r->findings; g < f && before < HTML_FINDINGS; g++)
		before += word_selected(g, h->opt);
	return before < HTML_FINDINGS;
}

static void who(struct html *h, const struct word_steps *s, const struct finding *f)
{
	bool link = has_row(h, f);

	h_put(h, link ? "<a href=\"#" : "<b>");
	if (link) {
		h_id(h, f->id);
		h_put(h, "\">");
	}
	word_step_who(s, f, H_ARROW, h_words(h));
	h_words_end(h);
	h_put(h, link ? "</a>" : "</b>");
}

static void first_step(struct html *h, const struct word_steps *s, const struct finding *f)
{
	h_put(h, "<li>");
	h_severity(h, f->severity);
	out_printf(h->o, " <span class=kind>%s</span> ", kind_name(f->kind));
	who(h, s, f);
	if (f->status)
		out_printf(h->o, " <span class=%s>%s</span>",
			   f->status == STATUS_NEW || f->worse ? "x" : "st", word_status(f) + 2);
	if (f->advice) { /* whole: half of it can be the wrong thing to do */
		h_put(h, "<p>");
		h_lines(h, f->advice, strlen(f->advice));
		h_put(h, "</p>");
	}
	h_put(h, "</li>\n");
}

static void nothing_first(struct html *h)
{
	const struct coverage *c = &h->r->coverage;

	if (h->opt->only) {
		h_p(h, "Nothing of this kind asks for action.");
	} else if (h->r->verdict == RESULT_INCONCLUSIVE) {
		h_put(h, "<p>No finding asks for action. Before this is settled, none can:</p>"
			 "<ul><li>");
		h_text(h, c->inconclusive_why ? c->inconclusive_why : "see the caveats below");
		h_put(h, "</li></ul>\n");
	} else {
		h_p(h, "Nothing: no finding asks for action.");
	}
}

static void first_steps(struct html *h)
{
	struct word_steps steps = {.r = h->r, .opt = h->opt};
	const struct finding *f;

	h_section(h, "first", "What to do first", UINT64_MAX);
	while (steps.n < FIRST_FINDINGS && (f = word_step(&steps)) != NULL) {
		if (steps.n == 1)
			h_put(h, "<ol class=steps>\n");
		first_step(h, &steps, f);
	}
	if (steps.n)
		h_put(h, "</ol>\n");
	else
		nothing_first(h);
	if (word_steps_left(&steps)) {
		h_put(h, "<p>and ");
		h_number(h, word_steps_left(&steps));
		h_put(h, " more under <a href=\"#findings\">Findings</a></p>\n");
	}
	h_section_end(h);
}

void html_verdict(struct html *h)
{
	static const struct {
		const char *class_name, *word;
	} rows[] = {
		[RESULT_COMPLIANT] = {"good", "Compliant"},
		[RESULT_FINDINGS] = {"bad", "Not compliant"},
		[RESULT_INCONCLUSIVE] = {"open", "Inconclusive"},
	};
	const struct coverage *c = &h->r->coverage;
	enum result_verdict v = h->r->verdict;

	out_printf(h->o,
		   "<section id=verdict class=%s aria-labelledby=verdict-h>\n"
		   "<h2 id=verdict-h>%s</h2>\n",
		   rows[v].class_name, rows[v].word);
	h_p(h, word_verdict_says(h->r));
	if (v == RESULT_INCONCLUSIVE && c->inconclusive_why) {
		h_put(h, "<p>Because: ");
		h_text(h, c->inconclusive_why);
		h_put(h, "</p>\n");
	}
	tiles(h);
	rules_bar(h);
	h_section_end(h);
	first_steps(h);
}

/* --- can you trust this report? --------------------------------------------------------------- */

static void figure(void *user, const struct figure *f)
{
	struct html *h = user;
	char buf[NUMBER_TEXT];

	h_put(h, "<tr><td class=num>");
	if (f->is_share)
		h_text(h, percent(f->part, f->whole, buf));
	else
		h_number(h, f->part);
	h_put(h, "</td><td>");
	h_text(h, f->meaning);
	h_put(h, "</td></tr>\n");
}

static void caveats(struct html *h)
{
	const struct coverage *c = &h->r->coverage;
	bool because = c->inconclusive && c->inconclusive_why;

	if (!because && !c->n_caveats)
		return;
	h_put(h, "<ul class=caveats>\n");
	if (because) {
		h_put(h, "<li>");
		h_text(h, c->inconclusive_why);
		h_put(h, "</li>\n");
	}
	for (size_t i = 0; i < c->n_caveats; i++) {
		if (!word_is_news(c, i))
			continue;
		h_put(h, "<li>");
		h_text(h, c->caveats[i]);
		h_put(h, "</li>\n");
	}
	h_put(h, "</ul>\n");
}

static void input_state(struct html *h, const struct result_input *in)
{
	char buf[TIME_TEXT];

	h_put(h, in->failed ? "<b class=s3>not read</b> " : in->same_as ? "not read: " : "read ");
	if (in->same_as) {
		h_put(h, "the same bytes as ");
		h_text(h, in->same_as);
	}
	if (in->late) {
		h_put(h, "<p>");
		h_count(h, in->late, "packet", "packets");
		h_put(h, " out of order, steps back of up to ");
		h_text(h, duration_human(in->step_ns, buf));
		out_printf(h->o, " (packet %u): ", in->step_packet);
		if (in->unsorted) {
			h_count(h, in->unsorted, "packet", "packets");
			h_put(h, " could not be put in order</p>");
		} else {
			h_put(h, "put in order</p>");
		}
	}
	if (in->note)
		h_p(h, in->note);
	if (in->caveat)
		h_p(h, in->caveat);
}

static void inputs(struct html *h)
{
	static const char *const columns[] = {"Input", "Packets", "Window", "State", NULL};
	char span[TIME_SPAN_TEXT];

	h_rows(h, "inputs", "What was read", columns);
	for (size_t i = 0; i < h->r->n_inputs; i++) {
		const struct result_input *in = &h->r->inputs[i];

		h_put(h, "<tr><th scope=row class=path>");
		h_text(h, in->path);
		h_put(h, "</th><td class=num>");
		h_number(h, in->packets);
		h_put(h, "</td><td>");
		if (in->first_ns != TIME_NONE)
			h_text(h, time_span_human(in->first_ns, in->last_ns, site_tz(h->r->site),
						  span));
		h_put(h, "</td><td>");
		input_state(h, in);
		h_put(h, "</td></tr>\n");
	}
	h_rows_end(h);
}

void html_trust(struct html *h)
{
	static const char *const columns[] = {"Figure", "What it counts", NULL};
	const struct coverage *c = &h->r->coverage;

	h_section(h, "trust", "Can you trust this report?", UINT64_MAX);
	out_printf(h->o, "<p class=\"lead %s\">", c->inconclusive ? "open" : "good");
	h_text(h, word_trust(c));
	h_put(h, "</p>\n");
	caveats(h);
	h_rows(h, "figures", "Coverage", columns);
	figures_of_coverage(c, figure, h);
	h_rows_end(h);
	inputs(h);
	h_section_end(h);
}
