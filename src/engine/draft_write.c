// SPDX-License-Identifier: BSD-2-Clause
/* draft_write - what a draft of the rules changes, for people and for programs (spanaudit-draft/1).
 */
#include <stdio.h>
#include <string.h>

#include "engine/draft.h"
#include "report/jsonw.h"
#include "report/text_page.h"

#include "config.h"

enum { ROWS_LISTED = 100 };

/* --- text ------------------------------------------------------------------------------------- */

static void labelled(const struct page *p, const char *label, struct out *line)
{
	page_row(p, label, out_str(line));
	p->o->failed |= line->failed;
	out_reset(line);
}

static void pack_words(const struct pack_info *k, struct out *o)
{
	out_text_z(o, k->name);
	out_puts(o, " (");
	out_text_z(o, k->revision && *k->revision ? k->revision : "no revision");
	out_char(o, ')');
}

static void verdict(const struct page *p, const struct draft *d)
{
	size_t n = d->diff.n[DIFF_NEW], m = d->diff.n[DIFF_WORSE];
	char a[64], b[64];

	out_char(p->o, '\n');
	if (d->document && d->n[DRAFT_WORSE]) {
		page_inked(p, INK_BAD, "[X] WORSE");
		out_printf(p->o, "   %s to a worse verdict\n",
			   counted(d->n[DRAFT_WORSE], "conversation", "conversations", a));
	} else if (n || m) {
		page_inked(p, INK_BAD, "[X] WORSE");
		out_printf(p->o, "   %s", counted(n, "new finding", "new findings", a));
		out_printf(p->o, ", %s worse\n", counted(m, "finding", "findings", b));
	} else if (draft_same(d)) {
		page_inked(p, INK_GOOD, "[OK] NOTHING CHANGES");
		out_puts(p->o, d->n_unjudged ? "   among what could be judged again\n" : "\n");
	} else {
		page_inked(p, INK_GOOD, "[OK] NOTHING GETS WORSE");
		out_char(p->o, '\n');
	}
}

/* Ends with how many conversations there are, in the line that says what becomes of them. */
static void read_what(const struct page *p, const struct span_audit *a, const struct draft *d,
		      struct out *line)
{
	char buf[64], span[TIME_SPAN_TEXT];

	if (d->document) {
		out_text_z(line, d->document);
		out_printf(line, ": %s judged again",
			   counted(d->n_judged, "conversation", "conversations", buf));
		if (d->n_unjudged)
			out_printf(line,
				   ", %s not, since their verdict rests on more than the result "
				   "says",
				   number(d->n_unjudged, buf));
		if (d->n_unlisted)
			out_printf(line, ", %s not listed in it", number(d->n_unlisted, buf));
		labelled(p, "Read", line);
		out_printf(line, "%s", counted(d->n_judged, "conversation", "conversations", buf));
		return;
	}
	out_printf(line, "%s", counted(a->result->coverage.packets, "packet", "packets", buf));
	out_printf(line, " in %s", counted(a->result->n_inputs, "input", "inputs", buf));
	if (a->result->from_ns != TIME_NONE)
		out_printf(line, ", %s",
			   time_span_human(a->result->from_ns, a->result->to_ns, site_tz(a->site),
					   span));
	labelled(p, "Read", line);
	out_printf(line, "%s",
		   counted(a->result->n_conversations, "conversation", "conversations", buf));
}

