// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.h"
#include "cli/opt.h"

static int run(const struct options *o)
{
	struct out text = {0};

	if (o->json) {
		out_puts(&text, "{\"name\": \"spanaudit\", \"version\": ");
		out_json_z(&text, span_version());
		out_puts(&text, ", \"features\": ");
		out_json_z(&text, span_features());
		out_puts(&text, "}\n");
	} else {
		out_printf(&text, "spanaudit %s\n", span_version());
		out_wrapped(&text, span_features(), 80, 0, 0);
	}
	put(&text);
	out_done(&text);
	return EXIT_CLEAN;
}

const struct cmd cmd_version = {
	.id = CMD_VERSION,
	.name = "version",
	.args = "[OPTION...]",
	.help = "the version, and what this build can do",
	.about = "Prints the version and a line of features: + is in this build, - is not.",
	.words = "",
	.run = run,
};
