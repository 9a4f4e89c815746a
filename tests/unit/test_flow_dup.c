// SPDX-License-Identifier: BSD-2-Clause
/* Copies that a capture makes, and what hosts send again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "build.h"
#include "flow/dup.h"
#include "tcp_lab.h"

static const struct hash_key key = {3, 5};

static struct dup_table *table(void)
{
	struct dup_table *t = dup_table_new(&key);

	assert_non_null(t);
	return t;
}

/* Two sights of packets that differ in one thing. */

enum { T = IPPROTO_NR_TCP, U = IPPROTO_NR_UDP, I = IPPROTO_NR_ICMP };

enum change {
	SAME,
	TTL_1,
	TTL_UP,
	TTL_2,
	TTL_3,
	VLAN,
	TUNNEL,
	MAC,
	INPUT,
	CHECKSUM,
	ID,
	SEQ,
	LENGTH,
	PAYLOAD,
	FAR_PAYLOAD,
	PROTO,
	SOURCE,
	OFFSET,
};

static const struct {
	const char *what;
	uint8_t proto;
	uint8_t flags;
	uint16_t id, payload;
	enum change change;
	int64_t apart_us;
	bool copy;
} pairs[] = {
	{"both ports", T, TCP_ACK, 7, 0, SAME, 3, true},
	{"at the same time", T, TCP_ACK, 7, 0, SAME, 0, true},
	{"captured the wrong way round", T, TCP_ACK, 7, 0, SAME, -40, true},
	{"at the end of the window", T, TCP_ACK, 7, 0, SAME, 5000, true},
	{"after the window", T, TCP_ACK, 7, 0, SAME, 5001, false},
	{"long before", T, TCP_ACK, 7, 0, SAME, -5001, false},
	{"behind a router", T, TCP_ACK, 7, 0, TTL_1, 30, true},
	{"before a router", T, TCP_ACK, 7, 0, TTL_UP, 30, true},
	{"behind a fabric", T, TCP_ACK, 7, 0, TTL_2, 30, true},
	{"three hops away", T, TCP_ACK, 7, 0, TTL_3, 30, false},
	{"other VLAN", T, TCP_ACK, 7, 0, VLAN, 30, true},
	{"in a tunnel", T, TCP_ACK, 7, 0, TUNNEL, 30, true},
	{"other MAC address", T, TCP_ACK, 7, 0, MAC, 30, true},
	{"other input", T, TCP_ACK, 7, 0, INPUT, 30, true},
	{"checksum filled in", T, TCP_ACK, 7, 0, CHECKSUM, 30, true},
	{"checksum filled in", U, 0, 7, 40, CHECKSUM, 30, true},
	{"checksum filled in", I, 0, 7, 40, CHECKSUM, 30, true},
	{"sent again", T, TCP_ACK, 7, 100, ID, 30, false},
	{"other sequence number", T, TCP_ACK, 7, 100, SEQ, 30, false},
	{"other length", T, TCP_ACK, 7, 100, LENGTH, 30, false},
	{"other payload", U, 0, 7, 100, PAYLOAD, 30, false},
	{"payload beyond what is looked at", U, 0, 7, 100, FAR_PAYLOAD, 30, true},
	{"other protocol", U, 0, 7, 100, PROTO, 30, false},
	{"other source", U, 0, 7, 100, SOURCE, 30, false},
	{"zeroes in two fragments", U, 0, 7, 100, OFFSET, 30, false},
	{"datagram", U, 0, 7, 40, SAME, 30, true},
	{"ping", I, 0, 7, 40, SAME, 30, true},

	{"no id: SYN", T, TCP_SYN, 0, 0, SAME, 30, true},
	{"no id: SYN-ACK", T, TCP_SYN | TCP_ACK, 0, 0, SAME, 30, true},
	{"no id: data", T, TCP_ACK, 0, 100, SAME, 30, true},
	{"no id: data, at the end of the window", T, TCP_ACK, 0, 100, SAME, 1000, true},
	{"no id: data, after the window", T, TCP_ACK, 0, 100, SAME, 1001, false},
	{"no id: FIN", T, TCP_ACK | TCP_FIN, 0, 0, SAME, 30, true},
	{"no id: ACK of unseen data", T, TCP_ACK, 0, 0, SAME, 30, false},
	{"no id: RST", T, TCP_RST, 0, 0, SAME, 30, false},
	{"no id: datagram", U, 0, 0, 40, SAME, 30, false},
	{"no id: ping", I, 0, 0, 40, SAME, 30, false},
	{"no id: datagram, routed", U, 0, 0, 40, TTL_1, 30, true},
	{"no id: datagram, routed late", U, 0, 0, 40, TTL_1, 5000, true},
	{"no id: datagram, routed too late", U, 0, 0, 40, TTL_1, 5001, false},
	{"no id: datagram, far away", U, 0, 0, 40, TTL_3, 30, false},
	{"no id: datagram, other VLAN", U, 0, 0, 40, VLAN, 30, true},
	{"no id: datagram, tunnel", U, 0, 0, 40, TUNNEL, 30, true},
	{"no id: datagram, input decides nothing", U, 0, 0, 40, INPUT, 30, false},
	{"no id: datagram, MAC decides nothing", U, 0, 0, 40, MAC, 30, false},
	{"no id: ACK, other VLAN", T, TCP_ACK, 0, 0, VLAN, 30, true},
};

