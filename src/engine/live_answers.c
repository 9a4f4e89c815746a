// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_answers - what a live run answers on its control socket: a word, a function.
 *
 * Status is made of what the run has at hand. The result is the last judgement's, which the
 * process that made it left in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/live_control.h"
#include "engine/live_keep.h"
#include "engine/live_run.h"
#include "engine/live_scrape.h"
#include "report/words.h"

#include "config.h"

static const int64_t SERVE_EVERY = NS_PER_S / 20;

/* What happened, why, what to do. */
static void refuse(struct control_answer *ret, const char *what, const char *why, const char *act)
{
	ret->error = true;
	out_printf(&ret->text, "%s\n%s\n%s\n", what, why, act);
}

/* ------------------------------------------------------------------ status */

static void time_member(struct out *o, const char *key, int64_t ns)
{
	char buf[TIME_TEXT];

	out_printf(o, ",\"%s\":", key);
	out_json_z(o, ns == TIME_NONE ? NULL : time_rfc3339(ns, buf));
}

static void interface_status(const struct live_run *l, size_t i, struct out *o)
{
	struct live_figures g;

	live_figures(l->source, i, &g);
	out_puts(o, i ? ",{\"name\":" : "{\"name\":");
	out_json_z(o, g.name);
	out_printf(o, ",\"there\":%s,\"up\":%s,\"packets\":%" PRIu64 ",\"kernel_drops\":%" PRIu64,
		   g.there ? "true" : "false", g.up ? "true" : "false", g.packets, g.kernel_drops);
	if (g.card_told)
		out_printf(o, ",\"card_drops\":%" PRIu64 ",\"stack_drops\":%" PRIu64, g.card_drops,
			   g.stack_drops);
	else
		out_puts(o, ",\"card_drops\":null,\"stack_drops\":null");
	out_printf(o, ",\"downs\":%" PRIu64 ",\"removals\":%" PRIu64 ",\"away_s\":%" PRId64 "}",
		   g.downs, g.removals, g.away_ns / NS_PER_S);
}

static void interfaces_status(const struct live_run *l, struct out *o)
{
	out_puts(o, ",\"interfaces\":[");
	for (size_t i = 0; i < live_count(l->source); i++)
		interface_status(l, i, o);
	out_char(o, ']');
}

/* By this computer, by its cards, before them, by ourselves: four figures, never one. */
static void lost_status(const struct span_audit *a, struct out *o)
{
	struct live_losses x = live_losses(a);

	out_printf(o, ",\"lost\":{\"kernel\":%" PRIu64 ",\"card\":", x.kernel);
	if (x.card_told)
		out_uint(o, x.card);
	else
		out_puts(o, "null");
	out_printf(o,
		   ",\"mirror\":{\"unseen_bytes\":%" PRIu64 ",\"seen_bytes\":%" PRIu64
		   "},\"shed\":%" PRIu64 "}",
		   x.tcp_unseen, x.tcp_bytes, x.shed);
}

static void memory_status(const struct span_audit *a, struct out *o)
{
	uint64_t used = live_memory(a->live);

	out_puts(o, ",\"memory\":{\"used\":");
	if (used)
		out_uint(o, used);
	else
		out_puts(o, "null");
	out_printf(o, ",\"limit\":%" PRIu64 "}", (uint64_t)hot_memory(a));
}

static void judged_status(const struct live_run *l, struct out *o)
{
	const struct live_judged *j = &l->last;

	out_printf(o, ",\"every_s\":%" PRId64 ",\"judging\":%s,\"judged\":",
		   l->opt.every_ns / NS_PER_S, l->judge.pid ? "true" : "false");
	if (!l->judged) {
		out_puts(o, "null");
		return;
	}
	out_printf(o,
		   "{\"packets\":%" PRIu64 ",\"conversations\":%" PRIu64 ",\"took_ms\":%" PRId64
		   ",\"verdict\":\"%s\",\"findings\":{",
		   j->packets, j->conversations, j->took_ns / (NS_PER_S / 1000),
		   word_verdict((enum result_verdict)j->verdict));
	for (int s = SEV_N - 1, n = 0; s >= 0; s--)
		if (*severity_name((enum severity)s))
			out_printf(o, "%s\"%s\":%" PRIu64, n++ ? "," : "",
				   severity_name((enum severity)s), j->n_severity[s]);
	out_char(o, '}');
	time_member(o, "at", j->at_ns);
	out_char(o, '}');
}

