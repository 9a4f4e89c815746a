// SPDX-License-Identifier: BSD-2-Clause
/*
 * live_threads - the threads of a live run, and what they mean to fork(2).
 *
 * One thread takes packets, as without others, and deals them out behind the decoder (crew.h).
 * Threads are made when every right but that to make them is gone, and before the filter of system
 * calls takes that one, too, for all of them: so they have nothing that the first has not, and
 * nobody can make more.
 *
 * A child has the thread alone that made it. What others hold then is held for ever, so they hold
 * nothing: all that was dealt out is worked on, and they wait for more.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/live_run.h"

static const int64_t HAND_OVER_EVERY = NS_PER_S / 5;

unsigned live_threads(const struct span_audit *a)
{
	return a->threads ? a->threads : engine_processors();
}

void live_threads_start(struct span_audit *a)
{
	struct live_run *l = a->live;
	unsigned wanted = live_threads(a);

	if (l->threads || !a->hot)
		return;
	l->threads = hot_start(a->hot);
	if (l->threads < wanted)
		live_tell(l, SPAN_LIVE_TROUBLE,
			  "of %u threads %u could be made, and the run goes on with these: there "
			  "may be a limit (TasksMax= of its unit, ulimit -u)",
			  wanted, l->threads);
}

const char *live_threads_words(const struct live_run *l, char buf[LIVE_WORDS])
{
	buf[0] = 0;
	if (l->threads > 1)
		snprintf(buf, LIVE_WORDS, " by %u threads", l->threads);
	return buf;
}

/* Where little comes, a parcel may take hours to be full. */
void live_threads_turn(struct span_audit *a, int64_t now)
{
	struct live_run *l = a->live;

	if (now < l->next_hand_over_ns)
		return;
	l->next_hand_over_ns = now + HAND_OVER_EVERY;
	hot_hand_over(a->hot);
}

pid_t live_fork(struct span_audit *a)
{
	pid_t pid;

	hot_hold(a->hot);
	pid = fork();
	if (pid == 0)
		hot_forked(a->hot);
	else
		hot_go_on(a->hot);
	return pid;
}
