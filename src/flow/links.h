/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * links - (MAC address, VLAN) pairs by a small number, because a sensor sees few of them.
 *
 * Number 0 is "unknown": no MAC and no VLAN, or more pairs than numbers (a forger's capture).
 */
#ifndef SPAN_FLOW_LINKS_H
#define SPAN_FLOW_LINKS_H

#include <stdint.h>

#include "base/siphash.h"

struct links {
	uint64_t *pair; /* by number; MAC in the upper 48 bits, VLAN in the lower 16 */
	uint16_t *slot; /* open addressing, 0 free */
	uint32_t n, slots;
	struct hash_key key;
	uint64_t last_pair; /* the newest question and its answer: packets come in runs */
	uint16_t last;
};

void links_done(struct links *l);
uint16_t links_number(struct links *l, const uint8_t mac[6], uint16_t vlan);
void links_get(const struct links *l, uint16_t number, uint8_t ret_mac[6], uint16_t *ret_vlan);

#endif
