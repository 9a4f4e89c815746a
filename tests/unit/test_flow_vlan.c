// SPDX-License-Identifier: BSD-2-Clause
/* Where packets were seen: VLAN and tunnel of flows and conversations, VLANs told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "base/cpu.h"
#include "flow/conv.h"
#include "flow/links.h"
#include "flow_lab.h"

enum { TCP = IPPROTO_NR_TCP, UDP = IPPROTO_NR_UDP };

/* A packet of one of two hosts whose addresses are the same in each VLAN. */
static struct packet packet(bool back, const char *flags, uint32_t seq, uint32_t ack, uint16_t vlan,
			    bool v6)
{
	const char *a = v6 ? "fd00::1" : "10.0.0.1", *b = v6 ? "fd00::2" : "10.0.0.2";

	return (struct packet){
		.ts_ns = NS_PER_S,
		.wire_len = 60,
		.src = A(back ? b : a),
		.dst = A(back ? a : b),
		.sport = back ? 443 : 5000,
		.dport = back ? 5000 : 443,
		.proto = TCP,
		.tcp_flags = lab_flags(flags),
		.seq = seq,
		.ack = ack,
		.ttl = 64,
		.vlan = vlan,
		.src_mac = {back, 1, 2, 3, 4, 5},
	};
}

/* The same 5-tuple in two VLANs: a handshake in one, a refusal in the other, mixed. */
static void test_vlan_key(void **state)
{
	static const struct {
		bool back;
		const char *flags;
		uint32_t seq, ack;
		uint16_t vlan;
	} line[] = {
		{0, "S", 100, 0, 10},  {0, "S", 100, 0, 20},   {1, "SA", 500, 101, 10},
		{1, "RA", 0, 101, 20}, {0, "A", 101, 501, 10},
	};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool on = i & 1, v6 = i & 2;
		struct lab *lab = lab_new(&(struct flow_options){.vlan_key = on});
		unsigned seen[STATE_N] = {0};

		for (size_t j = 0; j < N_ELEMENTS(line); j++) {
			struct packet p = packet(line[j].back, line[j].flags, line[j].seq,
						 line[j].ack, line[j].vlan, v6);

			assert_int_equal(lab_give(lab, &p), 0);
		}
		lab_end(lab);
		assert_int_equal(lab->n, on ? 2 : 1);
		for (size_t j = 0; j < lab->n; j++) {
			const struct flow_done *d = &lab->f[j].d;

			seen[d->state]++;
			if (on)
				assert_int_equal(d->vlan, d->state == STATE_REFUSED ? 20 : 10);
		}
		assert_int_equal(seen[STATE_ESTABLISHED], 1);
		assert_int_equal(seen[STATE_REFUSED], on);
		lab_free(lab);
	}
}

/* The router that refuses is on the VLAN of the packet that it quotes. */
static void test_icmp(void **state)
{
	(void)state;
	for (uint16_t vlan = 10; vlan <= 30; vlan += 10) {
		struct lab *lab = lab_new(&(struct flow_options){.vlan_key = true});
		struct packet p = packet(false, "S", 100, 0, 10, false);
		struct packet q = packet(false, "S", 100, 0, 20, false);
		struct packet error = {
			.ts_ns = NS_PER_S + 1,
			.src = A("10.0.0.254"),
			.dst = A("10.0.0.1"),
			.proto = IPPROTO_NR_ICMP,
			.ttl = 255,
			.vlan = vlan,
			.icmp_type = 3,
			.icmp_code = 13,
			.icmp_class = ICMP_PROHIBITED,
			.icmp_has_inner = true,
			.inner_proto = TCP,
			.inner_src = p.src,
			.inner_dst = p.dst,
			.inner_sport = p.sport,
			.inner_dport = p.dport,
		};

		assert_int_equal(lab_give(lab, &p), 0);
		assert_int_equal(lab_give(lab, &q), 0);
		assert_int_equal(lab_give(lab, &error), 0);
		lab_end(lab);
		assert_int_equal(lab->n, 2);
		for (size_t i = 0; i < 2; i++)
			assert_int_equal(lab->f[i].d.state == STATE_REJECTED,
					 lab->f[i].d.vlan == vlan);
		assert_int_equal(flow_table_stats(lab->t)->icmp_unmatched, vlan == 30);
		lab_free(lab);
	}
}