static void change(struct packet *p, uint8_t *b, enum change c)
{
	switch (c) {
	case SAME:
		break;
	case TTL_1:
		p->ttl -= 1;
		break;
	case TTL_UP:
		p->ttl += 1;
		break;
	case TTL_2:
		p->ttl -= 2;
		break;
	case TTL_3:
		p->ttl -= 3;
		break;
	case VLAN:
		p->vlan = 20;
		break;
	case TUNNEL:
		p->tunnel = TUNNEL_VXLAN;
		p->tunnel_id = 5000;
		break;
	case MAC:
		p->src_mac[5] = 9;
		break;
	case INPUT:
		p->input = 1;
		break;
	case CHECKSUM:
		b[p->proto == T ? 16 : p->proto == U ? 6 : 2] ^= 0x55;
		b[p->proto == T ? 17 : p->proto == U ? 7 : 3] ^= 0x55;
		break;
	case ID:
		p->ip_id++;
		break;
	case SEQ:
		b[7]++;
		p->seq++;
		break;
	case LENGTH:
		p->ip_len++;
		break;
	case PAYLOAD:
		b[63]++;
		break;
	case FAR_PAYLOAD:
		b[64]++;
		break;
	case PROTO:
		p->proto = 136;
		break;
	case SOURCE:
		p->src.b[15]++;
		break;
	case OFFSET:
		p->frag_offset += 185;
		break;
	}
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
		struct dup_table *t = table();
		uint8_t a[128] = {0x12, 0x34, 1, 0xbb}, b[128];
		struct packet p = {
			.ts_ns = NS_PER_S,
			.src = A("10.0.0.1"),
			.dst = A("10.0.0.2"),
			.sport = 0x1234,
			.dport = 443,
			.proto = pairs[i].proto,
			.ttl = 60,
			.tcp_flags = pairs[i].flags,
			.seq = 1,
			.has_ip_id = pairs[i].id != 0,
			.ip_id = pairs[i].id,
			.ip_len = 40u + pairs[i].payload,
			.payload_wire = pairs[i].payload,
			.transport = a,
			.transport_len = 20u + pairs[i].payload,
		};
		struct packet q = p, peer = p;

		if (pairs[i].change == OFFSET)
			p.fragment = q.fragment = p.later_fragment = q.later_fragment = true;
		/* Something of the peer, which p does not acknowledge. */
		peer.src = p.dst;
		peer.dst = p.src;
		peer.sport = p.dport;
		peer.dport = p.sport;
		peer.tcp_flags = TCP_ACK;
		peer.seq = 1;
		peer.payload_wire = 100;
		peer.fragment = peer.later_fragment = false;
		peer.ts_ns = 0;
		assert_false(dup_table_is_copy(t, &peer));
		memcpy(b, a, sizeof b);
		q.transport = b;
		q.ts_ns += pairs[i].apart_us * TCP_LAB_US;
		change(&q, b, pairs[i].change);
		assert_false(dup_table_is_copy(t, &p));
		if (dup_table_is_copy(t, &q) != pairs[i].copy)
			fail_msg("%s: should be %s", pairs[i].what,
				 pairs[i].copy ? "a copy" : "a packet");

		const struct dup_stats *s = dup_table_stats(t);

		assert_int_equal(s->packets, 3);
		assert_int_equal(s->copies, pairs[i].copy);
		assert_int_equal(s->routed, pairs[i].copy && p.ttl != q.ttl);
		assert_int_equal(s->other_input, pairs[i].copy && p.input != q.input);
		dup_table_free(t);
	}
}

