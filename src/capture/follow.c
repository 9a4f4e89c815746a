// SPDX-License-Identifier: BSD-2-Clause
#include "capture/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/time.h"
#include "capture/ring.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

struct follow {
	struct follow_options opt;
	char *path;
	bool folder, plain; /* neither: nothing that could grow */
	bool stopped;
	int watching;    /* the inotify watch; -1: none */
	int events;      /* inotify; -1: there is none, the clock will do */
	int64_t look_at; /* monotonic time in ms of the next look at the folder */
	struct ring ring;

	/* The file being read. */
	int fd;
	char *current; /* its path; NULL: none yet */
	struct ring_file file;
	int64_t seen;  /* bytes that the reader was told of */
	int64_t since; /* monotonic time in ms of the last that came */
	bool leaving;  /* something newer is there: one last look */
};

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * MS_PER_S + t.tv_nsec / NS_PER_MS;
}

static void watch(struct follow *f)
{
	enum {
		FOLDER = IN_CREATE | IN_DELETE | IN_MOVE | IN_MODIFY | IN_CLOSE_WRITE |
			 IN_DELETE_SELF | IN_MOVE_SELF,
		PLAIN = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF,
	};

	if (f->events < 0)
		return;
	if (f->watching >= 0)
		inotify_rm_watch(f->events, f->watching);
	f->watching = inotify_add_watch(f->events, f->path, f->folder ? FOLDER : PLAIN);
}

int follow_new(const char *path, const struct follow_options *opt, struct follow **ret)
{
	struct follow *f;
	struct stat st;

	*ret = NULL;
	if (stat(path, &st) < 0)
		return -errno;
	f = calloc(1, sizeof *f);
	if (!f)
		return -ENOMEM;
	f->fd = f->watching = -1;
	f->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	f->opt = *opt;
	if (!f->opt.poll_ms)
		f->opt.poll_ms = MS_PER_S;
	if (!f->opt.settle_ms)
		f->opt.settle_ms = 2 * MS_PER_S;
	if (!f->opt.quiet_ms)
		f->opt.quiet_ms = 10 * MS_PER_S;
	f->folder = S_ISDIR(st.st_mode);
	f->plain = S_ISREG(st.st_mode);
	f->path = strdup(path);
	if (!f->path) {
		follow_free(f);
		return -ENOMEM;
	}
	if (!f->folder && !f->plain) {
		follow_free(f);
		return -EINVAL;
	}
	f->ring.dir = f->path;
	watch(f);
	*ret = f;
	return 0;
}

/* Waits until something may have changed; at most poll_ms. */
static void rest(struct follow *f)
{
	static const uint32_t about_content = IN_MODIFY | IN_ATTRIB;
	struct pollfd p[] = {{.fd = f->opt.stop_fd, .events = POLLIN},
			     {.fd = f->events, .events = POLLIN}};
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	int64_t left = f->look_at - clock_ms(CLOCK_MONOTONIC);
	ssize_t n;

	if (left < 0)
		left = 0;
	if (left > f->opt.poll_ms)
		left = f->opt.poll_ms;
	if (poll(p, N_ELEMENTS(p), (int)left) <= 0)
		return;
	f->stopped |= p[0].revents != 0;
	if (!p[1].revents)
		return;
	while ((n = read(f->events, buffer, sizeof buffer)) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(buffer + at);

			if (e->mask & ~about_content)
				f->look_at = 0;
			at += (ssize_t)(sizeof *e + e->len);
		}
}

bool follow_stopped(const struct follow *f)
{
	struct pollfd p = {.fd = f->opt.stop_fd, .events = POLLIN};

	return f->stopped || poll(&p, 1, 0) > 0;
}

/* Whether it is time to look at names; sets the next time. */
static bool due(struct follow *f)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC);

	if (now < f->look_at)
		return false;
	f->look_at = now + f->opt.poll_ms;
	return true;
}

static void leave(struct follow *f)
{
	struct ring_file *entry;

	if (f->fd < 0)
		return;
	/* What was read of it is no growth to be told of. */
	entry = ring_find(&f->ring, &f->file.id);
	if (!ring_continues(f->fd, &f->file.id))
		f->ring.stats.overwritten++;
	else if (entry && entry->read)
		entry->id = f->file.id;
	close(f->fd);
	f->fd = -1;
}

/* Takes fd, of what has been identified. */
static int hand_out(struct follow *f, int fd, const struct ring_file *file, const char **ret_path)
{
	char *name = strdup(file->name ? file->name : "");

	free(f->current);
	f->current = NULL;
	if (!name || (f->folder ? asprintf(&f->current, "%s/%s", f->path, name)
				: asprintf(&f->current, "%s", f->path)) < 0) {
		free(name);
		close(fd);
		return -ENOMEM;
	}
	free(f->file.name);
	f->file = *file;
	f->file.name = name;
	f->fd = fd;
	f->seen = 0;
	f->since = clock_ms(CLOCK_MONOTONIC);
	f->leaving = false;
	f->ring.stats.files++;
	*ret_path = f->current;
	return 1;
}

