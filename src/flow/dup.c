// SPDX-License-Identifier: BSD-2-Clause
/*
 * dup - which packets are copies made by the capture, and which were sent again.
 *
 * Which packets are the same, and how that is told by one number, is in print.h.
 *
 * The hard part is what a host sends again. There are three kinds of knowledge, strongest first.
 *
 * Identity. A non-zero identification, if the source counts: it is new in each packet, also in a
 * retransmission (RFC 6864 4 lets an atomic datagram carry any value, so a source that puts the
 * same one into two different packets of a flow in a row is taken for one that does not count). A
 * fragment has identity in any case. The same packet within WINDOW_NS is a copy; a router may have
 * been between (RFC 1812 5.3.1: one hop less), HOPS at most from a sight already known.
 *
 * View: VLAN, tunnel and time to live that a packet was seen with. A host's packets take one way,
 * so a second view of the same bytes is a second place and no second packet. Each original takes
 * one sight from each view, so that n repeats seen at two places stay n.
 *
 * Provocation, for packets without identity (IPv6, RFC 8200; IPv4 with 0 there) in the same view.
 * What TCP sends again within SAME_VIEW_NS follows something that the peer sent:
 *   - a SYN comes again after 1 s (RFC 6298 2.1), a SYN-ACK then or after another SYN, a RST to a
 *     SYN after another SYN;
 *   - data and FIN after duplicate acknowledgements (RFC 5681 3.2), SACK (RFC 6675 5, RFC 8985 6),
 *     or a timer: RTO is 1 s, 200 ms in practice (RFC 6298 2.4), and a tail loss probe waits for
 *     two round trips and in no known stack for less than 2 ms (RFC 8985 7.2). So the peer must
 *     be in view, and silent in between. One packet of it may still be missing from the capture,
 *     therefore nothing of the same side may be in between either: what is resent after a timer
 *     was the last, what is resent sooner was not;
 * Nothing of the kind holds for bare acknowledgements: a burst of segments is answered by a burst
 * of the same bytes (RFC 5681 4.2), and stacks are seen to say the same twice with nothing
 * outstanding (macOS, when the application reads). Keep-alives (RFC 9293 3.8.4), window probes
 * (3.8.6.1) and retries of applications are further apart than the window. Repeated datagrams
 * without identity are not: a log line, a counter, an announcement may follow itself at once.
 *
 * For those that are still open there is habit: when nearly every packet of which it is certain
 * was seen k times in one view (all components of a host capture, both ports of a pair), so were
 * the others, and an original takes k sights. Without habit the doubt counts as a packet: a copy
 * too many in the figures hides nothing.
 *
 * Entries stand in a ring in the order of first sights; hash chains run through it from new to old
 * and end where a number is out of the ring. So nothing is ever removed, and who is forgotten is
 * the oldest. The chain that a packet is in, and what its end says of it, are bits of its
 * fingerprint. Flow tags and views have no secret: a collision there, forged or not, must be the
 * same in each run.
 *
 * Nearly every packet is seen once. So what is kept of all of them is small, and written and read
 * in a row; what is known of those that were seen again stands beside it.
 */
#include "flow/dup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"
#include "flow/print.h"

enum {
	RING = 8192, /* first sights: 5 ms at 1.6 million packets a second */
	CHAINS = 32768,
	CHAIN_MAX = 16, /* sights of equal packets looked at */
	SCAN_MAX = 512, /* packets between two sights */
	VIEWS = 5,
	/* A packet between two switches of a fabric with a router in each loses two hops. */
	HOPS = 2,
	SOURCES = 2048,
	BATCH = 32,
	AHEAD = 8, /* packets: ends of chains are fetched for them */

	HABIT_MAX = 4, /* sights of one packet in a view that are learned */
	HABIT_ON = 16, /* packets in a row that show it, at first */
	HABIT_FULL = 64,
	HABIT_BREAK = 8, /* one that does not undoes this many: below 8 of 9 there is no habit */
};
#define WINDOW_NS    (5 * NS_PER_S / 1000)
#define SAME_VIEW_NS (1 * NS_PER_S / 1000)

enum kind {
	KIND_FREE,
	KIND_SURE, /* has identity */
	KIND_SYN,
	KIND_DATA,
	KIND_ACK,
	KIND_OPEN, /* nothing can be said */
};

