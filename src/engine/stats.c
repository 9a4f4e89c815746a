// SPDX-License-Identifier: BSD-2-Clause
#include "engine/stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "engine/engine.h"

enum { SAMPLE_EACH = 16 };

static int64_t now(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t stats_clock(void)
{
	return now(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t stats_wall(void)
{
	return now(CLOCK_MONOTONIC);
}

void stats_begin(struct stats *s)
{
	if (s)
		*s = (struct stats){.mark_ns = stats_clock()};
}

void stats_batch(struct stats *s, uint64_t packets)
{
	if (!s)
		return;
	s->packets += packets;
	s->sample = s->batches++ % SAMPLE_EACH == 0;
}

void stats_add(struct stats *s, enum stage stage)
{
	int64_t ns = stats_clock();

	s->ns[stage] += ns - s->mark_ns;
	s->mark_ns = ns;
}

void stats_table_add(struct stats *s, enum stage stage, int64_t from_ns)
{
	if (!s)
		return;
	if (from_ns)
		s->table_ns += stats_wall() - from_ns;
	s->sample = false;
	stats_add(s, stage);
}

void stats_asked_add(struct stats *s, enum asked what, int64_t from_ns)
{
	s->asked[what]++;
	if (from_ns)
		s->asked_ns[what] += stats_wall() - from_ns;
}

static void row(struct out *o, const char *what, int64_t ns, int64_t all, uint64_t packets)
{
	out_printf(o, "  %-14s %9.3f s %5.1f %%", what, (double)ns / 1e9,
		   all ? 100.0 * (double)ns / (double)all : 0.0);
	if (packets)
		out_printf(o, " %8.0f ns a packet", (double)ns / (double)packets);
	out_puts(o, "\n");
}

/* The flow table's own time, and that of those whom it asks, by their shares in the sample. */
static void table_rows(const struct stats *s, struct out *o, int64_t all)
{
	static const char *const names[ASKED_N] = {
		[ASKED_RECOGNISE] = "recognition",
		[ASKED_READERS] = "readers",
		[ASKED_DONE] = "conversations",
	};
	int64_t own = s->ns[STAGE_FLOWS];
	int64_t of[ASKED_N];

	for (int i = 0; i < ASKED_N; i++) {
		double share = s->table_ns ? (double)s->asked_ns[i] / (double)s->table_ns : 0;

		of[i] = (int64_t)(share * (double)s->ns[STAGE_FLOWS]);
		own -= of[i];
	}
	row(o, "flow table", own > 0 ? own : 0, all, s->packets);
	for (int i = 0; i < ASKED_N; i++)
		row(o, names[i], of[i], all, s->packets);
}

void stats_text(const struct stats *s, struct out *o)
{
	static const char *const names[STAGE_N] = {
		[STAGE_RULES] = "rules and site", [STAGE_OPEN] = "first look",
		[STAGE_READ] = "read and order",  [STAGE_DECODE] = "decode",
		[STAGE_COPIES] = "copies",        [STAGE_ENDS] = "ends of flows",
		[STAGE_ROLES] = "roles",          [STAGE_JUDGE] = "judge",
		[STAGE_REPORT] = "report",
	};
	int64_t all = 0;

	for (int i = 0; i < STAGE_N; i++)
		all += s->ns[i];
	out_printf(o, "processor time of %" PRIu64 " packet%s by stage:\n", s->packets,
		   s->packets == 1 ? "" : "s");
	for (int i = 0; i < STAGE_N; i++)
		if (i == STAGE_FLOWS)
			table_rows(s, o, all);
		else
			row(o, names[i], s->ns[i], all,
			    i >= STAGE_READ && i <= STAGE_COPIES ? s->packets : 0);
	row(o, "all", all, all, s->packets);
	out_printf(o,
		   "asked: recognition %" PRIu64 " times, readers %" PRIu64 " times, of %" PRIu64
		   " flows that ended\n",
		   s->asked[ASKED_RECOGNISE], s->asked[ASKED_READERS], s->asked[ASKED_DONE]);
}

int span_audit_stats(struct span_audit *a, bool on)
{
	if (!on) {
		free(a->stats);
		a->stats = NULL;
	} else if (!a->stats) {
		a->stats = calloc(1, sizeof *a->stats);
		if (!a->stats)
			return -ENOMEM;
	}
	return 0;
}

int span_audit_write_stats(const struct span_audit *a, FILE *f)
{
	struct out o = {0};
	int r;

	if (!a->stats)
		return 0;
	stats_text(a->stats, &o);
	r = engine_put(&o, f);
	out_done(&o);
	return r;
}
