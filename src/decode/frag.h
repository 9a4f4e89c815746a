/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frag - datagrams that came in fragments (RFC 791 3.2, RFC 8200 4.5): the ports of the first one
 * for all others, and the bytes of the whole. Private to this folder.
 *
 * Datagrams stand in a list in the order in which they began, and their bytes in pages of one
 * budget. When either is used up, the oldest datagram loses its place or its bytes; or, when that
 * one is still being put together, those of the sender that has most of such (frag_crowd.c), so
 * that nobody can push out everybody else's. Which ones these are depends on the order of packets
 * alone and never on the hash, whose key is secret and differs by run; the same capture gives the
 * same counts.
 *
 * A mirror shows a fragment more than once: an exact repetition changes nothing, neither before
 * the datagram is whole nor, as long as its bytes are there, afterwards.
 */
#ifndef SPAN_DECODE_FRAG_H
#define SPAN_DECODE_FRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/most.h"
#include "base/siphash.h"
#include "decode/decode.h"

enum {
	FRAG_MAX = 4096,      /* datagrams */
	FRAG_KEY_V6 = 0x100,  /* no IP protocol */
	FRAG_PAGE = 2048,     /* bytes */
	FRAG_PAGES = 32,      /* of a datagram: 64 KiB */
	FRAG_SLAB = 128,      /* pages that are allocated at once */
	FRAG_SLABS = 64,      /* with their maps 16.5 MiB */
	FRAG_UNIT = 8,        /* offsets count these (RFC 791 3.1) */
	FRAG_TOTAL = 65535,   /* largest IPv4 packet, largest IPv6 payload without jumbo option */
	FRAG_WHOLE = 1 << 24, /* bytes handed out and not yet released */
	FRAG_NEST = 4,        /* fragments inside of fragments' tunnels, in one frame */
	FRAG_PROTO = 44,      /* packet.proto of what continues a tunnel's packet */
};

/* frag_bytes.c: the bytes of one datagram, by page, with a bit for each unit. */
struct frag_page {
	uint64_t have[FRAG_PAGE / FRAG_UNIT / 64];
	uint64_t start[FRAG_PAGE / FRAG_UNIT / 64]; /* a fragment begins here */
	uint8_t b[FRAG_PAGE];
};

struct frag_pool {
	struct frag_page *slab[FRAG_SLABS];
	uint16_t next_free[FRAG_SLAB * FRAG_SLABS + 1]; /* by page number; 0 ends */
	uint16_t free;
	uint16_t n_slab;
};

struct frag_bytes {
	uint16_t page[FRAG_PAGES]; /* numbers from 1 on; 0: none yet */
	bool has_total;
	bool empty_last; /* it had no bytes: another one may end where it does */
	uint32_t total;  /* known from the last fragment */
	uint32_t reach;  /* one past the last byte seen */
	uint32_t have;   /* bytes */
};

struct frag_piece { /* one fragment's part of the fragmentable data (RFC 8200 4.5) */
	const uint8_t *p;
	uint32_t captured, wire;
	uint32_t offset;
	uint32_t before; /* bytes in front of that data which FRAG_TOTAL covers too */
	bool more;
};

enum frag_fit { FIT_NEW, FIT_COPY, FIT_OVERLAP };

/* The piece is complete and keeps the rules of its kind. */
bool frag_piece_good(const struct frag_piece *p);
enum frag_fit frag_bytes_fit(const struct frag_pool *o, const struct frag_bytes *b,
			     const struct frag_piece *p);
/* For a piece that is FIT_NEW. False when the pool is empty: make room, and ask again. */
bool frag_bytes_put(struct frag_pool *o, struct frag_bytes *b, const struct frag_piece *p);
/* For a datagram that is whole: true when the piece repeats what it has. */
bool frag_bytes_repeats(const struct frag_pool *o, const struct frag_bytes *b,
			const struct frag_piece *p);
/* Copies the bytes from `at` on to ret, which has room for total - at. */
void frag_bytes_read(const struct frag_pool *o, const struct frag_bytes *b, uint32_t at,
		     uint8_t *ret);
