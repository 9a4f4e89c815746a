// SPDX-License-Identifier: BSD-2-Clause
/* text_findings - every finding with all that it rests on. */
#include <stdio.h>
#include <string.h>

#include "report/text_page.h"

static bool is_somebody(const struct endpoint *e)
{
	return e->has_address || e->network || e->host;
}

static void roles(const struct page *p, const struct finding *f)
{
	struct out line = {0};
	const char *label = "  Roles";

	for (unsigned i = 0; i < 2; i++) {
		const struct endpoint *e = i ? &f->server : &f->client;

		if (!is_somebody(e))
			continue;
		out_reset(&line);
		word_known(e, &line);
		page_row(p, label, out_str(&line));
		label = "";
	}
	p->o->failed |= line.failed;
	out_done(&line);
}

/* The rule in question and the paper that it stands in. */
static void rule(const struct page *p, const char *label, const struct rule *u, const char *clause)
{
	struct out line = {0};

	out_text_z(&line, u->id);
	if (u->title && *u->title) {
		out_puts(&line, " ");
		out_text_z(&line, u->title);
	}
	if (clause) {
		out_puts(&line, "; no match: ");
		out_text_z(&line, clause);
	}
	page_row(p, label, out_str(&line));
	out_reset(&line);
	if (u->paper && *u->paper) {
		out_puts(&line, "paper: ");
		out_text_z(&line, u->paper);
		if (u->section && *u->section) {
			out_puts(&line, ", section ");
			out_text_z(&line, u->section);
		}
		page_row(p, "", out_str(&line));
	}
	p->o->failed |= line.failed;
	out_done(&line);
}

static void seen(const struct page *p, const struct finding *f)
{
	const struct tz *tz = site_tz(p->r->site);
	struct out line = {0};
	char a[64], when[TIME_SPAN_TEXT];

	if (f->first_ns == TIME_NONE) {
		if (f->kind == KIND_MISSING)
			page_row(p, "  Seen", "never");
		return;
	}
	if (f->last_ns != TIME_NONE && f->last_ns / NS_PER_S != f->first_ns / NS_PER_S)
		out_puts(&line, time_span_human(f->first_ns, f->last_ns, tz, when));
	else
		out_puts(&line, time_human_tz(f->first_ns, tz, when));
	if (f->flows)
		out_printf(&line, ", %s", counted(f->flows, "flow", "flows", a));
	if (f->tries > f->flows)
		out_printf(&line, ", %s", counted(f->tries, "attempt", "attempts", a));
	if (f->attempts.retries)
		out_printf(&line, ", %s",
			   counted(f->attempts.retries, "repetition", "repetitions", a));
	if (f->has_state)
		out_printf(&line, ", %s", word_state(f->state));
	page_row(p, "  Seen", out_str(&line));
	if (f->folded) {
		out_reset(&line);
		out_printf(&line, "stands for %s",
			   counted(f->folded, "conversation", "conversations", a));
		page_row(p, "", out_str(&line));
	}
	p->o->failed |= line.failed;
	out_done(&line);
}

