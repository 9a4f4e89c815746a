// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_metrics - figures for Prometheus: a file for the textfile collector of its node exporter,
 * and what is answered over HTTP (live_scrape.c).
 *
 * Both are written by the process that judged, so the one that takes packets does not wait for a
 * disk and makes no text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/live_run.h"

/* Another user reads it; nothing in it is a secret: figures and the site's name. */
enum { MODE = 0644 };

/* The descriptor is closed. */
static int put(const struct span_audit *a, int fd)
{
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	char now[TIME_TEXT];
	const struct span_write_options how = {.made = time_rfc3339(live_real_ns(), now)};
	int r;

	if (!f) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	r = span_audit_write(a, "prom", &how, f);
	if (fclose(f) != 0 && r == 0)
		r = -errno;
	return r;
}

int live_metrics_into(const struct span_audit *a, int fd)
{
	return put(a, fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

static int write_to(const struct span_audit *a, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE);

	if (fd >= 0)
		(void)!fchmod(fd, MODE);
	return put(a, fd);
}

void live_metrics(const struct span_audit *a)
{
	const char *path = a->live->opt.metrics;
	struct out beside = {0};
	int r;

	if (!path)
		return;
	out_puts(&beside, path);
	out_puts(&beside, ".new"); /* no *.prom, so that nobody collects half of it */
	r = out_failed(&beside) ? -ENOMEM : write_to(a, out_str(&beside));
	if (r == 0 && rename(out_str(&beside), path) < 0)
		r = -errno;
	if (r < 0)
		live_tell(a->live, SPAN_LIVE_TROUBLE, "the metrics could not be written: %s",
			  strerror(-r));
	out_done(&beside);
}
