/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record - what the table remembers of a flow, and the table itself. Private to this folder.
 *
 *   rec      one line: what identifies a flow and what a single packet without payload can say. A
 *            scan of five million SYNs costs one line each.
 *   cold     two lines, from the second packet or the first payload on: counters and sequence
 *            numbers (touched by every packet), then facts that are written once
 *   loss     one line, when bytes are missing from the capture; one more for where they belong
 *   stream   one line, when the flow has a reader (stream.h)
 *   refusal  one line, when a RST or an ICMP error answered an attempt
 *   v6       one line with both addresses of an IPv6 flow
 *
 * All are pieces of one pool (pool.h) and are named by number. Facts are kept, not a state machine:
 * a capture may hold the packets of a handshake in any order, and the state is read off the facts
 * at the end (finish.c).
 */
#ifndef SPAN_FLOW_RECORD_H
#define SPAN_FLOW_RECORD_H

#include <assert.h>

#include "base/most.h"
#include "base/siphash.h"
#include "base/time.h"
#include "flow/flow.h"
#include "flow/index.h"
#include "flow/key.h"
#include "flow/links.h"
#include "flow/pool.h"

/* Facts, as bits of rec.flags. Those with a side are two neighbours: BIT(F_SYN, side). */
enum {
	F_UDP = KEY_UDP,
	F_V6 = KEY_V6,
	F_FIRST1 = 1u << 2,    /* side 1 sent the first packet */
	F_SYNFIRST1 = 1u << 3, /* side 1 sent the first SYN */
	F_SEEN = 1u << 4,      /* sent a packet */
	F_SYN = 1u << 6,       /* sent a SYN without ACK */
	F_SYNACK = 1u << 8,
	F_FIN = 1u << 10,
	F_RST = 1u << 12,
	F_DATA = 1u << 14,   /* sent new payload, no keep-alive or retransmit */
	F_ACKED = 1u << 16,  /* acknowledged the peer outside SYN and RST */
	F_BEYOND = 1u << 18, /* sent or acknowledged what only a completed handshake allows */
	F_ISN = 1u << 20,    /* cold.isn is the real one, not a guess from the first segment */
	F_SEQ = 1u << 22,    /* cold.next is valid */
	F_OPEN = 1u << 24,   /* the handshake was completed */
	F_RST_ACCEPT = 1u << 25,
	F_RST_END = 1u << 26,  /* RST in an open or mid-stream flow */
	F_HEAD_OFF = 1u << 27, /* no more head bytes are wanted, or none can be kept */
	F_HEAD_ASKED = 1u << 28,
	F_SNAPPED0 = 1u << 29, /* payload of side 0 (30: side 1) was cut by the snap length */
	F_STREAM = 1u << 31,   /* has a reader: rest.stream is valid */
};
#define BIT(f, side) ((uint32_t)(f) << (side))
#define BOTH(f)      ((uint32_t)(f)*3u)

struct rec {
	/* As in struct key. */
	union {
		uint32_t a[2]; /* IPv4 addresses */
		uint32_t v6;   /* line with both addresses */
	};
	uint16_t port[2];
	uint32_t flags;
	uint32_t cold;
	uint32_t prev, next; /* in the bucket of the wheel */
	uint32_t number;     /* of the packet that shows the flow best: the SYN, or the first */
	int64_t first_ns, last_ns; /* first_ns is of that packet: see loss.early_ns */
	uint32_t input : 24;       /* of that packet */
	uint32_t ttl : 8;          /* of the first packet, as are the next three */
	uint32_t seq;
	uint32_t bytes;
	uint32_t link : LINK_BITS; /* who sent it, on which VLAN, in which tunnel (links.h) */
	uint32_t bucket : 32 - LINK_BITS;
};
static_assert(sizeof(struct rec) == CACHELINE, "the hot record is one cache line");
static_assert(offsetof(struct rec, flags) - offsetof(struct rec, a) ==
		      offsetof(struct key, kind) - offsetof(struct key, a),
	      "compared as words");

