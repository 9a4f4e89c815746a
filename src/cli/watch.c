// SPDX-License-Identifier: BSD-2-Clause
#include "cli/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/time.h"
#include "cli/terminal.h"

enum { TICK_MS = 1000 };

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static void signals_end(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_end};

	for (size_t i = 0; i < N_ELEMENTS(numbers); i++)
		sigaction(numbers[i], &sa, NULL);
}

/* --- a result in a file ----------------------------------------------------------------------- */

static bool version_of(const char *path, struct version *ret)
{
	struct stat st;

	if (strcmp(path, "-") == 0 || stat(path, &st) != 0)
		return false;
	*ret = (struct version){st.st_mtim, st.st_size, st.st_ino};
	return true;
}

static bool is_same(const struct version *a, const struct version *b)
{
	return a->time.tv_sec == b->time.tv_sec && a->time.tv_nsec == b->time.tv_nsec &&
	       a->size == b->size && a->ino == b->ino;
}

static int look_at_file(struct watch *w, FILE *err)
{
	bool first = !span_screen_judged(w->screen);
	struct version now = w->shown;
	int r;

	version_of(w->path, &now);
	if (!first && is_same(&now, &w->shown))
		return 0;
	w->shown = now;
	r = span_screen_file(w->screen, w->path, err);
	if (r == 0 && !first)
		span_screen_say(w->screen,
				"the file was written anew, and this is what is in it now");
	return r;
}

/* --- a run ------------------------------------------------------------------------------------ */

static int64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int ask_for_result(struct watch *w, FILE *err)
{
	char *text;
	size_t n;
	int r = span_control_ask(w->link, "result", &text, &n);

	if (r == 0)
		r = span_screen_result(w->screen, text, n, err);
	else if (r == SPAN_INPUT)
		r = 0; /* there is none yet */
	free(text);
	return r;
}

static int ask(struct watch *w, FILE *err)
{
	char *text;
	size_t n;
	int r = span_control_ask(w->link, "status", &text, &n);

	if (r == 0 && !span_screen_status(w->screen, text, n)) {
		fprintf(err, "spanaudit: what answers there is no live run, or one of another "
			     "version\n  name its socket: --control PATH\n");
		r = SPAN_INPUT;
	}
	free(text);
	if (r == 0 && span_screen_wants_result(w->screen))
		r = ask_for_result(w, err);
	return r;
}

/* A run that is started anew is found again. */
static int look_at_run(struct watch *w, FILE *err)
{
	int r = 0;

	span_screen_now(w->screen, clock_now());
	if (!w->link && !w->once)
		r = span_control_open(w->socket, &w->link, err);
	if (r == 0 && w->link)
		r = ask(w, err);
	if (r < 0 && r != -ENOMEM) {
		w->link = span_control_close(w->link);
		fprintf(err, "spanaudit: the run does not answer any more: %s\n", strerror(-r));
		r = SPAN_INPUT;
	}
	return r;
}

int watch_look(struct watch *w, FILE *err)
{
	return w->path ? look_at_file(w, err) : look_at_run(w, err);
}

void watch_done(struct watch *w)
{
	span_control_close(w->link);
	span_screen_free(w->screen);
}

/* --- the view --------------------------------------------------------------------------------- */

/* What is wrong stands in the view, in a line, and what was shown stays. */
static int look_again(struct watch *w)
{
	char *words = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&words, &n);
	int r = f ? watch_look(w, f) : -ENOMEM;

	if (!f || fclose(f) != 0)
		return -ENOMEM;
	if (r > 0 && w->path)
		span_screen_say(w->screen,
				"the file was changed, and what is in it now is no result");
	else if (r > 0)
		span_screen_say(w->screen, "the run does not answer; what is shown is what it "
					   "said last");
	free(words);
	return r < 0 ? r : 0;
}

static bool keys(struct span_screen *s)
{
	uint32_t key;

	while (terminal_key(&key))
		if (!span_screen_key(s, key))
			return false;
	return true;
}

/* Until a key, a second, or the end of the run. False: nobody is there any more. */
static bool wait_for_something(const struct watch *w)
{
	struct pollfd in[2] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = w->link ? span_control_fd(w->link) : -1, .events = POLLIN},
	};

	poll(in, 2, TICK_MS);
	return !(in[0].revents & (POLLHUP | POLLERR));
}

static int show(struct watch *w)
{
	int r = look_again(w);

	while (r == 0 && !ended && (w->link || !w->once)) {
		r = terminal_draw(w->screen);
		if (r || !wait_for_something(w) || !keys(w->screen))
			break;
		r = look_again(w);
	}
	return r;
}

/* --- without it ------------------------------------------------------------------------------- */

static int tell_once(struct watch *w, const struct watch_telling *how)
{
	int r = span_screen_tell_news(w->screen, how->json, stdout);

	if (r == 0 && how->state)
		r = span_screen_tell_state(w->screen, how->json, stdout);
	/* Who reads wants it now; and when nobody does any more, that is the end. */
	if (r == 0 && fflush(stdout) != 0)
		r = -errno;
	return r;
}

static int64_t clock_steady(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void sleep_until(int64_t due_ns)
{
	int64_t left;

	while (!ended && (left = due_ns - clock_steady()) > 0)
		(void)poll(NULL, 0, left < NS_PER_S ? (int)(left / 1000000) + 1 : TICK_MS);
}

/* Words of an outage once, and that it is over. */
static int look_on(struct watch *w, bool *away)
{
	char *unsaid = NULL;
	size_t n;
	FILE *f = *away ? open_memstream(&unsaid, &n) : stderr;
	int r = f ? watch_look(w, f) : -ENOMEM;

	if (f && f != stderr)
		fclose(f);
	free(unsaid);
	if (r < 0)
		return r;
	if (*away && !r)
		fputs("spanaudit: it answers again\n", stderr);
	*away = r > 0;
	return 0;
}

int watch_tell(struct watch *w, const struct watch_telling *how)
{
	int64_t due = clock_steady();
	bool away = false;
	int r = 0;

	signals_end();
	for (uint64_t n = 1; r == 0 && !ended; n++) {
		if (!away)
			r = tell_once(w, how);
		if (r || (how->most && n >= how->most))
			break;
		due += how->every_ns;
		sleep_until(due);
		if (!ended)
			r = look_on(w, &away);
	}
	return r;
}

int watch_view(struct watch *w, bool colour)
{
	int r;

	signals_end();
	if (!terminal_open(colour))
		return -ENOTTY;
	r = show(w);
	terminal_close();
	return r;
}