static int open_plain(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* 1 got one, 0 not yet, negative errno. */
static int next_of_folder(struct follow *f, const char **ret_path)
{
	struct ring_file *next;
	struct ring_file file;
	char *path;
	int fd, r;

	if (due(f)) {
		r = ring_scan(&f->ring, NULL);
		if (r < 0)
			return r;
	}
	next = ring_next(&f->ring);
	if (!next)
		return 0;
	if (asprintf(&path, "%s/%s", f->path, next->name) < 0)
		return -ENOMEM;
	fd = open_plain(path);
	r = fd < 0 ? -errno : 0;
	free(path);
	file = *next;
	/* Gone since, or another one already: the next scan says so. What cannot be opened is for
	 * the reader to explain. */
	if (r == -ENOENT ||
	    (r == 0 && (!ring_continues(fd, &next->id) || ring_identify(fd, &file.id) < 0 ||
			file.id.ino != next->id.ino))) {
		if (fd >= 0)
			close(fd);
		next->id.mtime_ns = -1;
		f->look_at = 0;
		return 0;
	}
	next->read = true;
	return hand_out(f, fd, &file, ret_path);
}

static int next_of_plain(struct follow *f, const char **ret_path)
{
	struct ring_file file = {.first_ns = TIME_NONE};
	bool again = f->current;
	int fd = open_plain(f->path);

	if (fd < 0)
		return again && errno == ENOENT ? 0 : -errno;
	if (ring_identify(fd, &file.id) < 0 ||
	    (again && file.id.ino == f->file.id.ino && file.id.dev == f->file.id.dev &&
	     ring_continues(fd, &f->file.id))) {
		close(fd);
		return 0;
	}
	watch(f);
	return hand_out(f, fd, &file, ret_path);
}

int follow_next(struct follow *f, const char **ret_path)
{
	leave(f);
	f->look_at = 0;
	while (!follow_stopped(f)) {
		int r = f->folder ? next_of_folder(f, ret_path) : next_of_plain(f, ret_path);

		if (r)
			return r;
		if (f->look_at == 0)
			continue;
		if (!f->folder)
			f->look_at = clock_ms(CLOCK_MONOTONIC) + f->opt.poll_ms;
		rest(f);
	}
	return 0;
}

/* For how long nothing has been written. The file's own time is that of another computer when it is
 * on a network file system; a time to come says nothing. */
static int64_t quiet_for(const struct follow *f)
{
	int64_t here = clock_ms(CLOCK_MONOTONIC) - f->since;
	int64_t there = clock_ms(CLOCK_REALTIME) - f->file.id.mtime_ns / NS_PER_MS;

	return there > here ? there : here;
}

static bool replaced(const struct follow *f)
{
	struct stat st;

	return stat(f->path, &st) == 0 &&
	       (st.st_ino != f->file.id.ino || st.st_dev != f->file.id.dev);
}

/* Whether nothing more is to be expected, after a last look. */
static bool superseded(struct follow *f)
{
	struct ring_file *entry;
	struct stat st;
	int64_t newer;

	if (!f->folder)
		return due(f) && replaced(f);
	if (due(f) && ring_scan(&f->ring, &f->file.id) < 0)
		return true;
	entry = ring_find(&f->ring, &f->file.id);
	if (entry)
		f->file.first_ns = entry->first_ns;
	else if (fstat(f->fd, &st) < 0 || st.st_nlink == 0)
		return true;
	/* The more have come since, the surer; and a fast ring will not wait. */
	newer = (int64_t)ring_newer(&f->ring, &f->file);
	if (newer && quiet_for(f) >= f->opt.settle_ms / (newer * newer))
		return true;
	return ring_next(&f->ring) && quiet_for(f) >= f->opt.quiet_ms;
}

/* NFS looks at its server again when a file is opened (RFC 7530 10.3.1), not before. */
static void ask_the_server(const struct follow *f)
{
	int fd = open_plain(f->current);

	if (fd >= 0)
		close(fd);
}

bool follow_wait(void *user)
{
	struct follow *f = user;

	while (f->fd >= 0 && !follow_stopped(f)) {
		struct stat st;

		if (fstat(f->fd, &st) < 0 || !ring_continues(f->fd, &f->file.id))
			return false;
		if (st.st_size > f->seen) {
			ring_identify(f->fd, &f->file.id);
			f->seen = st.st_size;
			f->since = clock_ms(CLOCK_MONOTONIC);
			return true;
		}
		if (f->leaving)
			return false;
		if (superseded(f)) {
			f->leaving = true;
			ask_the_server(f);
			return true;
		}
		rest(f);
	}
	return false;
}

const struct follow_stats *follow_stats(const struct follow *f)
{
	return &f->ring.stats;
}

struct follow *follow_free(struct follow *f)
{
	if (!f)
		return NULL;
	if (f->fd >= 0)
		close(f->fd);
	if (f->events >= 0)
		close(f->events);
	ring_done(&f->ring);
	free(f->file.name);
	free(f->current);
	free(f->path);
	free(f);
	return NULL;
}