struct cold {
	uint32_t packets[2];
	uint64_t bytes[2];
	uint64_t payload[2];
	uint32_t next[2]; /* one past the highest sequence number known to be sent, FIN not counted.
			   * UDP: packets that are later fragments of a datagram */
	uint32_t rest;
	uint32_t loss;
	uint32_t refusal;
	union {
		uint16_t tries;  /* TCP: SYNs */
		uint8_t turn[2]; /* UDP: datagrams looked at */
	};
	uint8_t since;  /* TCP: segments since the handshake */
	uint8_t steady; /* which packets the straight way knows all about (straight.h) */
};
static_assert(sizeof(struct cold) == CACHELINE, "one line");

struct seen { /* an evidence, packed */
	int64_t ts_ns;
	uint32_t number;
	uint32_t input : 24;
	uint32_t rank : 8; /* 0: none; else a higher one displaces a lower one */
};

enum { ANSWER_ANY = 1, ANSWER_SYNACK };           /* rest.answer */
enum { EXTRA_PAYLOAD = 1, EXTRA_TRY, EXTRA_END }; /* rest.extra: data, last SYN, refusal */

struct rest {
	union {
		struct recognition *app; /* see app_at() */
		uint32_t stream;         /* line, with F_STREAM */
	};
	uint32_t isn[2];
	uint32_t head[2]; /* pool of struct head */
	struct seen answer, extra;
	uint16_t link_low[2]; /* see rest_link() */
	uint8_t ttl[2];       /* of each side's first packet that is no RST */
	uint8_t moved;        /* sides (bits) whose head is another one than what was shown */
	uint8_t link_high;
};
static_assert(sizeof(struct rest) == CACHELINE, "one line");

static_assert(LINK_BITS <= 16 + 4, "rest.link_high");

static inline uint32_t rest_link(const struct rest *e, unsigned side)
{
	return e->link_low[side] | (uint32_t)(e->link_high >> 4 * side & 15) << 16;
}

static inline void rest_set_link(struct rest *e, unsigned side, uint32_t link)
{
	e->link_low[side] = (uint16_t)link;
	e->link_high = (uint8_t)((e->link_high & (15 << 4 * !side)) | link >> 16 << 4 * side);
}

struct loss {
	uint64_t unseen[2];
	int64_t early_ns; /* earliest packet when that is not the one of rec.first_ns */
	bool has_early;
	uint16_t packets_hi[2]; /* carry of cold.packets */
	uint32_t holes;         /* line */
};
static_assert(sizeof(struct loss) <= CACHELINE, "one line");

enum { HOLES = 4 };

struct hole { /* sequence numbers counted as unseen; empty when both are the same */
	uint32_t from, to;
};

struct holes { /* the newest of each side, which a late packet may still fill */
	struct hole of[2][HOLES];
};
static_assert(sizeof(struct holes) <= CACHELINE, "one line");

struct refusal {
	struct addr by;
	int64_t ts_ns;
	uint32_t link;
	uint8_t quoted; /* the side whose packet was refused */
	bool rst;       /* else ICMP */
	bool odd;       /* see REFUSAL_SEQUENCE */
	uint8_t icmp_type, icmp_code;
	uint8_t icmp_class;
	uint8_t ttl;
};
static_assert(sizeof(struct refusal) <= CACHELINE, "one line");

/* The first bytes of one side: a window over its sequence numbers. Nearly always it has one piece,
 * from its begin on; the map of what is there is kept only behind a hole. */
struct head {
	uint32_t base;      /* sequence number of b[0] */
	uint16_t n;         /* in order from b[0] */
	bool whole;         /* begins where the stream began */
	bool cut;           /* UDP: more was sent */
	struct evidence at; /* the packet that brought the first of what is there */
	bool sparse;        /* there is something behind n: `have` is valid */
	uint8_t pad[7];
	uint8_t b[HEAD_BYTES];          /* what is not there is whatever was there before */
	uint64_t have[HEAD_BYTES / 64]; /* which bytes of b are there */
	uint8_t pad_end[32];
};
static_assert(sizeof(struct head) % CACHELINE == 0, "pieces of a pool are whole lines");
static_assert(offsetof(struct head, b) <= CACHELINE, "what is zeroed is in the first line");

