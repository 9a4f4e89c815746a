/* SPDX-License-Identifier: BSD-2-Clause */
/* ring - the files of a followed folder: which are new, read, gone, renamed or begun anew. */
#ifndef SPAN_CAPTURE_RING_H
#define SPAN_CAPTURE_RING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/vec.h"
#include "capture/folder.h"
#include "capture/follow.h"

enum { RING_HEAD = 4096 };

/* What tells one content of a file from another one: the inode, and a sum over its beginning. */
struct ring_identity {
	dev_t dev;
	ino_t ino;
	int64_t size, mtime_ns;
	uint64_t sum;
	uint32_t n_sum; /* bytes, up to RING_HEAD */
};

struct ring_file {
	char *name;
	struct ring_identity id;
	int64_t first_ns; /* of its packets; TIME_NONE: none seen yet */
	enum folder_kind kind;
	bool read;  /* was handed out */
	bool late;  /* and grew afterwards: counted */
	bool there; /* seen in this scan */
};

struct ring {
	const char *dir;
	VEC(struct ring_file) files; /* in the order of strcmp() */
	struct follow_stats stats;
};

/* Looks at the folder. `current`, the file being read or NULL, keeps its entry while it has its
 * name. 0 or negative errno. */
int ring_scan(struct ring *r, const struct ring_identity *current);
/* The file whose turn it is, NULL: none. It lives until the next scan. */
struct ring_file *ring_next(struct ring *r);
/* The file of that inode. NULL: gone. */
struct ring_file *ring_find(struct ring *r, const struct ring_identity *id);
/* How many files that were not read yet are newer than f and of its series. */
size_t ring_newer(const struct ring *r, const struct ring_file *f);
/* Names that differ in digits only, and in what tcpdump -z appends. */
bool ring_same_series(const char *a, const char *b);
void ring_done(struct ring *r);

/* From an open file. 0 or negative errno. */
int ring_identify(int fd, struct ring_identity *ret);
/* Whether an open file still begins as it did, and is no shorter; it may have grown. */
bool ring_continues(int fd, const struct ring_identity *id);

#endif