/* Inside and outside a tunnel is one flow; it has the tunnel of its first packet. */
static void test_tunnel(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		struct lab *lab = lab_new(NULL);

		for (unsigned i = 0; i < 4; i++) {
			struct packet p = packet(i % 2,
						 i == 0   ? "S"
						 : i == 1 ? "SA"
							  : "A",
						 100 + i / 2 + i % 2 * 400, i ? 501 : 0, 0, false);

			if (i % 2 == first) {
				p.tunnel = TUNNEL_VXLAN;
				p.tunnel_id = 5001;
			}
			assert_int_equal(lab_give(lab, &p), 0);
		}
		lab_end(lab);
		assert_int_equal(lab->n, 1);
		assert_int_equal(lab->f[0].d.tunnel, first ? TUNNEL_NONE : TUNNEL_VXLAN);
		assert_int_equal(lab->f[0].d.tunnel_id, first ? 0 : 5001);
		assert_int_equal(lab->f[0].d.mac[1][0], 1);
		lab_free(lab);
	}
}

/* Places that differ in one thing each, and more of them than numbers. */
static void test_links_run_out(void **state)
{
	struct links l = {0};
	struct packet p = {.vlan = 7};
	uint8_t mac[6];
	uint32_t id;
	uint32_t first = 0, n;

	(void)state;
	links_init(&l, &(struct hash_key){1, 2}, 0);
	assert_int_equal(links_number(&l, &(struct packet){0}), 0);
	for (uint32_t i = 1; i <= 100000; i++) {
		p.tunnel = TUNNEL_GTPU;
		p.tunnel_id = i;
		n = links_number(&l, &p);
		first = i == 1 ? n : first;
		assert_int_equal(links_vlan(&l, n), 7);
		assert_int_equal(links_tunnel(&l, n, &id), TUNNEL_GTPU);
		assert_int_equal(id, i <= 0x8000 ? i : 0);
	}
	p.tunnel_id = 0;
	p.tunnel = TUNNEL_GRE;
	for (uint32_t i = 1; i <= 100000; i++) {
		p.src_mac[3] = (uint8_t)(i >> 16);
		p.src_mac[4] = (uint8_t)(i >> 8);
		p.src_mac[5] = (uint8_t)i;
		n = links_number(&l, &p);
		assert_int_equal(links_vlan(&l, n), 7);
		assert_int_equal(links_tunnel(&l, n, &id), TUNNEL_GRE);
		links_mac(&l, n, mac);
		if (i < 0x6000)
			assert_memory_equal(mac, p.src_mac, 6);
	}
	assert_int_equal(mac[5], 0);
	for (unsigned kind = 1; kind < TUNNEL_N; kind++)
		for (uint16_t vlan = 1; vlan < 4096; vlan++) {
			p.vlan = vlan;
			p.tunnel = (uint8_t)kind;
			n = links_number(&l, &p);
			assert_int_equal(links_vlan(&l, n), vlan);
		}
	assert_true(l.n <= 0xffff);
	/* What was known before still is. */
	p = (struct packet){.vlan = 7, .tunnel = TUNNEL_GTPU, .tunnel_id = 1};
	assert_int_equal(links_number(&l, &p), first);
	links_done(&l);
}

static struct flow_done done(uint16_t vlan, uint8_t tunnel, uint32_t id)
{
	return (struct flow_done){
		.addr = {A("10.0.0.1"), A("10.0.0.2")},
		.port = {5000, 443},
		.proto = TCP,
		.directed = true,
		.reason = DIR_SYN,
		.packets = {3, 3},
		.refusal_ns = TIME_NONE,
		.vlan = vlan,
		.tunnel = tunnel,
		.tunnel_id = id,
	};
}

static struct conv_table *convs(bool vlan_key)
{
	static const struct hash_key key = {1, 2};
	struct conv_table *t =
		conv_table_new(&(struct conv_options){.key = &key, .vlan_key = vlan_key});

	assert_non_null(t);
	return t;
}