struct view {
	uint32_t tunnel_id;
	uint16_t vlan;
	uint8_t tunnel, ttl;
};

struct sight { /* of an original */
	uint64_t print;
	int64_t ts_ns;
	struct view view; /* where it was seen first */
	uint32_t input;
	uint16_t older; /* how far back the next one of its chain is; 0 there is none */
	uint8_t kind : 4;
	uint8_t views : 4; /* that it was seen in */
	uint8_t times;     /* seen in the first */
};
static_assert(sizeof(struct sight) == CACHELINE / 2, "half a line");
static_assert((int)RING <= UINT16_MAX, "sight.older");

struct again { /* of a sight that was seen again */
	struct view view[VIEWS - 1];
	uint8_t times[VIEWS - 1];
	uint8_t ttl_min, ttl_max;
};

struct source { /* the newest of one direction of a flow */
	uint64_t print;
	/* Its tag in 32 bits, above it 16 of the identification of IPv4, and SOURCE_CONSTANT where
	 * it does not count its packets. */
	uint64_t who;
};
#define SOURCE_CONSTANT (UINT64_C(1) << 63)

/* The end of a chain: the number of its newest sight, modulo 2^NUMBER_BITS; bits of its
 * fingerprint; and whether there was an older one then. Who finds other bits and no older one has
 * no need to look. One that is long out of the ring may seem to be in it, and leads to sights of
 * other packets. */
enum { NUMBER_BITS = 18, NUMBER = (1 << NUMBER_BITS) - 1, OLDER_BIT = 31 };
static const uint32_t END_PRINT = (UINT32_C(1) << OLDER_BIT) - 1 - NUMBER;

struct dup_table {
	struct print_key key;
	prints_fn *prints;
	bool vlan_key;
	uint32_t n;        /* number of the next sight; RING + 1 is the first */
	uint32_t ripe;     /* sights before this one have told their habit */
	int64_t unripe_ns; /* of that one; without any, INT64_MAX */
	unsigned habit;
	uint8_t score[HABIT_MAX + 1], scores; /* all of them ored: 0 none */
	struct dup_stats stats;
	struct again *again; /* one a sight; memory that most runs never touch */
	uint32_t end[CHAINS];
	uint32_t tag[RING];
	struct source source[SOURCES];
	struct sight ring[RING] __attribute__((aligned(CACHELINE)));
};

struct dup_table *dup_table_new(const struct hash_key *key)
{
	struct hash_key secret = key ? *key : hash_key_random();
	struct dup_table *t = aligned_alloc(CACHELINE, sizeof *t);

	if (!t)
		return NULL;
	memset(t, 0, sizeof *t);
	print_key_init(&t->key, &secret);
	t->prints = prints_best();
	t->again = calloc(RING, sizeof *t->again);
	if (!t->again)
		return dup_table_free(t);
	t->n = t->ripe = RING + 1;
	t->unripe_ns = INT64_MAX;
	t->habit = 1;
	return t;
}

struct dup_table *dup_table_free(struct dup_table *t)
{
	if (!t)
		return NULL;
	free(t->again);
	free(t);
	return NULL;
}

void dup_table_vlan_key(struct dup_table *t, bool on)
{
	t->vlan_key = on;
	print_key_vlan(&t->key, on);
}

void dup_table_by_products(struct dup_table *t)
{
	t->prints = prints_by_products;
}

const struct dup_stats *dup_table_stats(const struct dup_table *t)
{
	return &t->stats;
}

/* Looks */

static uint32_t mix(uint64_t a, uint64_t b)
{
	a = (a ^ (b << 31 | b >> 33)) * 0x9e3779b97f4a7c15;
	a = (a ^ a >> 29 ^ b) * 0xbf58476d1ce4e5b9;
	return (uint32_t)(a >> 32);
}

static uint32_t end_tag(const struct addr *a, uint16_t port)
{
	uint64_t w[2];

	memcpy(w, a->b, sizeof w);
	return mix(w[0] + port, w[1]);
}

