/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report - formats of the result document. A format is one file with one
 * `const struct report_format report_<word>` and the word in meson.build.
 */
#ifndef SPAN_REPORT_REPORT_H
#define SPAN_REPORT_REPORT_H

#include "base/out.h"
#include "findings/result.h"

struct report_options {
	bool colour;
	unsigned width; /* columns; 80 when off a terminal */
	const char *tool_version;
	const char *only;      /* kind name, NULL all */
	int64_t now_ns;        /* TIME_NONE: say nothing of when it was made */
	enum severity fail_on; /* from which a finding makes the exit code 1; SEV_NONE: none does */
};

struct report_format {
	const char *name;   /* "json" */
	const char *suffix; /* ".json" */
	const char *mime;
	const char *help;
	/* Writes the whole document. 0 or negative errno. */
	int (*write)(const struct result *r, const struct report_options *opt, struct out *o);
};

/* One finding with everything that is known of it, as text: what `explain` shows. */
void report_finding(const struct result *r, const struct finding *f, unsigned width, struct out *o);
/* The same of a row of dynamic RPC, and of an input. */
void report_rpc_row(const struct result *r, const struct rpc_row *row, unsigned width,
		    struct out *o);
void report_input(const struct result *r, const struct result_input *in, unsigned width,
		  struct out *o);

size_t report_format_count(void);
const struct report_format *report_format_at(size_t i);
const struct report_format *report_format_by_name(const char *name);
const struct report_format *report_format_by_path(const char *path); /* by suffix */

#endif
