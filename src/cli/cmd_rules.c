// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

static int list(const struct options *o, struct span_audit *a, char *const *args, size_t n)
{
	return say_status(a, span_rules_list(a, o->json, stdout), o);
}

static int show(const struct options *o, struct span_audit *a, char *const *args, size_t n)
{
	int code = 0;

	if (!n) {
		say("Name one: spanaudit rules show S1-CMP-02. All ids: spanaudit rules list",
		    "no rule was named");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < n && !code; i++) {
		if (i)
			putchar('\n');
		code = say_status(a, span_rules_show(a, args[i], term_width(), stdout), o);
	}
	return code;
}

static int lint(const struct options *o, struct span_audit *a, char *const *args, size_t n)
{
	int code = 0;

	if (!n) {
		say("Name rule pack files: spanaudit rules lint my-rules.yaml",
		    "no file was named");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < n; i++) {
		int r = span_rules_lint(a, args[i], stdout);

		if (r == SPAN_USAGE)
			code = EXIT_USAGE;
		else if (r)
			return say_status(a, r, o);
	}
	return say_status(a, code, o);
}

static int test(const struct options *o, struct span_audit *a, char *const *args, size_t n)
{
	static const char *const shipped[] = {"dynamics-365", "crm-2011", "crm-2013",
					      "windows-tolerated"};
	size_t failed = 0, all = 0;

	for (size_t i = 0; i < (n ? n : N_ELEMENTS(shipped)); i++) {
		int r = span_rules_test(a, n ? args[i] : shipped[i], stdout, &failed);

		if (r)
			return say_status(a, r, o);
		all += failed;
	}
	return say_status(a, 0, o) ? EXIT_FAILED : all ? EXIT_FINDINGS : EXIT_CLEAN;
}

/* --- export ------------------------------------------------------------------------------------
 */

struct wanted {
	struct span_audit *a;
	const struct options *o;
	struct span_export_options opt;
};

static int write_list(void *user, FILE *f)
{
	const struct wanted *w = user;
	int r = span_rules_export(w->a, w->o->format ? w->o->format : "nft", &w->opt, f);

	return r > 0 ? say_status(w->a, r, w->o) : r;
}

static int put_list(struct wanted *w)
{
	const char *path = w->o->outputs.n ? w->o->outputs.v[0] : "-";
	int r;

	if (strcmp(path, "-") != 0)
		return file_write(path, write_list, w);
	r = write_list(w, stdout);
	return r < 0 ? stdout_failed(r) : r;
}

/* The captures are the option's, and what follows it. */
static int read_captures(const struct options *o, char *const *more, size_t n,
			 struct span_audit **ret)
{
	char **files = calloc(o->observed.n + n + 1, sizeof *files);
	int code;

	if (!files)
		return say_status(NULL, -ENOMEM, o);
	if (o->observed.n)
		memcpy(files, o->observed.v, o->observed.n * sizeof *files);
	memcpy(files + o->observed.n, more, n * sizeof *files);
	code = run_audit(o, files, o->observed.n + n, ret);
	free(files);
	return code;
}

static int export(const struct options *o, char *const *args, size_t n)
{
	struct wanted w = {.o = o, .opt = {.setup = o->setup, .observed = o->observed.n}};
	int code, r;

	if (n && !o->observed.n) {
		say("A list is made of rules and site alone. What captures used of it: spanaudit "
		    "rules export --observed night.pcapng",
		    "'%s' has no meaning here", args[0]);
		return EXIT_USAGE;
	}
	if (o->outputs.n > 1) {
		say("Give -o once.", "-o was given %zu times", o->outputs.n);
		return EXIT_USAGE;
	}
	code = w.opt.observed ? read_captures(o, args, n, &w.a) : run_setup(o, NULL, 0, &w.a);
	if (!w.a)
		return code;
	r = put_list(&w);
	/* Warnings that a run has not said. */
	if (!r && !w.opt.observed)
		say_status(w.a, 0, o);
	span_audit_free(w.a);
	return r ? r : code;
}

/* What `audit -o` wrote; a capture has another name. */
static bool is_document(const char *path)
{
	size_t n = strlen(path);

	return n > 5 && strcmp(path + n - 5, ".json") == 0;
}