/* Most datagrams, and many first messages of connections, are short: those stand in the first lines
 * of a head alone, and their number has this bit. There is no `have` behind those. */
enum { HEAD_SHORT_SIZE = 2 * CACHELINE, HEAD_SHORT = HEAD_SHORT_SIZE - offsetof(struct head, b) };
#define HEAD_IS_SHORT (UINT32_C(1) << 31)

enum { SEQ_WINDOW = 1 << 30 }; /* the largest window there is (RFC 7323 2.3) */

enum { WHEEL_BUCKETS = 4096 };
static_assert(WHEEL_BUCKETS <= 1 << (32 - LINK_BITS), "rec.bucket");

struct wheel {                 /* who may be idle when; see wheel.c */
	int64_t tick, tick_ns; /* a second, and where it begins */
	uint32_t head[WHEEL_BUCKETS], tail[WHEEL_BUCKETS];
	uint64_t map[WHEEL_BUCKETS / 64];
};

struct wheel_at {     /* a place on a walk; zero at first */
	int64_t tick; /* of the next bucket */
	uint32_t rec; /* the next one of this bucket; 0: its end */
};

struct crowd { /* who pays when there is no room; see crowd.c */
	struct most most;
	bool target;
	uint64_t due;  /* flows that pay before it is asked again who has most */
	uint64_t calm; /* flows that are evicted otherwise before that */
	struct wheel_at at;
};

struct flow_table {
	struct key_secret key;
	struct flow_ops ops;
	void *user;
	int64_t tcp_idle_ns, tcp_embryonic_ns, udp_idle_ns, least_idle_ns;
	size_t max_memory, heads_max;
	size_t streams_max, streams_memory; /* bytes out of order that are held for readers */
	size_t streams_most;
	bool vlan_key;
	struct flow_spare spare;
	bool long_way; /* no straight one */
	struct pool lines, heads, short_heads;
	struct bank *bank;
	struct index index;
	struct wheel wheel;
	struct links links;
	int64_t mark_ns; /* see flow_table_mark() */
	uint32_t pinned; /* the flow in hand is never evicted */
	int64_t end_ns;  /* flow_table_end: the last packet's time; else TIME_NONE */
	struct flow_stats stats;
	struct crowd crowd;
};

enum { LINES_SHIFT = 12 }; /* 256 KiB a slab */

/* pool_at() of the pool that every packet asks several times, whose figures are known. Line 0,
 * which is there with the first slab, is all zero: a record of nothing, whose cold half is itself.
 */
static inline void *line_at(const struct flow_table *t, uint32_t i)
{
	return t->lines.slab[i >> LINES_SHIFT] +
	       (size_t)(i & ((1U << LINES_SHIFT) - 1)) * CACHELINE;
}

static inline struct rec *rec_at(const struct flow_table *t, uint32_t i)
{
	return line_at(t, i);
}

static inline struct cold *cold_at(const struct flow_table *t, const struct rec *r)
{
	return r->cold ? line_at(t, r->cold) : NULL;
}

static inline struct head *head_at(const struct flow_table *t, uint32_t i)
{
	if (i & HEAD_IS_SHORT)
		return pool_at(&t->short_heads, i & ~HEAD_IS_SHORT);
	return i ? pool_at(&t->heads, i) : NULL;
}

static inline struct rest *rest_at(const struct flow_table *t, const struct cold *c)
{
	return line_at(t, c->rest);
}

static inline struct loss *loss_at(const struct flow_table *t, const struct cold *c)
{
	return c->loss ? line_at(t, c->loss) : NULL;
}

