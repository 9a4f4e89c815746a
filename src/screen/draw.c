// SPDX-License-Identifier: BSD-2-Clause
/* draw - the screen: five lines that are always there, a page, and two lines of where and how. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/numbers.h"
#include "report/words.h"
#include "screen/table.h"

enum { ROWS_LEAST = 8, COLUMNS_LEAST = 40 };

/* --- the top ---------------------------------------------------------------------------------- */

/* "2024-05-01 00:00:00 to 23:59:59 +02:00" where one date says it. */
static void window(const struct result *r, struct out *o)
{
	const struct tz *tz = site_tz(r->site);
	char span[TIME_SPAN_TEXT], to[TIME_TEXT];

	if (r->from_ns == TIME_NONE)
		return;
	if (tz_day_of(tz, r->from_ns) == tz_day_of(tz, r->to_ns) &&
	    tz_offset(tz, r->from_ns, NULL) == tz_offset(tz, r->to_ns, NULL)) {
		time_human_tz(r->from_ns, tz, span);
		out_printf(o, "%.19s to %s", span, time_human_tz(r->to_ns, tz, to) + 11);
		return;
	}
	out_puts(o, time_span_human(r->from_ns, r->to_ns, tz, span));
}

/* The site, and what packets come from. */
static void what(const struct screen *s, struct out *o)
{
	const struct result *r = s->result;
	const char *site = r && r->site && r->site->name ? r->site->name : s->status.site;

	if (*site) {
		out_puts(o, "  ");
		out_text_z(o, site);
	}
	out_puts(o, "  ");
	out_text_z(o, s->status.known ? s->status.names : s->source);
}

/* The processor does not keep up. */
static void behind(const struct status *t, struct out *o)
{
	out_puts(o, "TOO BUSY");
	if (t->one_flow_in > 1)
		out_printf(o, ": 1 of %u new flows", t->one_flow_in);
}

/* Of a run: how it goes, and what time it is. */
static void now(const struct screen *s, struct out *o)
{
	const struct status *t = &s->status;
	char buf[TIME_TEXT];

	if (t->stopping)
		out_puts(o, "STOPPING");
	else if (t->behind)
		behind(t, o);
	else if (t->known)
		out_printf(o, "up %s", duration_human(t->uptime_s * NS_PER_S, buf));
	if (o->n)
		out_puts(o, "  ");
	out_puts(o, time_human_tz(s->now_ns, s->result ? site_tz(s->result->site) : NULL, buf));
}

static void title(struct screen *s, struct pen *p, unsigned row)
{
	struct out left = {0}, right = {0};
	unsigned n;

	out_puts(&left, "spanaudit");
	what(s, &left);
	if (s->now_ns != TIME_NONE)
		now(s, &right);
	else if (s->result)
		window(s->result, &right);
	n = pen_columns(p, out_str(&right));
	if (n + 20 > p->columns)
		n = 0;
	pen_cell(p, row, 0, n ? p->columns - n - 1 : p->columns, false, PAINT_STRONG,
		 out_str(&left));
	if (n)
		pen_put(p, row, p->columns - n, 0, PAINT_PLAIN, out_str(&right));
	p->failed |= left.failed || right.failed;
	out_done(&left);
	out_done(&right);
}

/* What was lost, as the newest word has it. */
struct losses {
	uint64_t kernel, card, unseen, seen, shed;
	bool card_told;
};

static bool losses_of(const struct screen *s, struct losses *ret)
{
	const struct status *t = &s->status;
	const struct coverage *c = s->result ? &s->result->coverage : NULL;

	if (t->known)
		*ret = (struct losses){t->kernel, t->card, t->unseen,
				       t->seen,   t->shed, t->card_told};
	else if (c)
		*ret = (struct losses){
			c->kernel_drops, c->interface_drops,           c->tcp_unseen_bytes,
			c->tcp_bytes,    c->evicted + c->shed_packets, true};
	return t->known || c;
}

