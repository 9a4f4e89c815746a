/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_control - a unix socket on which a live run is asked and told things.
 *
 * A request is a line of words. Its answer is `ok N` or `error N`, a newline, and N bytes. Several
 * requests may follow each other on one connection.
 *
 * Whoever connects may be hostile, and the loop that takes packets must not notice: nothing in here
 * waits. There are at most CONTROL_CLIENTS; a line has a longest length; who says nothing, or does
 * not read what was asked for, is let go; and a turn does a bounded piece of work.
 */
#ifndef SPAN_ENGINE_LIVE_CONTROL_H
#define SPAN_ENGINE_LIVE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/out.h"

enum { CONTROL_CLIENTS = 16, CONTROL_LINE = 256 };

struct control_answer {
	bool error;
	struct out text; /* taken over */
	int fd;          /* >= 0: the first `size` bytes of this file instead; taken over */
	uint64_t size;
};
/* Answers a line, which has neither newline nor NUL. */
typedef void (*control_fn)(void *user, const char *line, struct control_answer *ret);

struct control;
/* Opens the socket, for its owner and group alone. A socket that nobody answers on is replaced.
 * 0, or negative errno with words kept. */
/* `path` NULL: nobody can connect; see control_adopt(). */
int control_open(const char *path, struct errors *errs, struct control **ret);
/* Gives it, and the folder that was made for it, to who the process is going to be. */
void control_give(const struct control *c, uid_t uid, gid_t gid);
/* Takes over a connection that is there already; it may be silent for as long as it likes. 0 or
 * negative errno, with fd closed. */
int control_adopt(struct control *c, int fd);
/* The other end of that connection has gone. */
bool control_left(const struct control *c);
const char *control_path(const struct control *c); /* NULL: none */
/* Readable: control_turn() has something to do. */
int control_fd(const struct control *c);
/* Also when that descriptor is, which somebody else looks after. 0 or negative errno. */
int control_beside(const struct control *c, int fd);
/* Does what can be done without waiting. */
void control_turn(struct control *c, int64_t now_ns, control_fn fn, void *user);
/* NULL is fine; returns NULL. Takes the socket away. */
struct control *control_close(struct control *c);

#endif
