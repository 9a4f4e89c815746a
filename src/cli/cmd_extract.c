// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/opt.h"

struct task {
	struct span_audit *a;
	const struct options *o;
	struct span_extracted done;
};

static int write_packets(void *user, FILE *f)
{
	struct task *t = user;
	int r = span_audit_extract(t->a, t->o->args[0], f, &t->done, stderr);

	if (r <= 0)
		return r;
	return r == SPAN_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

/* The file would be gone before anybody notices. */
static bool same_file(const char *out, const char *in)
{
	struct stat a, b;

	return stat(out, &a) == 0 && stat(in, &b) == 0 && S_ISREG(a.st_mode) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int refused_input(const struct options *o, const char *in)
{
	if (strcmp(in, "-") == 0) {
		say("The packets are taken from the inputs after they were judged, and a pipe is "
		    "gone by then.\n"
		    "Write the capture into a file first, and name that file.",
		    "standard input cannot be read twice");
		return EXIT_USAGE;
	}
	if (same_file(o->write, in)) {
		say("Writing would destroy the capture. Give -w another name.",
		    "'%s' is one of the inputs", o->write);
		return EXIT_USAGE;
	}
	return 0;
}

static int refused(const struct options *o)
{
	int r = 0;

	if (!o->n_args || (o->n_args == 1 && !o->files.n)) {
		say("Name a finding, the captures that it is in, and the file to write:\n"
		    "spanaudit extract F-7c1e0a5b2d44 night.pcap -w finding.pcapng",
		    o->n_args ? "no capture file was given" : "there is nothing to extract");
		return EXIT_USAGE;
	}
	if (!o->write) {
		say("Say where the packets go: -w finding.pcapng, or -w - for standard output.",
		    "no file to write was given");
		return EXIT_USAGE;
	}
	if (strcmp(o->write, "-") == 0 && isatty(STDOUT_FILENO)) {
		say("Packets are not for reading. Give a file name, or pipe them: ... -w - | "
		    "tshark -r -",
		    "standard output is a terminal");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < o->files.n && !r; i++)
		r = refused_input(o, o->files.v[i]);
	for (size_t i = 1; i < o->n_args && !r; i++)
		r = refused_input(o, o->args[i]);
	return r;
}

static int write_stdout(struct task *t)
{
	int r = write_packets(t, stdout);

	if (r < 0 && r != -EPIPE)
		say("What came out is not complete. Free space, or write into a file: -w "
		    "finding.pcapng",
		    "cannot write to standard output: %s", strerror(-r));
	return r < 0 ? EXIT_FAILED : r;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static int run(const struct options *o)
{
	struct task t = {.o = o};
	int code = refused(o), r;

	if (code)
		return code;
	code = run_audit(o, o->args + 1, o->n_args - 1, &t.a);
	if (!t.a)
		return code;
	r = strcmp(o->write, "-") == 0 ? write_stdout(&t) : file_write(o->write, write_packets, &t);
	if (!r && !o->quiet)
		fprintf(stderr, "spanaudit: %llu packet%s of %llu conversation%s written to '%s'\n",
			(unsigned long long)t.done.packets, plural(t.done.packets),
			(unsigned long long)t.done.conversations, plural(t.done.conversations),
			o->write);
	span_audit_free(t.a);
	return r ? r : code;
}

const struct cmd cmd_extract = {
	.id = CMD_EXTRACT,
	.name = "extract",
	.args = "FINDING|'A -> B:PORT/tcp'|unexpected [OPTION...] FILE... -w OUT",
	.help = "write the packets behind a finding into a file",
	.about = "Judges the captures and writes, as pcapng, the packets behind one finding (its "
		 "id, or the beginning of it), of one connection, or of all findings of the "
		 "family unexpected: "
		 "every packet of the conversations, ICMP errors about them, fragments, and "
		 "for blocked RPC the talk with the mapper. Times, lengths and bytes are those of "
		 "the "
		 "capture; a comment on each packet names its file and number, and the finding "
		 "where it is evidence. An id holds for the site file, roles and rules of the "
		 "audit: give them here too.\n"
		 "\n"
		 "  spanaudit extract F-7c1e --site site.yaml night.pcap -w finding.pcapng\n"
		 "  spanaudit extract 'crm-web -> sql:1433/tcp' night.pcap -w sql.pcapng\n"
		 "  spanaudit extract unexpected night.pcap -w - | tshark -r -",
	.words = "unexpected",
	.files = true,
	.run = run,
};
