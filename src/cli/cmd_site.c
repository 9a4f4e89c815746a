// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

static int lint(const struct options *o, char *const *files, size_t n)
{
	struct span_audit *a;
	int code = run_setup(o, NULL, 0, &a);
	bool bad = false;

	if (code)
		return code;
	for (size_t i = 0; i < n; i++) {
		int r = span_site_lint(a, files[i], stdout);

		if (r == SPAN_USAGE) {
			bad = true;
		} else if (r) {
			code = say_status(a, r, o);
			span_audit_free(a);
			return code;
		}
	}
	code = say_status(a, bad ? SPAN_USAGE : 0, o);
	span_audit_free(a);
	return code;
}

static int run(const struct options *o)
{
	if (!o->n_args || strcmp(o->args[0], "lint") != 0) {
		say("It can be lint: spanaudit site lint site.yaml",
		    o->n_args ? "'site %s' is unknown" : "what to do with the site file?%s",
		    o->n_args ? o->args[0] : "");
		return EXIT_USAGE;
	}
	if (o->n_args > 1)
		return lint(o, o->args + 1, o->n_args - 1);
	say("Name site files: spanaudit site lint site.yaml", "no file was named");
	return EXIT_USAGE;
}

const struct cmd cmd_site = {
	.id = CMD_SITE,
	.name = "site",
	.args = "[OPTION...] lint FILE...",
	.help = "check a site file",
	.about = "Reads site files, holds them against the rule packs in force, and says what is "
		 "wrong "
		 "with them.",
	.words = "lint",
	.files = false,
	.run = run,
};
