// SPDX-License-Identifier: BSD-2-Clause
/* live - from the options to a finished run on interfaces, without rights from its first packet. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/opt.h"

/* Who looks on does not want to wait. */
static const int64_t EVERY = 60 * NS_PER_S, EVERY_IN_VIEW = 10 * NS_PER_S;

/* --- what is told while it runs --------------------------------------------------------------- */

/* Under systemd a line says how important it is (sd-daemon(3)). */
static const char *level(enum span_live_notice what)
{
	if (!getenv("JOURNAL_STREAM"))
		return "";
	switch (what) {
	case SPAN_LIVE_TROUBLE:
		return "<3>";
	case SPAN_LIVE_LOST:
	case SPAN_LIVE_CHANGED:
		return "<4>";
	case SPAN_LIVE_STARTED:
	case SPAN_LIVE_POLICY:
	case SPAN_LIVE_COUNTERS:
		return "<6>";
	case SPAN_LIVE_JUDGED:
		return "<7>";
	}
	return "";
}

enum { SAID_MOST = 64 << 10 };

/* Who is told, and what they want to hear. */
struct listener {
	const struct options *o;
	const struct live *live;
	unsigned unsaid; /* lines, since there was room for one */
};

static bool is_wanted(const struct options *o, enum span_live_notice what)
{
	if (what == SPAN_LIVE_TROUBLE || what == SPAN_LIVE_COUNTERS)
		return true;
	return what == SPAN_LIVE_JUDGED ? o->verbose != 0 : !o->quiet;
}

/* A log that nobody reads any more must not stop who takes packets. */
static bool has_room(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && p.revents & POLLOUT;
}

static void say_line(struct listener *to, enum span_live_notice what, const char *z, int n)
{
	if (!has_room(STDERR_FILENO)) {
		to->unsaid++;
		return;
	}
	if (to->unsaid)
		fprintf(stderr,
			"%sspanaudit: nobody took what was said here: %u lines are missing\n",
			level(SPAN_LIVE_TROUBLE), to->unsaid);
	to->unsaid = 0;
	fprintf(stderr, "%sspanaudit: %.*s\n", level(what), n, z);
}

static void notice(void *user, enum span_live_notice what, const char *text)
{
	struct listener *to = user;
	const struct options *o = to->o;

	if (!is_wanted(o, what))
		return;
	for (const char *z = text; *z;) {
		int n = (int)strcspn(z, "\n");

		if (!to->live->said)
			say_line(to, what, z, n);
		else if (to->live->said->n < SAID_MOST)
			out_printf(to->live->said, "spanaudit: %.*s\n", n, z);
		z += n + (z[n] == '\n');
	}
}

/* What would have stood in the middle of the view. */
static void say_behind(struct live *l, struct out *said)
{
	l->said = NULL;
	if (said->n)
		fputs(out_str(said), stderr);
	out_done(said);
}

/* A signal handler has no other way to know. Set while a run lasts. */
static struct span_audit *volatile asked;

static void on_usr1(int number)
{
	(void)number;
	if (asked)
		span_live_ask(asked);
}

static volatile sig_atomic_t had_terminal;

/* A terminal that was closed says so by the same signal, and nobody waits for the report there. */
static void on_hup(int number)
{
	(void)number;
	if (!asked)
		return;
	if (had_terminal && !isatty(STDOUT_FILENO))
		span_audit_stop(asked);
	else
		span_live_reload(asked);
}

static void listen_to_questions(struct span_audit *a)
{
	struct sigaction sa = {.sa_handler = on_usr1, .sa_flags = SA_RESTART};

	asked = a;
	had_terminal = isatty(STDOUT_FILENO);
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_handler = on_hup;
	sigaction(SIGHUP, &sa, NULL);
}

static void forget_questions(void)
{
	signal(SIGUSR1, SIG_IGN);
	signal(SIGHUP, had_terminal ? SIG_DFL : SIG_IGN);
	asked = NULL;
}

/* --- the command line ------------------------------------------------------------------------- */

static int bad_limit(const char *option, const char *text, const char *hint)
{
	say(hint, "%s: '%s' is not understood", option, text);
	return EXIT_USAGE;
}

bool parse_count(const char *z, uint64_t most, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = *z >= '0' && *z <= '9' ? strtoull(z, &end, 10) : 0;
	return *ret && !errno && !*end && *ret <= most;
}

/* As dumpcap has it: duration:SECONDS, packets:NUMBER. */
static int autostop(const char *text, struct span_live_options *ret)
{
	static const char hint[] = "Write -a duration:SECONDS or -a packets:NUMBER.";
	uint64_t n;

	if (strncmp(text, "duration:", 9) == 0) {
		if (!parse_count(text + 9, INT64_MAX / NS_PER_S, &n))
			return bad_limit("-a", text, hint);
		ret->duration_ns = (int64_t)n * NS_PER_S;
		return 0;
	}
	if (strncmp(text, "packets:", 8) != 0 || !parse_count(text + 8, UINT64_MAX, &ret->packets))
		return bad_limit("-a", text, hint);
	return 0;
}

