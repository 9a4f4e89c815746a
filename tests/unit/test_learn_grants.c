// SPDX-License-Identifier: BSD-2-Clause
/* The table of grants: what is one fact, what a repetition adds, and that no order shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "build.h"
#include "learn/grants.h"

struct told {
	const char *server, *client;
	struct granted g;
	bool assumed;
	struct evidence at;
};

static bool add(struct grants *t, const struct told *x)
{
	struct addr server = A(x->server), client = A(x->client);

	return grants_add(t, &server, &client, &x->g, x->assumed, &x->at);
}

static struct grants *fresh(uint64_t secret)
{
	const struct hash_key key = {secret, ~secret};
	struct grants *t = grants_new(&key, SIZE_MAX);

	assert_non_null(t);
	return t;
}

static size_t rows_of(struct grants *t, const struct grant **ret)
{
	size_t n;

	assert_int_equal(grants_sorted(t, ret, &n), 0);
	return n;
}

#define TCP(p, ...)                                                                \
	{                                                                          \
		.how = GRANT_EPM, .proto = GRANTED_TCP, .port = (p), ##__VA_ARGS__ \
	}
#define IFACE(c) .has_iface = true, .uuid = {(c)}, .major = 1

/* Rows that differ in one thing each, given in no order. */
static const struct told facts[] = {
	{"10.0.0.5", "10.0.0.9", TCP(49667, IFACE(1)), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.9", TCP(49667, IFACE(2)), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.9", TCP(49667, IFACE(1), .minor = 1), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.9", TCP(49667, .has_iface = true), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.9", TCP(49667), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.9", TCP(49667, .name = "a"), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.9", TCP(49667, .has_alias = true), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.9", TCP(49667, .has_alias = true, .alias = {{9}}), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.8", TCP(49667, IFACE(1)), .at = {30, 0, 3}},
	{"10.0.0.5", "10.0.0.9", TCP(49668, IFACE(1)), .at = {10, 1, 1}},
	{"10.0.0.4", "10.0.0.9", TCP(49667, IFACE(1)), .at = {10, 0, 1}},
	{"fd00::5", "10.0.0.9", TCP(49667, IFACE(1)), .at = {10, 0, 1}},
	{"10.0.0.5",
	 "10.0.0.9",
	 {.how = GRANT_EPM_LOOKUP, .proto = GRANTED_TCP, .port = 49667},
	 .at = {30, 0, 3}},
	{"10.0.0.5",
	 "10.0.0.9",
	 {.how = GRANT_EPM, .proto = GRANTED_HTTP, .port = 49667},
	 .at = {5, 0, 3}},
	{"10.0.0.5",
	 "10.0.0.9",
	 {.how = GRANT_EPM, .proto = GRANTED_PIPE, .name = "\\pipe\\x"},
	 .at = {5, 0, 3}},
};

static void assert_same(const struct grant *a, const struct grant *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(addr_equal(&a[i].server, &b[i].server));
		assert_true(addr_equal(&a[i].client, &b[i].client));
		assert_memory_equal(&a[i].g, &b[i].g, sizeof a->g);
		assert_true(a[i].first.ts_ns == b[i].first.ts_ns);
		assert_int_equal(a[i].first.input, b[i].first.input);
		assert_int_equal(a[i].first.number, b[i].first.number);
		assert_true(a[i].last_ns == b[i].last_ns);
		assert_true(a[i].n == b[i].n);
		assert_int_equal(a[i].assumed, b[i].assumed);
	}
}

/* Every order of telling, under every secret, is the same table in the same order. */
static void no_order_shows(void **state)
{
	enum { N = N_ELEMENTS(facts), TIMES = 3 };
	struct told all[N * TIMES];
	const struct grant *want, *got;
	struct grants *first = fresh(0);
	uint64_t seed = 1;

	for (size_t i = 0; i < N * TIMES; i++) {
		all[i] = facts[i % N];
		all[i].at.ts_ns += (int64_t)(i / N * 1000);
		all[i].at.number += (uint32_t)(i / N);
		all[i].assumed = i / N != 1;
		assert_true(add(first, &all[i]));
	}
	assert_int_equal(rows_of(first, &want), N);
	for (uint64_t round = 1; round <= 200; round++) {
		struct grants *t = fresh(round);

		for (size_t i = N * TIMES; i > 1; i--) {
			seed = seed * 6364136223846793005U + 1442695040888963407U;

			const size_t k = (size_t)(seed >> 33) % i;
			const struct told swap = all[k];

			all[k] = all[i - 1];
			all[i - 1] = swap;
		}
		for (size_t i = 0; i < N * TIMES; i++)
			assert_true(add(t, &all[i]));
		assert_int_equal(rows_of(t, &got), N);
		assert_same(want, got, N);
		grants_free(t);
	}
	for (size_t i = 0; i < N; i++) {
		assert_true(want[i].n == TIMES);
		assert_false(want[i].assumed);
		assert_true(want[i].last_ns == want[i].first.ts_ns + 2000);
	}
	grants_free(first);
}

static void the_order_of_reports(void **state)
{
	const struct grant *g;
	struct grants *t = fresh(7);

	for (size_t i = 0; i < N_ELEMENTS(facts); i++)
		assert_true(add(t, &facts[i]));

	const size_t n = rows_of(t, &g);

	assert_int_equal(n, N_ELEMENTS(facts));
	for (size_t i = 1; i < n; i++) {
		const int d = addr_compare(&g[i - 1].server, &g[i].server);

		assert_true(d <= 0);
		if (d)
			continue;
		assert_true(g[i - 1].g.proto <= g[i].g.proto);
		if (g[i - 1].g.proto != g[i].g.proto)
			continue;
		assert_true(g[i - 1].g.port <= g[i].g.port);
	}
	assert_false(addr_is_v4(&g[n - 1].server));
	grants_free(t);
}

