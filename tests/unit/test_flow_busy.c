// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/time.h"
#include "findings/timeline.h"
#include "flow/busy.h"

static const int64_t HOUR = 3600 * NS_PER_S;

static void steps_get_longer(void **state)
{
	static const struct {
		int64_t hour[6]; /* -1 ends */
		unsigned kind;
		int32_t at;
		uint32_t bits;
	} rows[] = {
		{{5, -1}, 0, 5, 1},
		{{5, 5, 6, -1}, 0, 5, 3},
		{{36, 5, -1}, 0, 5, UINT32_C(1) << 31 | 1},
		{{5, 37, -1}, 1, 1, UINT32_C(1) << 11 | 1}, /* of 3 hours */
		{{37, 36, 5, 3, -1}, 1, 1, UINT32_C(1) << 11 | 1},
		{{0, 95, -1}, 1, 0, UINT32_C(1) << 31 | 1},
		{{0, 96, -1}, 2, 0, UINT32_C(1) << 16 | 1},
		{{0, 24 * 31, -1}, 4, 0, UINT32_C(1) << 31 | 1},
		{{0, 24 * 32, -1}, 5, 0, UINT32_C(1) << 4 | 1},
		{{-2, 0, 3, -1}, 0, -2, 1 | 1 << 2 | 1 << 5}, /* before 1970 */
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct busy b = {0};

		for (unsigned k = 0; k < 6 && rows[i].hour[k] != -1; k++)
			busy_add(&b, rows[i].hour[k] * HOUR + (int64_t)k);
		assert_int_equal(b.kind, rows[i].kind);
		assert_int_equal(b.at, rows[i].at);
		assert_int_equal(b.bits, rows[i].bits);
	}
}

/* Whatever time there can be. */
static void all_times(void **state)
{
	const int64_t ends[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX};
	struct timeline t = {0};
	struct busy b = {0};

	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		busy_add(&b, ends[i]);
		timeline_add(&t, ends[i], &(struct timeline_step){.packets = 1});
		for (unsigned kind = 0; kind < BUSY_KINDS; kind++)
			assert_true(busy_begin_ns(kind, busy_number(kind, ends[i])) <= ends[i] ||
				    ends[i] == INT64_MIN);
	}
	timeline_conv(&t, &b, 0);
	assert_int_equal(t.kind, BUSY_KINDS - 1);
	assert_true(t.n <= BUSY_STEPS);
}

static bool same_busy(const struct busy *a, const struct busy *b)
{
	return a->at == b->at && a->bits == b->bits && a->kind == b->kind;
}

static void assert_same(const struct timeline *a, const struct timeline *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->at, b->at);
	assert_int_equal(a->n, b->n);
	for (unsigned i = 0; i < a->n; i++)
		assert_memory_equal(&a->step[i], &b->step[i], sizeof a->step[i]);
}

/* Any order, and any parts: the same steps. */
static void order_and_parts_do_not_show(void **state)
{
	enum { N = 40, PARTS = 4 };

	srand(11);
	for (int turn = 0; turn < 3000; turn++) {
		int64_t ts[N], reach = (INT64_C(1) << (rand() % 24)) * HOUR / 8 + 1;
		struct busy one = {0}, part[PARTS] = {{0}}, sum = {0};
		struct timeline a = {0}, b = {0};

		for (int i = 0; i < N; i++) {
			ts[i] = (int64_t)(((uint64_t)rand() << 31 | (uint64_t)rand()) %
					  (uint64_t)reach) -
				(turn % 3 ? 0 : reach / 2);
			busy_add(&one, ts[i]);
			timeline_add(&a, ts[i], &(struct timeline_step){.packets = 1});
		}
		for (int i = N - 1; i >= 0; i--) {
			busy_add(&part[rand() % PARTS], ts[i]);
			timeline_add(&b, ts[i], &(struct timeline_step){.packets = 1});
		}
		for (int i = 0; i < PARTS; i++)
			busy_merge(&sum, &part[i]);
		assert_true(same_busy(&one, &sum));
		assert_int_equal(one.bits & 1, 1);
		timeline_conv(&a, &one, 1);
		timeline_conv(&b, &sum, 1);
		assert_same(&a, &b);
		/* Of a capture and of its conversations the steps are the same. */
		assert_int_equal(a.kind, one.kind);
		for (unsigned i = 0; i < a.n; i++) {
			assert_int_equal(a.step[i].conversations, one.bits >> i & 1);
			assert_int_equal(a.step[i].packets > 0, one.bits >> i & 1);
		}
	}
}

/* A conversation of short steps in a capture of longer ones counts once in each. */
static void conversations_count_once_a_step(void **state)
{
	struct timeline t = {0};
	struct busy b = {0};

	timeline_add(&t, 0, &(struct timeline_step){.packets = 3, .tcp_bytes = 5});
	timeline_add(&t, 95 * HOUR, &(struct timeline_step){.packets = 1});
	for (int i = 0; i < 5; i++)
		busy_add(&b, i * HOUR);
	timeline_conv(&t, &b, 4);
	timeline_conv(&t, &(struct busy){0}, 1); /* none */
	assert_int_equal(busy_step_s(t.kind), 3 * 3600);
	assert_int_equal(t.n, 32);
	assert_int_equal(t.step[0].conversations, 1);
	assert_int_equal(t.step[0].deviating, 1);
	assert_int_equal(t.step[1].conversations, 1);
	assert_int_equal(t.step[2].conversations, 0);
	assert_int_equal(t.step[0].tcp_bytes, 5);
	assert_int_equal(t.step[31].packets, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_get_longer),
		cmocka_unit_test(all_times),
		cmocka_unit_test(order_and_parts_do_not_show),
		cmocka_unit_test(conversations_count_once_a_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
