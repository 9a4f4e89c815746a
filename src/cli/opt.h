/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opt - the one table of options. The parser, --help, the manual page's OPTIONS section and the
 * shell completions are made from it, so that they cannot disagree.
 */
#ifndef SPAN_CLI_OPT_H
#define SPAN_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/out.h"
#include "base/vec.h"
#include "cli/cli.h"

/* What the command line said. Strings are those of argv. */
struct options {
	const char *site, *filter, *format, *only, *fail_on, *color, *progress, *memory, *reader,
		*write, *infer;
	VEC(const char *) files, rules, rules_dirs, roles, outputs, observed;
	unsigned strict_input, digest, follow, vlan_key, json, quiet, verbose, help, version;
	unsigned redact, all, force, setup, stats;
	bool reports_only;   /* see span_audit_reports_only() */
	uint64_t max_memory; /* bytes; 0: the default */
	const char *threads;
	char **args; /* what is no option, in order */
	size_t n_args;
	const char *count, *snaplen, *buffer, *every, *events, *user, *control, *window, *view,
		*shed, *metrics, *metrics_listen, *syslog, *evidence, *on_finding;
	VEC(const char *) interfaces, autostop, ring;
	unsigned no_promiscuous, list;
	const char *day, *from, *to, *tz;
	bool yesterday; /* the day before, where --day does not say which */
	const char *reports, *keep, *against;
	const char *now, *reason, *owner, *approved_by, *ticket, *expires;
	const char *store, *since, *keep_days, *keep_reports, *keep_ledger, *max_size;
	uint64_t max_size_bytes; /* 0: any */
	VEC(const char *) waivers, drafts;
};

enum opt_set { SET_COUNT, SET_TEXT, SET_LIST };
/* What a shell can offer for the argument. */
enum opt_complete {
	COMPLETE_NOTHING,
	COMPLETE_FILE,
	COMPLETE_CAPTURE,
	COMPLETE_DIR,
	COMPLETE_WORDS
};

struct opt {
	char letter;      /* 0: none */
	const char *name; /* without the dashes */
	const char *arg;  /* "FILE"; NULL: a flag */
	const char *help;
	uint32_t cmds; /* CMD_BIT of every command that knows it */
	enum opt_set set;
	size_t offset; /* in struct options */
	enum opt_complete complete;
	const char *(*word)(size_t i); /* accepted words, NULL past the last; NULL: free text */
};

/* NULL past the last. */
const struct opt *opt_at(size_t i);
/* Parses argv[1...] of a command. 0, or EXIT_USAGE after having said what is wrong. */
int opt_parse(const struct cmd *cmd, int argc, char **argv, struct options *ret);
void opt_done(struct options *o);
/* "256M" as bytes. 0, or EXIT_USAGE after having said that it is none, of this option. */
int opt_size(const char *option, const char *z, uint64_t *ret);

void opt_help(const struct cmd *cmd, struct out *o);
/* The OPTIONS and COMMANDS sections of the manual page, in scdoc. */
void opt_man(struct out *o);
void cmd_man(struct out *o);
/* Text with scdoc's markup characters escaped. */
void scdoc_text(struct out *o, const char *z);

#endif
