// SPDX-License-Identifier: BSD-2-Clause
/*
 * table - from a packet to its flow.
 *
 *   key -> index -> record -> facts of the packet (tcp.c) -> first bytes (head.c)
 *                                                         -> all bytes, for a reader (stream.c)
 *
 * Read record.h first: it says where what is kept. Time comes from packets only (wheel.c), and the
 * memory cap is here: a record that finds no room takes that of a flow (crowd.c, wheel.c); a head
 * buffer that finds none is refused, and so are bytes that came before their turn.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/ahead.h"
#include "flow/record.h"
#include "flow/straight.h"
#include "flow/stream.h"

enum {
	HEADS_SHIFT = 4,
	SHORT_HEADS_SHIFT = 7,
	/* A slot is 8 bytes and a segment at least 3/8 full: the most that a record's place in the
	 * index costs, rounded up for segments of uneven growth. */
	INDEX_CHARGE = 24,
	HEADS_PART = 4, /* head buffers may have a quarter of the memory */
	/* What readers wait for may have this part. Records leave it free, or a scan in the
	 * morning would leave no room for streams all day. */
	STREAMS_PART = 16,
	LINKS_PART = 16, /* beside the rest: where packets were seen, when that is many places */
};
#define DEFAULT_MEMORY ((size_t)512 << 20)

