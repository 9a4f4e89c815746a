// SPDX-License-Identifier: BSD-2-Clause
/*
 * html_timeline - when it was: conversations, loss and findings by the hour, as bars and as a table
 * of the same figures. Where that would be a bar or two, conversations by the time of their first
 * packet in finer steps.
 */
#include <string.h>

#include "report/html_page.h"

enum { BARS = 36, STEP = 24, TALL = 64, GAP = 18, LABELS = 8, FEW = 4 };

struct bucket {
	uint64_t convs, odd, findings;
	uint64_t packets, bytes, unseen; /* hourly ones */
};

struct line {
	bool hourly;
	int64_t from_s, step_s;
	size_t n;
	struct bucket bucket[BARS + 2];
};

enum lane { LANE_CONVS, LANE_LOSS, LANE_FINDINGS, LANES };

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

/* By the hour, which is how a result keeps it. */
static void fill_hours(struct line *l, const struct timeline *t)
{
	l->hourly = true;
	l->step_s = busy_step_s(t->kind);
	l->from_s = t->at * l->step_s;
	l->n = t->n;
	for (unsigned i = 0; i < t->n; i++) {
		const struct timeline_step *s = &t->step[i];

		l->bucket[i] = (struct bucket){.convs = s->conversations,
					       .odd = s->deviating,
					       .packets = s->packets,
					       .bytes = s->tcp_bytes,
					       .unseen = s->tcp_unseen_bytes};
	}
}

static bool fill_finer(struct line *l, const struct result *r)
{
	bool some = false;

	if (!lay_out(l, r))
		return false;
	for (size_t i = 0; i < r->n_convs; i++) {
		const struct judged *j = &r->convs[i];
		struct bucket *b = at(l, j->conv->first_ns);

		if (!b)
			continue;
		b->convs++;
		b->odd += j->verdict > KIND_TOLERATED;
		some = true;
	}
	return some;
}

static bool fill(struct line *l, const struct html *h)
{
	const struct result *r = h->r;

	if (r->timeline.n >= FEW)
		fill_hours(l, &r->timeline);
	else if (!fill_finer(l, r))
		return false;
	for (size_t i = 0; i < r->n_findings; i++) {
		struct bucket *b = at(l, r->findings[i].first_ns);

		if (b && word_selected(&r->findings[i], h->opt))
			b->findings++;
	}
	return true;
}

static int64_t begin_ns(const struct line *l, size_t i)
{
	int64_t ns;

	if (__builtin_mul_overflow(l->from_s + (int64_t)i * l->step_s, NS_PER_S, &ns))
		return l->from_s < 0 ? TIME_NONE + 1 : INT64_MAX;
	return ns;
}

/* A night on which clocks change has an hour twice, or not at all. */
static bool clocks_change(const struct html *h, const struct line *l)
{
	const struct tz *z = site_tz(h->r->site);

	return tz_offset(z, begin_ns(l, 0), NULL) != tz_offset(z, begin_ns(l, l->n - 1), NULL);
}

/* "2024-05-01 05:41", with seconds or an offset where they are needed; the day alone where steps
 * are days. */
static const char *label(const struct html *h, const struct line *l, size_t i, char buf[TIME_TEXT])
{
	time_human_tz(begin_ns(l, i), site_tz(h->r->site), buf);
	if (l->step_s >= 86400) {
		buf[10] = '\0';
	} else if (l->step_s < 60) {
		buf[19] = '\0';
	} else if (clocks_change(h, l)) {
		memmove(buf + 16, buf + 19, strlen(buf + 19) + 1);
	} else {
		buf[16] = '\0';
	}
	return buf;
}

/* The same below the bars: "05:41" or "05-01". */
static const char *short_label(const struct html *h, const struct line *l, size_t i,
			       char buf[TIME_TEXT])
{
	time_human_tz(begin_ns(l, i), site_tz(h->r->site), buf);
	if (l->step_s >= 86400) {
		buf[10] = '\0';
		return buf + 5;
	}
	buf[l->step_s < 60 ? 19 : 16] = '\0';
	return buf + 11;
}

static const uint64_t MILLION = 1000000;

static uint64_t loss(const struct bucket *b)
{
	uint64_t all = b->bytes + b->unseen;

	if (!all)
		return 0;
	/* Without overflow: a ratio of petabytes needs no byte. */
	return all >> 40 ? b->unseen / (all / MILLION) : b->unseen * MILLION / all;
}