static inline struct holes *holes_at(const struct flow_table *t, const struct loss *l)
{
	return l->holes ? line_at(t, l->holes) : NULL;
}

static inline struct refusal *refusal_at(const struct flow_table *t, const struct cold *c)
{
	return c->refusal ? line_at(t, c->refusal) : NULL;
}

static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline unsigned first_side(const struct rec *r)
{
	return (r->flags & F_FIRST1) != 0;
}

void rec_addr(const struct flow_table *t, const struct rec *r, struct addr ret_addr[2]);

/* table.c. line_get() evicts when it must; 0 when not even that helps. */
uint32_t line_get(struct flow_table *t);
/* True when the next n calls of line_get() will not fail, and will evict nobody. */
bool lines_ready(struct flow_table *t, size_t n);
/* The same for head buffers, which have a budget of their own and never evict. */
/* For n bytes in order. 0: no room. */
uint32_t head_get(struct flow_table *t, size_t n);
void head_put(struct flow_table *t, uint32_t i);
size_t lines_charge(void); /* what a slab of lines counts */
struct loss *loss_make(struct flow_table *t, struct cold *c);
enum { FLOW_BATCH = 32 };
/* Hints that all of these records (0: none), FLOW_BATCH at most, will end soon. */
void flow_fetch(const struct flow_table *t, const uint32_t *rec, size_t n);

/* wheel.c */
int64_t wheel_tick(int64_t ts_ns); /* the second that a time is in */
int64_t rec_deadline(const struct flow_table *t, const struct rec *r);
void wheel_put(struct flow_table *t, uint32_t i);
void wheel_remove(struct flow_table *t, uint32_t i);
/* Packet time is now ts_ns, of another second: hands out what has been idle for too long. */
void wheel_turn(struct flow_table *t, int64_t ts_ns);
static inline void wheel_advance(struct flow_table *t, int64_t ts_ns)
{
	if (unlikely((uint64_t)ts_ns - (uint64_t)t->wheel.tick_ns >= NS_PER_S))
		wheel_turn(t, ts_ns);
}
/* Hands out the flow that would be the next to expire; false when there is none. */
bool wheel_evict(struct flow_table *t);
/* The flow that a walk comes to, the next to expire first as far as that is known; 0 at the end. */
uint32_t wheel_next(const struct flow_table *t, struct wheel_at *at);
/* Hands out everything, next to expire first. */
void wheel_drain(struct flow_table *t);

/* crowd.c. When there is no room: hands out a flow without answer of whoever has most of them;
 * false when nobody has many more than others. */
bool crowd_evict(struct flow_table *t);

/* tcp.c. The side that opened the connection: 0, 1, or -1 when no handshake was seen. */
int tcp_client(uint32_t flags);
bool tcp_closed(uint32_t flags);
/* True when p begins another connection on the same 5-tuple. */
bool tcp_begins(const struct flow_table *t, const struct rec *r, unsigned from,
		const struct packet *p);
/* Facts of one packet. 0 or -ENOMEM. */
int tcp_packet(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
	       const struct packet *p);

/* head.c. Shows p's payload to the owner of the table, if more is wanted. */
void head_tcp(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
	      const struct packet *p);
void head_udp(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
	      const struct packet *p);
/* The true start of a side became known after its first payload. */
void head_rebase(struct flow_table *t, struct rest *e, unsigned side, uint32_t base);
/* The last call, if one is due, and the end of the buffers. */
void head_final(struct flow_table *t, struct rec *r, struct cold *c);

/* finish.c */
/* Hints that flow_finish() will take it out of the index. */
void flow_fetch_end(struct flow_table *t, uint32_t i);
/* The flow goes on behind the mark with p. */
void flow_cross(struct flow_table *t, uint32_t i, const struct packet *p);
/* Takes the flow out of index and wheel, hands it out, and frees it. */
void flow_finish(struct flow_table *t, uint32_t i);

#endif
