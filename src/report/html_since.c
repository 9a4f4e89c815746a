// SPDX-License-Identifier: BSD-2-Clause
/* html_since - what became of the findings of an older result. */
#include "report/html_page.h"

enum { ROWS = 200 };

struct listing {
	struct html *h;
	uint64_t n;
};

static bool begin(struct listing *l, const char *class_name, const char *word, enum severity s,
		  enum kind kind)
{
	struct html *h = l->h;

	if (++l->n > ROWS)
		return false;
	out_printf(h->o, "<tr><td><span class=%s>%s</span><td>", class_name, word);
	h_severity(h, s);
	out_printf(h->o, "<td>%s<th scope=row>", kind_name(kind));
	return true;
}

static void present(struct listing *l, const struct finding *f)
{
	struct html *h = l->h;
	bool is_new = f->status == STATUS_NEW;

	if (!is_new && !f->worse)
		return;
	if (!begin(l, is_new ? "x" : "m", is_new ? "new" : "worse", f->severity, f->kind))
		return;
	h_conversation(h, f);
	h_put(h, "<td>");
	h_finding_link(h, f);
	h_put(h, "\n");
}

static void past(struct listing *l, const struct since_row *row)
{
	struct html *h = l->h;

	if (!begin(l, row->reason ? "no" : "f", row->reason ? "not seen" : "gone", row->severity,
		   row->kind))
		return;
	h_text(h, row->who);
	if (row->reason) {
		h_put(h, "<br>");
		h_text(h, row->reason);
	}
	h_put(h, "<td>");
	h_text(h, row->id);
	h_put(h, "\n");
}

static void table(struct html *h)
{
	static const char *const columns[] = {"", "Severity", "Kind", "Who", "Finding", NULL};
	const struct result *r = h->r;
	struct listing l = {.h = h};

	h_rows(h, "changes", "What changed", columns);
	for (size_t i = 0; i < r->n_findings; i++)
		present(&l, &r->findings[i]);
	for (size_t i = 0; i < r->since.n_rows; i++)
		past(&l, &r->since.rows[i]);
	h_rows_end(h);
	h_more(h, l.n, ROWS, "more change", "more changes", "; the JSON result lists all");
}

void html_since(struct html *h)
{
	const struct since *s = &h->r->since;
	char buf[TIME_SPAN_TEXT];

	if (!s->report)
		return;
	h_section(h, "since", "Since the last report", UINT64_MAX);
	h_put(h, "<p>Held against <span class=path>");
	h_text(h, s->report);
	h_put(h, "</span>");
	if (s->from_ns != TIME_NONE) {
		h_put(h, ", about ");
		h_text(h, time_span_human(s->from_ns, s->to_ns, site_tz(h->r->site), buf));
	}
	h_put(h, ".</p>\n");
	if (s->n_notes) {
		h_put(h, "<ul class=caveats>\n");
		for (size_t i = 0; i < s->n_notes; i++) {
			h_put(h, "<li>");
			h_text(h, s->notes[i]);
			h_put(h, "</li>\n");
		}
		h_put(h, "</ul>\n");
	}
	if (s->n_new || s->n_worse || s->n_rows)
		table(h);
	else
		h_p(h, "Nothing has changed.");
	h_section_end(h);
}
