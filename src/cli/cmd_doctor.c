// SPDX-License-Identifier: BSD-2-Clause
#include "cli/cli.h"
#include "cli/opt.h"

static int run(const struct options *o)
{
	const struct span_write_options how = {.width = term_width(), .colour = term_colour(o)};
	enum span_fitness fitness = SPAN_NOT_FIT;
	struct span_audit *a;
	int code = run_audit(o, o->args, o->n_args, &a), r;

	if (!a)
		return code;
	r = span_audit_doctor(a, o->json, &how, o->quiet ? NULL : stdout, &fitness);
	span_audit_free(a);
	if (r)
		return say_status(NULL, r, o);
	return code ? code : fitness == SPAN_NOT_FIT ? EXIT_INCONCLUSIVE : EXIT_CLEAN;
}

const struct cmd cmd_doctor = {
	.id = CMD_DOCTOR,
	.name = "doctor",
	.args = "[OPTION...] FILE|FOLDER...",
	.help = "is this capture fit to be judged, and what to change",
	.about = "Reads captures as 'audit' does and says how far they can be trusted: both "
		 "directions, copies, losses and where they happened, snap length, offload, the "
		 "time observed, filters, rotated files, encryption, and which hosts and rules "
		 "are in view; for each what it means and what to change where the capture is "
		 "taken. Exits with 0 when the capture is fit, also for what was seen alone, and "
		 "with 4 when it is not.\n"
		 "\n"
		 "  spanaudit doctor night.pcap\n"
		 "  spanaudit doctor --site site.yaml captures/",
	.words = "",
	.files = true,
	.run = run,
};
