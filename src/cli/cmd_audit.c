// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

struct report {
	const struct span_audit *a;
	const char *format;
	struct span_write_options how;
};

static int write_report(void *user, FILE *f)
{
	const struct report *r = user;

	return span_audit_write(r->a, r->format, &r->how, f);
}

static int list_formats(void)
{
	for (size_t i = 0; span_format_name(i); i++)
		printf("%-6s %-6s %s\n", span_format_name(i), span_format_suffix(i),
		       span_format_help(i));
	return EXIT_CLEAN;
}

/* NULL after having said why: a name that promises another format must not get ours. */
static const char *format_of(const char *path, const struct options *o)
{
	const char *format = span_format_for_path(path);
	const char *slash = strrchr(path, '/');

	if (strcmp(path, "-") == 0) {
		say("The report always goes there, unless -q is given; --format chooses its form.",
		    "'-o -' would be standard output");
		return NULL;
	}
	if (format)
		return format;
	if (o->format)
		return o->format;
	if (!strchr(slash ? slash + 1 : path, '.'))
		return "text";

	struct out hint = {0};

	out_puts(&hint, "These are known:");
	for (size_t i = 0; span_format_name(i); i++)
		out_printf(&hint, " %s", span_format_suffix(i));
	out_puts(&hint, ". For another name say the format: --format text");
	say(out_str(&hint), "the suffix of '%s' is not one of a report", path);
	out_done(&hint);
	return NULL;
}

static int run(const struct options *o)
{
	struct span_audit *a;
	struct report report = {
		.format = o->format ? o->format : "text",
		.how = {.width = term_width(), .colour = term_colour(o), .only = o->only},
	};
	const char **path;
	int code;

	if (strcmp(report.format, "help") == 0)
		return list_formats();
	VEC_EACH (path, &o->outputs)
		if (!format_of(*path, o))
			return EXIT_USAGE;
	code = run_audit(o, o->args, o->n_args, &a);
	if (!a)
		return code;
	report.a = a;
	if (!code)
		code = span_audit_exit_code(a, o->fail_on ? o->fail_on : "medium");
	if (!o->quiet) {
		int r = write_report(&report, stdout);

		if (r)
			code = say_status(NULL, r, o);
	}
	/* Files are the same wherever they are made: no colour, 80 columns. */
	report.how.colour = SPAN_COLOUR_NONE;
	report.how.width = 0;
	VEC_EACH (path, &o->outputs) {
		report.format = format_of(*path, o);
		if (file_write(*path, write_report, &report) != 0)
			code = EXIT_FAILED;
	}
	span_audit_free(a);
	return code;
}

const struct cmd cmd_audit = {
	.id = CMD_AUDIT,
	.name = "audit",
	.args = "[OPTION...] FILE|FOLDER...",
	.help = "read captures, judge them, print a report",
	.about = "Reads capture files (pcap, pcapng, also compressed) or folders of them, works "
		 "out who talks to whom in which role, holds every conversation against the "
		 "documented connectivity of Dynamics CRM, and prints what differs, what is "
		 "missing, and how far to trust the answer.\n"
		 "'spanaudit FILE...' is the same.\n"
		 "\n"
		 "  spanaudit audit --site site.yaml night.pcap\n"
		 "  spanaudit audit --role sql=10.0.0.5 --role crm-web=10.0.0.6 night.pcap\n"
		 "  tcpdump -i span0 -w - | spanaudit audit -S site.yaml -o report.json -",
	.words = "",
	.files = true,
	.run = run,
};
