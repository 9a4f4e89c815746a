// SPDX-License-Identifier: BSD-2-Clause
#include "capture/ring.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/siphash.h"
#include "base/time.h"

static int64_t mtime_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec;
}

/* A sum over up to n bytes of the beginning; fewer when it is shorter. 0 or negative errno. */
static int sum_head(int fd, uint32_t n, uint64_t *ret_sum, uint32_t *ret_n)
{
	static const struct hash_key any;
	union {
		uint8_t bytes[RING_HEAD];
		uint64_t words[RING_HEAD / 8];
	} head;
	uint32_t have = 0;

	memset(&head, 0, sizeof head);

	while (have < n) {
		ssize_t got = pread(fd, head.bytes + have, n - have, have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		have += (uint32_t)got;
	}
	*ret_sum = siphash13_words(head.words, N_ELEMENTS(head.words), &any);
	*ret_n = have;
	return 0;
}

int ring_identify(int fd, struct ring_identity *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret = (struct ring_identity){
		.dev = st.st_dev, .ino = st.st_ino, .size = st.st_size, .mtime_ns = mtime_of(&st)};
	return sum_head(fd, RING_HEAD, &ret->sum, &ret->n_sum);
}

bool ring_continues(int fd, const struct ring_identity *id)
{
	struct stat st;
	uint64_t sum = 0;
	uint32_t n = 0;

	return fstat(fd, &st) == 0 && st.st_size >= id->size &&
	       sum_head(fd, id->n_sum, &sum, &n) == 0 && n == id->n_sum && sum == id->sum;
}

static const char *const packed[] = {".gz", ".zst", ".lz4", ".xz", ".bz2"};

/* The length of a name without what a compressing program appends. */
static size_t bare(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < N_ELEMENTS(packed); i++) {
		size_t m = strlen(packed[i]);

		if (n > m && strcmp(name + n - m, packed[i]) == 0)
			return n - m;
	}
	return n;
}

bool ring_same_series(const char *a, const char *b)
{
	size_t n = bare(a), m = bare(b), i = 0, k = 0;

	for (;; i++, k++) {
		while (i < n && isdigit((unsigned char)a[i]))
			i++;
		while (k < m && isdigit((unsigned char)b[k]))
			k++;
		if (i == n || k == m)
			return i == n && k == m;
		if (a[i] != b[k])
			return false;
	}
}

static int by_name(const void *x, const void *y)
{
	const struct ring_file *a = x, *b = y;

	return strcmp(a->name, b->name);
}

/* Among the first n, which are in order. */
static struct ring_file *named(const struct ring *r, const char *name, size_t n)
{
	size_t from = 0;

	while (from < n) {
		size_t mid = from + (n - from) / 2;
		int c = strcmp(name, r->files.v[mid].name);

		if (c == 0)
			return &r->files.v[mid];
		if (c < 0)
			n = mid;
		else
			from = mid + 1;
	}
	return NULL;
}

/* Whether it is the packed form of a file that is there too: packing has not ended, or both were
 * kept, and they are one capture. */
static bool is_copy(const struct ring *r, const struct ring_file *f)
{
	size_t n = bare(f->name);
	char *base;
	bool is;

	if (!f->name[n])
		return false;
	base = strndup(f->name, n);
	is = base && named(r, base, r->files.n);
	free(base);
	return is;
}

static void keep_name(char to[64], const char *name)
{
	if (!to[0])
		snprintf(to, 64, "%s", name);
}

static void lose(struct ring *r, const struct ring_file *f)
{
	if (f->read || f->kind != FOLDER_CAPTURE)
		return;
	r->stats.lost++;
	keep_name(r->stats.lost_name, f->name);
}

static char *path_of(const struct ring *r, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", r->dir, name) < 0 ? NULL : path;
}

/* What has become of a file that was known by this name. 0 or -ENOMEM; a file that cannot be looked
 * at stays as it was. */
