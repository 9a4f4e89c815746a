// SPDX-License-Identifier: BSD-2-Clause
/* completion - scripts for three shells, made from the tables of commands and options. */
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

static bool known(const struct opt *o, const struct cmd *c)
{
	return o->cmds & (uint32_t)1 << c->id;
}

static void words_of(const struct opt *o, struct out *out)
{
	const char *word;

	for (size_t i = 0; (word = o->word(i)) != NULL; i++)
		out_printf(out, "%s%s", i ? " " : "", word);
}

static void all_commands(struct out *out)
{
	for (size_t i = 0; cmd_at(i); i++)
		out_printf(out, "%s%s", i ? " " : "", cmd_at(i)->name);
}

/* For the inside of single quotes in sh-like shells. */
static void quoted(struct out *out, const char *z, const char *escape)
{
	for (; *z; z++) {
		if (*z == '\'')
			out_puts(out, escape);
		else
			out_char(out, *z);
	}
}

/* --- bash ------------------------------------------------------------------------------------- */

static void bash_arguments(struct out *out)
{
	const struct opt *o;

	out_puts(out, "\tcase $prev in\n");
	for (size_t i = 0; (o = opt_at(i)) != NULL; i++) {
		if (!o->arg)
			continue;
		out_puts(out, "\t");
		if (o->letter)
			out_printf(out, "-%c|", o->letter);
		out_printf(out, "--%s)\n\t\t", o->name);
		switch (o->complete) {
		case COMPLETE_FILE:
		case COMPLETE_CAPTURE:
			out_puts(out,
				 "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))");
			break;
		case COMPLETE_DIR:
			out_puts(out,
				 "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))");
			break;
		case COMPLETE_WORDS:
			out_puts(out, "COMPREPLY=($(compgen -W '");
			words_of(o, out);
			out_puts(out, "' -- \"$cur\"))");
			break;
		case COMPLETE_NOTHING:
			out_puts(out, "COMPREPLY=()");
			break;
		}
		out_puts(out, "\n\t\treturn ;;\n");
	}
	out_puts(out, "\tesac\n");
}

static void bash(struct out *out)
{
	const struct opt *o;

	out_puts(out, "# spanaudit(1) completion for bash, made by: spanaudit completion bash\n"
		      "_spanaudit() {\n"
		      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		      "\tlocal cmd=audit words='' options=''\n"
		      "\tCOMPREPLY=()\n");
	bash_arguments(out);
	out_puts(out, "\tcase ${COMP_WORDS[1]} in\n\t");
	for (size_t i = 0; cmd_at(i); i++)
		out_printf(out, "%s%s", i ? "|" : "", cmd_at(i)->name);
	out_puts(out, ") ((COMP_CWORD > 1)) && cmd=${COMP_WORDS[1]} ;;\n\tesac\n\tcase $cmd in\n");
	for (size_t i = 0; cmd_at(i); i++) {
		const struct cmd *c = cmd_at(i);

		out_printf(out, "\t%s)\n\t\twords='%s'\n\t\toptions='", c->name, c->words);
		for (size_t k = 0; (o = opt_at(k)) != NULL; k++) {
			if (!known(o, c))
				continue;
			if (o->letter)
				out_printf(out, "-%c ", o->letter);
			out_printf(out, "--%s ", o->name);
		}
		out_puts(out, "' ;;\n");
	}
	out_puts(out, "\tesac\n"
		      "\tif [[ $cur == -* ]]; then\n"
		      "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
		      "\t\treturn\n"
		      "\tfi\n"
		      "\tif ((COMP_CWORD == 1)); then\n"
		      "\t\tCOMPREPLY=($(compgen -W '");
	all_commands(out);
	out_puts(out, "' -- \"$cur\"))\n"
		      "\telif ((COMP_CWORD == 2)) && [[ -n $words ]]; then\n"
		      "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		      "\tfi\n"
		      "\tcompopt -o filenames\n"
		      "\tCOMPREPLY+=($(compgen -f -- \"$cur\"))\n"
		      "}\n"
		      "complete -F _spanaudit spanaudit\n");
}

/* --- zsh -------------------------------------------------------------------------------------- */

/* An _arguments description: brackets and colons end it, quotes are the shell's. */
static void zsh_text(struct out *out, const char *z)
{
	for (; *z; z++) {
		if (*z == '\'')
			out_puts(out, "'\\''");
		else if (strchr("[]:\\", *z))
			out_printf(out, "\\%c", *z);
		else
			out_char(out, *z);
	}
}

static void zsh_action(struct out *out, const struct opt *o)
{
	out_printf(out, ":%s:", o->arg);
	switch (o->complete) {
	case COMPLETE_FILE:
	case COMPLETE_CAPTURE:
		out_puts(out, "_files");
		break;
	case COMPLETE_DIR:
		out_puts(out, "_files -/");
		break;
	case COMPLETE_WORDS:
		out_char(out, '(');
		words_of(o, out);
		out_char(out, ')');
		break;
	case COMPLETE_NOTHING:
		out_char(out, ' ');
		break;
	}
}