static void head(const struct page *p, const struct span_audit *a, const struct draft *d)
{
	const struct diff *diff = &d->diff;
	struct out line = {0};
	char buf[64];

	page_inked(p, INK_BOLD,
		   "spanaudit " SPAN_VERSION " - what a draft of the rules would change");
	out_char(p->o, '\n');
	verdict(p, d);
	out_char(p->o, '\n');
	for (size_t i = 0; i < d->n_packs; i++) {
		const struct draft_pack *k = &d->packs[i];

		out_text_z(&line, k->path);
		out_puts(&line, ": ");
		pack_words(k->is, &line);
		out_puts(&line, k->was ? " in place of " : ", added to the rules in force");
		if (k->was)
			pack_words(k->was, &line);
		labelled(p, i ? "" : "Draft", &line);
	}
	read_what(p, a, d, &line);
	out_printf(&line, ": %s to a worse verdict", number(d->n[DRAFT_WORSE], buf));
	out_printf(&line, ", %s to a better one", number(d->n[DRAFT_BETTER], buf));
	out_printf(&line, ", %s to another as good", number(d->n[DRAFT_OTHER], buf));
	out_printf(&line, ", %s to the same by another rule", number(d->n_rule, buf));
	labelled(p, "Traffic", &line);
	if (d->document) {
		out_puts(&line, "not judged again: give the captures for those");
		labelled(p, "Findings", &line);
		out_done(&line);
		return;
	}
	out_printf(&line, "%s new", number(diff->n[DIFF_NEW] + diff->n[DIFF_NEW_WAIVED], buf));
	out_printf(&line, ", %s worse", number(diff->n[DIFF_WORSE], buf));
	out_printf(&line, ", %s changed", number(diff->n[DIFF_CHANGED], buf));
	out_printf(&line, ", %s gone", number(diff->n[DIFF_GONE], buf));
	out_printf(&line, ", %s as before", number(diff->n[DIFF_STILL], buf));
	labelled(p, "Findings", &line);
	out_printf(&line, "%s with another result", counted(diff->n_rules, "rule", "rules", buf));
	if (diff->n_rules_worse)
		out_printf(&line, ", %s of them worse", number(diff->n_rules_worse, buf));
	labelled(p, "Rules", &line);
	out_done(&line);
}

static void judged(struct out *o, enum kind k, const char *rule)
{
	out_puts(o, kind_name(k));
	if (rule) {
		out_puts(o, " (");
		out_text_z(o, rule);
		out_char(o, ')');
	}
}

static void row(const struct page *p, const struct draft_row *r)
{
	static const enum ink inks[] = {
		[DRAFT_WORSE] = INK_BAD, [DRAFT_OTHER] = INK_NONE, [DRAFT_BETTER] = INK_GOOD};
	const char *way = draft_way_name(r->way);
	struct out line = {0};
	char all[64];

	page_inked(p, inks[r->way], way);
	out_pad(p->o, ' ', 8 - strlen(way));
	for (size_t i = 0; i < r->n_shown; i++) {
		out_puts(&line, i ? ", " : "");
		out_text_z(&line, r->client[i]);
	}
	if (r->n_clients > r->n_shown)
		out_printf(&line, " (%s in all)",
			   counted(r->n_clients, "conversation", "conversations", all));
	out_puts(&line, " -> ");
	out_text_z(&line, r->server);
	out_printf(&line, " %u/%s", r->port, word_transport(r->proto, (char[8]){0}));
	if (r->protocol)
		out_printf(&line, " (%s)", r->protocol);
	out_puts(&line, ": ");
	judged(&line, r->was, r->was_rule);
	out_puts(&line, " -> ");
	judged(&line, r->is, r->is_rule);
	out_wrapped(p->o, out_str(&line), p->width, 8, 8);
	p->o->failed |= line.failed;
	out_done(&line);
}

static void rows(const struct page *p, const struct draft *d, bool all)
{
	size_t most = all ? d->n_rows : ROWS_LISTED;
	char heading[64], buf[NUMBER_TEXT];

	if (!d->n_rows)
		return;
	snprintf(heading, sizeof heading, "CONVERSATIONS WITH ANOTHER VERDICT (%s)",
		 number(d->n[DRAFT_WORSE] + d->n[DRAFT_OTHER] + d->n[DRAFT_BETTER], buf));
	page_heading(p, heading);
	for (size_t i = 0; i < d->n_rows && i < most; i++)
		row(p, &d->rows[i]);
	if (d->n_rows > most)
		out_printf(p->o, "and %s more rows, listed with --all\n",
			   number(d->n_rows - most, buf));
}

