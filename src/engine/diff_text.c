// SPDX-License-Identifier: BSD-2-Clause
/* diff_text - the comparison for people: what to act on first. Text of the documents is foreign and
 * leaves through out_text() alone. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/diff.h"
#include "report/text_page.h"

#include "config.h"

enum {
	STILL_LISTED = 5,  /* so few are listed unasked */
	RULES_LISTED = 40, /* of each result */
	INPUTS_LISTED = 3,
	SHOWN = 400, /* bytes of a sentence */
};

/* Foreign text, cut at a length that a page can hold. */
static void foreign(struct out *o, const char *z)
{
	size_t n = strlen(z), cut = n > SHOWN ? SHOWN : n;

	while (cut < n && cut && ((unsigned char)z[cut] & 0xc0) == 0x80)
		cut--; /* not inside of a character */
	out_text(o, z, cut);
	out_puts(o, cut < n ? "..." : "");
}

/* One paragraph out of a buffer that is already escaped, and empties it. */
static void paragraph(const struct page *p, size_t indent, struct out *line)
{
	page_text(p, indent, out_str(line));
	p->o->failed |= line->failed;
	out_reset(line);
}

static void labelled(const struct page *p, const char *label, struct out *line)
{
	page_row(p, label, out_str(line));
	p->o->failed |= line->failed;
	out_reset(line);
}

/* --- the head -------------------------------------------------------------------------------- */

static void title(const struct page *p, const struct diff *d)
{
	struct out line = {0};

	page_inked(p, INK_BOLD, "spanaudit " SPAN_VERSION " - what changed between two results");
	out_char(p->o, '\n');
	if (d->is.site || d->was.site) {
		foreign(&line, d->is.site ? d->is.site : d->was.site);
		labelled(p, "Site", &line);
	}
	out_done(&line);
}

static void verdict(const struct page *p, const struct diff *d)
{
	size_t n = d->n[DIFF_NEW], m = d->n[DIFF_WORSE];
	struct out line = {0};
	char buf[64];

	out_char(p->o, '\n');
	if (n || m) {
		page_inked(p, INK_BAD, "[X] WORSE");
		out_puts(&line, "   ");
		if (n)
			out_puts(&line, counted(n, "new finding", "new findings", buf));
		if (m)
			out_printf(&line, "%s%s got worse", n ? ", " : "",
				   n ? number(m, buf) : counted(m, "finding", "findings", buf));
	} else {
		page_inked(p, INK_GOOD, "[OK] NOTHING NEW");
		out_puts(&line, "   no finding is new, and none got worse");
	}
	out_puts(p->o, out_str(&line));
	out_char(p->o, '\n');
	out_reset(&line);
	if (d->is.inconclusive) {
		out_puts(&line, "The new result is inconclusive");
		if (d->is.inconclusive_why) {
			out_puts(&line, ": ");
			foreign(&line, d->is.inconclusive_why);
		}
		paragraph(p, 0, &line);
	}
	for (size_t i = 0; i < d->n_refusals; i++) {
		out_puts(&line, "Not comparable as it is: ");
		foreign(&line, d->refusals[i].what);
		out_char(&line, '.');
		paragraph(p, 0, &line);
	}
	if (d->swapped)
		page_text(p, 0,
			  "The old result begins after the new one: were they given in the "
			  "wrong order?");
	out_done(&line);
}

static void inputs(const struct page *p, const struct read_result *r)
{
	struct out line = {0};
	char buf[64];

	out_printf(&line, "%s in ", counted(r->packets, "packet", "packets", buf));
	out_printf(&line, "%s", counted(r->n_inputs, "input", "inputs", buf));
	for (size_t i = 0; i < r->n_inputs && i < INPUTS_LISTED; i++) {
		out_puts(&line, i ? ", " : ": ");
		foreign(&line, r->inputs[i].path);
		if (r->inputs[i].failed)
			out_puts(&line, " (could not be read)");
	}
	if (r->n_inputs > INPUTS_LISTED)
		out_puts(&line, ", ...");
	labelled(p, "", &line);
	out_done(&line);
}

