/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nightly - the folder that reports of days are filed in.
 *
 * Files of ours are spanaudit-DATE.json, spanaudit-DATE.html, what a killed run leaves of such a
 * file (with a dot and six characters more), and the link latest.html. Nothing else in the folder
 * is looked at, and nothing else deleted.
 */
#ifndef SPAN_CLI_NIGHTLY_H
#define SPAN_CLI_NIGHTLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/out.h"
#include "base/vec.h"

struct nightly {
	const char *folder; /* borrowed */
	int fd;             /* of it; locked */
	unsigned keep;
	int64_t day;         /* the one that is filed, since 1970-01-01 */
	VEC(int64_t) days;   /* older ones with a document, the newest first */
	VEC(char *) paths;   /* of their documents */
	VEC(char *) written; /* what nightly_path() lent */
};

/* Makes the folder if it is not there, and keeps other runs out. 0, or an exit code after saying
 * why. */
int nightly_open(const char *folder, unsigned keep, struct nightly *ret);
void nightly_close(struct nightly *n);
/* Looks for older reports than that of `day` ("2024-05-01"). 0 or negative errno. */
int nightly_list(struct nightly *n, const char *day);
/* The document of the i-th older day, the newest first; NULL past the last. */
const char *nightly_older(const struct nightly *n, size_t i);
/* A sentence about the days between that and the one that is filed; nothing when there is none. */
void nightly_missing(const struct nightly *n, size_t i, struct out *o);
/* Where the report of the day goes, in a format of this suffix; owned by n. NULL without memory. */
const char *nightly_path(struct nightly *n, const char *suffix);
/* latest.html, and what is too old. `code`, or EXIT_FAILED after saying why. Tells what it did on
 * standard output unless quiet. */
int nightly_finish(struct nightly *n, bool quiet, int code);

#endif
