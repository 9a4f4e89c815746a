// SPDX-License-Identifier: BSD-2-Clause
/*
 * systemd's readiness protocol: a datagram of lines to the socket that NOTIFY_SOCKET names. See
 * sd_notify(3), "Notes", which promises that it stays as simple as this.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/live_run.h"

/* Half of what the watchdog allows, as sd_watchdog_enabled(3) advises. */
static int64_t watchdog(void)
{
	const char *pid = getenv("WATCHDOG_PID"), *usec = getenv("WATCHDOG_USEC");

	if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;

	long long us = strtoll(usec, NULL, 10);

	return us > 0 && us < INT64_MAX / NS_PER_US ? us * NS_PER_US / 2 : 0;
}

int live_notify_open(int64_t *ret_watchdog_ns)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	*ret_watchdog_ns = 0;
	if (n < 2 || n >= sizeof to.sun_path || (*path != '/' && *path != '@'))
		return -1;
	memcpy(to.sun_path, path, n);
	if (*path == '@') /* an abstract one */
		to.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* Connected now: the confined process does not see the path any more. */
	if (connect(fd, (const struct sockaddr *)&to,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0) {
		close(fd);
		return -1;
	}
	*ret_watchdog_ns = watchdog();
	return fd;
}

void live_notify(const struct live_run *l, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	if (l->notify_fd < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n > 0)
		(void)send(l->notify_fd, text,
			   (size_t)n < sizeof text ? (size_t)n : sizeof text - 1,
			   MSG_NOSIGNAL | MSG_DONTWAIT);
}
