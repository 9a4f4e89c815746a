// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/opt.h"
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

/* Which content of the file is shown. */
struct version {
	struct timespec time;
	off_t size;
	ino_t ino;
};

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

/* A report that is written anew is shown anew; one that cannot be read leaves the old one there. */
static void look_again(struct span_screen *s, const char *path, struct version *shown)
{
	struct version now;
	char *words = NULL;
	size_t n = 0;
	FILE *f;

	if (!version_of(path, &now) || is_same(&now, shown))
		return;
	*shown = now;
	f = open_memstream(&words, &n);
	if (!f)
		return;
	if (span_screen_file(s, path, f) == 0)
		span_screen_say(s, "the file was written anew, and this is what is in it now");
	else
		span_screen_say(s, "the file was changed, and what is in it now is no result");
	fclose(f);
	free(words);
}

/* --- the view --------------------------------------------------------------------------------- */

static bool keys(struct span_screen *s)
{
	uint32_t key;

	while (terminal_key(&key))
		if (!span_screen_key(s, key))
			return false;
	return true;
}

static int view(struct span_screen *s, const char *path)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct version shown = {0};
	int r;

	version_of(path, &shown);
	do {
		r = terminal_draw(s);
		if (r || ended)
			break;
		poll(&in, 1, TICK_MS);
		if (in.revents & (POLLHUP | POLLERR))
			break;
		look_again(s, path, &shown);
	} while (keys(s));
	return r;
}

static int watch_file(const struct options *o, const char *path)
{
	struct span_screen *s = span_screen_new(terminal_utf8());
	const struct span_write_options how = {.colour = term_colour(o), .width = term_width()};
	const char *slash = strrchr(path, '/');
	int r = s ? span_screen_source(s, slash && slash[1] ? slash + 1 : path) : -ENOMEM;

	if (!r)
		r = span_screen_file(s, path, stderr);
	if (!r && !terminal_unfit()) {
		signals_end();
		if (terminal_open(how.colour != SPAN_COLOUR_NONE)) {
			r = view(s, path);
			terminal_close();
		}
	}
	if (!r && !o->quiet)
		r = span_screen_write(s, "brief", &how, stdout);
	r = r ? say_status(NULL, r, o) : span_screen_exit_code(s, o->fail_on);
	span_screen_free(s);
	return r;
}

static int run(const struct options *o)
{
	if (o->n_args == 1)
		return watch_file(o, o->args[0]);
	say("Write a run's result, and give it here:\n"
	    "spanaudit audit -q -o night.json night.pcap\n"
	    "spanaudit watch night.json",
	    "one result is shown, and %zu %s given", o->n_args, o->n_args == 1 ? "was" : "were");
	return EXIT_USAGE;
}

const struct cmd cmd_watch = {
	.id = CMD_WATCH,
	.name = "watch",
	.args = "[OPTION...] RESULT.json",
	.help = "look through a result on a terminal",
	.about =
		"Shows a result that 'spanaudit audit -o FILE.json' wrote, page by page: findings, "
		"who talks to whom, conversations, dynamic RPC, endpoints, and what packets came "
		"from. Rows can be selected, filtered and sorted, and Enter tells everything about "
		"one; ? lists the keys. A file that is written anew is shown anew. 'q' ends, "
		"prints "
		"the result in short, and the exit code is that of the audit. Off a terminal only "
		"that is printed.\n"
		"\n"
		"  spanaudit audit -q -o night.json night.pcap\n"
		"  spanaudit watch night.json",
	.words = "",
	.files = false,
	.run = run,
};
