// SPDX-License-Identifier: BSD-2-Clause
/*
 * html_findings - every finding: a row to compare, and behind it all that it rests on.
 *
 * A finding is a <tbody>, so that row and details stay together when the table is sorted, filtered
 * or printed. End tags that HTML lets go (13.1.2.4 optional tags) are left out of the details: a
 * thousand findings are many of them.
 */
#include <string.h>

#include "report/html_page.h"

enum {
	ROW_BYTES = 330, /* of a row without details, about */
	ROOM_LEAST = 300000,
};

static void term(struct html *h, const char *name)
{
	out_printf(h->o, "<dt>%s<dd>", name);
}

static void text_row(struct html *h, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	term(h, name);
	h_text(h, text);
}

/* The first finding, before this one, that `same` says the same of. */
static const struct finding *told_by(const struct html *h, const struct finding *f,
				     bool (*same)(const struct finding *a, const struct finding *b))
{
	for (const struct finding *g = h->r->findings; h->terse && g < f; g++)
		if (word_selected(g, h->opt) && same(g, f))
			return g;
	return NULL;
}

static void as_for(struct html *h, const struct finding *f)
{
	h_put(h, " (in full: ");
	h_finding_link(h, f);
	h_put(h, ")");
}

static bool is_somebody(const struct endpoint *e)
{
	return e->has_address || e->network || e->host;
}

static void rule(struct html *h, const char *label, const struct rule *u, const char *clause)
{
	term(h, label);
	h_put(h, "<a href=\"#r-");
	h_id(h, u->id);
	h_put(h, "\">");
	h_text(h, u->id);
	h_put(h, "</a>");
	if (!h->sparse) {
		h_put(h, " ");
		h_text(h, u->title);
	}
	if (clause) {
		h_put(h, "; no match: ");
		h_text(h, clause);
	}
	if (h->terse || !u->paper || !*u->paper) /* it stands under Rules */
		return;
	h_put(h, "<br><cite>");
	h_text(h, u->paper);
	if (u->section && *u->section) {
		h_put(h, ", section ");
		h_text(h, u->section);
	}
	h_put(h, "</cite>");
}

/* The row has the names, and Hosts all the rest. */
static void roles_alone(struct html *h, const struct finding *f)
{
	const struct endpoint *const ends[] = {&f->client, &f->server};

	term(h, "Roles");
	for (unsigned i = 0; i < 2; i++) {
		h_put(h, i ? H_ARROW : "");
		h_roles(h, ends[i]->roles);
		if (ends[i]->known_by) {
			h_put(h, " (");
			h_text(h, ends[i]->known_by);
			h_put(h, ")");
		}
	}
}

static void roles(struct html *h, const struct finding *f)
{
	const struct endpoint *const ends[] = {&f->client, &f->server};
	bool some = false;

	if (h->sparse && is_somebody(ends[0]) && is_somebody(ends[1])) {
		roles_alone(h, f);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!is_somebody(ends[i]))
			continue;
		if (some)
			h_put(h, "<br>");
		else
			term(h, "Roles");
		word_known(ends[i], h_words(h));
		h_words_end(h);
		some = true;
	}
}

static void seen(struct html *h, const struct finding *f)
{
	char when[TIME_SPAN_TEXT];

	if (f->first_ns == TIME_NONE) {
		if (f->kind == KIND_MISSING)
			text_row(h, "Seen", "never");
		return;
	}
	term(h, "Seen");
	if (f->last_ns != TIME_NONE && f->last_ns / NS_PER_S != f->first_ns / NS_PER_S)
		h_text(h, time_span_human(f->first_ns, f->last_ns, site_tz(h->r->site), when));
	else
		h_time(h, f->first_ns);
	if (f->flows) {
		h_put(h, ", ");
		h_count(h, f->flows, "flow", "flows");
	}
	if (f->tries > f->flows) {
		h_put(h, ", ");
		h_count(h, f->tries, "attempt", "attempts");
	}
	if (f->attempts.retries) {
		h_put(h, ", ");
		h_count(h, f->attempts.retries, "repetition", "repetitions");
	}
	if (f->has_state) {
		h_put(h, ", ");
		h_text(h, word_state(f->state));
	}
	if (f->folded) {
		h_put(h, "<br>stands for ");
		h_count(h, f->folded, "conversation", "conversations");
	}
}

static void direction(struct html *h, const struct finding *f)
{
	if (!f->has_direction || (h->sparse && f->confidence == 100))
		return;
	term(h, "Direction");
	h_endpoint(h, &f->client);
	out_printf(h->o, " is the client (%u%% sure): ", f->confidence);
	h_text(h, word_reason(f->reason));
}

static void evidence(struct html *h, const struct finding *f)
{
	uint32_t input = UINT32_MAX;

	for (unsigned i = 0; i < f->n_ev; i++) {
		const struct evidence *ev = &f->ev[i];

		if (ev->input >= h->r->n_inputs)
			continue;
		if (input == UINT32_MAX)
			term(h, "Evidence");
		if (ev->input != input) {
			h_put(h, input == UINT32_MAX ? "" : "; ");
			h_text(h, h->r->inputs[ev->input].path);
			h_put(h, ": packet");
			input = ev->input;
		}
		out_printf(h->o, " %u", ev->number); /* a name to look it up by, so not grouped */
	}
}

