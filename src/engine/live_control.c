// SPDX-License-Identifier: BSD-2-Clause
#include "engine/live_control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"

enum {
	BACKLOG = 64,
	ADMITTED = 8,                  /* in a turn */
	AT_ONCE = CONTROL_CLIENTS + 2, /* events of a turn */
	PIECE = 64 << 10,
	PIECES = 4, /* of an answer, in a turn */
};
/* Without a request, and without taking a byte of an answer. */
static const int64_t IDLE = 60 * NS_PER_S, STUCK = 20 * NS_PER_S;

struct client {
	int fd; /* -1: free */
	char line[CONTROL_LINE];
	size_t n;
	bool answering, last; /* last: closed behind its answer */
	struct out head;      /* with the text, where there is no file */
	int file;
	uint64_t size, sent; /* of the head and the file */
	int64_t moved_ns;
};

struct control {
	char *path;
	bool made_folder;
	int listener, epoll;
	struct client clients[CONTROL_CLIENTS];
	int own; /* of control_adopt(): a client; -1: none */
};

/* ------------------------------------------------------------------ the socket */

static int refuse(struct errors *errs, const char *path, int err, const char *hint)
{
	struct out shown = {0};

	out_text_z(&shown, path);
	error_hint(errors_add(errs, false, "cannot make the control socket '%s': %s",
			      out_str(&shown), strerror(err)),
		   "%s", hint);
	out_done(&shown);
	return -err;
}

static const char *why_not(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		return "its folder does not exist\nmake it, or choose another place: --control "
		       "PATH";
	case EADDRINUSE:
		return "another run answers there, or a file of another kind has that name\ngive "
		       "each run a socket of its own: --control PATH";
	case ENAMETOOLONG:
		return "the path of a socket has a hundred bytes at most\nchoose a shorter one";
	default:
		return "no right to make it there, perhaps\nchoose another place: --control PATH, "
		       "or do without: --control none";
	}
}

static int name(const char *path, struct sockaddr_un *ret)
{
	size_t n = strlen(path);

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (n >= sizeof ret->sun_path)
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, n);
	return 0;
}

