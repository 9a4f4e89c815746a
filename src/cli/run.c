// SPDX-License-Identifier: BSD-2-Clause
/* run - from the options to a finished audit. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/opt.h"

#define WORSE(r, call)              \
	do {                        \
		int r_ = (call);    \
		if (r_ && (r) >= 0) \
			(r) = r_;   \
	} while (0)

/* Which day it is depends on the zone, and that on the site. */
static int time_settings(struct span_audit *a, const struct options *o)
{
	char date[SPAN_DAY];
	int r = 0;

	if (o->tz)
		WORSE(r, span_audit_tz(a, o->tz));
	if (o->day && (o->from || o->to)) {
		say("--day is from midnight to midnight. Leave it away, or --from and --to.",
		    "both --day and --from or --to were given");
		return EXIT_USAGE;
	}
	if (o->since && (o->day || o->from || o->to)) {
		say("It is from then until now. Leave it away, or the other.",
		    "both --since and --day, --from or --to were given");
		return EXIT_USAGE;
	}
	if (o->since)
		WORSE(r, span_audit_since(a, o->since));
	if (o->from || o->to)
		WORSE(r, span_audit_between(a, o->from, o->to));
	if ((o->day || o->yesterday) && !r)
		WORSE(r, span_audit_day(a, o->day, date));
	return r;
}

static int threads_setting(struct span_audit *a, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (strcmp(text, "auto") == 0)
		return span_audit_threads(a, 0);
	if (*text >= '1' && *text <= '9' && !*end && n <= SPAN_THREADS_MAX)
		return span_audit_threads(a, (unsigned)n);
	say("Write a number from 1 to 64, or auto: one for each processor.",
	    "--threads: '%.60s' is no number of threads", text);
	return EXIT_USAGE;
}

static int settings(struct span_audit *a, const struct options *o, char *const *files, size_t n)
{
	char buf[TIME_TEXT];
	const char **it, *now;
	bool bad;
	int r = 0;

	VEC_EACH (it, &o->rules_dirs)
		WORSE(r, span_audit_rules_dir(a, *it));
	WORSE(r, span_audit_rules_path(a, getenv("SPANAUDIT_RULES_PATH")));
	if (o->site)
		WORSE(r, span_audit_site(a, o->site));
	VEC_EACH (it, &o->waivers)
		WORSE(r, span_audit_waivers(a, *it));
	now = pinned_now(o, buf, &bad);
	if (now)
		WORSE(r, span_audit_now(a, now));
	WORSE(r, time_settings(a, o));
	VEC_EACH (it, &o->roles)
		WORSE(r, span_audit_role(a, *it));
	VEC_EACH (it, &o->rules)
		WORSE(r, span_audit_rules(a, *it));
	if (o->filter)
		WORSE(r, span_audit_filter(a, o->filter));
	if (o->fail_on)
		WORSE(r, span_audit_fail_on(a, o->fail_on));
	if (o->max_memory)
		WORSE(r, span_audit_max_memory(a, o->max_memory));
	if (o->threads)
		WORSE(r, threads_setting(a, o->threads));
	if (o->infer)
		WORSE(r, span_audit_infer(a, o->infer));
	if (o->reader)
		WORSE(r, span_audit_reader(a, o->reader));
	if (o->vlan_key)
		WORSE(r, span_audit_vlan_key(a, true));
	if (o->follow)
		WORSE(r, span_audit_follow(a, true));
	if (o->stats)
		WORSE(r, span_audit_stats(a, true));
	if (o->reports_only)
		WORSE(r, span_audit_reports_only(a, true));
	if (o->digest)
		WORSE(r, span_audit_digest_all(a, true));
	if (o->store)
		WORSE(r, span_audit_store(a, o->store));
	if (o->strict_input)
		WORSE(r, span_audit_strict_input(a, true));
	VEC_EACH (it, &o->files)
		WORSE(r, span_audit_file(a, *it));
	for (size_t i = 0; i < n; i++)
		WORSE(r, span_audit_file(a, files[i]));
	return r;
}

