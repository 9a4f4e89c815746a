// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/opt.h"

/* Long enough to see conversations begin, short enough to be waited for. */
static const int64_t LOOK_FOR = 10 * NS_PER_S;

static int diagnose(const struct span_audit *a, const struct options *o, int code)
{
	const struct span_write_options how = {.width = term_width(), .colour = term_colour(o)};
	enum span_fitness fitness = SPAN_NOT_FIT;
	int r = span_audit_doctor(a, o->json, &how, o->quiet ? NULL : stdout, &fitness);

	if (r)
		return say_status(NULL, r, o);
	return code ? code : fitness == SPAN_NOT_FIT ? EXIT_INCONCLUSIVE : EXIT_CLEAN;
}

static int interfaces(const struct options *o)
{
	struct live live = {.events = -1};
	int code = live_settings(o, &live.opt);

	if (code)
		return code;
	if (o->n_args || o->files.n) {
		say("Ask about one, then about the other.",
		    "interfaces and files cannot be looked at together");
		return EXIT_USAGE;
	}
	live.opt.every_ns = 0;
	if (!live.opt.duration_ns)
		live.opt.duration_ns = LOOK_FOR;
	if (!o->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "spanaudit: looking for %lld seconds\n",
			(long long)(live.opt.duration_ns / NS_PER_S));
	code = live_take(o, &live);
	code = code ? code : diagnose(live.audit, o, 0);
	live_done(&live);
	return code;
}

static int run(const struct options *o)
{
	struct span_audit *a;
	int code;

	if (o->interfaces.n)
		return interfaces(o);
	code = run_audit(o, o->args, o->n_args, &a);
	if (!a)
		return code;
	code = diagnose(a, o, code);
	span_audit_free(a);
	return code;
}

const struct cmd cmd_doctor = {
	.id = CMD_DOCTOR,
	.name = "doctor",
	.args = "[OPTION...] FILE|FOLDER... | -i INTERFACE...",
	.help = "is this capture fit to be judged, and what to change",
	.about = "Reads captures as 'audit' does and says how far they can be trusted: both "
		 "directions, copies, losses and where they happened, snap length, offload, the "
		 "time observed, filters, rotated files, encryption, and which hosts and rules "
		 "are in view; for each what it means and what to change where the capture is "
		 "taken. Exits with 0 when the capture is fit, also for what was seen alone, and "
		 "with 4 when it is not.\n"
		 "With -i it takes packets from interfaces for ten seconds (-a duration:SECONDS), "
		 "and says the same of them, and of this computer: rights, merging of packets by "
		 "the card, buffers, clock, disk.\n"
		 "\n"
		 "  spanaudit doctor night.pcap\n"
		 "  spanaudit doctor --site site.yaml captures/\n"
		 "  spanaudit doctor -i span0",
	.words = "",
	.files = true,
	.run = run,
};
