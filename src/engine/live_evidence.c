// SPDX-License-Identifier: BSD-2-Clause
#include "engine/live_evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/keep.h"
#include "capture/pcapng_write.h"
#include "decode/decode.h"
#include "engine/live_run.h"

#include "config.h"

enum { FRAMES = 1 << 18, BEHIND = 16, MIB = 1 << 20 };

/* A frame, whose bytes begin at `at`. */
struct kept_frame {
	struct frame f;
	size_t at;
};

struct live_evidence {
	const char *dir;
	uint8_t *bytes; /* a ring: a frame stands in one piece */
	size_t at;
	struct kept_frame *frames; /* a ring, too */
	size_t first, n;
	struct decoder *decoder; /* of who writes */
	const struct ends *ends; /* of the finding in hand */
	unsigned written;
};

static const size_t ROOM = (size_t)EVIDENCE_MEMORY_MIB * MIB;

struct live_evidence *live_evidence_free(struct live_evidence *e)
{
	if (!e)
		return NULL;
	decoder_free(e->decoder);
	free(e->bytes);
	free(e->frames);
	free(e);
	return NULL;
}

struct live_evidence *live_evidence_new(const char *dir)
{
	struct live_evidence *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->dir = dir;
	e->bytes = malloc(ROOM);
	e->frames = malloc(FRAMES * sizeof *e->frames);
	e->decoder = decoder_new();
	return e->bytes && e->frames && e->decoder ? e : live_evidence_free(e);
}

/* ------------------------------------------------------------------ what comes */

static struct kept_frame *frame_at(const struct live_evidence *e, size_t i)
{
	return &e->frames[(e->first + i) & (FRAMES - 1)];
}

/* Lets the oldest go until nothing stands from `from` to before `to`. */
static void clear(struct live_evidence *e, size_t from, size_t to)
{
	while (e->n) {
		const struct kept_frame *k = frame_at(e, 0);

		if (k->at >= to || k->at + k->f.len <= from)
			return;
		e->first++;
		e->n--;
	}
}

static void keep_one(struct live_evidence *e, const struct frame *f)
{
	struct kept_frame *k;

	if (e->at + f->len > ROOM) {
		clear(e, e->at, ROOM);
		e->at = 0;
	}
	clear(e, e->at, e->at + f->len);
	if (e->n == FRAMES) {
		e->first++;
		e->n--;
	}
	k = frame_at(e, e->n++);
	k->f = *f;
	k->at = e->at;
	if (f->len)
		memcpy(e->bytes + e->at, f->p, f->len);
	e->at += f->len;
}

void live_evidence_keep(struct live_evidence *e, const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		keep_one(e, &b->f[i]);
}

/* ------------------------------------------------------------------ what is written */

static bool is_of(const struct behind_ends *c, const struct packet *p)
{
	if (p->dport == c->port && addr_equal(&p->src, c->client) && addr_equal(&p->dst, c->server))
		return true;
	return p->sport == c->port && addr_equal(&p->src, c->server) &&
	       addr_equal(&p->dst, c->client);
}

static bool is_named(const struct finding *f, const struct frame *x)
{
	for (size_t i = 0; i < f->n_ev; i++)
		if (f->ev[i].number == x->number && f->ev[i].input == x->input)
			return true;
	return false;
}

static bool belongs(struct live_evidence *e, const struct finding *f, const struct frame *x)
{
	const struct behind *b = f->behind;
	struct packet p;
	bool seen = decode_frame(e->decoder, x->linktype, x->p, x->len, x->wire_len, x->ts_ns,
				 x->number, &p) == DECODE_OK;
	bool mine = is_named(f, x);

	for (int i = 0; seen && !mine && b && i < BEHIND; i++, b = b->next) {
		struct behind_ends ends = behind_ends(e->ends, b);

		mine = is_of(&ends, &p);
	}
	decoder_release(e->decoder);
	return mine;
}

static int write_frames(struct live_evidence *e, const struct finding *f, FILE *file)
{
	struct pcapng_writer w;
	unsigned n = 0;
	int r = pcapng_write_begin(&w, file, "spanaudit " SPAN_VERSION, f->id, FRAME_MAX);

	for (size_t i = 0; r == 0 && i < e->n && n < EVIDENCE_PACKETS; i++) {
		struct frame x = frame_at(e, i)->f;

		x.p = e->bytes + frame_at(e, i)->at;
		if (!belongs(e, f, &x))
			continue;
		r = pcapng_write_frame(&w, &x, NULL);
		n++;
	}
	pcapng_write_done(&w);
	return r;
}

/* ------------------------------------------------------------------ room */

static bool is_ours(const char *name)
{
	size_t n = strlen(name);

	return strncmp(name, "F-", 2) == 0 && n > 7 && strcmp(name + n - 7, ".pcapng") == 0;
}

/* What the files take; ret: the oldest. */
static uint64_t look(DIR *d, char ret[256])
{
	const struct dirent *x;
	struct stat st, oldest = {.st_mtime = INT64_MAX};
	uint64_t sum = 0;

	ret[0] = 0;
	rewinddir(d);
	while ((x = readdir(d)) != NULL) {
		if (!is_ours(x->d_name) ||
		    fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		sum += (uint64_t)st.st_size;
		if (st.st_mtime < oldest.st_mtime) {
			oldest = st;
			snprintf(ret, 256, "%s", x->d_name);
		}
	}
	return sum;
}

static void make_room(DIR *d)
{
	char oldest[256];

	while (look(d, oldest) > (uint64_t)EVIDENCE_FOLDER_MIB * MIB && *oldest)
		if (unlinkat(dirfd(d), oldest, 0) < 0)
			return;
}

static bool write_file(struct live_evidence *e, DIR *d, const struct finding *f)
{
	char name[64], temp[72];
	FILE *file;
	int fd;
	bool fine;

	snprintf(name, sizeof name, "%.15s.pcapng", f->id);
	snprintf(temp, sizeof temp, ".%s", name);
	fd = openat(dirfd(d), temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!file) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	fine = write_frames(e, f, file) == 0;
	fine = fclose(file) == 0 && fine;
	fine = fine && renameat(dirfd(d), temp, dirfd(d), name) == 0;
	if (!fine)
		(void)unlinkat(dirfd(d), temp, 0);
	return fine;
}

bool live_evidence_write(struct live_evidence *e, const struct ends *ends, const struct finding *f)
{
	DIR *d;
	bool fine;

	e->ends = ends;
	if ((!f->behind && !f->n_ev) || e->written == EVIDENCE_FILES)
		return true;
	e->written++;
	d = opendir(e->dir);
	if (!d)
		return false;
	fine = write_file(e, d, f);
	make_room(d);
	closedir(d);
	return fine;
}
