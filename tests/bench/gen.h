/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen - captures for benchmarks, the same bytes every time.
 *
 *   mixed    64 to 128 bytes, a conversation every ten packets, TCP and UDP, one in ten IPv6,
 *            handshakes and ends, 4096 at once; the hosts of site.yaml and others
 *   bulk     full segments and their acknowledgements, 64 connections at once
 *   scan     SYNs, each to another place, half of them from one host
 *   uniform  64 bytes of UDP, at random over 10,000 conversations
 *
 * and what somebody sends who knows the code, but not the secret of the run:
 *
 *   flood      SYNs to one server, each from another address that nobody has
 *   collide    the same with keys that are one under sums, exclusive ors and whatever looks at the
 *              low bits of addresses and ports
 *   fragments  first and later fragments of datagrams that never become whole
 *   datagrams  whole ones of the same senders, as many packets
 *
 * Checksums are right. Nothing but pcap is written.
 */
#ifndef SPAN_TESTS_BENCH_GEN_H
#define SPAN_TESTS_BENCH_GEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { GEN_ACTIVE = 4096, GEN_UNIFORM = 10000, GEN_FRAME = 1518, GEN_CLIENTS = 60000 };
enum { GEN_FIN = 1, GEN_SYN = 2, GEN_PSH = 8, GEN_ACK = 16 };

struct gen_conv {
	uint8_t addr[2][16]; /* client, server; IPv4 in the last four */
	uint16_t port[2];
	uint32_t seq[2];
	uint32_t at, of; /* packets sent, of how many */
	bool v6, udp;
};

struct gen {
	FILE *f;
	uint64_t rng, us;
	uint64_t packets;
	uint32_t serial;
	struct gen_conv c[GEN_ACTIVE];
};

static uint32_t gen_rnd(struct gen *g, uint32_t n)
{
	g->rng = g->rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((g->rng >> 32) * n >> 32);
}

static void gen_16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void gen_32(uint8_t *p, uint32_t v)
{
	gen_16(p, v >> 16);
	gen_16(p + 2, v);
}

static uint32_t gen_sum(const uint8_t *p, size_t n)
{
	uint32_t s = 0;

	for (size_t i = 0; i < n; i++)
		s += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return s;
}

static uint32_t gen_fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return ~s & 0xffff;
}

/* The frame of len bytes that stands behind 16 bytes of room. */
static void gen_put(struct gen *g, uint8_t *b, size_t len)
{
	uint32_t head[4] = {(uint32_t)(1700000000 + g->us / 1000000), (uint32_t)(g->us % 1000000),
			    (uint32_t)len, (uint32_t)len};

	memcpy(b, head, sizeof head);
	fwrite(b, 1, 16 + len, g->f);
	g->packets++;
}

