/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ends - every address that has a conversation, and how its packets look.
 *
 * An address is looked up once for a flow; from then on its number stands for it. When everything
 * is known the numbers become places in the sorted list of addresses, so that whoever wants to know
 * something of both ends of a conversation looks it up in an array.
 */
#ifndef SPAN_FLOW_ENDS_H
#define SPAN_FLOW_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bulk.h"
#include "base/siphash.h"

enum { CONV_HOST_MACS = 4 };
#define END_NONE UINT32_MAX /* no number */

/* Distinct addresses, ascending by their bytes; what conv.client_no and conv.server_no name. */
struct ends {
	const struct addr *addr;
	size_t n;
};

/* How the packets of an address that are no RST look here: what a RST in its name is held against.
 */
struct conv_host {
	struct addr addr;
	uint16_t vlan;                  /* 0 where it is no part of the key */
	uint8_t ttl_min, ttl_max;       /* hop limits; 0: no packet was seen */
	uint8_t mac[CONV_HOST_MACS][6]; /* they were sent from, ascending; the smallest ones */
	uint8_t n_mac;
	bool more_macs : 1;
	bool used : 1; /* in a table: by a conversation, and not only put in alone */
};

struct end_slot {
	uint32_t at; /* number + 1; 0: free */
	uint32_t tag;
};

struct end_table {
	struct hash_key key;
	struct bank *bank; /* NULL: none */
	struct conv_host *v;
	size_t n;
	struct bulk hosts; /* what v is */
	struct end_slot *slot;
	size_t slots;
};

void end_table_done(struct end_table *t);
/* For who asks for several numbers: what end_number() will look at first, and then, given that,
 * what it will look at next, is fetched. A tag is of an address in a VLAN. */
uint32_t end_tag(const struct end_table *t, const struct addr *a, uint16_t vlan);
void end_fetch_slot(const struct end_table *t, uint32_t tag);
void end_fetch(const struct end_table *t, uint32_t tag);
/* end_number() of an address with this tag. */
uint32_t end_number_tagged(struct end_table *t, const struct addr *a, uint16_t vlan, uint32_t tag,
			   bool may_make);
/* The number of an address in a VLAN (0 where VLANs are no part of the key); END_NONE when it has
 * none and may not get one, or without memory. */
uint32_t end_number(struct end_table *t, const struct addr *a, uint16_t vlan, bool may_make);
/* Notes how packets of it look; ttl_max 0: none was seen. */
void end_look(struct conv_host *e, uint8_t ttl_min, uint8_t ttl_max, const uint8_t mac[6]);
/* The same for all that another table noted of it. */
void end_merge(struct conv_host *h, const struct conv_host *from);
/* False where no packet of it is like this one; without any packet nothing is known. */
bool end_has_mac(const struct conv_host *e, const uint8_t mac[6]);
size_t end_table_bytes(const struct end_table *t);

/* The used addresses, sorted, each once: ret_addr has *ret_n of them, and uint32_t by number in
 * ret_place say where each stands. Both are the caller's; the table is empty then. False without
 * memory. */
bool ends_sort(struct end_table *t, struct bulk *ret_addr, size_t *ret_n, struct bulk *ret_place);

#endif
