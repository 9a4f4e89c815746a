// SPDX-License-Identifier: BSD-2-Clause
#include "capture/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "capture/codec.h"
#include "capture/input.h"
#include "capture/sniff.h"
#include "capture/source.h"

static enum folder_kind kind_of(struct input *in, const char *path)
{
	struct errors quiet = {0};
	const struct codec_ops *codec;
	const char *format = NULL;
	int r = input_codec(in, &codec);

	if (r == 0 && codec && !codec->open)
		return FOLDER_CAPTURE;
	if (r == 0 && codec)
		r = input_unpack(in, codec);
	if (r == 0)
		r = input_peek(in, SNIFF_CAPTURE);
	if (r == 0)
		format = sniff(in->head, in->n_head, path, path, codec, &quiet);
	errors_done(&quiet);
	if (format)
		return FOLDER_CAPTURE;
	return r == -ENODATA || (r == 0 && in->n_head < SNIFF_CAPTURE) ? FOLDER_SHORT
								       : FOLDER_FOREIGN;
}

static int64_t first_time(const char *path)
{
	struct errors quiet = {0};
	int64_t first_ns = TIME_NONE;
	bool usage;
	struct source *s = source_open(path, NULL, &quiet, &usage);
	struct batch b;

	if (s && source_next(s, &b) == 0 && b.n)
		first_ns = b.f[0].ts_ns;
	source_close(s);
	errors_done(&quiet);
	return first_ns;
}

enum folder_kind folder_look(const char *path, int64_t *ret_first_ns)
{
	/* A pipe that got in here must not be waited for. */
	struct input in = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
	enum folder_kind kind = FOLDER_FOREIGN;
	struct stat st;

	*ret_first_ns = TIME_NONE;
	if (in.fd >= 0 && fstat(in.fd, &st) == 0 && S_ISREG(st.st_mode))
		kind = kind_of(&in, path);
	input_done(&in);
	if (kind == FOLDER_CAPTURE)
		*ret_first_ns = first_time(path);
	return kind;
}

static int by_name(const void *x, const void *y)
{
	return strverscmp(*(char *const *)x, *(char *const *)y);
}

/* 0 or -ENOMEM. */
static int take(struct dir_captures *d, int fd, const char *dir, const char *name)
{
	struct stat st;
	int64_t first_ns;
	char *path, *skipped;

	if (name[0] == '.' || fstatat(fd, name, &st, 0) < 0)
		return 0;
	d->n_folders += S_ISDIR(st.st_mode);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	if (folder_look(path, &first_ns) == FOLDER_CAPTURE) {
		if (vec_push(&d->paths, path))
			return 0;
		free(path);
		return -ENOMEM;
	}
	free(path);
	if (!vec_grow(&d->skipped))
		return -ENOMEM;
	skipped = strdup(name);
	if (!skipped)
		return -ENOMEM;
	d->skipped.v[d->skipped.n++] = skipped;
	return 0;
}

int dir_captures(const char *dir, struct dir_captures *ret)
{
	DIR *stream = opendir(dir);
	int r = 0;

	*ret = (struct dir_captures){0};
	if (!stream)
		return -errno;
	for (struct dirent *e; r == 0 && (e = readdir(stream));)
		r = take(ret, dirfd(stream), dir, e->d_name);
	closedir(stream);
	if (ret->paths.n)
		qsort(ret->paths.v, ret->paths.n, sizeof *ret->paths.v, by_name);
	if (ret->skipped.n)
		qsort(ret->skipped.v, ret->skipped.n, sizeof *ret->skipped.v, by_name);
	return r;
}

void dir_captures_done(struct dir_captures *d)
{
	for (size_t i = 0; i < d->paths.n; i++)
		free(d->paths.v[i]);
	for (size_t i = 0; i < d->skipped.n; i++)
		free(d->skipped.v[i]);
	vec_done(&d->paths);
	vec_done(&d->skipped);
}