/* One packet of c, from client (0) or server. */
static void gen_frame(struct gen *g, struct gen_conv *c, unsigned from, unsigned flags,
		      const char *text, size_t n)
{
	uint8_t b[16 + GEN_FRAME] = {0}, *eth = b + 16, *ip = eth + 14;
	size_t ip_n = c->v6 ? 40 : 20, l4_n = c->udp ? 8 : 20, len = 14 + ip_n + l4_n + n;
	size_t addr_n = c->v6 ? 16 : 4;
	uint8_t *src = ip + (c->v6 ? 8 : 12), *l4 = ip + ip_n;
	uint32_t sum;

	memcpy(eth, from ? "\2\0\0\0\0\1\2\0\0\0\0\2" : "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	gen_16(eth + 12, c->v6 ? 0x86dd : 0x0800);
	if (c->v6) {
		ip[0] = 0x60;
		gen_16(ip + 4, (uint32_t)(l4_n + n));
		ip[6] = c->udp ? 17 : 6;
		ip[7] = 64;
	} else {
		ip[0] = 0x45;
		gen_16(ip + 2, (uint32_t)(ip_n + l4_n + n));
		gen_16(ip + 4, (uint32_t)g->packets + 1);
		ip[8] = 64;
		ip[9] = c->udp ? 17 : 6;
	}
	memcpy(src, c->addr[from] + 16 - addr_n, addr_n);
	memcpy(src + addr_n, c->addr[!from] + 16 - addr_n, addr_n);
	if (!c->v6)
		gen_16(ip + 10, gen_fold(gen_sum(ip, 20)));
	gen_16(l4, c->port[from]);
	gen_16(l4 + 2, c->port[!from]);
	if (c->udp) {
		gen_16(l4 + 4, (uint32_t)(l4_n + n));
	} else {
		gen_32(l4 + 4, c->seq[from]);
		gen_32(l4 + 8, flags & GEN_ACK ? c->seq[!from] : 0);
		l4[12] = 0x50;
		l4[13] = (uint8_t)flags;
		gen_16(l4 + 14, 0xfff0);
		c->seq[from] += (uint32_t)n + (flags & (GEN_SYN | GEN_FIN) ? 1 : 0);
	}
	for (size_t i = 0; i < n; i++)
		l4[l4_n + i] = text && i < strlen(text) ? (uint8_t)text[i] : (uint8_t)(i * 7);
	sum = gen_sum(src, 2 * addr_n) + (c->udp ? 17 : 6) + (uint32_t)(l4_n + n) +
	      gen_sum(l4, l4_n + n);
	gen_16(l4 + (c->udp ? 6 : 16), gen_fold(sum));

	gen_put(g, b, len);
}

/* The n-th of few is met most: 1 is every other one, 2 every fourth ... */
static uint32_t gen_rank(struct gen *g, uint32_t most)
{
	uint32_t r = 1;

	while (r < most && gen_rnd(g, 5) >= 2)
		r += 1 + r / 4;
	return r < most ? r : most;
}

static void gen_ends(struct gen *g, struct gen_conv *c, uint32_t client, bool v6, bool outside)
{
	uint32_t server = gen_rank(g, outside ? 5000 : 250);

	c->v6 = v6;
	if (v6) {
		gen_32(c->addr[0], 0x20010db8);
		gen_16(c->addr[0] + 6, 1);
		gen_32(c->addr[0] + 12, client + 1);
		gen_32(c->addr[1], 0x20010db8);
		gen_16(c->addr[1] + 4, outside);
		gen_16(c->addr[1] + 6, 2);
		gen_32(c->addr[1] + 12, server);
		return;
	}
	gen_32(c->addr[0] + 12, 0x0a000000 + client + 1);
	gen_32(c->addr[1] + 12, outside ? 0x2d000000 + server * 40503 : 0x0a640000 + server);
}

static void gen_new(struct gen *g, struct gen_conv *c)
{
	static const uint16_t tcp[] = {443, 80, 445, 389, 88, 135, 1433, 25, 3389, 636, 8080, 22};
	static const uint16_t udp[] = {53, 53, 88, 123, 389, 137, 514, 161};
	bool outside = gen_rnd(g, 10) < 4;
	uint32_t client = (uint32_t)((uint64_t)g->serial * 48271 % GEN_CLIENTS);

	memset(c, 0, sizeof *c);
	gen_ends(g, c, client, gen_rnd(g, 10) == 0, outside);
	c->udp = gen_rnd(g, 100) < 27;
	c->port[0] = (uint16_t)(32768 + (g->serial / GEN_CLIENTS + client * 7919) % 28232);
	c->port[1] = c->udp    ? udp[gen_rnd(g, 8)]
		     : outside ? (gen_rnd(g, 10) ? 443 : 80)
			       : tcp[gen_rank(g, 12) - 1];
	c->seq[0] = gen_rnd(g, UINT32_MAX);
	c->seq[1] = gen_rnd(g, UINT32_MAX);
	c->of = c->udp ? 2 + gen_rnd(g, 12) : 6 + 3 * gen_rank(g, 400);
	if (gen_rnd(g, 100) < 5)
		c->of = 1; /* nobody answers */
	g->serial++;
}

static void gen_mixed_step(struct gen *g, struct gen_conv *c)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: crm01\r\n\r\n";
	unsigned turn = c->at++;
	bool first = turn == 3, web = c->port[1] == 80 || c->port[1] == 8080;

	if (c->udp)
		gen_frame(g, c, turn & 1, 0, NULL, 22 + gen_rnd(g, 60));
	else if (turn < 2)
		gen_frame(g, c, turn, GEN_SYN | (turn ? GEN_ACK : 0), NULL, 0);
	else if (turn == 2)
		gen_frame(g, c, 0, GEN_ACK, NULL, 0);
	else if (c->at >= c->of)
		gen_frame(g, c, turn & 1, GEN_FIN | GEN_ACK, NULL, 0);
	else
		gen_frame(g, c, !(turn & 1), GEN_PSH | GEN_ACK, first && web ? get : NULL,
			  first && web ? sizeof get - 1 : 10 + gen_rnd(g, 54));
}

