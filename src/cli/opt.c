// SPDX-License-Identifier: BSD-2-Clause
#include "cli/opt.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define RUNS                                                                                    \
	(CMD_BIT(AUDIT) | CMD_BIT(FLOWS) | CMD_BIT(RPC) | CMD_BIT(EXPLAIN) | CMD_BIT(EXTRACT) | \
	 CMD_BIT(ROLES) | CMD_BIT(WAIVER) | CMD_BIT(DOCTOR) | CMD_BIT(RULES) | CMD_BIT(NIGHTLY))
#define JUDGES (RUNS | CMD_BIT(LIVE) | CMD_BIT(REPORT))
#define POLICY (JUDGES | CMD_BIT(SITE))
#define ALL    (((uint32_t)1 << CMD_N) - 1)

static const char *format_word(size_t i)
{
	const char *name = span_format_name(i);
	size_t n = 0;

	if (name)
		return name;
	while (span_format_name(n))
		n++;
	return i == n ? "help" : NULL;
}

static const char *tell_word(size_t i)
{
	static const char *const words[] = {"text", "ndjson"};

	return i < N_ELEMENTS(words) ? words[i] : NULL;
}

static const char *export_word(size_t i)
{
	return span_export_format(i);
}

static const char *fail_on_word(size_t i)
{
	static const char *const words[] = {"low", "medium", "high", "critical", "never"};

	return i < N_ELEMENTS(words) ? words[i] : NULL;
}

static const char *color_word(size_t i)
{
	static const char *const words[] = {"auto", "always", "never"};

	return i < N_ELEMENTS(words) ? words[i] : NULL;
}

static const char *progress_word(size_t i)
{
	static const char *const words[] = {"auto", "never"};

	return i < N_ELEMENTS(words) ? words[i] : NULL;
}

/* Families first, then every kind that can make a finding. */
static const char *only_word(size_t i)
{
	static const char *const families[] = {"unexpected", "rpc"};

	if (i < N_ELEMENTS(families))
		return families[i];
	i -= N_ELEMENTS(families);
	for (size_t k = 0; span_kind_name(k); k++)
		if (*span_kind_severity(k) && i-- == 0)
			return span_kind_name(k);
	return NULL;
}

static const char *reader_word(size_t i)
{
	static const char *const words[] = {"auto", "libpcap"};

	return i < N_ELEMENTS(words) ? words[i] : NULL;
}

static const char *infer_word(size_t i)
{
	static const char *const words[] = {"auto", "off", "only"};

	return i < N_ELEMENTS(words) ? words[i] : NULL;
}

#define AT(member) .offset = offsetof(struct options, member)