static enum kind kind_of(const struct packet *p)
{
	if (p->proto != IPPROTO_NR_TCP || p->fragment)
		return KIND_OPEN;
	if (p->tcp_flags & TCP_RST) /* RFC 9293 3.10.7.1: to a SYN, and only then */
		return p->tcp_flags & TCP_ACK && p->seq == 0 ? KIND_SYN : KIND_OPEN;
	if (p->tcp_flags & TCP_SYN)
		return KIND_SYN;
	/* Either comes at any time: no branch. */
	return KIND_ACK - ((p->payload_wire != 0) | (p->tcp_flags & TCP_FIN));
}
static_assert(KIND_ACK - 1 == (int)KIND_DATA && TCP_FIN == 1, "kind_of()");

static uint32_t tag_of(const struct dup_table *t, const struct packet *p, uint32_t from,
		       uint32_t to)
{
	return from * 0x85ebca6b + to + p->proto + ((t->vlan_key ? p->vlan : 0u) << 8);
}

static uint32_t tag_of_own(const struct dup_table *t, const struct packet *p)
{
	return tag_of(t, p, end_tag(&p->src, p->sport), end_tag(&p->dst, p->dport));
}

static uint32_t tag_of_peer(const struct dup_table *t, const struct packet *p)
{
	return tag_of(t, p, end_tag(&p->dst, p->dport), end_tag(&p->src, p->sport));
}

static struct source *source_of(struct dup_table *t, uint32_t tag)
{
	return &t->source[tag % SOURCES];
}

static bool in_view(const struct source *s, uint32_t tag)
{
	return (uint32_t)s->who == tag;
}

/* Sights */

