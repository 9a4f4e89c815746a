// SPDX-License-Identifier: BSD-2-Clause
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/codec.h"
#include "capture/reader.h"
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

/* A compressed file that fails at its first bytes. */
static void say_codec_failed(const struct input *in, const struct codec_ops *codec, int r,
			     const char *path, const char *name, struct errors *errs)
{
	const char *file = strcmp(path, "-") == 0 ? "FILE" : path;
	struct error *e;

	if (r == -EBADMSG && codec_beyond(in->codec)) {
		e = errors_add(errs, false, "compressed with %s, but %s", codec->name, in->why);
		error_hint(e,
			   "a long window finds repetitions far apart, and costs that much memory "
			   "to unpack\ntry: `%s %s | spanaudit audit -`",
			   codec->unpack, file);
	} else if (r == -EBADMSG) {
		e = errors_add(errs, false, "cannot be unpacked: %s", in->why);
		error_hint(e,
			   "the file or its copy is damaged\ncopy it again, and see what "
			   "`%s %s >/dev/null` says of it",
			   codec->unpack, file);
	} else if (r == -ENODATA) {
		e = errors_add(errs, false, "cannot be unpacked: %s, and before any packet",
			       in->why);
		error_hint(e, "the capture or its copy was cut short, perhaps by a full disk\ncopy "
			      "it again, or record it again");
	} else {
		say_errno(-r, "read", name, errs);
		return;
	}
	error_place(e, name, 0, 0, 1);
}

static void say_user_data(const char *name, struct errors *errs)
{
	struct error *e =
		errors_add(errs, false,
			   "it begins with a frame of user data, as zstd and lz4 have it, "
			   "and neither follows");

	error_place(e, name, 0, 0, 1);
	error_hint(e, "the file is not whole, or holds no capture\ncopy it again, and see what "
		      "`zstdcat` or `lz4cat` says of it");
}

static void say_left_out(const struct codec_ops *codec, const char *path, const char *name,
			 struct errors *errs)
{
	struct error *e = errors_add(errs, false,
				     "this is compressed with %s, which this spanaudit was built "
				     "without",
				     codec->name);

	error_place(e, name, 0, 0, 1);
	error_hint(e,
		   "`spanaudit version` lists what it unpacks\nunpack it first: "
		   "`%s %s | spanaudit audit -`, or install %s and build spanaudit again",
		   codec->unpack, strcmp(path, "-") == 0 ? "FILE" : path, codec->package);
}

/* The first bytes tell a capture; more is asked of a pipe only when they do not, so that a slow one
 * is not waited for. */
static const char *look_inside(struct input *in, const struct codec_ops *outer, const char *path,
			       const char *name, struct errors *errs)
{
	struct errors quiet = {0};
	const char *format = NULL;
	int r = input_peek(in, SNIFF_CAPTURE);

	if (r == 0)
		format = sniff(in->head, in->n_head, path, name, outer, &quiet);
	errors_done(&quiet);
	if (format)
		return format;
	if (r == 0)
		r = input_peek(in, SNIFF_ALL);
	if (r == 0 && in->cut && in->n_head < SNIFF_CAPTURE)
		r = -ENODATA;
	if (r < 0 && outer)
		say_codec_failed(in, outer, r, path, name, errs);
	else if (r < 0)
		say_errno(-r, "read", name, errs);
	else
		return sniff(in->head, in->n_head, path, name, outer, errs);
	return NULL;
}

static const char *look(struct input *in, const char *path, const char *name, struct errors *errs)
{
	const struct codec_ops *codec = NULL;
	int r = input_codec(in, &codec);

	if (r == 0 && codec && !codec->open) {
		say_left_out(codec, path, name, errs);
		return NULL;
	}
	if (r == 0 && codec)
		r = input_unpack(in, codec);
	if (r == -EBADMSG) {
		say_user_data(name, errs);
		return NULL;
	}
	if (r < 0) {
		say_errno(-r, "read", name, errs);
		return NULL;
	}
	return look_inside(in, codec, path, name, errs);
}

struct source *source_open(const char *path, const struct source_options *opt, struct errors *errs,
			   bool *ret_usage)
{
	static const struct source_options none;
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	const char *codec;
	struct input in;
	uint64_t size = 0;

	if (!open_input(&in, path, name, errs, ret_usage, &size)) {
		input_done(&in);
		return NULL;
	}

	if (opt) {
		in.wait = opt->wait;
		in.wait_user = opt->wait_user;
	}

	const char *format = look(&in, path, name, errs);

	if (!format) {
		input_done(&in);
		return NULL;
	}

	codec = in.codec ? codec_kind(in.codec)->name : NULL;

	if (!opt)
		opt = &none;

	struct source *s = opt->reader == READER_LIBPCAP
				   ? savefile_open(&in, format, name, opt, errs, ret_usage)
				   : reader_open(&in, format, name, opt, errs, ret_usage);

	if (s) {
		s->path = path;
		s->size = size;
		s->codec = codec;
	}
	return s;
}

bool source_has_interface(struct source *s, const struct source_interface *i)
{
	for (size_t k = 0; k < s->interfaces.n; k++) {
		const struct source_interface *old = &s->interfaces.v[k];

		if (old->linktype == i->linktype && old->snaplen == i->snaplen &&
		    !strcmp(old->name, i->name) && !strcmp(old->filter, i->filter))
			return true;
	}
	return s->interfaces.n >= SOURCE_INTERFACES || vec_push(&s->interfaces, *i);
}

struct source *source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
	return NULL;
}
