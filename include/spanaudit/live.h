/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live - packets from network interfaces, judged while they come.
 *
 *	span_live_open(a, &options);   interfaces, rules: all that needs rights
 *	span_live_confine(a, &rights); none are left; no packet was looked at before
 *	span_live_run(a);              until span_audit_stop(), or a limit
 *	span_audit_write(a, ...);      the result, as of files
 */
#ifndef SPANAUDIT_LIVE_H
#define SPANAUDIT_LIVE_H

#include <sys/types.h>

#include <spanaudit/audit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is told while a run lasts, in sentences without a stop. */
enum span_live_notice {
	SPAN_LIVE_STARTED,  /* packets are taken */
	SPAN_LIVE_CHANGED,  /* an interface went down, up, away, or came back; a clock was set */
	SPAN_LIVE_LOST,     /* packets were dropped since this was told last, or are left out */
	SPAN_LIVE_COUNTERS, /* what span_live_ask() asked for; several lines */
	SPAN_LIVE_JUDGED,   /* how a judgement went */
	SPAN_LIVE_TROUBLE,  /* something could not be done; the run goes on */
	SPAN_LIVE_POLICY,   /* rules, site and waivers were read again */
};
typedef void (*span_live_fn)(void *user, enum span_live_notice what, const char *text);

/* When a file of packets is full and the next one begins; all 0: never. */
struct span_live_ring {
	uint64_t bytes, packets;
	int64_t duration_ns;
	unsigned files; /* that are kept, the newest; 0: all */
};

struct span_live_options {
	const char *const *interfaces;
	size_t n_interfaces;
	uint64_t buffer;  /* bytes of each interface's ring in the kernel; 0: 64 MiB */
	unsigned snaplen; /* bytes kept of a packet; 0: all of it */
	bool not_promiscuous;
	/* When the processor does not keep up, nothing is left out: what finds no room in the
	 * kernel's ring is then lost. Else first bytes of flows and names are left out first, then
	 * new flows are followed in part; all of it is counted, and told as SPAN_LIVE_LOST. */
	bool shed_never;
	uint64_t packets;    /* end after so many; 0: no limit */
	int64_t duration_ns; /* end after so long; 0: no limit */
	/* With a store (span_audit_store): conversations that were seen last so long ago are judged
	 * no more, and their memory is free; 0: 48 hours, or twice judge-after of the site. What
	 * the store has of that time is taken in at the start. */
	int64_t window_ns;
	int64_t every_ns; /* judge that often; 0: at the end alone */
	/* Findings that are new, have changed or are gone, written as they are found: an event a
	 * line (NDJSON with ECS names), and a line for people. Borrowed; -1: not wanted. Written
	 * by another process than the one that takes packets, so that a slow reader costs none. */
	int events_fd, lines_fd;
	/* Packets as they are taken go into this pcapng file, or a ring of files with numbers. Made
	 * by the user of span_live_confine(), in one of its folders. NULL: none. */
	const char *write;
	struct span_live_ring ring;
	/* Packets of findings that are told go into files in this folder, of those that came last;
	 * NULL: none. One of the folders of span_live_confine(). */
	const char *evidence;
	/* Events as messages, too: "unix:PATH", "udp:HOST:PORT", "tcp:HOST:PORT"; NULL: nowhere. */
	const char *syslog;
	/* A socket that takes each event of a finding as a message (SOCK_SEQPACKET), without
	 * waiting: what finds no room is counted. Borrowed; -1: none. */
	int messages_fd;
	/* Where the run answers (control.h); NULL: nowhere. control_must: it is an error when that
	 * cannot be, and else told. */
	const char *control;
	bool control_must;
	/* A connected unix stream socket on which the same is answered, duplicated; when its other
	 * end is closed the run ends. NULL: there is none. */
	const int *view;
	/* Figures for Prometheus, written anew into this file at each judgement, whole or not at
	 * all; its folder must be one that stays writable. NULL: not wanted. Borrowed. */
	const char *metrics;
	/* The same over HTTP, at "127.0.0.1:PORT" or "[::1]:PORT", GET /metrics: as of the last
	 * judgement. NULL: not wanted. Borrowed. */
	const char *metrics_listen;
	/* Called when the policy is read again: opens what is written to anew, where somebody moved
	 * it away, under the same descriptor. 0 or negative errno; NULL: there is nothing. */
	int (*reopen)(void *user);
	span_live_fn notice; /* may be NULL */
	void *user;
};

/* Loads rules and opens the interfaces. SPAN_USAGE, SPAN_INPUT (no right, no such interface),
 * each with errors kept; or negative errno. */
int span_live_open(struct span_audit *a, const struct span_live_options *o);

/* Who to be, and what stays reachable. */
struct span_live_rights {
	const char *user; /* NULL: "spanaudit", where there is one and the process is root's */
	const char *const *folders; /* where files are still to be written; those that the policy
				     * is in stay readable */
	size_t n_folders;
};
/* The user that span_live_confine() makes the process, so that files can be made its own before.
 * False: it stays who it is. SPAN_USAGE when `user` was given and there is none such: *ret_bad. */
bool span_live_user(const char *user, uid_t *ret_uid, gid_t *ret_gid, bool *ret_bad);
/* Gives up every right, for good: user and groups, capabilities and their bounding set, gaining any
 * (no_new_privs), all files but in `folders` (Landlock), and all system calls that are not needed
 * (seccomp). For the whole process, which must have one thread. What the kernel does not have is
 * left out and told; ret (to be freed, NULL is fine) gets what was done as a sentence.
 * SPAN_INPUT with errors kept when rights could not be given up: then nothing may be read. */
int span_live_confine(struct span_audit *a, const struct span_live_rights *r, char **ret);

/* Takes and judges packets until span_audit_stop() or a limit; then everything that came before is
 * judged, and there is a result. 0 or negative errno. */
int span_live_run(struct span_audit *a);
/* Asks for SPAN_LIVE_COUNTERS. May be called from a signal handler. */
void span_live_ask(struct span_audit *a);

/* Rules, site and waivers are read again, and everything is judged by the new ones; wrong ones
 * leave the old ones in force. SPAN_LIVE_POLICY or SPAN_LIVE_TROUBLE tells. May be called from a
 * signal handler. */
void span_live_reload(struct span_audit *a);

/* The interfaces of this computer, a line each or as JSON. */
int span_live_list(struct span_audit *a, bool json, FILE *f);

#ifdef __cplusplus
}
#endif
#endif
