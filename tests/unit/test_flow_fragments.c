// SPDX-License-Identifier: BSD-2-Clause
/* From frames to recognised flows, for what came in fragments: in each order, with copies of them
 * in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "build.h"
#include "decode/decode.h"
#include "flow/flow.h"
#include "recognise/recognise.h"

enum { ETHERNET = 1, ROOM = 8192, PIECES = 4 };

struct seen {
	struct recognition r;
	unsigned flows;
	struct flow_done d;
};

static enum flow_want on_head(void *user, const struct flow_heads *h, struct recognition **app)
{
	struct seen *s = user;
	struct payload side[2];
	struct recognition now = {.client_side = -1};

	*app = &s->r;
	for (unsigned i = 0; i < 2; i++)
		side[i] = (struct payload){.p = h->p[i],
					   .n = h->n[i],
					   .whole_start = h->whole_start[i],
					   .cut = h->cut[i],
					   .port = h->port[i],
					   .peer_port = h->port[!i]};
	recognise(side, h->proto, h->final, &now);
	if (now.conf >= s->r.conf)
		s->r = now;
	return FLOW_MORE;
}

static int on_client_side(void *user, const struct recognition *app,
			  const struct learn_flow *reader)
{
	(void)reader;
	(void)user;
	return app ? app->client_side : -1;
}

static void on_done(void *user, const struct flow_done *d)
{
	struct seen *s = user;

	s->flows++;
	s->d = *d;
}

/* A TGS-REQ whose body is of one kind only. */
static size_t kerberos(uint8_t *b)
{
	const size_t n = 1800;

	memset(b, 0, n);
	unhex("6c820704 30820700 a103020105 a20302010c a48206f2", b, 32);
	return n;
}

/* One TXT record that is as long as the message. */
static size_t dns(uint8_t *b)
{
	const size_t n = 4000;
	size_t at = unhex("1234 8180 0001 0001 0000 0000 03646331 00 0010 0001"
			  "c00c 0010 0001 00000e10 0f7d",
			  b, 64);

	memset(b + at, 'a', n - at);
	for (; at < n; at += 256)
		b[at] = n - at > 255 ? 255 : (uint8_t)(n - at - 1);
	return n;
}

static size_t http(uint8_t *b)
{
	static const char tail[] = " HTTP/1.1\r\nHost: crm.example\r\n\r\n";

	memcpy(b, "GET /", 5);
	memset(b + 5, 'a', 800);
	memcpy(b + 805, tail, sizeof tail - 1);
	return 805 + sizeof tail - 1;
}

static const struct talk {
	const char *app, *name;
	uint8_t proto;
	uint16_t sport, dport;
	size_t (*make)(uint8_t *b);
	size_t cut; /* bytes of a fragment */
} talks[] = {
	{"kerberos", "", 17, 50000, 88, kerberos, 1480},
	{"kerberos", "", 17, 50000, 88, kerberos, 480},
	{"dns", "", 17, 53, 50000, dns, 1480},
	{"http", "crm.example", 6, 50000, 80, http, 400},
};