/* It has captures to read, which the others have not. */
static int draft(const struct options *o)
{
	const struct span_draft_options how = {
		.json = o->json, .all = o->all, .colour = term_colour(o), .width = term_width()};
	struct span_audit *a;
	bool worse = false;
	int code, r;

	if (!o->drafts.n) {
		say("Name the pack as you would have it, and captures to judge by it:\n"
		    "spanaudit rules draft --draft my-crm-2011.yaml --site site.yaml night.pcap",
		    "no draft was given");
		return EXIT_USAGE;
	}
	if (o->n_args == 2 && !o->files.n && is_document(o->args[1])) {
		code = run_setup(o, NULL, 0, &a);
		if (code)
			return code;
		r = span_audit_draft_result(a, o->args[1], o->drafts.v, o->drafts.n, &how, stdout,
					    &worse);
	} else {
		code = run_audit(o, o->args + 1, o->n_args - 1, &a);
		if (!a)
			return code;
		r = span_audit_draft(a, o->drafts.v, o->drafts.n, &how, stdout, &worse);
	}
	if (r)
		code = say_status(a, r, o);
	else if (!code && worse && !(o->fail_on && strcmp(o->fail_on, "never") == 0))
		code = EXIT_FINDINGS;
	span_audit_free(a);
	return code;
}

static const struct {
	const char *name;
	int (*run)(const struct options *o, struct span_audit *a, char *const *args, size_t n);
} subs[] = {{"list", list}, {"show", show}, {"lint", lint}, {"test", test}, {"export", NULL}};

static const char *sub_word(size_t i)
{
	return i < N_ELEMENTS(subs) ? subs[i].name : i == N_ELEMENTS(subs) ? "draft" : NULL;
}

static int run(const struct options *o)
{
	const char *what = o->n_args ? o->args[0] : "list";
	struct span_audit *a;
	int code;

	if (strcmp(what, "draft") == 0)
		return draft(o);
	for (size_t i = 0; i < N_ELEMENTS(subs); i++) {
		if (strcmp(subs[i].name, what) != 0)
			continue;
		if (!subs[i].run)
			return export(o, o->args + 1, o->n_args - 1);
		if (o->format || o->observed.n || o->setup || o->outputs.n) {
			say("They belong to 'rules export'.",
			    "--format, --observed, --setup and -o have no meaning for 'rules %s'",
			    what);
			return EXIT_USAGE;
		}
		code = run_setup(o, NULL, 0, &a);
		if (code)
			return code;
		code = subs[i].run(o, a, o->args + 1, o->n_args ? o->n_args - 1 : 0);
		span_audit_free(a);
		return code;
	}

	const char *near = nearest_word(what, sub_word);
	struct out hint = {0};

	if (near)
		out_printf(&hint, "Did you mean 'spanaudit rules %s'?\n", near);
	out_puts(&hint,
		 "It can be list, show, lint, test, export or draft: spanaudit rules --help");
	say(out_str(&hint), "'rules %s' is unknown", what);
	out_done(&hint);
	return EXIT_USAGE;
}

const struct cmd cmd_rules = {
	.id = CMD_RULES,
	.name = "rules",
	.args = "[OPTION...] list | show ID... | lint FILE... | test [PACK...] | export | draft "
		"FILE...|RESULT.json",
	.help = "the rule packs: list, show, lint, test, export, try a draft",
	.about = "list prints the rules in force, one line each. show prints one with its source "
		 "and "
		 "what it demands. lint reads pack files and says what is wrong with them. test "
		 "runs "
		 "the examples written in packs and exits with 1 when one does not come out. "
		 "export writes what the rules let through between the hosts of the site as a list "
		 "for a firewall: no more hosts and ports than the site has, each line with the "
		 "rules it is from. Read it before you load it. "
		 "draft reads captures once, judges them by the rules in force and by those with "
		 "--draft, and prints what changes; it exits with 1 when a finding is new or gets "
		 "worse.\n"
		 "\n"
		 "  spanaudit rules list\n"
		 "  spanaudit rules show S1-CMP-02\n"
		 "  spanaudit rules lint my-rules.yaml\n"
		 "  spanaudit rules export -S site.yaml --format nft -o crm.nft\n"
		 "  spanaudit rules export -S site.yaml --format csv --observed night.pcapng\n"
		 "  spanaudit rules draft --draft my-rules.yaml --site site.yaml night.pcap",
	.words = "list show lint test export draft",
	.files = false,
	.run = run,
};
