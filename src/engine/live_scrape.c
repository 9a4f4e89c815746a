// SPDX-License-Identifier: BSD-2-Clause
/*
 * By libmicrohttpd, without a thread of its own: its epoll descriptor is watched by the loop, and
 * all that it holds is bounded. It is loaded when somebody asks for it. Linked, it and what it
 * needs itself (GnuTLS) would be loaded at each start of every command.
 */
#include "engine/live_scrape.h"

#include <spanaudit/spanaudit.h>

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/out.h"

enum {
	CLIENTS = 8,
	TIMEOUT_S = 10,
	CLIENT_MEMORY = 16 << 10, /* of a request, and the head of its answer */
	BACKLOG = 8,
	FIGURES_MOST = 4 << 20,
	AT_TEXT = 64,
};
static const char LIBRARY[] = "libmicrohttpd.so.12";
/* Prometheus, "Exposition formats", text-based format. */
static const char TYPE[] = "text/plain; version=0.0.4; charset=utf-8";

/* What is used of the library. */
struct http {
	void *library;
	__typeof__(&MHD_start_daemon) start;
	__typeof__(&MHD_stop_daemon) stop;
	__typeof__(&MHD_run) run;
	__typeof__(&MHD_get_daemon_info) info;
	__typeof__(&MHD_create_response_from_buffer) response;
	__typeof__(&MHD_destroy_response) release;
	__typeof__(&MHD_add_response_header) header;
	__typeof__(&MHD_queue_response) queue;
};

struct scrape {
	struct http http;
	struct MHD_Daemon *daemon;
	int figures; /* -1: there are none yet */
};

/* ------------------------------------------------------------------ the library */

/* POSIX dlsym: a function's address comes as that of an object. */
static bool load(struct http *h)
{
	const struct {
		const char *name;
		void *at;
	} wanted[] = {
		{"MHD_start_daemon", &h->start},
		{"MHD_stop_daemon", &h->stop},
		{"MHD_run", &h->run},
		{"MHD_get_daemon_info", &h->info},
		{"MHD_create_response_from_buffer", &h->response},
		{"MHD_destroy_response", &h->release},
		{"MHD_add_response_header", &h->header},
		{"MHD_queue_response", &h->queue},
	};

	h->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!h->library)
		return false;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		void *found = dlsym(h->library, wanted[i].name);

		if (!found)
			return false;
		memcpy(wanted[i].at, &found, sizeof found);
	}
	return true;
}

/* ------------------------------------------------------------------ the place */

union place {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* "ADDRESS:PORT", IPv6 in brackets. The length of *ret; 0: the text is something else. */
static socklen_t place_of(const char *at, union place *ret)
{
	const char *colon = strrchr(at, ':');
	size_t n = colon ? (size_t)(colon - at) : 0;
	bool bracket = n > 2 && at[0] == '[' && at[n - 1] == ']';
	char host[AT_TEXT], *end = NULL;
	struct addr a;
	unsigned long port = colon && colon[1] ? strtoul(colon + 1, &end, 10) : 0;

	if (n >= sizeof host || !end || *end || !port || port > UINT16_MAX)
		return 0;
	memcpy(host, at + bracket, n - 2 * (size_t)bracket);
	host[n - 2 * (size_t)bracket] = '\0';
	if (!addr_parse(host, &a) || !addr_is_loopback(&a) || addr_is_v4(&a) == bracket)
		return 0;
	memset(ret, 0, sizeof *ret);
	if (addr_is_v4(&a)) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		memcpy(&ret->v4.sin_addr, a.b + 12, 4);
		return sizeof ret->v4;
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)port);
	memcpy(&ret->v6.sin6_addr, a.b, 16);
	return sizeof ret->v6;
}

