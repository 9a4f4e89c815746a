// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_nightly - the audit of a day, filed: what a timer runs.
 *
 * A night has to come out right when nobody looks: two runs never work on one folder, a report is
 * there whole or not at all, and one that was killed leaves nothing that the next does not put
 * right.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/nightly.h"
#include "cli/opt.h"

enum { KEEP = 30, KEEP_MOST = 100000 };

static int write_audit(const void *source, const char *format, const struct span_write_options *how,
		       FILE *f)
{
	return span_audit_write(source, format, how, f);
}

static int number_of(const char *text, unsigned *ret)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!errno && *text >= '0' && *text <= '9' && !*end && n >= 1 && n <= KEEP_MOST) {
		*ret = (unsigned)n;
		return 0;
	}
	say("Write how many days of reports are kept: --keep 90", "'%s' is no number of reports",
	    text);
	return EXIT_USAGE;
}

static const char *folder_of(const struct options *o)
{
	if (!o->reports)
		say("Name the folder that reports are filed in: --reports "
		    "/var/lib/spanaudit/reports\n"
		    "It is made if it is not there; older reports in it are what this one is "
		    "compared with.",
		    "no folder for the reports was given");
	return o->reports;
}

/* The newest older report that can be read is the one to compare with. */
static int compare(struct span_audit *a, const struct nightly *n)
{
	struct out note = {0};
	const char *path;
	int r = 0;

	for (size_t i = 0; (path = nightly_older(n, i)) != NULL; i++) {
		out_reset(&note);
		nightly_missing(n, i, &note);
		r = span_audit_against(a, path, note.n ? out_str(&note) : NULL, stderr);
		if (r <= 0)
			break;
	}
	out_done(&note);
	return path ? r : 0;
}

static int file_reports(struct span_audit *a, const struct options *o, struct nightly *n, int code)
{
	struct options mine = *o;
	int r;

	mine.outputs = (__typeof__(mine.outputs)){0};
	if (!o->format)
		mine.format = "brief";
	/* The document first: it is what the next night needs. */
	r = vec_push(&mine.outputs, nightly_path(n, "json")) &&
	    vec_push(&mine.outputs, nightly_path(n, "html"));
	for (size_t i = 0; r && i < o->outputs.n; i++)
		r = vec_push(&mine.outputs, o->outputs.v[i]);
	if (r)
		code = outputs_write(&mine, &(struct outputs){write_audit, a}, code);
	else
		code = say_status(NULL, -ENOMEM, o);
	vec_done(&mine.outputs);
	return code;
}

/* Of captures, or of what a store has of the day. *ret is NULL when there is no result. */
static int judge_day(const struct options *o, struct span_audit **ret)
{
	int code;

	if (!o->store)
		return run_audit(o, o->args, o->n_args, ret);
	*ret = NULL;
	if (o->n_args || o->files.n) {
		say("Leave the captures away to judge what the store has; 'spanaudit audit "
		    "--store' "
		    "puts captures into it.",
		    "a day is of captures or of a store, and both are given");
		return EXIT_USAGE;
	}
	code = run_setup(o, NULL, 0, ret);
	if (!code)
		code = say_status(*ret, span_audit_judge_store(*ret, o->store), o);
	if (code && *ret)
		*ret = span_audit_free(*ret);
	return code;
}

static int judge_and_file(const struct options *o, struct nightly *n)
{
	struct options mine = *o;
	struct span_audit *a;
	char day[SPAN_DAY];
	int code, r;

	mine.yesterday = !o->day;
	code = judge_day(&mine, &a);
	if (!a)
		return code;
	span_audit_day_told(a, day);
	r = nightly_list(n, day);
	r = r ? r : compare(a, n);
	if (r < 0) {
		code = say_status(a, r, o);
	} else {
		if (!code)
			code = span_audit_exit_code(a, o->fail_on ? o->fail_on : "medium");
		code = file_reports(a, o, n, code);
	}
	span_audit_free(a);
	return r < 0 ? code : nightly_finish(n, o->quiet, code);
}

static int run(const struct options *o)
{
	const char *folder = folder_of(o);
	struct nightly n;
	unsigned keep = KEEP;
	int code;

	if (o->format && strcmp(o->format, "help") == 0)
		return outputs_list();
	if (!folder)
		return EXIT_USAGE;
	code = o->keep ? number_of(o->keep, &keep) : 0;
	code = code ? code : outputs_check(o);
	code = code ? code : nightly_open(folder, keep, &n);
	if (code)
		return code;
	code = judge_and_file(o, &n);
	nightly_close(&n);
	return code;
}

const struct cmd cmd_nightly = {
	.id = CMD_NIGHTLY,
	.name = "nightly",
	.args = "[OPTION...] --reports FOLDER FILE|FOLDER... | --store FILE",
	.help = "judge a day of captures and file the report, as a timer does",
	.about = "Judges yesterday's packets, or those of --day, out of a folder of captures that "
		 "a ring-buffer capture fills, and files the report in the folder of --reports: "
		 "spanaudit-DATE.html and spanaudit-DATE.json, DATE being the day in the site's "
		 "time "
		 "zone; latest.html points to the newest. The report says what is new and what is "
		 "gone since the newest older one there, which nights have none, and which hours "
		 "nothing was captured. The last --keep of them stay; nothing but files of these "
		 "names is ever deleted. With --store what the store has of the day is judged. On "
		 "standard output stands a page for a mail. The exit code "
		 "is the audit's. See spanaudit-nightly(7) for the timer, cron and metrics.\n"
		 "\n"
		 "  spanaudit nightly -S site.yaml --reports reports captures\n"
		 "  spanaudit nightly -S site.yaml --reports reports --day 2024-05-01 captures",
	.words = "",
	.files = true,
	.run = run,
};