static const struct opt opts[] = {
	{'i', "interface", "NAME",
	 "Take packets from this network interface, for as long as nobody ends it; may be "
	 "repeated. "
	 "'any' is all of them.",
	 CMD_BIT(LIVE) | CMD_BIT(DOCTOR), SET_LIST, AT(interfaces)},
	{'D', "list-interfaces", NULL, "List the interfaces of this computer and end.",
	 CMD_BIT(LIVE), SET_COUNT, AT(list)},
	{'c', "count", "NUMBER", "End after so many packets.", CMD_BIT(LIVE) | CMD_BIT(DOCTOR),
	 SET_TEXT, AT(count)},
	{'c', "count", "NUMBER", "With --every: end after so many times.", CMD_BIT(WATCH), SET_TEXT,
	 AT(count)},
	{'a', "autostop", "LIMIT",
	 "End in order at duration:SECONDS or packets:NUMBER; may be repeated, the first counts.",
	 CMD_BIT(LIVE) | CMD_BIT(DOCTOR), SET_LIST, AT(autostop)},
	{'s', "snaplen", "BYTES",
	 "Keep so many bytes of a packet (default: all). Below 2048 protocols go unrecognised.",
	 CMD_BIT(LIVE) | CMD_BIT(DOCTOR), SET_TEXT, AT(snaplen)},
	{'B', "buffer-size", "SIZE",
	 "Memory in the kernel for each interface's packets that wait, in MiB, or such as 512M "
	 "(default 64M). It must last for the longest moment in which none is taken.",
	 CMD_BIT(LIVE) | CMD_BIT(DOCTOR), SET_TEXT, AT(buffer)},
	{'p', "no-promiscuous-mode", NULL,
	 "Leave the interface as it is; then it shows this computer's traffic alone.",
	 CMD_BIT(LIVE) | CMD_BIT(DOCTOR), SET_COUNT, AT(no_promiscuous)},
	{0, "every", "TIME",
	 "Judge that often while packets come (default 60s; 0: at the end alone).", CMD_BIT(LIVE),
	 SET_TEXT, AT(every)},
	{0, "every", "TIME",
	 "Without the view: print findings that are new, have changed or are gone, and a line of "
	 "how it stands, that often, on a terminal or off it.",
	 CMD_BIT(WATCH), SET_TEXT, AT(every)},
	{0, "view", "WHEN",
	 "The view on a terminal: auto (the default: on a terminal, when neither --format nor -q "
	 "is "
	 "given), or never, which prints lines of findings.",
	 CMD_BIT(LIVE), SET_TEXT, AT(view), COMPLETE_WORDS, progress_word},
	{0, "shed", "WHEN",
	 "When the processor does not keep up: auto (the default) leaves out first bytes of flows "
	 "and names, then follows a part of new flows, and counts it; never lets the kernel drop "
	 "packets.",
	 CMD_BIT(LIVE), SET_TEXT, AT(shed), COMPLETE_WORDS, progress_word},
	{0, "metrics", "FILE",
	 "Write figures for Prometheus into this file at each judgement, whole or not at all: a "
	 "*.prom in the folder of the node exporter's textfile collector.",
	 CMD_BIT(LIVE), SET_TEXT, AT(metrics), COMPLETE_FILE},
	{0, "metrics-listen", "ADDRESS:PORT",
	 "Answer Prometheus with the figures of the last judgement, over HTTP at /metrics; a "
	 "loopback address: 127.0.0.1:9477 or [::1]:9477.",
	 CMD_BIT(LIVE), SET_TEXT, AT(metrics_listen)},
	{0, "events", "FILE",
	 "Add findings to this file as they are found, change or go: an event a line, as --format "
	 "ndjson has it.",
	 CMD_BIT(LIVE), SET_TEXT, AT(events), COMPLETE_FILE},
	{0, "evidence", "FOLDER",
	 "Write packets of findings that are told into files in this folder, F-....pcapng: those "
	 "that "
	 "are among the newest 64M. Beyond 256M the oldest files go.",
	 CMD_BIT(LIVE), SET_TEXT, AT(evidence), COMPLETE_DIR},
	{0, "syslog", "WHERE",
	 "Send findings as they are found, change or go to a log server, as messages of RFC 5424: "
	 "unix:/dev/log, udp:HOST:PORT or tcp:HOST:PORT.",
	 CMD_BIT(LIVE), SET_TEXT, AT(syslog)},
	{0, "exec-on-finding", "COMMAND",
	 "Run this shell command when findings are found, change or go, with their events on its "
	 "standard input, a line each; once in ten seconds at most, and for a minute at most.",
	 CMD_BIT(LIVE), SET_TEXT, AT(on_finding)},
	{0, "control", "PATH",
	 "Socket on which a live run is asked, for its user and group alone (default: "
	 "/run/spanaudit/control where that can be made; 'live' takes none for doing without).",
	 CMD_BIT(LIVE) | CMD_BIT(CONTROL) | CMD_BIT(WATCH), SET_TEXT, AT(control), COMPLETE_FILE},
	{0, "user", "NAME",
	 "Go on as this user once everything is open (of root; default spanaudit, where there is "
	 "one).",
	 CMD_BIT(LIVE) | CMD_BIT(DOCTOR), SET_TEXT, AT(user)},
	{'r', "read", "FILE",
	 "Read this capture file, or the captures in this folder, as a FILE argument "
	 "does; may be repeated. - is standard input.",
	 RUNS, SET_LIST, AT(files), COMPLETE_CAPTURE},
	{'f', "filter", "FILTER",
	 "Judge only packets that this capture filter lets through, in the "
	 "words of tcpdump: 'not port 22'. Of files, what it leaves out is counted.",
	 JUDGES, SET_TEXT, AT(filter)},
	{0, "reader", "READER",
	 "What reads capture files: auto (the default), spanaudit's own reader; or "
	 "libpcap, slower and with fewer formats, to compare.",
	 RUNS, SET_TEXT, AT(reader), COMPLETE_WORDS, reader_word},
	{0, "follow", NULL,
	 "Go on reading a file that grows, or a folder that a ring-buffer capture "
	 "fills (dumpcap -b, tcpdump -G), until Ctrl-C; then judge and report.",
	 RUNS & ~(CMD_BIT(EXTRACT) | CMD_BIT(NIGHTLY)), SET_COUNT, AT(follow)},
	{0, "vlan-key", NULL,
	 "Addresses of different VLANs are different hosts' traffic: never join "
	 "flows across VLANs. For address plans that overlap.",
	 JUDGES, SET_COUNT, AT(vlan_key)},
	{'S', "site", "FILE",
	 "Site file: hosts, networks, roles, changed ports, deployment variant.", POLICY, SET_TEXT,
	 AT(site), COMPLETE_FILE},
	{0, "role", "ROLE=ADDR",
	 "Give a role to an address or network, for a first look without a "
	 "site file: --role sql=10.0.0.5; may be repeated.",
	 POLICY, SET_LIST, AT(roles)},
	{0, "infer", "MODE",
	 "Roles from traffic: auto (the default) for addresses that have no declared role; off; or "
	 "only, which leaves declared roles aside, to check a site file.",
	 JUDGES, SET_TEXT, AT(infer), COMPLETE_WORDS, infer_word},
	{'R', "rules", "PACK",
	 "Judge by this rule pack, a name or a file; may be repeated. Without "
	 "it the site file's packs count, else dynamics-365 and crm-2011.",
	 POLICY, SET_LIST, AT(rules), COMPLETE_FILE},
	{'W', "waivers", "FILE",
	 "File of waivers, see spanaudit-waivers(5): findings that one covers are marked and do "
	 "not "
	 "count; may be repeated.",
	 JUDGES, SET_LIST, AT(waivers), COMPLETE_FILE},
	{0, "now", "TIME",
	 "Hold the expiry of waivers against this moment instead of the clock's, so that a run can "
	 "be repeated: 2024-05-01T06:00:00+02:00. Formats that say when a report was made give "
	 "it as that time, and are silent without it. SOURCE_DATE_EPOCH says the same.",
	 JUDGES | CMD_BIT(STORE), SET_TEXT, AT(now)},
	{0, "day", "DATE",
	 "Judge packets of this day alone, as the site's time zone (or --tz) has it, with 23 or 25 "
	 "hours where clocks change: 2024-05-01. What the day lacks is named, and a day that "
	 "lacks more than an hour makes the result inconclusive.",
	 RUNS | CMD_BIT(REPORT), SET_TEXT, AT(day)},
	{0, "from", "TIME",
	 "Judge packets of this moment and later alone: 2024-05-01T06:00:00+02:00. What is missing "
	 "between --from and --to is named, as with --day.",
	 (RUNS & ~CMD_BIT(NIGHTLY)) | CMD_BIT(REPORT), SET_TEXT, AT(from)},
	{0, "to", "TIME", "Judge packets before this moment alone.",
	 (RUNS & ~CMD_BIT(NIGHTLY)) | CMD_BIT(REPORT), SET_TEXT, AT(to)},
	{0, "tz", "ZONE",
	 "Show times in this time zone, such as Europe/Berlin, and take days from it, whatever "
	 "the site file says.",
	 RUNS | CMD_BIT(REPORT), SET_TEXT, AT(tz)},
	{0, "reports", "FOLDER",
	 "Folder that reports are filed in, made if it is not there; older ones in it are what the "
	 "new one is compared with.",
	 CMD_BIT(NIGHTLY), SET_TEXT, AT(reports), COMPLETE_DIR},
	{0, "keep", "N",
	 "Days whose reports stay in the folder (default 30); older ones are deleted.",
	 CMD_BIT(NIGHTLY), SET_TEXT, AT(keep)},
	{0, "against", "RESULT.json",
	 "Say what is new and what is gone since this older result, the document that an audit "
	 "wrote.",
	 CMD_BIT(AUDIT), SET_TEXT, AT(against), COMPLETE_FILE},
	{0, "draft", "PACK",
	 "For 'rules draft': a rule pack, a name or a file, that takes the place of the one of the "
	 "same name, or is added; may be repeated.",
	 CMD_BIT(RULES), SET_LIST, AT(drafts), COMPLETE_FILE},
	{0, "reason", "TEXT", "Of a new waiver: why the finding is accepted.", CMD_BIT(WAIVER),
	 SET_TEXT, AT(reason)},
	{0, "owner", "NAME", "Of a new waiver: who answers for it.", CMD_BIT(WAIVER), SET_TEXT,
	 AT(owner)},
	{0, "expires", "TIME",
	 "Of a new waiver: when it ends, with offset: 2024-09-30T23:59:59+02:00. From then on the "
	 "finding counts again.",
	 CMD_BIT(WAIVER), SET_TEXT, AT(expires)},
	{0, "ticket", "TEXT", "Of a new waiver: the ticket where it was decided.", CMD_BIT(WAIVER),
	 SET_TEXT, AT(ticket)},
	{0, "approved-by", "NAME", "Of a new waiver: who agreed to it.", CMD_BIT(WAIVER), SET_TEXT,
	 AT(approved_by)},
	{0, "rules-dir", "DIR", "Look for rule packs here first; may be repeated.", POLICY,
	 SET_LIST, AT(rules_dirs), COMPLETE_DIR},
	{0, "format", "FORMAT",
	 "Format of the report on standard output, text by default (nightly: brief); 'help' lists "
	 "them.",
	 CMD_BIT(AUDIT) | CMD_BIT(NIGHTLY) | CMD_BIT(LIVE) | CMD_BIT(REPORT), SET_TEXT, AT(format),
	 COMPLETE_WORDS, format_word},
	{0, "format", "FORMAT",
	 "With --every: text, lines for people (the default), or ndjson, the events and status "
	 "objects that programs read.",
	 CMD_BIT(WATCH), SET_TEXT, AT(format), COMPLETE_WORDS, tell_word},
	{0, "format", "FORMAT",
	 "With 'rules export', what the list is for: nft (the default), nftables on a router; "
	 "windows, a PowerShell script for the servers' own firewalls; csv, a table.",
	 CMD_BIT(RULES), SET_TEXT, AT(format), COMPLETE_WORDS, export_word},
	{0, "observed", "FILE",
	 "With 'rules export': say of each line whether this capture made use of it; may be "
	 "repeated, and further captures may follow.",
	 CMD_BIT(RULES), SET_LIST, AT(observed), COMPLETE_CAPTURE},
	{0, "setup", NULL, "With 'rules export': also what the papers allow during Setup only.",
	 CMD_BIT(RULES), SET_COUNT, AT(setup)},
	{'o', "output", "FILE",
	 "Write the report into this file too, whole or not at all; its suffix "
	 "says the format (see --format help), else --format does. May be repeated. With "
	 "'site import', 'site suggest' and 'rules export': write what is made here.",
	 CMD_BIT(AUDIT) | CMD_BIT(LIVE) | CMD_BIT(NIGHTLY) | CMD_BIT(REPORT) | CMD_BIT(SITE) |
		 CMD_BIT(RULES),
	 SET_LIST, AT(outputs), COMPLETE_FILE},
	{'w', "write", "FILE",
	 "Write the packets into this pcapng file, whole or not at all. - is standard output.",
	 CMD_BIT(EXTRACT), SET_TEXT, AT(write), COMPLETE_FILE},
	{'w', "write", "FILE",
	 "Write the packets into this pcapng file as they are taken, or with -b into several.",
	 CMD_BIT(LIVE), SET_TEXT, AT(write), COMPLETE_FILE},
	{'b', "ring-buffer", "LIMIT",
	 "With -w: begin the next file at filesize:KB, duration:SECONDS or packets:NUMBER; "
	 "files:NUMBER keeps the newest ones only; may be repeated, the first limit counts.",
	 CMD_BIT(LIVE), SET_LIST, AT(ring)},
	{0, "fail-on", "SEVERITY",
	 "Exit with 1 when a finding is at least this severe: low, medium "
	 "(the default), high, critical; never turns 1 and 4 into 0.",
	 CMD_BIT(AUDIT) | CMD_BIT(LIVE) | CMD_BIT(NIGHTLY) | CMD_BIT(REPORT) | CMD_BIT(RULES) |
		 CMD_BIT(WATCH),
	 SET_TEXT, AT(fail_on), COMPLETE_WORDS, fail_on_word},
	{0, "only", "KIND",
	 "Show findings of this kind only, such as missing, or a family: "
	 "unexpected, rpc. The figures and the exit code stay those of all.",
	 CMD_BIT(AUDIT) | CMD_BIT(REPORT), SET_TEXT, AT(only), COMPLETE_WORDS, only_word},
	{0, "redact", NULL,
	 "Write pseudonyms for addresses, names and ids of findings, the same in all reports of "
	 "this run and other ones the next time, for a report that leaves the house.",
	 CMD_BIT(AUDIT) | CMD_BIT(REPORT), SET_COUNT, AT(redact)},
	{0, "store", "FILE",
	 "Store: a file that keeps what was read, hour by hour. With 'audit' and 'live' what is "
	 "read goes "
	 "into "
	 "it, too; it is made when it is not there. With 'report' and 'nightly' what it has is "
	 "judged.",
	 CMD_BIT(AUDIT) | CMD_BIT(LIVE) | CMD_BIT(NIGHTLY) | CMD_BIT(REPORT), SET_TEXT, AT(store),
	 COMPLETE_FILE},
	{0, "window", "TIME",
	 "With --store: judge conversations of so long, until now (default 48h, or twice "
	 "judge-after "
	 "of the site file). What the store has of that time is taken in at the start; what is "
	 "older "
	 "is in the store alone.",
	 CMD_BIT(LIVE), SET_TEXT, AT(window)},
	{0, "keep-days", "DAYS", "With 'store gc': delete hours that are older.", CMD_BIT(STORE),
	 SET_TEXT, AT(keep_days)},
	{0, "keep-reports", "DAYS",
	 "With 'store gc': forget reports about times that ended longer ago, and what they said "
	 "of findings and rules. Without it all stay.",
	 CMD_BIT(STORE), SET_TEXT, AT(keep_reports)},
	{0, "keep-ledger", "DAYS",
	 "With 'store gc': forget captures of runs that ended longer ago, of which no hour is "
	 "left. Given again, they are stored again. Without it all stay known.",
	 CMD_BIT(STORE), SET_TEXT, AT(keep_ledger)},
	{0, "max-size", "SIZE",
	 "With 'store gc': delete the oldest days until the rest takes no more: 20G.",
	 CMD_BIT(STORE), SET_TEXT, AT(max_size)},
	{0, "since", "DURATION", "Judge the newest hours of the store, until now: 24h, 7d.",
	 CMD_BIT(REPORT), SET_TEXT, AT(since)},
	{0, "strict-input", NULL,
	 "Any doubt about the input (a cut-off file, dropped packets) makes "
	 "the result inconclusive.",
	 JUDGES, SET_COUNT, AT(strict_input)},
	{0, "digest", NULL,
	 "SHA-256 of every input, also of those above 64 MiB, which are read once "
	 "more for it.",
	 CMD_BIT(AUDIT) | CMD_BIT(NIGHTLY), SET_COUNT, AT(digest)},
	{0, "max-memory", "SIZE",
	 "Memory for flows and conversations, such as 512M or 8G (default 4G). "
	 "Beyond it the oldest flows are closed early and new conversations are "
	 "not kept; both are counted.",
	 JUDGES, SET_TEXT, AT(memory)},
	{0, "threads", "N",
	 "Read with so many threads (default 1); auto: one for each processor, where that pays. "
	 "What is reported does not depend on it.",
	 (RUNS & ~CMD_BIT(EXTRACT)) | CMD_BIT(LIVE), SET_TEXT, AT(threads)},
	{0, "json", NULL, "Print the view as JSON (of 'live': what -D lists).",
	 CMD_BIT(CONTROL) | CMD_BIT(FLOWS) | CMD_BIT(RPC) | CMD_BIT(ROLES) | CMD_BIT(RULES) |
		 CMD_BIT(PROTOCOLS) | CMD_BIT(VERSION) | CMD_BIT(DIFF) | CMD_BIT(DOCTOR) |
		 CMD_BIT(LIVE),
	 SET_COUNT, AT(json)},
	{0, "all", NULL, "List what is the same in both results, too.",
	 CMD_BIT(DIFF) | CMD_BIT(RULES), SET_COUNT, AT(all)},
	{0, "force", NULL,
	 "Compare also results of another site, other rule packs or windows of very "
	 "different length; what differs is told. With 'site import' and "
	 "'site suggest': replace the file that -o names.",
	 CMD_BIT(DIFF) | CMD_BIT(SITE), SET_COUNT, AT(force)},
	{0, "color", "WHEN",
	 "Colour on standard output: auto (the default: on a terminal), always, "
	 "never.",
	 CMD_BIT(AUDIT) | CMD_BIT(LIVE) | CMD_BIT(REPORT) | CMD_BIT(DIFF) | CMD_BIT(DOCTOR) |
		 CMD_BIT(RULES) | CMD_BIT(WATCH),
	 SET_TEXT, AT(color), COMPLETE_WORDS, color_word},
	{0, "progress", "WHEN",
	 "Progress line on a terminal: auto (the default: after a second) or "
	 "never.",
	 RUNS, SET_TEXT, AT(progress), COMPLETE_WORDS, progress_word},
	{0, "stats", NULL,
	 "Say on standard error, also with --quiet, where the processor time went: by stage, and "
	 "for each packet. What the flow table asks (recognition, readers of streams) is timed "
	 "in a sample.",
	 CMD_BIT(AUDIT), SET_COUNT, AT(stats)},
	{'q', "quiet", NULL,
	 "No report on standard output (audit, live, report, verify, watch), and nothing but "
	 "errors on "
	 "standard "
	 "error.",
	 POLICY | CMD_BIT(VERIFY) | CMD_BIT(WATCH), SET_COUNT, AT(quiet)},
	{'v', "verbose", NULL, "Say more on standard error.", POLICY, SET_COUNT, AT(verbose)},
	{'h', "help", NULL, "Print the options of the command and end.", ALL, SET_COUNT, AT(help)},
	{'V', "version", NULL, "Print the version and end.", ALL, SET_COUNT, AT(version)},
};