/* The socket, or negative errno. */
static int listen_at(const union place *place, socklen_t n)
{
	int fd = socket(place->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, err;

	if (fd < 0)
		return -errno;
	/* A run that comes after another one does not wait for the ends of its connections. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, &place->any, n) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	err = errno;
	close(fd);
	return -err;
}

/* ------------------------------------------------------------------ answers */

static enum MHD_Result answer(const struct scrape *s, struct MHD_Connection *c, unsigned code,
			      char *text, size_t n)
{
	struct MHD_Response *r = s->http.response(n, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result did;

	if (!r) {
		free(text);
		return MHD_NO;
	}
	s->http.header(r, "Content-Type", TYPE);
	s->http.header(r, "Cache-Control", "no-store");
	s->http.header(r, "X-Content-Type-Options", "nosniff");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		s->http.header(r, "Allow", "GET, HEAD");
	if (code == MHD_HTTP_SERVICE_UNAVAILABLE)
		s->http.header(r, "Retry-After", "10");
	did = s->http.queue(c, code, r);
	s->http.release(r);
	return did;
}

static enum MHD_Result say(const struct scrape *s, struct MHD_Connection *c, unsigned code,
			   const char *words)
{
	char *text = strdup(words);

	return text ? answer(s, c, code, text, strlen(text)) : MHD_NO;
}

static enum MHD_Result figures(const struct scrape *s, struct MHD_Connection *c)
{
	struct stat st;
	size_t n = s->figures >= 0 && fstat(s->figures, &st) == 0 ? (size_t)st.st_size : 0;
	char *text = n && n <= FIGURES_MOST ? malloc(n) : NULL;

	if (!text || pread(s->figures, text, n, 0) != (ssize_t)n) {
		free(text);
		return say(s, c, MHD_HTTP_SERVICE_UNAVAILABLE,
			   "Nothing has been judged yet. Ask again behind the first judgement "
			   "(--every).\n");
	}
	return answer(s, c, MHD_HTTP_OK, text, n);
}

/* Called first when the head of a request is there, and once more when all of it is. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *body,
				  size_t *body_n, void **state)
{
	const struct scrape *s = user;

	(void)version;
	(void)body;
	if (!*state) {
		*state = user;
		return MHD_YES;
	}
	if (*body_n) {
		*body_n = 0; /* nobody wants it */
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return say(s, c, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET is answered.\n");
	if (strcmp(url, "/metrics") != 0)
		return say(s, c, MHD_HTTP_NOT_FOUND, "The figures are at /metrics.\n");
	return figures(s, c);
}

/* ------------------------------------------------------------------ the others */

static int refuse(struct errors *errs, const char *at, const char *what, const char *hint, int r)
{
	struct out shown = {0};

	out_text_z(&shown, at);
	error_hint(errors_add(errs, false, "cannot answer over HTTP at '%s': %s", out_str(&shown),
			      what),
		   "%s", hint);
	out_done(&shown);
	return r;
}

static bool begin(struct scrape *s, int fd)
{
	s->daemon = s->http.start(MHD_USE_EPOLL, 0, NULL, NULL, on_request, s,
				  MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				  (unsigned)CLIENTS, MHD_OPTION_CONNECTION_TIMEOUT,
				  (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				  (size_t)CLIENT_MEMORY, MHD_OPTION_END);
	return s->daemon != NULL;
}

int scrape_open(const char *at, struct errors *errs, struct scrape **ret)
{
	union place place;
	socklen_t n = place_of(at, &place);
	struct scrape *s;
	int fd;

	*ret = NULL;
	if (!n)
		return refuse(errs, at, "it is no loopback address with a port",
			      "figures of a network are for this computer alone; whoever sends "
			      "them further can say to whom\nwrite --metrics-listen "
			      "127.0.0.1:9477, or '[::1]:9477'",
			      SPAN_USAGE);
	s = calloc(1, sizeof *s);
	if (!s)
		return -ENOMEM;
	s->figures = -1;
	if (!load(&s->http)) {
		scrape_close(s);
		return refuse(errs, at, "libmicrohttpd cannot be loaded",
			      "it is not installed, perhaps\ninstall it (Debian: "
			      "libmicrohttpd12), or write a file instead: --metrics FILE",
			      SPAN_INPUT);
	}
	fd = listen_at(&place, n);
	if (fd < 0) {
		scrape_close(s);
		return refuse(errs, at, strerror(-fd),
			      fd == -EADDRINUSE ? "another program has this port, perhaps another "
						  "run\ngive each run a port of its own"
						: "no right to it, or no such address here\nchoose "
						  "another one",
			      SPAN_INPUT);
	}
	if (!begin(s, fd)) {
		close(fd);
		scrape_close(s);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

struct scrape *scrape_close(struct scrape *s)
{
	if (!s)
		return NULL;
	if (s->daemon)
		s->http.stop(s->daemon);
	if (s->figures >= 0)
		close(s->figures);
	if (s->http.library)
		dlclose(s->http.library);
	free(s);
	return NULL;
}

int scrape_fd(const struct scrape *s)
{
	return s->http.info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

void scrape_turn(struct scrape *s)
{
	(void)s->http.run(s->daemon);
}

void scrape_give(struct scrape *s, int fd)
{
	if (s->figures >= 0)
		close(s->figures);
	s->figures = fd;
}