static void test_vlan_key(void **state)
{
	(void)state;
	for (int on = 0; on < 2; on++) {
		struct dup_table *t = table();
		uint8_t b[8] = {0};
		struct packet p = {.src = A("10.0.0.1"),
				   .dst = A("10.0.0.2"),
				   .proto = U,
				   .ttl = 64,
				   .has_ip_id = true,
				   .ip_id = 4,
				   .transport = b,
				   .transport_len = 8};

		dup_table_vlan_key(t, on);
		assert_false(dup_table_is_copy(t, &p));
		p.vlan = 7;
		assert_int_equal(dup_table_is_copy(t, &p), !on);
		assert_true(dup_table_is_copy(t, &p));
		dup_table_free(t);
	}
}

/* A flow's packets one after the other: direction, kind, whether it is a copy. */

struct step {
	bool back;
	const char *flags;
	uint32_t seq, ack, len;
	int64_t us; /* after the one before */
	bool copy;
};

static const struct {
	const char *what;
	struct step s[10];
} lines[] = {
	{"fast retransmit",
	 {{0, "A", 1, 1, 100, 0, 0},
	  {0, "A", 101, 1, 100, 5, 0},
	  {1, "A", 1, 1, 0, 40, 0},
	  {0, "A", 1, 1, 100, 40, 0}}},
	{"fast retransmit, acknowledgements not captured",
	 {{0, "A", 1, 1, 100, 0, 0}, {0, "A", 101, 1, 100, 5, 0}, {0, "A", 1, 1, 100, 80, 0}}},
	{"a copy of each at once",
	 {{0, "A", 1, 1, 100, 0, 0},
	  {0, "A", 1, 1, 100, 1, 1},
	  {0, "A", 101, 1, 100, 5, 0},
	  {0, "A", 101, 1, 100, 1, 1}}},
	{"a burst of duplicate acknowledgements",
	 {{0, "A", 1, 1, 100, 0, 0},
	  {0, "A", 201, 1, 100, 1, 0},
	  {0, "A", 301, 1, 100, 1, 0},
	  {1, "A", 1, 101, 0, 40, 0},
	  {1, "A", 1, 101, 0, 1, 0},
	  {1, "A", 1, 101, 0, 1, 0}}},
	{"an acknowledgement of everything, said three times",
	 {{0, "A", 1, 1, 100, 0, 0},
	  {1, "A", 1, 101, 0, 40, 0},
	  {1, "A", 1, 101, 0, 1, 0},
	  {1, "A", 1, 101, 0, 1, 0}}},
	{"a keep-alive between", /* RFC 9293 3.8.4 */
	 {{0, "A", 1, 1, 100, 0, 0},
	  {1, "A", 1, 101, 0, 40, 0},
	  {0, "A", 100, 1, 0, 100, 0},
	  {1, "A", 1, 101, 0, 40, 0}}},
	{"SYN-ACK for a second SYN",
	 {{0, "S", 0, 0, 0, 0, 0},
	  {1, "SA", 0, 1, 0, 40, 0},
	  {1, "SA", 0, 1, 0, 1, 1},
	  {0, "S", 0, 0, 0, 900, 0},
	  {1, "SA", 0, 1, 0, 40, 0}}},
	{"a RST for each of three segments",
	 {{0, "A", 1, 9, 100, 0, 0},
	  {0, "A", 101, 9, 100, 1, 0},
	  {0, "A", 201, 9, 100, 1, 0},
	  {1, "R", 9, 0, 0, 40, 0},
	  {1, "R", 9, 0, 0, 1, 0},
	  {1, "R", 9, 0, 0, 1, 0}}},
	{"a RST to a SYN",
	 {{0, "S", 0, 0, 0, 0, 0}, {1, "RA", 0, 1, 0, 40, 0}, {1, "RA", 0, 1, 0, 1, 1}}},
};

