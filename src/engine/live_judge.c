// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_judge - findings while packets come.
 *
 * A judgement needs the end of all flows and sorts all conversations, which takes longer than the
 * kernel's ring lasts. So it is made by a child process: fork(2) gives it everything as it is at
 * that moment, at the price of copying page tables, and it may take its time. It finishes its
 * copy of the flows, judges, writes the events and ends; the process that takes packets goes on
 * with its own and learns over a pipe what was told. One child at a time: when a judgement takes
 * longer than the interval, the next one is later. What both of them write to is copied, page by
 * page: at worst a judgement needs as much memory again as the tables have.
 *
 * Events are told at least once: after a child that was killed on the way the next one repeats
 * what nobody knows to have been told. Where there is a store, the child notes in it what it told,
 * so that it is known after a restart, too (live_told.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/live_evidence.h"
#include "engine/live_run.h"
#include "engine/live_scrape.h"
#include "engine/live_syslog.h"
#include "report/live_event.h"

#include "config.h"

enum { WAIT_MOST_S = 120, MS_PER_S = 1000, NICE = 10 };
/* A connection that was tried a moment ago may yet be answered: no event before. */
static const int64_t SETTLED_AFTER = 30 * NS_PER_S;

static struct live_known *known(const struct live_run *l, const char *id)
{
	for (size_t i = 0; i < l->known.n; i++)
		if (memcmp(l->known.v[i].id, id, sizeof l->known.v[i].id) == 0)
			return &l->known.v[i];
	return NULL;
}

static bool is_open_question(const struct finding *f)
{
	if (!f->has_state)
		return false;
	switch (f->state) {
	case STATE_NO_ANSWER:
	case STATE_HALF_OPEN:
	case STATE_ONE_WAY:
		return true;
	default:
		return false;
	}
}

static bool is_settled(const struct result *r, const struct finding *f)
{
	return !is_open_question(f) || f->last_ns == TIME_NONE ||
	       f->last_ns <= r->to_ns - SETTLED_AFTER;
}

/* ------------------------------------------------------------------ what is written */

struct telling {
	const struct span_audit *a;
	struct live_run *l;
	const struct result *r;
	struct live_known *rows; /* what is known from now on */
	size_t n;
	struct out events, lines, one;
	uint64_t sent, unsent, dropped, blind;
};

static void send_to_log(struct telling *t, enum syslog_severity severity, int64_t ns,
			const char *id)
{
	if (!t->l->syslog)
		return;
	if (t->sent++ >= SYSLOG_MOST ||
	    !syslog_send(t->l->syslog, severity, ns, id, out_str(&t->one), t->one.n))
		t->unsent++;
}

/* To the file. */
static void log_one(struct telling *t)
{
	if (t->l->opt.events_fd >= 0)
		out_bytes(&t->events, out_str(&t->one), t->one.n);
}

static void send_on(struct telling *t)
{
	if (t->l->opt.messages_fd >= 0 && send(t->l->opt.messages_fd, out_str(&t->one), t->one.n,
					       MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		t->dropped++;
}

/* What is gone has no packets any more. */
static void show_packets(struct telling *t, const struct finding *f, enum live_status status)
{
	if (t->l->evidence && status != LIVE_GONE)
		t->blind += !live_evidence_write(t->l->evidence, &t->r->ends, f);
}

static enum syslog_severity severity_of(const struct finding *f, enum live_status status)
{
	static const enum syslog_severity of[SEV_N] = {
		[SEV_LOW] = SYSLOG_NOTICE,
		[SEV_MEDIUM] = SYSLOG_WARNING,
		[SEV_HIGH] = SYSLOG_ERROR,
		[SEV_CRITICAL] = SYSLOG_CRITICAL,
	};

	if (status == LIVE_GONE || f->waiver || f->severity >= SEV_N || !of[f->severity])
		return SYSLOG_INFO;
	return of[f->severity];
}

static void say(struct telling *t, const struct finding *f, enum live_status status)
{
	show_packets(t, f, status);
	if (t->l->opt.events_fd >= 0 || t->l->syslog || t->l->opt.messages_fd >= 0) {
		out_reset(&t->one);
		report_live_event(t->r, f, status, SPAN_VERSION, &t->one);
		log_one(t);
		send_to_log(t, severity_of(f, status), f->last_ns, live_status_name(status));
		send_on(t);
	}
	if (t->l->opt.lines_fd >= 0)
		report_live_line(f, status, &t->lines);
}

static int by_id(const void *a, const void *b)
{
	return memcmp(((const struct live_known *)a)->id, ((const struct live_known *)b)->id,
		      sizeof((const struct live_known *)a)->id);
}

static void tell_finding(struct telling *t, const struct finding *f, bool last)
{
	struct live_known *k = known(t->l, f->id);
	struct live_known row = {.digest = report_live_digest(f),
				 .last_ns = f->last_ns,
				 .kind = (uint8_t)f->kind,
				 .severity = (uint8_t)f->severity};

	if (!k && !last && !is_settled(t->r, f))
		return;
	memcpy(row.id, f->id, sizeof row.id);
	if (!k)
		say(t, f, LIVE_NEW);
	else if (k->digest != row.digest)
		say(t, f, LIVE_CHANGED);
	t->rows[t->n++] = row;
}

static void say_gone(struct telling *t, const struct live_known *k)
{
	struct finding f = {.kind = (enum kind)k->kind,
			    .severity = (enum severity)k->severity,
			    .first_ns = TIME_NONE,
			    .last_ns = TIME_NONE};

	memcpy(f.id, k->id, sizeof f.id);
	say(t, &f, LIVE_GONE);
}

/* What was known and is not found. */
static void tell_gone(struct telling *t)
{
	size_t found = t->n;

	for (size_t i = 0; i < t->l->known.n; i++) {
		const struct live_known *k = &t->l->known.v[i];

		if (found && bsearch(k, t->rows, found, sizeof *t->rows, by_id))
			continue;
		if (live_told_is_lost(t->a, k))
			t->rows[t->n++] = *k;
		else
			say_gone(t, k);
	}
}

static void tell_news(struct telling *t)
{
	static const char *const actions[] = {
		[SPAN_LIVE_CHANGED] = "changed",
		[SPAN_LIVE_LOST] = "lost",
		[SPAN_LIVE_TROUBLE] = "trouble",
		[SPAN_LIVE_POLICY] = "policy",
	};
	const struct live_run *l = t->l;

	for (size_t i = 0; i < l->news.n; i++) {
		const struct live_news *n = &l->news.v[i];
		const struct live_notice row = {.ns = n->ns,
						.action = actions[n->what],
						.failed = n->what == SPAN_LIVE_TROUBLE,
						.text = n->text};

		out_reset(&t->one);
		report_live_notice(t->r, &row, SPAN_VERSION, &t->one);
		log_one(t);
		send_to_log(t, row.failed ? SYSLOG_ERROR : SYSLOG_NOTICE, row.ns, row.action);
	}
}

/* The oldest n were told. */
static void forget_news(struct live_run *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(l->news.v[i].text);
	l->news.n -= n;
	for (size_t i = 0; i < l->news.n; i++)
		l->news.v[i] = l->news.v[i + n];
}

static bool write_all(int fd, const void *p, size_t n)
{
	const char *z = p;

	while (n) {
		ssize_t w = write(fd, z, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0 && errno == EAGAIN) {
			struct pollfd ready = {.fd = fd, .events = POLLOUT};

			(void)poll(&ready, 1, MS_PER_S);
			continue;
		}
		if (w < 0)
			return false;
		z += w;
		n -= (size_t)w;
	}
	return true;
}

static bool put_out(int fd, struct out *o)
{
	bool fine = !out_failed(o) && (fd < 0 || write_all(fd, out_str(o), o->n));

	out_done(o);
	return fine;
}

static struct live_judged summary(const struct result *r)
{
	const struct coverage *c = &r->coverage;
	struct live_judged j = {
		.conversations = r->n_conversations,
		.n_findings = r->n_findings,
		.tcp_unseen = c->tcp_unseen_bytes,
		.tcp_bytes = c->tcp_bytes,
		.shed = live_given_up(c),
		.packets = c->packets,
		.verdict = (uint8_t)r->verdict,
	};

	memcpy(j.n_severity, r->n_severity, sizeof j.n_severity);
	return j;
}

/* Tells what is different from what is known; *ret_rows (to be freed) is what is known then. */
static bool tell(struct span_audit *a, bool last, struct live_known **ret_rows, size_t *ret_n,
		 struct live_judged *ret)
{
	struct live_run *l = a->live;
	const struct result *r = a->result;
	struct telling t = {.a = a, .l = l, .r = r};
	bool fine;

	t.rows = calloc(r->n_findings + l->known.n + 1, sizeof *t.rows);
	if (!t.rows)
		return false;
	tell_news(&t);
	for (size_t i = 0; i < r->n_findings; i++)
		tell_finding(&t, &r->findings[i], last);
	if (t.n)
		qsort(t.rows, t.n, sizeof *t.rows, by_id);
	tell_gone(&t);
	fine = put_out(l->opt.events_fd, &t.events);
	fine = put_out(l->opt.lines_fd, &t.lines) && fine;
	fine = !out_failed(&t.one) && fine;
	out_done(&t.one);
	*ret = summary(r);
	ret->unsent = t.unsent;
	ret->dropped = t.dropped;
	ret->blind = t.blind;
	/* Not before: what was not told is not to be known. */
	ret->unsaved = fine ? live_told_save(a, t.rows, t.n) : 0;
	*ret_rows = t.rows;
	*ret_n = t.n;
	return fine;
}

/* ------------------------------------------------------------------ the child */

/* For who asks for it on the control socket. Half of one is none. */
static void leave_document(const struct span_audit *a)
{
	int fd = a->live->judge.document;
	FILE *f = fd >= 0 ? fdopen(dup(fd), "w") : NULL;
	bool fine;

	if (!f)
		return;
	fine = span_audit_write(a, "json", &(struct span_write_options){0}, f) == 0;
	if (fclose(f) != 0 || !fine)
		(void)!ftruncate(fd, 0);
}

static void leave_figures(const struct span_audit *a)
{
	int fd = a->live->judge.figures;

	if (fd >= 0 && live_metrics_into(a, fd) < 0)
		(void)!ftruncate(fd, 0);
}

/* Its answer: a struct live_judged, n_findings rows of those told, then their end. */
static int child(struct span_audit *a, int fd, int64_t began_ns)
{
	struct live_known *rows = NULL;
	struct live_judged j;
	size_t n = 0;

	/* With who takes packets ends who would be told. Others come first. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	/* The store is not this process's to end. */
	if (live_conclude(a) < 0)
		return 1;
	if (!tell(a, false, &rows, &n, &j))
		return 1;
	leave_document(a);
	leave_figures(a);
	live_metrics(a);
	j.n_findings = n;
	j.took_ns = live_clock_ns() - began_ns;
	j.at_ns = live_real_ns();
	if (!write_all(fd, &j, sizeof j) || !write_all(fd, rows, n * sizeof *rows))
		return 1;
	return 0;
}

static void forget(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void forget_documents(struct live_run *l)
{
	forget(&l->judge.document);
	forget(&l->judge.figures);
}

static bool is_there(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0;
}

static void keep_documents(struct live_run *l)
{
	if (is_there(l->judge.document)) {
		forget(&l->result_fd);
		l->result_fd = l->judge.document;
		l->judge.document = -1;
	}
	if (is_there(l->judge.figures)) {
		scrape_give(l->scrape, l->judge.figures);
		l->judge.figures = -1;
	}
}

void live_judge_begin(struct span_audit *a)
{
	struct live_run *l = a->live;
	int64_t from = live_clock_ns(), stood;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0) {
		live_tell(l, SPAN_LIVE_TROUBLE, "could not judge this time: %s", strerror(errno));
		return;
	}
	if (l->control)
		l->judge.document = memfd_create("result", MFD_CLOEXEC);
	if (l->scrape)
		l->judge.figures = memfd_create("figures", MFD_CLOEXEC);
	pid = live_fork(a);
	if (pid == 0)
		_exit(child(a, p[1], from));
	stood = live_clock_ns() - from;
	close(p[1]);
	if (pid < 0) {
		live_tell(l, SPAN_LIVE_TROUBLE, "could not judge this time: %s", strerror(errno));
		close(p[0]);
		forget_documents(l);
		return;
	}
	(void)fcntl(p[0], F_SETFL, O_NONBLOCK);
	l->judged_packets = hot_packets(a->hot);
	if (stood > l->fork_most_ns)
		l->fork_most_ns = stood;
	l->judge.pid = pid;
	l->judge.n_news = l->news.n;
	l->judge.fd = p[0];
	l->judge.began_ns = from;
	out_reset(&l->judge.answer);
}

/* ------------------------------------------------------------------ its answer */

static bool remember(struct live_run *l, const struct live_known *rows, size_t n)
{
	l->known.n = 0;
	for (size_t i = 0; i < n; i++)
		if (!vec_push(&l->known, rows[i]))
			return false;
	return true;
}

/* Once, until something goes out again: a server that is away is no news each minute. */
static void count_unsent(struct live_run *l, const struct live_judged *j)
{
	l->unsent += j->unsent;
	l->dropped += j->dropped;
	if (j->blind && !l->blind_told)
		live_tell(l, SPAN_LIVE_TROUBLE,
			  "the packets of %" PRIu64
			  " findings could not be written: their folder must "
			  "belong to the user that this run is, and have room",
			  j->blind);
	l->blind_told = j->blind != 0;
	if (j->unsent + j->dropped && !l->unsent_told)
		live_tell(l, SPAN_LIVE_TROUBLE,
			  "events went nowhere, and are not sent again: %" PRIu64
			  " to the log server, which is away or was told too many at once, %" PRIu64
			  " to the command, which is busy",
			  j->unsent, j->dropped);
	l->unsent_told = j->unsent + j->dropped != 0;
}

/* Tried again each time; told once. */
static void note_unsaved(struct live_run *l, const struct live_judged *j)
{
	if (j->unsaved && !l->unsaved)
		live_tell(l, SPAN_LIVE_TROUBLE,
			  "what was told could not be noted in the store (%s): after a restart it "
			  "would be told again",
			  strerror(j->unsaved));
	l->unsaved = j->unsaved != 0;
}

static void understand(struct live_run *l, int status)
{
	const struct out *o = &l->judge.answer;
	struct live_judged j;
	struct live_known *rows;

	if (out_failed(o) || status != 0 || o->n < sizeof j) {
		live_tell(
			l, SPAN_LIVE_TROUBLE,
			WIFSIGNALED(status)
				? "a judgement was ended by signal %d, perhaps for want of memory; "
				  "the next one is tried in time"
				: "a judgement failed (%d): no memory, or its events could not be "
				  "written; the next one is tried in time",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
		return;
	}
	memcpy(&j, o->p, sizeof j);
	if (j.n_findings != (o->n - sizeof j) / sizeof *rows)
		return;
	rows = calloc(j.n_findings + 1, sizeof *rows);
	if (!rows)
		return;
	memcpy(rows, o->p + sizeof j, j.n_findings * sizeof *rows);
	if (remember(l, rows, j.n_findings)) {
		l->last = j;
		l->judged = true;
		forget_news(l, l->judge.n_news);
		count_unsent(l, &j);
		note_unsaved(l, &j);
		keep_documents(l);
	}
	free(rows);
	live_tell(l, SPAN_LIVE_JUDGED,
		  "judged %" PRIu64 " packets, %" PRIu64 " conversations: %" PRIu64
		  " findings, in %" PRId64 " ms, for %" PRId64 " us of which no packet was taken",
		  j.packets, j.conversations, j.n_findings, j.took_ns / (NS_PER_S / MS_PER_S),
		  l->fork_most_ns / NS_PER_US);
}

/* Reads what is there; true at its end. */
static bool read_answer(struct live_judge *j)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(j->fd, buf, sizeof buf)) > 0)
		out_bytes(&j->answer, buf, (size_t)n);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

void live_judge_take(struct span_audit *a, bool wait)
{
	struct live_run *l = a->live;
	struct live_judge *j = &l->judge;
	int64_t until = live_clock_ns() + (int64_t)WAIT_MOST_S * NS_PER_S;
	int status = 0;
	bool ended;

	if (!j->pid)
		return;
	while (!(ended = read_answer(j)) && wait && live_clock_ns() < until) {
		struct pollfd p = {.fd = j->fd, .events = POLLIN};

		(void)poll(&p, 1, MS_PER_S);
	}
	if (!ended && !wait)
		return;
	if (!ended)
		(void)kill(j->pid, SIGKILL);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(j->fd);
	j->fd = -1;
	j->pid = 0;
	understand(l, status);
	forget_documents(l);
}

void live_judge_last(struct span_audit *a)
{
	struct live_known *rows = NULL;
	size_t n = 0;

	if (!tell(a, true, &rows, &n, &a->live->last))
		live_tell(a->live, SPAN_LIVE_TROUBLE, "events could not be written: %s",
			  strerror(errno ? errno : ENOMEM));
	else if (!remember(a->live, rows, n))
		live_tell(a->live, SPAN_LIVE_TROUBLE, "no memory for what was told");
	else
		note_unsaved(a->live, &a->live->last);
	free(rows);
}