static void command(struct html *h, const char *label, const struct out *o, const char *note)
{
	if (!o->n)
		return;
	term(h, label);
	h_put(h, "<code class=cmd>");
	h_words_end(h);
	h_put(h, "</code>");
	if (note) {
		h_put(h, "<br>(");
		h_text(h, note);
		h_put(h, ")");
	}
}

static void commands(struct html *h, const struct finding *f)
{
	struct out *o = h_words(h);

	word_extract(h->r, f, ' ', o);
	command(h, "Extract", o, word_extract_note(h->r));
	o = h_words(h);
	word_tshark(h->r, f, o);
	command(h, "Look", o, NULL);
}

static bool same_advice(const struct finding *a, const struct finding *b)
{
	return a->advice && strcmp(a->advice, b->advice) == 0;
}

static void advice(struct html *h, const struct finding *f)
{
	const struct finding *before;
	const char *stop;

	if (!f->advice || !*f->advice)
		return;
	term(h, "Do");
	before = told_by(h, f, same_advice);
	stop = strstr(f->advice, ". ");
	if (!before || !stop) {
		h_lines(h, f->advice, strlen(f->advice));
		return;
	}
	h_lines(h, f->advice, (size_t)(stop - f->advice) + 1);
	as_for(h, before);
}

static const struct hint *hint_of(const struct finding *f, const struct hint_row *row)
{
	for (const struct hint *x = f->hints; x; x = x->next)
		if (strcmp(x->row->code, row->code) == 0)
			return x;
	return NULL;
}

static void hint(struct html *h, const struct finding *f, const struct hint *x)
{
	const struct finding *before = NULL;

	h_put(h, "<b>");
	h_text(h, x->row->code);
	h_put(h, "</b>");
	if (x->because) {
		h_put(h, ": ");
		h_text(h, x->because);
	}
	h_put(h, ". ");
	for (const struct finding *g = h->r->findings; h->terse && !before && g < f; g++)
		if (word_selected(g, h->opt) && hint_of(g, x->row))
			before = g;
	if (before)
		as_for(h, before);
	else
		h_text(h, x->row->says);
}

static void hints(struct html *h, const struct finding *f)
{
	bool some = false;

	for (const struct hint *x = f->hints; x; x = x->next) {
		/* The finding is the hint. */
		if (!x->because && f->advice && strcmp(x->row->says, f->advice) == 0)
			continue;
		if (some)
			h_put(h, "<br>");
		else
			term(h, "Hint");
		hint(h, f, x);
		some = true;
	}
}

static void accept_it(struct html *h, const struct finding *f)
{
	const char *in = word_suggest_in(f), *under = word_suggest_under(f);

	if (f->waiver)
		return;
	term(h, "Accept");
	if (h->terse) {
		word_accept(f, h_words(h));
		h_words_end(h);
		return;
	}
	if (strcmp(in, "pack") == 0)
		h_put(h, "with a rule in a pack of your own");
	else if (strcmp(in, "site") == 0)
		h_put(h, "in the site file");
	else
		h_put(h, "with a waiver");
	if (under) {
		h_put(h, ", under <code>");
		h_text(h, under);
		h_put(h, ":</code>");
	}
	h_put(h, "<pre>");
	word_suggestion(f, h_words(h));
	h_lines(h, out_str(&h->words), h->words.n);
	h_put(h, "</pre>");
}

static void waived(struct html *h, const struct finding *f)
{
	const struct waiver_row *w = word_waiver(h->r, f);

	if (!w)
		return;
	term(h, "Waiver");
	h_text(h, w->id);
	h_put(h, ": ");
	h_text(h, w->reason);
	h_put(h, " (");
	h_owner(h, w);
	h_put(h, "; until ");
	h_time(h, w->expires_ns);
	h_put(h, ")");
}

/* A bar for each report before this one, high where it had the finding. */
static void spark(struct html *h, const struct finding_past *p)
{
	enum { STEP = 5, WIDE = 4, HIGH = 12, LOW = 2 };

	out_printf(h->o, " <svg width=%d height=%d aria-hidden=true fill=currentColor>",
		   p->n_recent * STEP, HIGH);
	for (unsigned i = 0; i < p->n_recent; i++) {
		bool had = p->recent >> (p->n_recent - 1U - i) & 1;
		int high = had ? HIGH : LOW;

		out_printf(h->o, "<rect x=%u y=%d width=%d height=%d />", i * STEP, HIGH - high,
			   WIDE, high);
	}
	h_put(h, "</svg>");
}

static void past(struct html *h, const struct finding *f)
{
	struct out words = {0};

	if (word_past(&f->past, site_tz(h->r->site), &words)) {
		term(h, "Reports");
		h_text(h, out_str(&words));
		spark(h, &f->past);
	}
	h->o->failed |= words.failed;
	out_done(&words);
}

