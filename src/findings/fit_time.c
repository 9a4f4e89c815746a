// SPDX-License-Identifier: BSD-2-Clause
/* Times: how long was looked, at which hours, by which clock, and with what between the files. */
#include "findings/fit_work.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CLOCK_STEP (1 * NS_PER_S) /* as in coverage.c */

/* ------------------------------------------------------------------ files */

void fit_files(struct fit_work *w)
{
	const struct result *r = w->r;
	struct fit_row *row = fit_row(w, "files", "Files");
	size_t failed = 0, cut = 0, same = 0, notes = 0;

	if (!row)
		return;
	for (size_t i = 0; i < r->n_inputs; i++) {
		const struct result_input *in = &r->inputs[i];

		failed += in->failed;
		cut += !in->failed && in->caveat;
		same += in->same_as != NULL;
		notes += in->note != NULL;
		if (in->failed)
			fit_detail(w, row, arena_printf(w->a, "%s: could not be read", in->path));
		else if (in->caveat)
			fit_detail(w, row, arena_printf(w->a, "%s: %s", in->path, in->caveat));
		else if (in->same_as)
			fit_detail(
				w, row,
				strcmp(in->path, in->same_as) == 0
					? arena_printf(w->a, "%s: named twice, read once", in->path)
					: arena_printf(w->a, "%s: the same bytes as %s, read once",
						       in->path, in->same_as));
		else if (in->note)
			fit_detail(w, row, arena_printf(w->a, "%s: %s", in->path, in->note));
	}
	row->figure = arena_printf(w->a, "%s, %zu unreadable, %zu cut off or damaged, %zu twice",
				   fit_counted(w, r->n_inputs, "file", "files"), failed, cut, same);
	if (same || notes)
		fit_note(row, "What is in two files counts once.", NULL);
	if (cut)
		fit_note(
			row,
			"Whatever stood behind the damage is unknown, so nothing can be said to be "
			"missing, nor the whole to be in order.",
			"Copy the file again, or end the capture properly (Ctrl-C, not kill -9) "
			"and look at the space on its disk.");
	if (failed)
		fit_note(row, "Nothing of a file that could not be read is in these figures.",
			 "See the message for each, above.");
	if (failed || cut)
		fit_bars(row, FIT_NOT,
			 failed ? "not every file could be read" : "a file is cut off or damaged");
}

/* ------------------------------------------------------------------ window */

static int64_t longest_wait(const struct site *s)
{
	int64_t longest = s->judge_after_ns;

	for (size_t i = 0; i < s->n_judge_after_for; i++)
		if (s->judge_after_for[i].ns > longest)
			longest = s->judge_after_for[i].ns;
	return longest;
}

static void services_wait(struct fit_work *w, struct fit_row *row)
{
	const struct site *s = w->site;

	for (size_t i = 0; i < s->n_judge_after_for; i++) {
		const struct site_judge_after *j = &s->judge_after_for[i];

		fit_detail(w, row,
			   arena_printf(w->a, "%s: absence counts after %s: %s", j->service,
					fit_span(w, j->ns),
					w->r->observed_ns >= j->ns ? "long enough" : "too short"));
	}
}

static void pauses(struct fit_work *w, struct fit_row *row)
{
	const struct window *win = w->in->window;

	for (size_t i = 1; win && i < win->spans.n; i++) {
		const struct window_span *a = &win->spans.v[i - 1], *b = &win->spans.v[i];

		fit_detail(w, row,
			   arena_printf(w->a, "no packet for %s, from %s to %s: not observed",
					fit_span(w, b->from_ns - a->to_ns), fit_time(w, a->to_ns),
					fit_time(w, b->from_ns)));
	}
}