static uint8_t flags_of(const char *text)
{
	uint8_t flags = 0;

	for (; *text; text++)
		flags |= *text == 'S' ? TCP_SYN : *text == 'A' ? TCP_ACK : TCP_RST;
	return flags;
}

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		for (int constant = 0; constant < 2; constant++) {
			struct dup_table *t = table();
			int64_t now = NS_PER_S;

			/* A source whose identification never changes has none. */
			for (int j = 0; j < 4; j++) {
				uint8_t b[20] = {(uint8_t)(j / 2)};
				bool back = j % 2;
				struct packet p = {.ts_ns = 0,
						   .src = A(back ? "fd00::2" : "fd00::1"),
						   .dst = A(back ? "fd00::1" : "fd00::2"),
						   .sport = back ? 443 : 5000,
						   .dport = back ? 5000 : 443,
						   .proto = T,
						   .ttl = 64,
						   .has_ip_id = constant,
						   .ip_id = constant ? 99 : 0,
						   .transport = b,
						   .transport_len = 20};

				assert_false(dup_table_is_copy(t, &p));
			}
			for (size_t j = 0; j < N_ELEMENTS(lines[i].s) && lines[i].s[j].flags; j++) {
				const struct step *s = &lines[i].s[j];
				uint8_t b[20] = {0};
				struct packet p = {.ts_ns = now += s->us * TCP_LAB_US,
						   .src = A(s->back ? "fd00::2" : "fd00::1"),
						   .dst = A(s->back ? "fd00::1" : "fd00::2"),
						   .sport = s->back ? 443 : 5000,
						   .dport = s->back ? 5000 : 443,
						   .proto = T,
						   .ttl = 64,
						   .tcp_flags = flags_of(s->flags),
						   .seq = s->seq,
						   .ack = s->ack,
						   .payload_wire = s->len,
						   .has_ip_id = constant,
						   .ip_id = constant ? 99 : 0,
						   .ip_len = 60 + s->len,
						   .transport = b,
						   .transport_len = 20};

				b[13] = p.tcp_flags;
				tcp_lab_put32(b + 4, p.seq);
				tcp_lab_put32(b + 8, p.ack);
				if (dup_table_is_copy(t, &p) != s->copy)
					fail_msg("%s%s: packet %zu", lines[i].what,
						 constant ? " (constant id)" : "", j + 1);
			}
			dup_table_free(t);
		}
	}
}

/* Conversations */

enum { TOGETHER = 4, SIGHTS_MAX = TOGETHER * TCP_LAB_MAX * 4 };

enum view { IN_PLACE, ROUTED, TAGGED, TUNNELLED, VIEWS };