static void packs(const struct page *p, const struct read_result *r)
{
	struct out line = {0};

	for (size_t i = 0; i < r->n_packs; i++) {
		const struct read_pack *k = &r->packs[i];

		out_puts(&line, i ? ", " : "rules ");
		foreign(&line, k->name);
		out_puts(&line, " (");
		foreign(&line, k->revision ? k->revision : "no revision");
		if (k->sha256) {
			out_puts(&line, ", sha256 ");
			out_text(&line, k->sha256, strnlen(k->sha256, 12));
		}
		out_char(&line, ')');
	}
	labelled(p, "", &line);
	out_done(&line);
}

static void run(const struct page *p, const char *label, const char *path,
		const struct read_result *r)
{
	struct out line = {0};
	char from[TIME_TEXT], to[TIME_TEXT], len[TIME_TEXT];

	foreign(&line, path);
	out_printf(&line, ": %s%s", word_verdict(r->verdict), r->only ? ", findings of kind " : "");
	if (r->only)
		foreign(&line, r->only);
	labelled(p, label, &line);
	if (r->from_ns == TIME_NONE) {
		out_puts(&line, "no packet");
	} else {
		uint64_t s =
			r->observed_s < INT64_MAX / NS_PER_S ? r->observed_s : INT64_MAX / NS_PER_S;

		out_printf(&line, "%s to %s UTC, %s observed", time_human(r->from_ns, from),
			   time_human(r->to_ns, to), duration_human((int64_t)s * NS_PER_S, len));
	}
	labelled(p, "", &line);
	out_done(&line);
	inputs(p, r);
	packs(p, r);
}

static void figures(const struct page *p, const struct diff *d)
{
	static const char *const words[] = {
		[DIFF_NEW] = "new",
		[DIFF_WORSE] = "worse",
		[DIFF_NEW_WAIVED] = "new and waived",
		[DIFF_CHANGED] = "changed",
		[DIFF_NOT_SEEN] = "not seen any more",
		[DIFF_GONE] = "gone",
		[DIFF_STILL] = "still there",
	};
	struct out line = {0};
	char buf[NUMBER_TEXT];

	for (unsigned c = 0; c < DIFF_CLASS_N; c++)
		if (d->n[c] || c <= DIFF_WORSE || c >= DIFF_GONE)
			out_printf(&line, "%s%s %s", c ? ", " : "", number(d->n[c], buf), words[c]);
	labelled(p, "Findings", &line);
	out_printf(&line, "%s with another result",
		   counted(d->n_rules, "rule", "rules", (char[64]){0}));
	if (d->n_rules_worse)
		out_printf(&line, ", %s of them worse", number(d->n_rules_worse, buf));
	labelled(p, "Rules", &line);
	out_done(&line);
}

/* --- findings -------------------------------------------------------------------------------- */

static void service(const struct read_finding *f, struct out *o)
{
	if (!f->transport && !f->port && !f->interface) {
		out_char(o, '-');
		return;
	}
	if (f->port)
		out_printf(o, "%u/", f->port);
	foreign(o, f->transport ? f->transport : "any");
	if (f->interface) {
		out_puts(o, " (");
		foreign(o, f->interface);
		out_char(o, ')');
	}
}

static void headline(const struct page *p, const struct read_finding *f)
{
	struct out line = {0};
	size_t n = strlen(word_severity(f->severity));

	page_ink(p, severity_ink(f->severity));
	out_puts(p->o, word_severity(f->severity));
	page_ink(p, INK_NONE);
	out_pad(p->o, ' ', n < 9 ? 9 - n : 1);
	out_printf(&line, "%s: ", kind_name(f->kind));
	foreign(&line, f->client.token);
	out_puts(&line, " -> ");
	foreign(&line, f->server.token);
	if (f->transport || f->interface) {
		out_char(&line, ' ');
		service(f, &line);
	}
	if (f->has_state)
		out_printf(&line, ", %s", flow_state_name(f->state));
	out_printf(&line, " [%s]", f->id);
	out_wrapped(p->o, out_str(&line), p->width, 9, 9);
	p->o->failed |= line.failed;
	out_done(&line);
}