static int refresh(struct ring *r, struct ring_file *f, const struct stat *st,
		   const struct ring_identity *current)
{
	bool new = !f->id.ino, same, grew;
	struct ring_identity now = {0};
	char *path;
	int fd;

	if (st->st_ino == f->id.ino && st->st_dev == f->id.dev && st->st_size == f->id.size &&
	    mtime_of(st) == f->id.mtime_ns)
		return 0;
	path = path_of(r, f->name);
	if (!path)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || ring_identify(fd, &now) < 0) {
		/* Nobody may read it, or it is gone again. */
		if (new &&errno != ENOENT)
			f->kind = FOLDER_FOREIGN;
		goto out;
	}
	same = !new &&now.ino == f->id.ino &&now.dev == f->id.dev &&ring_continues(fd, &f->id);
	grew = same && now.size > f->id.size;
	f->id = now;
	if (!same) {
		if (!new)
			lose(r, f);
		f->read = f->late = false;
		f->kind = folder_look(path, &f->first_ns);
		goto out;
	}
	if (f->kind == FOLDER_SHORT || (f->kind == FOLDER_CAPTURE && f->first_ns == TIME_NONE)) {
		bool had_none = f->kind == FOLDER_CAPTURE;

		f->kind = folder_look(path, &f->first_ns);
		/* Nothing of it was heard yet. */
		if (had_none && f->read && f->first_ns != TIME_NONE &&
		    !(current && current->ino == now.ino && current->dev == now.dev))
			f->read = false;
		goto out;
	}
	if (grew && f->read && !f->late && f->kind == FOLDER_CAPTURE &&
	    !(current && current->ino == now.ino && current->dev == now.dev)) {
		f->late = true;
		r->stats.late++;
		keep_name(r->stats.late_name, f->name);
	}
out:
	if (fd >= 0)
		close(fd);
	free(path);
	return 0;
}

/* Whether the file of that name is what f was. Inodes are used again: what was read is unchanged
 * but for its name, or it is another one; what was not may have grown. */
static bool was(const struct ring *r, const struct ring_file *f, const char *name,
		const struct stat *st)
{
	char *path;
	int fd;
	bool is;

	if (f->id.size == st->st_size && f->id.mtime_ns == mtime_of(st))
		return true;
	if (f->read)
		return false;
	path = path_of(r, name);
	fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	is = fd >= 0 && ring_continues(fd, &f->id);
	if (fd >= 0)
		close(fd);
	free(path);
	return is;
}

static bool has_name(const struct ring *r, const struct ring_file *f)
{
	char *path = path_of(r, f->name);
	struct stat st;
	bool has = path && stat(path, &st) == 0 && st.st_ino == f->id.ino && st.st_dev == f->id.dev;

	free(path);
	return has;
}

/* The file that had another name before, or that has another one too: then *ret_twin. n: how many
 * were known when the scan began. */
static struct ring_file *renamed(struct ring *r, const char *name, const struct stat *st, size_t n,
				 const struct ring_identity *current, bool *ret_twin)
{
	bool is_current = current && current->ino == st->st_ino && current->dev == st->st_dev;

	*ret_twin = false;
	for (size_t i = 0; i < n; i++) {
		struct ring_file *f = &r->files.v[i];

		if (f->id.ino != st->st_ino || f->id.dev != st->st_dev ||
		    (!is_current && !was(r, f, name, st)))
			continue;
		/* It may have been seen under its old name a moment ago. */
		f->there = f->there && has_name(r, f);
		*ret_twin = f->there;
		return f;
	}
	return NULL;
}

/* A name that is not known. */
static int meet(struct ring *r, const char *name, const struct stat *st, size_t n,
		const struct ring_identity *current)
{
	bool twin;
	struct ring_file *old = renamed(r, name, st, n, current, &twin);
	struct ring_file new = {
		.name = strdup(name), .first_ns = TIME_NONE, .kind = FOLDER_SHORT, .there = true};

	if (!new.name)
		return -ENOMEM;
	if (old) {
		new.id = old->id;
		new.first_ns = old->first_ns;
		new.kind = old->kind;
		new.late = old->late;
		new.read = twin || old->read;
	}
	/* Its old name must stay where it is until the scan ends: the search relies on it. */
	if (old && !twin) {
		old->read = true;
		old->id.ino = 0;
	}

	int r_ = refresh(r, &new, st, current);

	if (r_ == 0 && vec_push(&r->files, new))
		return 0;
	free(new.name);
	return -ENOMEM;
}

static bool is_packed(const struct ring_file *f, const struct ring_file *of)
{
	size_t n = bare(f->name);

	return f->name[n] && strlen(of->name) == n && strncmp(f->name, of->name, n) == 0;
}

/* A file that was packed is the same capture, and so is one that had a second name: what was read
 * of it need not be read again, and what was not is not lost. */