static void how_it_goes(const struct screen *s, struct out *o)
{
	const struct status *t = &s->status;
	char a[NUMBER_TEXT], b[NUMBER_TEXT];

	if (!t->known && s->result) {
		const struct coverage *c = &s->result->coverage;

		out_printf(o, "; one way %s", percent(c->one_way_flows, c->tcp_flows, a));
	}
	if (t->has_rate)
		out_printf(o, "; %s packets/s", number(t->rate, a));
	if (t->memory)
		out_printf(o, "; memory %s of %s", size_human(t->memory, a),
			   size_human(t->memory_limit, b));
}

/* Four figures and never one: each hides something else. */
static bool lost_words(const struct screen *s, struct out *o)
{
	struct losses l = {0};
	char buf[NUMBER_TEXT];

	if (!losses_of(s, &l))
		return false;
	if (*s->status.away) {
		out_text_z(o, s->status.away);
		out_puts(o, " AWAY; ");
	}
	out_printf(o, "lost: by this computer %s", number(l.kernel, buf));
	out_printf(o, ", cards %s", l.card_told ? number(l.card, buf) : "untold");
	out_printf(o, ", TCP unseen %s", percent(l.unseen, l.unseen + l.seen, buf));
	out_printf(o, ", given up %s", number(l.shed, buf));
	how_it_goes(s, o);
	return l.kernel || l.card || l.shed || *s->status.away || s->status.behind;
}

static void lost(struct screen *s, struct pen *p, unsigned row)
{
	struct out o = {0};
	bool bad = lost_words(s, &o);

	if (o.n)
		pen_put(p, row, 0, 0, bad ? PAINT_WARN : PAINT_PLAIN, out_str(&o));
	p->failed |= o.failed;
	out_done(&o);
}

static void severities(const struct result *r, struct out *o)
{
	char buf[NUMBER_TEXT];
	bool some = false;

	for (int s = SEV_N - 1; s >= 0; s--) {
		if (!r->n_severity[s])
			continue;
		out_printf(o, "%s%s %s", some ? ", " : "", number(r->n_severity[s], buf),
			   severity_name((enum severity)s));
		some = true;
	}
	if (r->n_waived)
		out_printf(o, "%s%s waived", some ? ", " : "", number(r->n_waived, buf));
	if (!some && !r->n_waived)
		out_puts(o, "no findings");
}

/* How old what is shown is. */
static void judged(const struct screen *s, struct out *o)
{
	char buf[TIME_TEXT];
	int64_t at;

	if (s->now_ns != TIME_NONE && s->status.known && time_parse(s->judged, &at))
		out_printf(o, "; judged %s ago",
			   duration_human(s->now_ns > at ? s->now_ns - at : 0, buf));
}

static void since(const struct result *r, struct out *o)
{
	char buf[NUMBER_TEXT];

	if (!r->since.report)
		return;
	out_printf(o, "; %s new", number(r->since.n_new, buf));
	out_printf(o, ", %s gone", number(r->since.n_gone, buf));
}

static void when_judged(const struct screen *s, struct out *o)
{
	const struct status *t = &s->status;
	char buf[TIME_TEXT];

	if (!t->known)
		return;
	if (t->every_s)
		out_printf(o, "%s; it is judged every %s",
			   t->judging ? "being judged" : "taking packets",
			   duration_human(t->every_s * NS_PER_S, buf));
	else
		out_puts(o, "it is judged at the end alone (--every 0)");
}

static const struct {
	const char *sign;
	enum paint paint;
} signs[] = {
	[RESULT_COMPLIANT] = {"[OK] COMPLIANT", PAINT_GOOD},
	[RESULT_FINDINGS] = {"[X] NOT COMPLIANT", PAINT_BAD},
	[RESULT_INCONCLUSIVE] = {"[?] INCONCLUSIVE", PAINT_WARN},
};
static const char not_judged[] = "[?] NOT JUDGED YET";

