// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/opt.h"

static int lint(const struct options *o, char *const *files, size_t n)
{
	struct span_audit *a;
	int code = run_setup(o, NULL, 0, &a);
	bool bad = false;

	if (code)
		return code;
	for (size_t i = 0; i < n; i++) {
		int r = span_site_lint(a, files[i], stdout);

		if (r == SPAN_USAGE) {
			bad = true;
		} else if (r) {
			code = say_status(a, r, o);
			span_audit_free(a);
			return code;
		}
	}
	code = say_status(a, bad ? SPAN_USAGE : 0, o);
	span_audit_free(a);
	return code;
}

struct made { /* a site file in memory */
	char *text;
	size_t n;
};

static int write_made(void *user, FILE *f)
{
	const struct made *m = user;

	return fwrite(m->text, 1, m->n, f) == m->n ? 0 : errno ? -errno : -EIO;
}

/* A file that is there may have been worked on by hand. What is no file (a pipe, a device) has
 * nothing to lose. */
static bool in_the_way(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode));
}

static int put_made(const struct options *o, const char *path, const char *from, struct made *m)
{
	int code;

	if (!path || strcmp(path, "-") == 0) {
		fwrite(m->text, 1, m->n, stdout);
		return EXIT_CLEAN;
	}
	code = file_write(path, write_made, m);
	if (!code && !o->quiet)
		printf("%s: made from %s\nNext: spanaudit site lint %s\n", path, from, path);
	return code;
}

static int make(const struct options *o, const char *path, const char *from)
{
	struct span_audit *a = span_audit_new();
	struct made m = {0};
	FILE *f = open_memstream(&m.text, &m.n);
	int r = a && f ? span_site_import(a, from, f) : -ENOMEM;
	int code;

	if (f && fclose(f) != 0 && !r)
		r = -ENOMEM;
	code = say_status(a, r, o);
	if (!code)
		code = put_made(o, path, from, &m);
	free(m.text);
	span_audit_free(a);
	return code;
}

/* -o once, and no file in the way unless it may go. 0, or an exit code. */
static int check_output(const struct options *o)
{
	const char *path = o->outputs.n ? o->outputs.v[0] : NULL;

	if (o->outputs.n > 1) {
		say("Give -o once.", "-o was given %zu times", o->outputs.n);
		return EXIT_USAGE;
	}
	if (path && !o->force && in_the_way(path)) {
		say("It may have been changed by hand. Choose another name for -o, or replace it "
		    "with --force.",
		    "'%s' exists already", path);
		return EXIT_USAGE;
	}
	return 0;
}

static int import(const struct options *o, char *const *files, size_t n)
{
	const char *path = o->outputs.n ? o->outputs.v[0] : NULL;
	int code;

	if (n != 1) {
		say("Name one: spanaudit site import hosts.csv -o site.yaml",
		    n ? "a site file is made of one table, and %zu were named"
		      : "no table was named",
		    n);
		return EXIT_USAGE;
	}
	if (o->site || o->roles.n || o->rules.n) {
		say("A new site file is made of the table alone. Add what else belongs into it by "
		    "hand.",
		    "--site, --role and --rules have no meaning for 'site import'");
		return EXIT_USAGE;
	}
	code = check_output(o);
	return code ? code : make(o, path, files[0]);
}

/* --- suggest -----------------------------------------------------------------------------------
 */

static int suggest_run(const struct options *o, char *const *files, size_t n)
{
	const char *path = o->outputs.n ? o->outputs.v[0] : NULL;
	size_t hosts = 0, guesses = 0;
	struct span_audit *a;
	struct made m = {0};
	int code = run_audit(o, files, n, &a), r;
	FILE *f;

	if (!a)
		return code;
	f = open_memstream(&m.text, &m.n);
	r = f ? span_site_suggest(a, f, &hosts, &guesses) : -ENOMEM;
	if (f && fclose(f) != 0 && !r)
		r = -ENOMEM;
	if (r)
		code = say_status(a, r, o);
	else if (!path || strcmp(path, "-") == 0)
		fwrite(m.text, 1, m.n, stdout);
	else
		r = file_write(path, write_made, &m);
	if (!r && path && strcmp(path, "-") != 0 && !o->quiet)
		printf("%s: hosts and networks %zu, guesses %zu (behind #?)\n"
		       "Next: read it, then spanaudit site lint %s\n",
		       path, hosts, guesses, path);
	free(m.text);
	span_audit_free(a);
	return r > 0 ? r : code;
}

static int suggest(const struct options *o, char *const *files, size_t n)
{
	int code;

	if (!n) {
		say("Name one or more: spanaudit site suggest night.pcap -o site.yaml",
		    "no capture file was given");
		return EXIT_USAGE;
	}
	code = check_output(o);
	return code ? code : suggest_run(o, files, n);
}

static int checked_lint(const struct options *o, char *const *files, size_t n)
{
	if (!n) {
		say("Name site files: spanaudit site lint site.yaml", "no file was named");
		return EXIT_USAGE;
	}
	if (o->outputs.n || o->force) {
		say("They belong to 'site import' and 'site suggest', which write a file; lint "
		    "prints.",
		    "-o and --force have no meaning for 'site lint'");
		return EXIT_USAGE;
	}
	return lint(o, files, n);
}

static const struct {
	const char *name;
	int (*run)(const struct options *o, char *const *files, size_t n);
} subs[] = {{"lint", checked_lint}, {"import", import}, {"suggest", suggest}};

static const char *sub_word(size_t i)
{
	return i < N_ELEMENTS(subs) ? subs[i].name : NULL;
}

static int run(const struct options *o)
{
	const char *what = o->n_args ? o->args[0] : "";

	for (size_t i = 0; i < N_ELEMENTS(subs); i++)
		if (strcmp(subs[i].name, what) == 0)
			return subs[i].run(o, o->args + 1, o->n_args - 1);

	const char *near = nearest_word(what, sub_word);
	struct out hint = {0};

	if (near)
		out_printf(&hint, "Did you mean 'spanaudit site %s'?\n", near);
	out_puts(&hint, "It can be lint, import or suggest: spanaudit site lint site.yaml, "
			"spanaudit site import hosts.csv, spanaudit site suggest night.pcap");
	say(out_str(&hint), o->n_args ? "'site %s' is unknown" : "what to do with the site file?%s",
	    what);
	out_done(&hint);
	return EXIT_USAGE;
}

const struct cmd cmd_site = {
	.id = CMD_SITE,
	.name = "site",
	.args = "[OPTION...] lint FILE... | import TABLE.csv | suggest CAPTURE...",
	.help = "site files: check one, make one of a table or of captures",
	.about = "lint reads site files, holds them against the rule packs in force, and says what "
		 "is wrong with them. import makes a site file of a table of hosts as spreadsheets "
		 "write it: CSV with the columns name, address and role, see spanaudit-site(5). "
		 "suggest drafts one from captures: who is what by its traffic, with the "
		 "evidence; with --site, only what that file does not have.\n"
		 "\n"
		 "  spanaudit site lint site.yaml\n"
		 "  spanaudit site import hosts.csv -o site.yaml\n"
		 "  spanaudit site suggest night.pcap -o site.yaml",
	.words = "lint import suggest",
	.files = false,
	.run = run,
};
