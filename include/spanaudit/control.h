/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control - asks a live run of this computer, over its control socket.
 *
 *	struct span_control *c;
 *	char *text;
 *	size_t n;
 *	int r = span_control_open(NULL, &c, stderr);
 *
 *	if (!r)
 *		r = span_control_ask(c, "status", &text, &n);
 *
 * Requests:
 *
 *	status    what the run is at, as JSON (schema spanaudit-status/1)
 *	counters  the same in lines for people
 *	result    the result document (spanaudit-result/1) as of the last judgement
 *	reload    reads rules, site and waivers again; an error when something is wrong with them
 *	flush     begins to write what was taken into the store
 *	stop      ends the run in order
 */
#ifndef SPANAUDIT_CONTROL_H
#define SPANAUDIT_CONTROL_H

#include <stddef.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a run answers when nothing else is said: `control` in the folder that RUNTIME_DIRECTORY
 * names, else /run/spanaudit/control. To be freed; NULL without memory. */
char *span_control_path(void);

struct span_control;
/* `path` NULL: span_control_path(). SPAN_INPUT, with words on err unless that is NULL, when no run
 * answers there; negative errno. */
int span_control_open(const char *path, struct span_control **ret, FILE *err);
/* A connection that is there already, taken over, also when this fails. 0 or negative errno. */
int span_control_adopt(int fd, struct span_control **ret);
/* Sends a request, a line without its end, and waits for the answer, at most ten seconds for each
 * piece of it. 0: *ret (to be freed; it has a NUL behind its n bytes) is the answer; SPAN_INPUT:
 * the run says no, and *ret has why: what happened, why, what to do, in a line each. Negative
 * errno: the connection is of no use any more, and *ret is NULL: -ETIMEDOUT, -ECONNRESET, -EPROTO,
 * -ENOMEM. */
int span_control_ask(struct span_control *c, const char *request, char **ret, size_t *ret_n);
/* To be waited for (poll) together with others. */
int span_control_fd(const struct span_control *c);
/* NULL is fine; returns NULL. */
struct span_control *span_control_close(struct span_control *c);

#ifdef __cplusplus
}
#endif
#endif
