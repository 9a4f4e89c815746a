// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/opt.h"

/* What the library said is on standard error already. */
static int done(int status, const struct options *o)
{
	return say_status(NULL, status, o);
}

static int init(const struct options *o, const char *path)
{
	return done(span_store_init(path, stderr), o);
}

static int status(const struct options *o, const char *path)
{
	return done(span_store_status(path, stdout, stderr), o);
}

static int export(const struct options *o, const char *path)
{
	return done(span_store_export(path, stdout, stderr), o);
}

/* 0 days where nothing was said. */
static int days(const char *option, const char *text, unsigned *ret)
{
	unsigned long n;
	char *end;

	*ret = 0;
	if (!text)
		return 0;
	errno = 0;
	n = strtoul(text, &end, 10);
	*ret = (unsigned)n;
	if (!errno && !*end && end != text && *text != '-' && n && n <= 100000)
		return 0;
	say("Write a number of days: --keep-days 90.", "%s: '%.20s' is no number of days", option,
	    text);
	return EXIT_USAGE;
}

static int limits(const struct options *o, struct span_store_limits *ret)
{
	int64_t ns;
	int code;

	*ret = (struct span_store_limits){.max_bytes = o->max_size_bytes, .now = o->now};
	code = days("--keep-days", o->keep_days, &ret->keep_days);
	code = code ? code : days("--keep-reports", o->keep_reports, &ret->keep_reports);
	code = code ? code : days("--keep-ledger", o->keep_ledger, &ret->keep_ledger);
	if (code)
		return code;
	if (o->now && !time_parse(o->now, &ns)) {
		say("Write date, time and offset: 2024-05-01T06:00:00+02:00",
		    "--now: '%.60s' is not a time with a zone", o->now);
		return EXIT_USAGE;
	}
	if (!ret->keep_days && !ret->max_bytes && !ret->keep_reports && !ret->keep_ledger) {
		say("Say --keep-days 90, or --max-size 20G, or both; --keep-reports 400.",
		    "what is to be kept was not said, so nothing is deleted");
		return EXIT_USAGE;
	}
	return 0;
}

static int gc(const struct options *o, const char *path)
{
	struct span_store_limits l;
	int code = limits(o, &l);

	return code ? code : done(span_store_gc(path, &l, stdout, stderr), o);
}

static int run(const struct options *o)
{
	static const struct {
		const char *word;
		int (*run)(const struct options *o, const char *path);
	} rows[] = {{"init", init}, {"status", status}, {"gc", gc}, {"export", export}};

	for (size_t i = 0; o->n_args && i < N_ELEMENTS(rows); i++) {
		if (strcmp(rows[i].word, o->args[0]) != 0)
			continue;
		if (o->n_args == 2)
			return rows[i].run(o, o->args[1]);
		say("Name it: spanaudit store status site.store",
		    "one store is looked after at a time, and %zu were named", o->n_args - 1);
		return EXIT_USAGE;
	}
	say("It can be init, status, gc or export: spanaudit store status site.store",
	    o->n_args ? "'store %s' is unknown" : "what to do with a store?%s",
	    o->n_args ? o->args[0] : "");
	return EXIT_USAGE;
}

const struct cmd cmd_store = {
	.id = CMD_STORE,
	.name = "store",
	.args = "[OPTION...] init|status|gc|export STORE",
	.help = "look after a store: what it has, making it smaller, its rows",
	.about =
		"init makes an empty store; 'audit --store' does so, too. status says in words "
		"what a "
		"store has: size, hours, captures read, and runs that were interrupted. gc deletes "
		"hours that are older than --keep-days, then the oldest days until the rest takes "
		"no more than --max-size, and says what it deleted; captures of deleted hours are "
		"not stored again, until --keep-ledger lets them be forgotten. What reports said "
		"stays as long as --keep-reports says. export prints every row as a line of JSON.\n"
		"A store is an SQLite file: the sqlite3 shell shows its views conversations, hours "
		"and runs.\n"
		"\n"
		"  spanaudit audit --store site.store --site site.yaml captures/\n"
		"  spanaudit store status site.store\n"
		"  spanaudit store gc --keep-days 90 --max-size 20G site.store",
	.words = "init status gc export",
	.files = false,
	.run = run,
};