/* What a run left that was killed. */
static bool is_dead(const struct sockaddr_un *at)
{
	struct stat st;
	int fd;
	bool dead;

	if (lstat(at->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	dead = connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 && errno == ECONNREFUSED;
	close(fd);
	return dead;
}

static int bind_alone(int fd, const struct sockaddr_un *at)
{
	mode_t mask = umask(0117);
	int r = bind(fd, (const struct sockaddr *)at, sizeof *at) < 0 ? -errno : 0;

	umask(mask);
	return r;
}

static int listen_at(struct control *c)
{
	struct sockaddr_un at;
	int r = name(c->path, &at);

	if (r < 0)
		return r;
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listener < 0)
		return -errno;
	r = bind_alone(c->listener, &at);
	if (r == -EADDRINUSE && is_dead(&at)) {
		(void)unlink(at.sun_path);
		r = bind_alone(c->listener, &at);
	}
	if (r == 0 && listen(c->listener, BACKLOG) < 0)
		r = -errno;
	if (r < 0) {
		close(c->listener);
		c->listener = -1;
	}
	return r;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash != path ? strndup(path, (size_t)(slash - path)) : NULL;
}

/* /run is empty when a computer has started. */
static void make_folder(struct control *c)
{
	char *folder = folder_of(c->path);

	c->made_folder = folder && mkdir(folder, 0750) == 0;
	free(folder);
}

static int watch(const struct control *c, int fd, uint32_t events, int op)
{
	struct epoll_event e = {.events = events, .data.fd = fd};

	return epoll_ctl(c->epoll, op, fd, &e) < 0 ? -errno : 0;
}

static int answer_at(struct control *c, const char *path)
{
	int r;

	c->path = strdup(path);
	if (!c->path)
		return -ENOMEM;
	make_folder(c);
	r = listen_at(c);
	return r ? r : watch(c, c->listener, EPOLLIN, EPOLL_CTL_ADD);
}

int control_open(const char *path, struct errors *errs, struct control **ret)
{
	struct control *c = calloc(1, sizeof *c);
	int r;

	*ret = NULL;
	if (!c)
		return -ENOMEM;
	c->listener = c->epoll = c->own = -1;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		c->clients[i].fd = c->clients[i].file = -1;
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = c->epoll < 0 ? -errno : path ? answer_at(c, path) : 0;
	if (r < 0) {
		control_close(c);
		return refuse(errs, path ? path : "", -r, why_not(-r));
	}
	*ret = c;
	return 0;
}

void control_give(const struct control *c, uid_t uid, gid_t gid)
{
	char *folder;

	if (!c->path)
		return;
	folder = c->made_folder ? folder_of(c->path) : NULL;
	if (folder)
		(void)!chown(folder, uid, gid);
	(void)!lchown(c->path, uid, gid);
	free(folder);
}

const char *control_path(const struct control *c)
{
	return c->path;
}

int control_fd(const struct control *c)
{
	return c->epoll;
}

int control_beside(const struct control *c, int fd)
{
	return watch(c, fd, EPOLLIN, EPOLL_CTL_ADD);
}

/* ------------------------------------------------------------------ clients */

static void answered(struct client *k)
{
	out_done(&k->head);
	k->head = (struct out){0};
	if (k->file >= 0)
		close(k->file);
	k->file = -1;
	k->size = k->sent = 0;
	k->answering = false;
}

static void drop(struct client *k)
{
	answered(k);
	if (k->fd >= 0)
		close(k->fd); /* and out of epoll with it */
	k->fd = -1;
	k->n = 0;
	k->last = false;
}

struct control *control_close(struct control *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		drop(&c->clients[i]);
	if (c->listener >= 0) {
		close(c->listener);
		(void)unlink(c->path);
	}
	if (c->epoll >= 0)
		close(c->epoll);
	free(c->path);
	free(c);
	return NULL;
}

/* Who comes too much is let go at once, and sees it. The client's number; -1: none. */
static int take_in(struct control *c, int fd, int64_t now_ns)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *k = &c->clients[i];

		if (k->fd >= 0 || (int)i == c->own)
			continue;
		k->fd = fd;
		k->moved_ns = now_ns;
		if (watch(c, fd, EPOLLIN, EPOLL_CTL_ADD) == 0)
			return (int)i;
		drop(k);
		return -1;
	}
	close(fd);
	return -1;
}

int control_adopt(struct control *c, int fd)
{
	c->own = take_in(c, fd, 0);
	return c->own < 0 ? -EMFILE : 0;
}

bool control_left(const struct control *c)
{
	return c->own >= 0 && c->clients[c->own].fd < 0;
}

static void admit(struct control *c, int64_t now_ns)
{
	for (int i = 0; i < ADMITTED; i++) {
		int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		(void)take_in(c, fd, now_ns);
	}
}

/* ------------------------------------------------------------------ answers */

static void begin_answer(struct client *k, struct control_answer *a)
{
	uint64_t size = a->fd >= 0 ? a->size : a->text.n;

	out_printf(&k->head, "%s %" PRIu64 "\n", a->error ? "error" : "ok", size);
	if (a->fd < 0)
		out_bytes(&k->head, out_str(&a->text), a->text.n);
	k->last |= out_failed(&a->text) || out_failed(&k->head);
	k->file = a->fd;
	k->size = k->head.n + (a->fd >= 0 ? size : 0);
	k->sent = 0;
	k->answering = true;
	out_done(&a->text);
}

static void say_too_long(struct client *k)
{
	struct control_answer a = {.error = true, .fd = -1};

	out_printf(&a.text,
		   "a request is too long\nit has no end within %d bytes\nsend a line of words: "
		   "status\n",
		   CONTROL_LINE);
	k->last = true;
	begin_answer(k, &a);
}