/* Behind its sign. */
static void verdict_words(const struct screen *s, struct out *o)
{
	const struct result *r = s->result;

	if (!r) {
		when_judged(s, o);
		return;
	}
	severities(r, o);
	since(r, o);
	judged(s, o);
	if (r->verdict == RESULT_INCONCLUSIVE && r->coverage.inconclusive_why) {
		out_puts(o, ": ");
		out_text_z(o, r->coverage.inconclusive_why);
	}
}

static void verdict(struct screen *s, struct pen *p, unsigned row)
{
	const struct result *r = s->result;
	struct out o = {0};
	unsigned at = pen_put(p, row, 0, 0, r ? signs[r->verdict].paint : PAINT_WARN,
			      r ? signs[r->verdict].sign : not_judged);

	verdict_words(s, &o);
	pen_put(p, row, at + 3, 0, PAINT_PLAIN, out_str(&o));
	p->failed |= o.failed;
	out_done(&o);
}

/* In UTC, as the lines of findings are. */
void screen_line(struct screen *s, struct out *o)
{
	char buf[TIME_TEXT];

	if (s->now_ns != TIME_NONE)
		out_printf(o, "%s ", time_human(s->now_ns, buf));
	out_puts(o, "state");
	what(s, o);
	if (s->status.behind) {
		out_puts(o, "  ");
		behind(&s->status, o);
	}
	out_printf(o, "  %s  ", s->result ? signs[s->result->verdict].sign : not_judged);
	verdict_words(s, o);
	out_puts(o, "; ");
	lost_words(s, o);
}

static void rules(struct screen *s, struct pen *p, unsigned row)
{
	static const struct {
		enum rule_result result;
		const char *word;
	} order[] = {
		{RULE_VIOLATED, "violated"},
		{RULE_NOT_JUDGED, "not judged"},
		{RULE_MET, "met"},
		{RULE_UNUSED, "unused"},
	};
	struct out o = {0};
	char buf[COUNTED_TEXT];

	if (!s->result)
		return;
	out_puts(&o, counted(s->result->n_rules, "rule", "rules", buf));
	for (size_t i = 0; i < N_ELEMENTS(order); i++)
		out_printf(&o, "%s%s %s", i ? ", " : ": ",
			   number(s->result->n_rule_results[order[i].result], buf), order[i].word);
	out_printf(&o, "; %s",
		   counted(s->result->n_conversations, "conversation", "conversations", buf));
	pen_put(p, row, 0, 0, PAINT_PLAIN, out_str(&o));
	p->failed |= o.failed;
	out_done(&o);
}

static size_t count_of(struct screen *s, enum screen_page page)
{
	return s->result && table_of(page) ? table_of(page)->count(s) : 0;
}

static void tabs(struct screen *s, struct pen *p, unsigned row)
{
	bool narrow = p->columns < 100;
	unsigned at = 0;

	for (unsigned i = 0; i < PAGE_N; i++) {
		const struct table *t = table_of(i);
		struct out o = {0};
		char buf[NUMBER_TEXT];

		out_printf(&o, "[%u]%s", i + 1, t ? t->title : "matrix");
		if (t && !narrow && s->result)
			out_printf(&o, " %s", number(count_of(s, i), buf));
		at = pen_put(p, row, at, 0,
			     s->page == i ? PAINT_STRONG | PAINT_MARKED : PAINT_PLAIN, out_str(&o));
		at += narrow ? 1 : 2;
		p->failed |= o.failed;
		out_done(&o);
	}
}

/* --- a table ---------------------------------------------------------------------------------- */

static void heads(struct screen *s, struct pen *p, const struct table *t,
		  const unsigned width[COLUMNS_MAX], unsigned row)
{
	const struct rows *r = &s->rows[s->page];
	unsigned at = 0;

	for (unsigned c = 0; c < t->n_columns; c++) {
		unsigned paint = r->sort == c + 1 ? PAINT_STRONG | PAINT_MARKED : PAINT_STRONG;

		if (!width[c])
			continue;
		pen_cell(p, row, at, width[c], t->columns[c].right, paint, t->columns[c].title);
		at += width[c] + 1;
	}
}