static void direction(const struct page *p, const struct finding *f)
{
	struct out line = {0};

	if (!f->has_direction)
		return;
	word_endpoint(&f->client, &line);
	out_printf(&line, " is the client (%u%% sure): %s", f->confidence, word_reason(f->reason));
	page_row(p, "  Direction", out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

/* Reports before this one that had it. */
static void past(const struct page *p, const struct finding *f)
{
	struct out line = {0};

	if (word_past(&f->past, site_tz(p->r->site), &line))
		page_row(p, "  Reports", out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

static void evidence(const struct page *p, const struct finding *f)
{
	struct out line = {0};
	uint32_t input = UINT32_MAX;

	for (unsigned i = 0; i < f->n_ev; i++) {
		const struct evidence *ev = &f->ev[i];

		if (ev->input >= p->r->n_inputs)
			continue;
		if (ev->input != input) {
			if (line.n)
				out_puts(&line, "; ");
			out_text_z(&line, p->r->inputs[ev->input].path);
			out_puts(&line, ": packet");
			input = ev->input;
		}
		out_printf(&line, " %u", ev->number);
	}
	if (line.n)
		page_row(p, "  Evidence", out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

/* Commands are not wrapped as text is: they must survive being copied. */

static void tshark(const struct page *p, const struct finding *f)
{
	struct out line = {0};

	word_tshark(p->r, f, &line);
	if (line.n) {
		const char *z = out_str(&line);
		const char *filter = strstr(z, " -Y '");

		page_label(p, "  Look");
		if (filter && LABEL + out_columns(z, line.n) > p->width) {
			out_bytes(p->o, z, (size_t)(filter - z));
			out_puts(p->o, " \\\n");
			out_pad(p->o, ' ', LABEL);
			z = filter;
		}
		out_puts(p->o, z);
		out_char(p->o, '\n');
	}
	p->o->failed |= line.failed;
	out_done(&line);
}

/* Lines are broken between an option and the next only. */
static void extract(const struct page *p, const struct finding *f)
{
	struct out line = {0};
	const char *z;
	size_t at = LABEL;

	word_extract(p->r, f, '\n', &line);
	if (!line.n)
		goto out;
	page_label(p, "  Extract");
	for (z = out_str(&line); *z;) {
		size_t n = strcspn(z, "\n"), width = out_columns(z, n);

		if (at > LABEL && at + 1 + width + 2 > p->width) {
			out_puts(p->o, " \\\n");
			out_pad(p->o, ' ', LABEL + 2);
			at = LABEL + 2;
		} else if (at > LABEL) {
			out_char(p->o, ' ');
			at++;
		}
		out_bytes(p->o, z, n);
		at += width;
		z += n + (z[n] == '\n');
	}
	out_char(p->o, '\n');
	if (word_extract_note(p->r)) {
		out_reset(&line);
		out_printf(&line, "(%s)", word_extract_note(p->r));
		page_row(p, "", out_str(&line));
	}
out:
	p->o->failed |= line.failed;
	out_done(&line);
}

/* What such a picture usually means. */
static void hints(const struct page *p, const struct finding *f)
{
	const char *label = "  Hint";

	for (const struct hint *h = f->hints; h; h = h->next) {
		struct out line = {0};

		if (!h->because && f->advice && strcmp(h->row->says, f->advice) == 0)
			continue; /* the finding is the hint */
		out_puts(&line, h->row->code);
		if (h->because) {
			out_puts(&line, ": ");
			out_text_z(&line, h->because);
		}
		out_puts(&line, ". ");
		out_puts(&line, h->row->says);
		page_row(p, label, out_str(&line));
		label = "";
		p->o->failed |= line.failed;
		out_done(&line);
	}
}

/* A way to have it not come again, other than to end it. */
static void accept_it(const struct page *p, const struct finding *f)
{
	struct out line = {0};

	if (f->waiver)
		return;
	word_accept(f, &line);
	page_row(p, "  Accept", out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

/* Who answers for it, why, and how long. */
static void waived(const struct page *p, const struct finding *f)
{
	const struct waiver_row *w = word_waiver(p->r, f);
	struct out line = {0};
	char time[TIME_TEXT];

	if (!w)
		return;
	out_text_z(&line, w->reason);
	out_puts(&line, " (");
	out_text_z(&line, w->owner);
	if (w->approved_by) {
		out_puts(&line, ", approved by ");
		out_text_z(&line, w->approved_by);
	}
	if (w->ticket) {
		out_puts(&line, ", ");
		out_text_z(&line, w->ticket);
	}
	out_printf(&line, "; until %s)", time_human_tz(w->expires_ns, site_tz(p->r->site), time));
	page_row(p, "  Waiver", out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

/* That the site weighs it differently. */
static void severity_why(const struct page *p, const struct finding *f)
{
	struct out line = {0};

	if (!f->severity_why)
		return;
	out_puts(&line, "by ");
	out_text_z(&line, f->severity_why);
	page_row(p, "  Severity", out_str(&line));
	p->o->failed |= line.failed;
	out_done(&line);
}

static void one(const struct page *p, const struct finding *f)
{
	out_char(p->o, '\n');
	page_inked(p, INK_BOLD, f->id);
	out_puts(p->o, "  ");
	page_inked(p, severity_ink(f->severity), word_severity(f->severity));
	out_printf(p->o, "  %s", kind_name(f->kind));
	if (f->waiver) {
		out_puts(p->o, "  waived by ");
		out_text_z(p->o, f->waiver);
	}
	out_puts(p->o, "\n  ");
	word_conversation(f, p->o);
	out_char(p->o, '\n');
	page_row(p, "  Why", f->why);
	severity_why(p, f);
	waived(p, f);
	if (f->rule)
		rule(p, "  Rule", f->rule, f->nearest == f->rule ? f->nearest_why_not : NULL);
	if (f->nearest && f->nearest != f->rule)
		rule(p, "  Nearest", f->nearest, f->nearest_why_not);
	if (f->interface && *f->interface)
		page_row(p, "  Interface", f->interface);
	roles(p, f);
	direction(p, f);
	seen(p, f);
	past(p, f);
	evidence(p, f);
	extract(p, f);
	tshark(p, f);
	page_row(p, "  Do", f->advice);
	hints(p, f);
	accept_it(p, f);
}

void text_findings(const struct page *p)
{
	const struct result *r = p->r;
	char a[NUMBER_TEXT], b[NUMBER_TEXT], heading[96];
	size_t shown = 0;
	uint64_t all = word_all_findings(r);

	for (size_t i = 0; i < r->n_findings; i++)
		shown += word_selected(&r->findings[i], p->opt);
	if (p->opt->only)
		snprintf(heading, sizeof heading, "FINDINGS (%s of %s: only %.32s)",
			 number(shown, a), number(all, b), p->opt->only);
	else
		snprintf(heading, sizeof heading, "FINDINGS (%s)", number(all, a));
	page_heading(p, heading);
	if (!shown)
		out_puts(p->o, "none\n");
	for (size_t i = 0; i < r->n_findings; i++)
		if (word_selected(&r->findings[i], p->opt))
			one(p, &r->findings[i]);
}

void report_finding(const struct result *r, const struct finding *f, unsigned width, struct out *o)
{
	const struct report_options opt = {.width = width, .now_ns = TIME_NONE};
	const struct page p = {.o = o, .r = r, .opt = &opt, .width = width};

	one(&p, f);
}
