// SPDX-License-Identifier: BSD-2-Clause
/* Attempts sorted by parts are sorted as by qsort(), whatever parts there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka.h wants the four above. */
#include <cmocka.h>

#include "flow/conv_table.h"
#include "rng.h"

enum { PLACES = 700, MANY = 150000 }; /* so many that they are of blocks */

static const struct report_order order = {.v4_from = 100, .v4_n = 400};

static int by(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_all(const void *a, const void *b)
{
	const struct attempt *x = a, *y = b;
	int d = by(report_place(&order, x->client_no), report_place(&order, y->client_no));

	d = d ? d : by(report_place(&order, x->server_no), report_place(&order, y->server_no));
	d = d ? d : by(x->port, y->port);
	d = d ? d : by(x->vlan, y->vlan);
	return d ? d : by(x->number, y->number);
}

/* `same`: parts in 16 of the attempts that have one client, and a few servers. */
static struct attempt any(uint64_t q, unsigned same, uint32_t number)
{
	bool one = q % 16 < same;

	return (struct attempt){
		.client_no = one ? 150 : (uint32_t)(q >> 8) % PLACES,
		.server_no = (uint32_t)(q >> 24) % (one ? 3 : PLACES),
		.port = (uint16_t)(q >> 40 & 3),
		.vlan = (uint16_t)(q >> 44 & 1),
		.number = number,
	};
}

/* Equal ones may come in any order: they are of one conversation. */
static void sorts(struct bank *bank, size_t n, unsigned same, size_t part)
{
	struct conv_table t = {.o = {.bank = bank}};
	struct attempt *want = malloc((n + 1) * sizeof *want);
	uint64_t seed = n + same, sum = 0;

	assert_non_null(want);
	assert_true(bulk_room(&t.attempts.bulk, bank, (n + 1) * sizeof *want));
	t.attempts.v = t.attempts.bulk.v;
	t.attempts.n = n;
	for (size_t i = 0; i < n; i++)
		t.attempts.v[i] = want[i] = any(rng(&seed), same, (uint32_t)i);
	qsort(want, n, sizeof *want, by_all);
	assert_int_equal(attempts_sort(&t, &order, part), 0);
	assert_int_equal(t.attempts.n, n);
	for (size_t i = 0; i < n; i++) {
		struct attempt got = t.attempts.v[i];

		sum += got.number;
		got.number = want[i].number;
		assert_int_equal(by_all(&got, &want[i]), 0);
	}
	assert_int_equal(sum, n ? n * (n - 1) / 2 : 0);
	bulk_done(&t.attempts.bulk, bank);
	free(want);
}

static void test_as_qsort(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 30, 1000, MANY};
	static const size_t parts[] = {1, 64, 40000, 1 << 20};
	struct bank bank = {0};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
			for (unsigned same = 0; same <= 16; same += 8)
				sorts(i & 1 ? &bank : NULL, sizes[i], same, parts[k]);
	bank_done(&bank);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_qsort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
