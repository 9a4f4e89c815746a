// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/opt.h"

enum { FILE_MAX = 1 << 20 }; /* what a file of waivers may be */
static const char default_file[] = "waivers.yaml";

static int no_file(void)
{
	say("Name one or more: --waivers waivers.yaml", "no file of waivers was given");
	return EXIT_USAGE;
}

static int list(const struct options *o, char *const *args, size_t n)
{
	struct span_audit *a;
	int code, r;

	if (n) {
		say("Files of waivers go after -W: spanaudit waiver list -W waivers.yaml",
		    "'waiver list' takes no argument");
		return EXIT_USAGE;
	}
	if (!o->waivers.n)
		return no_file();
	code = run_setup(o, NULL, 0, &a);
	if (code)
		return code;
	r = span_audit_write_waivers(a, stdout);
	if (r)
		code = say_status(NULL, r, o);
	span_audit_free(a);
	return code;
}

static int check(const struct options *o, char *const *args, size_t n)
{
	struct span_audit *a;
	bool bad = false;
	int code, r;

	if (!o->waivers.n)
		return no_file();
	code = run_audit(o, args, n, &a);
	if (!a)
		return code;
	r = span_audit_check_waivers(a, term_width(), stdout, &bad);
	if (r)
		code = say_status(NULL, r, o);
	else if (!code && bad)
		code = EXIT_FINDINGS;
	span_audit_free(a);
	return code;
}

/* What a file holds; nothing when it does not exist. 0 or an exit code. */
static int read_whole(const char *path, char **ret, size_t *ret_n)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	char *p = NULL;
	size_t n = 0;
	int err;

	*ret = NULL;
	*ret_n = 0;
	if (!f && errno == ENOENT)
		return 0;
	if (!f || fstat(fileno(f), &st) != 0)
		goto fail;
	errno = S_ISDIR(st.st_mode) ? EISDIR : S_ISREG(st.st_mode) ? 0 : EINVAL;
	if (errno)
		goto fail;
	p = malloc(FILE_MAX + 1);
	if (!p)
		goto fail;
	n = fread(p, 1, FILE_MAX + 1, f);
	if (ferror(f))
		goto fail;
	if (n > FILE_MAX) {
		errno = EFBIG;
		goto fail;
	}
	fclose(f);
	*ret = p;
	*ret_n = n;
	return 0;
fail:
	err = errno;
	if (f)
		fclose(f);
	free(p);
	say("A file of waivers is a small text file that you may read and write.",
	    "cannot read '%s': %s", path, strerror(err));
	return EXIT_FAILED;
}

struct text {
	const char *z;
};

static int write_text(void *user, FILE *f)
{
	const struct text *t = user;

	return fputs(t->z, f) < 0 ? -errno : 0;
}

/* A link stays a link: what it points at is written. */
static int write_there(const char *path, struct text *t)
{
	char *real = realpath(path, NULL);
	struct stat st;
	bool known = real && stat(real, &st) == 0;
	int code = file_write(real ? real : path, write_text, t);

	if (!code && known) /* as it was: it may name people */
		(void)chmod(real, st.st_mode & 07777);
	free(real);
	return code;
}

static bool add_said_all(const struct options *o, size_t n)
{
	static const char example[] =
		"All of these are needed: spanaudit waiver add F-7c1e0a5b2d44 \\\n"
		"  --reason \"backup agent\" --owner network-team \\\n"
		"  --expires 2024-09-30T23:59:59+02:00";

	if (n != 1) {
		say(example, n ? "one finding at a time can be waived" : "no finding was named");
		return false;
	}
	if (o->reason && o->owner && o->expires)
		return true;
	say(example, "no --%s was given", !o->reason ? "reason" : !o->owner ? "owner" : "expires");
	return false;
}

static int add_to(const char *path, const struct options *o, const char *finding)
{
	struct options alone = *o;
	struct text text = {0};
	struct span_audit *a;
	char id[65], *src, *made = NULL;
	size_t size;
	int code;

	code = read_whole(path, &src, &size);
	if (code)
		return code;
	alone.waivers.n = 0; /* it need not exist, and is read where its text is at hand */
	code = run_setup(&alone, NULL, 0, &a);
	if (!code) {
		const struct span_waiver w = {
			.finding = finding,
			.reason = o->reason,
			.owner = o->owner,
			.approved_by = o->approved_by,
			.ticket = o->ticket,
			.expires = o->expires,
		};

		code = say_status(
			a, span_audit_add_waiver(a, &w, path, src ? src : "", size, id, &made), o);
		if (!code) {
			text.z = made;
			code = write_there(path, &text);
		}
		if (!code && !o->quiet)
			printf("%s: added %s, which waives %s until %s\n", path, id, finding,
			       o->expires);
		span_audit_free(a);
	}
	free(made);
	free(src);
	return code;
}

static int add(const struct options *o, char *const *args, size_t n)
{
	const char *path = o->waivers.n ? o->waivers.v[0] : default_file;
	int lock, code;

	if (!add_said_all(o, n))
		return EXIT_USAGE;
	if (o->waivers.n > 1) {
		say("Name one: -W waivers.yaml", "a waiver goes into one file");
		return EXIT_USAGE;
	}
	lock = file_lock(path);
	code = add_to(path, o, args[0]);
	file_unlock(lock);
	return code;
}

static int run(const struct options *o)
{
	static const struct {
		const char *word;
		int (*run)(const struct options *o, char *const *args, size_t n);
	} rows[] = {{"list", list}, {"check", check}, {"add", add}};

	for (size_t i = 0; o->n_args && i < N_ELEMENTS(rows); i++)
		if (strcmp(rows[i].word, o->args[0]) == 0)
			return rows[i].run(o, o->args + 1, o->n_args - 1);
	say("It can be list, check or add: spanaudit waiver list -W waivers.yaml",
	    o->n_args ? "'waiver %s' is unknown" : "what to do with waivers?%s",
	    o->n_args ? o->args[0] : "");
	return EXIT_USAGE;
}

const struct cmd cmd_waiver = {
	.id = CMD_WAIVER,
	.name = "waiver",
	.args = "[OPTION...] list|check|add [FINDING|FILE...]",
	.help = "recorded exceptions: list, check against captures, add",
	.about = "list prints the waivers of a file with their owners and days left. check reads "
		 "captures as audit does, and says which waivers cover a finding, which cover "
		 "nothing and which have expired; it exits with 1 when there is one of the latter "
		 "two. add appends one for the id of a finding to a file (-W, else waivers.yaml), "
		 "which it makes if need be; what stands in it is left as it is.\n"
		 "\n"
		 "  spanaudit waiver list -W waivers.yaml\n"
		 "  spanaudit waiver check -W waivers.yaml --site site.yaml night.pcap\n"
		 "  spanaudit waiver add F-7c1e0a5b2d44 --owner network-team --ticket CHG-1291 \\\n"
		 "    --reason \"backup agent\" --expires 2024-09-30T23:59:59+02:00",
	.words = "list check add",
	.files = true,
	.run = run,
};