unsigned frag_bytes_pages(const struct frag_bytes *b);
/* Gives all pages back; true when there were any. */
bool frag_bytes_drop(struct frag_pool *o, struct frag_bytes *b);
void frag_pool_done(struct frag_pool *o);

/* frag.c */
struct frag_key {
	struct addr src, dst;
	uint32_t id;
	uint32_t proto; /* of the IPv4 header (RFC 791 3.2), or FRAG_KEY_V6: no part of it there */
};

enum frag_state {
	FRAG_OPEN,
	FRAG_DONE,
	FRAG_DEAD, /* overlap, or no memory: what still comes has ports but no bytes */
};

struct frag_entry {
	struct frag_key key;
	uint64_t serial;       /* of all datagrams, times FRAG_MAX, and its slot */
	int64_t ts_ns;         /* of the fragment that came first */
	uint16_t next;         /* in its bucket, or free: slot + 1, 0 ends */
	uint16_t older, newer; /* slot + 1 */
	bool used;
	uint8_t state;
	/* The first fragment, once it came. */
	bool has_first;
	bool tunnel;  /* it showed a packet inside */
	bool has_seq; /* it showed a TCP header */
	uint8_t proto;
	uint16_t sport, dport;
	uint16_t transport; /* offset of the transport header */
	uint32_t payload;   /* TCP: offset of what follows its header */
	uint32_t seq;       /* of what would be the byte at offset 0 */
	uint32_t ack;
	/* Fragments that came before it and were skipped as orphans. */
	struct packet_early early;
	uint32_t early_note[NOTE_N];
	struct frag_bytes bytes;
};

struct frag_whole { /* a datagram that was handed out */
	struct frag_whole *next;
	uint32_t n;
	uint8_t b[];
};

struct frag_crowd { /* who pays when there is no room; see frag_crowd.c */
	struct most most;
	uint32_t due;  /* places or pages that are paid before it is asked again who has most */
	uint32_t calm; /* losses of others before that */
	uint16_t at;   /* the next one to be looked at: slot + 1 */
};

struct frag_table {
	struct hash_key secret;
	struct decode_stats *stats;
	uint64_t began;             /* datagrams */
	uint16_t oldest, newest;    /* as the next ones: slot + 1 */
	uint16_t full;              /* those older than it hold no page */
	uint16_t free;              /* slots that were used once */
	uint16_t n_slot;            /* slots that were ever used */
	struct frag_crowd crowd[2]; /* for places, for pages */
	uint16_t bucket[FRAG_MAX];
	struct frag_entry slot[FRAG_MAX];
	struct frag_pool pool;
	struct frag_whole *wholes;
	size_t wholes_bytes;
};

/* Which datagram a layer's fragment belongs to. */
struct frag_ref {
	uint64_t serial;
	bool completes; /* nothing is missing now */
	bool copy;      /* an exact repetition */
};

/* Takes a fragment in: finds its datagram or begins one. Never fails. */
struct frag_ref frag_add(struct frag_table *t, const struct frag_key *k, const struct frag_piece *p,
			 int64_t ts_ns);
/* It loses its bytes, and its place. */
void frag_give_up(struct frag_table *t, struct frag_entry *e, uint64_t *why);
void frag_leave(struct frag_table *t, struct frag_entry *e, int64_t ts_ns);
bool frag_expired(const struct frag_entry *e, int64_t ts_ns);
static inline struct frag_entry *frag_slot(struct frag_table *t, uint16_t i)
{
	return i ? &t->slot[i - 1] : NULL;
}

/* frag_crowd.c. When there is no room, of pages or of places: takes what a datagram has, the oldest
 * one of whoever has most of those that are not whole, but not e (NULL: any). False when nobody has
 * many more than others. */
bool frag_crowd_out(struct frag_table *t, const struct frag_entry *e, bool pages, int64_t ts_ns);
/* NULL when it has lost its place. */
struct frag_entry *frag_at(struct frag_table *t, uint64_t serial);
/* A buffer of n bytes that lives until frag_release(); NULL when too many do. */
uint8_t *frag_whole(struct frag_table *t, uint32_t n);
void frag_release(struct frag_table *t);
void frag_end(struct frag_table *t);
void frag_done(struct frag_table *t);

#endif
