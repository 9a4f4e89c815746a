// SPDX-License-Identifier: BSD-2-Clause
#include "engine/live_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "capture/keep.h"
#include "capture/pcapng_write.h"
#include "engine/live_run.h"

#include "config.h"

enum { BUFFER = 1 << 20, STAMP = 16 };

struct live_write {
	struct span_live_ring ring;
	const char *path;
	bool many;    /* files are numbered */
	FILE *file;   /* NULL: writing ended */
	char *buffer; /* of the file */
	struct pcapng_writer writer;
	char *name; /* of the file */
	unsigned number;
	uint64_t bytes, packets;
	int64_t began_ns;
	VEC(char *) old; /* of a ring, the oldest first; the open one is no part of it */
};

static void end_file(struct live_write *w)
{
	if (!w->file)
		return;
	pcapng_write_done(&w->writer);
	(void)fclose(w->file);
	w->file = NULL;
}

struct live_write *live_write_close(struct live_write *w)
{
	if (!w)
		return NULL;
	end_file(w);
	for (size_t i = 0; i < w->old.n; i++)
		free(w->old.v[i]);
	vec_done(&w->old);
	free(w->name);
	free(w->buffer);
	free(w);
	return NULL;
}

/* Where the name ends and its suffix begins. */
static size_t stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	const char *from = slash ? slash + 1 : path;

	return dot && dot > from ? (size_t)(dot - path) : strlen(path);
}

/* As dumpcap has it: a number that goes on beyond a ring, and when the file began, UTC. */
static char *name_of(const struct live_write *w)
{
	size_t n = stem(w->path);
	char stamp[STAMP] = "", *z;
	time_t now = time(NULL);
	struct tm tm;

	if (!w->many)
		return strdup(w->path);
	if (!gmtime_r(&now, &tm) || !strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", &tm))
		return NULL;
	if (asprintf(&z, "%.*s_%05u_%s%s", (int)n, w->path, w->number, stamp, w->path + n) < 0)
		return NULL;
	return z;
}

/* 0 or negative errno. */
static int begin_file(struct live_write *w)
{
	int fd, r;

	w->number++;
	free(w->name);
	w->name = name_of(w);
	if (!w->name)
		return -ENOMEM;
	fd = open(w->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0)
		return -errno;
	w->file = fdopen(fd, "w");
	if (!w->file) {
		close(fd);
		return -ENOMEM;
	}
	(void)setvbuf(w->file, w->buffer, _IOFBF, BUFFER);
	w->bytes = w->packets = 0;
	w->began_ns = live_clock_ns();
	r = pcapng_write_begin(&w->writer, w->file, "spanaudit " SPAN_VERSION, NULL, FRAME_MAX);
	return r < 0 || fflush(w->file) == 0 ? r : -errno;
}

/* Writing ends here; taking and judging packets does not. */
static void give_up(struct span_audit *a, int err)
{
	struct live_write *w = a->live->write;
	struct out shown = {0};

	out_text_z(&shown, w->name ? w->name : w->path);
	live_tell(a->live, SPAN_LIVE_TROUBLE,
		  "packets are not written any more: '%s': %s; the run goes on without",
		  out_str(&shown), strerror(err));
	out_done(&shown);
	end_file(w);
}

int live_write_open(struct span_audit *a)
{
	struct live_write *w = calloc(1, sizeof *w);
	struct out shown = {0};
	int r;

	if (!w)
		return -ENOMEM;
	a->live->write = w;
	w->path = a->live->opt.write;
	w->ring = a->live->opt.ring;
	w->many = w->ring.bytes || w->ring.duration_ns || w->ring.packets;
	w->buffer = malloc(BUFFER);
	r = w->buffer ? begin_file(w) : -ENOMEM;
	if (r == 0 || r == -ENOMEM)
		return r;
	out_text_z(&shown, w->name);
	error_hint(errors_add(&a->errs, false, "packets cannot be written to '%s': %s",
			      out_str(&shown), strerror(-r)),
		   "the folder must be there, and belong to the user that the run goes on as\nmake "
		   "it that user's, or choose another place");
	out_done(&shown);
	return SPAN_INPUT;
}

/* Of a ring the oldest goes. */
static int next_file(struct live_write *w)
{
	char *name = w->name;

	end_file(w);
	w->name = NULL;
	if (!vec_push(&w->old, name)) {
		free(name);
		return -ENOMEM;
	}
	if (!w->ring.files)
		free(w->old.v[--w->old.n]);
	while (w->ring.files && w->old.n >= w->ring.files) {
		(void)unlink(w->old.v[0]);
		free(w->old.v[0]);
		memmove(w->old.v, w->old.v + 1, --w->old.n * sizeof *w->old.v);
	}
	return begin_file(w);
}

static bool is_full(const struct live_write *w, int64_t now_ns)
{
	const struct span_live_ring *r = &w->ring;

	return (r->bytes && w->bytes >= r->bytes) || (r->packets && w->packets >= r->packets) ||
	       (r->duration_ns && now_ns - w->began_ns >= r->duration_ns);
}

static int put(struct live_write *w, const struct frame *f)
{
	int r = pcapng_write_frame(&w->writer, f, NULL);

	w->bytes += f->len + 32 + (-f->len & 3); /* as a block has it */
	w->packets++;
	return r < 0 || !is_full(w, w->began_ns) ? r : next_file(w);
}

void live_write_batch(struct span_audit *a, const struct batch *b)
{
	struct live_write *w = a->live->write;
	int r = 0;

	for (size_t i = 0; w->file && r == 0 && i < b->n; i++)
		r = put(w, &b->f[i]);
	if (r < 0)
		give_up(a, -r);
}

void live_write_turn(struct span_audit *a, int64_t now_ns)
{
	struct live_write *w = a->live->write;
	int r = 0;

	if (!w->file)
		return;
	if (w->packets && is_full(w, now_ns))
		r = next_file(w);
	else if (fflush(w->file) != 0)
		r = errno ? -errno : -EIO;
	if (r < 0)
		give_up(a, -r);
}
