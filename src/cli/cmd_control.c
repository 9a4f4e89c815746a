// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

/* The run's words: what happened, and below it why and what to do. */
static void refused(char *text)
{
	char *rest = strchr(text, '\n');
	struct out what = {0}, hint = {0};

	out_text(&what, text, rest ? (size_t)(rest - text) : strlen(text));
	for (char *line = rest ? rest + 1 : NULL; line && *line; line = rest ? rest + 1 : NULL) {
		rest = strchr(line, '\n');
		out_text(&hint, line, rest ? (size_t)(rest - line) : strlen(line));
		out_char(&hint, '\n');
	}
	say(out_str(&hint), "%s", out_str(&what));
	out_done(&what);
	out_done(&hint);
}

static int broken(int status)
{
	if (status == -ENOMEM)
		return say_status(NULL, status, NULL);
	say(status == -ETIMEDOUT
		    ? "It is busy or stopped: it answers within moments else. Ask again."
		    : "It may have ended just now, or be no live run.",
	    "no answer: %s", strerror(-status));
	return EXIT_FAILED;
}

static int show(const char *text, size_t n)
{
	errno = 0;
	if (fwrite(text, 1, n, stdout) == n && fflush(stdout) == 0)
		return EXIT_CLEAN;
	return stdout_failed(-(errno ? errno : EIO));
}

static int ask(const char *path, const char *request)
{
	struct span_control *c;
	char *text;
	size_t n;
	int r = span_control_open(path, &c, stderr);

	if (r)
		return r < 0 ? say_status(NULL, r, NULL) : EXIT_FAILED;
	r = span_control_ask(c, request, &text, &n);
	span_control_close(c);
	if (r < 0)
		return broken(r);
	if (r == SPAN_OK)
		r = show(text, n);
	else
		refused(text);
	free(text);
	return r;
}

static int run(const struct options *o)
{
	static const char *const words[] = {"status", "result", "reload", "flush", "stop"};

	for (size_t i = 0; o->n_args == 1 && i < N_ELEMENTS(words); i++)
		if (strcmp(words[i], o->args[0]) == 0)
			/* For people the same in lines. */
			return ask(o->control, i == 0 && !o->json ? "counters" : words[i]);
	say("It can be status, result, reload, flush or stop: spanaudit control status",
	    o->n_args ? "'control %s' is unknown" : "what is to be asked?%s",
	    o->n_args ? o->args[o->n_args == 1 ? 0 : 1] : "");
	return EXIT_USAGE;
}

const struct cmd cmd_control = {
	.id = CMD_CONTROL,
	.name = "control",
	.args = "[OPTION...] status|result|reload|flush|stop",
	.help = "ask, reload or stop a live run of this computer",
	.about = "Asks a 'spanaudit live' that runs, over its control socket. status prints "
		 "counters, "
		 "losses and what it judges by; result prints the result document as of the last "
		 "judgement, which 'spanaudit report' makes other formats of; reload has it read "
		 "rules, "
		 "site and waivers again, as SIGHUP does; flush has it write to its store now; "
		 "stop ends the run in order, as Ctrl-C "
		 "does.\n"
		 "\n"
		 "  spanaudit control status\n"
		 "  spanaudit control result > now.json\n"
		 "  spanaudit control --control /tmp/lab.socket stop",
	.words = "status result reload flush stop",
	.run = run,
};