static void table_row(struct screen *s, struct pen *p, const struct table *t,
		      const unsigned width[COLUMNS_MAX], unsigned row, size_t i, bool marked)
{
	unsigned at = 0, mark = marked ? PAINT_MARKED : 0;
	struct out o = {0};

	if (marked)
		pen_cell(p, row, 0, p->columns, false, mark, "");
	for (unsigned c = 0; c < t->n_columns; c++) {
		const struct column *col = &t->columns[c];

		if (!width[c])
			continue;
		out_reset(&o);
		col->cell(s, i, &o);
		pen_cell(p, row, at, width[c], col->right,
			 (unsigned)(col->paint ? col->paint(s, i) : PAINT_PLAIN) | mark,
			 out_str(&o));
		at += width[c] + 1;
	}
	p->failed |= o.failed;
	out_done(&o);
}

static void nothing(struct screen *s, struct pen *p, const struct table *t, unsigned row)
{
	if (!s->result)
		pen_put(p, row, 0, 0, PAINT_PLAIN, "Nothing was judged yet.");
	else if (count_of(s, s->page))
		pen_put(p, row, 0, 0, PAINT_PLAIN, "No row is left of these. Esc shows all.");
	else
		pen_put(p, row, 0, 0, PAINT_PLAIN, t->none);
}

static void table(struct screen *s, struct pen *p, unsigned top, unsigned height)
{
	const struct table *t = table_of(s->page);
	struct rows *r = &s->rows[s->page];
	unsigned width[COLUMNS_MAX] = {0};
	size_t at, room = height > 1 ? height - 1 : 0;

	if (!rows_at(s, s->page, &at)) {
		nothing(s, p, t, top);
		return;
	}
	rows_fit(r, t, p->columns, width);
	heads(s, p, t, width, top);
	if (r->at < r->top)
		r->top = r->at;
	if (room && r->at >= r->top + room)
		r->top = r->at - room + 1;
	if (r->top + room > r->n) /* a screen that grew has no empty lines before rows */
		r->top = r->n > room ? r->n - room : 0;
	for (size_t i = 0; i < room && r->top + i < r->n; i++)
		table_row(s, p, t, width, top + 1 + (unsigned)i, r->row[r->top + i],
			  r->top + i == r->at);
}

/* --- long text -------------------------------------------------------------------------------- */

static void pane(struct screen *s, struct pen *p, unsigned top, unsigned height)
{
	struct out text = {0}, line = {0};
	const char *begin;
	size_t i = 0;

	pane_text(s, p->columns, &text);
	begin = out_str(&text);
	begin += *begin == '\n';
	s->pane_lines = 0;
	for (const char *z = begin; *z; z++)
		s->pane_lines += *z == '\n';
	if (s->pane_top + height > s->pane_lines)
		s->pane_top = s->pane_lines > height ? s->pane_lines - height : 0;
	for (const char *z = begin; *z; i++) {
		size_t n = strcspn(z, "\n");

		if (i >= s->pane_top && i < s->pane_top + height) {
			out_reset(&line);
			out_bytes(&line, z, n);
			pen_put(p, top + (unsigned)(i - s->pane_top), 0, 0, PAINT_PLAIN,
				out_str(&line));
		}
		z += n + (z[n] == '\n');
	}
	p->failed |= text.failed || line.failed;
	out_done(&text);
	out_done(&line);
}

/* --- the bottom ------------------------------------------------------------------------------- */

static void filtered(struct screen *s, struct out *o)
{
	if (s->page == PAGE_CONVERSATIONS && s->pair.on) {
		out_puts(o, "  only ");
		roles_print(s->pair.client, o);
		out_puts(o, " -> ");
		roles_print(s->pair.server, o);
	}
	if (*s->rows[s->page].filter) {
		out_puts(o, "  filter: ");
		out_text_z(o, s->rows[s->page].filter);
	}
}