const struct opt *opt_at(size_t i)
{
	return i < N_ELEMENTS(opts) ? &opts[i] : NULL;
}

static bool known(const struct opt *o, const struct cmd *cmd)
{
	return o->cmds & (uint32_t)1 << cmd->id;
}

/* --- parsing ---------------------------------------------------------------------------------- */

enum { LONG_BASE = 256 }; /* getopt_long's value of a row: above every letter */

static const char *long_word(size_t i)
{
	return i < N_ELEMENTS(opts) ? opts[i].name : NULL;
}

static const struct opt *by_name(const char *name, size_t n)
{
	for (size_t i = 0; i < N_ELEMENTS(opts); i++)
		if (strlen(opts[i].name) == n && strncmp(opts[i].name, name, n) == 0)
			return &opts[i];
	return NULL;
}

static const struct opt *by_letter(int letter)
{
	for (size_t i = 0; i < N_ELEMENTS(opts); i++)
		if (opts[i].letter && opts[i].letter == letter)
			return &opts[i];
	return NULL;
}

/* What getopt_long() returns, or optopt. */
static const struct opt *by_value(int value)
{
	return value >= LONG_BASE ? &opts[value - LONG_BASE] : by_letter(value);
}

static void help_hint(const struct cmd *cmd, struct out *hint)
{
	out_printf(hint, "All options: spanaudit %s --help", cmd->name);
}

