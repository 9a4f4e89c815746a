// SPDX-License-Identifier: BSD-2-Clause
#include "engine/live_syslog.h"

#include <errno.h>
#include <netdb.h>
#include <spanaudit/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"

enum {
	PATIENCE_S = 3, /* for a receiver that takes nothing */
	FACILITY = 3,   /* system daemons: RFC 5424, table 1 */
	HOST = 64,
};

struct syslog {
	bool stream;
	int fd;
	struct sockaddr_storage to;
	socklen_t to_n;
	uint16_t port;
	bool connected;
	unsigned tries; /* to connect again that failed, one after another */
	char host[HOST];
};

/* ------------------------------------------------------------------ open */

static int refuse(struct errors *errs, const char *to, int status, const char *why,
		  const char *hint)
{
	struct out shown = {0};

	out_text_z(&shown, to);
	error_hint(errors_add(errs, false, "--syslog: '%s': %s", out_str(&shown), why), "%s", hint);
	out_done(&shown);
	return status;
}

static int not_understood(struct errors *errs, const char *to)
{
	return refuse(errs, to, SPAN_USAGE, "is no receiver",
		      "write where messages go: unix:/dev/log, udp:192.0.2.7:514 or "
		      "tcp:logs.example.net:601");
}

static int unreachable(struct errors *errs, const char *to, int err)
{
	return refuse(errs, to, SPAN_INPUT, strerror(err),
		      "nobody may listen there\nstart the receiver first: a name is looked up, and "
		      "the socket made, at the start alone");
}

static int open_unix(struct syslog *s, const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	if (!*path || strlen(path) >= sizeof at.sun_path)
		return -ENAMETOOLONG;
	memcpy(at.sun_path, path, strlen(path));
	memcpy(&s->to, &at, sizeof at);
	s->to_n = sizeof at;
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return s->fd < 0 ? -errno : 0;
}

/* "host:port" or "[::1]:port", cut in two. */
static bool cut(char *z, const char **ret_host, const char **ret_port)
{
	char *colon = strrchr(z, ':');

	if (!colon || colon == z || !colon[1])
		return false;
	*colon = 0;
	*ret_port = colon + 1;
	*ret_host = z;
	if (*z == '[' && colon[-1] == ']') {
		colon[-1] = 0;
		*ret_host = z + 1;
	}
	return true;
}

static bool join(struct syslog *s)
{
	static const struct sockaddr none = {.sa_family = AF_UNSPEC};

	/* A TCP socket that was connected once is freed of that first: connect(2). */
	(void)connect(s->fd, &none, sizeof none);
	s->connected = connect(s->fd, (const struct sockaddr *)&s->to, s->to_n) == 0;
	return s->connected;
}

static int open_net(struct syslog *s, const char *host, const char *port)
{
	const struct addrinfo want = {.ai_socktype = s->stream ? SOCK_STREAM : SOCK_DGRAM};
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	struct addrinfo *found = NULL;
	int r = getaddrinfo(host, port, &want, &found);

	if (r)
		return r == EAI_SYSTEM ? -errno : -EHOSTUNREACH;
	memcpy(&s->to, found->ai_addr, found->ai_addrlen);
	s->to_n = found->ai_addrlen;
	s->fd = socket(found->ai_family, (int)want.ai_socktype | SOCK_CLOEXEC, 0);
	freeaddrinfo(found);
	if (s->fd < 0)
		return -errno;
	(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	s->port = s->stream ? (uint16_t)strtoul(port, NULL, 10) : 0;
	return join(s) ? 0 : -errno;
}

static int open_at(struct syslog *s, const char *to, struct errors *errs)
{
	const char *host = NULL, *port = NULL;
	char *copy;
	int r;

	s->stream = strncmp(to, "tcp:", 4) == 0;
	if (strncmp(to, "unix:", 5) == 0) {
		r = open_unix(s, to + 5);
		return r < 0 ? unreachable(errs, to, -r) : 0;
	}
	if (!s->stream && strncmp(to, "udp:", 4) != 0)
		return not_understood(errs, to);
	copy = strdup(to + 4);
	if (!copy)
		return -ENOMEM;
	if (!cut(copy, &host, &port) || !strtoul(port, NULL, 10))
		r = not_understood(errs, to);
	else
		r = open_net(s, host, port);
	free(copy);
	return r < 0 ? unreachable(errs, to, -r) : r;
}

/* RFC 5424, 6.2.4: printable ASCII. */
static void take_host(struct syslog *s)
{
	if (gethostname(s->host, sizeof s->host - 1) < 0 || !*s->host)
		memcpy(s->host, "-", 2);
	for (char *z = s->host; *z; z++)
		if (*z <= ' ' || *z > '~')
			*z = '-';
}

int syslog_open(const char *to, struct errors *errs, struct syslog **ret)
{
	struct syslog *s = calloc(1, sizeof *s);
	int r;

	*ret = NULL;
	if (!s)
		return -ENOMEM;
	s->fd = -1;
	take_host(s);
	r = open_at(s, to, errs);
	if (r) {
		syslog_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

uint16_t syslog_port(const struct syslog *s)
{
	return s->port;
}

struct syslog *syslog_close(struct syslog *s)
{
	if (s && s->fd >= 0)
		close(s->fd);
	free(s);
	return NULL;
}

/* ------------------------------------------------------------------ messages */

void syslog_message(const char *host, int pid, enum syslog_severity severity, int64_t ns,
		    const char *id, const char *text, size_t n, struct out *o)
{
	char at[TIME_TEXT];

	out_printf(o, "<%d>1 %s %s spanaudit %d %.32s - ", FACILITY * 8 + (int)severity,
		   ns == TIME_NONE ? "-" : time_rfc3339(ns, at), host, pid, id);
	while (n && text[n - 1] == '\n')
		n--;
	out_bytes(o, text, n);
}

static bool send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* A connection that broke in the middle of a message begins with the next one. */
static bool send_stream(struct syslog *s, const struct out *o)
{
	struct out framed = {0};
	bool fine;

	if (!s->connected && (s->tries > 1 || !join(s))) {
		s->tries++; /* no more in this judgement */
		return false;
	}
	out_printf(&framed, "%zu ", o->n);
	out_bytes(&framed, out_str(o), o->n);
	fine = !out_failed(&framed) && send_all(s->fd, out_str(&framed), framed.n);
	out_done(&framed);
	s->connected = fine;
	return fine;
}

static bool send_once(struct syslog *s, const struct out *o)
{
	if (s->stream)
		return send_stream(s, o);
	if (s->port || s->to.ss_family != AF_UNIX)
		return send(s->fd, o->p, o->n, MSG_NOSIGNAL) == (ssize_t)o->n;
	return sendto(s->fd, o->p, o->n, MSG_NOSIGNAL, (const struct sockaddr *)&s->to, s->to_n) ==
	       (ssize_t)o->n;
}

bool syslog_send(struct syslog *s, enum syslog_severity severity, int64_t ns, const char *id,
		 const char *text, size_t n)
{
	struct out o = {0};
	bool fine = false;

	syslog_message(s->host, (int)getpid(), severity, ns, id, text, n, &o);
	/* Once more: an error of before may have been told by this call, or the connection was
	 * closed by its other side. */
	for (int i = 0; i < 2 && !fine && !out_failed(&o); i++)
		fine = send_once(s, &o);
	out_done(&o);
	return fine;
}