struct mirror {
	unsigned sights;                            /* of each packet */
	enum view view;                             /* of the later ones */
	int64_t jitter_ns;                          /* of each sight */
	double lost;                                /* sights, never all of a packet */
	enum { IDS_ONLY, EXACT_DATA, EXACT } exact; /* what of it is known without identity */
};

struct crowd {
	struct tcp_lab *lab[TOGETHER];
	struct tcp_lab_seen *v; /* all sights by time; index counts through */
	size_t n, n_original;
	uint32_t *left; /* sights that were taken for packets, by original */
	struct tcp_lab_seen *original;
};

static void see(struct crowd *c, const struct tcp_lab_seen *s, const struct mirror *m,
		uint64_t *seed)
{
	unsigned n = m ? m->sights : 1, kept = 0;

	for (unsigned i = 0; i < n; i++) {
		struct tcp_lab_seen *to = &c->v[c->n];

		if (m && i + 1 < n + kept && tcp_lab_chance(seed, m->lost))
			continue;
		*to = *s;
		to->index = (uint32_t)c->n_original;
		if (m && m->jitter_ns)
			to->p.ts_ns += tcp_lab_rng(seed) % m->jitter_ns;
		to->p.input = i;
		if (m && i) {
			uint8_t j = (uint8_t)i;

			to->p.ttl -= m->view == ROUTED ? j : 0;
			to->p.src_mac[0] = m->view == ROUTED ? j : 0;
			to->p.vlan = m->view == TAGGED ? j : 0;
			to->p.tunnel = m->view == TUNNELLED ? TUNNEL_VXLAN : TUNNEL_NONE;
			to->p.tunnel_id = m->view == TUNNELLED ? j : 0;
		}
		kept++;
		assert_true(++c->n < SIGHTS_MAX);
	}
	c->original[c->n_original++] = *s;
}

static struct crowd *crowd_new(struct tcp_lab_options o, const struct mirror *m, uint64_t seed)
{
	struct crowd *c = calloc(1, sizeof *c);

	assert_non_null(c);
	c->v = calloc(SIGHTS_MAX, sizeof *c->v);
	c->original = calloc(TOGETHER * TCP_LAB_MAX, sizeof *c->original);
	c->left = calloc(TOGETHER * TCP_LAB_MAX, sizeof *c->left);
	assert_true(c->v && c->original && c->left);
	for (unsigned i = 0; i < TOGETHER; i++) {
		o.port = (uint16_t)(5000 + i);
		o.seed = seed * TOGETHER + i;
		o.start_ns = NS_PER_S + (int64_t)(tcp_lab_rng(&seed) % 3000) * TCP_LAB_US;
		c->lab[i] = tcp_lab_run(&o);
		for (size_t j = 0; j < c->lab[i]->n; j++)
			see(c, &c->lab[i]->seen[j], m, &seed);
	}
	qsort(c->v, c->n, sizeof *c->v, tcp_lab_by_time);
	return c;
}

static void crowd_free(struct crowd *c)
{
	for (unsigned i = 0; i < TOGETHER; i++)
		free(c->lab[i]);
	free(c->v);
	free(c->original);
	free(c->left);
	free(c);
}

/* With `together` packets in each call; 0: one by one. */
static uint64_t crowd_filter(struct crowd *c, uint64_t secret, size_t together)
{
	enum { MOST = 100 };
	struct hash_key k = {secret, ~secret};
	struct dup_table *t = dup_table_new(&k);
	struct packet p[MOST];
	bool copy[MOST];
	uint64_t all = 0;

	assert_non_null(t);
	assert_true(together <= MOST);
	memset(c->left, 0, c->n_original * sizeof *c->left);
	for (size_t i = 0, n, copies; i < c->n; i += n) {
		n = !together ? 1 : together < c->n - i ? together : c->n - i;
		for (size_t j = 0; j < n; j++) {
			p[j] = c->v[i + j].p;
			p[j].transport = c->v[i + j].b;
		}
		if (together)
			copies = dup_table_are_copies(t, p, n, copy);
		else
			copies = copy[0] = dup_table_is_copy(t, p);
		for (size_t j = 0; j < n; j++) {
			c->left[c->v[i + j].index] += !copy[j];
			all = all * 31 + copy[j];
			copies -= copy[j];
		}
		assert_int_equal(copies, 0);
	}
	assert_int_equal(dup_table_stats(t)->packets, c->n);
	assert_int_equal(dup_table_stats(t)->crowded, 0);
	dup_table_free(t);
	return all;
}

