// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

static int write_audit(const void *source, const char *format, const struct span_write_options *how,
		       FILE *f)
{
	return span_audit_write(source, format, how, f);
}

static int run(const struct options *o)
{
	struct options alone = *o;
	struct span_audit *a;
	int code, r;

	if (o->format && strcmp(o->format, "help") == 0)
		return outputs_list();
	code = outputs_check(o);
	if (code)
		return code;
	alone.reports_only = true;
	code = run_audit(&alone, o->args, o->n_args, &a);
	if (!a)
		return code;
	if (!code)
		code = span_audit_exit_code(a, o->fail_on ? o->fail_on : "medium");
	r = o->against ? span_audit_against(a, o->against, NULL, stderr) : 0;
	if (r) {
		code = say_status(NULL, r, o);
		span_audit_free(a);
		return code;
	}
	r = o->redact ? span_audit_redact(a) : 0;
	code = r ? say_status(NULL, r, o)
		 : outputs_write(o, &(struct outputs){write_audit, a}, code);
	if (o->stats)
		(void)span_audit_write_stats(a, stderr);
	span_audit_free(a);
	return code;
}

const struct cmd cmd_audit = {
	.id = CMD_AUDIT,
	.name = "audit",
	.args = "[OPTION...] FILE|FOLDER...",
	.help = "read captures, judge them, print a report",
	.about = "Reads capture files (pcap, pcapng, also compressed) or folders of them, works "
		 "out who talks to whom in which role, holds every conversation against the "
		 "documented connectivity of Dynamics CRM, and prints what differs, what is "
		 "missing, and how far to trust the answer.\n"
		 "'spanaudit FILE...' is the same.\n"
		 "\n"
		 "  spanaudit audit --site site.yaml night.pcap\n"
		 "  spanaudit audit --role sql=10.0.0.5 --role crm-web=10.0.0.6 night.pcap\n"
		 "  tcpdump -i span0 -w - | spanaudit audit -S site.yaml -o report.json -",
	.words = "",
	.files = true,
	.run = run,
};
