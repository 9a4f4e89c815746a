// SPDX-License-Identifier: BSD-2-Clause
/* progress - one line on a terminal while a long run lasts; nothing anywhere else. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/cli.h"
#include "cli/opt.h"

enum { LINE = 79 }; /* columns; the last one stays free, terminals wrap there */

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

void progress_begin(struct progress *p, const struct options *o)
{
	const char *term = getenv("TERM");

	*p = (struct progress){
		.on = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0 && !o->quiet &&
		      !(o->progress && strcmp(o->progress, "never") == 0),
		.began_ns = now_ns(),
	};
}

static void rate(struct out *o, uint64_t packets, int64_t ns)
{
	uint64_t per_s = (uint64_t)((double)packets * 1e9 / (double)ns);

	if (per_s >= 1000000)
		out_printf(o, "%" PRIu64 ".%" PRIu64 " M packets/s", per_s / 1000000,
			   per_s % 1000000 / 100000);
	else if (per_s >= 1000)
		out_printf(o, "%" PRIu64 " k packets/s", per_s / 1000);
	else
		out_printf(o, "%" PRIu64 " packets/s", per_s);
}

void progress_tell(void *user, const char *path, uint64_t bytes, uint64_t total, uint64_t packets)
{
	struct progress *p = user;
	struct out name = {0}, tail = {0};
	int64_t now = now_ns();

	if (!p->path || strcmp(p->path, path) != 0) {
		p->path = path;
		p->file_began_ns = now;
	}
	if (!p->on || now - p->began_ns < NS_PER_S || now - p->last_ns < NS_PER_S / 5)
		return;
	p->last_ns = now;

	int64_t spent = now - p->file_began_ns;

	if (total && bytes <= total)
		out_printf(&tail, "  %3" PRIu64 " %%", bytes * 100 / total);
	out_puts(&tail, "  ");
	rate(&tail, packets, now - p->began_ns);
	if (total && bytes && bytes <= total && spent > NS_PER_S / 2) {
		double left = (double)spent / (double)bytes * (double)(total - bytes) / 1e9;

		out_printf(&tail, "  %" PRIu64 ":%02" PRIu64 " left", (uint64_t)left / 60,
			   (uint64_t)left % 60);
	}
	out_text_z(&name, path);
	/* The end of a path tells files apart. */
	const char *z = out_str(&name);
	size_t room = LINE - tail.n;

	while (*z && out_columns(z, strlen(z)) > room)
		for (z++; ((unsigned char)*z & 0xc0) == 0x80; z++)
			;
	fprintf(stderr, "\r%s%s\x1b[K", z, out_str(&tail));
	p->shown = true;
	out_done(&name);
	out_done(&tail);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\x1b[K", stderr);
	p->shown = false;
}
