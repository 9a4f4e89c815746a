// SPDX-License-Identifier: BSD-2-Clause
/*
 * live - settings of a live run, and its loop.
 *
 * The loop takes packets and does nothing else that can take long. Each second it looks at the
 * interfaces and their counters; judging is another process's (live_judge.c).
 */
#include "engine/live_run.h"
#include "engine/live_scrape.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/live_control.h"
#include "engine/live_evidence.h"
#include "engine/live_keep.h"
#include "engine/live_syslog.h"
#include "engine/live_write.h"

enum { WAIT_MS = 200 };
static const int64_t LOOK_EVERY = NS_PER_S, DROPS_EVERY = 60 * NS_PER_S, CLOCK_STEP = NS_PER_S;

static int64_t clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t live_clock_ns(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

int64_t live_real_ns(void)
{
	return clock_of(CLOCK_REALTIME);
}

static bool is_news(enum span_live_notice what)
{
	switch (what) {
	case SPAN_LIVE_CHANGED:
	case SPAN_LIVE_LOST:
	case SPAN_LIVE_TROUBLE:
	case SPAN_LIVE_POLICY:
		return true;
	default:
		return false;
	}
}

/* An event tells of it with the next judgement. */
static void keep_news(struct live_run *l, enum span_live_notice what, const char *text)
{
	struct live_news one = {.ns = live_real_ns(), .what = what};

	if (!is_news(what) || (l->opt.events_fd < 0 && !l->syslog) || l->news.n >= LIVE_NEWS)
		return;
	one.text = strdup(text);
	if (one.text && !vec_push(&l->news, one))
		free(one.text);
}

void live_tell(struct live_run *l, enum span_live_notice what, const char *fmt, ...)
{
	struct out o = {0};
	va_list ap;

	va_start(ap, fmt);
	out_vprintf(&o, fmt, ap);
	va_end(ap);
	if (l->opt.notice)
		l->opt.notice(l->opt.user, what, out_str(&o));
	keep_news(l, what, out_str(&o));
	out_done(&o);
}

struct live_run *live_run_free(struct live_run *l)
{
	if (!l)
		return NULL;
	live_close(l->source);
	for (size_t i = 0; i < l->names.n; i++)
		free(l->names.v[i]);
	vec_done(&l->names);
	l->keep = live_keep_free(l->keep);
	l->syslog = syslog_close(l->syslog);
	l->write = live_write_close(l->write);
	l->evidence = live_evidence_free(l->evidence);
	vec_done(&l->known);
	for (size_t i = 0; i < l->news.n; i++)
		free(l->news.v[i].text);
	vec_done(&l->news);
	free(l->reload.text);
	free(l->hosts);
	free(l->confined);
	out_done(&l->judge.answer);
	if (l->judge.fd >= 0)
		close(l->judge.fd);
	if (l->notify_fd >= 0)
		close(l->notify_fd);
	if (l->result_fd >= 0)
		close(l->result_fd);
	if (l->judge.document >= 0)
		close(l->judge.document);
	if (l->memory_fd >= 0)
		close(l->memory_fd);
	if (l->judge.figures >= 0)
		close(l->judge.figures);
	scrape_close(l->scrape);
	control_close(l->control);
	free(l);
	return NULL;
}

/* ------------------------------------------------------------------ opening */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted: in what order they are named does not show in a result. */
static int take_names(struct span_audit *a, struct live_run *l, const struct span_live_options *o)
{
	for (size_t i = 0; i < o->n_interfaces; i++) {
		char *copy = strdup(o->interfaces[i]);

		if (!copy || !vec_push(&l->names, copy)) {
			free(copy);
			return -ENOMEM;
		}
	}
	if (l->names.n)
		qsort(l->names.v, l->names.n, sizeof *l->names.v, by_name);
	for (size_t i = 1; i < l->names.n; i++)
		if (strcmp(l->names.v[i - 1], l->names.v[i]) == 0) {
			error_hint(errors_add(&a->errs, false, "interface '%s' was named twice",
					      l->names.v[i]),
				   "its packets would count twice\nname it once");
			return SPAN_USAGE;
		}
	return 0;
}

static int make_inputs(struct span_audit *a, const struct live_run *l)
{
	a->inputs = arena_alloc(&a->arena, (l->names.n + 1) * sizeof *a->inputs);
	if (!a->inputs)
		return -ENOMEM;
	a->n_inputs = l->names.n;
	for (size_t i = 0; i < a->n_inputs; i++)
		a->inputs[i] = (struct result_input){.path = l->names.v[i],
						     .format = "live",
						     .first_ns = TIME_NONE,
						     .last_ns = TIME_NONE};
	return 0;
}

static int open_source(struct span_audit *a, struct live_run *l)
{
	const struct live_options opt = {
		.names = (const char *const *)l->names.v,
		.n_names = l->names.n,
		.filter = a->filter,
		.buffer = l->opt.buffer,
		.snaplen = l->opt.snaplen,
		.not_promiscuous = l->opt.not_promiscuous,
		.stop_fd = a->stop_fd,
		.wake_fd = l->control  ? control_fd(l->control)
			   : l->scrape ? scrape_fd(l->scrape)
				       : -1,
	};
	bool usage = false;

	l->source = live_open(&opt, &a->errs, &usage);
	return l->source ? 0 : usage ? SPAN_USAGE : SPAN_INPUT;
}

/* Who looks on from the beginning. */
static int open_view(struct span_audit *a, struct live_run *l)
{
	int fd, r;

	if (!l->opt.view)
		return 0;
	fd = fcntl(*l->opt.view, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = l->control ? 0 : control_open(NULL, &a->errs, &l->control);
	if (r == 0)
		return control_adopt(l->control, fd);
	close(fd);
	return r;
}

/* One that was not asked for by name is a help, and no condition. */
static int open_control(struct span_audit *a, struct live_run *l)
{
	struct errors words = {0};
	int r = l->opt.control ? control_open(l->opt.control,
					      l->opt.control_must ? &a->errs : &words, &l->control)
			       : 0;

	if (r < 0 && r != -ENOMEM && !l->opt.control_must) {
		live_tell(l, SPAN_LIVE_STARTED, "%s; it is done without", words.e[0].what);
		r = 0;
	}
	errors_done(&words);
	r = r ? r : open_view(a, l);
	return r < 0 && r != -ENOMEM ? SPAN_INPUT : r;
}

/* One descriptor wakes the loop. */
static int open_scrape(struct span_audit *a, struct live_run *l)
{
	int r = l->opt.metrics_listen ? scrape_open(l->opt.metrics_listen, &a->errs, &l->scrape)
				      : 0;

	return r == 0 && l->scrape && l->control ? control_beside(l->control, scrape_fd(l->scrape))
						 : r;
}

int span_live_open(struct span_audit *a, const struct span_live_options *o)
{
	int r = engine_begin(a);

	if (r)
		return r;
	a->live = live_run_free(a->live);
	a->live = calloc(1, sizeof *a->live);
	if (!a->live)
		return -ENOMEM;
	a->live->opt = *o;
	a->live->opt.interfaces = NULL;
	a->live->judge.fd = a->live->judge.document = a->live->result_fd = -1;
	a->live->judge.figures = -1;
	a->live->memory_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	a->live->notify_fd = live_notify_open(&a->live->watchdog_ns);
	if (a->stop_fd < 0)
		a->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = a->stop_fd < 0 ? -errno : take_names(a, a->live, o);
	r = r ? r : make_inputs(a, a->live);
	if (r == 0 && a->store_path)
		r = live_keep_open(a);
	if (r == 0 && o->evidence) {
		a->live->evidence = live_evidence_new(o->evidence);
		r = a->live->evidence ? 0 : -ENOMEM;
	}
	if (r == 0 && o->syslog)
		r = syslog_open(o->syslog, &a->errs, &a->live->syslog);
	r = r ? r : open_control(a, a->live);
	r = r ? r : open_scrape(a, a->live);
	r = r ? r : open_source(a, a->live);
	if (r)
		return r;
	live_hosts_look(a->live);
	a->hot = hot_new_live(a, live_threads(a));
	if (!a->hot)
		return -ENOMEM;
	r = a->live->keep ? live_keep_load(a) : 0;
	return r ? r : live_told_load(a);
}

int span_live_list(struct span_audit *a, bool json, FILE *f)
{
	struct out o = {0};
	int r = live_list(json, &o, &a->errs) < 0 ? SPAN_INPUT : 0;

	if (!r)
		r = engine_put(&o, f);
	out_done(&o);
	return r;
}

/* ------------------------------------------------------------------ what is told */

static void on_event(void *user, const char *name, enum live_event e)
{
	static const char *const says[] = {
		[LIVE_DOWN] = "went down; packets are taken again when it is up",
		[LIVE_UP] = "is up again",
		[LIVE_REMOVED] = "was removed; packets are taken again when it is back",
		[LIVE_BACK] = "is back, and captured on again",
		[LIVE_MTU] = "takes packets of another size now (its MTU was changed)",
	};
	struct out shown = {0};

	out_text_z(&shown, name);
	live_tell(user, SPAN_LIVE_CHANGED, "interface '%s' %s", out_str(&shown), says[e]);
	out_done(&shown);
}

static void losses(const struct live_run *l, uint64_t *ret_kernel, uint64_t *ret_card)
{
	*ret_kernel = *ret_card = 0;
	for (size_t i = 0; i < live_count(l->source); i++) {
		struct live_figures g;

		live_figures(l->source, i, &g);
		*ret_kernel += g.kernel_drops;
		*ret_card += g.card_drops;
	}
}

/* Once a minute at most: a log must not add to the load. */
static void tell_losses(struct live_run *l, int64_t now)
{
	uint64_t kernel, card, all;

	losses(l, &kernel, &card);
	all = kernel + card;
	if (all == l->told_drops || (l->told_drops && now - l->told_drops_at_ns < DROPS_EVERY))
		return;
	live_tell(l, SPAN_LIVE_LOST,
		  "%" PRIu64 " more packets were lost: %" PRIu64 " dropped by this computer and "
		  "%" PRIu64 " by its network cards since the start",
		  all - l->told_drops, kernel, card);
	l->told_drops = all;
	l->told_drops_at_ns = now;
}

static void tell_clock(struct live_run *l)
{
	int64_t offset = clock_of(CLOCK_REALTIME) - live_clock_ns();
	int64_t step = offset - l->clock_offset_ns;
	char buf[TIME_TEXT];

	if (step > CLOCK_STEP || step < -CLOCK_STEP)
		live_tell(l, SPAN_LIVE_CHANGED,
			  "the clock of this computer was set %s by %s: times of packets jump with "
			  "it",
			  step > 0 ? "forward" : "back",
			  duration_human(step > 0 ? step : -step, buf));
	l->clock_offset_ns = offset;
}

static void counters_of(const struct live_run *l, size_t i, struct out *o)
{
	struct live_figures g;

	live_figures(l->source, i, &g);
	out_text_z(o, g.name);
	out_printf(o, " (%s): %" PRIu64 " packets; dropped: %" PRIu64 " by this computer, ",
		   !g.there ? "removed"
		   : g.up   ? "up"
			    : "down",
		   g.packets, g.kernel_drops);
	if (g.card_told)
		out_printf(o, "%" PRIu64 " by the card, %" PRIu64 " by the network stack",
			   g.card_drops, g.stack_drops);
	else
		out_puts(o, "the card does not say");
	if (g.downs + g.removals)
		out_printf(o, "; went down: %" PRIu64 ", removed: %" PRIu64, g.downs, g.removals);
	out_char(o, '\n');
}

void live_counters(const struct span_audit *a, struct out *o)
{
	const struct live_run *l = a->live;

	for (size_t i = 0; i < live_count(l->source); i++)
		counters_of(l, i, o);
	out_printf(o, "all: %" PRIu64 " packets read", hot_packets(a->hot));
	if (l->judged)
		out_printf(o,
			   "; as judged last, of %" PRIu64 " packets: %" PRIu64
			   " conversations, %" PRIu64 " of %" PRIu64
			   " bytes of TCP never seen, %" PRIu64
			   " given up for want of memory or time",
			   l->last.packets, l->last.conversations, l->last.tcp_unseen,
			   l->last.tcp_unseen + l->last.tcp_bytes, l->last.shed);
}

uint64_t live_given_up(const struct coverage *c)
{
	return c->evicted + c->heads_shed + c->fragments_shed + c->streams_cut + c->shed_packets +
	       c->shed_heads + c->shed_streams;
}

struct live_losses live_losses(const struct span_audit *a)
{
	struct live_losses x = {.card_told = true};
	struct coverage c;

	losses(a->live, &x.kernel, &x.card);
	for (size_t i = 0; i < live_count(a->live->source); i++) {
		struct live_figures g;

		live_figures(a->live->source, i, &g);
		x.card_told &= g.card_told;
	}
	hot_coverage(a->hot, &c);
	x.shed = live_given_up(&c);
	/* Bytes are counted when a flow ends, which a judgement does with all of them. */
	if (a->live->judged) {
		x.tcp_unseen = a->live->last.tcp_unseen;
		x.tcp_bytes = a->live->last.tcp_bytes;
	}
	if (c.tcp_unseen_bytes + c.tcp_bytes > x.tcp_unseen + x.tcp_bytes) {
		x.tcp_unseen = c.tcp_unseen_bytes;
		x.tcp_bytes = c.tcp_bytes;
	}
	return x;
}

/* The second number is pages that are in memory: proc(5). */
uint64_t live_memory(const struct live_run *l)
{
	char buf[128];
	ssize_t n = l->memory_fd >= 0 ? pread(l->memory_fd, buf, sizeof buf - 1, 0) : -1;
	const char *second;

	if (n <= 0)
		return 0;
	buf[n] = 0;
	second = strchr(buf, ' ');
	return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static void tell_counters(const struct span_audit *a)
{
	struct out o = {0};

	live_counters(a, &o);
	live_tell(a->live, SPAN_LIVE_COUNTERS, "%s", out_str(&o));
	out_done(&o);
}

static void tell_systemd(const struct span_audit *a)
{
	const struct live_run *l = a->live;
	uint64_t kernel, card;

	losses(l, &kernel, &card);
	live_notify(l,
		    "WATCHDOG=1\nSTATUS=%" PRIu64 " packets; lost: %" PRIu64 " here, %" PRIu64
		    " at the card; %" PRIu64 " findings%s",
		    hot_packets(a->hot), kernel, card, l->last.n_findings,
		    l->shed.level ? "; the processor does not keep up" : "");
}

/* ------------------------------------------------------------------ the loop */

static void look(struct span_audit *a, int64_t now)
{
	struct live_run *l = a->live;

	if (now < l->next_look_ns)
		return;
	l->next_look_ns = now + LOOK_EVERY;
	live_look(l->source, on_event, l);
	if (l->keep)
		live_keep_turn(a);
	if (l->write)
		live_write_turn(a, now);
	tell_losses(l, now);
	tell_clock(l);
	tell_systemd(a);
}

static bool over(const struct span_audit *a, int64_t now)
{
	const struct live_run *l = a->live;

	return atomic_load(&a->stop) || (l->opt.packets && hot_packets(a->hot) >= l->opt.packets) ||
	       (l->opt.duration_ns && now - l->began_ns >= l->opt.duration_ns);
}

/* Not one more than was asked for. */
static void cut(const struct span_audit *a, struct batch *b)
{
	uint64_t most = a->live->opt.packets, read = hot_packets(a->hot);

	if (most && b->n > most - read)
		b->n = (size_t)(most - read);
}

static void forget_wakeup(const struct span_audit *a)
{
	uint64_t n;

	if (!atomic_load(&a->stop))
		(void)!read(a->stop_fd, &n, sizeof n);
}

/* Somebody may have asked for several things. */
static void answer_signals(struct span_audit *a)
{
	struct live_run *l = a->live;
	bool counters = atomic_exchange(&l->asked, false);
	bool reload = atomic_exchange(&l->reload_asked, false);

	if (!counters && !reload)
		return;
	forget_wakeup(a);
	if (counters)
		tell_counters(a);
	if (reload)
		live_reload(a);
}

static int turn(struct span_audit *a)
{
	struct live_run *l = a->live;
	struct batch b;
	int r = live_next(l->source, &b, WAIT_MS);

	if (r < 0)
		return r;
	cut(a, &b);
	if (b.n && l->write)
		live_write_batch(a, &b);
	if (b.n && l->evidence)
		live_evidence_keep(l->evidence, &b);
	if (b.n)
		r = l->keep ? live_keep_batch(a, &b) : hot_batch(a->hot, a, &b);
	answer_signals(a);
	return r;
}

static void judge_in_time(struct span_audit *a, int64_t now)
{
	struct live_run *l = a->live;

	if (l->judge.pid)
		live_judge_take(a, false);
	if (!l->opt.every_ns || now < l->next_judge_ns || l->judge.pid)
		return;
	l->next_judge_ns = now + l->opt.every_ns;
	if (hot_packets(a->hot) != l->judged_packets || l->news.n)
		live_judge_begin(a);
}

/* What came before the end is still in the kernel, or waits to be put in order. */
static int drain(struct span_audit *a)
{
	int r = 0;

	live_end(a->live->source);
	while (r == 0 && !live_ended(a->live->source) &&
	       (!a->live->opt.packets || hot_packets(a->hot) < a->live->opt.packets))
		r = turn(a);
	return r;
}

static const char *away_note(struct span_audit *a, const struct live_figures *g)
{
	char buf[TIME_TEXT];

	if (!(g->downs + g->removals))
		return NULL;
	return arena_printf(&a->arena,
			    "the interface was down or removed for %s, in which nothing was seen "
			    "(went down: %" PRIu64 ", removed: %" PRIu64 ")",
			    duration_human(g->away_ns, buf), g->downs, g->removals);
}

static const struct result_interface *interface_of(struct span_audit *a,
						   const struct live_figures *g)
{
	struct result_interface *i = arena_alloc(&a->arena, sizeof *i);

	if (i)
		*i = (struct result_interface){
			.kernel_drops = g->kernel_drops,
			.card_told = g->card_told,
			.card_drops = g->card_drops,
			.stack_drops = g->stack_drops,
			.downs = g->downs,
			.removals = g->removals,
			.away_ns = g->away_ns,
			.snaplen = g->snaplen,
			.promiscuous = g->promiscuous,
		};
	return i;
}

/* What the interfaces came to, for the result. */
static int take_figures(struct span_audit *a)
{
	const struct live_run *l = a->live;
	struct fit_interface *v = arena_alloc(&a->arena, (a->n_inputs + 1) * sizeof *v);

	if (!v)
		return -ENOMEM;
	a->drops_os = a->drops_nic = 0;
	a->drops_told = true;
	for (size_t i = 0; i < l->names.n; i++) {
		struct result_input *in = &a->inputs[i];
		struct live_figures g;

		live_figures(l->source, i, &g);
		a->drops_os += g.kernel_drops;
		a->drops_nic += g.card_drops;
		in->first_ns = g.first_ns;
		in->last_ns = g.last_ns;
		in->late = g.late;
		in->unsorted = g.unsorted;
		in->step_ns = g.step_ns;
		in->step_packet = g.step_at;
		in->note = away_note(a, &g);
		in->live = interface_of(a, &g);
		if (!in->live)
			return -ENOMEM;
		v[i] = (struct fit_interface){.name = in->path,
					      .filter = a->filter ? a->filter : "",
					      .linktype = g.linktype,
					      .snaplen = l->opt.snaplen};
	}
	a->interfaces = v;
	a->n_interfaces = l->names.n;
	return 0;
}

bool live_figures_taken(struct span_audit *a)
{
	return take_figures(a) == 0;
}

int live_conclude(struct span_audit *a)
{
	struct live_keep *keep = a->live->keep;
	int r = take_figures(a);

	if (keep)
		live_keep_drops(keep, &a->drops_os, &a->drops_nic);
	return r ? r : engine_conclude(a);
}

static int loop(struct span_audit *a)
{
	struct live_run *l = a->live;
	int r = 0;

	for (int64_t now = l->began_ns; r == 0 && !over(a, now); now = live_clock_ns()) {
		look(a, now);
		judge_in_time(a, now);
		live_shed_turn(a, now);
		live_serve(a, now);
		live_threads_turn(a, now);
		r = turn(a);
	}
	return r ? r : drain(a);
}

int span_live_run(struct span_audit *a)
{
	struct live_run *l = a->live;
	char words[LIVE_WORDS];
	int r;

	if (!l || !l->source || !a->hot)
		return -EINVAL;
	r = l->opt.write ? live_write_open(a) : 0;
	if (r)
		return r;
	l->began_ns = live_clock_ns();
	l->began_real_ns = l->policy_ns = live_real_ns();
	l->next_judge_ns = l->began_ns + l->opt.every_ns;
	l->clock_offset_ns = clock_of(CLOCK_REALTIME) - l->began_ns;
	live_threads_start(a);
	live_notify(l, "READY=1\nSTATUS=Taking packets");
	if (l->control && control_path(l->control))
		live_tell(l, SPAN_LIVE_STARTED, "answers at %s", control_path(l->control));
	if (l->scrape)
		live_tell(l, SPAN_LIVE_STARTED, "figures at http://%s/metrics",
			  l->opt.metrics_listen);
	live_tell(l, SPAN_LIVE_STARTED, "taking packets on %zu interface%s%s", l->names.n,
		  l->names.n == 1 ? "" : "s", live_threads_words(l, words));
	r = loop(a);
	live_shed_end(a);
	l->scrape = scrape_close(l->scrape);
	l->control = control_close(l->control);
	live_notify(l, "STOPPING=1\nSTATUS=Judging what was taken");
	if (r == 0) {
		live_look(l->source, on_event, l);
		live_judge_take(a, true);
		l->ended = true;
		l->write = live_write_close(l->write);
		r = hot_gather(a->hot);
		r = r ? r : live_conclude(a);
	}
	if (r == 0 || r == SPAN_INPUT)
		live_judge_last(a);
	if (r == 0)
		live_metrics(a);
	return r;
}

static void wake(struct span_audit *a, atomic_bool *what)
{
	uint64_t one = 1;
	int saved = errno;

	atomic_store(what, true);
	if (a->stop_fd >= 0 && write(a->stop_fd, &one, sizeof one) < 0)
		errno = saved;
}

void span_live_ask(struct span_audit *a)
{
	if (a->live)
		wake(a, &a->live->asked);
}

void span_live_reload(struct span_audit *a)
{
	if (a->live)
		wake(a, &a->live->reload_asked);
}