static void status(struct span_audit *a, struct control_answer *ret)
{
	const struct live_run *l = a->live;
	struct out *o = &ret->text;
	int64_t now = live_real_ns();

	out_printf(o,
		   "{\"schema\":\"spanaudit-status/1\",\"tool\":{\"name\":\"spanaudit\","
		   "\"version\":\"%s\"},\"pid\":%d,\"state\":\"%s\"",
		   SPAN_VERSION, (int)getpid(), atomic_load(&a->stop) ? "stopping" : "running");
	time_member(o, "since", l->began_real_ns);
	time_member(o, "now", now);
	out_printf(o, ",\"uptime_s\":%" PRId64, (live_clock_ns() - l->began_ns) / NS_PER_S);
	out_puts(o, ",\"site\":");
	out_json_z(o, *a->site->name ? a->site->name : NULL);
	interfaces_status(l, o);
	out_printf(o, ",\"packets\":%" PRIu64, hot_packets(a->hot));
	lost_status(a, o);
	out_puts(o, ",\"shed\":");
	live_shed_json(a, o);
	memory_status(a, o);
	judged_status(l, o);
	out_puts(o, ",\"policy\":");
	live_policy_json(a, o);
	out_printf(o, ",\"events\":{\"unsent\":%" PRIu64 ",\"dropped\":%" PRIu64 "}", l->unsent,
		   l->dropped);
	out_puts(o, ",\"store\":");
	live_keep_json(l->keep, o);
	out_puts(o, "}\n");
}

static void counters(struct span_audit *a, struct control_answer *ret)
{
	live_counters(a, &ret->text);
	out_char(&ret->text, '\n');
	live_policy_text(a, &ret->text);
}

/* ------------------------------------------------------------------ the others */

static void result(struct span_audit *a, struct control_answer *ret)
{
	const struct live_run *l = a->live;
	struct stat st;

	if (l->result_fd < 0) {
		refuse(ret, "there is no result yet",
		       l->opt.every_ns ? "nothing has been judged so far"
				       : "this run judges at its end alone (--every 0)",
		       l->opt.every_ns ? "ask again when a judgement was made (--every)"
				       : "start it with --every 60s");
		return;
	}
	ret->fd = fcntl(l->result_fd, F_DUPFD_CLOEXEC, 0);
	if (ret->fd >= 0 && fstat(ret->fd, &st) == 0) {
		ret->size = (uint64_t)st.st_size;
		return;
	}
	refuse(ret, "the result cannot be had", strerror(errno), "ask again");
}

static void reload(struct span_audit *a, struct control_answer *ret)
{
	live_reload(a);
	ret->error = !a->live->reload.ok;
	out_puts(&ret->text, a->live->reload.text ? a->live->reload.text : "");
	out_puts(&ret->text, ret->error ? "\ncorrect it, and ask again\n" : "\n");
}

static void flush(struct span_audit *a, struct control_answer *ret)
{
	if (!a->live->keep) {
		refuse(ret, "there is nothing to write", "this run keeps no store",
		       "start it with --store FILE");
		return;
	}
	if (live_keep_flush(a))
		out_puts(&ret->text, "what is there is being written to the store\n");
	else
		out_puts(&ret->text, "it is writing already; what came since is written next\n");
}

static void stop(struct span_audit *a, struct control_answer *ret)
{
	span_audit_stop(a);
	out_puts(&ret->text, "stopping: what was taken is judged now, and reports are written\n");
}

static const struct {
	const char *word;
	void (*fn)(struct span_audit *a, struct control_answer *ret);
} words[] = {
	{"status", status}, {"counters", counters}, {"result", result},
	{"reload", reload}, {"flush", flush},       {"stop", stop},
};

static void unknown(const char *line, struct control_answer *ret)
{
	struct out *o = &ret->text;

	ret->error = true;
	out_puts(o, "'");
	out_text(o, line, strnlen(line, 40));
	out_puts(o, "' is no request\na request is one word\nask for one of:");
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		out_printf(o, " %s", words[i].word);
	out_char(o, '\n');
}

static void answer(void *user, const char *line, struct control_answer *ret)
{
	struct span_audit *a = user;

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (strcmp(words[i].word, line) == 0) {
			words[i].fn(a, ret);
			return;
		}
	unknown(line, ret);
}

void live_serve(struct span_audit *a, int64_t now)
{
	struct live_run *l = a->live;

	if (!l->control && !l->scrape)
		return;
	if (!live_woken(l->source) && now < l->next_serve_ns)
		return;
	l->next_serve_ns = now + SERVE_EVERY;
	if (l->scrape)
		scrape_turn(l->scrape);
	if (!l->control)
		return;
	control_turn(l->control, now, answer, a);
	if (control_left(l->control))
		span_audit_stop(a);
}