void fit_window(struct fit_work *w)
{
	const struct result *r = w->r;
	struct fit_row *row = fit_row(w, "window", "Window");
	int64_t after = w->site->judge_after_ns;
	char span[TIME_SPAN_TEXT];

	if (!row)
		return;
	if (r->from_ns == TIME_NONE) {
		row->figure = "no packet has a time: nothing was observed";
		fit_bars(row, FIT_NOT, "nothing was observed");
		return;
	}
	row->figure = arena_printf(
		w->a, "%s observed, %s; absence counts after %s", fit_span(w, r->observed_ns),
		time_span_human(r->from_ns, r->to_ns, site_tz(w->site), span), fit_span(w, after));
	services_wait(w, row);
	if (r->observed_ns < longest_wait(w->site)) {
		fit_note(row,
			 "What was tried and failed is judged all the same. What was never tried "
			 "cannot be called missing: it may be due later in the day.",
			 "Capture for longer, as a ring of files: dumpcap -i IF -b duration:3600 "
			 "-b files:48 -w span.pcapng. Or give judge-after in the site file, where "
			 "you know that a service shows sooner.");
		if (r->observed_ns < after)
			fit_bars(row, FIT_FOR_SEEN,
				 arena_printf(w->a,
					      "%s of %s were observed, too short for 'never tried'",
					      fit_span(w, r->observed_ns), fit_span(w, after)));
	}
	pauses(w, row);
	if (w->in->window && w->in->window->spans.n > 1 && row->level == FIT_OK)
		fit_note(row,
			 "Nothing is known of the pauses; they are not part of the observed time.",
			 "If hosts were at work then, the capture stood still: see the disk, the "
			 "mirror, and the program that writes the files.");
}

/* ------------------------------------------------------------------ hours */

struct hours {
	int64_t working, night, weekend, rest; /* nanoseconds of local time */
};

enum { SATURDAY = 5, MORNING = 8, EVENING = 18, LATE = 22, EARLY = 6 };

/* Monday is 0; 1970-01-01 was a Thursday. */
static void hours_add(struct hours *h, int64_t local_s, int64_t ns)
{
	int64_t day = local_s / 86400 - (local_s % 86400 < 0);
	int hour = (int)((local_s - day * 86400) / 3600);
	int weekday = (int)((((day + 3) % 7) + 7) % 7);

	if (hour >= LATE || hour < EARLY)
		h->night += ns;
	else if (weekday >= SATURDAY)
		h->weekend += ns;
	else if (hour >= MORNING && hour < EVENING)
		h->working += ns;
	else
		h->rest += ns;
}

/* Offsets change at quarters of an hour at most. */
static struct hours hours_of(const struct window *win, const struct tz *tz)
{
	const int64_t step = 900 * NS_PER_S;
	struct hours h = {0};

	for (size_t i = 0; win && i < win->spans.n; i++) {
		int64_t at = win->spans.v[i].from_ns, to = win->spans.v[i].to_ns;

		while (at < to) {
			int64_t end = at - at % step - (at % step < 0 ? step : 0);
			int64_t s = at / NS_PER_S + (tz ? tz_offset(tz, at, NULL) : 0);

			if (__builtin_add_overflow(end, step, &end) || end > to)
				end = to;
			hours_add(&h, s, end - at);
			at = end;
		}
	}
	return h;
}

static const char *hours_text(struct fit_work *w, int64_t ns)
{
	return ns < NS_PER_S ? "none" : fit_span(w, ns);
}

void fit_hours(struct fit_work *w)
{
	const struct hours h = hours_of(w->in->window, site_tz(w->site));
	struct fit_row *row = fit_row(w, "hours", "Hours");

	if (!row)
		return;
	row->figure = arena_printf(
		w->a,
		"working hours (Mon-Fri 8-18) %s, nights (22-6) %s, weekend days %s, the rest %s, "
		"in %s",
		hours_text(w, h.working), hours_text(w, h.night), hours_text(w, h.weekend),
		hours_text(w, h.rest), site_tz(w->site) ? w->site->timezone : "UTC");
	if (!h.working)
		fit_note(row,
			 "Nothing was seen of working hours: what users do, browsers and Outlook, "
			 "is hardly in it.",
			 "Capture over a working day too.");
	else if (!h.night)
		fit_note(row,
			 "Nothing was seen of a night: maintenance of the databases, backups and "
			 "most of what the asynchronous service does at fixed hours is not in it.",
			 "Capture over a night too.");
	if (!site_tz(w->site) && row->level == FIT_NOTE)
		row->remedy = arena_printf(
			w->a, "%s The hours are UTC: say `timezone:` in a site file.", row->remedy);
}

