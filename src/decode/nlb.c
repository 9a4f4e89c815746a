// SPDX-License-Identifier: BSD-2-Clause
/*
 * Heartbeats of Microsoft's Network Load Balancing: a host of a cluster tells the others, once a
 * second, who it is. No specification is published; the layout is the one that Wireshark's
 * dissector msnlb has.
 *
 *   signature(32) version(32) host id(32), little-endian | cluster(32) dedicated address(32), IPv4
 *
 * There is no packet in it. What it says is kept aside for who asks: decoder_heartbeat().
 */
#include <string.h>

#include "decode/layer.h"

enum { HOSTS_MAX = 32 };

enum decode_skip decode_nlb(struct decoder *d, struct layer *l)
{
	uint32_t signature = rd_le32(&l->r), version = rd_le32(&l->r), id = rd_le32(&l->r);
	struct heartbeat h = {.id = id, .vlan = l->packet->vlan};

	(void)version;
	h.cluster = addr_v4(rd_be32(&l->r));
	h.host = addr_v4(rd_be32(&l->r));
	memcpy(h.mac, l->packet->src_mac, sizeof h.mac);
	if (rd_short(&l->r) || id < 1 || id > HOSTS_MAX || !addr_to_v4(&h.cluster) ||
	    addr_is_multicast(&h.cluster) || addr_is_broadcast(&h.cluster) ||
	    addr_is_multicast(&h.host) || addr_is_broadcast(&h.host))
		return SKIP_NOT_IP;
	/* of membership, extended, reliable */
	if (signature == 0xc0de01bf || signature == 0xc0de01c0 || signature == 0xc0de01de)
		layer_heartbeat(d, &h);
	return SKIP_NOT_IP;
}