static void details(struct html *h, const struct finding *f)
{
	h_put(h, "<dl>");
	if (f->severity_why) {
		term(h, "Severity");
		h_put(h, "by ");
		h_text(h, f->severity_why);
	}
	waived(h, f);
	if (f->rule)
		rule(h, "Rule", f->rule, f->nearest == f->rule ? f->nearest_why_not : NULL);
	if (f->nearest && f->nearest != f->rule)
		rule(h, "Nearest", f->nearest, f->nearest_why_not);
	text_row(h, "Interface", f->interface);
	roles(h, f);
	direction(h, f);
	seen(h, f);
	past(h, f);
	evidence(h, f);
	if (!h->sparse)
		commands(h, f);
	advice(h, f);
	hints(h, f);
	if (!h->sparse)
		accept_it(h, f);
	h_put(h, "</dl>");
}

static void row(struct html *h, const struct finding *f)
{
	h_put(h, "<tbody id=");
	h_id(h, f->id);
	if (f->client.roles | f->server.roles) {
		h_put(h, " data-r=\"");
		h_roles(h, f->client.roles | f->server.roles);
		h_put(h, "\"");
	}
	if (f->waiver)
		h_put(h, " class=waived");
	h_put(h, "><tr><td>");
	h_severity(h, f->severity);
	if (f->waiver)
		h_put(h, "<br><span class=sw>waived</span>");
	if (f->status == STATUS_NEW || f->worse)
		out_printf(h->o, "<br><span class=x>%s</span>", word_status(f) + 2);
	out_printf(h->o, "<td>%s<th scope=row>", kind_name(f->kind));
	h_conversation(h, f);
	h_put(h, "<td>");
	h_time(h, f->last_ns);
	h_put(h, "<td>");
	h_text(h, f->id);
	h_put(h, "\n<tr><td colspan=5>");
}

static void why(struct html *h, const struct finding *f)
{
	const char *z = f->why ? f->why : kind_row(f->kind)->meaning;

	h_lines(h, z, strlen(z));
}

static void one(struct html *h, const struct finding *f, bool in_full)
{
	row(h, f);
	if (in_full) {
		h_put(h, "<details><summary>");
		why(h, f);
		h_put(h, "</summary>");
		details(h, f);
		h_put(h, "</details>");
	} else {
		why(h, f);
	}
	h_put(h, "</tbody>\n");
}

static size_t shown(const struct html *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->r->n_findings; i++)
		n += word_selected(&h->r->findings[i], h->opt);
	return n;
}

static void lead(struct html *h, size_t n)
{
	if (h->opt->only) {
		h_put(h, "<p>");
		h_number(h, n);
		h_put(h, " of ");
		h_number(h, word_all_findings(h->r));
		h_put(h, ": only ");
		h_text(h, h->opt->only);
		h_put(h, "</p>\n");
	}
	if (h->sparse)
		h_put(h, "<p>These are many. What was said in full once is pointed at afterwards, "
			 "and commands and texts that accept a finding are left to <code>spanaudit "
			 "explain F-... FILE</code>.</p>\n");
	if (n)
		h_put(h, "<form id=filter hidden></form>\n<p id=shown role=status></p>\n");
	else
		h_p(h, "none");
}

static void left_out(struct html *h, uint64_t short_, uint64_t absent)
{
	if (!short_ && !absent)
		return;
	h_put(h, "<p class=note>To keep this page small, ");
	if (short_)
		h_count(h, short_, "finding is a row alone", "findings are rows alone");
	if (short_ && absent)
		h_put(h, " and ");
	if (absent)
		h_count(h, absent, "more is not shown", "more are not shown");
	h_put(h, ". All that is known of them is in the result that this page carries, and "
		 "<code>spanaudit explain F-... FILE</code> shows it.</p>\n");
}

/* Rows come first: details are for those that leave room for the rows of all others. */
static void table(struct html *h, size_t n)
{
	static const char *const columns[] = {"Severity", "Kind", "Who", "Last seen", "Id", NULL};
	size_t from = h->o->n, room = h->room > ROOM_LEAST ? h->room : ROOM_LEAST;
	size_t rows = n < HTML_FINDINGS ? n : HTML_FINDINGS, left = rows;
	uint64_t short_ = 0;

	h_table(h, "findings", "Findings, the worst first", columns);
	for (size_t i = 0; i < h->r->n_findings && left; i++) {
		bool in_full = h->o->n - from + left * ROW_BYTES < room;

		if (!word_selected(&h->r->findings[i], h->opt))
			continue;
		left--;
		one(h, &h->r->findings[i], in_full);
		short_ += !in_full;
	}
	h_table_end(h);
	left_out(h, short_, n - rows);
}

void html_findings(struct html *h)
{
	size_t n = shown(h);

	h_section(h, "findings", "Findings", word_all_findings(h->r));
	lead(h, n);
	if (n)
		table(h, n);
	h_section_end(h);
}