/* ------------------------------------------------------------------ clock */

void fit_clock(struct fit_work *w)
{
	const struct result *r = w->r;
	struct fit_row *row = fit_row(w, "clock", "Clock");
	uint64_t late = 0, unsorted = 0, strange = 0, untimed = 0;
	int64_t step = 0;

	if (!row)
		return;
	for (size_t i = 0; i < r->n_inputs; i++) {
		const struct result_input *in = &r->inputs[i];

		late += in->late;
		unsorted += in->unsorted;
		strange += in->strange_time;
		untimed += in->untimed;
		if (in->step_ns > step)
			step = in->step_ns;
		if (in->step_ns >= CLOCK_STEP)
			fit_detail(w, row,
				   arena_printf(w->a, "%s: back by %s at packet %u", in->path,
						fit_span(w, in->step_ns), in->step_packet));
	}
	row->figure = arena_printf(
		w->a,
		"%s of %s packets out of order, %s of them beyond repair, %s without a "
		"time, %s before 1970 or after 2099",
		fit_n(w, late), fit_n(w, w->c->packets), fit_n(w, unsorted), fit_n(w, untimed),
		fit_n(w, strange));
	if (step >= CLOCK_STEP || unsorted || strange || untimed)
		fit_note(row,
			 "Times decide what came first, how long was observed, and whether a port "
			 "was granted before it was used. Where they are wrong, those are too.",
			 "Let the capturing computer keep its time by NTP without steps, do not "
			 "set the clock during a capture, and name files as they were written "
			 "instead of joining them.");
}

/* ------------------------------------------------------------------ sets of files */

/* A name of a set, such as span_00012_20240501080000.pcapng or span.pcap12. */
struct member {
	const struct result_input *in;
	const char *key; /* the name without its number */
	uint64_t number;
};

static bool digits(const char *z, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)z[i]))
			return false;
	return n > 0;
}

/* dumpcap -b: _NNNNN_YYYYMMDDhhmmss before the suffix; tcpdump -C: a number behind all. Other
 * numbers may be dates, of which nobody expects each. */
static bool member_of(struct fit_work *w, const struct result_input *in, struct member *ret)
{
	enum { STAMP = 14, NUMBER = 5, MOST = 9 };
	const char *slash = strrchr(in->path, '/'), *name = slash ? slash + 1 : in->path;
	size_t n = strlen(name), at = n;
	const char *p = name;

	ret->in = in;
	while (at && isdigit((unsigned char)name[at - 1]))
		at--;
	if (at && at < n && n - at <= MOST && strstr(name, ".pcap")) {
		ret->key = arena_strndup(w->a, in->path, (size_t)(name - in->path) + at);
		ret->number = strtoull(name + at, NULL, 10);
		return ret->key;
	}
	while ((p = strchr(p, '_'))) {
		size_t left = strlen(++p);

		if (left > NUMBER + 1 + STAMP && digits(p, NUMBER) && p[NUMBER] == '_' &&
		    digits(p + NUMBER + 1, STAMP)) {
			ret->key = arena_printf(w->a, "%.*s%s", (int)(p - in->path), in->path,
						p + NUMBER + 1 + STAMP);
			ret->number = strtoull(p, NULL, 10);
			return ret->key;
		}
	}
	return false;
}

static int by_number(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c ? c : (x->number > y->number) - (x->number < y->number);
}

static void missing_numbers(struct fit_work *w, struct fit_row *row, const struct member *v,
			    size_t n, uint64_t *missing)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t gone;

		if (strcmp(v[i - 1].key, v[i].key) != 0 || v[i].number <= v[i - 1].number + 1)
			continue;
		gone = v[i].number - v[i - 1].number - 1;
		*missing += gone;
		fit_detail(w, row,
			   arena_printf(w->a, "%s missing between %s and %s", fit_n(w, gone),
					v[i - 1].in->path, v[i].in->path));
	}
}

