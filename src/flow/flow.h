/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flow - one transport 5-tuple between a start and an end, and the table of them.
 *
 * The table is a data structure, not a policy: it counts, orders the first payload bytes, follows
 * TCP, decides who is the client, and hands each finished flow to its owner exactly once.
 *
 *   side 0, side 1   the two endpoints in the order of the key (neither is the client)
 *   client, server   decided at the end; a flip swaps every counter and fact
 *
 * Results never depend on hash order or secret: what is handed out carries sums, minima and maxima,
 * and the order of hand-out follows from the packets and their times alone.
 */
#ifndef SPAN_FLOW_FLOW_H
#define SPAN_FLOW_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/evidence.h"
#include "base/siphash.h"
#include "base/time.h"
#include "decode/packet.h"

enum {
	HEAD_BYTES = 1024, /* first payload bytes kept of each side while a flow is unrecognised */
	EVIDENCE_N = 3,    /* packets that a flow, and then a conversation, can be shown by */
};

/* Best first: the state of a conversation is the smallest of its flows'. */
enum flow_state {
	STATE_ESTABLISHED, /* handshake completed, or data both ways; UDP: request and answer */
	STATE_MID_STREAM,  /* the capture began after the start, both directions seen */
	STATE_ONE_WAY,     /* only one direction is visible and it shows that the other exists */
	STATE_HALF_OPEN,   /* SYN and SYN-ACK, never completed */
	STATE_REJECTED,    /* ICMP error */
	STATE_REFUSED,     /* RST to the SYN; UDP: ICMP port unreachable by the server itself */
	STATE_NO_ANSWER,   /* tried, nothing came back */
	STATE_N,
};
const char *flow_state_name(enum flow_state s); /* "established" ... as in the result document */

/* Why one end is called the client, strongest first. */
enum dir_reason {
	DIR_SYN,     /* sent the SYN, or received the SYN-ACK */
	DIR_MESSAGE, /* a protocol-specific client or server message */
	DIR_LEARNED, /* the other end is known as a server on that port from other flows */
	DIR_PORT,    /* a documented service port on one side only */
	DIR_FAN_IN,  /* one port with several peers against ports used once */
	DIR_FIRST,   /* sent the first packet seen */
	DIR_N,
};
const char *dir_reason_name(enum dir_reason r); /* "handshake" ... */
unsigned dir_confidence(enum dir_reason r);     /* 100, 95, 80, 60, 40, 20 (per cent) */

/* Who ended an attempt, and how it is known. */
enum refuser { REFUSER_NONE, REFUSER_SERVER, REFUSER_OTHER };
/* What tells a RST from the server's own packets, as bits. */
enum refusal_sign {
	REFUSAL_TTL = 1 << 0,      /* another hop limit */
	REFUSAL_MAC = 1 << 1,      /* from another network card */
	REFUSAL_SEQUENCE = 1 << 2, /* it answers a SYN with a sequence number other than 0, RFC 9293
				    * 3.10.7.1. Alone it proves nothing: some hosts do that */
};

/* What recognition left behind; opaque to the table, which only carries it. See recognise.h. */
struct recognition;
/* Who reads the whole of a flow; opaque to the table. See learn.h. */
struct learn_flow;

