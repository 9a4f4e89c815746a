// SPDX-License-Identifier: BSD-2-Clause
/* file - results reach the disk whole or not at all, and standard output is checked. */
#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

static int fail(const char *path, int err)
{
	const char *hint = "Nothing was changed. Choose another place.";

	if (err == ENOSPC || err == EDQUOT)
		hint = "The disk is full or its quota used up. Nothing was left behind; free "
		       "space, or "
		       "choose another place.";
	else if (err == EACCES || err == EPERM || err == EROFS)
		hint = "No right to write there. Choose another place, or ask for the right.";
	else if (err == ENOENT || err == ENOTDIR)
		hint = "Its folder does not exist. Make it first: mkdir -p";
	else if (err == EISDIR)
		hint = "It is a folder. Give a file name in it, such as report.json.";
	say(hint, "cannot write '%s': %s", path, strerror(err));
	return EXIT_FAILED;
}

/* Devices and pipes have no half-written state to hide: straight into them. */
static int write_through(const char *path, int (*fn)(void *user, FILE *f), void *user)
{
	FILE *f = fopen(path, "we");
	int r;

	if (!f)
		return fail(path, errno);
	r = fn(user, f);
	if (fflush(f) != 0 && r == 0)
		r = -errno;
	if (fclose(f) != 0 && r == 0)
		r = -errno;
	return r < 0 ? fail(path, -r) : r;
}

/* The folder that a file is in; -1 without one. */
static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	free(dir);
	return fd;
}

/* The new name is on disk only when its folder is. */
static void sync_folder(const char *path)
{
	int fd = open_folder(path);

	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
}

/* The file itself will not do: who waits for it would then hold one that has been replaced. */
int file_lock(const char *path)
{
	char *real = realpath(path, NULL);
	int fd = open_folder(real ? real : path);

	free(real);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	return fd;
}

void file_unlock(int lock)
{
	if (lock >= 0)
		close(lock);
}

static int fill(int fd, int (*fn)(void *user, FILE *f), void *user)
{
	mode_t mask = umask(0);
	FILE *f;
	int r;

	umask(mask);
	if (fchmod(fd, 0666 & ~mask) != 0 || !(f = fdopen(fd, "w"))) {
		r = -errno;
		close(fd);
		return r;
	}
	r = fn(user, f);
	if (r == 0 && (fflush(f) != 0 || fsync(fd) != 0))
		r = -errno;
	if (fclose(f) != 0 && r == 0)
		r = -errno;
	return r;
}

/* 0, negative errno, or what fn returned. */
static int replace(const char *path, int (*fn)(void *user, FILE *f), void *user)
{
	char *temp;
	int fd, r;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		free(temp);
		return r;
	}
	r = fill(fd, fn, user);
	if (r == 0 && rename(temp, path) != 0)
		r = -errno;
	if (r)
		unlink(temp);
	else
		sync_folder(path);
	free(temp);
	return r;
}

int file_write(const char *path, int (*fn)(void *user, FILE *f), void *user)
{
	struct stat st;
	int r;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return fail(path, EISDIR);
		if (!S_ISREG(st.st_mode))
			return write_through(path, fn, user);
	}
	r = replace(path, fn, user);
	return r < 0 ? fail(path, -r) : r;
}

int file_keep(const char *path, uid_t uid, gid_t gid, struct kept *ret)
{
	const int how = O_WRONLY | O_CLOEXEC | O_NOCTTY;

	*ret = (struct kept){.path = path};
	ret->fd = open(path, how | O_CREAT | O_EXCL, 0666);
	ret->made = ret->fd >= 0;
	if (ret->fd < 0 && errno == EEXIST)
		ret->fd = open(path, how);
	if (ret->fd < 0)
		return fail(path, errno);
	if (ret->made && uid != (uid_t)-1 && fchown(ret->fd, uid, gid) < 0)
		return fail(path, errno);
	return 0;
}

static int write_whole(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

/* What was there before stays until all of the new text is known; half of it never stays. */
static int overwrite(int fd, int (*fn)(void *user, FILE *f), void *user)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct stat st;
	bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	int r = f ? fn(user, f) : -ENOMEM;

	if (f && fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0 && regular && ftruncate(fd, 0) < 0)
		r = -errno;
	if (r == 0)
		r = write_whole(fd, text, n);
	if (r == 0 && regular && fsync(fd) < 0)
		r = -errno;
	if (r < 0 && regular)
		(void)!ftruncate(fd, 0);
	free(text);
	return r;
}

int file_write_kept(struct kept *k, int (*fn)(void *user, FILE *f), void *user)
{
	struct stat st;
	bool regular = fstat(k->fd, &st) == 0 && S_ISREG(st.st_mode);
	int r = regular ? replace(k->path, fn, user) : -EACCES;

	if (r == -EACCES || r == -EPERM || r == -EROFS)
		r = overwrite(k->fd, fn, user);
	k->written = r == 0;
	return r < 0 ? fail(k->path, -r) : r;
}

void file_unkeep(struct kept *k)
{
	if (k->fd < 0)
		return;
	close(k->fd);
	if (k->made && !k->written)
		unlink(k->path);
	k->fd = -1;
}

void put(const struct out *o)
{
	fwrite(out_str(o), 1, o->n, stdout);
}

int stdout_failed(int status)
{
	/* A reader that went away has seen enough, and knows it. */
	if (status != -EPIPE)
		say("The output is not complete. Free space, or write to a file with -o.",
		    "cannot write to standard output: %s", strerror(-status));
	return EXIT_FAILED;
}

int close_stdout(int code)
{
	bool failed = ferror(stdout);
	bool pending = __fpending(stdout) != 0;
	int err = 0;

	if (fclose(stdout) != 0)
		err = errno;
	if (failed)
		return code == EXIT_FAILED ? code : stdout_failed(-(err ? err : EIO));
	/* Closed from the start (`>&-`) and never written to is nobody's loss. */
	if (!err || (err == EBADF && !pending))
		return code;
	return stdout_failed(-err);
}
