// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.h"
#include "cli/opt.h"

static int run(const struct options *o)
{
	struct span_audit *a;
	struct out filter = {0};
	size_t n = filter_take(o, &filter);
	int code = run_audit(o, o->args + n, o->n_args - n, &a);
	if (a) {
		int r = span_audit_write_flows(a, filter.n ? out_str(&filter) : NULL, o->json,
					       stdout, stderr);

		if (r == SPAN_USAGE)
			code = EXIT_USAGE;
		else if (r)
			code = say_status(NULL, r, o);
	}
	span_audit_free(a);
	out_done(&filter);
	return code;
}

const struct cmd cmd_flows = {
	.id = CMD_FLOWS,
	.name = "flows",
	.args = "[OPTION...] [FILTER] FILE...",
	.help = "list conversations, one line each",
	.about = "Lists every conversation with its verdict, state, protocol and volume. FILTER "
		 "keeps "
		 "some of them; 'spanaudit help filters' has its words.\n"
		 "\n"
		 "  spanaudit flows role=sql and not verdict=documented night.pcap\n"
		 "  spanaudit flows 'port=1433 state=refused' night.pcap",
	.words = "",
	.files = true,
	.run = run,
};
