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
#include "build.h"
#include "decode/decode.h"
#include "stack.h"

enum { ETH = 1 };

static enum decode_skip feed(const char *layers, uint32_t cut, struct packet *k)
{
	uint8_t buf[4096];
	struct decoder *d = decoder_new();
	uint32_t n = (uint32_t)stack(layers, buf, sizeof buf);
	uint32_t len = n > cut ? n - cut : 0;
	uint8_t *frame = malloc(len ? len : 1);

	memcpy(frame, buf, len);

	enum decode_skip skip = decode_frame(d, ETH, frame, len, n, 0, 1, k);

	free(frame);
	decoder_free(d);
	return skip;
}

static const struct meaning {
	bool v6;
	unsigned type, code;
	enum icmp_class class;
} meanings[] = {
	{false, 0, 0, ICMP_NOT_ERROR},   {false, 8, 0, ICMP_NOT_ERROR},
	{false, 13, 0, ICMP_NOT_ERROR},  {false, 9, 0, ICMP_NOT_ERROR},
	{false, 3, 0, ICMP_ROUTING},     {false, 3, 1, ICMP_ROUTING},
	{false, 3, 2, ICMP_PORT},        {false, 3, 3, ICMP_PORT},
	{false, 3, 4, ICMP_TOO_BIG},     {false, 3, 5, ICMP_ROUTING},
	{false, 3, 6, ICMP_ROUTING},     {false, 3, 7, ICMP_ROUTING},
	{false, 3, 8, ICMP_ROUTING},     {false, 3, 9, ICMP_PROHIBITED},
	{false, 3, 10, ICMP_PROHIBITED}, {false, 3, 11, ICMP_ROUTING},
	{false, 3, 12, ICMP_ROUTING},    {false, 3, 13, ICMP_PROHIBITED},
	{false, 3, 14, ICMP_ROUTING},    {false, 3, 15, ICMP_ROUTING},
	{false, 3, 16, ICMP_OTHER},      {false, 4, 0, ICMP_OTHER},
	{false, 5, 1, ICMP_OTHER},       {false, 11, 0, ICMP_ROUTING},
	{false, 11, 1, ICMP_OTHER},      {false, 12, 0, ICMP_OTHER},
	{true, 128, 0, ICMP_NOT_ERROR},  {true, 135, 0, ICMP_NOT_ERROR},
	{true, 137, 0, ICMP_NOT_ERROR},  {true, 1, 0, ICMP_ROUTING},
	{true, 1, 1, ICMP_PROHIBITED},   {true, 1, 2, ICMP_ROUTING},
	{true, 1, 3, ICMP_ROUTING},      {true, 1, 4, ICMP_PORT},
	{true, 1, 5, ICMP_PROHIBITED},   {true, 1, 6, ICMP_PROHIBITED},
	{true, 1, 7, ICMP_OTHER},        {true, 2, 0, ICMP_TOO_BIG},
	{true, 3, 0, ICMP_ROUTING},      {true, 3, 1, ICMP_OTHER},
	{true, 4, 0, ICMP_OTHER},        {true, 4, 1, ICMP_PORT},
	{true, 100, 0, ICMP_OTHER},
};

static void every_type_and_code(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(meanings); i++) {
		const struct meaning *m = &meanings[i];
		struct packet k;
		char text[300];

		if (m->v6)
			snprintf(text, sizeof text,
				 "eth ip,fd00::9>fd00::1 icmp6,%u,%u ip,fd00::1>fd00::2 "
				 "tcp,4000>443",
				 m->type, m->code);
		else
			snprintf(text, sizeof text,
				 "eth ip,10.9.9.9>10.0.0.1 icmp,%u,%u ip,10.0.0.1>10.0.0.2 "
				 "tcp,4000>443",
				 m->type, m->code);
		assert_int_equal(feed(text, 0, &k), DECODE_OK);
		assert_int_equal(k.proto, m->v6 ? 58 : 1);
		assert_int_equal(k.icmp_type, m->type);
		assert_int_equal(k.icmp_code, m->code);
		if (k.icmp_class != m->class)
			fail_msg("type %u code %u: %d, not %d", m->type, m->code, k.icmp_class,
				 m->class);
		assert_int_equal(k.icmp_has_inner, m->class != ICMP_NOT_ERROR);
		if (!k.icmp_has_inner)
			continue;

		struct addr src = A(m->v6 ? "fd00::1" : "10.0.0.1");
		struct addr dst = A(m->v6 ? "fd00::2" : "10.0.0.2");

		assert_true(addr_equal(&k.inner_src, &src));
		assert_true(addr_equal(&k.inner_dst, &dst));
		assert_int_equal(k.inner_proto, 6);
		assert_int_equal(k.inner_sport, 4000);
		assert_int_equal(k.inner_dport, 443);
		assert_int_equal(k.sport, 0);
		assert_int_equal(k.dport, 0);
	}
}