/* As dumpcap has it. */
static int ring_limit(const char *text, struct span_live_ring *ret)
{
	static const char hint[] =
		"Write -b filesize:KB, -b duration:SECONDS, -b packets:NUMBER or "
		"-b files:NUMBER.";
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;
	uint64_t v;

	if (!colon || !parse_count(colon + 1, UINT32_MAX, &v))
		return bad_limit("-b", text, hint);
	if (n == 8 && strncmp(text, "filesize", n) == 0)
		ret->bytes = v * 1000;
	else if (n == 8 && strncmp(text, "duration", n) == 0)
		ret->duration_ns = (int64_t)v * NS_PER_S;
	else if (n == 7 && strncmp(text, "packets", n) == 0)
		ret->packets = v;
	else if (n == 5 && strncmp(text, "files", n) == 0)
		ret->files = (unsigned)v;
	else
		return bad_limit("-b", text, hint);
	return 0;
}

static int ring_limits(const struct options *o, struct span_live_options *ret)
{
	const struct span_live_ring *g = &ret->ring;
	int r = 0;

	for (size_t i = 0; !r && i < o->ring.n; i++)
		r = ring_limit(o->ring.v[i], &ret->ring);
	ret->write = o->write;
	if (r)
		return r;
	if (o->ring.n && !o->write) {
		say("Name one: -w ring.pcapng", "-b is about files, and no file was named");
		return EXIT_USAGE;
	}
	if (g->files && !g->bytes && !g->duration_ns && !g->packets) {
		say("Say it: -b filesize:100000 -b files:10",
		    "-b files: when the next file begins was not said");
		return EXIT_USAGE;
	}
	return 0;
}

/* A number alone is MiB, as dumpcap has it. */
static int buffer_size(const char *text, uint64_t *ret)
{
	uint64_t n;

	if (parse_count(text, 2047, &n)) {
		*ret = n << 20;
		return 0;
	}
	return opt_size("-B", text, ret);
}

int live_settings(const struct options *o, struct span_live_options *ret)
{
	uint64_t n = 0;
	int r = 0;

	*ret = (struct span_live_options){
		.interfaces = o->interfaces.v,
		.n_interfaces = o->interfaces.n,
		.not_promiscuous = o->no_promiscuous,
		.every_ns = EVERY,
		.events_fd = -1,
		.lines_fd = -1,
		.messages_fd = -1,
		.syslog = o->syslog,
		.evidence = o->evidence,
		.shed_never = o->shed && strcmp(o->shed, "never") == 0,
		.notice = notice,
	};
	if (o->count && !parse_count(o->count, UINT64_MAX, &ret->packets))
		r = bad_limit("-c", o->count, "Write how many packets: -c 100000");
	for (size_t i = 0; !r && i < o->autostop.n; i++)
		r = autostop(o->autostop.v[i], ret);
	if (!r && o->snaplen && !parse_count(o->snaplen, 262144, &n))
		r = bad_limit("-s", o->snaplen,
			      "Write how many bytes of a packet are kept, at most 262144: -s 2048");
	ret->snaplen = (unsigned)n;
	r = r ? r : ring_limits(o, ret);
	if (!r && o->buffer)
		r = buffer_size(o->buffer, &ret->buffer);
	if (!r && o->every && !duration_parse(o->every, &ret->every_ns))
		r = bad_limit("--every", o->every,
			      "Write a number with its unit: --every 60s, 5m; 0 judges at the end "
			      "alone.");
	if (!r && o->window && (!duration_parse(o->window, &ret->window_ns) || !ret->window_ns))
		r = bad_limit("--window", o->window,
			      "Write a number with its unit: --window 48h, 7d.");
	return r;
}

/* Where it answers. */
static int choose_control(const struct options *o, struct live *l)
{
	l->opt.control = o->control;
	l->opt.control_must = o->control != NULL;
	if (o->control && strcmp(o->control, "none") == 0)
		l->opt.control = NULL;
	if (o->control || !l->answers)
		return 0;
	l->opt.control = l->control = span_control_path();
	return l->control ? 0 : say_status(NULL, -ENOMEM, o);
}

/* --- files that are still to be written when no right is left --------------------------------- */

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

