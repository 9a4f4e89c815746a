// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_view - the view of a run that this process begins, in a process of its own.
 *
 * It is made before interfaces are opened and has none of them; the two share a socket pair, on
 * which the run answers as on its control socket. So the terminal can stop, and the view can take
 * its time, without a packet being lost, and what reads keys never had a right.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/opt.h"
#include "cli/terminal.h"
#include "cli/watch.h"

/* Of root it becomes the user that the run becomes, too. */
static bool give_up(const struct options *o)
{
	uid_t uid;
	gid_t gid;
	bool bad;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() != 0 || !span_live_user(o->user, &uid, &gid, &bad))
		return true;
	return setgroups(0, NULL) == 0 && setgid(gid) == 0 && setuid(uid) == 0;
}

/* The run answers once it takes packets; when it cannot, it says so itself, on a terminal that
 * nobody has touched. */
static int view(const struct options *o, int fd)
{
	struct watch w = {.once = true};
	char *text;
	size_t n;
	int r = give_up(o) ? span_control_adopt(fd, &w.link) : -EPERM;

	w.screen = r ? NULL : span_screen_new(terminal_utf8());
	if (!w.screen)
		return 1;
	/* What it said while it was opened stays readable: the view has a screen of its own. */
	r = span_control_ask(w.link, "status", &text, &n);
	if (r == 0) {
		free(text);
		r = watch_view(&w, term_colour(o) != SPAN_COLOUR_NONE);
		if (w.link && span_control_ask(w.link, "stop", &text, &n) == 0)
			free(text);
	}
	watch_done(&w);
	return r != 0;
}

bool live_view_wanted(const struct options *o)
{
	bool never = o->view && *o->view == 'n';

	return !never && !o->quiet && !o->format && !terminal_unfit();
}

int live_view_begin(const struct options *o, struct live *l)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return say_status(NULL, -errno, o);
	l->view = fork();
	if (l->view == 0) {
		close(pair[0]);
		_exit(view(o, pair[1]));
	}
	close(pair[1]);
	l->view_fd = pair[0];
	l->opt.view = &l->view_fd;
	return l->view < 0 ? say_status(NULL, -errno, o) : 0;
}

void live_view_given(struct live *l)
{
	if (l->view > 0 && l->view_fd >= 0)
		close(l->view_fd);
	l->view_fd = -1;
}

/* Behind this the terminal is as it was. */
void live_view_end(struct live *l)
{
	if (l->view <= 0)
		return;
	while (waitpid(l->view, NULL, 0) < 0 && errno == EINTR)
		;
	l->view = 0;
}