/* A finished flow. Valid during the callback only. Index 0 is the client, 1 the server. */
struct flow_done {
	struct addr addr[2];
	uint16_t port[2];
	uint8_t proto; /* IPPROTO_NR_TCP or _UDP */
	bool directed; /* false: decide later (DIR_LEARNED and below); 0 sent the first packet */
	enum dir_reason reason; /* DIR_SYN or DIR_MESSAGE when directed, else DIR_FIRST */
	enum flow_state state;
	uint64_t packets[2], bytes[2]; /* sent by; bytes are frame bytes on the wire */
	uint64_t payload[2];           /* transport payload bytes, retransmits included */
	uint64_t unseen[2]; /* bytes of that side that were sent and never captured: the other
			     * acknowledged them, or its later bytes skip them */
	int64_t first_ns, last_ns;
	/* The packets that tell most, by time: SYN or first packet, SYN-ACK or first answer, and
	 * the refusal, last SYN or first payload. */
	struct evidence ev[EVIDENCE_N];
	uint8_t n_ev;
	uint16_t vlan;
	uint8_t tunnel; /* enum tunnel, of the first packet; with its id */
	uint32_t tunnel_id;
	uint8_t mac[2][6]; /* who sent that side's first frame; zero unknown */
	uint16_t mac_vlan[2];
	uint16_t tries;         /* SYNs, or UDP requests, of the client. 0 with STATE_NO_ANSWER: a
				 * single one in the last 3 s of the input, which proves nothing */
	bool started;           /* the SYN (UDP: the first datagram) was captured */
	bool rst_after_data;    /* ended by RST: an end, not a refusal */
	bool rst_after_accept;  /* handshake, then RST of the server's address within three segments
				 * and no server payload; rst_after_data is then false */
	enum refuser refuser;   /* STATE_REFUSED, _REJECTED */
	struct addr refused_by; /* sender of the RST or ICMP error */
	int64_t refusal_ns;     /* when; TIME_NONE without a refuser */
	uint8_t icmp_type, icmp_code;
	enum icmp_class icmp_class;
	uint8_t refusal_mac[6];          /* of a RST; zero unknown */
	uint8_t refusal_signs;           /* enum refusal_sign, by the packets of this flow */
	uint8_t refusal_ttl, server_ttl; /* 0 unknown: tell a device on the path from the server.
					  * server_ttl is of its first packet that is no RST */
	uint8_t client_ttl;
	struct recognition
		*app; /* what `head` set; NULL when never called. Ownership passes to `done` */
	struct learn_flow *reader; /* what `stream` gave and still wants bytes; NULL. Ownership
				      passes to `done` */
	unsigned client_side;      /* the side of the key that index 0 is */
	uint64_t number;           /* tells it from others that the table has at that time; of 32
				    * bits: who has several tables tells them by the rest */
};

/* A flow of one SYN without payload, all that there is of most flows of a scan. As above. */
struct flow_attempt {
	struct addr addr[2];
	uint16_t port[2];
	int64_t ns;
	struct evidence ev;
	uint32_t bytes;
	uint16_t vlan, mac_vlan;
	uint8_t tunnel;
	uint32_t tunnel_id;
	uint8_t mac[6];
	uint8_t ttl;
	bool unproven; /* as flow_done.tries 0 */
};

struct flow;

/* What more of a flow's first bytes is wanted. */
enum flow_want {
	FLOW_ENOUGH, /* nothing */
	FLOW_MORE,   /* all, with what was shown so far */
	/* All, but the datagram that was shown now need not be kept: later its side has none, or a
	 * newer one. Of TCP the same as FLOW_MORE: bytes are kept for who reads them. */
	FLOW_MORE_WITHOUT,
};

struct flow_heads {
	const uint8_t *p[2];
	size_t n[2];
	bool whole_start[2]; /* the bytes begin where the stream began (SYN or its answer was seen)
			      */
	bool cut[2];         /* bytes are missing behind n (snap length or loss) */
	/* Where there are as many bytes as at the last call of `head`, they are the same ones. */
	bool same[2];
	uint16_t port[2];
	struct addr addr[2]; /* filled for `stream` alone */
	uint8_t proto;
	bool final;
};

/* The next piece of a flow for its reader. TCP: the bytes of a side in the order of their sequence
 * numbers, each once. UDP: a datagram whole. */
struct flow_bytes {
	unsigned side;
	const uint8_t *p; /* NULL: bytes are missing here */
	uint64_t n;       /* bytes, or how many are missing; missing and 0: nobody knows */
	bool start;       /* the first bytes of that side's stream (UDP: always) */
	/* UDP: the datagram was longer than what the capture holds of it. One in fragments is told
	 * by its first fragment, cut, and again when all of it is there. */
	bool cut;
	/* The packet that carried them. Of bytes that had been kept before there was a reader: the
	 * first packet of those. Of a gap: the packet behind it; number 0 when there is none. */
	struct evidence at;
};