static void place_words(struct screen *s, struct out *o)
{
	const struct table *t = table_of(s->page);
	const struct rows *r = &s->rows[s->page];
	char a[NUMBER_TEXT], b[NUMBER_TEXT];

	if (s->pane) {
		size_t end = s->pane_top + s->body;

		end = end > s->pane_lines ? s->pane_lines : end;
		out_printf(o, "lines %s to %s", number(s->pane_top + 1, a), number(end, b));
		out_printf(o, " of %s", number(s->pane_lines, a));
		return;
	}
	if (!t) {
		map_say(s, o);
		return;
	}
	out_printf(o, "row %s of %s", number(r->n ? r->at + 1 : 0, a), number(r->n, b));
	filtered(s, o);
	if (r->sort)
		out_printf(o, "  sorted by %s", t->columns[r->sort - 1].title);
	if (r->reverse)
		out_puts(o, ", the last first");
}

static void place(struct screen *s, struct pen *p, unsigned row)
{
	struct out o = {0};
	unsigned at = 0;

	if (s->paused)
		at = pen_put(p, row, 0, 0, PAINT_WARN,
			     s->waiting ? "PAUSED, a newer result waits  " : "PAUSED  ");
	if (*s->message) {
		out_text_z(&o, s->message);
		pen_put(p, row, at, 0, PAINT_WARN, out_str(&o));
	} else {
		place_words(s, &o);
		pen_put(p, row, at, 0, PAINT_DIM, out_str(&o));
	}
	p->failed |= o.failed;
	out_done(&o);
}

static void keys(struct screen *s, struct pen *p, unsigned row)
{
	struct out o = {0};

	if (s->typing) {
		out_puts(&o, "filter: ");
		out_text_z(&o, s->typed);
		out_puts(&o, "_");
		pen_put(p, row, 0, 0, PAINT_STRONG, out_str(&o));
	} else if (s->pane) {
		pen_put(p, row, 0, 0, PAINT_DIM,
			s->pane == PANE_HELP
				? "Esc back  up down scroll"
				: "Esc back  up down scroll  left right other rows  q back");
	} else if (!table_of(s->page)) {
		pen_put(p, row, 0, 0, PAINT_DIM,
			"arrows select  Enter conversations  Tab next page  p pause  ? help  q "
			"quit");
	} else {
		pen_put(p, row, 0, 0, PAINT_DIM,
			"Enter details  / filter  s sort  e extract  w waiver  p pause  ? help  q "
			"quit");
	}
	p->failed |= o.failed;
	out_done(&o);
}

/* --- all of it -------------------------------------------------------------------------------- */

static unsigned top_lines(struct screen *s, struct pen *p)
{
	unsigned row = 0;

	if (p->rows >= 12)
		title(s, p, row++);
	if (p->rows >= 10)
		lost(s, p, row++);
	verdict(s, p, row++);
	if (p->rows >= 14)
		rules(s, p, row++);
	tabs(s, p, row++);
	return row;
}

int screen_draw(struct screen *s, struct pen *p)
{
	unsigned top;

	if (p->rows < ROWS_LEAST || p->columns < COLUMNS_LEAST) {
		pen_put(p, 0, 0, 0, PAINT_PLAIN, "too small: 40 x 8 are needed");
		return p->failed ? -ENOMEM : 0;
	}
	top = top_lines(s, p);
	s->body = p->rows - top - 2;
	if (s->pane)
		pane(s, p, top, s->body);
	else if (table_of(s->page))
		table(s, p, top, s->body);
	else if (s->result)
		map_draw(s, p, top, s->body);
	else
		pen_put(p, top, 0, 0, PAINT_PLAIN, "Nothing was judged yet.");
	place(s, p, p->rows - 2);
	keys(s, p, p->rows - 1);
	return p->failed || s->failed ? -ENOMEM : 0;
}
