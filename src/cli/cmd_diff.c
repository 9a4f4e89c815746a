// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.h"
#include "cli/opt.h"

static int run(const struct options *o)
{
	const struct span_diff_options opt = {
		.force = o->force,
		.all = o->all,
		.json = o->json,
		.colour = term_colour(o),
		.width = term_width(),
	};
	int r;

	if (o->n_args != 2) {
		say("Write each run's result, and give the older one first:\n"
		    "spanaudit audit -q -o monday.json monday.pcap\n"
		    "spanaudit diff monday.json tuesday.json",
		    "two results are compared, and %zu %s given", o->n_args,
		    o->n_args == 1 ? "was" : "were");
		return EXIT_USAGE;
	}
	r = span_diff(o->args[0], o->args[1], &opt, stdout, stderr);
	switch (r) {
	case SPAN_DIFF_NOTHING_NEW:
		return EXIT_CLEAN;
	case SPAN_DIFF_WORSE:
		return EXIT_FINDINGS;
	case SPAN_DIFF_INCOMPARABLE:
		return EXIT_INCONCLUSIVE;
	default:
		return say_status(NULL, r, o);
	}
}

const struct cmd cmd_diff = {
	.id = CMD_DIFF,
	.name = "diff",
	.args = "[OPTION...] OLD.json NEW.json",
	.help = "what changed between two results",
	.about = "Compares two results that 'spanaudit audit -o FILE.json' wrote: which findings "
		 "are new, got worse, changed or are gone, which rules came to something else, "
		 "and where less was seen. Exits with 1 when a finding is new or got worse, with "
		 "3 when a file is no result, and with 4 when the two do not compare: other site, "
		 "other rule packs, windows of very different length.\n"
		 "\n"
		 "  spanaudit diff monday.json tuesday.json",
	.words = "",
	.files = false,
	.run = run,
};