static void side(const struct read_finding *f, enum diff_change c, struct out *o)
{
	switch (c) {
	case CHANGE_SEVERITY:
		out_puts(o, severity_name(f->severity));
		break;
	case CHANGE_STATE:
		out_puts(o, f->has_state ? flow_state_name(f->state) : "never tried");
		break;
	case CHANGE_WAIVER:
		if (f->waiver)
			foreign(o, f->waiver);
		else
			out_puts(o, "none");
		break;
	case CHANGE_KIND:
		out_puts(o, kind_name(f->kind));
		break;
	case CHANGE_RULE:
		foreign(o, f->rule ? f->rule : "none");
		break;
	case CHANGE_SERVICE:
		service(f, o);
		break;
	default:
		break;
	}
}

static void changes(const struct page *p, const struct diff_row *row)
{
	static const char *const words[] = {
		[CHANGE_SEVERITY] = "severity", [CHANGE_STATE] = "state",
		[CHANGE_WAIVER] = "waiver",     [CHANGE_KIND] = "kind",
		[CHANGE_RULE] = "rule",         [CHANGE_SERVICE] = "port",
	};
	struct out line = {0};
	bool any = false;

	for (unsigned c = 0; c < CHANGE_WHY; c++) {
		if (!(row->changes & 1U << c))
			continue;
		out_printf(&line, "%s%s ", any ? "; " : "", words[c]);
		side(row->was, c, &line);
		out_puts(&line, " -> ");
		side(row->is, c, &line);
		any = true;
	}
	if (any)
		paragraph(p, 9, &line);
	if (row->changes & 1U << CHANGE_WHY && row->was->why) {
		out_puts(&line, "Before: ");
		foreign(&line, row->was->why);
		paragraph(p, 9, &line);
	}
	out_done(&line);
}

static void finding(const struct page *p, const struct diff_row *row)
{
	const struct read_finding *f = row->is ? row->is : row->was;
	struct out line = {0};

	headline(p, f);
	if (row->class == DIFF_STILL || row->class == DIFF_GONE)
		return;
	if (row->was && row->is)
		changes(p, row);
	if (row->reason) {
		out_puts(&line, "It may be there still: ");
		foreign(&line, row->reason);
		if (line.n && line.p[line.n - 1] != '.')
			out_char(&line, '.');
		paragraph(p, 9, &line);
	} else if (f->why && (row->class != DIFF_CHANGED || row->changes & 1U << CHANGE_WHY)) {
		foreign(&line, f->why);
		paragraph(p, 9, &line);
	}
	if ((row->class == DIFF_NEW || row->class == DIFF_WORSE) && f->advice) {
		out_puts(&line, "Do: ");
		foreign(&line, f->advice);
		paragraph(p, 9, &line);
	}
	if (row->class == DIFF_NEW_WAIVED) {
		out_puts(&line, "Waived by ");
		foreign(&line, f->waiver);
		out_char(&line, '.');
		paragraph(p, 9, &line);
	}
	out_done(&line);
}

static void section(const struct page *p, const struct diff *d, enum diff_class c, bool all)
{
	static const char *const titles[] = {
		[DIFF_NEW] = "NEW",
		[DIFF_WORSE] = "GOT WORSE",
		[DIFF_NEW_WAIVED] = "NEW AND WAIVED",
		[DIFF_CHANGED] = "CHANGED",
		[DIFF_NOT_SEEN] = "NOT SEEN ANY MORE",
		[DIFF_GONE] = "GONE",
		[DIFF_STILL] = "STILL THERE",
	};
	char heading[64], buf[NUMBER_TEXT];

	if (!d->n[c])
		return;
	snprintf(heading, sizeof heading, "%s (%s)", titles[c], number(d->n[c], buf));
	page_heading(p, heading);
	if (c == DIFF_STILL && !all && d->n[c] > STILL_LISTED) {
		page_text(p, 0, "They are listed with --all.");
		return;
	}
	for (size_t i = 0; i < d->n_rows; i++)
		if (d->rows[i].class == c)
			finding(p, &d->rows[i]);
}

