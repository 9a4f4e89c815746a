// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/opt.h"

static int write_report(const void *source, const char *format,
			const struct span_write_options *how, FILE *f)
{
	return span_report_write(source, format, how, f);
}

/* `part` is of the family `whole`, or the same. */
static bool within(const char *part, const char *whole)
{
	size_t n = strlen(whole);

	return strncmp(part, whole, n) == 0 && (!part[n] || part[n] == '-');
}

/* A document that lists findings of one kind has no others to show. */
static int check_only(const struct span_report *r, const struct options *o)
{
	const char *only = span_report_only(r);

	if (!o->only || !only || within(o->only, only))
		return 0;
	say("It was written with --only. Judge the capture again without it, or leave it out here.",
	    "the result holds findings of kind '%s' only, none of '%s'", only, o->only);
	return EXIT_USAGE;
}

static int check_words(const struct options *o)
{
	int64_t ns;

	if (o->n_args != 1) {
		say("Write a run's result, and give it here:\n"
		    "spanaudit audit -q -o night.json night.pcap\n"
		    "spanaudit report night.json -o night.html",
		    "one result is rendered, and %zu %s given", o->n_args,
		    o->n_args == 1 ? "was" : "were");
		return EXIT_USAGE;
	}
	if (o->now && !time_parse(o->now, &ns)) {
		say("Write date, time and offset: 2024-05-01T06:00:00+02:00",
		    "--now: '%.60s' is not a time with a zone", o->now);
		return EXIT_USAGE;
	}
	return outputs_check(o);
}

static int run(const struct options *o)
{
	struct span_report *r = NULL;
	int code, status;

	if (o->format && strcmp(o->format, "help") == 0)
		return outputs_list();
	code = check_words(o);
	if (code)
		return code;
	status = span_report_open(o->args[0], &r, stderr);
	if (status)
		return say_status(NULL, status, o);
	code = check_only(r, o);
	if (!code && o->redact && (status = span_report_redact(r)) != 0)
		code = say_status(NULL, status, o);
	if (!code) {
		code = span_report_exit_code(r, o->fail_on);
		code = outputs_write(o, &(struct outputs){write_report, r}, code);
	}
	span_report_free(r);
	return code;
}

const struct cmd cmd_report = {
	.id = CMD_REPORT,
	.name = "report",
	.args = "[OPTION...] RESULT.json",
	.help = "write an old result anew, in any format",
	.about = "Reads a result that 'spanaudit audit -o FILE.json' wrote and writes the report "
		 "again, in any format, without the captures: what comes out is what the audit "
		 "itself would have written. The exit code is the audit's, too, unless --fail-on "
		 "says otherwise. A file that is no result, or one of another version, ends with "
		 "2.\n"
		 "\n"
		 "  spanaudit report night.json\n"
		 "  spanaudit report night.json -q -o night.txt -o night.xml",
	.words = "",
	.files = false,
	.run = run,
};
