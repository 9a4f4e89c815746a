// SPDX-License-Identifier: BSD-2-Clause
/* report - results as the formats write them: of a run, and of a document that was read back. */
#include <spanaudit/report.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "report/report.h"
#include "report/result_load.h"

#include "config.h"

struct span_report {
	struct loaded loaded;
};

int engine_write(const struct result *r, const char *format, const struct span_write_options *opt,
		 FILE *f)
{
	static const struct span_write_options plain;
	const struct report_format *fmt = report_format_by_name(format);
	struct report_options ro = {.width = 80, .now_ns = TIME_NONE};
	struct out o = {0};
	int status;

	opt = opt ? opt : &plain;
	if (!fmt || (opt->made && !time_parse(opt->made, &ro.now_ns)))
		return SPAN_USAGE;
	ro.colour = opt->colour == SPAN_COLOUR_ANSI;
	ro.width = opt->width ? opt->width : 80;
	ro.tool_version = r->tool_version ? r->tool_version : SPAN_VERSION;
	ro.fail_on = opt->fail_on ? engine_fail_on(opt->fail_on) : r->fail_on;
	ro.only = opt->only ? opt->only : r->only;
	status = fmt->write(r, &ro, &o);
	if (status == 0)
		status = engine_put(&o, f);
	out_done(&o);
	return status;
}

int span_report_open(const char *path, struct span_report **ret, FILE *err)
{
	struct span_report *r = calloc(1, sizeof *r);
	struct errors errs = {0};
	struct out words = {0};
	int status = r ? result_load_file(path, &errs, &r->loaded) : -ENOMEM;

	if (status == RESULT_READ_UNREADABLE)
		status = SPAN_INPUT;
	else if (status && status != -ENOMEM)
		status = SPAN_USAGE;
	errors_format(&errs, "spanaudit", &words);
	if (engine_put(&words, err) == -ENOMEM)
		status = -ENOMEM;
	out_done(&words);
	errors_done(&errs);
	if (status)
		span_report_free(r);
	else
		*ret = r;
	return status;
}

struct span_report *span_report_free(struct span_report *r)
{
	if (r)
		result_unload(&r->loaded);
	free(r);
	return NULL;
}

int span_report_write(const struct span_report *r, const char *format,
		      const struct span_write_options *opt, FILE *f)
{
	return engine_write(&r->loaded.r, format, opt, f);
}

const char *span_report_only(const struct span_report *r)
{
	return r->loaded.r.only;
}

int span_report_exit_code(const struct span_report *r, const char *fail_on)
{
	return engine_exit_code(&r->loaded.r, fail_on);
}
