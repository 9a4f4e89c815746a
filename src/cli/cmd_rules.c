// SPDX-License-Identifier: BSD-2-Clause
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

static const struct {
	const char *name;
	int (*run)(const struct options *o, struct span_audit *a, char *const *args, size_t n);
} subs[] = {{"list", list}, {"show", show}, {"lint", lint}, {"test", test}};

static const char *sub_word(size_t i)
{
	return i < N_ELEMENTS(subs) ? subs[i].name : NULL;
}

static int run(const struct options *o)
{
	const char *what = o->n_args ? o->args[0] : "list";
	struct span_audit *a;
	int code;

	for (size_t i = 0; i < N_ELEMENTS(subs); i++) {
		if (strcmp(subs[i].name, what) != 0)
			continue;
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
	out_puts(&hint, "It can be list, show, lint or test: spanaudit rules --help");
	say(out_str(&hint), "'rules %s' is unknown", what);
	out_done(&hint);
	return EXIT_USAGE;
}

const struct cmd cmd_rules = {
	.id = CMD_RULES,
	.name = "rules",
	.args = "[OPTION...] list | show ID... | lint FILE... | test [PACK...]",
	.help = "the rule packs: list, show, lint, test",
	.about = "list prints the rules in force, one line each. show prints one with its source "
		 "and "
		 "what it demands. lint reads pack files and says what is wrong with them. test "
		 "runs "
		 "the examples written in packs and exits with 1 when one does not come out.\n"
		 "\n"
		 "  spanaudit rules list\n"
		 "  spanaudit rules show S1-CMP-02\n"
		 "  spanaudit rules lint my-rules.yaml",
	.words = "list show lint test",
	.files = false,
	.run = run,
};