static void zsh_options(struct out *out, const struct cmd *c)
{
	const struct opt *o;

	for (size_t k = 0; (o = opt_at(k)) != NULL; k++) {
		if (!known(o, c))
			continue;
		for (unsigned form = o->letter ? 0 : 1; form < 2; form++) {
			out_printf(out, "\t\t'%s", o->set == SET_TEXT ? "" : "*");
			if (form)
				out_printf(out, "--%s", o->name);
			else
				out_printf(out, "-%c", o->letter);
			out_char(out, '[');
			zsh_text(out, o->help);
			out_char(out, ']');
			if (o->arg)
				zsh_action(out, o);
			out_puts(out, "' \\\n");
		}
	}
	if (*c->words)
		out_printf(out, "\t\t'1:what:(%s)' \\\n", c->words);
	out_puts(out, "\t\t'*:file:_files' ;;\n");
}

static void zsh(struct out *out)
{
	out_puts(out, "#compdef spanaudit\n"
		      "# spanaudit(1) completion for zsh, made by: spanaudit completion zsh\n"
		      "_spanaudit() {\n"
		      "\tlocal cmd=audit\n"
		      "\tlocal -a cmds\n"
		      "\tcmds=(\n");
	for (size_t i = 0; cmd_at(i); i++) {
		out_printf(out, "\t\t'%s:", cmd_at(i)->name);
		quoted(out, cmd_at(i)->help, "'\\''");
		out_puts(out, "'\n");
	}
	out_puts(out, "\t)\n"
		      "\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
		      "\t\t_describe command cmds\n"
		      "\t\t_files\n"
		      "\t\treturn\n"
		      "\tfi\n"
		      "\tif (( ${cmds[(I)${words[2]}:*]} )); then\n"
		      "\t\tcmd=$words[2]\n"
		      "\t\tshift words\n"
		      "\t\t(( CURRENT-- ))\n"
		      "\tfi\n"
		      "\tcase $cmd in\n");
	for (size_t i = 0; cmd_at(i); i++) {
		out_printf(out, "\t%s) _arguments -s \\\n", cmd_at(i)->name);
		zsh_options(out, cmd_at(i));
	}
	out_puts(out, "\tesac\n"
		      "}\n"
		      "_spanaudit \"$@\"\n");
}

/* --- fish ------------------------------------------------------------------------------------- */

static void fish_option(struct out *out, const struct opt *o)
{
	out_puts(out, "complete -c spanaudit -n '__fish_seen_subcommand_from");
	for (size_t i = 0; cmd_at(i); i++)
		if (known(o, cmd_at(i)))
			out_printf(out, " %s", cmd_at(i)->name);
	if (o->cmds & CMD_BIT(AUDIT)) { /* the command that need not be named */
		out_puts(out, "; or not __fish_seen_subcommand_from ");
		all_commands(out);
	}
	out_char(out, '\'');
	if (o->letter)
		out_printf(out, " -s %c", o->letter);
	out_printf(out, " -l %s", o->name);
	if (o->arg)
		out_puts(out, o->complete == COMPLETE_WORDS || o->complete == COMPLETE_NOTHING
				      ? " -x"
				      : " -r");
	if (o->complete == COMPLETE_WORDS) {
		out_puts(out, " -a '");
		words_of(o, out);
		out_char(out, '\'');
	} else if (o->complete == COMPLETE_DIR) {
		out_puts(out, " -a '(__fish_complete_directories)'");
	}
	out_puts(out, " -d '");
	quoted(out, o->help, "\\'");
	out_puts(out, "'\n");
}

static void fish(struct out *out)
{
	const struct opt *o;

	out_puts(out, "# spanaudit(1) completion for fish, made by: spanaudit completion fish\n");
	for (size_t i = 0; cmd_at(i); i++) {
		const struct cmd *c = cmd_at(i);
		const char *words = c->words;

		out_printf(out, "complete -c spanaudit -n __fish_use_subcommand -a %s -d '",
			   c->name);
		quoted(out, c->help, "\\'");
		out_puts(out, "'\n");
		if (*words)
			out_printf(out,
				   "complete -c spanaudit -n '__fish_seen_subcommand_from %s' -a "
				   "'%s'\n",
				   c->name, words);
	}
	for (size_t k = 0; (o = opt_at(k)) != NULL; k++)
		fish_option(out, o);
}

/* ---------------------------------------------------------------------------------------------- */

static int run(const struct options *o)
{
	static const struct {
		const char *name;
		void (*write)(struct out *out);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
	struct out text = {0};

	for (size_t i = 0; o->n_args == 1 && i < N_ELEMENTS(shells); i++) {
		if (strcmp(shells[i].name, o->args[0]) != 0)
			continue;
		shells[i].write(&text);
		put(&text);
		out_done(&text);
		return EXIT_CLEAN;
	}
	say("It can be bash, zsh or fish. To try it now: source <(spanaudit completion bash)",
	    o->n_args ? "there is no completion for '%s'" : "which shell's completion?%s",
	    o->n_args ? o->args[0] : "");
	return EXIT_USAGE;
}

const struct cmd cmd_completion = {
	.id = CMD_COMPLETION,
	.name = "completion",
	.args = "bash|zsh|fish",
	.help = "print a completion script for a shell",
	.about = "Prints a script that lets the shell complete commands, options and their words. "
		 "Installed packages bring it along.",
	.words = "bash zsh fish",
	.run = run,
};
