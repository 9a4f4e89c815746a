// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "build.h"
#include "decode/decode.h"
#include "stack.h"

enum { RAW = 101 };

static enum decode_skip feed(struct decoder *d, const char *layers, int64_t ts_ns, struct packet *k)
{
	static uint8_t buf[8192];
	uint32_t n = (uint32_t)stack(layers, buf, sizeof buf);

	return decode_frame(d, RAW, buf, n, n, ts_ns, 1, k);
}

static const struct flow {
	const char *first, *second, *last;
	uint8_t proto;
	uint16_t sport, dport;
} flows[] = {
	{"ip,10.0.0.1>10.0.0.2,id=7,off=2000 udp,999>88,3000 data,1472",
	 "ip,10.0.0.1>10.0.0.2,id=7,off=20b9,proto=17 data,1480",
	 "ip,10.0.0.1>10.0.0.2,id=7,off=172,proto=17 data,40", 17, 999, 88},
	{"ip,10.0.0.1>10.0.0.2,id=7,off=2000 tcp,999>1433 data,1460",
	 "ip,10.0.0.1>10.0.0.2,id=7,off=20b9,proto=6 data,1480",
	 "ip,10.0.0.1>10.0.0.2,id=7,off=172,proto=6 data,40", 6, 999, 1433},
	{"ip,10.0.0.1>10.0.0.2,id=7,off=2000 icmp,8,0 data,1472",
	 "ip,10.0.0.1>10.0.0.2,id=7,off=20b9,proto=1 data,1480",
	 "ip,10.0.0.1>10.0.0.2,id=7,off=172,proto=1 data,40", 1, 0, 0},
	{"ip,fd00::1>fd00::2 frag,1,7 udp,999>88,3000 data,1440",
	 "ip,fd00::1>fd00::2,proto=44 x,110005a900000007 data,1448",
	 "ip,fd00::1>fd00::2,proto=44 x,11000b5000000007 data,40", 17, 999, 88},
	/* The header behind the fragment header is an extension header; only the first has it. */
	{"ip,fd00::1>fd00::2 ext,0 frag,1,7 ext,60 tcp,999>1433 data,1420",
	 "ip,fd00::1>fd00::2,proto=0 x,2c000000000000003c0005a900000007 data,1448",
	 "ip,fd00::1>fd00::2,proto=0 x,2c000000000000003c000b5000000007 data,40", 6, 999, 1433},
};

static void later_fragments_find_their_ports(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(flows); i++) {
		const struct flow *f = &flows[i];
		struct decoder *d = decoder_new();
		struct packet k;

		assert_int_equal(feed(d, f->first, 0, &k), DECODE_OK);
		assert_true(k.fragment);
		assert_false(k.later_fragment);
		assert_int_equal(k.proto, f->proto);
		assert_int_equal(k.dport, f->dport);

		assert_int_equal(feed(d, f->second, NS_PER_S, &k), DECODE_OK);
		assert_true(k.fragment);
		assert_true(k.later_fragment);
		assert_int_equal(k.proto, f->proto);
		assert_int_equal(k.sport, f->sport);
		assert_int_equal(k.dport, f->dport);
		assert_true(k.payload_wire == 1480 || k.payload_wire == 1448);
		assert_int_equal(k.tcp_flags, 0);

		assert_int_equal(feed(d, f->last, 2 * NS_PER_S, &k), DECODE_OK);
		assert_int_equal(k.dport, f->dport);
		assert_int_equal(k.payload_wire, 40);
		assert_int_equal(decoder_stats(d)->note[NOTE_FRAGMENT], 3);
		/* Once for the datagram, whose checksum is made up. */
		assert_int_equal(decoder_stats(d)->note[NOTE_BAD_CHECKSUM], f->dport != 0);
		assert_int_equal(decoder_stats(d)->fragments.whole, 1);
		decoder_free(d);
	}
}

static void what_does_not_belong_together(void **state)
{
	static const char first[] = "ip,10.0.0.1>10.0.0.2,id=7,off=2000 udp,999>88,3000 data,64";
	static const char *const others[] = {
		"ip,10.0.0.1>10.0.0.2,id=8,off=8,proto=17 data,40",
		"ip,10.0.0.1>10.0.0.2,id=7,off=8,proto=6 data,40",
		"ip,10.0.0.2>10.0.0.1,id=7,off=8,proto=17 data,40",
		"ip,10.0.0.1>10.0.0.3,id=7,off=8,proto=17 data,40",
		"ip,fd00::1>fd00::2,proto=44 x,1100000800000007 data,40",
	};
	struct decoder *d = decoder_new();
	struct packet k;

	assert_int_equal(feed(d, first, 0, &k), DECODE_OK);
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		assert_int_equal(feed(d, others[i], 0, &k), SKIP_FRAG_ORPHAN);
	decoder_free(d);
}

