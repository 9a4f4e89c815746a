// SPDX-License-Identifier: BSD-2-Clause
#include "engine/live_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/keep_hours.h"
#include "engine/live_run.h"

#include "config.h"

enum {
	WAITING = 24, /* flushes that may wait for a disk; then the oldest is given up */
	NICE = 10,
	LEAST_WINDOW_H = 48,
	PARTS = 3, /* hours of a connection that wait for its end, and are written anew each time */
};
static const int64_t HOUR = 3600 * NS_PER_S, AGAIN = 60 * NS_PER_S;

struct live_keep {
	const char *path;
	bool made; /* the file was not there before */
	int lock;  /* held while the run lasts; -1 */
	int64_t run;
	int64_t window_ns;
	struct store_picture picture; /* of what was loaded */
	struct coverage loaded;
	struct hours *hours; /* being filled */
	struct hours *waiting[WAITING];
	size_t n_waiting;
	size_t n_writing; /* of those, what the child writes */
	pid_t pid;        /* 0: none */
	int64_t wall_hour, clock, again_ns, wrote_ns;
	bool ticking, failing;
	struct coverage before;
	uint64_t flushes, lost, shed;
};

static int64_t wall_hour(void)
{
	return store_hour(live_real_ns());
}

struct live_keep *live_keep_free(struct live_keep *k)
{
	if (!k)
		return NULL;
	hours_free(k->hours);
	for (size_t i = 0; i < k->n_waiting; i++)
		hours_free(k->waiting[i]);
	store_picture_done(&k->picture);
	if (k->lock >= 0)
		close(k->lock);
	free(k);
	return NULL;
}

/* ------------------------------------------------------------------ open */

/* Twice what is asked for before something counts as missing. */
static int64_t window_of(const struct span_audit *a)
{
	int64_t least = LEAST_WINDOW_H * HOUR, twice = 2 * a->site->judge_after_ns;

	if (a->live->opt.window_ns)
		return a->live->opt.window_ns;
	return twice > least ? twice : least;
}

static int refuse(struct span_audit *a, struct store *s, int status)
{
	struct error *e;

	if (status == -ENOMEM)
		return status;
	e = errors_add(&a->errs, false, "the store cannot be used: %s",
		       s ? store_why(s) : strerror(-status));
	error_place(e, a->store_path, 0, 0, 1);
	error_hint(e,
		   "another run may be storing there, or its disk is full\ngive this run a store "
		   "of its own, or end the other one");
	return SPAN_INPUT;
}

static int begin_run(struct span_audit *a, struct store *s)
{
	struct run_told t = engine_told(a);
	int r;

	if (!t.files)
		return -ENOMEM;
	r = store_run_begin(s,
			    &(struct store_told){.files = t.files,
						 .filter = a->filter,
						 .vlan_key = a->vlan_key,
						 .piped = true,
						 .max_memory = a->max_memory},
			    SPAN_VERSION, live_real_ns());
	if (r == 0)
		a->live->keep->run = store_run(s);
	return r;
}

/* Evidence names inputs by their place: those of this run come first. */
static int add_inputs(struct span_audit *a, struct store_picture *p)
{
	size_t mine = a->n_inputs, all = mine + p->inputs.n;
	struct result_input *v = arena_alloc(&a->arena, (all + 1) * sizeof *v);
	struct store_read_input none = {.run = -1};

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < mine; i++)
		v[i] = a->inputs[i];
	for (size_t i = 0; i < p->inputs.n; i++) {
		v[mine + i] = p->inputs.v[i].in;
		if (!v[mine + i].note)
			v[mine + i].note = "before this run: as the store has it";
	}
	for (size_t i = 0; i < mine; i++) {
		none.ord = (uint32_t)i;
		if (!vec_push(&p->inputs, none))
			return -ENOMEM;
		memmove(p->inputs.v + 1, p->inputs.v, (p->inputs.n - 1) * sizeof none);
		p->inputs.v[0] = none;
	}
	a->inputs = v;
	a->n_inputs = all;
	return 0;
}

