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

static int write_audit(const void *source, const char *format, const struct span_write_options *how,
		       FILE *f)
{
	return span_audit_write(source, format, how, f);
}

static int of_store(const struct options *o)
{
	struct span_audit *a;
	int code, status;

	if (o->n_args) {
		say("Leave the file away to judge what the store has, or --store to render the "
		    "result.",
		    "a report is of a result or of a store, and both are given");
		return EXIT_USAGE;
	}
	code = outputs_check(o);
	if (!code)
		code = run_setup(o, NULL, 0, &a);
	if (code)
		return code;
	status = span_audit_judge_store(a, o->store);
	code = say_status(a, status, o);
	if (!status) {
		code = span_audit_exit_code(a, o->fail_on ? o->fail_on : "medium");
		status = o->redact ? span_audit_redact(a) : 0;
		code = status ? say_status(NULL, status, o)
			      : outputs_write(o, &(struct outputs){write_audit, a}, code);
	}
	span_audit_free(a);
	return code;
}

/* What is judged anew has rules and hours; a result has its own. */
static int check_store_words(const struct options *o)
{
	const struct {
		const char *name;
		bool given;
	} words[] = {
		{"--day", o->day},
		{"--since", o->since},
		{"--from", o->from},
		{"--to", o->to},
		{"--tz", o->tz},
		{"--site", o->site},
		{"--role", o->roles.n},
		{"--rules", o->rules.n},
		{"--rules-dir", o->rules_dirs.n},
		{"--waivers", o->waivers.n},
		{"--infer", o->infer},
		{"--strict-input", o->strict_input},
		{"--max-memory", o->memory},
	};

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (words[i].given) {
			say("A result stays as it was judged. To judge anew, audit its captures "
			    "again, or give --store.",
			    "%s is for a report of a store", words[i].name);
			return EXIT_USAGE;
		}
	return 0;
}

static int run(const struct options *o)
{
	struct span_report *r = NULL;
	int code, status;

	if (o->format && strcmp(o->format, "help") == 0)
		return outputs_list();
	if (o->store)
		return of_store(o);
	code = check_store_words(o);
	if (!code)
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
	.help = "write an old result anew, or judge what a store has",
	.about =
		"Reads a result that 'spanaudit audit -o FILE.json' wrote and writes the report "
		"again, in any format, without the captures: what comes out is what the audit "
		"itself would have written. The exit code is the audit's, too, unless --fail-on "
		"says otherwise. A file that is no result, or one of another version, ends with "
		"2.\n"
		"With --store there is no such file: what 'spanaudit audit --store' kept is judged "
		"by today's rules, site file and waivers, as an audit of its packets would, for "
		"the "
		"hours that --day, --since or --from and --to name, else for all. Hours that "
		"nothing was stored of make the report incomplete (4 at best).\n"
		"\n"
		"  spanaudit report night.json\n"
		"  spanaudit report night.json -q -o night.txt -o night.xml\n"
		"  spanaudit report --store site.store --day 2024-05-01 -S site.yaml -o day.html",
	.words = "",
	.files = false,
	.run = run,
};