int run_setup(const struct options *o, char *const *files, size_t n, struct span_audit **ret)
{
	struct span_audit *a = span_audit_new();
	int r = a ? settings(a, o, files, n) : -ENOMEM;

	if (r) {
		r = say_status(a, r, o);
		span_audit_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

static bool reads_terminal(const struct options *o, char *const *files, size_t n)
{
	bool dash = false;

	for (size_t i = 0; i < o->files.n; i++)
		dash |= strcmp(o->files.v[i], "-") == 0;
	for (size_t i = 0; i < n; i++)
		dash |= strcmp(files[i], "-") == 0;
	return dash && isatty(STDIN_FILENO);
}

/* Who is told when somebody wants the report of a followed input: a signal handler has no other way
 * to know. Set while such a run lasts. */
static struct span_audit *volatile followed;
static volatile time_t asked_at;

/* The first signal ends the reading in order. So do those that come with it: timeout(1) sends one
 * to the process and one to its group. A later one ends the program, as always. */
static void on_signal(int number)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (asked_at && now.tv_sec > asked_at + 1) {
		signal(number, SIG_DFL);
		raise(number);
		return;
	}
	if (!asked_at)
		asked_at = now.tv_sec;
	if (followed)
		span_audit_stop(followed);
}

void signals_listen(struct span_audit *a)
{
	struct sigaction sa = {.sa_handler = on_signal};

	followed = a;
	asked_at = 0;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

void signals_forget(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	followed = NULL;
}

int run_audit(const struct options *o, char *const *files, size_t n, struct span_audit **ret)
{
	struct span_audit *a = NULL;
	struct progress p;
	struct timespec from, to;

	*ret = NULL;
	if (!o->files.n && !n) {
		say("Name one or more: spanaudit audit night.pcap, or - to read standard input.\n"
		    "A capture is made by tcpdump, dumpcap, Wireshark or pktmon.",
		    "no capture file was given");
		return EXIT_USAGE;
	}
	if (reads_terminal(o, files, n)) {
		say("Pipe a capture into it: tcpdump -i span0 -c 100000 -w - | spanaudit audit -",
		    "standard input is a terminal, which holds no capture");
		return EXIT_USAGE;
	}

	int r = run_setup(o, files, n, &a);

	if (r)
		return r;
	progress_begin(&p, o);
	span_audit_progress(a, progress_tell, &p);
	if (o->follow) {
		if (!o->quiet && isatty(STDERR_FILENO))
			fputs("spanaudit: reading what is there and what is added; Ctrl-C ends "
			      "that and judges\n",
			      stderr);
		signals_listen(a);
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	r = span_audit_run(a);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (o->follow)
		signals_forget();
	progress_end(&p);
	if (o->verbose) {
		double s = (double)(to.tv_sec - from.tv_sec) +
			   (double)(to.tv_nsec - from.tv_nsec) / 1e9;

		fprintf(stderr, "spanaudit: read and judged in %.3f s\n", s);
	}
	if (r && (r != SPAN_INPUT || !span_audit_inputs_read(a))) { /* no result */
		r = say_status(a, r, o);
		span_audit_free(a);
		return r;
	}
	*ret = a;
	return say_status(a, r, o);
}

/* Words of a filter stand before the files. A file of such a name can be given as ./NAME. */
static bool filter_word(const char *z)
{
	static const char *const words[] = {"and", "or", "not", "(", ")"};

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (strcmp(z, words[i]) == 0)
			return true;
	return strpbrk(z, "=<>()") && *z != '/' && *z != '.' && access(z, F_OK) != 0;
}

size_t filter_take(const struct options *o, struct out *ret_filter)
{
	size_t n = 0;

	for (; n < o->n_args && filter_word(o->args[n]); n++)
		out_printf(ret_filter, "%s%s", n ? " " : "", o->args[n]);
	return n;
}
