/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print - what makes a packet the same packet, as one number.
 *
 * Packets are the same when addresses, protocol, IP length, identification and the first
 * PRINT_BYTES behind the IP header are. Left out is what changes on the way or between two places
 * of one host: MAC addresses, VLAN, tunnel, time to live, DSCP and ECN, the header's checksum
 * (RFC 1812 5.3.1, RFC 2474, RFC 3168), and the transport's checksum, which a host capture shows
 * before the network card has filled it in. Of a SYN the options are left out too: routers lower
 * the MSS in them, and nobody repeats a SYN this soon.
 *
 * Two packets, however chosen by somebody who does not know the secrets, agree with a probability
 * of 2^-63, and nothing that depends on the numbers themselves is ever shown. So processors may
 * have their own: print.c has two ways.
 *
 * Private to this folder.
 */
#ifndef SPAN_FLOW_PRINT_H
#define SPAN_FLOW_PRINT_H

#include "base/siphash.h"
#include "decode/packet.h"

enum { PRINT_BYTES = 64, PRINT_WORDS = 4 + 2 + PRINT_BYTES / 8 };

struct print_key {
	uint64_t words[PRINT_WORDS];
	unsigned __int128 fold[2];
	uint64_t fields; /* of PACKET_FIELDS */
	bool vlan;
};
void print_key_init(struct print_key *k, const struct hash_key *secret);
/* Whether the outermost VLAN is part of what a packet is; it is not until this says so. */
void print_key_vlan(struct print_key *k, bool on);

/* Of n packets. */
typedef void prints_fn(const struct print_key *k, const struct packet *p, size_t n,
		       uint64_t *ret_print);
/* By products, on any processor; and the best way that this one has. */
prints_fn prints_by_products;
prints_fn *prints_best(void);

#endif