static int look(struct span_audit *a, struct store *s)
{
	struct live_keep *k = a->live->keep;
	const struct store_span span = {store_hour(live_real_ns() - k->window_ns), STORE_ALL_TO};
	int r = store_look(s, span, &k->picture, &k->loaded);

	if (r == 0 && k->picture.n_runs && k->picture.vlan_key != a->vlan_key) {
		error_hint(errors_add(&a->errs, false,
				      "the store was filled %s --vlan-key, which does not go "
				      "together with this run",
				      k->picture.vlan_key ? "with" : "without"),
			   "conversations would be told apart in two ways\nuse the same option, or "
			   "another store");
		return SPAN_USAGE;
	}
	return r ? r : add_inputs(a, &k->picture);
}

static int open_store(struct span_audit *a)
{
	struct live_keep *k = a->live->keep;
	struct store *s = NULL;
	size_t interrupted;
	struct stat st;
	int r;

	k->made = stat(a->store_path, &st) < 0;
	r = store_open(a->store_path, STORE_MAKE, &a->errs, &s);
	if (r < 0)
		return r == -ENOMEM ? r : SPAN_INPUT;
	r = store_lock(s, &interrupted);
	r = r ? r : look(a, s); /* before this run is one of them */
	r = r ? r : begin_run(a, s);
	if (r == 0 && interrupted)
		live_tell(a->live, SPAN_LIVE_CHANGED,
			  "the run before this one was interrupted: what it had not written is "
			  "not in the store");
	k->lock = store_take_lock(s);
	r = r < 0 ? refuse(a, s, r) : r;
	store_close(s);
	return r;
}

int live_keep_open(struct span_audit *a)
{
	struct live_keep *k = calloc(1, sizeof *k);

	if (!k)
		return -ENOMEM;
	a->live->keep = k;
	k->lock = -1;
	k->path = a->store_path;
	k->window_ns = window_of(a);
	k->wall_hour = wall_hour();
	k->wrote_ns = TIME_NONE;
	k->hours = hours_new(a, PARTS);
	if (!k->hours)
		return -ENOMEM;
	a->tap = hours_tap(k->hours);
	return open_store(a);
}

int live_keep_load(struct span_audit *a)
{
	struct live_keep *k = a->live->keep;
	const struct store_span span = {store_hour(live_real_ns() - k->window_ns), STORE_ALL_TO};
	struct store_sink sink;
	struct store *s = NULL;
	int r = store_open(a->store_path, STORE_AGAIN, &a->errs, &s);

	if (r < 0)
		return r == -ENOMEM ? r : SPAN_INPUT;
	hot_sink(a->hot, &sink);
	sink.went_on = &k->loaded;
	r = store_each(s, span, &k->picture, &sink);
	r = r < 0 ? refuse(a, s, r) : r;
	store_close(s);
	return r;
}

void live_keep_give(const struct live_keep *k, uid_t uid, gid_t gid)
{
	char *lock;

	if (!k->made)
		return;
	(void)!lchown(k->path, uid, gid);
	if (asprintf(&lock, "%s-lock", k->path) < 0)
		return;
	(void)!lchown(lock, uid, gid);
	free(lock);
}

int live_keep_check(struct span_audit *a)
{
	struct error *e;

	if (!a->live || !a->live->keep ||
	    faccessat(AT_FDCWD, a->store_path, R_OK | W_OK, AT_EACCESS) == 0)
		return 0;
	e = errors_add(&a->errs, false, "the store cannot be written: %s", strerror(errno));
	error_place(e, a->store_path, 0, 0, 1);
	error_hint(
		e,
		"the run goes on as another user, to whom the file must belong\nchown it and the "
		"folder that it is in, or name its owner with --user");
	return SPAN_INPUT;
}

/* ------------------------------------------------------------------ packets */

/* What was counted since the last time is of the hour of the packets before. */
static int count(struct span_audit *a)
{
	struct live_keep *k = a->live->keep;
	struct coverage now;
	int r;

	hot_rest(a->hot);
	hot_coverage(a->hot, &now);
	r = k->ticking ? hours_count(k->hours, k->clock, &k->before, &now) : 0;
	k->before = now;
	return r;
}

static int one_hour(struct span_audit *a, const struct batch *b, int64_t hour)
{
	struct live_keep *k = a->live->keep;
	int r = k->ticking && hour != k->clock ? count(a) : 0;

	k->clock = hour;
	k->ticking = true;
	r = r ? r : hours_seen(k->hours, hour, b);
	return r ? r : hot_batch(a->hot, a, b);
}

