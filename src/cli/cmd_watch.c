// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "cli/terminal.h"
#include "cli/watch.h"

static int begin(const struct options *o, struct watch *w)
{
	const char *slash = w->path ? strrchr(w->path, '/') : NULL;
	const char *source = slash && slash[1] ? slash + 1 : w->path;
	int r;

	w->screen = span_screen_new(terminal_utf8());
	r = w->screen ? span_screen_source(w->screen, source ? source : "a run") : -ENOMEM;
	return say_status(NULL, r ? r : watch_look(w, stderr), o);
}

/* The one there is; off a terminal nothing else is shown. */
static int print(const struct options *o, const struct watch *w)
{
	const struct span_write_options how = {.colour = term_colour(o), .width = term_width()};
	int r = 0;

	if (!span_screen_judged(w->screen)) {
		say("A run is judged every minute, or as its --every says. Ask again then.",
		    "nothing has been judged yet");
		return EXIT_INCONCLUSIVE;
	}
	if (!o->quiet)
		r = span_screen_write(w->screen, "brief", &how, stdout);
	return r ? say_status(NULL, r, o) : span_screen_exit_code(w->screen, o->fail_on);
}

static void say_why(const struct options *o, const char *why)
{
	if (!o->quiet && strstr(why, "ncurses") && isatty(STDOUT_FILENO))
		say("Its library was missing when it was built: libncurses-dev on Debian. Printed "
		    "is the result in short.",
		    "there is no view: %s", why);
}

/* What is said of --every, -c and --format. */
static int telling(const struct options *o, struct watch_telling *ret)
{
	*ret = (struct watch_telling){
		.json = o->format && strcmp(o->format, "ndjson") == 0,
		.state = !o->quiet,
	};
	if (!o->every && (o->count || o->format)) {
		say("How often something is printed is said by it: --every 10s. Without it there "
		    "is the "
		    "view, or the result once.",
		    "%s needs --every", o->count ? "-c" : "--format");
		return EXIT_USAGE;
	}
	if (o->every && (!duration_parse(o->every, &ret->every_ns) || !ret->every_ns)) {
		say("Write a number with its unit: --every 10s, 5m.",
		    "--every: '%s' is not understood", o->every);
		return EXIT_USAGE;
	}
	if (o->count && !parse_count(o->count, UINT64_MAX, &ret->most)) {
		say("Write how many times: -c 5", "-c: '%s' is not understood", o->count);
		return EXIT_USAGE;
	}
	return 0;
}

static int tell(const struct options *o, struct watch *w, const struct watch_telling *how)
{
	int r = watch_tell(w, how);

	/* As any program ends whose reader has enough. */
	if (r == -EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return r ? say_status(NULL, r, o) : span_screen_exit_code(w->screen, o->fail_on);
}

static int show(const struct options *o, struct watch *w)
{
	const char *why = terminal_unfit();
	int r;

	if (why) {
		say_why(o, why);
		return print(o, w);
	}
	r = watch_view(w, term_colour(o) != SPAN_COLOUR_NONE);
	return r ? say_status(NULL, r, o) : print(o, w);
}

static int run(const struct options *o)
{
	struct watch w = {.path = o->n_args ? o->args[0] : NULL, .socket = o->control};
	struct watch_telling how;
	int code;

	if (o->n_args > 1 || (o->n_args && o->control)) {
		say("spanaudit watch night.json shows a result; without a file a live run of this "
		    "computer is asked, at --control or the usual place.",
		    "one thing is shown at a time");
		return EXIT_USAGE;
	}
	code = telling(o, &how);
	code = code ? code : begin(o, &w);
	if (!code)
		code = how.every_ns ? tell(o, &w, &how) : show(o, &w);
	watch_done(&w);
	return code;
}

const struct cmd cmd_watch = {
	.id = CMD_WATCH,
	.name = "watch",
	.args = "[OPTION...] [RESULT.json]",
	.help = "look through a result, or at a live run, on a terminal",
	.about =
		"Shows a result that 'spanaudit audit -o FILE.json' wrote, page by page: findings, "
		"who talks to whom, conversations, dynamic RPC, endpoints, and what packets came "
		"from. Rows can be selected, filtered and sorted, and Enter tells everything about "
		"one; ? lists the keys. A file that is written anew is shown anew.\n"
		"Without a file it shows what a 'spanaudit live' of this computer judged last, and "
		"what it reads and loses now, over its control socket.\n"
		"'q' ends and prints the result in short; the exit code is that of the audit. Off "
		"a terminal only that is printed; with --every, findings as they come and a line "
		"of "
		"how it stands.\n"
		"\n"
		"  spanaudit audit -q -o night.json night.pcap\n"
		"  spanaudit watch night.json\n"
		"  sudo spanaudit watch\n"
		"  sudo spanaudit watch --every 10s",
	.words = "",
	.files = false,
	.run = run,
};