static void gen_mixed(struct gen *g, uint64_t packets)
{
	while (g->packets < packets) {
		struct gen_conv *c = &g->c[gen_rnd(g, GEN_ACTIVE)];

		g->us += gen_rnd(g, 120);
		if (c->at >= c->of)
			gen_new(g, c);
		gen_mixed_step(g, c);
	}
}

static void gen_bulk(struct gen *g, uint64_t packets)
{
	enum { AT_ONCE = 64, LONG = 1000, SEGMENT = 1448, V6_MORE = 20 /* of header */ };

	while (g->packets < packets) {
		struct gen_conv *c = &g->c[gen_rnd(g, AT_ONCE)];
		size_t n;

		g->us += 3 + gen_rnd(g, 9);
		if (c->at >= c->of) {
			gen_new(g, c);
			c->udp = false;
			c->port[1] = g->serial & 1 ? 445 : 80;
			c->of = LONG;
		}
		if (c->at < 3) {
			gen_mixed_step(g, c);
			continue;
		}
		n = c->at % 8 >= 5 ? 0 : c->v6 ? SEGMENT - V6_MORE : SEGMENT;
		gen_frame(g, c, n > 0, GEN_ACK, NULL, n);
		c->at++;
	}
}

static void gen_scan(struct gen *g, uint64_t packets)
{
	for (uint32_t i = 0; g->packets < packets; i++) {
		struct gen_conv *c = &g->c[0];

		memset(c, 0, sizeof *c);
		g->us += 10 + gen_rnd(g, 20);
		gen_32(c->addr[0] + 12, i & 1 ? 0x0a00fa01 : 0xc6000000 + gen_rnd(g, 1 << 24));
		gen_32(c->addr[1] + 12, i & 1 ? 0x0a640000 + (i / 2 & 0xffff) : 0x0a640002);
		c->port[0] = (uint16_t)(1024 + gen_rnd(g, 60000));
		c->port[1] = (uint16_t)(i & 1 ? 22 + (i >> 17) : 443);
		gen_frame(g, c, 0, GEN_SYN, NULL, 0);
	}
}

static void gen_uniform(struct gen *g, uint64_t packets)
{
	while (g->packets < packets) {
		struct gen_conv *c = &g->c[0];
		uint32_t which =
			g->packets < GEN_UNIFORM ? (uint32_t)g->packets : gen_rnd(g, GEN_UNIFORM);

		memset(c, 0, sizeof *c);
		g->us += 1 + gen_rnd(g, 2);
		gen_32(c->addr[0] + 12, 0x0a000001 + which);
		gen_32(c->addr[1] + 12, 0x0a640001 + which % 250);
		c->udp = true;
		c->port[0] = (uint16_t)(32768 + which % 28000);
		c->port[1] = 4000;
		gen_frame(g, c, gen_rnd(g, 2), 0, NULL, 22);
	}
}

static void gen_flood(struct gen *g, uint64_t packets)
{
	while (g->packets < packets) {
		struct gen_conv *c = &g->c[0];

		memset(c, 0, sizeof *c);
		g->us += 10 + gen_rnd(g, 20);
		gen_32(c->addr[0] + 12, 0x2e000000 + gen_rnd(g, 1 << 30));
		gen_32(c->addr[1] + 12, 0x0a640002);
		c->port[0] = (uint16_t)(1024 + gen_rnd(g, 60000));
		c->port[1] = 443;
		gen_frame(g, c, 0, GEN_SYN, NULL, 0);
	}
}

