// SPDX-License-Identifier: BSD-2-Clause
/* control - the side that asks: see live_control.h for the one that answers. */
#include <spanaudit/control.h>

#include <errno.h>
#include <spanaudit/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/out.h"
#include "engine/engine.h"

enum { PATIENCE_S = 10, HEAD = 40 };
/* More than any answer has; who sends more is no run. */
static const size_t ANSWER_MOST = (size_t)4 << 30;

struct span_control {
	int fd;
};

char *span_control_path(void)
{
	const char *dirs = getenv("RUNTIME_DIRECTORY");
	char *path;

	/* systemd names several with colons between. */
	if (dirs && *dirs == '/')
		return asprintf(&path, "%.*s/control", (int)strcspn(dirs, ":"), dirs) < 0 ? NULL
											  : path;
	return strdup("/run/spanaudit/control");
}

static const char *why_not(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return "no live run answers there\nstart one (spanaudit live, or systemctl start "
		       "spanaudit), or name its socket: --control PATH";
	case EACCES:
	case EPERM:
		return "the socket is for the run's user and group\nask as root, or as a member of "
		       "that group (spanaudit)";
	case EAGAIN:
	case ETIMEDOUT:
		return "the run is busy, or stopped\nask again in a moment";
	default:
		return "it may be no socket of a live run\nname it: --control PATH";
	}
}

static int refuse(const char *path, int err, FILE *f)
{
	struct errors errs = {0};
	struct out shown = {0}, o = {0};

	if (!f)
		return SPAN_INPUT;
	out_text_z(&shown, path);
	error_hint(
		errors_add(&errs, false, "cannot ask at '%s': %s", out_str(&shown), strerror(err)),
		"%s", why_not(err));
	errors_format(&errs, "spanaudit", &o);
	(void)engine_put(&o, f);
	out_done(&o);
	out_done(&shown);
	errors_done(&errs);
	return SPAN_INPUT;
}

static void be_patient(int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static int reach(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd, err;

	if (strlen(path) >= sizeof to.sun_path)
		return -ENAMETOOLONG;
	memcpy(to.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	be_patient(fd);
	if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	err = errno;
	close(fd);
	return -err;
}

int span_control_open(const char *path, struct span_control **ret, FILE *err)
{
	char *usual = path ? NULL : span_control_path();
	struct span_control *c = calloc(1, sizeof *c);
	int r = c && (path || usual) ? 0 : -ENOMEM;

	*ret = NULL;
	if (r == 0) {
		c->fd = reach(path ? path : usual);
		r = c->fd < 0 ? refuse(path ? path : usual, -c->fd, err) : 0;
	}
	free(usual);
	if (r)
		free(c);
	else
		*ret = c;
	return r;
}

int span_control_adopt(int fd, struct span_control **ret)
{
	*ret = calloc(1, sizeof **ret);
	if (!*ret) {
		close(fd);
		return -ENOMEM;
	}
	be_patient(fd);
	(*ret)->fd = fd;
	return 0;
}

int span_control_fd(const struct span_control *c)
{
	return c->fd;
}

struct span_control *span_control_close(struct span_control *c)
{
	if (c)
		close(c->fd);
	free(c);
	return NULL;
}

/* ------------------------------------------------------------------ a question */

static int failed(int err)
{
	return err == EAGAIN ? -ETIMEDOUT : err == EPIPE ? -ECONNRESET : -err;
}

static int send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return failed(errno);
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int receive_all(int fd, char *p, size_t n)
{
	while (n) {
		ssize_t r = recv(fd, p, n, 0);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return failed(errno);
		if (r == 0)
			return -ECONNRESET;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

/* "ok 123" and its newline, octet by octet: what is behind it is the answer's. */
static int head(int fd, bool *ret_ok, size_t *ret_n)
{
	char line[HEAD];
	size_t n = 0;
	int r = 0;

	while (r == 0 && n < sizeof line - 1 && (!n || line[n - 1] != '\n'))
		r = receive_all(fd, line + n++, 1);
	if (r < 0)
		return r;
	line[n] = 0;

	const char *number = strchr(line, ' ');
	char *end;

	*ret_ok = strncmp(line, "ok ", 3) == 0;
	if (!number || (!*ret_ok && strncmp(line, "error ", 6) != 0) || number[1] < '0' ||
	    number[1] > '9')
		return -EPROTO;
	errno = 0;
	*ret_n = strtoull(number + 1, &end, 10);
	return errno || *end != '\n' || *ret_n > ANSWER_MOST ? -EPROTO : 0;
}

/* Text of n bytes, with a zero behind. */
static int body(int fd, size_t n, char **ret)
{
	char *p = malloc(n + 1);
	int r = p ? receive_all(fd, p, n) : -ENOMEM;

	if (r < 0) {
		free(p);
		return r;
	}
	p[n] = 0;
	*ret = p;
	return 0;
}

int span_control_ask(struct span_control *c, const char *request, char **ret, size_t *ret_n)
{
	bool ok = false;
	int r = strchr(request, '\n') ? -EINVAL : send_all(c->fd, request, strlen(request));

	*ret = NULL;
	*ret_n = 0;
	r = r ? r : send_all(c->fd, "\n", 1);
	r = r ? r : head(c->fd, &ok, ret_n);
	r = r ? r : body(c->fd, *ret_n, ret);
	if (r < 0) {
		*ret_n = 0;
		return r;
	}
	return ok ? SPAN_OK : SPAN_INPUT;
}
