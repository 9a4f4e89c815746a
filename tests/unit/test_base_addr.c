// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/cpu.h"
#include "build.h"

static void parse_and_format(void **state)
{
	/* RFC 5952 4: lower case, longest run of zeros, no run of one. */
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"10.0.0.1", "10.0.0.1"},
		{"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"::1", "::1"},
		{"fe80::a", "fe80::a"},
		{"0.0.0.0", "0.0.0.0"},
	};
	char buf[ADDR_TEXT];

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct addr a = A(rows[i].in);

		assert_string_equal(addr_format(&a, buf), rows[i].out);
	}

	static const char *const bad[] = {"",      "10.0.0",     "10.0.0.256", "10.0.0.1 ",   "::g",
					  "1:2:3", "010.1.1.1x", "10.0.0.1/8", "fe80::1%eth0"};
	struct addr a;

	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(addr_parse(bad[i], &a));
}

/* Every pattern of zero groups, with groups of one to four digits, as the C library writes it. */
static void formats_as_the_c_library(void **state)
{
	static const uint16_t group[] = {0x2001, 0xdb8, 0xf, 0x10, 0xfff, 0x1000, 0x1, 0xffff};

	for (unsigned zeros = 0; zeros < 256; zeros++) {
		struct addr a = {{0}};
		char want[ADDR_TEXT], buf[ADDR_TEXT];

		for (unsigned i = 0; i < 8; i++) {
			uint16_t w = zeros >> i & 1 ? 0 : group[i];

			a.b[2 * i] = (uint8_t)(w >> 8);
			a.b[2 * i + 1] = (uint8_t)w;
		}
		assert_non_null(inet_ntop(AF_INET6, a.b, want, sizeof want));
		assert_string_equal(addr_format(&a, buf), want);
	}
}

static void link_local_shows_its_vlan(void **state)
{
	struct addr a = A("fe80::a");
	char buf[ADDR_TEXT];

	a.b[3] = 20;
	assert_string_equal(addr_format(&a, buf), "fe80::a%vlan20");
}

static void prefixes(void **state)
{
	static const struct {
		const char *net, *in, *outside;
	} rows[] = {
		{"10.0.0.0/8", "10.255.0.1", "11.0.0.0"},
		{"10.20.1.0/30", "10.20.1.3", "10.20.1.4"},
		{"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
		{"0.0.0.0/0", "203.0.113.9", "2001:db8::1"},
		{"192.0.2.1", "192.0.2.1", "192.0.2.2"},
	};
	char buf[ADDR_TEXT];
	struct prefix p;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct addr in = A(rows[i].in), outside = A(rows[i].outside);

		assert_true(prefix_parse(rows[i].net, &p));
		assert_true(prefix_has(&p, &in));
		assert_false(prefix_has(&p, &outside));
	}
	assert_true(prefix_parse("10.20.1.0/30", &p));
	assert_string_equal(prefix_format(&p, buf), "10.20.1.0/30");
	assert_false(prefix_parse("10.0.0.1/8", &p));
	assert_false(prefix_parse("10.0.0.0/33", &p));
	assert_false(prefix_parse("10.0.0.0/", &p));
	assert_false(prefix_parse("::/129", &p));
	assert_false(prefix_parse("10.0.0.0/8x", &p));

	struct addr a = A("10.20.30.40");

	p = prefix_of(&a, 24, 64);
	assert_string_equal(prefix_format(&p, buf), "10.20.30.0/24");
}

static void kinds_of_address(void **state)
{
	static const struct {
		const char *text;
		bool priv, pub, multi;
	} rows[] = {
		{"10.1.1.1", true, false, false},    {"172.15.0.1", false, true, false},
		{"172.31.0.1", true, false, false},  {"172.32.0.1", false, true, false},
		{"192.168.0.1", true, false, false}, {"100.64.0.1", true, false, false},
		{"100.128.0.1", false, true, false}, {"169.254.1.1", true, false, false},
		{"224.0.0.251", false, false, true}, {"255.255.255.255", false, false, false},
		{"8.8.8.8", false, true, false},     {"fd00::1", true, false, false},
		{"fe80::1", true, false, false},     {"ff02::fb", false, false, true},
		{"2001:db8::1", false, true, false}, {"::", false, false, false},
		{"0.0.0.0", false, false, false},    {"127.0.0.1", true, false, false},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct addr a = A(rows[i].text);

		assert_int_equal(addr_is_private(&a), rows[i].priv);
		assert_int_equal(addr_is_public(&a), rows[i].pub);
		assert_int_equal(addr_is_multicast(&a), rows[i].multi);
	}
}

static void order(void **state)
{
	struct addr a = A("9.0.0.1"), b = A("10.0.0.1"), c = A("::2");

	assert_true(addr_compare(&a, &b) < 0);
	assert_true(addr_compare(&b, &c) < 0); /* IPv4 first, though ::2 is the smaller number */
	assert_int_equal(addr_compare(&c, &c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_and_format),
		cmocka_unit_test(formats_as_the_c_library),
		cmocka_unit_test(link_local_shows_its_vlan),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(kinds_of_address),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