static bool same_bytes(const struct tcp_lab_seen *a, const struct tcp_lab_seen *b)
{
	return a->p.ip_id == b->p.ip_id && a->p.ip_len == b->p.ip_len &&
	       addr_equal(&a->p.src, &b->p.src) && memcmp(a->b, b->b, TCP_LAB_BYTES) == 0;
}

/* Among equal bytes it is their number that counts. Fails when one is missing; adds up what is left
 * too many: [1] acknowledgements and nothing else, [0] other packets. */
static void count_left(struct crowd *c, const char *what, uint64_t seed, bool lossy,
		       uint64_t ret_more[2])
{
	for (size_t i = 0; i < c->n_original; i++) {
		uint32_t want = 0, left = 0;
		bool bare = !c->original[i].p.payload_wire && c->original[i].p.tcp_flags == TCP_ACK;

		ret_more[bare] += (uint64_t)c->left[i] - 1;
		if (c->left[i])
			continue;
		for (size_t j = 0; j < c->n_original; j++)
			if (same_bytes(&c->original[i], &c->original[j])) {
				want++;
				left += c->left[j];
			}
		/* Where a place missed one of two equal acknowledgements and the other place the
		 * other one, they look like one that both saw. */
		if (left < want && !(bare && lossy))
			fail_msg("%s: seed %llu, packet %zu: %u of %u left", what,
				 (unsigned long long)seed, i, left, want);
	}
}

static struct tcp_lab_options options(unsigned i)
{
	return (struct tcp_lab_options){
		.before = i % 5 * 0.01,
		.after = i % 7 * 0.01,
		.ids = i % 2,
		.stamps = i / 2 % 2,
		.v6 = !(i % 2) && i / 4 % 2,
		.rack = i / 8 % 2,
	};
}

static void test_nothing_is_taken_for_a_copy(void **state)
{
	uint64_t packets = 0;

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		struct tcp_lab_options o = options(i);

		if (i % 3 == 2) /* a one-way mirror */
			o.miss[i / 3 % 2] = 1;

		struct crowd *c = crowd_new(o, NULL, i);
		size_t n = 0;

		for (size_t j = 0; j < c->n; j++)
			if (c->v[j].captured)
				c->v[n++] = c->v[j];
		c->n = n;
		crowd_filter(c, i, 0);
		for (size_t j = 0; j < n; j++)
			if (!c->left[c->v[j].index])
				fail_msg("seed %u: packet %zu is no copy", i, j);
		packets += n;
		crowd_free(c);
	}
	assert_true(packets > 100000);
}

static const struct {
	const char *what;
	struct mirror m;
} mirrors[] = {
	{"both ports", {2, IN_PLACE, 0, 0, EXACT_DATA}},
	{"five components", {5, IN_PLACE, 0, 0, IDS_ONLY}},
	{"both ports, jitter", {2, IN_PLACE, 400 * TCP_LAB_US, 0, IDS_ONLY}},
	{"three ports, jitter and losses", {3, IN_PLACE, 300 * TCP_LAB_US, 0.05, IDS_ONLY}},
	{"routed", {2, ROUTED, 0, 0, EXACT}},
	{"routed twice, jitter", {3, ROUTED, 300 * TCP_LAB_US, 0, EXACT}},
	{"VLANs, jitter", {2, TAGGED, 300 * TCP_LAB_US, 0, EXACT}},
	{"three VLANs, jitter and losses", {3, TAGGED, 300 * TCP_LAB_US, 0.05, IDS_ONLY}},
	{"tunnel, jitter", {2, TUNNELLED, 300 * TCP_LAB_US, 0, EXACT}},
};