static const struct quote {
	const char *inner;
	bool v6, has;
	uint8_t proto;
	uint16_t sport, dport;
} quotes[] = {
	{"ip,10.0.0.1>10.0.0.2,total=1500,proto=6 x,0fa001bb00000001", false, true, 6, 4000, 443},
	{"ip,10.0.0.1>10.0.0.2,total=0,proto=17 x,0fa00035", false, true, 17, 4000, 53},
	{"ip,10.0.0.1>10.0.0.2,opt=12,proto=17 x,0fa00035", false, true, 17, 4000, 53},
	{"ip,10.0.0.1>10.0.0.2 ah udp,4000>53", false, true, 17, 4000, 53},
	{"ip,10.0.0.1>10.0.0.2,proto=17 x,0fa0", false, false},
	{"ip,10.0.0.1>10.0.0.2,proto=50", false, true, 50, 0, 0},
	{"ip,10.0.0.1>10.0.0.2 icmp,8,0", false, true, 1, 0, 0},
	{"ip,10.0.0.1>10.0.0.2,off=2000 udp,4000>53", false, true, 17, 4000, 53},
	{"ip,10.0.0.1>10.0.0.2,off=7,proto=17 data,8", false, false},
	{"x,4400000000000000000000000000000000000000 data,20", false, false},
	{"x,600000000000 data,40", false, false},
	{"x,45", false, false},
	{"data,0", false, false},
	{"ip,fd00::1>fd00::2 udp,4000>53", true, true, 17, 4000, 53},
	{"ip,fd00::1>fd00::2 ext,0 ext,43,2 ext,60 tcp,4000>53", true, true, 6, 4000, 53},
	{"ip,fd00::1>fd00::2 frag,1 udp,4000>53", true, true, 17, 4000, 53},
	{"ip,fd00::1>fd00::2 frag,8 udp,4000>53", true, false},
	{"ip,fd00::1>fd00::2,proto=0 x,06", true, false},
	{"ip,10.0.0.1>10.0.0.2 udp,4000>53", true, false},
	{"ip,fd00::1>fd00::2 udp,4000>53", false, false},
};

static void what_is_quoted(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(quotes); i++) {
		const struct quote *q = &quotes[i];
		struct packet k;
		char text[300];

		snprintf(text, sizeof text, "eth %s %s",
			 q->v6 ? "ip,fd00::9>fd00::1 icmp6,1,4" : "ip,10.9.9.9>10.0.0.1 icmp,3,3",
			 q->inner);
		assert_int_equal(feed(text, 0, &k), DECODE_OK);
		if (k.icmp_has_inner != q->has)
			fail_msg("%s: inner %d", q->inner, k.icmp_has_inner);
		if (!q->has)
			continue;
		if (k.inner_proto != q->proto || k.inner_sport != q->sport ||
		    k.inner_dport != q->dport)
			fail_msg("%s: %u %u > %u", q->inner, k.inner_proto, k.inner_sport,
				 k.inner_dport);
	}
}

static void a_quote_cut_short_is_none(void **state)
{
	static const char text[] =
		"eth vlan,5 ip,fe80::9>fe80::1 icmp6,1,1 ip,fe80::1>fe80::2 ext,60 "
		"tcp,4000>443";
	struct addr src = A("fe80:5::1");
	struct packet k;

	assert_int_equal(feed(text, 0, &k), DECODE_OK);
	assert_true(k.icmp_has_inner);
	/* A link-local quote is of the same link as the error. */
	assert_true(addr_equal(&k.inner_src, &src));
	for (uint32_t cut = 1; cut < 68; cut++) {
		assert_int_equal(feed(text, cut, &k), DECODE_OK);
		assert_int_equal(k.icmp_has_inner, cut <= 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_and_code),
		cmocka_unit_test(what_is_quoted),
		cmocka_unit_test(a_quote_cut_short_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
