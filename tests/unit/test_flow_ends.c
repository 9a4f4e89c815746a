/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses have one number each, and stand sorted in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/ends.h"

static struct addr A(const char *text) {
	struct addr a;

	if (!addr_parse(text, &a))
		fail_msg("%s", text);
	return a;
}

static void
test_numbers(void **state)
{
	struct end_table t = {.key = {3, 4}};
	enum { N = 3000 };

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (uint32_t i = 0; i < N; i++) {
			struct addr a = addr_v4(0x0a000000 + i * 77);

			assert_int_equal(end_number(&t, &a, 0, round == 0), i);
			assert_true(addr_equal(&t.v[i].addr, &a));
		}

	struct addr a = addr_v4(0x0a000000);

	/* In another VLAN it is another one, and nothing is made where nothing may be. */
	assert_int_equal(end_number(&t, &a, 20, false), END_NONE);
	assert_int_equal(end_number(&t, &a, 20, true), N);
	assert_int_equal(end_number(&t, &a, 0, true), 0);
	assert_int_equal(t.n, N + 1);
	end_table_done(&t);
}

static void sorted_is(bool all, size_t want)
{
	static const struct {
		const char *addr;
		uint16_t vlan;
		bool used;
		uint32_t place;
	} rows[] = {
		{"2001:db8::1", 0, true, 4}, {"10.0.0.9", 0, true, 2},
		{"10.0.0.10", 0, true, 3},   {"10.0.0.9", 7, true, 2},
		{"::1", 0, true, 0},         {"192.0.2.1", 0, false, 0},
		{"9.255.0.1", 0, true, 1},   {"2001:db8::1", 3, true, 4},
	};
	enum { N = sizeof rows / sizeof *rows };
	struct end_table t = {.key = {5, 6}};
	struct bulk addrs = {0}, places = {0};
	const struct addr *addr;
	size_t n;

	for (size_t i = 0; i < N; i++) {
		struct addr a = A(rows[i].addr);

		assert_int_equal(end_number(&t, &a, rows[i].vlan, true), i);
		t.v[i].used = all || rows[i].used;
	}
	assert_true(ends_sort(&t, &addrs, &n, &places));
	assert_int_equal(t.n, 0);
	assert_int_equal(n, want);
	addr = addrs.v;
	for (size_t i = 0; i < N; i++) {
		struct addr a = A(rows[i].addr);
		uint32_t place = ((uint32_t *)places.v)[i];

		if (!all && !rows[i].used)
			continue;
		if (!all)
			assert_int_equal(place, rows[i].place);
		assert_true(addr_equal(&addr[place], &a));
	}
	for (size_t i = 1; i < n; i++)
		assert_true(memcmp(&addr[i - 1], &addr[i], sizeof *addr) < 0);
	bulk_done(&addrs, NULL);
	bulk_done(&places, NULL);
}

static void test_sorted(void **state)
{
	(void)state;
	sorted_is(false, 5);
	sorted_is(true, 6);
}

static void test_looks(void **state)
{
	struct conv_host h = {.ttl_min = 0};
	uint8_t mac[6] = {2, 0, 0, 0, 0, 0};
	static const uint8_t none[6];

	(void)state;
	end_look(&h, 0, 0, mac); /* a RST: nothing is learned */
	assert_int_equal(h.n_mac, 0);
	assert_true(end_has_mac(&h, mac));
	for (uint8_t i = CONV_HOST_MACS; i > 0; i--) {
		mac[5] = i;
		end_look(&h, 60 + i, 60 + i, mac);
	}
	end_look(&h, 60, 64, none);
	assert_int_equal(h.ttl_min, 60);
	assert_int_equal(h.ttl_max, 64);
	assert_int_equal(h.n_mac, CONV_HOST_MACS);
	assert_int_equal(h.mac[0][5], 1);
	mac[5] = 99;
	assert_false(end_has_mac(&h, mac));
	/* More than are kept: any could be its own. */
	end_look(&h, 60, 60, mac);
	assert_true(h.more_macs);
	assert_true(end_has_mac(&h, mac));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
