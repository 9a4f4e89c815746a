/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live - packets from network interfaces as they come, those of all of them as one stream.
 *
 * Opening needs CAP_NET_RAW and nothing afterwards does: sockets are kept for as long as the
 * source lives. An interface may go down and up, or be removed and made again under its name: it is
 * then captured on again, and both are told.
 *
 * Every frame is a copy, since the kernel wants the room in its ring back. Frames wait a moment, so
 * that those of several interfaces come out in the order of their times (live.c says how long).
 *
 *   live.c        the stream, and what waits      live_if.c     an interface: libpcap
 *   live_host.c   what its driver says
 *   live_link.c   what the kernel counts of it, over netlink    live_list.c   which there are
 */
#ifndef SPAN_CAPTURE_LIVE_H
#define SPAN_CAPTURE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "capture/source.h"

struct live_options {
	const char *const *names; /* of interfaces, each once; their order is that of frame.input */
	size_t n_names;
	const char *filter; /* BPF text, or NULL; the kernel goes by it */
	uint64_t buffer;    /* bytes of the ring of each interface; 0: 64 MiB */
	unsigned snaplen;   /* bytes kept of a packet; 0: all */
	bool not_promiscuous;
	int stop_fd; /* readable: wake up, and look what for; -1 none */
	int wake_fd; /* another one; -1 none */
};

/* What an interface came to. Counters are of 64 bits and run from the opening on. */
struct live_figures {
	const char *name; /* borrowed from the source */
	uint16_t linktype;
	unsigned snaplen;
	bool promiscuous;
	bool nanoseconds;      /* of its time stamps; else microseconds */
	uint64_t packets;      /* handed out */
	uint64_t kernel_drops; /* found no room in the ring */
	/* Of the card and its driver, while this source ran: packets that it had no room for, and
	 * (which need not be lost to a capture) those that the network stack threw away. */
	bool card_told;
	uint64_t card_drops, stack_drops;
	bool up;           /* now */
	bool there;        /* now */
	uint64_t downs;    /* times that it went down */
	uint64_t removals; /* times that it was removed */
	int64_t away_ns;   /* for how long it was either, in all */
	/* Times against the order of arrival; see order.h. */
	int64_t first_ns, last_ns;
	uint64_t late, unsorted;
	int64_t step_ns;
	uint32_t step_at;
};

/* What happened to an interface. */
enum live_event { LIVE_DOWN, LIVE_UP, LIVE_REMOVED, LIVE_BACK, LIVE_MTU };
typedef void (*live_event_fn)(void *user, const char *name, enum live_event e);

struct live;
/* Opens all interfaces. NULL with an explained error; *ret_usage when the filter is wrong. */
struct live *live_open(const struct live_options *opt, struct errors *errs, bool *ret_usage);
/* Fills *b, after waiting timeout_ms at most (less when stop_fd is readable); it may stay empty.
 * Frames live until the next call. 0 or negative errno. */
int live_next(struct live *l, struct batch *b, int timeout_ms);
/* wake_fd was readable since this was asked last. */
bool live_woken(struct live *l);
/* Nothing that arrives from now on counts. live_next() hands out what came before, then returns
 * empty batches with live_ended(). */
void live_end(struct live *l);
bool live_ended(const struct live *l);
/* Looks at counters and interfaces; to be called each second or so. */
void live_look(struct live *l, live_event_fn fn, void *user);
size_t live_count(const struct live *l);
void live_figures(const struct live *l, size_t i, struct live_figures *ret);
/* How much of the fullest interface's ring waits to be read, per mille, as near as the kernel's
 * counters tell it. To be asked some times a second. */
unsigned live_fill(struct live *l);
/* Frames that were handed out before their time because too many waited. */
uint64_t live_hurried(const struct live *l);
/* NULL is fine; returns NULL. */
struct live *live_close(struct live *l);

struct out;
/* A line for each interface of this computer that can be captured on. 0, or negative errno with
 * *errs. */
int live_list(bool json, struct out *o, struct errors *errs);

#endif
