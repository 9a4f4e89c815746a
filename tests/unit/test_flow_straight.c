// SPDX-License-Identifier: BSD-2-Clause
/* The straight way beside the long one: the same packets, the same flows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "flow_lab.h"

enum { FLOWS = 8, PACKETS = 400, ROUNDS = 300, BATCH = 32 };

/* Both ends of one flow, as far as its packets go on from each other. */
struct talk {
	bool udp, v6;
	uint32_t next[2];
	unsigned sent;
};

static uint32_t draw(uint64_t *seed, uint32_t n)
{
	uint64_t r = *seed += 0x9e3779b97f4a7c15;

	r = (r ^ r >> 30) * 0xbf58476d1ce4e5b9;
	r = (r ^ r >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((r ^ r >> 31) % n);
}

/* One packet in ten is odd in some way. */
static void make_odd(uint64_t *seed, struct packet *p)
{
	static const uint8_t flags[] = {TCP_FIN | TCP_ACK,
					TCP_RST,
					TCP_RST | TCP_ACK,
					TCP_SYN,
					TCP_SYN | TCP_ACK,
					0,
					TCP_PSH};

	switch (draw(seed, 12)) {
	case 0: /* bytes that are missing */
		p->seq += 1 + draw(seed, 300);
		break;
	case 1: /* sent again */
		p->seq -= 1 + draw(seed, 300);
		break;
	case 2:
		p->ack += 1 + draw(seed, 100);
		break;
	case 3:
		p->ack -= draw(seed, 100);
		break;
	case 4:
		p->seq += UINT32_C(1) << (26 + draw(seed, 6));
		break;
	case 5:
	case 6:
		p->tcp_flags = flags[draw(seed, sizeof flags)];
		break;
	case 7: /* another file's clock */
		p->ts_ns -= (int64_t)draw(seed, 2000) * 1000 * 1000;
		break;
	case 8:
		p->fragment = true;
		p->later_fragment = draw(seed, 2);
		break;
	case 9:
		p->ttl = 0;
		break;
	case 10: /* a keep-alive */
		p->seq--;
		p->payload_len = p->payload_wire = draw(seed, 2);
		break;
	default:
		p->ts_ns += (int64_t)draw(seed, 4) * 61 * NS_PER_S;
	}
}

static struct packet next_packet(uint64_t *seed, struct talk *talk, unsigned flow, int64_t ts_ns)
{
	static const uint8_t bytes[100] = "straight on";
	struct talk *k = &talk[flow];
	unsigned side = draw(seed, 2);
	uint32_t n = draw(seed, 3) ? draw(seed, sizeof bytes) : 0;
	struct packet p = {
		.ts_ns = ts_ns,
		.wire_len = 60 + n,
		.proto = k->udp ? IPPROTO_NR_UDP : IPPROTO_NR_TCP,
		.ttl = 60,
		.payload = bytes,
		.payload_len = n,
		.payload_wire = n,
		.src = addr_v4(0x0a000000 + side),
		.dst = addr_v4(0x0a000000 + !side),
		.sport = (uint16_t)(side ? 80 : 1000 + flow),
		.dport = (uint16_t)(side ? 1000 + flow : 80),
	};

	if (k->v6)
		p.src.b[0] = p.dst.b[0] = 0x20;
	if (k->udp)
		return p;
	p.tcp_flags = TCP_ACK | (n ? TCP_PSH : 0);
	if (k->sent < 2) { /* the handshake, in the one order or the other */
		p.tcp_flags = side ? TCP_SYN | TCP_ACK : TCP_SYN;
		p.payload_len = p.payload_wire = n = 0;
	}
	k->sent++;
	p.seq = k->next[side];
	p.ack = k->next[!side];
	k->next[side] += n + (p.tcp_flags & TCP_SYN ? 1 : 0);
	return p;
}

/* In each second run flows have readers. */
static void run(uint64_t seed, bool long_way, struct lab **ret)
{
	const struct flow_options with = {.long_way = long_way};
	struct lab *lab = seed % 2 ? lab_new(&with) : lab_new_read(&with);
	struct talk talk[FLOWS] = {0};
	struct packet batch[BATCH];
	size_t n = 0;

	lab->enough = 1 + draw(&seed, 4);
	for (unsigned i = 0; i < FLOWS; i++)
		talk[i] = (struct talk){.udp = i % 4 == 3,
					.v6 = i % 3 == 2,
					.next = {draw(&seed, 3) * 1000, UINT32_MAX - 2000},
					.sent = i % 5 == 4 ? 2 : 0};
	for (unsigned i = 0; i < PACKETS; i++) {
		lab->now_ns += draw(&seed, 5) * 1000 * 1000;
		batch[n] = next_packet(&seed, talk, draw(&seed, FLOWS), lab->now_ns);
		batch[n].number = i + 1;
		if (draw(&seed, 10) == 0)
			make_odd(&seed, &batch[n]);
		if (++n == BATCH || i + 1 == PACKETS) {
			assert_int_equal(flow_table_packets(lab->t, batch, n), 0);
			n = 0;
		}
	}
	lab_end(lab);
	*ret = lab;
}

static void hold_same(const struct flow_done *a, const struct flow_done *b)
{
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->refuser, b->refuser);
	assert_int_equal(a->tries, b->tries);
	assert_int_equal(a->started, b->started);
	assert_int_equal(a->rst_after_data, b->rst_after_data);
	assert_int_equal(a->rst_after_accept, b->rst_after_accept);
	assert_int_equal(a->first_ns, b->first_ns);
	assert_int_equal(a->last_ns, b->last_ns);
	assert_int_equal(a->client_ttl, b->client_ttl);
	assert_int_equal(a->server_ttl, b->server_ttl);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(a->port[i], b->port[i]);
		assert_int_equal(a->packets[i], b->packets[i]);
		assert_int_equal(a->bytes[i], b->bytes[i]);
		assert_int_equal(a->payload[i], b->payload[i]);
		assert_int_equal(a->unseen[i], b->unseen[i]);
	}
	assert_int_equal(a->n_ev, b->n_ev);
	for (unsigned i = 0; i < a->n_ev; i++) {
		assert_int_equal(a->ev[i].number, b->ev[i].number);
		assert_int_equal(a->ev[i].ts_ns, b->ev[i].ts_ns);
	}
}

static void test_both_ways(void **state)
{
	unsigned sated = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		struct lab *a, *b;

		run(seed, false, &a);
		run(seed, true, &b);
		assert_int_equal(a->n, b->n);
		assert_true(a->told == b->told);
		sated += a->sated;
		assert_true(a->n >= FLOWS / 2);
		for (size_t i = 0; i < a->n && i < LAB_FLOWS; i++) {
			const struct lab_flow *x = &a->f[i], *y = &b->f[i];

			hold_same(&x->d, &y->d);
			assert_int_equal(x->asked, y->asked);
			assert_int_equal(x->seen.calls, y->seen.calls);
			assert_int_equal(x->seen.n[0], y->seen.n[0]);
			assert_int_equal(x->seen.n[1], y->seen.n[1]);
		}
		assert_int_equal(flow_table_stats(a->t)->packets, PACKETS);
		assert_int_equal(flow_table_stats(a->t)->expired, flow_table_stats(b->t)->expired);
		lab_free(a);
		lab_free(b);
	}
	assert_true(sated > ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