static uint64_t value(const struct bucket *b, enum lane lane)
{
	switch (lane) {
	case LANE_CONVS:
		return b->convs;
	case LANE_LOSS:
		return loss(b);
	default:
		return b->findings;
	}
}

static uint64_t largest(const struct line *l, enum lane lane)
{
	uint64_t max = 0;

	for (size_t i = 0; i < l->n; i++)
		max = value(&l->bucket[i], lane) > max ? value(&l->bucket[i], lane) : max;
	return max;
}

static unsigned tall(uint64_t n, uint64_t max)
{
	unsigned t = max ? (unsigned)((double)n * TALL / (double)max) : 0;

	return n && t < 2 ? 2 : t;
}

static void bar(struct html *h, const char *class_name, size_t i, unsigned base, unsigned height)
{
	if (height)
		out_printf(h->o, "<rect class=%s x=%zu y=%u width=%d height=%u rx=2 />", class_name,
			   i * STEP + 3, base - height, STEP - 6, height);
}

static void lane_name(struct html *h, const struct line *l, enum lane lane, uint64_t most)
{
	static const char *const names[] = {"Conversations", "TCP data lost",
					    "Findings first seen"};
	char buf[NUMBER_TEXT];

	h_put(h, lane == LANE_CONVS && !l->hourly ? "Conversations begun" : names[lane]);
	if (!most) {
		h_put(h, ": none");
		return;
	}
	h_put(h, ", up to ");
	if (lane == LANE_LOSS)
		h_text(h, percent(most, MILLION, buf));
	else
		h_number(h, most);
}

/* What a bar says, where a pointer rests on it. */
static void said(struct html *h, const struct line *l, const struct bucket *b, size_t i)
{
	char buf[TIME_TEXT], share[NUMBER_TEXT];

	h_put(h, "<title>");
	h_text(h, label(h, l, i, buf));
	h_put(h, ": ");
	if (l->hourly && !b->packets)
		h_put(h, "no packet was captured; ");
	h_count(h, b->convs, "conversation", "conversations");
	h_put(h, ", ");
	h_number(h, b->odd);
	h_put(h, " to look at; ");
	if (l->hourly && b->bytes + b->unseen) {
		h_text(h, percent(b->unseen, b->bytes + b->unseen, share));
		h_put(h, " of TCP data lost; ");
	}
	h_count(h, b->findings, "finding", "findings");
	h_put(h, "</title>");
}

struct lanes {
	enum lane of[LANES];
	uint64_t most[LANES];
	unsigned n;
};

static struct lanes lanes_of(const struct line *l)
{
	struct lanes v = {.n = 0};

	for (unsigned k = 0; k < LANES; k++)
		if (k != LANE_LOSS || l->hourly) {
			v.most[v.n] = largest(l, (enum lane)k);
			v.of[v.n++] = (enum lane)k;
		}
	return v;
}

static unsigned base_of(unsigned lane)
{
	return (lane + 1) * (GAP + TALL);
}

static void step(struct html *h, const struct line *l, const struct lanes *v, size_t i)
{
	static const char *const inks[] = {"f", "m", "x"};
	const struct bucket *b = &l->bucket[i];
	bool dark = l->hourly && !b->packets;

	if (!dark && !b->convs && !b->findings && !b->unseen)
		return;
	h_put(h, "<g>");
	said(h, l, b, i);
	if (dark)
		out_printf(h->o, "<rect class=dark x=%zu y=%u width=%d height=%u />", i * STEP, GAP,
			   STEP, base_of(v->n - 1) - GAP);
	for (unsigned k = 0; k < v->n; k++) {
		bar(h, inks[v->of[k]], i, base_of(k), tall(value(b, v->of[k]), v->most[k]));
		if (v->of[k] == LANE_CONVS)
			bar(h, "x", i, base_of(k), tall(b->odd, v->most[k]));
	}
	h_put(h, "</g>\n");
}

static void labels(struct html *h, const struct line *l, unsigned y)
{
	size_t each = (l->n + LABELS - 1) / LABELS;
	char buf[TIME_TEXT];

	for (size_t i = 0; i < l->n && (!i || i + 2 <= l->n); i += each) {
		out_printf(h->o, "<text x=%zu y=%u>", i * STEP + 3, y);
		h_text(h, short_label(h, l, i, buf));
		h_put(h, "</text>");
	}
	h_put(h, "\n");
}