static void a_repetition(void **state)
{
	struct told x = facts[0];
	const struct grant *g;
	struct grants *t = fresh(7);

	x.assumed = true;
	assert_true(add(t, &x));
	assert_int_equal(rows_of(t, &g), 1);
	assert_true(g[0].assumed);

	x.at = (struct evidence){90, 0, 9};
	assert_true(add(t, &x));
	assert_int_equal(rows_of(t, &g), 1);
	assert_true(g[0].assumed);
	assert_true(g[0].last_ns == 90);
	assert_true(g[0].first.ts_ns == 30);

	/* Once with its bind is enough; and the earliest packet is the proof. */
	x.assumed = false;
	x.at = (struct evidence){20, 2, 4};
	assert_true(add(t, &x));
	assert_int_equal(rows_of(t, &g), 1);
	assert_false(g[0].assumed);
	assert_true(g[0].last_ns == 90);
	assert_true(g[0].first.ts_ns == 20);
	assert_int_equal(g[0].first.input, 2);
	assert_int_equal(g[0].first.number, 4);
	assert_true(g[0].n == 3);
	grants_free(t);
}

/* Members that are not said may hold anything. */
static void what_is_not_said_does_not_count(void **state)
{
	struct told x = facts[4];
	const struct grant *g;
	struct grants *t = fresh(7);
	struct granted junk;

	assert_true(add(t, &x));
	memset(&junk, 0x5a, sizeof junk);
	junk.how = x.g.how;
	junk.proto = x.g.proto;
	junk.port = x.g.port;
	junk.has_iface = junk.has_alias = false;
	junk.name[0] = '\0';
	x.g = junk;
	assert_true(add(t, &x));
	assert_int_equal(rows_of(t, &g), 1);
	assert_true(g[0].n == 2);
	assert_int_equal(g[0].g.uuid[0], 0);

	/* A name without an end is cut. */
	memset(x.g.name, 'x', sizeof x.g.name);
	assert_true(add(t, &x));
	assert_int_equal(rows_of(t, &g), 2);
	assert_int_equal(strlen(g[1].g.name), GRANTED_NAME - 1);
	grants_free(t);
}

static void one_server_cannot_fill_the_table(void **state)
{
	struct told x = {"10.0.0.5", "10.0.0.9", TCP(1), .at = {1, 0, 1}};
	const struct grant *g;
	struct grants *t = fresh(7);

	for (uint32_t i = 0; i < GRANTS_OF_SERVER_MAX; i++) {
		x.g.port = (uint16_t)(i + 1);
		assert_true(add(t, &x));
	}
	x.g.port = 60000;
	assert_false(add(t, &x));
	x.g.port = 1; /* known: no room is needed */
	assert_true(add(t, &x));
	x.server = "10.0.0.6";
	assert_true(add(t, &x));
	assert_int_equal(rows_of(t, &g), GRANTS_OF_SERVER_MAX + 1);
	grants_free(t);
}

static void a_full_table_does_not_grow(void **state)
{
	struct granted g = TCP(1);
	const struct evidence at = {1, 0, 1};
	const struct addr client = addr_v4(1);
	struct grants *t = fresh(7);
	uint32_t n = 0;

	for (; n < GRANTS_MAX; n++) {
		const struct addr server = addr_v4(0x0a000000 + (n >> 4));

		g.port = (uint16_t)(1 + (n & 15));
		assert_true(grants_add(t, &server, &client, &g, false, &at));
	}

	const size_t full = grants_memory(t);

	for (; n < GRANTS_MAX + 1000; n++) {
		const struct addr server = addr_v4(0x0a000000 + n);

		assert_false(grants_add(t, &server, &client, &g, false, &at));
	}
	assert_true(grants_memory(t) == full);
	assert_true(full < (size_t)128 << 20);
	grants_free(t);
}

static void memory_is_a_limit(void **state)
{
	const struct addr client = addr_v4(0x0a010101);
	const struct evidence at = {1, 0, 1};
	const size_t most = (size_t)1 << 20;
	struct grants *t = grants_new(NULL, most);
	struct granted g = {.how = GRANT_EPM, .proto = GRANTED_TCP, .port = 49152};
	unsigned n = 0;

	assert_non_null(t);
	for (; n < GRANTS_MAX; n++) {
		const struct addr server = addr_v4(0x0a000000 + n);

		if (!grants_add(t, &server, &client, &g, false, &at))
			break;
	}
	assert_in_range(n, 1000, GRANTS_MAX - 1);
	assert_true(grants_memory(t) < most + most / 8);
	grants_free(t);
}

static void nothing_was_granted(void **state)
{
	const struct grant *g = (const struct grant *)1;
	struct grants *t = grants_new(NULL, SIZE_MAX);

	assert_non_null(t);
	assert_int_equal(rows_of(t, &g), 0);
	assert_null(g);
	assert_null(grants_free(t));
	assert_null(grants_free(NULL));
	for (int i = 0; i < GRANT_HOW_N; i++)
		assert_true(*grant_how_name((enum grant_how)i));
	assert_string_equal(grant_how_name(GRANT_HOW_N), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_order_shows),
		cmocka_unit_test(the_order_of_reports),
		cmocka_unit_test(a_repetition),
		cmocka_unit_test(what_is_not_said_does_not_count),
		cmocka_unit_test(one_server_cannot_fill_the_table),
		cmocka_unit_test(a_full_table_does_not_grow),
		cmocka_unit_test(memory_is_a_limit),
		cmocka_unit_test(nothing_was_granted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
