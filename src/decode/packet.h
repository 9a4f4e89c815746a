/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet - one captured frame after decoding: the innermost IP packet.
 *
 * Everything is in host order. Pointers are into the frame and die with it.
 */
#ifndef SPAN_DECODE_PACKET_H
#define SPAN_DECODE_PACKET_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cpu.h"
#include "base/proto.h"

enum tcp_flag { /* RFC 9293 3.1 */
		TCP_FIN = 0x01,
		TCP_SYN = 0x02,
		TCP_RST = 0x04,
		TCP_PSH = 0x08,
		TCP_ACK = 0x10,
};

/* What an ICMP error means for the packet it quotes (domain facts: RFC 792, 1812 5.2.7, 4443 3). */
enum icmp_class {
	ICMP_NOT_ERROR,  /* echo, ND, MLD ... */
	ICMP_ROUTING,    /* net or host unreachable, no route, address unreachable, TTL exceeded */
	ICMP_PORT,       /* port or protocol unreachable: the host was reached */
	ICMP_PROHIBITED, /* administratively prohibited, policy, reject route: a filter said no */
	ICMP_TOO_BIG,    /* fragmentation needed, packet too big */
	ICMP_OTHER,      /* an error that says nothing about reachability */
};

/* The outermost tunnel that a packet came in. The order is that of preference where several were
 * seen in one conversation. */
#define TUNNELS(X)                   \
	X(NONE, "")                  \
	X(GRE, "gre")                \
	X(NVGRE, "nvgre")            \
	X(ERSPAN, "erspan")          \
	X(VXLAN, "vxlan")            \
	X(GENEVE, "geneve")          \
	X(GTPU, "gtp-u")             \
	X(TZSP, "tzsp")              \
	X(IPIP, "ip-in-ip")          \
	X(SIXIN4, "6in4")            \
	X(TEREDO, "teredo")          \
	X(L2TP, "l2tp")              \
	X(MPLS_IP, "mpls-in-ip")     \
	X(ETHERIP, "ethernet-in-ip") \
	X(LISP, "lisp")              \
	X(CAPWAP, "capwap")          \
	X(AYIYA, "ayiya")            \
	X(GUE, "gue")

enum tunnel {
#define X(id, name) TUNNEL_##id,
	TUNNELS(X)
#undef X
		TUNNEL_N,
};

/* Fragments that came before the first one of their datagram, of which neither ports nor protocol
 * were known until now. Exact copies are not among them. */
struct packet_early {
	uint32_t n;
	uint32_t wire;    /* bytes of their frames */
	uint32_t payload; /* bytes sent */
	uint32_t reach;   /* TCP: from where the first fragment's payload begins to the end of the
			   * farthest of them; 0 unknown */
	int64_t ts_ns;    /* the earliest; not valid without any */
};

/* What a host of a load-balancing cluster says of itself, in a frame that carries no packet. */
struct heartbeat {
	struct addr cluster, host; /* host: 0.0.0.0 when it has no address of its own */
	uint32_t id;
	uint8_t mac[6];
	uint16_t vlan;
};

/* What every packet is asked for is in the first two lines of memory, what few have in the third,
 * what errors quote in the last. */
struct packet {
	int64_t ts_ns;
	uint32_t number; /* 1-based in its file */
	uint32_t input;  /* index of the file in the order of the run */
	struct addr src, dst;
	uint16_t sport, dport; /* 0 without ports */
	uint32_t wire_len;     /* of the whole frame */

	/* Eight bytes that are written and read as one word (plain.h, print.c).
	 * Innermost IP protocol or next header. 44 for a later fragment of a datagram that is a
	 * tunnel's: its bytes are the rest of a packet that the first fragment showed, and belong
	 * to no flow. */
	uint8_t proto;
	bool fragment;        /* one of several; ports of later ones come from the first */
	bool later_fragment;  /* carries no transport header: payload belongs after the first's */
	bool has_ip_id;       /* IPv4 with a non-zero identification, or an IPv6 fragment */
	uint16_t frag_offset; /* of a fragment, in 8 bytes; 0 else */
	uint8_t tcp_flags;
	bool payload_cut; /* the capture holds fewer payload bytes than were sent (snap length) */

	/* Eight more (plain.h, dup.c): the view that the packet was seen with. */
	uint32_t tunnel_id; /* VNI, TEID, GRE key, session, label of the outermost tunnel; 0 none */
	uint16_t vlan;      /* the outermost VLAN id that is not 0 (802.1Q, ISL), also of a frame
			     * inside a tunnel when none is outside; 0 none */
	uint8_t tunnel;     /* enum tunnel */
	uint8_t ttl;        /* or hop limit */

	const uint8_t *transport; /* first captured byte behind the innermost IP headers */
	const uint8_t *payload;
	uint32_t transport_len; /* captured */
	uint32_t payload_len;   /* captured */
	uint32_t ip_len; /* of the innermost IP packet, by its header (offload: the frame's rest) */
	uint32_t ip_id;
	uint32_t payload_wire; /* sent, by the IP length; with segmentation offload (IP length 0)
				* what the frame holds */
	/* TCP. A later fragment's seq is that of its first byte and its ack the first fragment's,
	 * when has_seq says that the first one showed them. */
	uint32_t seq, ack;
	bool esp; /* IPsec ESP, as an IP protocol or in UDP (RFC 3948): the content is hidden */
	bool has_seq;
	uint8_t icmp_class;  /* enum icmp_class: of ICMP and ICMPv6 errors */
	bool icmp_has_inner; /* the packet that they answer is known */
	uint8_t src_mac[6];  /* zero when the link has none */

	/* The packet is the last missing fragment of its datagram (by capture order; it may be the
	 * first one): the transport payload of the whole datagram. NULL else. The figures above
	 * are still those of this fragment alone. Valid until decoder_release(). */
	const uint8_t *whole __attribute__((aligned(CACHELINE)));
	uint32_t whole_len;
	uint32_t whole_seq;        /* TCP: sequence number of whole[0] */
	struct packet_early early; /* n is 0 unless this is a first fragment */

	uint8_t icmp_type, icmp_code; /* not set when icmp_class says that it is no error */
	/* What the error answers; not set unless icmp_has_inner says so. */
	uint8_t inner_proto;
	struct addr inner_src, inner_dst;
	uint16_t inner_sport, inner_dport;
};
static_assert(offsetof(struct packet, tunnel_id) == CACHELINE, "a line");
static_assert(offsetof(struct packet, whole) == (size_t)2 * CACHELINE, "two lines");

/* Those words: bytes of a struct packet from here on. */
enum {
	PACKET_FIELDS = offsetof(struct packet, proto),
	PACKET_VIEW = offsetof(struct packet, tunnel_id),
	PACKET_LENGTHS = offsetof(struct packet, ip_len),
};
static_assert(offsetof(struct packet, payload_cut) == PACKET_FIELDS + 7 &&
		      offsetof(struct packet, ttl) == PACKET_VIEW + 7 &&
		      offsetof(struct packet, ip_id) == PACKET_LENGTHS + 4,
	      "eight bytes each");

#endif