int live_keep_batch(struct span_audit *a, const struct batch *b)
{
	struct batch one;
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->n;) {
		int64_t hour = store_hour(b->f[i].ts_ns);

		for (one.n = 0; i < b->n && store_hour(b->f[i].ts_ns) == hour; i++)
			one.f[one.n++] = b->f[i];
		r = one_hour(a, one.n == b->n ? b : &one, hour);
	}
	return r;
}

/* ------------------------------------------------------------------ writing */

static int put_inputs(struct span_audit *a, struct store *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->live->names.n; i++)
		r = store_put_input(s, (uint32_t)i, &(struct store_input){.in = a->inputs[i]});
	return r ? r : store_put_drops(s, a->drops_os, a->drops_nic);
}

/* As one segment: all of it or nothing. */
static int write_hours(struct span_audit *a, struct store *s, bool last)
{
	struct live_keep *k = a->live->keep;
	int r = store_segment_begin(s);

	r = r ? r : store_drop_provisional(s);
	for (size_t i = 0; r == 0 && i < k->n_waiting; i++)
		r = hours_write(k->waiting[i], s, a->hot);
	r = r ? r : put_inputs(a, s);
	if (r == 0 && last)
		r = store_run_end(s, a->lost_input, live_real_ns());
	r = r ? r : store_segment_end(s, live_real_ns());
	if (r < 0)
		store_segment_drop(s);
	return r;
}

/* Connections that last for days would be missing from reports of each of them: as they are now,
 * they stand in a segment of their own, until the next time. */
static int write_open(struct span_audit *a, struct store *s)
{
	struct live_keep *k = a->live->keep;
	int r = store_segment_begin(s);

	if (r < 0)
		return r;
	r = store_segment_provisional(s);
	r = r ? r : hours_write(k->hours, s, a->hot);
	r = r ? r : store_segment_end(s, live_real_ns());
	if (r < 0)
		store_segment_drop(s);
	return r;
}

/* The connection to a database does not survive a fork, so each has one of its own. */
static int write_out(struct span_audit *a, bool last, struct out *ret_why)
{
	struct errors errs = {0};
	struct store *s;
	int r = store_open(a->store_path, STORE_AGAIN, &errs, &s);

	if (r < 0) {
		out_puts(ret_why, errs.n ? errs.e[0].what : strerror(-r));
		errors_done(&errs);
		return r;
	}
	store_resume(s, a->live->keep->run);
	r = write_hours(a, s, last);
	if (r == 0 && !last)
		r = write_open(a, s);
	if (r < 0)
		out_text_z(ret_why, store_why(s));
	store_close(s);
	errors_done(&errs);
	return r;
}

/* It ends all connections, in its copy. What is written now is not of them: see set_aside(). */
static int child(struct span_audit *a)
{
	struct out why = {0};
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	r = live_figures_taken(a) ? hot_end_flows(a->hot) : -ENOMEM;
	r = r ? r : count(a);
	r = r ? r : write_out(a, false, &why);
	out_done(&why);
	return r < 0 ? (-r < 256 ? -r : 1) : 0;
}

/* What is there goes to those that wait. */
static int set_aside(struct span_audit *a)
{
	struct live_keep *k = a->live->keep;
	int r = count(a);

	if (r < 0)
		return r;
	if (k->n_waiting == WAITING) {
		hours_free(k->waiting[0]);
		memmove(k->waiting, k->waiting + 1, (WAITING - 1) * sizeof *k->waiting);
		k->n_waiting--;
		k->lost++;
	}
	k->waiting[k->n_waiting] = hours_split(k->hours);
	if (!k->waiting[k->n_waiting])
		return -ENOMEM;
	k->n_waiting++;
	return 0;
}

bool live_keep_flush(struct span_audit *a)
{
	struct live_keep *k = a->live->keep;

	if (k->pid)
		return false;
	k->wall_hour = wall_hour();
	k->again_ns = live_clock_ns() + AGAIN;
	if (set_aside(a) < 0) {
		live_tell(a->live, SPAN_LIVE_TROUBLE, "no memory to write to the store");
		return true;
	}
	k->n_writing = k->n_waiting;
	k->pid = live_fork(a);
	if (k->pid == 0)
		_exit(child(a));
	if (k->pid < 0) {
		k->pid = 0;
		live_tell(a->live, SPAN_LIVE_TROUBLE, "cannot write to the store now: %s",
			  strerror(errno));
	}
	return true;
}

