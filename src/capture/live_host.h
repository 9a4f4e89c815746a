/* SPDX-License-Identifier: BSD-2-Clause */
/* live_host - what may spoil a capture on an interface before a packet is seen. */
#ifndef SPAN_CAPTURE_LIVE_HOST_H
#define SPAN_CAPTURE_LIVE_HOST_H

#include <stdbool.h>
#include <stdint.h>

struct live_host {
	char driver[32]; /* "" not told */
	unsigned mtu;    /* 0: not told */
	uint32_t mbit;   /* speed of the link in Mbit/s; 0: not told */
	bool offload_told;
	bool gro, lro;            /* received packets are merged before they are captured */
	uint32_t ring, ring_most; /* packets that the card keeps; 0: not told */
	bool has_address;         /* the computer talks on it itself */
};

/* Asks the driver, which needs no right. What cannot be told stays zero. */
void live_host_look(const char *name, struct live_host *ret);

#endif