static size_t or_default(size_t n, size_t otherwise)
{
	return n ? n : otherwise;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void secrets(struct flow_table *t, struct hash_key key)
{
	key_secret_make(&t->key, &key);
	links_init(&t->links, &key, t->max_memory / LINKS_PART);
}

struct flow_table *flow_table_new(const struct flow_options *o, const struct flow_ops *ops,
				  void *user)
{
	struct flow_table *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->ops = *ops;
	t->user = user;
	t->vlan_key = o->vlan_key;
	t->long_way = o->long_way;
	t->max_memory = or_default(o->max_memory, DEFAULT_MEMORY);
	index_init(&t->index);
	secrets(t, o->key ? *o->key : hash_key_random());
	t->heads_max = t->max_memory / HEADS_PART;
	t->streams_max = ops->stream ? t->max_memory / STREAMS_PART : 0;
	t->tcp_idle_ns = o->tcp_idle_ns ? o->tcp_idle_ns : 3600 * NS_PER_S;
	t->tcp_embryonic_ns = o->tcp_embryonic_ns ? o->tcp_embryonic_ns : 60 * NS_PER_S;
	t->udp_idle_ns = o->udp_idle_ns ? o->udp_idle_ns : 60 * NS_PER_S;
	t->least_idle_ns = least(t->udp_idle_ns, least(t->tcp_idle_ns, t->tcp_embryonic_ns));
	t->end_ns = t->mark_ns = TIME_NONE;
	t->bank = o->bank;
	pool_init(&t->lines, CACHELINE, CACHELINE, LINES_SHIFT);
	pool_init(&t->heads, sizeof(struct head), offsetof(struct head, b), HEADS_SHIFT);
	pool_init(&t->short_heads, HEAD_SHORT_SIZE, offsetof(struct head, b), SHORT_HEADS_SHIFT);
	t->lines.bank = t->heads.bank = t->short_heads.bank = o->bank;
	return t;
}

/* What is held on the heap for flows that were never handed out. */
static void drop_streams(struct flow_table *t)
{
	for (unsigned b = 0; t->streams_memory && b < WHEEL_BUCKETS; b++)
		for (uint32_t i = t->wheel.head[b]; i; i = rec_at(t, i)->next) {
			const struct rec *r = rec_at(t, i);
			const struct cold *c = cold_at(t, r);

			if (c)
				stream_drop(t, r, c);
		}
}

struct flow_table *flow_table_free(struct flow_table *t)
{
	if (!t)
		return NULL;
	drop_streams(t);
	index_done(&t->index, t->bank);
	pool_done(&t->lines);
	pool_done(&t->heads);
	pool_done(&t->short_heads);
	links_done(&t->links);
	free(t);
	return NULL;
}

const struct flow_stats *flow_table_stats(const struct flow_table *t)
{
	return &t->stats;
}

/* Memory */

size_t lines_charge(void)
{
	return (size_t)(CACHELINE + INDEX_CHARGE) << LINES_SHIFT;
}

static bool charge(struct flow_table *t, struct pool *p, size_t n)
{
	if (!pool_grow(p))
		return false;
	t->stats.memory += n;
	if (t->stats.memory > t->stats.memory_max)
		t->stats.memory_max = t->stats.memory;
	return true;
}

static COLD bool make_room(struct flow_table *t)
{
	size_t kept_free = t->streams_max - t->streams_memory;
	bool allowed = t->lines.n_slab == 0 ||
		       t->stats.memory + lines_charge() + kept_free <= t->max_memory;

	if (allowed && charge(t, &t->lines, lines_charge()))
		return true;
	return crowd_evict(t) || wheel_evict(t);
}

uint32_t line_get(struct flow_table *t)
{
	while (unlikely(!pool_ready(&t->lines)))
		if (!make_room(t))
			return 0;
	return pool_get(&t->lines);
}

bool lines_ready(struct flow_table *t, size_t n)
{
	while (pool_left(&t->lines) < n)
		if (!make_room(t))
			return false;
	return true;
}

static bool heads_ready(struct flow_table *t, struct pool *p, size_t most)
{
	size_t n = pool_slab_bytes(p), kept_free = t->streams_max - t->streams_memory;
	size_t of_pool = p->n_slab * n;
	size_t of_all = t->heads.n_slab * pool_slab_bytes(&t->heads) +
			t->short_heads.n_slab * pool_slab_bytes(&t->short_heads);

	if (pool_ready(p))
		return true;
	return t->stats.memory + n + kept_free <= t->max_memory && of_pool + n <= most &&
	       of_all + n <= t->heads_max && charge(t, p, n);
}

/* Slabs stay what they are: a flood of short datagrams leaves half of the room to others, who in
 * turn lend theirs. */
uint32_t head_get(struct flow_table *t, size_t n)
{
	if (n <= HEAD_SHORT && heads_ready(t, &t->short_heads, t->heads_max / 2))
		return pool_get(&t->short_heads) | HEAD_IS_SHORT;
	return heads_ready(t, &t->heads, t->heads_max) ? pool_get(&t->heads) : 0;
}

void head_put(struct flow_table *t, uint32_t i)
{
	pool_put(i & HEAD_IS_SHORT ? &t->short_heads : &t->heads, i & ~HEAD_IS_SHORT);
}

struct loss *loss_make(struct flow_table *t, struct cold *c)
{
	if (!c->loss)
		c->loss = line_get(t);
	return loss_at(t, c);
}

/* Makes the cold half; what is known so far is the first packet. */
static int warm_up(struct flow_table *t, struct rec *r)
{
	uint32_t cold = line_get(t);
	uint32_t rest = cold ? line_get(t) : 0;

	if (!rest) {
		pool_put(&t->lines, cold);
		return -ENOMEM;
	}
	r->cold = cold;

	struct cold *c = cold_at(t, r);
	unsigned side = first_side(r);

	c->rest = rest;
	if (!(r->flags & BOTH(F_SEEN)))
		return 0;

	struct rest *e = rest_at(t, c);

	c->packets[side] = 1;
	c->bytes[side] = r->bytes;
	rest_set_link(e, side, r->link);
	if (!(r->flags & BIT(F_RST, side)))
		e->ttl[side] = (uint8_t)r->ttl;
	if (r->flags & F_UDP)
		return 0;

	bool syn = r->flags & BIT(F_SYN, side);

	c->tries = syn;
	c->next[side] = r->seq + syn;
	e->isn[side] = r->seq - !syn;
	r->flags |= BIT(F_SEQ, side) | (syn ? BIT(F_ISN, side) : 0);
	return 0;
}

/* Evidence and time */

static struct seen seen_of(const struct packet *p, unsigned rank)
{
	return (struct seen){p->ts_ns, p->number, p->input & 0xffffff, (uint8_t)rank};
}

static int early(struct flow_table *t, struct cold *c, int64_t ts_ns)
{
	struct loss *l = loss_make(t, c);

	if (!l)
		return -ENOMEM;
	if (!l->has_early || ts_ns < l->early_ns)
		l->early_ns = ts_ns;
	l->has_early = true;
	return 0;
}

/* A SYN that the capture has behind a later segment shows the flow better than that one. */
static int swap_first(struct flow_table *t, struct rec *r, struct cold *c, const struct packet *p,
		      bool synack)
{
	struct rest *e = rest_at(t, c);
	unsigned rank = synack ? ANSWER_SYNACK : ANSWER_ANY;
	int err = early(t, c, r->first_ns);

	if (err < 0)
		return err;
	if (e->answer.rank < rank)
		e->answer = (struct seen){r->first_ns, r->number, r->input, (uint8_t)rank};
	r->first_ns = p->ts_ns;
	r->number = p->number;
	r->input = p->input & 0xffffff;
	return 0;
}

static int take_evidence(struct flow_table *t, struct rec *r, struct cold *c, uint32_t before,
			 unsigned from, const struct packet *p, bool refused)
{
	struct rest *e = rest_at(t, c);
	uint32_t became = r->flags & ~before;
	unsigned rank = 0, answer = 0;

	if (refused || became & F_RST_ACCEPT)
		rank = EXTRA_END;
	else if (!(before & BOTH(F_SEEN)))
		return 0; /* it is the first packet */
	else if (became & BOTH(F_SYN) && !(before & BOTH(F_SYN)))
		return swap_first(t, r, c, p, before & BOTH(F_SYNACK));
	else if (became & BIT(F_SYNACK, from))
		answer = ANSWER_SYNACK;
	else if (from != first_side(r) && !(r->flags & F_UDP && !p->payload_wire) &&
		 !(p->tcp_flags & TCP_RST && !(r->flags & F_UDP)))
		answer = ANSWER_ANY;

	if (answer > e->answer.rank) {
		e->answer = seen_of(p, answer);
		return 0;
	}
	if (!rank && !(r->flags & F_UDP) && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		rank = EXTRA_TRY;
	else if (!rank && p->payload_wire && !p->later_fragment)
		rank = EXTRA_PAYLOAD;
	if (rank > e->extra.rank || (rank == EXTRA_TRY && e->extra.rank == EXTRA_TRY))
		e->extra = seen_of(p, rank);
	return 0;
}

/* One packet */

/* Packets that p stands for: fragments that came before the first one are counted with it. */
static uint64_t packets_of(const struct packet *p)
{
	return UINT64_C(1) + p->early.n;
}

static int count(struct flow_table *t, struct cold *c, unsigned from, const struct packet *p)
{
	uint64_t n = c->packets[from] + packets_of(p);

	if (unlikely(n > UINT32_MAX)) {
		struct loss *l = loss_make(t, c);

		if (!l)
			return -ENOMEM;
		l->packets_hi[from]++;
	}
	c->packets[from] = (uint32_t)n;
	c->bytes[from] += p->wire_len;
	c->payload[from] += p->payload_wire;
	if (unlikely(p->fragment) && p->proto == IPPROTO_NR_UDP)
		c->next[from] += p->early.n + p->later_fragment;
	if (unlikely(p->early.n)) {
		c->bytes[from] += p->early.wire;
		c->payload[from] += p->early.payload;
	}
	return 0;
}

/* To those who look at the flow's bytes. */
static void show(struct flow_table *t, struct rec *r, struct cold *c, unsigned from,
		 const struct packet *p)
{
	bool read = r->flags & F_STREAM; /* else p is the reader's as soon as there is one */

	if ((p->payload_wire || p->whole) && !(r->flags & F_HEAD_OFF)) {
		if (r->flags & F_UDP)
			head_udp(t, r, c, from, p);
		else
			head_tcp(t, r, c, from, p);
	}
	if (read)
		stream_packet(t, r, c, from, p);
}

/* Adds p to a flow that has its cold half. */
static int add(struct flow_table *t, struct rec *r, unsigned from, const struct packet *p)
{
	struct cold *c = line_at(t, r->cold);
	struct rest *e = rest_at(t, c);
	uint32_t before = r->flags;
	bool had_refusal = c->refusal;
	int err;

	if (unlikely(r->last_ns < t->mark_ns) && p->ts_ns >= t->mark_ns)
		flow_cross(t, t->pinned, p);
	err = count(t, c, from, p);
	if (err < 0)
		return err;
	if (!(before & BIT(F_SEEN, from))) {
		r->flags |= BIT(F_SEEN, from);
		rest_set_link(e, from, links_number(&t->links, p));
	}
	if (unlikely(p->ts_ns < r->first_ns))
		err = early(t, c, p->ts_ns);
	if (unlikely(p->early.n) && err == 0 && p->early.ts_ns < r->first_ns)
		err = early(t, c, p->early.ts_ns);
	if (p->ts_ns > r->last_ns)
		r->last_ns = p->ts_ns;
	if (err == 0 && r->flags & F_UDP) {
		if (!e->ttl[from])
			e->ttl[from] = p->ttl;
	} else if (err == 0) {
		err = tcp_packet(t, r, c, from, p);
	}
	if (err == 0)
		err = take_evidence(t, r, c, before, from, p, c->refusal && !had_refusal);
	if ((r->flags & (F_HEAD_OFF | F_STREAM)) != F_HEAD_OFF &&
	    (p->payload_wire || p->whole || r->flags & F_STREAM))
		show(t, r, c, from, p);
	c->steady = t->long_way ? 0 : steady_of(r, e);
	return err;
}

/* A packet that a bare record says everything about. */
static bool plain(const struct packet *p)
{
	if (p->payload_wire || p->later_fragment || p->early.n || p->whole)
		return false;
	return p->proto == IPPROTO_NR_UDP ||
	       (p->tcp_flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK);
}

static uint32_t first_flags(const struct packet *p, unsigned from)
{
	uint32_t flags = BIT(F_SEEN, from);

	if (p->proto == IPPROTO_NR_UDP)
		return flags;
	if (p->tcp_flags & TCP_RST)
		return flags | BIT(F_RST, from);
	if (p->tcp_flags & TCP_SYN)
		return flags | BIT(F_SYN, from) | (from ? F_SYNFIRST1 : 0);
	if (p->tcp_flags & TCP_FIN)
		flags |= BIT(F_FIN, from);
	if (p->tcp_flags & TCP_ACK)
		flags |= BIT(F_ACKED, from);
	return flags;
}

static int begin(struct flow_table *t, const struct key *k, const struct packet *p)
{
	uint32_t i = line_get(t);
	uint32_t v6 = 0;
	int err = -ENOMEM;

	if (!i)
		return err;

	struct rec *r = rec_at(t, i);

	*r = (struct rec){
		.a = {k->a[0], k->a[1]},
		.port = {k->port[0], k->port[1]},
		.flags = k->kind | (k->from ? F_FIRST1 : 0),
		.number = p->number,
		.first_ns = p->ts_ns,
		.last_ns = p->ts_ns,
		.input = p->input & 0xffffff,
		.ttl = p->ttl,
		.seq = p->seq,
		.bytes = p->wire_len,
		.link = links_number(&t->links, p) & ((1U << LINK_BITS) - 1),
	};
	if (t->vlan_key && links_vlan(&t->links, r->link) != k->vlan)
		goto fail; /* no memory to remember it */
	if (unlikely(k->kind & KEY_V6)) {
		struct addr *a;

		v6 = line_get(t);
		if (!v6)
			goto fail;
		r->v6 = v6;
		a = line_at(t, v6);
		a[0] = *k->addr[0];
		a[1] = *k->addr[1];
	}
	if (plain(p)) {
		r->flags |= first_flags(p, k->from);
	} else if (warm_up(t, r) < 0) {
		goto fail;
	}
	if (!index_put(&t->index, k->hash, i))
		goto fail;
	t->stats.flows++;
	if (++t->stats.live > t->stats.live_max)
		t->stats.live_max = t->stats.live;
	t->stats.packets += packets_of(p);
	err = r->cold ? add(t, r, k->from, p) : 0;
	wheel_put(t, i); /* not before: its facts decide when it is idle */
	return err;
fail:
	if (r->cold) {
		pool_put(&t->lines, cold_at(t, r)->rest);
		pool_put(&t->lines, r->cold);
	}
	pool_put(&t->lines, v6);
	pool_put(&t->lines, i);
	return err;
}

/* What is not in the words that both begin with. */
static NOINLINE bool same_more(const struct flow_table *t, const struct rec *r, const struct key *k)
{
	const struct addr *a;

	if (t->vlan_key && links_vlan(&t->links, r->link) != k->vlan)
		return false;
	if (!(k->kind & KEY_V6))
		return memcmp(r->a, k->a, sizeof r->a) == 0;
	a = line_at(t, r->v6);
	return addr_equal(&a[0], k->addr[0]) && addr_equal(&a[1], k->addr[1]);
}

static inline bool same_key(const struct flow_table *t, const struct rec *r, const struct key *k)
{
	static const struct {
		uint16_t port[2];
		uint32_t kind;
	} of_both = {{UINT16_MAX, UINT16_MAX}, KEY_UDP | KEY_V6};
	uint64_t a[2], b[2], mask;

	memcpy(a, r, sizeof a);
	memcpy(b, (const uint8_t *)k + offsetof(struct key, a), sizeof b);
	memcpy(&mask, &of_both, sizeof mask);
	if ((a[1] ^ b[1]) & mask)
		return false;
	if (unlikely(t->vlan_key || k->kind & KEY_V6))
		return same_more(t, r, k);
	return a[0] == b[0];
}

static uint32_t find(struct flow_table *t, const struct key *k)
{
	uint32_t at = 0, i;

	while ((i = index_next(&t->index, k->hash, &at)))
		if (likely(same_key(t, rec_at(t, i), k)))
			return i;
	return 0;
}

/* Too long before or after for the same flow: files need not come in the order of time. */
static bool apart(const struct flow_table *t, const struct rec *r, const struct packet *p)
{
	int64_t deadline, before;

	if (likely(p->ts_ns >= r->last_ns &&
		   (uint64_t)p->ts_ns - (uint64_t)r->last_ns <= (uint64_t)t->least_idle_ns))
		return false;
	deadline = rec_deadline(t, r);
	if (p->ts_ns > deadline)
		return true;
	return p->ts_ns < r->first_ns && (__builtin_sub_overflow(r->first_ns, p->ts_ns, &before) ||
					  before > deadline - r->last_ns);
}

/* By its key alone, so that all of its packets have the same answer, and those that are followed at
 * one level are so at each lower one. Other bits than those by which the index finds its place,
 * which would be crowded else. */
static COLD bool is_passed_by(const struct flow_table *t, const struct key *k)
{
	return k->hash * UINT64_C(0x9e3779b97f4a7c15) >> (64 - t->spare.shift) != 0;
}

/* A packet on the straight way, of a flow with a reader. */
static NOINLINE void read_on(struct flow_table *t, uint32_t i, unsigned from,
			     const struct packet *p)
{
	struct rec *r = rec_at(t, i);

	t->pinned = i;
	stream_packet(t, r, line_at(t, r->cold), from, p);
	t->pinned = 0;
}

/* A packet that is not on the straight way. */
static int more(struct flow_table *t, uint32_t i, unsigned from, const struct packet *p)
{
	struct rec *r = rec_at(t, i);
	uint32_t before = r->flags;
	int err = 0;

	t->pinned = i;
	if (!r->cold)
		err = warm_up(t, r);
	if (err == 0) {
		t->stats.packets += packets_of(p);
		err = add(t, r, from, p);
	}
	t->pinned = 0;
	if (unlikely(r->flags != before) && tcp_closed(r->flags) &&
	    !tcp_closed(before)) { /* sooner idle than its bucket says */
		wheel_remove(t, i);
		wheel_put(t, i);
	}
	return err;
}

void flow_table_spare(struct flow_table *t, const struct flow_spare *s)
{
	t->spare = *s;
	if (t->spare.shift > FLOW_SPARE_SHIFT_MOST)
		t->spare.shift = FLOW_SPARE_SHIFT_MOST;
}

/* A packet of no flow that is known. */
static int first(struct flow_table *t, const struct key *k, const struct packet *p)
{
	if (unlikely(t->spare.shift) && is_passed_by(t, k)) {
		t->stats.unfollowed += packets_of(p);
		return 0;
	}
	return begin(t, k, p);
}

/* A packet of flow i that was nothing for the straight way. */
static NOINLINE int next(struct flow_table *t, const struct key *k, uint32_t i,
			 const struct packet *p)
{
	const struct rec *r = rec_at(t, i);

	if (apart(t, r, p) || (unlikely(p->tcp_flags & TCP_SYN) && !(k->kind & KEY_UDP) &&
			       tcp_begins(t, r, k->from, p))) {
		flow_finish(t, i);
		return first(t, k, p);
	}
	return more(t, i, k->from, p);
}

/* Of a flow that is there: whether that was all. */
static inline bool goes_on(struct flow_table *t, uint32_t i, struct rec *r, struct cold *c,
			   unsigned kind, const struct packet *p)
{
	/* In any other order than that of time, and behind a pause, by the long way. */
	if ((uint64_t)p->ts_ns - (uint64_t)r->last_ns > (uint64_t)t->least_idle_ns ||
	    !straight(t, r, c, kind, p))
		return false;
	if (unlikely(r->flags & F_STREAM))
		read_on(t, i, kind % STEADY_PAYLOAD, p);
	return true;
}

/* A packet whose flow is yet to be found. */
static NOINLINE int segment(struct flow_table *t, const struct key *k, const struct packet *p)
{
	uint32_t i = find(t, k);
	struct rec *r = rec_at(t, i);

	if (!i)
		return first(t, k, p);
	if (goes_on(t, i, r, line_at(t, r->cold), steady_kind(k->from, p->payload_wire), p))
		return 0;
	return next(t, k, i, p);
}

/* An ICMP error belongs to the flow whose packet it quotes (RFC 792, RFC 4443 2.4 (c)). It answers
 * an attempt only when the one who tried is quoted. The VLAN that it was seen on is that of the
 * packet, because a quotation has none. */
static int icmp_error(struct flow_table *t, const struct packet *p)
{
	bool udp = p->inner_proto == IPPROTO_NR_UDP;

	if (!p->icmp_has_inner || (!udp && p->inner_proto != IPPROTO_NR_TCP)) {
		t->stats.icmp_unmatched++;
		return 0;
	}
	wheel_advance(t, p->ts_ns);

	struct key k;

	key_make(&k, &p->inner_src, p->inner_sport, &p->inner_dst, p->inner_dport, udp,
		 ahead_vlan(t, p), &t->key);

	uint32_t i = find(t, &k);

	if (!i || apart(t, rec_at(t, i), p)) {
		t->stats.icmp_unmatched++;
		return 0;
	}
	t->stats.icmp_matched++;
	if (p->icmp_class != ICMP_ROUTING && p->icmp_class != ICMP_PORT &&
	    p->icmp_class != ICMP_PROHIBITED)
		return 0;

	struct rec *r = rec_at(t, i);
	int client = udp ? -1 : tcp_client(r->flags);
	int err = 0;

	if (!(r->flags & BIT(F_SEEN, k.from)) || r->flags & F_OPEN ||
	    (client >= 0 && client != (int)k.from))
		return 0;
	t->pinned = i;
	if (!r->cold)
		err = warm_up(t, r);

	struct cold *c = line_at(t, r->cold);

	if (err == 0 && !c->refusal) {
		c->refusal = line_get(t);
		if (c->refusal) {
			*refusal_at(t, c) = (struct refusal){
				.by = p->src,
				.ts_ns = p->ts_ns,
				.link = links_number(&t->links, p),
				.quoted = k.from,
				.icmp_type = p->icmp_type,
				.icmp_code = p->icmp_code,
				.icmp_class = (uint8_t)p->icmp_class,
				.ttl = p->ttl,
			};
			rest_at(t, c)->extra = seen_of(p, EXTRA_END);
		} else {
			err = -ENOMEM;
		}
	}
	t->pinned = 0;
	return err;
}

static int other(struct flow_table *t, const struct packet *p)
{
	if ((p->proto == IPPROTO_NR_ICMP || p->proto == IPPROTO_NR_ICMP6) &&
	    p->icmp_class != ICMP_NOT_ERROR)
		return icmp_error(t, p);
	return 0;
}

int flow_table_packet(struct flow_table *t, const struct packet *p)
{
	if (!ahead_is_segment(p))
		return other(t, p);

	struct key k;

	ahead_key(t, p, &k);
	wheel_advance(t, p->ts_ns);
	return unlikely(!t->lines.n_slab) ? first(t, &k, p) : segment(t, &k, p);
}

/* Those of one batch, which were looked at ahead. */
static int batch(struct flow_table *t, const struct ahead *a, const struct packet *p, size_t n)
{
	uint64_t ended = t->stats.done;

	for (size_t i = 0; i < n; i++) {
		int err;

		if (unlikely(!a[i].number && !ahead_is_segment(&p[i]))) {
			err = other(t, &p[i]);
		} else {
			wheel_advance(t, p[i].ts_ns);
			/* What has ended since may have left its record to another flow. */
			if (likely(a[i].number && t->stats.done == ended &&
				   same_key(t, a[i].rec, &a[i].key))) {
				if (likely(goes_on(t, a[i].number, a[i].rec, a[i].cold, a[i].kind,
						   &p[i])))
					continue;
				err = next(t, &a[i].key, a[i].number, &p[i]);
			} else {
				err = segment(t, &a[i].key, &p[i]);
			}
		}
		if (err < 0)
			return err;
	}
	return 0;
}

int flow_table_packets(struct flow_table *t, const struct packet *p, size_t n)
{
	struct ahead a[FLOW_BATCH];

	for (size_t done = 0; done < n;) {
		size_t m = n - done < FLOW_BATCH ? n - done : FLOW_BATCH;
		int err;

		if (likely(t->lines.n_slab)) {
			ahead_look(t, p + done, m, a);
			err = batch(t, a, p + done, m);
		} else {
			m = 1;
			err = flow_table_packet(t, p + done);
		}
		if (err < 0)
			return err;
		done += m;
	}
	return 0;
}

void flow_table_mark(struct flow_table *t, int64_t ns)
{
	t->mark_ns = t->ops.crossed ? ns : TIME_NONE;
}

void flow_table_end(struct flow_table *t, int64_t now_ns)
{
	t->end_ns = now_ns;
	index_done(&t->index, t->bank); /* nothing more is looked up before the next packet */
	pool_wind_up(&t->lines);
	wheel_drain(t);
	/* What comes behind the flows has the memory. */
	pool_drop(&t->lines);
	pool_drop(&t->heads);
	pool_drop(&t->short_heads);
	t->end_ns = TIME_NONE;
}
