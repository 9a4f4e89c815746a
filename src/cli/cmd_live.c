// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/opt.h"

static int write_audit(const void *source, const char *format, const struct span_write_options *how,
		       FILE *f)
{
	return span_audit_write(source, format, how, f);
}

static int list(const struct options *o)
{
	struct span_audit *a = span_audit_new();
	int r = a ? span_live_list(a, o->json, stdout) : -ENOMEM;

	r = say_status(a, r, o);
	span_audit_free(a);
	return r;
}

static int check(const struct options *o)
{
	if (o->n_args) {
		say("Interfaces are named by -i, and files are judged by: spanaudit audit FILE",
		    "'%s' has no place here", o->args[0]);
		return EXIT_USAGE;
	}
	if (!o->interfaces.n) {
		say("Name one or more: spanaudit live -i span0. They are listed by: spanaudit live "
		    "-D",
		    "no interface was given");
		return EXIT_USAGE;
	}
	return outputs_check(o);
}

/* While it runs, standard output has what is found: events, or lines where a text follows. */
static void choose_output(const struct options *o, struct span_live_options *live)
{
	bool text = !o->format || strcmp(o->format, "text") == 0;

	if (o->quiet)
		return;
	if (text)
		live->lines_fd = STDOUT_FILENO;
	else if (strcmp(o->format, "ndjson") == 0 && !o->events)
		live->events_fd = STDOUT_FILENO;
}

static int report(const struct options *o, const struct live *l)
{
	int code = span_audit_exit_code(l->audit, o->fail_on ? o->fail_on : "medium");

	/* Its events are there already. */
	return outputs_write(o,
			     &(struct outputs){.write = write_audit,
					       .source = l->audit,
					       .kept = l->kept,
					       .usual = l->opt.view ? "brief" : NULL,
					       .told = l->opt.events_fd == STDOUT_FILENO},
			     code);
}

static int run(const struct options *o)
{
	struct live live = {.events = -1, .answers = true};
	int code;

	if (o->list)
		return list(o);
	if (o->format && strcmp(o->format, "help") == 0)
		return outputs_list();
	code = check(o);
	code = code ? code : live_settings(o, &live.opt);
	if (code)
		return code;
	if (live_view_wanted(o))
		code = live_view_begin(o, &live);
	else
		choose_output(o, &live.opt);
	code = code ? code : live_take(o, &live);
	code = code ? code : report(o, &live);
	live_done(&live);
	return code;
}

const struct cmd cmd_live = {
	.id = CMD_LIVE,
	.name = "live",
	.args = "[OPTION...] -i INTERFACE...",
	.help = "judge what a network interface sees, while it sees it",
	.about = "Takes packets from network interfaces, such as the port that a switch mirrors "
		 "to, and judges them as 'audit' does: what is found is told when it is found, "
		 "and the report is made at the end, by Ctrl-C, SIGTERM or a limit. Interfaces and "
		 "files are opened first; then every right is given up, and only then a packet is "
		 "looked at.\n"
		 "SIGHUP has it read rules, site and waivers again; SIGUSR1 prints counters on "
		 "standard error; 'spanaudit control' asks for them.\n"
		 "\n"
		 "  spanaudit live -D\n"
		 "  spanaudit live -i span0 --site site.yaml\n"
		 "  spanaudit live -i span0 -i span1 -a duration:3600 -o hour.html",
	.words = "",
	.run = run,
};