static int by_begin(const void *a, const void *b)
{
	const struct result_input *x = *(const struct result_input *const *)a,
				  *y = *(const struct result_input *const *)b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

struct seams {
	size_t holes, overlaps;
	int64_t longest;
};

/* Between the files, whatever they are called: what none of them holds, and what two of them do. */
static struct seams seams_of(struct fit_work *w, struct fit_row *row)
{
	const int64_t hole = 60 * NS_PER_S, overlap = 1 * NS_PER_S;
	const struct result *r = w->r;
	const struct result_input **v = arena_alloc(w->a, (r->n_inputs + 1) * sizeof(const void *));
	const struct result_input *last = NULL;
	struct seams s = {0};
	size_t n = 0;

	if (!v) {
		w->failed = true;
		return s;
	}
	for (size_t i = 0; i < r->n_inputs; i++)
		if (r->inputs[i].first_ns != TIME_NONE && !r->inputs[i].same_as)
			v[n++] = &r->inputs[i];
	if (n)
		qsort(v, n, sizeof *v, by_begin);
	for (size_t i = 0; i < n; i++) {
		if (last && v[i]->first_ns / 2 - last->last_ns / 2 > hole / 2) {
			int64_t long_ = v[i]->first_ns - last->last_ns;

			s.holes++;
			s.longest = long_ > s.longest ? long_ : s.longest;
			fit_detail(w, row,
				   arena_printf(w->a, "no packet for %s between %s and %s",
						fit_span(w, long_), last->path, v[i]->path));
		} else if (last && last->last_ns / 2 - v[i]->first_ns / 2 > overlap / 2) {
			s.overlaps++;
			fit_detail(w, row,
				   arena_printf(w->a, "%s and %s overlap", last->path, v[i]->path));
		}
		if (!last || v[i]->last_ns > last->last_ns)
			last = v[i];
	}
	return s;
}

void fit_sets(struct fit_work *w)
{
	const struct result *r = w->r;
	struct member *v = arena_alloc(w->a, (r->n_inputs + 1) * sizeof *v);
	struct fit_row *row;
	struct seams s;
	uint64_t missing = 0;
	size_t n = 0;

	if (!v) {
		w->failed = true;
		return;
	}
	if (r->n_inputs < 2)
		return;
	row = fit_row(w, "sets", "File sets");
	if (!row)
		return;
	for (size_t i = 0; i < r->n_inputs; i++)
		n += !r->inputs[i].same_as && member_of(w, &r->inputs[i], &v[n]);
	if (n)
		qsort(v, n, sizeof *v, by_number);
	missing_numbers(w, row, v, n, &missing);
	s = seams_of(w, row);
	row->figure = arena_printf(
		w->a, "%s missing by number, %s of more than a minute between files, %s",
		fit_n(w, missing), fit_counted(w, s.holes, "hole", "holes"),
		fit_counted(w, s.overlaps, "overlap", "overlaps"));
	if (s.overlaps)
		fit_note(row,
			 "Two captures at the same time are read as one: copies of a packet in "
			 "both count once.",
			 NULL);
	if (s.holes)
		fit_note(row,
			 "Either nothing was said then, or a file is not here. Holes of more than "
			 "an hour are not part of the observed time; shorter ones are.",
			 "Name all files of the time in question, or the folder that holds them.");
	if (missing) {
		fit_note(row,
			 "Files of the set are not among those named: what they hold is not in "
			 "this, and may be what seems to be absent.",
			 "Name the folder that holds the whole set. If the ring has overwritten "
			 "them, give it more or larger files: dumpcap -b files:N -b filesize:KB.");
		fit_bars(row, FIT_FOR_SEEN,
			 arena_printf(w->a, "%s missing",
				      fit_counted(w, missing, "file of the set is",
						  "files of the set are")));
	}
}