static void hand_over(struct ring *r, struct ring_file *gone)
{
	if (!gone->id.ino)
		return; /* it has only another name */
	for (size_t i = 0; i < r->files.n; i++) {
		struct ring_file *f = &r->files.v[i];
		bool twin = f->id.ino == gone->id.ino && f->id.dev == gone->id.dev && f->read &&
			    f->id.sum == gone->id.sum && f->id.n_sum == gone->id.n_sum;

		if (!f->there || (!twin && !is_packed(f, gone)))
			continue;
		f->read = gone->read;
		gone->read = true;
		return;
	}
}

static void sweep(struct ring *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->files.n; i++)
		if (!r->files.v[i].there)
			hand_over(r, &r->files.v[i]);
	r->stats.foreign = 0;
	r->stats.foreign_name[0] = '\0';
	for (size_t i = 0; i < r->files.n; i++) {
		struct ring_file *f = &r->files.v[i];

		if (!f->there) {
			lose(r, f);
			free(f->name);
			continue;
		}
		r->files.v[kept++] = *f;
	}
	r->files.n = kept;
	if (kept)
		qsort(r->files.v, kept, sizeof *r->files.v, by_name);
	for (size_t i = 0; i < kept; i++)
		if (r->files.v[i].kind == FOLDER_FOREIGN) {
			r->stats.foreign++;
			keep_name(r->stats.foreign_name, r->files.v[i].name);
		}
}

int ring_scan(struct ring *r, const struct ring_identity *current)
{
	size_t n = r->files.n;
	int err = 0;
	DIR *d = opendir(r->dir);

	if (!d)
		return -errno;
	for (size_t i = 0; i < n; i++)
		r->files.v[i].there = false;

	/* Known names first, so that a name that went and one that came can be told to be one. */
	for (int pass = 0; pass < 2 && err == 0; pass++) {
		rewinddir(d);
		/* A folder that changes under readdir() may pass over a name. */
		for (size_t i = 0; pass && i < n; i++)
			r->files.v[i].there |= !faccessat(dirfd(d), r->files.v[i].name, F_OK, 0);
		for (struct dirent *e; err == 0 && (e = readdir(d));) {
			struct ring_file *f = named(r, e->d_name, n);
			struct stat st;

			if (e->d_name[0] == '.' || !f == !pass ||
			    fstatat(dirfd(d), e->d_name, &st, 0) < 0 || !S_ISREG(st.st_mode))
				continue;
			if (f) {
				f->there = true;
				err = refresh(r, f, &st, current);
			} else {
				err = meet(r, e->d_name, &st, n, current);
			}
		}
	}
	closedir(d);
	if (err == 0)
		sweep(r);
	return err;
}

/* In the order of capture. What has no packets is the newest. */
static bool before(const struct ring_file *a, const struct ring_file *b)
{
	int64_t x = a->first_ns == TIME_NONE ? INT64_MAX : a->first_ns;
	int64_t y = b->first_ns == TIME_NONE ? INT64_MAX : b->first_ns;

	return x != y ? x < y : strverscmp(a->name, b->name) < 0;
}

static bool waits(const struct ring *r, const struct ring_file *f)
{
	return !f->read && f->kind == FOLDER_CAPTURE && !is_copy(r, f);
}

struct ring_file *ring_next(struct ring *r)
{
	struct ring_file *least = NULL;

	for (size_t i = 0; i < r->files.n; i++) {
		struct ring_file *f = &r->files.v[i];

		if (waits(r, f) && (!least || before(f, least)))
			least = f;
	}
	return least;
}

struct ring_file *ring_find(struct ring *r, const struct ring_identity *id)
{
	for (size_t i = 0; i < r->files.n; i++)
		if (r->files.v[i].id.ino == id->ino && r->files.v[i].id.dev == id->dev)
			return &r->files.v[i];
	return NULL;
}

size_t ring_newer(const struct ring *r, const struct ring_file *f)
{
	size_t n = 0;

	for (size_t i = 0; i < r->files.n; i++) {
		const struct ring_file *c = &r->files.v[i];
		bool older = c->first_ns != TIME_NONE && f->first_ns != TIME_NONE &&
			     c->first_ns < f->first_ns;

		n += !older && waits(r, c) && ring_same_series(c->name, f->name);
	}
	return n;
}

void ring_done(struct ring *r)
{
	for (size_t i = 0; i < r->files.n; i++)
		free(r->files.v[i].name);
	vec_done(&r->files);
}
