// SPDX-License-Identifier: BSD-2-Clause
/*
 * dup - which packets are copies made by the capture, and which were sent again.
 *
 * Packets are the same when addresses, protocol, IP length, identification and the first
 * PRINT_BYTES behind the IP header are. Left out is what changes on the way or between two places
 * of one host: MAC addresses, VLAN, tunnel, time to live, DSCP and ECN, the header's checksum
 * (RFC 1812 5.3.1, RFC 2474, RFC 3168), and the transport's checksum, which a host capture shows
 * before the network card has filled it in. Of a SYN the options are left out too: routers lower
 * the MSS in them, and nobody repeats a SYN this soon.
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
 * the oldest. The fingerprint is NH (Black et al., UMAC, CRYPTO 1999; RFC 4418 5.2) with 64-bit
 * words: sums of products of words, each with a secret of its own. Two packets, however chosen by
 * somebody who does not know the secrets, agree with a probability of 2^-64, and nothing that
 * depends on them is ever shown. The chain is chosen by a product with two more secrets. Flow tags
 * and views have no secret: a collision there, forged or not, must be the same in each run.
 */
#include "flow/dup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/time.h"

enum {
	RING = 8192, /* first sights: 5 ms at 1.6 million packets a second */
	CHAINS = 16384,
	CHAIN_MAX = 16, /* sights of equal packets looked at */
	SCAN_MAX = 512, /* packets between two sights */
	PRINT_BYTES = 64,
	TRANSPORT_WORDS = PRINT_BYTES / 8,
	WORDS = 4 + 2 + TRANSPORT_WORDS,
	VIEWS = 5,
	/* A packet between two switches of a fabric with a router in each loses two hops. */
	HOPS = 2,
	SOURCES = 2048,
	PROTO_SCTP = 132,
	BATCH = 32,

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

struct sight { /* of an original */
	uint64_t print[2];
	int64_t ts_ns;
	uint32_t next; /* number of the next older one in the chain */
	uint32_t input;
	uint32_t view[VIEWS];
	uint8_t times[VIEWS]; /* seen in each */
	uint8_t n_view;
	uint8_t kind;
	uint8_t ttl_min, ttl_max;
};
static_assert(sizeof(struct sight) == CACHELINE, "one line");

struct source { /* the newest of one direction of a flow */
	uint64_t print;
	uint32_t tag, id;
	bool constant; /* does not count its packets */
};

struct dup_table {
	uint64_t nh[WORDS], chain_key[2];
	bool vlan_key;
	uint32_t n;    /* number of the next sight; RING + 1 is the first, 0 is nobody's */
	uint32_t ripe; /* sights before this one have told their habit */
	unsigned habit;
	uint8_t score[HABIT_MAX + 1], scores; /* all of them ored: 0 none */
	struct dup_stats stats;
	uint32_t chain[CHAINS];
	uint32_t tag[RING];
	struct source source[SOURCES];
	struct sight ring[RING] __attribute__((aligned(CACHELINE)));
};

/* A packet, read once. */
struct look {
	uint64_t print[2];
	uint32_t chain;
	uint32_t view, own, peer; /* tags of this direction of its flow and of the other */
	enum kind kind;
	bool counts; /* identity */
};

struct dup_table *dup_table_new(const struct hash_key *key)
{
	struct hash_key secret = key ? *key : hash_key_random();
	struct dup_table *t = aligned_alloc(CACHELINE, sizeof *t);
	uint64_t i = 0;

