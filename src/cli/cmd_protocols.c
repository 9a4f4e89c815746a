// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.h"
#include "cli/opt.h"

static int run(const struct options *o)
{
	int r = span_write_protocols(o->json, stdout);

	return say_status(NULL, r, o);
}

const struct cmd cmd_protocols = {
	.id = CMD_PROTOCOLS,
	.name = "protocols",
	.args = "[OPTION...]",
	.help = "the protocols that are recognised, and by which specification",
	.about = "Lists the protocols that are recognised by their first bytes, never by port "
		 "alone, "
		 "and the specification that each is checked against.",
	.words = "",
	.run = run,
};