void draft_text(const struct span_audit *a, const struct draft *d,
		const struct span_draft_options *opt, struct out *o)
{
	const struct report_options look = {.colour = opt->colour == SPAN_COLOUR_ANSI};
	unsigned width = opt->width ? opt->width : 80;
	const struct page p = {.o = o,
			       .r = NULL,
			       .opt = &look,
			       .width = width < 80    ? 80
					: width > 120 ? 120
						      : width};

	head(&p, a, d);
	rows(&p, d, opt->all);
	if (!draft_same(d) && !d->document)
		diff_text_changes(&p, &d->diff, opt->all);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void uint_member(struct jsonw *w, const char *name, uint64_t n)
{
	jsonw_name(w, name);
	jsonw_uint(w, n);
}

static void pack_member(struct jsonw *w, const char *name, const struct pack_info *k)
{
	jsonw_name(w, name);
	if (!k) {
		jsonw_null(w);
		return;
	}
	jsonw_object_flat(w);
	text_member(w, "name", k->name);
	text_member(w, "revision", k->revision);
	text_member(w, "sha256", k->sha256);
	jsonw_object_end(w);
}

static void json_side(struct jsonw *w, const char *name, enum kind k, const char *rule)
{
	jsonw_name(w, name);
	jsonw_object_flat(w);
	text_member(w, "verdict", kind_name(k));
	text_member(w, "rule", rule);
	jsonw_object_end(w);
}

static void json_row(struct jsonw *w, const struct draft_row *r)
{
	char buf[8];

	jsonw_object(w);
	text_member(w, "change", draft_way_name(r->way));
	uint_member(w, "conversations", r->n_clients);
	jsonw_name(w, "clients");
	jsonw_array_flat(w);
	for (size_t i = 0; i < r->n_shown; i++)
		jsonw_text(w, r->client[i]);
	jsonw_array_end(w);
	text_member(w, "server", r->server);
	text_member(w, "transport", word_transport(r->proto, buf));
	uint_member(w, "port", r->port);
	text_member(w, "protocol", r->protocol);
	json_side(w, "old", r->was, r->was_rule);
	json_side(w, "new", r->is, r->is_rule);
	jsonw_object_end(w);
}

void draft_json(const struct span_audit *a, const struct draft *d, bool worse, struct out *o)
{
	struct jsonw w = {.o = o};

	jsonw_object(&w);
	text_member(&w, "schema", "spanaudit-draft/1");
	jsonw_name(&w, "same");
	jsonw_bool(&w, draft_same(d));
	jsonw_name(&w, "worse");
	jsonw_bool(&w, worse);
	jsonw_name(&w, "drafts");
	jsonw_array(&w);
	for (size_t i = 0; i < d->n_packs; i++) {
		jsonw_object(&w);
		text_member(&w, "path", d->packs[i].path);
		pack_member(&w, "old", d->packs[i].was);
		pack_member(&w, "new", d->packs[i].is);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_name(&w, "traffic");
	jsonw_object_flat(&w);
	uint_member(&w, "packets", d->document ? 0 : a->result->coverage.packets);
	uint_member(&w, "conversations", d->document ? d->n_judged : a->result->n_conversations);
	for (unsigned i = 0; i < DRAFT_WAY_N; i++)
		uint_member(&w, draft_way_name((enum draft_way)i), d->n[i]);
	uint_member(&w, "by_another_rule", d->n_rule);
	jsonw_object_end(&w);
	jsonw_name(&w, "document");
	if (d->document) {
		jsonw_object_flat(&w);
		text_member(&w, "path", d->document);
		uint_member(&w, "not_judged", d->n_unjudged);
		uint_member(&w, "not_listed", d->n_unlisted);
		jsonw_object_end(&w);
	} else {
		jsonw_null(&w);
	}
	jsonw_name(&w, "conversations");
	jsonw_array(&w);
	for (size_t i = 0; i < d->n_rows; i++)
		json_row(&w, &d->rows[i]);
	jsonw_array_end(&w);
	if (!d->document)
		diff_json_changes(&w, &d->diff);
	jsonw_object_end(&w);
	out_char(o, '\n');
}