/* --- rules and coverage ---------------------------------------------------------------------- */

static void rules(const struct page *p, const struct diff *d, bool all)
{
	char heading[64], buf[NUMBER_TEXT];
	struct out line = {0};
	size_t most = all ? d->n_rules : RULES_LISTED;

	if (!d->n_rules)
		return;
	snprintf(heading, sizeof heading, "RULES WITH ANOTHER RESULT (%s)",
		 number(d->n_rules, buf));
	page_heading(p, heading);
	for (size_t i = 0; i < d->n_rules && i < most; i++) {
		const struct diff_rule *row = &d->rules[i];
		const struct read_rule *u = row->is ? row->is : row->was;

		foreign(&line, u->id);
		out_printf(&line, ": %s -> %s",
			   row->was ? word_rule_result(row->was->result) : "no such rule",
			   row->is ? word_rule_result(row->is->result) : "no such rule");
		if (row->is && row->is->reason && row->rank < 2) {
			out_puts(&line, ": ");
			foreign(&line, row->is->reason);
		}
		out_wrapped(p->o, out_str(&line), p->width, 0, 4);
		p->o->failed |= line.failed;
		out_reset(&line);
	}
	if (d->n_rules > most)
		out_printf(p->o, "and %s more, listed with --all\n",
			   number(d->n_rules - most, buf));
	out_done(&line);
}

static void coverage(const struct page *p, const struct diff *d)
{
	static const char *const words[] = {
		[FIGURE_KERNEL] = "dropped by the capturing computer",
		[FIGURE_INTERFACE] = "dropped by its network card",
		[FIGURE_GAP] = "of TCP data never seen",
		[FIGURE_ONE_WAY] = "of TCP flows seen in one direction only",
		[FIGURE_SKIPPED] = "of packets skipped",
		[FIGURE_EVICTED] = "flows given up for want of memory",
	};
	char a[NUMBER_TEXT], b[NUMBER_TEXT];

	if (!d->coverage_worse)
		return;
	page_heading(p, "LESS WAS SEEN");
	for (unsigned f = 0; f < FIGURE_N; f++) {
		uint64_t x = diff_figure(&d->was, f), y = diff_figure(&d->is, f);

		if (!d->figure_worse[f])
			continue;
		if (f == FIGURE_EVICTED)
			out_printf(p->o, "%s -> %s %s\n", number(x, a), number(y, b), words[f]);
		else
			out_printf(p->o, "%s -> %s %s\n", percent(x, 1000000, a),
				   percent(y, 1000000, b), words[f]);
	}
	for (size_t i = 0; i < d->n_caveats; i++) {
		struct out line = {0};

		foreign(&line, d->caveats[i]);
		out_puts(p->o, "  - ");
		out_wrapped(p->o, out_str(&line), p->width, 4, 4);
		p->o->failed |= line.failed;
		out_done(&line);
	}
}

void diff_text_changes(const struct page *p, const struct diff *d, bool all)
{
	section(p, d, DIFF_NEW, all);
	section(p, d, DIFF_WORSE, all);
	if (!d->same_packets)
		coverage(p, d);
	rules(p, d, all);
	for (unsigned c = DIFF_NEW_WAIVED; c < DIFF_CLASS_N; c++)
		section(p, d, c, all);
}

int diff_text(const struct diff *d, const struct span_diff_options *opt, struct out *o)
{
	unsigned width = !opt->width        ? 80
			 : opt->width < 80  ? 80
			 : opt->width > 120 ? 120
					    : opt->width;
	const struct report_options look = {.colour = opt->colour == SPAN_COLOUR_ANSI,
					    .width = width};
	const struct page p = {.o = o, .opt = &look, .width = width};

	title(&p, d);
	verdict(&p, d);
	out_char(o, '\n');
	run(&p, "Old", d->path[0], &d->was);
	run(&p, "New", d->path[1], &d->is);
	figures(&p, d);
	diff_text_changes(&p, d, opt->all);
	return out_failed(o) ? -ENOMEM : 0;
}
