/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * links - where packets were seen (MAC address, VLAN, tunnel) by a small number, because a sensor
 * sees few such places.
 *
 * Number 0 is "unknown": no MAC, no VLAN, no tunnel. A capture may hold more places than there are
 * numbers (a session of GTP is a tunnel of its own; a forger's capture has any number of MAC
 * addresses). Then first the id of the tunnel is forgotten, then the MAC address, then the tunnel,
 * never the VLAN, which may be part of what a flow is.
 */
#ifndef SPAN_FLOW_LINKS_H
#define SPAN_FLOW_LINKS_H

#include <stdint.h>

#include "base/siphash.h"
#include "decode/packet.h"

struct link {
	uint64_t pair;   /* MAC in the upper 48 bits, VLAN in the lower 16 */
	uint64_t tunnel; /* enum tunnel in the upper 32 bits, its id in the lower */
};

struct links {
	struct link *link; /* by number */
	uint16_t *slot;    /* open addressing, 0 free */
	uint32_t n, slots;
	uint64_t secret[2];
	struct link last_link; /* the newest question and its answer: packets come in runs */
	uint16_t last;
};

/* Before anything else, of a zeroed struct. */
void links_secret(struct links *l, const struct hash_key *key);
void links_done(struct links *l);
/* Hints that links_number(p) comes: its first memory is fetched, then, by what links_fetch() gave
 * and before any other call, the rest. */
#define LINKS_FETCHED UINT32_MAX
uint32_t links_fetch(const struct links *l, const struct packet *p);
void links_fetch_more(const struct links *l, uint32_t at);
/* The number of where p was seen; 0 also without memory. */
uint16_t links_number(struct links *l, const struct packet *p);
void links_mac(const struct links *l, uint16_t number, uint8_t ret_mac[6]);
uint16_t links_vlan(const struct links *l, uint16_t number);
uint8_t links_tunnel(const struct links *l, uint16_t number, uint32_t *ret_id);

#endif
