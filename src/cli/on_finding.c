// SPDX-License-Identifier: BSD-2-Clause
/*
 * on_finding - a helper process that runs a command for what is found, so that the process that
 * reads packets never has to start one.
 *
 * It is begun while there are rights, gives up user and capabilities, and hears of events over a
 * socket that never makes the sender wait. Events that come together are one run of the command,
 * which gets them on its standard input: one run at a time, one in ten seconds, ended after a
 * minute. What does not fit is dropped by the sender, and counted there.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

enum {
	TOGETHER_MS = 300, /* events that follow within it */
	PAUSE_MS = 10000,  /* from one run to the next */
	LIMIT_MS = 60000,  /* of a run */
	EVENT = 64 << 10,
	BATCH = 1 << 20,
	ROOM = 4 << 20, /* events that wait in the socket */
	MS_PER_S = 1000,
	NS_PER_MS = 1000000,
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * MS_PER_S + t.tv_nsec / NS_PER_MS;
}

static bool wait_for(int fd, short events, int64_t until_ms)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = until_ms - now_ms();

	return left > 0 && poll(&p, 1, (int)left) > 0;
}

/* ------------------------------------------------------------------ the command */

static pid_t start(const char *command, int *ret_fd)
{
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGINT, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		dup2(p[0], STDIN_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(p[0]);
	*ret_fd = p[1];
	if (pid < 0)
		close(p[1]);
	return pid;
}

/* A command that does not read has the rest withheld, and its time. */
static void feed(int fd, const struct out *o, int64_t until_ms)
{
	size_t at = 0;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (at < o->n && wait_for(fd, POLLOUT, until_ms)) {
		ssize_t w = write(fd, o->p + at, o->n - at);

		if (w > 0)
			at += (size_t)w;
		else if (errno != EAGAIN && errno != EINTR)
			break;
	}
	close(fd);
}

static void finish(pid_t pid, int64_t until_ms)
{
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (now_ms() >= until_ms) {
			kill(-pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return;
		}
		poll(NULL, 0, 20);
	}
}

static void run(const char *command, const struct out *o)
{
	int64_t until = now_ms() + LIMIT_MS;
	int fd;
	pid_t pid = start(command, &fd);

	if (pid < 0)
		return;
	feed(fd, o, until);
	finish(pid, until);
}

/* ------------------------------------------------------------------ the helper */

/* What comes together. False at the end. */
static bool gather(int fd, char *buf, struct out *o)
{
	int64_t until = INT64_MAX;
	bool open = true;

	out_reset(o);
	while (open && o->n < BATCH && (!o->n || wait_for(fd, POLLIN, until))) {
		ssize_t n = recv(fd, buf, EVENT, 0);

		open = n > 0 || (n < 0 && errno == EINTR);
		if (n > 0)
			out_bytes(o, buf, (size_t)n);
		if (o->n && until == INT64_MAX)
			until = now_ms() + TOGETHER_MS;
	}
	return open;
}

static void help(int fd, const char *command)
{
	char *buf = malloc(EVENT);
	struct out o = {0};
	bool open = buf;

	while (open) {
		open = gather(fd, buf, &o);
		if (!o.n)
			continue;
		int64_t next = now_ms() + PAUSE_MS;

		run(command, &o);
		/* At the end nobody waits. */
		while (open && now_ms() < next) {
			struct pollfd p = {.fd = fd};

			if (poll(&p, 1, (int)(next - now_ms())) > 0 && p.revents & POLLHUP)
				break;
		}
	}
	out_done(&o);
	free(buf);
}

static void become(uid_t uid, gid_t gid)
{
	if (uid != (uid_t)-1 && (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0 ||
				 setresuid(uid, uid, uid) < 0))
		_exit(1);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(1);
}

/* Whoever waits for the end of what else is open, such as a view for its run's, would wait for us.
 */
static void close_others(int fd)
{
	if (fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0U, 0);
}

int on_finding_begin(const char *command, uid_t uid, gid_t gid, struct on_finding *ret)
{
	const int room = ROOM;
	int s[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) < 0)
		return -errno;
	(void)setsockopt(s[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	fflush(NULL);
	ret->pid = fork();
	if (ret->pid == 0) {
		close_others(s[0]);
		/* Ctrl-C is for who takes packets: what it finds last is still to be told. */
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		become(uid, gid);
		help(s[0], command);
		_exit(0);
	}
	close(s[0]);
	if (ret->pid < 0) {
		close(s[1]);
		return -errno;
	}
	ret->fd = s[1];
	return 0;
}

void on_finding_end(struct on_finding *f)
{
	int64_t until = now_ms() + LIMIT_MS;

	if (f->pid <= 0)
		return;
	close(f->fd);
	while (waitpid(f->pid, NULL, WNOHANG) == 0 && now_ms() < until)
		poll(NULL, 0, 20);
	f->pid = 0;
}
