// SPDX-License-Identifier: BSD-2-Clause
/* json_since - what became of the findings of an older result, written and read back. */
#include <string.h>

#include "findings/result.h"
#include "report/json_since.h"
#include "report/words.h"

static void row(struct jsonw *w, const struct since_row *row)
{
	jsonw_object_flat(w);
	text_member(w, "id", row->id);
	text_member(w, "status", "gone");
	text_member(w, "kind", kind_name(row->kind));
	text_member(w, "severity", severity_name(row->severity));
	text_member(w, "who", row->who);
	text_member(w, "reason", row->reason);
	jsonw_object_end(w);
}

static void count(struct jsonw *w, const char *name, uint64_t n)
{
	jsonw_name(w, name);
	jsonw_uint(w, n);
}

static void window(struct jsonw *w, const struct since *s)
{
	jsonw_name(w, "window");
	jsonw_object_flat(w);
	jsonw_name(w, "from");
	jsonw_time(w, s->from_ns);
	jsonw_name(w, "to");
	jsonw_time(w, s->to_ns);
	jsonw_object_end(w);
}

void json_since(struct jsonw *w, const struct since *s)
{
	if (!s->report)
		return;
	jsonw_name(w, "since");
	jsonw_object(w);
	text_member(w, "report", s->report);
	window(w, s);
	count(w, "new", s->n_new);
	count(w, "known", s->n_known);
	count(w, "worse", s->n_worse);
	count(w, "gone", s->n_gone);
	count(w, "not_seen", s->n_unseen);
	jsonw_name(w, "notes");
	jsonw_array(w);
	for (size_t i = 0; i < s->n_notes; i++)
		jsonw_text(w, s->notes[i]);
	jsonw_array_end(w);
	jsonw_name(w, "findings");
	jsonw_array(w);
	for (size_t i = 0; i < s->n_rows; i++)
		row(w, &s->rows[i]);
	jsonw_array_end(w);
	jsonw_object_end(w);
}

void json_past(struct jsonw *w, const struct finding_past *p)
{
	char recent[PAST_REPORTS + 1];

	if (!p->n_recent)
		return;
	for (unsigned i = 0; i < p->n_recent; i++)
		recent[i] = p->recent >> (p->n_recent - 1U - i) & 1 ? '1' : '0';
	recent[p->n_recent] = 0;
	jsonw_name(w, "history");
	jsonw_object_flat(w);
	count(w, "reports", p->reports);
	jsonw_name(w, "first");
	jsonw_time(w, p->reports ? p->first_ns : TIME_NONE);
	jsonw_name(w, "last");
	jsonw_time(w, p->reports ? p->last_ns : TIME_NONE);
	text_member(w, "recent", recent);
	jsonw_object_end(w);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void read_row(struct doc *d, const json_t *o, struct since_row *row)
{
	row->id = doc_given(d, o, "id");
	row->kind = (enum kind)doc_word(d, o, "kind", doc_kind_at, KIND_N);
	row->severity = (enum severity)doc_word(d, o, "severity", doc_severity_at, SEV_N);
	row->who = doc_given(d, o, "who");
	row->reason = doc_text(d, o, "reason", true);
}

static void read_window(struct doc *d, const json_t *o, struct since *s)
{
	const json_t *v = doc_object(d, o, "window");

	s->from_ns = s->to_ns = TIME_NONE;
	if (!v)
		return;
	s->from_ns = doc_time(d, v, "from");
	s->to_ns = doc_time(d, v, "to");
}

void load_since(struct doc *d, const json_t *top, struct since *s)
{
	const json_t *o = doc_member(d, top, "since", false) ? doc_object(d, top, "since") : NULL;
	const json_t *v, *one;

	if (!o)
		return;
	s->report = doc_given(d, o, "report");
	read_window(d, o, s);
	s->n_new = doc_count(d, o, "new");
	s->n_known = doc_count(d, o, "known");
	s->n_worse = doc_count(d, o, "worse");
	s->n_gone = doc_count(d, o, "gone");
	s->n_unseen = doc_count(d, o, "not_seen");
	s->notes = doc_texts(d, o, "notes", true, &s->n_notes);
	v = doc_list(d, o, "findings", sizeof *s->rows, &s->rows);
	for (; (one = doc_item(d, v, "findings", s->n_rows)) != NULL; s->n_rows++)
		read_row(d, one, &s->rows[s->n_rows]);
}

static const char *status_at(unsigned i)
{
	static const char *const words[] = {"", "new", "known"};

	return words[i];
}

void load_status(struct doc *d, const json_t *o, struct finding *f)
{
	if (!doc_member(d, o, "status", false))
		return;
	f->status = (enum finding_status)doc_word(d, o, "status", status_at, STATUS_KNOWN + 1);
	f->worse = doc_flag(d, o, "worse");
}

void load_past(struct doc *d, const json_t *o, struct finding_past *p)
{
	const json_t *v = doc_member(d, o, "history", false) ? doc_object(d, o, "history") : NULL;
	const char *recent = v ? doc_given(d, v, "recent") : NULL;
	size_t n = recent ? strlen(recent) : 0;

	if (!n || n > PAST_REPORTS || strspn(recent, "01") != n)
		return;
	p->reports = doc_count(d, v, "reports");
	p->first_ns = doc_time(d, v, "first");
	p->last_ns = doc_time(d, v, "last");
	p->n_recent = (uint8_t)n;
	for (size_t i = 0; i < n; i++)
		p->recent = p->recent << 1 | (recent[i] == '1');
}