static bool some_dark(const struct line *l)
{
	for (size_t i = 0; l->hourly && i < l->n; i++)
		if (!l->bucket[i].packets)
			return true;
	return false;
}

static void legend(struct html *h, const struct line *l)
{
	h_put(h, "<figcaption><ul class=legend><li><span class=f>all</span></li>"
		 "<li><span class=x>to look at, or a finding</span></li>");
	if (l->hourly)
		h_put(h, "<li><span class=m>lost</span></li>");
	if (some_dark(l))
		h_put(h, "<li><span class=dark>nothing was captured</span></li>");
	h_put(h, "</ul></figcaption>\n");
}

static void bars(struct html *h, const struct line *l)
{
	const struct lanes v = lanes_of(l);

	out_printf(h->o,
		   "<figure>\n<svg class=line viewBox=\"0 0 %zu %u\" role=img "
		   "aria-label=\"Bars of the table below\">\n",
		   l->n * STEP, base_of(v.n - 1) + GAP);
	for (size_t i = 0; i < l->n; i++)
		step(h, l, &v, i);
	for (unsigned k = 0; k < v.n; k++) {
		out_printf(h->o, "<path class=axis d=\"M0 %u.5H%zu\"/><text x=3 y=%u>", base_of(k),
			   l->n * STEP, base_of(k) - TALL - 5);
		lane_name(h, l, v.of[k], v.most[k]);
		h_put(h, "</text>\n");
	}
	labels(h, l, base_of(v.n - 1) + GAP - 4);
	h_put(h, "</svg>\n");
	legend(h, l);
	h_put(h, "</figure>\n");
}

static void cell(struct html *h, uint64_t n)
{
	h_put(h, "<td class=num>");
	h_number(h, n);
}

static void row(struct html *h, const struct line *l, const struct bucket *b, size_t i)
{
	char buf[TIME_TEXT], share[NUMBER_TEXT];

	h_put(h, "<tr><th scope=row>");
	h_text(h, label(h, l, i, buf));
	if (l->hourly)
		cell(h, b->packets);
	cell(h, b->convs);
	cell(h, b->odd);
	if (l->hourly) {
		h_put(h, "<td class=num>");
		if (b->bytes + b->unseen)
			h_text(h, percent(b->unseen, b->bytes + b->unseen, share));
		else
			h_put(h, "none seen");
	}
	cell(h, b->findings);
	h_put(h, "\n");
}

static void table(struct html *h, const struct line *l)
{
	static const char *const hours[] = {"From",
					    "Packets",
					    "Conversations",
					    "Of them to look at",
					    "TCP data lost",
					    "Findings first seen",
					    NULL};
	static const char *const finer[] = {"From", "Conversations begun", "Of them to look at",
					    "Findings first seen", NULL};

	h_put(h, "<details><summary>The same as a table</summary>\n");
	h_rows(h, "figures", "When it was", l->hourly ? hours : finer);
	for (size_t i = 0; i < l->n; i++)
		row(h, l, &l->bucket[i], i);
	h_rows_end(h);
	h_put(h, "</details>\n");
}

static const char *about(const struct line *l)
{
	if (l->hourly)
		return ". A conversation counts in each step in which a connection of it began, a "
		       "finding once, at its first packet; lost is what was acknowledged and never "
		       "captured. What is out of scope does not count.</p>\n";
	return ". A conversation, or a row of folded ones, and a finding count once, at their "
	       "first packet; what is out of scope does not count.</p>\n";
}

void html_timeline(struct html *h)
{
	struct line l = {0};
	char buf[TIME_TEXT], zone[TIME_TEXT];

	h_section(h, "timeline", "Timeline", UINT64_MAX);
	if (!fill(&l, h)) {
		h_p(h, "The window is too short, or holds too little, to be drawn.");
		h_section_end(h);
		return;
	}
	time_human_tz(h->r->from_ns, site_tz(h->r->site), zone);
	h_put(h, "<p>Steps of ");
	h_text(h, duration_human(l.step_s * NS_PER_S, buf));
	h_put(h, ", times at ");
	h_text(h, strlen(zone) > 20 ? zone + 20 : "UTC");
	if (clocks_change(h, &l))
		h_put(h, " and, when clocks have changed, as they say");
	h_put(h, about(&l));
	bars(h, &l);
	table(h, &l);
	h_section_end(h);
}