static void a_first_fragment_too_short_for_ports_teaches_nothing(void **state)
{
	struct decoder *d = decoder_new();
	struct packet k;

	assert_int_equal(feed(d, "ip,10.0.0.1>10.0.0.2,id=7,off=2000,proto=6 x,0001", 0, &k),
			 SKIP_TRANSPORT_SHORT);
	assert_int_equal(feed(d, "ip,10.0.0.1>10.0.0.2,id=7,off=8,proto=6 data,9", 0, &k),
			 SKIP_FRAG_ORPHAN);
	decoder_free(d);
}

static void time_out_by_packet_time(void **state)
{
	static const struct {
		const char *first, *later;
		int64_t limit_s;
	} rows[] = {
		{"ip,10.0.0.1>10.0.0.2,id=7,off=2000 udp,999>88,3000 data,64",
		 "ip,10.0.0.1>10.0.0.2,id=7,off=9,proto=17 data,40", 30},
		{"ip,fd00::1>fd00::2 frag,1,7 udp,999>88,3000 data,64",
		 "ip,fd00::1>fd00::2,proto=44 x,1100004800000007 data,40", 60},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		int64_t limit = rows[i].limit_s * NS_PER_S;
		const struct {
			int64_t ts_ns;
			enum decode_skip skip;
		} at[] = {
			{NS_PER_S + limit, DECODE_OK}, {NS_PER_S + limit + 1, SKIP_FRAG_ORPHAN},
			{NS_PER_S - limit, DECODE_OK}, {NS_PER_S - limit - 1, SKIP_FRAG_ORPHAN},
			{INT64_MIN, SKIP_FRAG_ORPHAN}, {INT64_MAX, SKIP_FRAG_ORPHAN},
		};

		for (size_t j = 0; j < N_ELEMENTS(at); j++) {
			struct decoder *d = decoder_new();
			const struct decode_stats *s = decoder_stats(d);
			bool gone = at[j].skip != DECODE_OK;
			struct packet k;

			assert_int_equal(feed(d, rows[i].first, NS_PER_S, &k), DECODE_OK);
			assert_int_equal(feed(d, rows[i].later, at[j].ts_ns, &k), at[j].skip);
			assert_int_equal(s->fragments.late, gone);
			/* The identification comes round again with other ports. */
			assert_int_equal(feed(d, rows[i].first, 900 * NS_PER_S, &k), DECODE_OK);
			assert_int_equal(feed(d, rows[i].later, 900 * NS_PER_S, &k), DECODE_OK);
			decoder_end(d);
			assert_int_equal(s->fragments.late, gone * 2);
			assert_int_equal(s->fragments.whole, 2 - gone);
			decoder_free(d);
		}
	}
}

/* A flood of first fragments pushes out the oldest and nothing else, whatever the hash key is. */
static void a_flood_is_bounded_and_fair(void **state)
{
	enum { MANY = 10000, KEPT = 4096 };

	for (unsigned run = 0; run < 3; run++) {
		struct decoder *d = decoder_new();
		struct packet k;
		char text[200];
		unsigned found = 0;

		for (unsigned i = 0; i < MANY; i++) {
			snprintf(text, sizeof text,
				 "ip,10.0.%u.%u>10.9.0.1,id=%u,off=2000 udp,%u>88,3000 data,64",
				 i >> 8, i & 255, i, i);
			assert_int_equal(feed(d, text, 0, &k), DECODE_OK);
		}
		/* From the newest down: one that is not known begins a datagram itself. */
		for (unsigned i = MANY; i-- > 0;) {
			snprintf(text, sizeof text,
				 "ip,10.0.%u.%u>10.9.0.1,id=%u,off=9,proto=17 data,40", i >> 8,
				 i & 255, i);
			if (feed(d, text, 0, &k) == DECODE_OK) {
				assert_true(i >= MANY - KEPT);
				assert_int_equal(k.sport, i);
				found++;
			}
		}
		assert_int_equal(found, KEPT);
		decoder_free(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_fragments_find_their_ports),
		cmocka_unit_test(what_does_not_belong_together),
		cmocka_unit_test(a_first_fragment_too_short_for_ports_teaches_nothing),
		cmocka_unit_test(time_out_by_packet_time),
		cmocka_unit_test(a_flood_is_bounded_and_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
