/* SPDX-License-Identifier: BSD-2-Clause */
/* watch - the view on a terminal, and what feeds it: a file, or a run that answers. */
#ifndef SPAN_CLI_WATCH_H
#define SPAN_CLI_WATCH_H

#include <spanaudit/control.h>
#include <spanaudit/screen.h>

#include <stdbool.h>
#include <sys/stat.h>

/* Which content of a file is shown. */
struct version {
	struct timespec time;
	off_t size;
	ino_t ino;
};

struct watch {
	struct span_screen *screen;
	const char *path; /* of a result; NULL: a run is asked */
	struct version shown;
	struct span_control *link; /* to a run; NULL: it does not answer */
	const char *socket;        /* where to reach it again; NULL: the usual place */
	bool once;                 /* when the link ends, the view does */
};

/* Shows the file that it is of, or asks the run for what is new. 0, or as span_screen_file(), with
 * words on err. */
int watch_look(struct watch *w, FILE *err);
/* Without a view: what is new, and with `state` a line of how it stands, each `every_ns`, on
 * standard output, until somebody ends it or that was done `most` times (0: for ever). 0, -EPIPE
 * when nobody reads any more, or another negative errno. */
struct watch_telling {
	int64_t every_ns;
	uint64_t most;
	bool json, state;
};
int watch_tell(struct watch *w, const struct watch_telling *how);
/* The view, on a terminal that is fit for it, until somebody ends it. 0 or negative errno. */
int watch_view(struct watch *w, bool colour);
void watch_done(struct watch *w);

#endif