/* The low 12 bits of all parts are the same in each; so are both addresses' sum and their exclusive
 * or with each other, and the ports'. */
static void gen_collide(struct gen *g, uint64_t packets)
{
	for (uint32_t i = 0; g->packets < packets; i++) {
		uint32_t high = (i & 0x3ffff) << 12, ports = i >> 18 << 12;
		struct gen_conv *c = &g->c[0];

		memset(c, 0, sizeof *c);
		g->us += 10 + gen_rnd(g, 20);
		gen_32(c->addr[0] + 12, 0x40000001 | high);
		gen_32(c->addr[1] + 12, 0x80000001 | (0x3ffff000 & ~high));
		c->port[0] = (uint16_t)(0x8401 | (ports & 0x7000));
		c->port[1] = (uint16_t)(0x0403 | (~ports & 0x7000));
		gen_frame(g, c, 0, GEN_SYN, NULL, 0);
	}
}

/* Three of a datagram, of which one in the middle never comes. */
static void gen_fragments(struct gen *g, uint64_t packets)
{
	enum { PIECE = 48 };
	static const uint8_t at[3] = {0, 2, 3};

	for (uint32_t i = 0; g->packets < packets; i++) {
		uint8_t b[16 + 14 + 20 + PIECE] = {0}, *eth = b + 16, *ip = eth + 14;
		uint32_t whole = i / 3, piece = at[i % 3];

		g->us += 1 + gen_rnd(g, 2);
		memcpy(eth, "\2\0\0\0\0\2\2\0\0\0\0\1\x08", 13);
		ip[0] = 0x45;
		gen_16(ip + 2, 20 + PIECE);
		gen_16(ip + 4, whole);
		gen_16(ip + 6, 0x2000 | piece * (PIECE / 8));
		ip[8] = 64;
		ip[9] = 17;
		gen_32(ip + 12, 0x2e000000 + whole * 40503);
		gen_32(ip + 16, 0x0a640002);
		gen_16(ip + 10, gen_fold(gen_sum(ip, 20)));
		if (!piece) {
			gen_16(ip + 20, 1024 + whole % 60000);
			gen_16(ip + 22, 53);
			gen_16(ip + 24, 4 * PIECE);
		}
		gen_put(g, b, sizeof b - 16);
	}
}

static void gen_datagrams(struct gen *g, uint64_t packets)
{
	for (uint32_t i = 0; g->packets < packets; i++) {
		struct gen_conv *c = &g->c[0];
		uint32_t who = i / 3;

		memset(c, 0, sizeof *c);
		g->us += 1 + gen_rnd(g, 2);
		gen_32(c->addr[0] + 12, 0x2e000000 + who * 40503);
		gen_32(c->addr[1] + 12, 0x0a640002);
		c->udp = true;
		c->port[0] = (uint16_t)(1024 + who % 60000);
		c->port[1] = 53;
		gen_frame(g, c, 0, 0, NULL, 40);
	}
}

/* False when there is no such kind, or it could not be written. */
static bool gen_capture(struct gen *g, FILE *f, const char *kind, uint64_t packets)
{
	static const struct {
		const char *kind;
		void (*write)(struct gen *, uint64_t);
	} kinds[] = {{"mixed", gen_mixed},         {"bulk", gen_bulk},
		     {"scan", gen_scan},           {"uniform", gen_uniform},
		     {"flood", gen_flood},         {"collide", gen_collide},
		     {"fragments", gen_fragments}, {"datagrams", gen_datagrams}};
	static const uint32_t head[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 1};

	memset(g, 0, sizeof *g);
	g->f = f;
	g->rng = 1;
	fwrite(head, sizeof head, 1, f);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kind, kinds[i].kind)) {
			kinds[i].write(g, packets);
			return fflush(f) == 0 && !ferror(f);
		}
	return false;
}

#endif
