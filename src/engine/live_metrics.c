// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_metrics - figures for Prometheus, for the textfile collector of its node exporter.
 *
 * A file and no port: whoever scrapes over the network would need a socket and a thread in a
 * process that is to have neither, for text that changes once a judgement. It is written by the
 * process that judged, so the one that takes packets does not wait for a disk.
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

static int write_to(const struct span_audit *a, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE), r;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	char now[TIME_TEXT];
	const struct span_write_options how = {.made = time_rfc3339(live_real_ns(), now)};

	if (!f) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	(void)!fchmod(fd, MODE);
	r = span_audit_write(a, "prom", &how, f);
	if (fclose(f) != 0 && r == 0)
		r = -errno;
	return r;
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
