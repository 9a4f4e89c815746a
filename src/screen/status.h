/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status - what a running service says of itself between two judgements (spanaudit-status/1).
 *
 * The service may be of another version: what is not there is not known, and what is more is left
 * alone.
 */
#ifndef SPAN_SCREEN_STATUS_H
#define SPAN_SCREEN_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

enum { STATUS_NAMES = 120 };

struct status {
	bool known;
	bool stopping, judging;
	int64_t uptime_s, every_s;
	uint64_t packets;
	uint64_t kernel, card, unseen, seen, shed; /* lost */
	bool card_told;
	bool behind;                   /* something is left out now, for want of time */
	unsigned one_flow_in;          /* of so many new ones that is followed; 0, 1: all are */
	uint64_t memory, memory_limit; /* 0: not told */
	char judged[TIME_TEXT];        /* when; "": never */
	char site[STATUS_NAMES];       /* its name; "" */
	char names[STATUS_NAMES];      /* of interfaces: "span0+span1" */
	char away[STATUS_NAMES];       /* those that are down or removed, with commas; "" */
	uint64_t rate;                 /* packets a second since the status before; see has_rate */
	bool has_rate;
};

/* Reads n bytes of JSON; *s is the status before. False when they are none: *s stays. */
bool status_read(struct status *s, const char *p, size_t n);

#endif
