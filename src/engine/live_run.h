/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live_run - what the parts of a live run share.
 *
 *   live.c         settings, the loop, what is told      live_judge.c   judging while it runs
 *   live_rights.c  giving up rights                      live_notify.c  systemd
 *   live_calls.c   system calls that are left            live_doctor.c  this computer's checks
 *   live_metrics.c figures for Prometheus    live_scrape.c  the same over HTTP
 *   live_control.c the control socket                    live_answers.c what is answered on it
 *   live_policy.c  the rules that it judges by           live_keep.c    its store
 *   live_told.c    what was told, across restarts        live_shed.c    when there is no time
 *   live_threads.c its threads, and fork
 */
#ifndef SPAN_ENGINE_LIVE_RUN_H
#define SPAN_ENGINE_LIVE_RUN_H

#include <spanaudit/live.h>

#include <stdatomic.h>

#include "base/vec.h"
#include "capture/live.h"
#include "capture/live_host.h"
#include "engine/engine.h"
#include "engine/live_shed.h"

/* A finding that was told. `digest` is of what makes an event when it changes. */
struct live_known {
	char id[16];
	uint64_t digest;
	int64_t last_ns; /* TIME_NONE: it is about what was not seen */
	uint8_t kind, severity;
	bool lost; /* what it rests on went with a run that was interrupted */
};

/* What a judgement came to, of which the run keeps the last. */
struct live_judged {
	uint64_t n_severity[SEV_N];
	uint64_t n_findings; /* rows that follow */
	uint64_t conversations;
	uint64_t tcp_unseen, tcp_bytes;
	uint64_t shed;          /* as in struct live_losses */
	int64_t took_ns, at_ns; /* at_ns: real time */
	uint64_t packets;
	uint64_t unsent, dropped; /* events: to the log server, to the command */
	uint64_t blind;           /* findings whose packets could not be written */
	int unsaved;              /* why the store has not got what was told: errno; 0 */
	uint8_t verdict;
};

/* What happened to the run, until an event has told of it. */
struct live_news {
	int64_t ns;
	enum span_live_notice what;
	char *text;
};
enum { LIVE_NEWS = 64 }; /* more are not kept */

/* How reading the policy again went last. */
struct live_reload {
	int64_t at_ns; /* real time; 0: never done */
	bool ok;
	char *text;
};

/* The process that judges, while there is one. */
struct live_judge {
	pid_t pid;    /* 0: none */
	int fd;       /* its answer */
	int document; /* where it leaves its result; -1: nobody asks for one */
	int figures;  /* the same for Prometheus */
	struct out answer;
	int64_t began_ns;
	size_t n_news; /* that it tells */
};

/* For want of time; see struct coverage. */
struct live_left_out {
	uint64_t packets, heads, streams;
};

struct control;
struct scrape;
struct live_keep;
struct live_evidence;
struct live_write;
struct syslog;

struct live_run {
	struct live *source;
	VEC(char *) names;
	struct span_live_options opt; /* without the names */
	atomic_bool asked, reload_asked;
	int notify_fd;       /* systemd's socket; -1: none */
	int64_t watchdog_ns; /* 0: nobody watches */
	VEC(struct live_known) known;
	VEC(struct live_news) news;
	struct live_reload reload;
	uint64_t reloads; /* that brought a new policy */
	struct live_judge judge;
	struct live_evidence *evidence; /* NULL: none */
	struct live_write *write;       /* NULL: none */
	struct syslog *syslog;          /* NULL: none */
	uint64_t unsent, dropped;       /* events, in all */
	bool unsent_told, blind_told;
	bool unsaved;           /* what was told is not in the store */
	struct live_keep *keep; /* NULL: no store */
	struct live_judged last;
	bool ended;           /* nothing more is taken */
	bool judged;          /* there is a last one */
	int64_t fork_most_ns; /* the longest that the loop stood still for a judgement */
	uint64_t judged_packets;
	uint64_t told_drops;
	int64_t began_ns, next_judge_ns, next_look_ns, told_drops_at_ns;
	int64_t clock_offset_ns;          /* real time less monotonic */
	int64_t began_real_ns, policy_ns; /* real time; since when the policy holds */
	struct control *control;          /* NULL: none */
	struct scrape *scrape;            /* NULL: none */
	int64_t next_serve_ns;
	int result_fd; /* the document of the last judgement; -1 */
	int memory_fd; /* /proc/self/statm; -1 */
	struct shed shed;
	int64_t next_shed_ns;
	int64_t shed_ns; /* in which something was left out, in all */
	/* Of what is being told: since when, the last time that something was left out, what had
	 * been before, and that new flows were passed by; began 0: nothing is. */
	int64_t shed_began_ns, shed_last_ns;
	struct live_left_out shed_before;
	bool shed_samples;
	/* As it was when the interfaces were opened. */
	struct live_host *hosts; /* of each interface; NULL: no memory for it */
	bool clock_told, clock_kept, disk_told;
	uint64_t disk_free; /* bytes where reports go */
	char *confined;     /* what became of rights, a clause; NULL: they are as they were */
	unsigned threads;   /* that look at packets; 0: not made yet */
	int64_t next_hand_over_ns;
};

