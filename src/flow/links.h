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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "base/siphash.h"
#include "decode/packet.h"

enum { LINK_BITS = 18 }; /* of a number */

struct link {
	uint64_t pair;   /* MAC in the upper 48 bits, VLAN in the lower 16 */
	uint64_t tunnel; /* enum tunnel in the upper 32 bits, its id in the lower */
};

struct links {
	struct link *link; /* by number */
	uint32_t *slot;    /* open addressing, 0 free: a number, and bits of the hash */
	uint32_t n, slots;
	uint64_t secret[2];
	struct link last_link; /* the newest question and its answer: packets come in runs */
	uint32_t last;
	bool ids;      /* of tunnels are among them */
	unsigned bits; /* numbers have so many: LINK_BITS, or fewer for want of memory */
};

/* Before anything else, of a zeroed struct. There may be 2^16 numbers in any case (1.5 MB), and as
 * many more, to 2^LINK_BITS, as max_memory has room for. */
void links_init(struct links *l, const struct hash_key *key, size_t max_memory);
void links_done(struct links *l);
/* Hints that links_number(p) comes: its first memory is fetched, then, by what links_fetch() gave
 * and before any other call, the rest. */
#define LINKS_FETCHED UINT32_MAX
uint32_t links_fetch(const struct links *l, const struct packet *p);
void links_fetch_more(const struct links *l, uint32_t at);
/* Hints that links_mac() and the like will be asked about a number that was given out, or 0. */
static inline void links_fetch_number(const struct links *l, uint32_t number)
{
	if (number)
		prefetch(&l->link[number]);
}
/* The number of where p was seen; 0 also without memory. */
uint32_t links_number(struct links *l, const struct packet *p);
/* True when nothing was forgotten, nor could have been in another order of the same places. */
bool links_exact(const struct links *l);
/* Numbers the places of another one, too; false when there would be too many, or no memory. */
bool links_absorb(struct links *l, const struct links *from);
void links_mac(const struct links *l, uint32_t number, uint8_t ret_mac[6]);
uint16_t links_vlan(const struct links *l, uint32_t number);
uint8_t links_tunnel(const struct links *l, uint32_t number, uint32_t *ret_id);

#endif
