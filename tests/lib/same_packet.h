/* SPDX-License-Identifier: BSD-2-Clause */
/* same_packet - is what two decoders say of a frame the same? */
#ifndef SPAN_TEST_SAME_PACKET_H
#define SPAN_TEST_SAME_PACKET_H

#include "decode/decode.h"

static inline bool same_ends(const struct packet *a, const struct packet *b)
{
	return addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst) &&
	       a->sport == b->sport && a->dport == b->dport && a->proto == b->proto &&
	       !memcmp(a->src_mac, b->src_mac, sizeof a->src_mac) && a->vlan == b->vlan &&
	       a->tunnel == b->tunnel && a->tunnel_id == b->tunnel_id;
}

static inline bool same_headers(const struct packet *a, const struct packet *b)
{
	return a->ttl == b->ttl && a->tcp_flags == b->tcp_flags && a->seq == b->seq &&
	       a->ack == b->ack && a->has_seq == b->has_seq && a->has_ip_id == b->has_ip_id &&
	       a->ip_id == b->ip_id && a->ip_len == b->ip_len && a->esp == b->esp &&
	       a->fragment == b->fragment && a->later_fragment == b->later_fragment &&
	       a->frag_offset == b->frag_offset && a->icmp_class == b->icmp_class;
}

static inline bool same_packet(const struct packet *a, const struct packet *b)
{
	return a->ts_ns == b->ts_ns && a->number == b->number && a->wire_len == b->wire_len &&
	       same_ends(a, b) && same_headers(a, b) && a->transport == b->transport &&
	       a->transport_len == b->transport_len && a->payload == b->payload &&
	       a->payload_len == b->payload_len && a->payload_wire == b->payload_wire &&
	       a->payload_cut == b->payload_cut && a->whole_len == b->whole_len &&
	       a->early.n == b->early.n;
}

static inline bool same_stats(const struct decode_stats *a, const struct decode_stats *b)
{
	return a->read == b->read && !memcmp(a->by, b->by, sizeof a->by) &&
	       !memcmp(a->note, b->note, sizeof a->note);
}

#endif