/* The first whole line that has come, if there is one. */
static void answer_next(struct client *k, control_fn fn, void *user)
{
	struct control_answer a = {.fd = -1};
	char *end = memchr(k->line, '\n', k->n);

	if (!end) {
		if (k->n == sizeof k->line)
			say_too_long(k);
		return;
	}
	*end = 0;
	if (end > k->line && end[-1] == '\r')
		end[-1] = 0;
	fn(user, k->line, &a);
	k->n -= (size_t)(end + 1 - k->line);
	memmove(k->line, end + 1, k->n);
	begin_answer(k, &a);
}

/* What is to be sent next, at most PIECE bytes; 0 without any. */
static size_t piece(const struct client *k, char buf[PIECE], const char **ret)
{
	size_t want = k->size - k->sent < PIECE ? (size_t)(k->size - k->sent) : PIECE;
	ssize_t n;

	if (k->sent < k->head.n) {
		*ret = k->head.p + k->sent;
		return k->head.n - k->sent < want ? k->head.n - (size_t)k->sent : want;
	}
	*ret = buf;
	n = pread(k->file, buf, want, (off_t)(k->sent - k->head.n));
	return n > 0 ? (size_t)n : 0;
}

static void send_some(struct client *k, int64_t now_ns)
{
	char buf[PIECE];

	for (int i = 0; i < PIECES && k->sent < k->size; i++) {
		const char *p;
		size_t n = piece(k, buf, &p);
		ssize_t w = n ? send(k->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;

		if (w < 0 && n && (errno == EAGAIN || errno == EINTR))
			return;
		if (w < 0) {
			drop(k);
			return;
		}
		k->sent += (uint64_t)w;
		k->moved_ns = now_ns;
	}
	if (k->sent == k->size) {
		answered(k);
		if (k->last)
			drop(k);
	}
}

static void receive(struct client *k, int64_t now_ns)
{
	ssize_t n = recv(k->fd, k->line + k->n, sizeof k->line - k->n, MSG_DONTWAIT);

	if (n > 0) {
		k->n += (size_t)n;
		if (memchr(k->line, '\n', k->n))
			k->moved_ns = now_ns;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		drop(k);
	}
}

/* One request, or a piece of an answer. */
static void serve(const struct control *c, struct client *k, int64_t now_ns, control_fn fn,
		  void *user)
{
	if (!k->answering)
		receive(k, now_ns);
	if (k->fd >= 0 && !k->answering)
		answer_next(k, fn, user);
	if (k->answering)
		send_some(k, now_ns);
	if (k->fd < 0)
		return;
	/* Another line may be here already, and then no event comes for it. */
	if (k->answering || memchr(k->line, '\n', k->n))
		(void)watch(c, k->fd, EPOLLOUT, EPOLL_CTL_MOD);
	else
		(void)watch(c, k->fd, EPOLLIN, EPOLL_CTL_MOD);
}

static struct client *client_of(struct control *c, int fd)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		if (c->clients[i].fd == fd)
			return &c->clients[i];
	return NULL;
}

static void drop_old(struct control *c, int64_t now_ns)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *k = &c->clients[i];

		if ((int)i != c->own && k->fd >= 0 &&
		    now_ns - k->moved_ns > (k->answering ? STUCK : IDLE))
			drop(k);
	}
}

void control_turn(struct control *c, int64_t now_ns, control_fn fn, void *user)
{
	struct epoll_event v[AT_ONCE];
	int n = epoll_wait(c->epoll, v, AT_ONCE, 0);

	for (int i = 0; i < n; i++) {
		struct client *k = client_of(c, v[i].data.fd);

		if (v[i].data.fd == c->listener)
			admit(c, now_ns);
		else if (k)
			serve(c, k, now_ns, fn, user);
	}
	drop_old(c, now_ns);
}