/* The option exists, but elsewhere. */
static void elsewhere(const struct opt *o, struct out *hint)
{
	out_puts(hint, "It belongs to:");
	for (size_t i = 0; cmd_at(i); i++)
		if (known(o, cmd_at(i)))
			out_printf(hint, " %s", cmd_at(i)->name);
	out_char(hint, '\n');
}

static int bad_option(const struct cmd *cmd, const char *arg)
{
	struct out hint = {0}, name = {0};

	if (optopt && optopt < LONG_BASE) {
		const struct opt *o = by_letter(optopt);

		out_printf(&name, "-%c", optopt);
		if (o && !known(o, cmd))
			elsewhere(o, &hint);
	} else if (arg && strncmp(arg, "--", 2) == 0) {
		size_t n = strcspn(arg + 2, "=");
		const struct opt *o = by_name(arg + 2, n);

		out_bytes(&name, arg, n + 2);

		const char *near = o ? NULL : nearest_word(out_str(&name) + 2, long_word);

		if (o && known(o, cmd)) {
			out_printf(&hint, "It takes no argument.\n");
		} else if (o) {
			elsewhere(o, &hint);
		} else if (near) {
			o = by_name(near, strlen(near));
			out_printf(&hint, "Did you mean --%s?\n", near);
			if (o && !known(o, cmd))
				elsewhere(o, &hint);
		}
	}
	help_hint(cmd, &hint);
	say(out_str(&hint), "'%s' is no option of 'spanaudit %s'", out_str(&name), cmd->name);
	out_done(&hint);
	out_done(&name);
	return EXIT_USAGE;
}

