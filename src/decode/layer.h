/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layer - what the decoders of this folder share: where the loop stands in a frame.
 *
 * A decoder takes its header off l->r and either names the next decoder in l->next, or finishes the
 * packet by leaving it NULL, or returns the reason why the frame is skipped. It never calls another
 * one: decode.c's loop does, and counts how deep it is.
 *
 * l->r holds captured bytes only. l->missing counts those that belong to the layer too and were
 * sent, but are not in the capture; so rd_left(&l->r) + l->missing is the size on the wire.
 */
#ifndef SPAN_DECODE_LAYER_H
#define SPAN_DECODE_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/rd.h"
#include "base/siphash.h"
#include "decode/decode.h"
#include "decode/frag.h"

struct layer;
typedef enum decode_skip decode_fn(struct decoder *d, struct layer *l);

#include "decode/links.h"

struct layer {
	struct rd r;
	uint32_t missing;
	decode_fn *next;
	decode_fn *tunnel; /* set by UDP: what the port promises. Unlike next it may be wrong */
	struct packet *packet;
	uint8_t proto;                   /* what the IP header says comes next */
	uint8_t n_ip;                    /* IP headers so far: more than one is a tunnel */
	bool v4;                         /* the innermost of them */
	uint8_t link_flags;              /* enum link_flag */
	uint32_t notes;                  /* 1 << enum decode_note */
	struct frag_ref frag[FRAG_NEST]; /* the datagrams that the IP layers are fragments of */
	uint8_t n_frag;
};

static inline void layer_note(struct layer *l, enum decode_note n)
{
	l->notes |= 1U << n;
}

static inline size_t layer_wire(const struct layer *l)
{
	return rd_left(&l->r) + l->missing;
}

/* The frame is this heartbeat. */
void layer_heartbeat(struct decoder *d, const struct heartbeat *h);

/* The packet came in this tunnel. The outermost one counts, and it is met first. */
static inline void layer_tunnel(struct layer *l, enum tunnel kind, uint32_t id)
{
	struct packet *k = l->packet;

	if (k->tunnel != TUNNEL_NONE)
		return;
	k->tunnel = (uint8_t)kind;
	k->tunnel_id = id;
}

/* The header just read says that n bytes follow it: padding goes, and what is not here is missing.
 * A length beyond the frame is believed: tools that cut frames often rewrite the wire length. */
static inline void layer_limit(struct layer *l, size_t n)
{
	size_t left = rd_left(&l->r);

	if (n <= left) {
		l->r.end = l->r.p + n;
		l->missing = 0;
	} else {
		l->missing = (uint32_t)(n - left);
	}
}

/* The last n bytes that were sent are a trailer: a frame check sequence, or what stands for one. */
static inline void layer_trim(struct layer *l, uint32_t n)
{
	size_t left = rd_left(&l->r), here = n > l->missing ? n - l->missing : 0;

	l->missing -= l->missing < n ? l->missing : n;
	l->r.end -= here < left ? here : left;
}

/* What is left is the packet's payload. */
static inline void layer_payload(struct layer *l)
{
	struct packet *k = l->packet;

	k->payload = l->r.p;
	k->payload_len = (uint32_t)rd_left(&l->r);
	k->payload_wire = (uint32_t)layer_wire(l);
	k->payload_cut = l->missing > 0;
}

/* Decoders, by file; those of link types are in links.h. */
decode_fn decode_vlan;                    /* vlan.c */
decode_fn decode_mpls, decode_mpls_udp;   /* mpls.c */
decode_fn decode_pppoe, decode_ppp;       /* ppp.c */
decode_fn decode_ipv4, decode_ipv6;       /* ip.c */
decode_fn decode_tcp, decode_udp;         /* transport.c */
decode_fn decode_icmp, decode_icmp6;      /* icmp.c */
decode_fn decode_gre;                     /* gre.c */
decode_fn decode_erspan2, decode_erspan3; /* erspan.c */
decode_fn decode_vxlan, decode_vxlan_gpe; /* vxlan.c */
decode_fn decode_geneve;                  /* geneve.c */
decode_fn decode_nlb;                     /* nlb.c */
decode_fn decode_nsh;                     /* nsh.c */
decode_fn decode_gtpu, decode_gtp0;       /* gtp.c */
decode_fn decode_tzsp;                    /* tzsp.c */
decode_fn decode_teredo, decode_ayiya;    /* teredo.c */
decode_fn decode_l2tp, decode_l2tp3;      /* l2tp.c */
decode_fn decode_capwap;                  /* capwap.c */
decode_fn decode_etherip, decode_ip_ethernet, decode_lisp, decode_gue,
	decode_esp_udp; /* ipencap.c */

/* decode.c's tables. NULL: not one that is decoded. */
decode_fn *decode_by_ethertype(uint16_t type);
decode_fn *decode_by_proto(uint8_t proto);
/* What the destination port promises or, where answers of the tunnel come from its port, the source
 * port. */