/* Fragment number f of an Ethernet frame with IPv4 or IPv6; 0 when there is none. */
static size_t fragment(const uint8_t *frame, size_t n, size_t cut, unsigned f, uint8_t *ret)
{
	bool v6 = frame[12] == 0x86;
	size_t head = v6 ? 54 : 34, body = n - head, from = f * cut, to = from + cut;
	bool more = to < body;

	if (from >= body)
		return 0;
	to = more ? to : body;
	memcpy(ret, frame, head);
	if (v6) {
		const uint8_t h[8] = {frame[20], 0, (uint8_t)(from >> 8),
				      (uint8_t)(from | more), [7] = 9};

		ret[20] = 44;
		ret[18] = (uint8_t)((to - from + 8) >> 8);
		ret[19] = (uint8_t)(to - from + 8);
		memcpy(ret + head, h, 8);
		head += 8;
	} else {
		ret[16] = (uint8_t)((to - from + 20) >> 8);
		ret[17] = (uint8_t)(to - from + 20);
		ret[20] = (uint8_t)(from / 8 >> 8 | (more ? 0x20 : 0));
		ret[21] = (uint8_t)(from / 8);
		ret[24] = ret[25] = 0;

		uint32_t sum = 0;

		for (size_t i = 14; i < 34; i += 2)
			sum += (uint32_t)ret[i] << 8 | ret[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		sum = ~(sum + (sum >> 16));
		ret[24] = (uint8_t)(sum >> 8);
		ret[25] = (uint8_t)sum;
	}
	memcpy(ret + head, frame + (v6 ? 54 : 34) + from, to - from);
	return head + to - from;
}

static void order_of(unsigned number, unsigned n, unsigned *ret)
{
	bool used[PIECES] = {0};

	for (unsigned i = n; i > 0; i--) {
		unsigned skip = number % i, f = 0;

		number /= i;
		while (used[f] || skip > 0)
			skip -= !used[f++];
		used[f] = true;
		ret[n - i] = f;
	}
}

static void check(const struct talk *t, bool v6, unsigned number, bool copies)
{
	static const struct flow_ops ops = {
		.head = on_head, .client_side = on_client_side, .done = on_done};
	static const struct hash_key key = {1, 2};
	static uint8_t payload[ROOM], frame[ROOM], piece[ROOM];
	struct decoder *d = decoder_new();
	struct seen s = {.r = {.client_side = -1}};
	struct flow_table *flows = flow_table_new(&(struct flow_options){.key = &key}, &ops, &s);
	unsigned n = 0, order[PIECES];
	uint64_t bytes = 0;
	int64_t now = NS_PER_S;
	struct build b = {.src = v6 ? "fd00::1" : "10.0.0.1",
			  .dst = v6 ? "fd00::2" : "10.0.0.2",
			  .sport = t->sport,
			  .dport = t->dport,
			  .proto = t->proto,
			  .flags = TCP_SYN,
			  .seq = 100,
			  .ack = 0};
	bool tcp = t->proto == 6;

	if (tcp) {
		struct packet syn = build_packet(&b, now, 1);

		assert_int_equal(flow_table_packet(flows, &syn), 0);
		b.flags = TCP_ACK | TCP_PSH;
		b.seq = 101;
		b.ack = 201;
	}
	b.payload = payload;
	b.n = t->make(payload);

	size_t len = build_frame(&b, frame, sizeof frame);

	while (fragment(frame, len, t->cut, n, piece))
		n++;
	assert_in_range(n, 2, PIECES);
	order_of(number, n, order);
	for (unsigned i = 0; i < n * (1 + copies); i++) {
		size_t m = fragment(frame, len, t->cut, order[copies ? i / 2 : i], piece);
		struct packet k;
		enum decode_skip skip = decode_frame(d, ETHERNET, piece, (uint32_t)m, (uint32_t)m,
						     now += 1000, i + 2, &k);

		bytes += copies && i % 2 ? 0 : m;
		if (skip == DECODE_OK && !(copies && i % 2))
			assert_int_equal(flow_table_packet(flows, &k), 0);
		decoder_release(d);
	}
	if (tcp) { /* all of it was received: none is missing */
		const struct build ack = {.src = b.dst,
					  .dst = b.src,
					  .sport = b.dport,
					  .dport = b.sport,
					  .proto = 6,
					  .flags = TCP_ACK,
					  .seq = 201,
					  .ack = 101 + (uint32_t)b.n};
		struct packet k = build_packet(&ack, now += 1000, 99);

		assert_int_equal(flow_table_packet(flows, &k), 0);
	}
	assert_int_equal(decoder_stats(d)->fragments.whole, 1);
	assert_int_equal(decoder_stats(d)->note[NOTE_BAD_CHECKSUM], 0);
	flow_table_end(flows, now);
	assert_int_equal(s.flows, 1);
	assert_string_equal(app_name(s.r.app), t->app);
	assert_int_equal(s.r.conf, APP_SURE);
	assert_string_equal(s.r.name, t->name);

	unsigned from = tcp || s.d.port[0] == t->sport ? 0 : 1;

	assert_int_equal(s.d.packets[from], n + tcp);
	assert_int_equal(s.d.bytes[from], bytes + (tcp ? 54 : 0));
	assert_int_equal(s.d.payload[from], b.n);
	assert_int_equal(s.d.unseen[from], 0);
	assert_int_equal(flow_table_stats(flows)->packets, n + (tcp ? 2 : 0));
	flow_table_free(flows);
	decoder_free(d);
}

static void recognised_in_any_order(void **state)
{
	static const unsigned factorial[PIECES + 1] = {1, 1, 2, 6, 24};
	static uint8_t payload[ROOM];

	for (size_t i = 0; i < N_ELEMENTS(talks); i++) {
		size_t n = talks[i].make(payload) + (talks[i].proto == 6 ? 20 : 8);
		size_t pieces = (n + talks[i].cut - 1) / talks[i].cut;

		for (unsigned number = 0; number < factorial[pieces]; number++)
			for (unsigned how = 0; how < 4; how++)
				check(&talks[i], how & 1, number, how & 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognised_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