static int no_argument_given(const struct cmd *cmd, const char *arg)
{
	const struct opt *o = by_value(optopt);
	struct out hint = {0};

	if (o)
		out_printf(&hint, "--%s %s: %s\n", o->name, o->arg, o->help);
	help_hint(cmd, &hint);
	say(out_str(&hint), "option '%s' needs an argument", arg);
	out_done(&hint);
	return EXIT_USAGE;
}

static bool accepted(const struct opt *o, const char *value)
{
	const char *word;

	for (size_t i = 0; (word = o->word(i)) != NULL; i++)
		if (strcmp(word, value) == 0)
			return true;
	return false;
}

static int bad_word(const struct opt *o, const char *value)
{
	struct out hint = {0}, list = {0};
	const char *word, *near = nearest_word(value, o->word);

	if (near)
		out_printf(&hint, "Did you mean '%s'?\n", near);
	for (size_t i = 0; (word = o->word(i)) != NULL; i++)
		out_printf(&list, "%s%s", i ? ", " : "", word);
	out_puts(&list, ".");
	out_puts(&hint, "It can be ");
	out_wrapped(&hint, out_str(&list), 76, 10, 0);
	say(out_str(&hint), "--%s cannot be '%s'", o->name, value);
	out_done(&hint);
	out_done(&list);
	return EXIT_USAGE;
}