	if (!t)
		return NULL;
	memset(t, 0, sizeof *t);
	for (; i < WORDS; i++)
		t->nh[i] = siphash13_words(&i, 1, &secret);
	for (; i < WORDS + 2; i++)
		t->chain_key[i - WORDS] = siphash13_words(&i, 1, &secret);
	t->n = t->ripe = RING + 1;
	t->habit = 1;
	return t;
}

struct dup_table *dup_table_free(struct dup_table *t)
{
	free(t);
	return NULL;
}

void dup_table_vlan_key(struct dup_table *t, bool on)
{
	t->vlan_key = on;
}

const struct dup_stats *dup_table_stats(const struct dup_table *t)
{
	return &t->stats;
}

/* Looks */

static const union {
	uint8_t b[8];
	uint64_t w;
} but_01 = {{0, 0, 255, 255, 255, 255, 255, 255}}, but_23 = {{255, 255, 0, 0, 255, 255, 255, 255}},
  but_67 = {{255, 255, 255, 255, 255, 255, 0, 0}}, but_0123 = {{0, 0, 0, 0, 255, 255, 255, 255}},
  but_4567 = {{255, 255, 255, 255, 0, 0, 0, 0}};

/* n bytes, fewer than PRINT_BYTES, and zeros behind them. */
static void short_words(const uint8_t *p, size_t n, uint64_t w[TRANSPORT_WORDS])
{
	size_t whole = n / sizeof *w, rest = n % sizeof *w;

	for (size_t i = 0; i < TRANSPORT_WORDS; i++) {
		w[i] = 0;
		if (i < whole)
			memcpy(&w[i], p + i * sizeof *w, sizeof *w);
	}
	for (size_t i = 0; i < rest && !whole; i++)
		memcpy((uint8_t *)w + i, p + i, 1);
	if (!rest || !whole)
		return;
	/* The last word that is all there, without what it has in common with the one before. */
	memcpy(&w[whole], p + n - sizeof *w, sizeof *w);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	w[whole] >>= 8 * (sizeof *w - rest);
#else
	w[whole] <<= 8 * (sizeof *w - rest);
#endif
}

/* The transport header and what of the payload is near, without checksum. */
static void transport_words(const struct packet *p, uint64_t w[TRANSPORT_WORDS])
{
	size_t n = p->transport_len;

	if (n >= PRINT_BYTES)
		memcpy(w, p->transport, PRINT_BYTES);
	else
		short_words(p->transport, n, w);
	if (p->later_fragment)
		return;
	switch (p->proto) {
	case IPPROTO_NR_TCP: /* RFC 9293 3.1 */
		w[2] &= but_01.w;
		if (unlikely(p->tcp_flags & TCP_SYN)) {
			w[2] &= but_4567.w; /* without options */
			memset(w + 3, 0, (TRANSPORT_WORDS - 3) * sizeof *w);
		}
		return;
	case IPPROTO_NR_UDP: /* RFC 768 */
		w[0] &= but_67.w;
		return;
	case IPPROTO_NR_ICMP:  /* RFC 792 */
	case IPPROTO_NR_ICMP6: /* RFC 4443 2.1 */
		w[0] &= but_23.w;
		return;
	case PROTO_SCTP: /* RFC 9260 3.1 */
		w[1] &= but_0123.w;
	}
}

static void take_print(const struct dup_table *t, const struct packet *p, struct look *ret)
{
	uint64_t w[WORDS];
	unsigned __int128 sum = 0;

	memcpy(w, p->src.b, 16);
	memcpy(w + 2, p->dst.b, 16);
	w[4] = (uint64_t)p->ip_id << 32 | (uint64_t)p->frag_offset << 16 | (uint64_t)p->proto << 8 |
	       (uint64_t)p->has_ip_id << 2 | (uint64_t)p->fragment << 1 | p->later_fragment;
	w[5] = (uint64_t)p->ip_len << 32 | (uint64_t)(t->vlan_key ? p->vlan : 0) << 16 |
	       (p->transport_len < PRINT_BYTES ? p->transport_len : PRINT_BYTES);
	transport_words(p, w + 6);
	for (unsigned i = 0; i < WORDS; i += 2)
		sum += (unsigned __int128)(w[i] + t->nh[i]) * (w[i + 1] + t->nh[i + 1]);
	ret->print[0] = (uint64_t)sum;
	ret->print[1] = (uint64_t)(sum >> 64);
	sum = (unsigned __int128)(ret->print[0] ^ t->chain_key[0]) *
	      (ret->print[1] ^ t->chain_key[1]);
	ret->chain = (uint32_t)((uint64_t)sum ^ (uint64_t)(sum >> 64)) % CHAINS;
}

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
	return p->payload_wire || p->tcp_flags & TCP_FIN ? KIND_DATA : KIND_ACK;
}

static struct source *source_of(struct dup_table *t, const struct look *k)
{
	return &t->source[k->own % SOURCES];
}

