// SPDX-License-Identifier: BSD-2-Clause
/* Opening a configuration file, and what to say when that fails. */
#include "config/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_error(const char *path, int err, struct errors *errs)
{
	static const struct {
		int err;
		const char *why, *hint;
	} rows[] = {
		{ENOENT, "there is no such file", "check the spelling and the current directory"},
		{ENOTDIR, "a part of the path is no directory", "check the spelling of the path"},
		{EACCES, "permission denied", "let this user read it: chmod or chown the file"},
		{EISDIR, "it is a directory", "name a file in it"},
		{ELOOP, "its symbolic links point at each other", "name the file itself"},
		{EMFILE, "too many files are open", "raise the limit: ulimit -n"},
		{ENAMETOOLONG, "the name is too long", "check the spelling of the path"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		if (rows[i].err != err)
			continue;
		error_hint(errors_add(errs, false, "cannot read '%s': %s", path, rows[i].why), "%s",
			   rows[i].hint);
		return;
	}
	error_hint(errors_add(errs, false, "cannot read '%s': %s", path, strerror(err)),
		   "see whether other programs can read it");
}

/* Pipes are read too (`--site <(...)`), so the size is known at the end only. */
static int read_all(int fd, char *buf, size_t cap, size_t *ret_n)
{
	size_t n = 0;

	while (n < cap) {
		ssize_t got = read(fd, buf + n, cap - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_n = n;
	return 0;
}

char *config_slurp(const char *path, bool dash, size_t cap, size_t *ret_n, struct errors *errs)
{
	bool standard = dash && strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *buf;
	int r;

	if (fd < 0) {
		open_error(path, errno, errs);
		return NULL;
	}
	buf = malloc(cap);
	if (!buf)
		r = -ENOMEM;
	else if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		r = -EISDIR;
	else
		r = read_all(fd, buf, cap, ret_n);
	if (r < 0) {
		open_error(path, -r, errs);
		free(buf);
		buf = NULL;
	}
	if (!standard)
		close(fd);
	return buf;
}