static void test_copies_go(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_ELEMENTS(mirrors); k++) {
		uint64_t copies = 0, more[2][2] = {0};

		for (unsigned i = 0; i < 64; i++) {
			struct crowd *c = crowd_new(options(i), &mirrors[k].m, 1000 + i);
			uint64_t was = crowd_filter(c, 1, 0);

			count_left(c, mirrors[k].what, 1000 + i,
				   !options(i).ids && mirrors[k].m.lost > 0, more[options(i).ids]);
			assert_int_equal(was, crowd_filter(c, 0xdecafbad, 1 + i));
			copies += options(i).ids ? 0 : c->n - c->n_original;
			crowd_free(c);
		}
		print_message("%s, without identity: of %llu copies %lld bare acknowledgements and "
			      "%lld others stay\n",
			      mirrors[k].what, (unsigned long long)copies, (long long)more[0][1],
			      (long long)more[0][0]);
		assert_int_equal(more[1][0] + more[1][1], 0);
		if (mirrors[k].m.exact >= EXACT_DATA)
			assert_int_equal(more[0][0], 0);
		if (mirrors[k].m.exact == EXACT)
			assert_int_equal(more[0][1], 0);
	}
}

/* The same line again and again, with nothing that could tell one from the other. */
static void test_lines_of_a_log(void **state)
{
	(void)state;
	for (unsigned views = 1; views <= 3; views++) {
		struct dup_table *t = table();
		uint64_t seed = views, packets = 0;
		uint8_t b[60] = "last message repeated";
		struct packet p = {.src = A("fd00::1"),
				   .dst = A("fd00::2"),
				   .sport = 5000,
				   .dport = 514,
				   .proto = U,
				   .ttl = 64,
				   .ip_len = 100,
				   .transport = b,
				   .transport_len = sizeof b};

		for (unsigned i = 0; i < 20000; i++) {
			p.ts_ns += 1 + tcp_lab_rng(&seed) % (1000 * TCP_LAB_US);
			for (unsigned v = 0; v < views; v++) {
				p.vlan = (uint16_t)v;
				packets += !dup_table_is_copy(t, &p);
			}
		}
		assert_int_equal(packets, 20000);
		dup_table_free(t);
	}
}

/* When everything is seen three times, a line of a log is three sights. */
static void test_habit(void **state)
{
	struct dup_table *t = table();
	uint64_t packets = 0;
	uint8_t b[8] = {0};
	struct packet p = {.src = A("10.0.0.1"),
			   .dst = A("10.0.0.2"),
			   .proto = U,
			   .ttl = 64,
			   .transport = b,
			   .transport_len = sizeof b};

	(void)state;
	for (unsigned i = 1; i < 3000; i++) {
		p.ts_ns += 100 * TCP_LAB_US;
		p.has_ip_id = i % 2;
		p.ip_id = p.has_ip_id ? i : 0;
		for (unsigned j = 0; j < 3; j++)
			packets += !dup_table_is_copy(t, &p) && i >= 1000;
	}
	assert_int_equal(packets, 2000);
	/* A capture of something else follows: the habit is given up. */
	for (unsigned i = 1; i < 1000; i++) {
		p.ts_ns += 100 * TCP_LAB_US;
		p.has_ip_id = true;
		p.ip_id = i;
		assert_false(dup_table_is_copy(t, &p));
	}
	p.has_ip_id = false;
	p.ip_id = 0;
	assert_false(dup_table_is_copy(t, &p));
	assert_false(dup_table_is_copy(t, &p));
	dup_table_free(t);
}

