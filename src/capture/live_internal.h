/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of live share. */
#ifndef SPAN_CAPTURE_LIVE_INTERNAL_H
#define SPAN_CAPTURE_LIVE_INTERNAL_H

#include <pcap/pcap.h>

#include "capture/live.h"

/* The kernel hands over a part of its ring when it is full, and after this long at the latest. */
enum { LIVE_RETIRE_MS = 50 };

/* Bytes of frames that wait; given back when all of its frames have gone. */
struct live_chunk {
	struct live_chunk *next;
	size_t used, cap;
	uint32_t frames; /* that still need it */
	uint8_t bytes[];
};

struct live_held {
	struct frame f;
	struct live_chunk *chunk;
	int64_t arrived_ns; /* monotonic */
};

/* --- netlink (live_link.c) ------------------------------------------------------------------- */

struct live_link {
	int index; /* 0: there is no such interface */
	bool up;
	uint32_t mtu; /* 0: not told */
	uint64_t missed, dropped;
};
/* A socket for live_link_look(); negative errno. */
int live_link_open(void);
/* Asks the kernel, which answers at once and needs no right for it. 0 (also when there is none) or
 * negative errno. */
int live_link_look(int fd, const char *name, struct live_link *ret);

/* --- an interface (live_if.c) ---------------------------------------------------------------- */

struct live_if {
	char *name;
	pcap_t *pcap;
	int fd;
	uint32_t input;
	bool nanoseconds;
	bool broken;           /* libpcap gave it up; once it is up it is tried again */
	bool more;             /* the last look did not come to its end */
	bool has_link;         /* netlink knows it; "any" it does not */
	int index;             /* of the device that the socket is bound to */
	struct live_link link; /* as it was seen last */
	int64_t away_since_ns; /* monotonic; 0: it is there and up */
	struct live_figures figures;
	uint32_t number;
	int64_t before_ns;
	int64_t out_ns; /* greatest time handed out */
	/* Frames that the kernel put into its ring, and those that were taken out of it. */
	uint64_t ring; /* its bytes */
	uint64_t queued, taken;
	uint64_t mean_n, mean_bytes; /* of the newest ones taken */
	/* A ring of those that wait, by time. */
	struct live_held *held;
	size_t head, n, cap; /* cap: a power of two */
};

int live_if_open(struct live_if *i, const struct live_options *opt, struct errors *errs,
		 bool *ret_usage);
/* Adds what the kernel has counted since. */
void live_if_count(struct live_if *i);
/* The part of the ring that waits, per mille, behind live_if_count(). */
unsigned live_if_fill(struct live_if *i);
/* The interface is there again under another number: binds the kept socket to it. 0 or negative
 * errno. */
int live_if_rebind(struct live_if *i, int index);
void live_if_close(struct live_if *i);

#endif