static void test_conversations(void **state)
{
	static const struct conv_facts none;

	(void)state;
	for (int on = 0; on < 2; on++) {
		struct conv_table *t = convs(on);
		const struct conv *c;
		size_t n;

		/* 300 VLANs, in an order that is not theirs. */
		for (unsigned i = 0; i < 900; i++) {
			struct flow_done d = done((uint16_t)(1 + i * 7 % 300), 0, 0);

			d.directed = i % 3;
			d.reason = d.directed ? DIR_SYN : DIR_FIRST;
			assert_int_equal(conv_table_add(t, &d, &none), 0);
		}
		assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
		assert_int_equal(n, on ? 300 : 1);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(c[i].vlan, i + 1);
			assert_int_equal(c[i].flows, on ? 3 : 900);
		}
		conv_table_free(t);
	}
}

/* Who is a server is learned in its VLAN only. */
static void test_learned(void **state)
{
	static const struct conv_facts none;

	(void)state;
	for (int on = 0; on < 2; on++) {
		struct conv_table *t = convs(on);
		struct flow_done d = done(10, 0, 0), u = done(20, 0, 0);
		const struct conv *c;
		size_t n;

		u.directed = false;
		u.reason = DIR_FIRST;
		u.addr[0] = d.addr[1];
		u.addr[1] = d.addr[0];
		u.port[0] = 443;
		u.port[1] = 6000;
		assert_int_equal(conv_table_add(t, &d, &none), 0);
		assert_int_equal(conv_table_add(t, &u, &none), 0);
		assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
		assert_int_equal(n, on ? 2 : 1);
		assert_int_equal(c[n - 1].reason, on ? DIR_FIRST : DIR_SYN);
		conv_table_free(t);
	}
}

/* A RST is held against the hop limits of the server in its VLAN. */
static void test_hop_limits(void **state)
{
	static const struct conv_facts none;

	(void)state;
	for (int on = 0; on < 2; on++) {
		struct conv_table *t = convs(on);
		struct flow_done d = done(10, 0, 0), r = done(20, 0, 0);
		const struct conv *c;
		size_t n;

		d.server_ttl = 128;
		r.port[1] = 80;
		r.state = STATE_REFUSED;
		r.refuser = REFUSER_SERVER;
		r.refused_by = r.addr[1];
		r.refusal_ns = 1;
		r.refusal_ttl = 64;
		assert_int_equal(conv_table_add(t, &d, &none), 0);
		assert_int_equal(conv_table_add(t, &r, &none), 0);
		assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
		assert_int_equal(n, 2);
		assert_int_equal(c[0].port, 80);
		assert_int_equal(conv_refusal(&c[0])->who, on ? REFUSER_SERVER : REFUSER_OTHER);
		conv_table_free(t);
	}
}

static void test_smallest_tunnel(void **state)
{
	static const struct conv_facts none;
	static const struct {
		uint8_t tunnel;
		uint32_t id;
	} of[] = {{TUNNEL_VXLAN, 9}, {TUNNEL_GRE, 7}, {TUNNEL_GRE, 3}, {TUNNEL_MPLS_IP, 1}};

	(void)state;
	for (unsigned from = 0; from < 4; from++) {
		for (unsigned outside = 0; outside < 2; outside++) {
			struct conv_table *t = convs(false);
			const struct conv *c;
			size_t n;

			for (unsigned i = 0; i < 4 + outside; i++) {
				unsigned j = (from + i) % 4;
				struct flow_done d = i < 4 ? done(0, of[j].tunnel, of[j].id)
							   : done(0, TUNNEL_NONE, 0);

				d.directed = i % 2;
				d.reason = d.directed ? DIR_SYN : DIR_FIRST;
				assert_int_equal(conv_table_add(t, &d, &none), 0);
			}
			assert_int_equal(conv_table_finish(t, &c, &n, NULL), 0);
			assert_int_equal(n, 1);
			assert_int_equal(c->tunnel, outside ? TUNNEL_NONE : TUNNEL_GRE);
			assert_int_equal(c->tunnel_id, outside ? 0 : 3);
			conv_table_free(t);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vlan_key),      cmocka_unit_test(test_icmp),
		cmocka_unit_test(test_tunnel),        cmocka_unit_test(test_links_run_out),
		cmocka_unit_test(test_conversations), cmocka_unit_test(test_learned),
		cmocka_unit_test(test_hop_limits),    cmocka_unit_test(test_smallest_tunnel),
	};

	return cmocka_run_group_tests_name("flow/vlan", tests, NULL, NULL);
}
