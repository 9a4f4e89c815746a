// SPDX-License-Identifier: BSD-2-Clause
/* main - the table of commands, and which one is meant. */
#include <malloc.h>
#include <nss.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/opt.h"

static const struct cmd *const cmds[] = {
#define X(id, word) [CMD_##id] = &cmd_##word,
	COMMANDS(X)
#undef X
};

const struct cmd *cmd_at(size_t i)
{
	return i < CMD_N ? cmds[i] : NULL;
}

const struct cmd *cmd_by_name(const char *name)
{
	for (size_t i = 0; i < CMD_N; i++)
		if (strcmp(cmds[i]->name, name) == 0)
			return cmds[i];
	return NULL;
}

static const char *cmd_word(size_t i)
{
	return i < CMD_N ? cmds[i]->name : NULL;
}

static int usage(void)
{
	fputs("Usage: spanaudit FILE...              judge captures and print a report\n"
	      "       spanaudit COMMAND [OPTION...]  see: spanaudit help\n",
	      stderr);
	return EXIT_USAGE;
}

/* A word that is neither a command nor anything like a file's name. */
static int unknown(const char *word)
{
	const char *near = nearest_word(word, cmd_word);
	struct out hint = {0};

	if (near)
		out_printf(&hint, "Did you mean 'spanaudit %s'?\n", near);
	out_puts(&hint, "The commands are listed by: spanaudit help");
	say(out_str(&hint), "'%s' is neither a command nor a file", word);
	out_done(&hint);
	return EXIT_USAGE;
}

static bool looks_like_a_file(const char *word)
{
	return strpbrk(word, "./-") || access(word, F_OK) == 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct options o;
	int r = opt_parse(cmd, argc, argv, &o);

	if (r)
		return r;
	if (o.help) {
		struct out text = {0};

		opt_help(cmd, &text);
		put(&text);
		out_done(&text);
	} else if (o.version) {
		r = cmd_version.run(&o);
	} else {
		r = cmd->run(&o);
	}
	opt_done(&o);
	return r;
}

/* Large pieces of memory grow where they are, and go back to the system as soon as they are free.
 * Left alone, malloc() makes what is large a matter of what was freed before. */
static void memory_by_pieces(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

int main(int argc, char **argv)
{
	const struct cmd *cmd;

	memory_by_pieces();
	/* A reader that goes away shows as EPIPE where we write, so that nothing is left half done.
	 */
	/* Passive: a host name in a capture filter is looked up in /etc/hosts, never on the wire.
	 */
	__nss_configure_lookup("hosts", "files");
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return usage();
	cmd = cmd_by_name(argv[1]);
	if (cmd)
		return close_stdout(run(cmd, argc - 1, argv + 1));
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		return close_stdout(run(&cmd_help, 1, argv));
	if (argv[1][0] == '-' || looks_like_a_file(argv[1]))
		return close_stdout(run(&cmd_audit, argc, argv));
	return unknown(argv[1]);
}
