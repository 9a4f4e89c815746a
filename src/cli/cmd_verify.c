// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.h"
#include "cli/opt.h"

static int run(const struct options *o)
{
	int r;

	if (o->n_args != 1) {
		say("Give the file that 'spanaudit audit -o REPORT.html' wrote.",
		    "one report is verified, and %zu %s given", o->n_args,
		    o->n_args == 1 ? "was" : "were");
		return EXIT_USAGE;
	}
	r = span_report_verify(o->args[0], o->quiet ? NULL : stdout, stderr);
	switch (r) {
	case SPAN_VERIFY_INTACT:
		return EXIT_CLEAN;
	case SPAN_VERIFY_ALTERED:
		return EXIT_FINDINGS;
	case SPAN_VERIFY_NOT_COMPARED:
		return EXIT_INCONCLUSIVE;
	default:
		return say_status(NULL, r, o);
	}
}

const struct cmd cmd_verify = {
	.id = CMD_VERIFY,
	.name = "verify",
	.args = "[OPTION...] REPORT.html",
	.help = "is an HTML report still what was written?",
	.about =
		"Takes the result out of a report that 'spanaudit audit -o FILE.html' wrote, holds "
		"it against its digest, makes the page once more from it, and compares. Exits "
		"with 1 when the page was changed, damaged or cut off, and with 4 when another "
		"version of spanaudit wrote it. It shows that the page says what its result says; "
		"whether that is true of a capture, the digests of the inputs tell who has them.\n"
		"\n"
		"  spanaudit verify night.html",
	.words = "",
	.files = false,
	.run = run,
};