/* What follows from the packet alone. */
static void look_at(const struct dup_table *t, const struct packet *p, struct look *ret)
{
	uint32_t src = end_tag(&p->src, p->sport), dst = end_tag(&p->dst, p->dport);
	uint32_t flow = p->proto + ((t->vlan_key ? p->vlan : 0u) << 8);

	take_print(t, p, ret);
	ret->own = src * 0x85ebca6b + dst + flow;
	ret->peer = dst * 0x85ebca6b + src + flow;
	ret->view = mix((uint64_t)p->vlan << 16 | (uint64_t)p->tunnel << 8 | p->ttl, p->tunnel_id);
}

/* What follows from those before it, too. */
static void look_back(struct dup_table *t, const struct packet *p, struct look *k)
{
	const struct source *s = source_of(t, k);

	k->counts = p->has_ip_id &&
		    (p->fragment || s->tag != k->own || !s->constant || s->id != p->ip_id);
	k->kind = k->counts ? KIND_SURE : kind_of(p);
}

/* Sights */

static uint64_t apart_ns(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

static bool in_ring(const struct dup_table *t, uint32_t number)
{
	return t->n - number - 1 < RING;
}

static struct sight *sight_at(struct dup_table *t, uint32_t number)
{
	return &t->ring[number % RING];
}

static int view_in(const struct sight *e, uint32_t view)
{
	for (int i = 0; i < e->n_view; i++)
		if (e->view[i] == view)
			return i;
	return -1;
}

static bool hop_apart(const struct sight *e, const struct packet *p)
{
	return p->ttl + HOPS >= e->ttl_min && p->ttl <= e->ttl_max + HOPS;
}

/* Is the peer in view? */
static bool peer_in_view(const struct dup_table *t, const struct look *k)
{
	return t->source[k->peer % SOURCES].tag == k->peer;
}

enum answer { NEW, COPY, OPEN };

/* What TCP says of the same bytes in the same view, first seen as `number`. */
static enum answer provoked(struct dup_table *t, uint32_t number, const struct packet *p,
			    const struct look *k)
{
	if (k->kind == KIND_OPEN || t->n - number > SCAN_MAX)
		return OPEN;

	bool own = false;

	for (uint32_t i = number + 1; i != t->n; i++) {
		if (t->tag[i % RING] == k->peer)
			return k->kind == KIND_ACK ? OPEN : NEW;
		own |= t->tag[i % RING] == k->own;
	}
	if (k->kind == KIND_SYN)
		return COPY;
	if (own)
		return OPEN;
	/* In a one-way mirror it cannot be seen what provoked a packet. */
	return k->kind == KIND_DATA && peer_in_view(t, k) ? COPY : OPEN;
}

static struct sight *match(struct dup_table *t, const struct packet *p, const struct look *k)
{
	struct sight *elsewhere = NULL, *room = NULL, *same = NULL;
	uint32_t same_number = 0, number = t->chain[k->chain], before = t->n;

	/* Numbers fall along a chain; one that does not belongs to a newer tenant of the place. */
	for (unsigned n = 0; n < CHAIN_MAX && in_ring(t, number) && t->n - number > t->n - before;
	     before = number, number = sight_at(t, number)->next) {
		struct sight *e = sight_at(t, number);

		if (e->print[0] != k->print[0] || e->print[1] != k->print[1])
			continue;
		n++;

		uint64_t apart = apart_ns(p->ts_ns, e->ts_ns);

		if (apart > WINDOW_NS || !hop_apart(e, p))
			continue;
		if (k->counts)
			return e;

		int view = view_in(e, k->view);

		if (view < 0 && e->n_view < VIEWS)
			elsewhere = e;
		if (view < 0 || apart > SAME_VIEW_NS)
			continue;
		if (e->times[view] < t->habit)
			room = e;
		if (!same) {
			same = e;
			same_number = number;
		}
	}
	if (elsewhere || !same)
		return elsewhere;
	switch (provoked(t, same_number, p, k)) {
	case COPY:
		return same;
	case OPEN:
		return room;
	case NEW:
		break;
	}
	return NULL;
}

static void count_copy(struct dup_table *t, struct sight *e, const struct packet *p,
		       const struct look *k)
{
	int view = view_in(e, k->view);

	if (view < 0 && e->n_view < VIEWS) {
		view = e->n_view++;
		e->view[view] = k->view;
	}
	if (view >= 0 && e->times[view] < UINT8_MAX)
		e->times[view]++;
	t->stats.copies++;
	t->stats.routed += p->ttl < e->ttl_min || p->ttl > e->ttl_max;
	t->stats.other_input += p->input != e->input;
	if (p->ttl < e->ttl_min)
		e->ttl_min = p->ttl;
	if (p->ttl > e->ttl_max)
		e->ttl_max = p->ttl;
}

/* No copy of e will come any more: how often was it seen? */
static void tell_habit(struct dup_table *t, const struct sight *e)
{
	if (e->kind != KIND_SURE && e->kind != KIND_SYN && e->kind != KIND_DATA)
		return;
	/* Nothing comes twice, and nothing did: nearly always. */
	if (likely(e->times[0] < 2 && !t->scores))
		return;
	t->habit = 1;
	t->scores = 0;
	for (unsigned i = 2; i <= HABIT_MAX; i++) {
		if (e->times[0] >= i)
			t->score[i] += t->score[i] < HABIT_FULL;
		else
			t->score[i] -= t->score[i] < HABIT_BREAK ? t->score[i] : HABIT_BREAK;
		t->scores |= t->score[i];
		if (t->score[i] >= HABIT_ON)
			t->habit = i;
	}
}

static void remember(struct dup_table *t, const struct packet *p, const struct look *k)
{
	struct sight *e = sight_at(t, t->n);
	struct source *s = source_of(t, k);

	if (e->kind != KIND_FREE) {
		t->stats.crowded += apart_ns(p->ts_ns, e->ts_ns) <= WINDOW_NS;
		if (t->ripe == t->n - RING) {
			tell_habit(t, e);
			t->ripe++;
		}
	}
	*e = (struct sight){
		.print = {k->print[0], k->print[1]},
		.ts_ns = p->ts_ns,
		.next = t->chain[k->chain],
		.input = p->input,
		.view = {k->view},
		.times = {1},
		.n_view = 1,
		.kind = (uint8_t)k->kind,
		.ttl_min = p->ttl,
		.ttl_max = p->ttl,
	};
	t->tag[t->n % RING] = k->own;
	t->chain[k->chain] = t->n++;
	if (s->tag != k->own)
		*s = (struct source){.tag = k->own};
	else if (p->has_ip_id && !p->fragment && s->print != k->print[0])
		s->constant = s->id == p->ip_id;
	if (p->has_ip_id && !p->fragment) {
		s->id = p->ip_id;
		s->print = k->print[0];
	}
}

static bool is_copy(struct dup_table *t, const struct packet *p, struct look *k)
{
	/* Two a packet: the backlog shrinks. */
	for (int i = 0; i < 2 && t->ripe != t->n; i++) {
		const struct sight *e = sight_at(t, t->ripe);

		if (p->ts_ns <= e->ts_ns || apart_ns(p->ts_ns, e->ts_ns) <= WINDOW_NS)
			break;
		tell_habit(t, e);
		t->ripe++;
	}
	t->stats.packets++;
	look_back(t, p, k);

	struct sight *e = match(t, p, k);

	if (e)
		count_copy(t, e, p, k);
	else
		remember(t, p, k);
	return e != NULL;
}

bool dup_table_is_copy(struct dup_table *t, const struct packet *p)
{
	struct look k;

	look_at(t, p, &k);
	return is_copy(t, p, &k);
}

/* What the packets will touch, one kind after the other, so that each fetch has the time of all the
 * others. The ring is written in a row, but between two rounds of it all that packets carried went
 * through the cache. */
static void fetch(struct dup_table *t, const struct packet *p, struct look *k, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		look_at(t, &p[i], &k[i]);
		prefetch(&t->chain[k[i].chain]);
		prefetch(source_of(t, &k[i]));
		prefetch(&t->source[k[i].peer % SOURCES]);
		prefetch(sight_at(t, t->n + (uint32_t)i));
	}
	for (size_t i = 0; i < n; i++)
		prefetch(sight_at(t, t->chain[k[i].chain]));
}

void dup_table_are_copies(struct dup_table *t, const struct packet *p, size_t n, bool *ret_copy)
{
	struct look k[BATCH];

	for (size_t done = 0; done < n;) {
		size_t m = n - done < BATCH ? n - done : BATCH;

		fetch(t, p + done, k, m);
		for (size_t i = 0; i < m; i++)
			ret_copy[done + i] = is_copy(t, &p[done + i], &k[i]);
		done += m;
	}
}
