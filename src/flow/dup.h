/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dup - a packet that a mirror shows more than once is counted once.
 *
 * The same packet comes twice when both ports of a switch are mirrored, when a router's two sides
 * are (its time to live is one less), inside and outside a tunnel or VLAN, from several components
 * of a Windows host capture, from a flooding load balancer, or from two files that overlap. What a
 * host sends again (a retransmission, a repeated acknowledgement, a keep-alive, a retry) is another
 * packet and must never be taken for it. dup.c has the rules.
 *
 * Which packet is forgotten when there are too many depends on their order alone, never on the hash
 * secret; and in which input a packet was decides nothing.
 */
#ifndef SPAN_FLOW_DUP_H
#define SPAN_FLOW_DUP_H

#include "base/siphash.h"
#include "decode/packet.h"

struct dup_stats {
	uint64_t packets;     /* asked about */
	uint64_t copies;      /* packets that were copies */
	uint64_t routed;      /* of those, with another time to live */
	uint64_t other_input; /* of those, whose first sight was in another input */
	uint64_t crowded; /* packets forgotten before their time: their copies count as packets */
};

struct dup_table;
/* key NULL: a random secret. NULL without memory (about 800 KB, of which a capture without copies
 * touches 450). */
struct dup_table *dup_table_new(const struct hash_key *key);
struct dup_table *dup_table_free(struct dup_table *t);
/* The outermost VLAN is part of what a packet is: where a flow is one of its VLAN
 * (flow_options.vlan_key), so are copies, or each VLAN would keep one direction only. To be set
 * before the first packet. */
void dup_table_vlan_key(struct dup_table *t, bool on);
/* Fingerprints as on a processor without better ways: the same answers. Before the first packet. */
void dup_table_by_products(struct dup_table *t);
/* True when p is a copy of a packet seen before, within the window. p's bytes are looked at during
 * the call only. Packets come in the order of their times, nearly. */
bool dup_table_is_copy(struct dup_table *t, const struct packet *p);
/* The same for n packets in their order, which may be looked at ahead of it. Faster: the memory of
 * later ones is fetched while earlier ones are worked on. Returns how many are copies. */
size_t dup_table_are_copies(struct dup_table *t, const struct packet *p, size_t n, bool *ret_copy);
const struct dup_stats *dup_table_stats(const struct dup_table *t);

#endif
