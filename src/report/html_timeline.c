// SPDX-License-Identifier: BSD-2-Clause
/*
 * html_timeline - when it began: conversations and findings by the time of their first packet, as
 * bars and as a table of the same figures.
 *
 * The result keeps no counts of packets by the hour, so none are shown.
 */
#include <string.h>

#include "report/html_page.h"

enum { BARS = 36, STEP = 24, TALL = 64, GAP = 18 };

struct bucket {
	uint64_t begun, odd, findings;
};

struct line {
	int64_t from_s, step_s;
	size_t n;
	struct bucket bucket[BARS + 2];
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Steps that a clock has; they begin where the local day does. */
static bool lay_out(struct line *l, const struct result *r)
{
	static const int64_t steps[] = {1,     2,     5,      10,      30,      60,
					300,   600,   1800,   3600,    10800,   21600,
					43200, 86400, 604800, 2592000, 7776000, 31104000};
	int64_t from = floor_div(r->from_ns, NS_PER_S), to = floor_div(r->to_ns, NS_PER_S);
	int64_t offset = tz_offset(site_tz(r->site), r->from_ns, NULL);

	if (r->from_ns == TIME_NONE)
		return false;
	for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
		l->step_s = steps[i];
		l->from_s = floor_div(from + offset, steps[i]) * steps[i] - offset;
		if ((to - l->from_s) / steps[i] < BARS) {
			l->n = (size_t)((to - l->from_s) / steps[i]) + 1;
			return l->n > 1;
		}
	}
	return false;
}

static struct bucket *at(struct line *l, int64_t ns)
{
	int64_t i;

	if (ns == TIME_NONE)
		return NULL;
	i = floor_div(floor_div(ns, NS_PER_S) - l->from_s, l->step_s);
	return i >= 0 && i < (int64_t)l->n ? &l->bucket[i] : NULL;
}

static uint64_t fill(struct line *l, const struct html *h)
{
	const struct result *r = h->r;
	uint64_t some = 0;

	for (size_t i = 0; i < r->n_convs; i++) {
		const struct judged *j = &r->convs[i];
		struct bucket *b = at(l, j->conv->first_ns);

		if (!b)
			continue;
		b->begun++;
		b->odd += j->verdict > KIND_TOLERATED;
		some++;
	}
	for (size_t i = 0; i < r->n_findings; i++) {
		struct bucket *b = at(l, r->findings[i].first_ns);

		if (b && word_selected(&r->findings[i], h->opt))
			b->findings++;
	}
	return some;
}

/* "05:41:12", or the day where steps are days; the date stands above. */
static const char *label(const struct html *h, const struct line *l, size_t i, char buf[TIME_TEXT])
{
	int64_t ns = (l->from_s + (int64_t)i * l->step_s) * NS_PER_S;

	time_human_tz(ns, site_tz(h->r->site), buf);
	if (l->step_s >= 86400) {
		buf[10] = '\0';
		return buf;
	}
	buf[l->step_s < 60 ? 19 : 16] = '\0';
	return buf;
}

static uint64_t largest(const struct line *l, bool findings)
{
	uint64_t max = 1;

	for (size_t i = 0; i < l->n; i++) {
		uint64_t n = findings ? l->bucket[i].findings : l->bucket[i].begun;

		max = n > max ? n : max;
	}
	return max;
}

static unsigned tall(uint64_t n, uint64_t max)
{
	unsigned t = (unsigned)(n * TALL / max);

	return n && t < 2 ? 2 : t;
}

static void bar(struct html *h, const char *class_name, size_t i, unsigned base, unsigned height)
{
	if (height)
		out_printf(h->o, "<rect class=%s x=%zu y=%u width=%d height=%u rx=2 />", class_name,
			   i * STEP + 3, base - height, STEP - 6, height);
}

static void bars(struct html *h, const struct line *l)
{
	uint64_t most[2] = {largest(l, false), largest(l, true)};
	unsigned base[2] = {GAP + TALL, 2 * (GAP + TALL)};

	out_printf(h->o,
		   "<figure>\n<svg class=line viewBox=\"0 0 %zu %u\" role=img "
		   "aria-label=\"Bars of the table below\">\n",
		   l->n * STEP, base[1] + 2);
	for (unsigned k = 0; k < 2; k++)
		out_printf(h->o, "<path class=axis d=\"M0 %u.5H%zu\"/><text x=3 y=%u>%s, up to ",
			   base[k], l->n * STEP, base[k] - TALL - 5,
			   k ? "Findings first seen" : "Conversations begun"),
			h_number(h, most[k]), h_put(h, "</text>\n");
	for (size_t i = 0; i < l->n; i++) {
		const struct bucket *b = &l->bucket[i];
		char buf[TIME_TEXT];

		if (!b->begun && !b->findings)
			continue;
		h_put(h, "<g><title>");
		h_text(h, label(h, l, i, buf));
		h_put(h, ": ");
		h_count(h, b->begun, "conversation", "conversations");
		h_put(h, ", ");
		h_number(h, b->odd);
		h_put(h, " to look at; ");
		h_count(h, b->findings, "finding", "findings");
		h_put(h, "</title>");
		bar(h, "f", i, base[0], tall(b->begun, most[0]));
		bar(h, "x", i, base[0], tall(b->odd, most[0]));
		bar(h, "x", i, base[1], tall(b->findings, most[1]));
		h_put(h, "</g>\n");
	}
	h_put(h, "</svg>\n<figcaption><ul class=legend><li><span class=f>all</span></li>"
		 "<li><span class=x>to look at, or a finding</span></li></ul></figcaption>\n"
		 "</figure>\n");
}

static void table(struct html *h, const struct line *l)
{
	static const char *const columns[] = {"From", "Conversations begun", "Of them to look at",
					      "Findings first seen", NULL};

	h_put(h, "<details><summary>The same as a table</summary>\n");
	h_rows(h, "figures", "When it began", columns);
	for (size_t i = 0; i < l->n; i++) {
		const struct bucket *b = &l->bucket[i];
		char buf[TIME_TEXT];

		h_put(h, "<tr><th scope=row>");
		h_text(h, label(h, l, i, buf));
		h_put(h, "</th><td class=num>");
		h_number(h, b->begun);
		h_put(h, "</td><td class=num>");
		h_number(h, b->odd);
		h_put(h, "</td><td class=num>");
		h_number(h, b->findings);
		h_put(h, "</td></tr>\n");
	}
	h_rows_end(h);
	h_put(h, "</details>\n");
}

void html_timeline(struct html *h)
{
	struct line l = {0};
	char buf[TIME_TEXT], zone[TIME_TEXT];

	h_section(h, "timeline", "Timeline", UINT64_MAX);
	if (!lay_out(&l, h->r) || !fill(&l, h)) {
		h_p(h, "The window is too short, or holds too little, to be drawn.");
		h_section_end(h);
		return;
	}
	time_human_tz(h->r->from_ns, site_tz(h->r->site), zone);
	h_put(h, "<p>Steps of ");
	h_text(h, duration_human(l.step_s * NS_PER_S, buf));
	h_put(h, ", times at ");
	h_text(h, strlen(zone) > 20 ? zone + 20 : "UTC");
	h_put(h, ". A conversation, or a row of folded ones, and a finding count once, at their "
		 "first packet; what is out of scope does not count.</p>\n");
	bars(h, &l);
	table(h, &l);
	h_section_end(h);
}