/* "256M": powers of 1024, as memory is sold. */
int opt_size(const char *option, const char *z, uint64_t *ret)
{
	static const char units[] = "kmgt";
	char *end;
	unsigned shift = 0;

	errno = 0;

	unsigned long long n = isdigit((unsigned char)*z) ? strtoull(z, &end, 10) : 0;

	if (n && !errno && *end) {
		const char *u = strchr(units, tolower((unsigned char)*end));

		if (u && (!end[1] || ((end[1] == 'B' || end[1] == 'b') && !end[2])))
			shift = 10 * (unsigned)(u - units + 1);
		else
			n = 0;
	}
	if (!n || errno || n > (UINT64_MAX >> shift)) {
		struct out hint = {0};

		out_printf(&hint,
			   "Write a number of bytes, or one with K, M, G or T behind it: %s 512M",
			   option);
		say(out_str(&hint), "'%s' is not an amount of memory", z);
		out_done(&hint);
		return EXIT_USAGE;
	}
	*ret = (uint64_t)n << shift;
	return 0;
}

static int assign(const struct opt *o, const char *value, struct options *ret)
{
	void *member = (char *)ret + o->offset;

	if (o->word && !accepted(o, value))
		return bad_word(o, value);
	switch (o->set) {
	case SET_COUNT:
		++*(unsigned *)member;
		return 0;
	case SET_TEXT:
		*(const char **)member = value;
		return 0;
	case SET_LIST:
		if (vec_push((__typeof__(&ret->files))member, value))
			return 0;
		return say_status(NULL, -ENOMEM, ret);
	}
	return 0;
}

