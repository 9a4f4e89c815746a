/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * follow - a file that is still being written, or a folder that a ring-buffer capture fills
 * (dumpcap -b, tcpdump -C, -W, -G), file after file.
 *
 *     while ((r = follow_next(f, &path)) == 1)
 *             open path with source_options.wait = follow_wait, .wait_user = f; read to its end
 *
 * A file of a folder is finished when it was read to its end, nothing was written to it for a
 * moment and a newer one of its series (names that differ in digits only) is there. A followed file
 * by itself is finished when it is replaced or begun anew under its name, and then comes again from
 * follow_next().
 *
 * Files come in the order of their first packets, then of their names with numbers as numbers. A
 * name that is used again (tcpdump -W) is a new file. inotify wakes at once where there is one; and
 * everything is looked at each second, since a network file system tells nothing.
 */
#ifndef SPAN_CAPTURE_FOLLOW_H
#define SPAN_CAPTURE_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

struct follow_options {
	int stop_fd; /* readable: time to stop (an eventfd is written from a signal handler) */
	int poll_ms; /* look that often without being told; 0: each second */
	/* How long nothing was written to a file that is left for a newer one of its series (0: 2
	 * s; several rings may fill one folder), and for any other one (0: 10 s). */
	int settle_ms, quiet_ms;
};

struct follow_stats {
	uint64_t files;       /* handed out */
	uint64_t lost;        /* captures that were gone, or written over, before their turn */
	uint64_t overwritten; /* captures written over while they were read */
	uint64_t late;        /* captures that grew after they had been left */
	uint64_t foreign;     /* other files that are there now */
	char lost_name[64];   /* the first one of each; "" none */
	char late_name[64];
	char foreign_name[64];
};

struct follow;
/* 0, -ENOENT and other errno of the path, -EINVAL: neither a file nor a folder. stop_fd is
 * borrowed; opt may not be NULL. */
int follow_new(const char *path, const struct follow_options *opt, struct follow **ret);
/* The next file to read, when there is one: it blocks for that. 1; 0: stopped; negative errno: the
 * folder can no longer be read. The path lives until the next call. */
int follow_next(struct follow *f, const char **ret_path);
/* A source_wait_fn for the file that follow_next() gave; user is the struct follow. Asked at the
 * end of what is written. True: there may be more. False: it is finished, or stop. */
bool follow_wait(void *user);
/* Whether stop_fd said so. */
bool follow_stopped(const struct follow *f);
const struct follow_stats *follow_stats(const struct follow *f);
/* NULL is fine; returns NULL. */
struct follow *follow_free(struct follow *f);

#endif
