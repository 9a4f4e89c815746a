// SPDX-License-Identifier: BSD-2-Clause
/* pane - long text in place of a page: all of a row, what to run or to write about a finding, help.
 */
#include <string.h>

#include "report/words.h"
#include "screen/table.h"

bool pane_open(struct screen *s, enum screen_pane pane)
{
	enum screen_pane before = s->pane;
	size_t row;

	s->pane = pane;
	s->pane_top = 0;
	if (pane == PANE_HELP || rows_at(s, s->page, &row))
		return true;
	s->pane = before;
	return false;
}

/* --- a finding -------------------------------------------------------------------------------- */

static const struct finding *selected(struct screen *s)
{
	size_t row;

	return rows_at(s, PAGE_FINDINGS, &row) ? &s->result->findings[row] : NULL;
}

/* Between words alone, as a shell goes on behind a backslash. */
static void command(const char *words, unsigned columns, struct out *o)
{
	size_t at = 0;

	for (const char *z = words; *z;) {
		size_t n = strcspn(z, "\n"), width = out_columns(z, n);

		if (at && at + 1 + width + 2 > columns) {
			out_puts(o, " \\\n    ");
			at = 4;
		} else if (at) {
			out_char(o, ' ');
			at++;
		}
		out_text(o, z, n);
		at += width;
		z += n + (z[n] == '\n');
	}
	out_char(o, '\n');
}

static void extract(struct screen *s, const struct finding *f, unsigned columns, struct out *o)
{
	struct out words = {0};

	word_extract(s->result, f, '\n', &words);
	if (!words.n) {
		out_puts(o,
			 s->result->redacted
				 ? "The result has pseudonyms for addresses; packets have none.\n"
				 : "No packet is behind this finding.\n");
		return;
	}
	out_wrapped(o, "The packets behind it, written to a file of their own:", columns, 0, 0);
	out_char(o, '\n');
	command(out_str(&words), columns, o);
	if (word_extract_note(s->result)) {
		out_char(o, '\n');
		out_wrapped(o, word_extract_note(s->result), columns, 0, 0);
	}
	out_reset(&words);
	word_tshark(s->result, f, &words);
	if (words.n) {
		out_puts(o, "\nThe same ones to look at:\n\n");
		out_text_z(o, out_str(&words));
		out_char(o, '\n');
	}
	o->failed |= words.failed;
	out_done(&words);
}

static void lines(const char *z, struct out *o)
{
	while (*z) {
		size_t n = strcspn(z, "\n");

		out_puts(o, "    ");
		out_text(o, z, n);
		out_char(o, '\n');
		z += n + (z[n] == '\n');
	}
}

static void accept_it(const struct finding *f, unsigned columns, struct out *o)
{
	const char *in = word_suggest_in(f), *under = word_suggest_under(f);
	struct out text = {0};

	if (f->waiver) {
		out_puts(o, "It is waived by ");
		out_text_z(o, f->waiver);
		out_puts(o, " and counts for nothing.\n");
		return;
	}
	if (strcmp(in, "pack") == 0)
		out_puts(o, "If it is meant, this rule in a pack of your own documents it");
	else if (strcmp(in, "site") == 0)
		out_puts(o, "If it is meant, this in the site file documents it");
	else
		out_puts(o, "If it is to be borne for a time, this is a waiver");
	if (under) {
		out_puts(o, ", under ");
		out_text_z(o, under);
	}
	out_puts(o, ":\n\n");
	word_suggestion(f, &text);
	lines(out_str(&text), o);
	out_char(o, '\n');
	out_wrapped(o,
		    "A waiver can be added by a command, too: spanaudit waiver add; see "
		    "spanaudit-waivers(5).",
		    columns, 0, 0);
	o->failed |= text.failed;
	out_done(&text);
}

static void finding_heading(const struct finding *f, unsigned columns, struct out *o)
{
	struct out line = {0};

	out_printf(&line, "%s %s %s: ", f->id, word_severity(f->severity), kind_name(f->kind));
	word_conversation(f, &line);
	out_wrapped(o, out_str(&line), columns, 0, 0);
	out_char(o, '\n');
	o->failed |= line.failed;
	out_done(&line);
}

/* --- help ------------------------------------------------------------------------------------- */

static const char *const help[][2] = {
	{"", "Pages"},
	{"1 to 6", "findings, matrix, conversations, dynamic RPC, endpoints, sensors"},
	{"Tab, left, right", "the next page, or the one before"},
	{"up, down", "select a row; also Page Up, Page Down, Home, End, and j k g G"},
	{"Enter", "everything about the row; of a cell of the matrix, its conversations"},
	{"Esc", "back; in a table: show all rows again"},
	{"/", "show only rows with these words (crmweb refused), or rows for which a filter of "
	      "'spanaudit help filters' is true (role=sql and not state=established)"},
	{"s, S", "sort by the next column; the other way round"},
	{"e", "of a finding: the command that writes its packets to a file"},
	{"w", "of a finding: the text that documents it, or waives it"},
	{"p", "pause: newer results wait until it is pressed again"},
	{"q", "end, and print a summary"},
	{"", "The lines at the top"},
	{"lost", "packets that this computer had no room for; those of its network cards; what of "
		 "TCP's data nobody ever saw, because the mirror or the capture lost it; and flows "
		 "that were given up for want of memory. Each hides something else."},
	{"rules", "violated: demanded, in view, and absent or failed. Not judged: this capture "
		  "cannot say. Met: seen working. Unused: allowed, not demanded, not seen."},
	{"", "The matrix"},
	{"", "Clients down, servers across, by their roles. A number alone counts conversations as "
	     "documented or tolerated, one behind x those to look at, one behind o findings of "
	     "missing traffic, one behind ? demands that could not be judged."},
};

static void help_text(unsigned columns, struct out *o)
{
	enum { KEYS = 18 };

	for (size_t i = 0; i < N_ELEMENTS(help); i++) {
		size_t n = strlen(help[i][0]);
		bool heading = !n && !strchr(help[i][1], '.');

		if (!n) {
			out_puts(o, i && heading ? "\n" : "");
			out_wrapped(o, help[i][1], columns, 0, 0);
			continue;
		}
		out_puts(o, "  ");
		out_puts(o, help[i][0]);
		out_pad(o, ' ', KEYS - n);
		out_wrapped(o, help[i][1], columns, KEYS + 2, KEYS + 2);
	}
}

void pane_text(struct screen *s, unsigned columns, struct out *o)
{
	const struct finding *f;
	size_t row;

	if (s->pane == PANE_HELP) {
		help_text(columns, o);
		return;
	}
	if (s->pane == PANE_DETAILS) {
		if (rows_at(s, s->page, &row))
			table_of(s->page)->details(s, row, columns, o);
		return;
	}
	f = selected(s);
	if (!f)
		return;
	finding_heading(f, columns, o);
	if (s->pane == PANE_EXTRACT)
		extract(s, f, columns, o);
	else
		accept_it(f, columns, o);
}