int opt_parse(const struct cmd *cmd, int argc, char **argv, struct options *ret)
{
	struct option longs[N_ELEMENTS(opts) + 1] = {0};
	char shorts[2 * N_ELEMENTS(opts) + 2] =
		":"; /* tell a missing argument from an unknown option */
	size_t n_long = 0, n_short = 1;
	int c, r = 0;

	*ret = (struct options){0};
	for (size_t i = 0; i < N_ELEMENTS(opts); i++) {
		if (!known(&opts[i], cmd))
			continue;
		longs[n_long++] = (struct option){
			.name = opts[i].name,
			.has_arg = opts[i].arg ? required_argument : no_argument,
			.val = LONG_BASE + (int)i,
		};
		if (!opts[i].letter)
			continue;
		shorts[n_short++] = opts[i].letter;
		if (opts[i].arg)
			shorts[n_short++] = ':';
	}
	opterr = 0;
	optind = 0;
	while (!r && (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		/* optind is already past an option that stood alone */
		const char *arg = optind > 0 && optind <= argc ? argv[optind - 1] : NULL;

		const struct opt *o = by_value(c); /* none of '?' and ':' */

		if (o)
			r = assign(o, optarg, ret);
		else if (c == ':')
			r = no_argument_given(cmd, arg);
		else
			r = bad_option(cmd, arg);
	}
	if (!r && ret->memory)
		r = opt_size("--max-memory", ret->memory, &ret->max_memory);
	if (!r && ret->max_size)
		r = opt_size("--max-size", ret->max_size, &ret->max_size_bytes);
	ret->args = argv + optind;
	ret->n_args = r ? 0 : (size_t)(argc - optind);
	if (r)
		opt_done(ret);
	return r;
}

void opt_done(struct options *o)
{
	vec_done(&o->files);
	vec_done(&o->waivers);
	vec_done(&o->rules);
	vec_done(&o->rules_dirs);
	vec_done(&o->drafts);
	vec_done(&o->roles);
	vec_done(&o->outputs);
	vec_done(&o->observed);
	vec_done(&o->interfaces);
	vec_done(&o->autostop);
	vec_done(&o->ring);
}

/* --- what is generated ------------------------------------------------------------------------ */

enum { HELP_WIDTH = 80, HELP_INDENT = 27 };

void opt_help(const struct cmd *cmd, struct out *o)
{
	struct out usage = {0};

	out_printf(&usage, "Usage: spanaudit %s %s", cmd->name, cmd->args);
	out_wrapped(o, out_str(&usage), HELP_WIDTH, 0, 7);
	out_done(&usage);
	out_char(o, '\n');
	for (const char *z = cmd->about; *z;) {
		size_t n = strcspn(z, "\n");
		struct out line = {0};

		out_bytes(&line, z, n);
		if (*z == ' ') /* an example */
			out_printf(o, "%s\n", out_str(&line));
		else
			out_wrapped(o, out_str(&line), HELP_WIDTH, 0, 0);
		out_done(&line);
		z += n + (z[n] == '\n');
	}
	out_puts(o, "\nOptions:\n");
	for (size_t i = 0; i < N_ELEMENTS(opts); i++) {
		const struct opt *p = &opts[i];
		struct out line = {0};

		if (!known(p, cmd))
			continue;
		if (p->letter)
			out_printf(&line, "  -%c, ", p->letter);
		else
			out_puts(&line, "      ");
		out_printf(&line, "--%s%s%s", p->name, p->arg ? " " : "", p->arg ? p->arg : "");
		if (line.n + 2 > HELP_INDENT) {
			out_char(&line, '\n');
			out_puts(o, out_str(&line));
			out_pad(o, ' ', HELP_INDENT);
		} else {
			out_pad(&line, ' ', HELP_INDENT - line.n);
			out_puts(o, out_str(&line));
		}
		out_wrapped(o, p->help, HELP_WIDTH, HELP_INDENT, HELP_INDENT);
		out_done(&line);
	}
}

void scdoc_text(struct out *o, const char *z)
{
	for (; *z; z++) {
		if (*z == '\\' || *z == '*' || *z == '_')
			out_char(o, '\\');
		out_char(o, *z);
	}
}

void opt_man(struct out *o)
{
	for (size_t i = 0; i < N_ELEMENTS(opts); i++) {
		const struct opt *p = &opts[i];
		bool first = true;

		if (p->letter)
			out_printf(o, "*-%c*, ", p->letter);
		out_printf(o, "*--%s*", p->name);
		if (p->arg) {
			out_puts(o, " _");
			out_puts(o, p->arg);
			out_char(o, '_');
		}
		out_puts(o, "\n\t");
		scdoc_text(o, p->help);
		if (p->cmds != ALL) {
			out_puts(o, " (");
			for (size_t k = 0; cmd_at(k); k++) {
				if (!known(p, cmd_at(k)))
					continue;
				out_printf(o, "%s%s", first ? "" : ", ", cmd_at(k)->name);
				first = false;
			}
			out_char(o, ')');
		}
		out_puts(o, "\n\n");
	}
}

void cmd_man(struct out *o)
{
	for (size_t i = 0; cmd_at(i); i++) {
		const struct cmd *c = cmd_at(i);

		out_printf(o, "*spanaudit %s* ", c->name);
		scdoc_text(o, c->args);
		out_puts(o, "\n\t");
		for (const char *z = c->about; *z;) {
			size_t n = strcspn(z, "\n");
			struct out line = {0};

			out_bytes(&line, z, n);
			if (n && *z != ' ') {
				scdoc_text(o, out_str(&line));
				out_char(o, ' ');
			}
			out_done(&line);
			z += n + (z[n] == '\n');
		}
		while (o->n && o->p[o->n - 1] == ' ')
			o->n--;
		out_puts(o, "\n\n");
	}
}