/* What the owner of a table is asked. Side indices here are the key's, not client and server. */
struct flow_ops {
	/* In-order payload arrived (TCP) or a datagram (UDP). `head[i]` are the first bytes of side
	 * i (UDP: its newest datagram); `final` on the last call. `*app` is the flow's recognition,
	 * NULL at first, to be filled by the owner. */
	enum flow_want (*head)(void *user, const struct flow_heads *h, struct recognition **app);
	/* Asked behind `head`, and for payload that comes before its turn, until the heads are over
	 * or somebody wants it: does the whole flow have a reader? Not NULL: `bytes` is called for
	 * everything from the heads' first byte on (UDP: from the datagram in hand on). NULL
	 * ops.stream: never. `app` is NULL when `head` was not called yet. */
	struct learn_flow *(*stream)(void *user, const struct flow_heads *h,
				     struct recognition *app);
	/* False when the reader has enough. It is then the owner's again, the flow has no reader,
	 * and as soon as nobody wants its first bytes either its packets cost what those of any
	 * other do. `app` is the flow's recognition, as `head` has left it; NULL. */
	bool (*bytes)(void *user, struct learn_flow *reader, struct recognition *app,
		      const struct flow_bytes *b);
	/* The side that spoke as client: 0, 1, or -1 when neither app nor reader can tell; both may
	 * be NULL. */
	int (*client_side)(void *user, const struct recognition *app,
			   const struct learn_flow *reader);
	/* Bytes of a TCP flow whose both sides were seen turn out to be missing (negative: come
	 * after all), by a packet of this time. NULL: nobody asks when. */
	void (*gap)(void *user, int64_t ts_ns, int64_t bytes);
	void (*done)(void *user, const struct flow_done *d);
	/* A flow has packets on both sides of the table's mark, and `next` is the first behind it.
	 * `d` is what would be handed out were it over before `next`; app and reader stay the
	 * flow's. NULL: nobody asks. */
	void (*crossed)(void *user, const struct flow_done *d, const struct packet *next);
	/* Instead of `done`, for what this holds; NULL: they are like other flows. */
	void (*attempt)(void *user, const struct flow_attempt *a);
};

struct flow_options {
	const struct hash_key *key; /* NULL: a random secret */
	size_t max_memory;          /* bytes for table, pools and heads; 0: 512 MiB. At least a
				     * slab of records (about 360 KB) is always taken */
	int64_t tcp_idle_ns, tcp_embryonic_ns, udp_idle_ns; /* 0: 1 h, 60 s, 60 s of packet time */
	struct bank *bank; /* where memory goes when flows have ended; NULL: to the system */
	bool vlan_key;     /* the outermost VLAN is part of what a flow is: address plans overlap */
	bool long_way;     /* nothing is shortened for packets that are like those before them: the
			    * reference for the shorter way */
};

struct flow_stats {
	uint64_t packets; /* TCP and UDP packets taken: the sum of those of all flows */
	uint64_t flows;   /* made */
	uint64_t done;    /* handed out, evicted ones included: equals flows after flow_table_end */
	uint64_t expired; /* handed out because idle */
	uint64_t evicted; /* handed out early because of max_memory */
	uint64_t crowded; /* of those, the ones without answer of whoever had most of them */
	uint64_t heads_shed;   /* flows whose head buffers were refused because of max_memory */
	uint64_t heads_spared; /* the same because of flow_table_spare() */
	uint64_t unfollowed;  /* TCP and UDP packets of flows that were passed by; not in packets */
	uint64_t streams;     /* flows that had a reader */
	uint64_t streams_cut; /* of those, the ones whose bytes out of order found no room */
	uint64_t live, live_max;
	uint64_t icmp_matched, icmp_unmatched;
	size_t memory, memory_max; /* charged against max_memory: each record with the most that its
				    * place in the index can cost, so that no figure depends on the
				    * hash secret */
};

struct flow_table;
struct flow_table *flow_table_new(const struct flow_options *o, const struct flow_ops *ops,
				  void *user);
struct flow_table *flow_table_free(struct flow_table *t);
/* One decoded packet: TCP and UDP make and feed flows, ICMP errors are tied to the flow they
 * quote, everything else is ignored. 0, or -ENOMEM when not even eviction helps. */
int flow_table_packet(struct flow_table *t, const struct packet *p);
/* The same for n packets whose payloads all live until the call returns, in their order. Faster:
 * the memory of later packets is fetched while earlier ones are worked on. */
int flow_table_packets(struct flow_table *t, const struct packet *p, size_t n);
/* What a table leaves out when there is no time for everything. Flows that it has go on as they
 * are. */
struct flow_spare {
	bool heads;     /* the first bytes of a flow are shown from its packet, and not kept */
	unsigned shift; /* of 2^shift new flows one is followed, the same one in both directions */
};
enum { FLOW_SPARE_SHIFT_MOST = 16 };
/* From the next packet on. At first nothing is spared. */
void flow_table_spare(struct flow_table *t, const struct flow_spare *s);
/* From now on packets of this time and later are behind a mark, at which `crossed` is called once
 * for each flow that was heard of before it. TIME_NONE, as at first: there is none. */
void flow_table_mark(struct flow_table *t, int64_t ns);
/* The input is over: hands out everything that is left, the next to expire first. `now_ns` is the
 * time of the last packet (a lone SYN in the last 3 s proves nothing, and flow_done says so by
 * tries). */
void flow_table_end(struct flow_table *t, int64_t now_ns);
const struct flow_stats *flow_table_stats(const struct flow_table *t);

#endif
