// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>

#include "cli/cli.h"
#include "cli/opt.h"

static int commands(void)
{
	fputs("Usage: spanaudit [audit] [OPTION...] FILE...\n"
	      "       spanaudit COMMAND [OPTION...]\n"
	      "\n"
	      "Does this Microsoft Dynamics CRM deployment talk as its vendor's papers say it\n"
	      "should? Reads packet captures, and answers with evidence.\n"
	      "\n"
	      "Commands:\n",
	      stdout);
	for (size_t i = 0; cmd_at(i); i++)
		printf("  %-12s %s\n", cmd_at(i)->name, cmd_at(i)->help);
	fputs("\n"
	      "A first look, a site file to correct, and the audit by it:\n"
	      "  spanaudit night.pcap\n"
	      "  spanaudit site suggest night.pcap -o site.yaml\n"
	      "  spanaudit --site site.yaml night.pcap\n"
	      "\n"
	      "Options of a command:  spanaudit COMMAND --help\n"
	      "Help on a topic:       spanaudit help TOPIC, which is commands, roles, kinds,\n"
	      "                       hints, exit-codes or filters\n",
	      stdout);
	return EXIT_CLEAN;
}

static int roles(void)
{
	return span_write_roles_help(term_width() > 100 ? 100 : term_width(), stdout) ? EXIT_FAILED
										      : 0;
}

static int kinds(void)
{
	return span_write_kinds(term_width() > 100 ? 100 : term_width(), stdout) ? EXIT_FAILED : 0;
}

static int hints(void)
{
	return span_write_hints(term_width() > 100 ? 100 : term_width(), stdout) ? EXIT_FAILED : 0;
}

static int exit_codes(void)
{
	fputs("0    done; no finding at or above --fail-on, and enough was seen to say so\n"
	      "1    done; findings at or above --fail-on (without the option: medium)\n"
	      "2    the command line, a rule pack or the site file is wrong; nothing was judged\n"
	      "3    something could not be read or written: a file, the disk, memory; if other\n"
	      "     inputs could be read, the report is about those and says so\n"
	      "4    inconclusive: no such finding, but too little was seen to say 'compliant';\n"
	      "     of 'doctor': the capture is not fit to be judged\n"
	      "\n"
	      "Where several apply: 2, then 3, 1, 4. '--fail-on never' turns 1 and 4 into 0.\n"
	      "Waived findings do not count; those whose waiver has expired do. 'rules test'\n"
	      "exits with 1 when an example fails, 'rules draft' when a finding would be new or\n"
	      "worse, 'waiver check' when a waiver has expired or covers nothing.\n"
	      "'diff' exits with 1 when a finding is new or got worse, with 3 when a file is no\n"
	      "result or cannot be read, and with 4 when the two results do not compare.\n",
	      stdout);
	return EXIT_CLEAN;
}

static int filters(void)
{
	fputs("Capture filter (-f), in the words of tcpdump, before anything is judged:\n"
	      "  -f 'net 10.20.0.0/16 and not port 22'        see pcap-filter(7)\n"
	      "\n"
	      "Filter of 'spanaudit flows' and 'spanaudit rpc', over judged conversations:\n"
	      "  role client server  an end, the client, the server: a role, a host name, an\n"
	      "                      address                       role=sql server=10.20.2.20\n"
	      "  host net            an end is this host, in this network    net=10.20.0.0/16\n"
	      "  port proto app      server's port, tcp or udp, what the bytes are    app=tds\n"
	      "  state verdict       what happened, what it means               state=refused\n"
	      "  vlan tunnel         outermost VLAN (0: none), kind of tunnel      tunnel=vxlan\n"
	      "  packets bytes flows seen    figures, also with > and <               seen>1h\n"
	      "Join them by and, or, not and brackets; words side by side mean and. Quote\n"
	      "brackets for the shell:\n"
	      "  spanaudit flows '(role=sql or role=ssrs) not verdict=documented' night.pcap\n"
	      "\n"
	      "States: established mid-stream one-way half-open rejected refused no-answer\n"
	      "Verdicts: spanaudit help kinds    Protocols: spanaudit protocols\n",
	      stdout);
	return EXIT_CLEAN;
}

/* Parts of spanaudit(1), for the build of the manual page. */
static int man_part(void (*write)(struct out *o))
{
	struct out text = {0};

	write(&text);
	put(&text);
	out_done(&text);
	return EXIT_CLEAN;
}

static int man_options(void)
{
	return man_part(opt_man);
}

static int man_commands(void)
{
	return man_part(cmd_man);
}

static void kinds_man(struct out *o)
{
	for (size_t i = 0; span_kind_name(i); i++) {
		const char *severity = span_kind_severity(i);

		out_printf(o, "*%s* (%s)\n\t", span_kind_name(i),
			   *severity ? severity : "no finding");
		scdoc_text(o, span_kind_meaning(i));
		if (strcmp(span_kind_remedy(i), "Nothing.") != 0) {
			out_char(o, ' ');
			scdoc_text(o, span_kind_remedy(i));
		}
		out_puts(o, "\n\n");
	}
}

static int man_kinds(void)
{
	return man_part(kinds_man);
}

static void hints_man(struct out *o)
{
	for (size_t i = 0; span_hint_code(i); i++) {
		out_printf(o, "*%s*\n\tWhen ", span_hint_code(i));
		scdoc_text(o, span_hint_when(i));
		out_puts(o, ".++\n");
		scdoc_text(o, span_hint_says(i));
		out_puts(o, "\n\n");
	}
}

static int man_hints(void)
{
	return man_part(hints_man);
}

static const struct {
	const char *name;
	int (*run)(void);
} topics[] = {
	{"commands", commands},
	{"roles", roles},
	{"kinds", kinds},
	{"hints", hints},
	{"exit-codes", exit_codes},
	{"filters", filters},
	{"man-options", man_options},
	{"man-kinds", man_kinds},
	{"man-hints", man_hints},
	{"man-commands", man_commands},
};

static const char *topic_word(size_t i)
{
	return i < N_ELEMENTS(topics) ? topics[i].name : NULL;
}

static int run(const struct options *o)
{
	if (!o->n_args)
		return commands();

	const struct cmd *cmd = cmd_by_name(o->args[0]);

	/* "roles" is both; the topic explains words, which is what one asks help for. */
	for (size_t i = 0; i < N_ELEMENTS(topics); i++)
		if (strcmp(topics[i].name, o->args[0]) == 0)
			return topics[i].run();
	if (cmd) {
		struct out text = {0};

		opt_help(cmd, &text);
		put(&text);
		out_done(&text);
		return EXIT_CLEAN;
	}

	const char *near = nearest_word(o->args[0], topic_word);
	struct out hint = {0};

	if (near)
		out_printf(&hint, "Did you mean '%s'?\n", near);
	out_puts(&hint,
		 "Topics: commands roles kinds hints exit-codes filters, and every command's name");
	say(out_str(&hint), "there is no help on '%s'", o->args[0]);
	out_done(&hint);
	return EXIT_USAGE;
}

const struct cmd cmd_help = {
	.id = CMD_HELP,
	.name = "help",
	.args = "[TOPIC]",
	.help = "help on a command or topic",
	.about =
		"Without a topic: the commands. Topics: commands, roles, kinds, hints, exit-codes, "
		"filters, "
		"and the name of every command.",
	.words = "commands roles kinds hints exit-codes filters",
	.run = run,
};
