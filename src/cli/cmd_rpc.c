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
		int r = span_audit_write_rpc(a, filter.n ? out_str(&filter) : NULL, o->json,
					     term_width(), stdout, stderr);

		if (r == SPAN_USAGE)
			code = EXIT_USAGE;
		else if (r)
			code = say_status(NULL, r, o);
	}
	span_audit_free(a);
	out_done(&filter);
	return code;
}

const struct cmd cmd_rpc = {
	.id = CMD_RPC,
	.name = "rpc",
	.args = "[OPTION...] [FILTER] FILE...",
	.help = "dynamic ports: who handed them out, who used them",
	.about = "Lists every conversation on a port that a server handed out (endpoint mapper, "
		 "DCOM, "
		 "SQL Browser) or that its bind names an RPC interface for, of whatever hosts, "
		 "with "
		 "the packet that explains it; then the ports that nobody used. A site file is not "
		 "needed. FILTER keeps some of them; 'spanaudit help filters' has its words.\n"
		 "\n"
		 "  spanaudit rpc night.pcap\n"
		 "  spanaudit rpc server=10.20.3.10 verdict=rpc-unexplained night.pcap",
	.words = "",
	.files = true,
	.run = run,
};
