// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

static int run(const struct options *o)
{
	struct span_audit *a = NULL;
	int code;

	if (!o->n_args) {
		say("Name a finding by its id, with the captures that it is in, or ask about a "
		    "connection:\n"
		    "spanaudit explain F-7c1e0a5b2d44 night.pcap\n"
		    "spanaudit explain 'crm-web -> sql:1433/tcp'",
		    "there is nothing to explain");
		return EXIT_USAGE;
	}
	if (o->n_args > 1 || o->files.n) {
		code = run_audit(o, o->args + 1, o->n_args - 1, &a);
	} else if (strncmp(o->args[0], "F-", 2) == 0) {
		say("Give the captures too: spanaudit explain F-... night.pcap",
		    "a finding exists only in captures, and none was named");
		return EXIT_USAGE;
	} else {
		code = run_setup(o, NULL, 0, &a);
	}
	if (!a)
		return code;

	int r = span_audit_explain(a, o->args[0], term_width(), stdout, stderr);

	if (r == SPAN_USAGE)
		code = EXIT_USAGE;
	else if (r)
		code = say_status(NULL, r, o);
	if (o->n_args == 1 && !o->files.n && r == SPAN_USAGE)
		span_audit_errors(a, stderr); /* rules and site were only now loaded */
	span_audit_free(a);
	return code;
}

const struct cmd cmd_explain = {
	.id = CMD_EXPLAIN,
	.name = "explain",
	.args = "[OPTION...] FINDING|'A -> B:PORT/tcp' [FILE...]",
	.help = "say why: a finding, or what a connection would come to",
	.about = "Explains one finding of the captures (its id, or the beginning of it), or says "
		 "which "
		 "rule allows a connection and, if none does, which comes nearest. A and B are "
		 "addresses, host names of the site file, or roles.\n"
		 "\n"
		 "  spanaudit explain F-7c1e night.pcap\n"
		 "  spanaudit explain 'crm-web -> sql:1433/tcp'",
	.words = "",
	.files = true,
	.run = run,
};
