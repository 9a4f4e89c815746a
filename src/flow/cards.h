/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cards - which addresses one network card was seen to send from, and what clusters of Network Load
 * Balancing say of themselves.
 *
 * A card that sends from one IPv4 address and a few of IPv6 is a host's; one that sends from many
 * is a router's, a firewall's or a proxy's and says nothing of who the addresses are. Which it is
 * is for others to decide. A frame inside a tunnel counts by its own MAC address, and a link
 * without MAC addresses has no cards.
 *
 * Rows merge by minimum, sum and the k smallest, so neither order nor a split of the input can be
 * seen in them.
 */
#ifndef SPAN_FLOW_CARDS_H
#define SPAN_FLOW_CARDS_H

#include "base/siphash.h"
#include "decode/packet.h"

enum {
	CARD_ADDRS = 16,        /* addresses kept of one card, the smallest */
	CARDS_MAX = 1 << 17,    /* cards of one audit */
	CLUSTERS_MAX = 1 << 10, /* hosts of clusters */
};

struct card {
	int64_t first_ns; /* the earliest flow */
	uint8_t mac[6];
	uint16_t vlan;     /* the outermost; 0 none. A mirror may tag one direction only */
	struct addr *addr; /* n of them, ascending */
	uint8_t n;
	bool many; /* there were more than CARD_ADDRS */
};
/* What a card counts of the memory of a table, however few its addresses: arrays grow by doubling,
 * there are up to four slots for each card, and rows of addresses are of 1, 2, 4, 8 and 16. */
enum {
	CARD_CHARGE = 2 * sizeof(struct card) + 4 * sizeof(uint32_t) +
		      (2 * CARD_ADDRS - 1) * sizeof(struct addr)
};

/* A host of a cluster, by its heartbeats. Clusters share an address that no host has alone. */
struct cluster_host {
	struct addr cluster, host; /* host: its own address; unspecified when it has none */
	uint32_t id;               /* priority in the cluster, 1 to 32 */
	uint8_t mac[6];            /* the smallest that sent them */
	uint16_t vlan;             /* the smallest */
	uint64_t heartbeats;
	int64_t first_ns, last_ns;
};

struct cards;
struct cards *cards_new(const struct hash_key *key, size_t max_memory);
struct cards *cards_free(struct cards *t);
/* `a` sent a flow from this card, which began at ts_ns. MAC addresses of zeros and of groups, and
 * addresses that are no one's, are passed over. */
void cards_add(struct cards *t, const uint8_t mac[6], uint16_t vlan, const struct addr *a,
	       int64_t ts_ns);
void cards_heartbeat(struct cards *t, const struct heartbeat *h, int64_t ts_ns);
/* Rows of another table, as the two below lend them; what they point at is copied. */
void cards_put(struct cards *t, const struct card *row);
void cards_put_cluster(struct cards *t, const struct cluster_host *row);
/* By MAC address and VLAN; by cluster, host and id. Valid until the next addition. */
const struct card *cards_sorted(struct cards *t, size_t *ret_n);
const struct cluster_host *cards_clusters(struct cards *t, size_t *ret_n);
size_t cards_most(const struct cards *t);  /* how many there is room for */
size_t cards_taken(const struct cards *t); /* how many there are */
void cards_limit(struct cards *t, size_t most);
uint64_t cards_shed(const struct cards *t); /* additions that found no room */

#endif
