/* SPDX-License-Identifier: BSD-2-Clause */
/* folder - which files of a folder are captures, by what is in them. */
#ifndef SPAN_CAPTURE_FOLDER_H
#define SPAN_CAPTURE_FOLDER_H

#include <stdint.h>

#include "base/vec.h"

enum folder_kind {
	FOLDER_CAPTURE, /* also one whose codec is not built in: reading it says so */
	FOLDER_FOREIGN,
	FOLDER_SHORT, /* ends, or is cut off, before it tells */
};

/* What the file is. *ret_first_ns: the time of its first packet, TIME_NONE without one. Files that
 * cannot be read are foreign. */
enum folder_kind folder_look(const char *path, int64_t *ret_first_ns);

/* The captures that lie in a folder itself: not in folders below, and no hidden files. */
struct dir_captures {
	VEC(char *) paths;   /* "DIR/NAME", in the order of their names, numbers as numbers */
	VEC(char *) skipped; /* names of the other regular files, in the same order */
	size_t n_folders;    /* below it, which were not looked into */
};

/* 0, or the negative errno of opening the folder; -ENOMEM. *ret needs dir_captures_done() in any
 * case. */
int dir_captures(const char *dir, struct dir_captures *ret);
void dir_captures_done(struct dir_captures *d);

#endif