static uint64_t apart_ns(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static struct sight *sight_at(struct dup_table *t, uint32_t number)
{
	return &t->ring[number % RING];
}

static struct again *again_of(struct dup_table *t, const struct sight *e)
{
	return &t->again[e - t->ring];
}

static struct view view_of(const struct packet *p)
{
	struct view v;

	memcpy(&v, (const uint8_t *)p + PACKET_VIEW, sizeof v);
	return v;
}
static_assert(offsetof(struct view, vlan) == offsetof(struct packet, vlan) - PACKET_VIEW &&
		      offsetof(struct view, tunnel) ==
			      offsetof(struct packet, tunnel) - PACKET_VIEW,
	      "eight bytes of a packet");

static bool same_view(const struct view *a, const struct view *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}
static_assert(sizeof(struct view) == 8, "no bytes between");

/* Its place among those of e; negative: it was not seen there. */
static int view_in(struct dup_table *t, const struct sight *e, const struct view *view)
{
	const struct again *a = again_of(t, e);

	if (same_view(&e->view, view))
		return 0;
	for (int i = 1; i < e->views; i++)
		if (same_view(&a->view[i - 1], view))
			return i;
	return -1;
}

static unsigned times_in(struct dup_table *t, const struct sight *e, int view)
{
	return view ? again_of(t, e)->times[view - 1] : e->times;
}

static bool hop_apart(struct dup_table *t, const struct sight *e, const struct packet *p)
{
	const struct again *a = again_of(t, e);

	if (e->views == 1)
		return p->ttl + HOPS >= e->view.ttl && p->ttl <= e->view.ttl + HOPS;
	return p->ttl + HOPS >= a->ttl_min && p->ttl <= a->ttl_max + HOPS;
}

enum answer { NEW, COPY, OPEN };

/* What TCP says of the same bytes in the same view, first seen `back` sights ago. */
static enum answer provoked(struct dup_table *t, uint32_t back, const struct packet *p,
			    uint32_t own_tag, enum kind kind)
{
	if (kind == KIND_OPEN || back > SCAN_MAX)
		return OPEN;

	const uint32_t peer = tag_of_peer(t, p);
	bool own = false;

	for (uint32_t i = t->n - back + 1; i != t->n; i++) {
		if (t->tag[i % RING] == peer)
			return kind == KIND_ACK ? OPEN : NEW;
		own |= t->tag[i % RING] == own_tag;
	}
	if (kind == KIND_SYN)
		return COPY;
	if (own)
		return OPEN;
	/* In a one-way mirror it cannot be seen what provoked a packet. */
	return kind == KIND_DATA && in_view(source_of(t, peer), peer) ? COPY : OPEN;
}

static uint32_t *end_of(struct dup_table *t, uint64_t print)
{
	return &t->end[print % CHAINS];
}

static uint32_t end_bits(uint64_t print)
{
	return (uint32_t)(print >> 32) & END_PRINT;
}

/* How far back the newest sight of a chain is; 0 or more than RING: there is none. */
static uint32_t back_to(const struct dup_table *t, uint32_t end)
{
	return (t->n - end) & NUMBER;
}

/* Whether there may be an equal packet in a chain that has a sight: of one in twenty, without any.
 * With an older one it is negative. */
static bool may_match(uint32_t end, uint64_t print)
{
	return (int32_t)(end ^ end_bits(print)) <= NUMBER;
}

/* Equal packets, from new to old, and what they say. */
static NOINLINE struct sight *match(struct dup_table *t, const struct packet *p, uint64_t print,
				    uint32_t own, enum kind kind, uint32_t back)
{
	struct sight *elsewhere = NULL, *room = NULL, *same = NULL, *e;
	struct view here = view_of(p);
	uint32_t same_back = 0;

	for (unsigned n = 0; n < CHAIN_MAX && back - 1 < RING;
	     back = e->older ? back + e->older : 0) {
		e = sight_at(t, t->n - back);
		if (e->print != print)
			continue;
		n++;

		uint64_t apart = apart_ns(p->ts_ns, e->ts_ns);

		if (apart > WINDOW_NS || !hop_apart(t, e, p))
			continue;
		if (kind == KIND_SURE)
			return e;

		int view = view_in(t, e, &here);

		if (view < 0 && e->views < VIEWS)
			elsewhere = e;
		if (view < 0 || apart > SAME_VIEW_NS)
			continue;
		if (times_in(t, e, view) < t->habit)
			room = e;
		if (!same) {
			same = e;
			same_back = back;
		}
	}
	if (elsewhere || !same)
		return elsewhere;
	switch (provoked(t, same_back, p, own, kind)) {
	case COPY:
		return same;
	case OPEN:
		return room;
	case NEW:
		break;
	}
	return NULL;
}

static void count_view(struct dup_table *t, struct sight *e, const struct packet *p)
{
	struct again *a = again_of(t, e);
	struct view here = view_of(p);
	int view = view_in(t, e, &here);

	if (view < 0 && e->views < VIEWS) {
		view = e->views++;
		a->view[view - 1] = here;
		a->times[view - 1] = 0;
	}
	if (view > 0)
		a->times[view - 1] += a->times[view - 1] < UINT8_MAX;
	else if (view == 0)
		e->times += e->times < UINT8_MAX;
}

static NOINLINE void count_copy(struct dup_table *t, struct sight *e, const struct packet *p)
{
	struct again *a = again_of(t, e);

	if (e->views == 1)
		a->ttl_min = a->ttl_max = e->view.ttl;
	count_view(t, e, p);
	t->stats.copies++;
	t->stats.routed += p->ttl < a->ttl_min || p->ttl > a->ttl_max;
	t->stats.other_input += p->input != e->input;
	if (p->ttl < a->ttl_min)
		a->ttl_min = p->ttl;
	if (p->ttl > a->ttl_max)
		a->ttl_max = p->ttl;
}

static NOINLINE void learn_habit(struct dup_table *t, unsigned times)
{
	t->habit = 1;
	t->scores = 0;
	for (unsigned i = 2; i <= HABIT_MAX; i++) {
		if (times >= i)
			t->score[i] += t->score[i] < HABIT_FULL;
		else
			t->score[i] -= t->score[i] < HABIT_BREAK ? t->score[i] : HABIT_BREAK;
		t->scores |= t->score[i];
		if (t->score[i] >= HABIT_ON)
			t->habit = i;
	}
}

/* No copy of e will come any more: how often was it seen? */
static void tell_habit(struct dup_table *t, const struct sight *e)
{
	/* Nothing comes twice, and nothing did: nearly always. */
	if (likely(e->times < 2 && !t->scores))
		return;
	if (e->kind == KIND_SURE || e->kind == KIND_SYN || e->kind == KIND_DATA)
		learn_habit(t, e->times);
}

/* Whose time is below this is too old to be seen again. */
static int64_t before_window(int64_t ts_ns)
{
	return ts_ns < INT64_MIN + WINDOW_NS ? INT64_MIN : ts_ns - WINDOW_NS;
}

static void tell_next_habit(struct dup_table *t)
{
	tell_habit(t, sight_at(t, t->ripe));
	t->ripe++;
	t->unripe_ns = t->ripe == t->n ? INT64_MAX : sight_at(t, t->ripe)->ts_ns;
}

/* Two a packet: the backlog shrinks. */
static inline void ripen(struct dup_table *t, int64_t before_ns)
{
	for (int i = 0; i < 2 && t->unripe_ns < before_ns; i++)
		tell_next_habit(t);
}

/* The first sight of p. */
static inline void put_sight(struct dup_table *t, const struct packet *p, uint64_t print,
			     enum kind kind, uint32_t back, int64_t before_ns)
{
	struct sight *e = sight_at(t, t->n);
	uint32_t unripe = t->n - t->ripe;

	if (e->ts_ns >= before_ns && e->kind != KIND_FREE)
		t->stats.crowded += apart_ns(p->ts_ns, e->ts_ns) <= WINDOW_NS;
	if (unlikely(unripe == RING))
		tell_next_habit(t);
	*e = (struct sight){
		.print = print,
		.ts_ns = p->ts_ns,
		.view = view_of(p),
		.input = p->input,
		.older = (uint16_t)back,
		.kind = (uint8_t)kind & 0xf,
		.views = 1,
		.times = 1,
	};
	if (!unripe)
		t->unripe_ns = p->ts_ns;
}

__attribute__((always_inline)) static inline bool is_copy(struct dup_table *t,
							  const struct packet *p, uint64_t print)
{
	const uint32_t own = tag_of_own(t, p);
	const int64_t before_ns = before_window(p->ts_ns);
	struct source *source = source_of(t, own), is = {print, own}, was = *source;
	uint32_t *end = end_of(t, print), old = *end, back = back_to(t, old);
	const uint32_t chain = back - 1 < RING;
	bool sure = p->has_ip_id;
	enum kind kind = KIND_SURE;

	ripen(t, before_ns);
	if (likely(sure & !p->fragment)) {
		is.who |= (uint64_t)(uint16_t)p->ip_id << 32;
		if (unlikely((was.who ^ is.who) << 1 == 0)) {
			/* The identification that the one before it had. */
			sure = !(was.who & SOURCE_CONSTANT);
			if (!sure || was.print != print)
				is.who |= SOURCE_CONSTANT;
		}
	} else if (in_view(&was, own)) {
		is = was;
	} else {
		is.print = 0;
	}
	if (unlikely(!sure))
		kind = kind_of(p);
	/* Nobody can tell which chains have a sight: no branch. */
	back &= -chain;
	*end = chain << OLDER_BIT | end_bits(print) | (t->n & NUMBER);
	if (unlikely(chain & may_match(old, print))) {
		struct sight *e = match(t, p, print, own, kind, back);

		if (e) {
			*end = old;
			count_copy(t, e, p);
			return true;
		}
	}
	put_sight(t, p, print, kind, back, before_ns);
	t->tag[t->n++ % RING] = own;
	*source = is;
	return false;
}

bool dup_table_is_copy(struct dup_table *t, const struct packet *p)
{
	uint64_t print;

	t->stats.packets++;
	t->prints(&t->key, p, 1, &print);
	return is_copy(t, p, print);
}

/* What a packet will touch is fetched while those before it are worked on. */
size_t dup_table_are_copies(struct dup_table *t, const struct packet *p, size_t n, bool *ret_copy)
{
	uint64_t before = t->stats.copies;
	uint64_t print[BATCH + AHEAD];

	t->stats.packets += n;
	for (size_t done = 0; done < n;) {
		size_t m = n - done < BATCH ? n - done : BATCH;

		t->prints(&t->key, p + done, m, print);
		memset(&print[m], 0, AHEAD * sizeof print[0]);
		for (size_t i = 0; i < m; i++) {
			prefetch(end_of(t, print[i + AHEAD]));
			ret_copy[done + i] = is_copy(t, &p[done + i], print[i]);
		}
		done += m;
	}
	return (size_t)(t->stats.copies - before);
}
