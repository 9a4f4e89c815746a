// SPDX-License-Identifier: BSD-2-Clause
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/savefile.h"
#include "capture/sniff.h"

static const struct {
	int number;
	const char *what, *hint;
} open_errors[] = {
	{ENOENT, "no such file",
	 "the name may be misspelt, or belong to another folder than the current one\nlook with "
	 "`ls`"},
	{ENOTDIR, "no such file: a part of the path is not a folder",
	 "the name may be misspelt\nlook with `ls` at each folder of it"},
	{EACCES, "permission denied",
	 "its mode, or that of a folder above it, keeps this user out\nlook with `ls -l`, then "
	 "have it "
	 "made readable or run as a user who may read it"},
	{ELOOP, "too many symbolic links", "a link probably points at itself\nlook with `ls -l`"},
	{ENAMETOOLONG, "the file name is too long",
	 "no file can have that name\nwas the content of a list given instead?"},
	{EMFILE, "too many open files",
	 "the limit of this shell is reached\nsee `ulimit -n`, and give fewer files at once"},
};

static void say_errno(int number, const char *doing, const char *name, struct errors *errs)
{
	for (size_t i = 0; i < N_ELEMENTS(open_errors); i++) {
		if (open_errors[i].number != number)
			continue;

		struct error *e = errors_add(errs, false, "%s", open_errors[i].what);

		error_place(e, name, 0, 0, 1);
		error_hint(e, "%s", open_errors[i].hint);
		return;
	}

	struct error *e = errors_add(errs, false, "cannot %s it: %s", doing, strerror(number));

	error_place(e, name, 0, 0, 1);
	error_hint(e, "the disk, the network share or the program at the other end may have "
		      "failed\ncopy the file to a local disk and try that");
}

static struct input *open_input(struct input *in, const char *path, const char *name,
				struct errors *errs, bool *ret_usage, uint64_t *ret_size)
{
	struct stat st;

	*in = (struct input){.fd = -1};
	if (strcmp(path, "-") == 0) {
		in->fd = STDIN_FILENO;
		in->keep = true;
		if (isatty(in->fd)) {
			struct error *e = errors_add(errs, false, "standard input is the keyboard");

			error_hint(e, "`-` reads a capture from a pipe\ntry: "
				      "`tcpdump -w - ... | spanaudit audit -`, or name a file");
			*ret_usage = true;
			return NULL;
		}
	} else {
		in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (in->fd < 0 || fstat(in->fd, &st) < 0) {
		say_errno(errno, "open", name, errs);
		return NULL;
	}
	if (S_ISDIR(st.st_mode)) {
		struct error *e = errors_add(errs, false, "this is a folder, not a capture file");

		error_place(e, name, 0, 0, 1);
		error_hint(e,
			   "name the files in it, in any order\ntry: `spanaudit audit %s/*.pcap*`",
			   in->keep ? "FOLDER" : path);
		return NULL;
	}
	*ret_size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	if (S_ISREG(st.st_mode))
		(void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return in;
}

/* The first bytes tell a capture; more is asked of a pipe only when they do not, so that a slow one
 * is not waited for. */
static const char *look(struct input *in, const char *path, const char *name, struct errors *errs)
{
	struct errors quiet = {0};
	const char *format = NULL;
	int r = input_peek(in, SNIFF_CAPTURE);

	if (r == 0)
		format = sniff(in->head, in->n_head, path, name, &quiet);
	errors_done(&quiet);
	if (format)
		return format;
	if (r == 0)
		r = input_peek(in, SNIFF_ALL);
	if (r < 0) {
		say_errno(-r, "read", name, errs);
		return NULL;
	}
	return sniff(in->head, in->n_head, path, name, errs);
}

struct source *source_open(const char *path, const struct source_options *opt, struct errors *errs,
			   bool *ret_usage)
{
	static const struct source_options none;
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	struct input in;
	uint64_t size = 0;

	if (!open_input(&in, path, name, errs, ret_usage, &size)) {
		input_done(&in);
		return NULL;
	}

	const char *format = look(&in, path, name, errs);

	if (!format) {
		input_done(&in);
		return NULL;
	}

	struct source *s = savefile_open(&in, format, name, opt ? opt : &none, errs, ret_usage);

	if (s) {
		s->path = path;
		s->size = size;
	}
	return s;
}

struct source *source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
	return NULL;
}