decode_fn *decode_by_udp_ports(uint16_t sport, uint16_t dport);
/* The least and the greatest of their ports, and one that is above by itself: nearly every port is
 * outside. */
enum { TUNNEL_PORT_LEAST = 1701, TUNNEL_PORT_MOST = 8472, TUNNEL_PORT_ABOVE = 37008 };
static inline bool decode_port_may_be_tunnel(uint16_t port)
{
	return port >= TUNNEL_PORT_LEAST && (port <= TUNNEL_PORT_MOST || port == TUNNEL_PORT_ABOVE);
}

/* guess.c: for headers that no field announces. They look and take nothing. `missing` bytes follow
 * the reader's end on the wire. True when the headers make sense and fit into that. */
#define GUESS_ANY UINT32_MAX /* nobody knows how many: lengths are believed */
bool guess_ip(struct rd r, uint32_t missing);
bool guess_ethernet(struct rd r, uint32_t missing); /* with a content that is known */
bool guess_fits(const struct rd *r, uint32_t missing, size_t n);

/* What begins in a fragment goes on in the next one. */
static inline uint32_t guess_missing(const struct layer *l)
{
	return l->packet->fragment ? GUESS_ANY : l->missing;
}

static inline bool guess_ip_here(const struct layer *l)
{
	return guess_ip(l->r, guess_missing(l));
}

static inline bool guess_ethernet_here(const struct layer *l)
{
	return guess_ethernet(l->r, guess_missing(l));
}

/* link.c: goes on with an EtherType, or with 802.2 LLC when the field is an 802.3 length. */
enum decode_skip decode_ethertype(struct layer *l, uint16_t type);

/* ip.c: steps over what may stand between an IP header and its transport (IPv6 extension headers,
 * AH in both families). *proto enters as the first header's number and leaves as the first one that
 * is no such header. *ret_frag is set when there is an IPv6 fragment header. */
struct ip_frag {
	bool present; /* IPv6: there is such a header, maybe an atomic one (RFC 6946) */
	bool first;
	bool later;
	bool more;
	uint16_t offset; /* in 8 bytes */
	uint32_t id;
	uint32_t before;     /* bytes of extension headers in front of the fragment header */
	const uint8_t *data; /* what the offset counts from */
};
enum decode_skip decode_ip_extensions(struct rd *r, bool v4, uint8_t *proto,
				      struct ip_frag *ret_frag, uint32_t *notes);
/* ip_frag.c: l is at the transport header of the first fragment, or at the bytes of a later one,
 * which are then the payload. */
enum decode_skip decode_fragment(struct decoder *d, struct layer *l, const struct ip_frag *frag,
				 uint32_t key_proto);
/* An IPv6 address; a link-local one with the VLAN in bytes 2-3 (base/addr.h). */
struct addr decode_addr6(struct rd *r, uint16_t vlan);

/* checksum.c: the Internet checksum (RFC 1071). Only the last piece of a sum may be odd. */
uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t n);

/* A sum in ones' complement is a remainder, with two kinds of zero: it must be a multiple of
 * 0xffff, and not 0. By the inverse of 0xffff modulo 2^64, which makes of its multiples, and of
 * nothing else, how often they hold it. */
static inline bool checksum_good(uint64_t sum)
{
	const uint64_t inverse = 0xfffefffefffeffff, most = UINT64_MAX / 0xffff;

	return sum * inverse - 1 < most;
}

/* Words of 64 bits with their carry have the same sum as those of 16 bits (RFC 1071 2 (B)). */
static inline uint64_t ones_add(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

/* For what is short, but 8 bytes at least: the same without a call. What is left behind the last
 * whole word is what the word that ends there has beyond it. */
__attribute__((always_inline)) static inline uint64_t checksum_add_short(uint64_t sum,
									 const uint8_t *p, size_t n)
{
	const unsigned known = (unsigned)(~n * 8) & 63; /* less a byte: no word can go whole */
	const uint8_t *last = p + n - 8, *end = p + (n & ~(size_t)15);
	uint64_t w[2];

#pragma GCC unroll 1
	for (; p != end; p += sizeof w) {
		memcpy(w, p, sizeof w);
		sum = ones_add(ones_add(sum, w[0]), w[1]);
	}
	if (n & sizeof w[0]) {
		memcpy(w, p, sizeof w[0]);
		sum = ones_add(sum, w[0]);
	}
	memcpy(w, last, sizeof w[0]);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	w[0] = w[0] >> known >> 8;
#else
	w[0] = w[0] << known << 8;
#endif
	return ones_add(sum, w[0]);
}
bool checksum_transport_good(const struct layer *l, const uint8_t *p, size_t n);

/* ip_frag.c: a frame was decoded; what its fragments mean for their datagrams and the packet. */
void decode_fragments_settle(struct decoder *d, struct layer *l, struct decode_stats *s);
/* NULL without memory. */
struct frag_table *decoder_frags(struct decoder *d);

#endif