static void forget(struct live_keep *k, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hours_free(k->waiting[i]);
	k->n_waiting -= n;
	memmove(k->waiting, k->waiting + n, k->n_waiting * sizeof *k->waiting);
}

static void written(struct span_audit *a)
{
	struct live_keep *k = a->live->keep;
	int64_t from = live_clock_ns(), cut = live_real_ns() - k->window_ns;
	size_t gone = 0;

	forget(k, k->n_writing);
	if (hours_shed(k->hours) > k->shed)
		live_tell(a->live, SPAN_LIVE_TROUBLE,
			  "hours of connections that went on were not told apart for want of room: "
			  "%" PRIu64 "; what was sent then is in the store in an hour before",
			  hours_shed(k->hours) - k->shed);
	k->shed = hours_shed(k->hours);
	k->flushes++;
	k->failing = false;
	k->wrote_ns = live_real_ns();
	if (hot_forget(a->hot, cut, &gone) < 0)
		live_tell(a->live, SPAN_LIVE_TROUBLE, "no memory to forget conversations with");
	live_tell(a->live, SPAN_LIVE_JUDGED,
		  "written to the store; %zu conversations are older than the window and were "
		  "forgotten, in %" PRId64 " ms",
		  gone, (live_clock_ns() - from) / (NS_PER_S / 1000));
}

static void not_written(struct span_audit *a, int status)
{
	struct live_keep *k = a->live->keep;

	if (!k->failing || k->lost)
		live_tell(a->live, SPAN_LIVE_TROUBLE,
			  "could not write to the store (%s); what is to be written is kept, and "
			  "tried again each minute%s",
			  WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "it was killed",
			  k->lost ? ", but the oldest of it was given up" : "");
	k->failing = true;
	k->lost = 0;
}

void live_keep_turn(struct span_audit *a)
{
	struct live_keep *k = a->live->keep;
	int status = 0;

	if (k->pid && waitpid(k->pid, &status, WNOHANG) == k->pid) {
		k->pid = 0;
		if (status == 0)
			written(a);
		else
			not_written(a, status);
	}
	if (wall_hour() != k->wall_hour || (k->failing && live_clock_ns() >= k->again_ns) ||
	    hours_full(k->hours))
		(void)live_keep_flush(a);
}

int live_keep_end(struct span_audit *a)
{
	struct live_keep *k = a->live->keep;
	struct out why = {0};
	int status = 0, r;

	if (k->pid) {
		while (waitpid(k->pid, &status, 0) < 0 && errno == EINTR)
			;
		k->pid = 0;
		forget(k, status == 0 ? k->n_writing : 0);
	}
	r = set_aside(a);
	r = r ? r : write_out(a, true, &why);
	if (r < 0 && r != -ENOMEM) {
		live_tell(a->live, SPAN_LIVE_TROUBLE, "could not write the rest to the store: %s",
			  out_str(&why));
		engine_caveat(
			a, false,
			"The store %s does not hold all of this: %s. The judgement here is of "
			"all of it.",
			a->store_path, out_str(&why));
		r = SPAN_INPUT;
	}
	out_done(&why);
	return r;
}

void live_keep_drops(const struct live_keep *k, uint64_t *kernel, uint64_t *card)
{
	*kernel += k->picture.kernel_drops;
	*card += k->picture.interface_drops;
}

void live_keep_figures(const struct live_keep *k, struct coverage *c)
{
	coverage_add(c, &k->loaded);
}

int64_t live_keep_window_ns(const struct live_keep *k)
{
	return k->window_ns;
}

int64_t live_keep_run(const struct live_keep *k)
{
	return k->run;
}

void live_keep_json(const struct live_keep *k, struct out *o)
{
	char at[TIME_TEXT];

	if (!k) {
		out_puts(o, "null");
		return;
	}
	out_puts(o, "{\"path\":");
	out_json_z(o, k->path);
	out_printf(o,
		   ",\"window_s\":%" PRId64 ",\"flushes\":%" PRIu64
		   ",\"writing\":%s,\"failing\":%s,\"written\":",
		   k->window_ns / NS_PER_S, k->flushes, k->pid ? "true" : "false",
		   k->failing ? "true" : "false");
	out_json_z(o, k->wrote_ns == TIME_NONE ? NULL : time_rfc3339(k->wrote_ns, at));
	out_char(o, '}');
}
