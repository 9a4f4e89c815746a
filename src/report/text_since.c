// SPDX-License-Identifier: BSD-2-Clause
/* text_since - what became of the findings of an older result. */
#include <string.h>

#include "report/text_page.h"

enum { LISTED = 50, ID = 16 };

static void line(const struct page *p, const char *id, enum severity severity, const char *what)
{
	const char *word = word_severity(severity);
	size_t n = strlen(id) + 2;

	out_printf(p->o, "  %s", id);
	out_pad(p->o, ' ', n < ID ? ID - n : 1);
	page_inked(p, severity_ink(severity), word);
	out_pad(p->o, ' ', 9 - strlen(word));
	page_foreign(p, ID + 9, what);
}

static void one(const struct page *p, const struct finding *f)
{
	struct out words = {0};

	out_printf(&words, "%s: ", kind_name(f->kind));
	word_conversation(f, &words);
	line(p, f->id, f->severity, out_str(&words));
	p->o->failed |= words.failed;
	out_done(&words);
}

static void those(const struct page *p, const char *title, bool worse)
{
	const struct result *r = p->r;
	uint64_t n = 0;
	char buf[NUMBER_TEXT];

	for (size_t i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];

		if (worse ? !f->worse : f->status != STATUS_NEW)
			continue;
		if (!n++)
			out_printf(p->o, "%s\n", title);
		if (n <= LISTED)
			one(p, f);
	}
	if (n > LISTED)
		out_printf(p->o, "  and %s more under Findings\n", number(n - LISTED, buf));
}

static void old(const struct page *p, const char *title, bool unseen)
{
	uint64_t n = 0;
	char buf[NUMBER_TEXT];

	for (size_t i = 0; i < p->r->since.n_rows; i++) {
		const struct since_row *row = &p->r->since.rows[i];
		struct out words = {0};

		if ((row->reason != NULL) != unseen)
			continue;
		if (!n++)
			out_printf(p->o, "%s\n", title);
		if (n > LISTED)
			continue;
		out_printf(&words, "%s: ", kind_name(row->kind));
		out_text_z(&words, row->who);
		if (row->reason) {
			out_puts(&words, " (");
			out_text_z(&words, row->reason);
			out_char(&words, ')');
		}
		line(p, row->id, row->severity, out_str(&words));
		p->o->failed |= words.failed;
		out_done(&words);
	}
	if (n > LISTED)
		out_printf(p->o, "  and %s more\n", number(n - LISTED, buf));
}

void text_since(const struct page *p)
{
	const struct since *s = &p->r->since;

	if (!s->report)
		return;
	page_heading(p, "SINCE THE LAST REPORT");
	for (size_t i = 0; i < s->n_notes; i++)
		page_item(p, s->notes[i]);
	those(p, "New:", false);
	those(p, "Worse than it was:", true);
	old(p, "Gone:", false);
	old(p, "Not seen any more, which does not show that it ended:", true);
	if (!s->n_new && !s->n_worse && !s->n_rows)
		page_text(p, 0, "Nothing has changed.");
}