/* More packets than the ring holds: the oldest are forgotten, and it is told. */
static void test_crowd(void **state)
{
	enum { RING = 8192 };

	(void)state;
	for (uint64_t secret = 0; secret < 3; secret++) {
		struct hash_key k = {secret, 1};
		struct dup_table *t = dup_table_new(&k);
		uint8_t b[8] = {0};
		struct packet p = {.dst = A("10.0.0.2"),
				   .proto = U,
				   .has_ip_id = true,
				   .ip_id = 9,
				   .transport = b,
				   .transport_len = sizeof b};

		assert_non_null(t);
		for (uint32_t i = 0; i < RING + 100; i++) {
			p.src = addr_v4(i);
			assert_false(dup_table_is_copy(t, &p));
		}
		assert_int_equal(dup_table_stats(t)->crowded, 100);
		for (uint32_t i = RING + 100; i-- > 100;) {
			p.src = addr_v4(i);
			assert_true(dup_table_is_copy(t, &p));
		}
		p.src = addr_v4(99);
		assert_false(dup_table_is_copy(t, &p));
		assert_int_equal(dup_table_stats(t)->crowded, 101);
		dup_table_free(t);
	}
}

/* Every byte that is looked at, of every length, counts, and no other. */
static bool is_left_out(uint8_t proto, bool syn, size_t at)
{
	enum { LOOKED_AT = 64 };

	if (at >= LOOKED_AT)
		return true;
	switch (proto) {
	case T:
		return at == 16 || at == 17 || (syn && at >= 20);
	case U:
		return at == 6 || at == 7;
	case I:
		return at == 2 || at == 3;
	case 132: /* SCTP */
		return at >= 8 && at < 12;
	default:
		return false;
	}
}

static void each_byte(struct dup_table *t, struct packet *p, uint8_t *b, size_t n, bool syn)
{
	p->transport = b;
	p->transport_len = (uint32_t)n;
	for (size_t at = 0; at < n; at++) {
		p->ts_ns += 100000000;
		p->sport++;
		assert_false(dup_table_is_copy(t, p));
		assert_true(dup_table_is_copy(t, p));
		b[at] ^= 0x10;
		assert_int_equal(dup_table_is_copy(t, p), is_left_out(p->proto, syn, at));
		b[at] ^= 0x10;
	}
}

static void each_length(struct dup_table *t)
{
	enum { MOST = 80 };
	static const struct {
		uint8_t proto, flags;
	} kinds[] = {{T, TCP_ACK}, {T, TCP_SYN}, {U, 0}, {I, 0}, {132, 0}, {89, 0}};

	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		struct packet p = {.src = addr_v4(1),
				   .dst = addr_v4(2),
				   .proto = kinds[i].proto,
				   .tcp_flags = kinds[i].flags,
				   .ip_id = 7,
				   .has_ip_id = true,
				   .ts_ns = (int64_t)i << 40};

		for (size_t n = 0; n <= MOST; n++) {
			/* Of its size, so that sanitizers see who reads more. */
			uint8_t *b = malloc(n + 1);

			assert_non_null(b);
			for (size_t k = 0; k < n; k++)
				b[k + 1] = (uint8_t)(k * 37);
			each_byte(t, &p, b + 1, n, kinds[i].flags & TCP_SYN);
			free(b);
		}
	}
}

static void test_each_byte(void **state)
{
	struct dup_table *t = table();

	(void)state;
	each_length(t);
	dup_table_free(t);
	t = table();
	dup_table_by_products(t);
	each_length(t);
	dup_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_byte),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_vlan_key),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nothing_is_taken_for_a_copy),
		cmocka_unit_test(test_copies_go),
		cmocka_unit_test(test_lines_of_a_log),
		cmocka_unit_test(test_habit),
		cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests_name("flow/dup", tests, NULL, NULL);
}