/* Makes the result of what was taken so far: at the end, or in a process of its own. */
int live_conclude(struct span_audit *a);
/* Into a->inputs and the figures of drops. False without memory. */
bool live_figures_taken(struct span_audit *a);
struct live_run *live_run_free(struct live_run *l);
void live_tell(struct live_run *l, enum span_live_notice what, const char *fmt, ...) PRINTF(3, 4);
int64_t live_clock_ns(void); /* monotonic */
int64_t live_real_ns(void);
/* Packets, and bytes, that were lost: on this computer, at its cards, before them, and given up by
 * the run itself. */
struct live_losses {
	uint64_t kernel, card;
	bool card_told;
	uint64_t tcp_unseen, tcp_bytes;
	uint64_t shed;
};
/* What a run gave up for want of memory or time. */
uint64_t live_given_up(const struct coverage *c);
struct live_losses live_losses(const struct span_audit *a);
uint64_t live_memory(const struct live_run *l); /* bytes in use; 0: not known */
/* Lines for people, without the last newline. */
void live_counters(const struct span_audit *a, struct out *o);

/* live_metrics.c. Writes the figures of the result that there is, when somebody wants them. */
void live_metrics(const struct span_audit *a);
/* Into that descriptor, which stays the caller's. 0 or negative errno. */
int live_metrics_into(const struct span_audit *a, int fd);

/* live_answers.c. Looks after the control socket, when it is time. */
void live_serve(struct span_audit *a, int64_t now);

/* live_policy.c. Reads rules, site and waivers again, and goes by them from now on; when something
 * is wrong with them, by the old ones. What came of it is told and stands in l->reload. */
void live_reload(struct span_audit *a);
/* What is judged by, as an object and as a line. */
void live_policy_json(const struct span_audit *a, struct out *o);
void live_policy_text(const struct span_audit *a, struct out *o);

/* live_judge.c */
/* Begins a judgement of what is there so far, in a process of its own. */
void live_judge_begin(struct span_audit *a);
/* Takes its answer, if it is there; `wait`: until it is, or it has taken too long. */
void live_judge_take(struct span_audit *a, bool wait);
/* Events of the result that the run ended with. */
void live_judge_last(struct span_audit *a);

/* live_threads.c */
unsigned live_threads(const struct span_audit *a); /* that are wanted */
/* Makes them, unless that was done. */
void live_threads_start(struct span_audit *a);
/* " by so many threads", unless it is one. */
enum { LIVE_WORDS = 32 };
const char *live_threads_words(const struct live_run *l, char buf[LIVE_WORDS]);
/* What waits for more to come with it is worked on, when it is time. */
void live_threads_turn(struct span_audit *a, int64_t now);
/* fork(2) of a run. The child goes on with all that was taken, and makes no threads. */
pid_t live_fork(struct span_audit *a);

/* live_told.c. What earlier runs told, as far as the store has it, is known from now on. 0 or
 * -ENOMEM. */
int live_told_load(struct span_audit *a);
/* That this is what was told, in place of what is known. 0 (also without a store) or errno. */
int live_told_save(const struct span_audit *a, const struct live_known *rows, size_t n);
/* It is not found, and that may be because what it rests on was lost. */
bool live_told_is_lost(const struct span_audit *a, const struct live_known *k);

/* live_doctor.c */
void live_hosts_look(struct live_run *l);
/* Rows about this computer, before the others. 0 or -ENOMEM. */
int live_doctor(const struct span_audit *a, struct fit *fit);

/* live_notify.c */
int live_notify_open(int64_t *ret_watchdog_ns);
void live_notify(const struct live_run *l, const char *fmt, ...) PRINTF(2, 3);

#endif