static int open_log(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

/* Whoever the process is going to be opens it anew. */
static int open_events(const char *path, uid_t uid, gid_t gid)
{
	int fd = open_log(path);
	struct stat st;

	if (fd >= 0 && uid != (uid_t)-1 && fstat(fd, &st) == 0 && st.st_size == 0 &&
	    S_ISREG(st.st_mode))
		(void)!fchown(fd, uid, gid);
	if (fd < 0)
		say("Its folder may not exist, or not be writable. Choose another place.",
		    "cannot write events to '%s': %s", path, strerror(errno));
	return fd;
}

/* Its folder stays one to write in. */
static bool writable(struct live *l, const char *path)
{
	char *folder = folder_of(path);

	if (folder)
		l->folders[l->n_folders++] = folder;
	return folder;
}

/* For who moved the file away. */
static int reopen(void *user)
{
	const struct listener *to = user;
	int fd = to->live->events >= 0 ? open_log(to->o->events) : -1, r = 0;

	if (to->live->events < 0)
		return 0;
	if (fd < 0)
		return -errno;
	if (dup3(fd, to->live->events, O_CLOEXEC) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int prepare(const struct options *o, struct live *l)
{
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;
	bool bad;

	span_live_user(o->user, &uid, &gid, &bad);
	l->events = -1;
	if (o->events) {
		l->events = l->opt.events_fd = open_events(o->events, uid, gid);
		if (l->events < 0)
			return EXIT_FAILED;
	}
	if (o->on_finding) {
		int r = on_finding_begin(o->on_finding, uid, gid, &l->on_finding);

		if (r < 0)
			return say_status(NULL, r, o);
		l->opt.messages_fd = l->on_finding.fd;
	}
	l->kept = calloc(o->outputs.n + 1, sizeof *l->kept);
	l->folders = calloc(o->outputs.n + 6, sizeof *l->folders);
	if (!l->kept || !l->folders)
		return say_status(NULL, -ENOMEM, o);
	for (; l->n < o->outputs.n; l->n++) {
		int r = file_keep(o->outputs.v[l->n], uid, gid, &l->kept[l->n]);

		if (r)
			return r;
		if (!writable(l, o->outputs.v[l->n])) {
			l->n++;
			return say_status(NULL, -ENOMEM, o);
		}
	}
	if (o->write && !writable(l, o->write))
		return say_status(NULL, -ENOMEM, o);
	if (o->store && !writable(l, o->store))
		return say_status(NULL, -ENOMEM, o);
	if (o->events && !writable(l, o->events))
		return say_status(NULL, -ENOMEM, o);
	if (o->evidence) { /* the folder itself */
		l->folders[l->n_folders] = strdup(o->evidence);
		if (!l->folders[l->n_folders++])
			return say_status(NULL, -ENOMEM, o);
	}
	l->opt.metrics = o->metrics;
	l->opt.metrics_listen = o->metrics_listen;
	if (o->metrics && !writable(l, o->metrics))
		return say_status(NULL, -ENOMEM, o);
	return 0;
}

void live_done(struct live *p)
{
	span_audit_free(p->audit); /* with its end of the view's socket */
	live_view_given(p);
	live_view_end(p);
	for (size_t i = 0; i < p->n; i++)
		file_unkeep(&p->kept[i]);
	for (size_t i = 0; i < p->n_folders; i++)
		free(p->folders[i]);
	free(p->kept);
	free(p->folders);
	free(p->control);
	if (p->events >= 0)
		close(p->events);
	on_finding_end(&p->on_finding);
}

/* --- the run ---------------------------------------------------------------------------------- */

static int confine(struct span_audit *a, const struct options *o, const struct live *p)
{
	const struct span_live_rights rights = {
		.user = o->user,
		.folders = (const char *const *)p->folders,
		.n_folders = p->n_folders,
	};
	char *done = NULL;
	int r = span_live_confine(a, &rights, &done);

	if (r == 0 && done && !o->quiet)
		fprintf(stderr, "%sspanaudit: %s\n", level(SPAN_LIVE_STARTED), done);
	free(done);
	return r;
}

int live_take(const struct options *o, struct live *l)
{
	struct span_live_options *opt = &l->opt;
	struct listener to = {.o = o, .live = l};
	struct out said = {0};
	int code = run_setup(o, NULL, 0, &l->audit), r;

	code = code ? code : choose_control(o, l);
	code = code ? code : prepare(o, l);
	if (code)
		return code;
	opt->user = &to;
	opt->reopen = reopen;
	if (l->view && !o->every)
		opt->every_ns = EVERY_IN_VIEW;
	r = span_live_open(l->audit, opt);
	live_view_given(l);
	r = r ? r : confine(l->audit, o, l);
	if (!r) {
		signals_listen(l->audit);
		listen_to_questions(l->audit);
		fflush(stdout);
		l->said = l->view ? &said : NULL;
		r = span_live_run(l->audit);
		live_view_end(l);
		say_behind(l, &said);
		forget_questions();
		signals_forget();
	}
	return say_status(l->audit, r, o);
}
